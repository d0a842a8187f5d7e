/* SPDX-License-Identifier: MIT
 * The ownership oracle is shown to see each violation when it is fed one, and to see none in a lawful history. What
 * is fed are the oracle's own calls, over frames of a machine whose allocator really served them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "framelab.h"
#include "machine.h"
#include "oracle.h"

#define MEMORY_BYTES (UINT64_C(16) << 20)

static struct {
    struct host_machine machine;
    struct verdict verdict;
    struct oracle oracle;
    void *memory;
    struct random random;
    struct frame_run free; /* the first served region */
} world;

static void keep_region(void *context, const struct arena *arena)
{
    *(struct frame_run *)context = arena->regions[0];
}

static int set_up(void **state)
{
    (void)state;
    char why[256];
    struct frame_allocator_config config;
    const struct host_machine_options options = {.memory_bytes = MEMORY_BYTES, .harts = 2, .nodes = 1};
    if (!frame_allocator_config_parse(&config, framelab_variants, "baseline", 2, why, sizeof why) ||
        !host_machine_open(&world.machine, &options, why, sizeof why) ||
        !host_machine_boot(&world.machine, &config, UINT64_C(2) << 20, why, sizeof why)) {
        return -1;
    }
    uint64_t bytes = align_up_u64(oracle_bytes(world.machine.map), CACHE_PAIR);
    world.memory = aligned_alloc(CACHE_PAIR, bytes);
    memset(world.memory, 0, bytes);
    world.random = random_stream(1, 0);
    verdict_init(&world.verdict);
    oracle_init(&world.oracle, &world.verdict, world.machine.map, world.memory);
    frame_allocator_arenas(world.machine.fa, keep_region, &world.free);
    return oracle_learn_arenas(&world.oracle, world.machine.fa) > 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(world.memory);
    host_machine_close(&world.machine);
    return 0;
}

static bool give(uint32_t hart, uint64_t first, uint64_t count, struct frame_request request, bool zeroed)
{
    return oracle_alloc(&world.oracle, hart, request, frame_run(pfn(first), count), zeroed, &world.random);
}

static bool give_one(uint32_t hart, uint64_t frame)
{
    return give(hart, frame, 1, (struct frame_request){1, 0}, false);
}

static void take_back(uint32_t hart, uint64_t first, uint64_t count)
{
    oracle_free(&world.oracle, hart, frame_run(pfn(first), count), &world.random);
}

static void assert_violated(enum property property, uint64_t frame)
{
    assert_false(verdict_holds(&world.verdict));
    assert_string_equal(property_name(world.verdict.property), property_name(property));
    assert_int_equal(world.verdict.frame, frame);
    assert_true(strlen(world.verdict.text) > 10);
}

static uint64_t *words_of(uint64_t frame)
{
    return platform_phys_to_virt(frame_addr(pfn(frame)));
}

/* ---- a lawful history ---- */

static void lawful_history_holds(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    for (uint32_t i = 0; i < 100; i++) {
        assert_true(give_one(i % 2, f));
        assert_true(give(1, f + 8, 8, (struct frame_request){8, 3}, false));
        assert_int_equal(oracle_count_held(&world.oracle), 9);
        oracle_ref(&world.oracle, 0, pfn(f));
        assert_int_equal(oracle_references(&world.oracle, pfn(f)), 2);
        assert_false(oracle_unref(&world.oracle, 1, pfn(f)));
        assert_true(oracle_unref(&world.oracle, 0, pfn(f)));
        take_back(1, f + 10, 2); /* the middle, then the rest */
        take_back(0, f + 8, 2);
        take_back(1, f + 12, 4);
        assert_int_equal(oracle_count_held(&world.oracle), 0);
    }
    assert_true(verdict_holds(&world.verdict));
}

static void served_are_what_the_allocator_says(void **state)
{
    (void)state;
    struct frame_stats stats;
    frame_allocator_stats(world.machine.fa, &stats);
    assert_int_equal(oracle_count_served(&world.oracle), stats.frames_total);
    assert_int_equal(oracle_kind(&world.oracle, world.free.first.value), FRAME_KIND_SERVED);
    assert_int_equal(oracle_kind(&world.oracle, UINT64_MAX), FRAME_KIND_OUTSIDE);
    assert_int_equal(oracle_kind(&world.oracle, 0), FRAME_KIND_OUTSIDE);
}

