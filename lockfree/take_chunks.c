/* SPDX-License-Identifier: MIT
 * Whole chunks and runs of them: from the block in hand, from blocks that the index has, shard by shard, from a scan
 * over all blocks. The theory stands in state.h, 3. */
#include "state.h"

void lockfree_release_block(struct lockfree_hart *hart, struct worker *worker)
{
    struct block *block = hart->block;
    if (block != NULL) {
        hart->block = NULL; /* first out of hand */
        platform_barrier_light();
        pool_release_block(hart->block_pool, worker, block);
        hart->block_pool = NULL;
    }
}

static void block_hold(struct lockfree_hart *hart, struct pool *pool, struct block *block)
{
    lockfree_release_block(hart, &hart->worker);
    hart->block_pool = pool;
    platform_barrier_light();
    hart->block = block;
}

/* Up to `count` runs of 2^order chunks of the block in hand. */
static uint32_t take_of_block_in_hand(struct lockfree_hart *hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    return hart->block == NULL
               ? 0
               : pool_take_of_block(hart->block_pool, &hart->worker, hart->block, order, ZERO_LAST, firsts, count);
}

/* Blocks without a run of the order in question that one search by the index passes over. */
#define PASS_OVER_MAX 4u

/* The same by the index of one shard. `keep`: the last block with such a run stays in hand. */
static uint32_t take_of_blocks_indexed(struct lockfree_hart *hart, bool keep, struct shard *shard, uint32_t order,
                                       pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct pool *pool = shard->pool;
    struct block *passed_over[PASS_OVER_MAX];
    uint32_t passes = 0, taken = 0;
    while (taken < count && passes < PASS_OVER_MAX) {
        struct block *block = shard_pop_block(shard, &hart->worker);
        if (block == NULL) {
            break;
        }
        uint32_t got = pool_take_of_block(pool, &hart->worker, block, order, ZERO_LAST, firsts + taken, count - taken);
        taken += got;
        if (got == 0) {
            passed_over[passes++] = block;
        } else if (keep) {
            block_hold(hart, pool, block);
        } else {
            pool_release_block(pool, &hart->worker, block);
        }
    }
    while (passes-- > 0) {
        pool_release_block(pool, &hart->worker, passed_over[passes]);
    }
    return taken;
}

static uint32_t take_of_blocks(struct lockfree_hart *hart, bool keep, struct pool *pool, uint32_t order,
                               enum zero_wish wish, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t turn = 0; turn < pool->shard_count && taken == 0 && wish == ZERO_LAST; turn++) {
        struct shard *shard = shard_in_turn(pool, &hart->worker, turn);
        taken = take_of_blocks_indexed(hart, keep, shard, order, firsts, count);
    }
    return taken > 0 ? taken : pool_scan_chunks(pool, &hart->worker, &hart->cursor, order, wish, firsts, count);
}

uint32_t lockfree_take_chunk_runs(struct lockfree *lf, struct caller caller, struct run_kind kind, pfn_t *firsts,
                                  uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order >= CHUNK_ORDER && kind.order <= CACHE_ORDER_MAX);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    uint32_t order = kind.order - CHUNK_ORDER;
    bool local = caller.local;
    uint32_t taken = local && !kind.zero ? take_of_block_in_hand(hart, order, firsts, count) : 0;
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    while (taken < count) {
        struct pool *pool = walk_try(&walk, local);
        if (pool == NULL || (taken > 0 && !walk_is_near(&walk))) {
            break;
        }
        taken += take_of_blocks(hart, local && walk_is_near(&walk), pool, order, kind.zero ? ZERO_ONLY : ZERO_LAST,
                                firsts + taken, count - taken);
    }
    return taken;
}

uint32_t lockfree_take_chunks(struct lockfree_hart *hart, bool keep, struct shard *shard, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint32_t taken = keep && hart->block_pool == shard->pool ? take_of_block_in_hand(hart, 0, firsts, count) : 0;
    if (taken == 0) {
        taken = take_of_blocks_indexed(hart, keep, shard, 0, firsts, count);
    }
    if (taken == 0 && shard_is_last(shard, &hart->worker)) {
        taken = pool_scan_chunks(shard->pool, &hart->worker, &hart->cursor, 0, ZERO_LAST, firsts, count);
    }
    return taken;
}

bool lockfree_take_chunk(struct lockfree_hart *hart, bool keep, struct shard *shard, uint64_t *number)
{
    pfn_t first;
    bool taken = lockfree_take_chunks(hart, keep, shard, &first, 1) == 1;
    *number = taken ? chunk_number(first) : 0;
    return taken;
}

/* A block of the nearest shard that lists one; NULL if none does. */
static struct block *pop_block(struct lockfree_hart *hart, const struct pool *pool)
{
    struct block *found = NULL;
    for (uint32_t turn = 0; turn < pool->shard_count && found == NULL; turn++) {
        found = shard_pop_block(shard_in_turn(pool, &hart->worker, turn), &hart->worker);
    }
    return found;
}

bool lockfree_take_chunk_run(struct lockfree_hart *hart, bool keep, struct pool *pool, struct frame_request request,
                             pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count % CHUNK_FRAMES == 0);
    uint32_t chunks = (uint32_t)(request.count >> CHUNK_ORDER);
    uint32_t align_order = request.align_order > CHUNK_ORDER ? request.align_order - CHUNK_ORDER : 0;
    for (uint32_t turn = 0; turn < 2 && keep; turn++) {
        if (hart->block != NULL && hart->block_pool == pool) {
            uint64_t mask = block_take_run(hart->block, chunks, align_order, &hart->worker.contest);
            if (mask != 0) {
                *first = pfn((pool_block_base(pool, hart->block) + (uint32_t)__builtin_ctzll(mask)) << CHUNK_ORDER);
                return true;
            }
        }
        struct block *next = turn == 0 ? pop_block(hart, pool) : NULL;
        if (next == NULL) {
            break;
        }
        block_hold(hart, pool, next);
    }
    return false;
}
