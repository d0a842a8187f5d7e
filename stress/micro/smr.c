/* SPDX-License-Identifier: MIT
 * See smr.h. Compiled for the host and for simulated harts.
 *
 * The measured loops are made once for each scheme, which the compiler then knows. */
#include "smr.h"

#include <stdlib.h>
#include <string.h>

#include "frame_limits.h"
#include "harness.h"
#include "platform.h"
#include "smr_scheme.h"

/* Operations between two looks at the clock, where time is limited. */
#define OPERATIONS_PER_LOOK 16u
/* A tenth of all, before what counts; and where operations are counted, each of a hart's nodes once. */
#define WARMUP_SHARE 10u
/* Turns of a waiting loop that let another hart run. */
#define TURNS_PER_YIELD 64u

/* What a hart brings back; lines of its own. */
struct run_hart {
    _Alignas(CACHE_PAIR) uint64_t operations;
    uint64_t waits;
    uint64_t sum; /* of what was read */
    uint64_t deadline_ns;
    struct histogram *latency; /* NULL: none is asked for, or not now */
};

struct run {
    const struct smr_plan *plan;
    uint64_t *hart_ns;
    struct smr *domain;
    struct smr_hart *harts;
    struct smr_node *nodes;
    struct smr_node *_Atomic list;                       /* read */
    _Alignas(CACHE_PAIR) struct smr_node *_Atomic first; /* queue: the dummy */
    _Alignas(CACHE_PAIR) struct smr_node *_Atomic last;
    struct run_hart *mine;
    struct hart_barrier barrier;
    struct histogram *latency; /* one a hart, if it is asked for */
    _Alignas(
        CACHE_PAIR) _Atomic uint64_t start_ns[2]; /* when the first hart began, and began to warm up; 0: none has */
};

const char *const smr_workload_names[] = {[SMR_QUEUE] = "queue", [SMR_STACK] = "stack", [SMR_READ] = "read", NULL};

const char *smr_scheme(uint32_t scheme)
{
    return scheme < SMR_SCHEME_COUNT ? smr_scheme_name((enum smr_scheme)scheme) : NULL;
}

uint64_t smr_warmup(const struct smr_plan *plan)
{
    return plan->operations / WARMUP_SHARE + plan->nodes;
}

/* ---- nodes ---- */

/* There is none: collects, and lets others run if that is the plan. False if time is up. */
static bool wait_turn(const struct smr_plan *plan, struct smr_hart *me, struct run_hart *mine)
{
    mine->waits++;
    smr_collect(me);
    for (uint32_t turn = 0; turn < TURNS_PER_YIELD && me->ready.count == 0 && !plan->spin; turn++) {
        platform_relax();
    }
    return mine->deadline_ns == UINT64_MAX || platform_time_ns() < mine->deadline_ns;
}

/* Off the stack. NULL if time is up before there is a node. */
SMR_INLINE struct smr_node *pop_one(const struct smr_plan *plan, struct smr_hart *me, struct run_hart *mine,
                                    enum smr_scheme scheme)
{
    for (;;) {
        smr_enter(me, scheme);
        struct smr_node *node = smr_pop(me, scheme);
        smr_exit(me, scheme);
        if (node != NULL || !wait_turn(plan, me, mine)) {
            return node;
        }
        (void)smr_push_ready(me, plan->free_at_once);
    }
}

/* Of the hart's own. The same. */
SMR_INLINE struct smr_node *take_one(const struct smr_plan *plan, struct smr_hart *me, struct run_hart *mine,
                                     enum smr_scheme scheme)
{
    while (me->ready.count == 0) {
        if (!wait_turn(plan, me, mine)) {
            return NULL;
        }
        smr_enter(me, scheme); /* quiescent */
        smr_exit(me, scheme);
    }
    return smr_bag_take(&me->ready);
}

SMR_INLINE void retire_one(const struct smr_plan *plan, struct smr_hart *me, struct smr_node *node,
                           enum smr_scheme scheme)
{
    smr_node(me, node, scheme);
    if (me->uncollected == plan->bag) {
        smr_collect(me);
    }
}

/* ---- queue ---- */

/* Michael's and Scott's, in a section. Lock-free. `last` is never behind `first`, so it is never a node that was
 * retired; and no node that a section reads comes back within it, so a compare-and-swap that succeeds is not deceived
 * (ABA). Acquire of what is protected, release of what is linked; what merely helps may fail. */
