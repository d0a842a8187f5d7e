/* SPDX-License-Identifier: MIT
 * Layout of a pool, and giving to it. The theory stands in pool.h. */
#include "pool.h"

/* ---- layout ------------------------------------------------------------------------------------------------- */

struct pool_layout {
    uint64_t first_chunk, chunks, bitmaps;
    uint64_t shards; /* at most */
    uint64_t shards_at, bitmaps_at, chunks_at, places_at, bytes;
};

static struct pool_layout layout_of(struct frame_run span)
{
    FRAME_ASSERT(span.count > 0);
    struct pool_layout layout = {.first_chunk = chunk_number(span.first)};
    uint64_t last_chunk = chunk_number(pfn(frame_run_end(span) - 1));
    layout.chunks = last_chunk - layout.first_chunk + 1;
    layout.bitmaps = (last_chunk >> BITMAP_ORDER) - (layout.first_chunk >> BITMAP_ORDER) + 1;
    layout.shards = layout.bitmaps < SHARD_MAX ? layout.bitmaps : SHARD_MAX;
    layout.shards_at = align_up_u64(sizeof(struct pool), CACHE_PAIR);
    layout.bitmaps_at = layout.shards_at + layout.shards * sizeof(struct shard);
    layout.chunks_at = layout.bitmaps_at + layout.bitmaps * sizeof(struct chunk_bitmap);
    layout.places_at = layout.chunks_at + layout.chunks * sizeof(struct chunk);
    layout.bytes = layout.places_at + layout.chunks * sizeof(struct index_node);
    return layout;
}

uint64_t pool_bytes(struct frame_run span)
{
    return layout_of(span).bytes;
}

void pool_build(struct pool *pool, struct arena *arena, const struct pool_options *options)
{
    FRAME_ASSERT(options->class_count > 0 && options->class_count <= CLASS_MAX);
    FRAME_ASSERT(options->shard_count > 0);
    struct pool_layout layout = layout_of(arena->span);
    unsigned char *start = (unsigned char *)pool;
    pool->arena = arena;
    pool->first_chunk = layout.first_chunk;
    pool->chunk_count = layout.chunks;
    pool->bitmap_count = layout.bitmaps;
    pool->class_count = options->class_count;
    pool->shard_count = options->shard_count < layout.shards ? options->shard_count : (uint32_t)layout.shards;
    pool->shards = (struct shard *)(void *)(start + layout.shards_at);
    for (uint32_t i = 0; i < pool->shard_count; i++) {
        pool_shard(pool, i)->pool = pool;
    }
    pool->bitmaps = (struct chunk_bitmap *)(void *)(start + layout.bitmaps_at);
    pool->chunks = (struct chunk *)(void *)(start + layout.chunks_at);
    pool->nodes = (struct index_node *)(void *)(start + layout.places_at);
}

/* ---- listing ------------------------------------------------------------------------------------------------ */

/* Something was given by this hart's step: a scan that did not see it must not be believed. */
static void pool_replenished(struct pool *pool)
{
    if (shared_load_seq_cst(&pool->scanned) != 0) {
        shared_store_seq_cst(&pool->scanned, 0);
    }
}

static void put_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number)
{
    struct chunk_bits bits;
    uint32_t free = chunk_count(pool_chunk(pool, number), &bits);
    struct index_stack *stack = &shard_of(pool, number)->partial[class_of(pool, free)];
    index_put(pool_node(pool, number), stack, &pool_hart->reclaim, &pool_hart->retries);
}

static void link_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number)
{
    if (index_claim(pool_node(pool, number))) {
        put_chunk(pool, pool_hart, number);
    }
}

/* A chunk bitmap in limbo is 128 MiB of used memory out of sight, and makes harts break up fresh chunk bitmaps instead;
 * and chunk bitmaps are put seldom. So the source is moved on until this one may be pushed, if it can be. */
static void put_bitmap(struct pool *pool, struct pool_hart *pool_hart, struct chunk_bitmap *bitmap)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&bitmap->node.linked) == 1);
    for (uint32_t turn = 0; turn < RECLAIM_GRACE_MAX; turn++) {
        if (reclaim_passed(&pool_hart->reclaim, bitmap->node.in_limbo.cookie)) {
            break;
        }
        reclaim_poll(&pool_hart->reclaim);
    }
    struct index_stack *stack = &shard_of(pool, pool_bitmap_base(pool, bitmap))->whole;
    index_put(&bitmap->node, stack, &pool_hart->reclaim, &pool_hart->retries);
}

static void link_bitmap(struct pool *pool, struct pool_hart *pool_hart, struct chunk_bitmap *bitmap)
{
    if (index_claim(&bitmap->node)) {
        put_bitmap(pool, pool_hart, bitmap);
    }
}

void pool_drop_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number)
{
    index_drop(pool_node(pool, number));
    if (!chunk_is_empty(pool_chunk(pool, number))) {
        link_chunk(pool, pool_hart, number);
    }
}

void pool_release_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&pool_node(pool, number)->linked) == 1);
    if (chunk_is_empty(pool_chunk(pool, number))) {
        pool_drop_chunk(pool, pool_hart, number);
    } else {
        put_chunk(pool, pool_hart, number);
    }
}

void pool_release_bitmap(struct pool *pool, struct pool_hart *pool_hart, struct chunk_bitmap *bitmap)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&bitmap->node.linked) == 1);
    if (bitmap_is_empty(bitmap)) {
        index_drop(&bitmap->node);
        if (!bitmap_is_empty(bitmap)) {
            link_bitmap(pool, pool_hart, bitmap);
        }
        return;
    }
    put_bitmap(pool, pool_hart, bitmap);
}

/* ---- giving ------------------------------------------------------------------------------------------------- */

