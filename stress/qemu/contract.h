/* SPDX-License-Identifier: MIT
 * On what the kernel and the command that starts it agree, besides boot arguments (kernel_options.h) and records. */
#ifndef FRAMELAB_QEMU_CONTRACT_H
#define FRAMELAB_QEMU_CONTRACT_H

/* Exit statuses of the kernel, and so of QEMU. */
#define KERNEL_HOLDS 0
#define KERNEL_VIOLATED 1
#define KERNEL_USAGE 2
#define KERNEL_PANIC 3

#endif
