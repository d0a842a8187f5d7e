/* SPDX-License-Identifier: MIT
 * The per-hart caches: for single frames and for each order of runs two magazines a hart (Bonwick & Adams, USENIX
 * 2001), and the handshake by which another hart empties them.
 *
 * 1. Magazines. A hart allocates from `loaded` and frees into it. When `loaded` cannot serve, it is exchanged with
 *    `previous`; when that cannot either, the global allocator is called once for a batch of b. After such a call at
 *    least b operations follow before the next, whatever the trace: this is what two magazines are for (P11). With one
 *    alone (`magazines=1`) two frees at its edge and two allocations reach the global allocator twice, for ever.
 *    - Runs of 2^order frames, aligned to their size, are cached so, too, each order by itself: a hit costs what its
 *      counts cost (refcounts_kept.h), a miss one call for many. They are large, so all harts' magazines of them hold a
 *      bounded part of memory (setup.c), and are drained like those of frames.
 *    - Where runs are cached, a hart also keeps a zero reserve: what is left of one chunk that was known to hold
 *      zeroes, from which small zeroed requests are served in turn.
 * 2. Sections. The owner touches its cache only between hart_enter and hart_exit. A section has no atomic
 *    read-modify-write and no fence: that is the fast path's whole synchronisation.
 * 3. The drain handshake, an asymmetric Dekker. The owner stores in_section = 1, then loads `drain`; the drainer
 *    adds 1 to `drain`, then loads in_section. One of the two must see the other's store. Ordinarily both sides need
 *    a full fence between store and load; here the owner's is platform_barrier_light(), a compiler barrier, and the
 *    drainer's is platform_barrier_heavy(), which makes every hart, the owner too, pass a full fence. If the owner's
 *    store came before that fence, the drainer sees it and waits for the section's end; if after, the owner's load
 *    comes after it too and sees drain > 0: the cache is closed.
 *    - hart_exit stores in_section = 0 with release; the drainer's load acquires: it sees the magazines as the owner
 *      left them.
 *    - The drainer takes 1 from drain with release; hart_enter loads with acquire: the owner sees them emptied.
 *    - Several drainers may close one cache; `emptying`, a lock, says which of them touches it, one cache at a time.
 *    - in_section = 1 and the drainer's first load may be relaxed: the heavy barrier orders them.
 * 4. A hart that finds its cache being drained does not wait: it goes past the cache to the global allocator. A
 *    drainer waits for the end of a section, and only for a bounded number of turns: a hart that was stopped inside
 *    a section keeps what is in its cache and nothing else. A drainer is in no section itself, and waits for another
 *    only where that one is emptying a cache. So a drainer that was stopped keeps one cache at most; the others stay
 *    closed, and their harts go past them, but whoever drains next can empty them.
 * 5. `transfers` is a sequence count of this hart's transfers between the global allocator and elsewhere: odd while one
 *    is under way. An allocation that found nothing believes it only if nobody moved anything meanwhile: allocator.c.
 * 6. Lifetime of arenas. A hart that goes past its cache says so in `bypass_seq`, which it makes odd, and even again,
 *    so that between hart_begin and hart_end it is always in one of two states that the removal of an arena waits for:
 *    in its section (the drain) or bypassing its cache (bypasses_wait). What a lookup found in between may be used
 *    until hart_end, by whoever it was found for (P10). Waited for is the end of the operation that was under way, not
 *    a moment without one: while caches are closed a busy hart hardly has such. A hart stores `bypass_seq`, with
 *    release (who waited for the operation before may see only this one), before it looks at anything; bypasses_wait's
 *    heavy barrier, after what is removed was taken off, orders the two as the drain's does in_section: either
 *    bypasses_wait sees the operation, or the operation does not see the arena. The removal holds nothing that a hart
 *    that bypasses its cache could want. A drainer, which is in neither state, touches the variant only for what it
 *    finds in a cache, and while the removal keeps them closed and empty it finds nothing.
 * 7. Who is no hart (HART_NONE in platform.h) finds the sentinel, which stands in front of hart 0 and whose cache is
 *    always closed: its `drain` is 1 from init on, and drainers never come by. So nobody is asked for a number on a
 *    hit, and who has none misses; every operation asks once when it has missed, before it calls hart_begin or touches
 *    anything, and answers FRAME_BAD_HART. Any number of callers may be the sentinel at one time: all that they do to
 *    it are atomic stores to in_section, which nobody reads, and to its count of bypasses, which nobody adds up. It has
 *    no magazines. */
#ifndef FRAMELAB_CORE_HART_CACHE_H
#define FRAMELAB_CORE_HART_CACHE_H

#include "atomic.h"
#include "frame_allocator.h"
#include "frame_list.h"
#include "refcounts.h"
#include "variant.h"

/* Arenas whose counts a hart keeps at hand. The first is tried on the fast path. */
#define HART_VIEWS 8u

