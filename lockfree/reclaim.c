/* SPDX-License-Identifier: MIT
 * Sections, limbo and grace periods over ck_epoch. The theory stands in reclaim.h. */
#include "reclaim.h"

/* Deferred calls that make a defer poll as well: bounds limbo while no section hangs. */
#define PENDING_BEFORE_POLL 8u
/* Turns of reclaim_barrier before it gives up. */
#define BARRIER_TURNS 20000u
/* Epochs after which a call deferred before has run: its bucket may be the current one's predecessor, and comes round
 * again after CK_EPOCH_LENGTH. */
#define BARRIER_EPOCHS (CK_EPOCH_LENGTH + RECLAIM_GRACE)

void reclaim_init(struct reclaim *reclaim)
{
    ck_epoch_init(&reclaim->epoch);
    ck_epoch_register(&reclaim->epoch, &reclaim->shared, NULL);
}

void reclaim_add_hart(struct reclaim *reclaim, ck_epoch_record_t *record)
{
    ck_epoch_register(&reclaim->epoch, record, NULL);
}

uint32_t reclaim_stamp(const struct reclaim *reclaim)
{
    ck_pr_fence_atomic_load(); /* the pop's compare-and-swap before the look at the epoch */
    uint32_t epoch = ck_epoch_value(&reclaim->epoch);
    return epoch != 0 ? epoch : 1;
}

bool reclaim_passed(const struct reclaim *reclaim, uint32_t stamp)
{
    /* The difference survives the epoch's wrap; a stamp 2^31 epochs old would not, and only costs a deferral. */
    int32_t passed = (int32_t)(ck_epoch_value(&reclaim->epoch) - stamp);
    return stamp == 0 || passed >= RECLAIM_GRACE;
}

void reclaim_defer(struct reclaim *reclaim, ck_epoch_entry_t *entry, ck_epoch_cb_t *call)
{
    ck_epoch_call_strict(&reclaim->shared, entry, call);
    uint32_t pending = reclaim_pending(reclaim);
    if (pending > atomic_load_explicit(&reclaim->peak, memory_order_relaxed)) {
        /* Two harts may store at once and the lower win: a hint, too low by what one deferral adds. */
        atomic_store_explicit(&reclaim->peak, pending, memory_order_relaxed);
    }
    if (pending >= PENDING_BEFORE_POLL) {
        reclaim_poll(reclaim);
    }
}

bool reclaim_poll(struct reclaim *reclaim)
{
    /* Acquire, partner of the release below: the last poller's dispatch is done. */
    if (atomic_load_explicit(&reclaim->polling, memory_order_relaxed) != 0 ||
        atomic_exchange_explicit(&reclaim->polling, 1, memory_order_acquire) != 0) {
        return false;
    }
    bool moved = ck_epoch_poll(&reclaim->shared);
    atomic_store_explicit(&reclaim->polling, 0, memory_order_release);
    return moved;
}

bool reclaim_barrier(struct reclaim *reclaim, ck_epoch_record_t *record)
{
    uint32_t start = ck_epoch_value(&reclaim->epoch);
    for (uint32_t turn = 0; turn < BARRIER_TURNS; turn++) {
        reclaim_enter(record);
        reclaim_poll(reclaim);
        reclaim_exit(record);
        if ((int32_t)(ck_epoch_value(&reclaim->epoch) - start) > (int32_t)BARRIER_EPOCHS) {
            return true;
        }
        platform_relax();
    }
    return false;
}

uint32_t reclaim_pending(const struct reclaim *reclaim)
{
    return ck_pr_load_uint(&reclaim->shared.n_pending);
}

uint32_t reclaim_peak(const struct reclaim *reclaim)
{
    return atomic_load_explicit(&reclaim->peak, memory_order_relaxed);
}
