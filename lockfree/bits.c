/* SPDX-License-Identifier: MIT
 * Finding and taking free frames in 512 private bits; see bits.h. */
#include "bits.h"

uint32_t bits_take(struct chunk_bits *bits, uint64_t base, pfn_t *frames, uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t w = 0; w < CHUNK_WORDS && taken < count; w++) {
        uint64_t word = bits->words[w];
        uint64_t first = base + w * 64;
        while (word != 0 && taken < count) {
            frames[taken++] = pfn(first + (uint32_t)__builtin_ctzll(word));
            word &= word - 1;
        }
        bits->words[w] = word;
    }
    return taken;
}

uint32_t bits_next_free(const struct chunk_bits *bits, uint32_t from)
{
    for (uint32_t w = from / 64; w < CHUNK_WORDS; w++) {
        uint64_t free = bits->words[w] & (w == from / 64 ? ~UINT64_C(0) << (from % 64) : ~UINT64_C(0));
        if (free != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(free);
        }
    }
    return CHUNK_END;
}

uint32_t bits_next_used(const struct chunk_bits *bits, uint32_t from)
{
    for (uint32_t w = from / 64; w < CHUNK_WORDS; w++) {
        uint64_t used = ~bits->words[w] & (w == from / 64 ? ~UINT64_C(0) << (from % 64) : ~UINT64_C(0));
        if (used != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(used);
        }
    }
    return CHUNK_END;
}

/* The bits of `word` from which on `count` <= 64 bits in a row are set: in each turn a bit that stands for `have` in a
 * row comes to stand for up to twice as many. */
static uint64_t run_starts(uint64_t word, uint32_t count)
{
    for (uint32_t have = 1; have < count && word != 0;) {
        uint32_t more = have < count - have ? have : count - have;
        word &= word >> more;
        have += more;
    }
    return word;
}

/* A run of `count` <= 64 frames that lies in one word. */
static uint32_t find_in_words(const struct chunk_bits *bits, uint32_t count, uint32_t align_order)
{
    /* Bits at the multiples of 2^align_order; an alignment of 64 and more leaves bit 0 of some words. */
    static const uint64_t aligned[] = {~UINT64_C(0),        0x5555555555555555u, 0x1111111111111111u,
                                       0x0101010101010101u, 0x0001000100010001u, 0x0000000100000001u};
    uint64_t mask = align_order < 6 ? aligned[align_order] : 1;
    uint32_t step = align_order <= 6 ? 1 : UINT32_C(1) << (align_order - 6);
    for (uint32_t w = 0; w < CHUNK_WORDS; w += step) {
        uint64_t starts = run_starts(bits->words[w], count) & mask;
        if (starts != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(starts);
        }
    }
    return CHUNK_END;
}

uint32_t bits_find(const struct chunk_bits *bits, uint32_t count, uint32_t align_order)
{
    uint32_t at = count <= 64 ? find_in_words(bits, count, align_order) : CHUNK_END;
    if (at < CHUNK_END || (count <= 64 && align_order >= 6)) {
        return at;
    }
    uint32_t step = align_order < CHUNK_ORDER ? UINT32_C(1) << align_order : CHUNK_END;
    at = 0;
    while (at + count <= CHUNK_END) {
        uint32_t used = bits_next_used(bits, at);
        if (used >= at + count) {
            return at;
        }
        at = (uint32_t)align_up_u64(bits_next_free(bits, used), step);
    }
    return CHUNK_END;
}
