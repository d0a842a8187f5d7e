/* SPDX-License-Identifier: MIT
 * The asymmetric barrier (harts.c, 2), and what it is for: draining other harts' caches. See kernel_options.h.
 *
 * 1. Hart 1 fills its cache and then, between two operations, waits in one of several manners. Hart 0 passes the fence
 *    again and again, then allocates until it is refused.
 * 2. Where the platform promises that a hart answers (core/base/platform.h), each fence is answered, and hart 0 gets
 *    every frame. Where not, the fence says so, nobody touches hart 1's cache, and an arena is not removed; when hart 1
 *    has gone on, all is as before.
 * 3. Last, a hart that starts while a fence is under way. */
#include "harness.h"
#include "kernel_audit.h"
#include "kernel_options.h"
#include "platform.h"

#define FENCES 50u
/* Of the allocator. */
#define FRAMES UINT64_C(2048)
/* Of hart 1's cache: less than two magazines. */
#define CACHED 100u
/* Turns of waiting without progress: more than a fence or a drain has. */
#define PATIENCE UINT64_C(100000000)
/* Fences, at most, until a hart that was silent is found to answer: one pokes it, the next knows. */
#define FENCES_AGAIN 3u

static struct {
    struct audit audit;
    _Atomic uint32_t ready, over;
    _Atomic uint32_t failed; /* fences of hart 1's own that somebody did not answer */
    bool holds;
    uint32_t test;
} fence_test;

static bool is_over(void)
{
    return atomic_load_explicit(&fence_test.over, memory_order_acquire) != 0;
}

/* ---- manners ---- */

static void rest(void)
{
    hart_sleep_while(&fence_test.over, 0);
}

static void spin(void)
{
    while (!is_over()) {
    }
}

static void relax(void)
{
    bool enabled = arch_interrupts_off();
    while (!is_over()) {
        platform_relax();
        schedule_progress();
    }
    arch_interrupts_restore(enabled);
}

/* Hart 0, which has interrupts off, too, must answer until it is through. */
static void fence(void)
{
    bool enabled = arch_interrupts_off();
    struct hart_set silent;
    while (!is_over()) {
        uint32_t failed = platform_barrier_heavy(&silent) ? 0 : 1;
        atomic_fetch_add_explicit(&fence_test.failed, failed, memory_order_relaxed);
        schedule_progress();
    }
    arch_interrupts_restore(enabled);
}

static void be_mute(void)
{
    hart_mute_while(&fence_test.over, 0);
}

static const struct manner {
    const char *text;
    void (*wait)(void);
    bool answers;
    bool only_free; /* under -icount who spins has the machine to itself */
    bool by_both;   /* hart 0 has its interrupts off, too */
} manners[] = {
    {"rests", rest, true, false, false},
    {"spins with interrupts on", spin, true, true, false},
    {"waits in platform_relax with interrupts off", relax, true, false, false},
    {"is in the fence itself, both with interrupts off,", fence, true, false, true},
    {"has interrupts off and looks at nothing", be_mute, false, false, false},
};
#define MANNERS (sizeof manners / sizeof manners[0])

/* ---- judgement ---- */

static void expect(bool good, const char *what)
{
    if (!good) {
        console_line("# not so: %s", what);
        fence_test.holds = false;
    }
}

static void tell(const char *text, const char *outcome)
{
    fence_test.test++;
    console_line("%s %lu a hart that %s %s", fence_test.holds ? "ok" : "not ok", (unsigned long)fence_test.test, text,
                 outcome);
}

static uint64_t frames_total(uint64_t *cached)
{
    struct frame_stats stats;
    frame_allocator_stats(fence_test.audit.allocator, &stats);
    *cached = stats.frames_in_caches;
    return stats.frames_total;
}

