/* SPDX-License-Identifier: MIT
 * Who owns which frame, as those say who allocate and free, and what is judged by that (stress/trial): of a run on
 * stopped and silent harts.
 *
 * Any hart may claim and release beside anything (oracle.h); what is here is for one hart at a time. */
#ifndef FRAMELAB_QEMU_KERNEL_AUDIT_H
#define FRAMELAB_QEMU_KERNEL_AUDIT_H

#include "judge.h"
#include "kernel.h"
#include "kernel_options.h"
#include "oracle.h"

struct audit {
    struct frame_allocator *allocator;
    struct phys_range plugged; /* withheld from it, and may be added */
    uint32_t plugged_node;
    struct verdict verdict;
    struct oracle oracle;
    pfn_t *collected; /* room for all frames */
};

/* Before there is an allocator: memory for the audit, and up to `frames` that are withheld. False after a line that
 * says that there is no room. */
bool audit_begin(struct audit *audit, uint64_t frames);
/* Builds the allocator, over `frames` of each node. False after a line that says why. */
bool audit_open(struct audit *audit, const struct kernel_options *options, uint32_t harts, uint64_t frames);

struct judge audit_judge(struct audit *audit, uint32_t hart);

/* The calling hart allocates single frames until it is refused, and frees them; returns how many it had. */
uint64_t audit_collect(struct audit *audit);

#endif
