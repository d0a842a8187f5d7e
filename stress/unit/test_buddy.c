/* SPDX-License-Identifier: MIT
 * Buddy free lists: every order, odd starts, holes, exact sizes, alignments, coalescing, exhaustion, and a long
 * comparison with a naive model. The audit are walked after every step. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "buddy.h"
#include "model_arena.h"

/* Two holes, odd edges, one top block that is whole, and a region of one frame. */
static const struct frame_run odd_regions[] = {
    {{0x80000 + 3}, 1021 + 1024 + 517},
    {{0x80000 + 3 * 1024 + 77}, 1500},
    {{0x80000 + 5 * 1024 + 9}, 1},
    {{0x80000 + 5 * 1024 + 11}, 2048},
};

struct bench {
    struct model_arena model;
    struct buddy *buddy;
    bool same;        /* what the walk visits is what the model has free */
    uint64_t visited; /* frames */
};

static void bench_make(struct bench *bench, const struct frame_run *regions, uint32_t region_count)
{
    model_arena_make(&bench->model, regions, region_count, 5, 0, buddy_bytes);
    bench->buddy = buddy_init(bench->model.arena.variant, bench->model.arena.span);
    for (uint32_t i = 0; i < region_count; i++) {
        buddy_give_run(bench->buddy, regions[i]);
    }
}

static void bench_make_odd(struct bench *bench)
{
    bench_make(bench, odd_regions, sizeof odd_regions / sizeof odd_regions[0]);
}

static void bench_make_one(struct bench *bench, uint64_t first, uint64_t count)
{
    const struct frame_run region = {{first}, count};
    bench_make(bench, &region, 1);
}

static void visit_compare(void *context, struct frame_run run)
{
    struct bench *bench = context;
    bench->same = bench->same && model_all(&bench->model, run, MODEL_FREE);
    bench->visited += run.count;
}

/* The audit are in order and say what the model says. */
static void bench_check(struct bench *bench)
{
    bench->same = true;
    bench->visited = 0;
    assert_true(buddy_walk(bench->buddy, bench->model.regions, bench->model.arena.region_count, visit_compare, bench));
    assert_true(bench->same);
    assert_int_equal(bench->visited, bench->model.free);
    assert_int_equal(bench->buddy->free_frames, bench->model.free);
}

/* A run that was handed out was free, is exact and aligned. */
static void bench_taken(struct bench *bench, struct frame_request request, pfn_t first)
{
    assert_int_equal(first.value & ((UINT64_C(1) << request.align_order) - 1), 0);
    assert_true(model_move(&bench->model, frame_run(first, request.count), MODEL_FREE, MODEL_OUT));
    bench_check(bench);
}

static void bench_give(struct bench *bench, struct frame_run run)
{
    assert_true(model_move(&bench->model, run, MODEL_OUT, MODEL_FREE));
    buddy_give_run(bench->buddy, run);
    bench_check(bench);
}

static bool bench_take(struct bench *bench, uint64_t count, uint32_t align_order, pfn_t *first)
{
    struct frame_request request = {count, align_order};
    if (!buddy_take_run(bench->buddy, request, first) && !buddy_search_run(bench->buddy, request, first)) {
        return false;
    }
    bench_taken(bench, request, *first);
    return true;
}

/* Takes single frames in batches of `batch` until none is left. */
static void bench_exhaust(struct bench *bench, uint32_t batch)
{
    pfn_t frames[100];
    uint32_t taken;
    assert_true(batch <= 100);
    do {
        uint64_t free = bench->model.free;
        taken = buddy_take_frames(bench->buddy, frames, batch);
        assert_int_equal(taken, free < batch ? free : batch);
        for (uint32_t i = 0; i < taken; i++) {
            assert_true(model_move(&bench->model, frame_run(frames[i], 1), MODEL_FREE, MODEL_OUT));
        }
        bench_check(bench);
    } while (taken == batch);
    assert_int_equal(bench->model.free, 0);
}

/* Gives back all that is out, a frame at a time, in random order. */
static void bench_give_all(struct bench *bench, uint64_t seed)
{
    struct random random = {seed};
    struct frame_run run;
    while (model_pick_out(&bench->model, &random, 1, &run)) {
        assert_true(model_move(&bench->model, run, MODEL_OUT, MODEL_FREE));
        buddy_give_run(bench->buddy, run);
    }
    bench_check(bench);
    assert_int_equal(bench->model.free, bench->model.arena.usable_frames);
}

