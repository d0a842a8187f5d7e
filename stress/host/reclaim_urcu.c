/* SPDX-License-Identifier: MIT
 * The clocks `urcu-memb` and `urcu-qsbr`, over liburcu; and the list of the host's back ends.
 *
 * 1. A section is liburcu's read-side section. For each flavour one thread of ours waits for grace periods
 *    (synchronize_rcu) and counts them: that count is the clock. A hart that wants the clock to move says so and wakes
 *    that thread; no hart ever waits for it. call_rcu has such a thread, too, but this pauses for 10 ms after each
 *    batch: 46 grace periods a second in place of 12000, and everything popped would be in limbo for 10 ms.
 * 2. (G) of reclaim.h, grace 2. Let the stamp be s.
 *    - A grace period may have been under way when the stamp was taken; its end set the clock to s + 1.
 *    - The grace period whose end sets the clock to s + 2 began after s + 1 had been stored, so after the stamp's load,
 *      which came after the pop (a full fence in between).
 *    - So a section that read the entry on top before the pop was open when that grace period began, or had ended
 *      before. liburcu guarantees that it has ended when synchronize_rcu returns, and that what was read in it was read
 *      before. The clock is stored with release and loaded with acquire.
 * 3. There is one clock for each flavour, not for each allocator, and it uses no memory of an allocator: memory of a
 *    machine that no longer exists is never accessed.
 * 4. States of a thread: NEW -- its first section --> REGISTERED -- its destructor for our key --> LEAVING.
 *    - A registered thread that is outside a section delays no grace period, asleep or not.
 *    - A thread ends by rounds of destructors, in no defined order. Destructors of others may use the allocator after
 *      ours has unregistered the thread, and a section that liburcu does not know of would protect nothing. So in
 *      LEAVING each outermost section registers the thread and its end unregisters it, however many rounds follow.
 *    - Not handled, since it cannot be seen from here: a thread that has its very first section in the last of
 *      PTHREAD_DESTRUCTOR_ITERATIONS rounds stays registered after its end.
 * 5. Progress. Sections are wait-free, except a thread's first, which takes the lock of liburcu's registry, and the end
 *    of one that a grace period waits for, which makes a system call (futex wake). The clock is blocking: it depends on
 *    one thread being scheduled and on the end of every section. A hart that is stopped in a section stops it, as with
 *    `epoch`; so does one that is stopped while it registers. */
#include "reclaim_urcu.h"

#include <errno.h>
#include <signal.h>

const struct reclaim_backend *const *platform_reclaim_backends(void)
{
    static const struct reclaim_backend *const backends[] = {&reclaim_urcu_memb, &reclaim_urcu_qsbr, NULL};
    return backends;
}

static void *clock_main(void *argument)
{
    struct urcu_clock *clock = argument;
    for (;;) {
        while (sem_wait(&clock->wake) != 0) {
            FRAME_ASSERT(errno == EINTR);
        }
        /* Before the grace period begins: who asks from now on gets another. */
        atomic_store_explicit(&clock->wanted, 0, memory_order_seq_cst);
        clock->synchronize();
        atomic_fetch_add_explicit(&clock->now, 1, memory_order_release);
    }
    return NULL;
}

static void thread_leave(void *argument)
{
    struct urcu_thread *thread = argument;
    thread->state = URCU_THREAD_LEAVING;
    urcu_thread_unregister(thread);
}

/* Signals are for the program's own threads. */
static bool thread_start(struct urcu_clock *clock)
{
    pthread_t thread;
    sigset_t all, before;
    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool started = pthread_create(&thread, NULL, clock_main, clock) == 0 && pthread_detach(thread) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool urcu_init(struct reclaim *reclaim)
{
    struct urcu_clock *clock = reclaim->backend->own;
    static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&starting);
    if (!clock->runs) {
        atomic_store_explicit(&clock->now, 1, memory_order_relaxed);
        clock->runs = sem_init(&clock->wake, 0, 0) == 0 && pthread_key_create(&clock->leave, thread_leave) == 0 &&
                      thread_start(clock);
    }
    bool runs = clock->runs;
    (void)pthread_mutex_unlock(&starting);
    return runs;
}

void urcu_thread_register(struct urcu_thread *thread)
{
    if (thread->state == URCU_THREAD_NEW) {
        if (pthread_setspecific(thread->clock->leave, thread) != 0) {
            platform_panic("reclaim: a thread cannot be registered: no memory");
        }
        thread->state = URCU_THREAD_REGISTERED;
    }
    thread->clock->register_thread();
}

void urcu_thread_unregister(struct urcu_thread *thread)
{
    thread->clock->unregister_thread();
}

void urcu_add_hart(struct reclaim_hart *hart)
{
    (void)hart;
}

uint64_t urcu_now(const struct reclaim *reclaim)
{
    const struct urcu_clock *clock = reclaim->backend->own;
    return atomic_load_explicit(&clock->now, memory_order_acquire);
}

void urcu_move(struct reclaim_hart *hart)
{
    struct urcu_clock *clock = hart->backend->own;
    if (atomic_load_explicit(&clock->wanted, memory_order_relaxed) == 0 &&
        atomic_exchange_explicit(&clock->wanted, 1, memory_order_seq_cst) == 0) {
        (void)sem_post(&clock->wake);
    }
}

void urcu_jump(struct reclaim *reclaim, uint64_t moves)
{
    struct urcu_clock *clock = reclaim->backend->own;
    atomic_fetch_add_explicit(&clock->now, moves, memory_order_release);
}
