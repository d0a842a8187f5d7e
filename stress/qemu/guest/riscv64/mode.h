/* SPDX-License-Identifier: MIT
 * RISC-V's two modes in which a kernel may run, for C and assembler: supervisor mode, under SBI firmware, or machine
 * mode, without any, where QEMU has up to 512 harts (firmware has fewer). They differ in names and in a few bits. */
#ifndef FRAMELAB_QEMU_MODE_H
#define FRAMELAB_QEMU_MODE_H

#ifdef KERNEL_MACHINE_MODE
#define CSR(name) m##name
#define RETURN_FROM_TRAP mret
#define STATUS_INTERRUPTS 8
#define SOFTWARE_INTERRUPT 8
#define CAUSE_SOFTWARE 0x8000000000000003
#define TIMER_INTERRUPT 0x80
#define CAUSE_TIMER 0x8000000000000007
#define HARTS_COME_AGAIN 0
#else
#define CSR(name) s##name
#define RETURN_FROM_TRAP sret
#define STATUS_INTERRUPTS 2
#define SOFTWARE_INTERRUPT 2
#define CAUSE_SOFTWARE 0x8000000000000001
#define TIMER_INTERRUPT 0x20
#define CAUSE_TIMER 0x8000000000000005
#define HARTS_COME_AGAIN 1
#endif

#define STATUS_FLOAT 0x2000

#define TEXT_OF(word) #word
#define TEXT(word) TEXT_OF(word)
/* For C: an instruction on a control register. */
#define CSR_TEXT(name) TEXT(CSR(name))

#endif
