/* SPDX-License-Identifier: MIT
 * The operations on one chunk. States, transitions and proof stand in chunk.h. */
#include "chunk.h"

/* Which index a chunk with `count` free frames belongs on. */
static uint32_t flag_for(uint32_t count)
{
    if (count == 0) {
        return 0;
    }
    return count == CHUNK_FULL ? CHUNK_WHOLE : CHUNK_PARTIAL;
}

/* The `count` lowest bits of a word, count <= 64. */
static uint64_t low_bits(uint32_t count)
{
    return count < 64 ? (UINT64_C(1) << count) - 1 : ~UINT64_C(0);
}

/* The part of [offset, offset + count) that lies in word `w`. */
static uint64_t range_mask(uint32_t offset, uint32_t count, uint32_t w)
{
    uint32_t low = offset > w * 64 ? offset - w * 64 : 0;
    uint32_t end = offset + count < (w + 1) * 64 ? offset + count - w * 64 : 64;
    return low_bits(end) & ~low_bits(low);
}

/* Subtracts up to `most` from the count, at least `least`; returns how many, 0 if there are not so many. */
static uint32_t reserve(struct chunk *chunk, uint32_t least, uint32_t most, _Atomic uint64_t *retries)
{
    uint32_t state = chunk_state(chunk);
    for (;;) {
        uint32_t count = chunk_count(state);
        if (count < least || count == 0) {
            return 0;
        }
        uint32_t taken = count < most ? count : most;
        /* Acquire: partner of the release in announce. */
        if (atomic_compare_exchange_weak_explicit(&chunk->state, &state, state - taken, memory_order_acquire,
                                                  memory_order_relaxed)) {
            return taken;
        }
        count_one(retries);
    }
}

/* Adds `count` to the count; see chunk_give for the result. */
static uint32_t announce(struct chunk *chunk, uint32_t count, _Atomic uint64_t *retries)
{
    uint32_t state = chunk_state(chunk);
    for (;;) {
        uint32_t flag = flag_for(chunk_count(state) + count);
        /* Release: partner of the acquire in reserve and in chunk_claim_whole. Acquire: if this sets a flag, partner of
         * the release where it was last cleared. */
        if (atomic_compare_exchange_weak_explicit(&chunk->state, &state, (state + count) | flag, memory_order_acq_rel,
                                                  memory_order_relaxed)) {
            return flag & ~state;
        }
        count_one(retries);
    }
}

/* Takes up to `most` set bits out of a word, the lowest first; returns them. */
static uint64_t take_bits(_Atomic uint64_t *word, uint32_t most, _Atomic uint64_t *retries)
{
    uint64_t bits = atomic_load_explicit(word, memory_order_relaxed);
    while (bits != 0) {
        uint64_t left = bits;
        if (most >= 64 || (uint32_t)__builtin_popcountll(bits) <= most) {
            left = 0;
        } else {
            for (uint32_t i = 0; i < most; i++) {
                left &= left - 1;
            }
        }
        if (atomic_compare_exchange_weak_explicit(word, &bits, left, memory_order_relaxed, memory_order_relaxed)) {
            return bits ^ left;
        }
        count_one(retries);
    }
    return 0;
}

uint32_t chunk_take(struct chunk *chunk, uint64_t base, pfn_t *frames, uint32_t count, _Atomic uint64_t *retries)
{
    uint32_t reserved = reserve(chunk, 1, count, retries);
    uint32_t taken = 0;
    /* By I1 the bits are there; a turn around without one means that others took and gave meanwhile. */
    for (uint32_t w = 0; taken < reserved; w = (w + 1) % CHUNK_WORDS) {
        uint64_t bits = take_bits(&chunk->bits[w], reserved - taken, retries);
        for (; bits != 0; bits &= bits - 1) {
            frames[taken++] = pfn(base + w * 64 + (uint32_t)__builtin_ctzll(bits));
        }
    }
    return reserved;
}

bool chunk_claim_whole(struct chunk *chunk, uint32_t flags, _Atomic uint64_t *retries)
{
    uint32_t state = chunk_state(chunk);
    for (;;) {
        if (chunk_count(state) != CHUNK_FULL) {
            return false;
        }
        /* Acquire: partner of the release in announce. Release: for the flags, partner of the acquire there. */
        if (atomic_compare_exchange_weak_explicit(&chunk->state, &state, (state - CHUNK_FULL) & ~flags,
                                                  memory_order_acq_rel, memory_order_relaxed)) {
            break;
        }
        count_one(retries);
    }
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        atomic_store_explicit(&chunk->bits[w], 0, memory_order_relaxed);
    }
    return true;
}

static void set_range(struct chunk *chunk, uint32_t offset, uint32_t count)
{
    for (uint32_t w = offset / 64; count > 0 && w <= (offset + count - 1) / 64; w++) {
        atomic_fetch_or_explicit(&chunk->bits[w], range_mask(offset, count, w), memory_order_relaxed);
    }
}

/* Takes exactly `mask` out of a word; false, nothing changed, if a bit is not set. */
static bool clear_bits(_Atomic uint64_t *word, uint64_t mask, _Atomic uint64_t *retries)
{
    uint64_t bits = atomic_load_explicit(word, memory_order_relaxed);
    while ((bits & mask) == mask) {
        if (atomic_compare_exchange_weak_explicit(word, &bits, bits & ~mask, memory_order_relaxed,
                                                  memory_order_relaxed)) {
            return true;
        }
        count_one(retries);
    }
    return false;
}

