/* SPDX-License-Identifier: MIT
 * What a flattened device tree says about memory: RAM, reservations, harts, NUMA nodes and their distances.
 *
 * The map is plain data with fixed arrays: it is built before there is an allocator, by one hart. Outside input
 * is never asserted on: a broken tree gives an error with a sentence, a strange but legal one a correct map. */
#ifndef FRAMELAB_CORE_MEMORY_MAP_H
#define FRAMELAB_CORE_MEMORY_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame_limits.h"
#include "region.h"

/* Bytes kept of /chosen/bootargs, with the final NUL; of a longer string its beginning, and
 * MEMORY_MAP_NOTE_BOOTARGS. */
#define BOOTARGS_MAX 2048u
/* Bytes kept of a reservation's name. A longer one is cut: names are for people. */
#define REGION_NAME_MAX 32u

enum reservation_kind {
    RESERVATION_BLOCK,  /* the header's memory reservation block */
    RESERVATION_NODE,   /* a child of /reserved-memory */
    RESERVATION_INITRD, /* /chosen linux,initrd-start and -end */
    RESERVATION_CHOSEN, /* other memory that /chosen says is in use: a crashed kernel's headers, modules, ... */
    RESERVATION_LIMIT,  /* RAM outside of what linux,usable-memory-range or linux,usable-memory leave */
    RESERVATION_KERNEL, /* the kernel image, told by the caller */
    RESERVATION_FDT,    /* the tree itself, while it is in use; see memory_map_release_fdt */
    RESERVATION_KIND_COUNT
};

struct reservation {
    struct phys_range range;
    enum reservation_kind kind;
    bool no_map;
    char name[REGION_NAME_MAX];
};

/* What the map does without, a bit each: it says nothing about memory, and is told rather than refused. */
enum memory_map_note {
    MEMORY_MAP_NOTE_BOOTARGS, /* bootargs has no end, or is longer than BOOTARGS_MAX - 1 bytes: its beginning is kept */
    MEMORY_MAP_NOTE_INITRD,   /* an initrd with one end only reserves nothing, as in Linux */
    MEMORY_MAP_NOTE_COUNT
};

struct memory_map {
    /* RAM, ascending, overlaps merged, never empty; regions of different nodes stay apart, and an overlap of two
     * nodes is an error. The last frame below 2^64 is left out, so that no range wraps. */
    struct ram_region ram[REGION_MAX];
    uint32_t ram_count;
    /* Reservations as found, in no order, possibly overlapping, possibly outside RAM. */
    struct reservation reserved[REGION_MAX];
    uint32_t reserved_count;
    /* RAM minus every reservation, cut to whole frames, ascending. */
    struct ram_region free[REGION_MAX];
    uint32_t free_count;

    uint32_t hart_count;                  /* harts that run or wait to be started; at least 1 */
    uint64_t hart_reg[HART_MAX];          /* their `reg`: the hardware's id of each */
    uint32_t hart_node[HART_MAX];         /* their NUMA node, dense index */
    uint32_t node_count;                  /* at least 1 */
    uint32_t node_id[NODE_MAX];           /* numa-node-id of each dense index, ascending */
    uint8_t distance[NODE_MAX][NODE_MAX]; /* 10 = local; 20 where the tree says nothing */
    char bootargs[BOOTARGS_MAX];
    struct phys_range fdt;          /* where the tree lies; size 0 if it does not lie in RAM */
    uint32_t disabled_memory_nodes; /* skipped for their status */
    uint32_t disabled_cpu_nodes;    /* the same: failed, or disabled with nothing to start them by */
    uint32_t notes;                 /* bits 1 << enum memory_map_note */
};

enum memory_map_status {
    MEMORY_MAP_OK = 0,
    MEMORY_MAP_MISALIGNED, /* the blob is not 8-byte aligned, or a block inside it is not where it must be */
    MEMORY_MAP_BROKEN_FDT, /* fdt_check_full or a walk of the tree failed */
    MEMORY_MAP_BAD_CELLS,  /* invalid #address-cells or #size-cells, a reg that is no multiple of them */
    MEMORY_MAP_WRAPS,      /* a range that wraps around the address space */
    MEMORY_MAP_NO_MEMORY,  /* no usable /memory node, or nothing left after reservations */
    MEMORY_MAP_TOO_MANY,   /* more regions, harts or nodes than frame_limits.h allows */
    MEMORY_MAP_BAD_NODE,   /* a numa-node-id, distance-map or cpu node that is invalid */
    MEMORY_MAP_BAD_CHOSEN, /* /chosen is invalid, or takes memory away in a way that is not supported */
};

/* Reads the tree at `blob`, of which `blob_bytes` may be read (never more, whatever its header says).
 * `fdt_addr`: the blob's physical address if it lies in RAM and must be kept until released, or NULL.
 * `kernel`: the kernel image, or NULL. Ranges wholly or partly outside RAM are kept as found and harmless.
 * On failure *map is undefined and `why` (of why_bytes) holds one line that says what and where.
 * Concurrency: none; a pure function of its arguments. Source: Devicetree Specification 0.4. */
enum memory_map_status memory_map_read(struct memory_map *map, const void *blob, size_t blob_bytes,
                                       const phys_addr_t *fdt_addr, const struct phys_range *kernel, char *why,
                                       size_t why_bytes);

/* The FDT's own region becomes ordinary free RAM again (minus other reservations over it), here too. Puts what is
 * free of it in `out` (room for `out_max`) and returns how many; the caller gives them to the allocator. Returns 0,
 * changing nothing, if it has more pieces than there is room for, or was released before. map->fdt stays: that
 * part of RAM does not hold zeroes. */
uint32_t memory_map_release_fdt(struct memory_map *map, struct ram_region *out, uint32_t out_max);

/* Lowest address and bytes from there to the end of the highest RAM region, whole frames. */
struct phys_range memory_map_extent(const struct memory_map *map);

const char *reservation_kind_name(enum reservation_kind kind);
const char *memory_map_note_text(enum memory_map_note note);

#endif
