/* SPDX-License-Identifier: MIT
 * What touches forbidden memory ends the program with a last word: "violated: P10", hart and address. */
#ifndef FRAMELAB_STRESS_FAULT_H
#define FRAMELAB_STRESS_FAULT_H

#include "frame.h"

/* From now on a fault inside `range` of RAM is a violation of P10: it is told on `fd`, then `last_words`, which must
 * stay where they are, and the program ends with EXIT_STATUS_VIOLATED. Faults elsewhere are what they always were. */
void fault_watch(struct phys_range range, int fd, const char *last_words);

#endif
