/* SPDX-License-Identifier: MIT
 * What a flattened device tree says about memory.
 *
 * 1. RAM is the union of every enabled memory node's ranges. Ranges of one NUMA node that overlap or touch are one.
 *    The same addresses claimed by two NUMA nodes are an error, not a choice: whichever node we believed, the tree
 *    is wrong about where the memory is, and a person must look.
 * 2. Free is RAM, cut inward to whole frames, minus every reservation, rounded outward to whole frames. So a frame
 *    that is only partly RAM, or partly reserved, is never free.
 * 3. RAM that may not be used is RAM, and reserved: so P3 covers it, and whoever asks sees who has it.
 * 4. The tree's own frames are free RAM again once it has been read; memory_map_release_fdt.
 *
 * Specification: Devicetree Specification 0.4, sections 3.4 to 3.8 and 5.3; the reserved-memory, NUMA, initrd, kdump
 * and kexec properties as in the Linux kernel's bindings. */
#include "memory_map.h"

#include <libfdt.h>
#include <string.h>

#include "fdt_reader.h"
#include "platform.h"
#include "region.h"
#include "reservations.h"
#include "topology.h"

/* ---- RAM ---- */

/* What was seen besides RAM, to tell a tree that firmware has yet to fill in from one without memory. */
struct memory_node_counts {
    uint32_t nodes;
    uint32_t empty;
};

static enum memory_map_status add_ram(const struct fdt_reader *reader, struct region_list *ram, int node,
                                      uint64_t start, uint64_t size, uint32_t numa_node)
{
    struct ram_region region = {.node = numa_node};
    if (!phys_range_clip(start, size, &region.range)) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_WRAPS, node, "0x%llx bytes at 0x%llx wrap around",
                                  (unsigned long long)size, (unsigned long long)start);
    }
    if (region.range.size == 0) {
        return MEMORY_MAP_OK;
    }
    switch (regions_add(ram, region)) {
    case REGION_FULL:
        return fdt_reader_fail_at(reader, MEMORY_MAP_TOO_MANY, node, "more than %u RAM regions", REGION_MAX);
    case REGION_CONFLICT:
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_NODE, node,
                                  "0x%llx bytes at 0x%llx are claimed by two NUMA nodes", (unsigned long long)size,
                                  (unsigned long long)start);
    case REGION_OK:
        break;
    }
    return MEMORY_MAP_OK;
}

static enum memory_map_status read_memory_node(const struct fdt_reader *reader, struct memory_map *map, int node,
                                               struct fdt_cells cells, struct memory_node_counts *counts)
{
    struct region_list ram = {map->ram, map->ram_count, REGION_MAX};
    struct fdt_reg reg;
    uint32_t numa_node;
    bool empty = true;

    enum memory_map_status status = fdt_reader_ranges(reader, node, "reg", cells, &reg);
    if (status == MEMORY_MAP_OK) {
        status = topology_node_of(reader, map, node, &numa_node);
    }
    while (status == MEMORY_MAP_OK && reg.entries > 0) {
        uint64_t start, size;
        status = fdt_reader_reg_next(reader, node, &reg, &start, &size);
        if (status == MEMORY_MAP_OK) {
            status = add_ram(reader, &ram, node, start, size, numa_node);
            empty = empty && size == 0;
        }
    }
    map->ram_count = ram.count;
    counts->nodes++;
    counts->empty += empty;
    return status;
}

static enum memory_map_status read_ram(const struct fdt_reader *reader, struct memory_map *map)
{
    struct memory_node_counts counts = {0, 0};
    struct fdt_cells cells;
    enum memory_map_status status = fdt_reader_cells(reader, 0, &cells);
    int node;

    if (status != MEMORY_MAP_OK) {
        return status;
    }
    fdt_for_each_subnode(node, reader->blob, 0)
    {
        if (!fdt_reader_is_kind(reader, node, "memory")) {
            continue;
        }
        if (!fdt_reader_is_enabled(reader, node)) {
            map->disabled_memory_nodes++;
            continue;
        }
        status = read_memory_node(reader, map, node, cells, &counts);
        if (status != MEMORY_MAP_OK) {
            return status;
        }
    }
    status = fdt_reader_walk_end(reader, node);
    if (status == MEMORY_MAP_OK && map->ram_count == 0) {
        return fdt_reader_fail(reader, MEMORY_MAP_NO_MEMORY,
                               "no usable /memory node: %u enabled (%u of size zero, left to firmware), %u disabled",
                               counts.nodes, counts.empty, map->disabled_memory_nodes);
    }
    return status;
}

/* ---- the whole ---- */

static enum memory_map_status find_free(const struct fdt_reader *reader, struct memory_map *map)
{
    struct region_list free = {map->free, map->ram_count, REGION_MAX};
    memcpy(map->free, map->ram, map->ram_count * sizeof(map->ram[0]));
    regions_cut_to_frames(&free);

