/* SPDX-License-Identifier: MIT
 * Litmus tests of explore mode: for each profile, outcomes that the machine allows are seen, and those that it forbids
 * are not, over thousands of seeds by both strategies, and exhaustively, where all that any seed shows must be found.
 * And races: what is one is found, what is not is not.
 *
 * Whose outcomes a profile allows: SC nobody's; TSO x86's; RMO those of a machine whose fences are CK's and on which a
 * sequentially consistent access is a full fence; RCPC C11's on multi-copy atomic memory, so those of AArch64 with
 * ldapr for acquire, and of RISC-V with fences before sequentially consistent loads (memory_model.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "choices.h"
#include "explore.h"
#include "run.h"

#define SEEDS 20000u
#define OUTCOMES 64u

/* ---- what a hart does ---- */

/* Lines of their own; x, y, z of 8 bytes. */
static _Alignas(64) uint64_t memory[3][8];
#define X (&memory[0][0])
#define Y (&memory[1][0])
#define Z (&memory[2][0])
static uint64_t got[4]; /* a register each, of no hart's stack */

static value_t act(enum event_kind kind, void *address, uint8_t size, value_t operand, uint8_t order)
{
    const struct event event = {.kind = kind,
                                .size = size,
                                .order = order,
                                .order_failed = order,
                                .operation = RMW_EXCHANGE,
                                .address = (uintptr_t)address,
                                .place = (uintptr_t)__builtin_return_address(0),
                                .operand = operand};
    return model_event(&event);
}

static uint64_t load(uint64_t *from, uint8_t order)
{
    return (uint64_t)act(EVENT_LOAD, from, 8, 0, order);
}

static void store(uint64_t *to, uint64_t value, uint8_t order)
{
    (void)act(EVENT_STORE, to, 8, value, order);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): it is written to, as an event */
static uint64_t swap(uint64_t *target, uint64_t value, uint8_t order)
{
    return (uint64_t)act(EVENT_RMW, target, 8, value, order);
}

/* NOLINTNEXTLINE(readability-non-const-parameter) */
static bool compare(uint64_t *target, uint64_t expected, uint64_t value, uint8_t order)
{
    const struct event event = {.kind = EVENT_RMW,
                                .size = 8,
                                .order = order,
                                .order_failed = ORDER_RELAXED,
                                .operation = RMW_COMPARE,
                                .address = (uintptr_t)target,
                                .place = 1,
                                .operand = value,
                                .expected = expected};
    return model_event(&event) == expected;
}

static void fence(uint8_t order)
{
    if (order != 0) {
        (void)act(EVENT_FENCE, NULL, 0, 0, order);
    }
}

static void relax(void)
{
    (void)act(EVENT_RELAX, NULL, 0, 0, 0);
}

static void write_plain(uint64_t *to, uint64_t value)
{
    (void)act(EVENT_PLAIN_STORE, to, 8, 0, 0);
    *to = value;
}

static uint64_t read_plain(const uint64_t *from)
{
    (void)act(EVENT_PLAIN_LOAD, (void *)(uintptr_t)from, 8, 0, 0);
    return *from;
}

/* ---- how often each outcome is seen ---- */

struct litmus {
    uint32_t harts;
    void (*body)(void *context, uint32_t hart);
    uint8_t first, second; /* fences or orders, as the body has it */
};

static uint32_t seen[OUTCOMES];
static uint32_t verdicts[EXPLORE_REDUNDANT + 1];

/* The outcome is the registers in base 4, or 2 for four of them. */
static uint32_t outcome(void)
{
    return (uint32_t)(got[0] % 4 + got[1] % 4 * 4 + got[2] % 4 * 16);
}

static void run_seeds(const struct litmus *litmus, enum explore_profile profile, uint32_t seeds)
{
    memset(seen, 0, sizeof seen);
    memset(verdicts, 0, sizeof verdicts);
    for (uint32_t seed = 0; seed < seeds; seed++) {
        memset(memory, 0, sizeof memory);
        memset(got, 0, sizeof got);
        const struct explore_options options = {.seed = seed,
                                                .strategy = seed % 2 == 0 ? EXPLORE_RANDOM : EXPLORE_PCT,
                                                .depth = 3 + seed / 2 % 4,
                                                .profile = profile,
                                                .steps_most = 100000,
                                                .freeze_hart = RUN_NOBODY};
        explore_use(&options);
        (void)run_harts(litmus->harts, litmus->body, (void *)(uintptr_t)litmus);
        verdicts[explore_report()->verdict]++;
        seen[outcome()]++;
    }
    model = &model_direct;
}

/* Every order, with so many stores that wait and loads of old values as suffice for these. */
#define WEAK 2u

static void run_exhaustively(const struct litmus *litmus, enum explore_profile profile, bool reduce, uint32_t *found)
{
    const struct choices_limits limits = {
        .preemptions = CHOICES_NO_BOUND, .weak = profile == EXPLORE_SC ? 0 : WEAK, .reduce = reduce};
    const struct explore_options options = {
        .strategy = EXPLORE_EXHAUST, .profile = profile, .steps_most = 100000, .freeze_hart = RUN_NOBODY};
    memset(found, 0, OUTCOMES * sizeof *found);
    choices_search(&limits);
    while (choices_next()) {
        memset(memory, 0, sizeof memory);
        memset(got, 0, sizeof got);
        explore_use(&options);
        (void)run_harts(litmus->harts, litmus->body, (void *)(uintptr_t)litmus);
        enum explore_verdict verdict = explore_report()->verdict;
        assert_true(verdict == EXPLORE_OK || verdict == EXPLORE_REDUNDANT);
        found[outcome()] += verdict == EXPLORE_OK;
    }
    assert_null(choices_report()->error);
    assert_true(choices_report()->complete);
    model = &model_direct;
}

