/* SPDX-License-Identifier: MIT
 * What one hart has in hand. The theory stands in hand.h. */
#include "hand.h"

uint32_t hand_take(struct hand *hand, pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(hand->pool != NULL || hand_free(hand) == 0);
    uint32_t taken = bits_take(&hand->bits, &hand->low, hand->number << CHUNK_ORDER, frames, count);
    hand_set_free(hand, hand_free(hand) - taken);
    return taken;
}

uint32_t hand_take_runs(struct hand *hand, uint32_t order, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(order < CHUNK_ORDER);
    uint32_t taken = 0;
    if (hand_free(hand) >> order > 0) {
        taken = bits_take_runs(&hand->bits, hand->low, hand->number << CHUNK_ORDER, order, firsts, count);
        hand_set_free(hand, hand_free(hand) - (taken << order));
    }
    return taken;
}

bool hand_search(struct hand *hand, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(hand_free(hand) >= request.count);
    uint32_t count = (uint32_t)request.count;
    uint32_t at = bits_find(&hand->bits, hand->low, count, request.align_order);
    while (hand->bits.words[hand->low] == 0) {
        hand->low++; /* some bit is set */
    }
    if (at == CHUNK_END) {
        return false;
    }
    bits_clear(&hand->bits, at, count);
    hand_set_free(hand, hand_free(hand) - count);
    *first = pfn((hand->number << CHUNK_ORDER) + at);
    return true;
}

void hand_put(struct hand *hand, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(hand->pool != NULL && hand->number == chunk_number(run.first));
    uint32_t offset = (uint32_t)(run.first.value % CHUNK_FRAMES);
    hand->low = offset / 64 < hand->low ? offset / 64 : hand->low;
    bits_set(&hand->bits, offset, (uint32_t)run.count);
    hand_set_free(hand, hand_free(hand) + (uint32_t)run.count);
}

bool hand_pick_up(struct hand *hand)
{
    FRAME_DEBUG_ASSERT(hand->pool != NULL);
    uint32_t taken = chunk_take_all(pool_chunk(hand->pool, hand->number), &hand->bits);
    hand->low = 0;
    hand_set_free(hand, hand_free(hand) + taken);
    return taken > 0;
}

static void hand_clear(struct hand *hand)
{
    hand->pool = NULL;
    hand->duty = false;
    hand->low = 0;
    hand->bits = (struct chunk_bits){0};
    hand_set_free(hand, 0);
}

void hand_share(struct hand *hand, struct worker *worker)
{
    FRAME_DEBUG_ASSERT(hand->pool != NULL);
    if (hand_free(hand) == 0) {
        return;
    }
    if (hand_free(hand) == CHUNK_FRAMES) {
        hand->bits = (struct chunk_bits){0}; /* first out of here */
        hand_set_free(hand, 0);
        platform_barrier_light();
        pool_give_chunks(hand->pool, worker, hand->number, block_bit(hand->number), false);
        return;
    }
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        uint64_t word = hand->bits.words[w];
        if (word != 0) {
            hand->bits.words[w] = 0; /* likewise */
            platform_barrier_light();
            pool_give_word(hand->pool, worker, hand->number, w, word);
        }
    }
    hand_set_free(hand, 0);
}

void hand_hold_used(struct hand *hand, struct pool *pool, uint64_t number)
{
    FRAME_DEBUG_ASSERT(hand->pool == NULL);
    hand->number = number;
    platform_barrier_light(); /* a pool's number is right */
    hand->pool = pool;
}

void hand_hold_popped(struct hand *hand, struct pool *pool, uint64_t number)
{
    hand_hold_used(hand, pool, number);
    hand->duty = true;
}

void hand_hold_whole(struct hand *hand, struct pool *pool, uint64_t number)
{
    hand_hold_used(hand, pool, number);
    hand_put(hand, frame_run(pfn(number << CHUNK_ORDER), CHUNK_FRAMES));
}

void hand_hide(struct hand *hand)
{
    FRAME_DEBUG_ASSERT(hand->pool != NULL);
    hand->duty = hand->duty || index_claim(pool_place(hand->pool, hand->number));
}

void hand_pass_on(struct hand *from, struct hand *to)
{
    FRAME_DEBUG_ASSERT(from->pool != NULL);
    FRAME_DEBUG_ASSERT(to->pool == NULL);
    struct hand held = *from;
    hand_clear(from); /* first out of there */
    platform_barrier_light();
    to->number = held.number;
    to->low = held.low;
    to->bits = held.bits;
    hand_set_free(to, hand_free(&held));
    to->duty = held.duty;
    platform_barrier_light();
    to->pool = held.pool;
}

void hand_release(struct hand *hand, struct worker *worker)
{
    if (hand->pool == NULL) {
        return;
    }
    hand_share(hand, worker);
    struct pool *pool = hand->pool;
    bool duty = hand->duty;
    hand_clear(hand);
    platform_barrier_light();
    if (duty) {
        pool_release_chunk(pool, worker, hand->number);
    }
}

/* Bits are private to one hand, and the truth; of all else in it they say what it must be. */
void hand_repair(struct hand *hand)
{
    if (hand->pool == NULL) {
        hand_clear(hand);
        return;
    }
    hand->low = 0;
    hand_set_free(hand, bits_count(&hand->bits));
}
