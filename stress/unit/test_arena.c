/* SPDX-License-Identifier: MIT
 * Arena selection and building: what is merged, what a hole costs, where metadata lies, what is skipped. */
#define _GNU_SOURCE /* mincore */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "map_invariants.h"
#include "platform.h"
#include "platform_host.h"
#include "random.h"
#include "refcounts.h"

#define RAM UINT64_C(0x80000000)
#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define PLANS_MAX 512u

static struct memory_map map; /* only its free regions and node count are of use here */
static struct arena_plan plans[PLANS_MAX];
static uint32_t plan_count;
static struct ram_region skipped[PLANS_MAX];
static uint32_t skipped_count;
static uint64_t limit_bytes;

/* A variant with 128 bytes for each chunk that the span touches; and where references are not counted with what their
 * counts would take, so that arenas are the same in either build. */
static uint64_t chunk_bytes(struct frame_run span)
{
    const uint64_t counted_bytes = FRAME_COUNT_BYTES;
    return CACHE_PAIR * (((frame_run_end(span) - 1) >> CHUNK_ORDER) - (span.first.value >> CHUNK_ORDER) + 1) +
           (sizeof(uint32_t) - counted_bytes) * span.count;
}

static enum frame_status keep_plan(void *context, const struct arena_plan *plan)
{
    (void)context;
    assert_true(plan_count < PLANS_MAX);
    plans[plan_count++] = *plan;
    return FRAME_OK;
}

static void keep_skipped(void *context, struct ram_region region, const char *why)
{
    (void)context;
    assert_true(skipped_count < PLANS_MAX);
    assert_true(why[0] != '\0');
    skipped[skipped_count++] = region;
}

static int begin(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    map.node_count = NODE_MAX;
    limit_bytes = HOLE_METADATA_BYTES_DEFAULT;
    return 0;
}

static void add_on_node(uint64_t start, uint64_t size, uint32_t node)
{
    map.free[map.free_count++] = (struct ram_region){{{start}, size}, node};
}

static void add(uint64_t start, uint64_t size)
{
    add_on_node(start, size, 0);
}

static enum frame_status select_status(void)
{
    const struct arena_selection_options options = {limit_bytes, chunk_bytes, keep_skipped, NULL};
    plan_count = 0;
    skipped_count = 0;
    return arena_select(map.free, map.free_count, &options, keep_plan);
}

/* Selects; then what holds for every selection: P3, and no region is both used and skipped, or neither. */
static void select_arenas(void)
{
    uint64_t floor = 0;
    uint64_t frames = 0;
    uint64_t expected = 0;
    assert_int_equal(select_status(), FRAME_OK);
    for (uint32_t i = 0; i < plan_count; i++) {
        const char *broken = plan_broken(&map, &plans[i], limit_bytes, &floor);
        if (broken != NULL) {
            fail_msg("arena %u: %s", i, broken);
        }
        assert_int_equal(plans[i].metadata_bytes,
                         arena_metadata_bytes(plans[i].span, plans[i].region_count, chunk_bytes));
        frames += plans[i].usable_frames + (plans[i].metadata.size >> FRAME_SHIFT);
    }
    for (uint32_t i = 0; i < skipped_count; i++) {
        frames += frame_run_inside(skipped[i].range).count;
    }
    for (uint32_t i = 0; i < map.free_count; i++) {
        expected += frame_run_inside(map.free[i].range).count;
    }
    assert_int_equal(frames, expected);
}

/* ---- merging ------------------------------------------------------------------------------------------------- */

static void one_region_is_one_arena(void **state)
{
    (void)state;
    add(RAM, GIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].span.first.value, RAM >> FRAME_SHIFT);
    assert_int_equal(plans[0].span.count, GIB >> FRAME_SHIFT);
    assert_int_equal(plans[0].region_count, 1);
    assert_int_equal(plans[0].hole_frames, 0);
    assert_int_equal(plans[0].hole_metadata_bytes, 0);
    assert_true(plans[0].metadata_bytes <= MIB * 12 / 10);
}

static void P3_a_small_hole_is_merged_and_never_handed_out(void **state)
{
    (void)state;
    add(RAM, 16 * MIB);
    add(RAM + 17 * MIB, 16 * MIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].region_count, 2);
    assert_int_equal(plans[0].hole_frames, MIB >> FRAME_SHIFT);
    assert_true(plans[0].hole_metadata_bytes >= 4 * (MIB >> FRAME_SHIFT));
}