static void expect_exhaustively(const struct litmus *litmus, enum explore_profile profile, uint32_t which, bool allowed)
{
    uint32_t found[OUTCOMES], reduced[OUTCOMES];
    run_exhaustively(litmus, profile, false, found);
    assert_int_equal(found[which] > 0, allowed);
    for (uint32_t i = 0; i < OUTCOMES; i++) {
        assert_true(found[i] > 0 || seen[i] == 0);
    }
    if (profile == EXPLORE_SC) {
        run_exhaustively(litmus, profile, true, reduced);
        for (uint32_t i = 0; i < OUTCOMES; i++) {
            assert_int_equal(reduced[i] > 0, found[i] > 0);
        }
    }
}

static void expect(struct litmus litmus, enum explore_profile profile, uint32_t which, bool allowed)
{
    run_seeds(&litmus, profile, SEEDS);
    assert_int_equal(verdicts[EXPLORE_OK], SEEDS);
    if (allowed) {
        assert_true(seen[which] > 0);
    } else {
        assert_int_equal(seen[which], 0);
    }
    expect_exhaustively(&litmus, profile, which, allowed);
}

/* ---- message passing ---- */

static void mp(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, 0);
        fence(litmus->first);
        store(Y, 1, 0);
    } else {
        got[0] = load(Y, 0);
        fence(litmus->second);
        got[1] = load(X, 0);
    }
}

static void test_mp(void **state)
{
    (void)state;
    const uint32_t weak = 1; /* the flag, and not the message */
    const struct {
        uint8_t first, second;
        bool allowed;
    } cases[] = {{0, 0, true},
                 {ORDER_STORE_STORE, 0, true},
                 {0, ORDER_LOAD_LOAD, true},
                 {ORDER_LOAD_STORE, ORDER_LOAD_LOAD, true},
                 {ORDER_STORE_STORE, ORDER_LOAD_STORE, true},
                 {ORDER_STORE_STORE, ORDER_LOAD_LOAD, false},
                 {ORDER_RELEASE, ORDER_ACQUIRE, false},
                 {ORDER_SEQ_CST, ORDER_SEQ_CST, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect((struct litmus){2, mp, cases[i].first, cases[i].second}, EXPLORE_RMO, weak, cases[i].allowed);
    }
    expect((struct litmus){2, mp, 0, 0}, EXPLORE_TSO, weak, false);
    expect((struct litmus){2, mp, 0, 0}, EXPLORE_SC, weak, false);
}

static void mp_c11(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, 0);
        store(Y, 1, litmus->first);
    } else {
        got[0] = load(Y, litmus->second);
        got[1] = load(X, 0);
    }
}

static void test_mp_release_acquire(void **state)
{
    (void)state;
    expect((struct litmus){2, mp_c11, ORDER_RELEASE, ORDER_ACQUIRE}, EXPLORE_RMO, 1, false);
    expect((struct litmus){2, mp_c11, ORDER_RELEASE, ORDER_RELAXED}, EXPLORE_RMO, 1, true);
    expect((struct litmus){2, mp_c11, ORDER_RELAXED, ORDER_ACQUIRE}, EXPLORE_RMO, 1, true);
}

/* The reader follows a pointer. */
static void mp_dependent(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        store(X, 1, 0);
        fence(ORDER_STORE_STORE);
        store(Y, (uint64_t)(uintptr_t)X, 0);
    } else {
        uint64_t *pointer = (uint64_t *)(uintptr_t)load(Y, 0);
        got[0] = pointer != NULL;
        got[1] = pointer != NULL ? load(pointer, 0) : 0;
    }
}

static void test_dependent_loads_are_ordered(void **state)
{
    (void)state;
    expect((struct litmus){2, mp_dependent, 0, 0}, EXPLORE_RMO, 1, false);
}

/* ---- store buffering ---- */

static void sb(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, 0);
    fence(litmus->first);
    got[hart] = load(hart == 0 ? Y : X, 0);
}

static void test_sb(void **state)
{
    (void)state;
    expect((struct litmus){2, sb, 0, 0}, EXPLORE_RMO, 0, true);
    expect((struct litmus){2, sb, 0, 0}, EXPLORE_TSO, 0, true);
    expect((struct litmus){2, sb, 0, 0}, EXPLORE_SC, 0, false);
    expect((struct litmus){2, sb, ORDER_RELEASE | ORDER_ACQUIRE, 0}, EXPLORE_RMO, 0, true);
    expect((struct litmus){2, sb, ORDER_STORE_LOAD, 0}, EXPLORE_RMO, 0, false);
    expect((struct litmus){2, sb, ORDER_STORE_LOAD, 0}, EXPLORE_TSO, 0, false);
}

static void sb_swap(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    (void)swap(hart == 0 ? X : Y, 1, litmus->first);
    got[hart] = load(hart == 0 ? Y : X, 0);
}

