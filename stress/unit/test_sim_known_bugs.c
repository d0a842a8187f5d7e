/* SPDX-License-Identifier: MIT
 * Two bugs of the packaged Concurrency Kit are found, and not in the code without them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "code_known_bugs.h"
#include "explore_seeds.h"

#define SEEDS_POP 100000u
#define SEEDS_EPOCH 2000000u
#define STEPS_MOST 5000u

static void expect_found(const struct explored *bug, uint64_t seeds)
{
    bool fixed = false;
    uint64_t found = explore_seeds(bug, &fixed, seeds);
    print_message("found at seed %llu\n", (unsigned long long)found);
    assert_int_not_equal(found, 0);
    /* Far more seeds than it took. */
    fixed = true;
    assert_int_equal(explore_seeds(bug, &fixed, seeds / 4 > 4 * found ? seeds / 4 : 4 * found), 0);
}

/* A pop that succeeds with a stale next has read it in a race, which is found before the pop succeeds. */
static void test_batch_pop(void **state)
{
    (void)state;
    static const struct explored bug = {code_batch_pop_begin, code_batch_pop, 2, STEPS_MOST,
                                        1u << EXPLORE_FAILED | 1u << EXPLORE_RACE};
    expect_found(&bug, SEEDS_POP);
}

/* Races are ignored and only the consequence counts: ck_epoch's polls have one of their own (upstream d1b348c). */
static void test_epoch_begin(void **state)
{
    (void)state;
    static const struct explored bug = {code_epoch_begin_begin, code_epoch_begin, 2, STEPS_MOST, 1u << EXPLORE_FAILED};
    expect_found(&bug, SEEDS_EPOCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batch_pop),
        cmocka_unit_test(test_epoch_begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