/* A hart caches runs of 2^order frames, aligned to their size, for each order from 0, single frames, to
 * CACHE_ORDER_MAX. */
#define CACHE_ORDERS (CACHE_ORDER_MAX + 1u)

/* Runs of one order, by their first frames. Others read `count` as a hint. */
struct magazine {
    _Atomic uint32_t count;
    pfn_t firsts[];
};

struct cache {
    uint32_t capacity; /* runs a magazine, constant */
    uint32_t batch;    /* runs a refill or spill, constant */
    struct magazine *_Atomic loaded;
    struct magazine *_Atomic previous;
};

/* The rest of a chunk that came as zero; and when the global allocator had none. */
struct zero_reserve {
    pfn_t next;
    _Atomic uint32_t left; /* frames from `next` on; others read it as a hint */
    uint64_t missed;       /* zero_gives at a time when it had none */
};

struct hart {
    /* The owner's line. */
    _Alignas(CACHE_PAIR) _Atomic uint32_t in_section; /* written by the owner only */
    _Atomic uint32_t drain;                           /* drainers that have closed the cache; written by them only */
    _Atomic uint32_t emptying;                        /* 1: one of them is at it */
    _Atomic uint32_t bypass_seq;                      /* odd: in an operation past the cache; the owner writes it */
    struct cache caches[CACHE_ORDERS];                /* these two touched in a section only */
    struct refcount_view views[HART_VIEWS];
    struct zero_reserve zero;
    uint32_t
        patience; /* the owner's alone: turns before its next look with all caches closed for a drain (allocator.c) */
    struct frame_list *list; /* constant; NULL unless the variant's cache is CACHE_LIST: asked before the magazines */

    /* Owner writes, others read: on lines of their own. */
    _Alignas(CACHE_PAIR) _Atomic uint64_t transfers;
    _Atomic uint32_t chunk_out; /* 1: frame_zero_idle has a chunk of the global allocator out; see transfers_now */
    _Atomic uint64_t global_takes, global_gives, refill_frames, spill_frames;
    _Atomic uint64_t drains, drain_timeouts, bypasses, failures, contentions;
    _Atomic uint64_t frames_known_zero, frames_zeroed;
    _Atomic uint64_t taken[NODE_MAX]; /* frames that came from each node's arenas */
};

/* Relaxed, all of these: the owner's own, or the drainer's by the handshake; to others a hint. */
static inline uint32_t magazine_count(const struct magazine *magazine)
{
    return bare_load_relaxed(&magazine->count);
}

static inline void magazine_set_count(struct magazine *magazine, uint32_t count)
{
    bare_store_relaxed(&magazine->count, count);
}

static inline struct magazine *cache_loaded(const struct cache *cache)
{
    return bare_load_relaxed(&cache->loaded);
}

static inline struct magazine *cache_previous(const struct cache *cache)
{
    return bare_load_relaxed(&cache->previous);
}

/* Begins a section; false if the cache is being drained: go past it. */
static inline bool hart_enter(struct hart *hart)
{
    bare_store_relaxed(&hart->in_section, 1);
    platform_barrier_light(); /* partner: platform_barrier_heavy in harts_drain_begin */
    if (__builtin_expect(bare_load_acquire(&hart->drain) == 0, 1)) {
        return true;
    }
    bare_store_release(&hart->in_section, 0);
    counter_add(&hart->bypasses, 1);
    return false;
}

static inline void hart_exit(struct hart *hart)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->in_section) == 1);
    bare_store_release(&hart->in_section, 0);
}

/* `bypass_seq` has one writer, so a load and a store make an increment. It may wrap: a waiter that misses a whole round
 * of it waits for an operation more. */
static inline uint32_t bypass_next(const struct hart *hart)
{
    return bare_load_relaxed(&hart->bypass_seq) + 1;
}

/* Begins an operation past the cache. */
static inline void bypass_begin(struct hart *hart)
{
    /* Release: whoever waited for the operation before and sees this one has seen that one end. */
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->bypass_seq) % 2 == 0);
    bare_store_release(&hart->bypass_seq, bypass_next(hart));
    platform_barrier_light(); /* partner: platform_barrier_heavy in bypasses_wait */
}

/* Begins an operation; true if in a section, false if past the cache. To hart_end with the answer, and to all that may
 * touch the hart's own memory. */
static inline bool hart_begin(struct hart *hart)
{
    FRAME_DEBUG_ASSERT(platform_hart_id() != HART_NONE); /* a variant would index by it */
    if (hart_enter(hart)) {
        return true;
    }
    bypass_begin(hart);
    return false;
}

static inline void hart_end(struct hart *hart, bool local)
{
    FRAME_DEBUG_ASSERT(local ? bare_load_relaxed(&hart->in_section) == 1
                             : bare_load_relaxed(&hart->bypass_seq) % 2 == 1);
    /* Release, partner of the acquire of whoever waits: what was done with an arena is done. */
    if (local) {
        bare_store_release(&hart->in_section, 0);
    } else {
        bare_store_release(&hart->bypass_seq, bypass_next(hart));
    }
}

