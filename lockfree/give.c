/* SPDX-License-Identifier: MIT
 * Frames, runs and chunks on their way back: into the hart's local chunks where they may stay private, else to the bits
 * of their chunk or chunk bitmap. Neighbours in a batch go back in one step. The theory stands in state.h, 3. */
#include "state.h"

/* The local chunk that holds the chunk of a run, or NULL. */
static struct local_chunk *local_of(struct lockfree_hart *hart, struct frame_run run)
{
    struct local_chunk *local = local_holds(&hart->returns, run.first)   ? &hart->returns
                                : local_holds(&hart->runs, run.first)    ? &hart->runs
                                : local_holds(&hart->singles, run.first) ? &hart->singles
                                                                         : NULL;
    bool inside = local != NULL && chunk_number(pfn(frame_run_end(run) - 1)) == local->number;
    return inside ? local : NULL;
}

/* Frames of one chunk, not all, or whole chunks, of one of the nearest pools. */
static void give_near(struct lockfree_hart *hart, struct pool *pool, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    struct local_chunk *local = local_of(hart, run);
    if (local == NULL && run.count < CHUNK_FRAMES) {
        local = &hart->returns;
        local_release(local, &hart->pool_hart);
        local_hold_used(local, pool, chunk_number(run.first));
    }
    if (local != NULL) {
        local_put(local, run);
    } else {
        pool_give_run(pool, &hart->pool_hart, run, false);
    }
}

/* A run of one pool, which is one of the nearest if `near`: then what is no whole chunk may go into the hart's local
 * chunks. */
static void give_to(struct lockfree *lf, struct caller caller, bool near, struct pool *pool, struct frame_run run)
{
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    if (!near || !keeps_private(lf, caller.local)) {
        pool_give_run(pool, lockfree_worker(lf, caller), run, false);
        return;
    }
    while (run.count > 0) {
        uint64_t room = CHUNK_FRAMES - run.first.value % CHUNK_FRAMES;
        uint64_t chunks = room == CHUNK_FRAMES ? align_down_u64(run.count, CHUNK_FRAMES) : 0;
        uint64_t count = chunks > 0 ? chunks : run.count < room ? run.count : room;
        give_near(hart, pool, frame_run(run.first, count));
        run = frame_run(pfn(run.first.value + count), run.count - count);
    }
}

void lockfree_give_run(struct global *global, struct caller caller, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    struct lockfree *lf = lockfree_of(global);
    bool near;
    struct pool *pool = lockfree_pool_of(lf, caller.hart, run.first, &near);
    give_to(lf, caller, near, pool, run);
}

/* The run that firsts[0], firsts[1], ... make, going up or down, in one pool; *used is how many they are. */
static struct frame_run run_at_front(const struct pool *pool, const pfn_t *firsts, uint32_t count, uint32_t order,
                                     uint32_t *used)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t frames = UINT64_C(1) << order;
    uint64_t step = count > 1 && firsts[1].value + frames == firsts[0].value ? 0 - frames : frames;
    uint32_t length = 1;
    while (length < count && firsts[length].value == firsts[length - 1].value + step &&
           frame_run_contains(pool->arena->span, firsts[length])) {
        length++;
    }
    *used = length;
    return frame_run(step == frames ? firsts[0] : firsts[length - 1], length * frames);
}

/* Chunks whose lines are asked for before their turn: so that they arrive side by side and not one after the other. Not
 * many, for where all harts free into the same chunks a line that comes too early is gone again when it is wanted. */
#define PREFETCH_AHEAD 8u

static void prefetch_chunk(const struct pool *pool, const pfn_t *firsts, uint32_t count, uint32_t i)
{
    if (i < count && frame_run_contains(pool->arena->span, firsts[i])) {
        platform_prefetch(pool_chunk(pool, chunk_number(firsts[i])));
    }
}

static void prefetch_first(const struct pool *pool, const pfn_t *firsts, uint32_t count)
{
    for (uint32_t i = 1; i < PREFETCH_AHEAD; i++) {
        prefetch_chunk(pool, firsts, count, i);
    }
}

/* Single frames on their way back, and those of them that lie in one word. */
struct giving {
    const struct lockfree *lf;
    struct pool_hart *pool_hart;
    struct local_chunk *local; /* may take some; NULL: none */
    struct pool *pool;
    uint64_t number;
    uint32_t w;
    uint64_t mask;
};

static void giving_word(struct giving *giving)
{
    if (giving->mask != 0) {
        pool_give_word(giving->pool, giving->pool_hart, giving->number, giving->w, giving->mask);
        giving->mask = 0;
    }
}

