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

static bool is_among(const int *keys, int key)
{
    while (*keys != 0 && *keys != key) {
        keys++;
    }
    return *keys != 0;
}

void option_note(const char **first, const struct argp_option *options, const int *keys, int key)
{
    const struct argp_option *option = options;
    while (option->name != NULL && option->key != key) {
        option++;
    }
    if (*first == NULL && (keys == NULL || is_among(keys, key))) {
        *first = option->name;
    }
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
