/* SPDX-License-Identifier: MIT
 * The lock-free variant: from requests to chunks.
 *
 * 1. Where a request looks, in this order: what the hart has in hand; the index of each arena, nearest node first; a
 *    scan over all state words. The first two are for speed, the scan decides: a chunk in limbo, in another hart's
 *    hand, or left by a stopped hart is found there. So a hart stopped anywhere costs the others time, never memory.
 * 2. In hand. A hart keeps at most two chunks: `held`, from which its single frames and small runs come, and `whole`,
 * the whole chunk it freed last. In hand means that the hart has the duty of the chunk's flag (index.h), no more: the
 *    chunk's frames are free to all, by its state word. They are touched under core's section only (`local`), so a
 *    drainer, or the removal of an arena, can let them go in the hart's place.
 * 3. Arenas are a CK stack of nodes that is only ever pushed to. A removed arena leaves its node empty on the stack,
 * for the next one added. Readers walk it inside a section, so an arena they saw stays until they leave (P10): removal
 *    empties the node, has every hart's hands emptied, and then waits for reclaim_barrier. The node's pointer is
 *    stored with release and loaded with acquire: who sees an arena sees it built.
 * 4. ABA: chunk.h for the words, index.h for the stacks; nodes are never popped.
 * 5. Progress. take, give, take_run, give_run, find: lock-free. Each is a bounded number of lock-free steps, except
 * that it pops until it finds something of use; every chunk popped without use had lost its frames to another hart's
 *    finished operation, and the search for a run goes forward only. attach and detach are called by one hart at a
 *    time (core's rule) and do not wait; quiesce waits for a bounded time.
 * 6. Limits. Runs above one chunk, or across chunks, are found by a linear scan from where the last was found. */
#include "lockfree.h"

#include <string.h>

#include "index.h"

/* Chunks of a partial stack that a small run looks at before it breaks a whole one. */
#define WALK_MAX 8u

struct arena_node {
    ck_stack_entry_t next;
    _Atomic(struct chunk_arena *) arena; /* NULL: empty */
    _Atomic uint32_t node;               /* its NUMA node; relaxed: written before `arena` */
};

struct lockfree_hart {
    _Alignas(CACHE_PAIR) ck_epoch_record_t record;
    struct chunk *held;  /* INDEX_PARTIAL's duty */
    struct chunk *whole; /* INDEX_WHOLE's duty */
    uint64_t cursor;     /* chunk number at which the last scan found something */
    _Atomic uint64_t retries, scans;
};

struct lockfree {
    struct reclaim reclaim;
    struct global_config config;
    uint32_t node_slots; /* arena_nodes in use, empty ones included; attach only */
    struct arena_node arena_nodes[ARENA_MAX];
    _Alignas(CACHE_PAIR) ck_stack_t arenas;
    struct lockfree_hart harts[];
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
};

static struct arena_walk walk_begin(const struct lockfree *lf, uint32_t hart)
{
    uint32_t node = lf->config.hart_node[hart];
    return (struct arena_walk){lf, &lf->config.node_order[node * lf->config.node_count], 0,
                               CK_STACK_FIRST(&lf->arenas)};
}

/* In a section, or at rest. The next arena in service, or NULL. */
static struct chunk_arena *walk_next(struct arena_walk *walk)
{
    while (walk->rank < walk->lf->config.node_count) {
        for (; walk->entry != NULL; walk->entry = CK_STACK_NEXT(walk->entry)) {
            struct arena_node *node = (struct arena_node *)(void *)walk->entry;
            /* Acquire, partner of the release in node_fill. */
            struct chunk_arena *arena = atomic_load_explicit(&node->arena, memory_order_acquire);
            if (arena != NULL && atomic_load_explicit(&node->node, memory_order_relaxed) == walk->order[walk->rank]) {
                walk->entry = CK_STACK_NEXT(walk->entry);
                return arena;
            }
        }
        walk->rank++;
        walk->entry = CK_STACK_FIRST(&walk->lf->arenas);
    }
    return NULL;
}

