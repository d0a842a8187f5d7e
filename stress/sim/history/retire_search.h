/* SPDX-License-Identifier: MIT
 * Looks for executions of code_retire.h that go wrong, on a weakly ordered machine. */
#ifndef FRAMELAB_SIM_RETIRE_SEARCH_H
#define FRAMELAB_SIM_RETIRE_SEARCH_H

#include <stdint.h>

#include "code_retire.h"

/* The first of so many seeds that finds one, counted from 1; 0: none does. */
uint64_t sim_retire_find(uint32_t scheme, enum code_retire_flaw flaw, uint64_t seeds);

/* What was wrong with the last one, in a line. */
const char *sim_retire_why(void);

#endif
