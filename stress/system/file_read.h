/* SPDX-License-Identifier: MIT
 * A device tree's file into memory. */
#ifndef FRAMELAB_STRESS_FILE_READ_H
#define FRAMELAB_STRESS_FILE_READ_H

#include <stddef.h>
#include <stdint.h>

/* Reads `path` into memory of its size, for free(). NULL with one line in `why` if it cannot be read, is empty, or
 * is larger than any device tree is: 16 MiB. errno is 0 if it could be read, and is no tree. */
void *file_read(const char *path, size_t *bytes, char *why, size_t why_bytes);

/* Harts that the tree describes; 1 for one that is broken: whoever opens it will say so. `blob` is 8-byte aligned. */
uint32_t tree_hart_count(const void *blob, size_t bytes);

#endif
