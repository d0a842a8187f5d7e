/* SPDX-License-Identifier: MIT
 * A hand: a chunk from which one hart allocates.
 *
 * 1. What is in hand. With hart caches on, all free frames of the chunk as private bits, which are served and taken
 *    back without an atomic step. Frames that other harts free into the chunk come to its own bits, and are picked up
 *    when the private ones are used up. If the chunk was popped from the index, also the duty of its place, so that no
 *    other hart finds it there meanwhile. With hart caches off the frames stay in the chunk's bits.
 * 2. Whose. A hand is touched by its hart inside core's section, or by a drainer under core's handshake; never by two.
 *    Only `free` may be read by others, for statistics.
 * 3. A hart that is stopped keeps what is in its hand until another hart drains it; stopped in a section, for longer.
 *    That is at most 512 frames a hand.
 * 4. A hart that ends in the middle of something (P13). `pool` is set last and cleared first, and what leaves a hand for the
 *    chunk, or for another hand, leaves it before it is there: at no instruction is a frame or a duty in two places. What
 *    was on its way is lost: the frames of a word at most, or of one hand. */
#ifndef FRAMELAB_LOCKFREE_HAND_H
#define FRAMELAB_LOCKFREE_HAND_H

#include "pool.h"

struct hand {
    struct pool *pool; /* NULL: nothing in hand */
    uint64_t number;   /* of the chunk */
    bool duty;
    uint32_t low;          /* no private bit is set below this word; if none is at all, where to look first */
    _Atomic uint32_t free; /* private bits */
    struct chunk_bits bits;
};

static inline uint32_t hand_free(const struct hand *hand)
{
    return bare_load_relaxed(&hand->free);
}

static inline void hand_set_free(struct hand *hand, uint32_t free)
{
    bare_store_relaxed(&hand->free, free);
}

/* Whether the frame's chunk is in hand. Two arenas may have frames with one chunk number. */
static inline bool hand_holds(const struct hand *hand, pfn_t frame)
{
    return hand->number == chunk_number(frame) && hand->pool != NULL &&
           frame_run_contains(hand->pool->arena->span, frame);
}

/* Private frames: up to `count` single ones (returns how many), a run, and back. hand_put: the chunk is in hand. */
uint32_t hand_take(struct hand *hand, pfn_t *frames, uint32_t count);
/* Up to `count` runs of 2^order frames, aligned to their size, order < CHUNK_ORDER; returns how many. */
uint32_t hand_take_runs(struct hand *hand, uint32_t order, pfn_t *firsts, uint32_t count);
bool hand_search(struct hand *hand, struct frame_request request, pfn_t *first);
void hand_put(struct hand *hand, struct frame_run run);

/* hand_search, after a look at the lowest word that has anything: most runs are found there. */
static inline bool hand_take_run(struct hand *hand, struct frame_request request, pfn_t *first)
{
    uint32_t count = (uint32_t)request.count;
    uint64_t *word = &hand->bits.words[hand->low];
    bool fits = request.count <= 64 && request.align_order <= 6;
    uint64_t starts = fits ? run_starts(*word, count) & aligned_bits(request.align_order) : 0;
    if (starts != 0) {
        uint32_t bit = (uint32_t)__builtin_ctzll(starts);
        *word &= ~(low_mask(count) << bit);
        hand_set_free(hand, hand_free(hand) - count);
        *first = pfn((hand->number << CHUNK_ORDER) + hand->low * 64 + bit);
        return true;
    }
    return request.count <= hand_free(hand) && hand_search(hand, request, first);
}

/* Makes the chunk's own bits private; false if there were none. */
bool hand_pick_up(struct hand *hand);
/* The other way round: leaves the private bits in the chunk, which stays in hand. */
void hand_share(struct hand *hand, struct worker *worker);

/* An empty hand takes a chunk: one whose place was popped, with its duty; one that is the caller's as a whole, whose
 * frames become private bits; or one of which nothing is free yet. */
void hand_hold_popped(struct hand *hand, struct pool *pool, uint64_t number);
void hand_hold_whole(struct hand *hand, struct pool *pool, uint64_t number);
void hand_hold_used(struct hand *hand, struct pool *pool, uint64_t number);

/* Gets the duty of the chunk's place if no other hart has it: for frames that are to stay in the chunk's bits. */
void hand_hide(struct hand *hand);

/* Everything goes from one hand to another, which is empty. */
void hand_pass_on(struct hand *from, struct hand *to);

/* Gives all back. */
void hand_release(struct hand *hand, struct worker *worker);

/* Of a hart that ended at any instruction: makes its hand whole. */
void hand_repair(struct hand *hand);

#endif