static void test_sb_by_exchange(void **state)
{
    (void)state;
    expect((struct litmus){2, sb_swap, ORDER_RELAXED, 0}, EXPLORE_RMO, 0, true);
    expect((struct litmus){2, sb_swap, ORDER_SEQ_CST, 0}, EXPLORE_RMO, 0, false);
    expect((struct litmus){2, sb_swap, ORDER_RELAXED, 0}, EXPLORE_TSO, 0, false);
}

/* The asymmetric barrier: one side has a compiler barrier only. */
static void sb_asymmetric(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, 0);
    if (hart == 1 && litmus->first != 0) {
        (void)act(EVENT_BARRIER, NULL, 0, 0, ORDER_SEQ_CST);
    }
    got[hart] = load(hart == 0 ? Y : X, 0);
}

static void test_the_heavy_barrier_fences_all(void **state)
{
    (void)state;
    expect((struct litmus){2, sb_asymmetric, 0, 0}, EXPLORE_RMO, 0, true);
    expect((struct litmus){2, sb_asymmetric, 1, 0}, EXPLORE_RMO, 0, false);
    expect((struct litmus){2, sb_asymmetric, 1, 0}, EXPLORE_TSO, 0, false);
}

/* ---- load buffering: real machines may, this one does not ---- */

static void lb(void *context, uint32_t hart)
{
    (void)context;
    got[hart] = load(hart == 0 ? X : Y, 0);
    store(hart == 0 ? Y : X, 1, 0);
}

static void test_lb_is_not_covered(void **state)
{
    (void)state;
    expect((struct litmus){2, lb, 0, 0}, EXPLORE_RMO, 1 + 4, false);
}

/* ---- independent reads of independent writes, 2+2W, coherence ---- */

static void iriw(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart < 2) {
        store(hart == 0 ? X : Y, 1, 0);
        return;
    }
    uint64_t first = load(hart == 2 ? X : Y, 0);
    fence(litmus->first);
    uint64_t second = load(hart == 2 ? Y : X, 0);
    got[hart - 2] = first * 2 + second;
}

static void test_iriw(void **state)
{
    (void)state;
    expect((struct litmus){4, iriw, 0, 0}, EXPLORE_RMO, 2 + 2 * 4, true);
    expect((struct litmus){4, iriw, ORDER_LOAD_LOAD, 0}, EXPLORE_RMO, 2 + 2 * 4, false); /* multi-copy atomic */
    expect((struct litmus){4, iriw, 0, 0}, EXPLORE_TSO, 2 + 2 * 4, false);
}

static void two_plus_two_writes(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, 0);
    fence(litmus->first);
    store(hart == 0 ? Y : X, 2, 0);
}

static void expect_both_first(uint8_t order, enum explore_profile profile, bool allowed)
{
    const struct litmus litmus = {2, two_plus_two_writes, order, 0};
    uint32_t count = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        memset(memory, 0, sizeof memory);
        const struct explore_options options = {.seed = seed, .profile = profile, .freeze_hart = RUN_NOBODY};
        explore_use(&options);
        (void)run_harts(2, litmus.body, (void *)(uintptr_t)&litmus);
        count += *X == 1 && *Y == 1;
    }
    model = &model_direct;
    assert_int_equal(count > 0, allowed);
}

static void test_two_plus_two_writes(void **state)
{
    (void)state;
    expect_both_first(0, EXPLORE_RMO, true);
    expect_both_first(ORDER_STORE_STORE, EXPLORE_RMO, false);
    expect_both_first(0, EXPLORE_TSO, false);
}

static void corr(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        store(X, 1, 0);
        store(X, 2, 0);
    } else {
        got[0] = load(X, 0);
        got[1] = load(X, 0);
    }
}

static void test_one_location_is_coherent(void **state)
{
    (void)state;
    expect((struct litmus){2, corr, 0, 0}, EXPLORE_RMO, 1 + 2 * 4, true);
    expect((struct litmus){2, corr, 0, 0}, EXPLORE_RMO, 2 + 1 * 4, false);
    expect((struct litmus){2, corr, 0, 0}, EXPLORE_RMO, 1, false);
}

static void own(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        store(X, 1, 0);
        got[0] = load(X, 0);
    } else {
        store(X, 2, 0);
        got[1] = load(X, 0);
    }
}

static void test_a_hart_sees_its_own_stores(void **state)
{
    (void)state;
    const struct litmus litmus = {2, own, 0, 0};
    run_seeds(&litmus, EXPLORE_RMO, SEEDS);
    for (uint32_t i = 0; i < OUTCOMES; i++) {
        bool possible = i % 4 != 0 && i / 4 % 4 != 0;
        assert_true(possible || seen[i] == 0);
    }
}

/* ---- sequentially consistent accesses that are no fences: RCPC beside RMO ---- */

static void expect_rcpc_only(struct litmus litmus, uint32_t which)
{
    expect(litmus, EXPLORE_RCPC, which, true);
    expect(litmus, EXPLORE_RMO, which, false);
}

static void expect_neither(struct litmus litmus, uint32_t which)
{
    expect(litmus, EXPLORE_RCPC, which, false);
    expect(litmus, EXPLORE_RMO, which, false);
}

static void expect_both(struct litmus litmus, uint32_t which)
{
    expect(litmus, EXPLORE_RCPC, which, true);
    expect(litmus, EXPLORE_RMO, which, true);
}

