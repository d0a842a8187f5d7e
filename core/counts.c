/* SPDX-License-Identifier: MIT
 * Reference counts of runs and of shared frames. The theory stands in counts.h. */
#include "counts.h"

/* Frames of one group, but not all of it. */
static bool is_part_of_group(struct frame_run run)
{
    return run.count < GROUP_FRAMES && (run.first.value & (GROUP_FRAMES - 1)) + run.count <= GROUP_FRAMES;
}

/* Whole groups of one chunk as bits (bit g: group g), but not all of it; 0 if the run is something else. */
static uint64_t groups_of_run(struct frame_run run)
{
    uint64_t offset = run.first.value & (CHUNK_FRAMES - 1);
    if (((offset | run.count) & (GROUP_FRAMES - 1)) != 0 || offset + run.count > CHUNK_FRAMES ||
        run.count == CHUNK_FRAMES) {
        return 0;
    }
    return ((UINT64_C(1) << (run.count / GROUP_FRAMES)) - 1) << (offset / GROUP_FRAMES);
}

/* ---- taking ------------------------------------------------------------------------------------------------- */

/* Whole groups of one chunk (bit g: group g), flipped in one step. WHOLE is clear, and DIRTY is as it was when we
 * looked: these groups are ours. */
static void take_groups(_Atomic uint64_t *chunk_at, uint64_t chunk, uint64_t groups)
{
    uint64_t clean = ~chunk & groups * GROUP_DIRTY;
    atomic_fetch_xor_explicit(chunk_at, groups * (GROUP_PARITY | GROUP_WHOLE) | clean, memory_order_relaxed);
}

/* A run inside one chunk: its whole groups are flipped, all in one step, the rest is counted frame by frame. */
static void take_in_chunk(const struct count_view *view, struct frame_run run)
{
    _Atomic uint64_t *chunk_at = chunk_word(view, run.first);
    uint64_t chunk = atomic_load_explicit(chunk_at, memory_order_relaxed);
    uint64_t whole = 0; /* a bit a group */
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, GROUP_FRAMES);
        uint32_t g = group_of(piece.first);
        if (piece.count == GROUP_FRAMES) {
            FRAME_DEBUG_ASSERT((chunk >> g & GROUP_WHOLE) == 0 && count_read(view, piece.first) == 0);
            whole |= UINT64_C(1) << g;
        } else {
            counts_take_part(view, piece);
        }
        run = without(run, piece);
    }
    if (whole != 0) {
        take_groups(chunk_at, chunk, whole);
    }
}

/* Any run. */
__attribute__((noinline)) static void take_pieces(const struct count_view *view, struct frame_run run)
{
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, CHUNK_FRAMES);
        if (piece.count == CHUNK_FRAMES) {
            counts_take_chunk(view, piece.first);
        } else {
            take_in_chunk(view, piece);
        }
        run = without(run, piece);
    }
}

void counts_take_run(const struct count_view *view, struct frame_run run)
{
    uint64_t groups;
    if (is_part_of_group(run)) {
        counts_take_part(view, run);
    } else if ((groups = groups_of_run(run)) != 0) {
        _Atomic uint64_t *chunk_at = chunk_word(view, run.first);
        take_groups(chunk_at, atomic_load_explicit(chunk_at, memory_order_relaxed), groups);
    } else {
        take_pieces(view, run);
    }
}

/* ---- dropping ----------------------------------------------------------------------------------------------- */

/* Why a piece inside one group may not be freed, or FRAME_OK. */
static enum frame_status check_piece(const struct count_view *view, struct frame_run piece)
{
    uint64_t group = group_bits(view, piece.first);
    if ((group & GROUP_WHOLE) != 0 || counts_are_one(view, piece, group)) {
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

/* Whether one look shows that all counts of the chunk are 1. */
static bool chunk_is_owned(const struct count_view *view, pfn_t first)
{
    return (atomic_load_explicit(chunk_word(view, first), memory_order_relaxed) & CHUNK_WHOLE) == CHUNK_WHOLE;
}

/* From now on the groups of these bits (bit g: group g) are counted frame by frame. The caller owns a frame of each. */
static void groups_split(_Atomic uint64_t *chunk_at, uint64_t groups)
{
    atomic_fetch_and_explicit(chunk_at, ~(groups * GROUP_WHOLE), memory_order_relaxed);
}

/* Part of a group, every count of which is 1. */
static void drop_in_group(const struct count_view *view, struct frame_run piece)
{
    uint64_t group = group_bits(view, piece.first);
    if ((group & GROUP_WHOLE) != 0) {
        groups_split(chunk_word(view, piece.first), UINT64_C(1) << group_of(piece.first));
    }
    counts_store(view, piece, FRAME_DIRTY | frame_parity(group));
}

/* Whole groups of one chunk, if all of them are WHOLE; else false, nothing changed. */
static bool drop_groups(_Atomic uint64_t *chunk_at, uint64_t groups)
{
    uint64_t chunk = atomic_load_explicit(chunk_at, memory_order_relaxed);
    if ((chunk & groups * GROUP_WHOLE) != groups * GROUP_WHOLE) {
        return false;
    }
    atomic_fetch_xor_explicit(chunk_at, groups * (GROUP_PARITY | GROUP_WHOLE), memory_order_relaxed);
    return true;
}

/* A run inside one chunk, every count of which is 1. */
static void drop_in_chunk(const struct count_view *view, struct frame_run run)
{
    _Atomic uint64_t *chunk_at = chunk_word(view, run.first);
    uint64_t chunk = atomic_load_explicit(chunk_at, memory_order_relaxed);
    uint64_t back = 0; /* a bit for each group that goes back as it came */
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, GROUP_FRAMES);
        uint32_t g = group_of(piece.first);
        if ((chunk >> g & GROUP_WHOLE) != 0 && piece.count == GROUP_FRAMES) {
            back |= UINT64_C(1) << g;
        } else {
            drop_in_group(view, piece);
        }
        run = without(run, piece);
    }
    if (back != 0) {
        atomic_fetch_xor_explicit(chunk_at, back * (GROUP_PARITY | GROUP_WHOLE), memory_order_relaxed);
    }
}

