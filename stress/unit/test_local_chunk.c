/* SPDX-License-Identifier: MIT
 * A local chunk: what is private in it and what is in its chunk's bits make up, together and each once, what the model
 * has free; and whose link duty the chunk's index node is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local_chunk.h"
#include "model_arena.h"
#include "shard.h"

#define STEPS 100000
#define BATCH 64u

/* Three chunks, and an arena that begins in the middle of the last of them. */
#define FIRST (UINT64_C(0x1003) << CHUNK_ORDER)
#define BORDER (FIRST + 2 * CHUNK_FRAMES + 100)
static const struct frame_run region = {{FIRST}, BORDER - FIRST};
static const struct frame_run upper_region = {{BORDER}, 1000};

static struct reclaim reclaim;
static struct pool_hart pool_hart;
static struct model_arena model, upper_model;
static struct pool *pool, *upper_pool;
static struct local_chunk local;
static const uint64_t number = FIRST >> CHUNK_ORDER;

/* All frames out, nothing local. */
static int setup(void **state)
{
    (void)state;
    memset(&reclaim, 0, sizeof reclaim);
    memset(&pool_hart, 0, sizeof pool_hart);
    local = (struct local_chunk){0};
    assert_true(reclaim_init(&reclaim, "epoch", index_put_from_limbo));
    pool_hart.mark = SCAN_MARKS;
    reclaim_add_hart(&reclaim, &pool_hart.reclaim);
    model_arena_make(&model, &region, 1, 0, 0, pool_bytes);
    model_arena_make(&upper_model, &upper_region, 1, 0, 0, pool_bytes);
    assert_true(model_move(&model, region, MODEL_FREE, MODEL_OUT));
    pool = model.arena.variant;
    upper_pool = upper_model.arena.variant;
    pool_build(pool, &model.arena, &(struct pool_options){CLASS_MAX, 1});
    pool_build(upper_pool, &upper_model.arena, &(struct pool_options){CLASS_MAX, 1});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    model_arena_drop(&model);
    model_arena_drop(&upper_model);
    return 0;
}

static void taken(struct frame_run run)
{
    assert_true(model_move(&model, run, MODEL_FREE, MODEL_OUT));
}

static void given(struct frame_run run)
{
    assert_true(model_move(&model, run, MODEL_OUT, MODEL_FREE));
}

/* Another hart gives to the pool. */
static void give(struct frame_run run)
{
    given(run);
    pool_give_run(pool, &pool_hart, run, false);
}

static struct frame_run at(uint32_t offset, uint64_t count)
{
    return frame_run(pfn(FIRST + offset), count);
}

static bool is_whole(void)
{
    return (bitmap_look(pool_bitmap(pool, number)) & bitmap_bit(number)) != 0;
}

static bool is_linked(void)
{
    return atomic_load(&pool_node(pool, number)->linked) != 0;
}

/* Each free frame of the chunk is private, or in the bits, or all are the chunk bitmap's. */
static void expect_model(void)
{
    struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
    uint32_t private = 0;
    for (uint32_t i = 0; i < CHUNK_FRAMES; i++) {
        uint32_t in_bits = (uint32_t)(bits.words[i / 64] >> (i % 64) & 1);
        uint32_t in_local = (uint32_t)(local.bits.words[i / 64] >> (i % 64) & 1);
        bool free = *model_state(&model, FIRST + i) == MODEL_FREE;
        assert_int_equal(in_bits + in_local + (is_whole() ? 1 : 0), free ? 1 : 0);
        assert_true(in_local == 0 || i / 64 >= local.low);
        private += in_local;
    }
    assert_int_equal(local_free(&local), private);
    assert_true(local.pool != NULL || private == 0);
    assert_true(!local.link_duty || is_linked());
    assert_true(chunk_is_empty(pool_chunk(pool, number)) || is_linked());
}

static void hold_popped(void)
{
    uint64_t popped;
    assert_true(shard_pop_chunk_with_run(pool_shard(pool, 0), &pool_hart, 1, 0, &popped));
    assert_int_equal(popped, number);
    local_hold_popped(&local, pool, number);
}

static void take_run(struct frame_request request, uint64_t expected)
{
    pfn_t first;
    assert_true(local_take_run(&local, request, &first));
    assert_int_equal(first.value, expected);
    taken(frame_run(first, request.count));
    expect_model();
}

/* ---- one thing at a time --------------------------------------------------------------------------------------- */

