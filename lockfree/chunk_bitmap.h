/* SPDX-License-Identifier: MIT
 * A chunk bitmap: 64 chunks, 128 MiB, one bit for each chunk that is free as a whole.
 *
 * 1. Truth. A set bit of `whole` is a free chunk whose own bits (chunk.h) are all clear. Whoever clears the bit owns
 *    all 512 frames; whoever owns all 512 may set it. So each free frame is said to be free in one place: its chunk's
 *    bit, or its chunk bitmap's.
 * 2. Transitions, as of a chunk's word: take by CAS (acquire), give by fetch-or (sequentially consistent); a batch of
 *    up to 64 chunks is one step. A give that finds the word 0 owes a look at the chunk bitmap's index node (index.h).
 * 3. `zero` marks chunks that are known to hold zeroes. It is a hint, and only the chunk's owner writes it: it is set
 *    before the chunk's bit is set, and cleared after that was taken. So relaxed order is enough: the bit of `whole`
 *    orders it.
 * 4. ABA, progress: as chunk.h, 5 and 6. */
#ifndef FRAMELAB_LOCKFREE_CHUNK_BITMAP_H
#define FRAMELAB_LOCKFREE_CHUNK_BITMAP_H

#include "chunk.h"
#include "index.h"

#define BITMAP_ORDER 6u
#define BITMAP_CHUNKS (UINT32_C(1) << BITMAP_ORDER)

struct chunk_bitmap {
    _Alignas(CACHE_LINE) _Atomic uint64_t whole;
    _Atomic uint64_t zero;
    struct index_node node;
};

_Static_assert(sizeof(struct chunk_bitmap) == CACHE_LINE, "a chunk bitmap is one line");

static inline uint64_t bitmap_look(const struct chunk_bitmap *bitmap)
{
    return shared_load_relaxed(&bitmap->whole);
}

enum zero_wish {
    ZERO_LAST, /* those known to be zero only if there are not enough others */
    ZERO_ONLY,
};

/* Up to `count` whole chunks; returns their bits. */
uint64_t bitmap_take(struct chunk_bitmap *bitmap, uint32_t count, enum zero_wish wish, _Atomic uint64_t *retries);

/* Up to `count` runs of 2^order chunks, aligned to their size (order <= BITMAP_ORDER); returns the bits of all. */
uint64_t bitmap_take_runs(struct chunk_bitmap *bitmap, uint32_t order, uint32_t count, _Atomic uint64_t *retries);

/* `count` chunks in a row, aligned to 2^align_order chunks (align_order <= BITMAP_ORDER); their bits, or 0. */
uint64_t bitmap_take_run(struct chunk_bitmap *bitmap, uint32_t count, uint32_t align_order, _Atomic uint64_t *retries);

/* Exactly the chunks of `mask`; false, nothing changed, if one is not whole. */
bool bitmap_take_exactly(struct chunk_bitmap *bitmap, uint64_t mask, _Atomic uint64_t *retries);

/* Whether no chunk is whole. Sequentially consistent, for index.h, 2. */
static inline bool bitmap_is_empty(const struct chunk_bitmap *bitmap)
{
    return shared_load_seq_cst(&bitmap->whole) == 0;
}

/* Gives chunks back; returns the word as it was before. */
uint64_t bitmap_give(struct chunk_bitmap *bitmap, uint64_t mask, bool zero);

#endif