SMR_INLINE void queue_append(struct run *run, struct smr_hart *me, struct smr_node *node, enum smr_scheme scheme)
{
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
    for (;;) {
        struct smr_node *last = smr_protect(me, 0, &run->last, scheme);
        struct smr_node *next = atomic_load_explicit(&last->next, memory_order_acquire);
        if (next != NULL) {
            (void)atomic_compare_exchange_strong_explicit(&run->last, &last, next, memory_order_release,
                                                          memory_order_relaxed);
        } else if (atomic_compare_exchange_strong_explicit(&last->next, &next, node, memory_order_release,
                                                           memory_order_relaxed)) {
            (void)atomic_compare_exchange_strong_explicit(&run->last, &last, node, memory_order_release,
                                                          memory_order_relaxed);
            return;
        }
    }
}

/* In a section; the queue is not empty, since each hart appends before it takes. Both hazards are needed: `first` is
 * swapped for `next`, which some hart reads then. That `first` is the first still says that `next` was not retired when
 * its hazard was set. */
SMR_INLINE struct smr_node *queue_take(struct run *run, struct smr_hart *me, enum smr_scheme scheme)
{
    for (;;) {
        struct smr_node *first = smr_protect(me, 0, &run->first, scheme);
        struct smr_node *last = atomic_load_explicit(&run->last, memory_order_acquire);
        struct smr_node *next = smr_protect(me, 1, &first->next, scheme);
        if (atomic_load_explicit(&run->first, memory_order_acquire) != first) {
            continue;
        }
        if (first == last) {
            (void)atomic_compare_exchange_strong_explicit(&run->last, &last, next, memory_order_release,
                                                          memory_order_relaxed);
        } else if (atomic_compare_exchange_strong_explicit(&run->first, &first, next, memory_order_acq_rel,
                                                           memory_order_relaxed)) {
            return first;
        }
    }
}

SMR_INLINE bool queue_operate(struct run *run, struct smr_hart *me, struct run_hart *mine, enum smr_scheme scheme)
{
    struct smr_node *node = take_one(run->plan, me, mine, scheme);
    if (node == NULL) {
        return false;
    }
    smr_enter(me, scheme);
    queue_append(run, me, node, scheme);
    node = queue_take(run, me, scheme);
    smr_exit(me, scheme);
    retire_one(run->plan, me, node, scheme);
    return true;
}

/* ---- stack ---- */

SMR_INLINE void retire_and_push(const struct smr_plan *plan, struct smr_hart *me, struct smr_node *node,
                                enum smr_scheme scheme)
{
    retire_one(plan, me, node, scheme);
    if (me->ready.count > 0) {
        (void)smr_push_ready(me, plan->free_at_once);
    }
}

SMR_INLINE bool stack_operate(struct run *run, struct smr_hart *me, struct run_hart *mine, enum smr_scheme scheme)
{
    struct smr_node *node = pop_one(run->plan, me, mine, scheme);
    if (node == NULL) {
        return false;
    }
    if (mine->latency == NULL) {
        retire_and_push(run->plan, me, node, scheme);
        return true;
    }
    uint64_t start_ns = platform_time_ns();
    retire_and_push(run->plan, me, node, scheme);
    histogram_add(mine->latency, platform_time_ns() - start_ns);
    return true;
}

/* ---- read ---- */

/* From one node to the next, the two in turns in either slot. */
SMR_INLINE bool read_operate(struct run *run, struct smr_hart *me, struct run_hart *mine, enum smr_scheme scheme)
{
    uint32_t slot = 0;
    smr_enter(me, scheme);
    for (struct smr_node *node = smr_protect(me, slot, &run->list, scheme); node != NULL;
         node = smr_protect(me, slot, &node->next, scheme)) {
        slot = 1 - slot;
        mine->sum++;
    }
    smr_exit(me, scheme);
    return true;
}

/* ---- the loops ---- */

typedef bool operation(struct run *run, struct smr_hart *me, struct run_hart *mine, enum smr_scheme scheme);

