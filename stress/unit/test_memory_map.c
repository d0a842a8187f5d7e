/* SPDX-License-Identifier: MIT
 * Device tree to memory map: every ordinary and every hostile input that design.md lists, each on its own. */
#include "tree_builder.h"

#define RAM UINT64_C(0x80000000)
#define MIB UINT64_C(0x100000)
#define GIB UINT64_C(0x40000000)
#define TOP_FRAME (UINT64_MAX - FRAME_SIZE + 1)

static void expect_sound(void)
{
    expect_read();
    const char *broken = map_broken(&map);
    if (broken != NULL) {
        fail_msg("%s", broken);
    }
}

/* ---- RAM ----------------------------------------------------------------------------------------------------- */

static void one_memory_node(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
    expect_ram(0, RAM, RAM + GIB);
    assert_int_equal(map.free_count, 1);
    expect_free(0, RAM, RAM + GIB);
    assert_int_equal(map.reserved_count, 0);
    assert_int_equal(map.hart_count, 1);
    assert_int_equal(map.node_count, 1);
    assert_string_equal(map.bootargs, "");
    assert_int_equal(map.fdt.size, 0);
}

static void several_memory_nodes_in_descending_order(void **state)
{
    (void)state;
    tree_open();
    tree_memory(8 * GIB, GIB);
    tree_memory(4 * GIB, GIB);
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 3);
    expect_ram(0, RAM, RAM + GIB);
    expect_ram(1, 4 * GIB, 5 * GIB);
    expect_ram(2, 8 * GIB, 9 * GIB);
}

static void several_ranges_in_one_node(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory@0");
    tree_text("device_type", "memory");
    tree_cells("reg", U64(0), U64(MIB), U64(RAM), U64(GIB), U64(16 * GIB), U64(GIB));
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 3);
    expect_ram(2, 16 * GIB, 17 * GIB);
}

static void a_node_named_memory_needs_no_device_type(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory@80000000");
    tree_cells("reg", U64(RAM), U64(GIB));
    tree_end();
    tree_node("memory");
    tree_cells("reg", U64(8 * GIB), U64(GIB));
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 2);
}

static void a_device_type_needs_no_name(void **state)
{
    (void)state;
    tree_open();
    tree_node("dimm@80000000");
    tree_text("device_type", "memory");
    tree_cells("reg", U64(RAM), U64(GIB));
    tree_end();
    tree_close();
    expect_sound();
    expect_ram(0, RAM, RAM + GIB);
}

static void what_only_sounds_like_memory_is_none(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("memory-controller@1000");
    tree_cells("reg", U64(0x1000), U64(GIB));
    tree_end();
    tree_node("memory@2000");
    tree_text("device_type", "memory-cache");
    tree_cells("reg", U64(0x2000), U64(GIB));
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
}

static void a_disabled_node_is_skipped_and_counted(void **state)
{
    static const char *const states[] = {"disabled", "reserved", "fail-ecc", "okay", "ok"};
    (void)state;
    tree_open();
    for (uint64_t i = 0; i < 5; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "memory@%x", (uint32_t)i);
        tree_node(name);
        tree_text("device_type", "memory");
        tree_text("status", states[i]);
        tree_cells("reg", U64(i * 2 * GIB), U64(GIB));
        tree_end();
    }
    tree_close();
    expect_sound();
    assert_int_equal(map.disabled_memory_nodes, 3);
    assert_int_equal(map.ram_count, 2);
    expect_ram(0, 6 * GIB, 7 * GIB);
    expect_ram(1, 8 * GIB, 9 * GIB);
}

static void zero_sizes_are_skipped(void **state)
{
    (void)state;
    tree_open();
    tree_memory(0, 0);
    tree_memory(RAM, GIB);
    tree_memory(RAM + MIB, 0);
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
}

static void memory_left_to_firmware_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, 0);
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "no usable /memory node: 1 enabled (1 of size zero");
}

static void no_memory_node_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "no usable /memory node: 0 enabled");
}

static void a_memory_node_without_reg_is_empty(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory");
    tree_text("device_type", "memory");
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "1 of size zero");
}

static void only_disabled_memory_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory@0");
    tree_text("status", "disabled");
    tree_cells("reg", U64(0), U64(GIB));
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "0 enabled (0 of size zero, left to firmware), 1 disabled");
}

static void overlapping_ranges_are_one(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_memory(RAM + 3 * GIB, GIB);
    tree_memory(RAM + MIB, MIB);               /* inside */
    tree_memory(RAM + GIB - MIB, 2 * MIB);     /* over the end */
    tree_memory(RAM + 3 * GIB - MIB, 3 * GIB); /* around another */
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 2);
    expect_ram(0, RAM, RAM + GIB + MIB);
    expect_ram(1, RAM + 3 * GIB - MIB, RAM + 6 * GIB - MIB);
}

static void one_range_swallows_several(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM + 1 * MIB, MIB);
    tree_memory(RAM + 3 * MIB, MIB);
    tree_memory(RAM + 5 * MIB, MIB);
    tree_memory(RAM, 6 * MIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
    expect_ram(0, RAM, RAM + 6 * MIB);
}

static void touching_ranges_are_one_and_keep_the_frame_at_the_seam(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM + 0x1800, 0x1800);
    tree_memory(RAM, 0x1800);
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
    expect_free(0, RAM, RAM + 0x3000);
}

static void many_touching_ranges_are_one(void **state)
{
    (void)state;
    tree_open();
    for (uint64_t i = 0; i < 1000; i++) { /* a server that lists its memory in blocks */
        tree_memory(RAM + i * 256 * MIB, 256 * MIB);
    }
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
    expect_ram(0, RAM, RAM + 250 * GIB);
}

