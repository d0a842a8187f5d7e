// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Harts that are kernel threads, and the clock: see guest.h. */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/time64.h>

#include "contract.h"
#include "guest.h"
#include "harness.h"

uint32_t guest_hart_count(void)
{
    return num_online_cpus();
}

/* A hart stays on the CPU of its number. */
uint32_t platform_hart_id(void)
{
    return raw_smp_processor_id();
}

void platform_relax(void)
{
    cpu_relax();
    cond_resched();
}

#if defined(CONFIG_ARM64)
#define mark(number) asm volatile("hint %0" ::"i"(0x70 + (number)) : "memory")
#else /* RISC-V */
#define mark(number) asm volatile("slti x0, x0, %0" ::"i"(0x700 + (number)) : "memory")
#endif

/* Nanoseconds of the guest, of which each is an instruction under -icount: of all CPUs together. */
static inline u64 now(void)
{
    u64 ticks, frequency = 10000000; /* of QEMU's machine for RISC-V */

#if defined(CONFIG_ARM64)
    asm volatile("isb\n\tmrs %0, cntvct_el0\n\tmrs %1, cntfrq_el0" : "=r"(ticks), "=r"(frequency));
#else
    asm volatile("rdtime %0" : "=r"(ticks));
#endif
    return ticks * (NSEC_PER_SEC / frequency);
}

/* A hart reads the clock where a phase of its begins and where it ends. In between, and only then, the plugin of QEMU's
 * that counts is to count it; at the end it tells (stress/qemu/plugin). */
static DEFINE_PER_CPU(bool, in_phase);
static bool counted;
static atomic_t told;

uint64_t platform_time_ns(void)
{
    u64 ended;

    if (!counted) {
        return now();
    }
    if (this_cpu_read(in_phase)) {
        ended = now();
        mark(MARK_END);
        mark(MARK_TELL);
        atomic_inc(&told);
        this_cpu_write(in_phase, false);
        return ended;
    }
    this_cpu_write(in_phase, true);
    mark(MARK_BEGIN);
    return now();
}

void guest_count(bool count)
{
    mark(MARK_START);
    counted = count;
    if (count) {
        atomic_set(&told, 0);
    }
}

uint32_t guest_told(void)
{
    return (uint32_t)atomic_read(&told);
}

struct hart {
    void (*body)(void *context, uint32_t hart);
    void *context;
    u32 number;
    struct completion done;
};
static struct hart harts[GUEST_HARTS_MAX];

static int run_hart(void *argument)
{
    struct hart *hart = argument;

    hart->body(hart->context, hart->number);
    complete(&hart->done);
    return 0;
}

bool harts_run(uint32_t count, void (*body)(void *context, uint32_t hart), void *context)
{
    struct task_struct *threads[GUEST_HARTS_MAX];
    u32 i, started;

    if (count > guest_hart_count() || count > GUEST_HARTS_MAX) {
        return false;
    }
    for (started = 0; started < count; started++) {
        struct hart *hart = &harts[started];

        *hart = (struct hart){.body = body, .context = context, .number = started};
        init_completion(&hart->done);
        threads[started] = kthread_create(run_hart, hart, "framelab/%u", started);
        if (IS_ERR(threads[started])) {
            break;
        }
        kthread_bind(threads[started], started);
    }
    for (i = 0; i < started; i++) {
        if (started == count) {
            wake_up_process(threads[i]);
        } else {
            kthread_stop(threads[i]); /* before it has begun */
        }
    }
    for (i = 0; i < started && started == count; i++) {
        wait_for_completion(&harts[i].done);
    }
    return started == count;
}

/* ---- a barrier; all have a CPU each, and give it away in each turn ---- */

struct barrier {
    u32 count;
    atomic_t arrived, round;
};
_Static_assert(sizeof(struct barrier) <= sizeof(struct hart_barrier), "no room for it");

void hart_barrier_init(struct hart_barrier *barrier, uint32_t count)
{
    struct barrier *own = (void *)barrier->storage;

    own->count = count;
    atomic_set(&own->arrived, 0);
    atomic_set(&own->round, 0);
}

void hart_barrier_wait(struct hart_barrier *barrier)
{
    struct barrier *own = (void *)barrier->storage;
    int round = atomic_read(&own->round);

    if (atomic_inc_return(&own->arrived) == own->count) {
        atomic_set(&own->arrived, 0);
        atomic_inc_return(&own->round); /* orders all that came before, as the reader below does what comes after */
        return;
    }
    while (atomic_read_acquire(&own->round) == round) {
        platform_relax();
    }
}
