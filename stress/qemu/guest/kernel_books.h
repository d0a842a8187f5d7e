/* SPDX-License-Identifier: MIT
 * Who owns which frame, as those say who allocate and free: what a run on stopped and silent harts is judged by.
 *
 * Any hart may call books_take and books_give beside anything; the others are for one hart at a time. */
#ifndef FRAMELAB_QEMU_KERNEL_BOOKS_H
#define FRAMELAB_QEMU_KERNEL_BOOKS_H

#include "frame_allocator.h"
#include "kernel.h"

struct books {
    struct frame_allocator *allocator;
    uint64_t first, count;    /* frames from the beginning of RAM to its end */
    _Atomic uint32_t *owners; /* of each: its owner's number + 1; 0: it has none */
    pfn_t *collected;         /* room for all of them */
    _Atomic uint32_t wrong;   /* frames that were handed out while owned, or freed by another than their owner */
};

/* Before the allocator has taken what `kernel_boot` has; false if there is no room. */
bool books_begin(struct books *books);

void books_take(struct books *books, uint32_t hart, struct frame_run run);
void books_give(struct books *books, uint32_t hart, struct frame_run run);

/* Frames that a hart owns. */
uint64_t books_held(const struct books *books, uint32_t hart);

/* The calling hart allocates single frames until it is refused, and frees them; returns how many it had. */
uint64_t books_collect(struct books *books);

#endif
