/* SPDX-License-Identifier: MIT
 * Harts, NUMA nodes and distances out of a device tree. */
#include "tree_builder.h"

#define RAM UINT64_C(0x80000000)
#define GIB UINT64_C(0x40000000)

static void cpus_open(uint32_t address_cells)
{
    tree_node("cpus");
    tree_cells("#address-cells", address_cells);
    tree_cells("#size-cells", 0);
}

static void cpu(uint32_t reg, const char *status)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "cpu@%x", reg);
    tree_node(name);
    tree_text("device_type", "cpu");
    tree_cells("reg", reg);
    tree_text("status", status);
    tree_end();
}

static void cpu_on_node(uint32_t reg, uint32_t numa_node)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "cpu@%x", reg);
    tree_node(name);
    tree_cells("reg", reg);
    tree_cells("numa-node-id", numa_node);
    tree_end();
}

static void distances_open(void)
{
    tree_node("distance-map");
    tree_text("compatible", "numa-distance-map-v1");
}

static void expect_sound(void)
{
    expect_read();
    const char *broken = map_broken(&map);
    if (broken != NULL) {
        fail_msg("%s", broken);
    }
}

/* ---- harts --------------------------------------------------------------------------------------------------- */

static void harts_are_counted_with_their_ids(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    cpu(4, "okay");
    cpu(0x100, "okay");
    cpu(1, "okay");
    tree_node("cpu-map"); /* no cpu, though its name begins like one */
    tree_end();
    tree_node("idle-states");
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 3);
    assert_int_equal(map.hart_reg[0], 4);
    assert_int_equal(map.hart_reg[1], 0x100);
    assert_int_equal(map.hart_reg[2], 1);
}

static void a_disabled_hart_is_not_counted(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    cpu(0, "disabled"); /* the monitor core of a SiFive board */
    cpu(1, "okay");
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 1);
    assert_int_equal(map.hart_reg[0], 1);
    assert_int_equal(map.disabled_cpu_nodes, 1);
}

/* Disabled, of a cpu, is quiescent: it waits to be started, if there is a way to. */
static void a_disabled_hart_with_an_enable_method_is_one(void **state)
{
    static const char *const states[] = {"okay", "disabled", "disabled", "fail", "fail-cache", "reserved"};
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    for (uint32_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "cpu@%u", i);
        tree_node(name);
        tree_text("device_type", "cpu");
        tree_cells("reg", i);
        tree_text("status", states[i]);
        tree_text("enable-method", "spin-table");
        tree_cells("numa-node-id", i);
        tree_end();
    }
    cpu(6, "disabled"); /* nobody can start it */
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 3);
    assert_int_equal(map.hart_reg[2], 2);
    assert_int_equal(map.hart_node[2], 2);
    assert_int_equal(map.node_count, 3);
    assert_int_equal(map.disabled_cpu_nodes, 4);
}

static void an_enable_method_of_all_harts(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    tree_text("enable-method", "psci");
    cpu(0, "okay");
    cpu(1, "disabled");
    cpu(2, "fail");
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 2);
    assert_int_equal(map.disabled_cpu_nodes, 1);
}

static void a_disabled_distance_map_is_not_in_force(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_node("distance-map");
    tree_text("compatible", "numa-distance-map-v1");
    tree_text("status", "disabled");
    tree_cells("distance-matrix", 0, 0, 11); /* what would be refused */
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.distance[0][0], 10);
}

static void a_hart_id_of_two_cells(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(2);
    tree_node("cpu@100000000");
    tree_cells("reg", 1, 0);
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_reg[0], UINT64_C(0x100000000));
}

static void threads_are_harts(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    tree_node("cpu@0");
    tree_cells("reg", 0, 1, 2, 3);
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 4);
    assert_int_equal(map.hart_reg[3], 3);
}

static void a_tree_without_cpus_has_the_hart_that_reads_it(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 1);
    assert_int_equal(map.hart_reg[0], 0);
}

static void a_cpu_without_reg_is_hart_zero(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(0);
    tree_node("cpu");
    tree_text("device_type", "cpu");
    tree_end();
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, 1);
    assert_int_equal(map.hart_reg[0], 0);
}

static void the_same_hart_twice_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    cpu(7, "okay");
    tree_node("cpu@8");
    tree_cells("reg", 7);
    tree_end();
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_NODE, "/cpus/cpu@8: hart 0x7 is there twice");
}