/* A hole of H frames costs 4 bytes a frame, 8 a chunk and the variant's 128 a chunk: 4.266 bytes a frame. */
static void the_limit_counts_the_variants_part(void **state)
{
    (void)state;
    limit_bytes = 4 * (256 * MIB >> FRAME_SHIFT); /* counts alone would just pass */
    add(RAM, 64 * MIB);
    add(RAM + 64 * MIB + 256 * MIB, 64 * MIB);
    select_arenas();
    assert_int_equal(plan_count, 2);
    limit_bytes = limit_bytes + UINT64_C(128) * (CHUNK_GROUPS + 128); /* groups, the variant */
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].hole_metadata_bytes, limit_bytes);
    limit_bytes--;
    select_arenas();
    assert_int_equal(plan_count, 2);
}

static void the_limit_is_for_all_holes_of_an_arena_together(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 8; i++) {
        add(RAM + i * 192 * MIB, 64 * MIB); /* 139 KiB a hole: three fit 528 KiB */
    }
    select_arenas();
    assert_int_equal(plan_count, 2);
    assert_int_equal(plans[0].region_count, 4);
    assert_int_equal(plans[1].region_count, 4);
}

static void no_limit_to_speak_of(void **state)
{
    (void)state;
    limit_bytes = UINT64_MAX;
    add(RAM, GIB);
    add(RAM + 16 * GIB, GIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].hole_frames, 15 * GIB >> FRAME_SHIFT);
}

static void a_limit_of_zero_merges_only_what_touches(void **state)
{
    (void)state;
    limit_bytes = 0;
    add(RAM, MIB);
    add(RAM + MIB, MIB);
    add(RAM + 2 * MIB + FRAME_SIZE, MIB);
    select_arenas();
    assert_int_equal(plan_count, 2);
    assert_int_equal(plans[0].span.count, 2 * MIB >> FRAME_SHIFT);
}

static void the_region_that_ends_a_merge_begins_the_next(void **state)
{
    (void)state;
    add(RAM, 64 * MIB);
    add(RAM + 8 * GIB, 64 * MIB);
    add(RAM + 16 * GIB, 64 * MIB);
    select_arenas();
    assert_int_equal(plan_count, 3);
    assert_int_equal(skipped_count, 0);
}

static void regions_in_any_order_give_the_same_arenas(void **state)
{
    static struct arena_plan ascending[PLANS_MAX];
    (void)state;
    for (uint64_t i = 0; i < 6; i++) {
        add(RAM + i * (i % 2 == 0 ? 192 : 200) * MIB, 64 * MIB);
    }
    select_arenas();
    uint32_t count = plan_count;
    memcpy(ascending, plans, sizeof(plans));
    for (uint32_t i = 0; i < 3; i++) { /* descending */
        struct ram_region swap = map.free[i];
        map.free[i] = map.free[5 - i];
        map.free[5 - i] = swap;
    }
    assert_int_equal(select_status(), FRAME_OK);
    assert_int_equal(plan_count, count);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(plans[i].span.first.value, ascending[i].span.first.value);
        assert_int_equal(plans[i].span.count, ascending[i].span.count);
        assert_int_equal(plans[i].usable_frames, ascending[i].usable_frames);
    }
}

static void regions_that_touch_become_one(void **state)
{
    (void)state;
    add(RAM, MIB);
    add(RAM + 2 * MIB, MIB);
    add(RAM + MIB, MIB); /* what the device tree lay in, given back */
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].region_count, 1);
    assert_int_equal(plans[0].hole_frames, 0);
}

static void nodes_are_never_merged(void **state)
{
    (void)state;
    add_on_node(RAM, 64 * MIB, 0);
    add_on_node(RAM + 64 * MIB, 64 * MIB, 1);
    add_on_node(RAM + 128 * MIB, 64 * MIB, 0); /* the first node again: an arena may not span the second */
    select_arenas();
    assert_int_equal(plan_count, 3);
    assert_int_equal(plans[1].node, 1);
}

static void no_merge_at_a_loss(void **state)
{
    (void)state;
    add(RAM, GIB);
    add(RAM + GIB + 64 * MIB, FRAME_SIZE); /* one frame, behind a hole that costs 17 */
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].hole_frames, 0);
    assert_int_equal(skipped_count, 1);
}

/* ---- small regions ------------------------------------------------------------------------------------------- */