static void sb_orders(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, litmus->first);
    got[hart] = load(hart == 0 ? Y : X, litmus->second);
}

static void test_rcpc_sb(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, sb_orders, ORDER_SEQ_CST, ORDER_ACQUIRE}, 0); /* stlr; ldapr */
    expect_rcpc_only((struct litmus){2, sb_orders, ORDER_SEQ_CST, ORDER_RELAXED}, 0);
    expect_both((struct litmus){2, sb_orders, ORDER_RELAXED, ORDER_SEQ_CST}, 0);
    expect_neither((struct litmus){2, sb_orders, ORDER_SEQ_CST, ORDER_SEQ_CST}, 0);
    expect((struct litmus){2, sb, ORDER_SEQ_CST, 0}, EXPLORE_RCPC, 0, false); /* a fence */
    expect((struct litmus){2, sb_asymmetric, 1, 0}, EXPLORE_RCPC, 0, false);
}

static void sb_swap_orders(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    (void)swap(hart == 0 ? X : Y, 1, litmus->first);
    got[hart] = load(hart == 0 ? Y : X, litmus->second);
}

/* A compare-and-swap that fails, and so is but a load. */
/* NOLINTNEXTLINE(readability-non-const-parameter) */
static uint64_t compare_in_vain(uint64_t *target, uint8_t order, uint8_t order_failed)
{
    const struct event event = {.kind = EVENT_RMW,
                                .size = 8,
                                .order = order,
                                .order_failed = order_failed,
                                .operation = RMW_COMPARE,
                                .address = (uintptr_t)target,
                                .place = 1,
                                .operand = 3,
                                .expected = 2};
    return (uint64_t)model_event(&event);
}

static void sb_fail(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, ORDER_SEQ_CST);
    got[hart] = compare_in_vain(hart == 0 ? Y : X, litmus->first, litmus->second);
}

static void mp_fail(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, 0);
        store(Y, 1, ORDER_RELEASE);
    } else {
        got[0] = load(Y, litmus->first);
        got[1] = compare_in_vain(X, ORDER_ACQ_REL, litmus->second);
    }
}

static void test_rcpc_a_failure_is_a_load(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, sb_fail, ORDER_ACQUIRE, ORDER_ACQUIRE}, 0);
    expect_neither((struct litmus){2, sb_fail, ORDER_SEQ_CST, ORDER_SEQ_CST}, 0);
    expect_neither((struct litmus){2, sb_fail, ORDER_ACQUIRE, ORDER_SEQ_CST}, 0);
    expect_rcpc_only((struct litmus){2, mp_fail, ORDER_RELAXED, ORDER_RELAXED}, 1);
    expect_neither((struct litmus){2, mp_fail, ORDER_ACQUIRE, ORDER_RELAXED}, 1);
}

/* ldaxr and stlxr: what comes later waits for the former only. */
static void test_rcpc_sb_by_exchange(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, sb_swap_orders, ORDER_SEQ_CST, ORDER_ACQUIRE}, 0);
    expect_neither((struct litmus){2, sb_swap_orders, ORDER_SEQ_CST, ORDER_SEQ_CST}, 0);
}

/* An exchange of something else in between: no fence, though Linux once took it for one. */
static void sb_across_exchange(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, 0);
    (void)swap(Z + hart, 1, litmus->first);
    got[hart] = load(hart == 0 ? Y : X, litmus->second);
}

/* A load that is in order with the store, and of something else. Arm's would hold the weaker one after it; C11's does
 * not. */
static void sb_across_load(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, ORDER_SEQ_CST);
    (void)load(Z, litmus->first);
    got[hart] = load(hart == 0 ? Y : X, litmus->second);
}

static void test_rcpc_a_load_in_between_is_no_fence(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, sb_across_load, ORDER_SEQ_CST, ORDER_ACQUIRE}, 0);
    expect_neither((struct litmus){2, sb_across_load, ORDER_SEQ_CST, ORDER_SEQ_CST}, 0);
}

static void test_rcpc_exchange_is_no_fence(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, sb_across_exchange, ORDER_SEQ_CST, ORDER_ACQUIRE}, 0);
    expect_neither((struct litmus){2, sb_across_exchange, ORDER_SEQ_CST, ORDER_SEQ_CST}, 0);
}

/* A message by an exchange and then a store: the store may be seen first. */
static void mp_swap(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        (void)swap(X, 1, ORDER_SEQ_CST);
        store(Y, 1, litmus->first);
    } else {
        got[0] = load(Y, ORDER_ACQUIRE);
        got[1] = load(X, 0);
    }
}

static void test_rcpc_mp(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, mp_swap, ORDER_RELAXED, 0}, 1);
    expect_neither((struct litmus){2, mp_swap, ORDER_RELEASE, 0}, 1);
    expect_neither((struct litmus){2, mp_c11, ORDER_SEQ_CST, ORDER_SEQ_CST}, 1);
    expect_neither((struct litmus){2, mp_c11, ORDER_SEQ_CST, ORDER_ACQUIRE}, 1);
    expect_neither((struct litmus){2, mp_c11, ORDER_RELEASE, ORDER_SEQ_CST}, 1);
    expect((struct litmus){2, mp_dependent, 0, 0}, EXPLORE_RCPC, 1, false);
}

