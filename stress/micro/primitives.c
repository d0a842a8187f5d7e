/* SPDX-License-Identifier: MIT
 * See primitives.h. Compiled for the host and for simulated harts. */
#include "primitives.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "ck.h"
#include "frame_limits.h"
#include "harness.h"
#include "platform.h"

/* A node and the line that it is alone on; further apart than a prefetcher looks. */
struct node {
    _Alignas(4 * CACHE_PAIR) ck_stack_entry_t entry;
    struct node *_Atomic next;
};

/* Each on lines of its own. */
struct primitive_state {
    _Alignas(CACHE_PAIR) ck_spinlock_ticket_t ticket;
    _Alignas(CACHE_PAIR) ck_spinlock_mcs_t mcs;
    _Alignas(CACHE_PAIR) uint64_t guarded;
    _Alignas(CACHE_PAIR) _Atomic uint64_t counter;
    _Alignas(CACHE_PAIR) ck_stack_t stack;
    _Alignas(CACHE_PAIR) struct node *_Atomic head; /* of the lists that all share */
    struct primitive_hart {
        _Alignas(CACHE_PAIR) _Atomic uint64_t counter;
        ck_spinlock_mcs_context_t mcs;
        struct node *_Atomic head; /* of the hart's own list */
    } harts[HART_MAX];
};

struct primitive_run {
    enum primitive primitive;
    uint32_t harts;
    uint64_t operations, warmup;
    uint64_t *hart_ns;
    struct primitive_state *state;
    struct node *nodes;
    struct hart_barrier barrier;
};

/* ---- one operation ---- */

static void lock_ticket(struct primitive_state *state, uint32_t hart)
{
    (void)hart;
    ck_spinlock_ticket_lock(&state->ticket);
    state->guarded++;
    ck_spinlock_ticket_unlock(&state->ticket);
}

static void lock_mcs(struct primitive_state *state, uint32_t hart)
{
    ck_spinlock_mcs_context_t *mine = &state->harts[hart].mcs;
    ck_spinlock_mcs_lock(&state->mcs, mine);
    state->guarded++;
    ck_spinlock_mcs_unlock(&state->mcs, mine);
}

static void count_shared(struct primitive_state *state, uint32_t hart)
{
    (void)hart;
    (void)atomic_fetch_add_explicit(&state->counter, 1, memory_order_relaxed);
}

static void count_own(struct primitive_state *state, uint32_t hart)
{
    (void)atomic_fetch_add_explicit(&state->harts[hart].counter, 1, memory_order_relaxed);
}

static void pop_and_push(struct primitive_state *state, uint32_t hart)
{
    (void)hart;
#ifdef CK_F_STACK_POP_MPMC
    ck_stack_entry_t *entry = ck_stack_pop_mpmc(&state->stack);
    ck_stack_push_mpmc(&state->stack, entry);
#else
    (void)state;
#endif
}

static void pop_locked(struct primitive_state *state, uint32_t hart)
{
    (void)hart;
    ck_spinlock_ticket_lock(&state->ticket);
    struct node *node = atomic_load_explicit(&state->head, memory_order_relaxed);
    atomic_store_explicit(&state->head, atomic_load_explicit(&node->next, memory_order_relaxed), memory_order_relaxed);
    ck_spinlock_ticket_unlock(&state->ticket);
}

/* Nodes are not pushed again, so no generation is needed. */
static void pop_cas(struct primitive_state *state, uint32_t hart)
{
    (void)hart;
    struct node *node = atomic_load_explicit(&state->head, memory_order_acquire);
    while (!atomic_compare_exchange_weak_explicit(&state->head, &node,
                                                  atomic_load_explicit(&node->next, memory_order_relaxed),
                                                  memory_order_acq_rel, memory_order_acquire)) {
    }
}

static void pop_own(struct primitive_state *state, uint32_t hart)
{
    struct node *node = atomic_load_explicit(&state->harts[hart].head, memory_order_relaxed);
    atomic_store_explicit(&state->harts[hart].head, atomic_load_explicit(&node->next, memory_order_relaxed),
                          memory_order_relaxed);
}

