/* SPDX-License-Identifier: MIT
 * Three schemes that say when a node that was popped off a stack may be pushed again: quiescent states (qsbr), epochs
 * (epoch) and hazard pointers (hp), as compared by Hart, McKenney, Demke Brown and Walpole, IPDPS 2006.
 *
 * 1. States of a node: on a stack (or in a queue); popped, and owned by the hart that popped it; in a bag of the hart
 *    that retired it; passed, in that hart's list of nodes that may be pushed; pushed. From retiring to pushing only
 *    that hart moves it. So the stack and the sources are all that harts share.
 * 2. The danger is ABA. A pop reads head and head->next and then swaps; meanwhile the node on top must not be popped
 *    and pushed again. So a pop stands between smr_enter and smr_exit, and a retired node is pushed only if no
 *    hart that read it before it was popped is still between these two (qsbr, epoch), or names it in a hazard (hp).
 *    Until a popped node has passed nobody writes its `next`, so a hart that reads it under protection reads the right
 *    one.
 * 3. Bags. What a hart retires goes into its open bag. smr_collect closes that bag and gives it the cookie of that
 *    moment, after a full fence (F1) that orders the pops before that load of the source; bags of one cookie are one
 *    bag. A bag has passed when its cookie is GRACE moves old. The cookie is what the source then shows, or with
 *    `epoch` up to two moves more (lockfree/reclaim_epoch.c, 3), so at most GRACE + 2 cookies have not passed: the ring
 *    of bags does not overflow.
 * 4. Source `epoch`: lockfree/reclaim.h with its back end of that name, whose proof is there. One full fence to enter,
 *    none to exit.
 * 5. Source `qsbr`. Each hart, when it exits, loads the source (acquire) and stores what it saw as its own `seen`
 *    (release); no fence. The source is moved from c to c + 1 by whichever hart finds that each hart has seen c or is
 *    offline: it loads c, passes a full fence (F2), looks at each `seen` (acquire), and moves the source by
 *    compare-and-swap (acq_rel).
 *    - Claim. Let section S have read the node on top before it was popped and with the cookie s. Then the source shows
 *      s + 3 only after S was left.
 *    - The move to s + 3 needs that S's hart has seen s + 2. If it stored that after S, then S was left, and the
 *      release of that store with the acquire of the looks orders what S read before what follows.
 *    - If it loaded s + 2 before S: the move to s + 2 was made by a hart that had loaded s + 1 before its F2, and the
 *      load of the cookie, after F1, did not see s + 1. So F1 came before that F2, and that F2 before S (acquire of
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
 *      its marker is never set, and one more is written past the end). So there are at most SMR_HP_HARTS harts.
 * 7. Progress. enter, exit: wait-free. protect: wait-free; with hp lock-free, since it looks again only if some pop
 *    succeeded. retire, collect: bounded, wait-free. What a hart that is stopped keeps from being pushed:
 *      epoch  everything in bags, if it is stopped between enter and exit
 *      qsbr   everything in bags, if it is stopped anywhere, unless it is offline
 *      hp     SMR_SLOTS nodes
 * 8. Which may run beside which: all of them beside one another, but a smr_hart is used by one hart at a time. */
#ifndef FRAMELAB_STRESS_SMR_SCHEME_H
#define FRAMELAB_STRESS_SMR_SCHEME_H

#include <stdatomic.h>

#include "reclaim.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <ck_hp.h>
#pragma GCC diagnostic pop

/* Moves of a source after which a cookie has passed. */
#define SMR_GRACE 3u
#define SMR_BAGS (SMR_GRACE + 2u)
/* Hazards of a hart: of what it reads, and of what it came from. */
#define SMR_SLOTS 2u
#define SMR_HP_HARTS ((uint32_t)CK_HP_CACHE / SMR_SLOTS)
#define SMR_OFFLINE UINT64_C(0)

enum smr_scheme { SMR_QSBR, SMR_EPOCH, SMR_HP, SMR_SCHEME_COUNT };

struct smr_hart;

/* On lines of its own. */
struct smr_node {
    _Alignas(CACHE_PAIR) struct smr_node *_Atomic next; /* on the stack */
    struct smr_node *later;                             /* in a bag */
    struct smr_hart *by;                                /* who retired it */
    ck_hp_hazard_t hazard;                              /* of hp: in place of a bag */
};

struct smr_bag {
    struct smr_node *first, *last;
    uint64_t count, cookie;
};

struct smr {
    enum smr_scheme scheme;
    uint32_t hart_count;
    struct smr_hart *harts;
    _Alignas(CACHE_PAIR) struct smr_node *_Atomic head; /* of the stack */
    _Alignas(CACHE_PAIR) _Atomic uint64_t epoch_now;    /* of qsbr, from 1 */
    struct reclaim epoch;
    _Alignas(CACHE_PAIR) ck_hp_t hp;
};