static void a_region_too_small_for_its_metadata_is_skipped(void **state)
{
    (void)state;
    add(RAM, FRAME_SIZE);
    add(RAM + 8 * GIB, GIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(skipped_count, 1);
    assert_int_equal(skipped[0].range.start.value, RAM);
}

static void two_frames_are_enough(void **state)
{
    (void)state;
    add(RAM, 2 * FRAME_SIZE);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].usable_frames, 1);
}

static void nothing_usable_is_no_error(void **state)
{
    (void)state;
    add(RAM, FRAME_SIZE);
    select_arenas();
    assert_int_equal(plan_count, 0);
    assert_int_equal(skipped_count, 1);
    map.free_count = 0;
    select_arenas();
    assert_int_equal(plan_count, 0);
}

static void a_small_region_lives_off_a_larger_neighbour(void **state)
{
    (void)state;
    add(RAM, FRAME_SIZE); /* too small alone; with the other, the place for the metadata of both */
    add(RAM + 2 * FRAME_SIZE, MIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].usable_frames, MIB >> FRAME_SHIFT);
    assert_int_equal(plans[0].metadata.start.value, RAM);
    assert_int_equal(skipped_count, 0);
}

static void crumbs_far_apart_are_skipped_one_by_one(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 50; i++) { /* within the limit together, but no crumb holds the metadata of two */
        add(RAM + i * 4 * MIB, FRAME_SIZE);
    }
    add(RAM + 200 * MIB, MIB); /* holds that of all, which is more than the crumbs bring */
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(skipped_count, 50);
    assert_int_equal(plans[0].usable_frames, (MIB >> FRAME_SHIFT) - 1);
}

static void crumbs_close_together_become_an_arena(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 50; i++) {
        add(RAM + i * 2 * FRAME_SIZE, FRAME_SIZE);
    }
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(skipped_count, 0);
    assert_int_equal(plans[0].usable_frames, 49);
}

static void less_than_a_frame_is_skipped(void **state)
{
    (void)state;
    add(RAM + 1, 2 * FRAME_SIZE - 2);
    select_arenas();
    assert_int_equal(plan_count, 0);
    assert_int_equal(skipped_count, 1);
}

static void more_regions_than_an_arena_holds_begin_another(void **state)
{
    static struct ram_region many[REGION_MAX + 10];
    const struct arena_selection_options options = {UINT64_MAX, chunk_bytes, keep_skipped, NULL};
    (void)state;
    for (uint64_t i = 0; i < REGION_MAX + 10; i++) {
        many[i] = (struct ram_region){{{RAM + i * 2 * MIB}, MIB}, 0};
    }
    plan_count = 0;
    assert_int_equal(arena_select(many, REGION_MAX + 10, &options, keep_plan), FRAME_OK);
    assert_int_equal(plan_count, 2);
    assert_int_equal(plans[0].region_count, REGION_MAX);
    assert_int_equal(plans[1].region_count, 10);
}

static void overlapping_regions_are_refused(void **state)
{
    (void)state;
    add(RAM, 2 * MIB);
    add(RAM + MIB, 2 * MIB);
    assert_int_equal(select_status(), FRAME_OVERLAP);
    assert_int_equal(plan_count, 0);
}

static void a_region_that_wraps_is_refused(void **state)
{
    (void)state;
    add(UINT64_MAX - MIB + 1, 2 * MIB);
    assert_int_equal(select_status(), FRAME_BAD_CONFIG);
    map.free[0] = (struct ram_region){{{UINT64_MAX - MIB + 1}, MIB}, 0};
    assert_int_equal(select_status(), FRAME_BAD_CONFIG);
    assert_int_equal(plan_count, 0);
}

static enum frame_status refuse_second(void *context, const struct arena_plan *plan)
{
    uint32_t *calls = context;
    (void)plan;
    return ++*calls == 2 ? FRAME_NO_MEMORY : FRAME_OK;
}

static void a_refused_plan_ends_the_selection(void **state)
{
    uint32_t calls = 0;
    const struct arena_selection_options options = {0, chunk_bytes, NULL, &calls};
    (void)state;
    for (uint64_t i = 0; i < 4; i++) {
        add(RAM + i * 2 * MIB, MIB);
    }
    assert_int_equal(arena_select(map.free, map.free_count, &options, refuse_second), FRAME_NO_MEMORY);
    assert_int_equal(calls, 2);
}

/* ---- the place of the metadata ------------------------------------------------------------------------------- */

