/* SPDX-License-Identifier: MIT
 * The public interface, call by call and error by error, over every variant with its caches on and off. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "framelab.h"
#include "random.h"

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define HARTS 2u
#define MEMORY_BYTES (128 * MIB)
#define CHUNK_BYTES (2 * MIB)

static const char *const specs[] = {
    "lockfree", "lockfree,magazine=0", "lockfree,magazine=8,batch=3", "lockfree,magazine=0,run-magazine=1",
    "baseline", "baseline,magazine=0", "baseline,run-magazine=0",     "baseline:origin",
};

static struct frame_allocator *fa;
static pfn_t *frames; /* room for every frame there is */

static uint64_t total_frames(void)
{
    struct frame_stats stats;
    frame_allocator_stats(fa, &stats);
    return stats.frames_total;
}

static void close_allocator(void)
{
    free(frames);
    frames = NULL;
    framelab_close(fa);
    fa = NULL;
}

/* After a test that failed half way. */
static int teardown(void **state)
{
    (void)state;
    close_allocator();
    return 0;
}

/* Without reference counts there is no telling: then every frame of an arena has one. */
static void expect_references(pfn_t frame, uint32_t count)
{
    assert_int_equal(frame_ref_count(fa, frame), frame_counts_references() ? count : 1);
}

/* A free of what is not out, in whole or in part; without reference counts it would be believed. */
static void expect_not_allocated(struct frame_run run)
{
    if (frame_counts_references()) {
        assert_int_equal(frame_free_run(fa, run), FRAME_NOT_ALLOCATED);
    }
}

static struct frame_layout layout(uint64_t size_bytes, uint64_t align_bytes)
{
    return (struct frame_layout){size_bytes, align_bytes};
}

/* Runs `test` over each spec, with the audit checked before and after. */
static void over_all_specs(void (*test)(void))
{
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        print_message("# %s\n", specs[i]);
        fa = framelab_open(specs[i], MEMORY_BYTES, HARTS);
        assert_non_null(fa);
        frames = calloc(total_frames(), sizeof *frames);
        assert_non_null(frames);
        test();
        struct frame_account account;
        assert_true(frame_allocator_validate(fa, &account));
        assert_int_equal(account.allocated, 0);
        assert_int_equal(account.free + account.cached, account.total);
        close_allocator();
    }
}

static uint64_t take_all(void)
{
    uint64_t count = 0;
    while (count < total_frames() && frame_alloc_one(fa, &frames[count]) == FRAME_OK) {
        count++;
    }
    return count;
}

static void give_all(uint64_t count)
{
    while (count > 0) {
        assert_int_equal(frame_free_one(fa, frames[--count]), FRAME_OK);
    }
}

/* ---- P5 ----------------------------------------------------------------------------------------------------- */

/* The same for chunks. */
static void fill_chunk_caches(void)
{
    struct frame_run mine[64];
    uint32_t count = 0;
    while (count < 64 && frame_alloc_contiguous(fa, layout(CHUNK_BYTES, 1), &mine[count]) == FRAME_OK) {
        count++;
    }
    while (count > 0) {
        enum frame_status status = frame_free_run(fa, mine[--count]);
        FRAME_ASSERT(status == FRAME_OK);
    }
}

static void fill_caches_of_harts(void *context, uint32_t hart)
{
    (void)context;
    (void)hart;
    fill_chunk_caches();
    pfn_t mine[3 * MAGAZINE_DEFAULT];
    uint32_t count = 0;
    while (count < 3 * MAGAZINE_DEFAULT && frame_alloc_one(fa, &mine[count]) == FRAME_OK) {
        count++;
    }
    while (count > 0) {
        enum frame_status status = frame_free_one(fa, mine[--count]);
        FRAME_ASSERT(status == FRAME_OK);
    }
}

static void every_frame_can_be_had(void)
{
    assert_true(harts_run(HARTS, fill_caches_of_harts, NULL));
    pfn_t none = pfn(0);
    uint64_t count = take_all();
    assert_int_equal(count, total_frames());
    assert_int_equal(frame_alloc_one(fa, &none), FRAME_NO_MEMORY);
    assert_int_equal(none.value, 0);
    give_all(count);
}

