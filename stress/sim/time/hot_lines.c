/* SPDX-License-Identifier: MIT
 * See hot_lines.h. */
#include "hot_lines.h"

#include "coherence.h"
#include "qemu_symbols.h"

#define HOT_LINES 5u

/* A place is where a call returns to: one less lies in the function that called. */
static const char *function_of(uintptr_t place)
{
    static struct qemu_symbols *symbols;
    if (symbols == NULL) {
        symbols = qemu_symbols_open("/proc/self/exe");
    }
    const char *name = qemu_symbols_function(symbols, place - 1);
    return name != NULL ? name : "?";
}

json_t *hot_lines_json(void)
{
    json_t *array = json_array();
    for (uint32_t i = 0; i < HOT_LINES; i++) {
        const struct line *line = coherence_hottest(i);
        if (line == NULL) {
            break;
        }
        json_array_append_new(array, json_pack("{s:s, s:I}", "function", function_of(line->place), "transfers",
                                               (json_int_t)line->transfers));
    }
    return array;
}
