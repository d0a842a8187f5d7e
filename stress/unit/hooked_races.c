/* SPDX-License-Identifier: MIT
 * Every interleaving of two or three harts that few preemptions make, at the hooks of the lock-free variant. Built with
 * HOOKS=1.
 *
 * 1. Each hart is a fibre that performs one or two operations on a small pool. At each hook (platform.h) the plan says
 *    whether another hart goes on instead. A plan is a list of such switches; all plans up to a number of preemptions
 *    are tried, in the manner of CHESS (Musuvathi and others, OSDI 2008): most races need two.
 * 2. After each the audit must be right: no frame owned twice (P1), each free one in one place and linked (P2), every
 *    chunk whose frames are all free coalesced (P8), and a pool that is not empty not called so (P5).
 * 3. Between hooks a hart runs alone and memory is sequentially consistent: what weakly ordered machines add, and what
 *    happens inside Concurrency Kit's operations, is not seen here.
 *    FRAMELAB_PREEMPTIONS in the environment: so many more than each test says; each makes it some fifty times as long.
 * 4. P9: a hart that stops for good at any of its hooks. The others must still get every frame that it had not itself
 *    taken, or was giving. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <cmocka.h>

#include "local_chunk.h"
#include "lockfree.h"
#include "model_arena.h"
#include "play_harts.h"
#include "shard.h"

#define HARTS 3u
#define STACK_BYTES 65536u
#define POINTS_MAX 1024u
#define SWITCHES_MAX 12u
#define BATCH 64u
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* ---- fibres and plans ----------------------------------------------------------------------------------------- */

/* A point is a hook, or the moment at which a hart begins because another has ended. */
struct point {
    const char *place;
    uint8_t hart, alive; /* who goes on; a bit for each hart that could */
    bool is_hook;
};

struct change {
    uint32_t point, hart;
};

static struct scene {
    void (*set_up)(void);
    void (*bodies[HARTS])(uint32_t hart);
    void (*check)(void);
    ucontext_t outside, contexts[HARTS];
    unsigned char stacks[HARTS][STACK_BYTES];
    uint32_t alive, current; /* HARTS: none */
    struct change plan[SWITCHES_MAX];
    uint32_t plan_count, plan_done;
    struct point points[POINTS_MAX];
    uint32_t point_count;
    uint64_t runs;
    bool stops, stopped; /* hart 0 stops for good at its hook number stop_at */
    uint32_t stop_at, hooks;
    const char *stopped_in;
    char failure[160]; /* of the first; empty: none */
} scene;

static void expect(bool holds, const char *what)
{
    if (!holds && scene.failure[0] == 0) {
        (void)snprintf(scene.failure, sizeof scene.failure, "%s", what);
    }
}

#define EXPECT(condition) expect(condition, #condition)

/* Who goes on at a point: `stays`, unless the plan says otherwise. */
static uint32_t point_pass(const char *place, uint32_t stays, bool is_hook)
{
    uint32_t here = scene.point_count, next = stays;
    if (scene.plan_done < scene.plan_count && scene.plan[scene.plan_done].point == here) {
        next = scene.plan[scene.plan_done++].hart;
    }
    if (here < POINTS_MAX) {
        scene.points[here] = (struct point){place, (uint8_t)next, (uint8_t)scene.alive, is_hook};
    }
    scene.point_count++;
    return next;
}

static void hook(const char *place)
{
    uint32_t self = scene.current;
    if (self == HARTS) {
        return; /* set-up and checks */
    }
    uint32_t next = point_pass(place, self, true);
    if (scene.stops && self == 0 && ++scene.hooks == scene.stop_at) {
        scene.stopped = true;
        scene.stopped_in = place;
        scene.alive &= ~UINT32_C(1);
        scene.current = HARTS;
        (void)swapcontext(&scene.contexts[self], &scene.outside);
    }
    if (next != self) {
        scene.current = next;
        play_hart(next);
        (void)swapcontext(&scene.contexts[self], &scene.contexts[next]);
    }
}

static void fibre(int hart)
{
    scene.bodies[hart]((uint32_t)hart);
    scene.alive &= ~(UINT32_C(1) << hart);
    scene.current = HARTS;
}