static void P5_every_frame_can_be_had_though_other_harts_cache_some(void **state)
{
    (void)state;
    over_all_specs(every_frame_can_be_had);
}

/* As many whole chunks as an allocator has whose caches are empty. */
static void every_chunk_can_be_had(void)
{
    static struct frame_run runs[MEMORY_BYTES / CHUNK_BYTES];
    uint64_t counts[2] = {0};
    for (uint32_t round = 0; round < 2; round++) {
        while (frame_alloc_contiguous(fa, layout(CHUNK_BYTES, CHUNK_BYTES), &runs[counts[round]]) == FRAME_OK) {
            counts[round]++;
        }
        for (uint64_t i = 0; i < counts[round]; i++) {
            assert_int_equal(frame_free_run(fa, runs[i]), FRAME_OK);
        }
        assert_true(harts_run(HARTS, fill_caches_of_harts, NULL));
    }
    assert_in_range(counts[0], total_frames() / CHUNK_FRAMES - 2, total_frames() / CHUNK_FRAMES);
    assert_int_equal(counts[1], counts[0]);
}

static void P5_every_chunk_can_be_had_though_other_harts_cache_some(void **state)
{
    (void)state;
    over_all_specs(every_chunk_can_be_had);
}

/* A run that was cut up and comes back together, frame by frame, is a chunk again. */
static void chunk_from_single_frames(void)
{
    struct frame_run run, again;
    assert_int_equal(frame_alloc_contiguous(fa, layout(CHUNK_BYTES, CHUNK_BYTES), &run), FRAME_OK);
    for (uint64_t i = 0; i < run.count; i++) {
        assert_int_equal(frame_free_one(fa, pfn(run.first.value + i)), FRAME_OK);
    }
    uint64_t count = take_all(); /* every frame by itself */
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
    expect_references(pfn(run.first.value + 300), 0);
    expect_not_allocated(run);
    assert_int_equal(frame_alloc_contiguous(fa, layout(CHUNK_BYTES, 1), &again), FRAME_OK);
    assert_int_equal(again.first.value, run.first.value);
    assert_int_equal(frame_alloc_contiguous(fa, layout(CHUNK_BYTES, 1), &run), FRAME_NO_MEMORY);
    give_all(count);
}

static void P8_single_frames_freed_together_are_a_chunk(void **state)
{
    (void)state;
    over_all_specs(chunk_from_single_frames);
}

static void longest_run_returns(void)
{
    assert_true(harts_run(HARTS, fill_caches_of_harts, NULL));
    struct frame_run run;
    uint64_t size = 32 * MIB;
    assert_int_equal(frame_alloc_contiguous(fa, layout(size, 2 * MIB), &run), FRAME_OK);
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
    give_all(take_all());
    assert_int_equal(frame_alloc_contiguous(fa, layout(size, 2 * MIB), &run), FRAME_OK);
    assert_int_equal(run.count, size >> FRAME_SHIFT);
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
}

static void P8_a_long_run_is_back_after_single_frames(void **state)
{
    (void)state;
    over_all_specs(longest_run_returns);
}

/* Only frames 1, 2, 3 of an aligned four are free: a run of three is there, though no order holds it. */
static void odd_run_between_blocks(void)
{
    uint64_t count = take_all();
    uint64_t at = 0;
    while (frames[at].value % 4 != 1 || frame_ref_count(fa, pfn(frames[at].value + 2)) != 1) {
        at++;
    }
    pfn_t first = frames[at];
    struct frame_run run;
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(frame_free_one(fa, pfn(first.value + i)), FRAME_OK);
    }
    assert_int_equal(frame_alloc_contiguous(fa, layout(3 * FRAME_SIZE, 1), &run), FRAME_OK);
    assert_int_equal(run.first.value, first.value);
    assert_int_equal(run.count, 3);
    give_all(count);
}

