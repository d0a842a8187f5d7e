/* SPDX-License-Identifier: MIT
 * Options for QEMU. See qemu_options.h. */
#include "qemu_options.h"

#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "options.h"
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

static uint32_t number_in(const char *option, const char *text, uint64_t most, const struct argp_state *state)
{
    uint64_t value;
    if (!option_number(text, &value) || value == 0 || value > most) {
        usage_error(state, "--%s is 1 to %llu, not '%s'", option, (unsigned long long)most, text);
    }
    return (uint32_t)value;
}

static void set_arch(struct qemu_options *qemu, const char *text, const struct argp_state *state)
{
    for (uint32_t i = 0; i < QEMU_ARCH_COUNT; i++) {
        if (strcmp(text, qemu_arch_facts((enum qemu_arch)i)->name) == 0) {
            qemu->arch = (enum qemu_arch)i;
            return;
        }
    }
    usage_error(state, "--arch is riscv64, riscv64-bare or aarch64, not '%s'", text);
}

static void set_mode(struct qemu_options *qemu, const char *text, const struct argp_state *state)
{
    qemu->mttcg = strcmp(text, "mttcg") == 0;
    if (!qemu->mttcg && strcmp(text, "icount") != 0) {
        usage_error(state, "--mode is icount or mttcg, not '%s'", text);
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct qemu_options *qemu = state->input;
    switch (key) {
    case OPTION_ARCH:
        set_arch(qemu, text, state);
        break;
    case OPTION_NUMA:
        qemu->nodes = number_in("numa", text, UINT32_MAX, state);
        break;
    case OPTION_MODE:
        set_mode(qemu, text, state);
        break;
    case OPTION_GDB:
        qemu->gdb_port = text != NULL ? number_in("gdb", text, UINT16_MAX, state) : GDB_PORT;
        break;
    case OPTION_KERNEL:
        qemu->kernel = text;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    option_note(&qemu->first, options, NULL, key);
    return 0;
}

const struct argp qemu_argp = {.options = options, .parser = parse_option};

void qemu_options_check(const struct argp_state *state, const struct qemu_options *qemu, bool chosen, const char *host)
{
    if (chosen && host != NULL) {
        usage_error(state, "--%s does not go with --platform qemu", host);
    }
    if (!chosen && qemu->first != NULL) {
        usage_error(state, "--%s goes with --platform qemu only", qemu->first);
    }
}

int qemu_options_machine(const struct qemu_options *qemu, uint32_t harts, uint64_t memory_bytes,
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
    return qemu_kernel_find(machine, qemu->kernel, why, why_bytes) ? EXIT_STATUS_HOLDS : EXIT_STATUS_SKIPPED;
}
