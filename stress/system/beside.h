/* SPDX-License-Identifier: MIT
 * What belongs to this command and lies beside its file: so that a tree that was copied or moved, and a command that
 * was installed, use what is theirs and nothing of where they were built. */
#ifndef FRAMELAB_STRESS_BESIDE_H
#define FRAMELAB_STRESS_BESIDE_H

#include <stdbool.h>
#include <stddef.h>

/* The first that there is of `places` (ended by NULL), each a path from the folder in which this program's file lies,
 * as "/../share/framelab/papers", with `rest` behind it. False, with the first in `path` and errno set, if there is
 * none. */
bool beside_program(const char *const places[], const char *rest, char *path, size_t path_bytes);

#endif
