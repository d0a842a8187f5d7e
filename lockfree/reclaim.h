/* SPDX-License-Identifier: MIT
 * Reclamation: when what was popped off a stack may be pushed again. One limbo over a choice of grace-period sources.
 *
 * 1. The danger. Popping a Treiber stack reads head and head->next and swaps head for next by compare-and-swap. If
 *    between the reading and the swap the entry were popped and pushed again, the swap would succeed with a stale next
 *    (ABA). So pops stand in sections, and an entry is not pushed before every section that was open when it was
 *    popped has been left. Or the head counts its pops (`tag`); then nothing waits.
 * 2. A back end is a grace-period source. It counts grace periods in some way, in 64 bits: at a move a nanosecond it
 *    would come round after 584 years, so it does not. It keeps this promise:
 *
 *        (G)  what has the cookie s may be pushed once the source shows s + grace, or more: every section that was open
 *             at the pop has been left, and what was read in it was read before what follows reclaim_passed
 *
 *    The cookie is taken after the pop, with a full fence in between, in the section of the pop. An old cookie costs
 *    nothing: however long ago it was, it has passed. How each source keeps (G) stands with it:
 *        epoch      reclaim_epoch.c             everywhere
 *        tag        reclaim_tag.c               where the machine has a double-width compare-and-swap
 *        urcu-memb  stress/host/reclaim_urcu.c  on a platform that brings it: liburcu needs threads and their library
 *        urcu-qsbr  the same
 * 3. Limbo holds entries whose cookie has not passed when they are to be pushed. It is a stack that is pushed to and
 *    emptied as a whole, so it has no ABA of its own. Whoever polls moves the source on, if its rule allows it, and
 *    when it has moved since limbo was last emptied empties it: what has passed is handed to the call, the rest goes
 *    back, at most `grace` + 1 times an entry. One hart polls at a time, by a try-lock; nobody waits for it. How long
 *    an entry stays: until a poll finds that the source has moved and that the entry has passed. With `epoch` that is
 *    the third poll after the pop, or one more, if none of them meets a section that hangs. Polls come with a deferral
 *    that finds LIMBO_BEFORE_POLL entries in limbo, with every so many pops of a hart (shard.c), with a chunk bitmap
 *    that is put, and with the barrier; while harts need none of these, what is in limbo stays there. So may one that
 *    was deferred by a hart whose look at the source was old, though it has passed, until the source moves again.
 * 4. Bound. An entry is in limbo once at most, and its link is a part of it: limbo holds at most as many as there are
 *    entries (chunks and chunk bitmaps, for the index) and takes no memory, whatever stops. Nothing less holds while a
 *    section hangs, be it that its hart does not run. Else with LIMBO_BEFORE_POLL in it every deferral polls. With one
 *    hart and source `epoch`, if it defers at most d entries in one section, each section's first poll moves the
 *    source, and three sections later its entries are out: there are never more than LIMBO_BEFORE_POLL +
 *    RECLAIM_GRACE_MAX * d (the index: RELIST_MAX in shard.c). Other harts may add theirs while one polls; four threads
 *    on two processors have been seen to come to 25, and liburcu's sources, which wait for a thread to run, to 79.
 *    `pending` is what is in limbo, no less at any moment, and exact at rest; `peak` is the most that `pending` ever
 *    was, exactly: both change by atomic read-modify-writes alone.
 * 5. Progress. enter, exit, cookie, passed, pop: as the back end says. defer: lock-free (a push). poll: lock-free; the
 *    pushes that it calls are. barrier: bounded. A hart stopped in a section stops the source, one stopped in a poll
 *    keeps limbo from being emptied: then everything popped goes to limbo and stays there. What is in limbo is still
 *    found by a scan (pool_scan.c): that costs the others time and no memory. With `tag` it costs nothing.
 * 6. Interrupts. Neither a section nor a poll can be nested by a handler that came in the middle of one: between
 *    ck_epoch_begin's store of `active` and its fence, a section nested in it would believe that it is seen to be in
 *    one, and on a weakly ordered machine it is not yet. So who interrupts uses a reclaim_hart that has neither
 *    (reclaim_add_nested), and pops nothing; what it defers waits for another's poll, which the bound of point 4 leaves
 *    out of account.
 * 7. Which may run beside which: all of them beside one another, but a reclaim_hart is used by its hart only, and
 *    reclaim_init comes first. */
