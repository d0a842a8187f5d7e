/* SPDX-License-Identifier: MIT
 * A local chunk: a chunk from which one hart allocates.
 *
 * 1. What is local. With hart caches on, all free frames of the chunk as private bits, which are served and taken
 *    back without an atomic step. Frames that other harts free into the chunk come to its own bits, and are picked up
 *    when the private ones are used up. If the chunk was popped from the index, also the link duty of its index node,
 *    so that no other hart finds it there meanwhile. With hart caches off the frames stay in the chunk's bits.
 * 2. Whose. A local chunk is touched by its hart inside core's section, or by a drainer under core's handshake; never
 *    by two. Only `free` may be read by others, for statistics.
 * 3. A hart that is stopped keeps what is in its local chunk until another hart drains it; stopped in a section, for
 *    longer. That is at most 512 frames a local chunk.
 * 4. A hart that ends in the middle of something (P13). `pool` is set last and cleared first, and what leaves a local
 *    chunk for the chunk, or for another local chunk, leaves it before it is there: at no instruction is a frame or a
 *    link duty in two places. What was on its way is lost: the frames of a word at most, or of one local chunk. */
#ifndef FRAMELAB_LOCKFREE_LOCAL_CHUNK_H
#define FRAMELAB_LOCKFREE_LOCAL_CHUNK_H

#include "pool.h"

struct local_chunk {
    struct pool *pool; /* NULL: nothing local */
    uint64_t number;   /* of the chunk */
    bool link_duty;
    uint32_t low;          /* no private bit is set below this word; if none is at all, where to look first */
    _Atomic uint32_t free; /* private bits */
    struct chunk_bits bits;
};

static inline uint32_t local_free(const struct local_chunk *local)
{
    return bare_load_relaxed(&local->free);
}

static inline void local_set_free(struct local_chunk *local, uint32_t free)
{
    bare_store_relaxed(&local->free, free);
}

/* Whether the frame's chunk is local. Two arenas may have frames with one chunk number. */
static inline bool local_holds(const struct local_chunk *local, pfn_t frame)
{
    return local->number == chunk_number(frame) && local->pool != NULL &&
           frame_run_contains(local->pool->arena->span, frame);
}

/* Private frames: up to `count` single ones (returns how many), a run, and back. local_put: the chunk is local. */
uint32_t local_take(struct local_chunk *local, pfn_t *frames, uint32_t count);
/* Up to `count` runs of 2^order frames, aligned to their size, order < CHUNK_ORDER; returns how many. */
uint32_t local_take_runs(struct local_chunk *local, uint32_t order, pfn_t *firsts, uint32_t count);
bool local_search(struct local_chunk *local, struct frame_request request, pfn_t *first);
void local_put(struct local_chunk *local, struct frame_run run);

/* local_search, after a look at the lowest word that has anything: most runs are found there. */
static inline bool local_take_run(struct local_chunk *local, struct frame_request request, pfn_t *first)
{
    uint32_t count = (uint32_t)request.count;
    uint64_t *word = &local->bits.words[local->low];
    bool fits = request.count <= 64 && request.align_order <= 6;
    uint64_t starts = fits ? run_starts(*word, count) & aligned_bits(request.align_order) : 0;
    if (starts != 0) {
        uint32_t bit = (uint32_t)__builtin_ctzll(starts);
        *word &= ~(low_mask(count) << bit);
        local_set_free(local, local_free(local) - count);
        *first = pfn((local->number << CHUNK_ORDER) + local->low * 64 + bit);
        return true;
    }
    return request.count <= local_free(local) && local_search(local, request, first);
}

/* Makes the chunk's own bits private; false if there were none. */
bool local_refill(struct local_chunk *local);
/* The other way round: leaves the private bits in the chunk, which stays local. */
void local_flush(struct local_chunk *local, struct pool_hart *pool_hart);

/* An empty local chunk takes a chunk: one whose index node was popped, with its link duty; one that is the caller's as
 * a whole, whose frames become private bits; or one of which nothing is free yet. */
void local_hold_popped(struct local_chunk *local, struct pool *pool, uint64_t number);
void local_hold_whole(struct local_chunk *local, struct pool *pool, uint64_t number);
void local_hold_used(struct local_chunk *local, struct pool *pool, uint64_t number);

/* Gets the link duty of the chunk's index node if no other hart has it: for frames that are to stay in the chunk's
 * bits. */
void local_hide(struct local_chunk *local);

/* Everything goes from one local chunk to another, which is empty. */
void local_move(struct local_chunk *from, struct local_chunk *to);

/* Gives all back. */
void local_release(struct local_chunk *local, struct pool_hart *pool_hart);

/* Of a hart that ended at any instruction: makes its local chunk whole. */
void hand_repair(struct local_chunk *local);

#endif
