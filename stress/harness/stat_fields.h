/* SPDX-License-Identifier: MIT
 * The counts of core/stats.h by name, for whoever writes all of them down: records, on the host and in the kernel. */
#ifndef FRAMELAB_STRESS_STAT_FIELDS_H
#define FRAMELAB_STRESS_STAT_FIELDS_H

#include "frame_allocator.h"

#define STAT_FIELD_COUNT (sizeof(struct frame_stats) / sizeof(uint64_t))

/* In the order of struct frame_stats. */
const char *stat_field_name(uint32_t i);
uint64_t stat_field_value(const struct frame_stats *stats, uint32_t i);

/* Leaves in `stats` what was counted since `before`; levels (totals, caches, limbo, the longest wait, percentiles) as
 * they now are.
 */
void stats_since(struct frame_stats *stats, const struct frame_stats *before);

#endif
