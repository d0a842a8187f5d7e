/* SPDX-License-Identifier: MIT
 * Everything in a device tree that takes RAM away.
 *
 * 1. What is in use: the reservation block, /reserved-memory, the root's reserved-ranges, the initrd and what else
 *    /chosen names (properties, and nodes with a `reg`: a boot loader's modules, a framebuffer), the kernel image, and
 *    the tree itself.
 * 2. A reservation without an address (a /reserved-memory child with `size` but no `reg`) asks whoever owns the
 *    allocator to find memory for a driver. No driver of ours exists, so nothing is set aside for it.
 * 3. A reservation switched off by its status is not in force, as for Linux. All others only ever take memory away:
 *    they may overlap one another and lie outside RAM.
 * 4. What may not be used though nobody has it: linux,usable-memory-range of /chosen (a crash kernel's memory) and
 *    linux,usable-memory of a memory node (kexec) say what is left. All other RAM is reserved, RESERVATION_LIMIT.
 * 5. A tree that takes memory away in a way that is not to be read from the tree alone is refused: TAKES_UNSEEN. What a
 *    boot argument means is up to who reads it; none of Linux's (mem=, memmap=) is in force here. */
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

/* What a list of ranges is reserved as. */
struct reservation_as {
    enum reservation_kind kind;
    bool no_map;
    const char *name;
};

static enum memory_map_status add_ranges(const struct fdt_reader *reader, struct memory_map *map, int node,
                                         const char *property, struct fdt_cells cells, const struct reservation_as *as)
{
    struct fdt_reg reg;
    enum memory_map_status status = fdt_reader_ranges(reader, node, property, cells, &reg);

    while (status == MEMORY_MAP_OK && reg.entries > 0) {
        uint64_t start, size;
        status = fdt_reader_reg_next(reader, node, &reg, &start, &size);
        if (status == MEMORY_MAP_OK) {
            status = add_reservation(reader, map, start, size, as->kind, as->no_map, as->name);
        }
    }
    return status;
}

static enum memory_map_status read_reserved_node(const struct fdt_reader *reader, struct memory_map *map, int node,
                                                 struct fdt_cells cells)
{
    const char *name = fdt_get_name(reader->blob, node, NULL);
    bool no_map = fdt_getprop(reader->blob, node, "no-map", NULL) != NULL;
    return add_ranges(reader, map, node, "reg", cells,
                      &(struct reservation_as){RESERVATION_NODE, no_map, name != NULL ? name : "?"});
}

/* A node whose children's addresses are physical ones: its `ranges` translates nothing. Guessing would hand out what
 * firmware lives in. */
static enum memory_map_status check_untranslated(const struct fdt_reader *reader, int node)
{
    uint32_t bytes;
    (void)fdt_reader_property(reader, node, "ranges", &bytes);
    return bytes == 0
               ? MEMORY_MAP_OK
               : fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CELLS, node, "a ranges property that translates addresses");
}

static enum memory_map_status read_reserved_memory(const struct fdt_reader *reader, struct memory_map *map)
{
    int parent = fdt_path_offset(reader->blob, "/reserved-memory");
    if (parent < 0) {
        return MEMORY_MAP_OK;
    }

    struct fdt_cells cells;
    enum memory_map_status status = check_untranslated(reader, parent);
    if (status == MEMORY_MAP_OK) {
        status = fdt_reader_cells(reader, parent, &cells);
    }
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
static enum memory_map_status read_bound(const struct fdt_reader *reader, int chosen, const char *name, uint64_t *value,
                                         bool *present)
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

/* Memory that two properties of /chosen describe: where it starts, and where it ends or how many bytes it has. */
struct bounds {
    const char *start, *end, *size; /* end or size: NULL */
    enum reservation_kind kind;
    const char *name;
};

/* PowerPC's kernels leave word of a crash kernel's memory and of I/O translation tables this way. */
static const struct bounds BOUNDS[] = {
    {"linux,initrd-start", "linux,initrd-end", NULL, RESERVATION_INITRD, "initrd"},
    {"linux,crashkernel-base", NULL, "linux,crashkernel-size", RESERVATION_CHOSEN, "linux,crashkernel"},
    {"linux,tce-alloc-start", "linux,tce-alloc-end", NULL, RESERVATION_CHOSEN, "linux,tce-alloc"},
};

static enum memory_map_status read_bounds(const struct fdt_reader *reader, struct memory_map *map, int chosen,
                                          const struct bounds *bounds)
{
    uint64_t start, end;
    bool has_start, has_end;
    enum memory_map_status status = read_bound(reader, chosen, bounds->start, &start, &has_start);
    if (status == MEMORY_MAP_OK) {
        status = read_bound(reader, chosen, bounds->end != NULL ? bounds->end : bounds->size, &end, &has_end);
    }
    if (status != MEMORY_MAP_OK) {
        return status;
    }
    if (has_start != has_end && bounds->kind == RESERVATION_INITRD) {
        map->notes |= 1u << MEMORY_MAP_NOTE_INITRD;
        return MEMORY_MAP_OK;
    }
    if (has_start != has_end || (bounds->end != NULL && end < start)) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CHOSEN, chosen,
                                  "%s has only one end, or ends before it starts", bounds->name);
    }
    return add_reservation(reader, map, start, bounds->end != NULL ? end - start : end, bounds->kind, false,
                           bounds->name);
}

