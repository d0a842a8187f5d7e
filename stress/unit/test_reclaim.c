/* SPDX-License-Identifier: MIT
 * Reclamation, each back end by itself: what was popped is not pushed while a section of that moment is open, and is
 * pushed once all are left, also at the wraps of 31 and 32 bits and of a thread that ends; limbo and its account;
 * stacks that four threads pop and push at full speed. */
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

#include "play_harts.h"
#include "reclaim.h"

#define HARTS 4u
/* How long is waited for what must not come, and at most for what must. */
#define NEVER_NS UINT64_C(20000000)
#define SOON_NS UINT64_C(20000000000)
#define ENTRIES 1000u
/* Of reclaim.c. */
#define LIMBO_BEFORE_POLL 8u
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

static uint64_t cookie_now(void)
{
    reclaim_enter(&harts[0]);
    uint64_t cookie = reclaim_cookie(&harts[0]);
    reclaim_exit(&harts[0]);
    return cookie;
}

static void defer_now(struct counted *deferred)
{
    deferred->entry.cookie = cookie_now();
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

struct scene {
    const char *backend;
    uint64_t wrap; /* the clock begins two moves below a multiple of this power of two; 0: as it comes */
};

static void clock_below(uint64_t wrap, uint64_t advances)
{
    reclaim_jump(&reclaim, (wrap - advances - reclaim_now(&reclaim)) & (wrap - 1));
}

static int setup(void **state)
{
    const struct scene *scene = *state;
    reclaim_begin(scene->backend, count_call);
    if (scene->wrap != 0) {
        clock_below(scene->wrap, 2);
    }
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

/* Hart 1: enters `deep` sections, leaves all but one, waits, leaves the last, and waits before it ends. It does so as
 * it runs, or in a destructor of its thread. */
struct other {
    pthread_t thread;
    uint32_t deep;
    bool was_there;        /* it had a section before these */
    bool ends;             /* it does so in a destructor, */
    uint32_t later_rounds; /* in so many rounds of destructors after the first */
    sem_t inside, leave, outside, end;
};

static pthread_key_t ending; /* made before any other */

static void other_pass(const struct other *other)
{
    for (uint32_t i = 0; i < other->deep; i++) {
        reclaim_enter(&harts[1]);
    }
    for (uint32_t i = 0; i < other->deep; i++) {
        reclaim_exit(&harts[1]);
    }
}

static void other_stay(struct other *other)
{
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
}

static void other_ends(void *argument)
{
    struct other *other = argument;
    if (other->later_rounds > 0) {
        other->later_rounds--;
        (void)pthread_setspecific(ending, other);
        return;
    }
    if (other->was_there) {
        other_pass(other);
    }
    other_stay(other);
}

static void *other_main(void *argument)
{
    struct other *other = argument;
    play_hart(1);
    if (other->was_there) {
        other_pass(other);
    }
    if (!other->ends) {
        other_stay(other);
    } else {
        FRAME_ASSERT(pthread_setspecific(ending, other) == 0);
    }
    return NULL;
}

static void other_start(struct other *other)
{
    assert_int_equal(sem_init(&other->inside, 0, 0) | sem_init(&other->leave, 0, 0), 0);
    assert_int_equal(sem_init(&other->outside, 0, 0) | sem_init(&other->end, 0, 0), 0);
    assert_int_equal(pthread_create(&other->thread, NULL, other_main, other), 0);
    (void)sem_wait(&other->inside);
}

static void other_enter(struct other *other, uint32_t deep)
{
    *other = (struct other){.deep = deep};
    other_start(other);
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

static void expect_waits_for(struct other other)
{
    atomic_store(&counted[0].calls, 0);
    other_start(&other);
    uint64_t cookie = cookie_now();
    defer_now(&counted[0]);
    poll_until(1, NEVER_NS);
    uint32_t early = calls_of(1);
    bool passed_early = reclaim_passed(&harts[0], cookie);
    uint32_t pending = reclaim_pending(&reclaim);
    other_leave(&other);
    poll_until(1, SOON_NS);
    bool passed = reclaim_passed(&harts[0], cookie);
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
    expect_waits_for((struct other){.deep = 1});
}

static void P2_a_nested_section_ends_with_the_outermost(void **state)
{
    (void)state;
    expect_waits_for((struct other){.deep = 3});
}

/* A destructor of the thread comes before the one by which it is unregistered from liburcu, or after it; in it are the
 * first sections that the thread has, or not. */
static void P2_a_section_of_a_thread_that_ends_is_waited_for(void **state)
{
    (void)state;
    for (uint32_t rounds = 0; rounds < 3; rounds++) {
        expect_waits_for((struct other){.deep = 2, .was_there = true, .ends = true, .later_rounds = rounds});
    }
    expect_waits_for((struct other){.deep = 1, .ends = true, .later_rounds = 1});
    /* Nothing is left of those threads. */
    defer_now(&counted[0]);
    assert_true(reclaim_barrier(&harts[0]));
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

/* Hart 1 polls, and is stopped when the clock has moved and limbo is still to be emptied. So does hart 0's barrier what
 * it must not: it sees that its moment has passed, and could be content with that. */
static void *barrier_main(void *argument)
{
    _Atomic uint32_t *answer = argument;
    platform_host_hart_set(0);
    atomic_store(answer, reclaim_barrier(&harts[0]) ? 1 : 2);
    return NULL;
}

static void P10_barrier_is_not_content_with_anothers_poll(void **state)
{
    (void)state;
    _Atomic uint32_t answer = 0;
    pthread_t thread;
    defer_now(&counted[0]);
    assert_int_equal(atomic_exchange(&reclaim.polling, 1), 0);
    assert_int_equal(pthread_create(&thread, NULL, barrier_main, &answer), 0);
    while (atomic_load(&answer) == 0) {
        reclaim.backend->move(&harts[1]);
        (void)sched_yield();
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    uint32_t calls = calls_of(1);
    atomic_store(&reclaim.polling, 0);
    assert_int_equal(answer, 2);
    assert_int_equal(calls, 0);
    assert_true(reclaim_barrier(&harts[0]));
    assert_int_equal(calls_of(1), 1);
}

/* As tests have it that let one hart act in the middle of another's operation. */
static void P2_a_thread_may_be_two_harts(void **state)
{
    (void)state;
    reclaim_enter(&harts[2]);
    reclaim_enter(&harts[1]);
    reclaim_exit(&harts[1]);
    defer_now(&counted[0]);
    poll_until(1, NEVER_NS);
    uint32_t early = calls_of(1);
    reclaim_exit(&harts[2]);
    assert_int_equal(early, 0);
    assert_true(reclaim_barrier(&harts[0]));
    assert_int_equal(calls_of(1), 1);
}

/* ---- sources that come to a wrap of 31 or 32 bits ------------------------------------------------------------- */

static const uint64_t jumps[] = {UINT64_C(0x7fffffff), UINT64_C(0x80000000), UINT64_C(0x80000001),
                                 UINT64_C(0xc0000000), UINT64_C(0xffffffff), UINT64_C(0x100000000),
                                 UINT64_C(0x100000001)};
#define JUMPS (sizeof jumps / sizeof jumps[0])

static void P2_a_cookie_from_before_a_jump_has_passed(void **state)
{
    (void)state;
    uint64_t oldest = cookie_now();
    for (uint32_t i = 0; i < JUMPS; i++) {
        uint64_t cookie = cookie_now();
        reclaim_jump(&reclaim, jumps[i]);
        assert_true(reclaim_passed(&harts[0], cookie));
        assert_true(reclaim_passed(&harts[0], oldest));
        if (reclaim.backend == &reclaim_epoch) { /* liburcu's sources move when they like */
            assert_false(reclaim_passed(&harts[0], cookie_now()));
        }
    }
}

static void P2_P10_limbo_from_before_a_jump_is_emptied_by_one_poll(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < JUMPS; i++) {
        atomic_store(&counted[0].calls, 0);
        defer_now(&counted[0]);
        assert_int_equal(reclaim_pending(&reclaim), 1);
        reclaim_jump(&reclaim, jumps[i]);
        assert_true(reclaim_poll(&harts[0]));
        assert_int_equal(calls_of(1), 1);
        assert_int_equal(reclaim_pending(&reclaim), 0);
        assert_true(reclaim_barrier(&harts[0]));
    }
}

/* Concurrency Kit's epoch moves, and who moved it is stopped before it has stored the clock. */
static uint64_t cookie_ahead(void)
{
    reclaim_enter(&harts[0]);
    reclaim_enter(&harts[1]);
    assert_true(ck_epoch_poll(&harts[1].epoch));
    uint64_t cookie = reclaim_cookie(&harts[0]);
    assert_int_equal(cookie, reclaim_now(&reclaim) + 1);
    assert_false(reclaim_passed(&harts[0], cookie));
    reclaim_exit(&harts[1]);
    reclaim_exit(&harts[0]);
    return cookie;
}

static void P2_a_cookie_ahead_of_its_source_has_not_passed(void **state)
{
    (void)state;
    static const uint64_t wraps[] = {UINT64_C(1) << 31, UINT64_C(1) << 32};
    for (uint32_t i = 0; i < 2; i++) {
        for (uint64_t below = 0; below < 6; below++) {
            clock_below(wraps[i], below);
            uint64_t advances = reclaim_advances(&reclaim), cookie = cookie_ahead();
            assert_true(reclaim_poll(&harts[1])); /* what was left undone, and one more */
            assert_int_equal(reclaim_advances(&reclaim), advances + 2);
            assert_false(reclaim_passed(&harts[0], cookie));
            assert_true(reclaim_poll(&harts[1]));
            assert_false(reclaim_passed(&harts[0], cookie));
            assert_true(reclaim_poll(&harts[1]));
            assert_int_equal(reclaim_now(&reclaim), cookie + 3);
            assert_true(reclaim_passed(&harts[0], cookie));
        }
    }
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
    assert_in_range(reclaim_peak(&reclaim), 1, LIMBO_BEFORE_POLL + RECLAIM_GRACE_MAX);
}

/* And if it defers several in each section. */
static void limbo_of_one_hart_is_bounded_by_its_sections(void **state)
{
    (void)state;
    uint32_t next = 0;
    for (uint32_t several = 1; several <= 16; several++) {
        for (uint32_t section = 0; section < ENTRIES; section++) {
            reclaim_enter(&harts[0]);
            for (uint32_t i = 0; i < several; i++) {
                struct counted *entry = &counted[next++ % ENTRIES];
                entry->entry.cookie = reclaim_cookie(&harts[0]);
                reclaim_defer(&harts[0], &entry->entry);
            }
            reclaim_exit(&harts[0]);
        }
        assert_in_range(reclaim_peak(&reclaim), 1, LIMBO_BEFORE_POLL + RECLAIM_GRACE_MAX * several);
    }
}

static void nothing_passes_through_limbo(void **state)
{
    (void)state;
    uint64_t cookie = cookie_now();
    struct other other;
    other_enter(&other, 1);
    assert_true(reclaim_passed(&harts[0], cookie));
    assert_true(reclaim_passed(&harts[0], cookie_now()));
    assert_true(reclaim_barrier(&harts[0]));
    reclaim_jump(&reclaim, UINT64_C(1) << 32);
    assert_true(reclaim_passed(&harts[0], cookie));
    other_leave(&other);
    other_end(&other);
}

/* ---- a stack at full speed ---------------------------------------------------------------------------------- */

/* A node in somebody's local chunks, and how often it was pushed. */
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
    if (reclaim_passed(hart, node->in_limbo.cookie)) {
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
        node->in_limbo.cookie = reclaim_cookie(hart);
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
    play_hart((uint32_t)(hart - harts));
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
    reclaim_begin(((const struct scene *)*state)->backend, node_leave_limbo);
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

#define TESTS 67u
#define NAME_BYTES 96u

static struct CMUnitTest tests[TESTS];
static struct scene scenes[TESTS];
static char names[TESTS][NAME_BYTES];
static uint32_t test_count;

static void add_test(const char *backend, uint64_t wrap, const char *name, CMUnitTestFunction test)
{
    FRAME_ASSERT(test_count < TESTS);
    scenes[test_count] = (struct scene){backend, wrap};
    (void)snprintf(names[test_count], NAME_BYTES, "%s, %s, 0x%llx", name, backend, (unsigned long long)wrap);
    tests[test_count] = (struct CMUnitTest){names[test_count], test, setup, NULL, &scenes[test_count]};
    test_count++;
}
#define ADD(backend, wrap, test) add_test(backend, wrap, #test, test)

static void add_clock(const char *clock)
{
    static const uint64_t wraps[] = {0, UINT64_C(1) << 31, UINT64_C(1) << 32};
    for (uint32_t i = 0; i < sizeof wraps / sizeof wraps[0]; i++) {
        ADD(clock, wraps[i], P2_an_open_section_is_waited_for);
        ADD(clock, wraps[i], P2_a_nested_section_ends_with_the_outermost);
        ADD(clock, wraps[i], P2_the_callers_own_section_counts);
        ADD(clock, wraps[i], limbo_counts_what_a_section_holds_up);
    }
    ADD(clock, 0, P2_a_cookie_from_before_a_jump_has_passed);
    ADD(clock, 0, P2_P10_limbo_from_before_a_jump_is_emptied_by_one_poll);
    ADD(clock, 0, P2_a_section_of_a_thread_that_ends_is_waited_for);
    ADD(clock, 0, P2_a_thread_may_be_two_harts);
    ADD(clock, 0, P10_barrier_does_not_pass_an_open_section);
    ADD(clock, 0, P10_barrier_is_not_content_with_anothers_poll);
    ADD(clock, 0, who_is_in_no_section_holds_nothing_up);
    ADD(clock, 0, P1_P2_a_stack_survives_four_threads);
}

int main(void)
{
    FRAME_ASSERT(platform_host_hart_count_set(HARTS));
    static const char *const clocks[] = {"epoch", "urcu-memb", "urcu-qsbr"};
    if (pthread_key_create(&ending, other_ends) != 0) {
        return 1;
    }
    for (uint32_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        add_clock(clocks[i]);
    }
    ADD("epoch", 0, P2_a_cookie_ahead_of_its_source_has_not_passed);
    ADD("epoch", 0, limbo_of_one_hart_stays_short);
    ADD("epoch", 0, limbo_of_one_hart_is_bounded_by_its_sections);
    ADD("tag", 0, nothing_passes_through_limbo);
    ADD("tag", 0, P2_a_pop_changes_the_tag);
    ADD("tag", 0, P1_P2_a_stack_survives_four_threads);
    ADD("epoch", 0, an_unknown_back_end_is_refused);
    return test_count == TESTS ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
