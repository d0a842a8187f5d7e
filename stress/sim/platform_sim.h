/* SPDX-License-Identifier: MIT
 * What the simulator's platform offers beyond core/platform.h. */
#ifndef FRAMELAB_SIM_PLATFORM_SIM_H
#define FRAMELAB_SIM_PLATFORM_SIM_H

#include <stdint.h>

/* Called with the line that an invariant broke with, on the hart that broke it, if not NULL; need not return. */
extern void (*sim_on_panic)(const char *line);

/* Turns that a drain waits for other harts (DRAIN_TURNS of core/hart_cache.c). In time mode as on the host. */
#define SIM_PATIENCE_TIME 500000u
#define SIM_PATIENCE_EXPLORE 400u
extern uint32_t sim_patience;

#endif