SMR_INLINE uint64_t loop(struct run *run, struct smr_hart *me, struct run_hart *mine, uint64_t operations,
                         enum smr_scheme scheme, operation *operate)
{
    bool limited = mine->deadline_ns != UINT64_MAX;
    for (uint64_t i = 0; i < operations; i++) {
        bool late = limited && i % OPERATIONS_PER_LOOK == 0 && platform_time_ns() >= mine->deadline_ns;
        if (late || !operate(run, me, mine, scheme)) {
            return i;
        }
    }
    return operations;
}

/* A hart is done: what it retired can be used again, and it is waited for by nobody. */
SMR_INLINE void leave(const struct smr_plan *plan, struct smr_hart *me, enum smr_scheme scheme)
{
    while (me->pending > 0) {
        smr_enter(me, scheme);
        smr_exit(me, scheme);
        smr_collect(me);
        platform_relax();
    }
    if (plan->workload == SMR_STACK) {
        (void)smr_push_ready(me, UINT64_MAX);
    }
    smr_offline(me);
}

/* When the phase began: the first hart's time. 0 is no time. */
static uint64_t begin_phase(_Atomic uint64_t *start_ns)
{
    uint64_t mine = platform_time_ns() + 1, first = 0;
    return atomic_compare_exchange_strong_explicit(start_ns, &first, mine, memory_order_relaxed, memory_order_relaxed)
               ? mine
               : first;
}

/* One phase; share: which part of the plan's operations or time. */
SMR_INLINE void run_phase(struct run *run, uint32_t hart, uint64_t share, enum smr_scheme scheme, operation *operate)
{
    const struct smr_plan *plan = run->plan;
    struct run_hart *mine = &run->mine[hart];
    struct smr_hart *me = &run->harts[hart];
    bool counted = plan->operations > 0;
    hart_barrier_wait(&run->barrier);
    smr_online(me);
    uint64_t start_ns = platform_time_ns();
    mine->deadline_ns = counted ? UINT64_MAX : begin_phase(&run->start_ns[share > 1]) + plan->limit_ns / share;
    uint64_t operations = share > 1 ? smr_warmup(plan) : plan->operations;
    mine->operations = loop(run, me, mine, counted ? operations : UINT64_MAX, scheme, operate);
    run->hart_ns[hart] = counted ? platform_time_ns() - start_ns : plan->limit_ns;
    leave(plan, me, scheme);
}

SMR_INLINE void run_scheme(struct run *run, uint32_t hart, enum smr_scheme scheme, operation *operate)
{
    struct run_hart *mine = &run->mine[hart];
    struct histogram *latency = mine->latency;
    mine->latency = NULL;
    run_phase(run, hart, WARMUP_SHARE, scheme, operate);
    mine->latency = latency;
    mine->waits = 0;
    run_phase(run, hart, 1, scheme, operate);
}

SMR_INLINE void run_workload(struct run *run, uint32_t hart, enum smr_scheme scheme)
{
    switch (run->plan->workload) {
    case SMR_QUEUE:
        run_scheme(run, hart, scheme, queue_operate);
        break;
    case SMR_STACK:
        run_scheme(run, hart, scheme, stack_operate);
        break;
    default:
        run_scheme(run, hart, scheme, read_operate);
        break;
    }
}

static void run_hart(void *context, uint32_t hart)
{
    struct run *run = context;
    switch (run->plan->scheme) {
    case SMR_QSBR:
        run_workload(run, hart, SMR_QSBR);
        break;
    case SMR_EPOCH:
        run_workload(run, hart, SMR_EPOCH);
        break;
    default:
        run_workload(run, hart, SMR_HP);
        break;
    }
}

/* ---- all of it ---- */

/* Nodes that there are. A queue has its dummy too. */
static uint64_t node_count(const struct smr_plan *plan)
{
    switch (plan->workload) {
    case SMR_QUEUE:
        return plan->nodes * plan->harts + 1;
    case SMR_STACK:
        return plan->nodes * plan->harts;
    default:
        return plan->nodes;
    }
}

static void place_node(struct run *run, struct smr_node *node, uint64_t number)
{
    uint32_t harts = run->plan->harts;
    if (run->plan->workload != SMR_QUEUE) {
        smr_push(run->domain, node);
    } else if (number > 0) {
        smr_bag_add(&run->harts[number % harts].ready, node);
    } else {
        atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
        atomic_store_explicit(&run->first, node, memory_order_relaxed);
        atomic_store_explicit(&run->last, node, memory_order_relaxed);
    }
}

