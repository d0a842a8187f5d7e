/* SPDX-License-Identifier: MIT
 * A pool: the free frames of one arena. Its chunks, their chunk bitmaps, the shards by which both are found (shard.h),
 * and the steps that keep bits and stacks in agreement.
 *
 * 1. Giving sets bits and then does what that step owes (chunk.h, 3; index.h, 2): link the chunk, coalesce it into its
 *    chunk bitmap, link the chunk bitmap.
 * 2. `scanned` is EXHAUSTED if a scan found nothing and nothing was given since: then the pool need not be looked at.
 *    A scan writes its own mark before it looks, and turns it into EXHAUSTED if it found nothing and the mark is still
 *    there; a giver looks at `scanned` after its step, and clears it. Mark, step and the giver's look are sequentially
 *    consistent; between the mark and the scan's looks, which may be thousands, stands a fence that is, so that they
 *    need no order themselves. A step that a look did not see comes after that fence in the one order of all these, and
 *    so its hart sees the mark, or what became of it, and clears it. Another scan's mark in place of one's own is not
 *    turned: that scan will say. A hart stopped in a scan leaves a mark that nobody heeds; one stopped between its step
 *    and the clearing leaves EXHAUSTED where it is no longer true until the next give, so an allocation that would fail
 *    looks all the same. A pool hart that several scans may have at one time, one interrupting the other, leaves no
 *    mark.
 * 3. Progress. Everything here is lock-free. Coalescing repeats only if another hart gave frames meanwhile. */
#ifndef FRAMELAB_LOCKFREE_POOL_H
#define FRAMELAB_LOCKFREE_POOL_H

#include "arena.h"
#include "chunk_bitmap.h"

#define CLASS_MAX 8u
#define SHARD_MAX 64u

/* Values of pool->scanned. */
#define EXHAUSTED 1u
#define SCAN_MARKS 2u

/* The variant's part of an arena's metadata. Chunk numbers are absolute: a frame number divided by 512. */
struct pool {
    struct arena *arena;
    uint64_t first_chunk;
    uint64_t chunk_count;
    uint64_t bitmap_count;
    uint32_t class_count;         /* 1 .. CLASS_MAX */
    struct chunk_bitmap *bitmaps; /* bitmaps[0] holds first_chunk */
    struct chunk *chunks;
    struct index_node *nodes; /* of the chunks */
    struct shard *shards;
    uint32_t shard_count;                          /* 1 .. SHARD_MAX, at most one a chunk bitmap */
    _Alignas(CACHE_PAIR) _Atomic uint32_t scanned; /* 0, EXHAUSTED, or the mark of a pool hart */
};

struct pool_options {
    uint32_t class_count; /* 1 .. CLASS_MAX */
    uint32_t shard_count; /* at least 1; a pool may have room for fewer */
};

/* A hart, as it works on pools. */
struct pool_hart {
    _Alignas(CACHE_PAIR) struct reclaim_hart reclaim;
    uint32_t mark;                   /* SCAN_MARKS and more, each pool hart's its own; 0: its scans leave none */
    uint32_t home;                   /* where it begins among a pool's shards, modulo their number */
    uint32_t pops;                   /* since it last moved the epoch on */
    _Atomic uint64_t retries, scans; /* written by the hart only; a hint where several operations have one (mark 0) */
};

uint64_t pool_bytes(struct frame_run span);
/* Lays a pool out in pool_bytes of zeroed memory, nothing free. */
void pool_build(struct pool *pool, struct arena *arena, const struct pool_options *options);

static inline struct chunk *pool_chunk(const struct pool *pool, uint64_t number)
{
    FRAME_DEBUG_ASSERT(number - pool->first_chunk < pool->chunk_count);
    return &pool->chunks[number - pool->first_chunk];
}

static inline struct index_node *pool_node(const struct pool *pool, uint64_t number)
{
    FRAME_DEBUG_ASSERT(number - pool->first_chunk < pool->chunk_count);
    return &pool->nodes[number - pool->first_chunk];
}

static inline struct chunk_bitmap *pool_bitmap(const struct pool *pool, uint64_t number)
{
    FRAME_DEBUG_ASSERT((number >> BITMAP_ORDER) - (pool->first_chunk >> BITMAP_ORDER) < pool->bitmap_count);
    return &pool->bitmaps[(number >> BITMAP_ORDER) - (pool->first_chunk >> BITMAP_ORDER)];
}