static void giving_frame(struct giving *giving, pfn_t frame)
{
    uint64_t number = chunk_number(frame);
    uint32_t w = (uint32_t)(frame.value % CHUNK_FRAMES) / 64;
    if (giving->local != NULL && local_holds(giving->local, frame)) {
        local_put(giving->local, frame_run(frame, 1));
        return;
    }
    bool elsewhere = !frame_run_contains(giving->pool->arena->span, frame); /* two arenas may meet inside a word */
    if (elsewhere || number != giving->number || w != giving->w) {
        giving_word(giving);
        giving->number = number;
        giving->w = w;
        giving->pool = elsewhere ? lockfree_pool_of(giving->lf, platform_hart_id(), frame, NULL) : giving->pool;
    }
    giving->mask |= UINT64_C(1) << (frame.value % 64);
}

/* Neighbours in the list that lie in one word are given back in one step. */
static void give_scattered(struct giving giving, const pfn_t *frames, uint32_t count)
{
    prefetch_first(giving.pool, frames, count);
    for (uint32_t i = 0; i < count; i++) {
        prefetch_chunk(giving.pool, frames, count, i + PREFETCH_AHEAD);
        giving_frame(&giving, frames[i]);
    }
    giving_word(&giving);
}

/* Frames that were taken one after the other are often given back so: then they are a run. */
static void give_frames(struct lockfree *lf, struct caller caller, const pfn_t *frames, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    bool near;
    struct pool *pool = lockfree_pool_of(lf, caller.hart, frames[0], &near);
    uint32_t used;
    struct frame_run run = run_at_front(pool, frames, count, 0, &used);
    if (used == count && count > 1) {
        give_to(lf, caller, near, pool, run);
    } else {
        struct local_chunk *local = keeps_private(lf, caller.local) ? &lf->harts[caller.hart].singles : NULL;
        struct pool_hart *pool_hart = lockfree_worker(lf, caller);
        give_scattered((struct giving){lf, pool_hart, local, pool, chunk_number(frames[0]), 0, 0}, frames, count);
    }
}

/* Runs of whole chunks. Neighbours in the list that lie in one chunk bitmap are given back in one step. */
static void give_chunk_runs(struct lockfree *lf, struct caller caller, struct run_kind kind, const pfn_t *firsts,
                            uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t run_bits = low_mask(UINT32_C(1) << (kind.order - CHUNK_ORDER));
    struct pool_hart *pool_hart = lockfree_worker(lf, caller);
    struct pool *pool = lockfree_pool_of(lf, caller.hart, firsts[0], NULL);
    for (uint32_t i = 0; i < count;) {
        uint64_t number = chunk_number(firsts[i]);
        uint64_t mask = 0;
        if (!frame_run_contains(pool->arena->span, firsts[i])) {
            pool = lockfree_pool_of(lf, caller.hart, firsts[i], NULL);
        }
        for (; i < count && chunk_number(firsts[i]) >> BITMAP_ORDER == number >> BITMAP_ORDER &&
               frame_run_contains(pool->arena->span, firsts[i]);
             i++) {
            mask |= run_bits << (chunk_number(firsts[i]) % BITMAP_CHUNKS);
        }
        pool_give_chunks(pool, pool_hart, number, mask, kind.zero);
    }
}

/* A run of less than a chunk, of whose chunk nothing else is likely to come back soon. */
static void give_alone(struct lockfree *lf, struct caller caller, bool near, struct pool *pool, struct frame_run run)
{
    bool private = near && keeps_private(lf, caller.local);
    struct local_chunk *local = private ? local_of(&lf->harts[caller.hart], run) : NULL;
    if (local != NULL) {
        local_put(local, run);
    } else {
        pool_give_run(pool, lockfree_worker(lf, caller), run, false);
    }
}

/* Neighbours in the list that lie side by side are given back as one run. */
static void give_small_runs(struct lockfree *lf, struct caller caller, uint32_t order, const pfn_t *firsts,
                            uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    bool near;
    struct pool *pool = lockfree_pool_of(lf, caller.hart, firsts[0], &near);
    prefetch_first(pool, firsts, count);
    for (uint32_t i = 0, used; i < count; i += used) {
        prefetch_chunk(pool, firsts, count, i + PREFETCH_AHEAD);
        if (!frame_run_contains(pool->arena->span, firsts[i])) {
            pool = lockfree_pool_of(lf, caller.hart, firsts[i], &near);
        }
        struct frame_run run = run_at_front(pool, &firsts[i], count - i, order, &used);
        if (used > 1 || count == 1) {
            give_to(lf, caller, near, pool, run);
        } else {
            give_alone(lf, caller, near, pool, run);
        }
    }
}

void lockfree_give(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order <= CACHE_ORDER_MAX);
    struct lockfree *lf = lockfree_of(global);
    if (kind.order == 0) {
        give_frames(lf, caller, firsts, count);
    } else if (kind.order < CHUNK_ORDER) {
        give_small_runs(lf, caller, kind.order, firsts, count);
    } else {
        give_chunk_runs(lf, caller, kind, firsts, count);
    }
}
