/* SPDX-License-Identifier: MIT
 * Three schemes that say when a node that was popped off a stack may be pushed again: quiescent states (qsbr), epochs
 * (epoch) and hazard pointers (hp), as compared by Hart, McKenney, Demke Brown and Walpole, IPDPS 2006.
 *
 * 1. States of a node: on a stack (or in a queue); popped, and owned by the hart that popped it; in a bag of the hart
 *    that retired it; passed, in that hart's list of nodes that may be pushed; pushed. From retiring to pushing only
 *    that hart moves it. So the stack and the clocks are all that harts share.
 * 2. The danger is ABA. A pop reads head and head->next and then swaps; meanwhile the node on top must not be popped
 *    and pushed again. So a pop stands between retire_enter and retire_exit, and a retired node is pushed only if no
 *    hart that read it before it was popped is still between these two (qsbr, epoch), or names it in a hazard (hp).
 *    Until a popped node has passed nobody writes its `next`, so a hart that reads it under protection reads the right
 *    one.
 * 3. Bags. What a hart retires goes into its open bag. retire_collect closes that bag and stamps it with the clock,
 *    after a full fence (F1) that orders the pops before that load of the clock; bags of one stamp are one bag. A bag
 *    has passed when its stamp is GRACE moves old. The stamp is what the clock then shows, or with `epoch` up to two
 *    moves more (lockfree/reclaim_epoch.c, 3), so at most GRACE + 2 stamps have not passed: the ring of bags does not
 *    overflow.
 * 4. Clock `epoch`: lockfree/reclaim.h with its back end of that name, whose proof is there. One full fence to enter,
 *    none to exit.
 * 5. Clock `qsbr`. Each hart, when it exits, loads the clock (acquire) and stores what it saw as its own `seen`
 *    (release); no fence. The clock is moved from c to c + 1 by whichever hart finds that each hart has seen c or is
 *    offline: it loads c, passes a full fence (F2), looks at each `seen` (acquire), and moves the clock by
 *    compare-and-swap (acq_rel).
 *    - Claim. Let section S have read the node on top before it was popped and stamped s. Then the clock shows s + 3
 *      only after S was left.
 *    - The move to s + 3 needs that S's hart has seen s + 2. If it stored that after S, then S was left, and the
 *      release of that store with the acquire of the looks orders what S read before what follows.
 *    - If it loaded s + 2 before S: the move to s + 2 was made by a hart that had loaded s + 1 before its F2, and the
 *      load of the stamp, after F1, did not see s + 1. So F1 came before that F2, and that F2 before S (acquire of
 *      s + 2): S would have seen the pop.
 *    - A hart that comes online stores `seen`, passes a full fence (F3), then reads. If the looks for the move to s + 2
 *      or s + 3 missed that store, F2 came before F3 and F1 before F2, and again S would have seen the pop.
 * 6. Hazards: Concurrency Kit's ck_hp. A reader stores the pointer in its hazard, passes a full fence (F4), loads the
 *    source again and uses the pointer only if it is still there. A hart that retires has a full fence (F1) between its
 *    pops and its looks at all hazards.
 *    - Either F4 came before F1, and the look sees the hazard; or F1 came before F4, and the reader sees that the
 *      pointer is gone.
 *    - A hazard is cleared with release; the partner is the acquire of the look, here a fence.
 *    - ck_hp 0.7.1 looks at CK_HP_CACHE hazards at most and ignores the others without an error (ck_hp_member_cache:
 *      its marker is never set, and one more is written past the end). So there are at most RETIRE_HP_HARTS harts.
 * 7. Progress. enter, exit: wait-free. protect: wait-free; with hp lock-free, since it looks again only if some pop
 *    succeeded. retire, collect: bounded, wait-free. What a hart that is stopped keeps from being pushed:
 *      epoch  everything in bags, if it is stopped between enter and exit
 *      qsbr   everything in bags, if it is stopped anywhere, unless it is offline
 *      hp     RETIRE_SLOTS nodes
 * 8. Which may run beside which: all of them beside one another, but a retire_hart is used by one hart at a time. */
#ifndef FRAMELAB_STRESS_RETIRE_SCHEME_H
#define FRAMELAB_STRESS_RETIRE_SCHEME_H

#include <stdatomic.h>

#include "reclaim.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <ck_hp.h>
#pragma GCC diagnostic pop

/* Moves of a clock after which a stamp has passed. */
#define RETIRE_GRACE 3u
#define RETIRE_BAGS (RETIRE_GRACE + 2u)
/* Hazards of a hart: of what it reads, and of what it came from. */
#define RETIRE_SLOTS 2u
#define RETIRE_HP_HARTS ((uint32_t)CK_HP_CACHE / RETIRE_SLOTS)
#define RETIRE_OFFLINE UINT64_C(0)

enum retire_scheme { RETIRE_QSBR, RETIRE_EPOCH, RETIRE_HP, RETIRE_SCHEME_COUNT };

struct retire_hart;

/* On lines of its own. */
struct retire_node {
    _Alignas(CACHE_PAIR) struct retire_node *_Atomic next; /* on the stack */
    struct retire_node *later;                             /* in a bag */
    struct retire_hart *by;                                /* who retired it */
    ck_hp_hazard_t hazard;                                 /* of hp: in place of a bag */
};

struct retire_bag {
    struct retire_node *first, *last;
    uint64_t count, stamp;
};