static void P5_a_run_is_found_wherever_it_lies(void **state)
{
    (void)state;
    over_all_specs(odd_run_between_blocks);
}

/* ---- P4 ----------------------------------------------------------------------------------------------------- */

static void runs_of_every_shape(void)
{
    for (uint64_t count = 1; count <= 1500; count += count < 70 ? 1 : 137) {
        for (uint32_t align_order = 0; align_order <= 10; align_order += 2) {
            struct frame_run run;
            uint64_t align = FRAME_SIZE << align_order;
            assert_int_equal(frame_alloc_contiguous(fa, layout(count * FRAME_SIZE - 5, align), &run), FRAME_OK);
            assert_int_equal(run.count, count);
            assert_int_equal(frame_addr(run.first).value % align, 0);
            for (uint64_t i = 0; i < count; i++) {
                assert_int_equal(frame_ref_count(fa, pfn(run.first.value + i)), 1);
            }
            assert_int_equal(frame_free_contiguous(fa, run.first, layout(count * FRAME_SIZE, align)), FRAME_OK);
            expect_references(run.first, 0);
        }
    }
}

static void P4_runs_are_as_long_and_aligned_as_asked(void **state)
{
    (void)state;
    over_all_specs(runs_of_every_shape);
}

static void part_by_part(void)
{
    struct frame_run run;
    assert_int_equal(frame_alloc_contiguous(fa, layout(1000 * FRAME_SIZE, FRAME_SIZE), &run), FRAME_OK);
    static const struct {
        uint64_t from, count;
    } parts[] = {{100, 1}, {0, 100}, {990, 10}, {101, 600}, {701, 289}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct frame_run part = frame_run(pfn(run.first.value + parts[i].from), parts[i].count);
        assert_int_equal(frame_free_run(fa, part), FRAME_OK);
        expect_not_allocated(part);
        assert_true(frame_allocator_validate(fa, NULL));
    }
}

static void P4_a_run_is_freed_in_any_parts(void **state)
{
    (void)state;
    over_all_specs(part_by_part);
}

/* ---- P6 ----------------------------------------------------------------------------------------------------- */

static bool all_zero(struct frame_run run)
{
    const unsigned char *bytes = platform_phys_to_virt(frame_addr(run.first));
    for (uint64_t i = 0; i < run.count << FRAME_SHIFT; i++) {
        if (bytes[i] != 0) {
            return false;
        }
    }
    return true;
}

static void zeroed_after_dirt(void)
{
    struct frame_run run;
    pfn_t frame;
    for (int round = 0; round < 3; round++) {
        assert_int_equal(frame_alloc_contiguous_zeroed(fa, layout(77 * FRAME_SIZE, FRAME_SIZE), &run), FRAME_OK);
        assert_true(all_zero(run));
        memset(platform_phys_to_virt(frame_addr(run.first)), 0xa5, run.count << FRAME_SHIFT);
        assert_int_equal(frame_free_run(fa, run), FRAME_OK);
        assert_int_equal(frame_alloc_one_zeroed(fa, &frame), FRAME_OK);
        assert_true(all_zero(frame_run(frame, 1)));
        memset(platform_phys_to_virt(frame_addr(frame)), 0x5a, FRAME_SIZE);
        assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
    }
}

static void P6_zeroed_memory_is_zero(void **state)
{
    (void)state;
    over_all_specs(zeroed_after_dirt);
}

/* ---- P7 ----------------------------------------------------------------------------------------------------- */

static void references_of_one_frame(void)
{
    pfn_t frame;
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    assert_int_equal(frame_ref_count(fa, frame), 1);
    assert_int_equal(frame_ref(fa, frame), FRAME_OK);
    assert_int_equal(frame_ref_count(fa, frame), 2);
    assert_int_equal(frame_free_one(fa, frame), FRAME_SHARED);
    assert_int_equal(frame_ref_count(fa, frame), 2);
    assert_int_equal(frame_unref(fa, frame), FRAME_OK);
    assert_int_equal(frame_unref(fa, frame), FRAME_OK);
    assert_int_equal(frame_ref_count(fa, frame), 0);
    assert_int_equal(frame_unref(fa, frame), FRAME_NOT_ALLOCATED);
    assert_int_equal(frame_ref(fa, frame), FRAME_NOT_ALLOCATED);
    assert_int_equal(frame_free_one(fa, frame), FRAME_NOT_ALLOCATED);
}