static inline uint64_t bitmap_bit(uint64_t number)
{
    return UINT64_C(1) << (number % BITMAP_CHUNKS);
}

static inline uint64_t chunk_number(pfn_t frame)
{
    return frame.value >> CHUNK_ORDER;
}

static inline uint64_t pool_end_chunk(const struct pool *pool)
{
    return pool->first_chunk + pool->chunk_count;
}

/* ---- shards: the theory stands in shard.h ---- */

struct shard {
    _Alignas(CACHE_PAIR) struct pool *pool;
    struct index_stack whole;              /* of chunk bitmaps */
    struct index_stack partial[CLASS_MAX]; /* of partly free chunks, one for each class */
};

static inline struct shard *pool_shard(const struct pool *pool, uint64_t i)
{
    return &pool->shards[i];
}

/* The shard to which a chunk belongs. */
static inline struct shard *shard_of(const struct pool *pool, uint64_t number)
{
    uint64_t bitmap = (number >> BITMAP_ORDER) - (pool->first_chunk >> BITMAP_ORDER);
    return pool_shard(pool, bitmap * pool->shard_count / pool->bitmap_count);
}

/* The one at which a hart looks in its turn `turn`, 0 to shard_count - 1: its own first. */
static inline struct shard *shard_in_turn(const struct pool *pool, const struct pool_hart *pool_hart, uint32_t turn)
{
    return pool_shard(pool, (pool_hart->home + turn) % pool->shard_count);
}

static inline bool shard_is_last(const struct shard *shard, const struct pool_hart *pool_hart)
{
    return shard == shard_in_turn(shard->pool, pool_hart, shard->pool->shard_count - 1);
}

/* ---- giving; all of it is the caller's ---- */

void pool_give_word(struct pool *pool, struct pool_hart *pool_hart, uint64_t number, uint32_t w, uint64_t mask);
/* Whole chunks of the chunk bitmap that holds chunk `number`. */
void pool_give_chunks(struct pool *pool, struct pool_hart *pool_hart, uint64_t number, uint64_t mask, bool zero);
void pool_give_run(struct pool *pool, struct pool_hart *pool_hart, struct frame_run run, bool zero);

/* With the link duty of a chunk's or chunk bitmap's index node: links it if it has something free, else drops it.
 * pool_drop_chunk: nothing should be free, so it looks only after it has dropped it. */
void pool_drop_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number);
void pool_release_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number);
void pool_release_bitmap(struct pool *pool, struct pool_hart *pool_hart, struct chunk_bitmap *bitmap);

/* Does what gives that were broken off may owe, for all of the pool. */
void pool_repair(struct pool *pool, struct pool_hart *pool_hart);

/* ---- finding and taking ---- */

/* Up to `count` runs of 2^order chunks of a chunk bitmap, by their first frames; `wish` is for single chunks. */
uint32_t pool_take_of_bitmap(const struct pool *pool, struct pool_hart *pool_hart, struct chunk_bitmap *bitmap,
                             uint32_t order, enum zero_wish wish, pfn_t *firsts, uint32_t count);
/* The absolute number of a chunk bitmap's chunk 0. */
uint64_t pool_bitmap_base(const struct pool *pool, const struct chunk_bitmap *bitmap);

/* Exactly the frames of `run`; false if one of them is not free, and nothing is changed. */
bool pool_take_exactly(struct pool *pool, struct pool_hart *pool_hart, struct frame_run run);

/* Searches the whole pool, from *cursor on and then from the start; *cursor, a chunk number, is where the next search
 * may begin. Frames: up to `count` single ones, returns how many. Chunks: runs of 2^order chunks, each inside a chunk
 * bitmap, likewise. Run: the first that meets the request. */
uint32_t pool_scan_frames(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, pfn_t *frames,
                          uint32_t count);
uint32_t pool_scan_chunks(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, uint32_t order,
                          enum zero_wish wish, pfn_t *firsts, uint32_t count);
bool pool_scan_run(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, struct frame_request request,
                   pfn_t *first);

/* Among a pool's classes that of a chunk with `free` free frames (shard.h, 3). */
static inline uint32_t class_of(const struct pool *pool, uint32_t free)
{
    FRAME_DEBUG_ASSERT(free <= CHUNK_FRAMES);
    return free == 0 ? 0 : (free - 1) * pool->class_count / (uint32_t)CHUNK_FRAMES;
}

static inline bool pool_is_exhausted(const struct pool *pool)
{
    return shared_load_seq_cst(&pool->scanned) == EXHAUSTED;
}

#endif
