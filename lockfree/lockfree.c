/* SPDX-License-Identifier: MIT
 * The lock-free variant: from requests to pools.
 *
 * 1. Where a request looks: what the hart has in hand; then, arena by arena, the nearest first, the index (index.h) and
 *    a scan over all bits. The scan decides: what is in limbo, or was left unlisted by a stopped hart, is found there,
 *    and what is in other hands' chunks, too, unless it is private (hand.h): that core's drain gives back before an
 *    allocation fails. So a hart stopped anywhere costs the others time and never memory, but for what it had itself.
 * 2. Near and far. Hands hold chunks and blocks of the nearest arenas only, and a far arena is asked only when the near
 *    ones have nothing: no far frame is taken while a near one is free.
 * 3. Three hands a hart: `singles`, from which magazines are filled; `runs`, from which runs below a chunk are taken,
 *    so that they find room and what they leave is used up by single frames; `returns`, in which runs that come back
 *    gather until one of another chunk does: of a chunk that comes back as a whole nothing is ever seen but the bit of
 *    its block. And a block in hand, from which whole chunks are taken: not private, but no other hart finds it in the
 *    index.
 * 4. Arenas are a CK stack of nodes that is only ever pushed to. A removed arena leaves its node empty on the stack,
 *    for the next one added. The node's pointer is stored with release and loaded with acquire: who sees an arena sees
 *    it built. Removal empties the node, has every hart's hands emptied and every operation under way ended (core's
 *    harts_drain and harts_pass: reclaim_tag.c, 3), and waits for reclaim_barrier, since limbo may hold places of the
 *    arena (P10).
 * 5. ABA: chunk.h for bits, index.h for the stacks; nodes are never popped.
 * 6. Progress. take, give, their runs and chunks, find: lock-free. Each is a bounded number of lock-free steps, except
 *    that it pops until it finds something of use; every chunk popped without use had lost its frames to another
 *    hart's finished step, and searches go forward only. attach and detach are called by one hart at a time (core's
 *    rule) and do not wait; quiesce waits for a bounded time. */
#include "lockfree.h"

#include "hand.h"

struct arena_node {
    ck_stack_entry_t next;
    _Atomic(struct pool *) pool; /* NULL: empty */
    _Atomic uint32_t node;       /* its NUMA node; relaxed: written before `pool` */
};

struct lockfree_hart {
    struct worker worker;
    struct hand singles, runs, returns;
    struct pool *block_pool;
    struct block *block; /* in hand, with its place's duty; NULL: none */
    uint64_t cursor;     /* chunk number at which the last scan found something */
};

struct lockfree {
    struct reclaim reclaim;
    struct global_config config;
    struct pool_options pool_options;
    bool private_hands;
    uint32_t node_slots; /* arena_nodes in use, empty ones included; attach only */
    struct arena_node arena_nodes[ARENA_MAX];
    _Alignas(CACHE_PAIR) ck_stack_t arenas;
    struct lockfree_hart harts[];
};

enum lockfree_knob { KNOB_CLASSES, KNOB_HAND, KNOB_RECLAIM, KNOB_PADDING, KNOB_BACKOFF, KNOB_COUNT };

static const char *const off_on[] = {"off", "on", NULL};

static const struct knob lockfree_knobs[KNOB_COUNT] = {
    [KNOB_CLASSES] = {"classes", "stacks of partly free chunks, by fullness; 1: no preference", NULL, 1, CLASS_MAX, 8},
    [KNOB_HAND] = {"hand", "harts keep frames of a chunk as private bits", off_on, 0, 1, 1},
    [KNOB_RECLAIM] = {"reclaim", "what makes a popped place safe to push again", reclaim_names, 0, 3, 0},
    [KNOB_PADDING] = {"padding", "each stack of an arena has cache lines of its own", off_on, 0, 1, 1},
    [KNOB_BACKOFF] = {"backoff", "turns of waiting at most after a lost race, doubling; 0: none", NULL, 0, BACKOFF_MAX,
                      0},
};

static struct lockfree *lockfree_of(const struct global *global)
{
    return (struct lockfree *)(uintptr_t)global;
}

/* ---- arenas ------------------------------------------------------------------------------------------------- */

/* One step of a walk over the arenas in a hart's order: nearest node first. */
struct arena_walk {
    const struct lockfree *lf;
    const uint8_t *order;
    uint32_t rank;
    ck_stack_entry_t *entry;
    uint32_t near; /* the rank of the nearest node that has an arena; UINT32_MAX: none seen yet */
};

static struct arena_walk walk_begin(const struct lockfree *lf, uint32_t hart)
{
    uint32_t node = lf->config.hart_node[hart];
    return (struct arena_walk){lf, &lf->config.node_order[node * lf->config.node_count], 0, CK_STACK_FIRST(&lf->arenas),
                               UINT32_MAX};
}