static struct chunk_arena *arena_with(const struct lockfree *lf, uint32_t hart, pfn_t frame)
{
    struct arena_walk walk = walk_begin(lf, hart);
    struct chunk_arena *arena = walk_next(&walk);
    while (arena != NULL && !frame_run_contains(arena->arena->span, frame)) {
        arena = walk_next(&walk);
    }
    return arena;
}

/* The piece of a run that lies in the chunk of its first frame. */
struct piece {
    struct chunk *chunk;
    uint32_t offset, count;
};

static struct piece piece_next(struct chunk_arena *arena, struct frame_run *rest)
{
    uint32_t offset = (uint32_t)(rest->first.value & (CHUNK_FRAMES - 1));
    uint32_t room = CHUNK_FULL - offset;
    struct piece piece = {chunk_of(arena, rest->first), offset, rest->count < room ? (uint32_t)rest->count : room};
    *rest = frame_run(pfn(rest->first.value + piece.count), rest->count - piece.count);
    return piece;
}

/* ---- giving ------------------------------------------------------------------------------------------------- */

/* In a section. */
static void give_run_to(struct lockfree *lf, struct lockfree_hart *hart, struct chunk_arena *arena,
                        struct frame_run run)
{
    while (run.count > 0) {
        struct piece piece = piece_next(arena, &run);
        index_put(piece.chunk, chunk_give_range(piece.chunk, piece.offset, piece.count, &hart->retries), &lf->reclaim);
    }
}

/* A whole chunk that became free by this hart's doing stays in its hand; the one before goes to the index. */
static void keep_whole(struct lockfree *lf, struct lockfree_hart *hart, struct chunk *chunk)
{
    struct chunk *before = hart->whole;
    hart->whole = chunk;
    if (before != NULL) {
        index_release(before, INDEX_WHOLE, &lf->reclaim, &hart->retries);
    }
}

static void lockfree_give_run(struct global *global, uint32_t hart_id, bool local, struct frame_run run)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    reclaim_enter(&hart->record);
    struct chunk_arena *arena = arena_with(lf, hart_id, run.first);
    if (local && run.count == CHUNK_FRAMES && run.first.value % CHUNK_FRAMES == 0) {
        struct chunk *chunk = chunk_of(arena, run.first);
        if (chunk_give_range(chunk, 0, CHUNK_FULL, &hart->retries) != 0) {
            keep_whole(lf, hart, chunk);
        }
    } else {
        give_run_to(lf, hart, arena, run);
    }
    reclaim_exit(&hart->record);
}

/* The frames of one chunk among those given. */
struct gathered {
    struct chunk *chunk;
    uint32_t count;
    uint64_t mask[CHUNK_WORDS];
};

static void gathered_give(struct lockfree *lf, struct lockfree_hart *hart, struct gathered *gathered)
{
    if (gathered->count > 0) {
        index_put(gathered->chunk, chunk_give(gathered->chunk, gathered->mask, gathered->count, &hart->retries),
                  &lf->reclaim);
        *gathered = (struct gathered){0};
    }
}

/* In a section. Neighbours in the list that lie in one chunk are given back together. The chunks' lines are asked for
 * first, so that they arrive side by side and not one after the other. */
