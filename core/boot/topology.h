/* SPDX-License-Identifier: MIT
 * Harts, NUMA nodes and their distances out of a device tree. Private to core: a part of memory_map_read. */
#ifndef FRAMELAB_CORE_TOPOLOGY_H
#define FRAMELAB_CORE_TOPOLOGY_H

#include "fdt_reader.h"

/* Fills in node_count and node_id: every numa-node-id of an enabled memory or cpu node, ascending; one node, 0,
 * if there is none. Comes first: the others look ids up here. */
enum memory_map_status topology_read_nodes(const struct fdt_reader *reader, struct memory_map *map);

/* The dense index of a memory or cpu node's NUMA node. One that names none belongs to index 0. */
enum memory_map_status topology_node_of(const struct fdt_reader *reader, const struct memory_map *map, int node,
                                        uint32_t *index);

/* Fills in hart_count, hart_reg and hart_node. */
enum memory_map_status topology_read_harts(const struct fdt_reader *reader, struct memory_map *map);

/* Fills in distance. */
enum memory_map_status topology_read_distances(const struct fdt_reader *reader, struct memory_map *map);

#endif
