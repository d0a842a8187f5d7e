/* SPDX-License-Identifier: MIT
 * The machines that framelab's words know. See platforms.h. */
#include "platforms.h"

#include <stddef.h>
#include <string.h>

const struct platform_entry framelab_platforms[] = {
    {"host", true, "harts are threads, pinned to cores"},
    {"qemu", true, "harts of a bare-metal kernel in QEMU: what is counted, and no times"},
    {"sim", false, "simulated harts: not built yet"},
    {NULL, false, NULL},
};

const struct platform_entry *platform_find(const char *name)
{
    for (const struct platform_entry *entry = framelab_platforms; entry->name != NULL; entry++) {
        if (strcmp(entry->name, name) == 0) {
            return entry;
        }
    }
    return NULL;
}