static void give_many(struct lockfree *lf, uint32_t hart_id, const pfn_t *frames, uint32_t count)
{
    struct lockfree_hart *hart = &lf->harts[hart_id];
    struct gathered gathered = {0};
    struct chunk_arena *arena = arena_with(lf, hart_id, frames[0]);
    for (uint32_t i = 0; i < count; i++) {
        if (frame_run_contains(arena->arena->span, frames[i])) {
            struct chunk *chunk = chunk_of(arena, frames[i]);
            __builtin_prefetch(&chunk->bits[frames[i].value % CHUNK_FRAMES / 64], 1);
            __builtin_prefetch(&chunk->state, 1);
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        if (!frame_run_contains(arena->arena->span, frames[i])) {
            arena = arena_with(lf, hart_id, frames[i]);
        }
        struct chunk *chunk = chunk_of(arena, frames[i]);
        if (chunk != gathered.chunk) {
            gathered_give(lf, hart, &gathered);
            gathered.chunk = chunk;
        }
        uint32_t offset = (uint32_t)(frames[i].value % CHUNK_FRAMES);
        gathered.mask[offset / 64] |= UINT64_C(1) << (offset % 64);
        gathered.count++;
    }
    gathered_give(lf, hart, &gathered);
}

static void lockfree_give(struct global *global, uint32_t hart_id, bool local, pfn_t *frames, uint32_t count)
{
    (void)local;
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    reclaim_enter(&hart->record);
    if (count == 1) {
        give_run_to(lf, hart, arena_with(lf, hart_id, frames[0]), frame_run(frames[0], 1));
    } else {
        give_many(lf, hart_id, frames, count);
    }
    reclaim_exit(&hart->record);
}

/* ---- claiming ----------------------------------------------------------------------------------------------- */

/* In a section. Exactly the frames of `run`, which lies in one arena; false and nothing changed if one is not free. */
static bool claim_exactly(struct lockfree *lf, struct lockfree_hart *hart, struct chunk_arena *arena,
                          struct frame_run run)
{
    struct frame_run rest = run;
    while (rest.count > 0) {
        uint64_t claimed = run.count - rest.count;
        struct piece piece = piece_next(arena, &rest);
        uint32_t relist = 0;
        bool ours = piece.count == CHUNK_FULL
                        ? chunk_claim_whole(piece.chunk, 0, &hart->retries)
                        : chunk_claim(piece.chunk, piece.offset, piece.count, &relist, &hart->retries);
        index_put(piece.chunk, relist, &lf->reclaim);
        if (!ours) {
            give_run_to(lf, hart, arena, frame_run(run.first, claimed));
            return false;
        }
    }
    return true;
}

/* Lets `chunk`, popped from `kind` and still of use, stay in hand if that can be, else puts it back. */
static void keep_held(struct lockfree *lf, struct lockfree_hart *hart, bool local, struct chunk *chunk,
                      enum index_kind kind)
{
    if (!local || !chunk_hold(chunk, index_flag(kind), &hart->retries)) {
        index_release(chunk, kind, &lf->reclaim, &hart->retries);
        return;
    }
    struct chunk *before = hart->held;
    hart->held = chunk;
    if (before != NULL) {
        index_release(before, INDEX_PARTIAL, &lf->reclaim, &hart->retries);
    }
}

/* ---- single frames ------------------------------------------------------------------------------------------ */

/* In a section. Takes from the chunks of one stack until there are `count` or the stack is empty. */
static uint32_t take_indexed(struct lockfree *lf, struct lockfree_hart *hart, bool local, struct chunk_arena *arena,
                             enum index_kind kind, pfn_t *frames, uint32_t count)
{
    uint32_t taken = 0;
    while (taken < count) {
        struct chunk *chunk = index_pop(arena, kind, &lf->reclaim);
        if (chunk == NULL) {
            break;
        }
        if (kind == INDEX_PARTIAL && chunk_count(chunk_state(chunk)) == CHUNK_FULL) {
            index_release(chunk, kind, &lf->reclaim, &hart->retries); /* whole again: that index has it */
            continue;
        }
        uint32_t got = chunk_take(chunk, chunk_base(chunk), frames + taken, count - taken, &hart->retries);
        taken += got;
        if (got > 0) {
            keep_held(lf, hart, local, chunk, kind);
        } else {
            index_release(chunk, kind, &lf->reclaim, &hart->retries);
        }
    }
    return taken;
}

/* In a section. Up to `count` frames from wherever a state word says that there are some. */
static uint32_t take_scanned(struct lockfree *lf, uint32_t hart_id, pfn_t *frames, uint32_t count)
{
    struct lockfree_hart *hart = &lf->harts[hart_id];
    struct arena_walk walk = walk_begin(lf, hart_id);
    uint32_t taken = 0;
    count_one(&hart->scans);
    for (struct chunk_arena *arena = walk_next(&walk); arena != NULL && taken < count; arena = walk_next(&walk)) {
        for (uint64_t i = 0; i < arena->chunk_count && taken < count; i++) {
            struct chunk *chunk = &arena->chunks[(hart->cursor + i) % arena->chunk_count];
            if (chunk_count(chunk_state(chunk)) > 0) {
                taken += chunk_take(chunk, chunk_base(chunk), frames + taken, count - taken, &hart->retries);
                hart->cursor = chunk->number;
            }
        }
    }
    return taken;
}

static uint32_t lockfree_take(struct global *global, uint32_t hart_id, bool local, pfn_t *frames, uint32_t count)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    uint32_t taken = 0;
    if (local && hart->held != NULL) {
        taken = chunk_take(hart->held, chunk_base(hart->held), frames, count, &hart->retries);
    }
    if (taken == count) {
        return taken;
    }
    reclaim_enter(&hart->record);
    struct arena_walk walk = walk_begin(lf, hart_id);
    for (struct chunk_arena *arena = walk_next(&walk); arena != NULL && taken < count; arena = walk_next(&walk)) {
        for (enum index_kind kind = INDEX_PARTIAL; kind < INDEX_COUNT && taken < count; kind++) {
            taken += take_indexed(lf, hart, local, arena, kind, frames + taken, count - taken);
        }
    }
    if (taken == 0) {
        taken = take_scanned(lf, hart_id, frames, count);
    }
    reclaim_exit(&hart->record);
    return taken;
}

