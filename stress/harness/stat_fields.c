/* SPDX-License-Identifier: MIT
 * Names of counts. See stat_fields.h. */
#include "stat_fields.h"

#include <stddef.h>

#define FIELD(name) #name, offsetof(struct frame_stats, name)

static const struct stat_field {
    const char *name;
    size_t offset;
    bool level;
} fields[] = {
    {FIELD(frames_total), true},
    {FIELD(frames_in_caches), true},
    {FIELD(metadata_bytes), true},
    {FIELD(global_takes), false},
    {FIELD(global_gives), false},
    {FIELD(refill_frames), false},
    {FIELD(spill_frames), false},
    {FIELD(drains), false},
    {FIELD(drain_timeouts), false},
    {FIELD(bypasses), false},
    {FIELD(failures), false},
    {FIELD(contentions), false},
    {FIELD(nested), false},
    {FIELD(nested_failures), false},
    {FIELD(frames_known_zero), false},
    {FIELD(frames_zeroed), false},
    {FIELD(cas_retries), false},
    {FIELD(lock_acquisitions), false},
    {FIELD(lock_waits), false},
    {FIELD(lock_wait_total), false},
    {FIELD(lock_wait_longest), true},
    {FIELD(take_holds), false},
    {FIELD(take_hold_total), false},
    {FIELD(take_hold_p99), true},
    {FIELD(give_holds), false},
    {FIELD(give_hold_total), false},
    {FIELD(give_hold_p99), true},
    {FIELD(grace_periods), false},
    {FIELD(limbo), true},
    {FIELD(limbo_peak), true},
    {FIELD(scans), false},
};
_Static_assert(sizeof fields / sizeof *fields == STAT_FIELD_COUNT, "every count has a name");

const char *stat_field_name(uint32_t i)
{
    return fields[i].name;
}

uint64_t stat_field_value(const struct frame_stats *stats, uint32_t i)
{
    return *(const uint64_t *)(const void *)((const char *)stats + fields[i].offset);
}

void stats_since(struct frame_stats *stats, const struct frame_stats *before)
{
    for (uint32_t i = 0; i < STAT_FIELD_COUNT; i++) {
        uint64_t *value = (uint64_t *)(void *)((char *)stats + fields[i].offset);
        *value -= fields[i].level ? 0 : stat_field_value(before, i);
    }
}
