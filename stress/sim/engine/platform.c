/* SPDX-License-Identifier: MIT
 * platform.h and stress/harness/harness.h for simulated harts. RAM is the host's: a process has one machine at a time,
 * whichever platform's harts run on it. There is no sleeping lock, as on bare metal. */
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>

#include "format_into.h"
#include "harness.h"
#include "harts.h"
#include "interrupts.h"
#include "model.h"
#include "platform_host.h"
#include "platform_sim.h"
#include "reclaim.h"
#include "run.h"

#define PLACE ((uintptr_t)__builtin_return_address(0))
#define LOG_LINE_BYTES 1024

void (*sim_on_panic)(const char *line);

static uint32_t hart_count = 1;

bool sim_impatient, sim_log_is_quiet;

uint32_t sim_drain_turns(void)
{
    return sim_impatient ? 400 : 500000;
}

uint32_t sim_hotplug_turns(void)
{
    return sim_impatient ? 400 : 20000;
}

uint32_t sim_patience_per_hart(void)
{
    return sim_impatient ? 2 : 512;
}

uint32_t sim_hart_id(void)
{
    uint32_t self = run_self();
    return self != RUN_NOBODY ? self : 0;
}

bool platform_host_hart_count_set(uint32_t count)
{
    if (count == 0 || count > HART_MAX) {
        return false;
    }
    hart_count = count;
    return true;
}

/* A fibre has its number from run.c; whoever calls outside of a run is alone, and hart 0. */
enum host_hart_status platform_host_hart_set(uint32_t hart)
{
    return hart == sim_hart_id() ? HOST_HART_OK : hart < hart_count ? HOST_HART_IN_USE : HOST_HART_BEYOND;
}

void platform_host_hart_clear(void)
{
}

const char *host_hart_text(enum host_hart_status status)
{
    return status == HOST_HART_OK ? "done" : "simulated harts have their numbers for good";
}

uint32_t platform_hart_count(void)
{
    return hart_count;
}

void sim_relax(void)
{
    const struct event event = {.kind = EVENT_RELAX, .place = PLACE};
    (void)model_event(&event);
}

void sim_prefetch(const void *address)
{
    const struct event event = {.kind = EVENT_PREFETCH, .size = 1, .address = (uintptr_t)address, .place = PLACE};
    (void)model_event(&event);
}

bool platform_barrier_heavy(struct hart_set *silent)
{
    const struct event event = {.kind = EVENT_BARRIER, .order = ORDER_SEQ_CST, .place = PLACE};
    *silent = (struct hart_set){{(uint64_t)model_event(&event)}}; /* only explore mode has any, and few harts */
    return silent->words[0] == 0;
}

bool platform_interrupts_off(void)
{
    return interrupts_off();
}

void platform_interrupts_restore(bool were_on)
{
    if (were_on) {
        interrupts_on();
    }
}

uint64_t platform_time_ns(void)
{
    uint32_t self = run_self();
    return self != RUN_NOBODY ? model->time_ns(self) : 0;
}

void *platform_phys_to_virt(phys_addr_t addr)
{
    return host_ram_at(addr);
}

bool platform_ram_is_zero(void)
{
    return true;
}

/* liburcu needs threads; its back ends are the host's. */
const struct reclaim_backend *const *platform_reclaim_backends(void)
{
    static const struct reclaim_backend *const none[] = {NULL};
    return none;
}

void platform_log(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    format_into(line, format);
    if (!sim_log_is_quiet) {
        (void)fprintf(stderr, "framelab: %s\n", line);
    }
}

void platform_panic(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    format_into(line, format);
    if (sim_on_panic != NULL && run_self() != RUN_NOBODY) {
        sim_on_panic(line);
    }
    (void)fprintf(stderr, "framelab: %s\n", line);
    abort();
}

bool platform_mutex_init(struct platform_mutex *mutex)
{
    (void)mutex;
    return false;
}

void platform_mutex_lock(struct platform_mutex *mutex)
{
    (void)mutex;
    platform_panic("mutex: simulated harts have none");
}

bool platform_mutex_trylock(struct platform_mutex *mutex)
{
    (void)mutex;
    platform_panic("mutex: simulated harts have none");
}

void platform_mutex_unlock(struct platform_mutex *mutex)
{
    (void)mutex;
    platform_panic("mutex: simulated harts have none");
}
