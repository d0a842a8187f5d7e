/* SPDX-License-Identifier: MIT
 * See retire.h. Compiled for the host and for simulated harts.
 *
 * The measured loops are made once for each scheme, which the compiler then knows. */
#include "retire.h"

#include <stdlib.h>
#include <string.h>

#include "frame_limits.h"
#include "harness.h"
#include "platform.h"
#include "retire_scheme.h"

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
    const struct retire_plan *plan;
    uint64_t *hart_ns;
    struct retire *all;
    struct retire_hart *harts;
    struct retire_node *nodes;
    struct retire_node *_Atomic list;                       /* read */
    _Alignas(CACHE_PAIR) struct retire_node *_Atomic first; /* queue: the dummy */
    _Alignas(CACHE_PAIR) struct retire_node *_Atomic last;
    struct run_hart *mine;
    struct hart_barrier barrier;
    struct histogram *latency; /* one a hart, if it is asked for */
    _Alignas(
        CACHE_PAIR) _Atomic uint64_t start_ns[2]; /* when the first hart began, and began to warm up; 0: none has */
};

const char *const retire_workload_names[] = {
    [RETIRE_QUEUE] = "queue", [RETIRE_STACK] = "stack", [RETIRE_READ] = "read", NULL};

const char *retire_scheme(uint32_t scheme)
{
    return scheme < RETIRE_SCHEME_COUNT ? retire_scheme_name((enum retire_scheme)scheme) : NULL;
}

uint64_t retire_warmup(const struct retire_plan *plan)
{
    return plan->operations / WARMUP_SHARE + plan->nodes;
}

/* ---- nodes ---- */

/* There is none: collects, and lets others run if that is the plan. False if time is up. */
static bool wait_turn(const struct retire_plan *plan, struct retire_hart *me, struct run_hart *mine)
{
    mine->waits++;
    retire_collect(me);
    for (uint32_t turn = 0; turn < TURNS_PER_YIELD && me->ready.count == 0 && !plan->spin; turn++) {
        platform_relax();
    }
    return mine->deadline_ns == UINT64_MAX || platform_time_ns() < mine->deadline_ns;
}

/* Off the stack. NULL if time is up before there is a node. */
RETIRE_INLINE struct retire_node *pop_one(const struct retire_plan *plan, struct retire_hart *me, struct run_hart *mine,
                                          enum retire_scheme scheme)
{
    for (;;) {
        retire_enter(me, scheme);
        struct retire_node *node = retire_pop(me, scheme);
        retire_exit(me, scheme);
        if (node != NULL || !wait_turn(plan, me, mine)) {
            return node;
        }
        (void)retire_push_ready(me, plan->free_at_once);
    }
}

/* Of the hart's own. The same. */
RETIRE_INLINE struct retire_node *take_one(const struct retire_plan *plan, struct retire_hart *me,
                                           struct run_hart *mine, enum retire_scheme scheme)
{
    while (me->ready.count == 0) {
        if (!wait_turn(plan, me, mine)) {
            return NULL;
        }
        retire_enter(me, scheme); /* quiescent */
        retire_exit(me, scheme);
    }
    return retire_bag_take(&me->ready);
}

RETIRE_INLINE void retire_one(const struct retire_plan *plan, struct retire_hart *me, struct retire_node *node,
                              enum retire_scheme scheme)
{
    retire_node(me, node, scheme);
    if (me->uncollected == plan->bag) {
        retire_collect(me);
    }
}

/* ---- queue ---- */

/* Michael's and Scott's, in a section. Lock-free. `last` is never behind `first`, so it is never a node that was
 * retired; and no node that a section reads comes back within it, so a compare-and-swap that succeeds is not deceived
 * (ABA). Acquire of what is protected, release of what is linked; what merely helps may fail. */