/* Memory that a property of /chosen describes, as a list of ranges by the root's cell counts: the headers of a crashed
 * kernel's core, measurements handed on by kexec. */
static const char *const CHOSEN_RANGES[] = {"linux,elfcorehdr", "linux,ima-kexec-buffer"};

/* What takes memory away that the tree itself does not list: firmware's map, which replaces memory nodes and has
 * reservations of its own; what a kernel hands on to the next by kexec; an amount rather than a place. */
static const char *const TAKES_UNSEEN[] = {"linux,uefi-mmap-start", "linux,kho-fdt", "linux,kho-scratch",
                                           "linux,memory-limit"};

static enum memory_map_status read_chosen_properties(const struct fdt_reader *reader, struct memory_map *map,
                                                     int chosen, struct fdt_cells root)
{
    enum memory_map_status status = MEMORY_MAP_OK;
    for (size_t i = 0; i < sizeof TAKES_UNSEEN / sizeof TAKES_UNSEEN[0]; i++) {
        if (fdt_getprop(reader->blob, chosen, TAKES_UNSEEN[i], NULL) != NULL) {
            return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_CHOSEN, chosen,
                                      "%s takes memory away that the tree does not list", TAKES_UNSEEN[i]);
        }
    }
    for (size_t i = 0; i < sizeof BOUNDS / sizeof BOUNDS[0] && status == MEMORY_MAP_OK; i++) {
        status = read_bounds(reader, map, chosen, &BOUNDS[i]);
    }
    for (size_t i = 0; i < sizeof CHOSEN_RANGES / sizeof CHOSEN_RANGES[0] && status == MEMORY_MAP_OK; i++) {
        status = add_ranges(reader, map, chosen, CHOSEN_RANGES[i], root,
                            &(struct reservation_as){RESERVATION_CHOSEN, false, CHOSEN_RANGES[i]});
    }
    return status;
}

/* The nodes below /chosen that lie somewhere: what a boot loader put there (multiboot modules, those of Xen's domains
 * one level down), a framebuffer. */
static enum memory_map_status read_chosen_nodes(const struct fdt_reader *reader, struct memory_map *map, int parent,
                                                uint32_t levels)
{
    struct fdt_cells cells;
    enum memory_map_status status = fdt_reader_cells(reader, parent, &cells);
    int node;
    fdt_for_each_subnode(node, reader->blob, parent)
    {
        if (status != MEMORY_MAP_OK) {
            return status;
        }
        if (fdt_reader_is_enabled(reader, node) && fdt_getprop(reader->blob, node, "reg", NULL) != NULL) {
            const char *name = fdt_get_name(reader->blob, node, NULL);
            status = check_untranslated(reader, parent);
            if (status == MEMORY_MAP_OK) {
                status = add_ranges(reader, map, node, "reg", cells,
                                    &(struct reservation_as){RESERVATION_CHOSEN, false, name != NULL ? name : "?"});
            }
        }
        if (status == MEMORY_MAP_OK && levels > 0) {
            status = read_chosen_nodes(reader, map, node, levels - 1);
        }
    }
    return status != MEMORY_MAP_OK ? status : fdt_reader_walk_end(reader, node);
}

static void read_bootargs(const struct fdt_reader *reader, struct memory_map *map, int chosen)
{
    uint32_t bytes;
    const uint8_t *text = fdt_reader_property(reader, chosen, "bootargs", &bytes);
    if (bytes == 0) {
        return;
    }
    const uint8_t *end = memchr(text, '\0', bytes);
    size_t length = end != NULL ? (size_t)(end - text) : bytes;
    if (end == NULL || length >= BOOTARGS_MAX) {
        map->notes |= 1u << MEMORY_MAP_NOTE_BOOTARGS;
    }
    memcpy(map->bootargs, text, length < BOOTARGS_MAX ? length : BOOTARGS_MAX - 1); /* the map was all zeroes */
}

static enum memory_map_status read_chosen(const struct fdt_reader *reader, struct memory_map *map,
                                          struct fdt_cells root)
{
    int chosen = fdt_path_offset(reader->blob, "/chosen");
    if (chosen < 0) {
        return MEMORY_MAP_OK;
    }
    read_bootargs(reader, map, chosen);
    enum memory_map_status status = read_chosen_properties(reader, map, chosen, root);
    return status != MEMORY_MAP_OK ? status : read_chosen_nodes(reader, map, chosen, 1);
}

