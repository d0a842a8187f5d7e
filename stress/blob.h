/* SPDX-License-Identifier: MIT
 * A device tree's file into memory. */
#ifndef FRAMELAB_STRESS_BLOB_H
#define FRAMELAB_STRESS_BLOB_H

#include <stddef.h>

/* Reads `path` into memory of its size, for free(). NULL with one line in `why` if it cannot be read, is empty, or
 * is larger than any device tree is. */
void *blob_read(const char *path, size_t *bytes, char *why, size_t why_bytes);

#endif
