/* SPDX-License-Identifier: MIT
 * What the sub-commands share. See commands.h. */
#include "commands.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"

const char *const file_words[] = {"FILE"};
const char *const format_words[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv", NULL};

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

static const char *name_of(const struct argp_option *options, int key)
{
    while (options->name != NULL && options->key != key) {
        options++;
    }
    return options->name;
}

uint32_t option_word(const struct argp_state *state, const char *option, const char *const *words, const char *text)
{
    char all[256] = "";
    size_t used = 0;
    for (uint32_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) == 0) {
            return i;
        }
        const char *between = i == 0 ? "" : words[i + 1] != NULL ? ", " : " or ";
        used += (size_t)snprintf(all + used, used < sizeof all ? sizeof all - used : 0, "%s%s", between, words[i]);
    }
    usage_error(state, "--%s is %s, not '%s'", option, all, text);
}

static void store(void *at, size_t bytes, uint64_t value)
{
    switch (bytes) {
    case sizeof(uint64_t):
        *(uint64_t *)at = value;
        break;
    case sizeof(uint32_t):
        *(uint32_t *)at = (uint32_t)value;
        break;
    default:
        *(bool *)at = value != 0;
        break;
    }
}

static uint64_t number(const struct argp_state *state, const char *name, const struct option_value *row,
                       const char *text)
{
    uint64_t value;
    if (!option_number(text, &value) || value < row->least || value > row->most) {
        if (row->least == 0 && row->most == UINT64_MAX) {
            usage_error(state, "--%s is a number, not '%s'", name, text);
        }
        usage_error(state, "--%s is %llu to %llu, not '%s'", name, (unsigned long long)row->least,
                    (unsigned long long)row->most, text);
    }
    return value;
}

static void set_list(const struct argp_state *state, const char *name, const struct option_value *row, const char *text,
                     struct option_list *list)
{
    if (!option_list(text, row->most, list)) {
        usage_error(state, "--%s is a list of 1 to %llu, not '%s'", name, (unsigned long long)row->most, text);
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->values[i] == 0) {
            usage_error(state, "--%s: %s", name, row->words[0]);
        }
    }
}

static void set_value(const struct argp_state *state, const char *name, const struct option_value *row,
                      const char *text)
{
    void *at = (char *)state->input + row->offset;
    switch (row->kind) {
    case VALUE_FLAG:
        store(at, row->bytes, true);
        break;
    case VALUE_TEXT:
        *(const char **)at = text;
        break;
    case VALUE_NUMBER:
        store(at, row->bytes, number(state, name, row, text));
        break;
    case VALUE_BYTES:
        if (!option_size(text, at) || *(uint64_t *)at == 0) {
            usage_error(state, "--%s is a size such as 512M or 8G, not '%s'", name, text);
        }
        break;
    case VALUE_SECONDS:
        if (!option_seconds(text, at)) {
            usage_error(state, "--%s is a number of seconds above 0, not '%s'", name, text);
        }
        break;
    case VALUE_WORD:
        store(at, row->bytes, option_word(state, name, row->words, text));
        break;
    case VALUE_LIST:
        set_list(state, name, row, text, at);
        break;
    }
}

error_t option_set(const struct argp_state *state, const struct argp_option *options, const struct option_value *values,
                   int key, const char *text)
{
    int wanted = key == ARGP_KEY_ARG || key == ARGP_KEY_NO_ARGS ? ARGUMENT_KEY : key;
    while (values->key != 0 && values->key != wanted) {
        values++;
    }
    if (key == ARGP_KEY_NO_ARGS && values->words != NULL) {
        usage_error(state, "which %s?", values->words[0]);
    }
    if (key == ARGP_KEY_ARG && (values->key == 0 || state->arg_num > 0)) {
        usage_error(state, values->key == 0 ? "takes no argument, but here is '%s'" : "one at a time, '%s' is too many",
                    text);
    }
    if (values->key == 0 || key == ARGP_KEY_NO_ARGS) {
        return ARGP_ERR_UNKNOWN;
    }
    set_value(state, name_of(options, key), values, text);
    return 0;
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
    if (*first == NULL && (keys == NULL || is_among(keys, key))) {
        *first = name_of(options, key);
    }
}

void options_exclude(const struct argp_state *state, const struct platform *platform, const char *not_with,
                     const char *only_with)
{
    if (not_with != NULL) {
        usage_error(state, "--%s does not go with --platform %s", not_with, platform->name);
    }
    if (only_with != NULL) {
        usage_error(state, "--%s goes with --platform %s only", only_with, platform->name);
    }
}

/* ---- options that mean nothing ---- */

void option_given(struct options_given *given, int key)
{
    if (key > 0 && key < ARGP_KEY_END && given->count < OPTIONS_GIVEN_MAX && !options_have(given, key)) {
        given->keys[given->count++] = key;
    }
}

bool options_have(const struct options_given *given, int key)
{
    uint32_t i = 0;
    while (i < given->count && given->keys[i] != key) {
        i++;
    }
    return i < given->count;
}

void options_apart(const struct argp_state *state, const struct argp_option *options, const struct options_given *given,
                   const int (*pairs)[2])
{
    for (; (*pairs)[0] != 0; pairs++) {
        if (options_have(given, (*pairs)[0]) && options_have(given, (*pairs)[1])) {
            usage_error(state, "--%s does not go with --%s", name_of(options, (*pairs)[0]),
                        name_of(options, (*pairs)[1]));
        }
    }
}

void option_needs(const struct argp_state *state, const struct argp_option *options, const struct options_given *given,
                  int key, bool means_something, const char *what)
{
    if (options_have(given, key) && !means_something) {
        usage_error(state, "--%s is of %s", name_of(options, key), what);
    }
}

void usage_unknown(const struct argp_state *state, const char *kind, const char *text,
                   const char *(*name_at)(uint32_t i))
{
    (void)fprintf(stderr, "%s: there is no %s '%s'; there are", state->name, kind, text);
    for (uint32_t i = 0; name_at(i) != NULL; i++) {
        (void)fprintf(stderr, "%s %s", i > 0 ? "," : "", name_at(i));
    }
    (void)fputc('\n', stderr);
    exit(EXIT_STATUS_USAGE);
}
