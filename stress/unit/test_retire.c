/* SPDX-License-Identifier: MIT
 * Schemes of reclamation (retire_scheme.h), each by itself: what is retired does not pass while a section of
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
#include "retire.h"
#include "retire_scheme.h"

#define HARTS 4u
#define NODES 16u
/* More than any clock needs. */
#define COLLECTS 16u
#define ROUNDS 200000u
#define ROUNDS_PER_YIELD 64u

static struct retire all;
static struct retire_hart harts[HARTS];
static struct counted {
    struct retire_node node;
    _Atomic uint32_t owned, pops;
} nodes[NODES];

/* ---- one thread plays all harts ---- */

static void begin(enum retire_scheme scheme, uint32_t count)
{
    memset(&all, 0, sizeof all);
    memset(harts, 0, sizeof harts);
    memset(nodes, 0, sizeof nodes);
    retire_init(&all, scheme, harts, HARTS);
    for (uint32_t i = 0; i < count; i++) {
        retire_push(&all, &nodes[i].node);
    }
}

static struct retire_node *pop(struct retire_hart *hart)
{
    retire_enter(hart, all.scheme);
    struct retire_node *node = retire_pop(hart, all.scheme);
    retire_exit(hart, all.scheme);
    return node;
}

/* Collects as often as any clock needs, quiescent in between. */
static void collect(struct retire_hart *hart)
{
    for (uint32_t i = 0; i < COLLECTS; i++) {
        retire_enter(hart, all.scheme);
        retire_exit(hart, all.scheme);
        retire_collect(hart);
    }
}

static enum retire_scheme scheme_of(void **state)
{
    return (enum retire_scheme)(uintptr_t)*state;
}

static void P2_an_open_section_is_waited_for(void **state)
{
    begin(scheme_of(state), NODES);
    retire_online(&harts[0]);
    retire_online(&harts[1]);
    retire_enter(&harts[1], all.scheme);
    struct retire_node *seen = retire_protect(&harts[1], 0, &all.head, all.scheme);
    struct retire_node *node = pop(&harts[0]);
    assert_ptr_equal(node, seen);
    retire_node(&harts[0], node, all.scheme);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, 0);
    assert_int_equal(harts[0].pending, 1);
    retire_exit(&harts[1], all.scheme);
    retire_offline(&harts[1]);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, 1);
    assert_int_equal(harts[0].pending, 0);
    assert_int_equal(retire_push_ready(&harts[0], UINT64_MAX), 1);
    assert_ptr_equal(all.head, seen);
}

static void who_is_offline_holds_nothing_up(void **state)
{
    begin(scheme_of(state), NODES);
    retire_online(&harts[0]);
    retire_node(&harts[0], pop(&harts[0]), all.scheme);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, 1);
}

/* Many retired while one section is open: all of them wait, or, with hazards, that one which is named. */
static void what_an_open_section_holds(void **state)
{
    begin(scheme_of(state), NODES);
    retire_online(&harts[0]);
    retire_online(&harts[1]);
    retire_enter(&harts[1], all.scheme);
    (void)retire_protect(&harts[1], 0, &all.head, all.scheme);
    for (uint32_t i = 0; i < NODES; i++) {
        retire_node(&harts[0], pop(&harts[0]), all.scheme);
        collect(&harts[0]);
    }
    uint64_t held = all.scheme == RETIRE_HP ? 1 : NODES;
    assert_int_equal(harts[0].pending, held);
    assert_int_equal(harts[0].ready.count, NODES - held);
    assert_null(pop(&harts[0]));
    retire_exit(&harts[1], all.scheme);
    retire_offline(&harts[1]);
    collect(&harts[0]);
    assert_int_equal(harts[0].pending, 0);
    assert_int_equal(retire_push_ready(&harts[0], 3), 3);
    assert_int_equal(harts[0].ready.count, NODES - 3);
    assert_int_equal(harts[0].peak, all.scheme == RETIRE_HP ? 2 : NODES);
}

/* Online and never quiescent: of qsbr alone, whatever that hart does. */
static void a_silent_hart_stops_quiescent_states_only(void **state)
{
    begin(scheme_of(state), NODES);
    retire_online(&harts[0]);
    retire_online(&harts[1]);
    retire_node(&harts[0], pop(&harts[0]), all.scheme);
    collect(&harts[0]);
    assert_int_equal(harts[0].ready.count, all.scheme == RETIRE_QSBR ? 0 : 1);
}

/* ---- four threads ---- */

static _Atomic uint32_t popped_twice, popped_again;