static void a_cpu_reg_that_is_no_multiple_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(2);
    cpu(7, "okay");
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_CELLS, "/cpus/cpu@7: reg of 4 bytes does not fit 2 address");
}

static void as_many_harts_as_fit(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    for (uint32_t i = 0; i < HART_MAX; i++) {
        cpu(i, "okay");
    }
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.hart_count, HART_MAX);
}

static void one_hart_too_many_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory(RAM, GIB);
    cpus_open(1);
    for (uint32_t i = 0; i <= HART_MAX; i++) {
        cpu(i, "okay");
    }
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_TOO_MANY, "/cpus/cpu@200: more than 512 harts");
}

/* ---- NUMA nodes ---------------------------------------------------------------------------------------------- */

static void node_ids_are_made_dense(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM + GIB, GIB, 700);
    tree_memory_on_node(RAM, GIB, 3);
    cpus_open(1);
    cpu_on_node(0, 9); /* a node with harts only */
    cpu_on_node(1, 700);
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.node_count, 3);
    assert_int_equal(map.node_id[0], 3);
    assert_int_equal(map.node_id[1], 9);
    assert_int_equal(map.node_id[2], 700);
    assert_int_equal(map.ram[0].node, 0);
    assert_int_equal(map.ram[1].node, 2);
    assert_int_equal(map.hart_node[0], 1);
    assert_int_equal(map.hart_node[1], 2);
}

static void what_names_no_node_belongs_to_the_first(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM + GIB, GIB, 5);
    tree_memory_on_node(RAM + 4 * GIB, GIB, 6);
    tree_memory(RAM, GIB);
    tree_close();
    expect_sound();
    assert_int_equal(map.node_count, 2);
    assert_int_equal(map.ram_count, 2); /* and so touches what is named */
    expect_region(map.ram[0], RAM, RAM + 2 * GIB, 0);
    expect_region(map.ram[1], RAM + 4 * GIB, RAM + 5 * GIB, 1);
    assert_int_equal(map.hart_node[0], 0);
}

static void regions_of_two_nodes_touch_and_stay_apart(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM + GIB, GIB, 1);
    tree_memory_on_node(RAM, GIB, 0);
    tree_memory_on_node(RAM + 2 * GIB, GIB, 0);
    tree_close();
    expect_sound();
    assert_int_equal(map.ram_count, 3);
    expect_region(map.ram[0], RAM, RAM + GIB, 0);
    expect_region(map.ram[1], RAM + GIB, RAM + 2 * GIB, 1);
    expect_region(map.ram[2], RAM + 2 * GIB, RAM + 3 * GIB, 0);
}

static void P3_the_frame_at_a_seam_of_two_nodes_is_nobodys(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM, GIB + 0x800, 0);
    tree_memory_on_node(RAM + GIB + 0x800, GIB, 1);
    tree_close();
    expect_sound();
    assert_int_equal(map.free_count, 2);
    expect_region(map.free[0], RAM, RAM + GIB, 0);
    expect_region(map.free[1], RAM + GIB + FRAME_SIZE, RAM + 2 * GIB, 1);
}

static void ram_claimed_by_two_nodes_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM, GIB, 0);
    tree_memory_on_node(RAM + GIB - FRAME_SIZE, GIB, 1);
    tree_close();
    expect_refused(MEMORY_MAP_BAD_NODE,
                   "/memory@bffff000: 0x40000000 bytes at 0xbffff000 are claimed by two NUMA nodes");
}

static void P3_release_of_a_tree_across_two_nodes(void **state)
{
    struct ram_region out[REGION_MAX];
    (void)state;
    tree_open();
    tree_memory_on_node(RAM, GIB, 0);
    tree_memory_on_node(RAM + GIB, GIB, 1);
    tree_node("padding");
    static const unsigned char zeroes[FRAME_SIZE];
    tree_bytes("zeroes", zeroes, sizeof(zeroes));
    tree_end();
    tree_close();
    assert_int_equal(blob_read(tree.bytes, fdt_totalsize(tree.bytes), RAM + GIB - 8, NULL), MEMORY_MAP_OK);
    assert_int_equal(memory_map_release_fdt(&map, out, REGION_MAX), 2);
    expect_region(out[0], RAM + GIB - FRAME_SIZE, RAM + GIB, 0);
    expect_region(out[1], RAM + GIB, RAM + GIB + 2 * FRAME_SIZE, 1);
    assert_int_equal(map.free_count, 2);
    assert_null(map_broken(&map));
}

