/* SPDX-License-Identifier: MIT
 * Reading a device tree that nobody vouches for: properties, cells, `reg` lists, and one clear line for what is
 * wrong. Private to core: memory_map_read.c and topology.c stand on it.
 *
 * After fdt_reader_open libfdt may walk the tree without leaving the blob. What the tree means is still anybody's
 * guess: every length, cell count and value is checked where it is read. */
#ifndef FRAMELAB_CORE_FDT_READER_H
#define FRAMELAB_CORE_FDT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_map.h"

struct fdt_reader {
    const void *blob;
    char *why; /* one line, why_bytes of room */
    size_t why_bytes;
};

/* #address-cells and #size-cells, each 0 .. 4. */
struct fdt_cells {
    uint32_t address;
    uint32_t size;
};

/* What is left of a list of ranges. */
struct fdt_reg {
    const char *name;
    const uint8_t *next;
    uint32_t entries;
    struct fdt_cells cells;
};

/* Checks alignment, header and structure against the bytes that are really there. */
enum memory_map_status fdt_reader_open(struct fdt_reader *reader, const void *blob, size_t blob_bytes, char *why,
                                       size_t why_bytes);

/* Writes the line of reason, unprintable bytes as '?', and returns `status`. */
__attribute__((format(printf, 3, 4))) enum memory_map_status
fdt_reader_fail(const struct fdt_reader *reader, enum memory_map_status status, const char *format, ...);

/* The same for a node, whose path begins the line. */
__attribute__((format(printf, 4, 5))) enum memory_map_status
fdt_reader_fail_at(const struct fdt_reader *reader, enum memory_map_status status, int node, const char *format, ...);

/* What a loop over nodes ended with: MEMORY_MAP_OK if it ran out of nodes. */
enum memory_map_status fdt_reader_walk_end(const struct fdt_reader *reader, int result);

/* A property's value and length in bytes; NULL if the node has none of that name. */
const uint8_t *fdt_reader_property(const struct fdt_reader *reader, int node, const char *name, uint32_t *bytes);

/* `count` (0 .. 4) big-endian cells as a number; false if it does not fit 64 bits. */
bool fdt_cells_read(const uint8_t *data, uint32_t count, uint64_t *value);

/* The node's own cell counts, which rule its children; 2 and 1 where it says nothing, as the specification has it. */
enum memory_map_status fdt_reader_cells(const struct fdt_reader *reader, int node, struct fdt_cells *cells);

/* The node's property `name`, a list of ranges (`reg` and its like), by the cell counts that rule it; no entries if the
 * property is absent or empty. */
enum memory_map_status fdt_reader_ranges(const struct fdt_reader *reader, int node, const char *name,
                                         struct fdt_cells cells, struct fdt_reg *reg);
/* Takes the next of reg->entries. */
enum memory_map_status fdt_reader_reg_next(const struct fdt_reader *reader, int node, struct fdt_reg *reg,
                                           uint64_t *address, uint64_t *size);

/* True if `status` is absent, "okay" or "ok". */
bool fdt_reader_is_enabled(const struct fdt_reader *reader, int node);
/* True if `status` is "disabled". */
bool fdt_reader_is_disabled(const struct fdt_reader *reader, int node);

/* True if the node is of this kind: by its device_type if it has one, else by its name up to the '@'. */
bool fdt_reader_is_kind(const struct fdt_reader *reader, int node, const char *kind);

#endif
