/* SPDX-License-Identifier: MIT
 * A machine from its tree to a booted allocator, again and again, every variant; and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "default_fdt.h"
#include "framelab.h"
#include "machine.h"
#include "variant.h"

#define WHY_BYTES 256
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)

static struct host_machine machine;
static struct frame_allocator_config config;
static char why[WHY_BYTES];

static bool open_default(uint64_t memory_bytes, uint32_t harts)
{
    const struct host_machine_options options = {.memory_bytes = memory_bytes, .harts = harts};
    return host_machine_open(&machine, &options, why, sizeof why);
}

/* At rest, with nothing out: the equation holds, and every frame of RAM is served, reserved or metadata. */
static void expect_all_free(void)
{
    struct frame_account account;
    assert_true(frame_allocator_validate(machine.fa, &account));
    assert_int_equal(account.allocated, 0);
    struct frame_stats stats;
    frame_allocator_stats(machine.fa, &stats);
    uint64_t reserved = DEFAULT_FDT_FIRMWARE_BYTES + machine.hotplug.size + machine.boot->taken_bytes;
    uint64_t unaccounted = machine.map->ram[0].range.size - (account.total << FRAME_SHIFT) - reserved;
    assert_in_range(unaccounted, stats.metadata_bytes, stats.metadata_bytes + 8 * FRAME_SIZE);
}

/* Dirties every frame, so that the next boot would trip over memory that is not zero. */
static void dirty_all(void)
{
    pfn_t frame;
    uint64_t count = 0;
    while (frame_alloc_one(machine.fa, &frame) == FRAME_OK) {
        memset(platform_phys_to_virt(frame_addr(frame)), 0xa5, FRAME_SIZE);
        count++;
    }
    struct frame_account account;
    assert_true(frame_allocator_validate(machine.fa, &account));
    assert_int_equal(account.allocated, count);
    assert_int_equal(account.total, count);
}

static void P2_boots_again_and_again(void **state)
{
    (void)state;
    assert_true(open_default(64 * MIB, 2));
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
            frame_allocator_config_init(&config, framelab_variants[i], 2);
            assert_true(host_machine_boot(&machine, &config, 0, why, sizeof why));
            expect_all_free();
            dirty_all();
        }
    }
    host_machine_close(&machine);
}

/* The tree's own frames are served once it has been read. */
static void tree_is_given_back(void **state)
{
    (void)state;
    assert_true(open_default(64 * MIB, 2));
    frame_allocator_config_init(&config, framelab_variants[0], 2);
    assert_true(host_machine_boot(&machine, &config, 0, why, sizeof why));
    uint32_t found = 0;
    pfn_t frame;
    while (frame_alloc_one(machine.fa, &frame) == FRAME_OK) {
        found += frame.value == frame_containing(machine.fdt_addr).value;
    }
    assert_int_equal(found, 1);
    host_machine_close(&machine);
}

/* A buffer larger than the tree in it: RAM is zeroes where the tree is not, since init relies on it. */
static void only_the_tree_comes_into_ram(void **state)
{
    (void)state;
    const struct default_fdt_options tree = {.memory_bytes = 64 * MIB, .harts = 2, .nodes = 1};
    unsigned char *buffer = malloc(DEFAULT_FDT_BYTES_MAX);
    assert_non_null(buffer);
    assert_int_equal(default_fdt_write(buffer, DEFAULT_FDT_BYTES_MAX, &tree), 0);
    uint32_t tree_bytes = fdt_totalsize(buffer);
    memset(buffer + tree_bytes, 0xa5, DEFAULT_FDT_BYTES_MAX - tree_bytes);
    const struct host_machine_options options = {.fdt = buffer, .fdt_bytes = DEFAULT_FDT_BYTES_MAX};
    assert_true(host_machine_open(&machine, &options, why, sizeof why));
    frame_allocator_config_init(&config, framelab_variants[0], 2);
    assert_true(host_machine_boot(&machine, &config, 0, why, sizeof why));
    const unsigned char *ram = platform_phys_to_virt(machine.fdt_addr);
    assert_memory_equal(ram, buffer, tree_bytes);
    for (uint32_t i = tree_bytes; i < DEFAULT_FDT_BYTES_MAX; i++) {
        assert_int_equal(ram[i], 0);
    }
    host_machine_close(&machine);
    free(buffer);
}

static void hotplug_range_is_kept_back(void **state)
{
    (void)state;
    assert_true(open_default(64 * MIB, 2));
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        frame_allocator_config_init(&config, framelab_variants[i], 2);
        assert_true(host_machine_boot(&machine, &config, 8 * MIB, why, sizeof why));
        assert_int_equal(machine.hotplug.size, 8 * MIB);
        assert_int_equal(machine.hotplug.start.value % (2 * MIB), 0);
        expect_all_free();
        struct frame_account before;
        struct frame_account after;
        assert_true(frame_allocator_validate(machine.fa, &before));
        assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, machine.hotplug_node), FRAME_OK);
        assert_true(frame_allocator_validate(machine.fa, &after));
        assert_in_range(after.total, before.total + 8 * MIB / FRAME_SIZE - 64, before.total + 8 * MIB / FRAME_SIZE - 1);
    }
    assert_false(host_machine_boot(&machine, &config, GIB, why, sizeof why));
    assert_non_null(strstr(why, "hot-plug"));
    assert_true(host_machine_boot(&machine, &config, 0, why, sizeof why));
    host_machine_close(&machine);
}

static void refuses_in_one_line(void **state)
{
    (void)state;
    assert_false(open_default(0, 1));
    assert_non_null(strstr(why, "0 bytes"));
    assert_false(open_default(GIB, 0));
    assert_false(open_default(GIB, HART_MAX + 1));
    assert_false(open_default(UINT64_C(1) << 60, 1));
    assert_non_null(strstr(why, "cannot be mapped"));
    const struct host_machine_options broken = {.fdt = "this is no device tree", .fdt_bytes = 22};
    assert_false(host_machine_open(&machine, &broken, why, sizeof why));
    const struct host_machine_options empty = {.fdt = "", .fdt_bytes = 0};
    assert_false(host_machine_open(&machine, &empty, why, sizeof why));
    assert_null(strchr(why, '\n'));
    assert_true(open_default(2 * MIB, 1));
    frame_allocator_config_init(&config, framelab_variants[0], HART_MAX);
    config.magazine = MAGAZINE_MAX;
    assert_false(host_machine_boot(&machine, &config, 0, why, sizeof why));
    assert_non_null(strstr(why, "cannot be built"));
    host_machine_close(&machine);
}

static void one_call_opens(void **state)
{
    (void)state;
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        struct frame_allocator *fa = framelab_open(framelab_variants[i]->name, 64 * MIB, 2);
        assert_non_null(fa);
        pfn_t frame;
        assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
        assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
        framelab_close(fa);
    }
    assert_null(framelab_open("no-such-variant", 64 * MIB, 2));
    assert_null(framelab_open(framelab_variants[0]->name, 64 * MIB, 0));
    assert_null(framelab_open_fdt(framelab_variants[0]->name, "?", 1, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P2_boots_again_and_again),     cmocka_unit_test(tree_is_given_back),
        cmocka_unit_test(only_the_tree_comes_into_ram), cmocka_unit_test(hotplug_range_is_kept_back),
        cmocka_unit_test(refuses_in_one_line),          cmocka_unit_test(one_call_opens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