static void a_node_id_of_two_cells_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_node("memory@80000000");
    tree_cells("reg", U64(RAM), U64(GIB));
    tree_cells("numa-node-id", 0, 1);
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_NODE, "/memory@80000000: numa-node-id is not one cell");
}

static void the_id_of_no_node_is_refused(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM, GIB, UINT32_MAX);
    tree_close();
    expect_refused(MEMORY_MAP_BAD_NODE, "numa-node-id is not one cell that names a node");
}

static void as_many_nodes_as_fit(void **state)
{
    (void)state;
    tree_open();
    for (uint32_t i = 0; i < NODE_MAX; i++) {
        tree_memory_on_node(RAM + (NODE_MAX - i) * GIB, GIB, i * 11);
    }
    tree_close();
    expect_sound();
    assert_int_equal(map.node_count, NODE_MAX);
    assert_int_equal(map.ram[0].node, NODE_MAX - 1);
}

static void one_node_too_many_is_refused(void **state)
{
    (void)state;
    tree_open();
    for (uint32_t i = 0; i <= NODE_MAX; i++) {
        tree_memory_on_node(RAM + i * GIB, GIB, i);
    }
    tree_close();
    expect_refused(MEMORY_MAP_TOO_MANY, "more than 64 NUMA nodes");
}

static void a_disabled_memory_node_names_no_numa_node(void **state)
{
    (void)state;
    tree_open();
    tree_memory_on_node(RAM, GIB, 4);
    tree_node("memory@0");
    tree_text("status", "disabled");
    tree_cells("reg", U64(0), U64(GIB));
    tree_cells("numa-node-id", 1);
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.node_count, 1);
    assert_int_equal(map.node_id[0], 4);
}

/* ---- distances ----------------------------------------------------------------------------------------------- */

/* Opens a tree of nodes 0, 1 and 7. */
static void open_three_nodes(void)
{
    tree_open();
    tree_memory_on_node(RAM, GIB, 0);
    tree_memory_on_node(RAM + GIB, GIB, 1);
    tree_memory_on_node(RAM + 2 * GIB, GIB, 7);
}

static void distances_are_those_of_the_map(void **state)
{
    (void)state;
    open_three_nodes();
    distances_open();
    tree_cells("distance-matrix", 0, 0, 10, 0, 1, 15, 0, 7, 30, 1, 0, 16, 1, 1, 10, 1, 7, 255, 7, 0, 30, 7, 1, 254, 7,
               7, 10);
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.distance[0][1], 15);
    assert_int_equal(map.distance[1][0], 16);
    assert_int_equal(map.distance[0][2], 30);
    assert_int_equal(map.distance[1][2], 255);
    assert_int_equal(map.distance[2][1], 254);
    assert_int_equal(map.distance[2][2], 10);
}

static void a_distance_in_one_direction_holds_for_both(void **state)
{
    (void)state;
    open_three_nodes();
    distances_open();
    tree_cells("distance-matrix", 7, 1, 42);
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.distance[2][1], 42);
    assert_int_equal(map.distance[1][2], 42);
    assert_int_equal(map.distance[0][1], 20);
    assert_int_equal(map.distance[0][0], 10);
}

static void distances_where_the_tree_says_nothing(void **state)
{
    (void)state;
    open_three_nodes();
    tree_close();
    expect_sound();
    for (uint32_t a = 0; a < 3; a++) {
        for (uint32_t b = 0; b < 3; b++) {
            assert_int_equal(map.distance[a][b], a == b ? 10 : 20);
        }
    }
}

static void distances_to_nodes_without_memory_or_harts_are_ignored(void **state)
{
    (void)state;
    open_three_nodes();
    distances_open();
    tree_cells("distance-matrix", 0, 3, 50, 3, 3, 10, 0, 1, 17);
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.node_count, 3);
    assert_int_equal(map.distance[0][1], 17);
}

static void another_kind_of_distance_map_is_ignored(void **state)
{
    (void)state;
    open_three_nodes();
    tree_node("distance-map");
    tree_text("compatible", "numa-distance-map-v2");
    tree_cells("distance-matrix", 1);
    tree_end();
    tree_close();
    expect_sound();
    assert_int_equal(map.distance[0][1], 20);
}