static void P2_a_popped_chunk_goes_back_on_its_stack(void **state)
{
    pfn_t frames[BATCH];
    (void)state;
    give(at(10, 20));
    hold_popped();
    expect_model();
    assert_int_equal(local_free(&local), 0); /* not private yet */
    assert_true(local_refill(&local));
    assert_false(local_refill(&local));
    assert_int_equal(local_free(&local), 20);
    expect_model();
    assert_int_equal(local_take(&local, frames, 5), 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(frames[i].value, FIRST + 10 + i);
        taken(frame_run(frames[i], 1));
    }
    give(at(200, 3)); /* another hart, while the chunk is local: to the bits, and on no stack */
    expect_model();
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]), 0);
    assert_true(local_refill(&local));
    assert_int_equal(local_free(&local), 18);
    local_release(&local, &pool_hart);
    expect_model();
    assert_null(local.pool);
    assert_false(local.link_duty);
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]) + reclaim_pending(&reclaim), 1);
    local_release(&local, &pool_hart); /* an empty local chunk has nothing to give */
    expect_model();
}

static void P2_a_popped_chunk_that_is_used_up_is_dropped(void **state)
{
    pfn_t frames[BATCH];
    (void)state;
    give(at(10, 20));
    hold_popped();
    assert_true(local_refill(&local));
    assert_int_equal(local_take(&local, frames, BATCH), 20);
    taken(at(10, 20));
    assert_true(is_linked());
    local_release(&local, &pool_hart);
    assert_false(is_linked());
    give(at(10, 1)); /* and linked again by the next give */
    expect_model();
    assert_true(is_linked());
}

static void P8_a_local_chunk_goes_back_as_a_whole(void **state)
{
    pfn_t first;
    (void)state;
    local_hold_whole(&local, pool, number);
    given(at(0, CHUNK_FRAMES));
    expect_model();
    assert_true(local_take_run(&local, (struct frame_request){100, 2}, &first));
    taken(frame_run(first, 100));
    given(frame_run(first, 100));
    local_put(&local, frame_run(first, 100));
    expect_model();
    local_release(&local, &pool_hart);
    assert_true(is_whole());
    assert_true(chunk_is_empty(pool_chunk(pool, number)));
    expect_model();
}

/* What is private and what came to the bits meanwhile are a whole chunk, when the local chunk lets go. */
static void P8_a_chunk_in_two_parts_is_coalesced(void **state)
{
    (void)state;
    local_hold_used(&local, pool, number);
    given(at(100, 300));
    local_put(&local, at(100, 300));
    give(at(0, 100));
    give(at(400, 112));
    expect_model();
    assert_false(is_whole());
    local_release(&local, &pool_hart);
    assert_true(is_whole());
    expect_model();
}

static void P2_what_is_shared_is_in_the_bits(void **state)
{
    (void)state;
    local_hold_used(&local, pool, number);
    local_flush(&local, &pool_hart); /* nothing: no step at all */
    assert_false(is_linked());
    given(at(70, 5));
    local_put(&local, at(70, 5));
    local_hide(&local);
    assert_true(local.link_duty);
    local_flush(&local, &pool_hart);
    assert_int_equal(local_free(&local), 0);
    expect_model();
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]),
                     0); /* hidden: in the bits, and not for the index to offer */
    local_release(&local, &pool_hart);
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]), 1);
    expect_model();
}

/* A chunk that is on a stack cannot be hidden, and its place is not this local chunk's to put there again. */
static void P2_what_is_linked_stays_linked_once(void **state)
{
    (void)state;
    give(at(0, 10));
    local_hold_used(&local, pool, number);
    local_hide(&local);
    assert_false(local.link_duty);
    assert_true(local_refill(&local));
    local_release(&local, &pool_hart);
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]), 1);
    expect_model();
}

/* P3: two arenas meet in chunk 2; the local chunk of one does not take the other's frames for its own. */
static void P3_a_local_chunk_knows_its_arena(void **state)
{
    uint64_t shared = chunk_number(pfn(BORDER));
    (void)state;
    assert_int_equal(shared, chunk_number(pfn(BORDER - 1)));
    assert_false(local_holds(&local, pfn(BORDER))); /* empty */
    local_hold_used(&local, upper_pool, shared);
    assert_true(local_holds(&local, pfn(BORDER)));
    assert_false(local_holds(&local, pfn(BORDER - 1)));
    assert_false(local_holds(&local, pfn(BORDER + CHUNK_FRAMES)));
    local_release(&local, &pool_hart);
    local_hold_used(&local, pool, shared);
    assert_true(local_holds(&local, pfn(BORDER - 1)));
    assert_false(local_holds(&local, pfn(BORDER)));
    local_release(&local, &pool_hart);
    assert_false(local_holds(&local, pfn(BORDER - 1)));
}

static void P4_local_runs_are_aligned(void **state)
{
    pfn_t first;
    (void)state;
    local_hold_used(&local, pool, number);
    given(at(1, 40));
    given(at(65, 300));
    local_put(&local, at(65, 300));
    local_put(&local, at(1, 40)); /* below what was lowest */
    take_run((struct frame_request){8, 0}, FIRST + 1);
    take_run((struct frame_request){8, 3}, FIRST + 16);
    take_run((struct frame_request){17, 0}, FIRST + 24);
    take_run((struct frame_request){4, 3}, FIRST + 72); /* the lowest word has 9 .. 15, none of it at 8 */
    take_run((struct frame_request){65, 6}, FIRST + 128);
    assert_false(local_take_run(&local, (struct frame_request){200, 0}, &first)); /* there are so many, not in a row */
    assert_false(local_take_run(&local, (struct frame_request){1, 9}, &first));
    expect_model();
    local_release(&local, &pool_hart);
    expect_model();
}