static void expect_metadata_at_end_of(uint64_t end)
{
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].metadata.start.value + plans[0].metadata.size, end);
}

static void metadata_takes_the_fragment_that_fits_it_best(void **state)
{
    (void)state;
    /* 32 MiB need about 36 KiB. Fragments after the last chunk: 16 KiB, 64 KiB, 1 MiB, none. */
    add(RAM, 8 * MIB + 16 * KIB);
    add(RAM + 10 * MIB, 8 * MIB + 64 * KIB);
    add(RAM + 20 * MIB, 9 * MIB);
    add(RAM + 30 * MIB, 8 * MIB);
    select_arenas();
    expect_metadata_at_end_of(RAM + 18 * MIB + 64 * KIB);
}

static void metadata_without_a_fitting_fragment_breaks_one_chunk(void **state)
{
    uint64_t chunks = 0;
    (void)state;
    add(RAM, 8 * MIB);
    add(RAM + 10 * MIB, 8 * MIB + 16 * KIB);
    add(RAM + 20 * MIB, 8 * MIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    for (uint32_t i = 0; i < plans[0].region_count; i++) {
        chunks += plans[0].regions[i].count / CHUNK_FRAMES; /* each begins at a chunk */
    }
    assert_int_equal(chunks, 11);
}

static void a_small_region_without_chunks_takes_the_metadata(void **state)
{
    (void)state;
    add(RAM, 8 * MIB);
    add(RAM + 9 * MIB, 64 * KIB);
    add(RAM + 10 * MIB, 8 * MIB);
    select_arenas();
    expect_metadata_at_end_of(RAM + 9 * MIB + 64 * KIB);
}

static void the_highest_of_equals_takes_the_metadata(void **state)
{
    (void)state;
    add(RAM, 8 * MIB);
    add(RAM + 10 * MIB, 8 * MIB);
    select_arenas();
    expect_metadata_at_end_of(RAM + 18 * MIB);
}

static void metadata_may_swallow_a_region_whole(void **state)
{
    struct frame_run span = {{RAM >> FRAME_SHIFT}, 0};
    (void)state;
    add(RAM, 8 * MIB);
    /* A last region of just the frames that the metadata of both needs: found by trying. */
    uint64_t frames = 1;
    for (;; frames++) {
        span.count = ((9 * MIB) >> FRAME_SHIFT) + frames;
        if (align_up_u64(arena_metadata_bytes(span, 2, chunk_bytes), FRAME_SIZE) >> FRAME_SHIFT == frames) {
            break;
        }
    }
    add(RAM + 9 * MIB, frames << FRAME_SHIFT);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].region_count, 1);
    assert_int_equal(plans[0].usable_frames, 8 * MIB >> FRAME_SHIFT);
    assert_int_equal(plans[0].metadata.start.value, RAM + 9 * MIB);
    assert_true(plans[0].metadata_bytes <= plans[0].metadata.size);
}

static void metadata_is_at_most_1_1_mib_a_gib(void **state)
{
    (void)state;
    add(RAM, 64 * GIB);
    select_arenas();
    assert_true(plans[0].metadata_bytes <= 64 * MIB * 11 / 10);
}

/* ---- building ------------------------------------------------------------------------------------------------ */

static struct arena *build(bool memory_is_zero)
{
    return arena_build(&plans[0], chunk_bytes, memory_is_zero);
}

static int map_ram(void **state)
{
    char why[128];
    (void)begin(state);
    return host_ram_map((struct phys_range){{RAM}, 64 * MIB}, why, sizeof(why)) ? 0 : -1;
}

static int unmap_ram(void **state)
{
    (void)state;
    host_ram_unmap();
    return 0;
}

static void expect_zeroes(const void *memory, uint64_t bytes)
{
    const unsigned char *byte = memory;
    for (uint64_t i = 0; i < bytes; i++) {
        assert_int_equal(byte[i], 0);
    }
}

