/* SPDX-License-Identifier: MIT
 * From a device tree to a booted allocator, the way firmware and a kernel do it: the tree is put into RAM, read,
 * kept while it is in use, and given back by frame_allocator_init. Boots repeat, so that allocators can be compared
 * in one process over the same memory, each finding it as a fresh machine's: all zeroes. */
#include "machine.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "default_fdt.h"
#include "platform.h"
#include "platform_host.h"
#include "variant.h"

/* Writes `line` to `why`; false, for the caller to return. */
static bool fail(char *why, size_t why_bytes, const char *line)
{
    (void)snprintf(why, why_bytes, "%s", line);
    return false;
}

/* The tree given, or one written, in memory of our own. */
static bool fdt_get(struct host_machine *machine, const struct host_machine_options *options, char *why,
                    size_t why_bytes)
{
    machine->fdt_bytes = options->fdt != NULL ? options->fdt_bytes : DEFAULT_FDT_BYTES_MAX;
    machine->fdt = calloc(1, machine->fdt_bytes > 0 ? machine->fdt_bytes : 1);
    if (machine->fdt == NULL) {
        return fail(why, why_bytes, "no memory for the device tree");
    }
    if (options->fdt != NULL) {
        memcpy(machine->fdt, options->fdt, options->fdt_bytes);
        return true;
    }
    const struct default_fdt_options tree = {.memory_bytes = options->memory_bytes,
                                             .harts = options->harts,
                                             .nodes = options->nodes == 0 ? 1 : options->nodes};
    int error = default_fdt_write(machine->fdt, machine->fdt_bytes, &tree);
    if (error != 0) {
        (void)snprintf(why, why_bytes, "no machine has %llu bytes of memory, %u harts and %u NUMA nodes: %s",
                       (unsigned long long)tree.memory_bytes, tree.harts, tree.nodes, fdt_strerror(error));
        return false;
    }
    return true;
}

/* Low in RAM, on frames of its own: the first place that holds the tree. */
static bool fdt_place(struct host_machine *machine, char *why, size_t why_bytes)
{
    for (uint32_t i = 0; i < machine->map->free_count; i++) {
        if (machine->map->free[i].range.size >= machine->fdt_bytes) {
            machine->fdt_addr = machine->map->free[i].range.start;
            return true;
        }
    }
    return fail(why, why_bytes, "no free memory that the device tree describes holds the tree itself");
}

static bool ram_map(const struct memory_map *map, bool huge_pages, char *why, size_t why_bytes)
{
    if (!host_ram_map(memory_map_extent(map), why, why_bytes)) {
        return false;
    }
    bool mapped = host_ram_guard_holes(map, why, why_bytes);
    if (mapped && huge_pages && !host_ram_huge_pages(true)) {
        mapped = fail(why, why_bytes, "this kernel has no transparent huge pages");
    }
    if (!mapped) {
        host_ram_unmap();
    }
    return mapped;
}

bool host_machine_open(struct host_machine *machine, const struct host_machine_options *options, char *why,
                       size_t why_bytes)
{
    *machine = (struct host_machine){.map = calloc(1, sizeof(struct memory_map)),
                                     .boot = calloc(1, sizeof(struct boot_allocator))};
    bool opened = machine->map != NULL && machine->boot != NULL ? fdt_get(machine, options, why, why_bytes)
                                                                : fail(why, why_bytes, "no memory for the memory map");
    opened = opened && memory_map_read(machine->map, machine->fdt, machine->fdt_bytes, NULL, NULL, why, why_bytes) ==
                           MEMORY_MAP_OK;
    if (opened) { /* what lies behind the tree in its buffer must not come into RAM, which is zeroes elsewhere */
        machine->fdt_bytes = fdt_totalsize(machine->fdt);
    }
    opened = opened && fdt_place(machine, why, why_bytes) && ram_map(machine->map, options->huge_pages, why, why_bytes);
    if (!opened) {
        free(machine->map);
        free(machine->boot);
        free(machine->fdt);
        *machine = (struct host_machine){0};
    }
    return opened;
}

