/* SPDX-License-Identifier: MIT
 * Single frames by the batch: from the chunk in hand, from what the index has, from a whole chunk taken in hand, from a
 * scan over all bits. The theory stands in state.h, 1 to 3. */
#include "state.h"

/* Up to `count` frames of the chunk in hand. */
static uint32_t take_in_hand(struct worker *worker, struct hand *hand, bool private, pfn_t *frames, uint32_t count)
{
    if (hand->pool == NULL) {
        return 0;
    }
    uint32_t taken = hand_free(hand) > 0 ? hand_take(hand, frames, count) : 0;
    if (private) {
        if (taken < count && hand_pick_up(hand)) {
            taken += hand_take(hand, frames + taken, count - taken);
        }
        return taken;
    }
    hand_hide(hand);
    hand_share(hand, worker);
    return taken + chunk_take(pool_chunk(hand->pool, hand->number), &hand->low, hand->number << CHUNK_ORDER,
                              frames + taken, count - taken, &worker->retries);
}

/* Up to `count` frames by a shard's index: what little is left of chunks in one go, then out of a chunk that
 * stays in hand if `keep`. */
static uint32_t take_indexed(struct lockfree_hart *hart, bool keep, bool private, struct shard *shard, pfn_t *frames,
                             uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct hand passing = {0};
    struct hand *hand = keep ? &hart->singles : &passing;
    uint32_t taken = 0;
    bool found = true;
    while (taken < count && found) {
        uint64_t number;
        hand_release(hand, &hart->worker);
        taken += shard_take_listed(shard, &hart->worker, frames + taken, count - taken, &number);
        if (number != CHUNK_NONE) {
            hand_hold_popped(hand, shard->pool, number);
        } else if (taken < count) {
            found = lockfree_take_chunk(hart, keep, shard, &number);
            if (found) {
                hand_hold_whole(hand, shard->pool, number);
            }
        }
        taken += take_in_hand(&hart->worker, hand, keep && private, frames + taken, count - taken);
    }
    hand_release(&passing, &hart->worker);
    return taken;
}

static uint32_t take_from(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool, pfn_t *frames,
                          uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t turn = 0; turn < pool->shard_count && taken == 0; turn++) {
        taken = take_indexed(hart, keep, private, shard_in_turn(pool, &hart->worker, turn), frames, count);
    }
    return taken > 0 ? taken : pool_scan_frames(pool, &hart->worker, &hart->cursor, frames, count);
}

uint32_t lockfree_take_frames(struct lockfree *lf, struct caller caller, pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    bool local = caller.local, private = keeps_private(lf, local);
    uint32_t taken = local ? take_in_hand(&hart->worker, &hart->singles, private, frames, count) : 0;
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
