/* SPDX-License-Identifier: MIT
 * core/base/platform.h for a kernel: physical memory is where it is, time is what a hart has executed, the log is the
 * console, and the slow side of the asymmetric barrier is an interrupt to every other hart. */
#include "platform.h"

#include <stdio.h>

#include "format_into.h"
#include "kernel.h"
#include "reclaim.h"

_Thread_local uint32_t platform_kernel_hart;

uint32_t platform_hart_count(void)
{
    return kernel_hart_count;
}

bool platform_barrier_heavy(struct hart_set *silent)
{
    return harts_fence(silent);
}

bool platform_interrupts_off(void)
{
    return arch_interrupts_off();
}

void platform_interrupts_restore(bool were_on)
{
    arch_interrupts_restore(were_on);
}

/* What workloads take for nanoseconds, and report as instructions. */
uint64_t platform_time_ns(void)
{
    return schedule_instructions();
}

void *platform_phys_to_virt(phys_addr_t addr)
{
    return (void *)(uintptr_t)addr.value;
}

bool platform_ram_is_zero(void)
{
    return false; /* the firmware was here before us */
}

/* Reclamation: what lockfree has itself. */
const struct reclaim_backend *const *platform_reclaim_backends(void)
{
    static const struct reclaim_backend *const none[] = {NULL};
    return none;
}

#define LOG_LINE_BYTES 256u

void platform_log(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    format_into(line, format);
    console_line("# %s", line);
}

void platform_panic(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    format_into(line, format);
    trap_panic((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0), "%s", line);
}

/* A lock whose waiters give way: as near to sleeping as a kernel without threads comes. */
static _Atomic uint32_t *word_of(struct platform_mutex *mutex)
{
    return (_Atomic uint32_t *)(void *)mutex->storage;
}

bool platform_mutex_init(struct platform_mutex *mutex)
{
    atomic_store_explicit(word_of(mutex), 0, memory_order_relaxed);
    return true;
}

bool platform_mutex_trylock(struct platform_mutex *mutex)
{
    platform_hook();
    return atomic_exchange_explicit(word_of(mutex), 1, memory_order_acquire) == 0;
}

void platform_mutex_lock(struct platform_mutex *mutex)
{
    while (!platform_mutex_trylock(mutex)) {
        platform_relax();
    }
}

void platform_mutex_unlock(struct platform_mutex *mutex)
{
    platform_hook();
    atomic_store_explicit(word_of(mutex), 0, memory_order_release);
}