static void P3_unaligned_edges_are_cut_inward(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM + 1, 3 * FRAME_SIZE);
    tree_close();
    expect_sound();
    expect_ram(0, RAM + 1, RAM + 3 * FRAME_SIZE + 1);
    assert_int_equal(map.free_count, 1);
    expect_free(0, RAM + FRAME_SIZE, RAM + 3 * FRAME_SIZE);
}

static void less_than_a_frame_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM + 1, 2 * FRAME_SIZE - 2);
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "no whole frame");
}

static void frame_zero_is_ordinary_ram(void **state)
{
    (void)state;
    tree_open();
    tree_memory(0, FRAME_SIZE);
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 1);
    expect_free(0, 0, FRAME_SIZE);
}

static void a_range_that_wraps_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(UINT64_MAX - MIB, 2 * MIB);
    tree_close();
    expect_refused(MEMORY_MAP_WRAPS, "/memory@ffffffffffefffff: 0x200000 bytes at 0xffffffffffefffff wrap around");
}

static void a_range_that_wraps_by_one_byte_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(UINT64_MAX, 2);
    tree_close();
    expect_refused(MEMORY_MAP_WRAPS, "wrap around");
}

static void a_range_up_to_the_very_end_loses_the_last_frame(void **state)
{
    (void)state;
    tree_open();
    tree_memory(UINT64_MAX - GIB + 1, GIB);
    tree_close();
    expect_sound();
    expect_ram(0, UINT64_MAX - GIB + 1, TOP_FRAME);
    expect_free(0, UINT64_MAX - GIB + 1, TOP_FRAME);
}

static void only_the_last_frame_is_no_memory(void **state)
{
    (void)state;
    tree_open();
    tree_memory(TOP_FRAME, FRAME_SIZE);
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "no usable /memory node");
}

static void the_whole_address_space_is_ram(void **state)
{
    (void)state;
    tree_open();
    tree_memory(0, UINT64_MAX);
    tree_close();
    expect_sound();
    expect_ram(0, 0, TOP_FRAME);
}

static void as_many_regions_as_fit(void **state)
{
    (void)state;
    tree_open();
    for (uint64_t i = 0; i < REGION_MAX; i++) {
        tree_memory(RAM + i * 2 * MIB, MIB);
    }
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, REGION_MAX);
}

static void one_region_too_many_is_refused(void **state)
{
    (void)state;
    tree_open();
    for (uint64_t i = 0; i <= REGION_MAX; i++) {
        tree_memory(RAM + i * 2 * MIB, MIB);
    }
    tree_close();
    expect_refused(MEMORY_MAP_TOO_MANY, "more than 256 RAM regions");
}

static void extent_is_whole_frames_around_all_ram(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM + 1, GIB);
    tree_memory(8 * GIB, GIB + 1);
    tree_close();
    expect_sound();
    struct phys_range extent = memory_map_extent(&map);
    assert_int_equal(extent.start.value, RAM);
    assert_int_equal(extent.start.value + extent.size, 9 * GIB + FRAME_SIZE);
}

/* ---- cells --------------------------------------------------------------------------------------------------- */

static void one_cell_each(void **state)
{
    (void)state;
    tree_open_reserving(1, 1, NULL, 0);
    tree_node("memory@80000000");
    tree_cells("reg", 0x80000000, 0x40000000);
    tree_end();
    tree_close();
    expect_sound();
    expect_ram(0, RAM, RAM + GIB);
}

static void two_and_one_where_the_tree_says_nothing(void **state)
{
    (void)state;
    assert_int_equal(fdt_create(tree.bytes, TREE_BYTES), 0);
    assert_int_equal(fdt_finish_reservemap(tree.bytes), 0);
    tree_node("");
    tree_node("memory@80000000");
    tree_cells("reg", 1, 0x80000000, 0x40000000);
    tree_end();
    tree_close();
    expect_sound();
    expect_ram(0, 4 * GIB + RAM, 4 * GIB + RAM + GIB);
}

static void four_cells_that_fit_64_bits(void **state)
{
    (void)state;
    tree_open_reserving(4, 3, NULL, 0);
    tree_node("memory@180000000");
    tree_cells("reg", 0, 0, 1, 0x80000000, 0, 2, 0x40000000);
    tree_end();
    tree_close();
    expect_sound();
    expect_ram(0, 4 * GIB + RAM, 4 * GIB + RAM + 9 * GIB);
}

static void an_address_beyond_64_bits_is_refused(void **state)
{
    (void)state;
    tree_open_reserving(3, 2, NULL, 0);
    tree_node("memory@80000000");
    tree_cells("reg", 0x02000000, U64(RAM), U64(GIB)); /* PCI's phys.hi */
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/memory@80000000: reg has a number of more than 64 bits");
}

static void a_size_beyond_64_bits_is_refused(void **state)
{
    (void)state;
    tree_open_reserving(2, 3, NULL, 0);
    tree_node("memory@80000000");
    tree_cells("reg", U64(RAM), 1, U64(GIB));
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "more than 64 bits");
}

static void five_cells_are_refused(void **state)
{
    (void)state;
    tree_open_reserving(5, 2, NULL, 0);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/: #address-cells is not a cell of 0 to 4");
}

static void a_cell_count_of_the_wrong_length_is_refused(void **state)
{
    (void)state;
    assert_int_equal(fdt_create(tree.bytes, TREE_BYTES), 0);
    assert_int_equal(fdt_finish_reservemap(tree.bytes), 0);
    tree_node("");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 0, 2);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "#size-cells is not a cell");
}

