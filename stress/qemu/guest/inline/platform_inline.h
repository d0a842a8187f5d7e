/* SPDX-License-Identifier: MIT
 * The calls of core/base/platform.h that must cost next to nothing, for a kernel. See kernel.h. */
#ifndef FRAMELAB_QEMU_PLATFORM_INLINE_H
#define FRAMELAB_QEMU_PLATFORM_INLINE_H

#include <stdint.h>

/* Set by thread_begin, the first that a hart does: no code runs on a hart without a number, nor on two with one. */
extern _Thread_local uint32_t platform_kernel_hart;
void schedule_hook(void);
void schedule_relax(void);
uint32_t schedule_drain_turns(void);
uint32_t schedule_patience_per_hart(void);

/* Of core/hart_cache.c and core/allocator.c: the schedule says how long a turn is. */
#define DRAIN_TURNS schedule_drain_turns()
#define PATIENCE_PER_HART schedule_patience_per_hart()

static inline uint32_t platform_hart_id(void)
{
    return platform_kernel_hart;
}

static inline void platform_relax(void)
{
    schedule_relax();
}

static inline void platform_prefetch(const void *address)
{
    __builtin_prefetch(address, 1);
}

static inline void platform_barrier_light(void)
{
    __asm__ volatile("" ::: "memory");
}

static inline void platform_hook_at(const char *place)
{
    (void)place;
    schedule_hook();
}

#endif
