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
 * 3. The drain handshake, an asymmetric Dekker. The owner stores inside = IN_SECTION, then loads `drain`; the drainer
 *    adds 1 to `drain`, then loads `inside`. One of the two must see the other's store. Ordinarily both sides need
 *    a full fence between store and load; here the owner's is platform_barrier_light(), a compiler barrier, and the
 *    drainer's is platform_barrier_heavy(), which makes every hart, the owner too, pass a full fence. If the owner's
 *    store came before that fence, the drainer sees it and waits for the section's end; if after, the owner's load
 *    comes after it too and sees drain > 0: the cache is closed.
 *    - hart_exit stores inside = OUTSIDE with release, as hart_hold stores PAST; the drainer's load acquires: it sees
 *      the magazines as the owner left them.
 *    - The drainer takes 1 from drain with release; hart_enter loads with acquire: the owner sees them emptied.
 *    - Several drainers may close one cache; `emptying`, a lock, says which of them touches it, one cache at a time.
 *    - inside = IN_SECTION and the drainer's first load may be relaxed: the heavy barrier orders them.
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
 *    heavy barrier, after what is removed was taken off, orders the two as the drain's does `inside`: either
 *    bypasses_wait sees the operation, or the operation does not see the arena. The removal holds nothing that a hart
 *    that bypasses its cache could want. A drainer, which is in neither state, touches the variant only for what it
 *    finds in a cache, and while the removal keeps them closed and empty it finds nothing.
 * 7. Who is no hart (HART_NONE in platform.h) finds the sentinel, which stands in front of hart 0 and whose cache is
 *    always closed: its `drain` is 1 from init on, and drainers never come by. So nobody is asked for a number on a
 *    hit, and who has none misses; every operation asks once when it has missed, before it calls hart_begin or touches
 *    anything, and answers FRAME_BAD_HART. Any number of callers may be the sentinel at one time: all that they do to
 *    it are atomic stores to `inside`, by which they may take one another for an interrupt, and miss, and to its count
 *    of bypasses, which nobody adds up. It has no magazines.
 * 8. Interrupts (P12). Between any two instructions of an operation its hart may be interrupted, and the handler call
 *    the allocator; and be interrupted in turn. Such operations are nested like calls: what interrupts ends before what
 *    was interrupted goes on. States of `inside`, which a hart's outermost operation alone writes:
 *
 *        OUTSIDE     hart_enter >   IN_SECTION   the cache is the hart's
 *                    < hart_exit, hart_end
 *        OUTSIDE     hart_hold  >   PAST         past the cache, or draining, looking with all caches closed, adding or
 *                    < hart_end, hart_let_go     removing an arena, zeroing in idle time
 *
 *    - An operation that finds `inside` not OUTSIDE is nested. The look is a load before hart_enter's store. An
 *      interrupt between the two finds OUTSIDE and leaves OUTSIDE: it was an operation of its own, before this one.
 *    - A nested operation leaves alone whatever operations of its hart that are not nested read and write as if nobody
 *      came between: `inside`, the cache, `transfers`, `bypass_seq`, `patience`, `counts`; and of the variant
 *      likewise (struct caller in variant.h). It has its own words in their place: nested_transfers, nested_bypasses
 *      and spare->nested, which nested operations change by atomic read-modify-writes alone, so that it does not matter
 *      at which of them another level comes between. All else it does like another hart, beside whatever step it has
 *      interrupted.
 *    - Lifetime of arenas: nested_bypasses is how many are under way. The removal waits until it is 0. An arena that
 *      the interrupted operation may use is safe by that one's own state, which does not change meanwhile.
 *    - It never waits for its own hart, which would be for ever: a drain by it passes over the cache of a hart that it
 *      has interrupted in a section, and over caches that the interrupted operation is emptying (`emptying` says who);
 *      and transfers_now does not take what its own hart is in the middle of for a transfer under way. So
 *      FRAME_NO_MEMORY then means that nothing met the request but perhaps what that cache and the interrupted
 *      operation hold (P5's one exception; spare->nested.failures counts these).
 *    - For other harts it waits for NESTED_TURNS at most, and looks NESTED_LOOKS times: two harts, each interrupted in
 *      its section, of which each handler waits for the other's section, would else both lose all their patience. So in
 *      a handler FRAME_CONTENDED comes soon.
 *    - What cannot be so (hot-plug, drain, zeroing in idle time, a variant that cannot be nested) answers FRAME_BUSY.
 *    - Cost of a hit: that load, and the branch on it.
 * 9. Harts come and go (P13). A number belongs to the allocator from init on (IN), until its hart leaves
 *    (frame_hart_leave):
 *
 *        IN    leave: its cache is closed for good, emptied as by a drain           > GONE
 *        GONE  join: a node is noted, the number is IN, a full fence, the cache is open   > IN
 *
 *    - While GONE its `drain` has one more, its cache is empty, and whoever has the number is refused. A drain passes
 *      over it, a barrier that it does not answer is no matter. A drainer adds to `drain`, passes a full fence (the
 *      barrier), and looks whether a hart is GONE; who joins says that it is IN, passes a full fence, and looks at
 *      `drain` when it wants its cache. So either the drainer sees it, or it sees that its cache is closed.
 *    - A hart that ended without leaving is one that was stopped, until somebody takes its number over
 *      (frame_hart_take_over), who vouches that it is gone and that he has seen all that it did (platform_hart_id). If
 *      it ended between two operations that is all. If inside one, what it owed in the variant's shared state is done
 *      first (repair), beside operations of others and arenas that come and go: so it is an operation past the cache
 *      and a transfer of its own, if the hart ended in neither (repair_begin). Then what was for it alone is made
 *      whole: its cache, if it was IN_SECTION; caches that it was emptying; of the variant's memory likewise
 *      (repair_local). Then, if it was between harts_drain_begin and harts_drain_end, the harts' `drain`: nobody knows
 *      how many of them it had got to, so all drains are kept off (drains_recount), and when none is under way each is
 *      made what it is without any. Last the words by which others know that something of it is under way: transfers,
 *      chunk_out, bypass_seq, the nested ones.
 *    - For that, what lies in a hart's own memory is changed in an order in which at no instruction a run lies in two
 *      places: out of the one before it is in the other. What was on its way is lost (frame_account.lost). An exchange
 *      of magazines that was half done is seen by both being the same one.
 *    - Who ended while it changed arenas, or with a variant that cannot repair, is not taken over: FRAME_BUSY. Nor who
 *      counted them inside another call (in a handler): the lock does not say which it was for. Who counted them
 *      outside any had changed nothing, and its lock is released. */
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

/* What a hart is in the middle of: point 8. */
enum { OUTSIDE, IN_SECTION, PAST };

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

/* Events of a hart, relaxed: for statistics. */
struct hart_counts {
    _Atomic uint64_t global_takes, global_gives, refill_frames, spill_frames;
    _Atomic uint64_t drains, drain_timeouts, bypasses, failures, contentions;
    _Atomic uint64_t frames_known_zero, frames_zeroed;
    _Atomic uint64_t nested;          /* operations; of those that are nested */
    _Atomic uint64_t taken[NODE_MAX]; /* frames that came from each node's arenas */
};

struct hart {
    /* The owner's line. */
    _Alignas(CACHE_PAIR) _Atomic uint32_t inside; /* OUTSIDE, IN_SECTION, PAST; written by the owner only */
    _Atomic uint32_t drain;                       /* drainers that have closed the cache; written by them only */
    _Atomic uint32_t emptying;                    /* 1 + the hart that is at it; 0: none */
    _Atomic uint32_t bypass_seq;                  /* odd: in an operation past the cache; the owner writes it */
    struct cache caches[CACHE_ORDERS];            /* these two touched in a section only */
    struct refcount_view views[HART_VIEWS];
    struct zero_reserve zero;
    _Atomic uint32_t gone;     /* 1: the number is nobody's: point 9 */
    _Atomic uint32_t node;     /* its NUMA node */
    _Atomic uint32_t draining; /* drains of the hart under way: from drain_begin to drain_end */
    uint32_t
        patience; /* the owner's alone: turns before its next look with all caches closed for a drain (allocator.c) */
    struct frame_list *list; /* constant; NULL unless the variant's cache is CACHE_LIST: asked before the magazines */

    /* Owner writes, others read: on lines of their own. */
    _Alignas(CACHE_PAIR) _Atomic uint64_t transfers;
    _Atomic uint64_t nested_transfers; /* NESTED_TRANSFER for each, and 1 while it is under way */
    _Atomic uint32_t chunk_out; /* 1: frame_zero_idle has a chunk of the global allocator out; see transfers_now */
    _Atomic uint32_t nested_bypasses; /* nested operations under way */
    struct hart_counts counts;        /* of operations that are not nested */
    struct hart_spare *spare;
};

/* What is seldom wanted of a hart. */
struct hart_spare {
    struct hart_counts nested;                   /* of operations that are nested */
    struct magazine *magazines[CACHE_ORDERS][2]; /* of each cache, whichever is loaded; constant */
};

/* The place of a hart in an array is a part of every hit: two instructions. */
_Static_assert(sizeof(struct hart) == 5 * 256, "a multiple that is quick to make");

/* Of nested_transfers: far above the depth to which interrupts nest. */
#define NESTED_TRANSFER (UINT64_C(1) << 16)

/* Adds to a count of the calling hart. */
#define HART_COUNT(hart, caller, what, n)                                                                              \
    hart_count(&((caller).nested ? &(hart)->spare->nested : &(hart)->counts)->what, (caller).nested, n)

static inline void hart_count(_Atomic uint64_t *count, bool nested, uint64_t n)
{
    if (nested) {
        bare_add_relaxed(count, n);
    } else {
        counter_add(count, n);
    }
}

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

/* Whether an operation of the calling hart that begins now is nested. */
static inline bool hart_is_inside(const struct hart *hart)
{
    return bare_load_relaxed(&hart->inside) != OUTSIDE;
}

/* Begins a section; false if the cache is being drained, or if the caller interrupted an operation: go past it. */
static inline bool hart_enter(struct hart *hart)
{
    if (__builtin_expect(hart_is_inside(hart), 0)) {
        return false;
    }
    bare_store_relaxed(&hart->inside, IN_SECTION);
    platform_barrier_light(); /* partner: platform_barrier_heavy in harts_drain_begin */
    if (__builtin_expect(bare_load_acquire(&hart->drain) == 0, 1)) {
        return true;
    }
    counter_add(&hart->counts.bypasses, 1);
    bare_store_release(&hart->inside, OUTSIDE);
    return false;
}

static inline void hart_exit(struct hart *hart)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->inside) == IN_SECTION);
    bare_store_release(&hart->inside, OUTSIDE);
}

