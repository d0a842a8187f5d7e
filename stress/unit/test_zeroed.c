/* SPDX-License-Identifier: MIT
 * Zeroed frames: what was written to is never handed out as zero unless it was zeroed, whichever way it went; and what
 * is known to hold zeroes is not zeroed again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "framelab.h"
#include "machine.h"
#include "random.h"
#include "refcounts.h"
#include "variant.h"

#define WHY_BYTES 256
#define MIB UINT64_C(0x100000)
#define MEMORY_BYTES (48 * MIB)
#define HOTPLUG_BYTES (8 * MIB)
#define CHUNK_BYTES (CHUNK_FRAMES << FRAME_SHIFT)
#define FRAMES_MAX (MEMORY_BYTES >> FRAME_SHIFT)
#define HARTS 2u
#define STEPS 4000u

static const char *const specs[] = {
    "lockfree",
    "lockfree,magazine=0",
    "lockfree,magazine=7,batch=3",
    "lockfree,run-magazine=0",
    "baseline",
    "baseline,run-magazine=0",
    "baseline:origin",
};

static struct host_machine machine;
static struct frame_allocator *fa;
static char why[WHY_BYTES];
static pfn_t frames[FRAMES_MAX];

static void boot(const char *spec)
{
    const struct host_machine_options options = {.memory_bytes = MEMORY_BYTES, .harts = HARTS, .nodes = 1};
    struct frame_allocator_config config;
    assert_true(frame_allocator_config_parse(&config, framelab_variants, spec, HARTS, why, sizeof why));
    assert_true(host_machine_open(&machine, &options, why, sizeof why));
    assert_true(host_machine_boot(&machine, &config, HOTPLUG_BYTES, why, sizeof why));
    fa = machine.fa;
}

static int teardown(void **state)
{
    (void)state;
    host_machine_close(&machine);
    return 0;
}

static void over_all_specs(void (*test)(void))
{
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct frame_account account;
        print_message("# %s\n", specs[i]);
        boot(specs[i]);
        test();
        assert_true(frame_allocator_validate(fa, &account));
        assert_int_equal(account.allocated, 0);
        host_machine_close(&machine);
    }
}

static struct frame_stats stats_now(void)
{
    struct frame_stats stats;
    frame_allocator_stats(fa, &stats);
    return stats;
}

static unsigned char *bytes_of(struct frame_run run)
{
    return platform_phys_to_virt(frame_addr(run.first));
}

static bool holds_zeroes(struct frame_run run)
{
    const unsigned char *bytes = bytes_of(run);
    uint64_t size = run.count << FRAME_SHIFT;
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static void scribble(struct frame_run run)
{
    memset(bytes_of(run), 0xa5, run.count << FRAME_SHIFT);
}

static enum frame_status alloc(uint64_t count, uint64_t align_frames, bool zeroed, struct frame_run *run)
{
    struct frame_layout layout = {count << FRAME_SHIFT, align_frames << FRAME_SHIFT};
    run->count = count;
    if (count == 1 && align_frames == 1) {
        return zeroed ? frame_alloc_one_zeroed(fa, &run->first) : frame_alloc_one(fa, &run->first);
    }
    return zeroed ? frame_alloc_contiguous_zeroed(fa, layout, run) : frame_alloc_contiguous(fa, layout, run);
}

/* ---- P6: never a zero too few -------------------------------------------------------------------------------- */

struct held {
    struct frame_run runs[64];
    uint32_t count;
};

static bool is_held(const struct held *held, pfn_t frame)
{
    uint32_t i = 0;
    while (i < held->count && !frame_run_contains(held->runs[i], frame)) {
        i++;
    }
    return i < held->count;
}

/* Every frame that is free and said to hold zeroes does; where references are counted, none that is out is said to. */
static void check_arena(void *context, const struct arena *arena)
{
    const struct held *held = context;
    struct refcount_view view = refcount_view_of(arena);
    for (uint32_t r = 0; r < arena->region_count; r++) {
        for (uint64_t i = 0; i < arena->regions[r].count; i++) {
            pfn_t frame = pfn(arena->regions[r].first.value + i);
            if (count_is_zero(&view, frame) && !holds_zeroes(frame_run(frame, 1)) &&
                (frame_counts_references() || !is_held(held, frame))) {
                fail_msg("frame 0x%llx is said to hold zeroes", (unsigned long long)frame.value);
            }
        }
    }
}

