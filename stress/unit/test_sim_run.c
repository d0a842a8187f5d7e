/* SPDX-License-Identifier: MIT
 * Simulated harts as such: fibres, who runs when, and that an event does to memory what it says; and harts that do not
 * answer the asymmetric barrier. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "execution.h"
#include "explore.h"
#include "frame_limits.h"
#include "model.h"
#include "run.h"

/* ---- fibres ---- */

static void count_in(void *context, uint32_t hart)
{
    uint32_t *seen = context;
    assert_int_equal(run_self(), hart);
    seen[hart]++;
}

static void test_every_hart_runs_once(void **state)
{
    (void)state;
    static uint32_t seen[HART_MAX];
    memset(seen, 0, sizeof seen);
    const uint32_t counts[] = {1, 2, 7, HART_MAX, 3};
    uint32_t runs = 0;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(run_harts(counts[i], count_in, seen), RUN_FINISHED);
        assert_int_equal(run_self(), RUN_NOBODY);
        runs += counts[i];
    }
    uint32_t all = 0;
    for (uint32_t i = 0; i < HART_MAX; i++) {
        all += seen[i];
    }
    assert_int_equal(all, runs);
}

struct hand_over {
    uint32_t log[8], logged;
};

static void relax(void)
{
    const struct event event = {.kind = EVENT_RELAX};
    (void)model_event(&event);
}

static void take_turns(void *context, uint32_t hart)
{
    struct hand_over *run = context;
    for (uint32_t i = 0; i < 2; i++) {
        run->log[run->logged++] = hart;
        relax();
    }
}

static void test_relaxing_passes_the_turn_on(void **state)
{
    (void)state;
    struct hand_over run = {.logged = 0};
    assert_int_equal(run_harts(3, take_turns, &run), RUN_FINISHED);
    const uint32_t expected[] = {0, 1, 2, 0, 1, 2};
    assert_int_equal(run.logged, 6);
    assert_memory_equal(run.log, expected, sizeof expected);
}

/* A floating-point mode and callee-saved registers survive a switch: sums of many live values do. */
static void keep_values(void *context, uint32_t hart)
{
    double *sums = context;
    double a = hart, b = hart * 2.0, c = hart * 3.0;
    uint64_t d = hart + 4u, e = hart + 5u, f = hart + 6u;
    for (uint32_t i = 0; i < 10; i++) {
        relax();
        a += 1.0;
        b += 1.0;
        c += 1.0;
        d++, e++, f++;
    }
    sums[hart] = a + b + c + (double)(d + e + f);
}

static void test_registers_survive_a_switch(void **state)
{
    (void)state;
    double sums[4];
    assert_int_equal(run_harts(4, keep_values, sums), RUN_FINISHED);
    for (uint32_t hart = 0; hart < 4; hart++) {
        assert_true(sums[hart] == 9.0 * hart + 75.0);
    }
}

/* ---- parked, frozen, abandoned ---- */

static void park_all_but_last(void *context, uint32_t hart)
{
    uint32_t *woken = context;
    if (hart < 2) {
        run_park();
        (*woken)++;
        return;
    }
    assert_int_equal(run_state(0), RUN_PARKED);
    run_wake(0);
    run_wake(1);
    assert_int_equal(*woken, 0);
}

static void test_who_is_parked_waits(void **state)
{
    (void)state;
    uint32_t woken = 0;
    assert_int_equal(run_harts(3, park_all_but_last, &woken), RUN_FINISHED);
    assert_int_equal(woken, 2);
}

static void park(void *context, uint32_t hart)
{
    (void)context;
    (void)hart;
    run_park();
}

static void test_all_parked_is_stuck(void **state)
{
    (void)state;
    assert_int_equal(run_harts(2, park, NULL), RUN_STUCK);
}

static void freeze_first(void *context, uint32_t hart)
{
    uint32_t *returned = context;
    if (hart == 0) {
        run_freeze(0);
        fail_msg("a frozen hart ran on");
    }
    (*returned)++;
}

static void test_a_frozen_hart_is_not_waited_for(void **state)
{
    (void)state;
    uint32_t returned = 0;
    assert_int_equal(run_harts(3, freeze_first, &returned), RUN_FINISHED);
    assert_int_equal(returned, 2);
}

static void abandon_second(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 1) {
        run_abandon();
    }
    relax();
    fail_msg("hart %u ran after the run was abandoned", hart);
}