/* ---- limits ---- */

/* Reserves what a list of ranges leaves of `ram`, which is used up; an absent list limits nothing. */
static enum memory_map_status add_limit(const struct fdt_reader *reader, struct memory_map *map, int node,
                                        const char *property, struct fdt_cells cells, struct region_list *ram)
{
    struct fdt_reg reg;
    enum memory_map_status status = fdt_reader_ranges(reader, node, property, cells, &reg);

    if (fdt_getprop(reader->blob, node, property, NULL) == NULL) {
        return MEMORY_MAP_OK;
    }
    while (status == MEMORY_MAP_OK && reg.entries > 0) {
        uint64_t start, size;
        struct phys_range usable;
        status = fdt_reader_reg_next(reader, node, &reg, &start, &size);
        if (status == MEMORY_MAP_OK && !phys_range_clip(start, size, &usable)) {
            return fdt_reader_fail_at(reader, MEMORY_MAP_WRAPS, node, "%s: 0x%llx bytes at 0x%llx wrap around",
                                      property, (unsigned long long)size, (unsigned long long)start);
        }
        if (status == MEMORY_MAP_OK && usable.size > 0 && !regions_subtract(ram, usable)) {
            return fdt_reader_fail_at(reader, MEMORY_MAP_TOO_MANY, node, "%s leaves more than %u regions", property,
                                      REGION_MAX);
        }
    }
    for (uint32_t i = 0; i < ram->count && status == MEMORY_MAP_OK; i++) {
        status = add_reservation(reader, map, ram->items[i].range.start.value, ram->items[i].range.size,
                                 RESERVATION_LIMIT, false, property);
    }
    return status;
}

/* Of one memory node: each of its ranges less what may be used. `scratch` has room for REGION_MAX. */
static enum memory_map_status limit_memory_node(const struct fdt_reader *reader, struct memory_map *map, int node,
                                                struct fdt_cells cells, struct ram_region *scratch)
{
    struct fdt_reg reg;
    enum memory_map_status status = fdt_reader_ranges(reader, node, "reg", cells, &reg);

    while (status == MEMORY_MAP_OK && reg.entries > 0) {
        uint64_t start, size;
        struct region_list ram = {scratch, 1, REGION_MAX};
        status = fdt_reader_reg_next(reader, node, &reg, &start, &size);
        scratch[0].node = 0;
        if (status == MEMORY_MAP_OK && phys_range_clip(start, size, &scratch[0].range) && scratch[0].range.size > 0) {
            status = add_limit(reader, map, node, "linux,usable-memory", cells, &ram);
        }
    }
    return status;
}

static enum memory_map_status read_limits(const struct fdt_reader *reader, struct memory_map *map,
                                          struct fdt_cells root)
{
    struct ram_region scratch[REGION_MAX];
    int chosen = fdt_path_offset(reader->blob, "/chosen"), node;
    fdt_for_each_subnode(node, reader->blob, 0)
    {
        if (fdt_reader_is_kind(reader, node, "memory") && fdt_reader_is_enabled(reader, node)) {
            enum memory_map_status limited = limit_memory_node(reader, map, node, root, scratch);
            if (limited != MEMORY_MAP_OK) {
                return limited;
            }
        }
    }
    enum memory_map_status status = fdt_reader_walk_end(reader, node);
    if (status == MEMORY_MAP_OK && chosen >= 0) {
        struct region_list ram = {scratch, map->ram_count, REGION_MAX};
        memcpy(scratch, map->ram, map->ram_count * sizeof map->ram[0]);
        status = add_limit(reader, map, chosen, "linux,usable-memory-range", root, &ram);
    }
    return status;
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
    struct fdt_cells root;
    enum memory_map_status status = fdt_reader_cells(reader, 0, &root);
    if (status == MEMORY_MAP_OK) {
        status = read_reservation_block(reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = read_reserved_memory(reader, map);
    }
    if (status == MEMORY_MAP_OK) {
        status = add_ranges(reader, map, 0, "reserved-ranges", root,
                            &(struct reservation_as){RESERVATION_BLOCK, false, "reserved-ranges"});
    }
    if (status == MEMORY_MAP_OK) {
        status = read_chosen(reader, map, root);
    }
    if (status == MEMORY_MAP_OK) {
        status = read_limits(reader, map, root);
    }
    if (status == MEMORY_MAP_OK && kernel != NULL) {
        status = add_reservation(reader, map, kernel->start.value, kernel->size, RESERVATION_KERNEL, false, "kernel");
    }
    if (status == MEMORY_MAP_OK && fdt_addr != NULL) {
        status = add_fdt(reader, map, *fdt_addr);
    }
    return status;
}
