/* SPDX-License-Identifier: MIT
 * The lock-free variant behind struct variant: two arenas of two nodes whose border lies inside a word of bits, so that
 * one number of chunk, chunk bitmap and word means both; against a naive model. One thread is each hart in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lockfree.h"
#include "model_arena.h"
#include "play_harts.h"

#define HARTS 3u
#define ARENAS 2u
#define KNOBS_MAX 8u
#define STEPS 20000
#define BATCH 64u
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Harts 0 and 2 are of node 0, hart 1 of node 1. */
static const uint8_t node_order[] = {0, 1, 1, 0};
static const uint32_t hart_node[HARTS] = {0, 1, 0};

#define BORDER ((UINT64_C(0x83) << CHUNK_ORDER) + 3 * 64 + 28)
static const struct frame_run low_regions[] = {{{BORDER - 3000}, 500}, {{BORDER - 2300}, 2300}};
static const struct frame_run high_regions[] = {{{BORDER}, 2100}, {{BORDER + 2300}, 4000}};

static struct global *global;
static struct model_arena models[ARENAS]; /* the number of each is its node */
static uint8_t *visited[ARENAS];          /* frames that a walk has met */
static uint64_t visits;

static int setup(void **state)
{
    uint64_t knobs[KNOBS_MAX];
    const struct global_config config = {.hart_count = HARTS,
                                         .node_count = 2,
                                         .hart_caches = true,
                                         .node_order = node_order,
                                         .hart_node = hart_node,
                                         .knobs = knobs};
    (void)state;
    assert_true(lockfree_variant.knob_count <= KNOBS_MAX);
    knobs_reset(lockfree_variant.knobs, lockfree_variant.knob_count, knobs);
    uint64_t bytes = align_up_u64(variant_global_bytes(&lockfree_variant, HARTS), CACHE_PAIR);
    global = aligned_alloc(CACHE_PAIR, bytes);
    assert_non_null(global);
    memset(global, 0, bytes);
    assert_int_equal(lockfree_variant.init(global, &config), FRAME_OK);
    model_arena_make(&models[0], low_regions, COUNT_OF(low_regions), 0, 0, lockfree_variant.arena_bytes);
    model_arena_make(&models[1], high_regions, COUNT_OF(high_regions), 0, 1, lockfree_variant.arena_bytes);
    for (uint32_t i = 0; i < ARENAS; i++) {
        visited[i] = calloc(models[i].arena.span.count, 1);
        assert_int_equal(lockfree_variant.attach(global, &models[i].arena), FRAME_OK);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < ARENAS; i++) {
        model_arena_drop(&models[i]);
        free(visited[i]);
    }
    free(global);
    play_hart(0);
    return 0;
}

static uint32_t arena_of(pfn_t frame)
{
    return frame.value < BORDER ? 0 : 1;
}

static void visit(void *context, struct frame_run run)
{
    uint32_t a = arena_of(run.first);
    (void)context;
    assert_true(model_all(&models[a], run, MODEL_FREE));
    for (uint64_t i = 0; i < run.count; i++) {
        assert_int_equal(visited[a][run.first.value + i - models[a].arena.span.first.value]++, 0);
    }
    visits += run.count;
}

/* At rest: what is free, in bits or local, is what the model has free, each frame once. */
static void expect_model(void)
{
    visits = 0;
    for (uint32_t a = 0; a < ARENAS; a++) {
        memset(visited[a], 0, models[a].arena.span.count);
    }
    assert_true(lockfree_variant.walk_free(global, visit, NULL));
    for (uint32_t h = 0; h < HARTS; h++) {
        lockfree_variant.local_walk(global, h, visit, NULL);
    }
    assert_int_equal(visits, models[0].free + models[1].free);
}

static void drain_all(void)
{
    for (uint32_t h = 0; h < HARTS; h++) {
        lockfree_variant.local_drain(global, (struct caller){.hart = platform_hart_id()}, h);
    }
}

