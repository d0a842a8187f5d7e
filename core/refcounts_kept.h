/* SPDX-License-Identifier: MIT
 * Reference counts of frames, cheap for one frame and for 512; and which free frames are known to hold zeroes.
 *
 * 1. Words. A frame has a word {count, DIRTY, parity}. A group of 16 frames has a byte {parity, WHOLE, DIRTY}.
 *        references(f) = count of f's word + (parity of f's word xor parity of f's group)
 *    0: free; 1: one owner; n: n references.
 * 2. Normal form. Of a free frame the count is 0 and the parity is its group's. So if all 16 frames of a group are
 *    free, flipping the group's parity raises every count from 0 to 1; if nobody has touched a word since, flipping it
 *    again lowers them to 0. A run of 2 MiB costs two stores instead of 512 in 32 lines.
 * 3. WHOLE says that the group was handed out by such a flip and that none of its frames has been counted by itself
 *    since. While it is set, one look at the group's byte is a look at all 16 frames. Whoever touches a single frame's
 *    count clears it first; several harts may do so at once.
 * 4. Who may change what. A group's parity and DIRTY change, and WHOLE is set, only by a hart that owns
 *    all 16 frames. So they are constant for anyone who owns one of them, and a change is ordered before the next
 *    owner's look by the give and the take in between. WHOLE is cleared by owners of one frame, too: by a load and a
 *    store, for all who may do so at once store the same byte, and until the last of them has, nobody owns all 16. So
 *    no change of a group needs a read-modify-write. A frame's word changes from no reference to one and back only by
 *    the frame's owner, with plain stores; from one to two it has been split off its group, and between owners it
 *    changes by compare-and-swap, by a whole count.
 * 5. DIRTY. A free frame holds zeroes if neither its word nor its group is DIRTY. Both bits are set by whoever takes
 *    the frame, in the store that counts it: the frame's if it is taken by itself, the group's if as part of the group.
 *    They are cleared by a hart that owns all 512 frames of a chunk and has zeroed them. What is in use stays DIRTY
 *    whatever its owner writes to it: who wants to know must look before the take.
 * 6. Orders. All words are relaxed: what must be ordered is the frame's content, by the fences that stand around take
 *    and give (hart_cache.c), and by release and acquire of unref (refcounts_kept.c). */
#ifndef FRAMELAB_CORE_REFCOUNTS_KEPT_H
#define FRAMELAB_CORE_REFCOUNTS_KEPT_H

#include "refcount_view.h"

/* A frame's word: parity, DIRTY, and above them the count. The highest bit is always 0 (FRAME_MARK). */
#define FRAME_PARITY UINT32_C(1)
#define FRAME_DIRTY UINT32_C(2)
#define FRAME_COUNT_ONE UINT32_C(4)
#define FRAME_COUNT_SHIFT 2u

/* References that a frame may have; far from the highest bit. */
#define COUNT_MAX UINT32_C(0x0fffffff)

/* A group's byte. */
#define GROUP_PARITY UINT32_C(1)
#define GROUP_WHOLE UINT32_C(2)
#define GROUP_DIRTY UINT32_C(4)

/* This room counts references. */
#define COUNTS_REFERENCES true
/* Bytes of metadata for a frame. */
#define FRAME_COUNT_BYTES sizeof(uint32_t)

static inline _Atomic uint32_t *frame_word(const struct refcount_view *view, pfn_t frame)
{
    return (_Atomic uint32_t *)(view->frame_base + frame.value * sizeof(uint32_t));
}

/* The parity of a free frame's word in a group with these bits. */
static inline uint32_t frame_parity(uint32_t group)
{
    return group & FRAME_PARITY;
}

/* References of a frame with this word in a group with these bits. */
static inline uint32_t count_sum(uint32_t word, uint32_t group)
{
    return (word >> FRAME_COUNT_SHIFT) + ((word ^ group) & FRAME_PARITY);
}

/* References to a frame. A hint unless the caller owns the frame. */
static inline uint32_t count_read(const struct refcount_view *view, pfn_t frame)
{
    uint32_t group = group_bits(view, frame);
    return count_sum(bare_load_relaxed(frame_word(view, frame)), group);
}

/* Whether a free frame that the caller owns is known to hold zeroes. */
static inline bool count_is_zero(const struct refcount_view *view, pfn_t frame)
{
    FRAME_DEBUG_ASSERT(refcount_view_covers(view, frame));
    uint32_t word = bare_load_relaxed(frame_word(view, frame));
    return (word & FRAME_DIRTY) == 0 && (group_bits(view, frame) & GROUP_DIRTY) == 0;
}

