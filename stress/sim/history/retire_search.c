/* SPDX-License-Identifier: MIT
 * Looks for executions that go wrong. See retire_search.h. */
#include "retire_search.h"

#include "explore.h"
#include "retire_scheme.h"
#include "run.h"

#define STEPS_MOST 20000u

uint64_t sim_retire_find(uint32_t scheme, enum code_retire_flaw flaw, uint64_t seeds)
{
    struct code_retire plan = {.scheme = scheme, .flaw = flaw};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        const struct explore_options options = {.seed = seed,
                                                .strategy = seed % 2 == 0 ? EXPLORE_RANDOM : EXPLORE_PCT,
                                                .depth = 3 + (uint32_t)(seed / 2 % 4),
                                                .profile = EXPLORE_RMO,
                                                .steps_most = STEPS_MOST,
                                                .freeze_hart = RUN_NOBODY};
        code_retire_begin(scheme);
        explore_use(&options);
        (void)run_harts(CODE_RETIRE_HARTS, code_retire, &plan);
        if (explore_report()->verdict != EXPLORE_OK) {
            return seed;
        }
    }
    return 0;
}

const char *sim_retire_why(void)
{
    return explore_report()->text;
}
