/* SPDX-License-Identifier: MIT
 * What the flavours of liburcu have in common as back ends of reclamation. The theory stands in reclaim_urcu.c.
 * Private to the host: programs that link libframelab.a choose a back end by the knob `reclaim`. */
#ifndef FRAMELAB_HOST_RECLAIM_URCU_H
#define FRAMELAB_HOST_RECLAIM_URCU_H

#include <pthread.h>
#include <semaphore.h>

#include "reclaim.h"

/* Moves of the source after which a cookie has passed. */
#define URCU_GRACE 2u
/* Pauses of reclaim_barrier before it gives up: some seconds. A grace period may have to wait for a processor. */
#define URCU_BARRIER_TURNS 2000000u

struct urcu_source {
    /* The flavour's own. */
    void (*const synchronize)(void);
    void (*const register_thread)(void);
    void (*const unregister_thread)(void);
    _Atomic uint64_t now;    /* grace periods ended, from 1 */
    _Atomic uint32_t wanted; /* 1: one that has not begun yet is asked for */
    sem_t wake;              /* of the thread that waits for grace periods */
    pthread_key_t leave;     /* has a registered thread unregistered when it ends */
    bool runs;
};

/* A thread, as one flavour knows it: it has had no section yet; it is registered until it ends; its end has
 * unregistered it, and each outermost section that its destructors still have registers and unregisters by itself. */
enum urcu_thread_state { URCU_THREAD_NEW, URCU_THREAD_REGISTERED, URCU_THREAD_LEAVING };

struct urcu_thread {
    struct urcu_source *source;
    enum urcu_thread_state state;
    uint32_t depth; /* of sections, for a flavour that does not count them itself */
};

extern const struct reclaim_backend reclaim_urcu_memb, reclaim_urcu_qsbr;

/* The calling thread's own, before an outermost section for which it is not registered; and after it, if it is leaving.
 */
void urcu_thread_register(struct urcu_thread *thread);
void urcu_thread_unregister(struct urcu_thread *thread);

/* Of struct reclaim_backend, for a flavour whose `own` is its source. A hart's thread registers by itself. */
bool urcu_init(struct reclaim *reclaim);
void urcu_add_hart(struct reclaim_hart *hart);
uint64_t urcu_now(const struct reclaim *reclaim);
void urcu_move(struct reclaim_hart *hart);
void urcu_jump(struct reclaim *reclaim, uint64_t advances);

#endif
