/* SPDX-License-Identifier: MIT
 * Reclamation, each back end by itself: what was popped is not pushed while a section of that moment is open, and is
 * pushed once all are left; limbo and its account; stacks that four threads pop and push at full speed. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "platform_host.h"
#include "reclaim.h"

#define HARTS 4u
/* How long is waited for what must not come, and at most for what must. */
#define NEVER_NS UINT64_C(60000000)
#define SOON_NS UINT64_C(20000000000)
#define ENTRIES 1000u
/* Few nodes, so that the same one comes back at once. */
#define NODES 4u
#define ROUNDS 1000000u
/* One turn in so many lets another thread run in the middle of a section. */
#define ROUNDS_PER_YIELD 256u

static struct reclaim reclaim;
static struct reclaim_hart harts[HARTS];

/* ---- entries that count their calls ------------------------------------------------------------------------- */

struct counted {
    struct reclaim_entry entry;
    _Atomic uint32_t calls;
};

static struct counted counted[ENTRIES];

static void count_call(struct reclaim_entry *entry)
{
    atomic_fetch_add(&((struct counted *)(void *)entry)->calls, 1);
}

static void defer_now(struct counted *deferred)
{
    deferred->entry.stamp = reclaim_stamp(&harts[0]);
    reclaim_defer(&harts[0], &deferred->entry);
}

static uint32_t calls_of(uint32_t entries)
{
    uint32_t calls = 0;
    for (uint32_t i = 0; i < entries; i++) {
        calls += atomic_load(&counted[i].calls);
    }
    return calls;
}

static void reclaim_begin(const char *name, reclaim_call *call)
{
    memset(&reclaim, 0, sizeof reclaim);
    memset(harts, 0, sizeof harts);
    memset(counted, 0, sizeof counted);
    assert_true(reclaim_init(&reclaim, name, call));
    for (uint32_t i = 0; i < HARTS; i++) {
        reclaim_add_hart(&reclaim, &harts[i]);
    }
}

static int setup(void **state)
{
    reclaim_begin(*state, count_call);
    return 0;
}

/* Polls for so long, or until so many of the first entries' calls were made. */
static void poll_until(uint32_t calls, uint64_t limit_ns)
{
    uint64_t begin = platform_time_ns();
    for (uint32_t turn = 0; calls_of(ENTRIES) < calls && platform_time_ns() - begin < limit_ns; turn++) {
        (void)reclaim_poll(&harts[0]);
        if (turn % ROUNDS_PER_YIELD == 0) {
            (void)sched_yield();
        }
    }
}

/* ---- another hart ------------------------------------------------------------------------------------------- */

/* Hart 1: enters `deep` sections, leaves all but one, waits, leaves the last, and waits before it ends. */
struct other {
    pthread_t thread;
    uint32_t deep;
    sem_t inside, leave, outside, end;
};

static void *other_main(void *argument)
{
    struct other *other = argument;
    platform_host_hart_set(1);
    for (uint32_t i = 0; i < other->deep; i++) {
        reclaim_enter(&harts[1]);
    }
    for (uint32_t i = 1; i < other->deep; i++) {
        reclaim_exit(&harts[1]);
    }
    (void)sem_post(&other->inside);
    (void)sem_wait(&other->leave);
    reclaim_exit(&harts[1]);
    (void)sem_post(&other->outside);
    (void)sem_wait(&other->end);
    return NULL;
}

static void other_enter(struct other *other, uint32_t deep)
{
    other->deep = deep;
    assert_int_equal(sem_init(&other->inside, 0, 0) | sem_init(&other->leave, 0, 0), 0);
    assert_int_equal(sem_init(&other->outside, 0, 0) | sem_init(&other->end, 0, 0), 0);
    assert_int_equal(pthread_create(&other->thread, NULL, other_main, other), 0);
    (void)sem_wait(&other->inside);
}

static void other_leave(struct other *other)
{
    (void)sem_post(&other->leave);
    (void)sem_wait(&other->outside);
}

