/* SPDX-License-Identifier: MIT
 * The end of a kernel that did wrong. See kernel.h.
 *
 * Addresses are printed as numbers; whoever started the machine has the symbols (framelab adds them). */
#include <stdio.h>

#include "format_into.h"
#include "kernel.h"

#define CALLS_MOST 24u

/* Whether a frame may be read: on the hart's own stack, or on that of its traps. */
static bool on_a_stack(uintptr_t frame)
{
    const struct kernel_hart *hart = kernel_hart;
    return hart != NULL && frame % sizeof(uintptr_t) == 0 &&
           ((frame > hart->stack_bottom + 2 * sizeof(uintptr_t) && frame <= hart->stack_top) ||
            (frame > hart->trap_stack_top - TRAP_STACK_BYTES && frame <= hart->trap_stack_top));
}

/* Addresses of calls, from that of `frame` outwards, each in a line with this beginning. */
static void tell_calls(const char *beginning, uintptr_t frame)
{
    for (uint32_t i = 0; i < CALLS_MOST && on_a_stack(frame); i++) {
        struct arch_frame caller = arch_frame_of(frame);
        console_line("%s called at 0x%llx", beginning, (unsigned long long)caller.return_address);
        frame = caller.frame;
    }
}

void trap_panic(uintptr_t pc, uintptr_t frame, const char *format, ...)
{
    char what[256];
    format_into(what, format);
    (void)arch_interrupts_off();
    console_seize();
    uint32_t number = kernel_hart != NULL ? kernel_hart->number : 0;
    console_line("panic: hart %lu: %s", (unsigned long)number, what);
    console_line("panic:   at 0x%llx", (unsigned long long)pc);
    tell_calls("panic:  ", frame);
    arch_exit(KERNEL_PANIC);
}

void trap_stuck(uintptr_t frame)
{
    (void)arch_interrupts_off();
    console_seize();
    console_line("not ok 1 P9 hart %lu waits for the one that stopped", (unsigned long)kernel_hart->number);
    tell_calls("# ", frame);
    arch_exit(KERNEL_VIOLATED);
}

/* For the libraries, which their packages build with stack protection. */
uintptr_t __stack_chk_guard = (uintptr_t)0x00000aff0a0d5eedu;
_Noreturn void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    trap_panic((uintptr_t)__builtin_return_address(0), 0, "a library's stack frame is overrun");
}