void host_machine_close(struct host_machine *machine)
{
    platform_host_hart_clear();
    host_ram_unmap();
    free(machine->map);
    free(machine->boot);
    free(machine->fdt);
    *machine = (struct host_machine){0};
}

/* Cuts hot-plug memory from the end of a node's last free region: there no arena can reach across it. */
static bool hotplug_withhold(struct host_machine *machine, uint64_t bytes, char *why, size_t why_bytes)
{
    struct boot_allocator *boot = machine->boot;
    uint64_t nodes_seen = 0; /* a bit each: NODE_MAX is 64 */
    machine->hotplug = (struct phys_range){{0}, 0};
    for (uint32_t i = boot->free_count; bytes > 0 && i-- > 0;) {
        struct ram_region *region = &boot->free[i];
        bool last_of_node = (nodes_seen >> region->node & 1) == 0;
        nodes_seen |= UINT64_C(1) << region->node;
        uint64_t end = region->range.start.value + region->range.size;
        uint64_t start = align_down_u64(end - bytes, CHUNK_FRAMES * FRAME_SIZE);
        if (last_of_node && bytes < end && start > region->range.start.value) {
            machine->hotplug = (struct phys_range){{start}, end - start};
            machine->hotplug_node = region->node;
            region->range.size -= end - start;
            return true;
        }
    }
    if (bytes > 0) {
        (void)snprintf(why, why_bytes, "no NUMA node has %llu bytes at its end for hot-plug",
                       (unsigned long long)bytes);
    }
    return bytes == 0;
}

_Static_assert(NODE_MAX <= 64, "a node is a bit of nodes_seen");

/* The calling thread becomes hart 0 of `harts`. */
static bool first_hart_get(uint32_t harts, char *why, size_t why_bytes)
{
    enum host_hart_status status = platform_host_hart_set(0);
    if (status != HOST_HART_OK) {
        (void)snprintf(why, why_bytes, "who boots a machine becomes hart 0, and this thread cannot: %s",
                       host_hart_text(status));
    } else if (!platform_host_hart_count_set(harts)) {
        (void)snprintf(why, why_bytes,
                       "there cannot be %u harts: that is not 1 to %u, or a live thread has a number as high", harts,
                       HART_MAX);
        return false;
    }
    return status == HOST_HART_OK;
}

bool host_machine_boot(struct host_machine *machine, const struct frame_allocator_config *config,
                       uint64_t hotplug_bytes, char *why, size_t why_bytes)
{
    machine->fa = NULL;
    if (!first_hart_get(config->hart_count, why, why_bytes)) {
        return false;
    }
    if (machine->used && !host_ram_clear()) {
        return fail(why, why_bytes, "RAM cannot be cleared for another boot");
    }
    machine->used = true;
    memcpy(platform_phys_to_virt(machine->fdt_addr), machine->fdt, machine->fdt_bytes);
    if (memory_map_read(machine->map, platform_phys_to_virt(machine->fdt_addr), machine->fdt_bytes, &machine->fdt_addr,
                        NULL, why, why_bytes) != MEMORY_MAP_OK) {
        return false;
    }
    boot_allocator_init(machine->boot, machine->map);
    if (!hotplug_withhold(machine, hotplug_bytes, why, why_bytes)) {
        return false;
    }
    uint64_t begin_ns = platform_time_ns();
    enum frame_status status = frame_allocator_init(&machine->fa, config, machine->boot, machine->map);
    machine->boot_ns = platform_time_ns() - begin_ns;
    if (status != FRAME_OK) {
        machine->fa = NULL;
        (void)snprintf(why, why_bytes, "%s cannot be built over %u free regions: %s", config->variant->name,
                       machine->map->free_count, frame_status_text(status));
    }
    return status == FRAME_OK;
}