/* Any run. */
__attribute__((noinline)) static enum frame_status drop_pieces(const struct count_view *view, struct frame_run run)
{
    for (struct frame_run rest = run; rest.count > 0;) {
        struct frame_run piece = first_piece(rest, CHUNK_FRAMES);
        enum frame_status status = FRAME_OK;
        if (piece.count < CHUNK_FRAMES || !chunk_is_owned(view, piece.first)) {
            piece = first_piece(rest, GROUP_FRAMES);
            status = check_piece(view, piece);
        }
        if (status != FRAME_OK) {
            return status;
        }
        rest = without(rest, piece);
    }
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, CHUNK_FRAMES);
        if (piece.count < CHUNK_FRAMES || !counts_drop_chunk(view, piece.first)) {
            drop_in_chunk(view, piece);
        }
        run = without(run, piece);
    }
    return FRAME_OK;
}

enum frame_status counts_drop_run(const struct count_view *view, struct frame_run run)
{
    if (is_part_of_group(run)) {
        enum frame_status status = check_piece(view, run);
        if (status == FRAME_OK) {
            drop_in_group(view, run);
        }
        return status;
    }
    uint64_t groups = groups_of_run(run);
    bool dropped = groups != 0 && drop_groups(chunk_word(view, run.first), groups);
    return dropped ? FRAME_OK : drop_pieces(view, run);
}

/* ---- zeroes ------------------------------------------------------------------------------------------------- */

void counts_mark_zero(const struct count_view *view, pfn_t first)
{
    _Atomic uint32_t *words = frame_word(view, first);
    _Atomic uint64_t *chunk_at = chunk_word(view, first);
    for (uint64_t i = 0; i < CHUNK_FRAMES; i++) {
        uint32_t word = atomic_load_explicit(&words[i], memory_order_relaxed);
        atomic_store_explicit(&words[i], word & ~FRAME_DIRTY, memory_order_relaxed);
    }
    uint64_t chunk = atomic_load_explicit(chunk_at, memory_order_relaxed);
    atomic_store_explicit(chunk_at, chunk & ~CHUNK_DIRTY, memory_order_relaxed);
}

/* ---- references --------------------------------------------------------------------------------------------- */

enum frame_status count_add_ref(const struct count_view *view, pfn_t frame)
{
    uint64_t group = group_bits(view, frame);
    _Atomic uint32_t *word_at = frame_word(view, frame);
    uint32_t word = atomic_load_explicit(word_at, memory_order_relaxed);
    if (count_sum(word, group) > 0 && (group & GROUP_WHOLE) != 0) {
        groups_split(chunk_word(view, frame), UINT64_C(1) << group_of(frame));
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
    } while (!atomic_compare_exchange_weak_explicit(word_at, &word, word + FRAME_COUNT_ONE, memory_order_relaxed,
                                                    memory_order_relaxed));
    return FRAME_OK;
}

enum frame_status count_drop_ref(const struct count_view *view, pfn_t frame)
{
    uint64_t group = group_bits(view, frame);
    _Atomic uint32_t *word_at = frame_word(view, frame);
    /* Acquire, partner of the release below: who finds the count at 1 sees what the others did to the frame. */
    uint32_t word = atomic_load_explicit(word_at, memory_order_acquire);
    for (;;) {
        uint32_t count = count_sum(word, group);
        if (count <= 1) {
            return count == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED;
        }
        if (atomic_compare_exchange_weak_explicit(word_at, &word, word - FRAME_COUNT_ONE, memory_order_release,
                                                  memory_order_acquire)) {
            return FRAME_OK;
        }
    }
}
