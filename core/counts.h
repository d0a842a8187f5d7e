/* SPDX-License-Identifier: MIT
 * Reference counts of frames, cheap for one frame and for 512.
 *
 * 1. The count of a frame is its own word plus the base of its group of 64 frames:
 *        count(f) = frame_counts[f] + group_base(f)      (mod 2^31)
 *    0: free; 1: one owner; n: n references.
 * 2. A run that covers a whole group is counted once, in the base: its frames' words stay as they are. A 2 MiB run
 *    costs eight stores in one line instead of 512 in 32. Since every word of a free group is equal (count 0 means
 *    word = -base for all of them), raising the base by one raises every count from 0 to 1.
 * 3. WHOLE, the low bit of the group word, says that the group was handed out as one and that none of its frames
 *    has been counted by itself since. While it is set, one look at the group word is a look at all 64 frames.
 *    Whoever touches a single frame's count clears it first; several harts may do so at once, with equal stores.
 * 4. Who may change what. The base changes only in the hands of a hart that owns all 64 frames; so it is constant
 *    for anyone who owns one of them, and a change is ordered before the next owner's look by the give and the take
 *    in between. A word changes from 1 to 0 and from 0 to 1 only by the frame's owner, with plain stores; between
 *    owners (count >= 2) by compare-and-swap.
 * 5. Orders. Words and group words are relaxed: what must be ordered is the frame's content, by the fences that
 *    stand in allocator.c around take and give, and by release and acquire of unref below. */
#ifndef FRAMELAB_CORE_COUNTS_H
#define FRAMELAB_CORE_COUNTS_H

#include "arena.h"
#include "platform.h"

#define COUNT_MASK UINT32_C(0x7fffffff)
/* References that a frame may have; far from the wrap at 2^31. */
#define COUNT_MAX UINT32_C(0x3fffffff)
#define GROUP_WHOLE UINT32_C(1)

/* Where an arena's counts are: a hart's private copy, so that the fast path reads no shared descriptor. */
struct count_view {
    uint64_t first; /* of the arena's span */
    uint64_t count; /* frames of the span; 0: no arena */
    _Atomic uint32_t *frame_counts;
    _Atomic uint32_t *group_counts;
};

static inline struct count_view count_view_of(const struct arena *arena)
{
    return (struct count_view){arena->span.first.value, arena->span.count, arena->frame_counts, arena->group_counts};
}

static inline bool count_view_covers(const struct count_view *view, pfn_t frame)
{
    return frame.value - view->first < view->count;
}

static inline _Atomic uint32_t *count_word(const struct count_view *view, pfn_t frame)
{
    return &view->frame_counts[frame.value - view->first];
}

static inline _Atomic uint32_t *group_word(const struct count_view *view, pfn_t frame)
{
    return &view->group_counts[(frame.value >> GROUP_ORDER) - (view->first >> GROUP_ORDER)];
}

static inline uint32_t count_sum(uint32_t word, uint32_t group)
{
    return (word + (group >> 1)) & COUNT_MASK;
}

/* The word that makes a frame's count `count` under `group`. */
static inline uint32_t count_word_for(uint32_t count, uint32_t group)
{
    return (count - (group >> 1)) & COUNT_MASK;
}

/* References to a frame. A hint unless the caller owns the frame. */
static inline uint32_t count_read(const struct count_view *view, pfn_t frame)
{
    uint32_t group = atomic_load_explicit(group_word(view, frame), memory_order_relaxed);
    return count_sum(atomic_load_explicit(count_word(view, frame), memory_order_relaxed), group);
}

/* 0 -> 1 for a frame just taken. WHOLE is clear: the group is not out as one. */
static inline void count_take_one(const struct count_view *view, pfn_t frame)
{
    uint32_t group = atomic_load_explicit(group_word(view, frame), memory_order_relaxed);
    FRAME_DEBUG_ASSERT((group & GROUP_WHOLE) == 0 && count_read(view, frame) == 0);
    atomic_store_explicit(count_word(view, frame), count_word_for(1, group), memory_order_relaxed);
}

/* 1 -> 0 if the count is 1 and the frame is counted by itself; else false, nothing changed. */
static inline bool count_drop_one(const struct count_view *view, pfn_t frame)
{
    uint32_t group = atomic_load_explicit(group_word(view, frame), memory_order_relaxed);
    _Atomic uint32_t *word = count_word(view, frame);
    if ((group & GROUP_WHOLE) != 0 || count_sum(atomic_load_explicit(word, memory_order_relaxed), group) != 1) {
        return false;
    }
    atomic_store_explicit(word, count_word_for(0, group), memory_order_relaxed);
    return true;
}

/* 0 -> 1 for every frame of a run just taken. */
void counts_take_run(const struct count_view *view, struct frame_run run);

/* 1 -> 0 for every frame of `run` if all counts are 1. Otherwise the reason, nothing changed. */
enum frame_status counts_drop_run(const struct count_view *view, struct frame_run run);

/* n -> n + 1. FRAME_NOT_ALLOCATED if n is 0, FRAME_TOO_MANY_REFS. */
enum frame_status count_add_ref(const struct count_view *view, pfn_t frame);

/* n -> n - 1 for n > 1: FRAME_OK. FRAME_NOT_ALLOCATED if n is 0. FRAME_SHARED, nothing changed, if n is 1: the
 * caller holds the last reference, sees all that the others did, and must free the frame. */
enum frame_status count_drop_ref(const struct count_view *view, pfn_t frame);

#endif