static void metadata_is_nine_bytes_a_frame(void **state)
{
    (void)state;
    uint64_t frames = UINT64_C(64) << (30 - FRAME_SHIFT);
    uint64_t bytes = buddy_bytes(frame_run(pfn(0x100000), frames));
    assert_true(bytes >= frames * 9);
    assert_true(bytes <= frames * 9 + frames / 100 + 4096);
    /* A small arena at an odd place pays little more than its frames. */
    assert_true(buddy_bytes(frame_run(pfn(1023), 2)) <= 4096);
    assert_true(buddy_can_span(frame_run(pfn(0), UINT64_C(1) << 31)));
    assert_false(buddy_can_span(frame_run(pfn(0), UINT64_C(1) << 32)));
}

static void P4_every_order_is_exact_and_aligned(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_odd(&bench);
    for (uint32_t order = 0; order <= BUDDY_ORDER_MAX; order++) {
        struct frame_request request = {UINT64_C(1) << order, order};
        pfn_t first;
        assert_true(buddy_take_run(bench.buddy, request, &first));
        bench_taken(&bench, request, first);
        bench_give(&bench, frame_run(first, request.count));
    }
    model_arena_drop(&bench.model);
}

static void P4_every_size_is_exact(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_odd(&bench);
    for (uint64_t count = 1; count <= 2100; count += count < 70 ? 1 : 97) {
        pfn_t first;
        uint64_t free = bench.model.free;
        assert_true(bench_take(&bench, count, 0, &first));
        assert_int_equal(bench.buddy->free_frames, free - count);
        bench_give(&bench, frame_run(first, count));
    }
    model_arena_drop(&bench.model);
}

static void P4_every_alignment(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_one(&bench, 0x40000 - 1, (UINT64_C(1) << ALIGN_ORDER_MAX) / 16);
    for (uint32_t align = 0; align <= ALIGN_ORDER_MAX; align++) {
        pfn_t first;
        assert_true(bench_take(&bench, 3, align, &first));
        bench_give(&bench, frame_run(first, 3));
    }
    model_arena_drop(&bench.model);
}

static void P3_holes_are_never_free(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_odd(&bench);
    bench_exhaust(&bench, 37); /* model_move refuses what is not free in the model */
    bench_give_all(&bench, 1);
    model_arena_drop(&bench.model);
}

static void P5_the_last_frame_is_found(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_odd(&bench);
    while (bench.model.free > 3) {
        assert_true(bench_take(&bench, bench.model.free % 7 < 3 ? 1 : 2, 0, &first) ||
                    bench_take(&bench, 1, 0, &first));
    }
    while (bench.model.free > 0) {
        assert_true(bench_take(&bench, 1, 0, &first));
    }
    assert_false(buddy_take_run(bench.buddy, (struct frame_request){1, 0}, &first));
    assert_false(buddy_search_run(bench.buddy, (struct frame_request){1, 0}, &first));
    assert_int_equal(buddy_take_frames(bench.buddy, &first, 1), 0);
    model_arena_drop(&bench.model);
}

/* Free frames 3 to 8 of 16: no block of four, but runs of six, five and four that straddle blocks. */
static void P5_runs_that_straddle_blocks(void **state)
{
    (void)state;
    for (uint64_t count = 3; count <= 6; count++) {
        struct bench bench;
        pfn_t first;
        bench_make_one(&bench, 0x1000, 16);
        assert_true(bench_take(&bench, 16, 4, &first));
        bench_give(&bench, frame_run(pfn(0x1003), 6));
        assert_false(bench_take(&bench, 7, 0, &first));
        assert_true(bench_take(&bench, 5, 2, &first));
        assert_int_equal(first.value, 0x1004);
        bench_give(&bench, frame_run(first, 5));
        assert_true(bench_take(&bench, count, 0, &first));
        model_arena_drop(&bench.model);
    }
}

/* A block can be aligned to more than its size demands, and only the search knows. */
static void P5_a_small_block_at_an_aligned_place(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_one(&bench, 0x4000, 4096);
    bench_exhaust(&bench, 64);
    bench_give(&bench, frame_run(pfn(0x4c00), 1));
    assert_false(bench_take(&bench, 1, 11, &first));
    assert_false(bench_take(&bench, 2, 0, &first));
    assert_true(bench_take(&bench, 1, 10, &first));
    assert_int_equal(first.value, 0x4c00);
    model_arena_drop(&bench.model);
}