/* ---- P1 ---- */

static void P1_handed_out_twice(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_true(give_one(0, f));
    assert_false(give_one(1, f));
    assert_violated(PROPERTY_OWNED_ONCE, f);
    assert_int_equal(world.verdict.hart, 1);
}

static void P1_overlapping_runs(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_true(give(0, f, 8, (struct frame_request){8, 0}, false));
    assert_false(give(1, f + 7, 2, (struct frame_request){2, 0}, false));
    assert_violated(PROPERTY_OWNED_ONCE, f + 7);
}

static void P1_written_by_another(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_true(give_one(0, f));
    words_of(f)[0] = 12345;
    take_back(0, f, 1);
    assert_violated(PROPERTY_OWNED_ONCE, f);
}

static void P1_freed_by_two(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_true(give_one(0, f));
    take_back(0, f, 1);
    assert_true(verdict_holds(&world.verdict));
    take_back(1, f, 1);
    assert_violated(PROPERTY_OWNED_ONCE, f);
}

static void P1_reference_to_nothing(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    oracle_ref(&world.oracle, 1, pfn(f));
    assert_violated(PROPERTY_OWNED_ONCE, f);
}

/* ---- P3 ---- */

static void P3_outside_ram(void **state)
{
    (void)state;
    uint64_t beyond = frame_run_end(world.oracle.extent);
    assert_false(give_one(0, beyond));
    assert_violated(PROPERTY_ONLY_RAM, beyond);
}

static void P3_reserved(void **state)
{
    (void)state;
    uint64_t firmware = world.oracle.extent.first.value; /* the default tree keeps the start for it */
    assert_false(give_one(0, firmware));
    assert_violated(PROPERTY_ONLY_RAM, firmware);
}

static void keep_metadata(void *context, const struct arena *arena)
{
    *(uint64_t *)context = frame_containing(arena->metadata.start).value;
}

static void P3_metadata(void **state)
{
    (void)state;
    uint64_t metadata = 0;
    frame_allocator_arenas(world.machine.fa, keep_metadata, &metadata);
    assert_false(give_one(0, metadata));
    assert_violated(PROPERTY_ONLY_RAM, metadata);
}

static void P3_unplugged(void **state)
{
    (void)state;
    struct frame_run range = frame_run_inside(world.machine.hotplug);
    oracle_plug(&world.oracle, range);
    assert_true(give_one(0, range.first.value));
    take_back(0, range.first.value, 1);
    oracle_unplug(&world.oracle, range);
    assert_true(verdict_holds(&world.verdict));
    assert_false(give_one(0, range.first.value));
    assert_violated(PROPERTY_ONLY_RAM, range.first.value);
}

static void P3_unplugged_while_out(void **state)
{
    (void)state;
    struct frame_run range = frame_run_inside(world.machine.hotplug);
    oracle_plug(&world.oracle, range);
    assert_true(give_one(0, range.first.value + 3));
    oracle_unplug(&world.oracle, range);
    assert_violated(PROPERTY_ONLY_RAM, range.first.value + 3);
}

/* An allocator that claims more than the map has is caught before it hands anything out. */
static void P3_arena_claims_too_much(void **state)
{
    (void)state;
    struct memory_map *map = malloc(sizeof *map);
    assert_non_null(map);
    *map = *world.machine.map;
    uint64_t last = frame_run_inside(map->free[0].range).first.value;
    map->free[0].range.start.value += FRAME_SIZE;
    map->free[0].range.size -= FRAME_SIZE;
    memset(world.memory, 0, oracle_bytes(map));
    oracle_init(&world.oracle, &world.verdict, map, world.memory);
    free(map);
    (void)oracle_learn_arenas(&world.oracle, world.machine.fa);
    assert_violated(PROPERTY_ONLY_RAM, last);
}

/* ---- P4 ---- */

static void P4_too_short(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_false(give(0, f, 7, (struct frame_request){8, 0}, false));
    assert_violated(PROPERTY_RUNS, f);
}

