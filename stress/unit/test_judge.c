/* SPDX-License-Identifier: MIT
 * The judge is shown to accept what an allocator rightly answers and does, and to see each violation when it is told of
 * one: by a caller who says of a frame what is not so, and by memory that is not as it should be at rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "default_fdt.h"
#include "holes_fdt.h"
#include "machine.h"
#include "oracle.h"
#include "variants.h"

#define MEMORY_BYTES (UINT64_C(64) << 20)

static struct {
    struct host_machine machine;
    struct verdict verdict;
    struct judge judge;
} world;

/* Memory with holes, so that there are several regions. */
static int set_up(void **state)
{
    static _Alignas(CACHE_LINE) unsigned char tree[DEFAULT_FDT_BYTES_MAX];
    char why[256];
    struct frame_allocator_config config;
    const struct host_machine_options options = {
        .fdt = tree, .fdt_bytes = sizeof tree, .memory_bytes = MEMORY_BYTES, .harts = 1};
    if (!holes_fdt_write(tree, sizeof tree, MEMORY_BYTES, 1, 1) ||
        !frame_allocator_config_parse(&config, framelab_variants, *state, 1, why, sizeof why) ||
        !host_machine_open(&world.machine, &options, why, sizeof why) ||
        !host_machine_boot(&world.machine, &config, 0, why, sizeof why)) {
        return -1;
    }
    verdict_init(&world.verdict);
    world.judge = (struct judge){.allocator = world.machine.fa, .verdict = &world.verdict, .hart = 0};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    host_machine_close(&world.machine);
    return 0;
}

/* That a check failed, and by this property; the next one starts anew. */
static void assert_violates(bool held, enum property property)
{
    assert_false(held);
    assert_false(verdict_holds(&world.verdict));
    assert_string_equal(property_name(world.verdict.property), property_name(property));
    assert_true(strlen(world.verdict.text) > 10);
    verdict_init(&world.verdict);
}

static struct frame_run allocate(uint64_t count)
{
    struct frame_run run;
    const struct frame_layout layout = {count << FRAME_SHIFT, 4 * FRAME_SIZE};
    assert_int_equal(frame_alloc_contiguous(world.machine.fa, layout, &run), FRAME_OK);
    return run;
}

static bool call(enum judged_call which, struct frame_run run, enum standing standing)
{
    return judge_call(&world.judge, which, run, standing);
}

/* ---- answers ---- */

static void P7_right_answers_are_accepted(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < JUDGE_LAYOUTS; i++) {
        assert_true(judge_layout(&world.judge, i));
    }
    assert_true(judge_refusals(&world.judge, pfn(1), STANDING_FOREIGN));
    assert_true(judge_refusals(&world.judge, pfn(UINT64_MAX), STANDING_FOREIGN));
    struct frame_run run = allocate(64);
    assert_true(judge_shared(&world.judge, run, pfn(run.first.value + 17)));
    assert_true(call(CALL_FREE_MISALIGNED, run, STANDING_OWNED));
    assert_true(call(CALL_FREE_LAYOUT, run, STANDING_OWNED));
    assert_true(call(CALL_AT_ADDR, run, STANDING_OWNED));
    assert_true(call(CALL_AT_MIDDLE, run, STANDING_OWNED));
    assert_true(call(CALL_REF_COUNT, run, STANDING_UNKNOWN));
    assert_true(call(CALL_ARENA_ADD, run, STANDING_OWNED));
    assert_true(call(CALL_ARENA_REMOVE, run, STANDING_OWNED));
    assert_true(call(CALL_FREE_CONTIGUOUS, run, STANDING_OWNED));
    assert_true(judge_refusals(&world.judge, run.first, STANDING_FREE));
    assert_true(verdict_holds(&world.verdict));
    assert_true(atomic_load(&world.judge.calls) >= JUDGE_LAYOUTS + 8);
}

