/* SPDX-License-Identifier: MIT
 * Two bugs of the packaged Concurrency Kit are found, and not in the code without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "known_bugs.h"

#define SEEDS_POP 100000u
#define SEEDS_EPOCH 2000000u

static void expect_found(enum known_bug bug, uint64_t seeds)
{
    uint64_t found = known_bugs_find(bug, false, seeds);
    print_message("found at seed %llu\n", (unsigned long long)found);
    assert_int_not_equal(found, 0);
    /* Far more seeds than it took. */
    assert_int_equal(known_bugs_find(bug, true, seeds / 4 > 4 * found ? seeds / 4 : 4 * found), 0);
}

static void test_batch_pop(void **state)
{
    (void)state;
    expect_found(KNOWN_BUG_BATCH_POP, SEEDS_POP);
}

static void test_epoch_begin(void **state)
{
    (void)state;
    expect_found(KNOWN_BUG_EPOCH_BEGIN, SEEDS_EPOCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_pop),
        cmocka_unit_test(test_epoch_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
