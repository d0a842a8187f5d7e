/* SPDX-License-Identifier: MIT
 * Looks for the bugs of code_known_bugs.h in the packaged sources. */
#ifndef FRAMELAB_SIM_KNOWN_BUGS_H
#define FRAMELAB_SIM_KNOWN_BUGS_H

#include <stdbool.h>
#include <stdint.h>

enum known_bug { KNOWN_BUG_BATCH_POP, KNOWN_BUG_EPOCH_BEGIN, KNOWN_BUG_COUNT };

/* The first of so many seeds that finds it, counted from 1; 0: none does. `is_fixed`: in the code without the bug. */
uint64_t known_bugs_find(enum known_bug bug, bool is_fixed, uint64_t seeds);

#endif
