/* SPDX-License-Identifier: MIT
 * A look into the lock-free variant. See epoch_look.h. */
#include "epoch_look.h"

#include "hart_cache.h"
#include "lockfree.h"
#include "model.h"
#include "platform.h"
#include "state.h"

const unsigned *epoch_look(const struct frame_allocator *fa, uint32_t hart)
{
    if (fa->variant != &lockfree_variant || lockfree_of(fa->global)->reclaim.backend != &reclaim_epoch) {
        return NULL;
    }
    return &lockfree_of(fa->global)->harts[hart].pool_hart.reclaim.epoch.active;
}

uint32_t epoch_limbo_most(const struct frame_allocator *fa)
{
    return epoch_look(fa, 0) != NULL ? reclaim_peak(&lockfree_of(fa->global)->reclaim) : 0;
}

uint32_t epoch_limbo_left(struct frame_allocator *fa)
{
    if (fa->variant != &lockfree_variant) {
        return 0;
    }
    struct lockfree *lf = lockfree_of(fa->global);
    for (uint32_t turn = 0; turn <= RECLAIM_GRACE_MAX; turn++) {
        (void)reclaim_poll(&lf->harts[0].pool_hart.reclaim);
    }
    return reclaim_pending(&lf->reclaim);
}

/* A moment at which harts that are not there could poll without end. */
static bool clock_is_free(const struct frame_allocator *fa, const struct lockfree *lf)
{
    for (uint32_t hart = 0; hart < fa->hart_count; hart++) {
        if (lf->harts[hart].pool_hart.reclaim.epoch.active != 0) {
            return false;
        }
    }
    return atomic_load_explicit(&lf->reclaim.polling, memory_order_relaxed) == 0;
}

bool epoch_leap(struct frame_allocator *fa, uint64_t advances)
{
    if (epoch_look(fa, 0) == NULL) {
        return false;
    }
    struct lockfree *lf = lockfree_of(fa->global);
    struct hart_set silent;
    (void)platform_barrier_heavy(&silent);
    if (!clock_is_free(fa, lf)) {
        return false;
    }
    const struct model *in_charge = model;
    model = &model_direct; /* at once: nobody else's turn comes in between */
    reclaim_jump(&lf->reclaim, advances);
    model = in_charge;
    return true;
}
