/* SPDX-License-Identifier: MIT
 * Everything in a device tree that takes RAM away.
 *
 * 1. Five kinds: the reservation block, /reserved-memory, the initrd, the kernel image, and the tree itself.
 * 2. A reservation without an address (a /reserved-memory child with `size` but no `reg`) asks whoever owns the
 *    allocator to find memory for a driver. No driver of ours exists, so nothing is set aside for it.
 * 3. A reservation switched off by its status is not in force, as for Linux. All others only ever take memory away:
 *    they may overlap one another and lie outside RAM. */
#include "reservations.h"

#include <libfdt.h>
#include <string.h>

#include "region.h"

static enum memory_map_status add_reservation(const struct fdt_reader *reader, struct memory_map *map, uint64_t start,
                                              uint64_t size, enum reservation_kind kind, bool no_map, const char *name)
{
    struct phys_range range;
    if (!phys_range_clip(start, size, &range)) {
        return fdt_reader_fail(reader, MEMORY_MAP_WRAPS, "reservation %s: 0x%llx bytes at 0x%llx wrap around", name,
                               (unsigned long long)size, (unsigned long long)start);
    }
    if (range.size == 0) {
        return MEMORY_MAP_OK;
    }
    if (map->reserved_count == REGION_MAX) {
        return fdt_reader_fail(reader, MEMORY_MAP_TOO_MANY, "reservation %s: more than %u reservations", name,
                               REGION_MAX);
    }
    struct reservation *reservation = &map->reserved[map->reserved_count++];
    *reservation = (struct reservation){.range = range, .kind = kind, .no_map = no_map};
    size_t length = strlen(name);
    memcpy(reservation->name, name, length < REGION_NAME_MAX ? length : REGION_NAME_MAX - 1);
    return MEMORY_MAP_OK;
}

static enum memory_map_status read_reservation_block(const struct fdt_reader *reader, struct memory_map *map)
{
    int count = fdt_num_mem_rsv(reader->blob);
    enum memory_map_status status = fdt_reader_walk_end(reader, count);

    for (int i = 0; i < count && status == MEMORY_MAP_OK; i++) {
        uint64_t start, size;
        int error = fdt_get_mem_rsv(reader->blob, i, &start, &size);
        status = fdt_reader_walk_end(reader, error);
        if (status == MEMORY_MAP_OK) {
            status = add_reservation(reader, map, start, size, RESERVATION_BLOCK, false, "memreserve");
        }
    }
    return status;
}

static enum memory_map_status read_reserved_node(const struct fdt_reader *reader, struct memory_map *map, int node,
                                                 struct fdt_cells cells)
{
    const char *name = fdt_get_name(reader->blob, node, NULL);
    bool no_map = fdt_getprop(reader->blob, node, "no-map", NULL) != NULL;
    struct fdt_reg reg;
    enum memory_map_status status = fdt_reader_reg(reader, node, cells, &reg);

    while (status == MEMORY_MAP_OK && reg.entries > 0) {
        uint64_t start, size;
        status = fdt_reader_reg_next(reader, node, &reg, &start, &size);
        if (status == MEMORY_MAP_OK) {
            status = add_reservation(reader, map, start, size, RESERVATION_NODE, no_map, name != NULL ? name : "?");
        }
    }
    return status;
}

static enum memory_map_status read_reserved_memory(const struct fdt_reader *reader, struct memory_map *map)
{
    int parent = fdt_path_offset(reader->blob, "/reserved-memory");
    if (parent < 0) {
        return MEMORY_MAP_OK;
    }

    /* Children's addresses are physical ones only while `ranges` translates nothing. Guessing would hand out
     * what firmware lives in. */
    uint32_t ranges_bytes;
    (void)fdt_reader_property(reader, parent, "ranges", &ranges_bytes);
    if (ranges_bytes != 0) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CELLS, parent, "a ranges property that translates addresses");
    }
    struct fdt_cells cells;
    enum memory_map_status status = fdt_reader_cells(reader, parent, &cells);
    int node;
    fdt_for_each_subnode(node, reader->blob, parent)
    {
        if (status != MEMORY_MAP_OK) {
            return status;
        }
        if (fdt_reader_is_enabled(reader, node)) {
            status = read_reserved_node(reader, map, node, cells);
        }
    }
    return status != MEMORY_MAP_OK ? status : fdt_reader_walk_end(reader, node);
}

