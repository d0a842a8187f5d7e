/* SPDX-License-Identifier: MIT
 * Reference counts against a plain array: runs that cover chunks, groups, parts of them, all together; references
 * inside; and harts side by side in one chunk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"
#include "play_harts.h"
#include "random.h"
#include "refcounts_kept.h"

/* A span that begins and ends inside a group; two chunks of it are whole. */
#define FIRST UINT64_C(1000037)
#define FRAMES 2000u
#define STEPS 100000
#define HARTS 4u

static _Atomic uint32_t frame_words[FRAMES];
static _Atomic uint8_t groups[(FRAMES / CHUNK_FRAMES + 2) * CHUNK_GROUPS];
static struct refcount_view view;
static uint32_t model[FRAMES];

static int setup(void **state)
{
    (void)state;
    view = refcount_view_make(frame_run(pfn(FIRST), FRAMES), frame_words, groups);
    memset(frame_words, 0, sizeof frame_words);
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

/* Small ones, and such that hold a chunk. */
static uint32_t some_length(struct random *random)
{
    return (uint32_t)random_below(random, random_one_in(random, 2) ? 1200 : 150) + 1;
}

/* The first frame of the chunk or group at or after `at`, if there is one, else `at`. */
static uint32_t aligned(uint32_t at, uint64_t frames)
{
    uint64_t index = align_up_u64(FIRST + at, frames) - FIRST;
    return index < FRAMES ? (uint32_t)index : at;
}

static void take(struct random *random, uint32_t at)
{
    uint32_t length = equal_run(at, random_one_in(random, 3) ? (uint32_t)CHUNK_FRAMES : some_length(random), 0);
    if (length == 1 && random_one_in(random, 2)) {
        count_take_one(&view, frame_at(at));
    } else if (length == CHUNK_FRAMES && frame_at(at).value % CHUNK_FRAMES == 0) {
        refcounts_take_groups(&view, frame_at(at), CHUNK_GROUPS);
    } else if (length > 0) {
        refcounts_take_run(&view, frame_run(frame_at(at), length));
    }
    model_set(at, length, 1);
}

static void drop(struct random *random, uint32_t at)
{
    uint32_t length = random_one_in(random, 3) ? (uint32_t)CHUNK_FRAMES : some_length(random);
    length = at + length <= FRAMES ? length : FRAMES - at;
    uint32_t good = equal_run(at, length, 1);
    enum frame_status status = refcounts_drop_run(&view, frame_run(frame_at(at), length));
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
        at = random_one_in(&random, 4) ? aligned(at, CHUNK_FRAMES) : at;
        at = random_one_in(&random, 4) ? aligned(at, GROUP_FRAMES) : at;
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

static void expect_counts(struct frame_run run, uint32_t count)
{
    for (uint64_t i = 0; i < run.count; i++) {
        assert_int_equal(count_read(&view, pfn(run.first.value + i)), count);
    }
}

/* A whole group's count is a bit, and touching one of its frames changes nothing for the others. */
static void a_group_is_counted_as_one(void **state)
{
    (void)state;
    uint32_t start = aligned(0, GROUP_FRAMES);
    struct frame_run group = frame_run(frame_at(start), GROUP_FRAMES);
    refcounts_take_run(&view, group);
    assert_int_equal(atomic_load(&frame_words[start]), 0);
    assert_int_equal(group_bits(&view, group.first), GROUP_PARITY | GROUP_WHOLE | GROUP_DIRTY);
    assert_false(count_drop_one(&view, group.first)); /* the fast path leaves it to the slow one */
    assert_int_equal(refcounts_drop_run(&view, frame_run(frame_at(start + 5), 1)), FRAME_OK);
    assert_int_equal(refcounts_drop_run(&view, group), FRAME_NOT_ALLOCATED);
    for (uint32_t i = 0; i < GROUP_FRAMES; i++) {
        assert_int_equal(count_read(&view, frame_at(start + i)), i == 5 ? 0 : 1);
    }
}

/* The fourth of a chunk's groups has the other parity, and is dirty; of the others we know `bits`. */
static void expect_groups(pfn_t first, uint32_t bits)
{
    for (uint32_t g = 0; g < CHUNK_GROUPS; g++) {
        uint32_t expected = g == 3 ? GROUP_PARITY | GROUP_DIRTY : bits;
        assert_int_equal(group_bits(&view, pfn(first.value + g * GROUP_FRAMES)), expected);
    }
}

/* A chunk's groups flip together, whatever parities they have, and go back as they came. */
static void a_chunk_is_counted_as_one(void **state)
{
    (void)state;
    struct frame_run chunk = frame_run(frame_at(aligned(0, CHUNK_FRAMES)), CHUNK_FRAMES);
    struct frame_run group = frame_run(pfn(chunk.first.value + 3 * GROUP_FRAMES), GROUP_FRAMES);
    refcounts_take_run(&view, group); /* back frame by frame: its parity is not the others' */
    for (uint64_t i = 0; i < GROUP_FRAMES; i++) {
        assert_int_equal(refcounts_drop_run(&view, frame_run(pfn(group.first.value + i), 1)), FRAME_OK);
    }
    expect_groups(chunk.first, 0);
    for (int round = 0; round < 3; round++) {
        refcounts_take_groups(&view, chunk.first, CHUNK_GROUPS);
        expect_counts(chunk, 1);
        assert_true(refcounts_drop_groups(&view, chunk.first, CHUNK_GROUPS));
        expect_groups(chunk.first, GROUP_DIRTY);
        expect_counts(chunk, 0);
        assert_false(refcounts_drop_groups(&view, chunk.first, CHUNK_GROUPS));
    }
    refcounts_take_groups(&view, chunk.first, CHUNK_GROUPS);
    assert_int_equal(count_add_ref(&view, group.first), FRAME_OK);
    assert_false(refcounts_drop_groups(&view, chunk.first, CHUNK_GROUPS));
    assert_int_equal(refcounts_drop_run(&view, chunk), FRAME_SHARED);
    assert_int_equal(count_drop_ref(&view, group.first), FRAME_OK);
    assert_int_equal(refcounts_drop_run(&view, chunk), FRAME_OK); /* fifteen groups as one, one by its frames */
    expect_counts(chunk, 0);
}

static void expect(bool holds)
{
    FRAME_ASSERT(holds); /* cmocka's own assertions are for the first thread only */
}

/* Each hart has two groups of one chunk for itself, next to the others': what they do to the line they share is theirs
 * alone. */
static void share_a_chunk(void *context, uint32_t hart)
{
    struct hart_barrier *barrier = context;
    uint64_t start = align_up_u64(FIRST, CHUNK_FRAMES) + 2 * hart * GROUP_FRAMES;
    struct frame_run both = frame_run(pfn(start), 2 * GROUP_FRAMES);
    struct random random = random_stream(7, hart);
    hart_barrier_wait(barrier);
    for (uint32_t round = 0; round < 20000; round++) {
        pfn_t frame = pfn(start + random_below(&random, both.count));
        refcounts_take_run(&view, both);
        if (random_one_in(&random, 2)) {
            expect(count_add_ref(&view, frame) == FRAME_OK);
            expect(count_read(&view, frame) == 2);
            expect(count_drop_ref(&view, frame) == FRAME_OK);
        }
        uint64_t part = random_between(&random, 1, both.count);
        expect(refcounts_drop_run(&view, frame_run(both.first, part)) == FRAME_OK);
        expect(count_read(&view, both.first) == 0);
        if (part < both.count) {
            struct frame_run rest = frame_run(pfn(start + part), both.count - part);
            expect(refcounts_drop_run(&view, rest) == FRAME_OK);
        }
        expect(count_read(&view, frame) == 0);
        expect(refcounts_drop_run(&view, frame_run(frame, 1)) == FRAME_NOT_ALLOCATED);
    }
}

static void P7_harts_count_side_by_side_in_one_chunk(void **state)
{
    (void)state;
    static struct hart_barrier barrier;
    hart_barrier_init(&barrier, HARTS);
    assert_true(harts_run(HARTS, share_a_chunk, &barrier));
    expect_model(); /* all free */
}

/* One hart takes a group as one; then every hart frees its part of it, all at the same time. */
static void share_a_group(void *context, uint32_t hart)
{
    struct hart_barrier *barrier = context;
    struct frame_run group = frame_run(frame_at(aligned(0, GROUP_FRAMES)), GROUP_FRAMES);
    const uint64_t part = GROUP_FRAMES / HARTS;
    for (uint32_t round = 0; round < 5000; round++) {
        if (hart == 0) {
            refcounts_take_run(&view, group);
        }
        hart_barrier_wait(barrier);
        expect(refcounts_drop_run(&view, frame_run(pfn(group.first.value + hart * part), part)) == FRAME_OK);
        hart_barrier_wait(barrier);
        expect(group_bits(&view, group.first) == (((round + 1) % 2 != 0 ? GROUP_PARITY : 0) | GROUP_DIRTY));
        expect(count_read(&view, pfn(group.first.value + round % GROUP_FRAMES)) == 0);
        hart_barrier_wait(barrier);
    }
}

static void P7_harts_split_a_group_at_the_same_time(void **state)
{
    (void)state;
    static struct hart_barrier barrier;
    hart_barrier_init(&barrier, HARTS);
    assert_true(harts_run(HARTS, share_a_group, &barrier));
    expect_model(); /* all free */
}

static void references_do_not_overflow(void **state)
{
    (void)state;
    count_take_one(&view, frame_at(0));
    atomic_store(&frame_words[0], COUNT_MAX << FRAME_COUNT_SHIFT);
    assert_int_equal(count_add_ref(&view, frame_at(0)), FRAME_TOO_MANY_REFS);
    assert_int_equal(count_read(&view, frame_at(0)), COUNT_MAX);
}

int main(void)
{
    play_harts(HARTS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(P7_random_operations_against_a_plain_array, setup),
        cmocka_unit_test_setup(a_group_is_counted_as_one, setup),
        cmocka_unit_test_setup(a_chunk_is_counted_as_one, setup),
        cmocka_unit_test_setup(P7_harts_count_side_by_side_in_one_chunk, setup),
        cmocka_unit_test_setup(P7_harts_split_a_group_at_the_same_time, setup),
        cmocka_unit_test_setup(references_do_not_overflow, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
