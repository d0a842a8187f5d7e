/* SPDX-License-Identifier: MIT
 * RISC-V: how a hart gets from the firmware into C, and from C into the trap handler and back.
 *
 * Registers at entry: a0 the hart's hardware id; a1 on the boot hart the FDT's address. Paging is off. All harts enter
 * at _start: the first one boots, the others find their struct kernel_hart in hart_starts, or wait for it if there is
 * no firmware, which lets all in at once. Nothing is passed in a1: a hart that OpenSBI 1.1 starts may come here as the
 * boot hart did, with its address and its a1, if it is quick (seen with mttcg). */
#include "contract.h"
#include "mode.h"

    .section .text.entry, "ax"
    .option norelax
    .global _start
_start:
    csrw CSR(ie), zero
    la t0, somebody_boots
    li t1, 1
    amoswap.w.aqrl t1, t1, (t0)
    bnez t1, wait_for_start
    la t0, __bss_start
    la t1, __bss_end
1:  sd zero, (t0)
    addi t0, t0, 8
    bltu t0, t1, 1b
    la t0, boot_hart
    la t1, kernel_main
    j 2f

wait_for_start:
    csrsi CSR(ie), SOFTWARE_INTERRUPT   /* ends the sleep, no more: interrupts are off */
    la t0, hart_starts
    slli t1, a0, 3
    add t0, t0, t1
3:  ld a1, (t0)
    bnez a1, 4f
    wfi
    j 3b
4:  fence r, rw
    mv a0, a1
    mv t0, a1
    la t1, hart_main
2:  csrw CSR(ie), zero
    li t2, STATUS_FLOAT                 /* the libraries are built for hard float */
    csrs CSR(status), t2
    ld sp, 0(t0)                        /* stack_top */
    ld tp, 8(t0)                        /* thread_pointer */
    li s0, 0                            /* no caller */
    jalr t1

/* Saves what C may change, on a stack of its own: the trapped one may be what is wrong. The scratch register holds its
 * top. The handler uses no floating point, and returns only from an interrupt. */
    .balign 4
    .global trap_entry
trap_entry:
    .word MARK_RISCV64(MARK_REST)
    csrrw sp, CSR(scratch), sp
    addi sp, sp, -256
    sd x1, 0(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd x\n, (\n - 1) * 8(sp)
    .endr
    csrr t0, CSR(scratch)
    sd t0, 8(sp)                        /* x2 */
    csrr t0, CSR(epc)
    sd t0, 248(sp)
    addi t0, sp, 256
    csrw CSR(scratch), t0
    mv a0, sp
    call trap_handle
    ld t0, 248(sp)
    csrw CSR(epc), t0
    ld x1, 0(sp)
    .irp n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld x\n, (\n - 1) * 8(sp)
    .endr
    ld sp, 8(sp)
    .word MARK_RISCV64(MARK_RESUME)
    RETURN_FROM_TRAP

    .section .data
    .balign 8
somebody_boots:
    .word 0
    .balign 8
    .global hart_starts                 /* by hardware id */
hart_starts:
    .zero 512 * 8
