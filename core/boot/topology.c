/* SPDX-License-Identifier: MIT
 * Harts, NUMA nodes and their distances out of a device tree.
 *
 * 1. NUMA ids are names, not numbers: a tree may use 0 and 7. They are made dense, in ascending order, so that
 *    everything after the parser indexes small arrays. Ids come from memory and cpu nodes only: a node that has
 *    neither and is only in the distance map is of no use to anyone.
 * 2. A hart is one number in the `reg` of an enabled cpu node (one that has threads lists one number a thread).
 *    A cpu node without `reg` is hart 0: boards with one hart write that. A tree without any enabled cpu node
 *    still has the hart that reads it. Of a cpu, `disabled` means that it does not run yet: with an enable-method (its
 *    own, or that of /cpus for all) it waits to be started and is a hart (section 3.8.1); without one nobody can start
 *    it, as of harts that boards keep for firmware. One that failed is none.
 * 3. Distances are those of the distance map (numa-distance-map-v1). A pair given in one direction holds for both;
 *    a pair not given is LOCAL to itself and REMOTE to others, as in ACPI's SLIT, where these numbers come from. */
#include "topology.h"

#include <libfdt.h>
#include <string.h>

#define DISTANCE_LOCAL 10u
#define DISTANCE_REMOTE 20u
#define DISTANCE_MAX 255u
/* The id that Linux and firmware use for "no node". */
#define NUMA_ID_NONE UINT32_MAX

struct numa_id {
    bool present;
    uint32_t value;
};

static enum memory_map_status read_numa_id(const struct fdt_reader *reader, int node, struct numa_id *id)
{
    uint32_t bytes;
    uint64_t value;
    const uint8_t *data = fdt_reader_property(reader, node, "numa-node-id", &bytes);

    *id = (struct numa_id){false, 0};
    if (data == NULL) {
        return MEMORY_MAP_OK;
    }
    if (bytes != 4 || !fdt_cells_read(data, 1, &value) || value == NUMA_ID_NONE) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_NODE, node, "numa-node-id is not one cell that names a node");
    }
    *id = (struct numa_id){true, (uint32_t)value};
    return MEMORY_MAP_OK;
}

/* Position of `id` among the ascending node ids, or where it would be. */
static uint32_t find_id(const struct memory_map *map, uint32_t id)
{
    uint32_t i = 0;
    while (i < map->node_count && map->node_id[i] < id) {
        i++;
    }
    return i;
}

static bool has_id(const struct memory_map *map, uint32_t index, uint32_t id)
{
    return index < map->node_count && map->node_id[index] == id;
}

static bool cpu_is_there(const struct fdt_reader *reader, int node)
{
    return fdt_reader_is_enabled(reader, node) ||
           (fdt_reader_is_disabled(reader, node) &&
            (fdt_getprop(reader->blob, node, "enable-method", NULL) != NULL ||
             fdt_getprop(reader->blob, fdt_path_offset(reader->blob, "/cpus"), "enable-method", NULL) != NULL));
}

/* Adds the ids of `parent`'s children of one kind that are there. */
static enum memory_map_status collect_ids(const struct fdt_reader *reader, struct memory_map *map, int parent,
                                          const char *kind, bool (*is_there)(const struct fdt_reader *reader, int node))
{
    int node;
    fdt_for_each_subnode(node, reader->blob, parent)
    {
        if (!fdt_reader_is_kind(reader, node, kind) || !is_there(reader, node)) {
            continue;
        }
        struct numa_id id;
        enum memory_map_status status = read_numa_id(reader, node, &id);
        if (status != MEMORY_MAP_OK) {
            return status;
        }
        uint32_t at = find_id(map, id.value);
        if (!id.present || has_id(map, at, id.value)) {
            continue;
        }
        if (map->node_count == NODE_MAX) {
            return fdt_reader_fail_at(reader, MEMORY_MAP_TOO_MANY, node, "more than %u NUMA nodes", NODE_MAX);
        }
        memmove(&map->node_id[at + 1], &map->node_id[at], (map->node_count - at) * sizeof(map->node_id[0]));
        map->node_id[at] = id.value;
        map->node_count++;
    }
    return fdt_reader_walk_end(reader, node);
}

enum memory_map_status topology_read_nodes(const struct fdt_reader *reader, struct memory_map *map)
{
    enum memory_map_status status = collect_ids(reader, map, 0, "memory", fdt_reader_is_enabled);
    int cpus = fdt_path_offset(reader->blob, "/cpus");

    if (status == MEMORY_MAP_OK && cpus >= 0) {
        status = collect_ids(reader, map, cpus, "cpu", cpu_is_there);
    }
    if (status == MEMORY_MAP_OK && map->node_count == 0) {
        map->node_count = 1;
        map->node_id[0] = 0;
    }
    return status;
}

enum memory_map_status topology_node_of(const struct fdt_reader *reader, const struct memory_map *map, int node,
                                        uint32_t *index)
{
    struct numa_id id;
    enum memory_map_status status = read_numa_id(reader, node, &id);
    *index = status == MEMORY_MAP_OK && id.present ? find_id(map, id.value) : 0;
    return status;
}

