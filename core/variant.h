/* SPDX-License-Identifier: MIT
 * The global allocator behind the hart caches: the interface that baseline/, lockfree/ and a user's own variant
 * implement. Core checks every request, keeps the reference counts and the hart caches, and drains; a variant only
 * finds free frames and takes them back. The smallest one there is, to be copied: stress/package/skeleton.
 *
 * What may run beside what (X: may run concurrently with anything in the same column, on any hart):
 *
 *   operation        beside take/give   beside attach/detach   progress a variant must state
 *   take, give       X                  X                      in its own file
 *   take_run, give_run
 *                    X                  X
 *   find             X                  X
 *   attach, detach   X                  one at a time (core)
 *   quiesce          X                  one at a time (core)   bounded
 *   walk_free        no: at rest only
 *   local_drain, local_walk
 *                    owner or drainer, never both (core's handshake)
 *   add_stats        X                  X                      wait-free: it only reads
 *   arena_bytes      pure
 *   init             before anything else
 *
 * Nested calls (struct caller) come only if the variant says that it can be nested: take, give, take_run, give_run,
 * find, local_drain. They are beside what they interrupted as another hart's calls would be.
 *
 * Every call is a hart's: caller.hart, and platform_hart_id(), are below global_config.hart_count, never HART_NONE.
 * Only the audit (walk_free, local_walk, add_stats) may be asked for by anybody.
 *
 * Memory order: what a hart wrote to a frame before it gave the frame must be visible to the hart that takes it.
 * Core issues a release fence before every give and an acquire fence after every take, on the strength of which a
 * variant needs only that a take reads, directly or through a chain of read-modify-writes, a value that the give
 * wrote. */
#ifndef FRAMELAB_CORE_VARIANT_H
#define FRAMELAB_CORE_VARIANT_H

#include "arena.h"
#include "frame.h"
#include "knob.h"
#include "stats.h"

/* A variant's shared state; each variant has its own in one file, or casts it. */
struct global;

struct global_config {
    uint32_t hart_count;
    uint32_t node_count;
    bool hart_caches; /* false: nothing is to be kept for one hart alone */
    /* These two outlive the variant's state. node_order[n * node_count + i]: the node that a hart of node n tries as
     * its i-th, nearest first. */
    const uint8_t *node_order;
    const uint32_t *hart_node;
    const uint64_t *knobs; /* values, in the order of variant->knobs; to be read during init only */
};

/* Who calls, by value. */
struct caller {
    uint32_t hart;
    /* The caller stands inside its hart's section (hart_cache.h): only then may the variant touch what it keeps for
     * that hart alone. When it is false, a drainer may be at that very state. */
    bool local;
    /* The caller has interrupted another operation of its hart, somewhere in the middle, which will go on when this one
     * has ended, and may be interrupted in turn (hart_cache.h, 8). Then `local` is false, and the variant may not touch
     * what the hart's other operations change without an atomic step, nor wait for one of them. */
    bool nested;
};

/* Which runs a take or a give is about: of 2^order frames each, aligned to their size, order <= CACHE_ORDER_MAX. */
struct run_kind {
    uint32_t order;
    bool zero; /* CHUNK_ORDER alone: their frames are known to hold zeroes */
};

/* What a hart keeps before it asks the global allocator. */
enum cache_kind {
    CACHE_MAGAZINES, /* two magazines for each order: hart_cache.h */
    CACHE_LIST,      /* one list of all it frees, without a bound, then magazines if there are any: frame_list.h. For it
                      * attach lends core one word for each frame of the arena, arena->links */
};

/* Pointers that may be NULL say so. */
struct variant {
    const char *name;    /* "baseline", "lockfree", "baseline:origin" */
    const char *summary; /* one line */
    const struct knob *knobs;
    uint32_t knob_count;
    enum cache_kind cache;
    uint32_t magazine_default; /* frames per magazine; 0: none of core's magazines */
    uint32_t batch_default;    /* frames a refill or spill moves; 0: a whole magazine */
    uint64_t global_bytes;     /* of shared state, and for each hart: see init */
    uint64_t hart_bytes;

