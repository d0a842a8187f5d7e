/* SPDX-License-Identifier: MIT
 * A sorted table of symbols. See linux_symbols.h. */
#include "linux_symbols.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 64u
#define LINE_BYTES 512u

struct symbol {
    uint64_t address;
    char name[NAME_BYTES];
};

struct linux_symbols {
    struct symbol *symbols;
    size_t count, room;
};

static int compare(const void *a, const void *b)
{
    uint64_t first = ((const struct symbol *)a)->address, second = ((const struct symbol *)b)->address;
    return (first > second) - (first < second);
}

/* False if out of memory. A line that is none, and the marks that assemblers leave ("$x"), are passed over. */
static bool add_line(struct linux_symbols *symbols, const char *line)
{
    struct symbol symbol;
    char *name = NULL;
    symbol.address = strtoull(line, &name, 16);
    if (name == line || strlen(name) < 4 || name[3] == '$') { /* " t name" */
        return true;
    }
    (void)snprintf(symbol.name, sizeof symbol.name, "%.*s", (int)strcspn(name + 3, " \t\n"), name + 3);
    if (symbols->count == symbols->room) {
        size_t room = 2 * symbols->room + 1024;
        struct symbol *grown = realloc(symbols->symbols, room * sizeof *grown);
        if (grown == NULL) {
            return false;
        }
        symbols->symbols = grown;
        symbols->room = room;
    }
    symbols->symbols[symbols->count++] = symbol;
    return true;
}

struct linux_symbols *linux_symbols_open(const char *path)
{
    char line[LINE_BYTES];
    bool good = true;
    FILE *file = fopen(path, "re");
    struct linux_symbols *symbols = calloc(1, sizeof *symbols);
    while (good && file != NULL && symbols != NULL && fgets(line, sizeof line, file) != NULL) {
        good = add_line(symbols, line);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    if (symbols != NULL && (!good || symbols->count == 0)) {
        linux_symbols_close(symbols);
        return NULL;
    }
    if (symbols != NULL) {
        qsort(symbols->symbols, symbols->count, sizeof *symbols->symbols, compare);
    }
    return symbols;
}

void linux_symbols_close(struct linux_symbols *symbols)
{
    if (symbols != NULL) {
        free(symbols->symbols);
        free(symbols);
    }
}

const char *linux_symbols_function(const struct linux_symbols *symbols, uint64_t address)
{
    size_t low = 0, high = symbols->count; /* of those before `low` all are at or before it, from `high` on none is */
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (symbols->symbols[middle].address <= address) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? symbols->symbols[low - 1].name : NULL;
}
