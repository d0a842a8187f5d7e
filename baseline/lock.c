/* SPDX-License-Identifier: MIT
 * Four locks behind one name.
 *
 * 1. Purpose. How far one lock scales depends on the lock, so the comparison must not hang on one kind. The kind is
 *    a knob; a switch on a constant costs nothing beside the atomic instruction that follows it.
 * 2. Progress: blocking, all four. A hart that is stopped while it holds the lock stops everyone (P9 fails, as it
 *    should). Ticket and MCS are first come, first served: with more harts than cores they may hand the lock to a
 *    hart that is not running, and then all wait for the scheduler. FAS and the mutex are not, and may starve.
 * 3. Waiting. Every waiting loop used here turns through ck_pr_stall, which ck.h makes platform_relax, so the hart
 *    that holds the lock gets to run. CK's variants with backoff (_eb, _pb) spin on a bare compiler barrier instead:
 *    they are not used.
 * 4. Order. A release orders all before it against all after the acquisition that reads from it: ck_pr_fence_lock
 *    and ck_pr_fence_unlock inside CK, POSIX's memory synchronisation in the mutex.
 * 5. Counting. A wait is an acquisition whose first try failed. Mutex, MCS and FAS have a try, so for them it is
 *    exact. CK's ticket lock has one on x86 only; to count alike everywhere it is looked at instead, and a wait that
 *    begins between the look and the ticket is missed: a lower bound. Each hart counts on its own line.
 *    A wait is measured from the failed first try to the acquisition, by platform_time_ns: in nanoseconds on the
 *    host; in QEMU in instructions that the waiting hart itself executed, giving way in between.
 *
 * 6. Interrupts. A handler that wants the lock which its own hart has, or waits for, would wait for ever. The -irq
 *    kinds turn the hart's interrupts off before they try, and back to what they were after the release: so whatever is
 *    interrupted does not have the lock, nor a place in its queue. What that costs is what the platform's two calls do.
 *
 * Papers: Mellor-Crummey & Scott, ACM TOCS 9(1), 1991 (ticket, MCS). */
#include "lock.h"

const char *const lock_kind_names[LOCK_KIND_COUNT + 1] = {"auto",      "mutex",      "ticket",  "mcs",     "fas",
                                                          "mutex-irq", "ticket-irq", "mcs-irq", "fas-irq", NULL};

bool lock_init(struct lock *lock, enum lock_kind kind, struct lock_hart *harts, uint32_t hart_count)
{
    FRAME_ASSERT(kind < LOCK_KIND_COUNT);
    lock->harts = harts;
    lock->hart_count = hart_count;
    lock->irq = kind >= LOCK_FIRST_IRQ;
    kind = lock->irq ? (enum lock_kind)(kind - LOCK_IRQ_APART) : kind;
    if (kind == LOCK_AUTO || kind == LOCK_MUTEX) {
        bool has_mutex = platform_mutex_init(&lock->word.mutex);
        if (!has_mutex && kind == LOCK_MUTEX) {
            return false;
        }
        kind = has_mutex ? LOCK_MUTEX : LOCK_TICKET;
    }
    lock->kind = kind;
    if (kind == LOCK_TICKET) {
        ck_spinlock_ticket_init(&lock->word.ticket);
    } else if (kind == LOCK_MCS) {
        ck_spinlock_mcs_init(&lock->word.mcs_tail);
    } else if (kind == LOCK_FAS) {
        ck_spinlock_fas_init(&lock->word.fas);
    }
    return true;
}

/* The first try; of the ticket lock a look, and the lock only if it was free. */
static bool acquires_at_once(struct lock *lock, struct lock_hart *self)
{
    switch (lock->kind) {
    case LOCK_TICKET:
        if (ck_spinlock_ticket_locked(&lock->word.ticket)) {
            return false;
        }
        ck_spinlock_ticket_lock(&lock->word.ticket);
        return true;
    case LOCK_MCS:
        return ck_spinlock_mcs_trylock(&lock->word.mcs_tail, &self->mcs);
    case LOCK_FAS:
        return ck_spinlock_fas_trylock(&lock->word.fas);
    default:
        return platform_mutex_trylock(&lock->word.mutex);
    }
}

static void wait_and_acquire(struct lock *lock, struct lock_hart *self)
{
    switch (lock->kind) {
    case LOCK_TICKET:
        ck_spinlock_ticket_lock(&lock->word.ticket);
        return;
    case LOCK_MCS:
        ck_spinlock_mcs_lock(&lock->word.mcs_tail, &self->mcs);
        return;
    case LOCK_FAS:
        ck_spinlock_fas_lock(&lock->word.fas);
        return;
    default:
        platform_mutex_lock(&lock->word.mutex);
        return;
    }
}

static void wait_for_lock(struct lock *lock, struct lock_hart *self)
{
    uint64_t began = platform_time_ns();
    wait_and_acquire(lock, self);
    uint64_t waited = platform_time_ns() - began;
    counter_add(&self->waits, 1);
    counter_add(&self->waited, waited);
    if (waited > bare_load_relaxed(&self->longest)) { /* one writer */
        bare_store_relaxed(&self->longest, waited);
    }
}

void lock_acquire(struct lock *lock, uint32_t hart)
{
    FRAME_DEBUG_ASSERT(hart < lock->hart_count);
    struct lock_hart *self = &lock->harts[hart];
    if (lock->irq) {
        self->interrupts_were_on = platform_interrupts_off();
    }
    if (!shared_call(acquires_at_once(lock, self))) {
        wait_for_lock(lock, self);
    }
    counter_add(&self->acquisitions, 1);
}

static void unlock(struct lock *lock, uint32_t hart)
{
    switch (lock->kind) {
    case LOCK_TICKET:
        ck_spinlock_ticket_unlock(&lock->word.ticket);
        return;
    case LOCK_MCS:
        ck_spinlock_mcs_unlock(&lock->word.mcs_tail, &lock->harts[hart].mcs);
        return;
    case LOCK_FAS:
        ck_spinlock_fas_unlock(&lock->word.fas);
        return;
    default:
        platform_mutex_unlock(&lock->word.mutex);
        return;
    }
}

void lock_release(struct lock *lock, uint32_t hart)
{
    FRAME_DEBUG_ASSERT(hart < lock->hart_count);
    bool were_on = lock->irq && lock->harts[hart].interrupts_were_on;
    unlock(lock, hart);
    if (were_on) {
        platform_interrupts_restore(true);
    }
}

void lock_add_stats(const struct lock *lock, struct frame_stats *stats)
{
    for (uint32_t i = 0; i < lock->hart_count; i++) {
        const struct lock_hart *hart = &lock->harts[i];
        stats->lock_acquisitions += bare_load_relaxed(&hart->acquisitions);
        stats->lock_waits += bare_load_relaxed(&hart->waits);
        stats->lock_wait_total += bare_load_relaxed(&hart->waited);
        uint64_t longest = bare_load_relaxed(&hart->longest);
        stats->lock_wait_longest = longest > stats->lock_wait_longest ? longest : stats->lock_wait_longest;
    }
}