static void run_plan(void)
{
    scene.set_up();
    scene.runs++;
    scene.point_count = scene.plan_done = scene.hooks = 0;
    for (uint32_t h = 0; h < HARTS; h++) {
        if (scene.bodies[h] != NULL) {
            (void)getcontext(&scene.contexts[h]);
            scene.contexts[h].uc_stack.ss_sp = scene.stacks[h];
            scene.contexts[h].uc_stack.ss_size = STACK_BYTES;
            scene.contexts[h].uc_link = &scene.outside;
            makecontext(&scene.contexts[h], (void (*)(void))fibre, 1, (int)h);
            scene.alive |= UINT32_C(1) << h;
        }
    }
    while (scene.alive != 0) {
        uint32_t next = point_pass("start", (uint32_t)__builtin_ctz(scene.alive), false);
        scene.current = next;
        play_hart(next);
        (void)swapcontext(&scene.outside, &scene.contexts[next]);
    }
    play_hart(0);
    scene.check();
}

/* Runs the plan, and all that have another switch after its last: at most `preemptions` of them at hooks. */
static void explore(uint32_t preemptions)
{
    run_plan();
    if (scene.failure[0] != 0 || scene.plan_count == SWITCHES_MAX) {
        return;
    }
    struct point points[POINTS_MAX];
    uint32_t count = scene.point_count;
    uint32_t from = scene.plan_count > 0 ? scene.plan[scene.plan_count - 1].point + 1 : 0;
    assert_true(count <= POINTS_MAX);
    memcpy(points, scene.points, count * sizeof points[0]);
    for (uint32_t i = from; i < count && scene.failure[0] == 0; i++) {
        for (uint32_t h = 0; h < HARTS && scene.failure[0] == 0; h++) {
            bool other = (points[i].alive >> h & 1) != 0 && h != points[i].hart;
            if (other && (preemptions > 0 || !points[i].is_hook)) {
                scene.plan[scene.plan_count++] = (struct change){i, h};
                explore(preemptions - (points[i].is_hook ? 1 : 0));
                scene.plan_count -= scene.failure[0] == 0 ? 1 : 0; /* a plan that failed stays, to be told */
            }
        }
    }
}

/* Where each hart went on, and the last place before: a plan can be followed by that. */
static void report(void)
{
    print_message("# violated in run %llu: %s\n", (unsigned long long)scene.runs, scene.failure);
    if (scene.stopped) {
        print_message("#   hart 0 stops at its hook %u, in %s\n", scene.stop_at, scene.stopped_in);
    }
    for (uint32_t i = 0; i < scene.point_count && i < POINTS_MAX; i++) {
        const struct point *point = &scene.points[i];
        if (i == 0 || point->hart != scene.points[i - 1].hart || !point->is_hook || i + 1 == scene.point_count) {
            print_message("#   point %u, %s: hart %u goes on\n", i, point->place, point->hart);
        }
    }
}

static void every_plan(uint32_t preemptions, void (*set_up)(void), void (*check)(void), void (*first)(uint32_t),
                       void (*second)(uint32_t), void (*third)(uint32_t))
{
    memset(&scene, 0, sizeof scene);
    scene.set_up = set_up;
    scene.check = check;
    scene.bodies[0] = first;
    scene.bodies[1] = second;
    scene.bodies[2] = third;
    scene.current = HARTS;
    platform_host_hook = hook;
    const char *more = getenv("FRAMELAB_PREEMPTIONS");
    explore(preemptions + (more != NULL ? (uint32_t)strtoul(more, NULL, 10) : 0));
    platform_host_hook = NULL;
    if (scene.failure[0] != 0) {
        report();
    }
    print_message("# %llu interleavings\n", (unsigned long long)scene.runs);
    assert_true(scene.runs > 50);
    assert_int_equal(scene.failure[0], 0);
}

/* ---- a small pool --------------------------------------------------------------------------------------------- */

/* Three chunks, the first of which ends a chunk bitmap. */
#define FIRST (UINT64_C(63) << CHUNK_ORDER)
static const struct frame_run region = {{FIRST}, 3 * CHUNK_FRAMES};

static struct reclaim reclaim;
static struct pool_hart pool_harts[HARTS];
static struct model_arena model;
static struct pool *pool;

static pfn_t at(uint32_t chunk, uint32_t offset)
{
    return pfn(FIRST + chunk * CHUNK_FRAMES + offset);
}

