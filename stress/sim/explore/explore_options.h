/* SPDX-License-Identifier: MIT
 * What an execution in explore mode is told, and how many harts it has: what its parts have in common. */
#ifndef FRAMELAB_SIM_EXPLORE_OPTIONS_H
#define FRAMELAB_SIM_EXPLORE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define EXPLORE_HARTS_MAX 8u
#define EXPLORE_DEPTH_MAX 16u

enum explore_strategy { EXPLORE_RANDOM, EXPLORE_PCT, EXPLORE_EXHAUST };
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
    bool stops;      /* of EXPLORE_EXHAUST: to stop a hart for good is a choice, too */
    bool trace;      /* remember every event, for trace_print */
};

#endif