static void no_address_cells_are_refused(void **state)
{
    (void)state;
    tree_open_reserving(0, 2, NULL, 0);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "does not fit 0 address and 2 size cells");
}

static void no_size_cells_are_no_memory(void **state)
{
    (void)state;
    tree_open_reserving(2, 0, NULL, 0);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "1 of size zero");
}

static void a_reg_that_is_no_multiple_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory@80000000");
    tree_cells("reg", U64(RAM), U64(GIB), 1);
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/memory@80000000: reg of 20 bytes does not fit 2 address and 2 size cells");
}

/* ---- reservations -------------------------------------------------------------------------------------------- */

static void P3_reservation_block_is_not_free(void **state)
{
    static const uint64_t pairs[] = {RAM, MIB, RAM + 16 * MIB, 2 * MIB, RAM + 32 * MIB, 0};
    (void)state;
    tree_open_reserving(2, 2, pairs, 3);
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.reserved_count, 2);
    assert_int_equal(map.reserved[0].kind, RESERVATION_BLOCK);
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM + MIB, RAM + 16 * MIB);
    expect_free(1, RAM + 18 * MIB, RAM + GIB);
}

static void a_reservation_block_entry_that_wraps_is_refused(void **state)
{
    static const uint64_t pairs[] = {UINT64_MAX - MIB, 2 * MIB};
    (void)state;
    tree_open_reserving(2, 2, pairs, 1);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_WRAPS, "reservation memreserve");
}

static void a_reservation_up_to_the_very_end_is_harmless(void **state)
{
    static const uint64_t pairs[] = {UINT64_MAX - MIB + 1, MIB};
    (void)state;
    tree_open_reserving(2, 2, pairs, 1);
    tree_memory(UINT64_MAX - GIB + 1, GIB);
    tree_close();
    expect_sound();
    expect_free(0, UINT64_MAX - GIB + 1, UINT64_MAX - MIB + 1);
}

static void P3_reserved_memory_with_and_without_no_map(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_bytes("ranges", NULL, 0);
    tree_node("mmode_resv0@80000000");
    tree_cells("reg", U64(RAM), U64(MIB / 2));
    tree_bytes("no-map", NULL, 0);
    tree_end();
    tree_node("framebuffer");
    tree_cells("reg", U64(RAM + 2 * MIB), U64(MIB), U64(RAM + 4 * MIB), U64(MIB));
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.reserved_count, 3);
    assert_string_equal(map.reserved[0].name, "mmode_resv0@80000000");
    assert_int_equal(map.reserved[0].kind, RESERVATION_NODE);
    assert_true(map.reserved[0].no_map);
    assert_false(map.reserved[1].no_map);
    assert_int_equal(map.free_count, 3);
    expect_free(0, RAM + MIB / 2, RAM + 2 * MIB);
    expect_free(1, RAM + 3 * MIB, RAM + 4 * MIB);
    expect_free(2, RAM + 5 * MIB, RAM + GIB);
}

static void reserved_memory_has_cells_of_its_own(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 1);
    tree_cells("#size-cells", 1);
    tree_node("one");
    tree_cells("reg", 0x80000000, 0x100000);
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    expect_free(0, RAM + MIB, RAM + GIB);
}

static void a_reservation_without_address_takes_nothing(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_node("linux,cma");
    tree_text("compatible", "shared-dma-pool");
    tree_cells("size", U64(64 * MIB));
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.reserved_count, 0);
    expect_free(0, RAM, RAM + GIB);
}

static void a_disabled_reservation_is_not_in_force(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_node("off");
    tree_text("status", "disabled");
    tree_cells("reg", U64(RAM), U64(MIB));
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    expect_free(0, RAM, RAM + GIB);
}

static void a_reserved_memory_that_translates_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_cells("ranges", U64(0), U64(RAM), U64(GIB));
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/reserved-memory: a ranges property that translates");
}

static void a_reserved_memory_reg_that_is_no_multiple_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_node("odd");
    tree_cells("reg", U64(RAM), 1);
    tree_end();
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/reserved-memory/odd: reg of 12 bytes");
}

static void a_reserved_memory_that_wraps_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_reserved(UINT64_MAX, UINT64_MAX);
    tree_close();
    expect_refused(MEMORY_MAP_WRAPS, "reservation one: 0xffffffffffffffff bytes at 0xffffffffffffffff wrap around");
}

static void P3_reservations_are_rounded_outward(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_reserved(RAM + 2 * FRAME_SIZE - 1, 2);
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + FRAME_SIZE);
    expect_free(1, RAM + 3 * FRAME_SIZE, RAM + GIB);
}

static void P3_a_reservation_at_an_unaligned_end_of_ram(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM + 1, 2 * MIB);
    tree_reserved(RAM, FRAME_SIZE + 1);
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 1);
    expect_free(0, RAM + 2 * FRAME_SIZE, RAM + 2 * MIB);
}

static void overlapping_reservations(void **state)
{
    static const uint64_t pairs[] = {RAM + MIB, 4 * MIB, RAM + 2 * MIB, MIB, RAM + 4 * MIB, 4 * MIB};
    (void)state;
    tree_open_reserving(2, 2, pairs, 3);
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + MIB);
    expect_free(1, RAM + 8 * MIB, RAM + GIB);
}

static void a_reservation_outside_ram_is_kept_and_harmless(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_reserved(0x1000, 0x1000);
    tree_close();
    expect_sound();
    assert_int_equal(map.reserved_count, 1);
    expect_free(0, RAM, RAM + GIB);
}