/* ---- runs --------------------------------------------------------------------------------------------------- */

/* A request for which one chunk is enough, put to one chunk. */
static bool claim_in(struct lockfree *lf, struct lockfree_hart *hart, struct chunk *chunk, struct frame_request request,
                     pfn_t *first)
{
    uint32_t offset = 0, relist = 0;
    if (request.count == CHUNK_FRAMES) {
        *first = pfn(chunk_base(chunk));
        return chunk_claim_whole(chunk, 0, &hart->retries);
    }
    bool ours = chunk_claim_run(chunk, (uint32_t)request.count, request.align_order, &offset, &relist, &hart->retries);
    index_put(chunk, relist, &lf->reclaim);
    *first = pfn(chunk_base(chunk) + offset);
    return ours;
}

/* In a section. A run below one chunk, from a partly used chunk if one of the first few has it. */
static bool take_run_walked(struct lockfree *lf, struct lockfree_hart *hart, struct chunk_arena *arena,
                            struct frame_request request, pfn_t *first)
{
    struct chunk *chunk = index_walk(arena, INDEX_PARTIAL, NULL);
    for (uint32_t i = 0; i < WALK_MAX && chunk != NULL; i++) {
        if (claim_in(lf, hart, chunk, request, first)) {
            return true;
        }
        chunk = index_walk(arena, INDEX_PARTIAL, chunk);
    }
    return false;
}

/* In a section. A run of at most one chunk, from chunks popped until one has it, which then stays in hand if it is
 * not used up. A partly used chunk is only popped if, by a look at the first, it will do. */
static bool take_run_popped(struct lockfree *lf, struct lockfree_hart *hart, bool local, struct chunk_arena *arena,
                            enum index_kind kind, struct frame_request request, pfn_t *first)
{
    for (;;) {
        struct chunk *top = index_walk(arena, kind, NULL);
        if (kind == INDEX_PARTIAL &&
            (top == NULL || !chunk_has_run(top, (uint32_t)request.count, request.align_order))) {
            return false;
        }
        struct chunk *chunk = index_pop(arena, kind, &lf->reclaim);
        if (chunk == NULL) {
            return false;
        }
        bool ours = claim_in(lf, hart, chunk, request, first);
        if (ours && request.count < CHUNK_FRAMES) {
            keep_held(lf, hart, local, chunk, kind);
        } else {
            index_release(chunk, kind, &lf->reclaim, &hart->retries);
        }
        if (ours) {
            return true;
        }
    }
}