static void refuse_matrix(const uint32_t *cells, size_t count, const char *line)
{
    open_three_nodes();
    distances_open();
    tree_cell_array("distance-matrix", cells, count);
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_NODE, line);
}

static void a_local_distance_that_is_not_10_is_refused(void **state)
{
    (void)state;
    refuse_matrix((const uint32_t[]){1, 1, 11}, 3, "/distance-map: distance 11 from node 1 to node 1 is invalid");
}

static void a_remote_distance_of_10_is_refused(void **state)
{
    (void)state;
    refuse_matrix((const uint32_t[]){0, 1, 10}, 3, "distance 10 from node 0 to node 1 is invalid");
}

static void a_distance_above_255_is_refused(void **state)
{
    (void)state;
    refuse_matrix((const uint32_t[]){0, 1, 256}, 3, "distance 256 from node 0 to node 1 is invalid");
}

static void two_distances_for_one_pair_are_refused(void **state)
{
    (void)state;
    refuse_matrix((const uint32_t[]){0, 7, 20, 0, 7, 21}, 6, "two distances from node 0 to node 7: 20 and 21");
}

static void a_matrix_that_is_no_list_of_threes_is_refused(void **state)
{
    (void)state;
    refuse_matrix((const uint32_t[]){0, 7, 20, 0}, 4, "distance-matrix is missing or no list");
}

static void a_distance_map_without_matrix_is_refused(void **state)
{
    (void)state;
    open_three_nodes();
    distances_open();
    tree_end();
    tree_close();
    expect_refused(MEMORY_MAP_BAD_NODE, "distance-matrix is missing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harts_are_counted_with_their_ids),
        cmocka_unit_test(a_disabled_hart_is_not_counted),
        cmocka_unit_test(a_disabled_hart_with_an_enable_method_is_one),
        cmocka_unit_test(an_enable_method_of_all_harts),
        cmocka_unit_test(a_disabled_distance_map_is_not_in_force),
        cmocka_unit_test(a_hart_id_of_two_cells),
        cmocka_unit_test(threads_are_harts),
        cmocka_unit_test(a_tree_without_cpus_has_the_hart_that_reads_it),
        cmocka_unit_test(a_cpu_without_reg_is_hart_zero),
        cmocka_unit_test(the_same_hart_twice_is_refused),
        cmocka_unit_test(a_cpu_reg_that_is_no_multiple_is_refused),
        cmocka_unit_test(as_many_harts_as_fit),
        cmocka_unit_test(one_hart_too_many_is_refused),
        cmocka_unit_test(node_ids_are_made_dense),
        cmocka_unit_test(what_names_no_node_belongs_to_the_first),
        cmocka_unit_test(regions_of_two_nodes_touch_and_stay_apart),
        cmocka_unit_test(P3_the_frame_at_a_seam_of_two_nodes_is_nobodys),
        cmocka_unit_test(ram_claimed_by_two_nodes_is_refused),
        cmocka_unit_test(P3_release_of_a_tree_across_two_nodes),
        cmocka_unit_test(a_node_id_of_two_cells_is_refused),
        cmocka_unit_test(the_id_of_no_node_is_refused),
        cmocka_unit_test(as_many_nodes_as_fit),
        cmocka_unit_test(one_node_too_many_is_refused),
        cmocka_unit_test(a_disabled_memory_node_names_no_numa_node),
        cmocka_unit_test(distances_are_those_of_the_map),
        cmocka_unit_test(a_distance_in_one_direction_holds_for_both),
        cmocka_unit_test(distances_where_the_tree_says_nothing),
        cmocka_unit_test(distances_to_nodes_without_memory_or_harts_are_ignored),
        cmocka_unit_test(another_kind_of_distance_map_is_ignored),
        cmocka_unit_test(a_local_distance_that_is_not_10_is_refused),
        cmocka_unit_test(a_remote_distance_of_10_is_refused),
        cmocka_unit_test(a_distance_above_255_is_refused),
        cmocka_unit_test(two_distances_for_one_pair_are_refused),
        cmocka_unit_test(a_matrix_that_is_no_list_of_threes_is_refused),
        cmocka_unit_test(a_distance_map_without_matrix_is_refused),
    };
    return cmocka_run_group_tests_name("topology", tests, NULL, NULL);
}
