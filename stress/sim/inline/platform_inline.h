/* SPDX-License-Identifier: MIT
 * The calls of platform.h that must cost next to nothing, for simulated harts. They are calls into the simulator:
 * code that is not instrumented, so that they are no events but where they say so. */
#ifndef FRAMELAB_SIM_PLATFORM_INLINE_H
#define FRAMELAB_SIM_PLATFORM_INLINE_H

#include <stdint.h>

uint32_t sim_hart_id(void); /* the fibre that runs; 0 outside of a run, where nothing else does */
void sim_relax(void);       /* an event */
void sim_prefetch(const void *address);
uint32_t sim_drain_turns(void);
uint32_t sim_hotplug_turns(void);
uint32_t sim_patience_per_hart(void);

static inline uint32_t platform_hart_id(void)
{
    return sim_hart_id();
}

static inline void platform_relax(void)
{
    sim_relax();
}

static inline void platform_prefetch(const void *address)
{
    sim_prefetch(address);
}

static inline void platform_barrier_light(void)
{
    __asm__ volatile("" ::: "memory");
}

/* Simulated harts are stopped at any access: they need no hooks. */
static inline void platform_hook_at(const char *place)
{
    (void)place;
}

#endif
