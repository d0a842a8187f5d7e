/* SPDX-License-Identifier: MIT
 * The boot allocator: from the top, aligned, never twice, nothing lost, nothing changed by a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "boot_allocator.h"
#include "platform_host.h"
#include "random.h"

#define RAM UINT64_C(0x80000000)
#define MIB UINT64_C(0x100000)

static struct memory_map map;
static struct boot_allocator boot;
static struct ram_region left[REGION_MAX];

static void add_free(uint64_t start, uint64_t size, uint32_t node)
{
    map.free[map.free_count++] = (struct ram_region){{{start}, size}, node};
}

/* 1 MiB, a hole of 1 MiB, 2 MiB. */
static int two_regions(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    add_free(RAM, MIB, 0);
    add_free(RAM + 2 * MIB, 2 * MIB, 1);
    boot_allocator_init(&boot, &map);
    return 0;
}

static uint64_t expect_alloc(uint64_t size, uint64_t align)
{
    phys_addr_t addr = {1};
    assert_true(boot_alloc(&boot, size, align, &addr));
    assert_int_equal(addr.value % align, 0);
    return addr.value;
}

static void expect_refused(uint64_t size, uint64_t align)
{
    struct boot_allocator before = boot;
    phys_addr_t addr = {1};
    assert_false(boot_alloc(&boot, size, align, &addr));
    assert_int_equal(addr.value, 1);
    assert_memory_equal(&boot, &before, sizeof(boot));
}

static uint64_t free_bytes(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < boot.free_count; i++) {
        sum += boot.free[i].range.size;
    }
    return sum;
}

static void memory_comes_from_the_end_of_the_highest_region(void **state)
{
    (void)state;
    assert_int_equal(expect_alloc(FRAME_SIZE, FRAME_SIZE), RAM + 4 * MIB - FRAME_SIZE);
    assert_int_equal(expect_alloc(16, 8), RAM + 4 * MIB - FRAME_SIZE - 16);
    assert_int_equal(boot.taken_bytes, FRAME_SIZE + 16);
}

static void what_the_highest_does_not_hold_comes_from_below(void **state)
{
    (void)state;
    (void)expect_alloc(2 * MIB - 16, 1);
    assert_int_equal(expect_alloc(MIB / 2, 16), RAM + MIB / 2);
    assert_int_equal(expect_alloc(16, 16), RAM + 2 * MIB); /* the highest again: it holds this */
}

static void a_region_can_be_taken_whole(void **state)
{
    (void)state;
    assert_int_equal(expect_alloc(2 * MIB, MIB), RAM + 2 * MIB);
    assert_int_equal(boot.free_count, 1);
    assert_int_equal(expect_alloc(MIB, MIB), RAM);
    assert_int_equal(boot.free_count, 0);
    expect_refused(1, 1);
}

static void what_alignment_leaves_above_stays_free(void **state)
{
    (void)state;
    assert_int_equal(expect_alloc(FRAME_SIZE, MIB), RAM + 3 * MIB);
    assert_int_equal(boot.free_count, 3);
    assert_int_equal(free_bytes(), 3 * MIB - FRAME_SIZE);
    assert_int_equal(expect_alloc(FRAME_SIZE, FRAME_SIZE), RAM + 4 * MIB - FRAME_SIZE);
}

static void what_cannot_be_is_refused(void **state)
{
    (void)state;
    expect_refused(0, 1);
    expect_refused(2 * MIB + 1, 1);
    expect_refused(UINT64_MAX, 1);
    expect_refused(1, UINT64_C(1) << 63);
    expect_refused(MIB + 1, 4 * MIB);
}

static void an_alignment_beyond_the_region_is_refused(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    add_free(RAM + FRAME_SIZE, FRAME_SIZE, 0);
    boot_allocator_init(&boot, &map);
    expect_refused(16, MIB);
    assert_int_equal(expect_alloc(16, FRAME_SIZE), RAM + FRAME_SIZE);
}

static void frame_zero_can_be_given(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    add_free(0, FRAME_SIZE, 0);
    boot_allocator_init(&boot, &map);
    assert_int_equal(expect_alloc(FRAME_SIZE, FRAME_SIZE), 0);
}

