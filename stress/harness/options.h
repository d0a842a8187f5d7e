/* SPDX-License-Identifier: MIT
 * Words of the command line into numbers, the same way in every sub-command. Each returns false, and leaves the
 * result alone, for a text that is not entirely what it must be; the caller says which option that was. */
#ifndef FRAMELAB_STRESS_OPTIONS_H
#define FRAMELAB_STRESS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* A list of numbers may have so many. */
#define OPTION_LIST_MAX 64u

struct option_list {
    uint32_t count;
    uint64_t values[OPTION_LIST_MAX];
};

enum output_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

/* Decimal, or hexadecimal with 0x; no sign, no space. */
bool option_number(const char *text, uint64_t *value);

/* A number with K, M, G or T behind it, powers of 1024; bytes without. */
bool option_size(const char *text, uint64_t *bytes);

/* Seconds, with a fraction if need be, above 0 and at most a year. */
bool option_seconds(const char *text, double *seconds);

/* Numbers and ranges: "1,2,4", "1-4", "1,4-6"; a number that comes again counts once. At least one, at most
 * OPTION_LIST_MAX, each at most `most`. */
bool option_list(const char *text, uint64_t most, struct option_list *list);
bool option_list_has(const struct option_list *list, uint64_t value);

#endif
