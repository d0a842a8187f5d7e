/* SPDX-License-Identifier: MIT
 * The audit: what is free and where, at rest, and whether the index agrees with it; and statistics. */
#include "state.h"

static void visit_bits(uint64_t number, const struct chunk_bits *bits,
                       void (*visit)(void *context, struct frame_run run), void *context)
{
    for (uint32_t at = bits_next_free(bits, 0); at < CHUNK_END;) {
        uint32_t used = bits_next_used(bits, at);
        visit(context, frame_run(pfn((number << CHUNK_ORDER) + at), used - at));
        at = used < CHUNK_END ? bits_next_free(bits, used) : CHUNK_END;
    }
}

void lockfree_local_walk(struct global *global, uint32_t owner, void (*visit)(void *context, struct frame_run run),
                         void *context)
{
    FRAME_DEBUG_ASSERT(owner < lockfree_of(global)->config.hart_count);
    struct lockfree_hart *hart = &lockfree_of(global)->harts[owner];
    visit_bits(hart->singles.number, &hart->singles.bits, visit, context);
    visit_bits(hart->runs.number, &hart->runs.bits, visit, context);
    visit_bits(hart->returns.number, &hart->returns.bits, visit, context);
}

/* Index nodes of an arena that are linked; `sound` becomes false if one has something free and is not (index.h, (I)),
 * if a whole chunk has bits of its own, or if something is free where a scan has said that nothing is (pool.h, 2). */
static uint64_t count_linked(struct pool *pool, bool *sound)
{
    uint64_t linked = 0;
    bool any = false;
    for (uint64_t n = pool->first_chunk; n < pool_end_chunk(pool); n++) {
        bool is_linked = bare_load_seq_cst(&pool_node(pool, n)->linked) != 0;
        bool is_empty = chunk_is_empty(pool_chunk(pool, n));
        bool is_whole = (bitmap_look(pool_bitmap(pool, n)) & bitmap_bit(n)) != 0;
        linked += is_linked ? 1 : 0;
        any |= !is_empty;
        if ((!is_empty && !is_linked) || (!is_empty && is_whole) || chunk_is_full(pool_chunk(pool, n))) {
            platform_log("lockfree: chunk %llu: %s, %s, %s", (unsigned long long)n, is_empty ? "no bits" : "some bits",
                         is_whole ? "whole" : "not whole", is_linked ? "linked" : "not linked");
            *sound = false;
        }
    }
    for (uint64_t b = 0; b < pool->bitmap_count; b++) {
        bool is_linked = bare_load_seq_cst(&pool->bitmaps[b].node.linked) != 0;
        linked += is_linked ? 1 : 0;
        any |= !bitmap_is_empty(&pool->bitmaps[b]);
        if (!bitmap_is_empty(&pool->bitmaps[b]) && !is_linked) {
            platform_log("lockfree: chunk bitmap %llu has whole chunks and is not linked", (unsigned long long)b);
            *sound = false;
        }
    }
    if (any && pool_is_exhausted(pool)) {
        platform_log("lockfree: an arena has something free and is said to be exhausted");
        *sound = false;
    }
    return linked;
}

static uint64_t count_stacked(struct pool *pool)
{
    uint64_t stacked = 0;
    for (uint32_t s = 0; s < pool->shard_count; s++) {
        struct shard *shard = pool_shard(pool, s);
        stacked += index_length(&shard->whole);
        for (uint32_t class = 0; class < pool->class_count; class ++) {
            stacked += index_length(&shard->partial[class]);
        }
    }
    return stacked;
}

static void visit_pool(struct pool *pool, void (*visit)(void *context, struct frame_run run), void *context)
{
    for (uint64_t n = pool->first_chunk; n < pool_end_chunk(pool); n++) {
        struct chunk_bits bits = chunk_look(pool_chunk(pool, n));
        visit_bits(n, &bits, visit, context);
        if ((bitmap_look(pool_bitmap(pool, n)) & bitmap_bit(n)) != 0) {
            visit(context, frame_run(pfn(n << CHUNK_ORDER), CHUNK_FRAMES));
        }
    }
}

bool lockfree_walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context)
{
    struct lockfree *lf = lockfree_of(global);
    struct arena_walk walk = lockfree_walk(lf, 0);
    bool sound = true;
    bool some_ended = bare_load_relaxed(&lf->ended) > 0; /* what they had locally is linked, and nowhere: state.h, 8 */
    uint64_t linked = 0, placed = reclaim_limbo_length(&lf->reclaim);
    if (placed != reclaim_pending(&lf->reclaim) && !(some_ended && placed < reclaim_pending(&lf->reclaim))) {
        platform_log("lockfree: %llu index nodes are in limbo, and it is said to be %u", (unsigned long long)placed,
                     reclaim_pending(&lf->reclaim));
        sound = false;
    }
    for (struct pool *pool = walk_next(&walk); pool != NULL; pool = walk_next(&walk)) {
        linked += count_linked(pool, &sound);
        placed += count_stacked(pool);
        visit_pool(pool, visit, context);
    }
    for (uint32_t h = 0; h < lf->config.hart_count; h++) {
        placed += lf->harts[h].singles.link_duty ? 1 : 0;
        placed += lf->harts[h].runs.link_duty ? 1 : 0;
        placed += lf->harts[h].returns.link_duty ? 1 : 0;
        placed += lf->harts[h].bitmap != NULL ? 1 : 0;
    }
    if (linked != placed && !(some_ended && linked > placed)) {
        platform_log("lockfree: %llu index nodes are linked, but %llu are on stacks, in limbo or local",
                     (unsigned long long)linked, (unsigned long long)placed);
        sound = false;
    }
    return sound;
}

void lockfree_add_stats(const struct global *global, struct frame_stats *stats)
{
    const struct lockfree *lf = lockfree_of(global);
    for (uint32_t h = 0; h < lf->config.hart_count; h++) {
        const struct lockfree_hart *hart = &lf->harts[h];
        stats->frames_in_caches += local_free(&hart->singles) + local_free(&hart->runs) + local_free(&hart->returns);
        stats->cas_retries += bare_load_relaxed(&hart->pool_hart.retries);
        stats->scans += bare_load_relaxed(&hart->pool_hart.scans);
        stats->cas_retries += bare_load_relaxed(&hart->nested.retries);
        stats->scans += bare_load_relaxed(&hart->nested.scans);
    }
    stats->grace_periods += reclaim_advances(&lf->reclaim);
    stats->limbo += reclaim_pending(&lf->reclaim);
    stats->limbo_peak += reclaim_peak(&lf->reclaim);
}
