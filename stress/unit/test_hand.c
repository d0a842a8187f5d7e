/* SPDX-License-Identifier: MIT
 * A hand: what is private in it and what is in its chunk's bits make up, together and each once, what the model has
 * free; and whose duty the chunk's place is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "hand.h"
#include "hand_arena.h"
#include "shard.h"

#define STEPS 100000
#define BATCH 64u

/* Three chunks, and an arena that begins in the middle of the last of them. */
#define FIRST (UINT64_C(0x1003) << CHUNK_ORDER)
#define BORDER (FIRST + 2 * CHUNK_FRAMES + 100)
static const struct frame_run region = {{FIRST}, BORDER - FIRST};
static const struct frame_run upper_region = {{BORDER}, 1000};

static struct reclaim reclaim;
static struct worker worker;
static struct hand_arena model, upper_model;
static struct pool *pool, *upper_pool;
static struct hand hand;
static const uint64_t number = FIRST >> CHUNK_ORDER;

/* All frames out, nothing in hand. */
static int setup(void **state)
{
    (void)state;
    memset(&reclaim, 0, sizeof reclaim);
    memset(&worker, 0, sizeof worker);
    hand = (struct hand){0};
    assert_true(reclaim_init(&reclaim, "epoch", index_put_from_limbo));
    worker.mark = SCAN_MARKS;
    reclaim_add_hart(&reclaim, &worker.reclaim);
    hand_arena_make(&model, &region, 1, 0, 0, pool_bytes);
    hand_arena_make(&upper_model, &upper_region, 1, 0, 0, pool_bytes);
    assert_true(hand_move(&model, region, HAND_FREE, HAND_OUT));
    pool = model.arena.variant;
    upper_pool = upper_model.arena.variant;
    pool_build(pool, &model.arena, &(struct pool_options){CLASS_MAX, 1});
    pool_build(upper_pool, &upper_model.arena, &(struct pool_options){CLASS_MAX, 1});
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hand_arena_drop(&model);
    hand_arena_drop(&upper_model);
    return 0;
}

static void taken(struct frame_run run)
{
    assert_true(hand_move(&model, run, HAND_FREE, HAND_OUT));
}

static void given(struct frame_run run)
{
    assert_true(hand_move(&model, run, HAND_OUT, HAND_FREE));
}

/* Another hart gives to the pool. */
static void give(struct frame_run run)
{
    given(run);
    pool_give_run(pool, &worker, run, false);
}

static struct frame_run at(uint32_t offset, uint64_t count)
{
    return frame_run(pfn(FIRST + offset), count);
}

static bool is_whole(void)
{
    return (block_look(pool_block(pool, number)) & block_bit(number)) != 0;
}

static bool is_listed(void)
{
    return atomic_load(&pool_place(pool, number)->listed) != 0;
}

/* Each free frame of the chunk is private, or in the bits, or all are the block's. */
static void expect_model(void)
{
    struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
    uint32_t private = 0;
    for (uint32_t i = 0; i < CHUNK_FRAMES; i++) {
        uint32_t in_bits = (uint32_t)(bits.words[i / 64] >> (i % 64) & 1);
        uint32_t in_hand = (uint32_t)(hand.bits.words[i / 64] >> (i % 64) & 1);
        bool free = *hand_state(&model, FIRST + i) == HAND_FREE;
        assert_int_equal(in_bits + in_hand + (is_whole() ? 1 : 0), free ? 1 : 0);
        assert_true(in_hand == 0 || i / 64 >= hand.low);
        private += in_hand;
    }
    assert_int_equal(hand_free(&hand), private);
    assert_true(hand.pool != NULL || private == 0);
    assert_true(!hand.duty || is_listed());
    assert_true(chunk_is_empty(pool_chunk(pool, number)) || is_listed());
}

static void hold_popped(void)
{
    uint64_t popped;
    assert_true(shard_pop_chunk_with_run(pool_shard(pool, 0), &worker, 1, 0, &popped));
    assert_int_equal(popped, number);
    hand_hold_popped(&hand, pool, number);
}

