/* SPDX-License-Identifier: MIT
 * Words of the command line into numbers. See options.h. */
#include "options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SECONDS_MOST (366.0 * 24 * 3600)

/* A number at the start of `text`; NULL if there is none, else what follows it. */
static const char *number_prefix(const char *text, uint64_t *value)
{
    if (text[0] < '0' || text[0] > '9') {
        return NULL; /* strtoull would take a sign or a space */
    }
    int base = text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 16 : 10;
    char *end;
    errno = 0;
    unsigned long long number = strtoull(text, &end, base);
    if (errno != 0) {
        return NULL;
    }
    *value = number;
    return end;
}

bool option_number(const char *text, uint64_t *value)
{
    uint64_t number;
    const char *rest = number_prefix(text, &number);
    if (rest == NULL || *rest != '\0') {
        return false;
    }
    *value = number;
    return true;
}

bool option_size(const char *text, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    uint64_t number;
    const char *rest = number_prefix(text, &number);
    if (rest == NULL) {
        return false;
    }
    const char *unit = *rest != '\0' ? strchr(units, *rest) : NULL;
    uint32_t shift = unit != NULL ? 10 * (uint32_t)(unit - units + 1) : 0;
    if (rest[unit != NULL] != '\0' || number > UINT64_MAX >> shift) {
        return false;
    }
    *bytes = number << shift;
    return true;
}

bool option_seconds(const char *text, double *seconds)
{
    if (text[0] < '0' || text[0] > '9') {
        return false; /* strtod would take a sign, a space, "inf" */
    }
    char *end;
    double number = strtod(text, &end);
    if (*end != '\0' || !(number > 0) || number > SECONDS_MOST) {
        return false;
    }
    *seconds = number;
    return true;
}

bool option_list_has(const struct option_list *list, uint64_t value)
{
    bool has = false;
    for (uint32_t i = 0; i < list->count; i++) {
        has |= list->values[i] == value;
    }
    return has;
}

/* One number or range of a list. */
static const char *list_item(const char *text, uint64_t most, struct option_list *list)
{
    uint64_t first = 0, last;
    const char *rest = number_prefix(text, &first);
    last = first;
    if (rest != NULL && *rest == '-') {
        rest = number_prefix(rest + 1, &last);
    }
    if (rest == NULL || last < first || last > most || last - first >= OPTION_LIST_MAX - list->count) {
        return NULL;
    }
    for (uint64_t value = first; value <= last; value++) {
        if (!option_list_has(list, value)) {
            list->values[list->count++] = value;
        }
    }
    return rest;
}

bool option_list(const char *text, uint64_t most, struct option_list *list)
{
    struct option_list found = {0};
    const char *rest = list_item(text, most, &found);
    while (rest != NULL && *rest == ',' && found.count < OPTION_LIST_MAX) {
        rest = list_item(rest + 1, most, &found);
    }
    if (rest == NULL || *rest != '\0') {
        return false;
    }
    *list = found;
    return true;
}
