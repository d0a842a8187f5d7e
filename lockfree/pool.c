/* SPDX-License-Identifier: MIT
 * Layout of a pool, and giving to it. The theory stands in pool.h. */
#include "shard.h"

/* ---- layout ------------------------------------------------------------------------------------------------- */

struct pool_layout {
    uint64_t first_chunk, chunks, blocks;
    uint64_t shards; /* at most */
    uint64_t shards_at, blocks_at, chunks_at, places_at, bytes;
};

static struct pool_layout layout_of(struct frame_run span)
{
    FRAME_ASSERT(span.count > 0);
    struct pool_layout layout = {.first_chunk = chunk_number(span.first)};
    uint64_t last_chunk = chunk_number(pfn(frame_run_end(span) - 1));
    layout.chunks = last_chunk - layout.first_chunk + 1;
    layout.blocks = (last_chunk >> BLOCK_ORDER) - (layout.first_chunk >> BLOCK_ORDER) + 1;
    layout.shards = layout.blocks < SHARD_MAX ? layout.blocks : SHARD_MAX;
    layout.shards_at = align_up_u64(sizeof(struct pool), CACHE_PAIR);
    layout.blocks_at = layout.shards_at + layout.shards * SHARD_APART;
    layout.chunks_at = layout.blocks_at + layout.blocks * sizeof(struct block);
    layout.places_at = layout.chunks_at + layout.chunks * sizeof(struct chunk);
    layout.bytes = layout.places_at + layout.chunks * sizeof(struct place);
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
    pool->block_count = layout.blocks;
    pool->class_count = options->class_count;
    pool->shard_stride = options->padding ? SHARD_APART : sizeof(struct shard);
    pool->shard_count = options->shard_count < layout.shards ? options->shard_count : (uint32_t)layout.shards;
    pool->shards = start + layout.shards_at;
    for (uint32_t i = 0; i < pool->shard_count; i++) {
        pool_shard(pool, i)->pool = pool;
    }
    pool->blocks = (struct block *)(void *)(start + layout.blocks_at);
    pool->chunks = (struct chunk *)(void *)(start + layout.chunks_at);
    pool->places = (struct place *)(void *)(start + layout.places_at);
}

/* ---- listing ------------------------------------------------------------------------------------------------ */

/* Something was given by this hart's step: a scan that did not see it must not be believed. */
static void pool_replenished(struct pool *pool)
{
    if (shared_load_seq_cst(&pool->scanned) != 0) {
        shared_store_seq_cst(&pool->scanned, 0);
    }
}

static void put_chunk(struct pool *pool, struct worker *worker, uint64_t number)
{
    struct chunk_bits bits;
    uint32_t free = chunk_count(pool_chunk(pool, number), &bits);
    struct index_stack *stack = &shard_of(pool, number)->partial[class_of(pool, free)];
    index_put(pool_place(pool, number), stack, &worker->reclaim, &worker->contest);
}

static void list_chunk(struct pool *pool, struct worker *worker, uint64_t number)
{
    if (index_claim(pool_place(pool, number))) {
        put_chunk(pool, worker, number);
    }
}

/* A block in limbo is 128 MiB of used memory out of sight, and makes harts break up fresh blocks instead; and blocks
 * are put seldom. So the clock is moved on until this one may be pushed, if it can be. */
static void put_block(struct pool *pool, struct worker *worker, struct block *block)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&block->place.listed) == 1);
    for (uint32_t turn = 0; turn < RECLAIM_GRACE_MAX; turn++) {
        if (reclaim_passed(&worker->reclaim, block->place.in_limbo.stamp)) {
            break;
        }
        reclaim_poll(&worker->reclaim);
    }
    struct index_stack *stack = &shard_of(pool, pool_block_base(pool, block))->whole;
    index_put(&block->place, stack, &worker->reclaim, &worker->contest);
}

static void list_block(struct pool *pool, struct worker *worker, struct block *block)
{
    if (index_claim(&block->place)) {
        put_block(pool, worker, block);
    }
}

void pool_drop_chunk(struct pool *pool, struct worker *worker, uint64_t number)
{
    index_drop(pool_place(pool, number));
    if (!chunk_is_empty(pool_chunk(pool, number))) {
        list_chunk(pool, worker, number);
    }
}

void pool_release_chunk(struct pool *pool, struct worker *worker, uint64_t number)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&pool_place(pool, number)->listed) == 1);
    if (chunk_is_empty(pool_chunk(pool, number))) {
        pool_drop_chunk(pool, worker, number);
    } else {
        put_chunk(pool, worker, number);
    }
}

void pool_release_block(struct pool *pool, struct worker *worker, struct block *block)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&block->place.listed) == 1);
    if (block_is_empty(block)) {
        index_drop(&block->place);
        if (!block_is_empty(block)) {
            list_block(pool, worker, block);
        }
        return;
    }
    put_block(pool, worker, block);
}

/* ---- giving ------------------------------------------------------------------------------------------------- */

