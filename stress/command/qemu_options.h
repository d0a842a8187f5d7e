/* SPDX-License-Identifier: MIT
 * The options of `framelab bench` and `framelab stress` that only QEMU has: an argp parser for both to have as a child.
 */
#ifndef FRAMELAB_STRESS_QEMU_OPTIONS_H
#define FRAMELAB_STRESS_QEMU_OPTIONS_H

#include <argp.h>

#include "qemu_machine.h"

struct qemu_options {
    enum qemu_arch arch;
    uint32_t nodes;
    bool mttcg;
    uint32_t gdb_port;
    const char *kernel; /* NULL: find it */
    const char *first;  /* option that was given; NULL: none was */
};

/* Its input is a struct qemu_options. */
extern const struct argp qemu_argp;

/* The machine that is asked for, with its kernel if one of `ours` is to run. Returns an exit status: EXIT_STATUS_HOLDS,
 * or another with one line in `why`. */
int qemu_options_machine(const struct qemu_options *qemu, uint32_t harts, uint64_t memory_bytes, bool ours,
                         struct qemu_machine *machine, char *why, size_t why_bytes);

#define QEMU_OPTIONS_INIT ((struct qemu_options){.nodes = 1})

#endif
