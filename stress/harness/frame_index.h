/* SPDX-License-Identifier: MIT
 * Dense numbers for frames, or for blocks of them, that lie scattered over the address space: so that a table has a row
 * for each of them and none for the holes between. Memory of two NUMA nodes may lie terabytes apart. */
#ifndef FRAMELAB_STRESS_FRAME_INDEX_H
#define FRAMELAB_STRESS_FRAME_INDEX_H

#include "frame.h"
#include "memory_map.h"

#define FRAME_INDEX_NONE UINT64_MAX

struct frame_index {
    uint32_t order; /* a block is 2^order frames, aligned */
    uint32_t count;
    uint64_t total; /* blocks */
    struct {
        uint64_t first, end; /* blocks, ascending and apart */
        uint64_t base;       /* number of the first */
    } pieces[REGION_MAX];
};

/* Of all blocks that have a whole frame of `count` ascending regions. */
void frame_index_init(struct frame_index *index, const struct ram_region *regions, uint32_t count, uint32_t order);

/* The number of the block of a frame, 0 .. total - 1; FRAME_INDEX_NONE if it has none. Any number of harts. */
uint64_t frame_index_of(const struct frame_index *index, uint64_t frame);

#endif
