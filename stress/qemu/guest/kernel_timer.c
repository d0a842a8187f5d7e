/* SPDX-License-Identifier: MIT
 * An example of a timer's handler that allocates, and a run that shows it. See kernel_options.h. */
#include "harness.h"
#include "kernel_options.h"
#include "platform.h"

/* ---- the example: a trace of interrupts, written into a frame at a time ---- */

#define TICKS_PER_FRAME (FRAME_SIZE / sizeof(uint64_t))

struct trace {
    struct frame_allocator *fa;
    pfn_t frame; /* while ticks is no multiple of TICKS_PER_FRAME */
    uint64_t ticks, lost;
};

/* In a handler, whatever the hart was doing: an allocation may be refused, and never waits for what was interrupted. */
static void trace_tick(struct trace *trace)
{
    if (trace->ticks % TICKS_PER_FRAME == 0 && frame_alloc_one(trace->fa, &trace->frame) != FRAME_OK) {
        trace->lost++; /* it will do without this one */
        return;
    }
    uint64_t *times = platform_phys_to_virt(frame_addr(trace->frame));
    times[trace->ticks++ % TICKS_PER_FRAME] = platform_time_ns();
    if (trace->ticks % TICKS_PER_FRAME == 0) { /* full: a kernel would pass it on to who reads it */
        (void)frame_free_one(trace->fa, trace->frame);
    }
}

/* ---- the run: harts that allocate and free what they can while their timers go off ---- */

#define HELD 64u

static struct {
    struct frame_allocator *fa;
    struct trace traces[HART_MAX];
    uint64_t operations;
    _Atomic uint64_t nested, failed;
} it;

static void on_timer(void *context)
{
    struct trace *trace = context;
    for (uint32_t i = 0; i < TICKS_PER_FRAME / 4; i++) { /* so that frames are used up soon */
        trace_tick(trace);
    }
}

static void work(void *context, uint32_t hart)
{
    struct random random = random_stream(((const struct kernel_options *)context)->seed, hart);
    struct trace *trace = &it.traces[hart];
    struct frame_run held[HELD];
    struct frame_hart_events events;
    uint32_t count = 0;
    uint64_t failed = 0;
    trace->fa = it.fa;
    (void)hart_interrupts_begin(on_timer, trace, random_next(&random));
    for (uint64_t i = 0; i < it.operations; i++) {
        const struct frame_layout layout = {random_between(&random, 1, 20) << FRAME_SHIFT, FRAME_SIZE};
        if (count < HELD && random_one_in(&random, 2)) {
            count += frame_alloc_contiguous(it.fa, layout, &held[count]) == FRAME_OK;
        } else if (count > 0) {
            failed += frame_free_run(it.fa, held[--count]) != FRAME_OK;
        }
    }
    hart_interrupts_end();
    while (count > 0) {
        failed += frame_free_run(it.fa, held[--count]) != FRAME_OK;
    }
    failed += trace->ticks % TICKS_PER_FRAME != 0 && frame_free_one(it.fa, trace->frame) != FRAME_OK;
    frame_hart_events(it.fa, &events);
    atomic_fetch_add_explicit(&it.nested, events.nested, memory_order_relaxed); /* harts_run orders them */
    atomic_fetch_add_explicit(&it.failed, failed, memory_order_relaxed);
}

int kernel_timer(const struct kernel_options *options)
{
    struct frame_allocator_config config;
    struct frame_account account;
    uint64_t ticks = 0, lost = 0;
    it.operations = options->operations;
    it.fa = kernel_allocator(options, kernel_hart_count, &config);
    if (it.fa == NULL) {
        return KERNEL_USAGE;
    }
    (void)harts_run(kernel_hart_count, work, (void *)(uintptr_t)options);
    for (uint32_t hart = 0; hart < kernel_hart_count; hart++) {
        ticks += it.traces[hart].ticks;
        lost += it.traces[hart].lost;
    }
    uint64_t nested = atomic_load_explicit(&it.nested, memory_order_relaxed);
    bool holds = atomic_load_explicit(&it.failed, memory_order_relaxed) == 0 && nested > 0 && ticks > 0 &&
                 frame_allocator_validate(it.fa, &account) && account.allocated == 0;
    console_line("KTAP version 1");
    console_line("1..1");
    console_line(
        "%s 1 P12 handlers of timers allocate and free: %llu of their operations in the middle of others, %llu "
        "ticks traced, %llu lost",
        holds ? "ok" : "not ok", (unsigned long long)nested, (unsigned long long)ticks, (unsigned long long)lost);
    return holds ? KERNEL_HOLDS : KERNEL_VIOLATED;
}