static void test_an_abandoned_run_ends_at_once(void **state)
{
    (void)state;
    assert_int_equal(run_harts(2, abandon_second, NULL), RUN_ABANDONED);
    uint32_t returned = 0;
    assert_int_equal(run_harts(3, freeze_first, &returned), RUN_FINISHED); /* and the next one is none the worse */
}

static void look_at_stacks(void *context, uint32_t hart)
{
    (void)hart;
    uint32_t here = 0;
    assert_true(run_on_own_stack((uintptr_t)&here));
    assert_false(run_on_own_stack((uintptr_t)context));
}

static void test_stacks_are_told_apart(void **state)
{
    (void)state;
    static uint32_t elsewhere;
    assert_int_equal(run_harts(2, look_at_stacks, &elsewhere), RUN_FINISHED);
}

/* ---- events ---- */

static void test_each_operation_does_what_its_name_says(void **state)
{
    (void)state;
    static const struct {
        enum rmw operation;
        uint64_t after; /* 0xf0 */
    } cases[] = {{RMW_EXCHANGE, 0x3c}, {RMW_ADD, 0x2c}, {RMW_SUB, 0xb4}, {RMW_AND, 0x30},
                 {RMW_OR, 0xfc},       {RMW_XOR, 0xcc}, {RMW_NAND, 0xcf}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t bytes[3] = {0x55, 0xf0, 0x55};
        const struct event event = {.kind = EVENT_RMW,
                                    .size = 1,
                                    .operation = cases[i].operation,
                                    .address = (uintptr_t)&bytes[1],
                                    .operand = 0x3c};
        assert_int_equal((uint64_t)model_event(&event), 0xf0);
        assert_int_equal(bytes[1], cases[i].after);
        assert_int_equal(bytes[0], 0x55);
        assert_int_equal(bytes[2], 0x55);
    }
}

static void test_compare_and_exchange_of_every_size(void **state)
{
    (void)state;
    for (uint8_t size = 1; size <= 16; size = (uint8_t)(size * 2)) {
        _Alignas(16) unsigned char memory[16];
        memset(memory, 0xee, sizeof memory);
        value_t found = 0;
        memcpy(&found, memory, size);
        struct event event = {.kind = EVENT_RMW,
                              .size = size,
                              .operation = RMW_COMPARE,
                              .address = (uintptr_t)memory,
                              .operand = 7,
                              .expected = found + 1};
        assert_true(model_event(&event) == found);
        assert_int_equal(memory[0], 0xee);
        event.expected = found;
        assert_true(model_event(&event) == found);
        assert_int_equal(memory[0], 7);
        assert_int_equal(memory[size - 1], size == 1 ? 7 : 0);
        if (size < 16) {
            assert_int_equal(memory[size], 0xee);
        }
    }
}

static void test_loads_and_stores(void **state)
{
    (void)state;
    uint64_t word = 0;
    struct event event = {.kind = EVENT_STORE, .size = 4, .address = (uintptr_t)&word + 4, .operand = 0x89abcdef};
    (void)model_event(&event);
    assert_true(word == UINT64_C(0x89abcdef00000000));
    event = (struct event){.kind = EVENT_LOAD, .size = 2, .address = (uintptr_t)&word + 6};
    assert_int_equal((uint64_t)model_event(&event), 0x89ab);
}

/* ---- harts that do not answer the barrier ---- */

#define SILENT_SEEDS 400u

struct dekker {
    _Alignas(64) uint64_t stored[2];
    uint64_t found[2];
    uint64_t silent; /* what the barrier said */
};

/* Hart 1 passes the barrier between its store and its load, hart 0 nothing. */
static void play_dekker(void *context, uint32_t hart)
{
    struct dekker *run = context;
    const struct event barrier = {.kind = EVENT_BARRIER, .order = ORDER_SEQ_CST};
    struct event event = {.kind = EVENT_STORE, .size = 8, .address = (uintptr_t)&run->stored[hart], .operand = 1};
    (void)model_event(&event);
    if (hart == 1) {
        run->silent |= (uint64_t)model_event(&barrier);
    }
    event = (struct event){.kind = EVENT_LOAD, .size = 8, .address = (uintptr_t)&run->stored[1 - hart]};
    run->found[hart] = (uint64_t)model_event(&event);
}

/* Executions in which neither saw the other. */
static uint32_t count_unseen(uint32_t silent, uint64_t *said)
{
    uint32_t unseen = 0;
    for (uint32_t seed = 0; seed < SILENT_SEEDS; seed++) {
        static struct dekker run;
        memset(&run, 0, sizeof run);
        const struct explore_options options = {
            .seed = seed, .profile = EXPLORE_RMO, .freeze_hart = RUN_NOBODY, .silent = silent};
        explore_use(&options);
        assert_int_equal(run_harts(2, play_dekker, &run), RUN_FINISHED);
        unseen += run.found[0] == 0 && run.found[1] == 0;
        *said |= run.silent;
    }
    model = &model_direct;
    return unseen;
}

