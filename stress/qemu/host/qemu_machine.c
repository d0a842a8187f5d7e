/* SPDX-License-Identifier: MIT
 * QEMU's command line. See qemu_machine.h. */
#include "qemu_machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB (UINT64_C(1) << 20)
#define MEMORY_MOST (UINT64_C(16) << 30)
/* Below it there is no room for the firmware and the kernel, which begins 16 MiB above the start of RAM. */
#define MEMORY_LEAST (UINT64_C(32) << 20)

/* Words of a command line: the longest has those of 24 nodes, of the distance between any two, and some others. */
#define WORDS_MOST 768u
#define TEXT_BYTES 32768u

/* QEMU 7.2's riscv64 cannot wire interrupt controllers of the older kind, one a node, for more than two nodes. */
#define RISCV_MACHINES .machine = "virt", .machine_of_nodes = "virt,aia=aplic"

static const struct qemu_arch_facts facts[QEMU_ARCH_COUNT] = {
    [QEMU_RISCV64] = {.name = "riscv64",
                      .program = "qemu-system-riscv64",
                      .package = "qemu-system-misc",
                      .harts_most = 128,
                      .nodes_most = 4,
                      .code = 0x81000000,
                      RISCV_MACHINES},
    [QEMU_RISCV64_BARE] = {.name = "riscv64-bare",
                           .program = "qemu-system-riscv64",
                           .package = "qemu-system-misc",
                           .harts_most = 512,
                           .nodes_most = 4,
                           RISCV_MACHINES,
                           .words = {"-bios", "none"}},
    [QEMU_AARCH64] = {.name = "aarch64",
                      .program = "qemu-system-aarch64",
                      .package = "qemu-system-arm",
                      .harts_most = 64,
                      .nodes_most = 24, /* a distance is at most 254 */
                      .machine = "virt,gic-version=3",
                      .machine_of_nodes = "virt,gic-version=3",
                      .words = {"-cpu", "max", "-semihosting-config", "enable=on,target=native"}},
};

const struct qemu_arch_facts *qemu_arch_facts(enum qemu_arch arch)
{
    return &facts[arch];
}

const char *qemu_mode_name(const struct qemu_machine *machine)
{
    return machine->mttcg ? "mttcg" : "icount";
}

bool qemu_machine_check(const struct qemu_machine *machine, char *why, size_t why_bytes)
{
    const struct qemu_arch_facts *arch = &facts[machine->arch];
    const uint64_t part_bytes = machine->memory_bytes / (machine->nodes != 0 ? machine->nodes : 1);
    if (machine->harts == 0 || machine->harts > arch->harts_most) {
        (void)snprintf(why, why_bytes, "--harts: QEMU's %s has 1 to %u, not %u", arch->name, arch->harts_most,
                       machine->harts);
    } else if (machine->memory_bytes < MEMORY_LEAST || machine->memory_bytes > MEMORY_MOST) {
        (void)snprintf(why, why_bytes, "--memory: in QEMU 32M to 16G");
    } else if (machine->nodes == 0 || machine->nodes > arch->nodes_most || machine->nodes > machine->harts) {
        (void)snprintf(why, why_bytes, "--numa is 1 to %u nodes for %s, and no more than the %u harts",
                       arch->nodes_most, arch->name, machine->harts);
    } else if (part_bytes % MIB != 0 || part_bytes * machine->nodes != machine->memory_bytes) {
        (void)snprintf(why, why_bytes, "--memory: the share of each of %u nodes must be whole MiB", machine->nodes);
    } else {
        return true;
    }
    return false;
}

/* A command line in the making: pointers, then the text that they point into. */
struct words {
    char *word[WORDS_MOST + 1];
    char text[TEXT_BYTES];
    size_t count, used;
    bool full;
};

__attribute__((format(printf, 2, 3))) static void add(struct words *words, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *word = words->text + words->used;
    size_t room = sizeof words->text - words->used;
    int length = vsnprintf(word, room, format, arguments);
    va_end(arguments);
    if (words->count == WORDS_MOST || length < 0 || (size_t)length >= room) {
        words->full = true;
        return;
    }
    words->word[words->count++] = word;
    words->used += (size_t)length + 1;
}

static void add_nodes(struct words *words, const struct qemu_machine *machine)
{
    const uint32_t nodes = machine->nodes;
    for (uint32_t i = 0; i < nodes; i++) {
        add(words, "-object");
        add(words, "memory-backend-ram,id=node%u,size=%lluM", i,
            (unsigned long long)(machine->memory_bytes / nodes / MIB));
        add(words, "-numa");
        add(words, "node,nodeid=%u,memdev=node%u,cpus=%u-%u", i, i, i * machine->harts / nodes,
            (i + 1) * machine->harts / nodes - 1);
    }
    for (uint32_t i = 0; i < nodes; i++) {
        for (uint32_t j = i + 1; j < nodes; j++) {
            add(words, "-numa");
            add(words, "dist,src=%u,dst=%u,val=%u", i, j, 10 + 10 * (j - i));
        }
    }
}

char **qemu_machine_command(const struct qemu_machine *machine, const char *bootargs)
{
    struct words *words = calloc(1, sizeof *words);
    if (words == NULL) {
        return NULL;
    }
    const struct qemu_arch_facts *arch = &facts[machine->arch];
    add(words, "%s", arch->program);
    add(words, "-machine");
    add(words, "%s", machine->nodes > 2 ? arch->machine_of_nodes : arch->machine);
    for (const char *const *word = arch->words; *word != NULL; word++) {
        add(words, "%s", *word);
    }
    add(words, "-m");
    add(words, "%lluM", (unsigned long long)(machine->memory_bytes / MIB));
    add(words, "-smp");
    add(words, "%u", machine->harts);
    static const char *const console[] = {"-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"};
    for (size_t i = 0; i < sizeof console / sizeof *console; i++) {
        add(words, "%s", console[i]);
    }
    if (machine->nodes > 1) {
        add_nodes(words, machine);
    }
    add(words, machine->mttcg ? "-accel" : "-icount");
    add(words, machine->mttcg ? "tcg,thread=multi" : "shift=0,sleep=off");
    if (machine->gdb_port != 0) {
        add(words, "-S");
        add(words, "-gdb");
        add(words, "tcp:127.0.0.1:%u", machine->gdb_port);
    }
    add(words, "-kernel");
    add(words, "%s", machine->kernel);
    if (machine->initrd[0] != '\0') {
        add(words, "-initrd");
        add(words, "%s", machine->initrd);
    }
    if (machine->plugin[0] != '\0') {
        add(words, "-plugin");
        add(words, "%s", machine->plugin);
    }
    if (bootargs != NULL) {
        add(words, "-append");
        add(words, "%s", bootargs);
    }
    if (words->full) {
        free(words);
        return NULL;
    }
    return words->word; /* the first member: free() of it frees all */
}