/* All frames out. */
static void pool_set_up(void)
{
    memset(&reclaim, 0, sizeof reclaim);
    memset(pool_harts, 0, sizeof pool_harts);
    EXPECT(reclaim_init(&reclaim, "epoch", index_put_from_limbo));
    for (uint32_t i = 0; i < HARTS; i++) {
        pool_harts[i].mark = SCAN_MARKS + i;
        reclaim_add_hart(&reclaim, &pool_harts[i].reclaim);
    }
    if (model.states != NULL) {
        model_arena_drop(&model);
    }
    model_arena_make(&model, &region, 1, 0, 0, pool_bytes);
    (void)model_move(&model, region, MODEL_FREE, MODEL_OUT);
    pool = model.arena.variant;
    pool_build(pool, &model.arena, &(struct pool_options){CLASS_MAX, 1});
}

/* The model's side of a step: at once after a take, just before a give, so that a frame is never said to be out when it
 * may be taken. */
static void taken(struct frame_run run)
{
    expect(model_move(&model, run, MODEL_FREE, MODEL_OUT), "P1: a frame was handed out that was not free");
}

static void give(uint32_t hart, struct frame_run run)
{
    expect(model_move(&model, run, MODEL_OUT, MODEL_FREE), "the test gives what it does not own");
    pool_give_run(pool, &pool_harts[hart], run, false);
}

static bool is_whole(uint64_t number)
{
    return (bitmap_look(pool_bitmap(pool, number)) & bitmap_bit(number)) != 0;
}

static void check_chunk(uint64_t number)
{
    struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
    bool whole = is_whole(number);
    uint32_t free = 0;
    for (uint32_t i = 0; i < CHUNK_FRAMES; i++) {
        bool set = (bits.words[i / 64] >> (i % 64) & 1) != 0;
        expect(!(set && whole), "P2: a whole chunk has bits of its own");
        free += set || whole ? 1 : 0;
        expect((set || whole) == (*model_state(&model, (number << CHUNK_ORDER) + i) == MODEL_FREE),
               "P2: free frames are not those that were given back");
    }
    expect(whole || free < CHUNK_FRAMES, "P8: a chunk that is free is not coalesced");
    expect(bits_count(&bits) == 0 || atomic_load(&pool_node(pool, number)->linked) != 0,
           "P2: a chunk that has something free is not linked");
}

static uint64_t nodes_linked(void)
{
    uint64_t linked = 0;
    for (uint64_t n = 0; n < pool->chunk_count; n++) {
        linked += atomic_load(&pool->nodes[n].linked);
    }
    for (uint64_t b = 0; b < pool->bitmap_count; b++) {
        linked += atomic_load(&pool->bitmaps[b].node.linked);
    }
    return linked;
}

/* What is said to be linked is on a stack or in limbo: nobody's link duty was lost, nobody had one twice. */
static uint64_t places_found(void)
{
    uint64_t found = reclaim_pending(&reclaim) + index_length(&pool_shard(pool, 0)->whole);
    for (uint32_t c = 0; c < pool->class_count; c++) {
        found += index_length(&pool_shard(pool, 0)->partial[c]);
    }
    return found;
}

static void pool_check(void)
{
    for (uint64_t n = pool->first_chunk; n < pool_end_chunk(pool); n++) {
        check_chunk(n);
    }
    for (uint64_t b = 0; b < pool->bitmap_count; b++) {
        expect(bitmap_is_empty(&pool->bitmaps[b]) || atomic_load(&pool->bitmaps[b].node.linked) != 0,
               "P2: a chunk bitmap that has whole chunks is not linked");
    }
    expect(nodes_linked() == places_found(), "P2: a place is linked and nowhere, or twice");
    expect(model.free == 0 || !pool_is_exhausted(pool), "P5: a pool that has something free is called exhausted");
}

static bool take_exactly(uint32_t hart, struct frame_run run)
{
    bool got = pool_take_exactly(pool, &pool_harts[hart], run);
    if (got) {
        taken(run);
    }
    return got;
}

static uint32_t took(const pfn_t *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        taken(frame_run(frames[i], 1));
    }
    return count;
}

static uint32_t take_linked(uint32_t hart, pfn_t *frames, uint32_t count)
{
    uint64_t kept;
    uint32_t got = shard_take_linked(pool_shard(pool, 0), &pool_harts[hart], frames, count, &kept);
    took(frames, got);
    if (kept != CHUNK_NONE) {
        pool_release_chunk(pool, &pool_harts[hart], kept);
    }
    return got;
}