void pool_give_chunks(struct pool *pool, struct worker *worker, uint64_t number, uint64_t mask, bool zero)
{
    FRAME_DEBUG_ASSERT(mask != 0);
    struct block *block = pool_block(pool, number);
    uint64_t before = block_give(block, mask, zero);
    pool_replenished(pool);
    if (before == 0) {
        list_block(pool, worker, block);
    }
}

/* The chunk was seen full: tries to make it one bit of its block. If some of its words are had and others not, the
 * step that gives them back owes what every give owes, so it looks again. */
static void gather(struct pool *pool, struct worker *worker, uint64_t number)
{
    struct chunk *chunk = pool_chunk(pool, number);
    while (chunk_is_full(chunk)) {
        uint32_t taken = chunk_take_range(chunk, 0, CHUNK_END, &worker->contest);
        if (taken == CHUNK_END) {
            pool_give_chunks(pool, worker, number, block_bit(number), false);
            return;
        }
        for (uint32_t w = 0; w < taken / 64; w++) {
            (void)chunk_give(chunk, w, ~UINT64_C(0));
        }
        if (taken > 0) {
            pool_replenished(pool);
            list_chunk(pool, worker, number);
        }
    }
}

/* What a give that found a word at `before` owes (chunk.h, 3): seldom anything. */
__attribute__((noinline)) static void word_given(struct pool *pool, struct worker *worker, uint64_t number,
                                                 uint64_t before, uint64_t mask)
{
    if (before == 0) {
        list_chunk(pool, worker, number);
    }
    if ((before | mask) == ~UINT64_C(0)) {
        gather(pool, worker, number);
    }
}

void pool_give_word(struct pool *pool, struct worker *worker, uint64_t number, uint32_t w, uint64_t mask)
{
    uint64_t before = chunk_give(pool_chunk(pool, number), w, mask);
    FRAME_DEBUG_ASSERT((before & mask) == 0);
    pool_replenished(pool);
    if (before == 0 || (before | mask) == ~UINT64_C(0)) {
        word_given(pool, worker, number, before, mask);
    }
}

/* Frames of one chunk; not all of them, or they would have to be given as a chunk. */
static void give_range(struct pool *pool, struct worker *worker, uint64_t number, uint32_t offset, uint32_t count)
{
    FRAME_DEBUG_ASSERT(offset + count <= CHUNK_FRAMES);
    while (count > 0) {
        uint32_t piece = count < 64 - offset % 64 ? count : 64 - offset % 64;
        pool_give_word(pool, worker, number, offset / 64, low_mask(piece) << (offset % 64));
        offset += piece;
        count -= piece;
    }
}

/* A run goes back piece by piece: a range of frames, or several chunks of one block. */
void pool_give_run(struct pool *pool, struct worker *worker, struct frame_run run, bool zero)
{
    while (run.count > 0) {
        uint64_t number = chunk_number(run.first);
        uint32_t offset = (uint32_t)(run.first.value % CHUNK_FRAMES);
        uint64_t given = CHUNK_FRAMES - offset;
        if (given > run.count || offset > 0) {
            given = given < run.count ? given : run.count;
            give_range(pool, worker, number, offset, (uint32_t)given);
        } else {
            uint64_t room = BLOCK_CHUNKS - number % BLOCK_CHUNKS;
            uint64_t chunks = run.count >> CHUNK_ORDER < room ? run.count >> CHUNK_ORDER : room;
            uint64_t mask = chunks < 64 ? (UINT64_C(1) << chunks) - 1 : ~UINT64_C(0);
            pool_give_chunks(pool, worker, number, mask << (number % BLOCK_CHUNKS), zero);
            given = chunks << CHUNK_ORDER;
        }
        run = frame_run(pfn(run.first.value + given), run.count - given);
    }
}

void pool_repair(struct pool *pool, struct worker *worker)
{
    for (uint64_t number = pool->first_chunk; number < pool_end_chunk(pool); number++) {
        if (!chunk_is_empty(pool_chunk(pool, number))) {
            list_chunk(pool, worker, number);
        }
        gather(pool, worker, number);
    }
    for (uint64_t b = 0; b < pool->block_count; b++) {
        if (!block_is_empty(&pool->blocks[b])) {
            list_block(pool, worker, &pool->blocks[b]);
        }
    }
    pool_replenished(pool);
}

/* ---- a block's chunks --------------------------------------------------------------------------------------- */

uint64_t pool_block_base(const struct pool *pool, const struct block *block)
{
    return ((pool->first_chunk >> BLOCK_ORDER) + (uint64_t)(block - pool->blocks)) << BLOCK_ORDER;
}

uint32_t pool_take_of_block(const struct pool *pool, struct worker *worker, struct block *block, uint32_t order,
                            enum zero_wish wish, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t base = pool_block_base(pool, block);
    uint64_t mask = order == 0 ? block_take(block, count, wish, &worker->contest)
                               : block_take_runs(block, order, count, &worker->contest);
    uint32_t taken = 0;
    for (uint64_t starts = mask & aligned_bits(order); starts != 0; starts &= starts - 1) {
        firsts[taken++] = pfn((base + (uint32_t)__builtin_ctzll(starts)) << CHUNK_ORDER);
    }
    return taken;
}