bool chunk_claim(struct chunk *chunk, uint32_t offset, uint32_t count, uint32_t *relist, _Atomic uint64_t *retries)
{
    *relist = 0;
    if (reserve(chunk, count, count, retries) == 0) {
        return false;
    }
    for (uint32_t w = offset / 64; w <= (offset + count - 1) / 64; w++) {
        if (!clear_bits(&chunk->bits[w], range_mask(offset, count, w), retries)) {
            set_range(chunk, offset, w * 64 > offset ? w * 64 - offset : 0);
            *relist = announce(chunk, count, retries);
            return false;
        }
    }
    return true;
}

/* The first offset >= `at` of `count` free frames at a multiple of 2^align_order; 512 if there is none. A hint. */
static uint32_t next_run(const struct chunk *chunk, uint32_t at, uint32_t count, uint32_t align_order)
{
    uint32_t step = align_order < CHUNK_ORDER ? UINT32_C(1) << align_order : CHUNK_FULL;
    while (at + count <= CHUNK_FULL) {
        uint32_t used = chunk_next_used(chunk, at);
        if (used >= at + count) {
            return at;
        }
        at = (uint32_t)align_up_u64(chunk_next_free(chunk, used), step);
    }
    return CHUNK_FULL;
}

bool chunk_has_run(const struct chunk *chunk, uint32_t count, uint32_t align_order)
{
    return chunk_count(chunk_state(chunk)) >= count && next_run(chunk, 0, count, align_order) < CHUNK_FULL;
}

bool chunk_claim_run(struct chunk *chunk, uint32_t count, uint32_t align_order, uint32_t *offset, uint32_t *relist,
                     _Atomic uint64_t *retries)
{
    *relist = 0;
    uint32_t at = 0;
    while (*relist == 0 && chunk_count(chunk_state(chunk)) >= count) {
        at = next_run(chunk, at, count, align_order);
        if (at == CHUNK_FULL) {
            return false;
        }
        if (chunk_claim(chunk, at, count, relist, retries)) {
            *offset = at;
            return true;
        }
        at += align_order < CHUNK_ORDER ? UINT32_C(1) << align_order : CHUNK_FULL; /* lost a race there */
    }
    return false; /* or the caller has a duty first */
}

uint32_t chunk_give(struct chunk *chunk, const uint64_t *mask, uint32_t count, _Atomic uint64_t *retries)
{
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        if (mask[w] != 0) {
            atomic_fetch_or_explicit(&chunk->bits[w], mask[w], memory_order_relaxed);
        }
    }
    return announce(chunk, count, retries);
}

uint32_t chunk_give_range(struct chunk *chunk, uint32_t offset, uint32_t count, _Atomic uint64_t *retries)
{
    if (count == CHUNK_FULL) {
        for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
            atomic_store_explicit(&chunk->bits[w], ~UINT64_C(0), memory_order_relaxed);
        }
    } else {
        set_range(chunk, offset, count);
    }
    return announce(chunk, count, retries);
}

bool chunk_hold(struct chunk *chunk, uint32_t flag, _Atomic uint64_t *retries)
{
    uint32_t state = chunk_state(chunk);
    while (flag != CHUNK_PARTIAL) {
        if ((state & CHUNK_PARTIAL) != 0 || chunk_count(state) == CHUNK_FULL) {
            return false;
        }
        if (atomic_compare_exchange_weak_explicit(&chunk->state, &state, (state & ~flag) | CHUNK_PARTIAL,
                                                  memory_order_acq_rel, memory_order_relaxed)) {
            return true;
        }
        count_one(retries);
    }
    return true;
}

uint32_t chunk_unflag(struct chunk *chunk, uint32_t flag, _Atomic uint64_t *retries)
{
    uint32_t state = chunk_state(chunk);
    for (;;) {
        uint32_t without = state & ~flag;
        uint32_t wanted = (without & (CHUNK_PARTIAL | CHUNK_WHOLE)) != 0 && chunk_count(state) != CHUNK_FULL
                              ? 0
                              : flag_for(chunk_count(state));
        /* Release where it clears, acquire where it sets: partners, here and in announce. */
        if (atomic_compare_exchange_weak_explicit(&chunk->state, &state, without | wanted, memory_order_acq_rel,
                                                  memory_order_relaxed)) {
            return wanted & ~without;
        }
        count_one(retries);
    }
}

uint32_t chunk_next_used(const struct chunk *chunk, uint32_t from)
{
    for (uint32_t w = from / 64; w < CHUNK_WORDS; w++) {
        uint64_t used = ~atomic_load_explicit(&chunk->bits[w], memory_order_relaxed);
        if (w == from / 64) {
            used &= ~UINT64_C(0) << (from % 64);
        }
        if (used != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(used);
        }
    }
    return CHUNK_FULL;
}

uint32_t chunk_next_free(const struct chunk *chunk, uint32_t from)
{
    for (uint32_t w = from / 64; w < CHUNK_WORDS; w++) {
        uint64_t free = atomic_load_explicit(&chunk->bits[w], memory_order_relaxed);
        if (w == from / 64) {
            free &= ~UINT64_C(0) << (from % 64);
        }
        if (free != 0) {
            return w * 64 + (uint32_t)__builtin_ctzll(free);
        }
    }
    return CHUNK_FULL;
}