    /* Bytes of metadata for one arena, which core puts at arena->variant. */
    uint64_t (*arena_bytes)(struct frame_run span);

    /* `global` is zeroed memory of global_bytes, and hart_bytes for each hart behind it, aligned to CACHE_PAIR.
     * FRAME_BAD_CONFIG with a log line if a knob asks for what the platform lacks. NULL: that memory will do. */
    enum frame_status (*init)(struct global *global, const struct global_config *config);

    /* Puts a built arena into service, all of its usable frames free. Its metadata is zeroed, or as detach left it.
     * FRAME_NO_MEMORY if the variant has no room for one more, never for one that was just detached. */
    enum frame_status (*attach)(struct global *global, struct arena *arena);
    /* Takes an arena out of service if all of its usable frames are free here, else FRAME_BUSY and no change. */
    enum frame_status (*detach)(struct global *global, struct arena *arena);
    /* After detach, and after core has waited for every operation that was under way: true once nothing that the
     * variant itself keeps can lead to the detached arena; false if some hart did not get there in bounded time (core
     * then attaches the arena again). NULL: detach leaves no such thing. */
    bool (*quiesce)(struct global *global, uint32_t hart);

    /* By the batch, for the hart caches. Both NULL: core asks take_run and give_run for each run of a batch.
     * take: up to `count` runs, by their first frames; returns how many, 0 only if it found none anywhere. `zero`: only
     * chunks that were given as `zero`, none if the variant does not know them apart; without it those last. */
    uint32_t (*take)(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count);
    /* Takes back `count` runs, at least one, all of them out. Cannot fail. May reorder `firsts`. */
    void (*give)(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count);
    /* Any other run: exactly request.count frames, which may be as many as some order has and lie anywhere that meets
     * request.align_order. False only if it found none anywhere. */
    bool (*take_run)(struct global *global, struct caller caller, struct frame_request request, pfn_t *first);
    /* Takes back a run, or any part of one; all of it is out and inside one arena. Cannot fail. */
    void (*give_run)(struct global *global, struct caller caller, struct frame_run run);
    /* The arena whose span holds `frame`, or NULL. It stays until the caller's operation ends: core sees to that
     * (hart_cache.h, point 6). */
    struct arena *(*find)(struct global *global, uint32_t hart, pfn_t frame);

    /* Memory that the variant keeps for one hart alone; both NULL if it has none. Called under core's handshake:
     * `owner`'s state is touched by one hart at a time. Its frames count as cached. local_drain: whether there was
     * anything to be given back. */
    bool (*local_drain)(struct global *global, struct caller caller, uint32_t owner);
    void (*local_walk)(struct global *global, uint32_t owner, void (*visit)(void *context, struct frame_run run),
                       void *context);

    /* A hart has ended in the middle of an operation, its number is taken over; both NULL: then it cannot be.
     * repair_local: makes `owner`'s memory whole; nobody else is at it. It is such as it was between two instructions
     * of the hart's own operation on it, or of one that ended while it drained it. What lies in two places stays in
     * one. repair: of what the operation was about in the shared state, all that others would wait for or not find. */
    void (*repair_local)(struct global *global, uint32_t owner);
    void (*repair)(struct global *global, uint32_t hart);

    /* Whether an operation that interrupted another of its hart may call the variant; asked after init. NULL, or false:
     * core refuses it (FRAME_BUSY). */
    bool (*nests)(const struct global *global);

    /* At rest: calls `visit` for free runs until all free frames were visited once, and checks the variant's own
     * equations; false with a log line if one is broken. */
    bool (*walk_free)(struct global *global, void (*visit)(void *context, struct frame_run run), void *context);

    /* Adds this variant's event counts to `stats`; NULL: it has none. Any time; a hint while harts run. */
    void (*add_stats)(const struct global *global, struct frame_stats *stats);
};

/* Bytes of the shared state. */
static inline uint64_t variant_global_bytes(const struct variant *variant, uint32_t hart_count)
{
    return variant->global_bytes + hart_count * variant->hart_bytes;
}

#endif