#ifndef FRAMELAB_LOCKFREE_RECLAIM_H
#define FRAMELAB_LOCKFREE_RECLAIM_H

#include "ck.h"

/* The most that a back end's grace may be. */
#define RECLAIM_GRACE_MAX 3u

struct reclaim;
struct reclaim_hart;

struct reclaim_backend {
    const char *name;
    const char *progress;   /* of enter, exit and the source; what a hart stopped in a section costs */
    uint32_t grace;         /* see (G); 0: nothing waits */
    uint32_t barrier_turns; /* after which reclaim_barrier gives up: many times what `grace` moves take */
    /* False if this machine lacks what is needed. */
    bool (*init)(struct reclaim *reclaim);
    void (*add_hart)(struct reclaim_hart *hart);
    /* May nest. On the hart's own thread. */
    void (*enter)(struct reclaim_hart *hart);
    void (*exit)(struct reclaim_hart *hart);
    /* What the source shows. Acquire: see (G). */
    uint64_t (*now)(const struct reclaim *reclaim);
    /* Moves the source on, or sees to it that it will move; never waits. In a section or not; by one hart at a time. */
    void (*move)(struct reclaim_hart *hart);
    /* See reclaim_jump. */
    void (*jump)(struct reclaim *reclaim, uint64_t advances);
    void *own; /* the back end's, for these functions; or NULL */
};

extern const struct reclaim_backend reclaim_epoch, reclaim_tag;

/* The platform's part: its own back ends, NULL at the end. */
const struct reclaim_backend *const *platform_reclaim_backends(void);

/* Names of all back ends that there may be, NULL at the end; the default first. */
extern const char *const reclaim_names[];

/* What waits in limbo; a part of the object. Only who is to push the object touches it. */
struct reclaim_entry {
    ck_stack_entry_t link;
    uint64_t cookie; /* of its last pop; 0: never */
};

typedef void reclaim_call(struct reclaim_entry *entry);

struct reclaim {
    /* Constant. */
    const struct reclaim_backend *backend;
    reclaim_call *call;
    uint64_t start;                        /* what the source showed at init */
    _Alignas(CACHE_PAIR) ck_epoch_t epoch; /* of the back end `epoch`, and */
    _Atomic uint64_t source;               /* the same of 64 bits, written with `polling` */
    _Alignas(CACHE_PAIR) ck_stack_t limbo;
    _Atomic uint32_t pending;
    _Atomic uint32_t peak;
    _Alignas(CACHE_PAIR) _Atomic uint32_t polling; /* 1 + who does; 0: nobody. Guards what follows */
    uint64_t polled;                               /* what the source showed when limbo was last emptied */
};

/* One hart's part. */
struct reclaim_hart {
    const struct reclaim_backend *backend; /* the reclaim's, at hand */
    struct reclaim *reclaim;
    bool nested;             /* see reclaim_add_nested */
    uint32_t number;         /* among its harts: who polls says so */
    ck_epoch_record_t epoch; /* of the back end `epoch` */
};

/* `reclaim` and harts: zeroed, and as long-lived as their use. `call` gets what leaves limbo. False if there is no back
 * end of this name here. */
bool reclaim_init(struct reclaim *reclaim, const char *name, reclaim_call *call);
void reclaim_add_hart(struct reclaim *reclaim, struct reclaim_hart *hart);
/* For operations that may interrupt others of the hart, and one another: without a section, it can look at the source
 * and defer, no more; its polls do nothing. */
void reclaim_add_nested(struct reclaim *reclaim, struct reclaim_hart *hart);

/* Concurrency Kit's epoch has 32 bits. What it was when it was read as `epoch`, if `source` is what it was at most 2^32
 * - 1 moves before. */
static inline uint64_t reclaim_epoch_extend(uint64_t source, unsigned int epoch)
{
    return source + (uint32_t)(epoch - (uint32_t)source);
}

