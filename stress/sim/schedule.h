/* SPDX-License-Identifier: MIT
 * Who runs next in explore mode. See schedule.c. */
#ifndef FRAMELAB_SIM_SCHEDULE_H
#define FRAMELAB_SIM_SCHEDULE_H

#include "explore.h"

void schedule_begin(uint32_t harts, const struct explore_options *options);
/* The hart that makes the next step: called by the one that runs, before each of its events. */
uint32_t schedule_next(uint32_t running);
/* The hart that runs waits for another: it gives way. The one that runs instead, itself if there is no other. */
uint32_t schedule_give_way(uint32_t waiting);
/* One that is ready, or RUN_NOBODY: the caller cannot go on. */
uint32_t schedule_any(void);

#endif
