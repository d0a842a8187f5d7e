/* SPDX-License-Identifier: MIT
 * aarch64: PSCI, the interrupt controller, traps, and the `virt` machine's serial port; the end is a call to QEMU by
 * semihosting. What differs with the machine's options, the FDT says: where the interrupt controller's registers lie,
 * and by which instruction PSCI is called. See arch.h. */
#include <libfdt.h>

#include "kernel.h"

/* Of QEMU's `virt` machine. */
#define RAM_START UINT64_C(0x40000000)
#define UART_DATA ((volatile uint32_t *)0x09000000)
#define UART_FLAGS ((volatile uint32_t *)0x09000018)
#define UART_CONTROL ((volatile uint32_t *)0x09000030)
#define UART_FULL 0x20u
#define UART_ON_TO_SEND 0x101u

#define PSCI_CPU_ON UINT64_C(0xc4000003)
#define PSCI_CPU_OFF UINT64_C(0x84000002)

#define SEMIHOSTING_EXIT_EXTENDED UINT64_C(0x20)
#define SEMIHOSTING_EXITED UINT64_C(0x20026)

/* GICv3. A redistributor belongs to one hart; its second page is for interrupts from other harts. */
#define GICD_CTLR 0x0u
#define GICD_CTLR_ON 0x12u /* affinity routing, group 1 */
#define GICR_TYPER 0x8u
#define GICR_TYPER_LAST 0x10u
#define GICR_TYPER_AFFINITY 0xcu
#define GICR_WAKER 0x14u
#define GICR_WAKER_SLEEPS 0x2u
#define GICR_WAKER_ASLEEP 0x4u
#define GICR_IGROUPR0 0x10080u
#define GICR_ISENABLER0 0x10100u
#define GICR_BYTES 0x20000u
#define POKE_INTERRUPT 0u

/* MPIDR: the four fields of a hart's affinity, as the FDT has them. */
#define MPIDR_AFFINITY UINT64_C(0xff00ffffff)

/* boot.S */
#define GIB_SHIFT 30u
#define DEVICE_BLOCK (UINT64_C(3) << 53 | 1u << 10 | 1u << 2 | 1u)
extern uint64_t translation[];
extern char trap_vectors[], hart_entry[];
_Noreturn void boot_begin(uintptr_t fdt);

enum trap_kind { TRAP_EXCEPTION, TRAP_INTERRUPT, TRAP_FAST_INTERRUPT, TRAP_SYSTEM_ERROR };
void trap_handle(const uint64_t *registers, enum trap_kind kind);

#define REDISTRIBUTOR_REGIONS_MAX 4u
static struct phys_range redistributors[REDISTRIBUTOR_REGIONS_MAX];
static uint32_t redistributor_regions;
static bool psci_by_smc;

/* ---- before kernel_main ---- */

static volatile uint32_t *word_at(uintptr_t device, uintptr_t offset)
{
    return (volatile uint32_t *)(device + offset);
}

/* Devices above the first GiB, where translation takes all for RAM. */
static void map_device(uint64_t address)
{
    uint64_t gib = address >> GIB_SHIFT;
    if (gib > 0) {
        translation[gib] = gib << GIB_SHIFT | DEVICE_BLOCK;
        __asm__ volatile("dsb ishst\n tlbi vmalle1\n dsb nsh\n isb" ::: "memory");
    }
}

/* `reg` is pairs of an address and a size: first the distributor, then regions of redistributors. */
static bool find_interrupt_controller(const void *fdt)
{
    int bytes = 0;
    const fdt64_t *reg = fdt_getprop(fdt, fdt_node_offset_by_compatible(fdt, -1, "arm,gic-v3"), "reg", &bytes);
    for (int i = 2; i + 2 <= bytes / (int)sizeof *reg && redistributor_regions < REDISTRIBUTOR_REGIONS_MAX; i += 2) {
        struct phys_range *region = &redistributors[redistributor_regions++];
        *region = (struct phys_range){{fdt64_ld(&reg[i])}, fdt64_ld(&reg[i + 1])};
        map_device(region->start.value);
    }
    if (redistributor_regions == 0) {
        return false;
    }
    *word_at(fdt64_ld(&reg[0]), GICD_CTLR) = GICD_CTLR_ON;
    return true;
}

static bool find_firmware(const void *fdt)
{
    int bytes = 0;
    const char *method = fdt_getprop(fdt, fdt_node_offset_by_compatible(fdt, -1, "arm,psci-0.2"), "method", &bytes);
    psci_by_smc = method != NULL && bytes > 0 && method[0] == 's';
    return method != NULL;
}

void boot_begin(uintptr_t fdt_address)
{
    const void *fdt = (const void *)(fdt_address != 0 ? fdt_address : RAM_START);
    *UART_CONTROL = UART_ON_TO_SEND;
    if (fdt_check_header(fdt) != 0 || !find_firmware(fdt) || !find_interrupt_controller(fdt)) {
        console_line("Bail out! the device tree: there is none, or none with PSCI and a GICv3");
        arch_exit(KERNEL_USAGE);
    }
    uint64_t mpidr;
    __asm__("mrs %0, mpidr_el1" : "=r"(mpidr));
    kernel_main(mpidr & MPIDR_AFFINITY, fdt);
}

/* ---- harts ---- */

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

