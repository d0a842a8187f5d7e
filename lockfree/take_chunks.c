/* SPDX-License-Identifier: MIT
 * Whole chunks and runs of them: from the local chunk bitmap, from chunk bitmaps that the index has, shard by shard,
 * from a scan over all chunk bitmaps. The theory stands in state.h, 3. */
#include "state.h"

void lockfree_release_bitmap(struct lockfree_hart *hart, struct pool_hart *pool_hart)
{
    struct chunk_bitmap *bitmap = hart->bitmap;
    if (bitmap != NULL) {
        hart->bitmap = NULL; /* first: it is local no more */
        platform_barrier_light();
        pool_release_bitmap(hart->bitmap_pool, pool_hart, bitmap);
        hart->bitmap_pool = NULL;
    }
}

static void bitmap_hold(struct lockfree_hart *hart, struct pool *pool, struct chunk_bitmap *bitmap)
{
    lockfree_release_bitmap(hart, &hart->pool_hart);
    hart->bitmap_pool = pool;
    platform_barrier_light();
    hart->bitmap = bitmap;
}

/* Up to `count` runs of 2^order chunks of the local chunk bitmap. */
static uint32_t take_of_local_bitmap(struct lockfree_hart *hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    return hart->bitmap == NULL ? 0
                                : pool_take_of_bitmap(hart->bitmap_pool, &hart->pool_hart, hart->bitmap, order,
                                                      ZERO_LAST, firsts, count);
}

/* Chunk bitmaps without a run of the order in question that one search by the index passes over. */
#define PASS_OVER_MAX 4u

/* The same by the index of one shard. `keep`: the last chunk bitmap with such a run stays local. */
static uint32_t take_of_bitmaps_indexed(struct lockfree_hart *hart, bool keep, struct shard *shard, uint32_t order,
                                        pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct pool *pool = shard->pool;
    struct chunk_bitmap *passed_over[PASS_OVER_MAX];
    uint32_t passes = 0, taken = 0;
    while (taken < count && passes < PASS_OVER_MAX) {
        struct chunk_bitmap *bitmap = shard_pop_bitmap(shard, &hart->pool_hart);
        if (bitmap == NULL) {
            break;
        }
        uint32_t got =
            pool_take_of_bitmap(pool, &hart->pool_hart, bitmap, order, ZERO_LAST, firsts + taken, count - taken);
        taken += got;
        if (got == 0) {
            passed_over[passes++] = bitmap;
        } else if (keep) {
            bitmap_hold(hart, pool, bitmap);
        } else {
            pool_release_bitmap(pool, &hart->pool_hart, bitmap);
        }
    }
    while (passes-- > 0) {
        pool_release_bitmap(pool, &hart->pool_hart, passed_over[passes]);
    }
    return taken;
}

static uint32_t take_of_bitmaps(struct lockfree_hart *hart, bool keep, struct pool *pool, uint32_t order,
                                enum zero_wish wish, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t turn = 0; turn < pool->shard_count && taken == 0 && wish == ZERO_LAST; turn++) {
        struct shard *shard = shard_in_turn(pool, &hart->pool_hart, turn);
        taken = take_of_bitmaps_indexed(hart, keep, shard, order, firsts, count);
    }
    return taken > 0 ? taken : pool_scan_chunks(pool, &hart->pool_hart, &hart->cursor, order, wish, firsts, count);
}

uint32_t lockfree_take_chunk_runs(struct lockfree *lf, struct caller caller, struct run_kind kind, pfn_t *firsts,
                                  uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order >= CHUNK_ORDER && kind.order <= CACHE_ORDER_MAX);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    uint32_t order = kind.order - CHUNK_ORDER;
    bool local = caller.local;
    uint32_t taken = local && !kind.zero ? take_of_local_bitmap(hart, order, firsts, count) : 0;
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    while (taken < count) {
        struct pool *pool = walk_try(&walk, local);
        if (pool == NULL || (taken > 0 && !walk_is_near(&walk))) {
            break;
        }
        taken += take_of_bitmaps(hart, local && walk_is_near(&walk), pool, order, kind.zero ? ZERO_ONLY : ZERO_LAST,
                                 firsts + taken, count - taken);
    }
    return taken;
}

uint32_t lockfree_take_chunks(struct lockfree_hart *hart, bool keep, struct shard *shard, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint32_t taken = keep && hart->bitmap_pool == shard->pool ? take_of_local_bitmap(hart, 0, firsts, count) : 0;
    if (taken == 0) {
        taken = take_of_bitmaps_indexed(hart, keep, shard, 0, firsts, count);
    }
    if (taken == 0 && shard_is_last(shard, &hart->pool_hart)) {
        taken = pool_scan_chunks(shard->pool, &hart->pool_hart, &hart->cursor, 0, ZERO_LAST, firsts, count);
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

/* A chunk bitmap of the nearest shard that lists one; NULL if none does. */
static struct chunk_bitmap *pop_bitmap(struct lockfree_hart *hart, const struct pool *pool)
{
    struct chunk_bitmap *found = NULL;
    for (uint32_t turn = 0; turn < pool->shard_count && found == NULL; turn++) {
        found = shard_pop_bitmap(shard_in_turn(pool, &hart->pool_hart, turn), &hart->pool_hart);
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
        if (hart->bitmap != NULL && hart->bitmap_pool == pool) {
            uint64_t mask = bitmap_take_run(hart->bitmap, chunks, align_order, &hart->pool_hart.retries);
            if (mask != 0) {
                *first = pfn((pool_bitmap_base(pool, hart->bitmap) + (uint32_t)__builtin_ctzll(mask)) << CHUNK_ORDER);
                return true;
            }
        }
        struct chunk_bitmap *next = turn == 0 ? pop_bitmap(hart, pool) : NULL;
        if (next == NULL) {
            break;
        }
        bitmap_hold(hart, pool, next);
    }
    return false;
}
