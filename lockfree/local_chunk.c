/* SPDX-License-Identifier: MIT
 * What one hart has in local chunks. The theory stands in local_chunk.h. */
#include "local_chunk.h"

uint32_t local_take(struct local_chunk *local, pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(local->pool != NULL || local_free(local) == 0);
    uint32_t taken = bits_take(&local->bits, &local->low, local->number << CHUNK_ORDER, frames, count);
    local_set_free(local, local_free(local) - taken);
    return taken;
}

uint32_t local_take_runs(struct local_chunk *local, uint32_t order, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(order < CHUNK_ORDER);
    uint32_t taken = 0;
    if (local_free(local) >> order > 0) {
        taken = bits_take_runs(&local->bits, local->low, local->number << CHUNK_ORDER, order, firsts, count);
        local_set_free(local, local_free(local) - (taken << order));
    }
    return taken;
}

bool local_search(struct local_chunk *local, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(local_free(local) >= request.count);
    uint32_t count = (uint32_t)request.count;
    uint32_t at = bits_find(&local->bits, local->low, count, request.align_order);
    while (local->bits.words[local->low] == 0) {
        local->low++; /* some bit is set */
    }
    if (at == CHUNK_END) {
        return false;
    }
    bits_clear(&local->bits, at, count);
    local_set_free(local, local_free(local) - count);
    *first = pfn((local->number << CHUNK_ORDER) + at);
    return true;
}

void local_put(struct local_chunk *local, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(local->pool != NULL && local->number == chunk_number(run.first));
    uint32_t offset = (uint32_t)(run.first.value % CHUNK_FRAMES);
    local->low = offset / 64 < local->low ? offset / 64 : local->low;
    bits_set(&local->bits, offset, (uint32_t)run.count);
    local_set_free(local, local_free(local) + (uint32_t)run.count);
}

bool local_refill(struct local_chunk *local)
{
    FRAME_DEBUG_ASSERT(local->pool != NULL);
    uint32_t taken = chunk_take_all(pool_chunk(local->pool, local->number), &local->bits);
    local->low = 0;
    local_set_free(local, local_free(local) + taken);
    return taken > 0;
}

static void hand_clear(struct local_chunk *local)
{
    local->pool = NULL;
    local->link_duty = false;
    local->low = 0;
    local->bits = (struct chunk_bits){0};
    local_set_free(local, 0);
}

void local_flush(struct local_chunk *local, struct pool_hart *pool_hart)
{
    FRAME_DEBUG_ASSERT(local->pool != NULL);
    if (local_free(local) == 0) {
        return;
    }
    if (local_free(local) == CHUNK_FRAMES) {
        local->bits = (struct chunk_bits){0}; /* first out of here */
        local_set_free(local, 0);
        platform_barrier_light();
        pool_give_chunks(local->pool, pool_hart, local->number, bitmap_bit(local->number), false);
        return;
    }
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        uint64_t word = local->bits.words[w];
        if (word != 0) {
            local->bits.words[w] = 0; /* likewise */
            platform_barrier_light();
            pool_give_word(local->pool, pool_hart, local->number, w, word);
        }
    }
    local_set_free(local, 0);
}

void local_hold_used(struct local_chunk *local, struct pool *pool, uint64_t number)
{
    FRAME_DEBUG_ASSERT(local->pool == NULL);
    local->number = number;
    platform_barrier_light(); /* a pool's number is right */
    local->pool = pool;
}

void local_hold_popped(struct local_chunk *local, struct pool *pool, uint64_t number)
{
    local_hold_used(local, pool, number);
    local->link_duty = true;
}

void local_hold_whole(struct local_chunk *local, struct pool *pool, uint64_t number)
{
    local_hold_used(local, pool, number);
    local_put(local, frame_run(pfn(number << CHUNK_ORDER), CHUNK_FRAMES));
}

void local_hide(struct local_chunk *local)
{
    FRAME_DEBUG_ASSERT(local->pool != NULL);
    local->link_duty = local->link_duty || index_claim(pool_node(local->pool, local->number));
}

void local_move(struct local_chunk *from, struct local_chunk *to)
{
    FRAME_DEBUG_ASSERT(from->pool != NULL);
    FRAME_DEBUG_ASSERT(to->pool == NULL);
    struct local_chunk held = *from;
    hand_clear(from); /* first out of there */
    platform_barrier_light();
    to->number = held.number;
    to->low = held.low;
    to->bits = held.bits;
    local_set_free(to, local_free(&held));
    to->link_duty = held.link_duty;
    platform_barrier_light();
    to->pool = held.pool;
}

void local_release(struct local_chunk *local, struct pool_hart *pool_hart)
{
    if (local->pool == NULL) {
        return;
    }
    local_flush(local, pool_hart);
    struct pool *pool = local->pool;
    bool link_duty = local->link_duty;
    hand_clear(local);
    platform_barrier_light();
    if (link_duty) {
        pool_release_chunk(pool, pool_hart, local->number);
    }
}

/* Bits are private to one local chunk, and the truth; of all else in it they say what it must be. */
void hand_repair(struct local_chunk *local)
{
    if (local->pool == NULL) {
        hand_clear(local);
        return;
    }
    local->low = 0;
    local_set_free(local, bits_count(&local->bits));
}