static enum memory_map_status add_hart(const struct fdt_reader *reader, struct memory_map *map, int node, uint64_t id,
                                       uint32_t numa_node)
{
    for (uint32_t i = 0; i < map->hart_count; i++) {
        if (map->hart_reg[i] == id) {
            return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_NODE, node, "hart 0x%llx is there twice",
                                      (unsigned long long)id);
        }
    }
    if (map->hart_count == HART_MAX) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_TOO_MANY, node, "more than %u harts", HART_MAX);
    }
    map->hart_reg[map->hart_count] = id;
    map->hart_node[map->hart_count] = numa_node;
    map->hart_count++;
    return MEMORY_MAP_OK;
}

static enum memory_map_status read_cpu(const struct fdt_reader *reader, struct memory_map *map, int node,
                                       struct fdt_cells cells)
{
    uint32_t numa_node;
    struct fdt_reg reg;
    enum memory_map_status status = topology_node_of(reader, map, node, &numa_node);
    if (status == MEMORY_MAP_OK) {
        status = fdt_reader_ranges(reader, node, "reg", cells, &reg);
    }
    if (status == MEMORY_MAP_OK && reg.entries == 0) {
        return add_hart(reader, map, node, 0, numa_node);
    }
    while (status == MEMORY_MAP_OK && reg.entries > 0) {
        uint64_t id, size;
        status = fdt_reader_reg_next(reader, node, &reg, &id, &size);
        if (status == MEMORY_MAP_OK) {
            status = add_hart(reader, map, node, id, numa_node);
        }
    }
    return status;
}

enum memory_map_status topology_read_harts(const struct fdt_reader *reader, struct memory_map *map)
{
    int cpus = fdt_path_offset(reader->blob, "/cpus");
    if (cpus >= 0) {
        struct fdt_cells cells;
        enum memory_map_status status = fdt_reader_cells(reader, cpus, &cells);
        int node;
        fdt_for_each_subnode(node, reader->blob, cpus)
        {
            if (status != MEMORY_MAP_OK) {
                return status;
            }
            if (!fdt_reader_is_kind(reader, node, "cpu")) {
                continue;
            }
            if (!cpu_is_there(reader, node)) {
                map->disabled_cpu_nodes++;
                continue;
            }
            status = read_cpu(reader, map, node, cells);
        }
        if (status != MEMORY_MAP_OK) {
            return status;
        }
        status = fdt_reader_walk_end(reader, node);
        if (status != MEMORY_MAP_OK) {
            return status;
        }
    }
    if (map->hart_count == 0) { /* whoever reads this is one; it lives where node 0 is */
        map->hart_count = 1;
    }
    return MEMORY_MAP_OK;
}

/* One entry of the matrix; ids that no memory or cpu node has are of no interest. */
static enum memory_map_status read_distance(const struct fdt_reader *reader, struct memory_map *map, int node,
                                            const uint8_t *entry)
{
    uint64_t from, to, distance;
    (void)fdt_cells_read(entry, 1, &from); /* one cell always fits */
    (void)fdt_cells_read(entry + 4, 1, &to);
    (void)fdt_cells_read(entry + 8, 1, &distance);

    uint32_t a = find_id(map, (uint32_t)from);
    uint32_t b = find_id(map, (uint32_t)to);
    bool possible = from == to ? distance == DISTANCE_LOCAL : distance > DISTANCE_LOCAL && distance <= DISTANCE_MAX;
    if (!possible) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_NODE, node, "distance %u from node %u to node %u is invalid",
                                  (uint32_t)distance, (uint32_t)from, (uint32_t)to);
    }
    if (!has_id(map, a, (uint32_t)from) || !has_id(map, b, (uint32_t)to)) {
        return MEMORY_MAP_OK;
    }
    if (map->distance[a][b] != 0 && map->distance[a][b] != distance) {
        return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_NODE, node, "two distances from node %u to node %u: %u and %u",
                                  (uint32_t)from, (uint32_t)to, map->distance[a][b], (uint32_t)distance);
    }
    map->distance[a][b] = (uint8_t)distance;
    return MEMORY_MAP_OK;
}

/* A distance of 0 is one that the tree does not give. */
static void complete_distances(struct memory_map *map)
{
    for (uint32_t a = 0; a < map->node_count; a++) {
        for (uint32_t b = 0; b < map->node_count; b++) {
            if (map->distance[a][b] == 0) {
                map->distance[a][b] = map->distance[b][a];
            }
            if (map->distance[a][b] == 0) {
                map->distance[a][b] = a == b ? DISTANCE_LOCAL : DISTANCE_REMOTE;
            }
        }
    }
}

enum memory_map_status topology_read_distances(const struct fdt_reader *reader, struct memory_map *map)
{
    uint32_t bytes = 0;
    const uint8_t *matrix = NULL;
    int node = -1;

    do {
        node = fdt_node_offset_by_compatible(reader->blob, node, "numa-distance-map-v1");
    } while (node >= 0 && !fdt_reader_is_enabled(reader, node));
    if (node >= 0) {
        matrix = fdt_reader_property(reader, node, "distance-matrix", &bytes);
        if (matrix == NULL || bytes % 12 != 0) {
            return fdt_reader_fail_at(reader, MEMORY_MAP_BAD_NODE, node,
                                      "distance-matrix is missing or no list of (from, to, distance)");
        }
    }
    for (uint32_t at = 0; at < bytes; at += 12) {
        enum memory_map_status status = read_distance(reader, map, node, matrix + at);
        if (status != MEMORY_MAP_OK) {
            return status;
        }
    }
    complete_distances(map);
    return MEMORY_MAP_OK;
}
