/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 * The calls of core/base/platform.h that must cost next to nothing, for workloads in Linux. Of these they use none:
 * whoever asks for more is refused by the linker. See guest.h. */
#ifndef FRAMELAB_LINUX_PLATFORM_INLINE_H
#define FRAMELAB_LINUX_PLATFORM_INLINE_H

#include <stdint.h>

uint32_t platform_hart_id(void);
void platform_relax(void);

static inline void platform_barrier_light(void)
{
    __asm__ volatile("" ::: "memory");
}

static inline void platform_prefetch(const void *address)
{
    __builtin_prefetch(address, 1);
}

static inline void platform_hook_at(const char *place)
{
    (void)place;
}

#endif
