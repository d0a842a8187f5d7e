/* SPDX-License-Identifier: MIT
 * Schemes of reclamation (smr_scheme.h), each by itself: what is retired does not pass while a section of
 * before is open, and passes once it is left; who is offline holds nothing up; hazards bound what is held; four threads
 * at full speed; and the workloads around them, whose nodes are all there at the end. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "play_harts.h"
#include "smr.h"
#include "smr_scheme.h"

#define HARTS 4u
#define NODES 16u
/* More than any clock needs. */
#define COLLECTS 16u
#define ROUNDS 200000u
#define ROUNDS_PER_YIELD 64u

static struct smr domain;
static struct smr_hart harts[HARTS];
static struct counted {
    struct smr_node node;
    _Atomic uint32_t owned, pops;
} nodes[NODES];

/* ---- one thread plays all harts ---- */

static void begin(enum smr_scheme scheme, uint32_t count)
{
    memset(&domain, 0, sizeof domain);
    memset(harts, 0, sizeof harts);
    memset(nodes, 0, sizeof nodes);
    smr_init(&domain, scheme, harts, HARTS);
    for (uint32_t i = 0; i < count; i++) {
        smr_push(&domain, &nodes[i].node);
    }
}

static struct smr_node *pop(struct smr_hart *hart)
{
    smr_enter(hart, domain.scheme);
    struct smr_node *node = smr_pop(hart, domain.scheme);
    smr_exit(hart, domain.scheme);
    return node;
}

/* Collects as often as any clock needs, quiescent in between. */
static void collect(struct smr_hart *hart)
{
    for (uint32_t i = 0; i < COLLECTS; i++) {
        smr_enter(hart, domain.scheme);
        smr_exit(hart, domain.scheme);
        smr_collect(hart);
    }
}

static enum smr_scheme scheme_of(void **state)
{
    return (enum smr_scheme)(uintptr_t)*state;
}

static void P2_an_open_section_is_waited_for(void **state)
{
    begin(scheme_of(state), NODES);
    smr_online(&harts[0]);
    smr_online(&harts[1]);
    smr_enter(&harts[1], domain.scheme);
    struct smr_node *seen = smr_protect(&harts[1], 0, &domain.head, domain.scheme);
    struct smr_node *node = pop(&harts[0]);
    assert_ptr_equal(node, seen);
    smr_node(&harts[0], node, domain.scheme);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, 0);
    assert_int_equal(harts[0].pending, 1);
    smr_exit(&harts[1], domain.scheme);
    smr_offline(&harts[1]);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, 1);
    assert_int_equal(harts[0].pending, 0);
    assert_int_equal(smr_push_ready(&harts[0], UINT64_MAX), 1);
    assert_ptr_equal(domain.head, seen);
}

static void who_is_offline_holds_nothing_up(void **state)
{
    begin(scheme_of(state), NODES);
    smr_online(&harts[0]);
    smr_node(&harts[0], pop(&harts[0]), domain.scheme);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, 1);
}

/* Many retired while one section is open: all of them wait, or, with hazards, that one which is named. */
static void what_an_open_section_holds(void **state)
{
    begin(scheme_of(state), NODES);
    smr_online(&harts[0]);
    smr_online(&harts[1]);
    smr_enter(&harts[1], domain.scheme);
    (void)smr_protect(&harts[1], 0, &domain.head, domain.scheme);
    for (uint32_t i = 0; i < NODES; i++) {
        smr_node(&harts[0], pop(&harts[0]), domain.scheme);
        collect(&harts[0]);
    }
    uint64_t held = domain.scheme == SMR_HP ? 1 : NODES;
    assert_int_equal(harts[0].pending, held);
    assert_int_equal(harts[0].ready.count, NODES - held);
    assert_null(pop(&harts[0]));
    smr_exit(&harts[1], domain.scheme);
    smr_offline(&harts[1]);
    collect(&harts[0]);
    assert_int_equal(harts[0].pending, 0);
    assert_int_equal(smr_push_ready(&harts[0], 3), 3);
    assert_int_equal(harts[0].ready.count, NODES - 3);
    assert_int_equal(harts[0].peak, domain.scheme == SMR_HP ? 2 : NODES);
}

/* Online and never quiescent: of qsbr alone, whatever that hart does. */
static void a_silent_hart_stops_quiescent_states_only(void **state)
{
    begin(scheme_of(state), NODES);
    smr_online(&harts[0]);
    smr_online(&harts[1]);
    smr_node(&harts[0], pop(&harts[0]), domain.scheme);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, domain.scheme == SMR_QSBR ? 0 : 1);
}

/* ---- four threads ---- */

static _Atomic uint32_t popped_twice, popped_again;

/* Between enter and exit a node may be popped once, not twice: in between it would have had to be pushed. */
static void watch(struct smr_hart *hart, enum smr_scheme scheme)
{
    smr_enter(hart, scheme);
    struct counted *top = (struct counted *)(void *)smr_protect(hart, 0, &domain.head, scheme);
    if (top != NULL) {
        uint32_t pops = atomic_load(&top->pops);
        (void)sched_yield();
        if (atomic_load(&top->pops) - pops > 1) {
            atomic_fetch_add(&popped_again, 1);
        }
    }
    smr_exit(hart, scheme);
}

