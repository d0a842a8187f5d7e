/* SPDX-License-Identifier: MIT
 * The cold half of the latency histogram: merging and quantiles. */
#include "histogram.h"

#include <string.h>

void histogram_clear(struct histogram *histogram)
{
    memset(histogram, 0, sizeof *histogram);
}

void histogram_merge(struct histogram *into, const struct histogram *from)
{
    into->samples += from->samples;
    if (from->max > into->max) {
        into->max = from->max;
    }
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        into->counts[i] += from->counts[i];
    }
}

/* The highest value that falls into a bucket. */
static uint64_t bucket_highest(uint32_t bucket)
{
    if (bucket < HISTOGRAM_STEPS) {
        return bucket;
    }
    uint32_t shift = (bucket >> HISTOGRAM_DETAIL) - 1;
    uint64_t step = (bucket & (HISTOGRAM_STEPS - 1)) + HISTOGRAM_STEPS;
    return ((step + 1) << shift) - 1;
}

uint64_t histogram_highest(const struct histogram *histogram, uint32_t bucket)
{
    uint64_t highest = bucket_highest(bucket);
    return highest < histogram->max && bucket != HISTOGRAM_BUCKETS - 1 ? highest : histogram->max;
}

uint64_t histogram_quantile(const struct histogram *histogram, uint32_t ten_thousandths)
{
    if (histogram->samples == 0) {
        return 0;
    }
    /* The rank, rounded up: with 100 samples p99.9 is the hundredth. */
    uint64_t rank = (uint64_t)(((unsigned __int128)histogram->samples * ten_thousandths + 9999) / 10000);
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= rank && histogram->counts[i] > 0) {
            return histogram_highest(histogram, i);
        }
    }
    return histogram->max;
}
