/* SPDX-License-Identifier: MIT
 * Who runs next in explore mode. See schedule.c. */
#ifndef FRAMELAB_SIM_SCHEDULE_H
#define FRAMELAB_SIM_SCHEDULE_H

#include "explore_options.h"
#include "run.h"

extern uint64_t schedule_quiet; /* so many events are the running hart's: written by schedule.c only */
uint32_t schedule_decide(uint32_t running);

void schedule_begin(uint32_t harts, const struct explore_options *options);
/* The hart that makes the next step: called by the one that runs, before each of its events. */
static inline uint32_t schedule_next(uint32_t running)
{
    if (schedule_quiet > 0) {
        schedule_quiet--;
        return running;
    }
    return schedule_decide(running);
}
/* A hart that waited for another is ready again. */
void schedule_woken(void);
/* The hart that runs waits for another: it gives way. The one that runs instead, itself if there is no other. */
uint32_t schedule_give_way(uint32_t waiting);
/* One that is ready, or RUN_NOBODY: the caller cannot go on. */
uint32_t schedule_any(void);

#endif
