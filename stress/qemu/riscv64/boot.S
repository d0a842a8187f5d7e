/* SPDX-License-Identifier: MIT
 * RISC-V: how a hart gets from the firmware into C, and from C into the trap handler and back.
 *
 * Registers at entry: a0 the hart's hardware id; a1 on the boot hart the FDT's address, on the others what
 * arch_hart_start passed, their struct kernel_hart. Paging is off. */

#define SSTATUS_FS_INITIAL 0x2000

    .section .text.entry, "ax"
    .option norelax
    .global _start
_start:
    la t0, __bss_start
    la t1, __bss_end
1:  sd zero, (t0)
    addi t0, t0, 8
    bltu t0, t1, 1b
    la t0, boot_hart
    la t1, kernel_main
    j 2f

    .global hart_entry
hart_entry:
    mv a0, a1
    mv t0, a1
    la t1, hart_main
2:  csrw sie, zero
    li t2, SSTATUS_FS_INITIAL           /* the libraries are built for hard float */
    csrs sstatus, t2
    ld sp, 0(t0)                        /* stack_top */
    ld tp, 8(t0)                        /* thread_pointer */
    li s0, 0                            /* no caller */
    jalr t1

/* Saves what C may change, on a stack of its own: the trapped one may be what is wrong. sscratch holds its top. The
 * handler uses no floating point, and returns only from an interrupt. */
    .balign 4
    .global trap_entry
trap_entry:
    csrrw sp, sscratch, sp
    addi sp, sp, -256
    sd x1, 0(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, (\n - 1) * 8(sp)
    .endr
    csrr t0, sscratch
    sd t0, 8(sp)                        /* x2 */
    csrr t0, sepc
    sd t0, 248(sp)
    addi t0, sp, 256
    csrw sscratch, t0
    mv a0, sp
    call trap_handle
    ld t0, 248(sp)
    csrw sepc, t0
    ld x1, 0(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, (\n - 1) * 8(sp)
    .endr
    ld sp, 8(sp)
    sret