static uint32_t scan(uint32_t hart, pfn_t *frames, uint32_t count)
{
    uint64_t cursor = 0;
    return took(frames, pool_scan_frames(pool, &pool_harts[hart], &cursor, frames, count));
}

/* ---- the last frames of a chunk come back ---------------------------------------------------------------------- */

/* Of chunk 0 two frames are out, in two words. */
static void two_are_out(void)
{
    pool_set_up();
    give(0, frame_run(at(0, 1), 499));
    give(0, frame_run(at(0, 501), 11));
}

static void gives_first(uint32_t hart)
{
    give(hart, frame_run(at(0, 0), 1));
}

static void gives_500th(uint32_t hart)
{
    give(hart, frame_run(at(0, 500), 1));
}

static void one_is_out(void)
{
    two_are_out();
    give(0, frame_run(at(0, 500), 1));
}

/* From the middle of the chunk, so that a coalescer has some of its words by then and others not. */
static void takes_some_and_gives(uint32_t hart)
{
    struct frame_run run = frame_run(at(0, 250), 10);
    if (take_exactly(hart, run)) {
        give(hart, run);
    }
}

static void takes_linked_and_gives(uint32_t hart)
{
    pfn_t frames[2];
    uint32_t got = take_linked(hart, frames, 2);
    for (uint32_t i = 0; i < got; i++) {
        give(hart, frame_run(frames[i], 1));
    }
}

static void P8_the_last_two_frames(void **state)
{
    (void)state;
    every_plan(3, two_are_out, pool_check, gives_first, gives_500th, NULL);
}

static void P1_P2_P8_the_last_frame_and_a_taker(void **state)
{
    (void)state;
    every_plan(3, one_is_out, pool_check, gives_first, takes_some_and_gives, NULL);
}

static void P1_P2_P8_the_last_two_frames_and_a_taker(void **state)
{
    (void)state;
    every_plan(2, two_are_out, pool_check, gives_first, gives_500th, takes_some_and_gives);
}

static void P1_P2_P8_the_last_frame_and_the_index(void **state)
{
    (void)state;
    every_plan(2, one_is_out, pool_check, gives_first, takes_linked_and_gives, takes_some_and_gives);
}

/* ---- a chunk loses its last frame while another comes ---------------------------------------------------------- */

static void one_is_free(void)
{
    pool_set_up();
    give(0, frame_run(at(1, 130), 1));
}

static void takes_two_linked(uint32_t hart)
{
    pfn_t frames[2];
    (void)take_linked(hart, frames, 2);
}

static void gives_in_same_word(uint32_t hart)
{
    give(hart, frame_run(at(1, 131), 1));
}

static void gives_in_other_word(uint32_t hart)
{
    give(hart, frame_run(at(1, 10), 1));
}

static void P2_a_chunk_is_dropped_and_given_to(void **state)
{
    (void)state;
    every_plan(3, one_is_free, pool_check, takes_two_linked, gives_in_other_word, NULL);
    every_plan(3, one_is_free, pool_check, takes_two_linked, gives_in_same_word, NULL);
    every_plan(2, one_is_free, pool_check, takes_two_linked, gives_in_other_word, takes_two_linked);
    every_plan(2, one_is_free, pool_check, takes_two_linked, gives_in_other_word, gives_in_same_word);
}

/* ---- a local chunk --------------------------------------------------------------------------------------------- */

/* Takes a local chunk, a frame out of it, and gives all back. */
static void holds_a_chunk(uint32_t hart)
{
    struct local_chunk held = {0};
    uint64_t number;
    pfn_t frame;
    if (!shard_pop_chunk_with_run(pool_shard(pool, 0), &pool_harts[hart], 1, 0, &number)) {
        return;
    }
    local_hold_popped(&held, pool, number);
    if (local_refill(&held)) {
        EXPECT(local_take(&held, &frame, 1) == 1);
        taken(frame_run(frame, 1));
        expect(model_move(&model, frame_run(frame, 1), MODEL_OUT, MODEL_FREE), "not owned");
        local_put(&held, frame_run(frame, 1));
    }
    local_release(&held, &pool_harts[hart]);
}