/* Each call, of a frame that is not what its caller says. */
static void P7_wrong_answers_are_seen(void **state)
{
    (void)state;
    static const struct {
        enum judged_call call;
        enum standing is, told;
    } cases[] = {
        {CALL_FREE_ONE, STANDING_FOREIGN, STANDING_OWNED},        {CALL_FREE_RUN, STANDING_FOREIGN, STANDING_OWNED},
        {CALL_FREE_CONTIGUOUS, STANDING_FOREIGN, STANDING_OWNED}, {CALL_UNREF, STANDING_FOREIGN, STANDING_OWNED},
        {CALL_AT_ADDR, STANDING_FOREIGN, STANDING_OWNED},         {CALL_AT_ADDR, STANDING_OWNED, STANDING_FOREIGN},
        {CALL_REF_COUNT, STANDING_FOREIGN, STANDING_OWNED},       {CALL_REF_COUNT, STANDING_OWNED, STANDING_FOREIGN},
        {CALL_ARENA_REMOVE, STANDING_FOREIGN, STANDING_OWNED},    {CALL_ARENA_REMOVE, STANDING_OWNED, STANDING_FOREIGN},
        {CALL_ARENA_ADD, STANDING_FOREIGN, STANDING_OWNED}};
    struct frame_run run = allocate(4);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct frame_run at = cases[i].is == STANDING_OWNED ? run : frame_run(pfn(UINT64_C(1) << 40), 1);
        assert_violates(call(cases[i].call, at, cases[i].told), PROPERTY_REFERENCES);
    }
}

/* What only reference counts tell. */
static void P7_wrong_counts_are_seen(void **state)
{
    (void)state;
    if (!frame_counts_references()) {
        skip();
    }
    static const struct {
        enum judged_call call;
        enum standing told;
    } owned[] = {{CALL_REF, STANDING_FREE},   {CALL_FREE_ONE, STANDING_SHARED},  {CALL_FREE_RUN, STANDING_SHARED},
                 {CALL_UNREF, STANDING_FREE}, {CALL_REF_COUNT, STANDING_SHARED}, {CALL_REF_COUNT, STANDING_FREE}};
    for (size_t i = 0; i < sizeof owned / sizeof owned[0]; i++) {
        assert_violates(call(owned[i].call, allocate(1), owned[i].told), PROPERTY_REFERENCES);
    }
    struct frame_run run = allocate(1);
    assert_true(call(CALL_FREE_ONE, run, STANDING_OWNED));
    assert_violates(call(CALL_FREE_ONE, run, STANDING_OWNED), PROPERTY_REFERENCES);
    assert_violates(call(CALL_REF, run, STANDING_OWNED), PROPERTY_REFERENCES);
    assert_violates(judge_shared(&world.judge, run, run.first), PROPERTY_REFERENCES);
    assert_violates(judge_refusals(&world.judge, allocate(1).first, STANDING_FREE), PROPERTY_REFERENCES);
}

static void each_answer_is_one_of_its_set(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < FRAME_STATUS_COUNT; i++) {
        for (uint32_t right = 0; right < FRAME_STATUS_COUNT; right++) {
            bool held = judge_answer(&world.judge, "a call of the test", 7, (enum frame_status)i, ANSWER(right));
            if (i == right) {
                assert_true(held && verdict_holds(&world.verdict));
            } else {
                assert_violates(held, PROPERTY_REFERENCES);
            }
        }
    }
}

static void P4_of_what_is_handed_out(void **state)
{
    (void)state;
    const struct frame_request request = {8, 2};
    assert_true(judge_shape(&world.verdict, 0, request, frame_run(pfn(12), 8)));
    assert_violates(judge_shape(&world.verdict, 0, request, frame_run(pfn(12), 9)), PROPERTY_RUNS);
    assert_violates(judge_shape(&world.verdict, 0, request, frame_run(pfn(14), 8)), PROPERTY_RUNS);
}

static void P5_a_frame_that_is_free(void **state)
{
    (void)state;
    pfn_t frame;
    assert_true(judge_covered(&world.judge, false, 1, &frame));
    assert_true(judge_covered(&world.judge, true, JUDGE_COVERED_TRIES, &frame));
    while (frame_alloc_one(world.machine.fa, &frame) == FRAME_OK) {
    }
    assert_violates(judge_covered(&world.judge, false, JUDGE_COVERED_TRIES, &frame), PROPERTY_NOTHING_STRANDED);
    assert_violates(judge_covered(&world.judge, true, 1, &frame), PROPERTY_NOTHING_STRANDED);
}

/* ---- at rest ---- */

