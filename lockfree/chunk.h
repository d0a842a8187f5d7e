/* SPDX-License-Identifier: MIT
 * A chunk: 512 frames, one cache line of bits. What is free in it, decided without locks.
 *
 * 1. Truth. A set bit is a free frame; there is nothing else to agree with. Whoever clears a bit owns the frame,
 *    whoever owns a frame may set its bit. A chunk that is free as a whole has no bit set at all: it is one bit of its
 *    chunk bitmap (chunk_bitmap.h).
 * 2. Transitions of a word.
 *      take    CAS or exchange, set bits -> 0       acquire
 *      give    fetch-or, own frames' bits -> 1      sequentially consistent
 *    and, of all eight words together,
 *      coalesce  eight times CAS, all ones -> 0: the chunk is the coalescer's as a whole. If one of them fails, those
 *      that
 *              succeeded are given back.
 * 3. What a give owes. The old value of the word says what it brought about:
 *      it was 0        the chunk may stand on no stack: look, and link it if so (index.h);
 *      it is all ones  the chunk may be free as a whole: look at the other seven, and coalesce if so.
 *    Nothing is overlooked: of all steps that make a word all ones, the last in the order of sequentially consistent
 *    operations is followed by its hart's look at the others, which then sees all ones too (chunk_is_full). A coalescer
 *    that gives back makes words all ones and looks again itself.
 * 4. Orders. A give releases what was written before it, a take acquires it; a word's read-modify-writes form one
 *    release sequence, so that a taker is ordered after every giver of the word's bits and not just the last. Contents
 *    of frames are ordered by core's fences through these very words. Sequential consistency is for point 3 and for
 *    the same argument in index.h: there two harts each write one word and then read the other's.
 * 5. ABA. A compare-and-swap of a word that succeeds on a value that came back is right all the same: the word holds
 *    its whole meaning and points nowhere.
 * 6. Progress. give is wait-free. A take is lock-free: its CAS fails only because another hart's step succeeded. A
 *    hart stopped in between keeps the frames whose bits it has cleared, 512 at most, and nothing else. */
#ifndef FRAMELAB_LOCKFREE_CHUNK_H
#define FRAMELAB_LOCKFREE_CHUNK_H

#include "atomic.h"
#include "bits.h"

struct chunk {
    _Alignas(CACHE_LINE) _Atomic uint64_t words[CHUNK_WORDS];
};

_Static_assert(sizeof(struct chunk) == CACHE_LINE, "a chunk is one line");

/* In all operations `retries` is the calling hart's count of compare-and-swaps that another hart's made fail. Nobody
 * waits after one: README.md has what waiting was measured to cost. */

/* Up to `count` frames into `frames`; `base` is the number of the chunk's first. Begins with word *from, goes round
 * once, and leaves in *from where it ended: whoever comes again begins there. Returns how many. */
uint32_t chunk_take(struct chunk *chunk, uint32_t *from, uint64_t base, pfn_t *frames, uint32_t count,
                    _Atomic uint64_t *retries);

/* Word by word all that was seen there, if it is still just that. Returns how many frames. */
uint32_t chunk_take_seen(struct chunk *chunk, const struct chunk_bits *seen, uint64_t base, pfn_t *frames,
                         _Atomic uint64_t *retries);

/* All that is free, added to `bits`. Returns how many. */
uint32_t chunk_take_all(struct chunk *chunk, struct chunk_bits *bits);

/* The frames from `offset` on, until `count` or one that is not free. Returns how many were taken: if fewer than
 * `count`, the caller wants to give them back. */
uint32_t chunk_take_range(struct chunk *chunk, uint32_t offset, uint32_t count, _Atomic uint64_t *retries);

/* Gives frames of one word back; returns the word as it was before. What the caller then owes: point 3. */
static inline uint64_t chunk_give(struct chunk *chunk, uint32_t w, uint64_t mask)
{
    FRAME_DEBUG_ASSERT(w < CHUNK_WORDS);
    FRAME_DEBUG_ASSERT(mask != 0);
    return shared_or_seq_cst(&chunk->words[w], mask);
}

/* What is free now. A hint, word by word. */
static inline struct chunk_bits chunk_look(const struct chunk *chunk)
{
    struct chunk_bits bits = {{0}};
    shared_begin();
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        bits.words[w] = bare_load_relaxed(&chunk->words[w]);
    }
    return bits;
}

/* Whether nothing seems to be free: a hint, for a search that looks at many chunks. */
static inline bool chunk_seems_empty(const struct chunk *chunk)
{
    uint64_t any = 0;
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        any |= shared_load_relaxed(&chunk->words[w]);
    }
    return any == 0;
}

/* What is free now, and how many. In one pass, since words that were just stored are slow to load two at a time. */
static inline uint32_t chunk_count(const struct chunk *chunk, struct chunk_bits *seen)
{
    uint64_t bytes = 0;
    shared_begin();
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        seen->words[w] = bare_load_relaxed(&chunk->words[w]);
        bytes += byte_counts(seen->words[w]);
    }
    return sum_bytes(bytes);
}

/* Whether any frame is free, and whether all are. Sequentially consistent, for the arguments of point 3. */
bool chunk_is_empty(const struct chunk *chunk);
bool chunk_is_full(const struct chunk *chunk);

#endif
