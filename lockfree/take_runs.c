/* SPDX-License-Identifier: MIT
 * Runs of frames below a chunk, one or a batch: from the local chunks, from chunks that the index has, from whole
 * chunks; and runs of any other size, of which chunks are taken by their chunk bitmaps, and the rest is searched for.
 * The theory stands in state.h, 1 to 3. */
#include "state.h"

static bool below_chunk(struct frame_request request)
{
    return request.count < CHUNK_FRAMES && request.align_order <= CHUNK_ORDER;
}

/* A run out of the bits of a chunk that is not local. */
static bool chunk_take_run(struct pool *pool, struct pool_hart *pool_hart, uint64_t number,
                           struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0 && request.count < CHUNK_FRAMES);
    struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
    uint32_t at = bits_find(&bits, 0, (uint32_t)request.count, request.align_order);
    *first = pfn((number << CHUNK_ORDER) + at);
    return at < CHUNK_END && pool_take_exactly(pool, pool_hart, frame_run(*first, request.count));
}

/* What the runs' local chunk cannot use any more goes to single frames: into their local chunk if that is empty, else
 * back. */
static void runs_local_move(struct lockfree_hart *hart)
{
    if (local_free(&hart->singles) == 0 && local_free(&hart->runs) > 0) {
        local_release(&hart->singles, &hart->pool_hart);
        local_move(&hart->runs, &hart->singles);
    }
    local_release(&hart->runs, &hart->pool_hart);
}

/* A run below a chunk, by the index of one shard. The chunk stays local if `keep` and `private`, the chunk bitmap that
 * it may come from if `keep`. */
static bool take_run_indexed(struct lockfree_hart *hart, bool keep, bool private, struct shard *shard,
                             struct frame_request request, pfn_t *first)
{
    struct pool *pool = shard->pool;
    struct local_chunk passing = {0};
    struct local_chunk *local = keep && private ? &hart->runs : &passing;
    uint64_t number;
    bool taken = false;
    if (local != &passing) {
        runs_local_move(hart);
    }
    if (shard_pop_chunk_with_run(shard, &hart->pool_hart, (uint32_t)request.count, request.align_order, &number)) {
        local_hold_popped(local, pool, number);
        taken = local != &passing ? local_refill(local) && local_take_run(local, request, first)
                                  : chunk_take_run(pool, &hart->pool_hart, number, request, first);
    }
    if (!taken && lockfree_take_chunk(hart, keep, shard, &number)) {
        local_release(local, &hart->pool_hart);
        local_hold_whole(local, pool, number);
        taken = local_take_run(local, request, first);
    }
    local_release(&passing, &hart->pool_hart);
    return taken;
}

/* The same, shard by shard. */
static bool take_run_of_shards(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool,
                               struct frame_request request, pfn_t *first)
{
    bool taken = false;
    for (uint32_t turn = 0; turn < pool->shard_count && !taken; turn++) {
        taken = take_run_indexed(hart, keep, private, shard_in_turn(pool, &hart->pool_hart, turn), request, first);
    }
    return taken;
}

/* A run of whole chunks that one chunk bitmap may hold. */
static bool in_bitmap(struct frame_request request)
{
    return request.count % CHUNK_FRAMES == 0 && request.count <= (uint64_t)BITMAP_CHUNKS << CHUNK_ORDER &&
           request.align_order <= CHUNK_ORDER + BITMAP_ORDER;
}

/* `keep`: what is found may stay local; `private`: as private bits. */
static bool take_run_from(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool,
                          struct frame_request request, pfn_t *first)
{
    return (below_chunk(request) && take_run_of_shards(hart, keep, private, pool, request, first)) ||
           (in_bitmap(request) && lockfree_take_chunk_run(hart, keep, pool, request, first)) ||
           pool_scan_run(pool, &hart->pool_hart, &hart->cursor, request, first);
}

/* A run below a chunk out of the local chunks. */
static bool take_run_of_local(struct lockfree_hart *hart, struct frame_request request, pfn_t *first)
{
    return local_take_run(&hart->runs, request, first) || local_take_run(&hart->returns, request, first) ||
           (hart->runs.pool != NULL && local_refill(&hart->runs) && local_take_run(&hart->runs, request, first));
}

bool lockfree_take_run(struct global *global, struct caller caller, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    struct lockfree *lf = lockfree_of(global);
    if (caller.nested) {
        return lockfree_take_run_nested(lf, caller, request, first);
    }
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    bool local = caller.local, private = keeps_private(lf, local);
    if (private && below_chunk(request) && take_run_of_local(hart, request, first)) {
        return true;
    }
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    for (struct pool *pool = walk_try(&walk, local); pool != NULL; pool = walk_try(&walk, local)) {
        if (take_run_from(hart, local && walk_is_near(&walk), private, pool, request, first)) {
            return true;
        }
    }
    return false;
}

