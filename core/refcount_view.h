/* SPDX-License-Identifier: MIT
 * Where an arena's counts are, and what the two rooms behind refcounts.h have in common: a byte for each group of 16
 * or 32 frames, with bits of several kinds.
 *
 * A group's byte is written without any atomic read-modify-write. Its rule: some bits are constant while anybody owns a
 * frame of the group, since only who owns all of them may change those; the others may then be changed by any such
 * owner, but in one direction. So harts that write to one byte at the same time all write the same. Who owns whole
 * groups has their bytes for himself, and reads and writes them many at a time. */
#ifndef FRAMELAB_CORE_REFCOUNT_VIEW_H
#define FRAMELAB_CORE_REFCOUNT_VIEW_H

#include <string.h>

#include "atomic.h"
#include "frame.h"

/* A hart's private copy, so that the fast path reads no shared descriptor. The words are found by absolute numbers,
 * with nothing to subtract: a tenth of a cache hit's time. */
struct refcount_view {
    uint64_t first;       /* of the arena's span */
    uint64_t count;       /* frames of the span; 0: no arena */
    uintptr_t frame_base; /* address that the word of frame 0 would have */
    uintptr_t group_base; /* and that of the byte of group 0 */
};

static inline struct refcount_view refcount_view_make(struct frame_run span, _Atomic uint32_t *frame_refcounts,
                                                      _Atomic uint8_t *group_bytes)
{
    uint64_t first = span.first.value;
    return (struct refcount_view){first, span.count, (uintptr_t)frame_refcounts - first * sizeof *frame_refcounts,
                                  (uintptr_t)group_bytes - (first >> CHUNK_ORDER) * CHUNK_GROUPS};
}

static inline bool refcount_view_covers(const struct refcount_view *view, pfn_t frame)
{
    return frame.value - view->first < view->count;
}

static inline _Atomic uint8_t *group_byte(const struct refcount_view *view, pfn_t frame)
{
    return (_Atomic uint8_t *)(view->group_base + (frame.value >> GROUP_ORDER));
}

/* The bits of a frame's group. */
static inline uint32_t group_bits(const struct refcount_view *view, pfn_t frame)
{
    return bare_load_relaxed(group_byte(view, frame));
}

static inline void group_store(const struct refcount_view *view, pfn_t frame, uint32_t bits)
{
    FRAME_DEBUG_ASSERT((bits & ~UINT32_C(0xff)) == 0);
    bare_store_relaxed(group_byte(view, frame), (uint8_t)bits);
}

/* ---- many groups, all of whose frames the caller owns ---- */

/* The bytes of sixteen groups, and of eight. They are the owner's alone, so that they may be read and
 * written without atomic accesses. (Who looks at a frame that he does not own reads them all the same: a hint, which
 * may be any byte that was there.) What is stored as one is loaded as one: a load across two recent stores has to wait
 * for both. */
typedef uint64_t sixteen_groups __attribute__((vector_size(16)));
#define SIXTEEN 16u
#define EIGHT 8u
_Static_assert(CHUNK_GROUPS % SIXTEEN == 0, "a chunk's groups are loaded and stored sixteen at a time");

/* The same bits in eight groups. */
static inline uint64_t in_eight(uint32_t bits)
{
    return bits * UINT64_C(0x0101010101010101);
}

/* The bytes from that of `first`'s group on. */
static inline uint8_t *own_groups(const struct refcount_view *view, pfn_t first)
{
    return (uint8_t *)(uintptr_t)group_byte(view, first);
}

/* Whether all of `count` groups have `wanted` of the bits in `mask`. */
static inline bool groups_are(const uint8_t *groups, uint64_t count, uint32_t mask, uint32_t wanted)
{
    sixteen_groups wrong_in_sixteen = {0};
    uint64_t i = 0, eight;
    for (; i + SIXTEEN <= count; i += SIXTEEN) {
        sixteen_groups sixteen;
        memcpy(&sixteen, &groups[i], sizeof sixteen);
        wrong_in_sixteen |= (sixteen ^ in_eight(wanted)) & in_eight(mask);
    }
    uint64_t wrong = wrong_in_sixteen[0] | wrong_in_sixteen[1];
    for (; i + EIGHT <= count; i += EIGHT) {
        memcpy(&eight, &groups[i], sizeof eight);
        wrong |= (eight ^ in_eight(wanted)) & in_eight(mask);
    }
    for (; i < count; i++) {
        wrong |= (groups[i] ^ wanted) & mask;
    }
    return wrong == 0;
}

/* Flips some bits and sets some in `count` groups. */
static inline void groups_change(uint8_t *groups, uint64_t count, uint32_t flip, uint32_t set)
{
    uint64_t i = 0, eight;
    for (; i + SIXTEEN <= count; i += SIXTEEN) {
        sixteen_groups sixteen;
        memcpy(&sixteen, &groups[i], sizeof sixteen);
        sixteen = (sixteen ^ in_eight(flip)) | in_eight(set);
        memcpy(&groups[i], &sixteen, sizeof sixteen);
    }
    for (; i + EIGHT <= count; i += EIGHT) {
        memcpy(&eight, &groups[i], sizeof eight);
        eight = (eight ^ in_eight(flip)) | in_eight(set);
        memcpy(&groups[i], &eight, sizeof eight);
    }
    for (; i < count; i++) {
        groups[i] = (uint8_t)((groups[i] ^ flip) | set);
    }
}

/* The piece of `run` that lies before the next multiple of `frames`, a power of two. */
static inline struct frame_run first_piece(struct frame_run run, uint64_t frames)
{
    FRAME_DEBUG_ASSERT(frames > 0 && (frames & (frames - 1)) == 0);
    uint64_t room = frames - (run.first.value & (frames - 1));
    return frame_run(run.first, run.count < room ? run.count : room);
}

static inline struct frame_run without(struct frame_run run, struct frame_run piece)
{
    FRAME_DEBUG_ASSERT(piece.count <= run.count);
    return frame_run(pfn(run.first.value + piece.count), run.count - piece.count);
}

/* Before the arena is in service: sets a bit of every group that `run` touches. */
static inline void groups_mark(const struct refcount_view *view, struct frame_run run, uint32_t group_bit)
{
    while (run.count > 0) {
        struct frame_run piece = first_piece(run, GROUP_FRAMES);
        group_store(view, piece.first, group_bits(view, piece.first) | group_bit);
        run = without(run, piece);
    }
}

#endif