/* A run that covers whole groups is counted by the group until a frame of it is touched. */
static void references_inside_a_run(void)
{
    struct frame_run run;
    assert_int_equal(frame_alloc_contiguous(fa, layout(512 * FRAME_SIZE, 2 * MIB), &run), FRAME_OK);
    pfn_t inner = pfn(run.first.value + 200);
    assert_int_equal(frame_ref(fa, inner), FRAME_OK);
    assert_int_equal(frame_free_run(fa, run), FRAME_SHARED);
    assert_int_equal(frame_ref_count(fa, run.first), 1);
    assert_int_equal(frame_ref_count(fa, inner), 2);
    assert_int_equal(frame_unref(fa, inner), FRAME_OK);
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
    assert_int_equal(frame_free_run(fa, run), FRAME_NOT_ALLOCATED);
}

static void references(void)
{
    references_of_one_frame();
    references_inside_a_run();
}

static void P7_references_are_counted(void **state)
{
    (void)state;
    over_all_specs(references);
}

/* Four chunks and a bit, the only memory that is not out, with a model of their references: runs come and go in it, and
 * what is freed at once is any part of one, or of several side by side. */
#define WINDOW 2100u
static struct frame_run window;
static uint32_t references_to[WINDOW];

static void expect_window(void)
{
    for (uint32_t i = 0; i < WINDOW; i++) {
        assert_int_equal(frame_ref_count(fa, pfn(window.first.value + i)), references_to[i]);
    }
}

static void window_take(struct random *random)
{
    static const uint64_t counts[] = {1, 2, 7, 64, 100, 128, 512, 513};
    uint64_t align = FRAME_SIZE << (random_one_in(random, 2) ? 0 : random_below(random, CHUNK_ORDER + 1));
    uint64_t count = counts[random_below(random, sizeof counts / sizeof counts[0])];
    struct frame_run run;
    if (frame_alloc_contiguous(fa, layout(count * FRAME_SIZE, align), &run) != FRAME_OK) {
        return;
    }
    assert_true(run.first.value >= window.first.value && frame_run_end(run) <= frame_run_end(window));
    for (uint64_t i = 0; i < count; i++) {
        uint32_t *references = &references_to[run.first.value - window.first.value + i];
        assert_int_equal(*references, 0);
        *references = 1;
    }
}

/* What freeing these frames must answer: what is wrong with the first with which something is. */
static enum frame_status window_status(uint32_t from, uint32_t count)
{
    for (uint32_t i = from; i < from + count; i++) {
        if (references_to[i] != 1) {
            return references_to[i] == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED;
        }
    }
    return FRAME_OK;
}

/* Mostly as far as it goes without an error; else a frame or more too far. */
static void window_give(struct random *random)
{
    uint32_t from = (uint32_t)random_below(random, WINDOW), count = 1;
    uint32_t most = (uint32_t)random_between(random, 1, random_one_in(random, 3) ? WINDOW : 100);
    if (random_one_in(random, 3)) {
        from = from / GROUP_FRAMES * GROUP_FRAMES;
    }
    while (count < most && from + count < WINDOW && references_to[from + count] == 1) {
        count++;
    }
    count += random_one_in(random, 4) && from + count < WINDOW ? 1 : 0;
    enum frame_status right = window_status(from, count);
    assert_int_equal(frame_free_run(fa, frame_run(pfn(window.first.value + from), count)), right);
    if (right == FRAME_OK) {
        memset(&references_to[from], 0, count * sizeof references_to[0]);
    }
}

