/* SPDX-License-Identifier: MIT
 * A device tree's file into memory. See file_read.h. */
#include "file_read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_map.h"

/* Real trees have some hundred KiB. A file of more is something else. */
#define FILE_READ_BYTES_MAX (UINT64_C(16) << 20)

void *file_read(const char *path, size_t *bytes, char *why, size_t why_bytes)
{
    FILE *file = fopen(path, "re");
    unsigned char *blob = file != NULL ? malloc(FILE_READ_BYTES_MAX + 1) : NULL;
    if (blob == NULL) {
        (void)snprintf(why, why_bytes, "%s: %s", path, strerror(errno));
        if (file != NULL) {
            (void)fclose(file);
        }
        return NULL;
    }
    *bytes = fread(blob, 1, FILE_READ_BYTES_MAX + 1, file);
    int error = ferror(file) != 0 ? errno : 0;
    const char *wrong = error != 0                     ? strerror(error)
                        : *bytes == 0                  ? "the file is empty"
                        : *bytes > FILE_READ_BYTES_MAX ? "the file is larger than 16 MiB"
                                                       : NULL;
    (void)fclose(file);
    unsigned char *fitting = wrong == NULL ? realloc(blob, *bytes) : NULL; /* so that a step too far is seen */
    if (fitting == NULL) {
        (void)snprintf(why, why_bytes, "%s: %s", path, wrong != NULL ? wrong : strerror(errno));
        free(blob);
        errno = wrong != NULL ? error : ENOMEM;
    }
    return fitting;
}

uint32_t tree_hart_count(const void *blob, size_t bytes)
{
    char why[128];
    struct memory_map *map = malloc(sizeof *map);
    bool read = map != NULL && memory_map_read(map, blob, bytes, NULL, NULL, why, sizeof why) == MEMORY_MAP_OK;
    uint32_t harts = read ? map->hart_count : 1;
    free(map);
    return harts;
}
