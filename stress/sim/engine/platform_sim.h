/* SPDX-License-Identifier: MIT
 * What the simulator's platform offers beyond core/base/platform.h. */
#ifndef FRAMELAB_SIM_PLATFORM_SIM_H
#define FRAMELAB_SIM_PLATFORM_SIM_H

#include <stdbool.h>

/* Called with the line that an invariant broke with, on the hart that broke it, if not NULL; need not return. */
extern void (*sim_on_panic)(const char *line);

/* Nothing is logged: for a look at what is in the middle of changing. */
extern bool sim_log_is_quiet;

/* Waiting loops that are bounded (DRAIN_TURNS of core/hart_cache.c, HOTPLUG_TURNS of core/setup.c) end soon: in explore
 * mode a turn is a turn of the schedule, in time mode they are as long as on the host. */
extern bool sim_impatient;

#endif
