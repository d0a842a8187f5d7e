/* SPDX-License-Identifier: MIT
 * Searching a pool without its index: for what a stopped hart or limbo keeps from the stacks, for runs of any size and
 * alignment, and for exactly these frames. Every answer is a hint until the bits were taken. */
#include "pool.h"

/* ---- exactly these frames ----------------------------------------------------------------------------------- */

/* Frames of one chunk. If the chunk is free as a whole, it is taken so and the rest of it given back. Returns how many
 * from `offset` on were taken. */
static uint32_t take_in_chunk(struct pool *pool, struct pool_hart *pool_hart, uint64_t number, uint32_t offset,
                              uint32_t count)
{
    FRAME_DEBUG_ASSERT(offset + count <= CHUNK_FRAMES);
    if (!bitmap_take_exactly(pool_bitmap(pool, number), bitmap_bit(number), &pool_hart->retries)) {
        return chunk_take_range(pool_chunk(pool, number), offset, count, &pool_hart->retries);
    }
    uint64_t base = number << CHUNK_ORDER;
    pool_give_run(pool, pool_hart, frame_run(pfn(base), offset), false);
    pool_give_run(pool, pool_hart, frame_run(pfn(base + offset + count), CHUNK_FRAMES - offset - count), false);
    return count;
}

/* The first piece of `run`: whole chunks of one chunk bitmap if it begins with such, else what lies in its first chunk.
 * Returns how many frames were taken; *wanted is how many the piece has. */
static uint64_t take_piece(struct pool *pool, struct pool_hart *pool_hart, struct frame_run run, uint64_t *wanted)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint64_t number = chunk_number(run.first);
    uint32_t offset = (uint32_t)(run.first.value % CHUNK_FRAMES);
    uint64_t room = BITMAP_CHUNKS - number % BITMAP_CHUNKS;
    uint64_t chunks = offset > 0 ? 0 : run.count >> CHUNK_ORDER;
    chunks = chunks < room ? chunks : room;
    uint64_t mask = chunks < 64 ? (UINT64_C(1) << chunks) - 1 : ~UINT64_C(0);
    if (chunks > 0 &&
        bitmap_take_exactly(pool_bitmap(pool, number), mask << (number % BITMAP_CHUNKS), &pool_hart->retries)) {
        *wanted = chunks << CHUNK_ORDER;
        return *wanted;
    }
    uint64_t left = CHUNK_FRAMES - offset;
    *wanted = run.count < left ? run.count : left;
    return take_in_chunk(pool, pool_hart, number, offset, (uint32_t)*wanted);
}

bool pool_take_exactly(struct pool *pool, struct pool_hart *pool_hart, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint64_t taken = 0;
    while (taken < run.count) {
        uint64_t wanted;
        uint64_t got = take_piece(pool, pool_hart, frame_run(pfn(run.first.value + taken), run.count - taken), &wanted);
        taken += got;
        if (got < wanted) {
            pool_give_run(pool, pool_hart, frame_run(run.first, taken), false);
            return false;
        }
    }
    return true;
}

/* ---- single frames and chunks ------------------------------------------------------------------------------- */

/* Single frames out of a whole chunk: the rest of it goes back, as frames. */
static void break_chunk(struct pool *pool, struct pool_hart *pool_hart, pfn_t first, pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count <= CHUNK_FRAMES);
    for (uint32_t i = 0; i < count; i++) {
        frames[i] = pfn(first.value + i);
    }
    pool_give_run(pool, pool_hart, frame_run(pfn(first.value + count), CHUNK_FRAMES - count), false);
}

static uint64_t cursor_start(const struct pool *pool, const uint64_t *cursor)
{
    return *cursor >= pool->first_chunk && *cursor < pool_end_chunk(pool) ? *cursor - pool->first_chunk : 0;
}

uint32_t pool_scan_frames(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, pfn_t *frames,
                          uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t start = cursor_start(pool, cursor);
    uint32_t taken = 0;
    counter_add(&pool_hart->scans, 1);
    uint32_t mark = pool_hart->mark;
    if (mark != 0) {
        shared_store_seq_cst(&pool->scanned, mark);
        fence_seq_cst(); /* between the mark and all looks, which are relaxed: pool.h, 2 */
    }
    for (uint64_t i = 0; i < pool->chunk_count && taken < count; i++) {
        uint64_t number = pool->first_chunk + (start + i) % pool->chunk_count;
        if (!chunk_seems_empty(pool_chunk(pool, number))) {
            uint32_t from = 0;
            taken += chunk_take(pool_chunk(pool, number), &from, number << CHUNK_ORDER, frames + taken, count - taken,
                                &pool_hart->retries);
            *cursor = number;
        }
    }
    for (uint64_t b = 0; b < pool->bitmap_count && taken == 0; b++) {
        pfn_t first;
        if (pool_take_of_bitmap(pool, pool_hart, &pool->bitmaps[b], 0, ZERO_LAST, &first, 1) == 1) {
            taken = count < CHUNK_FRAMES ? count : (uint32_t)CHUNK_FRAMES;
            break_chunk(pool, pool_hart, first, frames, taken);
            *cursor = chunk_number(first);
        }
    }
    shared_begin();
    if (taken == 0 && mark != 0) {
        (void)bare_cas_strong_seq_cst(&pool->scanned, &mark, EXHAUSTED);
    }
    return taken;
}