static void other_end(struct other *other)
{
    (void)sem_post(&other->end);
    assert_int_equal(pthread_join(other->thread, NULL), 0);
}

/* ---- sections ----------------------------------------------------------------------------------------------- */

static void expect_waits_for_section(uint32_t deep)
{
    struct other other;
    other_enter(&other, deep);
    uint64_t stamp = reclaim_stamp(&harts[0]);
    defer_now(&counted[0]);
    poll_until(1, NEVER_NS);
    uint32_t early = calls_of(1);
    bool passed_early = reclaim_passed(&harts[0], stamp);
    uint32_t pending = reclaim_pending(&reclaim);
    other_leave(&other);
    poll_until(1, SOON_NS);
    bool passed = reclaim_passed(&harts[0], stamp);
    other_end(&other);
    assert_int_equal(early, 0);
    assert_false(passed_early);
    assert_int_equal(pending, 1);
    assert_int_equal(calls_of(1), 1);
    assert_true(passed);
    assert_int_equal(reclaim_pending(&reclaim), 0);
}

static void P2_an_open_section_is_waited_for(void **state)
{
    (void)state;
    expect_waits_for_section(1);
}

static void P2_a_nested_section_ends_with_the_outermost(void **state)
{
    (void)state;
    expect_waits_for_section(3);
}

static void P10_barrier_does_not_pass_an_open_section(void **state)
{
    (void)state;
    struct other other;
    other_enter(&other, 1);
    defer_now(&counted[0]);
    bool passed_early = reclaim_barrier(&harts[0]);
    uint32_t early = calls_of(1);
    other_leave(&other);
    bool passed = reclaim_barrier(&harts[0]);
    other_end(&other);
    assert_false(passed_early);
    assert_int_equal(early, 0);
    assert_true(passed);
    assert_int_equal(calls_of(1), 1);
}

/* One that was in a section once and sleeps; then one that has ended. */
static void who_is_in_no_section_holds_nothing_up(void **state)
{
    (void)state;
    struct other other;
    other_enter(&other, 1);
    other_leave(&other);
    defer_now(&counted[0]);
    bool passed = reclaim_barrier(&harts[0]);
    other_end(&other);
    assert_true(passed);
    assert_int_equal(calls_of(1), 1);
    defer_now(&counted[1]);
    assert_true(reclaim_barrier(&harts[0]));
    assert_int_equal(calls_of(2), 2);
}

/* Its own section holds it up like another's. */
static void P2_the_callers_own_section_counts(void **state)
{
    (void)state;
    reclaim_enter(&harts[0]);
    defer_now(&counted[0]);
    poll_until(1, NEVER_NS);
    uint32_t early = calls_of(1);
    reclaim_exit(&harts[0]);
    assert_int_equal(early, 0);
    poll_until(1, SOON_NS);
    assert_int_equal(calls_of(1), 1);
}

/* ---- limbo -------------------------------------------------------------------------------------------------- */

static void limbo_counts_what_a_section_holds_up(void **state)
{
    (void)state;
    struct other other;
    other_enter(&other, 1);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        defer_now(&counted[i]);
    }
    uint32_t early = calls_of(ENTRIES), pending = reclaim_pending(&reclaim), peak = reclaim_peak(&reclaim);
    other_leave(&other);
    bool passed = reclaim_barrier(&harts[0]);
    other_end(&other);
    assert_int_equal(early, 0);
    assert_int_equal(pending, ENTRIES);
    assert_int_equal(peak, ENTRIES);
    assert_true(passed);
    assert_int_equal(reclaim_pending(&reclaim), 0);
    assert_int_equal(reclaim_peak(&reclaim), ENTRIES);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        assert_int_equal(atomic_load(&counted[i].calls), 1);
    }
    defer_now(&counted[0]);
    assert_int_equal(reclaim_peak(&reclaim), ENTRIES);
    assert_true(reclaim_barrier(&harts[0]));
}