/* The first frame at or after `at`, before `end`, that is not free; `end` if all are. */
static uint64_t next_used(struct chunk_arena *arena, uint64_t at, uint64_t end)
{
    while (at < end) {
        struct chunk *chunk = chunk_of(arena, pfn(at));
        uint64_t base = at & ~(CHUNK_FRAMES - 1);
        uint32_t used = chunk_next_used(chunk, (uint32_t)(at - base));
        if (used < CHUNK_FULL) {
            return base + used < end ? base + used : end;
        }
        at = base + CHUNK_FRAMES;
    }
    return end;
}

/* The first frame at or after `at`, before `end`, that is free; `end` if none is. */
static uint64_t next_free(struct chunk_arena *arena, uint64_t at, uint64_t end)
{
    while (at < end) {
        struct chunk *chunk = chunk_of(arena, pfn(at));
        uint64_t base = at & ~(CHUNK_FRAMES - 1);
        uint32_t free =
            chunk_count(chunk_state(chunk)) == 0 ? CHUNK_FULL : chunk_next_free(chunk, (uint32_t)(at - base));
        if (free < CHUNK_FULL) {
            return base + free < end ? base + free : end;
        }
        at = base + CHUNK_FRAMES;
    }
    return end;
}

/* In a section. The first run in [from, end) of an arena that meets the request. */
static bool take_run_between(struct lockfree *lf, struct lockfree_hart *hart, struct chunk_arena *arena,
                             struct frame_request request, uint64_t from, uint64_t end, pfn_t *first)
{
    uint64_t step = UINT64_C(1) << request.align_order;
    uint64_t at = align_up_u64(from, step);
    while (at < end && request.count <= end - at) {
        uint64_t used = next_used(arena, at, at + request.count);
        if (used == at + request.count) {
            if (claim_exactly(lf, hart, arena, frame_run(pfn(at), request.count))) {
                hart->cursor = (at >> CHUNK_ORDER) - arena->first_chunk;
                *first = pfn(at);
                return true;
            }
            at += step; /* lost a race there */
        } else {
            at = align_up_u64(next_free(arena, used, end), step);
        }
    }
    return false;
}

/* In a section. Any run that meets the request, anywhere: from where the last was found on, then from the start. */
static bool take_run_scanned(struct lockfree *lf, uint32_t hart_id, struct frame_request request, pfn_t *first)
{
    struct lockfree_hart *hart = &lf->harts[hart_id];
    struct arena_walk walk = walk_begin(lf, hart_id);
    count_one(&hart->scans);
    for (struct chunk_arena *arena = walk_next(&walk); arena != NULL; arena = walk_next(&walk)) {
        uint64_t start = arena->arena->span.first.value;
        uint64_t end = frame_run_end(arena->arena->span);
        uint64_t resume = (arena->first_chunk + hart->cursor) << CHUNK_ORDER;
        if ((resume > start && resume < end && take_run_between(lf, hart, arena, request, resume, end, first)) ||
            take_run_between(lf, hart, arena, request, start, end, first)) {
            return true;
        }
    }
    return false;
}

/* A request that one chunk can meet, from what the hart has in hand. Outside a section: what is in hand stays. */
static bool take_run_in_hand(struct lockfree *lf, struct lockfree_hart *hart, struct frame_request request,
                             pfn_t *first)
{
    struct chunk *chunk = request.count < CHUNK_FRAMES ? hart->held : hart->whole;
    if (chunk == NULL) {
        return false;
    }
    if (chunk == hart->whole && request.count == CHUNK_FRAMES) {
        bool ours = chunk_claim_whole(chunk, CHUNK_WHOLE, &hart->retries);
        hart->whole = ours ? NULL : chunk;
        *first = pfn(chunk_base(chunk));
        return ours;
    }
    uint32_t offset = 0, relist = 0;
    bool ours = chunk_claim_run(chunk, (uint32_t)request.count, request.align_order, &offset, &relist, &hart->retries);
    *first = pfn(chunk_base(chunk) + offset);
    if (relist != 0) {
        reclaim_enter(&hart->record);
        index_put(chunk, relist, &lf->reclaim);
        reclaim_exit(&hart->record);
    }
    return ours;
}

