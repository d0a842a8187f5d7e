/* SPDX-License-Identifier: MIT
 * P9 on real harts: one is stopped for good by the firmware in the middle of an operation; the others must finish. And
 * the fence that core's drain stands on: a hart that sleeps and one that spins must answer. See kernel_options.h. */
#include "harness.h"
#include "kernel_options.h"
#include "platform.h"
#include "record_text.h"

/* Frames that a hart holds at a time. */
#define HELD 40u
/* Turns of waiting without progress that only a hart needs that waits for nothing. */
#define PATIENCE UINT64_C(200000)

struct fault {
    struct frame_allocator *allocator;
    uint64_t operations, hook;
    uint32_t victim;
    _Atomic uint32_t finished;
};

/* Allocations and frees, so many that magazines are filled and emptied; runs among them. */
static void work(struct fault *fault, uint32_t hart)
{
    struct random random = random_stream(fault->operations, hart);
    pfn_t held[HELD];
    uint32_t count = 0;
    for (uint64_t i = 0; i < fault->operations; i++) {
        bool give = count == HELD || (count > 0 && random_one_in(&random, 2));
        if (give) {
            FRAME_ASSERT(frame_free_one(fault->allocator, held[--count]) == FRAME_OK);
        } else if (frame_alloc_one(fault->allocator, &held[count]) == FRAME_OK) {
            count++;
        }
        schedule_progress();
    }
    while (count > 0) {
        FRAME_ASSERT(frame_free_one(fault->allocator, held[--count]) == FRAME_OK);
    }
}

static void fault_hart(void *context, uint32_t hart)
{
    struct fault *fault = context;
    if (hart == fault->victim) {
        schedule_stop_at(fault->hook);
    }
    work(fault, hart);
    atomic_fetch_add_explicit(&fault->finished, 1, memory_order_relaxed);
}

int kernel_fault(const struct kernel_options *options)
{
    struct frame_allocator_config config;
    uint32_t harts = (uint32_t)options->harts.values[0];
    struct fault fault = {.operations = options->operations,
                          .hook = options->hook != 0 ? options->hook : 1,
                          .victim = harts - 1,
                          .allocator = kernel_allocator(options, harts, &config)};
    if (fault.allocator == NULL || harts < 2) {
        console_line("Bail out! a fault needs two harts and an allocator");
        return KERNEL_USAGE;
    }
    console_line("KTAP version 1");
    console_line("1..1");
    console_line("# fault: %s, %lu harts, hart %lu stops at hook %llu", options->variant, (unsigned long)harts,
                 (unsigned long)fault.victim, (unsigned long long)fault.hook);
    schedule_expect_progress(PATIENCE);
    (void)harts_run(harts, fault_hart, &fault);
    schedule_expect_progress(0);
    bool stopped = atomic_load_explicit(&kernel_harts[fault.victim].online, memory_order_acquire) == 0;
    uint32_t finished = atomic_load_explicit(&fault.finished, memory_order_relaxed);
    if (!stopped) {
        console_line("ok 1 P9 # SKIP hart %lu came by fewer than %llu hooks", (unsigned long)fault.victim,
                     (unsigned long long)fault.hook);
        return KERNEL_HOLDS;
    }
    bool holds = finished == harts - 1;
    console_line("%s 1 P9 with one hart stopped for good, %lu of %lu others finish", holds ? "ok" : "not ok",
                 (unsigned long)finished, (unsigned long)harts - 1);
    return holds ? KERNEL_HOLDS : KERNEL_VIOLATED;
}

/* ---- the fence ---- */

#define FENCES 200u

struct fence_test {
    _Atomic uint32_t spinning, over;
    uint64_t before[3];
};

/* Hart 1 sleeps, hart 2 spins with interrupts on, the others are not there. */
static void fence_hart(void *context, uint32_t hart)
{
    struct fence_test *test = context;
    if (hart == 1) {
        hart_sleep_while(&test->over, 0);
    } else if (hart == 2) {
        atomic_store_explicit(&test->spinning, 1, memory_order_release);
        while (atomic_load_explicit(&test->over, memory_order_relaxed) == 0) {
        }
    } else {
        while (atomic_load_explicit(&test->spinning, memory_order_acquire) == 0) {
            schedule_relax();
        }
        for (uint32_t i = 0; i < FENCES; i++) {
            struct hart_set silent;
            (void)platform_barrier_heavy(&silent);
        }
        atomic_store_explicit(&test->over, 1, memory_order_release);
        arch_poke(&kernel_harts[1]);
    }
}

int kernel_fence(const struct kernel_options *options)
{
    static struct fence_test test;
    if (kernel_hart_count < 3 ||
        options->mode != SCHEDULE_FREE) { /* under -icount who spins has the machine to itself */
        console_line("Bail out! the fence is tested on three harts, with mode=mttcg");
        return KERNEL_USAGE;
    }
    console_line("KTAP version 1");
    console_line("1..2");
    for (uint32_t i = 1; i < 3; i++) {
        test.before[i] = atomic_load_explicit(&kernel_harts[i].fences, memory_order_relaxed);
    }
    (void)harts_run(3, fence_hart, &test);
    int status = KERNEL_HOLDS;
    for (uint32_t i = 1; i < 3; i++) {
        uint64_t answered = atomic_load_explicit(&kernel_harts[i].fences, memory_order_relaxed) - test.before[i];
        bool all = answered == FENCES;
        console_line("%s %lu a hart that %s answered %llu of %u fences", all ? "ok" : "not ok", (unsigned long)i,
                     i == 1 ? "sleeps" : "spins with interrupts on", (unsigned long long)answered, FENCES);
        status = all ? status : KERNEL_VIOLATED;
    }
    return status;
}

/* ---- wrong on purpose ---- */

/* On the last hart: reads where nothing is. */
static void trap_hart(void *context, uint32_t hart)
{
    const volatile uint32_t *nowhere = context;
    if (hart == kernel_hart_count - 1) {
        (void)*nowhere;
    }
}

int kernel_trap(const struct kernel_options *options)
{
    (void)options;
    (void)harts_run(kernel_hart_count, trap_hart, (void *)UINT64_C(0x3fffff0000)); /* above all that is there */
    return KERNEL_HOLDS;
}

static uint64_t overrun(uint64_t depth);
static uint64_t (*volatile overrun_again)(uint64_t depth) = overrun; /* not to be made a loop */

/* Goes down as far as the guard; what lies below belongs to nobody. */
static uint64_t overrun(uint64_t depth)
{
    volatile uint64_t here[64];
    for (uint32_t i = 0; i < 64; i++) {
        here[i] = depth;
    }
    return (uintptr_t)here > kernel_hart->stack_bottom ? overrun_again(depth + 1) + here[0] - depth : depth;
}

int kernel_overrun(const struct kernel_options *options)
{
    (void)options;
    console_line("# %llu calls deep", (unsigned long long)overrun(0));
    return KERNEL_HOLDS;
}