/* Sizes and alignments around frames, groups and chunks. */
static void take_some(struct random *random, struct held *held)
{
    static const uint64_t counts[] = {1, 1, 2, 63, 64, 65, 200, 511, 512, 512, 513, 1500};
    struct frame_run *run = &held->runs[held->count];
    uint64_t count = counts[random_below(random, sizeof counts / sizeof counts[0])];
    uint64_t align = random_one_in(random, 2) ? 1 : UINT64_C(1) << random_below(random, 11);
    bool zeroed = random_one_in(random, 2);
    if (held->count == 64 || alloc(count, align, zeroed, run) != FRAME_OK) {
        return;
    }
    assert_true(!zeroed || holds_zeroes(*run));
    if (!random_one_in(random, 4)) { /* who does not write to it may have: it is dirty all the same */
        scribble(*run);
    }
    held->count++;
}

/* As a whole, or in two parts. */
static void give_some(struct random *random, struct held *held)
{
    if (held->count == 0) {
        return;
    }
    uint32_t at = (uint32_t)random_below(random, held->count);
    struct frame_run run = held->runs[at];
    held->runs[at] = held->runs[--held->count];
    uint64_t part = random_one_in(random, 2) ? run.count : random_between(random, 1, run.count);
    assert_int_equal(frame_free_run(fa, frame_run(run.first, part)), FRAME_OK);
    for (uint64_t i = part; i < run.count; i++) {
        assert_int_equal(frame_free_one(fa, pfn(run.first.value + i)), FRAME_OK);
    }
}

/* In and out, with what was written while it was somebody else's. */
static void plug(void)
{
    pfn_t first = frame_containing(machine.hotplug.start);
    enum frame_status status = frame_arena_remove(fa, first);
    if (status == FRAME_FOREIGN) {
        memset(platform_phys_to_virt(machine.hotplug.start), 0x77, machine.hotplug.size);
        assert_int_equal(frame_arena_add(fa, machine.hotplug, 0), FRAME_OK);
    } else {
        assert_true(status == FRAME_OK || status == FRAME_BUSY);
    }
}

static void random_operations(void)
{
    struct random random = random_stream(20261123, 6);
    struct held held = {.count = 0};
    for (uint32_t step = 0; step < STEPS; step++) {
        switch (random_below(&random, 64)) {
        case 0:
            plug();
            break;
        case 1:
            assert_true(frame_allocator_drain(fa));
            break;
        case 2:
        case 3:
        case 4:
            frame_zero_idle(fa);
            break;
        default:
            if (random_one_in(&random, 2)) {
                take_some(&random, &held);
            } else {
                give_some(&random, &held);
            }
            break;
        }
        if (step % 250 == 0) {
            frame_allocator_arenas(fa, check_arena, &held);
            assert_true(frame_allocator_validate(fa, NULL));
        }
    }
    while (held.count > 0) {
        give_some(&random, &held);
    }
    frame_allocator_arenas(fa, check_arena, &held);
}

static void P6_zeroed_memory_is_zero_whichever_way_it_went(void **state)
{
    (void)state;
    over_all_specs(random_operations);
}

/* All there is, written to and given back in one shape; then all there is, zeroed, in another. */
static const uint64_t shapes[] = {1, 64, 100, 512, 1024};
#define SHAPES (sizeof shapes / sizeof shapes[0])

static uint64_t take_all(uint64_t count, bool zeroed)
{
    uint64_t taken = 0;
    struct frame_run run;
    while (taken < FRAMES_MAX && alloc(count, 1, zeroed, &run) == FRAME_OK) {
        assert_true(!zeroed || holds_zeroes(run));
        scribble(run);
        frames[taken++] = run.first;
    }
    return taken;
}

static void give_all(uint64_t taken, uint64_t count)
{
    while (taken-- > 0) {
        assert_int_equal(frame_free_run(fa, frame_run(frames[taken], count)), FRAME_OK);
    }
}

