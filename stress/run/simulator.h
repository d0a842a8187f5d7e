/* SPDX-License-Identifier: MIT
 * Simulated harts, seen from the framelab command: the allocators and workloads once more, as one object file of which
 * nothing but this is visible (stress/sim/README.md). platforms.h has them as a row; a build without has sim_none.c. */
#ifndef FRAMELAB_STRESS_SIMULATOR_H
#define FRAMELAB_STRESS_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench.h"
#include "machine_model.h"
#include "micro_run.h"
#include "stress_run.h"
#include "variant.h"

#define SIM_SUMMARY "simulated harts: curves in simulated time, and a search through interleavings"
#define SIM_MICRO_OPERATIONS 200u
#define SIM_MACHINE "epyc-2socket"

/* framelab_variants of the simulator: the same names, code that runs on simulated harts. */
extern const struct variant *const sim_variants[];

/* As struct platform has it; SIM_MACHINE by default. */
bool sim_machine(const char *name, double costs, char *why, size_t why_bytes);
/* bench_run and micro_run, in simulated time. */
int sim_bench_run(const struct bench_plan *plan, FILE *records);
int sim_micro_run(const struct micro_plan *plan, FILE *records);
/* As struct platform has it, by one seed. */
double sim_primitive_ns(const struct machine_model *on, enum primitive primitive, uint32_t harts);
/* A campaign for each variant of the plan, up to the first finding. Returns an exit status. */
int sim_stress_run(const struct stress_plan *plan);

#endif
