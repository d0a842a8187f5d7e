/* SPDX-License-Identifier: MIT
 * Time mode: what single accesses cost, who waits for whom, and that nothing but the seed decides. The machine here has
 * round numbers and no jitter, so that times are equal to what the model says and not merely near it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run.h"
#include "time_mode.h"

#define HARTS_MOST 64u

static const struct machine_model round_numbers = {
    .name = "round",
    .source = "a test",
    .cluster_harts = 2,
    .socket_harts = 4,
    .hit_ps = 1000,
    .rmw_ps = 10000,
    .rmw_16_ps = 20000,
    .fence_ps = 5000,
    .relax_ps = 30000,
    .miss_ps = 100000,
    .transfer_ps = {40000, 80000, 200000},
    .invalidate_ps = {20000, 30000, 70000},
    .share_ps = 0,
    .hold_ps = 0,
    .wake_ps = 0,
    .barrier_ps = 900000,
    .jitter_1024 = 0,
    .l1_ways = 1,
    .l2_ways = 1,
    .llc_ways = 1,
};

static _Alignas(64) uint64_t words[4][8]; /* a line each */
static uint64_t took[HARTS_MOST];         /* by each hart, nanoseconds */

static value_t act(enum event_kind kind, void *address, uint8_t size, value_t operand, uint8_t order)
{
    const struct event event = {.kind = kind,
                                .size = size,
                                .order = order,
                                .operation = RMW_ADD,
                                .address = (uintptr_t)address,
                                .place = 1,
                                .operand = operand};
    return model_event(&event);
}

static uint64_t now(uint32_t hart)
{
    return model->time_ns(hart);
}

static void run(uint32_t harts, void (*body)(void *context, uint32_t hart), uint64_t seed)
{
    memset(words, 0, sizeof words);
    memset(took, 0, sizeof took);
    time_mode_use(&round_numbers, seed);
    assert_int_equal(run_harts(harts, body, NULL), RUN_FINISHED);
    model = &model_direct;
}

/* ---- one hart ---- */

static void alone(void *context, uint32_t hart)
{
    (void)context;
    uint64_t at[7];
    at[0] = now(hart);
    (void)act(EVENT_LOAD, words[0], 8, 0, 0); /* from memory */
    at[1] = now(hart);
    (void)act(EVENT_LOAD, words[0], 8, 0, 0); /* a hit */
    at[2] = now(hart);
    (void)act(EVENT_RMW, words[0], 8, 1, 0); /* its own line */
    at[3] = now(hart);
    (void)act(EVENT_STORE, words[1], 8, 1, 0); /* into the buffer, while the line comes */
    at[4] = now(hart);
    (void)act(EVENT_FENCE, NULL, 0, 0, ORDER_RELEASE); /* for nothing */
    at[5] = now(hart);
    (void)act(EVENT_FENCE, NULL, 0, 0, ORDER_SEQ_CST); /* waits for the line */
    at[6] = now(hart);
    const uint64_t expected[] = {100, 1, 10, 1, 0, 99 + 5};
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(at[i + 1] - at[i], expected[i]);
    }
}

static void test_what_accesses_cost(void **state)
{
    (void)state;
    run(1, alone, 1);
    struct time_counts counts;
    time_mode_counts(&counts);
    assert_int_equal(counts.lines.misses, 2);
    assert_int_equal(counts.lines.transfers, 0);
    assert_int_equal(counts.fences, 1);
}

/* ---- lines go from hart to hart ---- */

/* Each hart in its turn, long after the one before. */
static void wait_until(uint32_t hart, uint64_t ns)
{
    while (now(hart) < ns) {
        (void)act(EVENT_FENCE, NULL, 0, 0, ORDER_SEQ_CST);
    }
}

static void one_after_the_other(void *context, uint32_t hart)
{
    (void)context;
    wait_until(hart, 1000 * (uint64_t)hart);
    uint64_t start = now(hart);
    (void)act(EVENT_LOAD, words[0], 8, 0, 0);
    took[hart] = now(hart) - start;
}

static void test_a_transfer_costs_its_distance(void **state)
{
    (void)state;
    run(5, one_after_the_other, 1);
    const uint64_t expected[] = {100, 40, 80, 40, 200}; /* from the hart before: cluster 2, socket 4 */
    assert_memory_equal(took, expected, sizeof expected);
}

static void write_what_all_have(void *context, uint32_t hart)
{
    (void)context;
    one_after_the_other(NULL, hart);
    if (hart == 0) {
        wait_until(0, 10000);
        uint64_t start = now(0);
        (void)act(EVENT_RMW, words[0], 8, 1, 0);
        took[0] = now(0) - start;
    }
}