/* In a section. A request that one chunk can meet, by the index: a partly used chunk that will do, a whole one, and
 * only then a look at some more of the partly used. */
static bool take_run_indexed(struct lockfree *lf, uint32_t hart_id, bool local, struct frame_request request,
                             pfn_t *first)
{
    struct lockfree_hart *hart = &lf->harts[hart_id];
    bool small = request.count < CHUNK_FRAMES;
    struct arena_walk walk = walk_begin(lf, hart_id);
    for (struct chunk_arena *arena = walk_next(&walk); arena != NULL; arena = walk_next(&walk)) {
        if ((small && take_run_popped(lf, hart, local, arena, INDEX_PARTIAL, request, first)) ||
            take_run_popped(lf, hart, local, arena, INDEX_WHOLE, request, first) ||
            (small && take_run_walked(lf, hart, arena, request, first))) {
            return true;
        }
    }
    return false;
}

static bool lockfree_take_run(struct global *global, uint32_t hart_id, bool local, struct frame_request request,
                              pfn_t *first)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[hart_id];
    bool one_chunk = request.count <= CHUNK_FRAMES && request.align_order <= CHUNK_ORDER;
    if (one_chunk && local && take_run_in_hand(lf, hart, request, first)) {
        return true;
    }
    reclaim_enter(&hart->record);
    bool taken = (one_chunk && take_run_indexed(lf, hart_id, local, request, first)) ||
                 take_run_scanned(lf, hart_id, request, first);
    reclaim_exit(&hart->record);
    return taken;
}

/* ---- hands, lookup, arenas that come and go ----------------------------------------------------------------- */

static void lockfree_local_drain(struct global *global, uint32_t owner)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *victim = &lf->harts[owner];
    struct lockfree_hart *self = &lf->harts[platform_hart_id()];
    struct chunk *held = victim->held;
    struct chunk *whole = victim->whole;
    victim->held = NULL;
    victim->whole = NULL;
    reclaim_enter(&self->record);
    if (held != NULL) {
        index_release(held, INDEX_PARTIAL, &lf->reclaim, &self->retries);
    }
    if (whole != NULL) {
        index_release(whole, INDEX_WHOLE, &lf->reclaim, &self->retries);
    }
    reclaim_exit(&self->record);
}

static struct arena *lockfree_find(struct global *global, uint32_t hart_id, pfn_t frame)
{
    struct lockfree *lf = lockfree_of(global);
    reclaim_enter(&lf->harts[hart_id].record);
    struct chunk_arena *found = arena_with(lf, hart_id, frame);
    struct arena *arena = found != NULL ? found->arena : NULL;
    reclaim_exit(&lf->harts[hart_id].record);
    return arena;
}

/* Puts an arena into an empty node, or a new one. */
static bool node_fill(struct lockfree *lf, struct chunk_arena *arena)
{
    uint32_t i = 0;
    while (i < lf->node_slots && atomic_load_explicit(&lf->arena_nodes[i].arena, memory_order_relaxed) != NULL) {
        i++;
    }
    if (i == ARENA_MAX) {
        return false;
    }
    struct arena_node *node = &lf->arena_nodes[i];
    atomic_store_explicit(&node->node, arena->arena->node, memory_order_relaxed);
    atomic_store_explicit(&node->arena, arena, memory_order_release); /* partner: the acquire in walk_next */
    if (i == lf->node_slots) {
        lf->node_slots++;
        ck_stack_push_upmc(&lf->arenas, &node->next);
    }
    return true;
}

static void node_empty(struct lockfree *lf, const struct chunk_arena *arena)
{
    for (uint32_t i = 0; i < lf->node_slots; i++) {
        if (atomic_load_explicit(&lf->arena_nodes[i].arena, memory_order_relaxed) == arena) {
            atomic_store_explicit(&lf->arena_nodes[i].arena, NULL, memory_order_relaxed);
        }
    }
}