/* Begins an operation that is in no section, and makes no claim on arenas (bypass_begin does). To hart_let_go with the
 * answer, which says whether it is nested. */
static inline struct caller hart_hold(struct hart *hart)
{
    FRAME_DEBUG_ASSERT(platform_hart_id() != HART_NONE); /* a variant would index by it */
    struct caller caller = {.hart = platform_hart_id(), .nested = hart_is_inside(hart)};
    if (!caller.nested) {
        bare_store_release(&hart->inside, PAST);
        platform_barrier_light(); /* for the compiler: what interrupts from here on is nested */
    }
    return caller;
}

static inline void hart_let_go(struct hart *hart, struct caller caller)
{
    if (!caller.nested) {
        bare_store_release(&hart->inside, OUTSIDE);
    }
}

/* `bypass_seq` has one writer, so a load and a store make an increment. It may wrap: a waiter that misses a whole round
 * of it waits for an operation more. */
static inline uint32_t bypass_next(const struct hart *hart)
{
    return bare_load_relaxed(&hart->bypass_seq) + 1;
}

/* Held: from here to bypass_end no arena goes that the caller can find. */
static inline void bypass_begin(struct hart *hart, struct caller caller)
{
    if (caller.nested) {
        (void)bare_add_relaxed(&hart->nested_bypasses, 1);
        /* In the middle of a join, before its fence, who removes an arena may still see a hart that is gone, and does
         * without its answer to the barrier (bypasses_wait). Partner: that barrier, which is a fence of its own. */
        fence_seq_cst();
    } else {
        /* Release: whoever waited for the operation before and sees this one has seen that one end. */
        FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->bypass_seq) % 2 == 0);
        bare_store_release(&hart->bypass_seq, bypass_next(hart));
    }
    platform_barrier_light(); /* partner: platform_barrier_heavy in bypasses_wait */
}

