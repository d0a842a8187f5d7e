/* SPDX-License-Identifier: MIT
 * aarch64: how a hart gets from reset into C, and from C into the trap handler and back.
 *
 * Registers at entry: x0 on the boot hart the FDT's address or 0 (QEMU tells an ELF image nothing), on the others what
 * arch_hart_start passed, their struct kernel_hart. The MMU is off, interrupts are masked, the exception level is 1, or
 * 2 if the machine has it.
 *
 * C runs on SP_EL0, so that a trap finds a stack of its own, SP_EL1: the trapped one may be what is wrong. */

#include "contract.h"

#define CPACR_FP_ON (3 << 20)
#define HCR_EL1_IS_64BIT (1 << 31)
#define CPTR_NO_TRAPS 0x33ff
#define ICC_SRE_FOR_EL1_TOO 0xf
#define STATE_EL1_ON_SP0 0x3c4                  /* all interrupts masked */

/* Attribute 0: Normal, write-back; 1: Device. Addresses of 39 bits, pages of 4 KiB, walks cached and inner-shareable as
 * the memory is. */
#define MAIR 0x04ff
#define TCR (2 << 32 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 25)
#define SCTLR_ON 0x30d0181d                     /* MMU, caches, stack alignment checks; what is reserved as 1 */
#define NORMAL_BLOCK (1 << 10 | 3 << 8 | 0 << 2 | 1)
#define DEVICE_BLOCK (3 << 53 | 1 << 10 | 1 << 2 | 1)

#define TRAP_FRAME_BYTES (256 + 512)            /* x0 .. x30, q0 .. q31 */

/* The header of a Linux image, which kernel.img is: QEMU loads an initrd with no other kind. */
    .section .text.entry, "ax"
    b _start
    .balign 8, 0
    .quad 0x400000                              /* from the start of RAM, as link.ld has it */
    .quad __kernel_bytes
    .quad 0xa                                   /* pages of 4 KiB, RAM from anywhere */
    .fill 3, 8, 0
    .ascii "ARMd\0\0\0\0"

    .global _start
_start:
    ldr x1, =__bss_start
    ldr x2, =__bss_end
1:  stp xzr, xzr, [x1], #16
    cmp x1, x2
    b.lo 1b
    ldr x20, =boot_hart
    ldr x21, =boot_begin
    b hart_begin

    .global hart_entry
hart_entry:
    mov x20, x0
    ldr x21, =hart_main
hart_begin:
    mrs x1, CurrentEL
    cmp x1, #(2 << 2)
    b.ne 1f
    mov x1, #CPTR_NO_TRAPS
    msr cptr_el2, x1
    mov x1, #HCR_EL1_IS_64BIT
    msr hcr_el2, x1
    mov x1, #ICC_SRE_FOR_EL1_TOO
    msr icc_sre_el2, x1
    mov x1, #STATE_EL1_ON_SP0
    msr spsr_el2, x1
    adr x1, 1f
    msr elr_el2, x1
    eret
1:  msr spsel, #0
    mov x1, #CPACR_FP_ON                        /* for the libraries */
    msr cpacr_el1, x1
    ldr x1, =MAIR                               /* the MMU on: without it, unaligned accesses trap */
    msr mair_el1, x1
    ldr x1, =TCR
    msr tcr_el1, x1
    ldr x1, =translation
    msr ttbr0_el1, x1
    tlbi vmalle1
    dsb nsh
    ldr x1, =SCTLR_ON
    msr sctlr_el1, x1
    isb
    ldp x1, x2, [x20]                           /* stack_top, thread_pointer */
    mov sp, x1
    msr tpidr_el0, x2
    mov x29, #0                                 /* no caller */
    blr x21
    .ltorg

/* By where a trap comes from (this level on SP_EL0, on SP_EL1, a lower one), then by its kind: an exception, an
 * interrupt, two that nobody sends. */
    .balign 2048
    .global trap_vectors
trap_vectors:
    .rept 4
    .irp interrupt, 0,1,0,0
    .balign 128
    .inst MARK_AARCH64(MARK_REST)
    sub sp, sp, #TRAP_FRAME_BYTES
    stp x0, x1, [sp]
    mov x1, #\interrupt
    b trap_save
    .endr
    .endr

/* Saves what C may change. The handler itself does not trap, and it returns only from an interrupt: so the address and
 * the state that it returns to stay where they are, in ELR and SPSR. */
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
    .inst MARK_AARCH64(MARK_RESUME)
    eret

/* Virtual addresses are physical ones, for 510 GiB, all taken for RAM. The first GiB, the devices, is seen in place of
 * the last (arch.c: DEVICES), so that there is nothing at a null pointer. */
    .section .data
    .balign 4096
translation:
    .quad 0
    .set gib, 1
    .rept 510
    .quad gib << 30 | NORMAL_BLOCK
    .set gib, gib + 1
    .endr
    .quad DEVICE_BLOCK