static void window_share(struct random *random)
{
    uint32_t at = (uint32_t)random_below(random, WINDOW);
    pfn_t frame = pfn(window.first.value + at);
    if (references_to[at] > 1) {
        assert_int_equal(frame_unref(fa, frame), FRAME_OK);
        references_to[at]--;
    } else if (random_one_in(random, 4)) {
        assert_int_equal(frame_ref(fa, frame), references_to[at] == 0 ? FRAME_NOT_ALLOCATED : FRAME_OK);
        references_to[at] += references_to[at];
    }
}

static void window_operations(void)
{
    struct random random = random_stream(20261124, 4);
    assert_int_equal(frame_alloc_contiguous(fa, layout(WINDOW * FRAME_SIZE, 1), &window), FRAME_OK);
    uint64_t others = take_all();
    for (uint32_t i = 0; i < WINDOW; i++) {
        references_to[i] = 1;
    }
    for (uint32_t step = 0; step < 3000; step++) {
        switch (random_below(&random, 8)) {
        case 0:
        case 1:
        case 2:
            window_take(&random);
            break;
        case 3:
        case 4:
            window_give(&random);
            break;
        default:
            window_share(&random);
            break;
        }
        if (step % 100 == 0) {
            expect_window();
            assert_true(frame_allocator_validate(fa, NULL));
        }
    }
    for (uint32_t i = 0; i < WINDOW; i++) {
        while (references_to[i] > 0) {
            assert_int_equal(frame_unref(fa, pfn(window.first.value + i)), FRAME_OK);
            references_to[i]--;
        }
    }
    give_all(others);
}

static void P7_any_part_of_what_is_out_is_freed_at_once(void **state)
{
    (void)state;
    over_all_specs(window_operations);
}

/* Over an arena's end, and over its start: an error, and nothing has changed. */
static void frees_across_the_edges(void)
{
    struct frame_run run;
    assert_int_equal(frame_alloc_one(fa, &run.first), FRAME_OK);
    uint64_t count = take_all();
    uint64_t lowest = run.first.value, highest = run.first.value;
    for (uint64_t i = 0; i < count; i++) {
        lowest = frames[i].value < lowest ? frames[i].value : lowest;
        highest = frames[i].value > highest ? frames[i].value : highest;
    }
    assert_int_equal(frame_free_run(fa, frame_run(pfn(highest - 700), 702)), FRAME_FOREIGN);
    assert_int_equal(frame_free_run(fa, frame_run(pfn(lowest - 1), 700)), FRAME_FOREIGN);
    for (uint64_t frame = lowest; frame <= highest; frame++) {
        assert_int_equal(frame_ref_count(fa, pfn(frame)), 1);
    }
    assert_int_equal(frame_free_run(fa, frame_run(pfn(lowest), highest - lowest + 1)), FRAME_OK); /* all at once */
}

static void P7_frees_across_the_edges_change_nothing(void **state)
{
    (void)state;
    over_all_specs(frees_across_the_edges);
}

static void first_reserved(void *context, const struct arena *arena)
{
    pfn_t *metadata = context;
    *metadata = frame_containing(arena->metadata.start);
}

static void foreign_frees(void)
{
    pfn_t metadata, frame = pfn(0);
    frame_allocator_arenas(fa, first_reserved, &metadata);
    const pfn_t foreign[] = {pfn(0), pfn(1), pfn(UINT64_MAX >> FRAME_SHIFT), pfn(UINT64_MAX), metadata};
    for (size_t i = 0; i < sizeof foreign / sizeof foreign[0]; i++) {
        assert_int_equal(frame_free_one(fa, foreign[i]), FRAME_FOREIGN);
        assert_int_equal(frame_free_run(fa, frame_run(foreign[i], 3)), FRAME_FOREIGN);
        assert_int_equal(frame_ref(fa, foreign[i]), FRAME_FOREIGN);
        assert_int_equal(frame_unref(fa, foreign[i]), FRAME_FOREIGN);
        assert_int_equal(frame_ref_count(fa, foreign[i]), 0);
        assert_int_equal(frame_at_addr(fa, frame_addr(foreign[i]), &frame), FRAME_FOREIGN);
    }
    assert_int_equal(frame.value, 0);
    assert_int_equal(frame_free_run(fa, frame_run(metadata, 0)), FRAME_FOREIGN);
    assert_int_equal(frame_free_run(fa, frame_run(metadata, UINT64_MAX)), FRAME_FOREIGN);
}

