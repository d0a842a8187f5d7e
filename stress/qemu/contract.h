/* SPDX-License-Identifier: MIT
 * On what the kernel and the command that starts it agree, besides boot arguments (kernel_options.h) and records; and
 * on what a kernel, ours or Linux, and the plugin that counts agree (plugin/). For C and assembler. */
#ifndef FRAMELAB_QEMU_CONTRACT_H
#define FRAMELAB_QEMU_CONTRACT_H

/* Exit statuses of the kernel, and so of QEMU. */
#define KERNEL_HOLDS 0
#define KERNEL_VIOLATED 1
#define KERNEL_USAGE 2
#define KERNEL_PANIC 3

/* Markers: instructions that do nothing on any machine, from which the plugin knows what to count. MARK_RISCV64(n) is
 * `slti x0, x0, 0x700 + n`, a hint that is left to users; MARK_AARCH64(n) `hint #(0x70 + n)`, one without a meaning. */
#define MARK_BEGIN 1  /* the executing hart is counted from now on */
#define MARK_END 2    /* it is not any more */
#define MARK_REST 3   /* what follows is not its own: a schedule, an interrupt. Rests nest */
#define MARK_RESUME 4 /* the end of a rest */
#define MARK_START 5  /* all counts of all harts are 0; caches stay as they are */
#define MARK_TELL 6   /* one line of output: what was counted since MARK_START */
#define MARK_COUNT 7

#define MARK_RISCV64(n) (0x70002013 | (n) << 20)
#define MARK_AARCH64(n) (0xd5032e1f | (n) << 5)

#endif
