/* SPDX-License-Identifier: MIT
 * aarch64: PSCI, the interrupt controller, traps, and the `virt` machine's serial port; the end is a call to QEMU by
 * semihosting. See arch_inline.h. */
#include <libfdt.h>

#include "kernel.h"

/* Of QEMU's `virt` machine. Its first GiB, all devices, is seen at the end of the address space: see boot.S. */
#define RAM_START UINT64_C(0x40000000)
#define DEVICES UINT64_C(0x7fc0000000)
#define UART (DEVICES + 0x09000000)
#define UART_DATA 0x0u
#define UART_FLAGS 0x18u
#define UART_FULL 0x20u
#define UART_CONTROL 0x30u
#define UART_ON_TO_SEND 0x101u

#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define PSCI_CPU_OFF UINT64_C(0x84000002)

#define SEMIHOSTING_EXIT_EXTENDED UINT64_C(0x20)
#define SEMIHOSTING_EXITED UINT64_C(0x20026)

/* GICv3: the distributor, and a redistributor for each hart, whose second page is for interrupts from other harts. Ours
 * is number 0. */
#define GICD_CTLR (DEVICES + 0x08000000)
#define GICD_CTLR_ON 0x12u /* affinity routing, group 1 */
#define GICR (DEVICES + 0x080a0000)
#define GICR_BYTES 0x20000u
#define GICR_TYPER_AFFINITY 0xcu
#define GICR_WAKER 0x14u
#define GICR_WAKER_ASLEEP 0x4u
#define GICR_IGROUPR0 0x10080u
#define GICR_ISENABLER0 0x10100u
#define TIMER_NUMBER 27u /* the virtual timer's, of each hart */
#define SGI_TO_ALL_OTHERS (UINT64_C(1) << 40)

/* MPIDR: the four fields of a hart's affinity, as the FDT has them. */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

extern char trap_vectors[], hart_entry[];
_Noreturn void boot_begin(uintptr_t fdt_address);
void trap_handle(const uint64_t *registers, bool interrupt);

static bool psci_by_smc;

static volatile uint32_t *word_at(uintptr_t device, uintptr_t offset)
{
    return (volatile uint32_t *)(device + offset);
}

void boot_begin(uintptr_t fdt_address)
{
    const void *fdt = (const void *)(fdt_address != 0 ? fdt_address : RAM_START);
    *word_at(UART, UART_CONTROL) = UART_ON_TO_SEND;
    const char *method = fdt_getprop(fdt, fdt_node_offset_by_compatible(fdt, -1, "arm,psci-0.2"), "method", NULL);
    if (method == NULL || fdt_node_offset_by_compatible(fdt, -1, "arm,gic-v3") < 0) {
        console_line("Bail out! the device tree: there is none, or none with PSCI and a GICv3");
        arch_exit(KERNEL_USAGE);
    }
    psci_by_smc = method[0] == 's';
    *word_at(GICD_CTLR, 0) = GICD_CTLR_ON;
    uint64_t mpidr;
    __asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
    kernel_main(mpidr & MPIDR_AFFINITY, fdt);
}

static int64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;
    if (psci_by_smc) {
        __asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    } else {
        __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    }
    return (int64_t)x0;
}

bool arch_hart_start(struct kernel_hart *hart)
{
    return psci_call(PSCI_CPU_ON, hart->hardware_id, (uintptr_t)hart_entry, (uintptr_t)hart) == 0;
}

void arch_hart_stop(void)
{
    (void)arch_interrupts_off();
    (void)psci_call(PSCI_CPU_OFF, 0, 0, 0);
    for (;;) {
    }
}

/* Wakes the hart's redistributor, and lets it pass interrupts from other harts. */
static void interrupts_begin(uint64_t hardware_id)
{
    uint32_t affinity = (uint32_t)(hardware_id >> 32 << 24 | (hardware_id & 0xffffff));
    uintptr_t device = GICR;
    while (*word_at(device, GICR_TYPER_AFFINITY) != affinity) {
        device += GICR_BYTES;
    }
    *word_at(device, GICR_WAKER) = 0;
    while ((*word_at(device, GICR_WAKER) & GICR_WAKER_ASLEEP) != 0) {
    }
    *word_at(device, GICR_IGROUPR0) = UINT32_MAX;
    *word_at(device, GICR_ISENABLER0) = 1 | UINT32_C(1) << TIMER_NUMBER;
    /* By registers, not memory; every priority; group 1. */
    __asm__ volatile(
        "msr icc_sre_el1, %0\n isb\n msr icc_pmr_el1, %1\n msr icc_igrpen1_el1, %0\n isb" ::"r"(UINT64_C(1)),
        "r"(UINT64_C(0xff))
        : "memory");
}

