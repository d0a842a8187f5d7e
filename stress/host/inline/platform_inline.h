/* SPDX-License-Identifier: MIT
 * The calls of core/base/platform.h that must cost next to nothing, for the host: harts are threads. */
#ifndef FRAMELAB_HOST_PLATFORM_INLINE_H
#define FRAMELAB_HOST_PLATFORM_INLINE_H

#include <stddef.h>
#include <stdint.h>

/* Turns of a waiting loop between two calls of the scheduler. A `pause` takes 40 to 140 cycles on current x86, so
 * this is one to three microseconds: about what a context switch costs, so waiting never costs more than twice the
 * better of spinning and switching. */
#define PLATFORM_HOST_TURNS_PER_YIELD 64u

/* The calling thread's hart: HART_NONE in a thread that was given no number. Written by platform.c and harts.c alone,
 * which know who has which. initial-exec: one instruction to read, no call into the loader. */
extern _Thread_local uint32_t platform_host_hart __attribute__((tls_model("initial-exec")));
extern _Thread_local uint32_t platform_host_turns __attribute__((tls_model("initial-exec")));

/* Lets other threads run; in the end sleeps for a moment. */
void platform_host_yield(void);

/* In a build with FRAMELAB_HOOKS: what a hart calls at each hook, and in each turn of a waiting loop, if not NULL. Set
 * at rest only. */
extern void (*platform_host_hook)(const char *place);

static inline void platform_hook_at(const char *place)
{
#ifdef FRAMELAB_HOOKS
    if (platform_host_hook != NULL) {
        platform_host_hook(place);
    }
#else
    (void)place;
#endif
}

static inline uint32_t platform_hart_id(void)
{
    return platform_host_hart;
}

static inline void platform_relax(void)
{
    platform_hook_at("platform_relax");
    if (++platform_host_turns % PLATFORM_HOST_TURNS_PER_YIELD == 0) {
        platform_host_yield();
        return;
    }
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield" ::: "memory");
#else
    __asm__ volatile("" ::: "memory");
#endif
}

static inline void platform_prefetch(const void *address)
{
    __builtin_prefetch(address, 1);
}

static inline void platform_barrier_light(void)
{
    __asm__ volatile("" ::: "memory");
}

#endif
