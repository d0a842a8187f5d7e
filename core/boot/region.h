/* SPDX-License-Identifier: MIT
 * Arithmetic on sorted lists of physical ranges: add with merging, subtract, cut to whole frames.
 *
 * A list is ascending and disjoint before and after each call, and its storage is the caller's, so that the same
 * few functions serve the memory map's arrays, the boot allocator's and a caller's own. Regions that overlap or
 * touch are merged when they belong to one NUMA node; regions of different nodes may touch but never overlap.
 *
 * No range reaches the last frame of the 64-bit address space (phys_range_clip): so start + size never wraps and
 * rounding an end up to a frame never does. That frame is the price, and no machine has it. */
#ifndef FRAMELAB_CORE_REGION_H
#define FRAMELAB_CORE_REGION_H

#include <stdbool.h>
#include <stdint.h>

#include "frame.h"

/* Where RAM, reservations and all else end: one frame below 2^64. */
#define PHYS_END (UINT64_MAX - FRAME_SIZE + 1)

struct ram_region {
    struct phys_range range;
    uint32_t node; /* NUMA node, dense index: memory_map.h */
};

struct region_list {
    struct ram_region *items;
    uint32_t count;
    uint32_t max;
};

enum region_status {
    REGION_OK = 0,
    REGION_FULL,     /* the list has no room for one more */
    REGION_CONFLICT, /* it overlaps a region of another node */
};

static inline uint64_t phys_range_end(struct phys_range range)
{
    return range.start.value + range.size;
}

static inline struct phys_range phys_range(uint64_t start, uint64_t end)
{
    return (struct phys_range){{start}, end - start};
}

static inline bool phys_ranges_overlap(struct phys_range a, struct phys_range b)
{
    return a.start.value < phys_range_end(b) && b.start.value < phys_range_end(a);
}

/* `size` bytes from `start`, without what lies at or above PHYS_END (size 0 if all of it does). Returns false if
 * the range wraps around the address space; one that ends exactly at 2^64 does not. */
bool phys_range_clip(uint64_t start, uint64_t size, struct phys_range *out);

/* The smallest run of whole frames that contains the range. */
struct phys_range phys_range_outward(struct phys_range range);

/* Adds a region, not empty. On anything but REGION_OK the list is unchanged. */
enum region_status regions_add(struct region_list *list, struct ram_region added);

/* Takes a range out of the list, whatever nodes it covers. Returns false, changing nothing, if this splits a
 * region in two and the list has no room for that. */
bool regions_subtract(struct region_list *list, struct phys_range taken);

/* Cuts each region inward to whole frames and drops those that have none. */
void regions_cut_to_frames(struct region_list *list);

#endif