static void P2_P8_a_local_chunk_and_its_last_frames(void **state)
{
    (void)state;
    every_plan(3, one_is_out, pool_check, holds_a_chunk, gives_first, NULL);
    every_plan(2, two_are_out, pool_check, holds_a_chunk, gives_first, gives_500th);
    every_plan(2, one_is_free, pool_check, holds_a_chunk, gives_in_other_word, holds_a_chunk);
}

/* ---- whole chunks ---------------------------------------------------------------------------------------------- */

static void one_chunk_is_whole(void)
{
    pool_set_up();
    give(0, frame_run(at(1, 0), CHUNK_FRAMES));
}

static void takes_a_bitmap_empty(uint32_t hart)
{
    struct chunk_bitmap *bitmap = shard_pop_bitmap(pool_shard(pool, 0), &pool_harts[hart]);
    if (bitmap == NULL) {
        return;
    }
    uint64_t got = bitmap_take(bitmap, 64, ZERO_LAST, &pool_harts[hart].retries);
    for (; got != 0; got &= got - 1) {
        taken(frame_run(pfn((pool_bitmap_base(pool, bitmap) + (uint32_t)__builtin_ctzll(got)) << CHUNK_ORDER),
                        CHUNK_FRAMES));
    }
    pool_release_bitmap(pool, &pool_harts[hart], bitmap);
}

static void gives_a_chunk(uint32_t hart)
{
    give(hart, frame_run(at(2, 0), CHUNK_FRAMES));
}

/* The end of one chunk and the beginning of the next, which may be whole. */
static void takes_across(uint32_t hart)
{
    struct frame_run run = frame_run(at(1, 500), 40);
    if (take_exactly(hart, run)) {
        give(hart, run);
    }
}

static void takes_across_for_good(uint32_t hart)
{
    (void)take_exactly(hart, frame_run(at(1, 400), 150));
}

static void P2_a_block_is_dropped_and_given_to(void **state)
{
    (void)state;
    every_plan(4, one_chunk_is_whole, pool_check, takes_a_bitmap_empty, gives_a_chunk, NULL);
    every_plan(2, one_chunk_is_whole, pool_check, takes_a_bitmap_empty, gives_a_chunk, takes_a_bitmap_empty);
}

static void P1_P2_P8_runs_across_whole_chunks(void **state)
{
    (void)state;
    every_plan(2, one_chunk_is_whole, pool_check, takes_across, gives_a_chunk, NULL);
    every_plan(2, one_chunk_is_whole, pool_check, takes_across, gives_a_chunk, takes_across_for_good);
    every_plan(2, one_chunk_is_whole, pool_check, takes_across, gives_a_chunk, takes_a_bitmap_empty);
}

/* ---- nothing is left ------------------------------------------------------------------------------------------- */

static void scans(uint32_t hart)
{
    pfn_t frames[BATCH];
    (void)scan(hart, frames, BATCH);
}

/* More than a chunk has: a scan that finds no frame, and then one whole chunk, has no more than that. */
static void scans_for_the_largest_batch(uint32_t hart)
{
    static pfn_t frames[HARTS][MAGAZINE_MAX];
    (void)scan(hart, frames[hart], MAGAZINE_MAX);
}

static void P1_a_scan_for_more_than_a_chunk(void **state)
{
    (void)state;
    every_plan(2, pool_set_up, pool_check, scans_for_the_largest_batch, gives_a_chunk, NULL);
}

static void gives_takes_and_gives(uint32_t hart)
{
    give(hart, frame_run(at(0, 7), 1));
    if (take_exactly(hart, frame_run(at(0, 7), 1))) {
        give(hart, frame_run(at(0, 7), 1));
    }
}

static void P5_a_scan_and_a_give(void **state)
{
    (void)state;
    every_plan(4, pool_set_up, pool_check, scans, gives_in_other_word, NULL);
    every_plan(3, pool_set_up, pool_check, scans, gives_takes_and_gives, NULL);
    every_plan(2, pool_set_up, pool_check, scans, gives_in_other_word, scans);
    every_plan(2, pool_set_up, pool_check, scans, gives_in_other_word, gives_in_same_word);
    every_plan(3, pool_set_up, pool_check, scans, gives_a_chunk, NULL);
    every_plan(2, one_is_out, pool_check, scans, gives_first, NULL);
}

/* ---- a hart that stops for good -------------------------------------------------------------------------------- */

