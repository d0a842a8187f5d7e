/* SPDX-License-Identifier: MIT
 * Which way an operation went, by what its hart's own counts say before and after it. */
#ifndef FRAMELAB_STRESS_PATH_H
#define FRAMELAB_STRESS_PATH_H

#include "frame_allocator.h"

/* Each beyond the first hides those before it: a drain that finds memory takes it from the global allocator, too. */
enum path {
    PATH_HIT,    /* the hart's cache served it */
    PATH_REFILL, /* the global allocator was asked: for a batch, or for all of it if there is no cache */
    PATH_SPILL,  /* the global allocator was given something */
    PATH_BYPASS, /* the cache was being drained by another hart: past it */
    PATH_DRAIN,  /* it emptied all harts' caches first, and then was served */
    PATH_FAIL,   /* refused */
    PATH_COUNT
};

const char *path_text(enum path path);

static inline enum path path_of(const struct frame_hart_events *before, const struct frame_hart_events *after,
                                enum frame_status status)
{
    if (status != FRAME_OK) {
        return PATH_FAIL;
    }
    if (after->drains != before->drains) {
        return PATH_DRAIN;
    }
    if (after->bypasses != before->bypasses) {
        return PATH_BYPASS;
    }
    if (after->global_gives != before->global_gives) {
        return PATH_SPILL;
    }
    return after->global_takes != before->global_takes ? PATH_REFILL : PATH_HIT;
}

#endif
