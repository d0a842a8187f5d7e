/* SPDX-License-Identifier: MIT
 * Bit tricks on 512 bits that belong to one hart alone: a chunk's frames in hand, or a snapshot of a chunk. A set bit
 * is a free frame. Nothing here is atomic. */
#ifndef FRAMELAB_LOCKFREE_BITS_H
#define FRAMELAB_LOCKFREE_BITS_H

#include "frame.h"

#define CHUNK_WORDS (CHUNK_FRAMES / 64)
/* An offset in a chunk that stands for "none". */
#define CHUNK_END ((uint32_t)CHUNK_FRAMES)

struct chunk_bits {
    uint64_t words[CHUNK_WORDS];
};

/* The bits of word `w` that lie in [offset, offset + count). */
static inline uint64_t range_mask(uint32_t offset, uint32_t count, uint32_t w)
{
    uint32_t start = w * 64, end = offset + count;
    if (end <= start || offset >= start + 64) {
        return 0;
    }
    uint64_t from = offset > start ? ~UINT64_C(0) << (offset - start) : ~UINT64_C(0);
    uint64_t below = end - start < 64 ? (UINT64_C(1) << (end - start)) - 1 : ~UINT64_C(0);
    return from & below;
}

/* The lowest `count` set bits of `bits`, all if there are fewer. */
static inline uint64_t lowest_bits(uint64_t bits, uint32_t count)
{
    if (count >= (uint32_t)__builtin_popcountll(bits)) {
        return bits;
    }
    uint64_t rest = bits;
    while (count-- > 0) {
        rest &= rest - 1;
    }
    return bits ^ rest;
}

static inline uint32_t bits_count(const struct chunk_bits *bits)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        count += (uint32_t)__builtin_popcountll(bits->words[w]);
    }
    return count;
}

static inline void bits_set(struct chunk_bits *bits, uint32_t offset, uint32_t count)
{
    for (uint32_t w = offset / 64; w <= (offset + count - 1) / 64; w++) {
        bits->words[w] |= range_mask(offset, count, w);
    }
}

static inline void bits_clear(struct chunk_bits *bits, uint32_t offset, uint32_t count)
{
    for (uint32_t w = offset / 64; w <= (offset + count - 1) / 64; w++) {
        bits->words[w] &= ~range_mask(offset, count, w);
    }
}

/* Moves up to `count` frames out of `bits`, the lowest first; `base` is the number of the chunk's first. Returns how
 * many. */
uint32_t bits_take(struct chunk_bits *bits, uint64_t base, pfn_t *frames, uint32_t count);

/* The first offset >= `from` that is free, or that is not; CHUNK_END if there is none. */
uint32_t bits_next_free(const struct chunk_bits *bits, uint32_t from);
uint32_t bits_next_used(const struct chunk_bits *bits, uint32_t from);

/* The lowest offset of `count` free frames in a row at a multiple of 2^align_order; CHUNK_END if there is none.
 * 0 < count <= CHUNK_FRAMES. */
uint32_t bits_find(const struct chunk_bits *bits, uint32_t count, uint32_t align_order);

#endif