/* The default's part is in line: a call through a pointer is felt here. */
static inline void reclaim_enter(struct reclaim_hart *hart)
{
    FRAME_DEBUG_ASSERT(!hart->nested);
    shared_begin();
    if (__builtin_expect(hart->backend != &reclaim_epoch, 0)) {
        hart->backend->enter(hart);
        return;
    }
    ck_epoch_begin(&hart->epoch, NULL);
    ck_pr_fence_load(); /* reclaim_epoch.c, 6 */
}

static inline void reclaim_exit(struct reclaim_hart *hart)
{
    FRAME_DEBUG_ASSERT(hart->backend != &reclaim_epoch || hart->epoch.active > 0);
    shared_begin();
    if (__builtin_expect(hart->backend != &reclaim_epoch, 0)) {
        hart->backend->exit(hart);
        return;
    }
    ck_epoch_end(&hart->epoch, NULL);
}

/* Acquire: see (G), and reclaim_epoch.c, 3. */
static inline uint64_t reclaim_now(const struct reclaim *reclaim)
{
    shared_begin();
    return __builtin_expect(reclaim->backend != &reclaim_epoch, 0) ? reclaim->backend->now(reclaim)
                                                                   : bare_load_acquire(&reclaim->source);
}

/* In a section, after a pop: what to remember of the moment. Never 0. It may be ahead of the source (reclaim_epoch.c,
 * 3). */
static inline uint64_t reclaim_cookie(const struct reclaim_hart *hart)
{
    const struct reclaim *reclaim = hart->reclaim;
    ck_pr_fence_atomic_load(); /* the pop before the look at the source */
    uint64_t now = reclaim_now(reclaim);
    if (__builtin_expect(hart->backend != &reclaim_epoch, 0)) {
        return now;
    }
    FRAME_DEBUG_ASSERT(hart->epoch.active > 0);
    return reclaim_epoch_extend(now, shared_epoch_load(&reclaim->epoch));
}

/* True if every section that was open at the cookie's moment has been left; it stays true, however old the cookie. */
static inline bool reclaim_passed(const struct reclaim_hart *hart, uint64_t cookie)
{
    uint64_t now = reclaim_now(hart->reclaim);
    /* What the sections read, and the caller's look at the cookie, before what it now writes: a push orders stores
     * alone, and who pops the entry then gives it a new cookie. */
    ck_pr_fence_acquire();
    return cookie == 0 || now >= cookie + hart->backend->grace;
}

/* Double-width pops: reclaim_tag.c. */
bool reclaim_try_pop_tagged(ck_stack_t *stack, ck_stack_entry_t **entry);

/* In a section: pops an entry that is to be given a cookie before anything else is done with it. False if the stack is
 * empty or a race was lost. */
static inline bool reclaim_try_pop(const struct reclaim_hart *hart, ck_stack_t *stack, ck_stack_entry_t **entry)
{
    shared_begin();
    return __builtin_expect(hart->backend == &reclaim_tag, 0) ? reclaim_try_pop_tagged(stack, entry)
                                                              : ck_stack_trypop_upmc(stack, entry);
}

/* Has `call(entry)` done once entry->cookie has passed, on whichever hart polls then. */
void reclaim_defer(struct reclaim_hart *hart, struct reclaim_entry *entry);

/* Moves the source on if its rule allows it, and empties limbo of what has passed. False if another hart is at it. */
bool reclaim_poll(struct reclaim_hart *hart);

/* Not in a section: polls until everything deferred before the call has been done and every section open before it has
 * been left; false if that did not come about in bounded time. */
bool reclaim_barrier(struct reclaim_hart *hart);

/* The hart has ended, at any instruction, and is taken over: its section is over, and its poll. What it had emptied
 * limbo of and not yet pushed is on no stack any more. */
void reclaim_hart_ended(struct reclaim_hart *hart);

/* Entries in limbo, the most there ever were, and moves of the source since init. */
uint32_t reclaim_pending(const struct reclaim *reclaim);
uint32_t reclaim_peak(const struct reclaim *reclaim);
uint64_t reclaim_advances(const struct reclaim *reclaim);

/* For tests, at rest: no hart is in a section or polls. As if the source had moved so many times more. */
void reclaim_jump(struct reclaim *reclaim, uint64_t advances);

#endif
