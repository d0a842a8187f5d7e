/* SPDX-License-Identifier: MIT
 * Reclamation: sections inside which a pointer read from a shared stack stays good, and calls deferred until every
 * section that was open has been left. Over ck_epoch, wrapped in this one place.
 *
 * 1. A hart is in a section or not (ck_epoch_begin, _end on its own record). The global epoch moves from e to e + 1
 * only when every hart in a section has begun it at e; so while a hart that began at e is in its section, the global
 *    epoch is at most e + 1.
 * 2. Limbo. Deferred calls go to one record that all harts share and that is never in a section (ck_epoch_call_strict:
 *    many may push at once), so that calls of a hart that then sleeps are not kept waiting for it. Whoever polls moves
 *    the epoch and runs what has become due; one hart polls at a time, by a try-lock, and nobody waits for it.
 *    A call deferred when the epoch read e runs at e + 2 at the earliest. That is soon enough to be safe because e is
 *    not behind any section that was open when the object was unlinked: such a section read its epoch before it read
 *    the object (the load fence in reclaim_enter); the unlinking compare-and-swap comes before the stamp's look at the
 *    epoch (the fence in reclaim_stamp); and the deferral's look comes after the stamp's, on the same hart, or through
 *    the flag by which the duty passed (release and acquire, chunk.h). So every such section began at e or before, and
 *    while one is open the epoch is at most e + 1.
 * 3. Progress. enter and exit are wait-free; defer is lock-free (a push); poll is wait-free but for the calls it runs.
 *    A hart stopped in a section stops the epoch: limbo then grows, by at most the places there are, and what is in
 *    limbo is still found by a scan (lockfree.c). That costs time and no memory.
 * 4. Concurrency Kit 0.7.1 on weakly ordered machines. ck_epoch_begin lets loads of the section run ahead of its load
 *    of the global epoch; upstream added a fence in June 2026. reclaim_enter has that fence. ck_epoch_poll lacks one
 *    between its look at the records and its dispatch, inside the packaged library, where it cannot be mended from
 *    outside; reclaim_poll therefore runs it only with the caller in a section, so that it never takes the short cut
 *    for "nobody is active", where the missing fence bites. Neither shows on x86. */
#ifndef FRAMELAB_LOCKFREE_RECLAIM_H
#define FRAMELAB_LOCKFREE_RECLAIM_H

#include "ck.h"

/* Epochs after a stamp when no section of its moment is left. By point 2 two would do; a third asks nothing of the
 * fences. */
#define RECLAIM_GRACE 3

struct reclaim {
    ck_epoch_t epoch;
    _Alignas(CACHE_PAIR) ck_epoch_record_t shared;
    _Alignas(CACHE_PAIR) _Atomic uint32_t polling;
    _Atomic uint32_t peak; /* of calls in limbo; CK 0.7.1 means to keep this and stores the old value */
};

void reclaim_init(struct reclaim *reclaim);
void reclaim_add_hart(struct reclaim *reclaim, ck_epoch_record_t *record);

static inline void reclaim_enter(ck_epoch_record_t *record)
{
    ck_epoch_begin(record, NULL);
    ck_pr_fence_load();
}

static inline void reclaim_exit(ck_epoch_record_t *record)
{
    ck_epoch_end(record, NULL);
}

/* In a section, after a pop: what to remember of the moment. Never 0, which stands for "never". */
uint32_t reclaim_stamp(const struct reclaim *reclaim);

/* True if every section that was open at the stamp's moment has been left. */
bool reclaim_passed(const struct reclaim *reclaim, uint32_t stamp);

/* In a section: `call(entry)` once all sections open now have been left, on whichever hart polls then. */
void reclaim_defer(struct reclaim *reclaim, ck_epoch_entry_t *entry, ck_epoch_cb_t *call);

/* In a section: moves the epoch if that can be, and runs what is due. True if it did either. */
bool reclaim_poll(struct reclaim *reclaim);

/* Not in a section: polls until everything deferred before the call has run and every section open before it has been
 * left; false if that did not come about in bounded time. */
bool reclaim_barrier(struct reclaim *reclaim, ck_epoch_record_t *record);

/* Calls in limbo, and the most there ever were. Hints. */
uint32_t reclaim_pending(const struct reclaim *reclaim);
uint32_t reclaim_peak(const struct reclaim *reclaim);

#endif
