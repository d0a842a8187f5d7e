/* SPDX-License-Identifier: MIT
 * Looks for executions of code_smr.h that go wrong, on a weakly ordered machine. */
#ifndef FRAMELAB_SIM_SMR_SEARCH_H
#define FRAMELAB_SIM_SMR_SEARCH_H

#include <stdint.h>

#include "code_smr.h"

/* The first of so many seeds that finds one, counted from 1; 0: none does. */
uint64_t sim_smr_find(uint32_t scheme, enum code_smr_flaw flaw, uint64_t seeds);

/* What was wrong with the last one, in a line. */
const char *sim_smr_why(void);

#endif
