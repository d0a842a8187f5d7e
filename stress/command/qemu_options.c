/* SPDX-License-Identifier: MIT
 * Options for QEMU. See qemu_options.h. */
#include "qemu_options.h"

#include "commands.h"
#include "exit_status.h"
#include "qemu_kernel.h"

#define GDB_PORT 1234u

enum { OPTION_ARCH = 1024, OPTION_NUMA, OPTION_MODE, OPTION_GDB, OPTION_KERNEL };

static const struct argp_option options[] = {
    {"arch", OPTION_ARCH, "NAME", 0, "riscv64 (default), riscv64-bare (no firmware, up to 512 harts) or aarch64", 1},
    {"numa", OPTION_NUMA, "N", 0, "NUMA nodes of equal size, harts shared out among them (default: 1)", 1},
    {"mode", OPTION_MODE, "NAME", 0,
     "icount (default): one hart at a time, the seed is the schedule; mttcg: harts are threads of QEMU", 1},
    {"kernel", OPTION_KERNEL, "FILE", 0, "Boot this (default: what `make qemu` made)", 1},
    {"gdb", OPTION_GDB, "PORT", OPTION_ARG_OPTIONAL, "Wait for a debugger (default port: 1234); no time limit", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char *const modes[] = {"icount", "mttcg", NULL};

static const struct option_value values[] = {
    OPTION_NUMBER(OPTION_NUMA, struct qemu_options, nodes, 1, UINT32_MAX),
    OPTION_WORD(OPTION_MODE, struct qemu_options, mttcg, modes),
    OPTION_NUMBER(OPTION_GDB, struct qemu_options, gdb_port, 1, UINT16_MAX),
    OPTION_PLAIN(OPTION_KERNEL, VALUE_TEXT, struct qemu_options, kernel),
    {0},
};

static enum qemu_arch arch(const char *text, const struct argp_state *state)
{
    const char *names[QEMU_ARCH_COUNT + 1] = {NULL};
    for (uint32_t i = 0; i < QEMU_ARCH_COUNT; i++) {
        names[i] = qemu_arch_facts((enum qemu_arch)i)->name;
    }
    return (enum qemu_arch)option_word(state, "arch", names, text);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct qemu_options *qemu = state->input;
    error_t status = 0;
    if (key == OPTION_ARCH) {
        qemu->arch = arch(text, state);
    } else if (key == OPTION_GDB && text == NULL) {
        qemu->gdb_port = GDB_PORT;
    } else {
        status = option_set(state, options, values, key, text);
    }
    if (status == 0) {
        option_note(&qemu->first, options, NULL, key);
    }
    return status;
}

const struct argp qemu_argp = {.options = options, .parser = parse_option};

int qemu_options_machine(const struct qemu_options *qemu, uint32_t harts, uint64_t memory_bytes, bool ours,
                         struct qemu_machine *machine, char *why, size_t why_bytes)
{
    *machine = (struct qemu_machine){.arch = qemu->arch,
                                     .harts = harts,
                                     .memory_bytes = memory_bytes,
                                     .nodes = qemu->nodes,
                                     .mttcg = qemu->mttcg,
                                     .gdb_port = qemu->gdb_port};
    if (!qemu_machine_check(machine, why, why_bytes)) {
        return EXIT_STATUS_USAGE;
    }
    return !ours || qemu_kernel_find(machine, qemu->kernel, why, why_bytes) ? EXIT_STATUS_HOLDS : EXIT_STATUS_SKIPPED;
}