/* The reader's second load is the strong one. */
static void mp_late(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, 0);
        store(Y, 1, ORDER_RELEASE);
    } else {
        got[0] = load(Y, litmus->first);
        got[1] = load(X, litmus->second);
    }
}

static void test_rcpc_a_load_holds_no_earlier_one(void **state)
{
    (void)state;
    expect_rcpc_only((struct litmus){2, mp_late, ORDER_RELAXED, ORDER_SEQ_CST}, 1);
    expect_neither((struct litmus){2, mp_late, ORDER_ACQUIRE, ORDER_SEQ_CST}, 1);
}

static void iriw_orders(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart < 2) {
        store(hart == 0 ? X : Y, 1, litmus->first);
        return;
    }
    uint64_t first = load(hart == 2 ? X : Y, litmus->second);
    got[hart - 2] = first * 2 + load(hart == 2 ? Y : X, litmus->second);
}

static void test_rcpc_iriw(void **state)
{
    (void)state;
    expect_neither((struct litmus){4, iriw_orders, ORDER_SEQ_CST, ORDER_SEQ_CST}, 2 + 2 * 4);
    expect_neither((struct litmus){4, iriw_orders, ORDER_RELEASE, ORDER_ACQUIRE}, 2 + 2 * 4); /* Power may */
    expect_both((struct litmus){4, iriw_orders, ORDER_SEQ_CST, ORDER_RELAXED}, 2 + 2 * 4);
}

/* Write-to-read causality: who sees a store, and tells. */
static void wrc(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, litmus->first);
    } else if (hart == 1) {
        got[0] = load(X, litmus->second);
        store(Y, 1, litmus->first);
    } else {
        got[1] = load(Y, litmus->second) * 2;
        got[1] += load(X, litmus->second);
    }
}

static void test_rcpc_wrc(void **state)
{
    (void)state;
    expect_neither((struct litmus){3, wrc, ORDER_SEQ_CST, ORDER_SEQ_CST}, 1 + 2 * 4);
    expect_neither((struct litmus){3, wrc, ORDER_RELEASE, ORDER_ACQUIRE}, 1 + 2 * 4);
    expect_both((struct litmus){3, wrc, ORDER_RELEASE, ORDER_RELAXED}, 1 + 2 * 4);
}

/* R, S and 2+2W: which store is the last, got[2], decides as well. */
static void r_orders(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, ORDER_SEQ_CST);
        store(Y, 1, ORDER_SEQ_CST);
    } else {
        store(Y, 2, litmus->first);
        got[0] = load(X, litmus->second) + 1;
    }
}

static void s_orders(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 2, 0);
        store(Y, 1, litmus->first);
    } else {
        got[0] = load(Y, litmus->second);
        store(X, 1, 0);
        fence(ORDER_SEQ_CST); /* known before the other's, perhaps, which waits */
    }
}

static void two_plus_two_orders(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    store(hart == 0 ? X : Y, 1, litmus->first);
    store(hart == 0 ? Y : X, 2, litmus->second);
}

/* How often hart 0 or 1 got `value`, and X and Y ended as said; a 0 stands for any. */
static uint32_t count_ends(struct litmus litmus, enum explore_profile profile, uint64_t value, uint64_t x, uint64_t y)
{
    uint32_t count = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        memset(memory, 0, sizeof memory);
        memset(got, 0, sizeof got);
        const struct explore_options options = {
            .seed = seed, .strategy = seed % 2, .depth = 4, .profile = profile, .freeze_hart = RUN_NOBODY};
        explore_use(&options);
        (void)run_harts(litmus.harts, litmus.body, (void *)(uintptr_t)&litmus);
        count += (value == 0 || got[0] == value) && (x == 0 || *X == x) && (y == 0 || *Y == y);
    }
    model = &model_direct;
    return count;
}

static void test_rcpc_r_s_and_2_plus_2w(void **state)
{
    (void)state;
    const struct litmus r_acquire = {2, r_orders, ORDER_SEQ_CST, ORDER_ACQUIRE};
    const struct litmus r_all = {2, r_orders, ORDER_SEQ_CST, ORDER_SEQ_CST};
    const struct litmus s_all = {2, s_orders, ORDER_SEQ_CST, ORDER_SEQ_CST};
    const struct litmus s_relaxed = {2, s_orders, ORDER_RELAXED, ORDER_SEQ_CST};
    const struct litmus writes_all = {2, two_plus_two_orders, ORDER_SEQ_CST, ORDER_SEQ_CST};
    const struct litmus writes_first = {2, two_plus_two_orders, ORDER_SEQ_CST, ORDER_RELAXED};
    assert_true(count_ends(r_acquire, EXPLORE_RCPC, 1, 0, 2) > 0);
    assert_int_equal(count_ends(r_acquire, EXPLORE_RMO, 1, 0, 2), 0);
    assert_int_equal(count_ends(r_all, EXPLORE_RCPC, 1, 0, 2), 0);
    assert_int_equal(count_ends(s_all, EXPLORE_RCPC, 1, 2, 0), 0);
    assert_true(count_ends(s_relaxed, EXPLORE_RCPC, 1, 2, 0) > 0);
    assert_int_equal(count_ends(writes_all, EXPLORE_RCPC, 0, 1, 1), 0);
    assert_true(count_ends(writes_first, EXPLORE_RCPC, 0, 1, 1) > 0);
    assert_int_equal(count_ends(writes_first, EXPLORE_RMO, 0, 1, 1), 0);
}

