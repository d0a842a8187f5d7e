/* SPDX-License-Identifier: MIT
 * RISC-V: harts, by the firmware's calls or without firmware, traps, and the `virt` machine's serial port and test
 * device. See arch_inline.h. */
#include "kernel.h"

/* Of QEMU's `virt` machine. */
#define UART_DATA ((volatile uint8_t *)0x10000000)
#define UART_STATUS ((volatile uint8_t *)0x10000005)
#define UART_CAN_SEND 0x20u
#define TEST_DEVICE ((volatile uint32_t *)0x100000)
#define TEST_PASS 0x5555u
#define TEST_FAIL 0x3333u

/* What trap_entry (boot.S) leaves on the trap stack. */
struct trap_frame {
    uint64_t registers[31]; /* x1 .. x31 */
    uint64_t pc;
};

extern char trap_entry[], _start[];
void trap_handle(struct trap_frame *frame);

/* boot.S: what a hart is to start with, by hardware id. It acquires what was written before. */
extern _Atomic uintptr_t hart_starts[HART_MAX];

#ifdef KERNEL_MACHINE_MODE

/* Of the first node's interruptor, like POKES. */
#define TIMER_COMPARE ((volatile uint64_t *)0x2004000)
#define TIMER_NOW ((const volatile uint64_t *)0x200bff8)

/* Other nodes have their words for pokes elsewhere. */
bool arch_hart_start(struct kernel_hart *hart)
{
    if (hart->hardware_id >= HART_MAX || kernel_map.node_count > 1) {
        return false;
    }
    atomic_store_explicit(&hart_starts[hart->hardware_id], (uintptr_t)hart, memory_order_release);
    arch_poke(hart);
    return true;
}

static void timer_set(uint64_t ticks)
{
    uint64_t id;
    __asm__ volatile("csrr %0, mhartid" : "=r"(id));
    TIMER_COMPARE[id] = ticks == UINT64_MAX ? ticks : *TIMER_NOW + ticks;
}

void arch_hart_stop(void)
{
    (void)arch_interrupts_off();
    __asm__ volatile("csrw mie, zero");
    for (;;) {
        __asm__ volatile("wfi");
    }
}

void arch_poke(const struct kernel_hart *hart)
{
    __asm__ volatile("fence w, o" ::: "memory"); /* what it is poked for, before the poke */
    POKES[hart->hardware_id] = 1;
}

void arch_poke_all(void)
{
    for (uint32_t i = 0; i < kernel_hart_count; i++) {
        arch_poke(&kernel_harts[i]);
    }
}

#else

/* SBI extensions and their functions. */
#define SBI_TIME UINT64_C(0x54494d45)
#define SBI_IPI UINT64_C(0x735049)
#define SBI_HSM UINT64_C(0x48534d)
#define SBI_ALL_HARTS UINT64_MAX
#define HSM_START 0u
#define HSM_STOP 1u

static int64_t sbi_call(uint64_t extension, uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t a0 __asm__("a0") = a;
    register uint64_t a1 __asm__("a1") = b;
    register uint64_t a2 __asm__("a2") = c;
    register uint64_t a6 __asm__("a6") = function;
    register uint64_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (int64_t)a0;
}

bool arch_hart_start(struct kernel_hart *hart)
{
    if (hart->hardware_id >= HART_MAX) {
        return false;
    }
    atomic_store_explicit(&hart_starts[hart->hardware_id], (uintptr_t)hart, memory_order_release);
    return sbi_call(SBI_HSM, HSM_START, hart->hardware_id, (uintptr_t)_start, 0) == 0;
}

void arch_hart_stop(void)
{
    (void)arch_interrupts_off();
    (void)sbi_call(SBI_HSM, HSM_STOP, 0, 0, 0);
    for (;;) {
    }
}

static void timer_set(uint64_t ticks)
{
    uint64_t now;
    __asm__ volatile("rdtime %0" : "=r"(now));
    (void)sbi_call(SBI_TIME, 0, ticks == UINT64_MAX ? ticks : now + ticks, 0, 0);
}