struct retire {
    enum retire_scheme scheme;
    uint32_t hart_count;
    struct retire_hart *harts;
    _Alignas(CACHE_PAIR) struct retire_node *_Atomic head; /* of the stack */
    _Alignas(CACHE_PAIR) _Atomic uint64_t clock;           /* of qsbr, from 1 */
    struct reclaim epoch;
    _Alignas(CACHE_PAIR) ck_hp_t hp;
};

/* The first line is looked at by others. */
struct retire_hart {
    _Alignas(CACHE_PAIR) _Atomic uint64_t seen; /* of qsbr: the clock; or RETIRE_OFFLINE */
    void *hazards[RETIRE_SLOTS];                /* of hp */
    _Alignas(CACHE_PAIR) struct reclaim_hart epoch;
    _Alignas(CACHE_PAIR) struct retire *all;
    struct retire_bag open, closed[RETIRE_BAGS]; /* closed: the oldest first */
    uint32_t closed_count;
    struct retire_bag ready; /* has passed: the hart's own */
    uint64_t uncollected;    /* retired since retire_collect */
    uint64_t pending;        /* retired, not passed */
    uint64_t peak;           /* the most that `pending` was */
    _Alignas(CACHE_PAIR) ck_hp_record_t hp;
};

const char *retire_scheme_name(enum retire_scheme scheme);

/* Whether the scheme is for so many harts. */
bool retire_scheme_takes(enum retire_scheme scheme, uint32_t harts);

/* An empty stack and `harts` harts, offline. `all`, `hart`: zeroed by the caller, as long-lived as their use, aligned.
 */
void retire_init(struct retire *all, enum retire_scheme scheme, struct retire_hart *hart, uint32_t harts);

/* Before a hart's first section, and after its last: in between, with qsbr, all others wait for it. */
void retire_online(struct retire_hart *me);
void retire_offline(struct retire_hart *me);

/* Moves the clock on if that is allowed now, and what has passed into `ready`. Not in a section. */
void retire_collect(struct retire_hart *me);

/* Lock-free. The node is the caller's, or out of `ready`. Release, partner: the acquire of a pop or a protect. */
void retire_push(struct retire *all, struct retire_node *node);

/* Pushes up to `most` of what is ready, and returns how many. Not in a section. */
uint64_t retire_push_ready(struct retire_hart *me, uint64_t most);

/* ---- sections: in line, of a scheme that the compiler knows ---- */

#define RETIRE_INLINE static inline __attribute__((always_inline))

RETIRE_INLINE void retire_enter(struct retire_hart *me, enum retire_scheme scheme)
{
    if (scheme == RETIRE_EPOCH) {
        reclaim_enter(&me->epoch);
    }
}

RETIRE_INLINE void retire_exit(struct retire_hart *me, enum retire_scheme scheme)
{
    if (scheme == RETIRE_EPOCH) {
        reclaim_exit(&me->epoch);
    } else if (scheme == RETIRE_QSBR) {
        uint64_t now = atomic_load_explicit(&me->all->clock, memory_order_acquire);
        atomic_store_explicit(&me->seen, now, memory_order_release);
    } else {
        ck_pr_fence_release();
        for (uint32_t slot = 0; slot < RETIRE_SLOTS; slot++) {
            ck_hp_set(&me->hp, slot, NULL);
        }
    }
}

/* In a section: what `source` points to; it is not pushed again before the section's end or, with hp, before the slot's
 * next use. */
RETIRE_INLINE struct retire_node *retire_protect(struct retire_hart *me, uint32_t slot,
                                                 struct retire_node *_Atomic *source, enum retire_scheme scheme)
{
    struct retire_node *node = atomic_load_explicit(source, memory_order_acquire);
    while (scheme == RETIRE_HP && node != NULL) {
        ck_hp_set_fence(&me->hp, slot, node);
        struct retire_node *again = atomic_load_explicit(source, memory_order_acquire);
        if (again == node) {
            break;
        }
        node = again;
    }
    return node;
}

/* In a section: a node off the stack, the caller's from now on; NULL if it is empty. Lock-free. The acquire of a
 * success makes what its last owner wrote visible; relaxed otherwise, since it is protected anew. */
RETIRE_INLINE struct retire_node *retire_pop(struct retire_hart *me, enum retire_scheme scheme)
{
    for (;;) {
        struct retire_node *top = retire_protect(me, 0, &me->all->head, scheme);
        if (top == NULL) {
            return NULL;
        }
        struct retire_node *next = atomic_load_explicit(&top->next, memory_order_relaxed);
        if (atomic_compare_exchange_strong_explicit(&me->all->head, &top, next, memory_order_acq_rel,
                                                    memory_order_relaxed)) {
            return top;
        }
    }
}

static inline void retire_bag_add(struct retire_bag *bag, struct retire_node *node)
{
    node->later = NULL;
    if (bag->count++ == 0) {
        bag->first = node;
    } else {
        bag->last->later = node;
    }
    bag->last = node;
}

/* Takes a node out of a bag that is not empty. */
static inline struct retire_node *retire_bag_take(struct retire_bag *bag)
{
    struct retire_node *node = bag->first;
    bag->first = node->later;
    bag->count--;
    return node;
}

/* Gives up a node that no section to come can find; it is in `ready` once it has passed. In a section or not. */
RETIRE_INLINE void retire_node(struct retire_hart *me, struct retire_node *node, enum retire_scheme scheme)
{
    me->uncollected++;
    if (++me->pending > me->peak) {
        me->peak = me->pending;
    }
    if (scheme == RETIRE_HP) {
        node->by = me;
        ck_hp_retire(&me->hp, &node->hazard, node, node);
    } else {
        retire_bag_add(&me->open, node);
    }
}

#endif
