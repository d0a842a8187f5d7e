/* SPDX-License-Identifier: MIT
 * The one lock of the baseline, of a kind chosen at run time. The theory stands in lock.c.
 *
 *   lock_init                       once, before anything else
 *   lock_acquire, lock_release      any hart, beside anything; a hart holds the lock at most once
 *   lock_add_stats                  any time; exact at rest */
#ifndef FRAMELAB_BASELINE_LOCK_H
#define FRAMELAB_BASELINE_LOCK_H

#include "ck.h"
#include "stats.h"

enum lock_kind {
    LOCK_AUTO,   /* the mutex where the platform has one, else the ticket lock */
    LOCK_MUTEX,  /* the platform's: sleeps */
    LOCK_TICKET, /* first come, first served; all waiters spin on one line */
    LOCK_MCS,    /* first come, first served; each waiter spins on a line of its own */
    LOCK_FAS,    /* fetch-and-store: no order, whoever comes at the right moment has it */
    /* The same, the hart's interrupts off from before the first try until the release. */
    LOCK_MUTEX_IRQ,
    LOCK_TICKET_IRQ,
    LOCK_MCS_IRQ,
    LOCK_FAS_IRQ,
    LOCK_KIND_COUNT
};

#define LOCK_FIRST_IRQ LOCK_MUTEX_IRQ
#define LOCK_IRQ_APART (LOCK_MUTEX_IRQ - LOCK_MUTEX)

/* The kinds' names in the order of the enumeration, NULL-terminated: the choices of a knob. */
extern const char *const lock_kind_names[LOCK_KIND_COUNT + 1];

/* What one hart needs for itself. */
struct lock_hart {
    _Alignas(CACHE_PAIR) ck_spinlock_mcs_context_t mcs; /* its place in the queue */
    _Atomic uint64_t acquisitions;                      /* all four written by this hart only */
    _Atomic uint64_t waits;                             /* acquisitions that did not succeed at once */
    _Atomic uint64_t waited, longest;                   /* all waits and the longest, by platform_time_ns */
    bool interrupts_were_on; /* when it began to acquire the lock that it has: of an -irq kind */
};

struct lock {
    _Alignas(CACHE_PAIR) enum lock_kind kind; /* LOCK_MUTEX to LOCK_FAS; constant, so on a line of its own */
    bool irq;                                 /* with interrupts off; constant */
    uint32_t hart_count;
    struct lock_hart *harts;
    _Alignas(CACHE_PAIR) union {
        struct platform_mutex mutex;
        ck_spinlock_ticket_t ticket;
        ck_spinlock_mcs_t mcs_tail;
        ck_spinlock_fas_t fas;
    } word;
};

/* `harts`: zeroed, one a hart, as long-lived as the lock. False if the platform lacks a lock of this kind. */
bool lock_init(struct lock *lock, enum lock_kind kind, struct lock_hart *harts, uint32_t hart_count);

/* `hart` is the calling hart. */
void lock_acquire(struct lock *lock, uint32_t hart);
void lock_release(struct lock *lock, uint32_t hart);

/* Adds lock_acquisitions, lock_waits and lock_wait_total, and raises lock_wait_longest. */
void lock_add_stats(const struct lock *lock, struct frame_stats *stats);

#endif