/* 0 -> 1 for a frame just taken. WHOLE is clear: the group is not out as one. */
static inline void count_take_one(const struct refcount_view *view, pfn_t frame)
{
    uint32_t group = group_bits(view, frame);
    FRAME_DEBUG_ASSERT((group & GROUP_WHOLE) == 0 && count_read(view, frame) == 0);
    bare_store_relaxed(frame_word(view, frame), FRAME_COUNT_ONE | FRAME_DIRTY | frame_parity(group));
}

/* 1 -> 0 if the count is 1 and the frame is counted by itself; else false, nothing changed. */
static inline bool count_drop_one(const struct refcount_view *view, pfn_t frame)
{
    uint32_t group = group_bits(view, frame);
    _Atomic uint32_t *word = frame_word(view, frame);
    if ((group & GROUP_WHOLE) != 0 || count_sum(bare_load_relaxed(word), group) != 1) {
        return false;
    }
    bare_store_relaxed(word, FRAME_DIRTY | frame_parity(group));
    return true;
}

/* ---- whole groups ---- */

/* 0 -> 1 for all frames of some groups, just taken. */
static inline void refcounts_take_groups(const struct refcount_view *view, pfn_t first, uint64_t groups)
{
    FRAME_DEBUG_ASSERT(groups_are(own_groups(view, first), groups, GROUP_WHOLE, 0) && count_read(view, first) == 0);
    groups_change(own_groups(view, first), groups, GROUP_PARITY, GROUP_WHOLE | GROUP_DIRTY);
}

/* 1 -> 0 for all frames of some groups if all are WHOLE; else false, nothing changed. */
static inline bool refcounts_drop_groups(const struct refcount_view *view, pfn_t first, uint64_t groups)
{
    FRAME_DEBUG_ASSERT(groups > 0);
    FRAME_DEBUG_ASSERT((first.value & (GROUP_FRAMES - 1)) == 0);
    if (!groups_are(own_groups(view, first), groups, GROUP_WHOLE, GROUP_WHOLE)) {
        return false;
    }
    groups_change(own_groups(view, first), groups, GROUP_PARITY | GROUP_WHOLE, 0);
    return true;
}

/* ---- parts of a group ---- */

/* Four words. A run's words are its owner's alone, so that they may be read and written without atomic accesses, four
 * at a time. (frame_ref_count of a frame that one does not own reads them all the same: a hint, which may be any word
 * that was there.) */
typedef uint32_t four_words __attribute__((vector_size(16)));
#define FOUR (sizeof(four_words) / sizeof(uint32_t))

static inline uint32_t *own_words(const struct refcount_view *view, pfn_t first)
{
    return (uint32_t *)(uintptr_t)frame_word(view, first);
}

static inline void refcounts_store(const struct refcount_view *view, struct frame_run run, uint32_t word)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint32_t *words = own_words(view, run.first);
    uint64_t left = run.count;
    const four_words same = {word, word, word, word};
    for (; left >= FOUR; left -= FOUR, words += FOUR) {
        memcpy(words, &same, sizeof same);
    }
    for (; left > 0; left--, words++) {
        *words = word;
    }
}

/* Whether all counts are 1, in a group with these bits and without WHOLE. */
static inline bool refcounts_are_one(const struct refcount_view *view, struct frame_run run, uint32_t group)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    const uint32_t *words = own_words(view, run.first);
    uint64_t left = run.count;
    four_words wrong = {0};
    for (; left >= FOUR; left -= FOUR, words += FOUR) {
        four_words four;
        memcpy(&four, words, sizeof four);
        wrong |= ((four >> FRAME_COUNT_SHIFT) + ((four ^ group) & FRAME_PARITY)) ^ 1u;
    }
    uint32_t bad = wrong[0] | wrong[1] | wrong[2] | wrong[3];
    for (; left > 0; left--, words++) {
        bad |= count_sum(*words, group) ^ 1u;
    }
    return bad == 0;
}

/* 0 -> 1 for some frames of one group, just taken, but not all. */
static inline void refcounts_take_part(const struct refcount_view *view, struct frame_run part)
{
    uint32_t group = group_bits(view, part.first);
    FRAME_DEBUG_ASSERT((group & GROUP_WHOLE) == 0 && count_read(view, part.first) == 0);
    refcounts_store(view, part, FRAME_COUNT_ONE | FRAME_DIRTY | frame_parity(group));
}

