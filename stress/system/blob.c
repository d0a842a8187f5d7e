/* SPDX-License-Identifier: MIT
 * A device tree's file into memory. See blob.h. */
#include "blob.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_map.h"

/* Real trees have some hundred KiB. A file of more is something else. */
#define BLOB_BYTES_MAX (UINT64_C(16) << 20)

void *blob_read(const char *path, size_t *bytes, char *why, size_t why_bytes)
{
    FILE *file = fopen(path, "re");
    unsigned char *blob = file != NULL ? malloc(BLOB_BYTES_MAX + 1) : NULL;
    const char *wrong = NULL;
    int error = errno;
    if (blob != NULL) {
        *bytes = fread(blob, 1, BLOB_BYTES_MAX + 1, file);
        error = ferror(file) ? errno : 0;
        wrong = *bytes == 0               ? "the file is empty"
                : *bytes > BLOB_BYTES_MAX ? "larger than 16 MiB, so no device tree"
                                          : NULL;
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    /* Made to fit, so that a step too far is seen. */
    unsigned char *fitting = blob != NULL && error == 0 && wrong == NULL ? realloc(blob, *bytes) : NULL;
    if (fitting == NULL) {
        (void)snprintf(why, why_bytes, "%s: %s", path, error != 0 || wrong == NULL ? strerror(error) : wrong);
        free(blob);
    }
    errno = error;
    return fitting;
}

uint32_t blob_hart_count(const void *blob, size_t bytes)
{
    char why[128];
    struct memory_map *map = malloc(sizeof *map);
    bool read = map != NULL && memory_map_read(map, blob, bytes, NULL, NULL, why, sizeof why) == MEMORY_MAP_OK;
    uint32_t harts = read ? map->hart_count : 1;
    free(map);
    return harts;
}
