/* SPDX-License-Identifier: MIT
 * What a shard's stacks have to offer. The theory stands in shard.h. */
#include "shard.h"

/* Chunks that one pop lists anew because they have become emptier since they were linked. */
#define RELIST_MAX 8u

static uint64_t number_of(const struct pool *pool, const struct index_node *node)
{
    return pool->first_chunk + (uint64_t)(node - pool->nodes);
}

/* Pops of a hart between two attempts to move the epoch on: so that what is popped now can soon be pushed at once and
 * need not go through limbo. */
#define POPS_BEFORE_POLL 32u

/* In a section. */
static struct index_node *pop(struct pool_hart *pool_hart, struct index_stack *stack)
{
    if (++pool_hart->pops >= POPS_BEFORE_POLL) {
        pool_hart->pops = 0;
        reclaim_poll(&pool_hart->reclaim);
    }
    return index_pop(stack, &pool_hart->reclaim, &pool_hart->retries);
}

/* Does with a popped chunk what is to be done if it is not of use here: one with nothing free is dropped, one that
 * belongs into an emptier class goes there if *relist allows it. Returns how many frames of it are free, and which in
 * *bits; 0 if it went. */
static uint32_t keep_popped(struct shard *shard, struct pool_hart *pool_hart, uint64_t number, uint32_t class,
                            uint32_t *relist, struct chunk_bits *bits)
{
    FRAME_DEBUG_ASSERT(class < shard->pool->class_count);
    struct pool *pool = shard->pool;
    uint32_t free = chunk_count(pool_chunk(pool, number), bits);
    if (free == 0) {
        pool_drop_chunk(pool, pool_hart, number);
        return 0;
    }
    if (class_of(pool, free) > class && *relist > 0) {
        (*relist)--;
        struct index_stack *stack = &shard->partial[class_of(pool, free)];
        index_put(pool_node(pool, number), stack, &pool_hart->reclaim, &pool_hart->retries);
        return 0;
    }
    return free;
}

/* Whether all stacks of partly free chunks look empty: then a section is not worth its fence. */
static bool partial_is_empty(struct shard *shard)
{
    for (uint32_t class = 0; class < shard->pool->class_count; class ++) {
        if (index_top(&shard->partial[class]) != NULL) {
            return false;
        }
    }
    return true;
}

/* Asks for the lines of the chunk that will be popped next. */
static void prefetch_top(struct pool *pool, struct index_stack *stack)
{
    const struct index_node *node = index_top(stack);
    if (node != NULL) {
        platform_prefetch(node);
        platform_prefetch(pool_chunk(pool, number_of(pool, node)));
    }
}

uint32_t shard_take_linked(struct shard *shard, struct pool_hart *pool_hart, pfn_t *frames, uint32_t count,
                           uint64_t *kept)
{
    FRAME_DEBUG_ASSERT(count > 0);
    struct pool *pool = shard->pool;
    uint32_t relist = RELIST_MAX;
    uint32_t taken = 0;
    *kept = CHUNK_NONE;
    if (partial_is_empty(shard)) {
        return 0;
    }
    reclaim_enter(&pool_hart->reclaim);
    for (uint32_t class = 0; class < pool->class_count && taken < count && *kept == CHUNK_NONE;) {
        struct index_node *node = pop(pool_hart, &shard->partial[class]);
        if (node == NULL) {
            class ++;
            continue;
        }
        uint64_t number = number_of(pool, node);
        struct chunk_bits bits;
        uint32_t free = keep_popped(shard, pool_hart, number, class, &relist, &bits);
        if (free > count - taken) {
            *kept = number;
        } else if (free > 0) {
            prefetch_top(pool, &shard->partial[class]);
            taken += chunk_take_seen(pool_chunk(pool, number), &bits, number << CHUNK_ORDER, frames + taken,
                                     &pool_hart->retries);
            pool_drop_chunk(pool, pool_hart, number);
        }
    }
    reclaim_exit(&pool_hart->reclaim);
    return taken;
}

static bool has_run(const struct pool *pool, const struct index_node *node, uint32_t count, uint32_t align_order)
{
    struct chunk_bits bits = chunk_look(pool_chunk(pool, number_of(pool, node)));
    return bits_find(&bits, 0, count, align_order) < CHUNK_END;
}

bool shard_pop_chunk_with_run(struct shard *shard, struct pool_hart *pool_hart, uint32_t count, uint32_t align_order,
                              uint64_t *number)
{
    FRAME_DEBUG_ASSERT(count > 0 && count <= CHUNK_FRAMES);
    struct pool *pool = shard->pool;
    bool found = false;
    if (partial_is_empty(shard)) {
        return false;
    }
    reclaim_enter(&pool_hart->reclaim);
    for (uint32_t class = 0; class < pool->class_count && !found; class ++) {
        struct index_node *node = index_top(&shard->partial[class]);
        if (node == NULL || !has_run(pool, node, count, align_order)) {
            continue;
        }
        node = pop(pool_hart, &shard->partial[class]); /* it may be another one by now */
        if (node != NULL) {
            *number = number_of(pool, node);
            found = has_run(pool, node, count, align_order);
            if (!found) {
                pool_release_chunk(pool, pool_hart, *number);
            }
        }
    }
    reclaim_exit(&pool_hart->reclaim);
    return found;
}

struct chunk_bitmap *shard_pop_bitmap(struct shard *shard, struct pool_hart *pool_hart)
{
    struct chunk_bitmap *found = NULL;
    reclaim_enter(&pool_hart->reclaim);
    while (found == NULL) {
        struct index_node *node = pop(pool_hart, &shard->whole);
        if (node == NULL) {
            break;
        }
        found = (struct chunk_bitmap *)(void *)((unsigned char *)node - offsetof(struct chunk_bitmap, node));
        if (bitmap_look(found) == 0) {
            pool_release_bitmap(shard->pool, pool_hart, found);
            found = NULL;
        }
    }
    reclaim_exit(&pool_hart->reclaim);
    return found;
}