static void judge_answering(const struct manner *manner)
{
    struct hart_set silent;
    uint64_t cached, before = atomic_load_explicit(&kernel_harts[1].fences, memory_order_relaxed);
    bool enabled = manner->by_both && arch_interrupts_off();
    bool all = true;
    for (uint32_t i = 0; i < FENCES; i++) {
        all = platform_barrier_heavy(&silent) && hart_set_count(&silent) == 0 && all;
        schedule_progress();
    }
    uint64_t answered = atomic_load_explicit(&kernel_harts[1].fences, memory_order_relaxed) - before;
    expect(all && answered >= FENCES, "every fence is answered");
    expect(frames_total(&cached) > 0 && cached >= CACHED, "there is something in its cache");
    expect(audit_collect(&fence_test.audit) == frames_total(&cached), "all memory is allocated");
    arch_interrupts_restore(enabled);
}

static void judge_mute(void)
{
    struct frame_allocator *fa = fence_test.audit.allocator;
    struct hart_set silent;
    uint64_t cached, answered = atomic_load_explicit(&kernel_harts[1].fences, memory_order_relaxed);
    for (uint32_t i = 0; i < 2; i++) {
        bool all = platform_barrier_heavy(&silent);
        expect(!all && hart_set_count(&silent) == 1 && hart_set_has(&silent, 1), "the fence names the silent hart");
    }
    expect(atomic_load_explicit(&kernel_harts[1].fences, memory_order_relaxed) == answered, "it has not answered");
    expect(!frame_allocator_drain(fa), "a drain says that it is not complete");
    uint64_t total = frames_total(&cached);
    expect(cached >= CACHED, "the silent hart has something in its cache");
    expect(audit_collect(&fence_test.audit) == total - cached, "all memory is allocated but what is in its cache");
    expect(frame_arena_add(fa, fence_test.audit.plugged, fence_test.audit.plugged_node) == FRAME_OK,
           "an arena can be added");
    enum frame_status status = frame_arena_remove(fa, frame_containing(fence_test.audit.plugged.start));
    expect(status == FRAME_BUSY || status == FRAME_CONTENDED, "its removal is refused");
    (void)frame_allocator_drain(fa); /* so that what is cached is the silent hart's again */
    uint64_t more = frames_total(&cached) - total;
    expect(more > 0 && audit_collect(&fence_test.audit) == total + more - cached, "the arena is in service");
}

/* Hart 1 has gone on. */
static void judge_after(const struct manner *manner)
{
    struct frame_allocator *fa = fence_test.audit.allocator;
    struct hart_set silent;
    uint64_t cached;
    uint32_t fences = 0;
    while (!platform_barrier_heavy(&silent) && fences < FENCES_AGAIN) {
        fences++;
        platform_relax();
    }
    expect(fences < FENCES_AGAIN, "it answers again");
    expect(frame_allocator_drain(fa), "all caches drain");
    expect(manner->answers || frame_arena_remove(fa, frame_containing(fence_test.audit.plugged.start)) == FRAME_OK,
           "the arena goes");
    expect(audit_collect(&fence_test.audit) == frames_total(&cached), "all memory is allocated in the end");
    expect(atomic_load_explicit(&fence_test.failed, memory_order_relaxed) == 0, "its own fences are answered");
    expect(verdict_holds(&fence_test.audit.verdict), fence_test.audit.verdict.text);
}

static void fill_cache(void)
{
    pfn_t frames[CACHED];
    for (uint32_t i = 0; i < CACHED; i++) {
        FRAME_ASSERT(frame_alloc_one(fence_test.audit.allocator, &frames[i]) == FRAME_OK);
    }
    for (uint32_t i = 0; i < CACHED; i++) {
        FRAME_ASSERT(frame_free_one(fence_test.audit.allocator, frames[i]) == FRAME_OK);
    }
}

/* Release: hart 1's cache is filled, hart 0's judgement is over. */
static void manner_hart(void *context, uint32_t hart)
{
    const struct manner *manner = context;
    if (hart == 1) {
        fill_cache();
        bool enabled = !manner->answers && arch_interrupts_off(); /* from before hart 0 may pass a fence */
        atomic_store_explicit(&fence_test.ready, 1, memory_order_release);
        arch_poke(&kernel_harts[0]);
        manner->wait();
        if (enabled) {
            arch_interrupts_restore(enabled);
        }
        return;
    }
    hart_sleep_while(&fence_test.ready, 0);
    if (manner->answers) {
        judge_answering(manner);
    } else {
        judge_mute();
    }
    atomic_store_explicit(&fence_test.over, 1, memory_order_release);
    arch_poke(&kernel_harts[1]);
}

