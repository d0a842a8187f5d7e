/* SPDX-License-Identifier: MIT
 * Reads and checks the table of things. See paper_things.h. */
#include "paper_things.h"

#include <string.h>

#include "flat.h"
#include "paper_check.h"
#include "paper_folder.h"

/* What gnuplot and the page can draw; `none` is a line alone, `cross` and `plus` cannot be hollow. */
static const char *const markers[] = {"square",   "circle", "triangle", "triangle-down", "diamond",
                                      "pentagon", "cross",  "plus",     "none"};

static bool is_marker(const char *text)
{
    for (size_t i = 0; i < sizeof markers / sizeof *markers; i++) {
        if (strcmp(text, markers[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_color(const char *text)
{
    return text[0] == '#' && strlen(text) == 7 && strspn(text + 1, "0123456789ABCDEF") == 6;
}

/* Which of the things before `thing` cannot be told from it; NULL if none. */
static const json_t *twin_of(const json_t *things, const json_t *thing)
{
    size_t i;
    const json_t *other;
    json_array_foreach((json_t *)things, i, other)
    {
        if (other == thing) {
            return NULL;
        }
        if (strcmp(flat_text(other, "color"), flat_text(thing, "color")) == 0 &&
            strcmp(flat_text(other, "marker"), flat_text(thing, "marker")) == 0) {
            return other;
        }
    }
    return NULL;
}

/* Says in `why` what is wrong with the table; false if nothing is. */
static bool has_fault(const json_t *things, const char *path, char *why, size_t why_bytes)
{
    size_t i, count;
    const json_t *thing;
    if (!json_is_array(things)) {
        (void)snprintf(why, why_bytes, "%.300s: things: must be an array", path);
        return true;
    }
    json_array_foreach((json_t *)things, i, thing)
    {
        const char *id = flat_text(thing, "id"), *fault = NULL;
        const json_t *twin = twin_of(things, thing);
        (void)paper_item(things, "id", id, &count);
        if (!paper_is_name(json_object_get(thing, "id"))) {
            fault = "must be a name of small letters, digits and dashes";
        } else if (count > 1) {
            fault = "is there twice";
        } else if (!is_color(flat_text(thing, "color")) || !is_marker(flat_text(thing, "marker"))) {
            fault = "its color must be #RRGGBB, its marker one of those in papers/README.md";
        } else if (*flat_text(thing, "name") == '\0') {
            fault = "has no name";
        } else if (twin != NULL) {
            fault = "another thing has its colour and its marker";
        }
        if (fault != NULL) {
            (void)snprintf(why, why_bytes, "%.300s: things[%zu]: '%.60s': %s", path, i, id, fault);
            return true;
        }
    }
    return false;
}

json_t *paper_things_read(const char *papers, char *why, size_t why_bytes)
{
    char path[PAPER_PATH_BYTES + 16];
    json_error_t error;
    (void)snprintf(path, sizeof path, "%s/things.json", papers);
    json_t *table = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (table == NULL) {
        (void)snprintf(why, why_bytes, "%.300s: line %d: %.150s", path, error.line, error.text);
        return NULL;
    }
    json_t *things = json_incref(json_object_get(table, "things"));
    json_decref(table);
    if (has_fault(things, path, why, why_bytes)) {
        json_decref(things);
        return NULL;
    }
    return things;
}

json_t *paper_things_used(const json_t *things, const json_t *series)
{
    size_t i, count;
    json_t *thing, *used = json_array();
    json_array_foreach((json_t *)things, i, thing)
    {
        if (paper_item(series, "thing", flat_text(thing, "id"), &count) != NULL) {
            json_array_append(used, thing);
        }
    }
    return used;
}