/* ---- /chosen ---- */

/* An address of one or two cells; `*present` says whether it is there. */
static enum memory_map_status read_initrd_bound(const struct fdt_reader *reader, int chosen, const char *name,
                                                uint64_t *value, bool *present)
{
    uint32_t bytes;
    const uint8_t *data = fdt_reader_property(reader, chosen, name, &bytes);

    *value = 0;
    *present = data != NULL;
    if (data != NULL && ((bytes != 4 && bytes != 8) || !fdt_cells_read(data, bytes / 4, value))) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CHOSEN, chosen, "%s is not one or two cells", name);
    }
    return MEMORY_MAP_OK;
}

static enum memory_map_status read_initrd(const struct fdt_reader *reader, struct memory_map *map, int chosen)
{
    uint64_t start, end;
    bool has_start, has_end;
    enum memory_map_status status = read_initrd_bound(reader, chosen, "linux,initrd-start", &start, &has_start);
    if (status == MEMORY_MAP_OK) {
        status = read_initrd_bound(reader, chosen, "linux,initrd-end", &end, &has_end);
    }
    if (status != MEMORY_MAP_OK) {
        return status;
    }
    if (has_start != has_end || end < start) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CHOSEN, chosen,
                                  "an initrd with only one end, or that ends before it starts");
    }
    return add_reservation(reader, map, start, end - start, RESERVATION_INITRD, false, "initrd");
}

static enum memory_map_status read_bootargs(const struct fdt_reader *reader, struct memory_map *map, int chosen)
{
    uint32_t bytes;
    const uint8_t *text = fdt_reader_property(reader, chosen, "bootargs", &bytes);
    if (bytes == 0) {
        return MEMORY_MAP_OK;
    }
    const uint8_t *end = memchr(text, '\0', bytes);
    if (end == NULL) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CHOSEN, chosen, "bootargs has no end");
    }
    size_t length = (size_t)(end - text);
    if (length >= BOOTARGS_MAX) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CHOSEN, chosen, "bootargs of %zu bytes, at most %u", length,
                                  BOOTARGS_MAX - 1);
    }
    memcpy(map->bootargs, text, length + 1);
    return MEMORY_MAP_OK;
}

static enum memory_map_status read_chosen(const struct fdt_reader *reader, struct memory_map *map)
{
    int chosen = fdt_path_offset(reader->blob, "/chosen");
    if (chosen < 0) {
        return MEMORY_MAP_OK;
    }
    enum memory_map_status status = read_initrd(reader, map, chosen);
    return status != MEMORY_MAP_OK ? status : read_bootargs(reader, map, chosen);
}

/* ---- all of them ---- */

/* The tree's own place: kept in map->fdt only if it takes RAM away. */
static enum memory_map_status add_fdt(const struct fdt_reader *reader, struct memory_map *map, phys_addr_t addr)
{
    uint64_t bytes = fdt_totalsize(reader->blob);
    enum memory_map_status status = add_reservation(reader, map, addr.value, bytes, RESERVATION_FDT, false, "fdt");
    if (status != MEMORY_MAP_OK || !phys_range_clip(addr.value, bytes, &map->fdt)) {
        return status;
    }
    for (uint32_t i = 0; i < map->ram_count; i++) {
        if (phys_ranges_overlap(map->ram[i].range, map->fdt)) {
            return MEMORY_MAP_OK;
        }
    }
    map->fdt = (struct phys_range){{0}, 0};
    return MEMORY_MAP_OK;
}

enum memory_map_status reservations_read(const struct fdt_reader *reader, struct memory_map *map,
                                         const phys_addr_t *fdt_addr, const struct phys_range *kernel)
{
    enum memory_map_status status = read_reservation_block(reader, map);
    if (status == MEMORY_MAP_OK) {
        status = read_reserved_memory(reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = read_chosen(reader, map);
    }
    if (status == MEMORY_MAP_OK && kernel != NULL) {
        status = add_reservation(reader, map, kernel->start.value, kernel->size, RESERVATION_KERNEL, false, "kernel");
    }
    if (status == MEMORY_MAP_OK && fdt_addr != NULL) {
        status = add_fdt(reader, map, *fdt_addr);
    }
    return status;
}
