/* SPDX-License-Identifier: MIT
 * Harts are threads: hart i is a thread of its own, pinned to the (i mod cores)-th CPU of the process's affinity mask.
 * It is made when first needed and kept, asleep, until the process ends, so that a thousand short runs do not measure
 * the making of threads. The caller of harts_run sleeps meanwhile. A run's threads have their hart numbers while the
 * body runs and at no other time. The numbers are lent to them by the caller, which is no hart in the meantime, so that
 * no other thread can become hart 0 before the caller is hart 0 again. */
#define _GNU_SOURCE
#include "harts.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "frame_limits.h"
#include "platform.h"
#include "platform_host.h"

/* Stack of a hart. Small, so that 512 harts fit under a strict limit of address space. */
#define HART_STACK_BYTES (UINT64_C(1) << 20)

static struct {
    uint32_t cpus[HOST_CPU_MAX];
    uint32_t count;
} cores;
static pthread_once_t cores_once = PTHREAD_ONCE_INIT;

struct worker {
    uint32_t hart;
    sem_t start;
};

static struct worker workers[HART_MAX];
static uint32_t worker_count;

/* The run under way. Written before the workers' semaphores are posted, read after they are waited for. */
static struct {
    void (*body)(void *context, uint32_t hart);
    void *context;
    _Atomic uint32_t running;
    sem_t done;
} run;
static pthread_once_t run_once = PTHREAD_ONCE_INIT;

static void cores_read(void)
{
    cpu_set_t mask[HOST_CPU_MAX / CPU_SETSIZE];
    if (sched_getaffinity(0, sizeof(mask), mask) != 0) {
        return;
    }
    for (uint32_t cpu = 0; cpu < HOST_CPU_MAX; cpu++) {
        if (CPU_ISSET_S(cpu, sizeof(mask), mask)) {
            cores.cpus[cores.count++] = cpu;
        }
    }
}

uint32_t harts_cores(void)
{
    (void)pthread_once(&cores_once, cores_read);
    return cores.count > 0 ? cores.count : 1;
}

uint32_t harts_cpu(uint32_t hart)
{
    return cores.cpus[hart % harts_cores()];
}

/* Where pinning is not permitted the hart runs unpinned: slower, not wrong. */
static void pin(uint32_t hart)
{
    cpu_set_t mask[HOST_CPU_MAX / CPU_SETSIZE];
    for (size_t i = 0; i < HOST_CPU_MAX / CPU_SETSIZE; i++) {
        CPU_ZERO(&mask[i]);
    }
    CPU_SET_S(harts_cpu(hart), sizeof(mask), mask);
    if (sched_setaffinity(0, sizeof(mask), mask) != 0) {
        platform_log("hart %u cannot be pinned to CPU %u", hart, harts_cpu(hart));
    }
}

/* An interrupted wait (a signal handler that returned) is waited again. */
static void wait_for(sem_t *semaphore)
{
    while (sem_wait(semaphore) != 0) {
        FRAME_ASSERT(errno == EINTR);
    }
}

static void *worker_main(void *argument)
{
    struct worker *self = argument;
    pin(self->hart);
    for (;;) {
        wait_for(&self->start);
        platform_host_hart = self->hart;
        run.body(run.context, self->hart);
        FRAME_ASSERT(platform_hart_id() == self->hart); /* it was lent, not to be given away */
        platform_host_hart = HART_NONE;
        /* acq_rel: the last one to come has seen all that the others did, and passes it on with the post. */
        if (atomic_fetch_sub_explicit(&run.running, 1, memory_order_acq_rel) == 1) {
            (void)sem_post(&run.done);
        }
    }
    return NULL;
}

static bool worker_start(void)
{
    struct worker *worker = &workers[worker_count];
    worker->hart = worker_count;
    pthread_attr_t attributes;
    pthread_t thread;
    if (sem_init(&worker->start, 0, 0) != 0 || pthread_attr_init(&attributes) != 0) {
        return false;
    }
    bool started = pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0 &&
                   pthread_attr_setstacksize(&attributes, HART_STACK_BYTES) == 0 &&
                   pthread_create(&thread, &attributes, worker_main, worker) == 0;
    (void)pthread_attr_destroy(&attributes);
    worker_count += started;
    return started;
}

static void run_init(void)
{
    (void)sem_init(&run.done, 0, 0);
}

bool harts_provide(uint32_t count)
{
    return platform_host_hart_count_set(count);
}

bool harts_run(uint32_t count, void (*body)(void *context, uint32_t hart), void *context)
{
    const uint32_t own = platform_hart_id();
    (void)pthread_once(&run_once, run_init);
    (void)harts_cores(); /* before a worker is pinned: it would be read from the wrong mask */
    if (count > HART_MAX) {
        return false;
    }
    while (worker_count < count) {
        if (!worker_start()) {
            return false;
        }
    }
    if (count == 0) {
        return true;
    }
    if (!host_harts_lend(count)) {
        return false;
    }
    run.body = body;
    run.context = context;
    atomic_store_explicit(&run.running, count, memory_order_relaxed); /* the posts below publish it */
    for (uint32_t hart = 0; hart < count; hart++) {
        (void)sem_post(&workers[hart].start);
    }
    wait_for(&run.done);
    host_harts_return(count, own);
    return true;
}

_Static_assert(sizeof(pthread_barrier_t) <= sizeof(struct hart_barrier), "a hart barrier holds a pthread barrier");
_Static_assert(_Alignof(pthread_barrier_t) <= _Alignof(struct hart_barrier), "and aligns it");

static pthread_barrier_t *barrier_of(struct hart_barrier *barrier)
{
    return (pthread_barrier_t *)(void *)barrier->storage;
}

void hart_barrier_init(struct hart_barrier *barrier, uint32_t count)
{
    if (pthread_barrier_init(barrier_of(barrier), NULL, count) != 0) {
        platform_panic("a barrier for %u harts is invalid", count);
    }
}

void hart_barrier_wait(struct hart_barrier *barrier)
{
    int result = pthread_barrier_wait(barrier_of(barrier));
    FRAME_ASSERT(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
}
