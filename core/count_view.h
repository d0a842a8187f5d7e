/* SPDX-License-Identifier: MIT
 * Where an arena's counts are, and what the two rooms behind counting.h have in common: a word a chunk, in which each
 * of its sixteen groups of 32 frames has a bit of each of several kinds. */
#ifndef FRAMELAB_CORE_COUNT_VIEW_H
#define FRAMELAB_CORE_COUNT_VIEW_H

#include "arena.h"
#include "platform.h"

/* In a chunk's word bit g of each sixteen is group g's. */
#define CHUNK_GROUPS (CHUNK_FRAMES / GROUP_FRAMES)
_Static_assert(CHUNK_GROUPS == 16, "sixteen bits have one for each group");

/* Where a chunk's word shifted right by g has group g's bit of a kind. */
#define GROUP_BIT(kind) ((kind) & ~((kind) << 1))

/* A hart's private copy, so that the fast path reads no shared descriptor. The words are found by absolute numbers,
 * with nothing to subtract: a tenth of a cache hit's time. */
struct count_view {
    uint64_t first;       /* of the arena's span */
    uint64_t count;       /* frames of the span; 0: no arena */
    uintptr_t frame_base; /* address that the word of frame 0 would have */
    uintptr_t chunk_base; /* and that of chunk 0 */
};

static inline struct count_view count_view_make(struct frame_run span, _Atomic uint32_t *frame_counts,
                                                _Atomic uint64_t *chunk_counts)
{
    uint64_t first = span.first.value;
    return (struct count_view){first, span.count, (uintptr_t)frame_counts - first * sizeof *frame_counts,
                               (uintptr_t)chunk_counts - (first >> CHUNK_ORDER) * sizeof *chunk_counts};
}

static inline struct count_view count_view_of(const struct arena *arena)
{
    return count_view_make(arena->span, arena->frame_counts, arena->chunk_counts);
}

static inline bool count_view_covers(const struct count_view *view, pfn_t frame)
{
    return frame.value - view->first < view->count;
}

static inline _Atomic uint64_t *chunk_word(const struct count_view *view, pfn_t frame)
{
    return (_Atomic uint64_t *)(view->chunk_base + (frame.value >> CHUNK_ORDER) * sizeof(uint64_t));
}

/* Which of its chunk's groups a frame is in. */
static inline uint32_t group_of(pfn_t frame)
{
    return (uint32_t)(frame.value >> GROUP_ORDER) % CHUNK_GROUPS;
}

/* The bits of a frame's group; others' above. */
static inline uint64_t group_bits(const struct count_view *view, pfn_t frame)
{
    return atomic_load_explicit(chunk_word(view, frame), memory_order_relaxed) >> group_of(frame);
}

/* The piece of `run` that lies before the next multiple of `frames`, a power of two. */
static inline struct frame_run first_piece(struct frame_run run, uint64_t frames)
{
    uint64_t room = frames - (run.first.value & (frames - 1));
    return frame_run(run.first, run.count < room ? run.count : room);
}

static inline struct frame_run without(struct frame_run run, struct frame_run piece)
{
    return frame_run(pfn(run.first.value + piece.count), run.count - piece.count);
}

/* Before the arena is in service: sets a bit of every group that `run` touches. */
static inline void groups_mark(const struct count_view *view, struct frame_run run, uint64_t group_bit)
{
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, GROUP_FRAMES);
        _Atomic uint64_t *chunk_at = chunk_word(view, piece.first);
        uint64_t chunk = atomic_load_explicit(chunk_at, memory_order_relaxed);
        atomic_store_explicit(chunk_at, chunk | group_bit << group_of(piece.first), memory_order_relaxed);
        run = without(run, piece);
    }
}

#endif
