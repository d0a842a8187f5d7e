/* SPDX-License-Identifier: MIT
 * What the simulator's platform offers beyond core/platform.h. */
#ifndef FRAMELAB_SIM_PLATFORM_SIM_H
#define FRAMELAB_SIM_PLATFORM_SIM_H

/* Called with the line that an invariant broke with, on the hart that broke it, if not NULL; need not return. */
extern void (*sim_on_panic)(const char *line);

#endif