static void expect_built(const struct arena *arena)
{
    const unsigned char *base = platform_phys_to_virt(plans[0].metadata.start);
    const unsigned char *variant = arena->variant;
    assert_ptr_equal(arena, base);
    assert_memory_equal(&arena->span, &plans[0].span, sizeof(arena->span));
    assert_int_equal(arena->usable_frames, plans[0].usable_frames);
    assert_int_equal(arena->region_count, plans[0].region_count);
    assert_memory_equal(arena->regions, plans[0].regions, plans[0].region_count * sizeof(struct frame_run));
    assert_memory_equal(&arena->metadata, &plans[0].metadata, sizeof(arena->metadata));

    uint64_t chunks = (frame_run_end(arena->span) - 1) / CHUNK_FRAMES - arena->span.first.value / CHUNK_FRAMES + 1;
    assert_true((const unsigned char *)(arena->regions + arena->region_count) <=
                (const unsigned char *)arena->frame_refcounts);
    assert_true((const unsigned char *)arena->frame_refcounts + arena->span.count * FRAME_COUNT_BYTES <=
                (const unsigned char *)arena->group_bytes);
    assert_true((const unsigned char *)(arena->group_bytes + chunks * CHUNK_GROUPS) <= variant);
    assert_int_equal((uintptr_t)arena->frame_refcounts % CACHE_PAIR, 0);
    assert_int_equal((uintptr_t)arena->variant % CACHE_PAIR, 0);
    assert_int_equal(variant + chunk_bytes(arena->span) - base, plans[0].metadata_bytes);
    expect_zeroes((const void *)arena->frame_refcounts, arena->span.count * FRAME_COUNT_BYTES);
    expect_zeroes((const void *)arena->group_bytes, chunks * CHUNK_GROUPS);
    expect_zeroes(arena->variant, chunk_bytes(arena->span));
}

static void a_built_arena_is_as_planned(void **state)
{
    (void)state;
    add(RAM + 3 * FRAME_SIZE, 16 * MIB);
    add(RAM + 20 * MIB, 16 * MIB);
    select_arenas();
    expect_built(build(true));
}

static void used_memory_is_zeroed_and_nothing_else_is_touched(void **state)
{
    (void)state;
    add(RAM, 16 * MIB);
    add(RAM + 20 * MIB, 16 * MIB);
    select_arenas();
    unsigned char *ram = platform_phys_to_virt((phys_addr_t){RAM});
    memset(ram, 0xa5, 64 * MIB);
    expect_built(build(false));
    uint64_t from = plans[0].metadata.start.value - RAM;
    for (uint64_t i = 0; i < 64 * MIB; i++) {
        if (i < from || i >= from + plans[0].metadata.size) {
            assert_int_equal(ram[i], 0xa5);
        }
    }
}

static void fresh_memory_is_not_touched(void **state)
{
    (void)state;
    add(RAM, 64 * MIB);
    select_arenas();
    (void)build(true);
    uint64_t pages = (plans[0].metadata.size >> FRAME_SHIFT);
    unsigned char *resident = calloc(pages, 1);
    assert_non_null(resident);
    assert_int_equal(mincore(platform_phys_to_virt(plans[0].metadata.start), plans[0].metadata.size, resident), 0);
    uint64_t touched = 0;
    for (uint64_t i = 0; i < pages; i++) {
        touched += resident[i] & 1;
    }
    free(resident);
    assert_true(pages > 10);
    assert_int_equal(touched, 1); /* the descriptor's own */
}

static void P3_covers_only_usable_regions(void **state)
{
    (void)state;
    add(RAM, 16 * MIB);
    add(RAM + 20 * MIB, 16 * MIB);
    add(RAM + 40 * MIB, 16 * MIB);
    select_arenas();
    const struct arena *arena = build(true);
    uint64_t base = RAM >> FRAME_SHIFT;
    uint64_t mib = MIB >> FRAME_SHIFT;
    assert_true(arena_covers(arena, frame_run(pfn(base), 16 * mib)));
    assert_true(arena_covers(arena, frame_run(pfn(base + 20 * mib), 16 * mib)));
    assert_true(arena_covers(arena, frame_run(pfn(base + 40 * mib), 1)));
    assert_false(arena_covers(arena, frame_run(pfn(base), 16 * mib + 1)));
    assert_false(arena_covers(arena, frame_run(pfn(base - 1), 1)));
    assert_false(arena_covers(arena, frame_run(pfn(base - 1), 2)));
    assert_false(arena_covers(arena, frame_run(pfn(base + 16 * mib), 1)));
    assert_false(arena_covers(arena, frame_run(pfn(base + 20 * mib - 1), 2)));
    assert_false(arena_covers(arena, frame_run(pfn(base), UINT64_MAX)));
    assert_false(arena_covers(arena, frame_run(pfn(UINT64_MAX), 1)));
    assert_false(arena_covers(arena, frame_run(frame_containing(arena->metadata.start), 1)));
}

