/* SPDX-License-Identifier: MIT
 * Arenas that come and go, and local chunks that are emptied. The theory stands in state.h, 3 and 4. */
#include "state.h"

bool lockfree_local_drain(struct global *global, struct caller caller, uint32_t owner)
{
    FRAME_DEBUG_ASSERT(owner < lockfree_of(global)->config.hart_count);
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *victim = &lf->harts[owner];
    struct pool_hart *self = lockfree_worker(lf, caller);
    bool any = victim->singles.pool != NULL || victim->runs.pool != NULL || victim->returns.pool != NULL ||
               victim->bitmap != NULL;
    local_release(&victim->singles, self);
    local_release(&victim->runs, self);
    local_release(&victim->returns, self);
    lockfree_release_bitmap(victim, self);
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
    struct pool_hart *pool_hart = &lf->harts[hart].pool_hart;
    (void)bare_add_relaxed(&lf->ended, 1);
    reclaim_hart_ended(&pool_hart->reclaim);
    struct arena_walk walk = lockfree_walk(lf, hart);
    for (struct pool *pool = walk_next(&walk); pool != NULL; pool = walk_next(&walk)) {
        pool_repair(pool, pool_hart);
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

/* Gives a region chunk bitmap by chunk bitmap from its end, so that the stacks offer low memory first. */
static void give_region(struct pool *pool, struct pool_hart *pool_hart, struct frame_run region, bool zero)
{
    const uint64_t bitmap_frames = (uint64_t)BITMAP_CHUNKS << CHUNK_ORDER;
    while (region.count > 0) {
        uint64_t last = align_down_u64(frame_run_end(region) - 1, bitmap_frames);
        uint64_t start = last > region.first.value ? last : region.first.value;
        pool_give_run(pool, pool_hart, frame_run(pfn(start), frame_run_end(region) - start), zero);
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
        give_region(pool, &lf->harts[platform_hart_id()].pool_hart, arena->regions[r], arena->is_zero);
    }
    return FRAME_OK;
}

enum frame_status lockfree_detach(struct global *global, struct arena *arena)
{
    struct lockfree *lf = lockfree_of(global);
    struct pool_hart *pool_hart = &lf->harts[platform_hart_id()].pool_hart;
    struct pool *pool = arena->variant;
    uint32_t taken = 0;
    while (taken < arena->region_count && pool_take_exactly(pool, pool_hart, arena->regions[taken])) {
        taken++;
    }
    if (taken == arena->region_count) {
        node_empty(lf, pool);
        return FRAME_OK;
    }
    while (taken-- > 0) {
        pool_give_run(pool, pool_hart, arena->regions[taken], false);
    }
    return FRAME_BUSY;
}

bool lockfree_quiesce(struct global *global, uint32_t hart_id)
{
    FRAME_DEBUG_ASSERT(hart_id < lockfree_of(global)->config.hart_count);
    struct lockfree *lf = lockfree_of(global);
    return reclaim_barrier(&lf->harts[hart_id].pool_hart.reclaim);
}
