/* SPDX-License-Identifier: MIT
 * A chunk's bits, taken in each way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "chunk.h"

#define BASE (UINT64_C(7) << CHUNK_ORDER)

static struct chunk chunk;
static _Atomic uint64_t retries;
static pfn_t frames[CHUNK_FRAMES];

static int setup(void **state)
{
    (void)state;
    memset(&chunk, 0, sizeof chunk);
    retries = 0;
    return 0;
}

static void expect_frames(uint32_t count, const uint32_t *offsets)
{
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(frames[i].value, BASE + offsets[i]);
    }
}

static void P2_a_take_goes_round(void **state)
{
    (void)state;
    uint32_t from = 0;
    (void)chunk_give(&chunk, 1, 3);
    (void)chunk_give(&chunk, 5, 1);
    assert_int_equal(chunk_take(&chunk, &from, BASE, frames, 1, &retries), 1);
    expect_frames(1, (uint32_t[]){64});
    assert_int_equal(from, 1);
    assert_int_equal(chunk_take(&chunk, &from, BASE, frames, 2, &retries), 2);
    expect_frames(2, (uint32_t[]){65, 5 * 64});
    assert_int_equal(from, 5);
    (void)chunk_give(&chunk, 0, 1);
    (void)chunk_give(&chunk, 4, 1);
    assert_int_equal(chunk_take(&chunk, &from, BASE, frames, CHUNK_END, &retries), 2); /* past its end, up to itself */
    expect_frames(2, (uint32_t[]){0, 4 * 64});
    assert_true(chunk_is_empty(&chunk));
    assert_int_equal(chunk_take(&chunk, &from, BASE, frames, 1, &retries), 0);
}

static void P1_P2_only_what_is_still_as_it_was_seen(void **state)
{
    (void)state;
    struct chunk_bits seen;
    uint32_t from = 0;
    (void)chunk_give(&chunk, 0, 6);
    (void)chunk_give(&chunk, 2, 1);
    (void)chunk_give(&chunk, 7, UINT64_C(1) << 63);
    assert_int_equal(chunk_count(&chunk, &seen), 4);
    assert_int_equal(chunk_take(&chunk, &from, BASE, frames, 1, &retries), 1); /* another hart takes one */
    (void)chunk_give(&chunk, 2, 2);                                            /* and gives one */
    assert_int_equal(chunk_take_seen(&chunk, &seen, BASE, frames, &retries), 1);
    expect_frames(1, (uint32_t[]){CHUNK_END - 1});
    assert_int_equal(retries, 2);
    assert_int_equal(chunk_count(&chunk, &seen), 3); /* all else is where it was */
    assert_int_equal(chunk_take_seen(&chunk, &seen, BASE, frames, &retries), 3);
    expect_frames(3, (uint32_t[]){2, 128, 129});
    assert_true(chunk_is_empty(&chunk));
}

static void what_is_counted_is_what_is_seen(void **state)
{
    (void)state;
    struct chunk_bits seen = {{0}};
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        (void)chunk_give(&chunk, w, ~UINT64_C(0) >> (w * 5));
        struct chunk_bits look = chunk_look(&chunk);
        assert_int_equal(chunk_count(&chunk, &seen), bits_count(&look));
        assert_memory_equal(&seen, &look, sizeof seen);
    }
    assert_int_equal(bits_count(&seen), 512 - 5 * 28);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(P2_a_take_goes_round, setup),
        cmocka_unit_test_setup(P1_P2_only_what_is_still_as_it_was_seen, setup),
        cmocka_unit_test_setup(what_is_counted_is_what_is_seen, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
