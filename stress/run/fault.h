/* SPDX-License-Identifier: MIT
 * What an allocator that touches what it may not, or gives up, leaves behind: a report. */
#ifndef FRAMELAB_STRESS_FAULT_H
#define FRAMELAB_STRESS_FAULT_H

#include "frame.h"

/* Both are called in the handler of the signal, at most one of them and once, on the hart that did it. What faulted is
 * an access of an allocator's, not a function of the C library's, so they may call those. Other harts go on meanwhile;
 * another that faults waits. */
struct fault_reports {
    /* A frame of the range was touched: a violation. The program ends with EXIT_STATUS_VIOLATED afterwards. */
    void (*touched)(void *context, uint64_t frame, uint32_t hart);
    /* Any other fault, or an abort: `what` says which. It is what it always was afterwards: the program dies of it. */
    void (*crashed)(void *context, const char *what, uint32_t hart);
    void *context;
};

/* From now on faults are told, those inside `range` of RAM apart. */
void fault_watch(struct phys_range range, const struct fault_reports *reports);

#endif