static void a_reservation_across_several_ram_regions(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, MIB);
    tree_memory(RAM + 2 * MIB, MIB);
    tree_memory(RAM + 4 * MIB, MIB);
    tree_reserved(RAM + MIB / 2, 4 * MIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + MIB / 2);
    expect_free(1, RAM + 4 * MIB + MIB / 2, RAM + 5 * MIB);
}

static void nothing_left_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_reserved(0, 16 * GIB);
    tree_close();
    expect_refused(MEMORY_MAP_NO_MEMORY, "reservations leave no whole frame");
}

static void too_many_reservations_are_refused(void **state)
{
    static uint64_t pairs[2 * (REGION_MAX + 1)];
    (void)state;
    for (uint64_t i = 0; i <= REGION_MAX; i++) {
        pairs[2 * i] = i * FRAME_SIZE;
        pairs[2 * i + 1] = FRAME_SIZE;
    }
    tree_open_reserving(2, 2, pairs, REGION_MAX + 1);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_TOO_MANY, "more than 256 reservations");
}

static void reservations_that_shred_ram_are_refused(void **state)
{
    static uint64_t pairs[2 * REGION_MAX];
    (void)state;
    for (uint64_t i = 0; i < REGION_MAX; i++) {
        pairs[2 * i] = RAM + (2 * i + 1) * FRAME_SIZE;
        pairs[2 * i + 1] = FRAME_SIZE;
    }
    tree_open_reserving(2, 2, pairs, REGION_MAX);
    tree_memory(RAM, GIB);
    tree_close();
    expect_refused(MEMORY_MAP_TOO_MANY, "more than 256 free regions");
}

static void a_long_name_is_cut(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_node("a-name-of-more-than-thirty-one-characters");
    tree_cells("reg", U64(RAM), U64(MIB));
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_string_equal(map.reserved[0].name, "a-name-of-more-than-thirty-one-");
}

/* ---- kernel and the tree itself ------------------------------------------------------------------------------ */

static enum memory_map_status read_with(uint64_t fdt_at, const struct phys_range *kernel)
{
    return blob_read(tree.bytes, fdt_totalsize(tree.bytes), fdt_at, kernel);
}

static void P3_the_kernel_is_not_free(void **state)
{
    struct phys_range kernel = {{RAM + 2 * MIB}, 3 * MIB + 1};
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(read_with(UINT64_MAX, &kernel), MEMORY_MAP_OK);
    assert_null(map_broken(&map));
    assert_int_equal(map.reserved[0].kind, RESERVATION_KERNEL);
    expect_free(0, RAM, RAM + 2 * MIB);
    expect_free(1, RAM + 5 * MIB + FRAME_SIZE, RAM + GIB);
}

static void a_kernel_that_wraps_is_refused(void **state)
{
    struct phys_range kernel = {{UINT64_MAX}, 2};
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(read_with(UINT64_MAX, &kernel), MEMORY_MAP_WRAPS);
    assert_non_null(strstr(why, "reservation kernel"));
}

static void P3_the_tree_is_not_free_until_released(void **state)
{
    struct ram_region out[REGION_MAX];
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(read_with(RAM + MIB + 8, NULL), MEMORY_MAP_OK);
    assert_null(map_broken(&map));
    assert_int_equal(map.fdt.start.value, RAM + MIB + 8);
    assert_int_equal(map.fdt.size, fdt_totalsize(tree.bytes));
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + MIB);
    expect_free(1, RAM + MIB + FRAME_SIZE, RAM + GIB);

    assert_int_equal(memory_map_release_fdt(&map, out, REGION_MAX), 1);
    expect_region(out[0], RAM + MIB, RAM + MIB + FRAME_SIZE, 0);
    assert_int_equal(map.free_count, 1);
    expect_free(0, RAM, RAM + GIB);
    assert_int_equal(map.reserved_count, 0);
    assert_null(map_broken(&map));
}

static void a_second_release_gives_nothing(void **state)
{
    struct ram_region out[REGION_MAX];
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(read_with(RAM, NULL), MEMORY_MAP_OK);
    assert_int_equal(memory_map_release_fdt(&map, out, REGION_MAX), 1);
    assert_int_equal(memory_map_release_fdt(&map, out, REGION_MAX), 0);
}

static void a_tree_outside_ram_is_never_released(void **state)
{
    struct ram_region out[REGION_MAX];
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(read_with(0x1000, NULL), MEMORY_MAP_OK);
    assert_int_equal(map.fdt.size, 0);
    assert_int_equal(memory_map_release_fdt(&map, out, REGION_MAX), 0);
}

static void P3_release_respects_other_reservations(void **state)
{
    static const uint64_t pairs[] = {RAM + MIB + FRAME_SIZE, 1};
    struct ram_region out[REGION_MAX];
    (void)state;
    tree_open_reserving(2, 2, pairs, 1);
    tree_memory(RAM, GIB);
    tree_node("padding");
    static const unsigned char zeroes[3 * FRAME_SIZE];
    tree_bytes("zeroes", zeroes, sizeof(zeroes));
    tree_end();
    tree_close();
    assert_int_equal(read_with(RAM + MIB, NULL), MEMORY_MAP_OK);
    struct memory_map before = map;

    assert_int_equal(memory_map_release_fdt(&map, out, 1), 0); /* two pieces: not released by halves */
    assert_memory_equal(&map, &before, sizeof(map));

    assert_int_equal(memory_map_release_fdt(&map, out, 2), 2);
    expect_region(out[0], RAM + MIB, RAM + MIB + FRAME_SIZE, 0);
    expect_region(out[1], RAM + MIB + 2 * FRAME_SIZE, RAM + MIB + 4 * FRAME_SIZE, 0);
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + MIB + FRAME_SIZE);
    expect_free(1, RAM + MIB + 2 * FRAME_SIZE, RAM + GIB);
    assert_null(map_broken(&map));
}