static void test_a_write_makes_copies_worthless(void **state)
{
    (void)state;
    run(4, write_what_all_have, 1);
    assert_int_equal(took[0], 30 + 10); /* the furthest is in the socket */
    struct time_counts counts;
    time_mode_counts(&counts);
    assert_int_equal(counts.lines.invalidations, 3);
}

/* ---- prefetch ---- */

#define AHEAD 24u
static _Alignas(64) uint64_t asked_for[AHEAD][8];

/* `count` lines from memory, asked for before the first is read, or not. */
static void read_lines(uint32_t hart, uint32_t count, bool ahead)
{
    uint64_t start = now(hart);
    for (uint32_t i = 0; i < count && ahead; i++) {
        (void)act(EVENT_PREFETCH, asked_for[i], 1, 0, 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)act(EVENT_LOAD, asked_for[i], 8, 0, 0);
    }
    took[hart] = now(hart) - start;
}

static void read_two(void *context, uint32_t hart)
{
    read_lines(hart, 2, context != NULL);
}

static void read_many(void *context, uint32_t hart)
{
    (void)context;
    read_lines(hart, AHEAD, true);
}

static void test_lines_asked_for_arrive_side_by_side(void **state)
{
    (void)state;
    run(1, read_two, 1);
    assert_int_equal(took[0], 100 + 100);
    time_mode_use(&round_numbers, 1);
    assert_int_equal(run_harts(1, read_two, took), RUN_FINISHED);
    model = &model_direct;
    assert_int_equal(took[0], 1 + 100 + 1); /* asked for, there, and the second one by then */
}

/* Ten at a time: 24 lines come in three lots. */
static void test_lines_under_way_are_bounded(void **state)
{
    (void)state;
    run(1, read_many, 1);
    assert_in_range(took[0], 300, 300 + 2 * AHEAD);
}

/* Hart 0 asks for a line, hart 1 takes it away: it comes again. */
static void ask_too_early(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        (void)act(EVENT_PREFETCH, words[0], 1, 0, 0);
        wait_until(0, 1000);
        (void)act(EVENT_LOAD, words[0], 8, 0, 0);
    } else {
        wait_until(1, 500);
        (void)act(EVENT_RMW, words[0], 8, 1, 0);
    }
}

static void test_what_is_asked_for_can_be_taken_away(void **state)
{
    (void)state;
    run(2, ask_too_early, 1);
    struct time_counts counts;
    time_mode_counts(&counts);
    assert_int_equal(counts.lines.misses, 1);
    assert_int_equal(counts.lines.transfers, 2);
}

static void add_together(void *context, uint32_t hart)
{
    (void)context;
    for (uint32_t i = 0; i < 100; i++) {
        (void)act(EVENT_RMW, words[0], 8, 1, 0);
    }
    took[hart] = now(hart);
}

static void test_a_line_serves_one_at_a_time(void **state)
{
    (void)state;
    run(2, add_together, 1);
    assert_int_equal(words[0][0], 200);
    uint64_t two = took[0] > took[1] ? took[0] : took[1];
    run(4, add_together, 1);
    assert_int_equal(words[0][0], 400);
    uint64_t four = 0;
    for (uint32_t i = 0; i < 4; i++) {
        four = took[i] > four ? took[i] : four;
    }
    assert_true(four > 2 * two); /* each waits for all others, and some of them are further away */
}

static void add_apart(void *context, uint32_t hart)
{
    (void)context;
    for (uint32_t i = 0; i < 100; i++) {
        (void)act(EVENT_RMW, words[hart], 8, 1, 0);
    }
    took[hart] = now(hart);
}

/* ---- one run after the other ---- */

static void write_and_look(void *context, uint32_t hart)
{
    uint64_t *first_ns = context;
    uint64_t start_ns = now(hart);
    (void)act(EVENT_RMW, words[0], 8, 1, 0);
    first_ns[hart] = now(hart) - start_ns;
    for (uint32_t i = 0; i < 1000; i++) {
        (void)act(EVENT_RMW, words[0], 8, 1, 0);
    }
}

/* A line is as free at the start of a run as it is at the end of the one before, and not busy until the moment at which
 * that one had it last. */
static void test_a_run_begins_when_the_last_has_ended(void **state)
{
    (void)state;
    uint64_t first_ns[2], again_ns[2];
    time_mode_use(&round_numbers, 1);
    assert_int_equal(run_harts(2, write_and_look, first_ns), RUN_FINISHED);
    assert_int_equal(run_harts(2, write_and_look, again_ns), RUN_FINISHED);
    model = &model_direct;
    for (uint32_t hart = 0; hart < 2; hart++) {
        assert_in_range(again_ns[hart], 0, 200); /* two transfers and two steps at most */
    }
}

