/* SPDX-License-Identifier: MIT
 * Whole chunks, taken and given up to 64 in a step. The theory stands in chunk_bitmap.h. */
#include "chunk_bitmap.h"

/* The chunks are the caller's: what was known of them is for their next owner to say. */
static void forget_zero(struct chunk_bitmap *bitmap, uint64_t taken)
{
    FRAME_DEBUG_ASSERT(taken != 0);
    if ((bare_load_relaxed(&bitmap->zero) & taken) != 0) {
        shared_and_relaxed(&bitmap->zero, ~taken);
    }
}

uint64_t bitmap_take(struct chunk_bitmap *bitmap, uint32_t count, enum zero_wish wish, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t whole = bitmap_look(bitmap);
    while (whole != 0) {
        uint64_t zero = bare_load_relaxed(&bitmap->zero);
        uint64_t wanted = lowest_bits(whole & (wish == ZERO_ONLY ? zero : ~zero), count);
        if (wanted == 0) {
            if (wish == ZERO_ONLY) {
                return 0;
            }
            wanted = lowest_bits(whole, count);
        }
        if (shared_cas_weak_acquire(&bitmap->whole, &whole, whole ^ wanted)) {
            forget_zero(bitmap, wanted);
            return wanted;
        }
        counter_add(retries, 1);
    }
    return 0;
}

bool bitmap_take_exactly(struct chunk_bitmap *bitmap, uint64_t mask, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(mask != 0);
    uint64_t whole = bitmap_look(bitmap);
    while ((whole & mask) == mask) {
        if (shared_cas_weak_acquire(&bitmap->whole, &whole, whole ^ mask)) {
            forget_zero(bitmap, mask);
            return true;
        }
        counter_add(retries, 1);
    }
    return false;
}

uint64_t bitmap_take_run(struct chunk_bitmap *bitmap, uint32_t count, uint32_t align_order, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(count > 0 && count <= BITMAP_CHUNKS);
    FRAME_DEBUG_ASSERT(align_order <= BITMAP_ORDER);
    uint64_t starts;
    while ((starts = run_starts(bitmap_look(bitmap), count) & aligned_bits(align_order)) != 0) {
        uint64_t wanted = low_mask(count) << (uint32_t)__builtin_ctzll(starts);
        if (bitmap_take_exactly(bitmap, wanted, retries)) {
            return wanted;
        }
    }
    return 0;
}

uint64_t bitmap_take_runs(struct chunk_bitmap *bitmap, uint32_t order, uint32_t count, _Atomic uint64_t *retries)
{
    FRAME_DEBUG_ASSERT(count > 0);
    FRAME_DEBUG_ASSERT(order <= BITMAP_ORDER);
    uint32_t chunks = UINT32_C(1) << order;
    uint64_t starts;
    while ((starts = run_starts(bitmap_look(bitmap), chunks) & aligned_bits(order)) != 0) {
        uint64_t wanted = lowest_bits(starts, count) * low_mask(chunks);
        if (bitmap_take_exactly(bitmap, wanted, retries)) {
            return wanted;
        }
    }
    return 0;
}

uint64_t bitmap_give(struct chunk_bitmap *bitmap, uint64_t mask, bool zero)
{
    FRAME_DEBUG_ASSERT(mask != 0);
    if (zero) {
        shared_or_relaxed(&bitmap->zero, mask);
    }
    uint64_t before = shared_or_seq_cst(&bitmap->whole, mask);
    FRAME_DEBUG_ASSERT((before & mask) == 0);
    return before;
}
