/* SPDX-License-Identifier: MIT
 * The machines that framelab's words know, and which of them this build has. */
#ifndef FRAMELAB_STRESS_PLATFORMS_H
#define FRAMELAB_STRESS_PLATFORMS_H

#include <stdbool.h>

struct platform_entry {
    const char *name;
    bool available;
    const char *summary;
};

/* Ends with a NULL name. */
extern const struct platform_entry framelab_platforms[];

/* The entry of that name, or NULL. */
const struct platform_entry *platform_find(const char *name);

#endif
