/* SPDX-License-Identifier: MIT
 * One execution: a program, a schedule, perhaps a fault, and the judgement. The same plan gives the same execution. */
#ifndef FRAMELAB_SIM_EXECUTION_H
#define FRAMELAB_SIM_EXECUTION_H

#include "explore.h"
#include "fault_injection.h"
#include "interpreter.h"
#include "run.h"

#define EXECUTION_TEXT_MAX 480u

struct execution_plan {
    const char *spec; /* of the variant */
    const struct program *program;
    uint64_t schedule_seed;
    enum explore_strategy strategy;
    uint32_t depth;
    enum explore_profile profile;
    uint32_t freeze_hart; /* RUN_NOBODY: none */
    uint64_t freeze_at;   /* its event, counted from 1 */
    uint32_t silent;      /* harts that do not answer the asymmetric barrier, a bit each */
    struct injection_plan injection;
    struct interrupt_plan interrupt; /* all 0: none */
    struct end_plan end;             /* likewise */
    bool stops;                      /* of EXPLORE_EXHAUST: to stop a hart is a choice */
    bool trace;
};

/* What was found wrong first. */
enum finding {
    FINDING_NONE,
    FINDING_PROPERTY, /* by the history */
    FINDING_RACE,
    FINDING_DEADLOCK,
    FINDING_LIVELOCK, /* or just too many steps */
    FINDING_PANIC,    /* an assertion of the allocator's own */
    FINDING_ERROR,    /* not of the allocator: no machine */
    FINDING_REDUNDANT /* none: given up, since equivalent to one that was judged */
};

struct execution_result {
    enum finding finding;
    enum property property; /* of FINDING_PROPERTY; of others the one it goes by */
    uint32_t hart;
    char text[EXECUTION_TEXT_MAX];
    uint64_t steps;
    uint32_t harts;
    uint64_t events[PROGRAM_HARTS_MAX];
    bool frozen, held; /* the fault came about */
    uintptr_t frozen_place;
    uint64_t silences;   /* barriers that some hart did not answer */
    uintptr_t places[2]; /* of a race, or where two harts wait; 0: none */
    uint64_t failures, contended, linearized;
    uint64_t nested_failures;
    uintptr_t ended_at;       /* where a hart ended; 0: nowhere */
    uint64_t lost;            /* frames that it had on their way */
    uintptr_t interrupted_at; /* where a hart was first interrupted; 0: nowhere */
};

/* `interpreter` keeps its counts from one execution to the next. */
void execution_run(const struct execution_plan *plan, struct interpreter *interpreter, struct execution_result *result);

/* "P1", or what else a finding is called. */
const char *finding_name(const struct execution_result *result);

#endif