static const struct {
    const char *name;
    void (*operate)(struct primitive_state *state, uint32_t hart);
    bool takes_nodes;
} primitives[PRIMITIVE_COUNT] = {
    [PRIMITIVE_TICKET_LOCK] = {"ticket-lock", lock_ticket, false},
    [PRIMITIVE_MCS_LOCK] = {"mcs-lock", lock_mcs, false},
    [PRIMITIVE_SHARED_COUNTER] = {"shared-counter", count_shared, false},
    [PRIMITIVE_OWN_COUNTERS] = {"own-counters", count_own, false},
    [PRIMITIVE_TREIBER_STACK] = {"treiber-stack", pop_and_push, false},
    [PRIMITIVE_LOCKED_LIST] = {"locked-list", pop_locked, true},
    [PRIMITIVE_CAS_LIST] = {"cas-list", pop_cas, true},
    [PRIMITIVE_OWN_LISTS] = {"own-lists", pop_own, true},
};

const char *primitives_name(enum primitive primitive)
{
    return primitives[primitive].name;
}

/* ---- all of them ---- */

static void run_hart(void *context, uint32_t hart)
{
    struct primitive_run *run = context;
    void (*operate)(struct primitive_state * state, uint32_t hart) = primitives[run->primitive].operate;
    for (uint64_t i = 0; i < run->warmup; i++) {
        operate(run->state, hart);
    }
    hart_barrier_wait(&run->barrier);
    uint64_t start_ns = platform_time_ns();
    for (uint64_t i = 0; i < run->operations; i++) {
        operate(run->state, hart);
    }
    run->hart_ns[hart] = platform_time_ns() - start_ns;
}

/* A node for each operation if they are taken, else one; and one more a hart, so that a pop always finds one. */
static uint64_t node_count(const struct primitive_run *run)
{
    return (primitives[run->primitive].takes_nodes ? run->operations + run->warmup + 1 : 2) * run->harts;
}

/* Links every 61st: neighbours in a list are not neighbours in memory. */
static void link_nodes(struct primitive_run *run, uint64_t count)
{
    bool own = run->primitive == PRIMITIVE_OWN_LISTS;
    uint64_t stride = count % 61 != 0 ? 61 : 1;
    for (uint64_t i = 0, at = 0; i < count; i++, at = (at + stride) % count) {
        struct node *node = &run->nodes[at];
        struct node *_Atomic *head = own ? &run->state->harts[i % run->harts].head : &run->state->head;
        atomic_store_explicit(&node->next, atomic_load_explicit(head, memory_order_relaxed), memory_order_relaxed);
        atomic_store_explicit(head, node, memory_order_relaxed);
        ck_stack_push_spnc(&run->state->stack, &node->entry);
    }
}

bool primitives_run(enum primitive primitive, uint32_t harts, uint64_t operations, uint64_t *hart_ns)
{
#ifndef CK_F_STACK_POP_MPMC
    if (primitive == PRIMITIVE_TREIBER_STACK) {
        return false;
    }
#endif
    hart_ns[0] = 0; /* told by the harts; through a pointer that not every reader of this file follows */
    _Alignas(CACHE_PAIR) struct primitive_run run = {
        .primitive = primitive,
        .harts = harts,
        .operations = operations,
        .warmup = operations / 10,
        .hart_ns = hart_ns,
        .state = aligned_alloc(_Alignof(struct primitive_state), sizeof *run.state)};
    uint64_t count = node_count(&run);
    run.nodes = aligned_alloc(_Alignof(struct node), count * sizeof *run.nodes);
    bool good = run.state != NULL && run.nodes != NULL;
    if (good) {
        memset(run.state, 0, sizeof *run.state);
        ck_spinlock_ticket_init(&run.state->ticket);
        ck_spinlock_mcs_init(&run.state->mcs);
        ck_stack_init(&run.state->stack);
        link_nodes(&run, count);
        hart_barrier_init(&run.barrier, harts);
        good = harts_provide(harts) && harts_run(harts, run_hart, &run);
    }
    free(run.state);
    free(run.nodes);
    return good;
}