/* In a section, past the cache, or in an interrupt: what a variant may touch differs, what it does does not. */
static struct caller some_caller(struct random *random, uint32_t hart)
{
    bool local = random_one_in(random, 2);
    return (struct caller){.hart = hart, .local = local, .nested = !local && random_one_in(random, 2)};
}

/* ---- each operation, in the model too ------------------------------------------------------------------------- */

static void taken(struct frame_run run)
{
    assert_true(model_move(&models[arena_of(run.first)], run, MODEL_FREE, MODEL_OUT));
}

static void given(struct frame_run run)
{
    assert_true(model_move(&models[arena_of(run.first)], run, MODEL_OUT, MODEL_FREE));
}

static uint32_t take(uint32_t hart, bool local, pfn_t *frames, uint32_t count)
{
    play_hart(hart);
    uint32_t got = lockfree_variant.take(global, (struct caller){.hart = hart, .local = local},
                                         (struct run_kind){0, false}, frames, count);
    for (uint32_t i = 0; i < got; i++) {
        taken(frame_run(frames[i], 1));
    }
    return got;
}

static void give(uint32_t hart, bool local, pfn_t *frames, uint32_t count)
{
    play_hart(hart);
    for (uint32_t i = 0; i < count; i++) {
        given(frame_run(frames[i], 1));
    }
    lockfree_variant.give(global, (struct caller){.hart = hart, .local = local}, (struct run_kind){0, false}, frames,
                          count);
}

static bool take_run(uint32_t hart, bool local, struct frame_request request, pfn_t *first)
{
    play_hart(hart);
    bool got = lockfree_variant.take_run(global, (struct caller){.hart = hart, .local = local}, request, first);
    if (got) {
        assert_int_equal(first->value & ((UINT64_C(1) << request.align_order) - 1), 0);
        taken(frame_run(*first, request.count));
    }
    return got;
}

static void give_run(uint32_t hart, bool local, struct frame_run run)
{
    play_hart(hart);
    given(run);
    lockfree_variant.give_run(global, (struct caller){.hart = hart, .local = local}, run);
}

/* ---- the border ----------------------------------------------------------------------------------------------- */

static void take_everything(uint32_t hart)
{
    pfn_t frames[BATCH];
    drain_all();
    while (take(hart, true, frames, BATCH) > 0) {
    }
    drain_all();
    while (take(hart, false, frames, BATCH) > 0) {
    }
    assert_int_equal(models[0].free + models[1].free, 0);
}

/* What is out comes back; then all is free, each frame in its own arena, so that each arena can go. */
static void expect_arenas_can_go(uint32_t hart)
{
    expect_model();
    drain_all();
    for (uint32_t a = 0; a < ARENAS; a++) {
        struct frame_run run;
        struct random random = {a};
        while (model_pick_out(&models[a], &random, 700, &run)) {
            give_run(hart, true, run);
        }
    }
    drain_all();
    expect_model();
    for (uint32_t a = 0; a < ARENAS; a++) {
        assert_int_equal(lockfree_variant.detach(global, &models[a].arena), FRAME_OK);
        assert_true(lockfree_variant.quiesce(global, 0));
        assert_int_equal(lockfree_variant.attach(global, &models[a].arena), FRAME_OK);
    }
    expect_model();
}

/* Frames of one word and two arenas in one batch. */
static void P2_P3_a_batch_over_the_border(void **state)
{
    pfn_t frames[BATCH];
    (void)state;
    for (uint32_t turn = 0; turn < 4; turn++) {
        take_everything(turn % 2);
        for (uint32_t i = 0; i < BATCH; i++) { /* over the border and back, from either side */
            uint64_t off = i / 2;
            frames[i] = pfn((i + turn) % 2 == 0 ? BORDER + off : BORDER - 1 - off);
        }
        give(turn % 2, turn < 2, frames, BATCH);
        expect_arenas_can_go(turn % 2);
    }
}

