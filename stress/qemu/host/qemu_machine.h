/* SPDX-License-Identifier: MIT
 * A machine that QEMU makes, and the command line that asks for it: machine `virt`, so many harts, so much memory, on
 * NUMA nodes of equal size, with our kernel (stress/qemu/). */
#ifndef FRAMELAB_STRESS_QEMU_MACHINE_H
#define FRAMELAB_STRESS_QEMU_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QEMU_PATH_BYTES 4096u

/* riscv64-bare is riscv64 in machine mode, without firmware, which has no room for more harts. */
enum qemu_arch { QEMU_RISCV64, QEMU_RISCV64_BARE, QEMU_AARCH64, QEMU_ARCH_COUNT };

/* What differs from one architecture to the other. */
struct qemu_arch_facts {
    const char *name;
    const char *program;                    /* QEMU's */
    const char *package;                    /* that has it on Debian */
    uint32_t harts_most;                    /* that its firmware or interrupt controller manages */
    uint32_t nodes_most;                    /* that its machine `virt` has */
    const char *machine, *machine_of_nodes; /* the second for more than two nodes */
    const char *words[5];                   /* of the command line besides, NULL behind the last */
    uint64_t code;                          /* the kernel's own begins there: below it lies the firmware's, if any */
};

/* Defined for every enum qemu_arch. */
const struct qemu_arch_facts *qemu_arch_facts(enum qemu_arch arch);

struct qemu_machine {
    enum qemu_arch arch;
    uint32_t harts;
    uint64_t memory_bytes;
    uint32_t nodes;    /* of equal memory, harts shared out in order; the distance of i and j is 10 + 10 * |i - j| */
    bool mttcg;        /* harts are threads; else one after the other, by the count of instructions (-icount) */
    uint32_t gdb_port; /* at which it waits for a debugger before the first instruction; 0: it does not */
    char kernel[QEMU_PATH_BYTES];
    char initrd[QEMU_PATH_BYTES];       /* that the kernel is given; empty: none */
    char plugin[QEMU_PATH_BYTES + 256]; /* a plugin for its translator, with its arguments; empty: none */
};

/* "icount" or "mttcg". */
const char *qemu_mode_name(const struct qemu_machine *machine);

/* Whether QEMU could have such a machine. False with one line in `why`. */
bool qemu_machine_check(const struct qemu_machine *machine, char *why, size_t why_bytes);

/* The command line, without boot arguments if these are NULL. One block for free(), a NULL behind the last word; NULL
 * if it is out of memory, or longer than any machine's that passes the check. */
char **qemu_machine_command(const struct qemu_machine *machine, const char *bootargs);

#endif