/* 1 -> 0 for some frames of one group if each is counted by itself and all counts are 1; else false, nothing changed.
 */
static inline bool refcounts_drop_part(const struct refcount_view *view, struct frame_run part)
{
    FRAME_DEBUG_ASSERT(part.count > 0);
    uint32_t group = group_bits(view, part.first);
    if ((group & GROUP_WHOLE) != 0 || !refcounts_are_one(view, part, group)) {
        return false;
    }
    refcounts_store(view, part, FRAME_DIRTY | frame_parity(group));
    return true;
}

/* ---- runs ---- */

/* 0 -> 1 for every frame of a run just taken. */
void refcounts_take_run(const struct refcount_view *view, struct frame_run run);

/* 1 -> 0 for every frame of `run` if all counts are 1. Otherwise the reason, nothing changed. */
enum frame_status refcounts_drop_run(const struct refcount_view *view, struct frame_run run);

/* What to say of a run that refcounts_drop_run called FRAME_NOT_ALLOCATED, and that is ours: it is free. */
static inline enum frame_status refcounts_drop_ours(const struct refcount_view *view, struct frame_run run)
{
    (void)view;
    (void)run;
    return FRAME_NOT_ALLOCATED;
}

/* Before the arena is in service, all words 0: nothing is to be done. */
static inline void refcounts_init(const struct refcount_view *view, struct frame_run span,
                                  const struct frame_run *regions, uint32_t count)
{
    (void)view;
    (void)span;
    (void)regions;
    (void)count;
}

/* The caller owns all frames of the free chunk that begins at `first`, and they hold zeroes. */
void refcounts_mark_zero(const struct refcount_view *view, pfn_t first);

/* Before the arena is in service: the groups that `run` touches do not hold zeroes. */
static inline void refcounts_mark_dirty(const struct refcount_view *view, struct frame_run run)
{
    groups_mark(view, run, GROUP_DIRTY);
}

/* Asks for the words of runs that are about to be handed out, which nobody may have touched for long: so that they
 * arrive side by side, and before they are wanted. */
static inline void refcounts_prefetch(const struct refcount_view *view, const pfn_t *firsts, uint32_t count)
{
    uintptr_t line = 0;
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t next = (uintptr_t)frame_word(view, firsts[i]) / CACHE_LINE;
        if (next != line && refcount_view_covers(view, firsts[i])) {
            platform_prefetch(frame_word(view, firsts[i]));
        }
        line = next;
    }
}

/* n -> n + 1. FRAME_NOT_ALLOCATED if n is 0, FRAME_TOO_MANY_REFS. */
enum frame_status count_add_ref(const struct refcount_view *view, pfn_t frame);

/* n -> n - 1 for n > 1: FRAME_OK. FRAME_NOT_ALLOCATED if n is 0. FRAME_SHARED, nothing changed, if n is 1: the
 * caller holds the last reference, sees all that the others did, and must free the frame. */
enum frame_status count_drop_ref(const struct refcount_view *view, pfn_t frame);

/* ---- marks, at rest (validate.c) ---- */

/* A frame's mark is the bit of its word that is always 0: all are marked in one pass. */
#define MARK_PASSES 1u
#define FRAME_MARK UINT32_C(0x80000000)

static inline bool mark_is_due(pfn_t frame, uint32_t pass)
{
    (void)frame;
    return pass == 0;
}

static inline bool mark_is_set(const struct refcount_view *view, pfn_t frame)
{
    return (bare_load_relaxed(frame_word(view, frame)) & FRAME_MARK) != 0;
}

static inline void mark_set(const struct refcount_view *view, pfn_t frame, bool set)
{
    _Atomic uint32_t *word_at = frame_word(view, frame);
    uint32_t word = bare_load_relaxed(word_at) & ~FRAME_MARK;
    bare_store_relaxed(word_at, word | (set ? FRAME_MARK : 0));
}

/* Whether an unmarked frame may lie in the allocator: it has no reference, and its group is not out as one. */
static inline bool count_may_be_free(const struct refcount_view *view, pfn_t frame)
{
    return (group_bits(view, frame) & GROUP_WHOLE) == 0 && count_read(view, frame) == 0;
}

/* And whether it may be out. */
static inline bool count_may_be_out(const struct refcount_view *view, pfn_t frame)
{
    return count_read(view, frame) != 0;
}

#endif