/* The hart's redistributor, by its affinity; 0: there is none. */
static uintptr_t redistributor_of(uint64_t hardware_id)
{
    uint32_t affinity = (uint32_t)(hardware_id >> 32 << 24 | (hardware_id & 0xffffff));
    for (uint32_t i = 0; i < redistributor_regions; i++) {
        uint32_t last = 0;
        for (uint64_t at = 0; at < redistributors[i].size && last == 0; at += GICR_BYTES) {
            uintptr_t device = redistributors[i].start.value + at;
            if (*word_at(device, GICR_TYPER_AFFINITY) == affinity) {
                return device;
            }
            last = *word_at(device, GICR_TYPER) & GICR_TYPER_LAST;
        }
    }
    return 0;
}

static void interrupts_begin(uint64_t hardware_id)
{
    uintptr_t device = redistributor_of(hardware_id);
    if (device == 0) {
        trap_panic((uintptr_t)__builtin_return_address(0), 0, "no redistributor is its own");
    }
    *word_at(device, GICR_WAKER) &= ~GICR_WAKER_SLEEPS;
    while ((*word_at(device, GICR_WAKER) & GICR_WAKER_ASLEEP) != 0) {
    }
    *word_at(device, GICR_IGROUPR0) = UINT32_MAX;
    *word_at(device, GICR_ISENABLER0) = 1u << POKE_INTERRUPT;
    /* Registers instead of memory; every priority; group 1. */
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

void arch_traps_begin(struct kernel_hart *hart)
{
    __asm__ volatile("msr spsel, #1\n mov sp, %0\n msr spsel, #0\n msr vbar_el1, %1\n isb" ::"r"(hart->trap_stack_top),
                     "r"(trap_vectors)
                     : "memory");
    counter_begin();
    interrupts_begin(hart->hardware_id);
    arch_interrupts_restore(true);
}

void arch_poke(const struct kernel_hart *hart)
{
    uint64_t id = hart->hardware_id;
    uint64_t sixteens = (id >> 4 & 0xf) << 44;
    uint64_t affinity = (id >> 32 & 0xff) << 48 | (id >> 16 & 0xff) << 32 | (id >> 8 & 0xff) << 16;
    __asm__ volatile("dsb ishst\n msr icc_sgi1r_el1, %0\n isb" ::"r"(affinity | sixteens | UINT64_C(1) << (id & 0xf) |
                                                                     (uint64_t)POKE_INTERRUPT << 24)
                     : "memory");
}

/* ---- the console, the end ---- */

void arch_console_put(char c)
{
    while ((*UART_FLAGS & UART_FULL) != 0) {
    }
    *UART_DATA = (uint8_t)c;
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

/* ---- traps ---- */

/* ESR: the class of an exception, and of an abort whether it was a store, and which fault. */
#define CLASS_SHIFT 26u
#define CLASS_PC_ALIGNMENT 0x22u
#define ABORT_STORE 0x40u
#define FAULT_ALIGNMENT 0x21u

static const char *fault_text(uint64_t syndrome)
{
    static const char *const texts[] = {"address size fault", "translation fault", "access flag fault",
                                        "permission fault",   "external abort",    "external abort of a walk"};
    uint64_t fault = syndrome & 0x3f;
    if (fault == FAULT_ALIGNMENT) {
        return "alignment fault";
    }
    return fault >> 2 < sizeof texts / sizeof texts[0] ? texts[fault >> 2] : "abort";
}

static const char *class_text(uint64_t class)
{
    static const char *const texts[] = {[0x00] = "illegal instruction",    [0x07] = "floating point trapped",
                                        [0x0e] = "illegal state",          [0x15] = "call from user mode",
                                        [0x18] = "system register access", [CLASS_PC_ALIGNMENT] = "pc misaligned",
                                        [0x26] = "stack misaligned",       [0x3c] = "breakpoint"};
    const char *text = class < sizeof texts / sizeof texts[0] ? texts[class] : NULL;
    return text != NULL ? text : "unknown trap";
}

static _Noreturn void panic_by_syndrome(uint64_t pc, uint64_t frame, uint64_t syndrome, uint64_t address)
{
    uint64_t class = syndrome >> CLASS_SHIFT & 0x3f;
    switch (class & ~UINT64_C(1)) { /* the lowest bit: at this exception level, not a lower one */
    case 0x20:
        trap_panic(pc, frame, "instruction %s (syndrome 0x%llx) at address 0x%llx", fault_text(syndrome),
                   (unsigned long long)syndrome, (unsigned long long)address);
    case 0x24:
        trap_panic(pc, frame, "%s %s (syndrome 0x%llx) at address 0x%llx",
                   (syndrome & ABORT_STORE) != 0 ? "store" : "load", fault_text(syndrome), (unsigned long long)syndrome,
                   (unsigned long long)address);
    default:
        trap_panic(pc, frame, "%s (syndrome 0x%llx)", class_text(class), (unsigned long long)syndrome);
    }
}

void trap_handle(const uint64_t *registers, enum trap_kind kind)
{
    if (kind == TRAP_INTERRUPT) {
        arch_acknowledge();
        harts_answer();
        return;
    }
    uint64_t pc, syndrome, address;
    __asm__ volatile("mrs %0, elr_el1\n mrs %1, esr_el1\n mrs %2, far_el1" : "=r"(pc), "=r"(syndrome), "=r"(address));
    if (kind == TRAP_EXCEPTION) {
        panic_by_syndrome(pc, registers[29], syndrome, address);
    }
    trap_panic(pc, registers[29], "%s (syndrome 0x%llx)", kind == TRAP_SYSTEM_ERROR ? "system error" : "fast interrupt",
               (unsigned long long)syndrome);
}