static void misaligned_frees(void)
{
    struct frame_run run;
    pfn_t frame;
    assert_int_equal(frame_alloc_contiguous(fa, layout(64 * FRAME_SIZE, 64 * FRAME_SIZE), &run), FRAME_OK);
    pfn_t second = pfn(run.first.value + 1);
    assert_int_equal(frame_free_contiguous(fa, second, layout(FRAME_SIZE, 2 * FRAME_SIZE)), FRAME_MISALIGNED);
    assert_int_equal(frame_at_addr(fa, (phys_addr_t){frame_addr(second).value + 1}, &frame), FRAME_MISALIGNED);
    assert_int_equal(frame_at_addr(fa, frame_addr(second), &frame), FRAME_OK);
    assert_int_equal(frame.value, second.value);
    assert_int_equal(frame_free_contiguous(fa, run.first, layout(0, 1)), FRAME_LAYOUT_INVALID);
    for (uint64_t i = 0; i < 64; i++) {
        assert_int_equal(frame_ref_count(fa, pfn(run.first.value + i)), 1);
    }
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
}

static void P7_foreign_and_misaligned_frees_change_nothing(void **state)
{
    (void)state;
    over_all_specs(foreign_frees);
    over_all_specs(misaligned_frees);
}

/* ---- layouts ------------------------------------------------------------------------------------------------ */

static void layouts_that_cannot_be(void)
{
    struct frame_run run = {{7}, 7};
    static const struct {
        struct frame_layout layout;
        enum frame_status status;
    } cases[] = {
        {{0, FRAME_SIZE}, FRAME_LAYOUT_INVALID},
        {{FRAME_SIZE, 0}, FRAME_LAYOUT_INVALID},
        {{FRAME_SIZE, 3 * FRAME_SIZE}, FRAME_LAYOUT_INVALID},
        {{UINT64_MAX, FRAME_SIZE}, FRAME_LAYOUT_INVALID},
        {{UINT64_MAX - FRAME_SIZE, FRAME_SIZE}, FRAME_LAYOUT_IMPOSSIBLE},
        {{FRAME_SIZE, UINT64_C(1) << 63}, FRAME_LAYOUT_IMPOSSIBLE},
        {{MEMORY_BYTES, FRAME_SIZE}, FRAME_LAYOUT_IMPOSSIBLE},
        {{MEMORY_BYTES / 2 + 1, MEMORY_BYTES / 2}, FRAME_LAYOUT_IMPOSSIBLE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(frame_alloc_contiguous(fa, cases[i].layout, &run), cases[i].status);
        assert_int_equal(frame_alloc_contiguous_zeroed(fa, cases[i].layout, &run), cases[i].status);
    }
    assert_int_equal(run.first.value, 7);
    uint64_t most = frame_max_alignment(fa);
    assert_int_equal(frame_alloc_contiguous(fa, layout(FRAME_SIZE, most), &run), FRAME_OK);
    assert_int_equal(frame_addr(run.first).value % most, 0);
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
    assert_int_equal(frame_alloc_contiguous(fa, layout(FRAME_SIZE, 2 * most), &run), FRAME_LAYOUT_IMPOSSIBLE);
}

static void impossible_layouts_are_told_from_want_of_memory(void **state)
{
    (void)state;
    over_all_specs(layouts_that_cannot_be);
    for (int status = 0; status <= FRAME_STATUS_COUNT; status++) {
        assert_non_null(frame_status_text((enum frame_status)status));
    }
}

/* ---- P11 ---------------------------------------------------------------------------------------------------- */

static uint64_t global_accesses(void)
{
    struct frame_stats stats;
    frame_allocator_stats(fa, &stats);
    return stats.global_takes + stats.global_gives;
}

/* `amplitude` allocations, then as many frees, again and again: the worst for one magazine is amplitude 1 at its edge,
 * for two it is 2M + 1. */
static void P11_one_global_access_in_a_batch_of_operations(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uint64_t batch;
    } cases[] = {{"lockfree,magazine=16", 16},
                 {"lockfree,magazine=16,batch=5", 5},
                 {"baseline,magazine=16", 16},
                 {"baseline,magazine=64,batch=1", 1}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (uint64_t amplitude = 1; amplitude < 70; amplitude++) {
            pfn_t held[70];
            uint64_t operations = 0;
            fa = framelab_open(cases[c].spec, MEMORY_BYTES, HARTS);
            assert_non_null(fa);
            uint64_t before = global_accesses();
            for (uint64_t round = 0; round < 100; round++) {
                for (uint64_t i = 0; i < amplitude; i++, operations++) {
                    assert_int_equal(frame_alloc_one(fa, &held[i]), FRAME_OK);
                }
                for (uint64_t i = 0; i < amplitude; i++, operations++) {
                    assert_int_equal(frame_free_one(fa, held[i]), FRAME_OK);
                }
            }
            assert_in_range(global_accesses() - before, 0, operations / cases[c].batch + 1);
            close_allocator();
        }
    }
}

