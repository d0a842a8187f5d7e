/* SPDX-License-Identifier: MIT
 * Simulated harts, seen from the framelab command: the allocators and workloads once more, as one object file of which
 * nothing but this is visible (stress/sim/README.md). A build without it has sim_none.c, which says so. */
#ifndef FRAMELAB_STRESS_SIMULATOR_H
#define FRAMELAB_STRESS_SIMULATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "bench.h"
#include "primitives.h"
#include "retire.h"
#include "variant.h"

extern const bool simulator_there;

/* framelab_variants of the simulator: the same names, code that runs on simulated harts. For the parsing of SPECs. */
extern const struct variant *const sim_variants[];

/* The machine that sim_bench_run measures on, by name or, if it has a slash or a dot, by file. False with one line in
 * `why`. */
bool sim_bench_machine(const char *machine, char *why, size_t why_bytes);
/* bench_run and bench_doing (bench.h), in simulated time. */
int sim_bench_run(const struct bench_plan *plan, FILE *records);
const char *sim_bench_doing(void);

/* primitives_run (primitives.h) on a fresh machine; `told`: what else is known of it, or NULL. */
struct json_t;
bool sim_primitives_run(enum primitive primitive, uint32_t harts, uint64_t operations, uint64_t seed, uint64_t *hart_ns,
                        struct json_t **told);
/* retire_run (retire.h) on the same. */
bool sim_retire_run(const struct retire_plan *plan, uint64_t seed, struct retire_result *result, struct json_t **told);

#endif
