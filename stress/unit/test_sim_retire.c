/* SPDX-License-Identifier: MIT
 * Quiescent states, epochs and hazard pointers in thousands of schedules on a weakly ordered machine: nothing is
 * written to while a section reads it, nothing is popped twice; and what does not wait, or does not protect, is found
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "code_retire.h"
#include "explore_seeds.h"
#include "retire_scheme.h"

#define SEEDS 5000u

static const struct explored program = {code_retire_begin, code_retire, CODE_RETIRE_HARTS, 20000, ~(1u << EXPLORE_OK)};

static void expect_found(enum retire_scheme scheme, enum code_retire_flaw flaw)
{
    struct code_retire plan = {.scheme = scheme, .flaw = flaw};
    uint64_t found = explore_seeds(&program, &plan, SEEDS);
    print_message("%s, flaw %d: seed %llu: %s\n", retire_scheme_name(scheme), (int)flaw, (unsigned long long)found,
                  explore_report()->text);
    assert_int_not_equal(found, 0);
}

static void P2_no_schedule_breaks_it(void **state)
{
    (void)state;
    for (uint32_t scheme = 0; scheme < RETIRE_SCHEME_COUNT; scheme++) {
        struct code_retire plan = {.scheme = scheme, .flaw = CODE_RETIRE_SOUND};
        uint64_t found = explore_seeds(&program, &plan, SEEDS);
        if (found != 0) {
            print_message("%s: seed %llu: %s\n", retire_scheme_name((enum retire_scheme)scheme),
                          (unsigned long long)found, explore_report()->text);
        }
        assert_int_equal(found, 0);
    }
}

static void who_does_not_wait_is_found(void **state)
{
    (void)state;
    for (uint32_t scheme = 0; scheme < RETIRE_SCHEME_COUNT; scheme++) {
        expect_found((enum retire_scheme)scheme, CODE_RETIRE_AT_ONCE);
    }
}

static void who_does_not_protect_is_found(void **state)
{
    (void)state;
    for (uint32_t scheme = 0; scheme < RETIRE_SCHEME_COUNT; scheme++) {
        expect_found((enum retire_scheme)scheme, CODE_RETIRE_UNPROTECTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P2_no_schedule_breaks_it),
        cmocka_unit_test(who_does_not_wait_is_found),
        cmocka_unit_test(who_does_not_protect_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