/* The cycle counter, of 64 bits, at this exception level. */
static void counter_begin(void)
{
    __asm__ volatile(
        "msr pmccfiltr_el0, xzr\n msr pmcntenset_el0, %0\n msr pmcr_el0, %1\n isb" ::"r"(UINT64_C(1) << 31),
        "r"(UINT64_C(0x41)));
}

void arch_timer_after(uint64_t ns)
{
    uint64_t frequency;
    __asm__("mrs %0, cntfrq_el0" : "=r"(frequency));
    __asm__ volatile("msr cntv_tval_el0, %0\n msr cntv_ctl_el0, %1\n isb" ::"r"(ns * frequency / 1000000000),
                     "r"(UINT64_C(1))
                     : "memory");
}

void arch_timer_off(void)
{
    __asm__ volatile("msr cntv_ctl_el0, xzr\n isb" ::: "memory");
}

void arch_traps_begin(struct kernel_hart *hart)
{
    __asm__ volatile("msr spsel, #1\n mov sp, %0\n msr spsel, #0\n msr vbar_el1, %1\n isb" ::"r"(hart->trap_stack_top),
                     "r"(trap_vectors)
                     : "memory");
    counter_begin();
    interrupts_begin(hart->hardware_id);
    arch_interrupts_restore(true);
}

static void send_interrupt(uint64_t to)
{
    __asm__ volatile("dsb ish\n msr icc_sgi1r_el1, %0\n isb" ::"r"(to) : "memory");
}

/* By three fields of its affinity, and a bit for the last one. */
void arch_poke(const struct kernel_hart *hart)
{
    uint64_t id = hart->hardware_id;
    send_interrupt((id >> 32 & 0xff) << 48 | (id >> 16 & 0xff) << 32 | (id >> 8 & 0xff) << 16 |
                   UINT64_C(1) << (id & 0xf));
}

void arch_poke_all(void)
{
    send_interrupt(SGI_TO_ALL_OTHERS);
}

void arch_console_put(char c)
{
    while ((*word_at(UART, UART_FLAGS) & UART_FULL) != 0) {
    }
    *word_at(UART, UART_DATA) = (uint8_t)c;
}

/* Where semihosting is not on, the call traps, which leads here again: then hang, rather than print that for ever. */
void arch_exit(int status)
{
    static _Atomic bool called;
    const uint64_t block[] = {SEMIHOSTING_EXITED, (uint64_t)status};
    register uint64_t x0 __asm__("x0") = SEMIHOSTING_EXIT_EXTENDED;
    register const uint64_t *x1 __asm__("x1") = block;
    if (!atomic_exchange_explicit(&called, true, memory_order_relaxed)) { /* orders nothing: the machine ends */
        __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
    }
    for (;;) {
    }
}

/* By the class of an exception, the highest bits of its syndrome. */
static const char *class_text(uint64_t class)
{
    static const char *const texts[] = {[0x00] = "illegal instruction",
                                        [0x07] = "floating point trapped",
                                        [0x0e] = "illegal state",
                                        [0x15] = "call from user mode",
                                        [0x18] = "system register access",
                                        [0x21] = "instruction access fault",
                                        [0x22] = "pc misaligned",
                                        [0x25] = "data access fault",
                                        [0x26] = "stack misaligned",
                                        [0x2f] = "system error",
                                        [0x3c] = "breakpoint"};
    const char *text = class < sizeof texts / sizeof texts[0] ? texts[class] : NULL;
    return text != NULL ? text : "unknown trap";
}

void trap_handle(const uint64_t *registers, bool interrupt)
{
    if (interrupt) {
        if (arch_acknowledge() == TIMER_NUMBER) {
            arch_timer_off();
            harts_timer();
        } else {
            harts_answer();
        }
        return;
    }
    uint64_t pc, syndrome, address;
    __asm__ volatile("mrs %0, elr_el1\n mrs %1, esr_el1\n mrs %2, far_el1" : "=r"(pc), "=r"(syndrome), "=r"(address));
    trap_panic(pc, registers[29], "%s (syndrome 0x%llx) at address 0x%llx", class_text(syndrome >> 26),
               (unsigned long long)syndrome, (unsigned long long)address);
}
