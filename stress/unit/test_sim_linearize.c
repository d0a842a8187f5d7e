/* SPDX-License-Identifier: MIT
 * The sequential model and the search for a sequential explanation: histories that have one, and histories that have
 * none for a reason that can be named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linearize.h"

/* Frames 100 to 103, and 200 to 201 in an arena that is not there yet. */
static struct frame_model model_make(void)
{
    static struct frame_model model;
    frame_model_clear(&model);
    frame_model_add(&model, frame_run(pfn(100), 4), true);
    frame_model_add(&model, frame_run(pfn(200), 2), false);
    return model;
}

static struct operation alloc_made(uint32_t call, uint32_t answer, uint64_t first, uint64_t count)
{
    return (struct operation){.kind = OPERATION_ALLOC,
                              .call = call,
                              .answer = answer,
                              .request = {count, 0},
                              .run = frame_run(pfn(first), count)};
}

static struct operation alloc_failed(uint32_t call, uint32_t answer, uint64_t count)
{
    return (struct operation){
        .kind = OPERATION_ALLOC, .call = call, .answer = answer, .status = FRAME_NO_MEMORY, .request = {count, 0}};
}

static struct operation on_frame(enum operation_kind kind, uint32_t call, uint32_t answer, uint64_t frame)
{
    return (struct operation){.kind = kind, .call = call, .answer = answer, .run = frame_run(pfn(frame), 1)};
}

static bool explained(const struct operation *operations, uint32_t count)
{
    static struct frame_model model;
    model = model_make();
    return linearize(&model, operations, count, NULL);
}

#define EXPLAINED(...)                                                                                                 \
    explained((const struct operation[]){__VA_ARGS__},                                                                 \
              sizeof((const struct operation[]){__VA_ARGS__}) / sizeof(struct operation))

static void test_sequential(void **state)
{
    (void)state;
    assert_true(EXPLAINED(alloc_made(1, 2, 100, 1), on_frame(OPERATION_FREE, 3, 4, 100), alloc_made(5, 6, 100, 4)));
    assert_false(EXPLAINED(alloc_made(1, 2, 100, 1), alloc_made(3, 4, 100, 1)));
    assert_false(EXPLAINED(alloc_made(1, 2, 99, 1)));
    assert_false(EXPLAINED(alloc_made(1, 2, 103, 2)));
}

/* Two frames for one: only if a free lies, or may lie, between. */
static void test_frame_handed_out_again(void **state)
{
    (void)state;
    assert_false(EXPLAINED(alloc_made(1, 4, 100, 1), alloc_made(2, 3, 100, 1)));
    assert_true(EXPLAINED(alloc_made(1, 2, 100, 1), on_frame(OPERATION_FREE, 3, 6, 100), alloc_made(4, 5, 100, 1)));
    assert_false(EXPLAINED(alloc_made(1, 2, 100, 1), alloc_made(3, 4, 100, 1), on_frame(OPERATION_FREE, 5, 6, 100)));
}

static void test_failure(void **state)
{
    (void)state;
    assert_false(EXPLAINED(alloc_failed(1, 2, 4)));
    assert_true(EXPLAINED(alloc_failed(1, 2, 5)));
    /* All frames are out at some moment of the call, or at none. */
    assert_true(EXPLAINED(alloc_made(1, 2, 100, 4), alloc_failed(3, 6, 1), on_frame(OPERATION_FREE, 4, 5, 102)));
    assert_false(EXPLAINED(alloc_made(1, 2, 100, 4), on_frame(OPERATION_FREE, 3, 4, 102), alloc_failed(5, 6, 1)));
    assert_true(EXPLAINED(alloc_made(1, 2, 100, 4), on_frame(OPERATION_FREE, 3, 6, 102), alloc_failed(4, 5, 1)));
    /* Free frames that do not lie side by side are no run. */
    assert_true(EXPLAINED(alloc_made(1, 2, 101, 1), alloc_made(3, 4, 103, 1), alloc_failed(5, 6, 2)));
}

/* Two failures that need two moments, which cannot both be: neither alone is wrong. */
static void test_failures_together(void **state)
{
    (void)state;
    const struct operation taken = alloc_made(1, 2, 100, 3), last = alloc_made(3, 8, 103, 1);
    assert_true(EXPLAINED(taken, last, alloc_failed(4, 5, 1)));
    assert_true(EXPLAINED(taken, last, alloc_failed(4, 5, 1), alloc_failed(6, 7, 1)));
    assert_false(EXPLAINED(taken, alloc_failed(4, 5, 1), alloc_made(6, 8, 103, 1)));
}