static enum frame_status lockfree_attach(struct global *global, struct arena *arena)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[platform_hart_id()];
    struct chunk_arena *chunks = arena->variant;
    if (chunks->chunk_count == 0) { /* new, not one that comes back after a removal that failed */
        chunks->arena = arena;
        chunks->first_chunk = arena->span.first.value >> CHUNK_ORDER;
        chunks->chunk_count = ((frame_run_end(arena->span) - 1) >> CHUNK_ORDER) - chunks->first_chunk + 1;
        for (uint64_t i = 0; i < chunks->chunk_count; i++) {
            chunks->chunks[i].number = (uint32_t)i;
        }
    }
    if (lf->node_slots == 0) { /* the first of all, before harts run: their scans begin apart */
        for (uint32_t h = 0; h < lf->config.hart_count; h++) {
            lf->harts[h].cursor = chunks->chunk_count * h / lf->config.hart_count;
        }
    }
    if (!node_fill(lf, chunks)) {
        return FRAME_NO_MEMORY;
    }
    reclaim_enter(&hart->record);
    for (uint32_t r = arena->region_count; r-- > 0;) {
        /* Chunk by chunk from the end, so that the stacks give low memory first. */
        for (struct frame_run rest = arena->regions[r]; rest.count > 0;) {
            uint64_t last = (frame_run_end(rest) - 1) & ~(CHUNK_FRAMES - 1);
            uint64_t start = last > rest.first.value ? last : rest.first.value;
            give_run_to(lf, hart, chunks, frame_run(pfn(start), frame_run_end(rest) - start));
            rest.count = start - rest.first.value;
        }
    }
    reclaim_exit(&hart->record);
    return FRAME_OK;
}

static enum frame_status lockfree_detach(struct global *global, struct arena *arena)
{
    struct lockfree *lf = lockfree_of(global);
    struct lockfree_hart *hart = &lf->harts[platform_hart_id()];
    uint32_t claimed = 0;
    reclaim_enter(&hart->record);
    while (claimed < arena->region_count && claim_exactly(lf, hart, arena->variant, arena->regions[claimed])) {
        claimed++;
    }
    bool all = claimed == arena->region_count;
    if (all) {
        node_empty(lf, arena->variant);
    } else {
        while (claimed-- > 0) {
            give_run_to(lf, hart, arena->variant, arena->regions[claimed]);
        }
    }
    reclaim_exit(&hart->record);
    return all ? FRAME_OK : FRAME_BUSY;
}

static bool lockfree_quiesce(struct global *global, uint32_t hart_id)
{
    struct lockfree *lf = lockfree_of(global);
    return reclaim_barrier(&lf->reclaim, &lf->harts[hart_id].record);
}

/* ---- the books ---------------------------------------------------------------------------------------------- */

static void visit_free(struct chunk *chunk, void (*visit)(void *context, struct frame_run run), void *context)
{
    for (uint32_t at = chunk_next_free(chunk, 0); at < CHUNK_FULL;) {
        uint32_t used = chunk_next_used(chunk, at);
        visit(context, frame_run(pfn(chunk_base(chunk) + at), used - at));
        at = chunk_next_free(chunk, used);
    }
}

/* I1 and I2 at rest. Returns the number of flags set. */
static uint32_t check_chunk(struct chunk *chunk, bool *sound)
{
    uint32_t state = chunk_state(chunk);
    uint32_t set = 0;
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        set += (uint32_t)__builtin_popcountll(atomic_load_explicit(&chunk->bits[w], memory_order_relaxed));
    }
    bool flagged = chunk_count(state) == 0 || (state & (CHUNK_PARTIAL | CHUNK_WHOLE)) != 0;
    if (set != chunk_count(state) || !flagged) {
        platform_log("lockfree: chunk at frame 0x%llx: %u bits set, count %u, flags 0x%x",
                     (unsigned long long)chunk_base(chunk), set, chunk_count(state), state & ~CHUNK_COUNT);
        *sound = false;
    }
    return (state & CHUNK_PARTIAL) / CHUNK_PARTIAL + (state & CHUNK_WHOLE) / CHUNK_WHOLE;
}

