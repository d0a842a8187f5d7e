/* SPDX-License-Identifier: MIT
 * RISC-V, supervisor mode under SBI firmware, as the kernel's other files see it. See kernel.h. */
#ifndef FRAMELAB_QEMU_ARCH_H
#define FRAMELAB_QEMU_ARCH_H

#define ARCH_NAME "riscv64"

#define ARCH_THREAD_HEADER 0u

/* sstatus: interrupts on. sip, sie: the software interrupt, which other harts send, and we ourselves. */
#define SSTATUS_SIE UINT64_C(2)
#define SOFTWARE_INTERRUPT UINT64_C(2)

static inline bool arch_interrupts_off(void)
{
    uint64_t before;
    __asm__ volatile("csrrci %0, sstatus, 2" : "=r"(before)::"memory");
    return (before & SSTATUS_SIE) != 0;
}

static inline void arch_interrupts_restore(bool enabled)
{
    if (enabled) {
        __asm__ volatile("csrsi sstatus, 2" ::: "memory");
    }
}

/* With interrupts off: sleeps until another hart has poked this one, and forgets that it has. */
static inline void arch_rest(void)
{
    __asm__ volatile("wfi\n csrci sip, 2" ::: "memory");
}

/* With interrupts off: lets QEMU turn to the next hart at once. A hart with a pending interrupt does not sleep. */
static inline void arch_give_way(void)
{
    __asm__ volatile("csrsi sip, 2\n wfi\n csrci sip, 2" ::: "memory");
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

static inline struct arch_frame arch_frame_of(uintptr_t frame)
{
    const uintptr_t *top = (const uintptr_t *)frame;
    return (struct arch_frame){top[-2], top[-1]};
}

#endif
