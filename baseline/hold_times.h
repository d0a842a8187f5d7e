/* SPDX-License-Identifier: MIT
 * How long something held a lock, in memory of fixed size: count, total, and buckets for the 99th percentile, eight a
 * doubling as in HdrHistogram, so that a time is known to within an eighth.
 *
 *   hold_times_add          under the lock itself, whose holders these are: one at a time
 *   hold_times_p99, fields  any time; exact at rest */
#ifndef FRAMELAB_BASELINE_HOLD_TIMES_H
#define FRAMELAB_BASELINE_HOLD_TIMES_H

#include "atomic.h"

/* Buckets a doubling, log2; times from 2^36, a minute in nanoseconds, share the last. */
#define HOLD_DETAIL 3u
#define HOLD_STEPS (1u << HOLD_DETAIL)
#define HOLD_BITS 36u
#define HOLD_BUCKETS ((HOLD_BITS - HOLD_DETAIL + 1) * HOLD_STEPS)

/* Zeroed: none yet. */
struct hold_times {
    _Atomic uint64_t count, total;
    _Atomic uint64_t buckets[HOLD_BUCKETS];
};

void hold_times_add(struct hold_times *times, uint64_t held);

/* The highest time of the bucket in which the 99th percentile lies; 0 if there is none. */
uint64_t hold_times_p99(const struct hold_times *times);

#endif