static void take_run(struct frame_request request, uint64_t expected)
{
    pfn_t first;
    assert_true(hand_take_run(&hand, request, &first));
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
    assert_int_equal(hand_free(&hand), 0); /* not private yet */
    assert_true(hand_pick_up(&hand));
    assert_false(hand_pick_up(&hand));
    assert_int_equal(hand_free(&hand), 20);
    expect_model();
    assert_int_equal(hand_take(&hand, frames, 5), 5);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(frames[i].value, FIRST + 10 + i);
        taken(frame_run(frames[i], 1));
    }
    give(at(200, 3)); /* another hart, while the chunk is in hand: to the bits, and on no stack */
    expect_model();
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]), 0);
    assert_true(hand_pick_up(&hand));
    assert_int_equal(hand_free(&hand), 18);
    hand_release(&hand, &worker);
    expect_model();
    assert_null(hand.pool);
    assert_false(hand.duty);
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]) + reclaim_pending(&reclaim), 1);
    hand_release(&hand, &worker); /* an empty hand has nothing to give */
    expect_model();
}

static void P2_a_popped_chunk_that_is_used_up_is_dropped(void **state)
{
    pfn_t frames[BATCH];
    (void)state;
    give(at(10, 20));
    hold_popped();
    assert_true(hand_pick_up(&hand));
    assert_int_equal(hand_take(&hand, frames, BATCH), 20);
    taken(at(10, 20));
    assert_true(is_listed());
    hand_release(&hand, &worker);
    assert_false(is_listed());
    give(at(10, 1)); /* and listed again by the next give */
    expect_model();
    assert_true(is_listed());
}

static void P8_a_chunk_in_hand_goes_back_as_a_whole(void **state)
{
    pfn_t first;
    (void)state;
    hand_hold_whole(&hand, pool, number);
    given(at(0, CHUNK_FRAMES));
    expect_model();
    assert_true(hand_take_run(&hand, (struct frame_request){100, 2}, &first));
    taken(frame_run(first, 100));
    given(frame_run(first, 100));
    hand_put(&hand, frame_run(first, 100));
    expect_model();
    hand_release(&hand, &worker);
    assert_true(is_whole());
    assert_true(chunk_is_empty(pool_chunk(pool, number)));
    expect_model();
}

/* What is private and what came to the bits meanwhile are a whole chunk, when the hand lets go. */
static void P8_a_chunk_in_two_parts_is_gathered(void **state)
{
    (void)state;
    hand_hold_used(&hand, pool, number);
    given(at(100, 300));
    hand_put(&hand, at(100, 300));
    give(at(0, 100));
    give(at(400, 112));
    expect_model();
    assert_false(is_whole());
    hand_release(&hand, &worker);
    assert_true(is_whole());
    expect_model();
}

static void P2_what_is_shared_is_in_the_bits(void **state)
{
    (void)state;
    hand_hold_used(&hand, pool, number);
    hand_share(&hand, &worker); /* nothing: no step at all */
    assert_false(is_listed());
    given(at(70, 5));
    hand_put(&hand, at(70, 5));
    hand_hide(&hand);
    assert_true(hand.duty);
    hand_share(&hand, &worker);
    assert_int_equal(hand_free(&hand), 0);
    expect_model();
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]),
                     0); /* hidden: in the bits, and not for the index to offer */
    hand_release(&hand, &worker);
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]), 1);
    expect_model();
}

/* A chunk that is on a stack cannot be hidden, and its place is not this hand's to put there again. */
static void P2_what_is_listed_stays_listed_once(void **state)
{
    (void)state;
    give(at(0, 10));
    hand_hold_used(&hand, pool, number);
    hand_hide(&hand);
    assert_false(hand.duty);
    assert_true(hand_pick_up(&hand));
    hand_release(&hand, &worker);
    assert_int_equal(index_length(&pool_shard(pool, 0)->partial[0]), 1);
    expect_model();
}

/* P3: two arenas meet in chunk 2; the hand of one does not take the other's frames for its own. */
static void P3_a_hand_knows_its_arena(void **state)
{
    uint64_t shared = chunk_number(pfn(BORDER));
    (void)state;
    assert_int_equal(shared, chunk_number(pfn(BORDER - 1)));
    assert_false(hand_holds(&hand, pfn(BORDER))); /* empty */
    hand_hold_used(&hand, upper_pool, shared);
    assert_true(hand_holds(&hand, pfn(BORDER)));
    assert_false(hand_holds(&hand, pfn(BORDER - 1)));
    assert_false(hand_holds(&hand, pfn(BORDER + CHUNK_FRAMES)));
    hand_release(&hand, &worker);
    hand_hold_used(&hand, pool, shared);
    assert_true(hand_holds(&hand, pfn(BORDER - 1)));
    assert_false(hand_holds(&hand, pfn(BORDER)));
    hand_release(&hand, &worker);
    assert_false(hand_holds(&hand, pfn(BORDER - 1)));
}

