/* SPDX-License-Identifier: MIT
 * Reference counts of runs and of shared frames. The theory stands in refcounts_kept.h. */
#include "refcounts_kept.h"

/* The first piece of a run: as many whole groups as lie in one chunk, or a part of one group. */
static struct frame_run next_piece(struct frame_run run)
{
    struct frame_run piece = first_piece(run, CHUNK_FRAMES);
    uint64_t in_groups = align_down_u64(piece.count, GROUP_FRAMES);
    bool is_part = (run.first.value & (GROUP_FRAMES - 1)) != 0 || in_groups == 0;
    return is_part ? first_piece(run, GROUP_FRAMES) : frame_run(run.first, in_groups);
}

static uint64_t groups_in(struct frame_run piece)
{
    return piece.count >> GROUP_ORDER;
}

void refcounts_take_run(const struct refcount_view *view, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    FRAME_DEBUG_ASSERT(refcount_view_covers(view, run.first));
    while (run.count > 0) {
        struct frame_run piece = next_piece(run);
        if (piece.count < GROUP_FRAMES) {
            refcounts_take_part(view, piece);
        } else {
            refcounts_take_groups(view, piece.first, groups_in(piece));
        }
        run = without(run, piece);
    }
}

/* ---- dropping ----------------------------------------------------------------------------------------------- */

/* Why a piece inside one group may not be freed, or FRAME_OK. */
static enum frame_status check_in_group(const struct refcount_view *view, struct frame_run piece)
{
    FRAME_DEBUG_ASSERT(piece.count > 0 && piece.count <= GROUP_FRAMES);
    uint32_t group = group_bits(view, piece.first);
    /* A single frame may be shared, and others at its count: that is read by atomic accesses only. */
    if ((group & GROUP_WHOLE) != 0 || (piece.count > 1 && refcounts_are_one(view, piece, group))) {
        return FRAME_OK; /* WHOLE: all counts are 1 */
    }
    for (uint64_t i = 0; i < piece.count; i++) {
        uint32_t count = count_read(view, pfn(piece.first.value + i));
        if (count != 1) {
            return count == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED;
        }
    }
    return FRAME_OK; /* it has become so since: not our doing */
}

/* Why a run may not be freed, or FRAME_OK. */
static enum frame_status check_run(const struct refcount_view *view, struct frame_run run)
{
    enum frame_status status = FRAME_OK;
    while (run.count > 0 && status == FRAME_OK) {
        struct frame_run piece = next_piece(run);
        if (!groups_are(own_groups(view, piece.first), groups_in(piece), GROUP_WHOLE, GROUP_WHOLE) ||
            piece.count < GROUP_FRAMES) {
            piece = first_piece(run, GROUP_FRAMES);
            status = check_in_group(view, piece);
        }
        run = without(run, piece);
    }
    return status;
}

/* From now on a frame's group is counted frame by frame. The caller owns the frame. */
static void group_split(const struct refcount_view *view, pfn_t frame)
{
    uint32_t group = group_bits(view, frame);
    if ((group & GROUP_WHOLE) != 0) {
        group_store(view, frame, group & ~GROUP_WHOLE);
    }
}

/* 1 -> 0 for frames of one group, counted by themselves from now on. */
static void drop_in_group(const struct refcount_view *view, struct frame_run piece)
{
    FRAME_DEBUG_ASSERT(piece.count > 0 && piece.count <= GROUP_FRAMES);
    group_split(view, piece.first);
    refcounts_store(view, piece, FRAME_DIRTY | frame_parity(group_bits(view, piece.first)));
}

enum frame_status refcounts_drop_run(const struct refcount_view *view, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    FRAME_DEBUG_ASSERT(refcount_view_covers(view, run.first));
    enum frame_status status = check_run(view, run);
    while (run.count > 0 && status == FRAME_OK) {
        struct frame_run piece = next_piece(run);
        if (piece.count < GROUP_FRAMES || !refcounts_drop_groups(view, piece.first, groups_in(piece))) {
            piece = first_piece(run, GROUP_FRAMES);
            drop_in_group(view, piece);
        }
        run = without(run, piece);
    }
    return status;
}

/* ---- zeroes ------------------------------------------------------------------------------------------------- */

void refcounts_mark_zero(const struct refcount_view *view, pfn_t first)
{
    FRAME_DEBUG_ASSERT(first.value % CHUNK_FRAMES == 0);
    for (uint64_t i = 0; i < CHUNK_FRAMES; i++) {
        _Atomic uint32_t *word_at = frame_word(view, pfn(first.value + i));
        uint32_t word = bare_load_relaxed(word_at);
        bare_store_relaxed(word_at, word & ~FRAME_DIRTY);
    }
    for (uint64_t i = 0; i < CHUNK_FRAMES; i += GROUP_FRAMES) {
        pfn_t frame = pfn(first.value + i);
        group_store(view, frame, group_bits(view, frame) & ~GROUP_DIRTY);
    }
}

/* ---- references --------------------------------------------------------------------------------------------- */

enum frame_status count_add_ref(const struct refcount_view *view, pfn_t frame)
{
    FRAME_DEBUG_ASSERT(refcount_view_covers(view, frame));
    uint32_t group = group_bits(view, frame);
    _Atomic uint32_t *word_at = frame_word(view, frame);
    uint32_t word = bare_load_relaxed(word_at);
    if (count_sum(word, group) > 0) {
        group_split(view, frame);
    }
    do {
        uint32_t count = count_sum(word, group);
        if (count == 0) {
            return FRAME_NOT_ALLOCATED;
        }
        if (count >= COUNT_MAX) {
            return FRAME_TOO_MANY_REFS;
        }
        /* Relaxed: a new reference is made from one that the caller has; it publishes nothing. */
    } while (!bare_cas_weak_relaxed(word_at, &word, word + FRAME_COUNT_ONE));
    return FRAME_OK;
}

enum frame_status count_drop_ref(const struct refcount_view *view, pfn_t frame)
{
    FRAME_DEBUG_ASSERT(refcount_view_covers(view, frame));
    uint32_t group = group_bits(view, frame);
    _Atomic uint32_t *word_at = frame_word(view, frame);
    /* Acquire, partner of the release below: who finds the count at 1 sees what the others did to the frame. */
    uint32_t word = bare_load_acquire(word_at);
    for (;;) {
        uint32_t count = count_sum(word, group);
        if (count <= 1) {
            return count == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED;
        }
        if (bare_cas_weak_release_acquire(word_at, &word, word - FRAME_COUNT_ONE)) {
            return FRAME_OK;
        }
    }
}
