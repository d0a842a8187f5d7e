/* SPDX-License-Identifier: MIT
 * Harts that end in the middle of an operation, and are taken over; and that leave and join (P13). See
 * kernel_options.h.
 *
 * Every hart allocates and frees. Before a shared access of a slow path, drawn at random, it ends: what it was doing
 * never goes on, and it begins anew by taking its own number over. Now and then it leaves and joins. At the end each
 * has freed what it knows to have; hart 0 can then have every frame but those that were on their way, and is told that
 * this is all. */
#include <setjmp.h>

#include "harness.h"
#include "kernel_options.h"
#include "platform.h"

#define HELD 48u
#define RUN_MOST 24u
/* Hooks from one end to the next, at most. */
#define APART_MOST 600u

/* A hart's; what changes between setjmp and longjmp lies here, not on its stack. */
struct life {
    _Alignas(CACHE_PAIR) jmp_buf begin;
    struct random random;
    struct frame_run held[HELD];
    uint32_t count;
    uint64_t left; /* operations */
    uint64_t ends, lives;
    bool good;
};

static struct {
    struct frame_allocator *fa;
    struct life lives[HART_MAX];
} all;

static void end_here(void)
{
    struct life *me = &all.lives[kernel_hart->number];
    me->ends++;
    longjmp(me->begin, 1);
}

static void begin_anew(struct life *me)
{
    enum frame_status status = FRAME_CONTENDED;
    while (status == FRAME_CONTENDED) {
        status = frame_hart_take_over(all.fa, 0);
    }
    me->good = me->good && status == FRAME_OK;
}

static void leave_and_join(struct life *me)
{
    enum frame_status status = frame_hart_leave(all.fa);
    while (status == FRAME_CONTENDED) {
        status = frame_hart_leave(all.fa);
    }
    me->good = me->good && status == FRAME_OK;
    do {
        status = frame_hart_join(all.fa, 0);
    } while (status == FRAME_CONTENDED);
    me->good = me->good && status == FRAME_OK;
    me->lives++;
}

static void give(struct life *me)
{
    struct frame_run run = me->held[--me->count]; /* its own no more, whatever comes of the call */
    me->good = frame_free_run(all.fa, run) == FRAME_OK && me->good;
}

static void operate(struct life *me)
{
    const struct frame_layout layout = {random_between(&me->random, 1, RUN_MOST) << FRAME_SHIFT, FRAME_SIZE};
    struct frame_run run;
    if (random_one_in(&me->random, 64)) {
        leave_and_join(me);
    } else if (random_one_in(&me->random, 64)) {
        (void)frame_allocator_drain(all.fa);
    } else if (me->count > 0 && (me->count == HELD || random_one_in(&me->random, 2))) {
        give(me);
    } else if (frame_alloc_contiguous(all.fa, layout, &run) == FRAME_OK) {
        me->held[me->count++] = run;
    }
}

static void live(void *context, uint32_t hart)
{
    const struct kernel_options *options = context;
    struct life *me = &all.lives[hart];
    me->random = random_stream(options->seed, hart);
    me->left = options->operations;
    me->good = true;
    if (setjmp(me->begin) != 0) {
        begin_anew(me);
    }
    while (me->left > 0) {
        me->left--;
        schedule_stop_at(random_between(&me->random, 1, APART_MOST), end_here);
        operate(me);
    }
    schedule_stop_at(0, NULL);
    while (me->count > 0) {
        give(me);
    }
}

/* Of frames that are not on their way for ever hart 0 has all, and then there is no memory. */
static bool all_is_had(const struct frame_account *account)
{
    uint64_t had = 0;
    pfn_t frame;
    enum frame_status status;
    while ((status = frame_alloc_one(all.fa, &frame)) == FRAME_OK) {
        had++;
    }
    return status == FRAME_NO_MEMORY && had == account->total - account->lost - account->allocated;
}

int kernel_life(const struct kernel_options *options)
{
    struct frame_allocator_config config;
    struct frame_account account = {0};
    uint64_t ends = 0, lives = 0;
    bool holds = true;
    kernel_keep_frames(options->frames != 0 ? options->frames : kernel_hart_count * UINT64_C(4096));
    all.fa = kernel_allocator(options, kernel_hart_count, &config);
    if (all.fa == NULL) {
        return KERNEL_USAGE;
    }
    (void)harts_run(kernel_hart_count, live, (void *)(uintptr_t)options);
    for (uint32_t hart = 0; hart < kernel_hart_count; hart++) {
        ends += all.lives[hart].ends;
        lives += all.lives[hart].lives;
        holds = holds && all.lives[hart].good;
    }
    holds = holds && frame_allocator_validate(all.fa, &account) && ends > 0 && lives > 0 && all_is_had(&account);
    console_line("KTAP version 1");
    console_line("1..1");
    console_line(
        "%s 1 P13 %llu harts ended in the middle of an operation and were taken over, %llu left and joined; %llu "
        "frames were on their way",
        holds ? "ok" : "not ok", (unsigned long long)ends, (unsigned long long)lives,
        (unsigned long long)(account.lost + account.allocated));
    return holds ? KERNEL_HOLDS : KERNEL_VIOLATED;
}