/* Release, partner of the acquire of whoever waits: what was done with an arena is done. */
static inline void bypass_end(struct hart *hart, struct caller caller)
{
    if (caller.nested) {
        (void)bare_sub_release(&hart->nested_bypasses, 1);
    } else {
        FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->bypass_seq) % 2 == 1);
        bare_store_release(&hart->bypass_seq, bypass_next(hart));
    }
}

/* Begins an operation: in a section, past the cache, or nested. To hart_end with the answer, and to all that may touch
 * the hart's own memory. */
static inline struct caller hart_begin(struct hart *hart)
{
    FRAME_DEBUG_ASSERT(platform_hart_id() != HART_NONE);
    if (hart_enter(hart)) {
        return (struct caller){.hart = platform_hart_id(), .local = true};
    }
    struct caller caller = hart_hold(hart);
    HART_COUNT(hart, caller, nested, caller.nested);
    bypass_begin(hart, caller);
    return caller;
}

static inline void hart_end(struct hart *hart, struct caller caller)
{
    if (caller.local) {
        hart_exit(hart);
    } else {
        bypass_end(hart, caller);
        hart_let_go(hart, caller);
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
    bool nests; /* variant.h */
    /* Longest run, in frames, that an empty arena offers at an alignment of 2^index frames; 0: no such. */
    _Atomic uint64_t longest_run[ALIGN_ORDER_MAX + 1];
    _Atomic uint64_t frames_total, metadata_bytes; /* sums over the arenas, so that nobody need look at them */
    _Atomic uint64_t zero_gives;                   /* how often chunks were given as zero: seldom written */
    _Atomic uint64_t arena_transfers;              /* as a hart's `transfers`, for arenas that come and go */
    _Atomic uint32_t drains_off;                   /* 1 + who counts drains anew: none may begin; 0: nobody */
    _Atomic uint32_t drains_stale;                 /* 1: some hart's `drain` has more than there are drains */
    _Atomic uint32_t taken_over;                   /* harts that had ended and were taken over */

    _Alignas(CACHE_PAIR) _Atomic uint32_t
        arenas_locked; /* guards what follows: who holds it (arenas_lock); 0: nobody */
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

/* Whether the calling hart is none, or has left. */
static inline bool hart_is_absent(const struct frame_allocator *fa, const struct hart *self)
{
    return hart_is_none(fa, self) || bare_load_relaxed(&self->gone) != 0; /* its own */
}

/* Why an operation of the calling hart cannot begin; FRAME_OK if it can. */
static inline enum frame_status hart_refused(const struct frame_allocator *fa, const struct hart *self)
{
    if (hart_is_absent(fa, self)) {
        return FRAME_BAD_HART;
    }
    return !fa->nests && hart_is_inside(self) ? FRAME_BUSY : FRAME_OK;
}

/* In a section, capacity not 0. A run from the magazines, refilled if need be; false if the global allocator has none.
 */
bool hart_cache_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, uint32_t order, pfn_t *first);

/* In a section, capacity not 0. Puts a free run (counts 0) into the magazines, spilling if need be. */
void hart_cache_give(struct frame_allocator *fa, struct hart *hart, struct caller caller, uint32_t order, pfn_t first);

static inline uint32_t zero_reserve_left(const struct zero_reserve *zero)
{
    return bare_load_relaxed(&zero->left);
}

/* In a section. A run below or as long as a chunk out of memory that was given as zero: from the hart's reserve,
 * renewed if need be, or a chunk of its own. False if there is none. */
bool hart_zero_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_request request,
                    pfn_t *first);