RETIRE_INLINE void queue_append(struct run *run, struct retire_hart *me, struct retire_node *node,
                                enum retire_scheme scheme)
{
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
    for (;;) {
        struct retire_node *last = retire_protect(me, 0, &run->last, scheme);
        struct retire_node *next = atomic_load_explicit(&last->next, memory_order_acquire);
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
RETIRE_INLINE struct retire_node *queue_take(struct run *run, struct retire_hart *me, enum retire_scheme scheme)
{
    for (;;) {
        struct retire_node *first = retire_protect(me, 0, &run->first, scheme);
        struct retire_node *last = atomic_load_explicit(&run->last, memory_order_acquire);
        struct retire_node *next = retire_protect(me, 1, &first->next, scheme);
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

RETIRE_INLINE bool queue_operate(struct run *run, struct retire_hart *me, struct run_hart *mine,
                                 enum retire_scheme scheme)
{
    struct retire_node *node = take_one(run->plan, me, mine, scheme);
    if (node == NULL) {
        return false;
    }
    retire_enter(me, scheme);
    queue_append(run, me, node, scheme);
    node = queue_take(run, me, scheme);
    retire_exit(me, scheme);
    retire_one(run->plan, me, node, scheme);
    return true;
}

/* ---- stack ---- */

RETIRE_INLINE void retire_and_push(const struct retire_plan *plan, struct retire_hart *me, struct retire_node *node,
                                   enum retire_scheme scheme)
{
    retire_one(plan, me, node, scheme);
    if (me->ready.count > 0) {
        (void)retire_push_ready(me, plan->free_at_once);
    }
}

RETIRE_INLINE bool stack_operate(struct run *run, struct retire_hart *me, struct run_hart *mine,
                                 enum retire_scheme scheme)
{
    struct retire_node *node = pop_one(run->plan, me, mine, scheme);
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
RETIRE_INLINE bool read_operate(struct run *run, struct retire_hart *me, struct run_hart *mine,
                                enum retire_scheme scheme)
{
    uint32_t slot = 0;
    retire_enter(me, scheme);
    for (struct retire_node *node = retire_protect(me, slot, &run->list, scheme); node != NULL;
         node = retire_protect(me, slot, &node->next, scheme)) {
        slot = 1 - slot;
        mine->sum++;
    }
    retire_exit(me, scheme);
    return true;
}

/* ---- the loops ---- */

typedef bool operation(struct run *run, struct retire_hart *me, struct run_hart *mine, enum retire_scheme scheme);

RETIRE_INLINE uint64_t loop(struct run *run, struct retire_hart *me, struct run_hart *mine, uint64_t operations,
                            enum retire_scheme scheme, operation *operate)
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
RETIRE_INLINE void leave(const struct retire_plan *plan, struct retire_hart *me, enum retire_scheme scheme)
{
    while (me->pending > 0) {
        retire_enter(me, scheme);
        retire_exit(me, scheme);
        retire_collect(me);
        platform_relax();
    }
    if (plan->workload == RETIRE_STACK) {
        (void)retire_push_ready(me, UINT64_MAX);
    }
    retire_offline(me);
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
RETIRE_INLINE void run_phase(struct run *run, uint32_t hart, uint64_t share, enum retire_scheme scheme,
                             operation *operate)
{
    const struct retire_plan *plan = run->plan;
    struct run_hart *mine = &run->mine[hart];
    struct retire_hart *me = &run->harts[hart];
    bool counted = plan->operations > 0;
    hart_barrier_wait(&run->barrier);
    retire_online(me);
    uint64_t start_ns = platform_time_ns();
    mine->deadline_ns = counted ? UINT64_MAX : begin_phase(&run->start_ns[share > 1]) + plan->limit_ns / share;
    uint64_t operations = share > 1 ? retire_warmup(plan) : plan->operations;
    mine->operations = loop(run, me, mine, counted ? operations : UINT64_MAX, scheme, operate);
    run->hart_ns[hart] = counted ? platform_time_ns() - start_ns : plan->limit_ns;
    leave(plan, me, scheme);
}

RETIRE_INLINE void run_scheme(struct run *run, uint32_t hart, enum retire_scheme scheme, operation *operate)
{
    struct run_hart *mine = &run->mine[hart];
    struct histogram *latency = mine->latency;
    mine->latency = NULL;
    run_phase(run, hart, WARMUP_SHARE, scheme, operate);
    mine->latency = latency;
    mine->waits = 0;
    run_phase(run, hart, 1, scheme, operate);
}

RETIRE_INLINE void run_workload(struct run *run, uint32_t hart, enum retire_scheme scheme)
{
    switch (run->plan->workload) {
    case RETIRE_QUEUE:
        run_scheme(run, hart, scheme, queue_operate);
        break;
    case RETIRE_STACK:
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
    case RETIRE_QSBR:
        run_workload(run, hart, RETIRE_QSBR);
        break;
    case RETIRE_EPOCH:
        run_workload(run, hart, RETIRE_EPOCH);
        break;
    default:
        run_workload(run, hart, RETIRE_HP);
        break;
    }
}

/* ---- all of it ---- */

/* Nodes that there are. A queue has its dummy too. */
static uint64_t node_count(const struct retire_plan *plan)
{
    switch (plan->workload) {
    case RETIRE_QUEUE:
        return plan->nodes * plan->harts + 1;
    case RETIRE_STACK:
        return plan->nodes * plan->harts;
    default:
        return plan->nodes;
    }
}

static void place_node(struct run *run, struct retire_node *node, uint64_t number)
{
    uint32_t harts = run->plan->harts;
    if (run->plan->workload != RETIRE_QUEUE) {
        retire_push(run->all, node);
    } else if (number > 0) {
        retire_bag_add(&run->harts[number % harts].ready, node);
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
    struct retire_node *top = atomic_load_explicit(&run->all->head, memory_order_relaxed);
    atomic_store_explicit(&run->list, top, memory_order_relaxed);
}

/* At rest: nodes from this one on, and no more than one above `count`: what is broken may be a ring. */
static uint64_t count_from(const struct retire_node *node, uint64_t count)
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
    uint64_t found = count_from(atomic_load_explicit(&run->all->head, memory_order_relaxed), count) +
                     count_from(atomic_load_explicit(&run->first, memory_order_relaxed), count);
    for (uint32_t i = 0; i < run->plan->harts; i++) {
        found += run->harts[i].ready.count;
    }
    if (found != count) {
        platform_panic("retire: %llu nodes, and at the end %llu are to be found", (unsigned long long)count,
                       (unsigned long long)found);
    }
}

static void bring_back(const struct run *run, struct retire_result *result)
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

static bool run_all(struct run *run, uint64_t count, struct retire_result *result)
{
    const struct retire_plan *plan = run->plan;
    memset(run->all, 0, sizeof *run->all);
    memset(run->harts, 0, plan->harts * sizeof *run->harts);
    memset(run->mine, 0, plan->harts * sizeof *run->mine);
    retire_init(run->all, (enum retire_scheme)plan->scheme, run->harts, plan->harts);
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

bool retire_run(const struct retire_plan *plan, struct retire_result *result)
{
    if (!retire_scheme_takes((enum retire_scheme)plan->scheme, plan->harts)) {
        return false;
    }
    uint64_t count = node_count(plan);
    _Alignas(CACHE_PAIR) struct run run = {.plan = plan, .hart_ns = result->hart_ns};
    result->limbo_peak = result->waits = 0;
    run.all = get_memory(1, sizeof *run.all);
    run.harts = get_memory(plan->harts, sizeof *run.harts);
    run.nodes = get_memory(count, sizeof *run.nodes);
    run.mine = get_memory(plan->harts, sizeof *run.mine);
    run.latency = get_memory(plan->latency != NULL ? plan->harts : 1, sizeof *run.latency);
    bool good = run.all != NULL && run.harts != NULL && run.nodes != NULL && run.mine != NULL && run.latency != NULL &&
                run_all(&run, count, result);
    free(run.all);
    free(run.harts);
    free(run.nodes);
    free(run.mine);
    free(run.latency);
    return good;
}
