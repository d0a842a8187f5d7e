/* SPDX-License-Identifier: MIT
 * Arithmetic on sorted lists of physical ranges; region.h says what holds before and after. Lists are short (at
 * most REGION_MAX), built once, by one hart: plain loops and memmove. */
#include "region.h"

#include <string.h>

bool phys_range_clip(uint64_t start, uint64_t size, struct phys_range *out)
{
    if (size != 0 && size - 1 > UINT64_MAX - start) {
        return false;
    }
    uint64_t room = start < PHYS_END ? PHYS_END - start : 0;
    *out = (struct phys_range){{start}, size < room ? size : room};
    return true;
}

struct phys_range phys_range_outward(struct phys_range range)
{
    return phys_range(align_down_u64(range.start.value, FRAME_SIZE), align_up_u64(phys_range_end(range), FRAME_SIZE));
}

/* Replaces items first .. last - 1 by `region`; there is room. */
static void regions_replace(struct region_list *list, uint32_t first, uint32_t last, struct ram_region region)
{
    memmove(&list->items[first + 1], &list->items[last], (list->count - last) * sizeof(region));
    list->items[first] = region;
    list->count = list->count + 1 - (last - first);
}

enum region_status regions_add(struct region_list *list, struct ram_region added)
{
    uint64_t start = added.range.start.value;
    uint64_t end = phys_range_end(added.range);

    /* Before `added`: whatever ends below its start, or at its start but belongs to another node. */
    uint32_t first = 0;
    while (first < list->count) {
        const struct ram_region *item = &list->items[first];
        uint64_t item_end = phys_range_end(item->range);
        if (item_end > start || (item_end == start && item->node == added.node)) {
            break;
        }
        first++;
    }

    /* Merged with `added`: whatever follows that overlaps it, or touches its end and belongs to the same node. */
    uint32_t last = first;
    while (last < list->count) {
        const struct ram_region *item = &list->items[last];
        uint64_t item_start = item->range.start.value;
        if (item_start > end || (item_start == end && item->node != added.node)) {
            break;
        }
        if (item->node != added.node) {
            return REGION_CONFLICT;
        }
        uint64_t item_end = phys_range_end(item->range);
        start = item_start < start ? item_start : start;
        end = item_end > end ? item_end : end;
        last++;
    }

    if (first == last && list->count == list->max) {
        return REGION_FULL;
    }
    regions_replace(list, first, last, (struct ram_region){phys_range(start, end), added.node});
    return REGION_OK;
}

bool regions_subtract(struct region_list *list, struct phys_range taken)
{
    uint64_t from = taken.start.value;
    uint64_t to = phys_range_end(taken);
    uint32_t kept = 0;

    if (taken.size == 0) {
        return true;
    }
    for (uint32_t i = 0; i < list->count; i++) {
        struct ram_region item = list->items[i];
        uint64_t start = item.range.start.value;
        uint64_t end = phys_range_end(item.range);
        if (start < from && to < end) { /* splits this one and touches no other */
            if (list->count == list->max) {
                return false;
            }
            list->items[i].range = phys_range(to, end);
            regions_replace(list, i, i, (struct ram_region){phys_range(start, from), item.node});
            return true;
        }
        if (from < end && start < to) {
            item.range = start < from ? phys_range(start, from) : phys_range(to < end ? to : end, end);
        }
        if (item.range.size != 0) {
            list->items[kept++] = item;
        }
    }
    list->count = kept;
    return true;
}

void regions_cut_to_frames(struct region_list *list)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < list->count; i++) {
        struct frame_run run = frame_run_inside(list->items[i].range);
        if (run.count != 0) {
            list->items[kept++] =
                (struct ram_region){{frame_addr(run.first), run.count << FRAME_SHIFT}, list->items[i].node};
        }
    }
    list->count = kept;
}