static void P5_runs_beyond_the_top_order(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_one(&bench, 0x10000 + 700, 9000);
    assert_false(bench_take(&bench, 9001, 0, &first));
    assert_true(bench_take(&bench, 9000, 0, &first));
    bench_give(&bench, frame_run(first, 9000));
    assert_true(bench_take(&bench, 8192 - 2048, 11, &first));
    assert_int_equal(first.value, 0x10800);
    model_arena_drop(&bench.model);
}

static void P5_a_run_over_two_regions_that_touch(void **state)
{
    (void)state;
    const struct frame_run regions[] = {{{0x2000}, 6}, {{0x2006}, 10}};
    struct bench bench;
    pfn_t first;
    bench_make(&bench, regions, 2);
    bench_check(&bench);
    assert_true(bench_take(&bench, 16, 4, &first));
    model_arena_drop(&bench.model);
}

static void P8_the_largest_run_is_back(void **state)
{
    (void)state;
    for (uint32_t batch = 1; batch <= 100; batch += 33) {
        struct bench bench;
        pfn_t first;
        bench_make_odd(&bench);
        struct buddy fresh = *bench.buddy;
        bench_exhaust(&bench, batch);
        bench_give_all(&bench, batch);
        assert_int_equal(bench.buddy->filled, fresh.filled);
        assert_true(bench_take(&bench, odd_regions[0].count, 0, &first));
        assert_int_equal(first.value, odd_regions[0].first.value);
        model_arena_drop(&bench.model);
    }
}

static void P8_parts_of_a_run_come_back(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_one(&bench, 0x8000, 2048);
    assert_true(bench_take(&bench, 1500, 0, &first));
    bench_give(&bench, frame_run(pfn(first.value + 1), 700));
    bench_give(&bench, frame_run(pfn(first.value + 1000), 500));
    bench_give(&bench, frame_run(first, 1));
    bench_give(&bench, frame_run(pfn(first.value + 701), 299));
    assert_true(bench_take(&bench, 2048, 11, &first));
    model_arena_drop(&bench.model);
}

static void clear_leaves_what_init_expects(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_odd(&bench);
    buddy_clear(bench.buddy);
    assert_int_equal(bench.buddy->free_frames, 0);
    for (uint32_t i = 0; i < bench.buddy->end; i++) {
        assert_int_equal(bench.buddy->marks[i], 0);
        assert_int_equal(bench.buddy->top_marks[i / BUDDY_TOP_FRAMES], 0);
    }
    bench.buddy = buddy_init(bench.model.arena.variant, bench.model.arena.span);
    for (uint32_t i = 0; i < bench.model.arena.region_count; i++) {
        buddy_give_run(bench.buddy, bench.model.regions[i]);
    }
    bench_check(&bench);
    model_arena_drop(&bench.model);
}

static void init_touches_little(void **state)
{
    (void)state;
    struct model_arena model;
    const struct frame_run region = {{0x100000}, UINT64_C(1) << 20}; /* 4 GiB */
    model_arena_make(&model, &region, 1, 0, 0, buddy_bytes);
    struct buddy *buddy = buddy_init(model.arena.variant, model.arena.span);
    buddy_give_run(buddy, region);
    for (uint64_t i = 0; i < region.count; i++) {
        assert_int_equal(buddy->marks[i], 0);
        assert_int_equal(buddy->words[i].owner, 0);
    }
    model_arena_drop(&model);
}

static void visit_nothing(void *context, struct frame_run run)
{
    (void)context;
    (void)run;
}

static bool sound(const struct bench *bench)
{
    return buddy_walk(bench->buddy, bench->model.regions, bench->model.arena.region_count, visit_nothing, NULL);
}

/* Each equation of buddy.c, broken on purpose and mended again. */
static void P2_the_walk_sees_what_is_broken(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_one(&bench, 0x8000, 1024 + 8 + 1);
    struct buddy *buddy = bench.buddy;
    assert_true(sound(&bench));
    buddy->free_frames++;
    assert_false(sound(&bench));
    buddy->free_frames--;
    buddy->filled ^= 1u << 5;
    assert_false(sound(&bench));
    buddy->filled ^= 1u << 5;
    buddy->marks[buddy->heads[0]] = 0;
    assert_false(sound(&bench));
    buddy->marks[buddy->heads[0]] = 1;
    buddy->marks[buddy->heads[3] + 2] = 1; /* inside the block of eight */
    assert_false(sound(&bench));
    buddy->marks[buddy->heads[3] + 2] = 0;
    buddy->words[buddy->heads[3] - buddy->first].link.prev = 8;
    assert_false(sound(&bench));
    buddy->words[buddy->heads[3] - buddy->first].link.prev = UINT32_MAX;
    assert_true(sound(&bench));
    bench.model.regions[0].count--; /* the last frame becomes a hole */
    assert_false(sound(&bench));
    model_arena_drop(&bench.model);
}

