// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Harts that are kernel threads, and the clock: see guest.h. */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/time64.h>

#include "guest.h"
#include "harness.h"

uint32_t guest_hart_count(void)
{
    return num_online_cpus();
}

/* Nanoseconds of the guest, of which each is an instruction under -icount: of all CPUs together. */
uint64_t platform_time_ns(void)
{
#if defined(CONFIG_ARM64)
    u64 ticks, frequency;

    asm volatile("isb\n\tmrs %0, cntvct_el0\n\tmrs %1, cntfrq_el0" : "=r"(ticks), "=r"(frequency));
    return ticks * (NSEC_PER_SEC / frequency);
#elif defined(CONFIG_RISCV)
    u64 ticks;

    asm volatile("rdtime %0" : "=r"(ticks));
    return ticks * (NSEC_PER_SEC / 10000000); /* of QEMU's machine */
#else
#error "no clock is known for this architecture"
#endif
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
        cpu_relax();
        cond_resched();
    }
}