uint32_t pool_scan_chunks(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, uint32_t order,
                          enum zero_wish wish, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    FRAME_DEBUG_ASSERT(order <= BITMAP_ORDER);
    uint64_t start = cursor_start(pool, cursor) >> BITMAP_ORDER;
    uint32_t taken = 0;
    counter_add(&pool_hart->scans, 1);
    for (uint64_t i = 0; i < pool->bitmap_count && taken < count; i++) {
        struct chunk_bitmap *bitmap = &pool->bitmaps[(start + i) % pool->bitmap_count];
        taken += pool_take_of_bitmap(pool, pool_hart, bitmap, order, wish, firsts + taken, count - taken);
    }
    if (taken > 0) {
        *cursor = chunk_number(firsts[taken - 1]);
    }
    return taken;
}

/* ---- runs --------------------------------------------------------------------------------------------------- */

/* The first frame at or after `at`, before `end`, that is not free; `end` if all are. Whole chunks are passed over a
 * chunk bitmap at a time. */
static uint64_t next_used(const struct pool *pool, uint64_t at, uint64_t end)
{
    while (at < end) {
        uint64_t number = at >> CHUNK_ORDER;
        uint64_t used_chunks = ~bitmap_look(pool_bitmap(pool, number)) >> (number % BITMAP_CHUNKS);
        if ((used_chunks & 1) == 0) {
            uint64_t room = BITMAP_CHUNKS - number % BITMAP_CHUNKS;
            uint64_t whole = used_chunks == 0 ? room : (uint64_t)__builtin_ctzll(used_chunks);
            at = (number + (whole < room ? whole : room)) << CHUNK_ORDER;
            continue;
        }
        struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
        uint32_t used = bits_next_used(&bits, (uint32_t)(at % CHUNK_FRAMES));
        at = (number << CHUNK_ORDER) + used;
        if (used < CHUNK_END) {
            break;
        }
    }
    return at < end ? at : end;
}

/* The first frame at or after `at`, before `end`, that is free; `end` if none is. */
static uint64_t next_free(const struct pool *pool, uint64_t at, uint64_t end)
{
    while (at < end) {
        uint64_t number = at >> CHUNK_ORDER;
        if ((bitmap_look(pool_bitmap(pool, number)) & bitmap_bit(number)) != 0) {
            break;
        }
        struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
        uint32_t free = bits_next_free(&bits, (uint32_t)(at % CHUNK_FRAMES));
        at = (number << CHUNK_ORDER) + free;
        if (free < CHUNK_END) {
            break;
        }
    }
    return at < end ? at : end;
}

/* The next chunk at or after `at`, before `end`, that is whole, or (`whole` false) that is not. */
static uint64_t next_chunk(const struct pool *pool, uint64_t at, uint64_t end, bool whole)
{
    while (at < end) {
        uint64_t word = bitmap_look(pool_bitmap(pool, at));
        uint64_t found = (whole ? word : ~word) >> (at % BITMAP_CHUNKS);
        if (found != 0) {
            at += (uint64_t)__builtin_ctzll(found);
            break;
        }
        at = align_down_u64(at, BITMAP_CHUNKS) + BITMAP_CHUNKS;
    }
    return at < end ? at : end;
}

/* A run that begins with a chunk and has at least one, among whole chunks only: quick, since it looks at chunk bitmaps.
 * What it does not need of the last chunk goes back. */
static bool take_run_of_chunks(struct pool *pool, struct pool_hart *pool_hart, uint64_t from, uint64_t end,
                               struct frame_request request, pfn_t *first)
{
    uint64_t chunks = (request.count + CHUNK_FRAMES - 1) >> CHUNK_ORDER;
    uint64_t step = request.align_order > CHUNK_ORDER ? UINT64_C(1) << (request.align_order - CHUNK_ORDER) : 1;
    uint64_t at = align_up_u64(from, step);
    while (at < end && chunks <= end - at) {
        uint64_t used = next_chunk(pool, at, at + chunks, false);
        if (used < at + chunks) {
            at = align_up_u64(next_chunk(pool, used, end, true), step);
            continue;
        }
        *first = pfn(at << CHUNK_ORDER);
        if (pool_take_exactly(pool, pool_hart, frame_run(*first, request.count))) {
            return true;
        }
        at += step; /* lost a race there */
    }
    return false;
}

/* The first run in [from, end) that meets the request, frame by frame. */
static bool take_run_of_frames(struct pool *pool, struct pool_hart *pool_hart, uint64_t from, uint64_t end,
                               struct frame_request request, pfn_t *first)
{
    uint64_t step = UINT64_C(1) << request.align_order;
    uint64_t at = align_up_u64(from, step);
    while (at < end && request.count <= end - at) {
        uint64_t used = next_used(pool, at, at + request.count);
        if (used < at + request.count) {
            at = align_up_u64(next_free(pool, used, end), step);
            continue;
        }
        *first = pfn(at);
        if (pool_take_exactly(pool, pool_hart, frame_run(*first, request.count))) {
            return true;
        }
        at += step; /* lost a race there */
    }
    return false;
}

bool pool_scan_run(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, struct frame_request request,
                   pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    uint64_t start = pool->first_chunk, end = pool_end_chunk(pool);
    uint64_t resume = start + cursor_start(pool, cursor);
    uint64_t start_frame = pool->arena->span.first.value, end_frame = frame_run_end(pool->arena->span);
    counter_add(&pool_hart->scans, 1);
    bool found =
        (request.count >= CHUNK_FRAMES &&
         (take_run_of_chunks(pool, pool_hart, resume, end, request, first) ||
          (resume > start && take_run_of_chunks(pool, pool_hart, start, end, request, first)))) ||
        (resume > start && take_run_of_frames(pool, pool_hart, resume << CHUNK_ORDER, end_frame, request, first)) ||
        take_run_of_frames(pool, pool_hart, start_frame, end_frame, request, first);
    if (found) {
        *cursor = chunk_number(*first);
    }
    return found;
}