/* reclaim.h, 4. */
static void limbo_of_one_hart_stays_short(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 100 * ENTRIES; i++) {
        defer_now(&counted[i % ENTRIES]);
        /* An entry is in limbo once at most. */
        assert_int_equal(atomic_load(&counted[(i + 1) % ENTRIES].calls), (i + 1) / ENTRIES);
    }
    assert_in_range(reclaim_peak(&reclaim), 1, 8 + RECLAIM_GRACE_MAX);
}

static void nothing_passes_through_limbo(void **state)
{
    (void)state;
    uint64_t stamp = reclaim_stamp(&harts[0]);
    struct other other;
    other_enter(&other, 1);
    assert_true(reclaim_passed(&harts[0], stamp));
    assert_true(reclaim_passed(&harts[0], reclaim_stamp(&harts[0])));
    assert_true(reclaim_barrier(&harts[0]));
    other_leave(&other);
    other_end(&other);
}

/* ---- a stack at full speed ---------------------------------------------------------------------------------- */

/* A node in somebody's hands, and how often it was pushed. */
struct node {
    ck_stack_entry_t on_stack;
    struct reclaim_entry in_limbo;
    _Atomic uint32_t owned;
    _Atomic uint32_t pushes;
};

static _Alignas(CACHE_PAIR) ck_stack_t stack;
static struct node nodes[NODES];
static _Atomic uint32_t popped_twice, pushed_early, lost;

static void node_push(struct node *node)
{
    atomic_fetch_add(&node->pushes, 1);
    ck_stack_push_upmc(&stack, &node->on_stack);
}

static void node_leave_limbo(struct reclaim_entry *entry)
{
    node_push((struct node *)(void *)((unsigned char *)entry - offsetof(struct node, in_limbo)));
}

/* With the node in hand: pushes it, at once or through limbo. */
static void node_put(struct reclaim_hart *hart, struct node *node)
{
    atomic_store(&node->owned, 0);
    if (reclaim_passed(hart, node->in_limbo.stamp)) {
        node_push(node);
    } else {
        reclaim_defer(hart, &node->in_limbo);
    }
}

/* In a section. */
static ck_stack_entry_t *entry_pop(const struct reclaim_hart *hart)
{
    ck_stack_entry_t *entry = NULL;
    while (!reclaim_try_pop(hart, &stack, &entry) && !CK_STACK_ISEMPTY(&stack)) {
    }
    return entry;
}

static struct node *node_pop(struct reclaim_hart *hart)
{
    struct node *node = (struct node *)(void *)entry_pop(hart);
    if (node != NULL) {
        node->in_limbo.stamp = reclaim_stamp(hart);
        if (atomic_exchange(&node->owned, 1) != 0) {
            atomic_fetch_add(&popped_twice, 1);
        }
    }
    return node;
}

/* Pops two nodes and pushes the upper one first: a hart that is popping it has its `next` from before. */
static void node_turn(struct reclaim_hart *hart)
{
    reclaim_enter(hart);
    struct node *upper = node_pop(hart);
    struct node *lower = node_pop(hart);
    reclaim_exit(hart);
    if (upper != NULL) {
        node_put(hart, upper);
    }
    if (lower != NULL) {
        node_put(hart, lower);
    } else {
        (void)reclaim_poll(hart);
    }
}

/* What a section has seen on top may be popped by others meanwhile, but not pushed again. */
static void node_watch(struct reclaim_hart *hart)
{
    reclaim_enter(hart);
    struct node *node = (struct node *)(void *)ck_pr_load_ptr(&stack.head);
    if (node != NULL) {
        uint32_t pushes = atomic_load(&node->pushes);
        (void)sched_yield();
        if (atomic_load(&node->pushes) != pushes && hart->backend->grace > 0) {
            atomic_fetch_add(&pushed_early, 1);
        }
    }
    reclaim_exit(hart);
}