/* The variant, with the pool's chunks of above as the near arena and one chunk far away. */
#define FAR (UINT64_C(200) << CHUNK_ORDER)
#define KNOBS_MAX 8u
static const struct frame_run far_region = {{FAR}, CHUNK_FRAMES};
static const uint8_t node_order[] = {0, 1, 1, 0};
static const uint32_t hart_node[HARTS] = {0, 0, 0};
static struct global *global;
static struct model_arena far_model;
static uint64_t got_near, got_far;

static uint32_t variant_take(uint32_t hart, bool local, uint32_t count)
{
    pfn_t frames[BATCH];
    uint32_t got = lockfree_variant.take(global, (struct caller){.hart = hart, .local = local},
                                         (struct run_kind){0, false}, frames, count);
    for (uint32_t i = 0; i < got; i++) {
        bool near = frames[i].value < FAR;
        expect(model_move(near ? &model : &far_model, frame_run(frames[i], 1), MODEL_FREE, MODEL_OUT),
               "P1: a frame was handed out that was not free");
        *(near ? &got_near : &got_far) += 1;
    }
    return got;
}

static void variant_give(uint32_t hart, struct frame_run run)
{
    expect(model_move(run.first.value < FAR ? &model : &far_model, run, MODEL_OUT, MODEL_FREE), "not owned");
    lockfree_variant.give_run(global, (struct caller){.hart = hart, .local = false}, run);
}

/* All out, and known to be so. */
static void variant_set_up(void)
{
    uint64_t knobs[KNOBS_MAX];
    const struct global_config config = {.hart_count = HARTS,
                                         .node_count = 2,
                                         .hart_caches = true,
                                         .node_order = node_order,
                                         .hart_node = hart_node,
                                         .knobs = knobs};
    knobs_reset(lockfree_variant.knobs, lockfree_variant.knob_count, knobs);
    uint64_t bytes = align_up_u64(variant_global_bytes(&lockfree_variant, HARTS), CACHE_PAIR);
    free(global);
    global = aligned_alloc(CACHE_PAIR, bytes);
    assert_non_null(global);
    memset(global, 0, bytes);
    (void)lockfree_variant.init(global, &config);
    if (model.states != NULL) {
        model_arena_drop(&model);
    }
    if (far_model.states != NULL) {
        model_arena_drop(&far_model);
    }
    model_arena_make(&model, &region, 1, 0, 0, lockfree_variant.arena_bytes);
    model_arena_make(&far_model, &far_region, 1, 0, 1, lockfree_variant.arena_bytes);
    (void)lockfree_variant.attach(global, &model.arena);
    (void)lockfree_variant.attach(global, &far_model.arena);
    while (variant_take(1, false, BATCH) > 0) {
    }
    expect(model.free + far_model.free == 0, "set-up: not all is out");
    got_near = got_far = 0;
}

/* At most this much may stay with hart 0. */
static uint64_t stopped_keeps;

/* The others free and take; hart 0 stops at its k-th hook, for every k until it ends before. */
static void every_stop(void (*set_up)(void), void (*check)(void), void (*first)(uint32_t), void (*second)(uint32_t),
                       void (*third)(uint32_t))
{
    memset(&scene, 0, sizeof scene);
    scene.set_up = set_up;
    scene.check = check;
    scene.bodies[0] = first;
    scene.bodies[1] = second;
    scene.bodies[2] = third;
    scene.current = HARTS;
    scene.stops = true;
    platform_host_hook = hook;
    do {
        scene.stop_at++;
        scene.stopped = false;
        run_plan();
    } while (scene.stopped && scene.failure[0] == 0);
    platform_host_hook = NULL;
    if (scene.failure[0] != 0) {
        report();
    }
    print_message("# stopped at %u hooks\n", scene.stop_at - 1);
    assert_int_equal(scene.failure[0], 0);
    assert_true(scene.stop_at > 5);
}

static void takes_all_there_is(uint32_t hart)
{
    while (variant_take(hart, false, BATCH) > 0) {
    }
}

static void others_got_the_rest(void)
{
    expect(model.free + far_model.free <= stopped_keeps,
           "P9: frames that the stopped hart had nothing to do with are lost");
}

static void variant_takes_one(uint32_t hart)
{
    (void)variant_take(hart, false, 1);
}

/* Of chunk 0 some frames are free in its bits, and on no stack: hart 1 has it local, with one of its frames. */
static void free_beside_a_local_chunk(void)
{
    variant_set_up();
    variant_give(2, frame_run(at(0, 0), 2));
    (void)variant_take(1, true, 1);
    variant_give(2, frame_run(at(0, 100), 20));
}

