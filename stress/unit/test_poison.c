/* SPDX-License-Identifier: MIT
 * Poison: a write to a free frame ends the process at the frame's next allocation, with a line that says where. By
 * itself in every build, and through the allocator in debug builds, where it is called. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "framelab.h"
#include "machine.h"
#include "poison.h"
#include "variant.h"

#define WHY_BYTES 256
#define LINE_BYTES 512
#define MEMORY_BYTES UINT64_C(0x2000000)
#define WORDS (FRAME_SIZE / sizeof(uint64_t))

static const char *const specs[] = {"lockfree", "lockfree,magazine=0", "baseline", "baseline:origin"};

static struct host_machine machine;
static struct frame_allocator *fa;

static void boot(const char *spec)
{
    const struct host_machine_options options = {.memory_bytes = MEMORY_BYTES, .harts = 1, .nodes = 1};
    struct frame_allocator_config config;
    char why[WHY_BYTES];
    assert_true(frame_allocator_config_parse(&config, framelab_variants, spec, 1, why, sizeof why));
    assert_true(host_machine_open(&machine, &options, why, sizeof why));
    assert_true(host_machine_boot(&machine, &config, 0, why, sizeof why));
    fa = machine.fa;
}

static int teardown(void **state)
{
    (void)state;
    host_machine_close(&machine);
    return 0;
}

static uint64_t *words_of(pfn_t frame)
{
    return platform_phys_to_virt(frame_addr(frame));
}

static pfn_t take(void)
{
    pfn_t frame;
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    return frame;
}

/* What a process says on stderr that calls `body`; "" if it is not ended by an abort. */
static const char *last_words(void (*body)(pfn_t frame), pfn_t frame)
{
    static char line[LINE_BYTES];
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)signal(SIGABRT, SIG_DFL);
        (void)dup2(ends[1], STDERR_FILENO);
        body(frame);
        _exit(0);
    }
    (void)close(ends[1]);
    ssize_t length = read(ends[0], line, sizeof line - 1);
    line[length > 0 ? length : 0] = '\0';
    (void)close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT ? line : "";
}

static void assert_names(const char *said, pfn_t frame, unsigned offset, unsigned value)
{
    char wanted[LINE_BYTES];
    (void)snprintf(wanted, sizeof wanted, "frame 0x%llx was written to while it was free: at offset %u is 0x%x",
                   (unsigned long long)frame.value, offset, value);
    assert_non_null(strstr(said, wanted));
}

/* ---- by itself ---- */

static void check_one(pfn_t frame)
{
    poison_check(NULL, frame_run(frame, 1));
}

static void P1_write_to_a_free_frame_is_found(void **state)
{
    (void)state;
    boot("lockfree");
    pfn_t frame = take();
    for (unsigned w = 0; w < WORDS; w++) {
        poison_fill(frame_run(frame, 1));
        words_of(frame)[w] = 7;
        if (w % 73 == 0 || w + 1 == WORDS) { /* not all: each costs a process */
            assert_names(last_words(check_one, frame), frame, w * (unsigned)sizeof(uint64_t), 7);
        }
    }
}

static void what_is_untouched_passes(void **state)
{
    (void)state;
    boot("lockfree");
    pfn_t frame = take();
    poison_fill(frame_run(frame, 1));
    check_one(frame);
    words_of(frame)[1] = 7; /* its owner's, who leaves the rest of the poison where it is */
    check_one(frame);
    poison_fill(frame_run(frame, 1));
    words_of(frame)[1] = 7;
    poison_forget(frame_run(frame, 1));
    check_one(frame);
}

static void of_a_long_run_the_beginning(void **state)
{
    (void)state;
    boot("lockfree");
    struct frame_run run;
    const struct frame_layout layout = {(POISON_FRAMES + 1) << FRAME_SHIFT, FRAME_SIZE};
    assert_int_equal(frame_alloc_contiguous(fa, layout, &run), FRAME_OK);
    words_of(pfn(run.first.value + POISON_FRAMES))[0] = 7;
    poison_fill(run);
    assert_int_not_equal(words_of(run.first)[0], words_of(pfn(run.first.value + 1))[0]);
    assert_int_equal(words_of(pfn(run.first.value + POISON_FRAMES))[0], 7);
    poison_check(NULL, run);
}

/* ---- through the allocator ---- */

/* Allocates until the frame comes, or memory ends. */
static void take_until(pfn_t wanted)
{
    pfn_t frame = pfn(0);
    while (frame.value != wanted.value && frame_alloc_one(fa, &frame) == FRAME_OK) {
    }
}

static void take_zeroed_until(pfn_t wanted)
{
    pfn_t frame = pfn(0);
    while (frame.value != wanted.value && frame_alloc_one_zeroed(fa, &frame) == FRAME_OK) {
    }
}

/* As much as can be, in runs. */
static void take_runs(pfn_t wanted)
{
    struct frame_run run;
    for (uint64_t frames = 1024; frames > 0; frames /= 2) {
        while (frame_alloc_contiguous(fa, (struct frame_layout){frames << FRAME_SHIFT, FRAME_SIZE}, &run) == FRAME_OK) {
            if (frame_run_contains(run, wanted)) {
                return;
            }
        }
    }
}

static void P1_allocation_finds_a_write_to_a_free_frame(void **state)
{
    (void)state;
    static void (*const ways[])(pfn_t) = {take_until, take_zeroed_until, take_runs};
    if (!POISONS) {
        skip();
    }
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        boot(specs[i]);
        pfn_t frame = take();
        assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
        for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
            assert_string_equal(last_words(ways[w], frame), "");
        }
        words_of(frame)[3] = 7;
        for (size_t w = 0; w < sizeof ways / sizeof ways[0]; w++) {
            assert_names(last_words(ways[w], frame), frame, 3 * sizeof(uint64_t), 7);
        }
        host_machine_close(&machine);
    }
    boot(specs[0]); /* for teardown */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(P1_write_to_a_free_frame_is_found, teardown),
        cmocka_unit_test_teardown(what_is_untouched_passes, teardown),
        cmocka_unit_test_teardown(of_a_long_run_the_beginning, teardown),
        cmocka_unit_test_teardown(P1_allocation_finds_a_write_to_a_free_frame, teardown),
    };
    return cmocka_run_group_tests_name("poison", tests, NULL, NULL);
}
