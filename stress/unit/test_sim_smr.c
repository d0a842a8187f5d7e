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

#include "code_smr.h"
#include "explore_seeds.h"
#include "smr_scheme.h"

#define SEEDS 5000u

static const struct explored program = {code_smr_begin, code_smr, CODE_SMR_HARTS, 20000, ~(1u << EXPLORE_OK)};

static void expect_found(enum smr_scheme scheme, enum code_smr_flaw flaw)
{
    struct code_smr plan = {.scheme = scheme, .flaw = flaw};
    uint64_t found = explore_seeds(&program, &plan, SEEDS);
    print_message("%s, flaw %d: seed %llu: %s\n", smr_scheme_name(scheme), (int)flaw, (unsigned long long)found,
                  explore_report()->text);
    assert_int_not_equal(found, 0);
}

static void P2_no_schedule_breaks_it(void **state)
{
    (void)state;
    for (uint32_t scheme = 0; scheme < SMR_SCHEME_COUNT; scheme++) {
        struct code_smr plan = {.scheme = scheme, .flaw = CODE_SMR_SOUND};
        uint64_t found = explore_seeds(&program, &plan, SEEDS);
        if (found != 0) {
            print_message("%s: seed %llu: %s\n", smr_scheme_name((enum smr_scheme)scheme), (unsigned long long)found,
                          explore_report()->text);
        }
        assert_int_equal(found, 0);
    }
}

static void who_does_not_wait_is_found(void **state)
{
    (void)state;
    for (uint32_t scheme = 0; scheme < SMR_SCHEME_COUNT; scheme++) {
        expect_found((enum smr_scheme)scheme, CODE_SMR_AT_ONCE);
    }
}

static void who_does_not_protect_is_found(void **state)
{
    (void)state;
    for (uint32_t scheme = 0; scheme < SMR_SCHEME_COUNT; scheme++) {
        expect_found((enum smr_scheme)scheme, CODE_SMR_UNPROTECTED);
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