/* Every 61st: neighbours in the list are not neighbours in memory. */
static void place_nodes(struct run *run, uint64_t count)
{
    uint64_t stride = count % 61 != 0 ? 61 : 1;
    for (uint64_t i = 0, at = 0; i < count; i++, at = (at + stride) % count) {
        place_node(run, &run->nodes[at], i);
    }
    struct smr_node *top = atomic_load_explicit(&run->domain->head, memory_order_relaxed);
    atomic_store_explicit(&run->list, top, memory_order_relaxed);
}

/* At rest: nodes from this one on, and no more than one above `count`: what is broken may be a ring. */
static uint64_t count_from(const struct smr_node *node, uint64_t count)
{
    uint64_t found = 0;
    while (node != NULL && found <= count) {
        found++;
        node = atomic_load_explicit(&node->next, memory_order_relaxed);
    }
    return found;
}

static void check_nodes(const struct run *run, uint64_t count)
{
    uint64_t found = count_from(atomic_load_explicit(&run->domain->head, memory_order_relaxed), count) +
                     count_from(atomic_load_explicit(&run->first, memory_order_relaxed), count);
    for (uint32_t i = 0; i < run->plan->harts; i++) {
        found += run->harts[i].ready.count;
    }
    if (found != count) {
        platform_panic("retire: %llu nodes, and at the end %llu are to be found", (unsigned long long)count,
                       (unsigned long long)found);
    }
}

static void bring_back(const struct run *run, struct smr_result *result)
{
    uint64_t operations = 0;
    uint32_t harts = run->plan->harts;
    FRAME_ASSERT(harts > 0);
    for (uint32_t i = 0; i < harts; i++) {
        operations += run->mine[i].operations;
        result->limbo_peak += run->harts[i].peak;
        result->waits += run->mine[i].waits;
        if (run->plan->latency != NULL) {
            histogram_merge(run->plan->latency, &run->latency[i]);
        }
    }
    result->operations = (operations + harts - 1) / harts;
}

static bool run_all(struct run *run, uint64_t count, struct smr_result *result)
{
    const struct smr_plan *plan = run->plan;
    memset(run->domain, 0, sizeof *run->domain);
    memset(run->harts, 0, plan->harts * sizeof *run->harts);
    memset(run->mine, 0, plan->harts * sizeof *run->mine);
    smr_init(run->domain, (enum smr_scheme)plan->scheme, run->harts, plan->harts);
    place_nodes(run, count);
    for (uint32_t i = 0; i < plan->harts && plan->latency != NULL; i++) {
        histogram_clear(&run->latency[i]);
        run->mine[i].latency = &run->latency[i];
    }
    hart_barrier_init(&run->barrier, plan->harts);
    if (!harts_provide(plan->harts) || !harts_run(plan->harts, run_hart, run)) {
        return false;
    }
    check_nodes(run, count);
    bring_back(run, result);
    return true;
}

/* Whole lines, so that nothing else lies on them. */
static void *get_memory(uint64_t count, size_t bytes)
{
    return aligned_alloc(CACHE_PAIR, (count * bytes + CACHE_PAIR - 1) / CACHE_PAIR * CACHE_PAIR);
}

bool smr_run(const struct smr_plan *plan, struct smr_result *result)
{
    if (!smr_scheme_takes((enum smr_scheme)plan->scheme, plan->harts)) {
        return false;
    }
    uint64_t count = node_count(plan);
    _Alignas(CACHE_PAIR) struct run run = {.plan = plan, .hart_ns = result->hart_ns};
    result->limbo_peak = result->waits = 0;
    run.domain = get_memory(1, sizeof *run.domain);
    run.harts = get_memory(plan->harts, sizeof *run.harts);
    run.nodes = get_memory(count, sizeof *run.nodes);
    run.mine = get_memory(plan->harts, sizeof *run.mine);
    run.latency = get_memory(plan->latency != NULL ? plan->harts : 1, sizeof *run.latency);
    bool good = run.domain != NULL && run.harts != NULL && run.nodes != NULL && run.mine != NULL &&
                run.latency != NULL && run_all(&run, count, result);
    free(run.domain);
    free(run.harts);
    free(run.nodes);
    free(run.mine);
    free(run.latency);
    return good;
}
