/* SPDX-License-Identifier: MIT
 * The allocator that is none: hands out consecutive numbers through a call, takes anything back. A workload over it
 * measures the harness itself: loop, call, result check, the array of results, and the clock where one is read. */
#ifndef FRAMELAB_STRESS_NULL_ALLOCATOR_H
#define FRAMELAB_STRESS_NULL_ALLOCATOR_H

#include "frame.h"

/* One a hart, on cache lines of its own. */
struct null_allocator {
    _Alignas(CACHE_PAIR) uint64_t next;
    uint64_t last_freed;
};

/* In a file of their own, so that no compiler looks through the call. */
enum frame_status null_alloc(struct null_allocator *null, uint64_t count, pfn_t *first);
enum frame_status null_free(struct null_allocator *null, pfn_t first);

#endif
