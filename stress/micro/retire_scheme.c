/* SPDX-License-Identifier: MIT
 * Clocks, bags and what has passed. The theory stands in retire_scheme.h. */
#include "retire_scheme.h"

#include <string.h>

const char *retire_scheme_name(enum retire_scheme scheme)
{
    static const char *const names[RETIRE_SCHEME_COUNT] = {"qsbr", "epoch", "hp"};
    return names[scheme];
}

bool retire_scheme_takes(enum retire_scheme scheme, uint32_t harts)
{
    return scheme != RETIRE_HP || harts <= RETIRE_HP_HARTS;
}

/* ck_hp found that no hazard names it. */
static void hazard_free(void *data)
{
    struct retire_node *node = data;
    node->by->pending--;
    retire_bag_add(&node->by->ready, node);
}

/* Nothing is deferred there: only its clock is used. */
static void epoch_call(struct reclaim_entry *entry)
{
    platform_panic("retire: limbo %p is not used", (void *)entry);
}

void retire_init(struct retire *all, enum retire_scheme scheme, struct retire_hart *hart, uint32_t harts)
{
    FRAME_ASSERT(retire_scheme_takes(scheme, harts));
    all->scheme = scheme;
    all->harts = hart;
    all->hart_count = harts;
    atomic_store_explicit(&all->clock, 1, memory_order_relaxed);
    FRAME_ASSERT(reclaim_init(&all->epoch, "epoch", epoch_call));
    FRAME_ASSERT(all->epoch.backend->grace <= RETIRE_GRACE);
    ck_hp_init(&all->hp, RETIRE_SLOTS, UINT32_MAX, hazard_free); /* UINT32_MAX: we say when */
    for (uint32_t i = 0; i < harts; i++) {
        hart[i].all = all;
        reclaim_add_hart(&all->epoch, &hart[i].epoch);
        ck_hp_register(&all->hp, &hart[i].hp, hart[i].hazards);
    }
}

/* ---- clocks ---- */

void retire_online(struct retire_hart *me)
{
    uint64_t now = atomic_load_explicit(&me->all->clock, memory_order_acquire);
    atomic_store_explicit(&me->seen, now, memory_order_relaxed);
    atomic_thread_fence(memory_order_seq_cst); /* F3 */
}

void retire_offline(struct retire_hart *me)
{
    atomic_store_explicit(&me->seen, RETIRE_OFFLINE, memory_order_release);
}

static void qsbr_move(struct retire *all)
{
    uint64_t now = atomic_load_explicit(&all->clock, memory_order_acquire);
    atomic_thread_fence(memory_order_seq_cst); /* F2 */
    for (uint32_t i = 0; i < all->hart_count; i++) {
        uint64_t seen = atomic_load_explicit(&all->harts[i].seen, memory_order_acquire);
        if (seen != now && seen != RETIRE_OFFLINE) {
            return;
        }
    }
    /* Failure: another hart has moved it. */
    (void)atomic_compare_exchange_strong_explicit(&all->clock, &now, now + 1, memory_order_acq_rel,
                                                  memory_order_relaxed);
}

static void clock_move(struct retire_hart *me)
{
    if (me->all->scheme == RETIRE_QSBR) {
        qsbr_move(me->all);
    } else {
        (void)reclaim_poll(&me->epoch);
    }
}

static uint64_t clock_stamp(struct retire_hart *me)
{
    if (me->all->scheme == RETIRE_QSBR) {
        atomic_thread_fence(memory_order_seq_cst); /* F1 */
        return atomic_load_explicit(&me->all->clock, memory_order_acquire);
    }
    reclaim_enter(&me->epoch);
    uint64_t stamp = reclaim_stamp(&me->epoch); /* with its own fence */
    reclaim_exit(&me->epoch);
    return stamp;
}

static bool clock_passed(const struct retire_hart *me, uint64_t stamp)
{
    if (me->all->scheme == RETIRE_QSBR) {
        return atomic_load_explicit(&me->all->clock, memory_order_acquire) - stamp >= RETIRE_GRACE;
    }
    return reclaim_passed(&me->epoch, stamp);
}

/* ---- bags ---- */

static void bag_join(struct retire_bag *bag, struct retire_bag *more)
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
    *more = (struct retire_bag){.first = NULL};
}

/* Stamps only grow, so what has passed is at the front. */
static void bags_pass(struct retire_hart *me)
{
    uint32_t passed = 0;
    while (passed < me->closed_count && clock_passed(me, me->closed[passed].stamp)) {
        me->pending -= me->closed[passed].count;
        bag_join(&me->ready, &me->closed[passed]);
        passed++;
    }
    me->closed_count -= passed;
    memmove(&me->closed[0], &me->closed[passed], me->closed_count * sizeof me->closed[0]);
}

static void bag_close(struct retire_hart *me)
{
    if (me->open.count == 0) {
        return;
    }
    uint64_t stamp = clock_stamp(me);
    bags_pass(me); /* makes room: see 3 */
    struct retire_bag *last = me->closed_count > 0 ? &me->closed[me->closed_count - 1] : NULL;
    if (last == NULL || last->stamp != stamp) {
        FRAME_ASSERT(me->closed_count < RETIRE_BAGS);
        last = &me->closed[me->closed_count++];
        *last = (struct retire_bag){.stamp = stamp};
    }
    bag_join(last, &me->open);
}

void retire_collect(struct retire_hart *me)
{
    me->uncollected = 0;
    if (me->all->scheme == RETIRE_HP) {
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

void retire_push(struct retire *all, struct retire_node *node)
{
    struct retire_node *head = atomic_load_explicit(&all->head, memory_order_relaxed);
    do {
        atomic_store_explicit(&node->next, head, memory_order_relaxed);
    } while (
        !atomic_compare_exchange_weak_explicit(&all->head, &head, node, memory_order_release, memory_order_relaxed));
}

uint64_t retire_push_ready(struct retire_hart *me, uint64_t most)
{
    uint64_t pushed = 0;
    while (pushed < most && me->ready.count > 0) {
        retire_push(me->all, retire_bag_take(&me->ready));
        pushed++;
    }
    return pushed;
}
