/* SPDX-License-Identifier: MIT
 * Finding and taking free frames in 512 private bits; see bits.h. */
#include "bits.h"

uint32_t bits_take(struct chunk_bits *bits, uint32_t *low, uint64_t base, pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(*low <= CHUNK_WORDS);
    uint32_t taken = 0;
    for (uint32_t w = *low; w < CHUNK_WORDS; w++) {
        uint64_t word = bits->words[w];
        uint64_t first = base + w * 64;
        *low = w;
        while (word != 0 && taken < count) {
            frames[taken++] = pfn(first + (uint32_t)__builtin_ctzll(word));
            word &= word - 1;
        }
        bits->words[w] = word;
        if (word != 0) {
            break;
        }
    }
    return taken;
}

/* Runs inside words: order < 6. */
static uint32_t take_in_words(struct chunk_bits *bits, uint32_t low, uint64_t base, uint32_t order, pfn_t *firsts,
                              uint32_t count)
{
    FRAME_DEBUG_ASSERT(order < 6);
    uint32_t frames = UINT32_C(1) << order;
    uint32_t taken = 0;
    for (uint32_t w = low; w < CHUNK_WORDS && taken < count; w++) {
        uint64_t starts = run_starts(bits->words[w], frames) & aligned_bits(order);
        uint64_t rest = starts;
        for (; rest != 0 && taken < count; rest &= rest - 1) {
            firsts[taken++] = pfn(base + w * 64 + (uint32_t)__builtin_ctzll(rest));
        }
        bits->words[w] ^= (starts ^ rest) * low_mask(frames); /* aligned runs: they do not overlap */
    }
    return taken;
}

/* Runs of whole words: order >= 6. */
static uint32_t take_of_words(struct chunk_bits *bits, uint32_t low, uint64_t base, uint32_t order, pfn_t *firsts,
                              uint32_t count)
{
    FRAME_DEBUG_ASSERT(order >= 6);
    uint32_t words = UINT32_C(1) << (order - 6);
    uint32_t taken = 0;
    for (uint32_t w = (low + words - 1) & ~(words - 1); w + words <= CHUNK_WORDS && taken < count; w += words) {
        uint64_t all = ~UINT64_C(0);
        for (uint32_t i = 0; i < words; i++) {
            all &= bits->words[w + i];
        }
        if (all == ~UINT64_C(0)) {
            bits_clear(bits, w * 64, words * 64);
            firsts[taken++] = pfn(base + w * 64);
        }
    }
    return taken;
}

uint32_t bits_take_runs(struct chunk_bits *bits, uint32_t low, uint64_t base, uint32_t order, pfn_t *firsts,
                        uint32_t count)
{
    FRAME_DEBUG_ASSERT(order < CHUNK_ORDER);
    return order < 6 ? take_in_words(bits, low, base, order, firsts, count)
                     : take_of_words(bits, low, base, order, firsts, count);
}

uint32_t bits_next_free(const struct chunk_bits *bits, uint32_t from)
{
    FRAME_DEBUG_ASSERT(from <= CHUNK_END);
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
    FRAME_DEBUG_ASSERT(from <= CHUNK_END);
    for (uint32_t w = from / 64; w < CHUNK_WORDS; w++) {
        uint64_t used = ~bits->words[w] & (w == from / 64 ? ~UINT64_C(0) << (from % 64) : ~UINT64_C(0));
        if (used != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(used);
        }
    }
    return CHUNK_END;
}

/* A run of `count` <= 64 frames that lies in one word; align_order < 6. */
static uint32_t find_in_words(const struct chunk_bits *bits, uint32_t low, uint32_t count, uint32_t align_order)
{
    FRAME_DEBUG_ASSERT(count <= 64 && align_order < 6);
    for (uint32_t w = low; w < CHUNK_WORDS; w++) {
        uint64_t starts = run_starts(bits->words[w], count) & aligned_bits(align_order);
        if (starts != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(starts);
        }
    }
    return CHUNK_END;
}

/* A run that begins with a word: align_order >= 6. */
static uint32_t find_of_words(const struct chunk_bits *bits, uint32_t low, uint32_t count, uint32_t align_order)
{
    FRAME_DEBUG_ASSERT(align_order >= 6);
    uint32_t step = UINT32_C(1) << (align_order - 6);
    uint32_t full = count / 64;
    uint64_t rest = low_mask(count % 64);
    for (uint32_t w = (low + step - 1) & ~(step - 1); w * 64 + count <= CHUNK_END; w += step) {
        uint32_t i = 0;
        while (i < full && bits->words[w + i] == ~UINT64_C(0)) {
            i++;
        }
        if (i == full && (rest == 0 || (bits->words[w + full] & rest) == rest)) {
            return w * 64;
        }
    }
    return CHUNK_END;
}

/* A run that may lie across words. */
static uint32_t find_across_words(const struct chunk_bits *bits, uint32_t low, uint32_t count, uint32_t step)
{
    FRAME_DEBUG_ASSERT(step > 0);
    for (uint32_t at = low * 64; at + count <= CHUNK_END;) {
        uint32_t used = bits_next_used(bits, at);
        if (used >= at + count) {
            return at;
        }
        at = (uint32_t)align_up_u64(bits_next_free(bits, used), step);
    }
    return CHUNK_END;
}

uint32_t bits_find(const struct chunk_bits *bits, uint32_t low, uint32_t count, uint32_t align_order)
{
    FRAME_DEBUG_ASSERT(count > 0 && count <= CHUNK_FRAMES);
    FRAME_DEBUG_ASSERT(align_order <= CHUNK_ORDER);
    if (align_order >= 6) {
        return find_of_words(bits, low, count, align_order);
    }
    uint32_t at = count <= 64 ? find_in_words(bits, low, count, align_order) : CHUNK_END;
    uint32_t step = UINT32_C(1) << align_order;
    return at < CHUNK_END || count <= step ? at : find_across_words(bits, low, count, step);
}
