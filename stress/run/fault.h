/* SPDX-License-Identifier: MIT
 * What touches forbidden memory is told, and ends the program. */
#ifndef FRAMELAB_STRESS_FAULT_H
#define FRAMELAB_STRESS_FAULT_H

#include "frame.h"

/* From now on a fault inside `range` of RAM is a violation: `report` is called once, with the frame and the hart, in the
 * handler of the signal, and the program ends with EXIT_STATUS_VIOLATED. What faulted is a plain access of an allocator's,
 * not a function of the C library's, so `report` may call those. Other harts go on meanwhile; another that faults waits.
 * Faults elsewhere are what they always were. */
void fault_watch(struct phys_range range, void (*report)(void *context, uint64_t frame, uint32_t hart), void *context);

#endif