static void a_tree_that_would_wrap_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(read_with(UINT64_MAX - 7, NULL), MEMORY_MAP_WRAPS);
}

/* ---- /chosen ------------------------------------------------------------------------------------------------- */

/* Opens a tree with RAM and an open /chosen. */
static void open_chosen(void)
{
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("chosen");
}

static void close_chosen(void)
{
    tree_end();
    tree_close();
}

static void P3_initrd_of_one_cell(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,initrd-start", 0x84000000);
    tree_cells("linux,initrd-end", 0x84000801);
    close_chosen();
    expect_sound();
    assert_int_equal(map.reserved[0].kind, RESERVATION_INITRD);
    assert_int_equal(map.reserved[0].range.size, 0x801);
    expect_free(0, RAM, 0x84000000);
    expect_free(1, 0x84001000, RAM + GIB);
}

static void P3_initrd_of_two_cells_and_of_one_and_two(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,initrd-start", U64(0x84000000));
    tree_cells("linux,initrd-end", 0x84002000);
    close_chosen();
    expect_sound();
    assert_int_equal(map.reserved[0].range.size, 0x2000);
}

static void an_empty_initrd_is_none(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,initrd-start", 0);
    tree_cells("linux,initrd-end", 0);
    close_chosen();
    expect_sound();
    assert_int_equal(map.reserved_count, 0);
}

static void an_initrd_with_one_end_reserves_nothing_and_is_told(void **state)
{
    static const char *const ends[] = {"linux,initrd-start", "linux,initrd-end"};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        open_chosen();
        tree_cells(ends[i], 0x84000000);
        close_chosen();
        expect_sound();
        assert_int_equal(map.reserved_count, 0);
        assert_int_equal(map.notes, 1 << MEMORY_MAP_NOTE_INITRD);
    }
}

static void an_initrd_that_ends_before_it_starts_is_refused(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,initrd-start", 0x84001000);
    tree_cells("linux,initrd-end", 0x84000000);
    close_chosen();
    expect_refused(MEMORY_MAP_BAD_CHOSEN, "ends before it starts");
}

static void an_initrd_of_three_cells_is_refused(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,initrd-start", 0, 0, 0x84000000);
    tree_cells("linux,initrd-end", 0x84001000);
    close_chosen();
    expect_refused(MEMORY_MAP_BAD_CHOSEN, "linux,initrd-start is not one or two cells");
}

/* ---- other memory that /chosen takes away --------------------------------------------------------------------- */

static void P3_ranges_of_chosen_are_reserved(void **state)
{
    static const char *const names[] = {"linux,elfcorehdr", "linux,ima-kexec-buffer"};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        open_chosen();
        tree_cells(names[i], U64(0x84000000), U64(0x1800));
        close_chosen();
        expect_sound();
        assert_int_equal(map.reserved[0].kind, RESERVATION_CHOSEN);
        assert_string_equal(map.reserved[0].name, names[i]);
        expect_free(0, RAM, 0x84000000);
        expect_free(1, 0x84002000, RAM + GIB);
    }
}

static void P3_bounds_of_chosen_are_reserved(void **state)
{
    static const struct {
        const char *start, *other;
        uint64_t value;
    } cases[] = {{"linux,crashkernel-base", "linux,crashkernel-size", 0x2000},
                 {"linux,tce-alloc-start", "linux,tce-alloc-end", 0x84002000}};
    (void)state;
    for (uint32_t i = 0; i < 2; i++) {
        open_chosen();
        tree_cells(cases[i].start, U64(0x84000000));
        tree_cells(cases[i].other, U64(cases[i].value));
        close_chosen();
        expect_sound();
        assert_int_equal(map.reserved_count, 1);
        expect_free(0, RAM, 0x84000000);
        expect_free(1, 0x84002000, RAM + GIB);

        open_chosen();
        tree_cells(cases[i].start, U64(0x84000000));
        close_chosen();
        expect_refused(MEMORY_MAP_BAD_CHOSEN, "has only one end");
    }
}

static void a_range_of_chosen_that_is_none_is_refused(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,elfcorehdr", 0x84000000, 0x1000);
    close_chosen();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/chosen: linux,elfcorehdr of 8 bytes");
}

static void memory_taken_away_by_what_the_tree_does_not_list_is_refused(void **state)
{
    static const char *const names[] = {"linux,uefi-mmap-start", "linux,kho-fdt", "linux,kho-scratch",
                                        "linux,memory-limit"};
    (void)state;
    for (uint32_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        open_chosen();
        tree_cells(names[i], U64(0x84000000), U64(0x1000));
        close_chosen();
        expect_refused(MEMORY_MAP_BAD_CHOSEN, names[i]);
    }
}

static void P3_modules_and_framebuffers_below_chosen_are_reserved(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("#address-cells", 1);
    tree_cells("#size-cells", 1);
    tree_node("module@84000000");
    tree_cells("reg", 0x84000000, 0x1000);
    tree_end();
    tree_node("framebuffer@85000000");
    tree_text("status", "disabled");
    tree_cells("reg", 0x85000000, 0x1000);
    tree_end();
    tree_node("domU1"); /* a domain of Xen's, with a module of its own */
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_node("module@86000000");
    tree_cells("reg", U64(0x86000000), U64(0x1000));
    tree_end();
    tree_end();
    close_chosen();
    expect_sound();
    assert_int_equal(map.reserved_count, 2);
    assert_string_equal(map.reserved[0].name, "module@84000000");
    expect_free(0, RAM, 0x84000000);
    expect_free(1, 0x84001000, 0x86000000);
    expect_free(2, 0x86001000, RAM + GIB);
}

