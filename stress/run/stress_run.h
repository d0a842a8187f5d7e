/* SPDX-License-Identifier: MIT
 * The stress run on the host: trials (trial.h) of every variant over several layouts of memory and settings of the
 * caches, since a bug may need a hole, a second node, a tiny magazine or none to be reached. */
#ifndef FRAMELAB_STRESS_STRESS_RUN_H
#define FRAMELAB_STRESS_STRESS_RUN_H

#include "stress_plan.h"

/* Names of those that can be asked for; ends with NULL. */
extern const char *const stress_layout_names[];

/* Runs all trials, up to the first violation. Returns an exit status. */
int stress_run(const struct stress_plan *plan);

#endif