/* ---- everything, at random ------------------------------------------------------------------------------------- */

static bool model_fits(struct frame_request request)
{
    for (uint64_t first = 0; first < CHUNK_FRAMES; first += UINT64_C(1) << request.align_order) {
        uint64_t length = 0;
        while (first + length < CHUNK_FRAMES && length < request.count &&
               (local.bits.words[(first + length) / 64] >> ((first + length) % 64) & 1) != 0) {
            length++;
        }
        if (length == request.count) {
            return true;
        }
    }
    return false;
}

/* Some run of the chunk that is out. */
static bool pick_out(struct random *random, struct frame_run *run)
{
    bool found = model_pick_out(&model, random, 1 + random_below(random, random_one_in(random, 4) ? 512 : 40), run);
    uint64_t end = FIRST + CHUNK_FRAMES;
    if (!found || run->first.value >= end) {
        return false;
    }
    run->count = frame_run_end(*run) > end ? end - run->first.value : run->count;
    return true;
}

static void step_take(struct random *random)
{
    if (random_one_in(random, 2)) {
        pfn_t frames[BATCH];
        uint32_t count = (uint32_t)random_between(random, 1, BATCH);
        uint32_t before = local_free(&local);
        uint32_t got = local_take(&local, frames, count);
        assert_int_equal(got, count < before ? count : before);
        for (uint32_t i = 0; i < got; i++) {
            taken(frame_run(frames[i], 1));
        }
        return;
    }
    pfn_t first;
    struct frame_request request = {random_between(random, 1, random_one_in(random, 3) ? CHUNK_FRAMES : 60),
                                    (uint32_t)random_below(random, CHUNK_ORDER + 1)};
    bool possible = model_fits(request);
    assert_int_equal(local_take_run(&local, request, &first), possible);
    if (possible) {
        assert_int_equal(first.value & ((UINT64_C(1) << request.align_order) - 1), 0);
        taken(frame_run(first, request.count));
    }
}

static void step_give(struct random *random)
{
    struct frame_run run;
    if (!pick_out(random, &run)) {
        return;
    }
    if (local.pool != NULL && random_one_in(random, 2)) {
        given(run);
        local_put(&local, run);
    } else {
        give(run);
    }
}

/* A local chunk that is empty takes the chunk, however it can be had; one that is not does something with it. */
static void step_hold(struct random *random)
{
    uint64_t popped;
    if (local.pool == NULL) {
        if (is_whole() && bitmap_take_exactly(pool_bitmap(pool, number), bitmap_bit(number), &pool_hart.retries)) {
            local_hold_whole(&local, pool, number);
        } else if (shard_pop_chunk_with_run(pool_shard(pool, 0), &pool_hart, 1, 0, &popped)) {
            local_hold_popped(&local, pool, popped);
        } else {
            local_hold_used(&local, pool, number);
        }
        return;
    }
    switch (random_below(random, 4)) {
    case 0:
        (void)local_refill(&local);
        break;
    case 1:
        local_flush(&local, &pool_hart);
        break;
    case 2:
        local_hide(&local);
        break;
    default:
        local_release(&local, &pool_hart);
    }
}

static void (*const steps[])(struct random *random) = {step_take, step_give, step_give, step_hold};

static void P2_P4_P8_every_step_against_a_model(void **state)
{
    struct random random = {3};
    uint64_t wholes = 0;
    (void)state;
    for (uint32_t step = 0; step < STEPS; step++) {
        steps[random_below(&random, 4)](&random);
        wholes += is_whole() ? 1 : 0;
        if (step % 16 == 0) {
            expect_model();
        }
    }
    local_release(&local, &pool_hart);
    expect_model();
    assert_true(wholes > 0);
    struct frame_run run;
    while (model_pick_out(&model, &random, 40, &run)) {
        give(run);
    }
    assert_true(is_whole());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(P2_a_popped_chunk_goes_back_on_its_stack, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_a_popped_chunk_that_is_used_up_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(P8_a_local_chunk_goes_back_as_a_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(P8_a_chunk_in_two_parts_is_coalesced, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_what_is_shared_is_in_the_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_what_is_linked_stays_linked_once, setup, teardown),
        cmocka_unit_test_setup_teardown(P3_a_local_chunk_knows_its_arena, setup, teardown),
        cmocka_unit_test_setup_teardown(P4_local_runs_are_aligned, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_P4_P8_every_step_against_a_model, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