static void P3_reserved_ranges_of_the_root(void **state)
{
    (void)state;
    tree_open();
    tree_cells("reserved-ranges", U64(0x84000000), U64(0x1000), U64(0x85000000), U64(0x1000));
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.reserved_count, 2);
    assert_int_equal(map.free_count, 3);
}

/* ---- what of memory may be used -------------------------------------------------------------------------------- */

static void P3_only_the_usable_range_is_free(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,usable-memory-range", U64(0xa0000000), U64(0x8000000));
    close_chosen();
    expect_sound();
    assert_int_equal(map.ram_count, 1);
    assert_int_equal(map.free_count, 1);
    expect_free(0, 0xa0000000, 0xa8000000);
    assert_int_equal(map.reserved[0].kind, RESERVATION_LIMIT);
    assert_string_equal(map.reserved[0].name, "linux,usable-memory-range");
}

static void P3_several_usable_ranges_over_edges_of_ram_and_frames(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_memory(8 * GIB, GIB);
    tree_node("chosen");
    tree_cells("linux,usable-memory-range", U64(8 * GIB + 0x800), U64(2 * GIB), U64(0), U64(RAM + 0x1fff));
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + 0x1000);
    expect_free(1, 8 * GIB + 0x1000, 9 * GIB);
}

static void usable_ranges_that_leave_nothing_or_are_none_are_refused(void **state)
{
    (void)state;
    open_chosen();
    tree_cells("linux,usable-memory-range", U64(8 * GIB), U64(GIB));
    close_chosen();
    expect_refused(MEMORY_MAP_NO_MEMORY, "reservations leave no whole frame of RAM free");

    open_chosen();
    tree_bytes("linux,usable-memory-range", NULL, 0);
    close_chosen();
    expect_refused(MEMORY_MAP_NO_MEMORY, "reservations leave no whole frame of RAM free");

    open_chosen();
    tree_cells("linux,usable-memory-range", U64(RAM), 0x1000);
    close_chosen();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/chosen: linux,usable-memory-range of 12 bytes");

    open_chosen();
    tree_cells("linux,usable-memory-range", U64(RAM), U64(UINT64_MAX));
    close_chosen();
    expect_refused(MEMORY_MAP_WRAPS, "linux,usable-memory-range");
}

static void P3_usable_memory_of_a_memory_node(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("memory@200000000");
    tree_text("device_type", "memory");
    tree_cells("reg", U64(8 * GIB), U64(GIB), U64(12 * GIB), U64(GIB));
    tree_cells("linux,usable-memory", U64(8 * GIB + MIB), U64(MIB), U64(0), U64(0), U64(4 * GIB), U64(GIB));
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 2);
    expect_free(0, RAM, RAM + GIB); /* a node that says nothing is limited by no other */
    expect_free(1, 8 * GIB + MIB, 8 * GIB + 2 * MIB);
}

static void bootargs_are_kept(void **state)
{
    (void)state;
    open_chosen();
    tree_text("bootargs", "console=ttyS0 ro");
    close_chosen();
    expect_sound();
    assert_string_equal(map.bootargs, "console=ttyS0 ro");
}

static void the_longest_bootargs(void **state)
{
    static char text[BOOTARGS_MAX];
    (void)state;
    memset(text, 'x', BOOTARGS_MAX - 1);
    open_chosen();
    tree_text("bootargs", text);
    close_chosen();
    expect_sound();
    assert_string_equal(map.bootargs, text);
}

static void of_longer_bootargs_the_beginning_is_kept(void **state)
{
    static const size_t lengths[] = {BOOTARGS_MAX, 2579, 40000};
    static char text[40001];
    (void)state;
    for (uint32_t i = 0; i < 3; i++) {
        memset(text, 'x', lengths[i]);
        text[lengths[i]] = '\0';
        open_chosen();
        tree_text("bootargs", text);
        close_chosen();
        expect_sound();
        assert_int_equal(strlen(map.bootargs), BOOTARGS_MAX - 1);
        assert_int_equal(map.notes, 1 << MEMORY_MAP_NOTE_BOOTARGS);
    }
}

static void bootargs_without_end_are_told(void **state)
{
    (void)state;
    open_chosen();
    tree_bytes("bootargs", "abc", 3);
    close_chosen();
    expect_sound();
    assert_string_equal(map.bootargs, "abc");
    assert_int_equal(map.notes, 1 << MEMORY_MAP_NOTE_BOOTARGS);
}

static void empty_bootargs_are_none(void **state)
{
    (void)state;
    open_chosen();
    tree_bytes("bootargs", NULL, 0);
    close_chosen();
    expect_sound();
    assert_string_equal(map.bootargs, "");
}

/* ---- the blob ------------------------------------------------------------------------------------------------ */

static void no_blob_is_refused(void **state)
{
    (void)state;
    assert_int_equal(memory_map_read(&map, NULL, 100, NULL, NULL, why, sizeof(why)), MEMORY_MAP_BROKEN_FDT);
    assert_string_equal(why, "the tree is empty");
    assert_int_equal(blob_read(tree.bytes, 0, UINT64_MAX, NULL), MEMORY_MAP_BROKEN_FDT);
}

