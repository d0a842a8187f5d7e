/* SPDX-License-Identifier: MIT
 * Many executions: which one a seed is, and the sweep that stops harts.
 *
 * 1. A seed is an execution. The program comes from the seed's higher bits, so that 16 seeds in a row play one program
 *    by 16 schedules: random walk and PCT in turn (they find different bugs), every fourth with a hart held up inside a
 *    section of the epoch.
 * 2. The sweep (P9). A program is played once to see how many events each hart has; then again and again by the same
 *    schedule, each hart stopped for good at each of its events in turn. The others must finish. Whether a stopped hart
 *    may cost them memory is another question: histories with an open end are not judged for P5. */
#ifndef FRAMELAB_SIM_SCENARIO_H
#define FRAMELAB_SIM_SCENARIO_H

#include "execution.h"
#include "sim_stress.h"

/* The execution of a seed. `program` is written unless the plan has one. */
void scenario_plan(const struct sim_stress_plan *stress, uint64_t seed, struct program *program,
                   struct execution_plan *plan);

#endif