/* The next arena in service, or NULL. */
static struct pool *walk_next(struct arena_walk *walk)
{
    while (walk->rank < walk->lf->config.node_count) {
        while (walk->entry != NULL) {
            struct arena_node *node = (struct arena_node *)(void *)walk->entry;
            walk->entry = CK_STACK_NEXT(walk->entry);
            platform_hook();
            /* Acquire, partner of the release in node_fill. */
            struct pool *pool = atomic_load_explicit(&node->pool, memory_order_acquire);
            if (pool != NULL && atomic_load_explicit(&node->node, memory_order_relaxed) == walk->order[walk->rank]) {
                walk->near = walk->near == UINT32_MAX ? walk->rank : walk->near;
                return pool;
            }
        }
        walk->rank++;
        walk->entry = CK_STACK_FIRST(&walk->lf->arenas);
    }
    return NULL;
}

/* The next arena that may have something. Outside a section, where an allocation comes when all else has failed, every
 * arena may: a hart that was stopped right after its give has not yet cleared `scanned`. */
static struct pool *walk_try(struct arena_walk *walk, bool local)
{
    struct pool *pool = walk_next(walk);
    while (local && pool != NULL && pool_is_exhausted(pool)) {
        pool = walk_next(walk);
    }
    return pool;
}

/* Whether the arena that walk_next gave last is one of the nearest. */
static bool walk_is_near(const struct arena_walk *walk)
{
    return walk->rank == walk->near;
}

/* The pool of a frame, and whether it is one of the nearest; NULL if there is none. */
static struct pool *pool_of(const struct lockfree *lf, uint32_t hart, pfn_t frame, bool *near)
{
    struct arena_walk walk = walk_begin(lf, hart);
    struct pool *pool = walk_next(&walk);
    while (pool != NULL && !frame_run_contains(pool->arena->span, frame)) {
        pool = walk_next(&walk);
    }
    *near = walk_is_near(&walk);
    return pool;
}

static struct pool *pool_with(const struct lockfree *lf, uint32_t hart, pfn_t frame)
{
    bool near;
    return pool_of(lf, hart, frame, &near);
}

static bool keeps_private(const struct lockfree *lf, bool local)
{
    return local && lf->private_hands;
}

/* ---- giving ------------------------------------------------------------------------------------------------- */

/* The hand that holds the chunk of a run, or NULL. */
static struct hand *hand_of(struct lockfree_hart *hart, struct frame_run run)
{
    struct hand *hand = hand_holds(&hart->returns, run.first)   ? &hart->returns
                        : hand_holds(&hart->runs, run.first)    ? &hart->runs
                        : hand_holds(&hart->singles, run.first) ? &hart->singles
                                                                : NULL;
    bool inside = hand != NULL && chunk_number(pfn(frame_run_end(run) - 1)) == hand->number;
    return inside ? hand : NULL;
}

/* Frames of one chunk, not all, or whole chunks, of one of the nearest pools. */
static void give_near(struct lockfree_hart *hart, struct pool *pool, struct frame_run run)
{
    struct hand *hand = hand_of(hart, run);
    if (hand == NULL && run.count < CHUNK_FRAMES) {
        hand = &hart->returns;
        hand_release(hand, &hart->worker);
        hand_hold_used(hand, pool, chunk_number(run.first));
    }
    if (hand != NULL) {
        hand_put(hand, run);
    } else {
        pool_give_run(pool, &hart->worker, run, false);
    }
}

