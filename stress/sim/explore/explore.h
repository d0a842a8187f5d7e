/* SPDX-License-Identifier: MIT
 * Explore mode: runs one execution for each seed and judges it. See explore.c. Use:
 *
 *   explore_use(&options);
 *   enum run_end end = run_harts(...);
 *   explore_report()->verdict ...
 */
#ifndef FRAMELAB_SIM_EXPLORE_H
#define FRAMELAB_SIM_EXPLORE_H

#include "explore_options.h"
#include "model.h"
#include "run.h"

#define EXPLORE_TEXT_BYTES 400u

enum explore_verdict {
    EXPLORE_OK,
    EXPLORE_FAILED,   /* explore_fail was called */
    EXPLORE_RACE,     /* two accesses of which one is a plain one, not ordered, one of them a write */
    EXPLORE_DEADLOCK, /* the harts wait, and nothing changes any more */
    EXPLORE_LIVELOCK, /* steps_most events, and no end */
    EXPLORE_REDUNDANT /* given up: equivalent to an execution that was made (choices.c) */
};

struct explore_report {
    enum explore_verdict verdict;
    char text[EXPLORE_TEXT_BYTES]; /* why, in a line */
    uintptr_t places[2];           /* of a race: both accesses; of a deadlock: where two of the harts wait */
    uint64_t steps;
    uint64_t events[EXPLORE_HARTS_MAX];
    uint64_t stale_loads;    /* that returned an older value than the newest */
    uint64_t delayed_stores; /* that other harts could not see at once */
    bool frozen;
    uintptr_t frozen_place;
    uint64_t silences; /* barriers that some hart did not answer */
};

/* Puts explore mode in charge for the next run. */
void explore_use(const struct explore_options *options);
const struct explore_report *explore_report(void);

/* On a hart, of strategy EXPLORE_EXHAUST: a call or an answer is about to be told to the history. */
void explore_mark(bool answer);

/* On a hart: what happens is wrong. Ends the execution, if it is called for the first time. */
__attribute__((format(printf, 1, 2))) void explore_fail(const char *format, ...);

#endif
