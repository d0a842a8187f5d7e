/* SPDX-License-Identifier: MIT
 * Everything in a device tree that takes RAM away. Private to core: a part of memory_map_read. */
#ifndef FRAMELAB_CORE_RESERVATIONS_H
#define FRAMELAB_CORE_RESERVATIONS_H

#include "fdt_reader.h"

/* Fills in reserved, reserved_count, fdt and bootargs; comes after RAM. The arguments are memory_map_read's. */
enum memory_map_status reservations_read(const struct fdt_reader *reader, struct memory_map *map,
                                         const phys_addr_t *fdt_addr, const struct phys_range *kernel);

#endif
