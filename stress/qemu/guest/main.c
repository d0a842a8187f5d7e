/* SPDX-License-Identifier: MIT
 * The kernel: from the FDT to what the boot arguments ask for. See kernel.h.
 *
 * This is how an operating system adopts the allocator: read the memory map (memory_map.h), take what is needed
 * before there is an allocator from the boot allocator (boot_allocator.h), then build the allocator over the rest
 * (command.c). Everything is used where it lies: virtual addresses are physical ones. */
#include <libfdt.h>

#include "kernel.h"

#define WHY_BYTES 256u

struct memory_map kernel_map;
struct boot_allocator kernel_boot;

extern char __kernel_start[], __kernel_end[];

/* Of the boot hart: the other harts' are the boot allocator's, which begins later. */
#define BOOT_THREAD_BYTES 4096u
static _Alignas(CACHE_PAIR) unsigned char boot_stack[HART_STACK_BYTES], boot_trap_stack[TRAP_STACK_BYTES],
    boot_thread[BOOT_THREAD_BYTES];

/* For boot.S, laid out as the beginning of a struct kernel_hart. */
extern unsigned char *const boot_hart[3];
unsigned char *const boot_hart[3] = {boot_stack + sizeof boot_stack, boot_thread,
                                     boot_trap_stack + sizeof boot_trap_stack};

static void boot_hart_begin(uint64_t hardware_id)
{
    struct kernel_hart *hart = &kernel_harts[0];
    hart->hardware_id = hardware_id;
    hart->stack_bottom = (uintptr_t)boot_stack;
    hart->stack_top = (uintptr_t)boot_hart[0];
    hart->thread_pointer = (uintptr_t)boot_hart[1];
    hart->trap_stack_top = (uintptr_t)boot_hart[2];
    thread_begin(hart);
    arch_traps_begin(hart);
    atomic_store_explicit(&hart->online, 1, memory_order_release);
}

/* The kernel's image and the tree lie in RAM, and no reservation says so. */
static void read_map(const void *fdt)
{
    char why[WHY_BYTES];
    const phys_addr_t fdt_addr = {(uintptr_t)fdt};
    const struct phys_range kernel = {{(uintptr_t)__kernel_start}, (uint64_t)(__kernel_end - __kernel_start)};
    enum memory_map_status status =
        memory_map_read(&kernel_map, fdt, fdt_totalsize(fdt), &fdt_addr, &kernel, why, sizeof why);
    if (status != MEMORY_MAP_OK) {
        console_line("Bail out! the device tree: %s", why);
        arch_exit(KERNEL_USAGE);
    }
    if ((kernel_map.notes >> MEMORY_MAP_NOTE_BOOTARGS & 1) != 0) { /* half a command is none */
        console_line("Bail out! the device tree: %s", memory_map_note_text(MEMORY_MAP_NOTE_BOOTARGS));
        arch_exit(KERNEL_USAGE);
    }
    boot_allocator_init(&kernel_boot, &kernel_map);
}

void kernel_main(uint64_t hardware_id, const void *fdt)
{
    boot_hart_begin(hardware_id);
    read_map(fdt);
    uint32_t harts = harts_bring_up(&kernel_map, &kernel_boot);
    if (harts < kernel_map.hart_count) {
        console_line("Bail out! hart %lu of %lu does not start", (unsigned long)harts,
                     (unsigned long)kernel_map.hart_count);
        arch_exit(KERNEL_USAGE);
    }
    int status = command_run(kernel_map.bootargs);
    hart_check_stack();
    arch_exit(status);
}