/* ---- by the batch ------------------------------------------------------------------------------------------- */

/* Chunks that one turn breaks into runs. */
#define BREAK_MAX 16u

/* Up to `count` runs below a chunk out of the local chunks. */
static uint32_t take_runs_of_local(struct lockfree_hart *hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = local_take_runs(&hart->runs, order, firsts, count);
    taken += local_take_runs(&hart->returns, order, firsts + taken, count - taken);
    if (taken < count && hart->runs.pool != NULL && local_refill(&hart->runs)) {
        taken += local_take_runs(&hart->runs, order, firsts + taken, count - taken);
    }
    return taken;
}

/* Up to `count` runs out of whole chunks: of all but the last nothing is left, the last one is taken as the local
 * chunk, which is empty. */
static uint32_t break_chunks(struct lockfree_hart *hart, struct shard *shard, uint32_t order, pfn_t *firsts,
                             uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    FRAME_DEBUG_ASSERT(hart->runs.pool == NULL);
    uint32_t runs = (uint32_t)(CHUNK_FRAMES >> order);
    uint32_t wanted = (count + runs - 1) / runs;
    uint32_t taken = 0;
    pfn_t chunks[BREAK_MAX];
    uint32_t had = lockfree_take_chunks(hart, true, shard, chunks, wanted < BREAK_MAX ? wanted : BREAK_MAX);
    for (uint32_t i = 0; i < had; i++) {
        if (count - taken < runs) {
            local_hold_whole(&hart->runs, shard->pool, chunk_number(chunks[i]));
            taken += local_take_runs(&hart->runs, order, firsts + taken, count - taken);
            break;
        }
        for (uint32_t run = 0; run < runs; run++) {
            firsts[taken++] = pfn(chunks[i].value + ((uint64_t)run << order));
        }
    }
    return taken;
}

/* Up to `count` runs below a chunk by the index of a shard of one of the nearest pools; what is left of the last chunk
 * stays local. */
static uint32_t take_runs_indexed(struct lockfree_hart *hart, struct shard *shard, uint32_t order, pfn_t *firsts,
                                  uint32_t count)
{
    uint32_t taken = 0;
    bool found = true;
    while (taken < count && found) {
        uint64_t number;
        uint32_t got;
        runs_local_move(hart);
        if (shard_pop_chunk_with_run(shard, &hart->pool_hart, UINT32_C(1) << order, order, &number)) {
            local_hold_popped(&hart->runs, shard->pool, number);
            (void)local_refill(&hart->runs);
            got = local_take_runs(&hart->runs, order, firsts + taken, count - taken);
        } else {
            got = break_chunks(hart, shard, order, firsts + taken, count - taken);
            found = got > 0;
        }
        taken += got;
    }
    return taken;
}

/* Up to `count` runs below a chunk of one pool, one by one if they are not for the hart's hands. */
static uint32_t take_runs_from(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool, uint32_t order,
                               pfn_t *firsts, uint32_t count)
{
    const struct frame_request request = {UINT64_C(1) << order, order};
    uint32_t taken = 0;
    for (uint32_t turn = 0; turn < pool->shard_count && taken == 0 && keep && private; turn++) {
        taken = take_runs_indexed(hart, shard_in_turn(pool, &hart->pool_hart, turn), order, firsts, count);
    }
    if (taken == 0) {
        while (taken < count && take_run_from(hart, keep, private, pool, request, &firsts[taken])) {
            taken++;
        }
    }
    return taken;
}

uint32_t lockfree_take_small_runs(struct lockfree *lf, struct caller caller, uint32_t order, pfn_t *firsts,
                                  uint32_t count)
{
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    bool local = caller.local, private = keeps_private(lf, local);
    uint32_t taken = private ? take_runs_of_local(hart, order, firsts, count) : 0;
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    while (taken < count) {
        struct pool *pool = walk_try(&walk, local);
        if (pool == NULL || (taken > 0 && !walk_is_near(&walk))) {
            break;
        }
        taken +=
            take_runs_from(hart, local && walk_is_near(&walk), private, pool, order, firsts + taken, count - taken);
    }
    return taken;
}

uint32_t lockfree_take(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order <= CACHE_ORDER_MAX);
    struct lockfree *lf = lockfree_of(global);
    return caller.nested              ? lockfree_take_nested(lf, caller, kind, firsts, count)
           : kind.order == 0          ? lockfree_take_frames(lf, caller, firsts, count)
           : kind.order < CHUNK_ORDER ? lockfree_take_small_runs(lf, caller, kind.order, firsts, count)
                                      : lockfree_take_chunk_runs(lf, caller, kind, firsts, count);
}
