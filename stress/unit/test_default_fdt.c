/* SPDX-License-Identifier: MIT
 * The tree that framelab writes for a machine that does not exist is read like any board's. */
#include "default_fdt.h"
#include "tree_builder.h"

#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static int write_default(uint64_t memory_bytes, uint32_t harts, uint32_t nodes)
{
    struct default_fdt_options options = {memory_bytes, harts, nodes, "console=ttyS0"};
    return default_fdt_write(tree.bytes, DEFAULT_FDT_BYTES_MAX, &options);
}

static uint64_t sum_bytes(const struct ram_region *regions, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += regions[i].range.size;
    }
    return sum;
}

static void one_node(void **state)
{
    (void)state;
    assert_int_equal(write_default(GIB, 2, 1), 0);
    expect_read();
    assert_null(map_broken(&map));
    assert_int_equal(map.ram_count, 1);
    expect_ram(0, DEFAULT_FDT_RAM_BASE, DEFAULT_FDT_RAM_BASE + GIB);
    assert_int_equal(map.hart_count, 2);
    assert_int_equal(map.node_count, 1);
    assert_int_equal(map.free_count, 1);
    expect_free(0, DEFAULT_FDT_RAM_BASE + DEFAULT_FDT_FIRMWARE_BYTES, DEFAULT_FDT_RAM_BASE + GIB);
    assert_true(map.reserved[0].no_map);
    assert_string_equal(map.bootargs, "console=ttyS0");
}

static void no_bootargs(void **state)
{
    struct default_fdt_options options = {GIB, 1, 1, NULL};
    (void)state;
    assert_int_equal(default_fdt_write(tree.bytes, DEFAULT_FDT_BYTES_MAX, &options), 0);
    expect_read();
    assert_string_equal(map.bootargs, "");
}

static void memory_and_harts_are_split_among_nodes(void **state)
{
    (void)state;
    assert_int_equal(write_default(GIB + 5 * MIB, 8, 3), 0);
    expect_read();
    assert_null(map_broken(&map));
    assert_int_equal(map.node_count, 3);
    assert_int_equal(map.ram_count, 3);
    assert_int_equal(sum_bytes(map.ram, map.ram_count), GIB + 5 * MIB);
    assert_int_equal(map.ram[1].range.start.value % (2 * MIB), 0);
    assert_int_equal(map.hart_node[0], 0);
    assert_int_equal(map.hart_node[7], 2);
    assert_int_equal(map.distance[0][1], 20);
    assert_int_equal(map.distance[2][0], 30);
}

static void the_largest_machine_fits_the_buffer(void **state)
{
    static char bootargs[BOOTARGS_MAX];
    struct default_fdt_options options = {UINT64_C(1) << 46, HART_MAX, NODE_MAX, bootargs};
    (void)state;
    memset(bootargs, 'x', BOOTARGS_MAX - 1);
    assert_int_equal(default_fdt_write(tree.bytes, DEFAULT_FDT_BYTES_MAX, &options), 0);
    expect_read();
    assert_null(map_broken(&map));
    assert_int_equal(map.hart_count, HART_MAX);
    assert_int_equal(map.node_count, NODE_MAX);
    assert_int_equal(sum_bytes(map.ram, map.ram_count), UINT64_C(1) << 46);
}

static void options_that_cannot_be_are_refused(void **state)
{
    (void)state;
    assert_int_equal(write_default(GIB, 0, 1), -FDT_ERR_BADVALUE);
    assert_int_equal(write_default(GIB, HART_MAX + 1, 1), -FDT_ERR_BADVALUE);
    assert_int_equal(write_default(GIB, 1, 0), -FDT_ERR_BADVALUE);
    assert_int_equal(write_default(GIB, 1, NODE_MAX + 1), -FDT_ERR_BADVALUE);
    assert_int_equal(write_default(0, 1, 1), -FDT_ERR_BADVALUE);
    assert_int_equal(write_default(4 * MIB - 1, 1, 2), -FDT_ERR_BADVALUE);
    assert_int_equal(write_default(UINT64_MAX, 1, 1), -FDT_ERR_BADVALUE);
}

static void a_small_buffer_is_refused(void **state)
{
    struct default_fdt_options options = {GIB, 4, 2, NULL};
    (void)state;
    assert_int_equal(default_fdt_write(tree.bytes, DEFAULT_FDT_BYTES_MAX, &options), 0);
    for (size_t bytes = 0; bytes < fdt_totalsize(tree.bytes); bytes += 8) {
        static struct tree small;
        assert_int_equal(default_fdt_write(small.bytes, bytes, &options), -FDT_ERR_NOSPACE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_node),
        cmocka_unit_test(no_bootargs),
        cmocka_unit_test(memory_and_harts_are_split_among_nodes),
        cmocka_unit_test(the_largest_machine_fits_the_buffer),
        cmocka_unit_test(options_that_cannot_be_are_refused),
        cmocka_unit_test(a_small_buffer_is_refused),
    };
    return cmocka_run_group_tests_name("default_fdt", tests, NULL, NULL);
}