/* Arenas come, go and are counted by one hart at a time. FRAME_CONTENDED if another hart kept that right for too long,
 * FRAME_BUSY if the caller interrupted who has it. */
enum frame_status arenas_lock(struct frame_allocator *fa);
/* Whether the calling hart has it: an operation that the caller interrupted, or the caller itself. */
bool arenas_are_locked_here(const struct frame_allocator *fa);
void arenas_unlock(struct frame_allocator *fa);

/* Looks with all caches closed for a drain after which an allocation that is disturbed at each, or the removal of an
 * arena, gives up.
 */
#define RETRY_MAX 64u

/* Turns that a drain waits, in all, for other harts to leave their sections. A section is a few hundred instructions,
 * but its hart may be waiting for a core: with platform_relax, this is some tenths of a second on the host. */
#ifndef DRAIN_TURNS /* a test may have less patience */
#define DRAIN_TURNS 500000u
#endif

/* Of a nested operation: turns that it waits for other harts in all, and looks. */
#define NESTED_TURNS 64u
#define NESTED_LOOKS 4u

/* All transfers up to some moment, and whether one was under way then. */
struct transfers {
    uint64_t sum;
    bool under_way;
};

/* Closes the caches of all harts, the caller's own too, and empties them into the global allocator; until
 * harts_drain_end all harts go past their caches and take no more than they need. Held (hart_hold). DRAINED_PARTLY if
 * some hart did not leave its section in bounded time; nested, the caller's own need not. `transfers`, unless NULL, is
 * of a moment at which all caches that could be emptied were empty. DRAINED_NONE: no cache is closed, and nothing else
 * done. */
