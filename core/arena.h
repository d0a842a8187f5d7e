/* SPDX-License-Identifier: MIT
 * Arenas: contiguous spans of RAM that carry their own metadata and may contain holes.
 *
 * 1. Selection. Free regions of one node, in ascending order, are merged into one arena as long as the metadata
 *    spent on the holes between them stays within a limit and it brings frames; otherwise a new arena begins.
 *    Nothing is lost: a region that ends a merge begins the next arena. A region too small to hold its own metadata
 *    is reported and skipped.
 * 2. Layout. An arena's metadata lies in its own memory, at the end of one of its regions, whole frames:
 *        struct arena | regions | frame counts, if there are any | chunk counts | the variant's part
 *    Frames of metadata and of holes are never handed out; only frames inside `regions` are.
 * 3. Lifetime. An arena lives until it is removed; its descriptor goes with its memory. A frame that is out pins
 *    its arena, so whoever holds a frame may read the descriptor without further protection. */
#ifndef FRAMELAB_CORE_ARENA_H
#define FRAMELAB_CORE_ARENA_H

#include <stdatomic.h>

#include "frame.h"
#include "memory_map.h"
#include "refcount_view.h"

/* One arena in the making: plain data, made by arena_select. */
struct arena_plan {
    struct frame_run span;                /* from the first to the last frame, holes and metadata included */
    struct frame_run regions[REGION_MAX]; /* what may be handed out, ascending, disjoint */
    uint32_t region_count;
    uint32_t node;
    uint64_t usable_frames;       /* the sum over regions */
    uint64_t hole_frames;         /* frames of the span that belong to no free region */
    struct phys_range metadata;   /* whole frames, inside the span */
    uint64_t metadata_bytes;      /* of these, bytes in use */
    uint64_t hole_metadata_bytes; /* of these, bytes spent on holes */
};

struct arena {
    struct frame_run span;
    uint64_t usable_frames;
    uint32_t node;
    uint32_t region_count;
    const struct frame_run *regions;   /* usable runs, ascending */
    _Atomic uint32_t *frame_refcounts; /* one a frame of the span, or none at all; see refcounts.h */
    _Atomic uint8_t *group_bytes;      /* one a group, from the first of the chunk on that holds span.first */
    struct phys_range metadata;
    /* The usable frames hold zeroes, but for a few that their counts call dirty: a hint to the variant that attaches
     * it. */
    bool is_zero;
    void *variant; /* variant->arena_bytes(span) bytes, cache-line aligned, zeroed */
    /* If core's caches are lists, one word for each frame of the span, lent by the variant's attach: a word is its
     * frame's owner's while the frame is out of the global allocator. */
    uint64_t *links;
};

/* Bytes of metadata that an arena over `span` with `region_count` regions needs, given the variant's own need. */
uint64_t arena_metadata_bytes(struct frame_run span, uint32_t region_count,
                              uint64_t (*variant_bytes)(struct frame_run span));

struct arena_selection_options {
    uint64_t hole_metadata_limit_bytes;
    uint64_t (*variant_bytes)(struct frame_run span);
    /* Called for a region that could not be used, with one line of reason; may be NULL. */
    void (*skipped)(void *context, struct ram_region region, const char *why);
    void *context;
};

/* Plans arenas over `regions` (any order; cut to whole frames). Calls `emit` for each plan, ascending, which is only
 * valid during the call; stops and returns its status when that is not FRAME_OK. FRAME_OVERLAP if regions overlap,
 * FRAME_BAD_CONFIG if one reaches the last frame below 2^64; then nothing was emitted. */
enum frame_status arena_select(const struct ram_region *regions, uint32_t region_count,
                               const struct arena_selection_options *options,
                               enum frame_status (*emit)(void *context, const struct arena_plan *plan));

/* Builds the descriptor in the planned metadata, with every count and the variant's part zero. `memory_is_zero`:
 * the metadata's frames hold zeroes already and are left untouched; false for memory that was in use before. */
struct arena *arena_build(const struct arena_plan *plan, uint64_t (*variant_bytes)(struct frame_run span),
                          bool memory_is_zero);

/* Where the arena's counts are. */
static inline struct refcount_view refcount_view_of(const struct arena *arena)
{
    return refcount_view_make(arena->span, arena->frame_refcounts, arena->group_bytes);
}

/* True if every frame of `run` lies in one of the arena's usable regions. */
bool arena_covers(const struct arena *arena, struct frame_run run);

#endif
