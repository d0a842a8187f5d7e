/* SPDX-License-Identifier: MIT
 * Sources, bags and what has passed. The theory stands in smr_scheme.h. */
#include "smr_scheme.h"

#include <string.h>

const char *smr_scheme_name(enum smr_scheme scheme)
{
    static const char *const names[SMR_SCHEME_COUNT] = {"qsbr", "epoch", "hp"};
    return names[scheme];
}

bool smr_scheme_takes(enum smr_scheme scheme, uint32_t harts)
{
    return scheme != SMR_HP || harts <= SMR_HP_HARTS;
}

/* ck_hp found that no hazard names it. */
static void hazard_free(void *data)
{
    struct smr_node *node = data;
    node->by->pending--;
    smr_bag_add(&node->by->ready, node);
}

/* Nothing is deferred there: only its source is used. */
static void epoch_call(struct reclaim_entry *entry)
{
    platform_panic("retire: limbo %p is not used", (void *)entry);
}

void smr_init(struct smr *domain, enum smr_scheme scheme, struct smr_hart *hart, uint32_t harts)
{
    FRAME_ASSERT(smr_scheme_takes(scheme, harts));
    domain->scheme = scheme;
    domain->harts = hart;
    domain->hart_count = harts;
    atomic_store_explicit(&domain->epoch_now, 1, memory_order_relaxed);
    FRAME_ASSERT(reclaim_init(&domain->epoch, "epoch", epoch_call));
    FRAME_ASSERT(domain->epoch.backend->grace <= SMR_GRACE);
    ck_hp_init(&domain->hp, SMR_SLOTS, UINT32_MAX, hazard_free); /* UINT32_MAX: we say when */
    for (uint32_t i = 0; i < harts; i++) {
        hart[i].domain = domain;
        reclaim_add_hart(&domain->epoch, &hart[i].epoch);
        ck_hp_register(&domain->hp, &hart[i].hp, hart[i].hazards);
    }
}

/* ---- sources ---- */

void smr_online(struct smr_hart *me)
{
    uint64_t now = atomic_load_explicit(&me->domain->epoch_now, memory_order_acquire);
    atomic_store_explicit(&me->seen, now, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* F3 */
}

void smr_offline(struct smr_hart *me)
{
    atomic_store_explicit(&me->seen, SMR_OFFLINE, memory_order_release);
}

static void qsbr_advance(struct smr *domain)
{
    uint64_t now = atomic_load_explicit(&domain->epoch_now, memory_order_acquire);
    atomic_thread_fence(memory_order_seq_cst); /* F2 */
    for (uint32_t i = 0; i < domain->hart_count; i++) {
        uint64_t seen = atomic_load_explicit(&domain->harts[i].seen, memory_order_acquire);
        if (seen != now && seen != SMR_OFFLINE) {
            return;
        }
    }
    /* Failure: another hart has moved it. */
    (void)atomic_compare_exchange_strong_explicit(&domain->epoch_now, &now, now + 1, memory_order_acq_rel,
                                                  memory_order_relaxed);
}

static void clock_move(struct smr_hart *me)
{
    if (me->domain->scheme == SMR_QSBR) {
        qsbr_advance(me->domain);
    } else {
        (void)reclaim_poll(&me->epoch);
    }
}

static uint64_t cookie_now(struct smr_hart *me)
{
    if (me->domain->scheme == SMR_QSBR) {
        atomic_thread_fence(memory_order_seq_cst); /* F1 */
        return atomic_load_explicit(&me->domain->epoch_now, memory_order_acquire);
    }
    reclaim_enter(&me->epoch);
    uint64_t cookie = reclaim_cookie(&me->epoch); /* with its own fence */
    reclaim_exit(&me->epoch);
    return cookie;
}

static bool cookie_passed(const struct smr_hart *me, uint64_t cookie)
{
    if (me->domain->scheme == SMR_QSBR) {
        return atomic_load_explicit(&me->domain->epoch_now, memory_order_acquire) - cookie >= SMR_GRACE;
    }
    return reclaim_passed(&me->epoch, cookie);
}

/* ---- bags ---- */

static void bag_join(struct smr_bag *bag, struct smr_bag *more)
{
    if (more->count == 0) {
        return;
    }
    if (bag->count == 0) {
        bag->first = more->first;
    } else {
        bag->last->later = more->first;
    }
    bag->last = more->last;
    bag->count += more->count;
    *more = (struct smr_bag){.first = NULL};
}

/* Cookies only grow, so what has passed is at the front. */
static void bags_pass(struct smr_hart *me)
{
    uint32_t passed = 0;
    while (passed < me->closed_count && cookie_passed(me, me->closed[passed].cookie)) {
        me->pending -= me->closed[passed].count;
        bag_join(&me->ready, &me->closed[passed]);
        passed++;
    }
    me->closed_count -= passed;
    memmove(&me->closed[0], &me->closed[passed], me->closed_count * sizeof me->closed[0]);
}

static void bag_close(struct smr_hart *me)
{
    if (me->open.count == 0) {
        return;
    }
    uint64_t cookie = cookie_now(me);
    bags_pass(me); /* makes room: see 3 */
    struct smr_bag *last = me->closed_count > 0 ? &me->closed[me->closed_count - 1] : NULL;
    if (last == NULL || last->cookie != cookie) {
        FRAME_ASSERT(me->closed_count < SMR_BAGS);
        last = &me->closed[me->closed_count++];
        *last = (struct smr_bag){.cookie = cookie};
    }
    bag_join(last, &me->open);
}

void smr_collect(struct smr_hart *me)
{
    me->uncollected = 0;
    if (me->domain->scheme == SMR_HP) {
        ck_pr_fence_memory(); /* F1 */
        ck_hp_reclaim(&me->hp);
        ck_pr_fence_acquire();
        return;
    }
    bag_close(me);
    clock_move(me);
    bags_pass(me);
}

/* ---- pushing ---- */

void smr_push(struct smr *domain, struct smr_node *node)
{
    struct smr_node *head = atomic_load_explicit(&domain->head, memory_order_relaxed);
    do {
        atomic_store_explicit(&node->next, head, memory_order_relaxed);
    } while (
        !atomic_compare_exchange_weak_explicit(&domain->head, &head, node, memory_order_release, memory_order_relaxed));
}

uint64_t smr_push_ready(struct smr_hart *me, uint64_t most)
{
    uint64_t pushed = 0;
    while (pushed < most && me->ready.count > 0) {
        smr_push(me->domain, smr_bag_take(&me->ready));
        pushed++;
    }
    return pushed;
}