/* Runs side by side, up and down over the border: no run of the whole. */
static void P2_P3_a_batch_of_runs_over_the_border(void **state)
{
    pfn_t firsts[BATCH];
    (void)state;
    for (uint32_t turn = 0; turn < 8; turn++) {
        uint32_t order = 1 + turn % 2, hart = turn / 2 % 2;
        uint64_t frames = UINT64_C(1) << order;
        take_everything(hart);
        for (uint32_t i = 0; i < BATCH; i++) {
            uint64_t nth = turn < 4 ? i : BATCH - 1 - i;
            firsts[i] = pfn(BORDER - BATCH / 2 * frames + nth * frames);
            given(frame_run(firsts[i], frames));
        }
        lockfree_variant.give(global, (struct caller){.hart = hart, .local = true}, (struct run_kind){order, false},
                              firsts, BATCH);
        expect_arenas_can_go(hart);
    }
}

/* P4: frames that touch but belong to two arenas are no run; P3: nor is a run given back over the border met again. */
static void P4_no_run_crosses_the_border(void **state)
{
    pfn_t first;
    (void)state;
    take_everything(0);
    give_run(0, true, frame_run(pfn(BORDER - 8), 8));
    give_run(0, true, frame_run(pfn(BORDER), 8));
    assert_false(take_run(0, true, (struct frame_request){9, 0}, &first));
    drain_all();
    assert_false(take_run(0, false, (struct frame_request){9, 0}, &first));
    assert_true(take_run(0, false, (struct frame_request){8, 0}, &first));
    assert_int_equal(first.value, BORDER - 8); /* node 0 is near */
    assert_true(take_run(1, false, (struct frame_request){8, 0}, &first));
    assert_int_equal(first.value, BORDER);
    expect_model();
}

/* ---- every operation, at random ------------------------------------------------------------------------------- */

static void step_take(struct random *random)
{
    pfn_t frames[BATCH];
    uint32_t hart = (uint32_t)random_below(random, HARTS);
    uint32_t count = (uint32_t)random_between(random, 1, BATCH);
    bool drained = random_one_in(random, 4);
    if (drained) {
        drain_all();
    }
    uint64_t near = models[hart_node[hart]].free, all = models[0].free + models[1].free;
    uint32_t got = take(hart, !drained, frames, count);
    /* P5, once nothing is local; and near before far, always. */
    assert_true(!drained || (got > 0) == (all > 0));
    bool far = got > 0 && arena_of(frames[0]) != hart_node[hart];
    assert_true(!far || !drained || near == 0);
}

static void step_take_run(struct random *random)
{
    pfn_t first;
    uint32_t hart = (uint32_t)random_below(random, HARTS);
    struct frame_request request = {random_between(random, 1, random_one_in(random, 4) ? 2000 : 200),
                                    (uint32_t)random_below(random, random_one_in(random, 4) ? 11 : 6)};
    bool drained = random_one_in(random, 4);
    if (drained) {
        drain_all();
    }
    bool possible = model_can_meet(&models[0], request) || model_can_meet(&models[1], request);
    bool got = take_run(hart, !drained, request, &first);
    assert_true(possible || !got);
    assert_true(!drained || got == possible);
}

static void step_take_runs(struct random *random)
{
    pfn_t firsts[BATCH];
    uint32_t hart = (uint32_t)random_below(random, HARTS);
    play_hart(hart);
    uint32_t order = random_one_in(random, 2) ? CHUNK_ORDER : (uint32_t)random_between(random, 1, CACHE_ORDER_MAX);
    uint64_t frames = UINT64_C(1) << order;
    bool zero = order == CHUNK_ORDER && random_one_in(random, 4);
    uint32_t got = lockfree_variant.take(global, some_caller(random, hart), (struct run_kind){order, zero}, firsts,
                                         (uint32_t)random_between(random, 1, order < 6 ? BATCH : 4));
    for (uint32_t i = 0; i < got; i++) {
        assert_int_equal(firsts[i].value % frames, 0);
        taken(frame_run(firsts[i], frames));
    }
    if (got > 0 && random_one_in(random, 2)) {
        for (uint32_t i = 0; i < got; i++) {
            given(frame_run(firsts[i], frames));
        }
        zero = order == CHUNK_ORDER && random_one_in(random, 2);
        lockfree_variant.give(global, some_caller(random, hart), (struct run_kind){order, zero}, firsts, got);
    }
}