enum drained { DRAINED_NONE, DRAINED_PARTLY, DRAINED_ALL };
enum drained harts_drain_begin(struct frame_allocator *fa, struct caller caller, struct transfers *transfers);
void harts_drain_end(struct frame_allocator *fa, struct caller caller, enum drained drained);

/* The one after the other. */
bool harts_drain(struct frame_allocator *fa, struct caller caller);

/* Takes the right to empty a hart's cache (`emptying`). False if another drainer had it for too long. */
bool hart_cache_claim(struct hart *hart, struct caller caller);
/* Held, the hart's own cache closed: empties it. False if another drainer had it for too long. */
bool hart_cache_leave(struct frame_allocator *fa, struct caller caller);
/* Of a hart that ended in a section, or of which somebody ended while he emptied it; touched by nobody: makes it
 * whole. */
void hart_cache_repair(struct frame_allocator *fa, struct hart *hart);
/* By the hart `number`. When no drain is under way, which is waited for, `turns` at most: every hart's `drain` becomes
 * what it is then, and drains_stale 0. False, and nothing done, if one does not end by then, or another hart is at it:
 * who ends a drain later tries again (harts_drain_end), and so does who takes a hart over. */
bool drains_recount(struct frame_allocator *fa, uint32_t number, uint32_t turns);
/* Around whatever changes a hart's `drain`. False: they are being recounted, for too long. */
bool drain_begin(struct frame_allocator *fa, struct caller caller);
void drain_end(struct hart *self);

/* Waits until every hart that was bypassing its cache has ended its operation; false if not in bounded time, or if a
 * hart does not answer the barrier. */
bool bypasses_wait(const struct frame_allocator *fa);

/* The transfers up to now: ordered after everything that the caller looked at before. Nested, of what the caller's own
 * hart is in the middle of nothing is said to be under way. */
struct transfers transfers_now(const struct frame_allocator *fa, struct caller caller);

/* Whether nothing was moved between two looks but what the caller moved itself, and nothing was on its way at either.
 */
bool transfers_none(struct transfers before, struct transfers after, uint64_t own);

/* The calls of the variant with the fences and counters that core owes them. */
uint32_t global_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct run_kind kind,
                     pfn_t *firsts, uint32_t count);
void global_give(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct run_kind kind,
                 pfn_t *firsts, uint32_t count);
bool global_take_run(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_request request,
                     pfn_t *first);
void global_give_run(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_run run);

#endif