static void test_lines_apart_do_not_wait(void **state)
{
    (void)state;
    run(4, add_apart, 1);
    for (uint32_t i = 0; i < 4; i++) {
        assert_int_equal(took[i], took[0]);
    }
    struct time_counts counts;
    time_mode_counts(&counts);
    assert_int_equal(counts.lines.transfers, 0);
}

/* ---- waiting loops ---- */

static void wait_for_flag(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        wait_until(0, 1000000);
        (void)act(EVENT_STORE, words[0], 8, 1, 0);
        return;
    }
    while (act(EVENT_LOAD, words[0], 8, 0, 0) == 0) {
        (void)act(EVENT_RELAX, NULL, 0, 0, 0);
    }
    took[hart] = now(hart);
}

static void test_who_waits_sleeps_and_is_woken(void **state)
{
    (void)state;
    run(HARTS_MOST, wait_for_flag, 1);
    struct time_counts counts;
    time_mode_counts(&counts);
    for (uint32_t hart = 1; hart < HARTS_MOST; hart++) {
        assert_true(took[hart] >= 1000000);
    }
    assert_true(counts.waits < 10u * HARTS_MOST); /* of the 33,000 turns that each would make */
    assert_true(counts.wait_ps / 1000 > 900000u * (HARTS_MOST - 1));
}

/* ---- caches, and accesses that overlap ---- */

#define MANY 256u
static _Alignas(4096) struct spread {
    uint64_t word;
    struct spread *next;
    uint64_t rest[6];
} spread[MANY];

/* Room for 4 lines, for 8, and for 4096. */
static struct machine_model small_caches(uint64_t window)
{
    struct machine_model machine = round_numbers;
    machine.l1_bytes = 4 * 64;
    machine.l1_ways = 4;
    machine.l2_bytes = 8 * 64;
    machine.l2_ways = 8;
    machine.llc_bytes = 4096 * 64;
    machine.llc_ways = 16;
    machine.l2_ps = 5000;
    machine.llc_ps = 30000;
    machine.window = window;
    return machine;
}

static uint32_t touched;

/* The mean time of a load of one of `touched` lines, in turn, when all have been loaded before. */
static void go_round(void *context, uint32_t hart)
{
    (void)context;
    uint64_t start = 0;
    for (uint32_t i = 0; i < 3 * touched; i++) {
        start = i == touched ? now(hart) : start;
        (void)act(EVENT_LOAD, &spread[i % touched].word, 8, 0, 0);
    }
    took[hart] = (now(hart) - start) / (2 * touched);
}

static uint64_t time_round(uint32_t lines)
{
    struct machine_model machine = small_caches(0);
    touched = lines;
    time_mode_use(&machine, 1);
    assert_int_equal(run_harts(1, go_round, NULL), RUN_FINISHED);
    model = &model_direct;
    return took[0];
}

static void test_a_hart_alone_does_not_keep_all_lines(void **state)
{
    (void)state;
    assert_int_equal(time_round(4), 1);   /* all in the first cache */
    assert_int_equal(time_round(8), 5);   /* in the second */
    assert_int_equal(time_round(16), 30); /* in the last one, which no hart has to itself */
    struct time_counts counts;
    time_mode_counts(&counts);
    assert_int_equal(counts.lines.misses, 16); /* from memory once each */
    assert_int_equal(counts.lines.transfers, 0);
}

/* Every 37th: nothing goes through memory at one stride for long. */
static uint32_t apart(uint32_t i)
{
    return i * i * 37 % MANY;
}

static void load_each(void *context, uint32_t hart)
{
    (void)context;
    uint64_t start = now(hart);
    for (uint32_t i = 0; i < 8; i++) {
        (void)act(EVENT_LOAD, &spread[apart(i)].word, 8, 0, 0);
    }
    took[hart] = now(hart) - start;
}

/* Each load finds where the next one goes. */
static void follow_each(void *context, uint32_t hart)
{
    (void)context;
    struct spread *at = &spread[apart(0)];
    uint64_t start = now(hart);
    for (uint32_t i = 0; i < 8; i++) {
        at = (struct spread *)(uintptr_t)act(EVENT_LOAD, &at->next, 8, 0, 0);
    }
    took[hart] = now(hart) - start;
}

