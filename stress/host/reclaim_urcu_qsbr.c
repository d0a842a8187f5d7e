/* SPDX-License-Identifier: MIT
 * The back end `urcu-qsbr`: liburcu assumes that a thread that is online is in a section until the thread says
 * otherwise. We know where a section ends but not whether another follows, and a hart that sleeps must not delay grace
 * periods. So a hart is online only in its sections: a store and a full fence to begin, two fences to end. It would be
 * cheaper to stay online and to announce a quiescent state at the end of a section, but then one idle hart could keep
 * an arena from being removed for ever. Nested sections are counted here, for each thread, as liburcu registers
 * threads. */
#include <urcu/urcu-qsbr.h>

#include "reclaim_urcu.h"

static struct urcu_source qsbr_source = {
    .synchronize = urcu_qsbr_synchronize_rcu,
    .register_thread = urcu_qsbr_register_thread,
    .unregister_thread = urcu_qsbr_unregister_thread,
};
static _Thread_local struct urcu_thread self __attribute__((tls_model("initial-exec"))) = {.source = &qsbr_source};

static void qsbr_enter(struct reclaim_hart *hart)
{
    (void)hart;
    if (self.depth++ > 0) {
        return;
    }
    if (__builtin_expect(self.state == URCU_THREAD_REGISTERED, 1)) {
        urcu_qsbr_thread_online();
    } else {
        urcu_thread_register(&self); /* which puts it online */
    }
}

static void qsbr_exit(struct reclaim_hart *hart)
{
    (void)hart;
    FRAME_DEBUG_ASSERT(self.depth > 0);
    if (--self.depth > 0) {
        return;
    }
    if (__builtin_expect(self.state == URCU_THREAD_REGISTERED, 1)) {
        urcu_qsbr_thread_offline();
    } else {
        urcu_thread_unregister(&self); /* which puts it offline */
    }
}

const struct reclaim_backend reclaim_urcu_qsbr = {
    .name = "urcu-qsbr",
    .progress =
        "wait-free sections, online and offline again; a hart stopped in one stops the source, which is a thread",
    .grace = URCU_GRACE,
    .barrier_turns = URCU_BARRIER_TURNS,
    .init = urcu_init,
    .add_hart = urcu_add_hart,
    .enter = qsbr_enter,
    .exit = qsbr_exit,
    .now = urcu_now,
    .move = urcu_move,
    .jump = urcu_jump,
    .own = &qsbr_source,
};