static void P9_a_scan_that_stops_hides_nothing(void **state)
{
    (void)state;
    stopped_keeps = 2; /* one in hart 1's local chunk, one that hart 0 takes */
    every_stop(free_beside_a_local_chunk, others_got_the_rest, variant_takes_one, NULL, takes_all_there_is);
}

static void free_beside_a_local_chunk_and_far(void)
{
    free_beside_a_local_chunk();
    variant_give(2, frame_run(pfn(FAR), 100));
    got_near = got_far = 0;
}

static void variant_takes_one_locally(uint32_t hart)
{
    (void)variant_take(hart, true, 1);
}

static void nothing_far_was_taken(void)
{
    expect(got_far == 0, "a far frame was taken while a near one was free");
}

static void P9_a_scan_that_stops_sends_nobody_far(void **state)
{
    (void)state;
    every_stop(free_beside_a_local_chunk_and_far, nothing_far_was_taken, variant_takes_one, NULL,
               variant_takes_one_locally);
}

/* Inside its section, where an exhausted pool is passed over. */
static void takes_all_it_sees(uint32_t hart)
{
    while (variant_take(hart, true, BATCH) > 0) {
    }
}

static void gives_one_of_a_word(uint32_t hart)
{
    variant_give(hart, frame_run(at(1, 128), 1));
}

static void gives_the_others_of_it(uint32_t hart)
{
    for (uint32_t i = 1; i < 64; i++) {
        variant_give(hart, frame_run(at(1, 128 + i), 1));
    }
}

static void P9_a_give_that_stops_hides_no_others(void **state)
{
    (void)state;
    stopped_keeps = 1;
    every_stop(variant_set_up, others_got_the_rest, gives_one_of_a_word, gives_the_others_of_it, takes_all_it_sees);
}

static void variant_gives_a_chunk(uint32_t hart)
{
    variant_give(hart, frame_run(at(1 + hart, 0), CHUNK_FRAMES));
}

static void P9_a_chunk_whose_give_stops_hides_no_others(void **state)
{
    (void)state;
    stopped_keeps = CHUNK_FRAMES;
    every_stop(variant_set_up, others_got_the_rest, variant_gives_a_chunk, variant_gives_a_chunk, takes_all_it_sees);
}

static void all_of_two_chunks_but_one_frame(void)
{
    variant_set_up();
    variant_give(2, frame_run(at(0, 0), CHUNK_FRAMES - 1));
    variant_give(2, frame_run(at(1, 0), CHUNK_FRAMES - 1));
}

static void gives_the_last_frame(uint32_t hart)
{
    variant_give(hart, frame_run(at(hart, CHUNK_FRAMES - 1), 1));
}

static void P9_a_hart_that_stops_coalescing_keeps_one_chunk(void **state)
{
    (void)state;
    stopped_keeps = CHUNK_FRAMES;
    every_stop(all_of_two_chunks_but_one_frame, others_got_the_rest, gives_the_last_frame, gives_the_last_frame,
               takes_all_there_is);
}

int main(void)
{
    play_harts(HARTS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P8_the_last_two_frames),
        cmocka_unit_test(P1_P2_P8_the_last_frame_and_a_taker),
        cmocka_unit_test(P1_P2_P8_the_last_two_frames_and_a_taker),
        cmocka_unit_test(P1_P2_P8_the_last_frame_and_the_index),
        cmocka_unit_test(P2_a_chunk_is_dropped_and_given_to),
        cmocka_unit_test(P2_P8_a_local_chunk_and_its_last_frames),
        cmocka_unit_test(P2_a_block_is_dropped_and_given_to),
        cmocka_unit_test(P1_P2_P8_runs_across_whole_chunks),
        cmocka_unit_test(P5_a_scan_and_a_give),
        cmocka_unit_test(P1_a_scan_for_more_than_a_chunk),
        cmocka_unit_test(P9_a_scan_that_stops_hides_nothing),
        cmocka_unit_test(P9_a_scan_that_stops_sends_nobody_far),
        cmocka_unit_test(P9_a_give_that_stops_hides_no_others),
        cmocka_unit_test(P9_a_chunk_whose_give_stops_hides_no_others),
        cmocka_unit_test(P9_a_hart_that_stops_coalescing_keeps_one_chunk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