void pool_give_chunks(struct pool *pool, struct pool_hart *pool_hart, uint64_t number, uint64_t mask, bool zero)
{
    FRAME_DEBUG_ASSERT(mask != 0);
    struct chunk_bitmap *bitmap = pool_bitmap(pool, number);
    uint64_t before = bitmap_give(bitmap, mask, zero);
    pool_replenished(pool);
    if (before == 0) {
        link_bitmap(pool, pool_hart, bitmap);
    }
}

/* The chunk was seen full: tries to make it one bit of its chunk bitmap. If some of its words are had and others not,
 * the step that gives them back owes what every give owes, so it looks again. */
static void coalesce(struct pool *pool, struct pool_hart *pool_hart, uint64_t number)
{
    struct chunk *chunk = pool_chunk(pool, number);
    while (chunk_is_full(chunk)) {
        uint32_t taken = chunk_take_range(chunk, 0, CHUNK_END, &pool_hart->retries);
        if (taken == CHUNK_END) {
            pool_give_chunks(pool, pool_hart, number, bitmap_bit(number), false);
            return;
        }
        for (uint32_t w = 0; w < taken / 64; w++) {
            (void)chunk_give(chunk, w, ~UINT64_C(0));
        }
        if (taken > 0) {
            pool_replenished(pool);
            link_chunk(pool, pool_hart, number);
        }
    }
}

/* What a give that found a word at `before` owes (chunk.h, 3): seldom anything. */
__attribute__((noinline)) static void word_given(struct pool *pool, struct pool_hart *pool_hart, uint64_t number,
                                                 uint64_t before, uint64_t mask)
{
    if (before == 0) {
        link_chunk(pool, pool_hart, number);
    }
    if ((before | mask) == ~UINT64_C(0)) {
        coalesce(pool, pool_hart, number);
    }
}

void pool_give_word(struct pool *pool, struct pool_hart *pool_hart, uint64_t number, uint32_t w, uint64_t mask)
{
    uint64_t before = chunk_give(pool_chunk(pool, number), w, mask);
    FRAME_DEBUG_ASSERT((before & mask) == 0);
    pool_replenished(pool);
    if (before == 0 || (before | mask) == ~UINT64_C(0)) {
        word_given(pool, pool_hart, number, before, mask);
    }
}

/* Frames of one chunk; not all of them, or they would have to be given as a chunk. */
static void give_range(struct pool *pool, struct pool_hart *pool_hart, uint64_t number, uint32_t offset, uint32_t count)
{
    FRAME_DEBUG_ASSERT(offset + count <= CHUNK_FRAMES);
    while (count > 0) {
        uint32_t piece = count < 64 - offset % 64 ? count : 64 - offset % 64;
        pool_give_word(pool, pool_hart, number, offset / 64, low_mask(piece) << (offset % 64));
        offset += piece;
        count -= piece;
    }
}

/* A run goes back piece by piece: a range of frames, or several chunks of one chunk bitmap. */
void pool_give_run(struct pool *pool, struct pool_hart *pool_hart, struct frame_run run, bool zero)
{
    while (run.count > 0) {
        uint64_t number = chunk_number(run.first);
        uint32_t offset = (uint32_t)(run.first.value % CHUNK_FRAMES);
        uint64_t given = CHUNK_FRAMES - offset;
        if (given > run.count || offset > 0) {
            given = given < run.count ? given : run.count;
            give_range(pool, pool_hart, number, offset, (uint32_t)given);
        } else {
            uint64_t room = BITMAP_CHUNKS - number % BITMAP_CHUNKS;
            uint64_t chunks = run.count >> CHUNK_ORDER < room ? run.count >> CHUNK_ORDER : room;
            uint64_t mask = chunks < 64 ? (UINT64_C(1) << chunks) - 1 : ~UINT64_C(0);
            pool_give_chunks(pool, pool_hart, number, mask << (number % BITMAP_CHUNKS), zero);
            given = chunks << CHUNK_ORDER;
        }
        run = frame_run(pfn(run.first.value + given), run.count - given);
    }
}

void pool_repair(struct pool *pool, struct pool_hart *pool_hart)
{
    for (uint64_t number = pool->first_chunk; number < pool_end_chunk(pool); number++) {
        if (!chunk_is_empty(pool_chunk(pool, number))) {
            link_chunk(pool, pool_hart, number);
        }
        coalesce(pool, pool_hart, number);
    }
    for (uint64_t b = 0; b < pool->bitmap_count; b++) {
        if (!bitmap_is_empty(&pool->bitmaps[b])) {
            link_bitmap(pool, pool_hart, &pool->bitmaps[b]);
        }
    }
    pool_replenished(pool);
}

/* ---- a chunk bitmap's chunks ----------------------------------------------------------------------------------- */

uint64_t pool_bitmap_base(const struct pool *pool, const struct chunk_bitmap *bitmap)
{
    return ((pool->first_chunk >> BITMAP_ORDER) + (uint64_t)(bitmap - pool->bitmaps)) << BITMAP_ORDER;
}

uint32_t pool_take_of_bitmap(const struct pool *pool, struct pool_hart *pool_hart, struct chunk_bitmap *bitmap,
                             uint32_t order, enum zero_wish wish, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t base = pool_bitmap_base(pool, bitmap);
    uint64_t mask = order == 0 ? bitmap_take(bitmap, count, wish, &pool_hart->retries)
                               : bitmap_take_runs(bitmap, order, count, &pool_hart->retries);
    uint32_t taken = 0;
    for (uint64_t starts = mask & aligned_bits(order); starts != 0; starts &= starts - 1) {
        firsts[taken++] = pfn((base + (uint32_t)__builtin_ctzll(starts)) << CHUNK_ORDER);
    }
    return taken;
}