static void a_misaligned_blob_is_refused(void **state)
{
    static _Alignas(8) unsigned char shifted[TREE_BYTES + 8];
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    for (uint32_t shift = 1; shift < 8; shift++) {
        memcpy(shifted + shift, tree.bytes, fdt_totalsize(tree.bytes));
        assert_int_equal(memory_map_read(&map, shifted + shift, TREE_BYTES, NULL, NULL, why, sizeof(why)),
                         MEMORY_MAP_MISALIGNED);
    }
    assert_non_null(strstr(why, "not 8-byte aligned"));
}

static void a_misaligned_structure_block_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    uint32_t total = fdt_totalsize(tree.bytes);
    uint32_t at = fdt_off_dt_struct(tree.bytes);
    memmove(tree.bytes + at + 2, tree.bytes + at, total - at);
    fdt_set_off_dt_struct(tree.bytes, at + 2);
    fdt_set_off_dt_strings(tree.bytes, fdt_off_dt_strings(tree.bytes) + 2);
    fdt_set_totalsize(tree.bytes, total + 2);
    expect_refused(MEMORY_MAP_MISALIGNED, "structure block at offset");
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_reserved(RAM, MIB);
    tree_close();
    uint32_t total = fdt_totalsize(tree.bytes);
    for (uint32_t bytes = 0; bytes < total; bytes++) {
        assert_int_equal(blob_read(tree.bytes, bytes, UINT64_MAX, NULL), MEMORY_MAP_BROKEN_FDT);
        assert_true(why[0] != '\0');
    }
    assert_non_null(strstr(why, "cut off: the header says"));
}

static void a_truncation_that_the_header_admits_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    uint32_t total = fdt_totalsize(tree.bytes);
    for (uint32_t bytes = 40; bytes < total; bytes += 4) {
        fdt_set_totalsize(tree.bytes, bytes);
        assert_int_equal(blob_read(tree.bytes, bytes, UINT64_MAX, NULL), MEMORY_MAP_BROKEN_FDT);
    }
}

static void bytes_after_the_tree_are_no_matter(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    assert_int_equal(blob_read(tree.bytes, fdt_totalsize(tree.bytes) + 4096, UINT64_MAX, NULL), MEMORY_MAP_OK);
}

static void a_wrong_magic_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    tree.bytes[0] ^= 1;
    expect_refused(MEMORY_MAP_BROKEN_FDT, "FDT_ERR_BADMAGIC");
}

static void a_tree_without_root_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    fdt32_t *first = (fdt32_t *)(void *)(tree.bytes + fdt_off_dt_struct(tree.bytes));
    *first = cpu_to_fdt32(FDT_END);
    expect_refused(MEMORY_MAP_BROKEN_FDT, "does not begin with a root node");
}

static void an_ancient_version_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    fdt_set_version(tree.bytes, 5); /* of these, libfdt 1.6 crashes on a root without a slash, like this one */
    fdt_set_last_comp_version(tree.bytes, 2);
    expect_refused(MEMORY_MAP_BROKEN_FDT, "version 5 of the format, at least 16 is needed");
}

static void version_16_is_read(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    fdt_set_version(tree.bytes, 16);
    expect_sound();
    expect_ram(0, RAM, RAM + GIB);
}

static void an_unfinished_tree_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    assert_int_equal(blob_read(tree.bytes, TREE_BYTES, UINT64_MAX, NULL), MEMORY_MAP_BROKEN_FDT);
}

