/* SPDX-License-Identifier: MIT
 * Explore mode: runs one execution for each seed and judges it. See explore.c. Use:
 *
 *   explore_use(&options);
 *   enum run_end end = run_harts(...);
 *   explore_report()->verdict ...
 */
#ifndef FRAMELAB_SIM_EXPLORE_H
#define FRAMELAB_SIM_EXPLORE_H

#include <stdbool.h>
#include <stdint.h>

#include "model.h"

#define EXPLORE_HARTS_MAX 8u
#define EXPLORE_TEXT_BYTES 400u
#define EXPLORE_DEPTH_MAX 16u

enum explore_strategy { EXPLORE_RANDOM, EXPLORE_PCT };
enum explore_profile { EXPLORE_RMO, EXPLORE_TSO, EXPLORE_SC, EXPLORE_RCPC };

struct explore_options {
    uint64_t seed;
    enum explore_strategy strategy;
    uint32_t depth; /* of PCT: 1 + changes of priority */
    enum explore_profile profile;
    uint64_t steps_most;  /* 0: no limit */
    uint32_t freeze_hart; /* stopped for good before its freeze_at-th event, counted from 1; RUN_NOBODY: none */
    uint64_t freeze_at;
    uint32_t silent; /* harts, a bit each, that do not answer EVENT_BARRIER, running or frozen, until they return */
    bool trace;      /* remember every event, for trace_print */
};

enum explore_verdict {
    EXPLORE_OK,
    EXPLORE_FAILED,   /* explore_fail was called */
    EXPLORE_RACE,     /* two accesses of which one is a plain one, not ordered, one of them a write */
    EXPLORE_DEADLOCK, /* the harts wait, and nothing changes any more */
    EXPLORE_LIVELOCK  /* steps_most events, and no end */
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

/* On a hart: what happens is wrong. Ends the execution, if it is called for the first time. */
__attribute__((format(printf, 1, 2))) void explore_fail(const char *format, ...);

#endif
