/* SPDX-License-Identifier: MIT
 * Names of paths. See path.h. */
#include "path.h"

const char *path_text(enum path path)
{
    static const char *const names[PATH_COUNT] = {
        [PATH_HIT] = "hit",       [PATH_REFILL] = "refill", [PATH_SPILL] = "spill",
        [PATH_BYPASS] = "bypass", [PATH_DRAIN] = "drain",   [PATH_FAIL] = "fail",
    };
    return names[path];
}
