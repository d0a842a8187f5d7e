/* SPDX-License-Identifier: MIT
 * The kernel that QEMU boots: where it lies, and what it was built with. And where the plugin lies. */
#ifndef FRAMELAB_STRESS_QEMU_KERNEL_H
#define FRAMELAB_STRESS_QEMU_KERNEL_H

#include <jansson.h>

#include "qemu_machine.h"

/* Finds the kernel for machine->arch into machine->kernel: `given`, if that is not NULL; else what lies beside this
 * program, as the Makefile built or installed it. False with one line in `why` that says what to do. */
bool qemu_kernel_find(struct qemu_machine *machine, const char *given, char *why, size_t why_bytes);

/* Finds the plugin that counts (plugin/), which lies beside this program. False with one line in `why`. */
bool qemu_plugin_find(char *path, size_t path_bytes, char *why, size_t why_bytes);

/* An object: "path"; "compiler", "flags", "libraries", "commit", "dirty" as the Makefile wrote them beside it, or
 * null. */
json_t *qemu_kernel_json(const struct qemu_machine *machine);

#endif
