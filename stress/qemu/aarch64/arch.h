/* SPDX-License-Identifier: MIT
 * aarch64, exception level 1, with GICv3 and PSCI, as the kernel's other files see it. See kernel.h. */
#ifndef FRAMELAB_QEMU_ARCH_H
#define FRAMELAB_QEMU_ARCH_H

#include <stdbool.h>
#include <stdint.h>

#define ARCH_NAME "aarch64"

/* Bytes between where the thread pointer points and thread-local storage: two words, and as link.ld aligns it. */
#define ARCH_THREAD_HEADER 64u

/* DAIF: interrupts off. */
#define DAIF_IRQ UINT64_C(0x80)
/* Interrupt ids from here on say that there is none. */
#define INTERRUPT_NONE 1020u

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

/* Takes the pending interrupt, if there is one, and ends it: the next one may come. */
static inline void arch_acknowledge(void)
{
    uint64_t id;
    __asm__ volatile("mrs %0, icc_iar1_el1\n dsb sy" : "=r"(id)::"memory");
    if (id < INTERRUPT_NONE) {
        __asm__ volatile("msr icc_eoir1_el1, %0\n isb" ::"r"(id) : "memory");
    }
}

/* With interrupts off: sleeps until another hart has poked this one, and forgets that it has. */
static inline void arch_rest(void)
{
    __asm__ volatile("dsb sy\n wfi" ::: "memory");
    arch_acknowledge();
}

/* Lets QEMU turn to the next hart at once, if its harts are not threads. */
static inline void arch_give_way(void)
{
    __asm__ volatile("yield" ::: "memory");
}

static inline void arch_pause(void)
{
    __asm__ volatile("yield" ::: "memory");
}

/* The cycle counter: QEMU's has 1 GHz of virtual time, which with `-icount shift=0` is one cycle an instruction. The
 * generic timer counts the same by 16, and the counter of retired instructions has 32 bits. */
static inline uint64_t arch_instructions(void)
{
    uint64_t count;
    __asm__ volatile("mrs %0, pmccntr_el0" : "=r"(count)::"memory");
    return count;
}

/* A caller, by the frame pointer of who was called. */
struct arch_frame {
    uintptr_t frame, return_address;
};

static inline struct arch_frame arch_frame_of(uintptr_t frame)
{
    const uintptr_t *record = (const uintptr_t *)frame;
    return (struct arch_frame){record[0], record[1]};
}

struct kernel_hart;

/* Traps and interrupts of the calling hart from now on. */
void arch_traps_begin(struct kernel_hart *hart);
/* Has the firmware start a hart at hart_main; false if it will not. */
bool arch_hart_start(struct kernel_hart *hart);
/* Stops the calling hart for good. */
_Noreturn void arch_hart_stop(void);
/* An interrupt to another hart. */
void arch_poke(const struct kernel_hart *hart);
void arch_console_put(char c);
/* Ends QEMU with this exit status. */
_Noreturn void arch_exit(int status);

#endif
