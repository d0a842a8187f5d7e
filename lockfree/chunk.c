/* SPDX-License-Identifier: MIT
 * Taking frames out of a chunk's bits. The theory stands in chunk.h. */
#include "chunk.h"

/* Takes up to `count` set bits out of a word, the lowest first; returns them. */
static uint64_t take_bits(_Atomic uint64_t *word, uint32_t count, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t bits = shared_load_relaxed(word);
    while (bits != 0) {
        uint64_t wanted = lowest_bits(bits, count);
        if (shared_cas_weak_acquire(word, &bits, bits ^ wanted)) {
            return wanted;
        }
        counter_add(retries, 1);
    }
    return 0;
}

uint32_t chunk_take(struct chunk *chunk, uint32_t *from, uint64_t base, pfn_t *frames, uint32_t count,
                    _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(*from < CHUNK_WORDS);
    uint32_t taken = 0, w = *from;
    for (uint32_t looks = 0; looks < CHUNK_WORDS && taken < count; looks++) {
        w = (*from + looks) % CHUNK_WORDS;
        uint64_t bits = take_bits(&chunk->words[w], count - taken, retries);
        for (; bits != 0; bits &= bits - 1) {
            frames[taken++] = pfn(base + w * 64 + (uint32_t)__builtin_ctzll(bits));
        }
    }
    *from = w;
    return taken;
}

uint32_t chunk_take_seen(struct chunk *chunk, const struct chunk_bits *seen, uint64_t base, pfn_t *frames,
                         _Atomic uint64_t *retries)
{
    uint32_t taken = 0, words = 0; /* those that have something: found without a branch that nobody can predict */
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        words |= (uint32_t)(seen->words[w] != 0) << w;
    }
    for (; words != 0; words &= words - 1) {
        uint32_t w = (uint32_t)__builtin_ctz(words);
        uint64_t bits = seen->words[w], now = bits;
        if (!shared_cas_strong_acquire(&chunk->words[w], &now, 0)) {
            counter_add(retries, 1);
            continue;
        }
        for (; bits != 0; bits &= bits - 1) {
            frames[taken++] = pfn(base + w * 64 + (uint32_t)__builtin_ctzll(bits));
        }
    }
    return taken;
}

uint32_t chunk_take_all(struct chunk *chunk, struct chunk_bits *bits)
{
    uint32_t taken = 0;
    struct chunk_bits seen = chunk_look(chunk);
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        if (seen.words[w] != 0) {
            uint64_t all = shared_exchange_acquire(&chunk->words[w], 0);
            bits->words[w] |= all;
            taken += bit_count(all);
        }
    }
    return taken;
}

/* Takes exactly `mask` out of a word; false, nothing changed, if a bit is not set. */
static bool take_exactly(_Atomic uint64_t *word, uint64_t mask, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(mask != 0);
    uint64_t bits = shared_load_relaxed(word);
    while ((bits & mask) == mask) {
        if (shared_cas_weak_acquire(word, &bits, bits ^ mask)) {
            return true;
        }
        counter_add(retries, 1);
    }
    return false;
}

uint32_t chunk_take_range(struct chunk *chunk, uint32_t offset, uint32_t count, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(offset + count <= CHUNK_END);
    uint32_t taken = 0;
    while (taken < count) {
        uint32_t at = offset + taken;
        uint32_t room = 64 - at % 64;
        uint32_t piece = count - taken < room ? count - taken : room;
        if (!take_exactly(&chunk->words[at / 64], low_mask(piece) << (at % 64), retries)) {
            break;
        }
        taken += piece;
    }
    return taken;
}

bool chunk_is_empty(const struct chunk *chunk)
{
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        if (shared_load_seq_cst(&chunk->words[w]) != 0) {
            return false;
        }
    }
    return true;
}

bool chunk_is_full(const struct chunk *chunk)
{
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        if (shared_load_seq_cst(&chunk->words[w]) != ~UINT64_C(0)) {
            return false;
        }
    }
    return true;
}