/* Everything of an allocator; private to core. */
struct frame_allocator {
    struct hart *harts; /* hart 0's; harts[-1] is the sentinel */
    struct global *global;
    const struct variant *variant;
    uint32_t hart_count;
    uint32_t magazines; /* of each kind a hart: 2, or 1: `previous` is never used, and stays empty */
    uint64_t hole_metadata_limit_bytes;
    bool drain; /* before an allocation fails */
    /* Longest run, in frames, that an empty arena offers at an alignment of 2^index frames; 0: no such. */
    _Atomic uint64_t longest_run[ALIGN_ORDER_MAX + 1];
    _Atomic uint64_t frames_total, metadata_bytes; /* sums over the arenas, so that nobody need look at them */
    _Atomic uint64_t zero_gives;                   /* how often chunks were given as zero: seldom written */
    _Atomic uint64_t arena_transfers;              /* as a hart's `transfers`, for arenas that come and go */

    _Alignas(CACHE_PAIR) _Atomic uint32_t arenas_locked; /* guards what follows; held by add and remove */
    uint32_t arena_count;
    struct arena *arenas[ARENA_MAX];
    uint8_t node_order[NODE_MAX * NODE_MAX];
    uint32_t hart_node[HART_MAX];
    uint32_t node_count;
};

/* The calling hart, or the sentinel: a load that extends the sign is no more expensive than one that does not. */
static inline struct hart *hart_self(const struct frame_allocator *fa)
{
    return &fa->harts[(int32_t)platform_hart_id()];
}

/* Whether hart_self found that the caller has no number. */
static inline bool hart_is_none(const struct frame_allocator *fa, const struct hart *self)
{
    return self < fa->harts;
}

/* In a section, capacity not 0. A run from the magazines, refilled if need be; false if the global allocator has none.
 */
bool hart_cache_take(struct frame_allocator *fa, struct hart *hart, uint32_t order, pfn_t *first);

/* In a section, capacity not 0. Puts a free run (counts 0) into the magazines, spilling if need be. */
void hart_cache_give(struct frame_allocator *fa, struct hart *hart, uint32_t order, pfn_t first);

static inline uint32_t zero_reserve_left(const struct zero_reserve *zero)
{
    return bare_load_relaxed(&zero->left);
}

/* In a section. A run below or as long as a chunk out of memory that was given as zero: from the hart's reserve,
 * renewed if need be, or a chunk of its own. False if there is none. */
bool hart_zero_take(struct frame_allocator *fa, struct hart *hart, struct frame_request request, pfn_t *first);

/* Arenas come, go and are counted by one hart at a time. False if another hart kept that right for too long. */
bool arenas_lock(struct frame_allocator *fa);
void arenas_unlock(struct frame_allocator *fa);

/* Looks with all caches closed for a drain after which an allocation that is disturbed at each, or the removal of an
 * arena, gives up.
 */
#define RETRY_MAX 64u

/* All transfers up to some moment, and whether one was under way then. */
struct transfers {
    uint64_t sum;
    bool under_way;
};

/* Closes the caches of all harts, the caller's own too, and empties them into the global allocator; until
 * harts_drain_end all harts go past their caches and take no more than they need. Not in a section. False if some hart
 * did not leave its section in bounded time. `transfers`, unless NULL, is of a moment at which all caches that could be
 * emptied were empty.
 */
bool harts_drain_begin(struct frame_allocator *fa, struct transfers *transfers);
void harts_drain_end(struct frame_allocator *fa);

/* The one after the other. */
bool harts_drain(struct frame_allocator *fa);

/* Waits until every hart that was bypassing its cache has ended its operation; false if not in bounded time, or if a
 * hart does not answer the barrier. */
bool bypasses_wait(const struct frame_allocator *fa);

/* The transfers up to now: ordered after everything that the caller looked at before. */
struct transfers transfers_now(const struct frame_allocator *fa);

/* Whether nothing was moved between two looks but what the caller moved itself, and nothing was on its way at either.
 */
bool transfers_none(struct transfers before, struct transfers after, uint64_t own);

/* The calls of the variant with the fences and counters that core owes them. `local`: the caller is in a section. */
uint32_t global_take(struct frame_allocator *fa, struct hart *hart, bool local, struct run_kind kind, pfn_t *firsts,
                     uint32_t count);
void global_give(struct frame_allocator *fa, struct hart *hart, bool local, struct run_kind kind, pfn_t *firsts,
                 uint32_t count);
bool global_take_run(struct frame_allocator *fa, struct hart *hart, bool local, struct frame_request request,
                     pfn_t *first);
void global_give_run(struct frame_allocator *fa, struct hart *hart, bool local, struct frame_run run);

#endif
