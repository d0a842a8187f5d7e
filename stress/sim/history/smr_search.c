/* SPDX-License-Identifier: MIT
 * Looks for executions that go wrong. See smr_search.h. */
#include "smr_search.h"

#include "explore.h"
#include "run.h"
#include "smr_scheme.h"

#define STEPS_MOST 20000u

uint64_t sim_smr_find(uint32_t scheme, enum code_smr_flaw flaw, uint64_t seeds)
{
    struct code_smr plan = {.scheme = scheme, .flaw = flaw};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        const struct explore_options options = {.seed = seed,
                                                .strategy = seed % 2 == 0 ? EXPLORE_RANDOM : EXPLORE_PCT,
                                                .depth = 3 + (uint32_t)(seed / 2 % 4),
                                                .profile = EXPLORE_RMO,
                                                .steps_most = STEPS_MOST,
                                                .freeze_hart = RUN_NOBODY};
        code_smr_begin(scheme);
        explore_use(&options);
        (void)run_harts(CODE_SMR_HARTS, code_smr, &plan);
        if (explore_report()->verdict != EXPLORE_OK) {
            return seed;
        }
    }
    return 0;
}

const char *sim_smr_why(void)
{
    return explore_report()->text;
}
