/* SPDX-License-Identifier: MIT
 * A device tree for a machine that does not exist: so much memory, so many harts and NUMA nodes. memory_map_read
 * reads it like any board's; there is no second way from the command line to a memory map. */
#ifndef FRAMELAB_HOST_DEFAULT_FDT_H
#define FRAMELAB_HOST_DEFAULT_FDT_H

#include <stddef.h>
#include <stdint.h>

/* Where RAM begins, as on QEMU's riscv64 virt machine. */
#define DEFAULT_FDT_RAM_BASE UINT64_C(0x80000000)
/* The start of RAM that firmware keeps, as OpenSBI does. */
#define DEFAULT_FDT_FIRMWARE_BYTES (UINT64_C(512) << 10)
/* Room for the largest tree: HART_MAX harts, NODE_MAX nodes, the longest bootargs. */
#define DEFAULT_FDT_BYTES_MAX (UINT64_C(256) << 10)

struct default_fdt_options {
    uint64_t memory_bytes; /* from DEFAULT_FDT_RAM_BASE upwards, split evenly among the nodes in whole 2 MiB */
    uint32_t harts;        /* 1 .. HART_MAX, in blocks: the first harts belong to the first node */
    uint32_t nodes;        /* 1 .. NODE_MAX, in a row: distances 10, 20, 30, ... */
    const char *bootargs;  /* or NULL */
};

/* Writes the tree to `buffer`, 8-byte aligned, of `bytes` bytes (DEFAULT_FDT_BYTES_MAX is always enough). Returns 0
 * or a negative libfdt error, for fdt_strerror: -FDT_ERR_BADVALUE for options that cannot be (less than 2 MiB a
 * node, memory past the end of the address space), -FDT_ERR_NOSPACE for a small buffer. */
int default_fdt_write(void *buffer, size_t bytes, const struct default_fdt_options *options);

#endif
