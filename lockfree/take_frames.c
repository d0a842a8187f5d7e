/* SPDX-License-Identifier: MIT
 * Single frames by the batch: from the local chunk, from what the index has, from a whole chunk taken as the local
 * chunk, from a scan over all bits. The theory stands in state.h, 1 to 3. */
#include "state.h"

/* Up to `count` frames of the local chunk. */
static uint32_t take_of_local(struct pool_hart *pool_hart, struct local_chunk *local, bool private, pfn_t *frames,
                              uint32_t count)
{
    if (local->pool == NULL) {
        return 0;
    }
    uint32_t taken = local_free(local) > 0 ? local_take(local, frames, count) : 0;
    if (private) {
        if (taken < count && local_refill(local)) {
            taken += local_take(local, frames + taken, count - taken);
        }
        return taken;
    }
    local_hide(local);
    local_flush(local, pool_hart);
    return taken + chunk_take(pool_chunk(local->pool, local->number), &local->low, local->number << CHUNK_ORDER,
                              frames + taken, count - taken, &pool_hart->retries);
}

/* Up to `count` frames by a shard's index: what little is left of chunks in one go, then out of a chunk that
 * stays local if `keep`. */
static uint32_t take_indexed(struct lockfree_hart *hart, bool keep, bool private, struct shard *shard, pfn_t *frames,
                             uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct local_chunk passing = {0};
    struct local_chunk *local = keep ? &hart->singles : &passing;
    uint32_t taken = 0;
    bool found = true;
    while (taken < count && found) {
        uint64_t number;
        local_release(local, &hart->pool_hart);
        taken += shard_take_linked(shard, &hart->pool_hart, frames + taken, count - taken, &number);
        if (number != CHUNK_NONE) {
            local_hold_popped(local, shard->pool, number);
        } else if (taken < count) {
            found = lockfree_take_chunk(hart, keep, shard, &number);
            if (found) {
                local_hold_whole(local, shard->pool, number);
            }
        }
        taken += take_of_local(&hart->pool_hart, local, keep && private, frames + taken, count - taken);
    }
    local_release(&passing, &hart->pool_hart);
    return taken;
}

static uint32_t take_from(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool, pfn_t *frames,
                          uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t turn = 0; turn < pool->shard_count && taken == 0; turn++) {
        taken = take_indexed(hart, keep, private, shard_in_turn(pool, &hart->pool_hart, turn), frames, count);
    }
    return taken > 0 ? taken : pool_scan_frames(pool, &hart->pool_hart, &hart->cursor, frames, count);
}

uint32_t lockfree_take_frames(struct lockfree *lf, struct caller caller, pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    bool local = caller.local, private = keeps_private(lf, local);
    uint32_t taken = local ? take_of_local(&hart->pool_hart, &hart->singles, private, frames, count) : 0;
    if (taken == count) {
        return taken;
    }
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    while (taken < count) {
        struct pool *pool = walk_try(&walk, local);
        if (pool == NULL || (taken > 0 && !walk_is_near(&walk))) {
            break;
        }
        taken += take_from(hart, local && walk_is_near(&walk), private, pool, frames + taken, count - taken);
    }
    return taken;
}
