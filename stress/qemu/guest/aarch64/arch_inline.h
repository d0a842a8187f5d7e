/* SPDX-License-Identifier: MIT
 * aarch64, exception level 1, with GICv3 and PSCI, as the kernel's other files see it. See kernel.h. */
#ifndef FRAMELAB_QEMU_ARCH_INLINE_H
#define FRAMELAB_QEMU_ARCH_INLINE_H

#define ARCH_NAME "aarch64"

#define ARCH_THREAD_HEADER 16u

/* A hart that has stopped (arch_hart_stop) may be started again. */
#define ARCH_HARTS_COME_AGAIN true

/* DAIF: interrupts off. */
#define DAIF_IRQ UINT64_C(0x80)

static inline bool arch_interrupts_off(void)
{
    uint64_t before;
    __asm__ volatile("mrs %0, daif\n msr daifset, #2" : "=r"(before)::"memory");
    return (before & DAIF_IRQ) == 0;
}

static inline void arch_interrupts_restore(bool enabled)
{
    if (enabled) {
        __asm__ volatile("msr daifclr, #2" ::: "memory");
    }
}

/* Takes the pending interrupt and ends it, so that the next one may come. None pending: a number that nobody minds. */
static inline uint64_t arch_acknowledge(void)
{
    uint64_t number;
    __asm__ volatile("mrs %0, icc_iar1_el1\n dsb sy\n msr icc_eoir1_el1, %0\n isb" : "=&r"(number)::"memory");
    return number;
}

/* With interrupts off: sleeps until another hart has poked this one, and forgets that it has. */
static inline void arch_rest(void)
{
    __asm__ volatile("dsb sy\n wfi" ::: "memory");
    (void)arch_acknowledge(); /* the timer's, if it is that, comes again: it asks for one until it is off */
}

static inline void arch_pause(void)
{
    __asm__ volatile("yield" ::: "memory");
}

/* Lets QEMU turn to the next hart at once, if its harts are not threads. */
static inline void arch_give_way(void)
{
    arch_pause();
}

/* The cycle counter. QEMU's runs at 1 GHz of virtual time, which with `-icount shift=0` is one cycle an instruction.
 * The generic timer is sixteen times as coarse, and the counter of retired instructions has 32 bits. */
static inline uint64_t arch_instructions(void)
{
    uint64_t count;
    __asm__ volatile("isb\n mrs %0, pmccntr_el0" : "=r"(count)::"memory");
    return count;
}

#define arch_mark(mark) __asm__ volatile("hint %0" ::"i"(0x70 + (mark)) : "memory")

static inline struct arch_frame arch_frame_of(uintptr_t frame)
{
    const uintptr_t *record = (const uintptr_t *)frame;
    return (struct arch_frame){record[0], record[1]};
}

#endif
