/* SPDX-License-Identifier: MIT
 * The machines that framelab's words know. See platforms.h. */
#include "platforms.h"

#include <stddef.h>
#include <string.h>

#include "simulator.h"

static const bool always = true;

const struct platform_entry framelab_platforms[] = {
    {ON_HOST, "host", &always, "harts are threads, pinned to cores"},
    {ON_QEMU, "qemu", &always, "harts of a bare-metal kernel in QEMU: what is counted, and no times"},
    {ON_SIM, "sim", &simulator_there, "simulated harts: curves in simulated time, and a search through interleavings"},
    {ON_HOST, NULL, NULL, NULL},
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