static void test_rcpc_lb_is_not_covered(void **state)
{
    (void)state;
    expect((struct litmus){2, lb, 0, 0}, EXPLORE_RCPC, 1 + 4, false);
}

/* An acquire of what the hart's own read-modify-write left carries what that found: a release sequence. */
static void handed_on(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        store(X, 1, 0);
        store(Y, 1, ORDER_RELEASE);
    } else {
        got[0] = swap(Y, 2, ORDER_RELAXED);
        (void)load(Y, litmus->first);
        got[1] = load(X, 0);
    }
}

static void test_rcpc_an_exchange_hands_on(void **state)
{
    (void)state;
    expect_neither((struct litmus){2, handed_on, ORDER_ACQUIRE, 0}, 1);
    expect_neither((struct litmus){2, handed_on, ORDER_SEQ_CST, 0}, 1);
    expect_both((struct litmus){2, handed_on, ORDER_RELAXED, 0}, 1);
}

/* Between the halves of a read-modify-write nobody else's store comes: neither another such, nor a store. */
static void adds(void *context, uint32_t hart)
{
    (void)context;
    const struct event event = {
        .kind = EVENT_RMW, .size = 8, .operation = RMW_ADD, .address = (uintptr_t)X, .place = 1, .operand = 1};
    if (hart == 2) {
        store(X, 8, 0);
        return;
    }
    (void)model_event(&event);
    store(Y + hart, 1, 0);
    (void)model_event(&event);
}

static void test_rcpc_exchanges_are_atomic(void **state)
{
    (void)state;
    const struct litmus two = {2, adds, 0, 0}, three = {3, adds, 0, 0};
    assert_int_equal(count_ends(two, EXPLORE_RCPC, 0, 4, 0), SEEDS);
    uint32_t count = 0;
    for (uint64_t x = 8; x <= 12; x++) {
        count += count_ends(three, EXPLORE_RCPC, 0, x, 0);
    }
    assert_int_equal(count, SEEDS);
}

/* A compare-and-swap that finds an old value fails: it changes nothing, and a hart does not see time go back. */
static void compare_late(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        store(X, 1, 0);
        store(X, 2, 0);
        store(X, 3, 0);
    } else {
        got[0] = compare(X, 2, 8, ORDER_ACQ_REL);
        got[1] = load(X, 0) >= 2;
        got[2] = compare(X, 3, 9, ORDER_ACQ_REL);
    }
}

static void test_rcpc_coherence(void **state)
{
    (void)state;
    expect((struct litmus){2, corr, 0, 0}, EXPLORE_RCPC, 2 + 1 * 4, false);
    const struct litmus litmus = {2, compare_late, 0, 0};
    run_seeds(&litmus, EXPLORE_RCPC, SEEDS);
    assert_true(seen[1 + 4] > 0);
    assert_int_equal(seen[1] + seen[1 + 16], 0); /* it has set X to 8, and then loads less than 2 */
    assert_int_equal(count_ends(litmus, EXPLORE_RCPC, 0, 1, 0) + count_ends(litmus, EXPLORE_RCPC, 0, 2, 0), 0);
    assert_int_equal(count_ends(litmus, EXPLORE_RCPC, 1, 8, 0), 0); /* 3 comes after 8 */
}

/* ---- mixed sizes ---- */

static void mixed(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        (void)act(EVENT_STORE, X, 4, 1, 0);
        (void)act(EVENT_STORE, (char *)X + 4, 4, 1, 0);
        got[0] = load(X, 0) == (UINT64_C(1) << 32 | 1);
    } else {
        uint64_t both = load(X, 0);
        got[1] = (both & 1) + (both >> 32) * 2;
    }
}

static void test_halves_make_a_whole(void **state)
{
    (void)state;
    const struct litmus litmus = {2, mixed, 0, 0};
    run_seeds(&litmus, EXPLORE_RMO, SEEDS);
    uint32_t whole = 0;
    for (uint32_t i = 0; i < OUTCOMES; i++) {
        assert_true(i % 4 == 1 || seen[i] == 0); /* the writer sees both of its halves */
        whole += i / 4 % 4 == 3 ? seen[i] : 0;
        assert_true(i / 4 % 4 != 2 || seen[i] == 0); /* one granule: in order */
    }
    assert_true(whole > 0);
    assert_true(seen[1 + 4] > 0);
}

static void wide(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        (void)act(EVENT_RMW, X, 16, (value_t)1 << 64 | 1, ORDER_RELAXED);
    } else {
        value_t both = act(EVENT_LOAD, X, 16, 0, 0);
        got[0] = (uint64_t)both;
        got[1] = (uint64_t)(both >> 64);
    }
}

static void test_sixteen_bytes_are_one(void **state)
{
    (void)state;
    const struct litmus litmus = {2, wide, 0, 0};
    run_seeds(&litmus, EXPLORE_RMO, SEEDS);
    assert_int_equal(seen[0] + seen[1 + 4], SEEDS);
    assert_true(seen[0] > 0 && seen[1 + 4] > 0);
}

/* ---- races ---- */

static void expect_race(struct litmus litmus, bool race)
{
    run_seeds(&litmus, EXPLORE_RMO, 2000);
    assert_int_equal(verdicts[EXPLORE_RACE] > 0, race);
    assert_int_equal(verdicts[EXPLORE_DEADLOCK] + verdicts[EXPLORE_LIVELOCK] + verdicts[EXPLORE_FAILED], 0);
}

