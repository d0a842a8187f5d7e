/* SPDX-License-Identifier: MIT
 * The machines that framelab's words know, and which of them this build has. */
#ifndef FRAMELAB_STRESS_PLATFORMS_H
#define FRAMELAB_STRESS_PLATFORMS_H

#include <stdbool.h>

enum platform_choice { ON_HOST, ON_QEMU, ON_SIM };

struct platform_entry {
    enum platform_choice choice;
    const char *name;
    const bool *available;
    const char *summary;
};

/* Ends with a NULL name. */
extern const struct platform_entry framelab_platforms[];

/* The entry of that name, or NULL. */
const struct platform_entry *platform_find(const char *name);

#endif
