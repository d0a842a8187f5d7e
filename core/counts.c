/* SPDX-License-Identifier: MIT
 * Reference counts of runs and of shared frames. The theory stands in counts.h. */
#include "counts.h"

/* The piece of `run` that lies in the group of its first frame. */
static struct frame_run first_piece(struct frame_run run)
{
    uint64_t room = GROUP_FRAMES - (run.first.value & (GROUP_FRAMES - 1));
    return frame_run(run.first, run.count < room ? run.count : room);
}

static struct frame_run without(struct frame_run run, struct frame_run piece)
{
    return frame_run(pfn(run.first.value + piece.count), run.count - piece.count);
}

/* From now on the group's frames are counted one by one. The caller owns one of them, so the base is constant and
 * equal stores by several harts do no harm. Returns the new group word. */
static uint32_t group_split(_Atomic uint32_t *group_at)
{
    uint32_t group = atomic_load_explicit(group_at, memory_order_relaxed);
    if ((group & GROUP_WHOLE) != 0) {
        group &= ~GROUP_WHOLE;
        atomic_store_explicit(group_at, group, memory_order_relaxed);
    }
    return group;
}

static void store_counts(const struct count_view *view, struct frame_run piece, uint32_t word)
{
    _Atomic uint32_t *words = count_word(view, piece.first);
    for (uint64_t i = 0; i < piece.count; i++) {
        atomic_store_explicit(&words[i], word, memory_order_relaxed);
    }
}

void counts_take_run(const struct count_view *view, struct frame_run run)
{
    while (run.count > 0) {
        struct frame_run piece = first_piece(run);
        _Atomic uint32_t *group_at = group_word(view, piece.first);
        uint32_t group = atomic_load_explicit(group_at, memory_order_relaxed);
        FRAME_DEBUG_ASSERT(count_read(view, piece.first) == 0);
        if (piece.count == GROUP_FRAMES) {
            atomic_store_explicit(group_at, (group + 2) | GROUP_WHOLE, memory_order_relaxed);
        } else {
            store_counts(view, piece, count_word_for(1, group));
        }
        run = without(run, piece);
    }
}

/* Why a piece may not be freed, or FRAME_OK. */
static enum frame_status check_piece(const struct count_view *view, struct frame_run piece)
{
    uint32_t group = atomic_load_explicit(group_word(view, piece.first), memory_order_relaxed);
    if ((group & GROUP_WHOLE) != 0) {
        return FRAME_OK; /* all 64 counts are 1 */
    }
    const _Atomic uint32_t *words = count_word(view, piece.first);
    for (uint64_t i = 0; i < piece.count; i++) {
        uint32_t count = count_sum(atomic_load_explicit(&words[i], memory_order_relaxed), group);
        if (count != 1) {
            return count == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED;
        }
    }
    return FRAME_OK;
}

enum frame_status counts_drop_run(const struct count_view *view, struct frame_run run)
{
    for (struct frame_run rest = run; rest.count > 0; rest = without(rest, first_piece(rest))) {
        enum frame_status status = check_piece(view, first_piece(rest));
        if (status != FRAME_OK) {
            return status;
        }
    }
    while (run.count > 0) {
        struct frame_run piece = first_piece(run);
        _Atomic uint32_t *group_at = group_word(view, piece.first);
        uint32_t group = atomic_load_explicit(group_at, memory_order_relaxed);
        if ((group & GROUP_WHOLE) != 0 && piece.count == GROUP_FRAMES) {
            atomic_store_explicit(group_at, (group - 2) & ~GROUP_WHOLE, memory_order_relaxed);
        } else {
            store_counts(view, piece, count_word_for(0, group_split(group_at)));
        }
        run = without(run, piece);
    }
    return FRAME_OK;
}

enum frame_status count_add_ref(const struct count_view *view, pfn_t frame)
{
    if (count_read(view, frame) == 0) {
        return FRAME_NOT_ALLOCATED;
    }
    uint32_t group = group_split(group_word(view, frame));
    _Atomic uint32_t *word_at = count_word(view, frame);
    uint32_t word = atomic_load_explicit(word_at, memory_order_relaxed);
    do {
        uint32_t count = count_sum(word, group);
        if (count == 0) {
            return FRAME_NOT_ALLOCATED;
        }
        if (count >= COUNT_MAX) {
            return FRAME_TOO_MANY_REFS;
        }
        /* Relaxed: a new reference is made from one that the caller has; it publishes nothing. */
    } while (!atomic_compare_exchange_weak_explicit(word_at, &word, count_word_for(count_sum(word, group) + 1, group),
                                                    memory_order_relaxed, memory_order_relaxed));
    return FRAME_OK;
}

enum frame_status count_drop_ref(const struct count_view *view, pfn_t frame)
{
    uint32_t group = atomic_load_explicit(group_word(view, frame), memory_order_relaxed);
    _Atomic uint32_t *word_at = count_word(view, frame);
    /* Acquire, partner of the release below: who finds the count at 1 sees what the others did to the frame. */
    uint32_t word = atomic_load_explicit(word_at, memory_order_acquire);
    for (;;) {
        uint32_t count = count_sum(word, group);
        if (count <= 1) {
            return count == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED;
        }
        if (atomic_compare_exchange_weak_explicit(word_at, &word, count_word_for(count - 1, group),
                                                  memory_order_release, memory_order_acquire)) {
            return FRAME_OK;
        }
    }
}
