/* SPDX-License-Identifier: MIT
 * `framelab bench` on QEMU: a plan into boot arguments. The kernel measures (stress/qemu/guest/kernel_bench.c). */
#ifndef FRAMELAB_STRESS_QEMU_BENCH_H
#define FRAMELAB_STRESS_QEMU_BENCH_H

#include "bench.h"

/* Whether the kernel has what the plan asks for. False with one line in `why`. */
bool qemu_bench_check(const struct bench_plan *plan, char *why, size_t why_bytes);

/* Runs a plan that passed the check on its machine: one guest a variant, all together in its time. Returns an exit
 * status, after a line on stderr if it is not EXIT_STATUS_HOLDS. */
int qemu_bench_run(const struct bench_plan *plan, FILE *records);

#endif
