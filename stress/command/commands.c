/* SPDX-License-Identifier: MIT
 * What the sub-commands share. See commands.h. */
#include "commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "frame_limits.h"
#include "platforms.h"
#include "table_command.h"

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

void require_harts(const struct argp_state *state, const char *text, struct option_list *harts)
{
    if (!option_list(text, HART_MAX, harts)) {
        usage_error(state, "--harts is a list of 1 to %u, not '%s'", HART_MAX, text);
    }
    for (uint32_t i = 0; i < harts->count; i++) {
        if (harts->values[i] == 0) {
            usage_error(state, "--harts: nothing runs on 0 harts");
        }
    }
}

void require_count(const struct argp_state *state, const char *option, const char *text, uint64_t most, uint64_t *count)
{
    if (!option_number(text, count) || *count == 0 || *count > most) {
        usage_error(state, "--%s is 1 to %llu, not '%s'", option, (unsigned long long)most, text);
    }
}

int print_records(enum output_format format, const char *path)
{
    char command[] = "framelab table", option[] = "--format", text[] = "text", csv[] = "csv", file[4096];
    (void)snprintf(file, sizeof file, "%s", path);
    char *argv[] = {command, option, format == FORMAT_CSV ? csv : text, file, NULL};
    return table_command(4, argv);
}