static void P2_all_is_free_or_not(void **state)
{
    (void)state;
    struct frame_account account;
    struct frame_run run = allocate(4);
    assert_true(judge_account(&world.judge, &account));
    assert_int_equal(account.allocated, frame_counts_references() ? 4 : account.total - account.free - account.cached);
    assert_violates(judge_all_free(&world.judge), PROPERTY_ACCOUNT);
    assert_true(call(CALL_FREE_RUN, run, STANDING_OWNED));
    assert_true(judge_all_free(&world.judge));
}

/* The longest run is what the oracle finds, who searches frame by frame; and one frame of it that is out is missed. */
static void P8_the_longest_run(void **state)
{
    (void)state;
    struct oracle oracle;
    struct frame_run run;
    pfn_t first;
    void *memory = calloc(1, oracle_bytes(world.machine.map));
    uint64_t longest = judge_longest(world.machine.fa);
    assert_non_null(memory);
    oracle_init(&oracle, &world.verdict, world.machine.map, memory);
    assert_true(oracle_learn_arenas(&oracle, world.machine.fa) > longest);
    assert_true(oracle_find_run(&oracle, (struct frame_request){longest, 0}, true, &first));
    assert_false(oracle_find_run(&oracle, (struct frame_request){longest + 1, 0}, true, &first));
    free(memory);
    assert_true(judge_largest(&world.judge, longest, &run));
    assert_int_equal(run.count, longest);
    const struct frame_run ends[] = {frame_run(run.first, longest / 2),
                                     frame_run(pfn(run.first.value + longest / 2 + 1), longest - longest / 2 - 1)};
    assert_true(call(CALL_FREE_RUN, ends[0], STANDING_OWNED));
    assert_true(call(CALL_FREE_RUN, ends[1], STANDING_OWNED));
    assert_violates(judge_largest(&world.judge, longest, &run), PROPERTY_WHOLE_AGAIN);
    assert_true(call(CALL_FREE_RUN, frame_run(pfn(frame_run_end(ends[0])), 1), STANDING_OWNED));
    assert_true(judge_largest(&world.judge, longest, &run));
}

/* One access more than the bound. */
static void P11_one_access_too_many(void **state)
{
    (void)state;
    static const struct {
        uint64_t operations, allowed;
        uint32_t harts, magazine, batch;
        bool fresh;
    } cases[] = {{0, 2, 1, 4, 4, false},   {15, 5, 1, 4, 4, false},  {16, 6, 1, 4, 4, false},
                 {16, 10, 3, 4, 0, false}, {16, 14, 3, 8, 2, false}, {0, 0, 1, 4, 4, true},
                 {1, 1, 1, 4, 4, true},    {4, 1, 1, 4, 0, true},    {5, 2, 1, 4, 4, true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct magazine_trace trace = {"the test",     cases[i].operations, cases[i].allowed, cases[i].harts,
                                       cases[i].fresh, cases[i].magazine,   cases[i].batch};
        assert_true(judge_magazines(&world.judge, &trace));
        trace.accesses++;
        assert_violates(judge_magazines(&world.judge, &trace), PROPERTY_MAGAZINES);
    }
}

#define judge_test(test, variant) cmocka_unit_test_prestate_setup_teardown(test, set_up, tear_down, variant)

int main(void)
{
    char lockfree[] = "lockfree", baseline[] = "baseline";
    const struct CMUnitTest tests[] = {
        judge_test(P7_right_answers_are_accepted, lockfree),
        judge_test(P7_right_answers_are_accepted, baseline),
        judge_test(P7_wrong_answers_are_seen, lockfree),
        judge_test(P7_wrong_answers_are_seen, baseline),
        judge_test(P7_wrong_counts_are_seen, lockfree),
        judge_test(P7_wrong_counts_are_seen, baseline),
        judge_test(each_answer_is_one_of_its_set, lockfree),
        judge_test(P4_of_what_is_handed_out, lockfree),
        judge_test(P5_a_frame_that_is_free, lockfree),
        judge_test(P5_a_frame_that_is_free, baseline),
        judge_test(P2_all_is_free_or_not, lockfree),
        judge_test(P2_all_is_free_or_not, baseline),
        judge_test(P8_the_longest_run, lockfree),
        judge_test(P8_the_longest_run, baseline),
        judge_test(P11_one_access_too_many, lockfree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
