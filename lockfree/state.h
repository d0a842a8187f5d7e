/* SPDX-License-Identifier: MIT
 * The lock-free variant: its state, and how a request finds its way to pools.
 *
 * 1. Where a request looks: what the hart has in local chunks; then, arena by arena, the nearest first, the index
 *    (index.h) and a scan over all bits. The scan decides: what is in limbo, or was left unlinked by a stopped hart, is
 *    found there, and what is in other harts' local chunks, too, unless it is private (local_chunk.h): that core's
 *    drain gives back before an allocation fails. So a hart that is stopped costs the others time, and of memory only
 *    what it has: what was in its magazines and local chunks, until a drain gets it (never, if it was stopped in a
 *    section or does not answer the barrier); what it was moving at that moment, which is a batch, a run, a chunk that
 *    it was breaking up or coalescing, or what it was draining from one other hart; and if it was removing an arena
 *    that all harts had answered for, that arena. What it keeps from the index by a link duty or in limbo is found by
 *    the scan.
 * 2. Near and far. Local chunks hold chunks and chunk bitmaps of the nearest arenas only, and a far arena is asked only
 *    when the near ones have nothing: no far frame is taken while a near one is free. In an arena a hart goes from
 *    shard to shard, its own first (shard.h).
 * 3. Three local chunks a hart: `singles`, from which magazines of single frames are filled; `runs`, from which runs
 *    below a chunk are taken, for magazines and others, so that they find room and what they leave is used up by single
 *    frames; `returns`, in which runs that come back, and batches of frames that are one, are collected until one of
 *    another chunk does: of a chunk that comes back as a whole nothing is ever seen but the bit of its chunk bitmap.
 *    And a local chunk bitmap, from which whole chunks are taken: not private, but no other hart finds it in the index.
 * 4. Arenas are a CK stack of nodes that is only ever pushed to. A removed arena leaves its node empty on the
 *    stack, for the next one added. The node's pointer is stored with release and loaded with acquire: who sees an
 *    arena sees it built. Before a removal empties the node core has every hart's local chunks emptied, and keeps them
 *    so (harts_drain_begin); after it, it has every operation under way ended (bypasses_wait: reclaim_tag.c, 3), and
 *    the variant waits for reclaim_barrier, since limbo may hold index nodes of the arena (P10).
 * 5. ABA: chunk.h for bits, index.h for the stacks; nodes are never popped.
 * 6. Progress. take, give, their runs and chunks, find: lock-free. Each is a bounded number of lock-free steps, except
 *    that it pops until it finds something of use; every chunk popped without use had lost its frames to another
 *    hart's finished step, and searches go forward only. attach and detach are called by one hart at a time (core's
 *    rule) and do not wait; quiesce waits for a bounded time.
 * 7. Interrupts (P12). An operation that interrupted another of its hart (struct caller) touches no local chunk, no
 *    local chunk bitmap and not the hart's pool hart. It has a pool hart that it shares with those nested in it, of
 *    which only counts change, by read-modify-writes. All that it does is
 *      give   bits set by fetch-or, duties claimed, index nodes pushed: steps that may come between any two of others';
 *      take   bits cleared, found by a scan (take_nested.c). It pops nothing, so it needs no section of reclamation:
 *             the hart's record, whose begin and end are several steps, belongs to what was interrupted. It reads the
 *             source, and may leave index nodes in limbo; it does not poll.
 *    A scan of its own leaves no mark in `scanned`: with one mark for two scans of which one interrupts the other, the
 *    second would bring back the mark that a give has cleared, and the first turn it into EXHAUSTED.
 * 8. A hart that ended in the middle of an operation (P13). Its hands and its chunk bitmap are as local_chunk.h, 4
 *    says. Its section of reclamation is ended for it. What its steps still owed (chunk.h, 3; index.h, 2) is done by a
 *    walk over all chunks and chunk bitmaps: who has bits and is not linked is linked, a full chunk is coalesced, no
 *    pool is called exhausted. Those are steps like any other hart's, beside which all may go on. Duties that it had on
 *    its way are lost, and with them index nodes: linked, and nowhere. A scan finds what they have free. */
#ifndef FRAMELAB_LOCKFREE_STATE_H
#define FRAMELAB_LOCKFREE_STATE_H

#include "local_chunk.h"
#include "shard.h"
#include "variant.h"

struct arena_node {
    ck_stack_entry_t next;
    _Atomic(struct pool *) pool; /* NULL: empty */
    _Atomic uint32_t node;       /* its NUMA node; relaxed: written before `pool` */
};

struct lockfree_hart {
    struct pool_hart pool_hart;
    struct pool_hart nested;        /* of operations that interrupted another of the hart's; see point 7 */
    _Atomic uint64_t nested_cursor; /* their `cursor`: a hint */
    struct local_chunk singles, runs, returns;
    struct pool *bitmap_pool;    /* NULL: no local chunk bitmap */
    struct chunk_bitmap *bitmap; /* local, with its node's link duty */
    uint64_t cursor;             /* chunk number at which the last scan found something */
};