static void one_shape_after_another(void)
{
    for (uint32_t dirty = 0; dirty < SHAPES; dirty++) {
        for (uint32_t clean = 0; clean < SHAPES; clean++) {
            give_all(take_all(shapes[dirty], false), shapes[dirty]);
            give_all(take_all(shapes[clean], true), shapes[clean]);
        }
    }
}

static void P6_no_shape_hides_what_another_wrote(void **state)
{
    (void)state;
    static const char *const some[] = {"lockfree", "baseline", "baseline:origin"};
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        boot(some[i]);
        one_shape_after_another();
        host_machine_close(&machine);
    }
}

/* An arena that is removed, used by others and added again. */
static void comes_back(void)
{
    pfn_t frame;
    for (uint32_t round = 0; round < 3; round++) {
        plug(); /* in */
        assert_int_equal(frame_at_addr(fa, machine.hotplug.start, &frame), FRAME_OK);
        give_all(take_all(512, true), 512);
        give_all(take_all(1, true), 1);
        plug(); /* out */
        assert_int_equal(frame_at_addr(fa, machine.hotplug.start, &frame), FRAME_FOREIGN);
    }
}

static void P6_memory_that_comes_back_is_not_thought_to_be_fresh(void **state)
{
    (void)state;
    over_all_specs(comes_back);
}

/* ---- nothing twice ------------------------------------------------------------------------------------------- */

/* Frames in the groups in which the device tree lay. */
static uint64_t tree_frames(void)
{
    return (machine.map->fdt.size >> FRAME_SHIFT) + 2 * GROUP_FRAMES;
}

static void fresh_memory(const char *spec, uint64_t shape)
{
    boot(spec);
    uint64_t taken = take_all(shape, true);
    struct frame_stats stats = stats_now();
    assert_in_range(taken * shape, stats.frames_total / 4 * 3, stats.frames_total);
    /* The tree lies in a chunk that is not whole. */
    assert_in_range(stats.frames_zeroed, shape < CHUNK_FRAMES ? 1 : 0, tree_frames());
    assert_int_equal(stats.frames_known_zero + stats.frames_zeroed, taken * shape);
    give_all(taken, shape);
    taken = take_all(shape, true); /* used memory, but for what was left over */
    assert_in_range(stats_now().frames_zeroed - stats.frames_zeroed, taken * shape / 2, taken * shape);
    give_all(taken, shape);
    host_machine_close(&machine);
}

static void fresh_memory_is_not_zeroed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        for (size_t shape = 0; shape < SHAPES; shape++) {
            fresh_memory(specs[i], shapes[shape]);
        }
    }
}

static uint32_t idle_until_done(void)
{
    uint32_t chunks = 0;
    while (frame_zero_idle(fa)) {
        chunks++;
        assert_in_range(chunks, 1, FRAMES_MAX / CHUNK_FRAMES);
    }
    return chunks;
}

/* Used memory is zeroed in idle time, chunk by chunk, and not once more when it is asked for. */
static void idle_time_is_well_spent(void **state)
{
    (void)state;
    boot("lockfree");
    uint64_t taken = take_all(512, false);
    give_all(taken, 512);
    assert_true(frame_allocator_drain(fa));
    assert_int_equal(idle_until_done(), taken);
    struct frame_stats before = stats_now();
    assert_in_range(before.frames_zeroed, (taken - 1) * CHUNK_FRAMES, taken * CHUNK_FRAMES);
    assert_int_equal(before.frames_known_zero, 0); /* for requests only */
    assert_int_equal(take_all(512, true), taken);
    assert_int_equal(stats_now().frames_zeroed, before.frames_zeroed);
    assert_int_equal(stats_now().frames_known_zero, taken * CHUNK_FRAMES);
    give_all(taken, 512);
    assert_true(frame_zero_idle(fa)); /* there is work again */
}

