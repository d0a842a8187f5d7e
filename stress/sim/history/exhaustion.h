/* SPDX-License-Identifier: MIT
 * A program by all its executions, within bounds (explore/choices.h), and of a finding the shortest of its kind. */
#ifndef FRAMELAB_SIM_EXHAUSTION_H
#define FRAMELAB_SIM_EXHAUSTION_H

#include "execution.h"
#include "sim_stress.h"

#define EXHAUSTION_OUTCOMES 65536u

struct exhaustion {
    const struct sim_stress_plan *stress;
    struct execution_plan plan; /* of each execution */
    struct program program;     /* that plan.program is; of a finding, the least that shows it */
    struct interpreter *interpreter;
    struct sim_stress_report *report;
    /* After each execution; false: no more. */
    bool (*made)(void *context, const struct execution_result *result);
    void *context;
    uint64_t outcomes[EXHAUSTION_OUTCOMES]; /* a set of hashes, open addressing; 0: nothing */
};

/* False if it found something: `result` is of the execution that the interpreter has in hand, and `choices` says which
 * it was. */
bool exhaustion_run(struct exhaustion *exhaustion, struct execution_result *result, char *choices, size_t bytes);

#endif
