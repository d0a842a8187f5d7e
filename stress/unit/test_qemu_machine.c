/* SPDX-License-Identifier: MIT
 * QEMU's command lines: which machines can be, and the words that ask for them. */
#include "qemu_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB (UINT64_C(1) << 20)

static struct qemu_machine make(enum qemu_arch arch, uint32_t harts, uint64_t memory_mib, uint32_t nodes)
{
    return (struct qemu_machine){
        .arch = arch, .harts = harts, .memory_bytes = memory_mib * MIB, .nodes = nodes, .kernel = "kernel.elf"};
}

/* All words in one line. */
static char *line_of(const struct qemu_machine *machine, const char *bootargs)
{
    static char line[65536];
    char **command = qemu_machine_command(machine, bootargs);
    assert_non_null(command);
    size_t used = 0;
    for (char **word = command; *word != NULL; word++) {
        used += (size_t)snprintf(line + used, sizeof line - used, "%s ", *word);
    }
    free(command);
    return line;
}

static bool can_be(enum qemu_arch arch, uint32_t harts, uint64_t memory_mib, uint32_t nodes)
{
    char why[256] = "";
    const struct qemu_machine machine = make(arch, harts, memory_mib, nodes);
    bool good = qemu_machine_check(&machine, why, sizeof why);
    assert_int_equal(good, why[0] == '\0');
    return good;
}

static void test_check(void **state)
{
    (void)state;
    assert_true(can_be(QEMU_RISCV64, 128, 16384, 1));
    assert_false(can_be(QEMU_RISCV64, 129, 128, 1));
    assert_true(can_be(QEMU_RISCV64_BARE, 512, 128, 1));
    assert_true(can_be(QEMU_AARCH64, 64, 128, 1));
    assert_false(can_be(QEMU_AARCH64, 65, 128, 1));
    assert_false(can_be(QEMU_RISCV64, 0, 128, 1));
    assert_false(can_be(QEMU_RISCV64, 1, 31, 1));
    assert_false(can_be(QEMU_RISCV64, 1, 16385, 1));
    assert_false(can_be(QEMU_RISCV64, 4, 128, 0));
    assert_true(can_be(QEMU_RISCV64, 4, 128, 4));
    assert_false(can_be(QEMU_RISCV64, 3, 128, 4)); /* a node without a hart */
    assert_false(can_be(QEMU_RISCV64, 4, 128, 3)); /* 42 2/3 MiB each */
    assert_false(can_be(QEMU_RISCV64, 8, 128, 8));
}

static void test_words(void **state)
{
    (void)state;
    struct qemu_machine machine = make(QEMU_RISCV64, 4, 128, 1);
    assert_string_equal(line_of(&machine, "run=bench seed=1"),
                        "qemu-system-riscv64 -machine virt -m 128M -smp 4 -nodefaults -display none -serial stdio "
                        "-no-reboot -icount shift=0,sleep=off -kernel kernel.elf -append run=bench seed=1 ");
    machine.mttcg = true;
    machine.gdb_port = 1234;
    const char *line = line_of(&machine, NULL);
    assert_non_null(strstr(line, " -accel tcg,thread=multi "));
    assert_non_null(strstr(line, " -S -gdb tcp:127.0.0.1:1234 "));
    assert_null(strstr(line, "-icount"));
    assert_null(strstr(line, "-append"));
}

static void test_nodes(void **state)
{
    (void)state;
    const struct qemu_machine machine = make(QEMU_RISCV64, 7, 192, 3);
    const char *line = line_of(&machine, NULL);
    assert_non_null(
        strstr(line, "-object memory-backend-ram,id=node0,size=64M -numa node,nodeid=0,memdev=node0,cpus=0-1"));
    assert_non_null(strstr(line, "memdev=node1,cpus=2-3"));
    assert_non_null(strstr(line, "memdev=node2,cpus=4-6"));
    assert_non_null(strstr(line, "-numa dist,src=0,dst=1,val=20 -numa dist,src=0,dst=2,val=30 "
                                 "-numa dist,src=1,dst=2,val=20 "));
    /* The longest of all. */
    const struct qemu_machine most = make(QEMU_AARCH64, 64, 24 * 64, 24);
    assert_non_null(strstr(line_of(&most, "run=bench"), "dist,src=0,dst=23,val=240"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_nodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