static void test_references(void **state)
{
    (void)state;
    struct operation refused = on_frame(OPERATION_FREE, 5, 6, 100);
    refused.status = FRAME_SHARED;
    assert_true(EXPLAINED(alloc_made(1, 2, 100, 1), on_frame(OPERATION_REF, 3, 4, 100), refused));
    assert_false(EXPLAINED(alloc_made(1, 2, 100, 1), refused));
    assert_false(
        EXPLAINED(alloc_made(1, 2, 100, 1), on_frame(OPERATION_REF, 3, 4, 100), on_frame(OPERATION_FREE, 5, 6, 100)));
    assert_true(EXPLAINED(alloc_made(1, 2, 100, 1), on_frame(OPERATION_REF, 3, 4, 100),
                          on_frame(OPERATION_UNREF, 5, 8, 100), on_frame(OPERATION_FREE, 6, 7, 100)));
    assert_false(EXPLAINED(on_frame(OPERATION_REF, 1, 2, 100)));
}

static struct operation on_arena(enum operation_kind kind, uint32_t call, uint32_t answer, enum frame_status status)
{
    return (struct operation){
        .kind = kind, .call = call, .answer = answer, .status = status, .run = frame_run(pfn(200), 2)};
}

static void test_arenas(void **state)
{
    (void)state;
    assert_false(EXPLAINED(alloc_made(1, 2, 200, 1)));
    assert_true(EXPLAINED(on_arena(OPERATION_ADD, 1, 4, FRAME_OK), alloc_made(2, 3, 200, 1)));
    assert_false(EXPLAINED(on_arena(OPERATION_ADD, 1, 2, FRAME_OK), alloc_made(3, 4, 200, 1),
                           on_arena(OPERATION_REMOVE, 5, 6, FRAME_OK)));
    assert_true(EXPLAINED(on_arena(OPERATION_ADD, 1, 2, FRAME_OK), on_arena(OPERATION_REMOVE, 3, 6, FRAME_OK),
                          on_arena(OPERATION_ADD, 4, 5, FRAME_OVERLAP)));
    assert_false(EXPLAINED(on_arena(OPERATION_ADD, 1, 2, FRAME_OVERLAP)));
    assert_true(EXPLAINED(on_arena(OPERATION_REMOVE, 1, 2, FRAME_FOREIGN)));
    /* Busy needs a frame that is out. */
    assert_false(EXPLAINED(on_arena(OPERATION_ADD, 1, 2, FRAME_OK), on_arena(OPERATION_REMOVE, 3, 4, FRAME_BUSY)));
    assert_true(EXPLAINED(on_arena(OPERATION_ADD, 1, 2, FRAME_OK), alloc_made(3, 4, 201, 1),
                          on_arena(OPERATION_REMOVE, 5, 6, FRAME_BUSY)));
}

/* The state afterwards is that before. */
static void test_model_is_left_as_it_was(void **state)
{
    (void)state;
    static struct frame_model model;
    const struct operation operations[] = {alloc_made(1, 2, 100, 2), alloc_made(3, 4, 101, 1)};
    uint32_t stuck = 0;
    model = model_make();
    assert_false(linearize(&model, operations, 2, &stuck));
    assert_int_equal(stuck, 1);
    assert_true(frame_model_has_run(&model, (struct frame_request){4, 2}));
    assert_false(frame_model_has_run(&model, (struct frame_request){5, 0}));
    assert_int_equal(frame_model_index(&model, 103), 3);
    assert_int_equal(frame_model_index(&model, 104), UINT32_MAX);
}

/* The longest history that fits: all at once, and only one order will do. */
static void test_longest(void **state)
{
    (void)state;
    struct operation operations[LINEARIZE_MAX];
    for (uint32_t i = 0; i < LINEARIZE_MAX; i++) {
        operations[LINEARIZE_MAX - 1 - i] =
            i % 2 == 0 ? alloc_made(1 + i, 100 + i, 100, 4) : on_frame(OPERATION_FREE, 1 + i, 100 + i, 100);
        operations[LINEARIZE_MAX - 1 - i].run.count = 4;
    }
    assert_true(explained(operations, LINEARIZE_MAX));
    operations[0].kind = OPERATION_ALLOC;
    operations[0].request = (struct frame_request){4, 0};
    assert_false(explained(operations, LINEARIZE_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequential),
        cmocka_unit_test(test_frame_handed_out_again),
        cmocka_unit_test(test_failure),
        cmocka_unit_test(test_failures_together),
        cmocka_unit_test(test_references),
        cmocka_unit_test(test_arenas),
        cmocka_unit_test(test_model_is_left_as_it_was),
        cmocka_unit_test(test_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