/* The first line is looked at by others. */
struct smr_hart {
    _Alignas(CACHE_PAIR) _Atomic uint64_t seen; /* of qsbr: the source; or SMR_OFFLINE */
    void *hazards[SMR_SLOTS];                   /* of hp */
    _Alignas(CACHE_PAIR) struct reclaim_hart epoch;
    _Alignas(CACHE_PAIR) struct smr *domain;
    struct smr_bag open, closed[SMR_BAGS]; /* closed: the oldest first */
    uint32_t closed_count;
    struct smr_bag ready; /* has passed: the hart's own */
    uint64_t uncollected; /* retired since smr_collect */
    uint64_t pending;     /* retired, not passed */
    uint64_t peak;        /* the most that `pending` was */
    _Alignas(CACHE_PAIR) ck_hp_record_t hp;
};

const char *smr_scheme_name(enum smr_scheme scheme);

/* Whether the scheme is for so many harts. */
bool smr_scheme_takes(enum smr_scheme scheme, uint32_t harts);

/* An empty stack and `harts` harts, offline. `all`, `hart`: zeroed by the caller, as long-lived as their use, aligned.
 */
void smr_init(struct smr *domain, enum smr_scheme scheme, struct smr_hart *hart, uint32_t harts);

/* Before a hart's first section, and after its last: in between, with qsbr, all others wait for it. */
void smr_online(struct smr_hart *me);
void smr_offline(struct smr_hart *me);

/* Moves the source on if that is allowed now, and what has passed into `ready`. Not in a section. */
void smr_collect(struct smr_hart *me);

/* Lock-free. The node is the caller's, or out of `ready`. Release, partner: the acquire of a pop or a protect. */
void smr_push(struct smr *domain, struct smr_node *node);

/* Pushes up to `most` of what is ready, and returns how many. Not in a section. */
uint64_t smr_push_ready(struct smr_hart *me, uint64_t most);

/* ---- sections: in line, of a scheme that the compiler knows ---- */

#define SMR_INLINE static inline __attribute__((always_inline))

SMR_INLINE void smr_enter(struct smr_hart *me, enum smr_scheme scheme)
{
    if (scheme == SMR_EPOCH) {
        reclaim_enter(&me->epoch);
    }
}

SMR_INLINE void smr_exit(struct smr_hart *me, enum smr_scheme scheme)
{
    if (scheme == SMR_EPOCH) {
        reclaim_exit(&me->epoch);
    } else if (scheme == SMR_QSBR) {
        uint64_t now = atomic_load_explicit(&me->domain->epoch_now, memory_order_acquire);
        atomic_store_explicit(&me->seen, now, memory_order_release);
    } else {
        ck_pr_fence_release();
        for (uint32_t slot = 0; slot < SMR_SLOTS; slot++) {
            ck_hp_set(&me->hp, slot, NULL);
        }
    }
}

/* In a section: what `source` points to; it is not pushed again before the section's end or, with hp, before the slot's
 * next use. */
SMR_INLINE struct smr_node *smr_protect(struct smr_hart *me, uint32_t slot, struct smr_node *_Atomic *source,
                                        enum smr_scheme scheme)
{
    struct smr_node *node = atomic_load_explicit(source, memory_order_acquire);
    while (scheme == SMR_HP && node != NULL) {
        ck_hp_set_fence(&me->hp, slot, node);
        struct smr_node *again = atomic_load_explicit(source, memory_order_acquire);
        if (again == node) {
            break;
        }
        node = again;
    }
    return node;
}

/* In a section: a node off the stack, the caller's from now on; NULL if it is empty. Lock-free. The acquire of a
 * success makes what its last owner wrote visible; relaxed otherwise, since it is protected anew. */
SMR_INLINE struct smr_node *smr_pop(struct smr_hart *me, enum smr_scheme scheme)
{
    for (;;) {
        struct smr_node *top = smr_protect(me, 0, &me->domain->head, scheme);
        if (top == NULL) {
            return NULL;
        }
        struct smr_node *next = atomic_load_explicit(&top->next, memory_order_relaxed);
        if (atomic_compare_exchange_strong_explicit(&me->domain->head, &top, next, memory_order_acq_rel,
                                                    memory_order_relaxed)) {
            return top;
        }
    }
}

static inline void smr_bag_add(struct smr_bag *bag, struct smr_node *node)
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
static inline struct smr_node *smr_bag_take(struct smr_bag *bag)
{
    struct smr_node *node = bag->first;
    bag->first = node->later;
    bag->count--;
    return node;
}

/* Gives up a node that no section to come can find; it is in `ready` once it has passed. In a section or not. */
SMR_INLINE void smr_node(struct smr_hart *me, struct smr_node *node, enum smr_scheme scheme)
{
    me->uncollected++;
    if (++me->pending > me->peak) {
        me->peak = me->pending;
    }
    if (scheme == SMR_HP) {
        node->by = me;
        ck_hp_retire(&me->hp, &node->hazard, node, node);
    } else {
        smr_bag_add(&me->open, node);
    }
}

#endif
