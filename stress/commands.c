/* SPDX-License-Identifier: MIT
 * What the sub-commands share. See commands.h. */
#include "commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "platforms.h"

void usage_error(const struct argp_state *state, const char *format, ...)
{
    va_list arguments;
    (void)fprintf(stderr, "%s: ", state->name);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    exit(EXIT_STATUS_USAGE);
}

enum platform_choice require_platform(const struct argp_state *state, const char *name)
{
    const struct platform_entry *entry = platform_find(name);
    if (entry == NULL) {
        usage_error(state, "--platform is host, qemu or sim, not '%s'", name);
    }
    if (!*entry->available) {
        (void)fprintf(stderr, "%s: skipped: platform %s: not in this build (SIM=0)\n", state->name, entry->name);
        exit(EXIT_STATUS_SKIPPED);
    }
    return entry->choice;
}