struct lockfree {
    struct reclaim reclaim;
    struct global_config config;
    struct pool_options pool_options;
    bool private_local_chunks;
    _Atomic uint32_t ended; /* harts that ended in the middle of an operation: index nodes may be linked and nowhere */
    uint32_t node_slots;    /* arena_nodes in use, empty ones included; attach only */
    struct arena_node arena_nodes[ARENA_MAX];
    _Alignas(CACHE_PAIR) ck_stack_t arenas;
    struct lockfree_hart harts[];
};

static inline struct lockfree *lockfree_of(const struct global *global)
{
    return (struct lockfree *)(uintptr_t)global;
}

/* The part of the calling hart that works on pools. */
static inline struct pool_hart *lockfree_worker(struct lockfree *lf, struct caller caller)
{
    FRAME_DEBUG_ASSERT(!caller.nested || !caller.local);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    return caller.nested ? &hart->nested : &hart->pool_hart;
}

/* Whether a hart may keep frames as private bits. `local`: it is in core's section. */
static inline bool keeps_private(const struct lockfree *lf, bool local)
{
    return local && lf->private_local_chunks;
}

/* ---- walk.c: the arenas in a hart's order ---- */

/* One step of a walk over the arenas in a hart's order: nearest node first. */
struct arena_walk {
    const struct lockfree *lf;
    const uint8_t *order;
    uint32_t rank;
    ck_stack_entry_t *entry;
    uint32_t near; /* the rank of the nearest node that has an arena; UINT32_MAX: none seen yet */
};

struct arena_walk lockfree_walk(const struct lockfree *lf, uint32_t hart);

/* The next arena in service, or NULL. */
struct pool *walk_next(struct arena_walk *walk);

/* The next arena that may have something. Outside a section, where an allocation comes when all else has failed, every
 * arena may: a hart that was stopped right after its give has not yet cleared `scanned`. */
struct pool *walk_try(struct arena_walk *walk, bool local);

/* Whether the arena that walk_next gave last is one of the nearest. */
static inline bool walk_is_near(const struct arena_walk *walk)
{
    return walk->rank == walk->near;
}

/* The pool of a frame, NULL if there is none; and unless `near` is NULL, whether it is one of the nearest. */
struct pool *lockfree_pool_of(const struct lockfree *lf, uint32_t hart, pfn_t frame, bool *near);

/* ---- take_chunks.c; `keep`: the chunk bitmap may stay local ---- */

/* Up to `count` whole chunks, and one of them (false: there was none): of the local chunk bitmap, of a shard, and of
 * the whole pool if the shard is the hart's last. */
uint32_t lockfree_take_chunks(struct lockfree_hart *hart, bool keep, struct shard *shard, pfn_t *firsts,
                              uint32_t count);
bool lockfree_take_chunk(struct lockfree_hart *hart, bool keep, struct shard *shard, uint64_t *number);

/* A run of chunks that fits a chunk bitmap, out of the local chunk bitmap, or of one more that the index has. */
bool lockfree_take_chunk_run(struct lockfree_hart *hart, bool keep, struct pool *pool, struct frame_request request,
                             pfn_t *first);

/* Up to `count` runs of whole chunks, of whatever pools have them. */
uint32_t lockfree_take_chunk_runs(struct lockfree *lf, struct caller caller, struct run_kind kind, pfn_t *firsts,
                                  uint32_t count);

/* Gives the local chunk bitmap back; `pool_hart` is the calling hart's. */
void lockfree_release_bitmap(struct lockfree_hart *hart, struct pool_hart *pool_hart);

/* ---- take_frames.c, take_runs.c: as take of one order, 0 and below a chunk ---- */

uint32_t lockfree_take_frames(struct lockfree *lf, struct caller caller, pfn_t *frames, uint32_t count);
uint32_t lockfree_take_small_runs(struct lockfree *lf, struct caller caller, uint32_t order, pfn_t *firsts,
                                  uint32_t count);

/* ---- take_nested.c: take and take_run of an operation that interrupted another ---- */

uint32_t lockfree_take_nested(struct lockfree *lf, struct caller caller, struct run_kind kind, pfn_t *firsts,
                              uint32_t count);
bool lockfree_take_run_nested(struct lockfree *lf, struct caller caller, struct frame_request request, pfn_t *first);

/* ---- what the variant's table names (core/variant.h) ---- */

/* give.c */
void lockfree_give(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count);
void lockfree_give_run(struct global *global, struct caller caller, struct frame_run run);
/* take_runs.c */
uint32_t lockfree_take(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts,
                       uint32_t count);
bool lockfree_take_run(struct global *global, struct caller caller, struct frame_request request, pfn_t *first);
/* arenas.c */
enum frame_status lockfree_attach(struct global *global, struct arena *arena);
enum frame_status lockfree_detach(struct global *global, struct arena *arena);
bool lockfree_quiesce(struct global *global, uint32_t hart_id);
struct arena *lockfree_find(struct global *global, uint32_t hart_id, pfn_t frame);
bool lockfree_local_drain(struct global *global, struct caller caller, uint32_t owner);
void lockfree_repair_local(struct global *global, uint32_t owner);
void lockfree_repair(struct global *global, uint32_t hart);
/* audit.c */
void lockfree_local_walk(struct global *global, uint32_t owner, void (*visit)(void *context, struct frame_run run),
                         void *context);
bool lockfree_walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context);
void lockfree_add_stats(const struct global *global, struct frame_stats *stats);

#endif