static void plain_message(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        write_plain(X, 1);
        fence(litmus->first);
        store(Y, 1, 0);
    } else {
        uint64_t flag = load(Y, 0);
        fence(litmus->second);
        if (flag != 0) {
            got[0] = read_plain(X);
            store(Z, 1, 0); /* in earnest */
        }
    }
}

static void test_a_message_needs_its_fences(void **state)
{
    (void)state;
    expect_race((struct litmus){2, plain_message, 0, 0}, true);
    expect_race((struct litmus){2, plain_message, ORDER_STORE_STORE, 0}, true);
    expect_race((struct litmus){2, plain_message, 0, ORDER_LOAD_LOAD}, true);
    expect_race((struct litmus){2, plain_message, ORDER_STORE_STORE, ORDER_LOAD_LOAD}, false);
    expect_race((struct litmus){2, plain_message, ORDER_RELEASE, ORDER_ACQUIRE}, false);
}

/* What a hart read, and another then writes: reads are let out by a load-store fence only. */
static void plain_return(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        got[0] = read_plain(X);
        fence(litmus->first);
        store(Y, 1, 0);
    } else {
        uint64_t flag = load(Y, 0);
        fence(litmus->second);
        if (flag != 0) {
            write_plain(X, 2);
        }
    }
}

static void test_reads_are_let_out_by_a_fence_of_their_own(void **state)
{
    (void)state;
    expect_race((struct litmus){2, plain_return, ORDER_STORE_STORE, ORDER_ACQUIRE}, true);
    expect_race((struct litmus){2, plain_return, ORDER_RELEASE, ORDER_LOAD_LOAD}, true);
    expect_race((struct litmus){2, plain_return, ORDER_LOAD_STORE, ORDER_LOAD_STORE}, false);
    expect_race((struct litmus){2, plain_return, ORDER_RELEASE, ORDER_ACQUIRE}, false);
}

static void neighbours(void *context, uint32_t hart)
{
    (void)context;
    uint32_t *half = (uint32_t *)(void *)X + hart;
    (void)act(EVENT_PLAIN_STORE, half, 4, 0, 0);
    *half = 1;
}

static void test_neighbours_do_not_race(void **state)
{
    (void)state;
    expect_race((struct litmus){2, neighbours, 0, 0}, false);
}

/* A read whose result is thrown away by a failing compare-and-swap is none. */
static void optimist(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    if (hart == 0) {
        uint64_t top = load(Y, ORDER_ACQUIRE);
        if (top != 0) {
            return;
        }
        got[0] = read_plain(X);
        if (litmus->first != 0 && !compare(Y, top, 7, ORDER_ACQ_REL)) {
            return;
        }
        if (litmus->first == 0) {
            store(Z, got[0], 0);
        }
    } else if (compare(Y, 0, 9, ORDER_ACQ_REL)) {
        write_plain(X, 5);
    }
}

static void test_optimistic_readers(void **state)
{
    (void)state;
    expect_race((struct litmus){2, optimist, 1, 0}, false);
    expect_race((struct litmus){2, optimist, 0, 0}, true);
}

/* ---- waiting ---- */

static void lock_both(void *context, uint32_t hart)
{
    const struct litmus *litmus = context;
    uint64_t *first = hart == 0 || litmus->first == 0 ? X : Y, *second = first == X ? Y : X;
    while (swap(first, 1, ORDER_ACQUIRE) != 0) {
        relax();
    }
    while (swap(second, 1, ORDER_ACQUIRE) != 0) {
        relax();
    }
    store(second, 0, ORDER_RELEASE);
    store(first, 0, ORDER_RELEASE);
}

static void test_locks_in_two_orders(void **state)
{
    (void)state;
    const struct litmus same = {2, lock_both, 0, 0}, crossed = {2, lock_both, 1, 0};
    run_seeds(&same, EXPLORE_RMO, 2000);
    assert_int_equal(verdicts[EXPLORE_OK], 2000);
    run_seeds(&crossed, EXPLORE_RMO, 200);
    assert_true(verdicts[EXPLORE_DEADLOCK] > 0);
    assert_int_equal(verdicts[EXPLORE_DEADLOCK] + verdicts[EXPLORE_OK], 200);
}

/* A loop that only loads, and does not say that it waits. */
static void wait_silently(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        while (load(X, 0) == 0) {
        }
        got[0] = 1;
    } else {
        store(X, 1, 0);
    }
}

static void test_a_waiting_loop_ends(void **state)
{
    (void)state;
    const struct litmus litmus = {2, wait_silently, 0, 0};
    run_seeds(&litmus, EXPLORE_RMO, 2000);
    assert_int_equal(verdicts[EXPLORE_OK], 2000);
    assert_int_equal(seen[1], 2000);
}

/* One store, and harts that wait for it, busy with stores of their own. got[3]: turns that one waited at most. */
static bool stored;

static void wait_for_store(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        store(X, 1, ORDER_RELEASE);
        stored = true;
        return;
    }
    uint64_t turns = 0;
    while (load(X, ORDER_ACQUIRE) == 0) {
        (void)swap(Y + hart, turns, ORDER_ACQUIRE);
        turns += stored;
        relax();
    }
    got[3] = turns > got[3] ? turns : got[3];
}

