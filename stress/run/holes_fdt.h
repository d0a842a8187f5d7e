/* SPDX-License-Identifier: MIT
 * A device tree for a stress test: memory in pieces with gaps between them, small and large, with ragged edges, and
 * reservations in the middle of the pieces. What it looks like depends on the seed alone. */
#ifndef FRAMELAB_STRESS_HOLES_FDT_H
#define FRAMELAB_STRESS_HOLES_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Below this the pieces are too small for their reservations. */
#define HOLES_FDT_MEMORY_MIN (UINT64_C(16) << 20)

/* Writes the tree to `buffer`, 8-byte aligned. `memory_bytes`, at least HOLES_FDT_MEMORY_MIN, is what the pieces sum
 * up to. False if the buffer is too small. */
bool holes_fdt_write(void *buffer, size_t bytes, uint64_t memory_bytes, uint32_t harts, uint64_t seed);

#endif