/* Between enter and exit a node may be popped once, not twice: in between it would have had to be pushed. */
static void watch(struct retire_hart *hart, enum retire_scheme scheme)
{
    retire_enter(hart, scheme);
    struct counted *top = (struct counted *)(void *)retire_protect(hart, 0, &all.head, scheme);
    if (top != NULL) {
        uint32_t pops = atomic_load(&top->pops);
        (void)sched_yield();
        if (atomic_load(&top->pops) - pops > 1) {
            atomic_fetch_add(&popped_again, 1);
        }
    }
    retire_exit(hart, scheme);
}

static void turn(struct retire_hart *hart, enum retire_scheme scheme)
{
    struct counted *node = (struct counted *)(void *)pop(hart);
    if (node != NULL) {
        atomic_fetch_add(&node->pops, 1);
        if (atomic_exchange(&node->owned, 1) != 0) {
            atomic_fetch_add(&popped_twice, 1);
        }
        retire_node(hart, &node->node, scheme);
    }
    retire_collect(hart);
    while (hart->ready.count > 0) {
        struct retire_node *passed = retire_bag_take(&hart->ready);
        atomic_store(&((struct counted *)(void *)passed)->owned, 0);
        retire_push(&all, passed);
    }
}

static void *hammer(void *argument)
{
    struct retire_hart *hart = argument;
    play_hart((uint32_t)(hart - harts));
    retire_online(hart);
    for (uint32_t round = 0; round < ROUNDS && atomic_load(&popped_twice) == 0; round++) {
        if (round % ROUNDS_PER_YIELD == 0) {
            watch(hart, all.scheme);
        }
        turn(hart, all.scheme);
    }
    retire_offline(hart);
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
        (void)retire_push_ready(&harts[i], UINT64_MAX);
    }
    uint32_t found = 0;
    for (const struct retire_node *node = all.head; node != NULL && found <= HARTS; node = node->next) {
        found++;
    }
    assert_int_equal(found, HARTS);
}

/* ---- the workloads ---- */

static void run_workload(enum retire_scheme scheme, enum retire_workload workload, uint64_t nodes_each, bool spin)
{
    uint64_t hart_ns[HARTS] = {0};
    static struct histogram latency;
    histogram_clear(&latency);
    const struct retire_plan plan = {.scheme = scheme,
                                     .workload = workload,
                                     .harts = HARTS,
                                     .operations = 2000,
                                     .nodes = nodes_each,
                                     .bag = 4,
                                     .free_at_once = spin ? 1 : UINT64_MAX,
                                     .spin = spin,
                                     .latency = workload == RETIRE_STACK ? &latency : NULL};
    struct retire_result result = {.hart_ns = hart_ns};
    assert_true(retire_run(&plan, &result));
    assert_int_equal(result.operations, 2000);
    assert_int_equal(latency.samples, workload == RETIRE_STACK ? HARTS * 2000 : 0);
    assert_true((result.limbo_peak > 0) == (workload != RETIRE_READ));
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_true(hart_ns[i] > 0);
    }
}

/* With fewer nodes than would do without waiting, too. retire_run counts them at the end. */
static void every_operation_is_done(void **state)
{
    for (uint32_t workload = 0; workload < RETIRE_WORKLOAD_COUNT; workload++) {
        run_workload(scheme_of(state), (enum retire_workload)workload, 64, false);
        run_workload(scheme_of(state), (enum retire_workload)workload, 5, false);
        run_workload(scheme_of(state), (enum retire_workload)workload, 12, true);
    }
}

static void a_time_is_kept_by_all(void **state)
{
    uint64_t hart_ns[HARTS] = {0};
    const struct retire_plan plan = {.scheme = scheme_of(state),
                                     .workload = RETIRE_QUEUE,
                                     .harts = HARTS,
                                     .limit_ns = 5000000,
                                     .nodes = 16,
                                     .bag = 4,
                                     .free_at_once = UINT64_MAX};
    struct retire_result result = {.hart_ns = hart_ns};
    assert_true(retire_run(&plan, &result));
    assert_true(result.operations > 0);
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_int_equal(hart_ns[i], 5000000);
    }
}

/* ck_hp would lose hazards. */
static void hazards_are_for_so_many_harts(void **state)
{
    (void)state;
    assert_true(retire_scheme_takes(RETIRE_HP, RETIRE_HP_HARTS));
    const struct retire_plan plan = {.scheme = RETIRE_HP, .harts = RETIRE_HP_HARTS + 1, .operations = 1, .nodes = 1};
    struct retire_result result = {.operations = 0};
    assert_false(retire_run(&plan, &result));
}

int main(void)
{
#define EACH(test)                                                                                                     \
    {#test ", qsbr", test, NULL, NULL, (void *)(uintptr_t)RETIRE_QSBR},                                                \
        {#test ", epoch", test, NULL, NULL, (void *)(uintptr_t)RETIRE_EPOCH},                                          \
    {                                                                                                                  \
#test ", hp", test, NULL, NULL, (void *)(uintptr_t)RETIRE_HP                                                   \
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