static void turn(struct smr_hart *hart, enum smr_scheme scheme)
{
    struct counted *node = (struct counted *)(void *)pop(hart);
    if (node != NULL) {
        atomic_fetch_add(&node->pops, 1);
        if (atomic_exchange(&node->owned, 1) != 0) {
            atomic_fetch_add(&popped_twice, 1);
        }
        smr_node(hart, &node->node, scheme);
    }
    smr_collect(hart);
    while (hart->ready.count > 0) {
        struct smr_node *passed = smr_bag_take(&hart->ready);
        atomic_store(&((struct counted *)(void *)passed)->owned, 0);
        smr_push(&domain, passed);
    }
}

static void *hammer(void *argument)
{
    struct smr_hart *hart = argument;
    play_hart((uint32_t)(hart - harts));
    smr_online(hart);
    for (uint32_t round = 0; round < ROUNDS && atomic_load(&popped_twice) == 0; round++) {
        if (round % ROUNDS_PER_YIELD == 0) {
            watch(hart, domain.scheme);
        }
        turn(hart, domain.scheme);
    }
    smr_offline(hart);
    return NULL;
}

static void P1_P2_a_stack_survives_four_threads(void **state)
{
    begin(scheme_of(state), HARTS);
    assert_true(platform_host_hart_count_set(HARTS));
    popped_twice = popped_again = 0;
    pthread_t threads[HARTS];
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &harts[i]), 0);
    }
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(popped_twice, 0);
    assert_int_equal(popped_again, 0);
    for (uint32_t i = 0; i < HARTS; i++) {
        collect(&harts[i]);
        assert_int_equal(harts[i].pending, 0);
        (void)smr_push_ready(&harts[i], UINT64_MAX);
    }
    uint32_t found = 0;
    for (const struct smr_node *node = domain.head; node != NULL && found <= HARTS; node = node->next) {
        found++;
    }
    assert_int_equal(found, HARTS);
}

/* ---- the workloads ---- */

static void run_workload(enum smr_scheme scheme, enum smr_workload workload, uint64_t nodes_each, bool spin)
{
    uint64_t hart_ns[HARTS] = {0};
    static struct histogram latency;
    histogram_clear(&latency);
    const struct smr_plan plan = {.scheme = scheme,
                                  .workload = workload,
                                  .harts = HARTS,
                                  .operations = 2000,
                                  .nodes = nodes_each,
                                  .bag = 4,
                                  .free_at_once = spin ? 1 : UINT64_MAX,
                                  .spin = spin,
                                  .latency = workload == SMR_STACK ? &latency : NULL};
    struct smr_result result = {.hart_ns = hart_ns};
    assert_true(smr_run(&plan, &result));
    assert_int_equal(result.operations, 2000);
    assert_int_equal(latency.samples, workload == SMR_STACK ? HARTS * 2000 : 0);
    assert_true((result.limbo_peak > 0) == (workload != SMR_READ));
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_true(hart_ns[i] > 0);
    }
}

/* With fewer nodes than would do without waiting, too. smr_run counts them at the end. */
static void every_operation_is_done(void **state)
{
    for (uint32_t workload = 0; workload < SMR_WORKLOAD_COUNT; workload++) {
        run_workload(scheme_of(state), (enum smr_workload)workload, 64, false);
        run_workload(scheme_of(state), (enum smr_workload)workload, 5, false);
        run_workload(scheme_of(state), (enum smr_workload)workload, 12, true);
    }
}

static void a_time_is_kept_by_all(void **state)
{
    uint64_t hart_ns[HARTS] = {0};
    const struct smr_plan plan = {.scheme = scheme_of(state),
                                  .workload = SMR_QUEUE,
                                  .harts = HARTS,
                                  .limit_ns = 5000000,
                                  .nodes = 16,
                                  .bag = 4,
                                  .free_at_once = UINT64_MAX};
    struct smr_result result = {.hart_ns = hart_ns};
    assert_true(smr_run(&plan, &result));
    assert_true(result.operations > 0);
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_int_equal(hart_ns[i], 5000000);
    }
}

/* ck_hp would lose hazards. */
static void hazards_are_for_so_many_harts(void **state)
{
    (void)state;
    assert_true(smr_scheme_takes(SMR_HP, SMR_HP_HARTS));
    const struct smr_plan plan = {.scheme = SMR_HP, .harts = SMR_HP_HARTS + 1, .operations = 1, .nodes = 1};
    struct smr_result result = {.operations = 0};
    assert_false(smr_run(&plan, &result));
}

int main(void)
{
#define EACH(test)                                                                                                     \
    {#test ", qsbr", test, NULL, NULL, (void *)(uintptr_t)SMR_QSBR},                                                   \
        {#test ", epoch", test, NULL, NULL, (void *)(uintptr_t)SMR_EPOCH},                                             \
    {                                                                                                                  \
#test ", hp", test, NULL, NULL, (void *)(uintptr_t)SMR_HP                                                      \
    }
    const struct CMUnitTest schemes[] = {
        EACH(P2_an_open_section_is_waited_for),    EACH(who_is_offline_holds_nothing_up),
        EACH(what_an_open_section_holds),          EACH(a_silent_hart_stops_quiescent_states_only),
        EACH(P1_P2_a_stack_survives_four_threads),
    };
    const struct CMUnitTest workloads[] = {
        EACH(every_operation_is_done),
        EACH(a_time_is_kept_by_all),
        cmocka_unit_test(hazards_are_for_so_many_harts),
    };
    /* On a scheme that is broken a workload may never end. */
    int failed = cmocka_run_group_tests(schemes, NULL, NULL);
    return failed != 0 ? failed : cmocka_run_group_tests(workloads, NULL, NULL);
}
