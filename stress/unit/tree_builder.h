/* SPDX-License-Identifier: MIT
 * For tests: writes small device trees, legal and not, with libfdt's sequential interface, and reads them back into a
 * memory map from memory of exactly their size, so that a sanitizer sees every byte read too far. */
#ifndef FRAMELAB_UNIT_TREE_BUILDER_H
#define FRAMELAB_UNIT_TREE_BUILDER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libfdt.h>

#include "map_invariants.h"

#define TREE_BYTES (512u << 10)

struct tree {
    _Alignas(8) unsigned char bytes[TREE_BYTES];
};

static struct tree tree;
static struct memory_map map;
static char why[256];

static inline void tree_node(const char *name)
{
    assert_int_equal(fdt_begin_node(tree.bytes, name), 0);
}

static inline void tree_end(void)
{
    assert_int_equal(fdt_end_node(tree.bytes), 0);
}

static inline void tree_bytes(const char *name, const void *data, size_t bytes)
{
    assert_int_equal(fdt_property(tree.bytes, name, data, (int)bytes), 0);
}

static inline void tree_text(const char *name, const char *text)
{
    tree_bytes(name, text, strlen(text) + 1);
}

static inline void tree_cell_array(const char *name, const uint32_t *cells, size_t count)
{
    void *data;
    assert_int_equal(fdt_property_placeholder(tree.bytes, name, (int)(count * 4), &data), 0);
    for (size_t i = 0; i < count; i++) {
        ((fdt32_t *)data)[i] = cpu_to_fdt32(cells[i]);
    }
}

/* tree_cells("reg", 0, 0x80000000, 0, 0x1000) */
#define tree_cells(name, ...)                                                                                          \
    tree_cell_array(name, (const uint32_t[]){__VA_ARGS__}, sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* A start or a size as two cells. */
#define U64(value) (uint32_t)((uint64_t)(value) >> 32), (uint32_t)(value)

/* Begins a tree with a reservation block of `count` pairs (start, size), and its root node. */
static inline void tree_open_reserving(uint32_t address_cells, uint32_t size_cells, const uint64_t *pairs,
                                       uint32_t count)
{
    assert_int_equal(fdt_create(tree.bytes, TREE_BYTES), 0);
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(fdt_add_reservemap_entry(tree.bytes, pairs[2 * (size_t)i], pairs[2 * (size_t)i + 1]), 0);
    }
    assert_int_equal(fdt_finish_reservemap(tree.bytes), 0);
    tree_node("");
    tree_cells("#address-cells", address_cells);
    tree_cells("#size-cells", size_cells);
}

/* Begins a tree of two address and two size cells. */
static inline void tree_open(void)
{
    tree_open_reserving(2, 2, NULL, 0);
}

static inline void tree_close(void)
{
    tree_end();
    assert_int_equal(fdt_finish(tree.bytes), 0);
}

static inline void tree_memory(uint64_t start, uint64_t size)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)start);
    tree_node(name);
    tree_text("device_type", "memory");
    tree_cells("reg", U64(start), U64(size));
    tree_end();
}

static inline void tree_memory_on_node(uint64_t start, uint64_t size, uint32_t numa_node)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)start);
    tree_node(name);
    tree_text("device_type", "memory");
    tree_cells("reg", U64(start), U64(size));
    tree_cells("numa-node-id", numa_node);
    tree_end();
}

/* A /reserved-memory with one child, closed. */
static inline void tree_reserved(uint64_t start, uint64_t size)
{
    tree_node("reserved-memory");
    tree_cells("#address-cells", 2);
    tree_cells("#size-cells", 2);
    tree_bytes("ranges", NULL, 0);
    tree_node("one");
    tree_cells("reg", U64(start), U64(size));
    tree_end();
    tree_end();
}

/* Reads `bytes` of `blob` into `map`, with the tree at `fdt_at` (UINT64_MAX: not in RAM). */
static inline enum memory_map_status blob_read(const void *blob, size_t bytes, uint64_t fdt_at,
                                               const struct phys_range *kernel)
{
    void *exact = malloc(bytes != 0 ? bytes : 1);
    phys_addr_t addr = {fdt_at};
    assert_non_null(exact);
    memcpy(exact, blob, bytes);
    memset(why, 0, sizeof(why));
    enum memory_map_status status =
        memory_map_read(&map, exact, bytes, fdt_at != UINT64_MAX ? &addr : NULL, kernel, why, sizeof(why));
    free(exact);
    return status;
}

static inline enum memory_map_status tree_read(void)
{
    return blob_read(tree.bytes, fdt_totalsize(tree.bytes), UINT64_MAX, NULL);
}

static inline void expect_read(void)
{
    enum memory_map_status status = tree_read();
    if (status != MEMORY_MAP_OK) {
        fail_msg("status %d: %s", status, why);
    }
}

/* The tree is refused, for this reason, in one line that says so. */
static inline void expect_refused(enum memory_map_status status, const char *line)
{
    enum memory_map_status got = tree_read();
    if (got != status || strstr(why, line) == NULL || strchr(why, '\n') != NULL) {
        fail_msg("status %d instead of %d, \"%s\" instead of \"%s\"", got, status, why, line);
    }
}

static inline void expect_region(struct ram_region region, uint64_t start, uint64_t end, uint32_t node)
{
    assert_int_equal(region.range.start.value, start);
    assert_int_equal(region.range.start.value + region.range.size, end);
    assert_int_equal(region.node, node);
}

static inline void expect_ram(uint32_t index, uint64_t start, uint64_t end)
{
    assert_true(index < map.ram_count);
    expect_region(map.ram[index], start, end, 0);
}

static inline void expect_free(uint32_t index, uint64_t start, uint64_t end)
{
    assert_true(index < map.free_count);
    expect_region(map.free[index], start, end, 0);
}

#endif