/* The same with chunks, and with chunks and frames in turn: each has its own two magazines. */
static void P11_one_global_access_in_a_batch_of_chunks(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        uint64_t batch;
    } cases[] = {{"lockfree,run-magazine=4", 4}, {"baseline,run-magazine=4", 4}, {"baseline,run-magazine=1", 1}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        for (uint64_t amplitude = 1; amplitude < 20; amplitude++) {
            struct frame_run held[20];
            uint64_t operations = 0;
            pfn_t frame;
            fa = framelab_open(cases[c].spec, 4096 * MIB, HARTS);
            assert_non_null(fa);
            uint64_t before = global_accesses();
            for (uint64_t round = 0; round < 50; round++) {
                for (uint64_t i = 0; i < amplitude; i++, operations++) {
                    assert_int_equal(frame_alloc_contiguous(fa, layout(CHUNK_BYTES, CHUNK_BYTES), &held[i]), FRAME_OK);
                }
                assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
                for (uint64_t i = 0; i < amplitude; i++, operations++) {
                    assert_int_equal(frame_free_run(fa, held[i]), FRAME_OK);
                }
                assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
            }
            /* And one for the single frames' first refill. */
            assert_in_range(global_accesses() - before, 0, operations / cases[c].batch + 2);
            close_allocator();
        }
    }
}

/* Runs of each order have magazines of their own. */
static void P11_at_every_order(void **state)
{
    (void)state;
    static const char *const eights[] = {"lockfree,magazine=8,run-magazine=8", "baseline,magazine=8,run-magazine=8"};
    static const uint32_t amplitudes[] = {1, 7, 8, 9, 16, 17, 18, 31};
    const uint32_t amplitude_count = sizeof amplitudes / sizeof amplitudes[0];
    for (uint32_t c = 0; c < 2 * amplitude_count * (CACHE_ORDER_MAX + 1); c++) {
        const uint32_t amplitude = amplitudes[c / 2 % amplitude_count];
        const uint64_t bytes = FRAME_SIZE << c / 2 / amplitude_count;
        struct frame_run held[31];
        uint64_t operations = 0;
        fa = framelab_open(eights[c % 2], 8192 * MIB, HARTS);
        assert_non_null(fa);
        uint64_t before = global_accesses();
        for (uint32_t round = 0; round < 40; round++) {
            for (uint32_t i = 0; i < amplitude; i++, operations++) {
                assert_int_equal(frame_alloc_contiguous(fa, layout(bytes, bytes), &held[i]), FRAME_OK);
            }
            for (uint32_t i = 0; i < amplitude; i++, operations++) {
                assert_int_equal(frame_free_run(fa, held[i]), FRAME_OK);
            }
        }
        assert_in_range(global_accesses() - before, 0, operations / 8 + 1);
        close_allocator();
    }
}

static uint64_t frames_in_caches(void)
{
    struct frame_stats stats;
    frame_allocator_stats(fa, &stats);
    return stats.frames_in_caches;
}

