/* SPDX-License-Identifier: MIT
 * The back end `urcu-memb`: a section costs a store and a compiler barrier at either end, because liburcu makes every
 * thread pass a full fence (membarrier) when a grace period begins and ends. Where the kernel has no membarrier, it
 * costs a full fence at either end. liburcu counts nested sections itself. */
#include <urcu/urcu-memb.h>

#include "reclaim_urcu.h"

static struct urcu_source memb_source = {
    .synchronize = urcu_memb_synchronize_rcu,
    .register_thread = urcu_memb_register_thread,
    .unregister_thread = urcu_memb_unregister_thread,
};
static _Thread_local struct urcu_thread self __attribute__((tls_model("initial-exec"))) = {.source = &memb_source};

static void memb_enter(struct reclaim_hart *hart)
{
    (void)hart;
    if (__builtin_expect(self.state != URCU_THREAD_REGISTERED, 0) && !urcu_memb_read_ongoing()) {
        urcu_thread_register(&self);
    }
    urcu_memb_read_lock();
}

static void memb_exit(struct reclaim_hart *hart)
{
    (void)hart;
    urcu_memb_read_unlock();
    if (__builtin_expect(self.state == URCU_THREAD_LEAVING, 0) && !urcu_memb_read_ongoing()) {
        urcu_thread_unregister(&self);
    }
}

const struct reclaim_backend reclaim_urcu_memb = {
    .name = "urcu-memb",
    .progress = "wait-free sections without a fence; a hart stopped in one stops the source, which is a thread",
    .grace = URCU_GRACE,
    .barrier_turns = URCU_BARRIER_TURNS,
    .init = urcu_init,
    .add_hart = urcu_add_hart,
    .enter = memb_enter,
    .exit = memb_exit,
    .now = urcu_now,
    .move = urcu_move,
    .jump = urcu_jump,
    .own = &memb_source,
};