/* Chunks on an arena's stacks. */
static uint64_t count_stacked(struct chunk_arena *arena)
{
    uint64_t stacked = 0;
    for (enum index_kind kind = INDEX_PARTIAL; kind < INDEX_COUNT; kind++) {
        for (struct chunk *c = index_walk(arena, kind, NULL); c != NULL; c = index_walk(arena, kind, c)) {
            stacked++;
        }
    }
    return stacked;
}

static bool lockfree_walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context)
{
    struct lockfree *lf = lockfree_of(global);
    struct arena_walk walk = walk_begin(lf, 0);
    bool sound = true;
    uint64_t flags = 0, placed = reclaim_pending(&lf->reclaim);
    for (struct chunk_arena *arena = walk_next(&walk); arena != NULL; arena = walk_next(&walk)) {
        for (uint64_t i = 0; i < arena->chunk_count; i++) {
            flags += check_chunk(&arena->chunks[i], &sound);
            visit_free(&arena->chunks[i], visit, context);
        }
        placed += count_stacked(arena);
    }
    for (uint32_t h = 0; h < lf->config.hart_count; h++) {
        placed += lf->harts[h].held != NULL ? 1 : 0;
        placed += lf->harts[h].whole != NULL ? 1 : 0;
    }
    if (flags != placed) {
        platform_log("lockfree: %llu flags are set, but %llu chunks are on stacks, in limbo or in hand",
                     (unsigned long long)flags, (unsigned long long)placed);
        sound = false;
    }
    return sound;
}

static void lockfree_add_stats(const struct global *global, struct frame_stats *stats)
{
    const struct lockfree *lf = lockfree_of(global);
    for (uint32_t h = 0; h < lf->config.hart_count; h++) {
        stats->cas_retries += atomic_load_explicit(&lf->harts[h].retries, memory_order_relaxed);
        stats->scans += atomic_load_explicit(&lf->harts[h].scans, memory_order_relaxed);
    }
    stats->grace_periods += ck_epoch_value(&lf->reclaim.epoch) - 1;
    stats->limbo += reclaim_pending(&lf->reclaim);
    stats->limbo_peak += reclaim_peak(&lf->reclaim);
}

/* ---- the variant -------------------------------------------------------------------------------------------- */

static uint64_t lockfree_global_bytes(uint32_t hart_count)
{
    return sizeof(struct lockfree) + hart_count * sizeof(struct lockfree_hart);
}

static uint64_t lockfree_arena_bytes(struct frame_run span)
{
    uint64_t chunks = ((frame_run_end(span) - 1) >> CHUNK_ORDER) - (span.first.value >> CHUNK_ORDER) + 1;
    return sizeof(struct chunk_arena) + chunks * sizeof(struct chunk);
}

static enum frame_status lockfree_init(struct global *global, const struct global_config *config)
{
    struct lockfree *lf = lockfree_of(global);
    lf->config = *config;
    ck_stack_init(&lf->arenas);
    reclaim_init(&lf->reclaim);
    for (uint32_t h = 0; h < config->hart_count; h++) {
        reclaim_add_hart(&lf->reclaim, &lf->harts[h].record);
    }
    return FRAME_OK;
}

const struct variant lockfree_variant = {
    .name = "lockfree",
    .summary = "Concurrency Kit stacks of 2 MiB chunks, epoch reclamation, no lock",
    .magazine_default = MAGAZINE_DEFAULT,
    .global_bytes = lockfree_global_bytes,
    .arena_bytes = lockfree_arena_bytes,
    .init = lockfree_init,
    .attach = lockfree_attach,
    .detach = lockfree_detach,
    .quiesce = lockfree_quiesce,
    .take = lockfree_take,
    .give = lockfree_give,
    .take_run = lockfree_take_run,
    .give_run = lockfree_give_run,
    .find = lockfree_find,
    .local_drain = lockfree_local_drain,
    .walk_free = lockfree_walk_free,
    .add_stats = lockfree_add_stats,
};
