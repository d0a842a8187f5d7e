/* SPDX-License-Identifier: MIT
 * Reference counts against a plain array: runs that cover groups, parts of groups, both; references inside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "counts.h"
#include "random.h"

/* A span that begins and ends inside a group. */
#define FIRST UINT64_C(1000037)
#define FRAMES 1000u
#define STEPS 100000

static _Atomic uint32_t words[FRAMES];
static _Atomic uint32_t groups[FRAMES / GROUP_FRAMES + 2];
static const struct count_view view = {FIRST, FRAMES, words, groups};
static uint32_t model[FRAMES];

static int setup(void **state)
{
    (void)state;
    memset(words, 0, sizeof words);
    memset(groups, 0, sizeof groups);
    memset(model, 0, sizeof model);
    return 0;
}

static pfn_t frame_at(uint32_t index)
{
    return pfn(FIRST + index);
}

static void expect_model(void)
{
    for (uint32_t i = 0; i < FRAMES; i++) {
        assert_int_equal(count_read(&view, frame_at(i)), model[i]);
    }
}

/* Frames from `at` on, at most `most`, whose count is `count`. */
static uint32_t equal_run(uint32_t at, uint32_t most, uint32_t count)
{
    uint32_t length = 0;
    while (length < most && at + length < FRAMES && model[at + length] == count) {
        length++;
    }
    return length;
}

static void model_set(uint32_t at, uint32_t length, uint32_t count)
{
    for (uint32_t i = at; i < at + length; i++) {
        model[i] = count;
    }
}

static void take(struct random *random, uint32_t at)
{
    uint32_t length = equal_run(at, (uint32_t)random_below(random, 300) + 1, 0);
    if (length == 1 && random_one_in(random, 2)) {
        count_take_one(&view, frame_at(at));
    } else if (length > 0) {
        counts_take_run(&view, frame_run(frame_at(at), length));
    }
    model_set(at, length, 1);
}

static void drop(struct random *random, uint32_t at)
{
    uint32_t length = (uint32_t)random_below(random, 300) + 1;
    length = at + length <= FRAMES ? length : FRAMES - at;
    uint32_t good = equal_run(at, length, 1);
    enum frame_status status = counts_drop_run(&view, frame_run(frame_at(at), length));
    if (good == length) {
        assert_int_equal(status, FRAME_OK);
        model_set(at, length, 0);
    } else {
        assert_int_equal(status, model[at + good] == 0 ? FRAME_NOT_ALLOCATED : FRAME_SHARED);
    }
}

static void refer(uint32_t at)
{
    assert_int_equal(count_add_ref(&view, frame_at(at)), model[at] == 0 ? FRAME_NOT_ALLOCATED : FRAME_OK);
    model[at] += model[at] == 0 ? 0 : 1;
}

static void unrefer(uint32_t at)
{
    static const enum frame_status expected[] = {FRAME_NOT_ALLOCATED, FRAME_SHARED, FRAME_OK};
    assert_int_equal(count_drop_ref(&view, frame_at(at)), expected[model[at] > 2 ? 2 : model[at]]);
    model[at] -= model[at] > 1 ? 1 : 0;
}

static void P7_random_operations_against_a_plain_array(void **state)
{
    (void)state;
    struct random random = random_stream(20261123, 1);
    for (uint32_t step = 0; step < STEPS; step++) {
        uint32_t at = (uint32_t)random_below(&random, FRAMES);
        switch (random_below(&random, 8)) {
        case 0:
            refer(at);
            break;
        case 1:
        case 2:
            unrefer(at);
            break;
        case 3:
            if (count_drop_one(&view, frame_at(at))) {
                assert_int_equal(model[at], 1);
                model[at] = 0;
            }
            break;
        case 4:
        case 5:
            take(&random, at);
            break;
        default:
            drop(&random, at);
            break;
        }
        if (step % 16 == 0) {
            expect_model();
        }
    }
}

/* A whole group's count is one word, and touching one of its frames changes nothing for the others. */
static void a_group_is_counted_as_one(void **state)
{
    (void)state;
    uint32_t start = (uint32_t)(align_up_u64(FIRST, GROUP_FRAMES) - FIRST);
    struct frame_run group = frame_run(frame_at(start), GROUP_FRAMES);
    counts_take_run(&view, group);
    assert_int_equal(atomic_load(&words[start]), 0);
    assert_int_equal(atomic_load(group_word(&view, group.first)), 2 | GROUP_WHOLE);
    assert_false(count_drop_one(&view, group.first)); /* the fast path leaves it to the slow one */
    assert_int_equal(counts_drop_run(&view, frame_run(frame_at(start + 5), 1)), FRAME_OK);
    assert_int_equal(counts_drop_run(&view, group), FRAME_NOT_ALLOCATED);
    for (uint32_t i = 0; i < GROUP_FRAMES; i++) {
        assert_int_equal(count_read(&view, frame_at(start + i)), i == 5 ? 0 : 1);
    }
}

/* The base goes up by one with every group that is freed in parts, and wraps. */
static void a_base_wraps(void **state)
{
    (void)state;
    uint32_t start = (uint32_t)(align_up_u64(FIRST, GROUP_FRAMES) - FIRST);
    struct frame_run group = frame_run(frame_at(start), GROUP_FRAMES);
    atomic_store(group_word(&view, group.first), UINT32_MAX & ~GROUP_WHOLE); /* the last base */
    for (uint32_t i = 0; i < GROUP_FRAMES; i++) {
        atomic_store(&words[start + i], 1); /* so every count is 0 */
        assert_int_equal(count_read(&view, frame_at(start + i)), 0);
    }
    for (int round = 0; round < 4; round++) {
        counts_take_run(&view, group);
        for (uint32_t i = 0; i < GROUP_FRAMES; i++) {
            assert_int_equal(count_read(&view, frame_at(start + i)), 1);
        }
        assert_int_equal(counts_drop_run(&view, frame_run(group.first, 10)), FRAME_OK);
        assert_int_equal(counts_drop_run(&view, frame_run(frame_at(start + 10), GROUP_FRAMES - 10)), FRAME_OK);
        assert_int_equal(count_read(&view, group.first), 0);
    }
}

static void references_do_not_overflow(void **state)
{
    (void)state;
    count_take_one(&view, frame_at(0));
    atomic_store(&words[0], COUNT_MAX);
    assert_int_equal(count_add_ref(&view, frame_at(0)), FRAME_TOO_MANY_REFS);
    assert_int_equal(count_read(&view, frame_at(0)), COUNT_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(P7_random_operations_against_a_plain_array, setup),
        cmocka_unit_test_setup(a_group_is_counted_as_one, setup),
        cmocka_unit_test_setup(a_base_wraps, setup),
        cmocka_unit_test_setup(references_do_not_overflow, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
