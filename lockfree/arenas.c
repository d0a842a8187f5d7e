/* SPDX-License-Identifier: MIT
 * Arenas that come and go, and hands that are emptied. The theory stands in state.h, 3 and 4. */
#include "state.h"

bool lockfree_local_drain(struct global *global, struct caller caller, uint32_t owner)
{
    FRAME_DEBUG_ASSERT(owner < lockfree_of(global)->config.hart_count);
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *victim = &lf->harts[owner];
    struct worker *self = lockfree_worker(lf, caller);
    bool any = victim->singles.pool != NULL || victim->runs.pool != NULL || victim->returns.pool != NULL ||
               victim->block != NULL;
    hand_release(&victim->singles, self);
    hand_release(&victim->runs, self);
    hand_release(&victim->returns, self);
    lockfree_release_block(victim, self);
    return any;
}

void lockfree_repair_local(struct global *global, uint32_t owner)
{
    struct lockfree_hart *hart = &lockfree_of(global)->harts[owner];
    hand_repair(&hart->singles);
    hand_repair(&hart->runs);
    hand_repair(&hart->returns);
}

void lockfree_repair(struct global *global, uint32_t hart)
{
    struct lockfree *lf = lockfree_of(global);
    struct worker *worker = &lf->harts[hart].worker;
    (void)bare_add_relaxed(&lf->ended, 1);
    reclaim_hart_ended(&worker->reclaim);
    struct arena_walk walk = lockfree_walk(lf, hart);
    for (struct pool *pool = walk_next(&walk); pool != NULL; pool = walk_next(&walk)) {
        pool_repair(pool, worker);
    }
}

struct arena *lockfree_find(struct global *global, uint32_t hart_id, pfn_t frame)
{
    struct pool *found = lockfree_pool_of(lockfree_of(global), hart_id, frame, NULL);
    return found != NULL ? found->arena : NULL;
}

/* Puts an arena into an empty node, or a new one. */
static bool node_fill(struct lockfree *lf, struct pool *pool)
{
    FRAME_DEBUG_ASSERT(pool->arena != NULL);
    uint32_t i = 0;
    while (i < lf->node_slots && bare_load_relaxed(&lf->arena_nodes[i].pool) != NULL) {
        i++;
    }
    if (i == ARENA_MAX) {
        return false;
    }
    struct arena_node *node = &lf->arena_nodes[i];
    bare_store_relaxed(&node->node, pool->arena->node);
    bare_store_release(&node->pool, pool); /* partner: the acquire in walk_next */
    if (i == lf->node_slots) {
        lf->node_slots++;
        ck_stack_push_upmc(&lf->arenas, &node->next);
    }
    return true;
}

static void node_empty(struct lockfree *lf, const struct pool *pool)
{
    for (uint32_t i = 0; i < lf->node_slots; i++) {
        if (bare_load_relaxed(&lf->arena_nodes[i].pool) == pool) {
            bare_store_relaxed(&lf->arena_nodes[i].pool, NULL);
        }
    }
}

/* Gives a region block by block from its end, so that the stacks offer low memory first. */
static void give_region(struct pool *pool, struct worker *worker, struct frame_run region, bool zero)
{
    const uint64_t block_frames = (uint64_t)BLOCK_CHUNKS << CHUNK_ORDER;
    while (region.count > 0) {
        uint64_t last = align_down_u64(frame_run_end(region) - 1, block_frames);
        uint64_t start = last > region.first.value ? last : region.first.value;
        pool_give_run(pool, worker, frame_run(pfn(start), frame_run_end(region) - start), zero);
        region.count = start - region.first.value;
    }
}

enum frame_status lockfree_attach(struct global *global, struct arena *arena)
{
    FRAME_DEBUG_ASSERT(arena->region_count > 0);
    struct lockfree *lf = lockfree_of(global);
    struct pool *pool = arena->variant;
    if (pool->arena == NULL) { /* new, not one that comes back after a removal that failed */
        pool_build(pool, arena, &lf->pool_options);
    }
    if (lf->node_slots == 0) { /* the first of all, before harts run: their scans begin apart */
        for (uint32_t h = 0; h < lf->config.hart_count; h++) {
            lf->harts[h].cursor = pool->first_chunk + pool->chunk_count * h / lf->config.hart_count;
        }
    }
    if (!node_fill(lf, pool)) {
        return FRAME_NO_MEMORY;
    }
    for (uint32_t r = arena->region_count; r-- > 0;) {
        give_region(pool, &lf->harts[platform_hart_id()].worker, arena->regions[r], arena->is_zero);
    }
    return FRAME_OK;
}

enum frame_status lockfree_detach(struct global *global, struct arena *arena)
{
    struct lockfree *lf = lockfree_of(global);
    struct worker *worker = &lf->harts[platform_hart_id()].worker;
    struct pool *pool = arena->variant;
    uint32_t taken = 0;
    while (taken < arena->region_count && pool_take_exactly(pool, worker, arena->regions[taken])) {
        taken++;
    }
    if (taken == arena->region_count) {
        node_empty(lf, pool);
        return FRAME_OK;
    }
    while (taken-- > 0) {
        pool_give_run(pool, worker, arena->regions[taken], false);
    }
    return FRAME_BUSY;
}

bool lockfree_quiesce(struct global *global, uint32_t hart_id)
{
    FRAME_DEBUG_ASSERT(hart_id < lockfree_of(global)->config.hart_count);
    struct lockfree *lf = lockfree_of(global);
    return reclaim_barrier(&lf->harts[hart_id].worker.reclaim);
}