static uint64_t time_eight(void (*body)(void *context, uint32_t hart), uint64_t window)
{
    struct machine_model machine = small_caches(window);
    memset(spread, 0, sizeof spread);
    for (uint32_t i = 0; i < 8; i++) {
        spread[apart(i)].next = &spread[apart(i + 1)];
    }
    time_mode_use(&machine, 1);
    assert_int_equal(run_harts(1, body, NULL), RUN_FINISHED);
    model = &model_direct;
    return took[0];
}

static void test_loads_overlap_as_far_as_the_window_reaches(void **state)
{
    (void)state;
    assert_int_equal(time_eight(load_each, 0), 800);     /* one after the other */
    assert_in_range(time_eight(load_each, 8), 100, 110); /* all at once */
    assert_in_range(time_eight(load_each, 4), 200, 210); /* four at a time */
}

static void test_a_load_by_what_another_will_find_waits(void **state)
{
    (void)state;
    /* the first two tell that the address comes from the value */
    assert_in_range(time_eight(follow_each, 8), 600, 800);
}

/* ---- the seed ---- */

static void test_the_seed_decides_and_nothing_else(void **state)
{
    (void)state;
    struct machine_model machine = *machine_model_find("epyc-2socket");
    uint64_t found[4];
    const uint64_t seeds[4] = {7, 7, 8, 7};
    for (uint32_t i = 0; i < 4; i++) {
        memset(words, 0, sizeof words);
        time_mode_use(&machine, seeds[i]);
        (void)run_harts(16, add_together, NULL);
        model = &model_direct;
        found[i] = 0;
        for (uint32_t hart = 0; hart < 16; hart++) {
            found[i] = found[i] * 31 + took[hart];
        }
    }
    assert_true(found[0] == found[1] && found[0] == found[3]);
    assert_true(found[0] != found[2]);
}

/* ---- machine models ---- */

/* What harts pay for one another is scaled, what one does by itself is not; the name says so. */
static void costs_are_scaled(void **state)
{
    (void)state;
    const struct machine_model *base = machine_model_find("epyc-2socket");
    struct machine_model scaled = *base, same = *base;
    machine_model_scale(&same, 1);
    assert_memory_equal(&same, base, sizeof same);
    machine_model_scale(&scaled, 0.5);
    assert_int_equal(scaled.transfer_ps[2], (base->transfer_ps[2] + 1) / 2);
    assert_int_equal(scaled.invalidate_ps[0], (base->invalidate_ps[0] + 1) / 2);
    assert_int_equal(scaled.miss_ps, (base->miss_ps + 1) / 2);
    assert_int_equal(scaled.hit_ps, base->hit_ps);
    assert_int_equal(scaled.rmw_ps, base->rmw_ps);
    assert_int_equal(scaled.fence_ps, base->fence_ps);
    assert_string_equal(scaled.name, "epyc-2socket, costs 0.5");
}

static void test_a_model_is_written_and_read(void **state)
{
    (void)state;
    char path[] = "/tmp/framelab-machine-XXXXXX", why[256];
    struct machine_model all = round_numbers; /* no two parameters alike where round_numbers has zeroes */
    all.share_ps = 3;
    all.hold_ps = 4;
    all.wake_ps = 5;
    all.jitter_1024 = 6;
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    assert_true(machine_model_write(&all, file));
    (void)fclose(file);
    struct machine_model back;
    assert_true(machine_model_get(&back, path, why, sizeof why));
    assert_memory_equal(&back, &all, sizeof back);
    assert_false(machine_model_get(&back, "./nosuch.json", why, sizeof why));
    assert_false(machine_model_get(&back, "nosuch", why, sizeof why));
    (void)remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(costs_are_scaled),
        cmocka_unit_test(test_what_accesses_cost),
        cmocka_unit_test(test_a_transfer_costs_its_distance),
        cmocka_unit_test(test_a_write_makes_copies_worthless),
        cmocka_unit_test(test_lines_asked_for_arrive_side_by_side),
        cmocka_unit_test(test_lines_under_way_are_bounded),
        cmocka_unit_test(test_what_is_asked_for_can_be_taken_away),
        cmocka_unit_test(test_a_line_serves_one_at_a_time),
        cmocka_unit_test(test_lines_apart_do_not_wait),
        cmocka_unit_test(test_a_run_begins_when_the_last_has_ended),
        cmocka_unit_test(test_who_waits_sleeps_and_is_woken),
        cmocka_unit_test(test_a_hart_alone_does_not_keep_all_lines),
        cmocka_unit_test(test_loads_overlap_as_far_as_the_window_reaches),
        cmocka_unit_test(test_a_load_by_what_another_will_find_waits),
        cmocka_unit_test(test_the_seed_decides_and_nothing_else),
        cmocka_unit_test(test_a_model_is_written_and_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
