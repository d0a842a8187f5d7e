/* SPDX-License-Identifier: MIT
 * The global allocator behind the hart caches: the interface that baseline/, lockfree/ and a user's own variant
 * implement. Core checks every request, keeps the reference counts and the hart caches, and drains; a variant only
 * finds free frames and takes them back.
 *
 * What may run beside what (X: may run concurrently with anything in the same column, on any hart):
 *
 *   operation        beside take/give   beside attach/detach   progress a variant must state
 *   take, give       X                  X                      in its own file
 *   take_run, give_run
 *                    X                  X
 *   take_runs, give_runs
 *                    X                  X
 *   find             X                  X
 *   attach, detach   X                  one at a time (core)
 *   quiesce          X                  one at a time (core)   bounded
 *   walk_free        no: at rest only
 *   local hooks      owner or drainer, never both (core's handshake)
 *
 * Every call is a hart's: `hart`, and platform_hart_id(), are below global_config.hart_count, never HART_NONE. Only the
 * books (walk_free, local_walk, add_stats) may be asked for by anybody.
 *
 * `local` in the four operations says that the caller stands inside its hart's section (hart_cache.h): only then may
 * the variant touch what it keeps for that hart alone. When it is false, a drainer may be at that very state.
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

/* A variant's shared state; each variant casts it to its own. */
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

struct variant {
    const char *name;    /* "baseline", "lockfree", "baseline:seed" */
    const char *summary; /* one line */
    const struct knob *knobs;
    uint32_t knob_count;
    uint32_t magazine_default; /* frames a magazine; 0: no core cache */
    uint32_t batch_default;    /* frames a refill or spill moves; 0: a whole magazine */

    /* Bytes of shared state, and of metadata for one arena. Pure. */
    uint64_t (*global_bytes)(uint32_t hart_count);
    uint64_t (*arena_bytes)(struct frame_run span);

    /* `global` is zeroed memory of global_bytes, aligned to CACHE_PAIR. FRAME_BAD_CONFIG with a log line if a knob
     * asks for what the platform lacks. */
    enum frame_status (*init)(struct global *global, const struct global_config *config);

    /* Puts a built arena into service, all of its usable frames free. FRAME_NO_MEMORY if the variant has no room
     * for one more. */
    enum frame_status (*attach)(struct global *global, struct arena *arena);
    /* Takes an arena out of service if all of its usable frames are free here, else FRAME_BUSY and no change. */
    enum frame_status (*detach)(struct global *global, struct arena *arena);
    /* After detach: true once no operation can still be looking at the detached arena; false if some hart did not
     * get there in bounded time (core then attaches the arena again). */
    bool (*quiesce)(struct global *global, uint32_t hart);

    /* Up to `count` single frames into `frames`; returns how many, 0 only if it found none anywhere. */
    uint32_t (*take)(struct global *global, uint32_t hart, bool local, pfn_t *frames, uint32_t count);
    /* Takes back `count` frames, all of them out. Cannot fail. May reorder `frames`. */
    void (*give)(struct global *global, uint32_t hart, bool local, pfn_t *frames, uint32_t count);
    /* A run that meets `request`, exactly request.count frames; false if it found none. */
    bool (*take_run)(struct global *global, uint32_t hart, bool local, struct frame_request request, pfn_t *first);
    /* Takes back a run, or any part of one; all of it is out and inside one arena. Cannot fail. */
    void (*give_run)(struct global *global, uint32_t hart, bool local, struct frame_run run);
    /* Runs of 2^order frames, 0 < order <= CACHE_ORDER_MAX, aligned to their size, for the hart caches. Both NULL if
     * the variant has no quicker way than take_run and give_run. take_runs: up to `count` into `firsts`, returns how
     * many. `zero`, for CHUNK_ORDER alone: only chunks that were given as `zero`; without it those last. give_runs
     * cannot fail, and may reorder. */
    uint32_t (*take_runs)(struct global *global, uint32_t hart, bool local, uint32_t order, bool zero, pfn_t *firsts,
                          uint32_t count);
    void (*give_runs)(struct global *global, uint32_t hart, bool local, uint32_t order, bool zero, pfn_t *firsts,
                      uint32_t count);
    /* The arena whose span holds `frame`, or NULL. It stays until the caller's operation ends: core sees to that
     * (hart_cache.h, point 6). */
    struct arena *(*find)(struct global *global, uint32_t hart, pfn_t frame);

    /* Memory that one hart keeps for itself, where the variant has such; all NULL if not. Called under core's
     * handshake: `owner`'s state is touched by one hart at a time. Frames in local memory count as cached. local_take
     * and local_give are for a variant with a cache of its own in place of core's: asked first, for every size.
     * local_drain: whether there was anything to be given back. */
    bool (*local_take)(struct global *global, uint32_t owner, struct frame_request request, pfn_t *first);
    bool (*local_give)(struct global *global, uint32_t owner, struct frame_run run);
    bool (*local_drain)(struct global *global, uint32_t owner);
    void (*local_walk)(struct global *global, uint32_t owner, void (*visit)(void *context, struct frame_run run),
                       void *context);

    /* At rest: calls `visit` for free runs until all free frames were visited once, and checks the variant's own
     * equations; false with a log line if one is broken. */
    bool (*walk_free)(struct global *global, void (*visit)(void *context, struct frame_run run), void *context);

    /* Adds this variant's event counts to `stats`. Any time; a hint while harts run. */
    void (*add_stats)(const struct global *global, struct frame_stats *stats);
};

#endif
