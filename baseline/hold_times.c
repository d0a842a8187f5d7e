/* SPDX-License-Identifier: MIT
 * Count, total and buckets of times. See hold_times.h. All accesses are relaxed: the lock orders the writers, and
 * readers want numbers, not an order. */
#include "hold_times.h"

static uint32_t bucket_of(uint64_t held)
{
    if (held < HOLD_STEPS) {
        return (uint32_t)held;
    }
    uint32_t top = 63u - (uint32_t)__builtin_clzll(held); /* at least HOLD_DETAIL */
    if (top >= HOLD_BITS) {
        return HOLD_BUCKETS - 1;
    }
    uint32_t shift = top - HOLD_DETAIL;
    return (shift << HOLD_DETAIL) + (uint32_t)(held >> shift);
}

/* The highest time that a bucket holds. */
static uint64_t highest_of(uint32_t bucket)
{
    if (bucket < 2 * HOLD_STEPS) {
        return bucket;
    }
    uint32_t shift = bucket / HOLD_STEPS - 1;
    return (((uint64_t)bucket % HOLD_STEPS + HOLD_STEPS + 1) << shift) - 1;
}

void hold_times_add(struct hold_times *times, uint64_t held)
{
    _Atomic uint64_t *bucket = &times->buckets[bucket_of(held)];
    uint64_t count = bare_load_relaxed(&times->count);
    uint64_t total = bare_load_relaxed(&times->total);
    uint64_t before = bare_load_relaxed(bucket);
    bare_store_relaxed(&times->count, count + 1);
    bare_store_relaxed(&times->total, total + held);
    bare_store_relaxed(bucket, before + 1);
}

uint64_t hold_times_p99(const struct hold_times *times)
{
    uint64_t count = bare_load_relaxed(&times->count);
    uint64_t wanted = count - count / 100, seen = 0;
    for (uint32_t i = 0; i < HOLD_BUCKETS && count > 0; i++) {
        seen += bare_load_relaxed(&times->buckets[i]);
        if (seen >= wanted) {
            return highest_of(i);
        }
    }
    return 0;
}