/* However many are asked for, all harts' magazines of chunks hold at most an eighth of memory; and "off" is off, for
 * what a variant keeps for a hart, too. */
static void chunks_in_caches_are_few(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        bool caches;
    } cases[] = {{"lockfree,magazine=0,run-magazine=64", true},
                 {"baseline,magazine=0,run-magazine=64", true},
                 {"baseline,magazine=0,run-magazine=3", true},
                 {"baseline,magazine=0,run-magazine=0", false},
                 {"lockfree,magazine=0", false},
                 {"baseline,magazine=0", false}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        fa = framelab_open(cases[c].spec, 2048 * MIB, HARTS);
        assert_non_null(fa);
        assert_true(harts_run(HARTS, fill_caches_of_harts, NULL));
        assert_int_equal(frames_in_caches() > 0, cases[c].caches);
        assert_in_range(frames_in_caches(), 0, total_frames() / RUN_MAGAZINES_PART);
        close_allocator();
    }
}

/* Counted, not timed: bytes of metadata for a GiB of RAM; with references counted 1.1 MiB, of it a word a frame. */
static void metadata_of_a_gib(void **state)
{
    (void)state;
    const struct {
        const char *spec;
        uint64_t most_bytes;
    } cases[] = {{"lockfree", frame_counts_references() ? 102 * KIB : 64 * KIB}, {"baseline", 23 * MIB / 10}};
    uint64_t refcounts_bytes = frame_counts_references() ? (1024 * MIB >> FRAME_SHIFT) * sizeof(uint32_t) : 0;
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        struct frame_stats stats;
        fa = framelab_open(cases[c].spec, 1024 * MIB, HARTS);
        assert_non_null(fa);
        frame_allocator_stats(fa, &stats);
        print_message("# %s: %llu KiB\n", cases[c].spec, (unsigned long long)(stats.metadata_bytes >> 10));
        assert_in_range(stats.metadata_bytes, refcounts_bytes + 32 * KIB, refcounts_bytes + cases[c].most_bytes);
        close_allocator();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(P5_every_frame_can_be_had_though_other_harts_cache_some, teardown),
        cmocka_unit_test_teardown(P5_every_chunk_can_be_had_though_other_harts_cache_some, teardown),
        cmocka_unit_test_teardown(P8_a_long_run_is_back_after_single_frames, teardown),
        cmocka_unit_test_teardown(P8_single_frames_freed_together_are_a_chunk, teardown),
        cmocka_unit_test_teardown(P5_a_run_is_found_wherever_it_lies, teardown),
        cmocka_unit_test_teardown(P4_runs_are_as_long_and_aligned_as_asked, teardown),
        cmocka_unit_test_teardown(P4_a_run_is_freed_in_any_parts, teardown),
        cmocka_unit_test_teardown(P6_zeroed_memory_is_zero, teardown),
        cmocka_unit_test_teardown(P7_frees_across_the_edges_change_nothing, teardown),
        cmocka_unit_test_teardown(P7_foreign_and_misaligned_frees_change_nothing, teardown),
        cmocka_unit_test_teardown(impossible_layouts_are_told_from_want_of_memory, teardown),
        cmocka_unit_test_teardown(P11_one_global_access_in_a_batch_of_operations, teardown),
        cmocka_unit_test_teardown(P11_one_global_access_in_a_batch_of_chunks, teardown),
        cmocka_unit_test_teardown(P11_at_every_order, teardown),
        cmocka_unit_test_teardown(chunks_in_caches_are_few, teardown),
        cmocka_unit_test_teardown(metadata_of_a_gib, teardown),
    };
    /* Of a build without reference counts, test_refcounts_none.c shows what there is in their place. */
    const struct CMUnitTest counted[] = {
        cmocka_unit_test_teardown(P7_references_are_counted, teardown),
        cmocka_unit_test_teardown(P7_any_part_of_what_is_out_is_freed_at_once, teardown),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (frame_counts_references() ? cmocka_run_group_tests(counted, NULL, NULL) : 0);
}
