/* SPDX-License-Identifier: MIT
 * Exhaustive exploration: the tree of all choices that an execution makes, walked depth first. See choices.c. Use:
 *
 *   choices_search(&limits);
 *   while (choices_next()) { one execution in explore mode, strategy EXPLORE_EXHAUST }
 *   choices_report()->complete ... */
#ifndef FRAMELAB_SIM_CHOICES_H
#define FRAMELAB_SIM_CHOICES_H

#include <stddef.h>

#include "explore_options.h"
#include "model.h"

#define CHOICES_NO_BOUND UINT32_MAX
#define CHOICES_PLACES 64u
#define CHOICES_CLASSES 32768u
#define CHOICES_TEXT 256u /* choices that a text may have */

/* What a choice spends, if it is not the first alternative. */
enum choice_cost { CHOICE_FREE, CHOICE_WEAK, CHOICE_FAULT };

struct choices_limits {
    uint32_t preemptions; /* of a hart that could go on, in an execution; CHOICES_NO_BOUND */
    uint32_t weak;        /* stores that wait and loads of old values, likewise */
    uint32_t faults;
    bool reduce; /* one execution of those that are equivalent; needs weak 0 */
};

struct choices_report {
    bool complete;
    const char *error;   /* what keeps the search from being one; NULL */
    uint64_t executions; /* all, the redundant ones too */
    uint64_t redundant;  /* given up: equivalent to one that was made */
    uint64_t classes; /* of equivalence, of those that came to their end; with reduction alone, up to CHOICES_CLASSES */
    uint64_t restarts;                /* since new conflicts were learnt */
    uint32_t conflicts;               /* granules in conflict */
    uint32_t points;                  /* points of choice with more than one alternative, in one execution at most */
    double done;                      /* of the tree, an estimate: 0 to 1 */
    uintptr_t places[CHOICES_PLACES]; /* code that makes accesses in conflict */
    uint32_t place_count;
};

void choices_search(const struct choices_limits *limits);
/* The next execution may begin; false: there is none. */
bool choices_next(void);
const struct choices_report *choices_report(void);

/* What the execution has spent: preemptions (CHOICE_FREE), or what the cost says. */
uint32_t choices_spent(enum choice_cost cost);
/* The choices that the execution has made otherwise than by default, for choices_replay: "12=1,41f0=1", turns with the
 * hart that was chosen, and values, by the turn before them, their cost and their number since. By default the hart
 * that runs goes on, and values are 0. */
void choices_format(char *out, size_t bytes);
/* In place of choices_search: one execution, of such a text. False if it is none, or of more than CHOICES_TEXT. */
bool choices_replay(const char *text);

/* ---- what the execution asks, on a hart ---- */

/* `hart` is about to make this atomic access: who runs. RUN_NOBODY: the execution is redundant. */
uint32_t choices_turn(uint32_t hart, const struct event *event);
/* It was made, by who runs; `wrote`: it left a value. */
void choices_made(uint32_t hart, const struct event *event, bool wrote);
/* `waiting` waits for others, or RUN_NOBODY: a hart has ended. Who runs; RUN_NOBODY if there is none. */
uint32_t choices_other(uint32_t waiting);
/* 0 .. count - 1, by default 0. */
uint32_t choices_value(uint32_t count, enum choice_cost cost);
/* Whether anything is to be chosen at an access to these bytes. */
bool choices_in_conflict(const struct event *event);

#endif