static void P4_runs_in_hand_are_aligned(void **state)
{
    pfn_t first;
    (void)state;
    hand_hold_used(&hand, pool, number);
    given(at(1, 40));
    given(at(65, 300));
    hand_put(&hand, at(65, 300));
    hand_put(&hand, at(1, 40)); /* below what was lowest */
    take_run((struct frame_request){8, 0}, FIRST + 1);
    take_run((struct frame_request){8, 3}, FIRST + 16);
    take_run((struct frame_request){17, 0}, FIRST + 24);
    take_run((struct frame_request){4, 3}, FIRST + 72); /* the lowest word has 9 .. 15, none of it at 8 */
    take_run((struct frame_request){65, 6}, FIRST + 128);
    assert_false(hand_take_run(&hand, (struct frame_request){200, 0}, &first)); /* there are so many, not in a row */
    assert_false(hand_take_run(&hand, (struct frame_request){1, 9}, &first));
    expect_model();
    hand_release(&hand, &worker);
    expect_model();
}

/* ---- everything, at random ------------------------------------------------------------------------------------- */

static bool model_fits(struct frame_request request)
{
    for (uint64_t first = 0; first < CHUNK_FRAMES; first += UINT64_C(1) << request.align_order) {
        uint64_t length = 0;
        while (first + length < CHUNK_FRAMES && length < request.count &&
               (hand.bits.words[(first + length) / 64] >> ((first + length) % 64) & 1) != 0) {
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
    bool found = hand_pick_out(&model, random, 1 + random_below(random, random_one_in(random, 4) ? 512 : 40), run);
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
        uint32_t before = hand_free(&hand);
        uint32_t got = hand_take(&hand, frames, count);
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
    assert_int_equal(hand_take_run(&hand, request, &first), possible);
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
    if (hand.pool != NULL && random_one_in(random, 2)) {
        given(run);
        hand_put(&hand, run);
    } else {
        give(run);
    }
}

/* A hand that is empty takes the chunk, however it can be had; one that is not does something with it. */
static void step_hold(struct random *random)
{
    uint64_t popped;
    if (hand.pool == NULL) {
        if (is_whole() && block_take_exactly(pool_block(pool, number), block_bit(number), &worker.retries)) {
            hand_hold_whole(&hand, pool, number);
        } else if (shard_pop_chunk_with_run(pool_shard(pool, 0), &worker, 1, 0, &popped)) {
            hand_hold_popped(&hand, pool, popped);
        } else {
            hand_hold_used(&hand, pool, number);
        }
        return;
    }
    switch (random_below(random, 4)) {
    case 0:
        (void)hand_pick_up(&hand);
        break;
    case 1:
        hand_share(&hand, &worker);
        break;
    case 2:
        hand_hide(&hand);
        break;
    default:
        hand_release(&hand, &worker);
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
    hand_release(&hand, &worker);
    expect_model();
    assert_true(wholes > 0);
    struct frame_run run;
    while (hand_pick_out(&model, &random, 40, &run)) {
        give(run);
    }
    assert_true(is_whole());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(P2_a_popped_chunk_goes_back_on_its_stack, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_a_popped_chunk_that_is_used_up_is_dropped, setup, teardown),
        cmocka_unit_test_setup_teardown(P8_a_chunk_in_hand_goes_back_as_a_whole, setup, teardown),
        cmocka_unit_test_setup_teardown(P8_a_chunk_in_two_parts_is_gathered, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_what_is_shared_is_in_the_bits, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_what_is_listed_stays_listed_once, setup, teardown),
        cmocka_unit_test_setup_teardown(P3_a_hand_knows_its_arena, setup, teardown),
        cmocka_unit_test_setup_teardown(P4_runs_in_hand_are_aligned, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_P4_P8_every_step_against_a_model, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