static void P4_too_long(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_false(give(0, f, 8, (struct frame_request){5, 0}, false));
    assert_violated(PROPERTY_RUNS, f);
}

static void P4_misaligned(void **state)
{
    (void)state;
    uint64_t f = align_up_u64(world.free.first.value, 8) + 4;
    assert_false(give(0, f, 4, (struct frame_request){4, 3}, false));
    assert_violated(PROPERTY_RUNS, f);
}

/* ---- P6 ---- */

static void P6_any_word_that_is_not_zero(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    memset(words_of(f), 0, 2 * FRAME_SIZE);
    assert_true(give(0, f, 2, (struct frame_request){2, 0}, true));
    take_back(0, f, 2);
    memset(words_of(f), 0, 2 * FRAME_SIZE);
    words_of(f + 1)[511] = 1;
    assert_false(give(0, f, 2, (struct frame_request){2, 0}, true));
    assert_violated(PROPERTY_ZEROED, f + 1);
}

/* A free leaves something behind for P6 to find. */
static void P6_frees_dirty_the_frame(void **state)
{
    (void)state;
    uint64_t f = world.free.first.value;
    assert_true(give_one(0, f));
    take_back(0, f, 1);
    assert_false(give(1, f, 1, (struct frame_request){1, 0}, true));
    assert_violated(PROPERTY_ZEROED, f);
}

/* ---- the search ---- */

/* Against the definition: every frame of the run served and free, the first aligned. */
static bool naive_find(struct frame_request request, uint64_t *first)
{
    uint64_t align = UINT64_C(1) << request.align_order;
    struct frame_run span = world.oracle.spans[0];
    for (uint64_t f = align_up_u64(span.first.value, align); f + request.count <= frame_run_end(span); f += align) {
        uint64_t length = 0;
        while (length < request.count && oracle_kind(&world.oracle, f + length) == FRAME_KIND_SERVED &&
               oracle_references(&world.oracle, pfn(f + length)) == 0) {
            length++;
        }
        if (length == request.count) {
            *first = f;
            return true;
        }
    }
    return false;
}

static void search_agrees_with_its_definition(void **state)
{
    (void)state;
    assert_int_equal(world.oracle.span_count, 1);
    uint64_t span = world.free.count;
    for (uint32_t i = 0; i < 150; i++) {
        uint64_t f = world.free.first.value + random_below(&world.random, span);
        if (oracle_references(&world.oracle, pfn(f)) == 0) {
            assert_true(give_one(0, f));
        }
        struct frame_request request = {random_between(&world.random, 1, span / (i + 1) + 1),
                                        (uint32_t)random_below(&world.random, 10)};
        uint64_t expected = 0;
        pfn_t found;
        bool there = naive_find(request, &expected);
        assert_int_equal(oracle_find_run(&world.oracle, request, false, &found), there);
        if (there) {
            assert_int_equal(found.value, expected);
        }
    }
}

/* ---- the verdict ---- */

static void first_violation_wins(void **state)
{
    (void)state;
    verdict_violate(&world.verdict, PROPERTY_ZEROED, 3, 77, "%s", "the first of them");
    verdict_violate(&world.verdict, PROPERTY_RUNS, 4, 78, "%s", "the second of them");
    assert_violated(PROPERTY_ZEROED, 77);
    assert_int_equal(world.verdict.hart, 3);
    assert_string_equal(world.verdict.text, "the first of them");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lawful_history_holds),
        TEST(served_are_what_the_allocator_says),
        TEST(P1_handed_out_twice),
        TEST(P1_overlapping_runs),
        TEST(P1_written_by_another),
        TEST(P1_freed_by_two),
        TEST(P1_reference_to_nothing),
        TEST(P3_outside_ram),
        TEST(P3_reserved),
        TEST(P3_metadata),
        TEST(P3_unplugged),
        TEST(P3_unplugged_while_out),
        TEST(P3_arena_claims_too_much),
        TEST(P4_too_short),
        TEST(P4_too_long),
        TEST(P4_misaligned),
        TEST(P6_any_word_that_is_not_zero),
        TEST(P6_frees_dirty_the_frame),
        TEST(search_agrees_with_its_definition),
        TEST(first_violation_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
