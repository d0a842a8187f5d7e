/* SPDX-License-Identifier: MIT
 * What workloads ask an allocator for, request by request. Linux's guest (stress/linux/guest) writes down the same;
 * linux-tests.sh compares. Called with words, this prints what it would compare:
 *
 *   test_linux_requests WORKLOAD FRAMES HARTS N SEED */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "frame_allocator.h"
#include "platform.h"
#include "workload.h"

#define HARTS_MOST 8u
#define REQUESTS_MOST 4096u
#define FREED (UINT64_C(1) << 63)
#define HART_SHIFT 32

static struct {
    uint64_t requests[REQUESTS_MOST];
    uint64_t count, allocations;
} logs[HARTS_MOST];

/* ---- in place of the allocator: the linker has all calls come here ---- */

static enum frame_status note_alloc(pfn_t *first)
{
    const uint32_t hart = platform_hart_id();
    *first = pfn(((uint64_t)hart << HART_SHIFT) + logs[hart].allocations++);
    logs[hart].requests[logs[hart].count++] = first->value;
    return FRAME_OK;
}

static enum frame_status note_free(pfn_t first)
{
    const uint32_t hart = platform_hart_id();
    logs[hart].requests[logs[hart].count++] = first.value | FREED;
    return FRAME_OK;
}

enum frame_status __wrap_frame_alloc_one(struct frame_allocator *fa, pfn_t *frame);
enum frame_status __wrap_frame_alloc_one(struct frame_allocator *fa, pfn_t *frame)
{
    (void)fa;
    return note_alloc(frame);
}

enum frame_status __wrap_frame_free_one(struct frame_allocator *fa, pfn_t frame);
enum frame_status __wrap_frame_free_one(struct frame_allocator *fa, pfn_t frame)
{
    (void)fa;
    return note_free(frame);
}

enum frame_status __wrap_frame_alloc_contiguous(struct frame_allocator *fa, struct frame_layout layout,
                                                struct frame_run *run);
enum frame_status __wrap_frame_alloc_contiguous(struct frame_allocator *fa, struct frame_layout layout,
                                                struct frame_run *run)
{
    (void)fa;
    run->count = layout.size_bytes >> FRAME_SHIFT;
    return note_alloc(&run->first);
}

enum frame_status __wrap_frame_free_run(struct frame_allocator *fa, struct frame_run run);
enum frame_status __wrap_frame_free_run(struct frame_allocator *fa, struct frame_run run)
{
    (void)fa;
    return note_free(run.first);
}

/* ---- a run ---- */

static void run(const char *name, uint64_t frames, uint32_t harts, uint64_t requests, uint64_t seed)
{
    static struct workload_hart results[HARTS_MOST];
    static pfn_t slots[HARTS_MOST * (REQUESTS_MOST + CACHE_PAIR)];
    static _Alignas(CACHE_PAIR) char state[1 << 16];
    struct workload workload = {.allocator = (struct frame_allocator *)state, /* not NULL, and never looked at */
                                .frames = frames,
                                .align_bytes = FRAME_SIZE * frames,
                                .requests = requests,
                                .turns = 1,
                                .harts = harts,
                                .seed = seed,
                                .slots = slots,
                                .state = state,
                                .hart = results};
    assert_true(workload_parse(&workload.choice, name, strlen(name)));
    assert_true(harts <= HARTS_MOST && 4 * requests <= REQUESTS_MOST && harts_provide(harts));
    memset(logs, 0, sizeof logs);
    assert_true(workload_run(&workload));
}

/* As the guest prints it: a line a hart. */
static void print_logs(FILE *out, uint32_t harts)
{
    for (uint32_t hart = 0; hart < harts; hart++) {
        (void)fprintf(out, "hart %u:", hart);
        for (uint64_t i = 0; i < logs[hart].count; i++) {
            uint64_t frame = logs[hart].requests[i] & ~FREED;
            if ((logs[hart].requests[i] & FREED) != 0) {
                (void)fprintf(out, " f%llu.%llu", (unsigned long long)(frame >> HART_SHIFT),
                              (unsigned long long)(frame & UINT32_MAX));
            } else {
                (void)fprintf(out, " a");
            }
        }
        (void)fprintf(out, "\n");
    }
}

static char *text_of(const char *name, uint64_t frames, uint32_t harts, uint64_t requests, uint64_t seed)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    assert_non_null(out);
    run(name, frames, harts, requests, seed);
    print_logs(out, harts);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void expect(const char *name, uint64_t frames, uint32_t harts, uint64_t requests, const char *wanted)
{
    char *text = text_of(name, frames, harts, requests, 1);
    assert_string_equal(text, wanted);
    free(text);
}

static void test_sequences(void **state)
{
    (void)state;
    for (uint64_t frames = 1; frames <= 512; frames *= 512) {
        expect("bulk", frames, 2, 3, "hart 0: a a a f0.2 f0.1 f0.0\nhart 1: a a a f1.2 f1.1 f1.0\n");
        expect("repeat", frames, 1, 2, "hart 0: a a a f0.2 a f0.3 f0.1 f0.0\n");
    }
}

/* Each frame is freed once, by whomever the seed says. */
static void test_shuffle(void **state)
{
    (void)state;
    enum { HARTS = 3, N = 50 };
    uint32_t freed[HARTS][N] = {{0}}, elsewhere = 0;
    run("rand", 1, HARTS, N, 7);
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        assert_int_equal(logs[hart].count, 2 * N);
        for (uint64_t i = N; i < 2 * N; i++) {
            uint64_t frame = logs[hart].requests[i] & ~FREED;
            freed[frame >> HART_SHIFT][frame & UINT32_MAX]++;
            elsewhere += frame >> HART_SHIFT != hart;
        }
    }
    for (uint32_t i = 0; i < HARTS * N; i++) {
        assert_int_equal(freed[i / N][i % N], 1);
    }
    assert_true(elsewhere > N);
    char *first = text_of("rand", 1, HARTS, N, 7), *again = text_of("rand", 1, HARTS, N, 7),
         *other = text_of("rand", 1, HARTS, N, 8);
    assert_string_equal(first, again);
    assert_string_not_equal(first, other);
    free(first);
    free(again);
    free(other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sequences), cmocka_unit_test(test_shuffle)};
    if (argc != 6) {
        return cmocka_run_group_tests(tests, NULL, NULL);
    }
    run(argv[1], strtoull(argv[2], NULL, 0), (uint32_t)strtoul(argv[3], NULL, 0), strtoull(argv[4], NULL, 0),
        strtoull(argv[5], NULL, 0));
    print_logs(stdout, (uint32_t)strtoul(argv[3], NULL, 0));
    return 0;
}