static void a_full_list_costs_memory_but_no_request(void **state)
{
    (void)state;
    memset(&map, 0, sizeof(map));
    for (uint64_t i = 0; i < REGION_MAX; i++) {
        add_free(RAM + i * 4 * MIB, 2 * MIB, 0);
    }
    boot_allocator_init(&boot, &map);
    uint64_t before = free_bytes();
    uint64_t top = RAM + (uint64_t)(REGION_MAX - 1) * 4 * MIB;
    assert_int_equal(expect_alloc(FRAME_SIZE, MIB), top + MIB);
    assert_int_equal(boot.free_count, REGION_MAX);
    assert_int_equal(boot.taken_bytes, MIB);
    assert_int_equal(free_bytes() + boot.taken_bytes, before);
}

static void finish_gives_whole_frames_and_leaves_nothing(void **state)
{
    (void)state;
    (void)expect_alloc(16, 1);
    assert_int_equal(boot_allocator_finish(&boot, left), 2);
    assert_int_equal(left[0].range.start.value, RAM);
    assert_int_equal(left[0].range.size, MIB);
    assert_int_equal(left[1].range.start.value, RAM + 2 * MIB);
    assert_int_equal(left[1].range.size, 2 * MIB - FRAME_SIZE);
    assert_int_equal(left[1].node, 1);
    expect_refused(1, 1);
    assert_int_equal(boot_allocator_finish(&boot, left), 0);
}

static void finish_drops_what_is_less_than_a_frame(void **state)
{
    (void)state;
    (void)expect_alloc(2 * MIB - FRAME_SIZE + 1, 1);
    assert_int_equal(boot_allocator_finish(&boot, left), 1);
}

static void zeroed_memory_is_zero_where_ram_is_fresh(void **state)
{
    char why[128];
    (void)state;
    assert_true(host_ram_map((struct phys_range){{RAM}, 4 * MIB}, why, sizeof(why)));
    const unsigned char *memory = boot_alloc_zeroed(&boot, 3 * FRAME_SIZE + 5, 64);
    assert_non_null(memory);
    assert_int_equal((uintptr_t)memory % 64, 0);
    for (uint64_t i = 0; i < 3 * FRAME_SIZE + 5; i++) {
        assert_int_equal(memory[i], 0);
    }
    assert_null(boot_alloc_zeroed(&boot, 3 * MIB, 1));
    host_ram_unmap();
}

/* Allocations never overlap, lie in the free regions, and with what is left make up all there was. */
static void P1_random_requests(void **state)
{
    struct random random = {20240521};
    struct phys_range taken[400] = {{{0}, 0}};
    uint32_t count = 0;
    (void)state;
    while (count < 400) {
        uint64_t size = random_between(&random, 1, 6 * FRAME_SIZE);
        uint64_t align = UINT64_C(1) << random_below(&random, 15);
        phys_addr_t addr;
        if (!boot_alloc(&boot, size, align, &addr)) {
            break;
        }
        assert_int_equal(addr.value % align, 0);
        assert_true((addr.value >= RAM && addr.value + size <= RAM + MIB) ||
                    (addr.value >= RAM + 2 * MIB && addr.value + size <= RAM + 4 * MIB));
        for (uint32_t i = 0; i < count; i++) {
            assert_true(addr.value >= taken[i].start.value + taken[i].size ||
                        taken[i].start.value >= addr.value + size);
        }
        taken[count++] = (struct phys_range){addr, size};
    }
    assert_true(count > 100);
    assert_int_equal(free_bytes() + boot.taken_bytes, 3 * MIB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(memory_comes_from_the_end_of_the_highest_region, two_regions),
        cmocka_unit_test_setup(what_the_highest_does_not_hold_comes_from_below, two_regions),
        cmocka_unit_test_setup(a_region_can_be_taken_whole, two_regions),
        cmocka_unit_test_setup(what_alignment_leaves_above_stays_free, two_regions),
        cmocka_unit_test_setup(what_cannot_be_is_refused, two_regions),
        cmocka_unit_test_setup(an_alignment_beyond_the_region_is_refused, two_regions),
        cmocka_unit_test_setup(frame_zero_can_be_given, two_regions),
        cmocka_unit_test_setup(a_full_list_costs_memory_but_no_request, two_regions),
        cmocka_unit_test_setup(finish_gives_whole_frames_and_leaves_nothing, two_regions),
        cmocka_unit_test_setup(finish_drops_what_is_less_than_a_frame, two_regions),
        cmocka_unit_test_setup(zeroed_memory_is_zero_where_ram_is_fresh, two_regions),
        cmocka_unit_test_setup(P1_random_requests, two_regions),
    };
    return cmocka_run_group_tests_name("boot_allocator", tests, NULL, NULL);
}