static void run_manner(const struct manner *manner)
{
    fence_test.holds = true;
    atomic_store_explicit(&fence_test.ready, 0, memory_order_relaxed);
    atomic_store_explicit(&fence_test.over, 0, memory_order_relaxed);
    (void)harts_run(2, manner_hart, (void *)(uintptr_t)manner);
    judge_after(manner);
    tell(manner->text, manner->answers ? "answers, and its cache drains" : "is silent, and its cache is let alone");
}

/* ---- a hart that comes up ---- */

/* Hart 0 is in the fence, and waits for hart 1, which is mute until hart 2, which had left, has come up again. Hart 3,
 * asleep, shows by its answer that the number is drawn and all are poked. */
static void late_hart(void *context, uint32_t hart)
{
    const uint64_t *answered = context;
    struct hart_set silent;
    if (hart == 2) {
        hart_leave();
        arch_hart_stop();
    } else if (hart == 1) {
        bool enabled = arch_interrupts_off();
        atomic_store_explicit(&fence_test.ready, 1, memory_order_release);
        while (atomic_load_explicit(&kernel_harts[3].fences, memory_order_acquire) == *answered) {
            arch_give_way();
        }
        while (!arch_hart_start(&kernel_harts[2])) {
            arch_give_way(); /* it may not have stopped yet */
        }
        while (atomic_load_explicit(&kernel_harts[2].online, memory_order_acquire) == 0) {
            arch_give_way();
        }
        harts_answer();
        arch_interrupts_restore(enabled);
    } else if (hart == 0) {
        while (atomic_load_explicit(&fence_test.ready, memory_order_acquire) == 0 ||
               atomic_load_explicit(&kernel_harts[2].online, memory_order_acquire) != 0) {
            platform_relax();
        }
        expect(platform_barrier_heavy(&silent), "all answer, the late one too");
        expect(platform_barrier_heavy(&silent), "and again");
    }
}

static void count_hart(void *context, uint32_t hart)
{
    (void)hart;
    atomic_fetch_add_explicit((_Atomic uint32_t *)context, 1, memory_order_relaxed);
}

static void run_late(void)
{
    _Atomic uint32_t ran = 0;
    uint64_t answered = atomic_load_explicit(&kernel_harts[3].fences, memory_order_relaxed);
    fence_test.holds = true;
    atomic_store_explicit(&fence_test.ready, 0, memory_order_relaxed);
    (void)harts_run(4, late_hart, &answered);
    (void)harts_run(4, count_hart, (void *)&ran);
    expect(atomic_load_explicit(&ran, memory_order_relaxed) == 4, "it takes part in the next work");
    tell("comes up while a fence is under way", "answers it");
}

/* ---- all of it ---- */

int kernel_fence(const struct kernel_options *options)
{
    if (kernel_hart_count < 4) {
        console_line("Bail out! the fence is tested on four harts");
        return KERNEL_USAGE;
    }
    if (!audit_begin(&fence_test.audit, FRAMES) || !audit_open(&fence_test.audit, options, kernel_hart_count, FRAMES)) {
        return KERNEL_USAGE;
    }
    console_line("KTAP version 1");
    console_line("1..%lu", (unsigned long)MANNERS + 1);
    schedule_expect_progress(PATIENCE);
    bool holds = true;
    for (size_t i = 0; i < MANNERS; i++) {
        if (manners[i].only_free && schedule_is_seeded()) {
            console_line("ok %lu a hart that %s # SKIP not with -icount", (unsigned long)++fence_test.test,
                         manners[i].text);
            continue;
        }
        run_manner(&manners[i]);
        holds = holds && fence_test.holds;
    }
    if (ARCH_HARTS_COME_AGAIN) {
        run_late();
        holds = holds && fence_test.holds;
    } else {
        console_line("ok %lu a hart that comes up # SKIP none that stopped does so here",
                     (unsigned long)++fence_test.test);
    }
    return holds ? KERNEL_HOLDS : KERNEL_VIOLATED;
}
