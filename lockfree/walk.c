/* SPDX-License-Identifier: MIT
 * Walks over the arenas, nearest node first. The theory stands in state.h, 2 and 4. */
#include "state.h"

/* Others may be pushing. What the entry holds comes with the pointer (an address dependency). */
static ck_stack_entry_t *first_entry(const struct lockfree *lf)
{
    return ck_pr_load_ptr(&lf->arenas.head);
}

struct arena_walk lockfree_walk(const struct lockfree *lf, uint32_t hart)
{
    FRAME_DEBUG_ASSERT(hart < lf->config.hart_count);
    uint32_t node = lf->config.hart_node[hart];
    return (struct arena_walk){lf, &lf->config.node_order[node * lf->config.node_count], 0, first_entry(lf),
                               UINT32_MAX};
}

struct pool *walk_next(struct arena_walk *walk)
{
    while (walk->rank < walk->lf->config.node_count) {
        while (walk->entry != NULL) {
            struct arena_node *node = (struct arena_node *)(void *)walk->entry;
            walk->entry = CK_STACK_NEXT(walk->entry);
            /* Acquire, partner of the release in node_fill. */
            struct pool *pool = shared_load_acquire(&node->pool);
            if (pool != NULL && bare_load_relaxed(&node->node) == walk->order[walk->rank]) {
                walk->near = walk->near == UINT32_MAX ? walk->rank : walk->near;
                return pool;
            }
        }
        walk->rank++;
        walk->entry = first_entry(walk->lf);
    }
    return NULL;
}

struct pool *walk_try(struct arena_walk *walk, bool local)
{
    struct pool *pool = walk_next(walk);
    while (local && pool != NULL && pool_is_exhausted(pool)) {
        pool = walk_next(walk);
    }
    return pool;
}

struct pool *lockfree_pool_of(const struct lockfree *lf, uint32_t hart, pfn_t frame, bool *near)
{
    struct arena_walk walk = lockfree_walk(lf, hart);
    struct pool *pool = walk_next(&walk);
    while (pool != NULL && !frame_run_contains(pool->arena->span, frame)) {
        pool = walk_next(&walk);
    }
    if (near != NULL) {
        *near = walk_is_near(&walk);
    }
    return pool;
}