/* A run of one pool. `private`: what is no whole chunk may go into the hart's hands. */
static void give_to(struct lockfree_hart *hart, bool private, struct pool *pool, struct frame_run run)
{
    if (!private) {
        pool_give_run(pool, &hart->worker, run, false);
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

static void lockfree_give_run(struct global *global, uint32_t hart_id, bool local, struct frame_run run)
{
    struct lockfree *lf = lockfree_of(global);
    bool near;
    struct pool *pool = pool_of(lf, hart_id, run.first, &near);
    give_to(&lf->harts[hart_id], near && keeps_private(lf, local), pool, run);
}

/* Single frames on their way back, and those of them that lie in one word. */
struct giving {
    const struct lockfree *lf;
    struct worker *worker;
    struct hand *hand; /* may take some; NULL: none */
    struct pool *pool;
    uint64_t number;
    uint32_t w;
    uint64_t mask;
};

static void giving_word(struct giving *giving)
{
    if (giving->mask != 0) {
        pool_give_word(giving->pool, giving->worker, giving->number, giving->w, giving->mask);
        giving->mask = 0;
    }
}

static void giving_frame(struct giving *giving, pfn_t frame)
{
    uint64_t number = chunk_number(frame);
    uint32_t w = (uint32_t)(frame.value % CHUNK_FRAMES) / 64;
    if (giving->hand != NULL && hand_holds(giving->hand, frame)) {
        hand_put(giving->hand, frame_run(frame, 1));
        return;
    }
    bool elsewhere = !frame_run_contains(giving->pool->arena->span, frame); /* two arenas may meet inside a word */
    if (elsewhere || number != giving->number || w != giving->w) {
        giving_word(giving);
        giving->number = number;
        giving->w = w;
        giving->pool = elsewhere ? pool_with(giving->lf, platform_hart_id(), frame) : giving->pool;
    }
    giving->mask |= UINT64_C(1) << (frame.value % 64);
}

/* Neighbours in the list that lie in one word are given back in one step. The chunks' lines are asked for first, so
 * that they arrive side by side and not one after the other. */
static void lockfree_give(struct global *global, uint32_t hart_id, bool local, pfn_t *frames, uint32_t count)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    struct pool *pool = pool_with(lf, hart_id, frames[0]);
    struct giving giving = {
        lf, &hart->worker, keeps_private(lf, local) ? &hart->singles : NULL, pool, chunk_number(frames[0]), 0, 0};
    for (uint32_t i = 1; i < count; i++) {
        if (frame_run_contains(pool->arena->span, frames[i])) {
            __builtin_prefetch(pool_chunk(pool, chunk_number(frames[i])), 1);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        giving_frame(&giving, frames[i]);
    }
    giving_word(&giving);
}

/* Runs of 2^order chunks. Neighbours in the list that lie in one block are given back in one step. */
static void give_chunk_runs(struct lockfree *lf, uint32_t hart_id, uint32_t order, bool zero, const pfn_t *firsts,
                            uint32_t count)
{
    uint64_t run_bits = low_mask(UINT32_C(1) << order);
    struct worker *worker = &lf->harts[hart_id].worker;
    struct pool *pool = pool_with(lf, hart_id, firsts[0]);
    for (uint32_t i = 0; i < count;) {
        uint64_t number = chunk_number(firsts[i]);
        uint64_t mask = 0;
        if (!frame_run_contains(pool->arena->span, firsts[i])) {
            pool = pool_with(lf, hart_id, firsts[i]);
        }
        for (; i < count && chunk_number(firsts[i]) >> BLOCK_ORDER == number >> BLOCK_ORDER &&
               frame_run_contains(pool->arena->span, firsts[i]);
             i++) {
            mask |= run_bits << (chunk_number(firsts[i]) % BLOCK_CHUNKS);
        }
        pool_give_chunks(pool, worker, number, mask, zero);
    }
}

/* The run that firsts[0], firsts[1], ... make, going up or down, in one pool; *used is how many they are. */
static struct frame_run run_at_front(const struct pool *pool, const pfn_t *firsts, uint32_t count, uint32_t order,
                                     uint32_t *used)
{
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

/* Neighbours in the list that lie side by side are given back as one run. */
static void give_small_runs(struct lockfree *lf, uint32_t hart_id, bool local, uint32_t order, const pfn_t *firsts,
                            uint32_t count)
{
    bool near;
    struct pool *pool = pool_of(lf, hart_id, firsts[0], &near);
    for (uint32_t i = 0, used; i < count; i += used) {
        if (!frame_run_contains(pool->arena->span, firsts[i])) {
            pool = pool_of(lf, hart_id, firsts[i], &near);
        }
        struct frame_run run = run_at_front(pool, &firsts[i], count - i, order, &used);
        give_to(&lf->harts[hart_id], near && keeps_private(lf, local), pool, run);
    }
}

static void lockfree_give_runs(struct global *global, uint32_t hart_id, bool local, uint32_t order, bool zero,
                               pfn_t *firsts, uint32_t count)
{
    if (order < CHUNK_ORDER) {
        give_small_runs(lockfree_of(global), hart_id, local, order, firsts, count);
    } else {
        give_chunk_runs(lockfree_of(global), hart_id, order - CHUNK_ORDER, zero, firsts, count);
    }
}

/* ---- whole chunks ------------------------------------------------------------------------------------------- */

static void block_release(struct lockfree_hart *hart)
{
    if (hart->block != NULL) {
        pool_release_block(hart->block_pool, &hart->worker, hart->block);
        hart->block = NULL;
    }
}

/* Up to `count` runs of 2^order chunks of the block in hand. */
static uint32_t take_of_block_in_hand(struct lockfree_hart *hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    return hart->block == NULL
               ? 0
               : pool_take_of_block(hart->block_pool, &hart->worker, hart->block, order, ZERO_LAST, firsts, count);
}

/* Blocks without a run of the order in question that one search by the index passes over. */
#define PASS_OVER_MAX 4u

/* The same by the index of one pool. `keep`: the last block with such a run stays in hand. */
static uint32_t take_of_blocks_indexed(struct lockfree_hart *hart, bool keep, struct pool *pool, uint32_t order,
                                       pfn_t *firsts, uint32_t count)
{
    struct block *passed_over[PASS_OVER_MAX];
    uint32_t passes = 0, taken = 0;
    while (taken < count && passes < PASS_OVER_MAX) {
        struct block *block = pool_pop_block(pool, &hart->worker);
        if (block == NULL) {
            break;
        }
        uint32_t got = pool_take_of_block(pool, &hart->worker, block, order, ZERO_LAST, firsts + taken, count - taken);
        taken += got;
        if (got == 0) {
            passed_over[passes++] = block;
        } else if (keep) {
            block_release(hart);
            hart->block_pool = pool;
            hart->block = block;
        } else {
            pool_release_block(pool, &hart->worker, block);
        }
    }
    while (passes-- > 0) {
        pool_release_block(pool, &hart->worker, passed_over[passes]);
    }
    return taken;
}

static uint32_t take_of_blocks(struct lockfree_hart *hart, bool keep, struct pool *pool, uint32_t order,
                               enum zero_wish wish, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = wish == ZERO_LAST ? take_of_blocks_indexed(hart, keep, pool, order, firsts, count) : 0;
    return taken > 0 ? taken : pool_scan_chunks(pool, &hart->worker, &hart->cursor, order, wish, firsts, count);
}

/* Up to `count` runs of 2^order chunks. */
static uint32_t take_chunk_runs(struct lockfree *lf, uint32_t hart_id, bool local, uint32_t order, bool zero,
                                pfn_t *firsts, uint32_t count)
{
    struct lockfree_hart *hart = &lf->harts[hart_id];
    uint32_t taken = local && !zero ? take_of_block_in_hand(hart, order, firsts, count) : 0;
    struct arena_walk walk = walk_begin(lf, hart_id);
    while (taken < count) {
        struct pool *pool = walk_try(&walk, local);
        if (pool == NULL || (taken > 0 && !walk_is_near(&walk))) {
            break;
        }
        taken += take_of_blocks(hart, local && walk_is_near(&walk), pool, order, zero ? ZERO_ONLY : ZERO_LAST,
                                firsts + taken, count - taken);
    }
    return taken;
}

/* Up to `count` whole chunks of one pool. */
static uint32_t take_chunks(struct lockfree_hart *hart, bool keep, struct pool *pool, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = keep && hart->block_pool == pool ? take_of_block_in_hand(hart, 0, firsts, count) : 0;
    return taken > 0 ? taken : take_of_blocks(hart, keep, pool, 0, ZERO_LAST, firsts, count);
}

/* One of them; false if the pool has none. */
static bool take_chunk(struct lockfree_hart *hart, bool keep, struct pool *pool, uint64_t *number)
{
    pfn_t first;
    bool taken = take_chunks(hart, keep, pool, &first, 1) == 1;
    *number = taken ? chunk_number(first) : 0;
    return taken;
}

/* ---- single frames ------------------------------------------------------------------------------------------ */

/* Up to `count` frames of the chunk in hand. */
static uint32_t take_in_hand(struct worker *worker, struct hand *hand, bool private, pfn_t *frames, uint32_t count)
{
    if (hand->pool == NULL) {
        return 0;
    }
    uint32_t taken = hand_take(hand, frames, count);
    if (private) {
        if (taken < count && hand_pick_up(hand)) {
            taken += hand_take(hand, frames + taken, count - taken);
        }
        return taken;
    }
    hand_hide(hand);
    hand_share(hand, worker);
    return taken + chunk_take(pool_chunk(hand->pool, hand->number), hand->number << CHUNK_ORDER, frames + taken,
                              count - taken, &worker->contest);
}

/* Up to `count` frames of one pool by its index: what little is left of chunks in one go, then out of a chunk that
 * stays in hand if `keep`. */
static uint32_t take_indexed(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool, pfn_t *frames,
                             uint32_t count)
{
    struct hand passing = {0};
    struct hand *hand = keep ? &hart->singles : &passing;
    uint32_t taken = 0;
    bool found = true;
    while (taken < count && found) {
        uint64_t number;
        hand_release(hand, &hart->worker);
        taken += pool_take_listed(pool, &hart->worker, frames + taken, count - taken, &number);
        if (number != CHUNK_NONE) {
            hand_hold_popped(hand, pool, number);
        } else if (taken < count) {
            found = take_chunk(hart, keep, pool, &number);
            if (found) {
                hand_hold_whole(hand, pool, number);
            }
        }
        taken += take_in_hand(&hart->worker, hand, keep && private, frames + taken, count - taken);
    }
    hand_release(&passing, &hart->worker);
    return taken;
}

static uint32_t take_from(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool, pfn_t *frames,
                          uint32_t count)
{
    uint32_t taken = take_indexed(hart, keep, private, pool, frames, count);
    return taken > 0 ? taken : pool_scan_frames(pool, &hart->worker, &hart->cursor, frames, count);
}

static uint32_t lockfree_take(struct global *global, uint32_t hart_id, bool local, pfn_t *frames, uint32_t count)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    bool private = keeps_private(lf, local);
    uint32_t taken = local ? take_in_hand(&hart->worker, &hart->singles, private, frames, count) : 0;
    struct arena_walk walk = walk_begin(lf, hart_id);
    while (taken < count) {
        struct pool *pool = walk_try(&walk, local);
        if (pool == NULL || (taken > 0 && !walk_is_near(&walk))) {
            break;
        }
        taken += take_from(hart, local && walk_is_near(&walk), private, pool, frames + taken, count - taken);
    }
    return taken;
}

/* ---- runs --------------------------------------------------------------------------------------------------- */

static bool below_chunk(struct frame_request request)
{
    return request.count < CHUNK_FRAMES && request.align_order <= CHUNK_ORDER;
}

/* A run out of the bits of a chunk that is not in hand. */
static bool chunk_take_run(struct pool *pool, struct worker *worker, uint64_t number, struct frame_request request,
                           pfn_t *first)
{
    struct chunk_bits bits = chunk_look(pool_chunk(pool, number));
    uint32_t at = bits_find(&bits, 0, (uint32_t)request.count, request.align_order);
    *first = pfn((number << CHUNK_ORDER) + at);
    return at < CHUNK_END && pool_take_exactly(pool, worker, frame_run(*first, request.count));
}

/* What the runs' hand cannot use any more goes to single frames: into their hand if that is empty, else back. */
static void runs_hand_pass_on(struct lockfree_hart *hart)
{
    if (hand_free(&hart->singles) == 0 && hand_free(&hart->runs) > 0) {
        hand_release(&hart->singles, &hart->worker);
        hand_pass_on(&hart->runs, &hart->singles);
    }
    hand_release(&hart->runs, &hart->worker);
}

/* A run below a chunk, by the index of one pool. The chunk stays in hand if `keep` and `private`, the block that it may
 * come from if `keep`. */
static bool take_run_indexed(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool,
                             struct frame_request request, pfn_t *first)
{
    struct hand passing = {0};
    struct hand *hand = keep && private ? &hart->runs : &passing;
    uint64_t number;
    bool taken = false;
    if (hand != &passing) {
        runs_hand_pass_on(hart);
    }
    if (pool_pop_chunk_with_run(pool, &hart->worker, (uint32_t)request.count, request.align_order, &number)) {
        hand_hold_popped(hand, pool, number);
        taken = hand != &passing ? hand_pick_up(hand) && hand_take_run(hand, request, first)
                                 : chunk_take_run(pool, &hart->worker, number, request, first);
    }
    if (!taken && take_chunk(hart, keep, pool, &number)) {
        hand_release(hand, &hart->worker);
        hand_hold_whole(hand, pool, number);
        taken = hand_take_run(hand, request, first);
    }
    hand_release(&passing, &hart->worker);
    return taken;
}

/* A run of whole chunks that one block may hold. */
static bool in_block(struct frame_request request)
{
    return request.count % CHUNK_FRAMES == 0 && request.count <= (uint64_t)BLOCK_CHUNKS << CHUNK_ORDER &&
           request.align_order <= CHUNK_ORDER + BLOCK_ORDER;
}

/* A run of chunks out of the block in hand, or of one more that the index has. */
static bool take_chunk_run(struct lockfree_hart *hart, bool keep, struct pool *pool, struct frame_request request,
                           pfn_t *first)
{
    uint32_t chunks = (uint32_t)(request.count >> CHUNK_ORDER);
    uint32_t align_order = request.align_order > CHUNK_ORDER ? request.align_order - CHUNK_ORDER : 0;
    for (uint32_t turn = 0; turn < 2 && keep; turn++) {
        if (hart->block != NULL && hart->block_pool == pool) {
            uint64_t mask = block_take_run(hart->block, chunks, align_order, &hart->worker.contest);
            if (mask != 0) {
                *first = pfn((pool_block_base(pool, hart->block) + (uint32_t)__builtin_ctzll(mask)) << CHUNK_ORDER);
                return true;
            }
        }
        struct block *next = turn == 0 ? pool_pop_block(pool, &hart->worker) : NULL;
        if (next == NULL) {
            break;
        }
        block_release(hart);
        hart->block_pool = pool;
        hart->block = next;
    }
    return false;
}

/* `keep`: what is found may stay in hand; `private`: as private bits. */
static bool take_run_from(struct lockfree_hart *hart, bool keep, bool private, struct pool *pool,
                          struct frame_request request, pfn_t *first)
{
    return (below_chunk(request) && take_run_indexed(hart, keep, private, pool, request, first)) ||
           (in_block(request) && take_chunk_run(hart, keep, pool, request, first)) ||
           pool_scan_run(pool, &hart->worker, &hart->cursor, request, first);
}

/* A run below a chunk out of the hands. */
static bool take_run_in_hand(struct lockfree_hart *hart, struct frame_request request, pfn_t *first)
{
    return hand_take_run(&hart->runs, request, first) || hand_take_run(&hart->returns, request, first) ||
           (hart->runs.pool != NULL && hand_pick_up(&hart->runs) && hand_take_run(&hart->runs, request, first));
}

static bool lockfree_take_run(struct global *global, uint32_t hart_id, bool local, struct frame_request request,
                              pfn_t *first)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    bool private = keeps_private(lf, local);
    if (private && below_chunk(request) && take_run_in_hand(hart, request, first)) {
        return true;
    }
    struct arena_walk walk = walk_begin(lf, hart_id);
    for (struct pool *pool = walk_try(&walk, local); pool != NULL; pool = walk_try(&walk, local)) {
        if (take_run_from(hart, local && walk_is_near(&walk), private, pool, request, first)) {
            return true;
        }
    }
    return false;
}

/* ---- runs by the batch -------------------------------------------------------------------------------------- */

/* Chunks that one turn breaks into runs. */
#define BREAK_MAX 16u

/* Up to `count` runs below a chunk out of the hands. */
static uint32_t take_runs_in_hand(struct lockfree_hart *hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = hand_take_runs(&hart->runs, order, firsts, count);
    taken += hand_take_runs(&hart->returns, order, firsts + taken, count - taken);
    if (taken < count && hart->runs.pool != NULL && hand_pick_up(&hart->runs)) {
        taken += hand_take_runs(&hart->runs, order, firsts + taken, count - taken);
    }
    return taken;
}

/* Up to `count` runs out of whole chunks: of all but the last nothing is left, the last one is taken in hand, which is
 * empty. */
static uint32_t break_chunks(struct lockfree_hart *hart, struct pool *pool, uint32_t order, pfn_t *firsts,
                             uint32_t count)
{
    uint32_t runs = (uint32_t)(CHUNK_FRAMES >> order);
    uint32_t wanted = (count + runs - 1) / runs;
    uint32_t taken = 0;
    pfn_t chunks[BREAK_MAX];
    uint32_t had = take_chunks(hart, true, pool, chunks, wanted < BREAK_MAX ? wanted : BREAK_MAX);
    for (uint32_t i = 0; i < had; i++) {
        if (count - taken < runs) {
            hand_hold_whole(&hart->runs, pool, chunk_number(chunks[i]));
            taken += hand_take_runs(&hart->runs, order, firsts + taken, count - taken);
            break;
        }
        for (uint32_t run = 0; run < runs; run++) {
            firsts[taken++] = pfn(chunks[i].value + ((uint64_t)run << order));
        }
    }
    return taken;
}

/* Up to `count` runs below a chunk by the index of one of the nearest pools; what is left of the last chunk stays in
 * hand. */
static uint32_t take_runs_indexed(struct lockfree_hart *hart, struct pool *pool, uint32_t order, pfn_t *firsts,
                                  uint32_t count)
{
    uint32_t taken = 0;
    bool found = true;
    while (taken < count && found) {
        uint64_t number;
        uint32_t got;
        runs_hand_pass_on(hart);
        if (pool_pop_chunk_with_run(pool, &hart->worker, UINT32_C(1) << order, order, &number)) {
            hand_hold_popped(&hart->runs, pool, number);
            (void)hand_pick_up(&hart->runs);
            got = hand_take_runs(&hart->runs, order, firsts + taken, count - taken);
        } else {
            got = break_chunks(hart, pool, order, firsts + taken, count - taken);
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
    uint32_t taken = keep && private ? take_runs_indexed(hart, pool, order, firsts, count) : 0;
    if (taken == 0) {
        while (taken < count && take_run_from(hart, keep, private, pool, request, &firsts[taken])) {
            taken++;
        }
    }
    return taken;
}

static uint32_t take_small_runs(struct lockfree *lf, uint32_t hart_id, bool local, uint32_t order, pfn_t *firsts,
                                uint32_t count)
{
    struct lockfree_hart *hart = &lf->harts[hart_id];
    bool private = keeps_private(lf, local);
    uint32_t taken = private ? take_runs_in_hand(hart, order, firsts, count) : 0;
    struct arena_walk walk = walk_begin(lf, hart_id);
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

static uint32_t lockfree_take_runs(struct global *global, uint32_t hart_id, bool local, uint32_t order, bool zero,
                                   pfn_t *firsts, uint32_t count)
{
    struct lockfree *lf = lockfree_of(global);
    return order < CHUNK_ORDER ? take_small_runs(lf, hart_id, local, order, firsts, count)
                               : take_chunk_runs(lf, hart_id, local, order - CHUNK_ORDER, zero, firsts, count);
}

/* ---- hands, lookup, arenas that come and go ----------------------------------------------------------------- */

static void lockfree_local_drain(struct global *global, uint32_t owner)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *victim = &lf->harts[owner];
    struct worker *self = &lf->harts[platform_hart_id()].worker;
    hand_release(&victim->singles, self);
    hand_release(&victim->runs, self);
    hand_release(&victim->returns, self);
    if (victim->block != NULL) {
        pool_release_block(victim->block_pool, self, victim->block);
        victim->block = NULL;
    }
    victim->block_pool = NULL;
}

static struct arena *lockfree_find(struct global *global, uint32_t hart_id, pfn_t frame)
{
    struct pool *found = pool_with(lockfree_of(global), hart_id, frame);
    return found != NULL ? found->arena : NULL;
}

/* Puts an arena into an empty node, or a new one. */
static bool node_fill(struct lockfree *lf, struct pool *pool)
{
    uint32_t i = 0;
    while (i < lf->node_slots && atomic_load_explicit(&lf->arena_nodes[i].pool, memory_order_relaxed) != NULL) {
        i++;
    }
    if (i == ARENA_MAX) {
        return false;
    }
    struct arena_node *node = &lf->arena_nodes[i];
    atomic_store_explicit(&node->node, pool->arena->node, memory_order_relaxed);
    atomic_store_explicit(&node->pool, pool, memory_order_release); /* partner: the acquire in walk_next */
    if (i == lf->node_slots) {
        lf->node_slots++;
        ck_stack_push_upmc(&lf->arenas, &node->next);
    }
    return true;
}

static void node_empty(struct lockfree *lf, const struct pool *pool)
{
    for (uint32_t i = 0; i < lf->node_slots; i++) {
        if (atomic_load_explicit(&lf->arena_nodes[i].pool, memory_order_relaxed) == pool) {
            atomic_store_explicit(&lf->arena_nodes[i].pool, NULL, memory_order_relaxed);
        }
    }
}

/* Gives a region block by block from its end, so that the stacks offer low memory first. */
static void give_region(struct pool *pool, struct worker *worker, struct frame_run region, bool zero)
{
    const uint64_t block_frames = (uint64_t)BLOCK_CHUNKS << CHUNK_ORDER;
    while (region.count > 0) {
        uint64_t last = align_down_u64(frame_run_end(region) - 1, block_frames);
        uint64_t start = last > region.first.value ? last : region.first.value;
        pool_give_run(pool, worker, frame_run(pfn(start), frame_run_end(region) - start), zero);
        region.count = start - region.first.value;
    }
}

static enum frame_status lockfree_attach(struct global *global, struct arena *arena)
{
    struct lockfree *lf = lockfree_of(global);
    struct pool *pool = arena->variant;
    if (pool->arena == NULL) { /* new, not one that comes back after a removal that failed */
        pool_build(pool, arena, &lf->pool_options);
    }
    if (lf->node_slots == 0) { /* the first of all, before harts run: their scans begin apart */
        for (uint32_t h = 0; h < lf->config.hart_count; h++) {
            lf->harts[h].cursor = pool->first_chunk + pool->chunk_count * h / lf->config.hart_count;
        }
    }
    if (!node_fill(lf, pool)) {
        return FRAME_NO_MEMORY;
    }
    for (uint32_t r = arena->region_count; r-- > 0;) {
        give_region(pool, &lf->harts[platform_hart_id()].worker, arena->regions[r], arena->is_zero);
    }
    return FRAME_OK;
}

static enum frame_status lockfree_detach(struct global *global, struct arena *arena)
{
    struct lockfree *lf = lockfree_of(global);
    struct worker *worker = &lf->harts[platform_hart_id()].worker;
    struct pool *pool = arena->variant;
    uint32_t taken = 0;
    while (taken < arena->region_count && pool_take_exactly(pool, worker, arena->regions[taken])) {
        taken++;
    }
    if (taken == arena->region_count) {
        node_empty(lf, pool);
        return FRAME_OK;
    }
    while (taken-- > 0) {
        pool_give_run(pool, worker, arena->regions[taken], false);
    }
    return FRAME_BUSY;
}

static bool lockfree_quiesce(struct global *global, uint32_t hart_id)
{
    struct lockfree *lf = lockfree_of(global);
    return reclaim_barrier(&lf->harts[hart_id].worker.reclaim);
}

/* ---- the books ---------------------------------------------------------------------------------------------- */

static void visit_bits(uint64_t number, const struct chunk_bits *bits,
                       void (*visit)(void *context, struct frame_run run), void *context)
{
    for (uint32_t at = bits_next_free(bits, 0); at < CHUNK_END;) {
        uint32_t used = bits_next_used(bits, at);
        visit(context, frame_run(pfn((number << CHUNK_ORDER) + at), used - at));
        at = used < CHUNK_END ? bits_next_free(bits, used) : CHUNK_END;
    }
}

static void lockfree_local_walk(struct global *global, uint32_t owner,
                                void (*visit)(void *context, struct frame_run run), void *context)
{
    struct lockfree_hart *hart = &lockfree_of(global)->harts[owner];
    visit_bits(hart->singles.number, &hart->singles.bits, visit, context);
    visit_bits(hart->runs.number, &hart->runs.bits, visit, context);
    visit_bits(hart->returns.number, &hart->returns.bits, visit, context);
}

/* Places of an arena that are listed; `sound` becomes false if one has something free and is not (index.h, (I)), or if
 * a whole chunk has bits of its own. */
static uint64_t count_listed(struct pool *pool, bool *sound)
{
    uint64_t listed = 0;
    for (uint64_t n = pool->first_chunk; n < pool_end_chunk(pool); n++) {
        bool is_listed = atomic_load(&pool_place(pool, n)->listed) != 0;
        bool is_empty = chunk_is_empty(pool_chunk(pool, n));
        bool is_whole = (block_look(pool_block(pool, n)) & block_bit(n)) != 0;
        listed += is_listed ? 1 : 0;
        if ((!is_empty && !is_listed) || (!is_empty && is_whole) || chunk_is_full(pool_chunk(pool, n))) {
            platform_log("lockfree: chunk %llu: %s, %s, %s", (unsigned long long)n, is_empty ? "no bits" : "some bits",
                         is_whole ? "whole" : "not whole", is_listed ? "listed" : "not listed");
            *sound = false;
        }
    }
    for (uint64_t b = 0; b < pool->block_count; b++) {
        bool is_listed = atomic_load(&pool->blocks[b].place.listed) != 0;
        listed += is_listed ? 1 : 0;
        if (!block_is_empty(&pool->blocks[b]) && !is_listed) {
            platform_log("lockfree: block %llu has whole chunks and is not listed", (unsigned long long)b);
            *sound = false;
        }
    }
    return listed;
}

static uint64_t count_stacked(struct pool *pool)
{
    uint64_t stacked = index_length(pool_whole(pool));
    for (uint32_t class = 0; class < pool->class_count; class ++) {
        stacked += index_length(pool_partial(pool, class));
    }
    return stacked;
}

static void visit_pool(struct pool *pool, void (*visit)(void *context, struct frame_run run), void *context)
{
    for (uint64_t n = pool->first_chunk; n < pool_end_chunk(pool); n++) {
        struct chunk_bits bits = chunk_look(pool_chunk(pool, n));
        visit_bits(n, &bits, visit, context);
        if ((block_look(pool_block(pool, n)) & block_bit(n)) != 0) {
            visit(context, frame_run(pfn(n << CHUNK_ORDER), CHUNK_FRAMES));
        }
    }
}

static bool lockfree_walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context)
{
    struct lockfree *lf = lockfree_of(global);
    struct arena_walk walk = walk_begin(lf, 0);
    bool sound = true;
    uint64_t listed = 0, placed = reclaim_pending(&lf->reclaim);
    for (struct pool *pool = walk_next(&walk); pool != NULL; pool = walk_next(&walk)) {
        listed += count_listed(pool, &sound);
        placed += count_stacked(pool);
        visit_pool(pool, visit, context);
    }
    for (uint32_t h = 0; h < lf->config.hart_count; h++) {
        placed += lf->harts[h].singles.duty ? 1 : 0;
        placed += lf->harts[h].runs.duty ? 1 : 0;
        placed += lf->harts[h].returns.duty ? 1 : 0;
        placed += lf->harts[h].block != NULL ? 1 : 0;
    }
    if (listed != placed) {
        platform_log("lockfree: %llu places are listed, but %llu are on stacks, in limbo or in hand",
                     (unsigned long long)listed, (unsigned long long)placed);
        sound = false;
    }
    return sound;
}

static void lockfree_add_stats(const struct global *global, struct frame_stats *stats)
{
    const struct lockfree *lf = lockfree_of(global);
    for (uint32_t h = 0; h < lf->config.hart_count; h++) {
        const struct lockfree_hart *hart = &lf->harts[h];
        stats->frames_in_caches += hand_free(&hart->singles) + hand_free(&hart->runs) + hand_free(&hart->returns);
        stats->cas_retries += atomic_load_explicit(&hart->worker.contest.lost, memory_order_relaxed);
        stats->scans += atomic_load_explicit(&hart->worker.scans, memory_order_relaxed);
    }
    stats->grace_periods += reclaim_moves(&lf->reclaim);
    stats->limbo += reclaim_pending(&lf->reclaim);
    stats->limbo_peak += reclaim_peak(&lf->reclaim);
}

/* ---- the variant -------------------------------------------------------------------------------------------- */

static uint64_t lockfree_global_bytes(uint32_t hart_count)
{
    return sizeof(struct lockfree) + hart_count * sizeof(struct lockfree_hart);
}

static enum frame_status lockfree_init(struct global *global, const struct global_config *config)
{
    struct lockfree *lf = lockfree_of(global);
    lf->config = *config;
    lf->pool_options.class_count = (uint32_t)config->knobs[KNOB_CLASSES];
    lf->pool_options.padding = config->knobs[KNOB_PADDING] != 0;
    lf->private_hands = config->hart_caches && config->knobs[KNOB_HAND] != 0;
    ck_stack_init(&lf->arenas);
    const char *reclaim = reclaim_names[config->knobs[KNOB_RECLAIM]];
    if (!reclaim_init(&lf->reclaim, reclaim, index_put_from_limbo)) {
        platform_log("lockfree: reclaim=%s: this platform has no such reclamation", reclaim);
        return FRAME_BAD_CONFIG;
    }
    for (uint32_t h = 0; h < config->hart_count; h++) {
        lf->harts[h].worker.mark = SCAN_MARKS + h;
        lf->harts[h].worker.contest.backoff = (uint32_t)config->knobs[KNOB_BACKOFF];
        reclaim_add_hart(&lf->reclaim, &lf->harts[h].worker.reclaim);
    }
    return FRAME_OK;
}

const struct variant lockfree_variant = {
    .name = "lockfree",
    .summary = "Concurrency Kit stacks of 2 MiB chunks, epoch reclamation, no lock",
    .knobs = lockfree_knobs,
    .knob_count = KNOB_COUNT,
    .magazine_default = MAGAZINE_DEFAULT,
    .global_bytes = lockfree_global_bytes,
    .arena_bytes = pool_bytes,
    .init = lockfree_init,
    .attach = lockfree_attach,
    .detach = lockfree_detach,
    .quiesce = lockfree_quiesce,
    .take = lockfree_take,
    .give = lockfree_give,
    .take_run = lockfree_take_run,
    .give_run = lockfree_give_run,
    .take_runs = lockfree_take_runs,
    .give_runs = lockfree_give_runs,
    .find = lockfree_find,
    .local_drain = lockfree_local_drain,
    .local_walk = lockfree_local_walk,
    .walk_free = lockfree_walk_free,
    .add_stats = lockfree_add_stats,
};