/* Two buddies that nobody merged: given with the marks hidden from one another. */
static void P8_the_walk_sees_buddies_apart(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_one(&bench, 0x8000, 1024);
    assert_true(bench_take(&bench, 1024, 10, &first));
    buddy_give_run(bench.buddy, frame_run(first, 1));
    bench.buddy->marks[first.value - bench.buddy->base] = 0;
    buddy_give_run(bench.buddy, frame_run(pfn(first.value + 1), 1));
    bench.buddy->marks[first.value - bench.buddy->base] = 1;
    assert_false(sound(&bench));
    model_arena_drop(&bench.model);
}

static void model_take_frames(struct bench *bench, struct random *random)
{
    pfn_t frames[100];
    uint32_t count = (uint32_t)random_between(random, 1, 100);
    uint64_t free = bench->model.free;
    uint32_t taken = buddy_take_frames(bench->buddy, frames, count);
    assert_int_equal(taken, free < count ? free : count);
    for (uint32_t i = 0; i < taken; i++) {
        assert_true(model_move(&bench->model, frame_run(frames[i], 1), MODEL_FREE, MODEL_OUT));
    }
    bench_check(bench);
}

/* What the lists find is there; what is there, whole and aligned, the lists find; the search finds all the rest. */
static void model_take_run(struct bench *bench, struct random *random)
{
    struct frame_request request = {random_between(random, 1, UINT64_C(1) << random_below(random, 13)),
                                    (uint32_t)random_below(random, 13)};
    bool whole = random_one_in(random, 2);
    pfn_t first;
    if (whole) {
        request.align_order = (uint32_t)random_below(random, BUDDY_ORDER_MAX + 1);
        request.count = UINT64_C(1) << request.align_order;
    }
    bool possible = model_can_meet(&bench->model, request);
    bool listed = buddy_take_run(bench->buddy, request, &first);
    assert_true(possible || !listed);
    assert_true(listed || !whole || !possible);
    if (listed || buddy_search_run(bench->buddy, request, &first)) {
        assert_true(possible);
        bench_taken(bench, request, first);
    } else {
        assert_false(possible);
    }
}

static void model_give_run(struct bench *bench, struct random *random)
{
    struct frame_run run;
    if (model_pick_out(&bench->model, random, random_between(random, 1, UINT64_C(1) << random_below(random, 13)),
                       &run)) {
        bench_give(bench, run);
    }
}

static void agrees_with_a_naive_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct random random = {seed};
        struct bench bench;
        bench_make_odd(&bench);
        for (uint32_t step = 0; step < 4000; step++) {
            bool shrink = (step / 500) % 2 == 0; /* towards exhaustion, then back */
            if (random_below(&random, 10) < (shrink ? 4u : 7u)) {
                model_give_run(&bench, &random);
            } else if (random_one_in(&random, 3)) {
                model_take_frames(&bench, &random);
            } else {
                model_take_run(&bench, &random);
            }
        }
        bench_give_all(&bench, seed);
        model_arena_drop(&bench.model);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metadata_is_nine_bytes_a_frame),
        cmocka_unit_test(init_touches_little),
        cmocka_unit_test(clear_leaves_what_init_expects),
        cmocka_unit_test(P2_the_walk_sees_what_is_broken),
        cmocka_unit_test(P3_holes_are_never_free),
        cmocka_unit_test(P4_every_order_is_exact_and_aligned),
        cmocka_unit_test(P4_every_size_is_exact),
        cmocka_unit_test(P4_every_alignment),
        cmocka_unit_test(P5_the_last_frame_is_found),
        cmocka_unit_test(P5_runs_that_straddle_blocks),
        cmocka_unit_test(P5_a_small_block_at_an_aligned_place),
        cmocka_unit_test(P5_runs_beyond_the_top_order),
        cmocka_unit_test(P5_a_run_over_two_regions_that_touch),
        cmocka_unit_test(P8_the_largest_run_is_back),
        cmocka_unit_test(P8_parts_of_a_run_come_back),
        cmocka_unit_test(P8_the_walk_sees_buddies_apart),
        cmocka_unit_test(agrees_with_a_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
