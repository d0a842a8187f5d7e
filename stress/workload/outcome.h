/* SPDX-License-Identifier: MIT
 * Which way an operation went, by what its hart's own counts say before and after it. */
#ifndef FRAMELAB_STRESS_OUTCOME_H
#define FRAMELAB_STRESS_OUTCOME_H

#include "frame_allocator.h"

/* Each beyond the first hides those before it: a drain that finds memory takes it from the global allocator, too. */
enum outcome {
    OUTCOME_HIT,    /* the hart's cache served it */
    OUTCOME_REFILL, /* the global allocator was asked: for a batch, or for all of it if there is no cache */
    OUTCOME_SPILL,  /* the global allocator was given something */
    OUTCOME_BYPASS, /* the cache was being drained by another hart: past it */
    OUTCOME_DRAIN,  /* it emptied all harts' caches first, and then was served */
    OUTCOME_FAIL,   /* refused */
    OUTCOME_COUNT
};

const char *outcome_text(enum outcome outcome);

static inline enum outcome outcome_of(const struct frame_hart_events *before, const struct frame_hart_events *after,
                                      enum frame_status status)
{
    if (status != FRAME_OK) {
        return OUTCOME_FAIL;
    }
    if (after->drains != before->drains) {
        return OUTCOME_DRAIN;
    }
    if (after->bypasses != before->bypasses) {
        return OUTCOME_BYPASS;
    }
    if (after->global_gives != before->global_gives) {
        return OUTCOME_SPILL;
    }
    return after->global_takes != before->global_takes ? OUTCOME_REFILL : OUTCOME_HIT;
}

#endif
