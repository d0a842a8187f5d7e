/* SPDX-License-Identifier: MIT
 * Wrong on purpose: what a kernel does of which harts are to be told. See kernel_options.h. */
#include "harness.h"
#include "kernel_options.h"

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
