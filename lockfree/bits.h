/* SPDX-License-Identifier: MIT
 * Bit tricks on 512 bits that belong to one hart alone: a chunk's local frames, or a snapshot of a chunk. A set bit
 * is a free frame. Nothing here is atomic. */
#ifndef FRAMELAB_LOCKFREE_BITS_H
#define FRAMELAB_LOCKFREE_BITS_H

#include "frame.h"
#include "platform.h"

#define CHUNK_WORDS (CHUNK_FRAMES / 64)
/* An offset in a chunk that stands for "none". */
#define CHUNK_END ((uint32_t)CHUNK_FRAMES)

struct chunk_bits {
    uint64_t words[CHUNK_WORDS];
};

/* Set bits of a word as eight sums, a byte each. By hand, because the portable instruction set has no popcount and
 * the compiler's stand-in is a call. */
static inline uint64_t byte_counts(uint64_t word)
{
    word -= word >> 1 & 0x5555555555555555u;
    word = (word & 0x3333333333333333u) + (word >> 2 & 0x3333333333333333u);
    return (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fu;
}

/* The sum of eight bytes. */
static inline uint32_t sum_bytes(uint64_t bytes)
{
    uint64_t pairs = (bytes & 0x00ff00ff00ff00ffu) + (bytes >> 8 & 0x00ff00ff00ff00ffu);
    return (uint32_t)(pairs * 0x0001000100010001u >> 48);
}

static inline uint32_t bit_count(uint64_t word)
{
    return sum_bytes(byte_counts(word));
}

/* The lowest `count` set bits of `bits`, all if there are fewer. */
static inline uint64_t lowest_bits(uint64_t bits, uint32_t count)
{
    uint64_t rest = count < 64 ? bits : 0;
    for (; count > 0 && rest != 0; count--) {
        rest &= rest - 1;
    }
    return bits ^ rest;
}

static inline uint32_t bits_count(const struct chunk_bits *bits)
{
    uint64_t bytes = 0; /* of eight words: a byte is at most 64 */
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        bytes += byte_counts(bits->words[w]);
    }
    return sum_bytes(bytes);
}

/* `count` <= 64 set bits from bit 0 on. */
static inline uint64_t low_mask(uint32_t count)
{
    FRAME_DEBUG_ASSERT(count <= 64);
    return count < 64 ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0);
}

static inline void bits_set(struct chunk_bits *bits, uint32_t offset, uint32_t count)
{
    FRAME_DEBUG_ASSERT(offset + count <= CHUNK_END);
    for (; ((offset | count) & 63) == 0 && count > 0; offset += 64, count -= 64) {
        bits->words[offset / 64] = ~UINT64_C(0);
    }
    while (count > 0) {
        uint32_t piece = count < 64 - offset % 64 ? count : 64 - offset % 64;
        bits->words[offset / 64] |= low_mask(piece) << (offset % 64);
        offset += piece;
        count -= piece;
    }
}

static inline void bits_clear(struct chunk_bits *bits, uint32_t offset, uint32_t count)
{
    FRAME_DEBUG_ASSERT(offset + count <= CHUNK_END);
    for (; ((offset | count) & 63) == 0 && count > 0; offset += 64, count -= 64) {
        bits->words[offset / 64] = 0;
    }
    while (count > 0) {
        uint32_t piece = count < 64 - offset % 64 ? count : 64 - offset % 64;
        bits->words[offset / 64] &= ~(low_mask(piece) << (offset % 64));
        offset += piece;
        count -= piece;
    }
}

/* Moves up to `count` frames out of `bits`, the lowest first, beginning at word *low, below which nothing is set;
 * `base` is the number of the chunk's first. Returns how many, and the new *low. */
uint32_t bits_take(struct chunk_bits *bits, uint32_t *low, uint64_t base, pfn_t *frames, uint32_t count);

/* The same with runs of 2^order frames, aligned to their size, order < CHUNK_ORDER, by their first frames. */
uint32_t bits_take_runs(struct chunk_bits *bits, uint32_t low, uint64_t base, uint32_t order, pfn_t *firsts,
                        uint32_t count);

/* The first offset >= `from` that is free, or that is not; CHUNK_END if there is none. */
uint32_t bits_next_free(const struct chunk_bits *bits, uint32_t from);
uint32_t bits_next_used(const struct chunk_bits *bits, uint32_t from);

/* The bits of `word` from which on `count` <= 64 bits in a row are set: in each turn a bit that stands for `have` in a
 * row comes to stand for up to twice as many. */
static inline uint64_t run_starts(uint64_t word, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0 && count <= 64);
    for (uint32_t have = 1; have < count && word != 0;) {
        uint32_t more = have < count - have ? have : count - have;
        word &= word >> more;
        have += more;
    }
    return word;
}

/* The bits of a word at multiples of 2^align_order, for align_order < 6; from 6 on, of a word so aligned: bit 0. */
static inline uint64_t aligned_bits(uint32_t align_order)
{
    static const uint64_t aligned[] = {0xffffffffffffffffu, 0x5555555555555555u, 0x1111111111111111u,
                                       0x0101010101010101u, 0x0001000100010001u, 0x0000000100000001u};
    return align_order < 6 ? aligned[align_order] : 1;
}

/* An offset of `count` free frames in a row at a multiple of 2^align_order, one inside a word rather than across;
 * CHUNK_END if there is none. 0 < count <= CHUNK_FRAMES, align_order <= CHUNK_ORDER. Nothing is set below word `low`.
 */
uint32_t bits_find(const struct chunk_bits *bits, uint32_t low, uint32_t count, uint32_t align_order);

#endif