static void a_hostile_name_does_not_reach_the_terminal(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory@\x1b[2J");
    tree_cells("reg", 1);
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/memory@?[2J: reg of 4 bytes");
}

static void no_room_for_the_reason_is_no_trouble(void **state)
{
    char small[4] = "abc";
    (void)state;
    tree_open();
    tree_close();
    assert_int_equal(memory_map_read(&map, tree.bytes, TREE_BYTES, NULL, NULL, NULL, 0), MEMORY_MAP_NO_MEMORY);
    assert_int_equal(memory_map_read(&map, tree.bytes, TREE_BYTES, NULL, NULL, small, 4), MEMORY_MAP_NO_MEMORY);
    assert_string_equal(small, "no ");
}

static void every_kind_has_a_name(void **state)
{
    (void)state;
    assert_string_equal(reservation_kind_name(RESERVATION_BLOCK), "memreserve");
    assert_string_equal(reservation_kind_name(RESERVATION_FDT), "fdt");
    assert_string_equal(reservation_kind_name(RESERVATION_KIND_COUNT), "?");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_memory_node),
        cmocka_unit_test(several_memory_nodes_in_descending_order),
        cmocka_unit_test(several_ranges_in_one_node),
        cmocka_unit_test(a_node_named_memory_needs_no_device_type),
        cmocka_unit_test(a_device_type_needs_no_name),
        cmocka_unit_test(what_only_sounds_like_memory_is_none),
        cmocka_unit_test(a_disabled_node_is_skipped_and_counted),
        cmocka_unit_test(zero_sizes_are_skipped),
        cmocka_unit_test(memory_left_to_firmware_is_refused),
        cmocka_unit_test(no_memory_node_is_refused),
        cmocka_unit_test(a_memory_node_without_reg_is_empty),
        cmocka_unit_test(only_disabled_memory_is_refused),
        cmocka_unit_test(overlapping_ranges_are_one),
        cmocka_unit_test(one_range_swallows_several),
        cmocka_unit_test(touching_ranges_are_one_and_keep_the_frame_at_the_seam),
        cmocka_unit_test(many_touching_ranges_are_one),
        cmocka_unit_test(P3_unaligned_edges_are_cut_inward),
        cmocka_unit_test(less_than_a_frame_is_refused),
        cmocka_unit_test(frame_zero_is_ordinary_ram),
        cmocka_unit_test(a_range_that_wraps_is_refused),
        cmocka_unit_test(a_range_that_wraps_by_one_byte_is_refused),
        cmocka_unit_test(a_range_up_to_the_very_end_loses_the_last_frame),
        cmocka_unit_test(only_the_last_frame_is_no_memory),
        cmocka_unit_test(the_whole_address_space_is_ram),
        cmocka_unit_test(as_many_regions_as_fit),
        cmocka_unit_test(one_region_too_many_is_refused),
        cmocka_unit_test(extent_is_whole_frames_around_all_ram),
        cmocka_unit_test(one_cell_each),
        cmocka_unit_test(two_and_one_where_the_tree_says_nothing),
        cmocka_unit_test(four_cells_that_fit_64_bits),
        cmocka_unit_test(an_address_beyond_64_bits_is_refused),
        cmocka_unit_test(a_size_beyond_64_bits_is_refused),
        cmocka_unit_test(five_cells_are_refused),
        cmocka_unit_test(a_cell_count_of_the_wrong_length_is_refused),
        cmocka_unit_test(no_address_cells_are_refused),
        cmocka_unit_test(no_size_cells_are_no_memory),
        cmocka_unit_test(a_reg_that_is_no_multiple_is_refused),
        cmocka_unit_test(P3_reservation_block_is_not_free),
        cmocka_unit_test(a_reservation_block_entry_that_wraps_is_refused),
        cmocka_unit_test(a_reservation_up_to_the_very_end_is_harmless),
        cmocka_unit_test(P3_reserved_memory_with_and_without_no_map),
        cmocka_unit_test(reserved_memory_has_cells_of_its_own),
        cmocka_unit_test(a_reservation_without_address_takes_nothing),
        cmocka_unit_test(a_disabled_reservation_is_not_in_force),
        cmocka_unit_test(a_reserved_memory_that_translates_is_refused),
        cmocka_unit_test(a_reserved_memory_reg_that_is_no_multiple_is_refused),
        cmocka_unit_test(a_reserved_memory_that_wraps_is_refused),
        cmocka_unit_test(P3_reservations_are_rounded_outward),
        cmocka_unit_test(P3_a_reservation_at_an_unaligned_end_of_ram),
        cmocka_unit_test(overlapping_reservations),
        cmocka_unit_test(a_reservation_outside_ram_is_kept_and_harmless),
        cmocka_unit_test(a_reservation_across_several_ram_regions),
        cmocka_unit_test(nothing_left_is_refused),
        cmocka_unit_test(too_many_reservations_are_refused),
        cmocka_unit_test(reservations_that_shred_ram_are_refused),
        cmocka_unit_test(a_long_name_is_cut),
        cmocka_unit_test(P3_the_kernel_is_not_free),
        cmocka_unit_test(a_kernel_that_wraps_is_refused),
        cmocka_unit_test(P3_the_tree_is_not_free_until_released),
        cmocka_unit_test(a_second_release_gives_nothing),
        cmocka_unit_test(a_tree_outside_ram_is_never_released),
        cmocka_unit_test(P3_release_respects_other_reservations),
        cmocka_unit_test(a_tree_that_would_wrap_is_refused),
        cmocka_unit_test(P3_initrd_of_one_cell),
        cmocka_unit_test(P3_initrd_of_two_cells_and_of_one_and_two),
        cmocka_unit_test(an_empty_initrd_is_none),
        cmocka_unit_test(an_initrd_with_one_end_reserves_nothing_and_is_told),
        cmocka_unit_test(an_initrd_that_ends_before_it_starts_is_refused),
        cmocka_unit_test(an_initrd_of_three_cells_is_refused),
        cmocka_unit_test(P3_ranges_of_chosen_are_reserved),
        cmocka_unit_test(P3_bounds_of_chosen_are_reserved),
        cmocka_unit_test(a_range_of_chosen_that_is_none_is_refused),
        cmocka_unit_test(memory_taken_away_by_what_the_tree_does_not_list_is_refused),
        cmocka_unit_test(P3_modules_and_framebuffers_below_chosen_are_reserved),
        cmocka_unit_test(P3_reserved_ranges_of_the_root),
        cmocka_unit_test(P3_only_the_usable_range_is_free),
        cmocka_unit_test(P3_several_usable_ranges_over_edges_of_ram_and_frames),
        cmocka_unit_test(usable_ranges_that_leave_nothing_or_are_none_are_refused),
        cmocka_unit_test(P3_usable_memory_of_a_memory_node),
        cmocka_unit_test(bootargs_are_kept),
        cmocka_unit_test(the_longest_bootargs),
        cmocka_unit_test(of_longer_bootargs_the_beginning_is_kept),
        cmocka_unit_test(bootargs_without_end_are_told),
        cmocka_unit_test(empty_bootargs_are_none),
        cmocka_unit_test(no_blob_is_refused),
        cmocka_unit_test(a_misaligned_blob_is_refused),
        cmocka_unit_test(a_misaligned_structure_block_is_refused),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_truncation_that_the_header_admits_is_refused),
        cmocka_unit_test(bytes_after_the_tree_are_no_matter),
        cmocka_unit_test(a_wrong_magic_is_refused),
        cmocka_unit_test(a_tree_without_root_is_refused),
        cmocka_unit_test(an_ancient_version_is_refused),
        cmocka_unit_test(version_16_is_read),
        cmocka_unit_test(an_unfinished_tree_is_refused),
        cmocka_unit_test(a_hostile_name_does_not_reach_the_terminal),
        cmocka_unit_test(no_room_for_the_reason_is_no_trouble),
        cmocka_unit_test(every_kind_has_a_name),
    };
    return cmocka_run_group_tests_name("memory_map", tests, NULL, NULL);
}
