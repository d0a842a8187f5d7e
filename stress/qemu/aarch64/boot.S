/* SPDX-License-Identifier: MIT
 * aarch64: how a hart gets from reset into C, and from C into the trap handler and back.
 *
 * Registers at entry: x0 on the boot hart the FDT's address or 0 (QEMU tells an ELF image nothing), on the others what
 * arch_hart_start passed, their struct kernel_hart. The MMU is off, interrupts are masked, the exception level is 1, or
 * 2 if the machine has it.
 *
 * C runs on SP_EL0, so that a trap finds a stack of its own, SP_EL1: the trapped one may be what is wrong. */

#define CPACR_FP_ON (3 << 20)
#define HCR_EL1_IS_64BIT (1 << 31)
#define CPTR_NO_TRAPS 0x33ff
#define ICC_SRE_FOR_EL1_TOO 0xf
#define STATE_EL1_ON_SP0 0x3c4                  /* all interrupts masked */

/* Memory is what it is on the bus; see `translation`. Attribute 0: Normal, write-back; 1: Device. Addresses of 39 bits,
 * pages of 4 KiB, walks cached and inner-shareable as the memory is. */
#define MAIR 0x04ff
#define TCR (2 << 32 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 25)
#define SCTLR_ON 0x30d0181d                     /* MMU, caches, stack alignment checks; what is reserved as 1 */
#define TABLE 3
#define NORMAL_BLOCK (1 << 10 | 3 << 8 | 0 << 2 | 1)
#define DEVICE_BLOCK (3 << 53 | 1 << 10 | 1 << 2 | 1)

#define TRAP_FRAME_BYTES (256 + 512)           /* x0 .. x30, q0 .. q31 */

    .section .text.entry, "ax"
    .global _start
_start:
    bl hart_begin
    adrp x1, __bss_start
    add x1, x1, :lo12:__bss_start
    adrp x2, __bss_end
    add x2, x2, :lo12:__bss_end
1:  stp xzr, xzr, [x1], #16
    cmp x1, x2
    b.lo 1b
    ldr x1, =boot_stack_top
    mov sp, x1
    ldr x1, =boot_thread
    msr tpidr_el0, x1
    mov x29, #0                                 /* no caller */
    bl boot_begin

    .global hart_entry
hart_entry:
    bl hart_begin
    ldp x1, x2, [x0]                            /* stack_top, thread_pointer */
    mov sp, x1
    msr tpidr_el0, x2
    mov x29, #0
    bl hart_main

/* Floating point on, for the libraries; the MMU on: without it all memory is Device, where unaligned accesses trap.
 * Returns at exception level 1. Leaves x0 alone. */
hart_begin:
    mov x1, #CPACR_FP_ON
    msr cpacr_el1, x1
    ldr x1, =MAIR
    msr mair_el1, x1
    ldr x1, =TCR
    msr tcr_el1, x1
    adrp x1, translation
    msr ttbr0_el1, x1
    mrs x2, CurrentEL
    cmp x2, #(2 << 2)
    b.eq 1f
    tlbi vmalle1
    dsb nsh
    ldr x1, =SCTLR_ON
    msr sctlr_el1, x1
    msr spsel, #0
    isb
    ret
1:  mov x1, #CPTR_NO_TRAPS
    msr cptr_el2, x1
    mov x1, #HCR_EL1_IS_64BIT
    msr hcr_el2, x1
    mov x1, #ICC_SRE_FOR_EL1_TOO
    msr icc_sre_el2, x1
    isb
    tlbi vmalle1
    dsb nsh
    ldr x1, =SCTLR_ON
    msr sctlr_el1, x1
    mov x1, #STATE_EL1_ON_SP0
    msr spsr_el2, x1
    msr elr_el2, x30
    eret

    .ltorg

/* Saves what C may change. The handler traps no more, and returns only from an interrupt: what it returns by stays where
 * it is, in ELR and SPSR. */
trap_save:
    .irp n, 2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    str x\n, [sp, #\n * 8]
    .endr
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    str q\n, [sp, #256 + \n * 16]
    .endr
    mov x0, sp
    bl trap_handle
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ldr q\n, [sp, #256 + \n * 16]
    .endr
    .irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    ldr x\n, [sp, #\n * 8]
    .endr
    add sp, sp, #TRAP_FRAME_BYTES
    eret

/* By where a trap comes from (this level on SP_EL0, on SP_EL1; a lower one in 64 bits, in 32), then by its kind, the
 * order of enum trap_kind. */
    .balign 2048
    .global trap_vectors
trap_vectors:
    .rept 4
    .irp kind, 0,1,2,3
    .balign 128
    sub sp, sp, #TRAP_FRAME_BYTES
    stp x0, x1, [sp]
    mov x1, #\kind
    b trap_save
    .endr
    .endr

/* Virtual addresses are physical ones, up to 512 GiB. The first GiB is devices, but for the flash memory at its start,
 * which is left out for null pointers' sake; all above is RAM. */
    .section .data
    .balign 4096
    .global translation
translation:
    .quad devices + TABLE
    .set gib, 1
    .rept 511
    .quad gib << 30 | NORMAL_BLOCK
    .set gib, gib + 1
    .endr
devices:
    .fill 64, 8, 0
    .set block, 64
    .rept 448
    .quad block << 21 | DEVICE_BLOCK
    .set block, block + 1
    .endr

    .section .bss
    .balign 16
    .space 32768
    .global boot_stack_top
boot_stack_top:
    .balign 64
    .global boot_thread
boot_thread:
    .space 4096