void arch_poke(const struct kernel_hart *hart)
{
    (void)sbi_call(SBI_IPI, 0, 1, hart->hardware_id, 0);
}

void arch_poke_all(void)
{
    (void)sbi_call(SBI_IPI, 0, 0, SBI_ALL_HARTS, 0);
}

#endif

/* The `virt` machine's timers tick at 10 MHz. */
#define TICK_NS 100u

void arch_timer_after(uint64_t ns)
{
    timer_set(ns / TICK_NS);
    __asm__ volatile("csrs " CSR_TEXT(ie) ", %0" ::"r"((uint64_t)TIMER_INTERRUPT) : "memory");
}

void arch_timer_off(void)
{
    __asm__ volatile("csrc " CSR_TEXT(ie) ", %0" ::"r"((uint64_t)TIMER_INTERRUPT) : "memory");
    timer_set(UINT64_MAX);
}

void arch_traps_begin(struct kernel_hart *hart)
{
    __asm__ volatile("csrw " CSR_TEXT(scratch) ", %0\n csrw " CSR_TEXT(tvec) ", %1\n csrs " CSR_TEXT(ie) ", %2" ::"r"(
                         hart->trap_stack_top),
                     "r"(trap_entry), "r"(SOFTWARE_INTERRUPT)
                     : "memory");
    arch_interrupts_restore(true);
}

void arch_console_put(char c)
{
    while ((*UART_STATUS & UART_CAN_SEND) == 0) {
    }
    *UART_DATA = (uint8_t)c;
}

void arch_exit(int status)
{
    for (;;) {
        *TEST_DEVICE = status == 0 ? TEST_PASS : (uint32_t)status << 16 | TEST_FAIL;
    }
}

static const char *cause_text(uint64_t cause)
{
    static const char *const texts[] = {"instruction address misaligned",
                                        "instruction access fault",
                                        "illegal instruction",
                                        "breakpoint",
                                        "load address misaligned",
                                        "load access fault",
                                        "store address misaligned",
                                        "store access fault",
                                        "call from user mode",
                                        "call from supervisor mode",
                                        NULL,
                                        "call from machine mode",
                                        "instruction page fault",
                                        "load page fault",
                                        NULL,
                                        "store page fault"};
    const char *text = cause < sizeof texts / sizeof texts[0] ? texts[cause] : NULL;
    return text != NULL ? text : "unknown trap";
}

/* A function that calls none keeps its return address in a register, and only its caller's frame pointer in its frame:
 * then `whole` is made a frame that has both. */
static uintptr_t frame_of(const struct trap_frame *trapped, uintptr_t whole[2])
{
    uintptr_t frame = trapped->registers[7];
    uintptr_t saved =
        frame > kernel_hart->stack_bottom && frame <= kernel_hart->stack_top ? arch_frame_of(frame).return_address : 0;
    if (saved <= kernel_hart->stack_bottom || saved > kernel_hart->stack_top) {
        return frame;
    }
    whole[0] = saved;
    whole[1] = trapped->registers[0];
    return (uintptr_t)&whole[2];
}

void trap_handle(struct trap_frame *frame)
{
    uint64_t cause, value;
    __asm__ volatile("csrr %0, " CSR_TEXT(cause) "\n csrr %1, " CSR_TEXT(tval) : "=r"(cause), "=r"(value));
    if (cause == CAUSE_SOFTWARE) {
        arch_poke_self(false);
        harts_answer();
        return;
    }
    if (cause == CAUSE_TIMER) {
        arch_timer_off();
        harts_timer();
        return;
    }
    uintptr_t whole[2];
    trap_panic(frame->pc, frame_of(frame, whole), "%s (cause 0x%llx) at address 0x%llx", cause_text(cause),
               (unsigned long long)cause, (unsigned long long)value);
}