/* A variant that does not keep zero chunks apart finds the one on top, and knows it. */
static void idle_time_without_a_place_for_zeroes(void **state)
{
    (void)state;
    struct frame_run run;
    boot("baseline,magazine=0");
    give_all(take_all(512, false), 512);
    assert_true(frame_zero_idle(fa));
    assert_false(frame_zero_idle(fa));
    struct frame_stats before = stats_now();
    assert_int_equal(alloc(512, 1, true, &run), FRAME_OK);
    assert_true(holds_zeroes(run));
    assert_int_equal(stats_now().frames_zeroed, before.frames_zeroed);
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
}

static void nothing_to_zero_is_no_work(void **state)
{
    (void)state;
    boot("lockfree");
    assert_in_range(idle_until_done(), 0, 1); /* the chunk in which the device tree lay */
    uint64_t taken = take_all(1, false);
    assert_false(frame_zero_idle(fa));
    give_all(taken, 1);
}

/* Small zeroed requests come from fresh memory, though used frames are at hand, until there is no more of it. */
static void zeroed_requests_come_from_zeroes(void **state)
{
    (void)state;
    enum { REQUESTS = 100 };
    struct frame_run used[32], zeroed[REQUESTS];
    struct random random = random_stream(3, 3);
    boot("lockfree");
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(alloc(1 + i % 3, 1, false, &used[i]), FRAME_OK);
        scribble(used[i]);
    }
    for (uint32_t i = 0; i < 32; i++) {
        assert_int_equal(frame_free_run(fa, used[i]), FRAME_OK);
    }
    for (uint32_t i = 0; i < REQUESTS; i++) {
        uint64_t count = random_one_in(&random, 10) ? random_between(&random, 1, 512) : 1;
        assert_int_equal(alloc(count, UINT64_C(1) << random_below(&random, 6), true, &zeroed[i]), FRAME_OK);
        assert_int_equal(stats_now().frames_zeroed, 0);
        assert_true(holds_zeroes(zeroed[i]));
        if (frame_counts_references()) { /* else the rest of its group would pass for dirty */
            assert_int_equal(frame_free_run(fa, zeroed[i]), FRAME_OK);
        }
    }
}

/* ---- P5 ------------------------------------------------------------------------------------------------------ */

static void keep_a_reserve(void *context, uint32_t hart)
{
    (void)context;
    pfn_t frame;
    if (hart == 1) {
        enum frame_status status = frame_alloc_one_zeroed(fa, &frame);
        FRAME_ASSERT(status == FRAME_OK);
        status = frame_free_one(fa, frame);
        FRAME_ASSERT(status == FRAME_OK);
    }
}

/* What a hart has put by is had by others before they fail; and it pins no arena. */
static void reserves_are_drained(void)
{
    struct frame_account account;
    plug();
    for (uint32_t round = 0; round < 2; round++) {
        assert_true(harts_run(HARTS, keep_a_reserve, NULL));
        assert_true(frame_allocator_validate(fa, &account));
        uint64_t taken = take_all(1, round == 0);
        assert_int_equal(taken, stats_now().frames_total);
        give_all(taken, 1);
    }
    assert_true(harts_run(HARTS, keep_a_reserve, NULL));
    assert_int_equal(frame_arena_remove(fa, frame_containing(machine.hotplug.start)), FRAME_OK);
}

static void P5_zero_reserves_of_other_harts_are_drained(void **state)
{
    (void)state;
    over_all_specs(reserves_are_drained);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(P6_zeroed_memory_is_zero_whichever_way_it_went, teardown),
        cmocka_unit_test_teardown(P6_no_shape_hides_what_another_wrote, teardown),
        cmocka_unit_test_teardown(P6_memory_that_comes_back_is_not_thought_to_be_fresh, teardown),
        cmocka_unit_test_teardown(fresh_memory_is_not_zeroed, teardown),
        cmocka_unit_test_teardown(idle_time_is_well_spent, teardown),
        cmocka_unit_test_teardown(idle_time_without_a_place_for_zeroes, teardown),
        cmocka_unit_test_teardown(nothing_to_zero_is_no_work, teardown),
        cmocka_unit_test_teardown(zeroed_requests_come_from_zeroes, teardown),
        cmocka_unit_test_teardown(P5_zero_reserves_of_other_harts_are_drained, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