static void frame_zero_can_be_in_an_arena(void **state)
{
    (void)state;
    add(0, GIB);
    select_arenas();
    assert_int_equal(plan_count, 1);
    assert_int_equal(plans[0].regions[0].first.value, 0);
}

/* ---- random -------------------------------------------------------------------------------------------------- */

static void P3_random_regions(void **state)
{
    struct random random = {7};
    (void)state;
    for (uint32_t round = 0; round < 3000; round++) {
        (void)begin(state);
        limit_bytes = random_below(&random, 4) == 0 ? 0 : random_below(&random, 2 * HOLE_METADATA_BYTES_DEFAULT);
        uint64_t at = random_below(&random, GIB) & ~(FRAME_SIZE - 1);
        uint64_t count = random_between(&random, 1, 60);
        for (uint64_t i = 0; i < count; i++) {
            at += random_below(&random, UINT64_C(1) << random_below(&random, 17)) << FRAME_SHIFT;
            uint64_t frames = 1 + random_below(&random, UINT64_C(1) << random_below(&random, 14));
            add_on_node(at, frames << FRAME_SHIFT, random_one_in(&random, 10) ? 1 : 0);
            at += frames << FRAME_SHIFT;
        }
        select_arenas();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_region_is_one_arena, begin),
        cmocka_unit_test_setup(P3_a_small_hole_is_merged_and_never_handed_out, begin),
        cmocka_unit_test_setup(the_limit_counts_the_variants_part, begin),
        cmocka_unit_test_setup(the_limit_is_for_all_holes_of_an_arena_together, begin),
        cmocka_unit_test_setup(no_limit_to_speak_of, begin),
        cmocka_unit_test_setup(a_limit_of_zero_merges_only_what_touches, begin),
        cmocka_unit_test_setup(the_region_that_ends_a_merge_begins_the_next, begin),
        cmocka_unit_test_setup(regions_in_any_order_give_the_same_arenas, begin),
        cmocka_unit_test_setup(regions_that_touch_become_one, begin),
        cmocka_unit_test_setup(nodes_are_never_merged, begin),
        cmocka_unit_test_setup(no_merge_at_a_loss, begin),
        cmocka_unit_test_setup(a_region_too_small_for_its_metadata_is_skipped, begin),
        cmocka_unit_test_setup(two_frames_are_enough, begin),
        cmocka_unit_test_setup(nothing_usable_is_no_error, begin),
        cmocka_unit_test_setup(a_small_region_lives_off_a_larger_neighbour, begin),
        cmocka_unit_test_setup(crumbs_far_apart_are_skipped_one_by_one, begin),
        cmocka_unit_test_setup(crumbs_close_together_become_an_arena, begin),
        cmocka_unit_test_setup(less_than_a_frame_is_skipped, begin),
        cmocka_unit_test_setup(more_regions_than_an_arena_holds_begin_another, begin),
        cmocka_unit_test_setup(overlapping_regions_are_refused, begin),
        cmocka_unit_test_setup(a_region_that_wraps_is_refused, begin),
        cmocka_unit_test_setup(a_refused_plan_ends_the_selection, begin),
        cmocka_unit_test_setup(metadata_takes_the_fragment_that_fits_it_best, begin),
        cmocka_unit_test_setup(metadata_without_a_fitting_fragment_breaks_one_chunk, begin),
        cmocka_unit_test_setup(a_small_region_without_chunks_takes_the_metadata, begin),
        cmocka_unit_test_setup(the_highest_of_equals_takes_the_metadata, begin),
        cmocka_unit_test_setup(metadata_may_swallow_a_region_whole, begin),
        cmocka_unit_test_setup(metadata_is_at_most_1_1_mib_a_gib, begin),
        cmocka_unit_test_setup_teardown(a_built_arena_is_as_planned, map_ram, unmap_ram),
        cmocka_unit_test_setup_teardown(used_memory_is_zeroed_and_nothing_else_is_touched, map_ram, unmap_ram),
        cmocka_unit_test_setup_teardown(fresh_memory_is_not_touched, map_ram, unmap_ram),
        cmocka_unit_test_setup_teardown(P3_covers_only_usable_regions, map_ram, unmap_ram),
        cmocka_unit_test_setup(frame_zero_can_be_in_an_arena, begin),
        cmocka_unit_test_setup(P3_random_regions, begin),
    };
    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
