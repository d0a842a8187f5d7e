/* SPDX-License-Identifier: MIT
 * One chunk: its operations against a plain array, and the duties that its flags bring. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "chunk.h"
#include "random.h"

#define BASE UINT64_C(0x80000)
#define STEPS 200000

static struct chunk chunk;
static _Atomic uint64_t retries;
static bool is_free[CHUNK_FRAMES]; /* the model */

static uint32_t model_count(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < CHUNK_FRAMES; i++) {
        count += is_free[i] ? 1 : 0;
    }
    return count;
}

static void model_set(uint32_t offset, uint32_t count, bool free)
{
    for (uint32_t i = offset; i < offset + count; i++) {
        assert_int_equal(is_free[i], !free);
        is_free[i] = free;
    }
}

/* I1 at rest, bit by bit. */
static void expect_model(void)
{
    assert_int_equal(chunk_count(chunk_state(&chunk)), model_count());
    for (uint32_t at = 0; at < CHUNK_FRAMES; at++) {
        bool free = (atomic_load(&chunk.bits[at / 64]) >> (at % 64) & 1) != 0;
        assert_int_equal(free, is_free[at]);
    }
}

static int setup(void **state)
{
    (void)state;
    memset(&chunk, 0, sizeof chunk);
    memset(is_free, 0, sizeof is_free);
    return 0;
}

static uint32_t give(uint32_t offset, uint32_t count)
{
    model_set(offset, count, true);
    return chunk_give_range(&chunk, offset, count, &retries);
}

static void duties_of_giving(void **state)
{
    (void)state;
    assert_int_equal(give(3, 1), CHUNK_PARTIAL);
    assert_int_equal(give(4, 100), 0); /* listed already */
    assert_int_equal(give(0, 3), 0);
    assert_int_equal(give(104, 408), CHUNK_WHOLE);
    expect_model();
    assert_int_equal(chunk_state(&chunk), CHUNK_FULL | CHUNK_PARTIAL | CHUNK_WHOLE);
}

static void duties_of_letting_go(void **state)
{
    (void)state;
    (void)give(0, 512);
    /* A whole chunk keeps a flag; which it is follows the count. */
    assert_int_equal(chunk_unflag(&chunk, CHUNK_WHOLE, &retries), CHUNK_WHOLE);
    assert_false(chunk_hold(&chunk, CHUNK_WHOLE, &retries)); /* whole: not for single frames by this road */
    pfn_t frame;
    assert_int_equal(chunk_take(&chunk, BASE, &frame, 1, &retries), 1);
    assert_true(chunk_hold(&chunk, CHUNK_WHOLE, &retries));
    assert_int_equal(chunk_state(&chunk), 511 | CHUNK_PARTIAL);
    assert_int_equal(chunk_unflag(&chunk, CHUNK_PARTIAL, &retries), CHUNK_PARTIAL);
    pfn_t frames[512];
    assert_int_equal(chunk_take(&chunk, BASE, frames, 512, &retries), 511);
    assert_int_equal(chunk_unflag(&chunk, CHUNK_PARTIAL, &retries), 0);
    assert_int_equal(chunk_state(&chunk), 0);
}

static void a_whole_chunk_is_claimed_once(void **state)
{
    (void)state;
    uint32_t relist = 0;
    (void)give(0, 512);
    assert_true(chunk_claim_whole(&chunk, CHUNK_WHOLE, &retries));
    assert_false(chunk_claim_whole(&chunk, CHUNK_WHOLE, &retries));
    model_set(0, 512, false);
    expect_model();
    assert_false(chunk_claim(&chunk, 7, 1, &relist, &retries));
    assert_int_equal(chunk_state(&chunk), 0);
}

/* A range of which one frame is out is refused, and what was taken of it is back, with its duty. */
static void a_claim_that_fails_changes_nothing(void **state)
{
    (void)state;
    uint32_t relist = 0;
    (void)give(0, 200);
    (void)give(201, 311);
    for (uint32_t offset = 0; offset <= 200; offset += 8) {
        assert_false(chunk_claim(&chunk, offset, 201 - offset, &relist, &retries));
        assert_int_equal(relist, 0);
        expect_model();
    }
    assert_true(chunk_claim(&chunk, 201, 311, &relist, &retries));
    model_set(201, 311, false);
    expect_model();
}

static void take_some(struct random *random)
{
    pfn_t frames[CHUNK_FRAMES];
    uint32_t wanted = (uint32_t)random_below(random, 80) + 1;
    uint32_t free = model_count();
    uint32_t taken = chunk_take(&chunk, BASE, frames, wanted, &retries);
    assert_int_equal(taken, wanted < free ? wanted : free);
    for (uint32_t i = 0; i < taken; i++) {
        model_set((uint32_t)(frames[i].value - BASE), 1, false);
    }
}

static bool model_has_run(uint32_t count, uint32_t step)
{
    for (uint32_t at = 0; at + count <= CHUNK_FRAMES; at += step) {
        uint32_t length = 0;
        while (length < count && is_free[at + length]) {
            length++;
        }
        if (length == count) {
            return true;
        }
    }
    return false;
}

static void take_run(struct random *random)
{
    uint32_t count = (uint32_t)random_below(random, 40) + 1;
    uint32_t align_order = (uint32_t)random_below(random, 7);
    uint32_t offset = 0, relist = 0;
    bool expected = model_has_run(count, UINT32_C(1) << align_order);
    assert_int_equal(chunk_has_run(&chunk, count, align_order), expected);
    assert_int_equal(chunk_claim_run(&chunk, count, align_order, &offset, &relist, &retries), expected);
    if (expected) {
        assert_int_equal(offset % (UINT32_C(1) << align_order), 0);
        model_set(offset, count, false);
    }
}

static void give_some(struct random *random)
{
    uint32_t at = (uint32_t)random_below(random, CHUNK_FRAMES);
    uint32_t count = 0;
    while (at + count < CHUNK_FRAMES && !is_free[at + count] && count < 50) {
        count++;
    }
    if (count == 0) {
        return;
    }
    if (random_below(random, 2) == 0) {
        (void)give(at, count);
        return;
    }
    uint64_t mask[CHUNK_WORDS] = {0};
    for (uint32_t i = at; i < at + count; i++) {
        mask[i / 64] |= UINT64_C(1) << (i % 64);
    }
    (void)chunk_give(&chunk, mask, count, &retries);
    model_set(at, count, true);
}

static void P4_random_operations_against_a_plain_array(void **state)
{
    (void)state;
    struct random random = random_stream(20261123, 0);
    (void)give(0, 512);
    for (uint32_t step = 0; step < STEPS; step++) {
        switch (random_below(&random, 4)) {
        case 0:
            take_some(&random);
            break;
        case 1:
            take_run(&random);
            break;
        default:
            give_some(&random);
            break;
        }
        if (step % 16 == 0) {
            expect_model();
        }
    }
    assert_int_equal(atomic_load(&retries), 0); /* there was nobody to race with */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(duties_of_giving, setup),
        cmocka_unit_test_setup(duties_of_letting_go, setup),
        cmocka_unit_test_setup(a_whole_chunk_is_claimed_once, setup),
        cmocka_unit_test_setup(a_claim_that_fails_changes_nothing, setup),
        cmocka_unit_test_setup(P4_random_operations_against_a_plain_array, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