static void *hammer(void *argument)
{
    struct reclaim_hart *hart = argument;
    platform_host_hart_set((uint32_t)(hart - harts));
    for (uint32_t round = 0; round < ROUNDS && atomic_load(&popped_twice) == 0; round++) {
        if (round % ROUNDS_PER_YIELD == 0) {
            node_watch(hart);
        }
        node_turn(hart);
    }
    return NULL;
}

/* At rest: every node once; a broken stack may be a ring. */
static void count_stack(void)
{
    uint32_t found[NODES] = {0};
    uint32_t steps = 0;
    for (ck_stack_entry_t *entry = stack.head; entry != NULL && steps <= NODES; entry = entry->next) {
        found[(struct node *)(void *)entry - nodes]++;
        steps++;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        atomic_fetch_add(&lost, found[i] != 1);
    }
}

static void P1_P2_a_stack_survives_four_threads(void **state)
{
    reclaim_begin(*state, node_leave_limbo);
    memset(nodes, 0, sizeof nodes);
    popped_twice = pushed_early = lost = 0;
    ck_stack_init(&stack);
    for (uint32_t i = 0; i < NODES; i++) {
        node_push(&nodes[i]);
    }
    pthread_t threads[HARTS];
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &harts[i]), 0);
    }
    for (uint32_t i = 0; i < HARTS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(popped_twice, 0);
    assert_int_equal(pushed_early, 0);
    assert_true(reclaim_barrier(&harts[0]));
    assert_int_equal(reclaim_pending(&reclaim), 0);
    assert_in_range(reclaim_peak(&reclaim), 0, NODES);
    count_stack();
    assert_int_equal(lost, 0);
}

/* The head alone is what it was; head and count are not. */
static void P2_a_pop_changes_the_tag(void **state)
{
    (void)state;
    ck_stack_init(&stack);
    node_push(&nodes[0]);
    ck_stack_t before = stack;
    assert_ptr_equal(entry_pop(&harts[0]), &nodes[0]);
    node_push(&nodes[0]);
    assert_ptr_equal(stack.head, before.head);
    assert_ptr_not_equal(stack.generation, before.generation);
}

static void an_unknown_back_end_is_refused(void **state)
{
    (void)state;
    assert_false(reclaim_init(&reclaim, "hazard", count_call));
    assert_false(reclaim_init(&reclaim, "", count_call));
}

/* ---- each test for each back end ---------------------------------------------------------------------------- */

#define TESTS 26u
#define NAME_BYTES 96u

static struct CMUnitTest tests[TESTS];
static char names[TESTS][NAME_BYTES];
static uint32_t test_count;

static void add_test(const char *backend, const char *name, CMUnitTestFunction test)
{
    (void)snprintf(names[test_count], NAME_BYTES, "%s, %s", name, backend);
    tests[test_count] = (struct CMUnitTest){names[test_count], test, setup, NULL, (void *)(uintptr_t)backend};
    test_count++;
}
#define ADD(backend, test) add_test(backend, #test, test)

int main(void)
{
    static const char *const clocks[] = {"epoch", "urcu-memb", "urcu-qsbr"};
    for (uint32_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        ADD(clocks[i], P2_an_open_section_is_waited_for);
        ADD(clocks[i], P2_a_nested_section_ends_with_the_outermost);
        ADD(clocks[i], P2_the_callers_own_section_counts);
        ADD(clocks[i], P10_barrier_does_not_pass_an_open_section);
        ADD(clocks[i], who_is_in_no_section_holds_nothing_up);
        ADD(clocks[i], limbo_counts_what_a_section_holds_up);
        ADD(clocks[i], P1_P2_a_stack_survives_four_threads);
    }
    ADD("epoch", limbo_of_one_hart_stays_short);
    ADD("tag", nothing_passes_through_limbo);
    ADD("tag", P2_a_pop_changes_the_tag);
    ADD("tag", P1_P2_a_stack_survives_four_threads);
    ADD("epoch", an_unknown_back_end_is_refused);
    return test_count == TESTS ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
