/* SPDX-License-Identifier: MIT
 * Looks for known bugs. See known_bugs.h. A pop that succeeds with a stale next has read it in a race, which is found
 * before the pop succeeds. In ck_epoch races are ignored and only the consequence counts, since its polls have a race
 * of their own (upstream d1b348c). */
#include "known_bugs.h"

#include "code_known_bugs.h"
#include "explore.h"
#include "run.h"

#define STEPS_MOST 5000u

static const struct {
    void (*begin)(void);
    void (*body)(void *is_fixed, uint32_t hart);
    uint32_t harts;
    bool by_race;
} PROGRAMS[KNOWN_BUG_COUNT] = {
    [KNOWN_BUG_BATCH_POP] = {code_batch_pop_begin, code_batch_pop, 2, true},
    [KNOWN_BUG_EPOCH_BEGIN] = {code_epoch_begin_begin, code_epoch_begin, 2, false},
};

uint64_t known_bugs_find(enum known_bug bug, bool is_fixed, uint64_t seeds)
{
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        const struct explore_options options = {.seed = seed,
                                                .strategy = seed % 2 == 0 ? EXPLORE_RANDOM : EXPLORE_PCT,
                                                .depth = 3 + (uint32_t)(seed / 2 % 4),
                                                .profile = EXPLORE_RMO,
                                                .steps_most = STEPS_MOST,
                                                .freeze_hart = RUN_NOBODY};
        PROGRAMS[bug].begin();
        explore_use(&options);
        (void)run_harts(PROGRAMS[bug].harts, PROGRAMS[bug].body, &is_fixed);
        enum explore_verdict verdict = explore_report()->verdict;
        if (verdict == EXPLORE_FAILED || (verdict == EXPLORE_RACE && PROGRAMS[bug].by_race)) {
            return seed;
        }
    }
    return 0;
}