    for (uint32_t i = 0; i < map->reserved_count; i++) {
        if (!regions_subtract(&free, phys_range_outward(map->reserved[i].range))) {
            return fdt_reader_fail(reader, MEMORY_MAP_TOO_MANY, "reservations cut RAM into more than %u free regions",
                                   REGION_MAX);
        }
    }
    map->free_count = free.count;
    if (free.count == 0) {
        return fdt_reader_fail(reader, MEMORY_MAP_NO_MEMORY, "reservations leave no whole frame of RAM free");
    }
    return MEMORY_MAP_OK;
}

enum memory_map_status memory_map_read(struct memory_map *map, const void *blob, size_t blob_bytes,
                                       const phys_addr_t *fdt_addr, const struct phys_range *kernel, char *why,
                                       size_t why_bytes)
{
    struct fdt_reader reader;
    enum memory_map_status status = fdt_reader_open(&reader, blob, blob_bytes, why, why_bytes);

    memset(map, 0, sizeof(*map));
    if (status == MEMORY_MAP_OK) {
        status = topology_read_nodes(&reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = read_ram(&reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = topology_read_harts(&reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = topology_read_distances(&reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = reservations_read(&reader, map, fdt_addr, kernel);
    }
    if (status == MEMORY_MAP_OK) {
        status = find_free(&reader, map);
    }
    return status;
}

/* ---- after reading ---- */

/* RAM under the tree, whole frames, minus the other reservations. False if it is in more pieces than `out` holds. */
static bool find_fdt_frames(const struct memory_map *map, struct region_list *out)
{
    struct phys_range frames = phys_range_outward(map->fdt);

    for (uint32_t i = 0; i < map->ram_count; i++) {
        struct ram_region ram = map->ram[i];
        if (!phys_ranges_overlap(ram.range, frames)) {
            continue;
        }
        uint64_t start = ram.range.start.value > frames.start.value ? ram.range.start.value : frames.start.value;
        uint64_t end =
            phys_range_end(ram.range) < phys_range_end(frames) ? phys_range_end(ram.range) : phys_range_end(frames);
        if (regions_add(out, (struct ram_region){phys_range(start, end), ram.node}) != REGION_OK) {
            return false;
        }
    }
    regions_cut_to_frames(out);
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        const struct reservation *other = &map->reserved[i];
        if (other->kind != RESERVATION_FDT && !regions_subtract(out, phys_range_outward(other->range))) {
            return false;
        }
    }
    return true;
}

/* Drops the tree's own reservation; returns whether there was one. */
static bool drop_fdt_reservation(struct memory_map *map)
{
    for (uint32_t i = 0; i < map->reserved_count; i++) {
        if (map->reserved[i].kind == RESERVATION_FDT) {
            map->reserved[i] = map->reserved[--map->reserved_count];
            return true;
        }
    }
    return false;
}

uint32_t memory_map_release_fdt(struct memory_map *map, struct ram_region *out, uint32_t out_max)
{
    struct region_list released = {out, 0, out_max};
    struct region_list free = {map->free, map->free_count, REGION_MAX};

    if (map->fdt.size == 0 || !find_fdt_frames(map, &released) || released.count > REGION_MAX - map->free_count ||
        !drop_fdt_reservation(map)) {
        return 0;
    }
    for (uint32_t i = 0; i < released.count; i++) {
        enum region_status status = regions_add(&free, released.items[i]);
        FRAME_ASSERT(status == REGION_OK); /* there is room, and what RAM gave belongs to RAM's node */
    }
    map->free_count = free.count;
    return released.count;
}

struct phys_range memory_map_extent(const struct memory_map *map)
{
    if (map->ram_count == 0) {
        return (struct phys_range){{0}, 0};
    }
    return phys_range_outward(
        phys_range(map->ram[0].range.start.value, phys_range_end(map->ram[map->ram_count - 1].range)));
}

const char *reservation_kind_name(enum reservation_kind kind)
{
    static const char *const names[RESERVATION_KIND_COUNT] = {
        [RESERVATION_BLOCK] = "memreserve", [RESERVATION_NODE] = "node",   [RESERVATION_INITRD] = "initrd",
        [RESERVATION_CHOSEN] = "chosen",    [RESERVATION_LIMIT] = "limit", [RESERVATION_KERNEL] = "kernel",
        [RESERVATION_FDT] = "fdt",
    };
    return (uint32_t)kind < RESERVATION_KIND_COUNT ? names[kind] : "?";
}

const char *memory_map_note_text(enum memory_map_note note)
{
    static const char *const texts[MEMORY_MAP_NOTE_COUNT] = {
        [MEMORY_MAP_NOTE_BOOTARGS] = "bootargs has no end or is too long: only its beginning is kept",
        [MEMORY_MAP_NOTE_INITRD] = "an initrd with only one end: nothing is reserved for it",
    };
    return (uint32_t)note < MEMORY_MAP_NOTE_COUNT ? texts[note] : "?";
}
