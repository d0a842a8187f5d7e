/* SPDX-License-Identifier: MIT
 * The grace-period sources `urcu-memb` and `urcu-qsbr`, over liburcu; and the list of the host's back ends.
 *
 * 1. A section is liburcu's read-side section. For each flavour one thread of ours waits for grace periods
 *    (synchronize_rcu) and counts them: that count is the source. A hart that wants the source to move says so and
 *    wakes that thread; no hart ever waits for it. call_rcu has such a thread, too, but this pauses for 10 ms after
 *    each batch: 46 grace periods a second in place of 12000, and everything popped would be in limbo for 10 ms.
 * 2. (G) of reclaim.h, grace 2. Let the cookie be s.
 *    - A grace period may have been under way when the cookie was taken; its end set the source to s + 1.
 *    - The grace period whose end sets the source to s + 2 began after s + 1 had been stored, so after the cookie's
 *      load, which came after the pop (a full fence in between).
 *    - So a section that read the entry on top before the pop was open when that grace period began, or had ended
 *      before. liburcu guarantees that it has ended when synchronize_rcu returns, and that what was read in it was read
 *      before. The source is stored with release and loaded with acquire.
 * 3. There is one source for each flavour, not for each allocator, and it uses no memory of an allocator: memory of a
 *    machine that no longer exists is never accessed.
 * 4. States of a thread: NEW -- its first section --> REGISTERED -- its destructor for our key --> LEAVING.
 *    - A registered thread that is outside a section delays no grace period, asleep or not.
 *    - A thread ends by rounds of destructors, in no defined order. Destructors of others may use the allocator after
 *      ours has unregistered the thread, and a section that liburcu does not know of would protect nothing. So in
 *      LEAVING each outermost section registers the thread and its end unregisters it, however many rounds follow.
 *    - Not handled, since it cannot be seen from here: a thread that has its very first section in the last of
 *      PTHREAD_DESTRUCTOR_ITERATIONS rounds stays registered after its end.
 *    - A hart that ended in a section (P13): it ends with its thread, which a destructor unregisters. Of a thread that
 *      lives on (a jump out of the call) it stays open, whoever has the number: liburcu's sections are a thread's own.
 *      The source then stands still: limbo is emptied no more, and arenas are not removed. `epoch` has no such gap.
 * 5. Progress. Sections are wait-free, except a thread's first, which takes the lock of liburcu's registry, and the end
 *    of one that a grace period waits for, which makes a system call (futex wake). The source is blocking: it depends
 *    on one thread being scheduled and on the end of every section. A hart that is stopped in a section stops it, as
 *    with `epoch`; so does one that is stopped while it registers. */
#include "reclaim_urcu.h"

#include <errno.h>
#include <signal.h>

const struct reclaim_backend *const *platform_reclaim_backends(void)
{
    static const struct reclaim_backend *const backends[] = {&reclaim_urcu_memb, &reclaim_urcu_qsbr, NULL};
    return backends;
}

static void *source_main(void *argument)
{
    struct urcu_source *source = argument;
    for (;;) {
        while (sem_wait(&source->wake) != 0) {
            FRAME_ASSERT(errno == EINTR);
        }
        /* Before the grace period begins: who asks from now on gets another. */
        atomic_store_explicit(&source->wanted, 0, memory_order_seq_cst);
        source->synchronize();
        atomic_fetch_add_explicit(&source->now, 1, memory_order_release);
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
static bool thread_start(struct urcu_source *source)
{
    pthread_t thread;
    sigset_t all, before;
    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0) {
        return false;
    }
    bool started = pthread_create(&thread, NULL, source_main, source) == 0 && pthread_detach(thread) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool urcu_init(struct reclaim *reclaim)
{
    struct urcu_source *source = reclaim->backend->own;
    static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;
    (void)pthread_mutex_lock(&starting);
    if (!source->runs) {
        atomic_store_explicit(&source->now, 1, memory_order_relaxed);
        source->runs = sem_init(&source->wake, 0, 0) == 0 && pthread_key_create(&source->leave, thread_leave) == 0 &&
                       thread_start(source);
    }
    bool runs = source->runs;
    (void)pthread_mutex_unlock(&starting);
    return runs;
}

void urcu_thread_register(struct urcu_thread *thread)
{
    if (thread->state == URCU_THREAD_NEW) {
        if (pthread_setspecific(thread->source->leave, thread) != 0) {
            platform_panic("reclaim: a thread cannot be registered: no memory");
        }
        thread->state = URCU_THREAD_REGISTERED;
    }
    thread->source->register_thread();
}

void urcu_thread_unregister(struct urcu_thread *thread)
{
    thread->source->unregister_thread();
}

void urcu_add_hart(struct reclaim_hart *hart)
{
    (void)hart;
}

uint64_t urcu_now(const struct reclaim *reclaim)
{
    const struct urcu_source *source = reclaim->backend->own;
    return atomic_load_explicit(&source->now, memory_order_acquire);
}

void urcu_move(struct reclaim_hart *hart)
{
    struct urcu_source *source = hart->backend->own;
    if (atomic_load_explicit(&source->wanted, memory_order_relaxed) == 0 &&
        atomic_exchange_explicit(&source->wanted, 1, memory_order_seq_cst) == 0) {
        (void)sem_post(&source->wake);
    }
}

void urcu_jump(struct reclaim *reclaim, uint64_t advances)
{
    struct urcu_source *source = reclaim->backend->own;
    atomic_fetch_add_explicit(&source->now, advances, memory_order_release);
}
