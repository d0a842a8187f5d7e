/* SPDX-License-Identifier: MIT
 * Freeing, zeroes and edges in a build without reference counts. The theory stands in counts_none.h. */
#include "counts_none.h"

/* The groups that a run inside one chunk touches (bit g: group g). */
static uint64_t groups_touched(struct frame_run run)
{
    uint32_t first = group_of(run.first), last = group_of(pfn(frame_run_end(run) - 1));
    return (UINT64_C(2) << last) - (UINT64_C(1) << first);
}

enum frame_status counts_drop_run(const struct count_view *view, struct frame_run run)
{
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, CHUNK_FRAMES);
        uint64_t dirty = groups_touched(piece) * GROUP_DIRTY, edges = groups_touched(piece) * GROUP_EDGE;
        uint64_t chunk = atomic_load_explicit(chunk_word(view, piece.first), memory_order_relaxed);
        if ((chunk & (dirty | edges)) != dirty) {
            return FRAME_NOT_ALLOCATED;
        }
        run = without(run, piece);
    }
    return FRAME_OK;
}

enum frame_status counts_drop_ours(const struct count_view *view, struct frame_run run)
{
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, CHUNK_FRAMES);
        uint64_t dirty = groups_touched(piece) * GROUP_DIRTY;
        _Atomic uint64_t *chunk_at = chunk_word(view, piece.first);
        if ((~atomic_load_explicit(chunk_at, memory_order_relaxed) & dirty) != 0) {
            atomic_fetch_or_explicit(chunk_at, dirty, memory_order_relaxed);
        }
        run = without(run, piece);
    }
    return FRAME_OK;
}

void counts_mark_zero(const struct count_view *view, pfn_t first)
{
    _Atomic uint64_t *chunk_at = chunk_word(view, first);
    uint64_t chunk = atomic_load_explicit(chunk_at, memory_order_relaxed);
    atomic_store_explicit(chunk_at, chunk & ~CHUNK_DIRTY, memory_order_relaxed);
}

void counts_init(const struct count_view *view, const struct arena *arena)
{
    uint64_t end = align_down_u64(arena->span.first.value, GROUP_FRAMES); /* of the region before */
    for (uint32_t i = 0; i < arena->region_count; i++) {
        groups_mark(view, frame_run(pfn(end), arena->regions[i].first.value - end), GROUP_EDGE);
        end = frame_run_end(arena->regions[i]);
    }
    uint64_t last = align_up_u64(frame_run_end(arena->span), GROUP_FRAMES);
    groups_mark(view, frame_run(pfn(end), last - end), GROUP_EDGE);
}