static void test_a_store_does_not_wait_for_ever(void **state)
{
    (void)state;
    const struct litmus litmus = {4, wait_for_store, 0, 0};
    uint64_t most = 0;
    for (uint32_t seed = 0; seed < SEEDS; seed++) {
        memset(memory, 0, sizeof memory);
        got[3] = 0;
        stored = false;
        const struct explore_options options = {
            .seed = seed, .strategy = seed % 2, .depth = 4, .profile = EXPLORE_RCPC, .freeze_hart = RUN_NOBODY};
        explore_use(&options);
        (void)run_harts(litmus.harts, litmus.body, (void *)(uintptr_t)&litmus);
        most = got[3] > most ? got[3] : most;
    }
    model = &model_direct;
    assert_true(most > 0 && most < 128); /* a turn is three events, of which it waits for 256 */
}

static void critical(void *context, uint32_t hart)
{
    (void)context;
    (void)hart;
    while (swap(X, 1, ORDER_ACQUIRE) != 0) {
        relax();
    }
    write_plain(Y, *Y + 1);
    store(X, 0, ORDER_RELEASE);
}

static void test_a_frozen_owner_stops_the_others(void **state)
{
    (void)state;
    uint32_t stuck = 0;
    for (uint64_t at = 1; at <= 3; at++) {
        for (uint64_t seed = 0; seed < 50; seed++) {
            memset(memory, 0, sizeof memory);
            const struct explore_options options = {.seed = seed, .freeze_hart = 0, .freeze_at = at};
            explore_use(&options);
            enum run_end end = run_harts(2, critical, NULL);
            const struct explore_report *report = explore_report();
            assert_true(report->frozen || end == RUN_FINISHED);
            if (report->verdict == EXPLORE_DEADLOCK) {
                assert_true(report->places[0] != 0);
                assert_true(at > 1);
                stuck++;
            }
        }
    }
    model = &model_direct;
    assert_true(stuck > 0);
}

/* ---- an execution is its seed ---- */

static void test_the_same_seed_is_the_same_execution(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct explore_report reports[2];
        uint64_t found[2][2];
        for (uint32_t turn = 0; turn < 2; turn++) {
            memset(memory, 0, sizeof memory);
            const struct litmus litmus = {2, mp, 0, 0};
            const struct explore_options options = {
                .seed = seed, .strategy = seed % 2, .depth = 4, .freeze_hart = RUN_NOBODY};
            explore_use(&options);
            (void)run_harts(2, mp, (void *)(uintptr_t)&litmus);
            reports[turn] = *explore_report();
            memcpy(found[turn], got, sizeof found[turn]);
            model = &model_direct;
            const struct litmus between = {2, sb, 0, 0};
            run_seeds(&between, EXPLORE_RMO, (uint32_t)(seed % 3));
        }
        assert_memory_equal(&reports[0], &reports[1], sizeof reports[0]);
        assert_memory_equal(found[0], found[1], sizeof found[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mp),
        cmocka_unit_test(test_mp_release_acquire),
        cmocka_unit_test(test_dependent_loads_are_ordered),
        cmocka_unit_test(test_sb),
        cmocka_unit_test(test_sb_by_exchange),
        cmocka_unit_test(test_the_heavy_barrier_fences_all),
        cmocka_unit_test(test_lb_is_not_covered),
        cmocka_unit_test(test_iriw),
        cmocka_unit_test(test_two_plus_two_writes),
        cmocka_unit_test(test_one_location_is_coherent),
        cmocka_unit_test(test_a_hart_sees_its_own_stores),
        cmocka_unit_test(test_rcpc_sb),
        cmocka_unit_test(test_rcpc_sb_by_exchange),
        cmocka_unit_test(test_rcpc_a_load_in_between_is_no_fence),
        cmocka_unit_test(test_rcpc_exchange_is_no_fence),
        cmocka_unit_test(test_rcpc_a_failure_is_a_load),
        cmocka_unit_test(test_rcpc_mp),
        cmocka_unit_test(test_rcpc_a_load_holds_no_earlier_one),
        cmocka_unit_test(test_rcpc_iriw),
        cmocka_unit_test(test_rcpc_wrc),
        cmocka_unit_test(test_rcpc_r_s_and_2_plus_2w),
        cmocka_unit_test(test_rcpc_lb_is_not_covered),
        cmocka_unit_test(test_rcpc_an_exchange_hands_on),
        cmocka_unit_test(test_rcpc_exchanges_are_atomic),
        cmocka_unit_test(test_rcpc_coherence),
        cmocka_unit_test(test_halves_make_a_whole),
        cmocka_unit_test(test_sixteen_bytes_are_one),
        cmocka_unit_test(test_a_message_needs_its_fences),
        cmocka_unit_test(test_reads_are_let_out_by_a_fence_of_their_own),
        cmocka_unit_test(test_neighbours_do_not_race),
        cmocka_unit_test(test_optimistic_readers),
        cmocka_unit_test(test_locks_in_two_orders),
        cmocka_unit_test(test_a_waiting_loop_ends),
        cmocka_unit_test(test_a_store_does_not_wait_for_ever),
        cmocka_unit_test(test_a_frozen_owner_stops_the_others),
        cmocka_unit_test(test_the_same_seed_is_the_same_execution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
