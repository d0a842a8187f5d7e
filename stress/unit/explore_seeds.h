/* SPDX-License-Identifier: MIT
 * A simulated program by many schedules, on a weakly ordered machine. */
#ifndef FRAMELAB_UNIT_EXPLORE_SEEDS_H
#define FRAMELAB_UNIT_EXPLORE_SEEDS_H

#include "explore.h"
#include "run.h"

struct explored {
    void (*begin)(const void *plan); /* outside of harts */
    void (*body)(void *plan, uint32_t hart);
    uint32_t harts, steps_most;
    uint32_t wrong; /* verdicts that count, a bit each */
};

/* The first of so many seeds by which it goes wrong, counted from 1; 0: by none. explore_report says how. */
static inline uint64_t explore_seeds(const struct explored *program, void *plan, uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        const struct explore_options options = {.seed = seed,
                                                .strategy = seed % 2 == 0 ? EXPLORE_RANDOM : EXPLORE_PCT,
                                                .depth = 3 + (uint32_t)(seed / 2 % 4),
                                                .profile = EXPLORE_RMO,
                                                .steps_most = program->steps_most,
                                                .freeze_hart = RUN_NOBODY};
        program->begin(plan);
        explore_use(&options);
        (void)run_harts(program->harts, program->body, plan);
        if ((program->wrong >> explore_report()->verdict & 1) != 0) {
            return seed;
        }
    }
    return 0;
}

#endif
