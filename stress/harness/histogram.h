/* SPDX-License-Identifier: MIT
 * A histogram of latencies in fixed memory: log-linear buckets, as in HdrHistogram. Below 32 ns each value has its
 * own bucket; above, each doubling is cut into 32, so a value is known to within 1/32 = 3.2 %. The maximum is exact.
 * One writer at a time. */
#ifndef FRAMELAB_STRESS_HISTOGRAM_H
#define FRAMELAB_STRESS_HISTOGRAM_H

#include <stdint.h>

/* Buckets a doubling, log2. */
#define HISTOGRAM_DETAIL 5u
#define HISTOGRAM_STEPS (1u << HISTOGRAM_DETAIL)
/* Values from 2^40 ns, eighteen minutes, share the last bucket. */
#define HISTOGRAM_BITS 40u
#define HISTOGRAM_BUCKETS ((HISTOGRAM_BITS - HISTOGRAM_DETAIL + 1) * HISTOGRAM_STEPS)

struct histogram {
    uint64_t samples;
    uint64_t max;
    uint64_t counts[HISTOGRAM_BUCKETS];
};

static inline uint32_t histogram_bucket(uint64_t value)
{
    if (value < HISTOGRAM_STEPS) {
        return (uint32_t)value;
    }
    uint32_t top = 63u - (uint32_t)__builtin_clzll(value); /* at least HISTOGRAM_DETAIL */
    if (top >= HISTOGRAM_BITS) {
        return HISTOGRAM_BUCKETS - 1;
    }
    uint32_t shift = top - HISTOGRAM_DETAIL;
    return (shift << HISTOGRAM_DETAIL) + (uint32_t)(value >> shift);
}

static inline void histogram_add(struct histogram *histogram, uint64_t value)
{
    histogram->samples++;
    histogram->counts[histogram_bucket(value)]++;
    if (value > histogram->max) {
        histogram->max = value;
    }
}

void histogram_clear(struct histogram *histogram);

/* Adds `from` to `into`. */
void histogram_merge(struct histogram *into, const struct histogram *from);

/* The highest value that falls into a bucket, never above the maximum. */
uint64_t histogram_highest(const struct histogram *histogram, uint32_t bucket);

/* The smallest value such that at least `ten_thousandths` / 10000 of the samples are not above it, as its
 * bucket's highest value, never above the maximum: 5000 is the median, 9990 p99.9. 0 without samples. */
uint64_t histogram_quantile(const struct histogram *histogram, uint32_t ten_thousandths);

#endif
