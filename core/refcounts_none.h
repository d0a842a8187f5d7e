/* SPDX-License-Identifier: MIT
 * No reference counts: the same interface as refcounts_kept.h, for a build that has no word a frame. What remains is to
 * know a foreign frame, and which free frames hold zeroes.
 *
 * 1. Words. A frame has none. A group of 32 frames has a byte {DIRTY, EDGE}; in four more bits of it validate.c has its
 *    marks.
 * 2. Owners. A frame has one, whoever has it out. A take touches nothing here, and a free believes its caller: a frame
 *    that is free already is taken back once more, and handed out twice. Only frame_allocator_validate finds that out,
 *    if the frame then lies in two places.
 * 3. EDGE says that some frame of the group can never be handed out: it lies in a hole, in metadata or outside the
 *    arena. It is set before the arena is in service, and constant. A frame of a group that is DIRTY and has no EDGE is
 *    ours, which one look shows: that is the fast path. For every other the arena's regions are asked: on the first
 *    free in a group since it held zeroes, and on each in a group at an edge. A foreign frame has a group with an EDGE,
 *    or one outside the arena, which is never DIRTY: so it is refused without exception, as it is with counts.
 * 4. DIRTY. A free frame holds zeroes if its group is not DIRTY. Whoever frees a frame sets it before the give, unless
 *    it is set: by a load and a store, for all who may do so at once store the same byte. It is cleared by a hart that
 *    owns all 512 frames of the chunk and has zeroed those not known. Of what is out, it says nothing: who wants to
 *    know looks after the take and before anybody else has the frame.
 *    - Why nothing is called zero that is not. Suppose that a frame was out since its chunk was last cleared. Its last
 *      owner saw DIRTY set, or set it, when he freed it. Whoever clears owns the frame too, so the last clear, the
 *      owner's look, the look of whoever has the frame next, and any further clear are ordered, by the fences that
 *      stand between a give and a take. A word read in this order never goes back: who has the frame next sees DIRTY
 *      set.
 *    - What it costs. 32 frames share one bit. If one of them is freed, the others count as dirty, too, and are zeroed
 *      when zeroes are asked for, though nobody wrote to them.
 * 5. Orders. All words are relaxed: point 4 needs no more than coherence and the fences of hart_cache.c, and there is
 *    no reference by which one hart learns of another's writes. */
#ifndef FRAMELAB_CORE_REFCOUNTS_NONE_H
#define FRAMELAB_CORE_REFCOUNTS_NONE_H

#include "refcount_view.h"

/* A group's byte. */
#define GROUP_DIRTY UINT32_C(1)
#define GROUP_EDGE UINT32_C(2)
#define GROUP_MARKS_SHIFT 2u

/* This room counts no references. */
#define COUNTS_REFERENCES false
/* Bytes of metadata for a frame. */
#define FRAME_COUNT_BYTES UINT64_C(0)

/* ---- taking: nothing to be done ---- */

static inline void count_take_one(const struct refcount_view *view, pfn_t frame)
{
    (void)view;
    (void)frame;
}

static inline void refcounts_take_groups(const struct refcount_view *view, pfn_t first, uint64_t groups)
{
    (void)view;
    (void)first;
    (void)groups;
}

static inline void refcounts_take_part(const struct refcount_view *view, struct frame_run part)
{
    (void)view;
    (void)part;
}

static inline void refcounts_take_run(const struct refcount_view *view, struct frame_run run)
{
    (void)view;
    (void)run;
}

static inline void refcounts_prefetch(const struct refcount_view *view, const pfn_t *firsts, uint32_t count)
{
    (void)view;
    (void)firsts;
    (void)count;
}

/* ---- freeing: false, or FRAME_NOT_ALLOCATED, if one look does not show that all is ours and dirty ---- */

static inline bool count_drop_one(const struct refcount_view *view, pfn_t frame)
{
    return (group_bits(view, frame) & (GROUP_DIRTY | GROUP_EDGE)) == GROUP_DIRTY;
}

/* Some frames of one group. */
static inline bool refcounts_drop_part(const struct refcount_view *view, struct frame_run part)
{
    return count_drop_one(view, part.first);
}

static inline bool refcounts_drop_groups(const struct refcount_view *view, pfn_t first, uint64_t groups)
{
    return groups_are(own_groups(view, first), groups, GROUP_DIRTY | GROUP_EDGE, GROUP_DIRTY);
}

/* Any run inside the view's span. */
enum frame_status refcounts_drop_run(const struct refcount_view *view, struct frame_run run);

/* The same for a run that, the arena says, is ours: it becomes dirty. FRAME_OK. */
enum frame_status refcounts_drop_ours(const struct refcount_view *view, struct frame_run run);

/* ---- zeroes and edges ---- */

/* Whether a free frame that the caller owns is known to hold zeroes. */
static inline bool count_is_zero(const struct refcount_view *view, pfn_t frame)
{
    return (group_bits(view, frame) & GROUP_DIRTY) == 0;
}

/* The caller owns all frames of the free chunk that begins at `first`, and they hold zeroes. */
void refcounts_mark_zero(const struct refcount_view *view, pfn_t first);

/* Before the arena is in service: the groups that `run` touches do not hold zeroes. */
static inline void refcounts_mark_dirty(const struct refcount_view *view, struct frame_run run)
{
    groups_mark(view, run, GROUP_DIRTY);
}

/* Before the arena is in service: notes where its edges are. `regions`: the usable runs of `span`, ascending. */
void refcounts_init(const struct refcount_view *view, struct frame_run span, const struct frame_run *regions,
                    uint32_t count);

/* ---- references: one, whatever happens ---- */

static inline uint32_t count_read(const struct refcount_view *view, pfn_t frame)
{
    (void)view;
    (void)frame;
    return 1;
}

static inline enum frame_status count_add_ref(const struct refcount_view *view, pfn_t frame)
{
    (void)view;
    (void)frame;
    return FRAME_TOO_MANY_REFS;
}

/* The caller holds the last reference, and must free the frame. */
static inline enum frame_status count_drop_ref(const struct refcount_view *view, pfn_t frame)
{
    (void)view;
    (void)frame;
    return FRAME_SHARED;
}

/* ---- marks, at rest (validate.c) ---- */

/* A group's byte has marks for four of its frames: eight passes mark all. */
#define MARKS 4u
#define MARK_PASSES (GROUP_FRAMES / MARKS)
_Static_assert(GROUP_MARKS_SHIFT + MARKS <= 8, "a byte holds a group's marks");

static inline bool mark_is_due(pfn_t frame, uint32_t pass)
{
    return (frame.value & (GROUP_FRAMES - 1)) / MARKS == pass;
}

static inline uint32_t mark_bit(pfn_t frame)
{
    return UINT32_C(1) << (GROUP_MARKS_SHIFT + (frame.value & (MARKS - 1)));
}

static inline bool mark_is_set(const struct refcount_view *view, pfn_t frame)
{
    return (group_bits(view, frame) & mark_bit(frame)) != 0;
}

static inline void mark_set(const struct refcount_view *view, pfn_t frame, bool set)
{
    uint32_t group = group_bits(view, frame) & ~mark_bit(frame);
    group_store(view, frame, group | (set ? mark_bit(frame) : 0));
}

/* Nothing speaks against the one or the other. */
static inline bool count_may_be_free(const struct refcount_view *view, pfn_t frame)
{
    (void)view;
    (void)frame;
    return true;
}

static inline bool count_may_be_out(const struct refcount_view *view, pfn_t frame)
{
    (void)view;
    (void)frame;
    return true;
}

#endif
