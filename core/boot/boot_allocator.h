/* SPDX-License-Identifier: MIT
 * The allocator before the allocator: takes memory from a map's free regions for what must exist first (the frame
 * allocator's own state, a kernel's first stacks), never gives any back, and then hands its free regions over.
 *
 * One hart, no locks. Memory comes from the end of the highest region that holds it, so that low memory, which
 * devices want, and the starts of regions, where large pages are, stay whole. */
#ifndef FRAMELAB_CORE_BOOT_ALLOCATOR_H
#define FRAMELAB_CORE_BOOT_ALLOCATOR_H

#include "memory_map.h"

struct boot_allocator {
    struct ram_region free[REGION_MAX]; /* ascending, whole bytes */
    uint32_t free_count;
    uint64_t taken_bytes;
};

void boot_allocator_init(struct boot_allocator *boot, const struct memory_map *map);

/* `size` bytes aligned to `align` (a power of two), in `*out`. Returns false, changing nothing, if no region holds
 * them or `size` is 0. The memory is not zeroed. */
bool boot_alloc(struct boot_allocator *boot, uint64_t size, uint64_t align, phys_addr_t *out);

/* The same, zeroed and as a pointer; NULL if there is none. Does not touch memory known to be zero. */
void *boot_alloc_zeroed(struct boot_allocator *boot, uint64_t size, uint64_t align);

/* Puts in `out` what is left, in whole frames, ascending, and leaves nothing to the boot allocator. Returns how
 * many. `out` has room for REGION_MAX. */
uint32_t boot_allocator_finish(struct boot_allocator *boot, struct ram_region *out);

#endif