static void test_a_silent_hart_passes_no_fence(void **state)
{
    (void)state;
    uint64_t said = 0;
    assert_int_equal(count_unseen(0, &said), 0);
    assert_int_equal(said, 0);
    assert_int_equal(count_unseen(1 << 1, &said), 0); /* the caller passes its own */
    assert_int_equal(said, 0);
    assert_int_not_equal(count_unseen(1 << 0, &said), 0);
    assert_int_equal(said, 1 << 0);
}

struct silent_sum {
    uint64_t silences, failures, frozen;
};

/* A program by many schedules, whatever it says right in all. */
static struct silent_sum run_program(const char *spec, const char *text, uint32_t silent, uint64_t freeze_at)
{
    static struct interpreter interpreter;
    static struct execution_result result;
    static struct program program;
    struct silent_sum sum = {0};
    char why[128];
    assert_true(program_parse(&program, text, why, sizeof why));
    for (uint64_t seed = 0; seed < SILENT_SEEDS; seed++) {
        const struct execution_plan plan = {.spec = spec,
                                            .program = &program,
                                            .schedule_seed = seed,
                                            .strategy = seed % 2 == 0 ? EXPLORE_RANDOM : EXPLORE_PCT,
                                            .depth = 4,
                                            .profile = EXPLORE_RMO,
                                            .freeze_hart = freeze_at != 0 ? 1 : RUN_NOBODY,
                                            .freeze_at = freeze_at != 0 ? 1 + seed % freeze_at : 0,
                                            .silent = silent,
                                            .injection = {.hold_hart = RUN_NOBODY}};
        execution_run(&plan, &interpreter, &result);
        if (result.finding != FINDING_NONE) {
            fail_msg("%s, seed %u: %s: %s", text, (unsigned)seed, finding_name(&result), result.text);
        }
        sum.silences += result.silences;
        sum.failures += result.failures;
        sum.frozen += result.frozen;
    }
    return sum;
}

/* Hart 1 frees most of memory into its cache, and stays; hart 0 wants it all, and an arena gone. */
static const char *const silent_program =
    "tiny.3; a0 a1 a2 a3 a4 a5 : s s a6 a7 a8 f6 f7 f8 A R | f1 f3 f5 s s s s s s s s s s s s d";

/* What hart 1 does not answer for is let alone, and nothing is lost or owned twice; what it does answer for is had. */
static void P9_others_do_without_a_silent_hart(void **state)
{
    (void)state;
    static const char *const specs[] = {"lockfree", "baseline"};
    for (size_t i = 0; i < 2; i++) {
        struct silent_sum answering = run_program(specs[i], silent_program, 0, 0);
        struct silent_sum silent = run_program(specs[i], silent_program, 1 << 1, 0);
        assert_int_equal(answering.silences, 0);
        assert_int_not_equal(silent.silences, 0);
        assert_true(silent.failures > 2 * answering.failures); /* it has what they want */
    }
}

/* The same when it stops for good, at any of its events. */
static void P9_others_finish_without_a_silent_frozen_hart(void **state)
{
    (void)state;
    struct silent_sum sum = run_program("lockfree", silent_program, 1 << 1, 200);
    assert_true(sum.frozen > SILENT_SEEDS / 2);
    assert_int_not_equal(sum.silences, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_hart_runs_once),
        cmocka_unit_test(test_relaxing_passes_the_turn_on),
        cmocka_unit_test(test_registers_survive_a_switch),
        cmocka_unit_test(test_who_is_parked_waits),
        cmocka_unit_test(test_all_parked_is_stuck),
        cmocka_unit_test(test_a_frozen_hart_is_not_waited_for),
        cmocka_unit_test(test_an_abandoned_run_ends_at_once),
        cmocka_unit_test(test_stacks_are_told_apart),
        cmocka_unit_test(test_each_operation_does_what_its_name_says),
        cmocka_unit_test(test_compare_and_exchange_of_every_size),
        cmocka_unit_test(test_loads_and_stores),
        cmocka_unit_test(test_a_silent_hart_passes_no_fence),
        cmocka_unit_test(P9_others_do_without_a_silent_hart),
        cmocka_unit_test(P9_others_finish_without_a_silent_frozen_hart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
