/* SPDX-License-Identifier: MIT
 * Freeing, zeroes and edges in a build without reference counts. The theory stands in refcounts_none.h. */
#include "refcounts_none.h"

enum frame_status refcounts_drop_run(const struct refcount_view *view, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    pfn_t last = pfn(frame_run_end(run) - 1);
    uint64_t groups = (last.value >> GROUP_ORDER) - (run.first.value >> GROUP_ORDER) + 1;
    bool ours = groups_are(own_groups(view, run.first), groups, GROUP_DIRTY | GROUP_EDGE, GROUP_DIRTY);
    return ours ? FRAME_OK : FRAME_NOT_ALLOCATED;
}

enum frame_status refcounts_drop_ours(const struct refcount_view *view, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    groups_mark(view, run, GROUP_DIRTY);
    return FRAME_OK;
}

void refcounts_mark_zero(const struct refcount_view *view, pfn_t first)
{
    FRAME_DEBUG_ASSERT(first.value % CHUNK_FRAMES == 0);
    for (uint64_t i = 0; i < CHUNK_FRAMES; i += GROUP_FRAMES) {
        pfn_t frame = pfn(first.value + i);
        group_store(view, frame, group_bits(view, frame) & ~GROUP_DIRTY);
    }
}

void refcounts_init(const struct refcount_view *view, struct frame_run span, const struct frame_run *regions,
                    uint32_t count)
{
    FRAME_ASSERT(count > 0);
    uint64_t end = align_down_u64(span.first.value, GROUP_FRAMES); /* of the region before */
    for (uint32_t i = 0; i < count; i++) {
        groups_mark(view, frame_run(pfn(end), regions[i].first.value - end), GROUP_EDGE);
        end = frame_run_end(regions[i]);
    }
    uint64_t last = align_up_u64(frame_run_end(span), GROUP_FRAMES);
    groups_mark(view, frame_run(pfn(end), last - end), GROUP_EDGE);
}
