/* SPDX-License-Identifier: MIT
 * `framelab stress --platform sim`: what crosses between the command and the simulator (stress/sim), which is an object
 * file of its own. Plain types only. */
#ifndef FRAMELAB_STRESS_SIM_STRESS_H
#define FRAMELAB_STRESS_SIM_STRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum sim_strategy { SIM_STRATEGY_BOTH, SIM_STRATEGY_RANDOM, SIM_STRATEGY_PCT, SIM_STRATEGY_EXHAUST };
enum sim_profile { SIM_PROFILE_RMO, SIM_PROFILE_TSO, SIM_PROFILE_SC, SIM_PROFILE_RCPC };

struct sim_stress_plan {
    const char *variant;    /* a spec */
    uint32_t harts;         /* 2 .. 8; 0: it varies */
    uint64_t seed;          /* of the campaign: exploration.h; to be replayed: of the execution */
    uint64_t first;         /* number of the execution to begin with */
    uint64_t executions;    /* numbers below this, of all shards together; 0: as many as there is time for */
    uint32_t shard, shards; /* the shard, counted from 1, that this campaign plays */
    double seconds;         /* 0: no such limit */
    enum sim_profile profile;
    enum sim_strategy strategy;
    uint32_t depth;          /* of PCT; 0: 3 to 6 */
    bool freeze;             /* P9: stop each hart at each access of each execution */
    uint32_t freeze_hart;    /* or just this hart at this access of its own, counted from 1 ... */
    uint64_t freeze_at;      /* ... 0: not */
    bool interrupt;          /* P12: interrupt each hart before each access of each execution */
    uint32_t interrupt_hart; /* or just this hart before this access of its own, counted from 1 ... */
    uint64_t interrupt_at;   /* ... 0: not; and its handler before this one; 0: not */
    uint64_t interrupt_again;
    bool end;          /* P13: end each hart at each access of each execution, and take its number over */
    uint32_t end_hart; /* or just this hart at this access of its own ... */
    uint64_t end_at;   /* ... 0: not */
    /* Of SIM_STRATEGY_EXHAUST, which needs a program: preemptions in an execution, SIM_NO_BOUND for any number; weak
     * choices (stores that wait, loads of old values); whether of equivalent executions one is made; and in place of
     * the search one execution, by the choices that it makes. With freeze, interrupt or end one hart is stopped,
     * interrupted or ended anywhere, a choice like any other. */
    uint32_t bound, weak;
    bool unreduced;
    const char *choices;
    const char *program; /* NULL: random ones */
    bool replay;         /* just the execution of `seed`, in full */
    bool trace;
    /* Asked now and then, with the number that comes next: whether to stop. NULL: never. */
    bool (*look)(void *context, uint64_t next);
    void *context;
};

#define SIM_NO_BOUND UINT32_MAX

/* Executions in a row that belong together: shards share out so many at a time. Of a sweep that stops harts; of one
 * that interrupts or ends them; of others. */
#define SIM_SWEEP_BLOCK 40u
#define SIM_LIVES_BLOCK 25u
#define SIM_BLOCK 16u

static inline uint64_t sim_block(const struct sim_stress_plan *plan)
{
    return plan->freeze ? SIM_SWEEP_BLOCK : plan->interrupt || plan->end ? SIM_LIVES_BLOCK : SIM_BLOCK;
}

#define SIM_STEP_KINDS 20u
#define SIM_STRESS_TEXT_MAX 512u

struct sim_stress_report {
    bool holds;
    uint64_t first, last; /* numbers of executions that were begun */
    uint64_t executions, steps, linearized;
    double seconds;
    /* Faults, each where it came about: harts stopped for good, harts held up inside a section of the epoch,
     * allocations that failed, arenas added and removed (calls), drains (calls). */
    uint64_t frozen, held, failures, added, removed, drains;
    uint64_t contended; /* calls that gave up: stress/sim/history/history.h */
    /* What is rare: jumps of the clock of reclamation, executions that ended with runs in magazines or with a zero
     * reserve, places in limbo at most. */
    uint64_t jumps, runs, reserves, limbo_most;
    uint64_t places; /* code addresses at which a hart was stopped, or interrupted */
    /* Executions with interrupts; these, by what they interrupted, and those in handlers; allocations that failed in a
     * handler. */
    uint64_t ended, lost; /* executions in which a hart ended and was taken over; frames lost in them */
    uint64_t interrupted, interrupts[SIM_STEP_KINDS], interrupts_nested, nested_failures;
    uint64_t calls[SIM_STEP_KINDS];
    /* Of SIM_STRATEGY_EXHAUST: whether all was tried, else how much of it, an estimate; executions that were given up
     * as equivalent to others, searches begun anew, classes of equivalent executions among up to 32768, granules in
     * conflict, points of choice in an execution, and the functions that make accesses in conflict. */
    bool exhaustive, complete;
    double done;
    uint64_t redundant, restarts, classes;
    uint32_t conflicts, points;
    uint64_t outcomes, outcomes_hash; /* what the calls were answered, in how many ways; a hash of the set of these */
    char functions[2048];
    /* The first finding. */
    char property[16]; /* "P1", or "race", "panic" */
    char what[SIM_STRESS_TEXT_MAX];
    char program[2048];
    char history[4096];                    /* calls and answers, in lines */
    char where[SIM_STRESS_TEXT_MAX];       /* of a stopped hart; "" */
    char options[2 * SIM_STRESS_TEXT_MAX]; /* what replays it: options of the command */
    uint64_t seed;
    uint32_t hart; /* UINT32_MAX: none in particular */
};

/* Name of a kind of step, for reports. */
const char *sim_step_name(uint32_t kind);
/* False with one line in `why` if the text is no program. */
bool sim_program_check(const char *text, char *why, size_t why_bytes);
/* Runs executions up to the first finding. False with one line in report->what if it could not. The trace, if asked
 * for, goes to `out`. */
bool sim_stress_explore(const struct sim_stress_plan *plan, struct sim_stress_report *report, FILE *out);

#endif
