/* SPDX-License-Identifier: MIT
 * A look into the lock-free variant. See epoch_look.h. */
#include "epoch_look.h"

#include "hart_cache.h"
#include "lockfree.h"
#include "state.h"

const unsigned *epoch_look(const struct frame_allocator *fa, uint32_t hart)
{
    if (fa->variant != &lockfree_variant || lockfree_of(fa->global)->reclaim.backend != &reclaim_epoch) {
        return NULL;
    }
    return &lockfree_of(fa->global)->harts[hart].worker.reclaim.epoch.active;
}
