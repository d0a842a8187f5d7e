/* SPDX-License-Identifier: MIT
 * RISC-V, as the kernel's other files see it. See kernel.h, mode.h. */
#ifndef FRAMELAB_QEMU_ARCH_INLINE_H
#define FRAMELAB_QEMU_ARCH_INLINE_H

#include "mode.h"

#define ARCH_NAME "riscv64"

#define ARCH_THREAD_HEADER 0u

/* A hart that has stopped (arch_hart_stop) may be started again: the firmware's are. */
#define ARCH_HARTS_COME_AGAIN HARTS_COME_AGAIN

static inline bool arch_interrupts_off(void)
{
    uint64_t before;
    __asm__ volatile("csrrci %0, " CSR_TEXT(status) ", %1" : "=r"(before) : "i"(STATUS_INTERRUPTS) : "memory");
    return (before & STATUS_INTERRUPTS) != 0;
}

static inline void arch_interrupts_restore(bool enabled)
{
    if (enabled) {
        __asm__ volatile("csrsi " CSR_TEXT(status) ", %0" ::"i"(STATUS_INTERRUPTS) : "memory");
    }
}

/* The software interrupt, which other harts send: sends it to the calling hart itself, or forgets it. */
#ifdef KERNEL_MACHINE_MODE
#define POKES ((volatile uint32_t *)0x2000000) /* a word a hart, of the `virt` machine's first node */

static inline void arch_poke_self(bool poked)
{
    uint64_t id;
    __asm__ volatile("csrr %0, mhartid" : "=r"(id));
    POKES[id] = poked;
    __asm__ volatile("fence o, i" ::: "memory");
}
#else
static inline void arch_poke_self(bool poked)
{
    if (poked) {
        __asm__ volatile("csrsi sip, %0" ::"i"(SOFTWARE_INTERRUPT) : "memory");
    } else {
        __asm__ volatile("csrci sip, %0" ::"i"(SOFTWARE_INTERRUPT) : "memory");
    }
}
#endif

/* With interrupts off: sleeps until another hart has poked this one, and forgets that it has. */
static inline void arch_rest(void)
{
    __asm__ volatile("wfi" ::: "memory");
    arch_poke_self(false);
}

/* With interrupts off: lets QEMU turn to the next hart at once. A hart with a pending interrupt does not sleep. */
static inline void arch_give_way(void)
{
    arch_poke_self(true);
    arch_rest();
}

/* `pause`, by its encoding as a hint: assemblers may not know it. */
static inline void arch_pause(void)
{
    __asm__ volatile(".word 0x0100000f" ::: "memory");
}

static inline uint64_t arch_instructions(void)
{
    uint64_t count;
    __asm__ volatile("rdinstret %0" : "=r"(count)::"memory");
    return count;
}

#define arch_mark(mark) __asm__ volatile("slti x0, x0, %0" ::"i"(0x700 + (mark)) : "memory")

static inline struct arch_frame arch_frame_of(uintptr_t frame)
{
    const uintptr_t *top = (const uintptr_t *)frame;
    return (struct arch_frame){top[-2], top[-1]};
}

#endif
