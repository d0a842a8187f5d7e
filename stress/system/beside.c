/* SPDX-License-Identifier: MIT
 * What lies beside the command. See beside.h. */
#include "beside.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_BYTES 4096u

/* The folder of this program's file, links followed; "." if that cannot be found out. */
static void program_folder(char folder[FOLDER_BYTES])
{
    ssize_t length = readlink("/proc/self/exe", folder, FOLDER_BYTES - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        *slash = '\0';
    } else {
        (void)snprintf(folder, FOLDER_BYTES, ".");
    }
}

bool beside_program(const char *const places[], const char *rest, char *path, size_t path_bytes)
{
    char folder[FOLDER_BYTES];
    program_folder(folder);
    for (size_t i = 0; places[i] != NULL; i++) {
        int length = snprintf(path, path_bytes, "%s%s%s", folder, places[i], rest);
        if (length > 0 && (size_t)length < path_bytes && access(path, R_OK) == 0) {
            return true;
        }
    }
    (void)snprintf(path, path_bytes, "%s%s%s", folder, places[0], rest);
    errno = ENOENT;
    return false;
}
