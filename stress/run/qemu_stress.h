/* SPDX-License-Identifier: MIT
 * `framelab stress` on QEMU: a plan into boot arguments. The kernel runs the trial (kernel_stress.c). */
#ifndef FRAMELAB_STRESS_QEMU_STRESS_H
#define FRAMELAB_STRESS_QEMU_STRESS_H

#include "stress_plan.h"

/* One guest a variant on the plan's machine, up to the first that does not hold. To plan->out in the plan's format:
 * KTAP, records, or a line of CSV each. Returns an exit status, after a line on stderr if it is not
 * EXIT_STATUS_HOLDS. */
int qemu_stress_run(const struct stress_plan *plan);

#endif
