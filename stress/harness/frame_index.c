/* SPDX-License-Identifier: MIT
 * Dense numbers for scattered frames. See frame_index.h. */
#include "frame_index.h"

#include "platform.h"

void frame_index_init(struct frame_index *index, const struct ram_region *regions, uint32_t count, uint32_t order)
{
    FRAME_ASSERT(count <= REGION_MAX);
    index->order = order;
    index->count = 0;
    index->total = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct frame_run run = frame_run_inside(regions[i].range);
        if (run.count == 0) {
            continue;
        }
        uint64_t first = run.first.value >> order;
        uint64_t end = ((frame_run_end(run) - 1) >> order) + 1;
        uint64_t floor = index->count > 0 ? index->pieces[index->count - 1].end : 0;
        first = first > floor ? first : floor; /* two regions may share a block */
        if (first == floor && index->count > 0) {
            index->pieces[index->count - 1].end = end;
        } else {
            index->pieces[index->count].first = first;
            index->pieces[index->count].end = end;
            index->pieces[index->count].base = index->total;
            index->count++;
        }
        index->total += end - first;
    }
}

uint64_t frame_index_of(const struct frame_index *index, uint64_t frame)
{
    uint64_t block = frame >> index->order;
    uint32_t low = 0, high = index->count; /* the pieces that may hold it */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (block < index->pieces[middle].first) {
            high = middle;
        } else if (block >= index->pieces[middle].end) {
            low = middle + 1;
        } else {
            return index->pieces[middle].base + (block - index->pieces[middle].first);
        }
    }
    return FRAME_INDEX_NONE;
}