/* A batch of single frames, neighbours and others, of both arenas. */
static void step_give(struct random *random)
{
    pfn_t frames[BATCH];
    uint32_t count = 0;
    while (count < BATCH) {
        struct frame_run run;
        if (!model_pick_out(&models[random_below(random, ARENAS)], random, 1 + random_below(random, 9), &run)) {
            break;
        }
        for (uint64_t i = 0; i < run.count && count < BATCH; i++) {
            pfn_t frame = pfn(run.first.value + i);
            bool again = false;
            for (uint32_t k = 0; k < count; k++) {
                again = again || frames[k].value == frame.value;
            }
            if (!again) {
                frames[count++] = frame;
            }
        }
        if (random_one_in(random, 20)) {
            break;
        }
    }
    if (count > 0) {
        give((uint32_t)random_below(random, HARTS), !random_one_in(random, 4), frames, count);
    }
}

static void step_give_run(struct random *random)
{
    struct frame_run run;
    if (model_pick_out(&models[random_below(random, ARENAS)], random, 1 + random_below(random, 1500), &run)) {
        give_run((uint32_t)random_below(random, HARTS), !random_one_in(random, 4), run);
    }
}

/* An arena goes if all of it is free and nothing local, and comes back. */
static void step_detach(struct random *random)
{
    uint32_t a = (uint32_t)random_below(random, ARENAS);
    bool all_free = models[a].free == models[a].arena.usable_frames;
    drain_all();
    enum frame_status status = lockfree_variant.detach(global, &models[a].arena);
    assert_int_equal(status, all_free ? FRAME_OK : FRAME_BUSY);
    if (all_free) {
        pfn_t frame;
        assert_null(lockfree_variant.find(global, 0, models[a].arena.regions[0].first));
        if (take(a == 0 ? 0 : 1, true, &frame, 1) == 1) {
            assert_int_not_equal(arena_of(frame), a);
        }
        drain_all();
        assert_true(lockfree_variant.quiesce(global, 0));
        assert_int_equal(lockfree_variant.attach(global, &models[a].arena), FRAME_OK);
    }
}

static void (*const steps[])(struct random *random) = {step_take, step_take_run, step_take_runs,
                                                       step_give, step_give_run, step_give_run};

static void P2_P3_P4_P5_every_step_against_a_model(void **state)
{
    struct random random = {7};
    (void)state;
    for (uint32_t step = 0; step < STEPS; step++) {
        steps[random_below(&random, COUNT_OF(steps))](&random);
        if (step % 100 == 0) {
            step_detach(&random);
        }
        if (step % 50 == 0) {
            expect_model();
        }
        if (step % 3000 == 2999) { /* now and then all comes back, so that arenas can go */
            for (uint32_t a = 0; a < ARENAS; a++) {
                struct frame_run run;
                while (model_pick_out(&models[a], &random, 600, &run)) {
                    give_run(step % HARTS, true, run);
                }
                step_detach(&random);
            }
        }
    }
}

int main(void)
{
    play_harts(HARTS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(P2_P3_a_batch_over_the_border, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_P3_a_batch_of_runs_over_the_border, setup, teardown),
        cmocka_unit_test_setup_teardown(P4_no_run_crosses_the_border, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_P3_P4_P5_every_step_against_a_model, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
