/* SPDX-License-Identifier: MIT
 * Reads a directory of figures. See report_data.h. */
#include "report_data.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flat.h"
#include "paper_folder.h"
#include "paper_series.h"
#include "subprocess.h"

#define FILE_BYTES (PAPER_PATH_BYTES + 2u * PAPER_KEY_BYTES)
/* More than a picture of thousands of points has. */
#define SVG_BYTES_MAX ((size_t)32 << 20)
/* Of an unpacker: it works all the time. */
#define WAIT_MS 1000

struct source {
    const char *directory;
    char *why;
};

static bool refuse(const struct source *source, const char *path, const char *what)
{
    (void)snprintf(source->why, PAPER_WHY_BYTES, "%.300s: %.200s", path, what);
    return false;
}

static void file_of(const struct source *source, const json_t *entry, const char *name, char path[FILE_BYTES])
{
    (void)snprintf(path, FILE_BYTES, "%s/%s/%s", source->directory, flat_text(entry, "key"), name);
}

static json_t *load(const struct source *source, const char *path)
{
    json_error_t error;
    json_t *loaded = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (loaded == NULL && error.line < 0) {
        (void)refuse(source, path, strerror(errno));
    } else if (loaded == NULL) {
        char what[PAPER_WHY_BYTES];
        (void)snprintf(what, sizeof what, "line %d: %.160s", error.line, error.text);
        (void)refuse(source, path, what);
    }
    return loaded;
}

/* ---- summary.json ----------------------------------------------------------------------------------------------- */

/* Whether `array` is an array of objects that have these strings. */
static bool has_texts(const json_t *array, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        for (size_t k = 0; k < count; k++) {
            if (!json_is_string(json_object_get(json_array_get(array, i), keys[k]))) {
                return false;
            }
        }
    }
    return json_is_array(array);
}

static const char *fault_of(const json_t *entry)
{
    static const char *const of_claim[] = {"id", "text", "verdict"}, *const of_run[] = {"id", "command"},
                             *const of_panel[] = {"id", "title"};
    if (!paper_is_name(json_object_get(entry, "key"))) { /* it becomes part of a path */
        return "a figure without a key";
    }
    if (*flat_text(entry, "title") == '\0' || *flat_text(entry, "status") == '\0') {
        return "a figure without title or status";
    }
    if (!has_texts(json_object_get(entry, "claims"), of_claim, 3)) {
        return "claims are not what they must be";
    }
    if (!has_texts(json_object_get(entry, "runs"), of_run, 2)) {
        return "runs are not what they must be";
    }
    return has_texts(json_object_get(entry, "panels"), of_panel, 2) ? NULL : "panels are not what they must be";
}

static bool check_summary(const struct source *source, const json_t *summary, const char *path)
{
    const json_t *figures = json_object_get(summary, "figures");
    if (!json_is_array(figures) || json_array_size(figures) == 0) {
        return refuse(source, path, "names no figures");
    }
    for (size_t i = 0; i < json_array_size(figures); i++) {
        const json_t *entry = json_array_get(figures, i);
        const char *fault = fault_of(entry);
        if (fault != NULL) {
            char what[PAPER_WHY_BYTES];
            (void)snprintf(what, sizeof what, "figure '%.60s': %s", flat_text(entry, "key"), fault);
            return refuse(source, path, what);
        }
    }
    return true;
}

/* ---- What stands beside it -------------------------------------------------------------------------------------- */

static bool add_series(const struct source *source, json_t *entry)
{
    char path[FILE_BYTES], what[PAPER_WHY_BYTES];
    file_of(source, entry, "series.json", path);
    json_t *made = load(source, path);
    bool good = made != NULL && (paper_series_check(made, entry, what, sizeof what) || refuse(source, path, what));
    if (good) {
        json_object_set(entry, "series", json_object_get(made, "series"));
        json_object_set(entry, "tables", json_object_get(made, "tables"));
        json_object_set(entry, "things", json_object_get(made, "things"));
    }
    json_decref(made);
    return good;
}

static json_t *read_text(const char *path, size_t bytes_max)
{
    FILE *file = fopen(path, "re");
    char *text = file != NULL ? malloc(bytes_max) : NULL;
    size_t bytes = text != NULL ? fread(text, 1, bytes_max, file) : 0;
    errno = bytes == bytes_max ? EFBIG : errno;
    json_t *string = bytes > 0 && bytes < bytes_max ? json_stringn(text, bytes) : NULL;
    free(text);
    if (file != NULL) {
        (void)fclose(file);
    }
    return string;
}

static bool add_picture(const struct source *source, json_t *entry)
{
    char path[FILE_BYTES];
    file_of(source, entry, "figure.svg", path);
    errno = 0;
    json_t *svg = read_text(path, SVG_BYTES_MAX);
    if (svg == NULL || strstr(json_string_value(svg), "</svg>") == NULL) {
        json_decref(svg);
        return refuse(source, path, errno != 0 ? strerror(errno) : "is not a complete SVG picture");
    }
    return json_object_set_new(entry, "svg", svg) == 0;
}

/* Keeps a line if it says where records come from. */
static bool add_line(json_t *provenance, const char *line)
{
    if (strstr(line, "\"type\":\"provenance\"") == NULL) {
        return true;
    }
    json_t *loaded = json_loads(line, 0, NULL);
    return json_is_object(loaded) && json_array_append_new(provenance, loaded) == 0;
}

static bool read_plain(json_t *provenance, const char *path)
{
    char *line = NULL;
    size_t size = 0;
    bool good = true;
    FILE *file = fopen(path, "re");
    while (good && file != NULL && getline(&line, &size, file) > 0) {
        good = add_line(provenance, line);
    }
    free(line);
    return file != NULL && fclose(file) == 0 && good;
}

static bool read_packed(json_t *provenance, const char *path, const char *program)
{
    struct subprocess subprocess;
    char *line;
    bool good = true;
    enum subprocess_event event;
    const char *const argv[] = {program, "-dc", path, NULL};
    if (!subprocess_start(&subprocess, (char *const *)argv, false)) {
        return false;
    }
    while ((event = subprocess_read_line(&subprocess, &line, WAIT_MS)) != SUBPROCESS_CLOSED) {
        good = good && (event != SUBPROCESS_LINE || add_line(provenance, line));
    }
    return subprocess_wait(&subprocess) == 0 && good;
}

static bool add_provenance(const struct source *source, json_t *entry)
{
    static const struct {
        const char *name, *program;
    } forms[] = {{"records.jsonl.gz", "gzip"}, {"records.jsonl.xz", "xz"}, {"records.jsonl", NULL}};
    char path[FILE_BYTES];
    json_t *provenance = json_array();
    bool good = false, there = false;
    for (size_t i = 0; i < sizeof forms / sizeof *forms && !there; i++) {
        file_of(source, entry, forms[i].name, path);
        there = access(path, R_OK) == 0;
        good = there && (forms[i].program != NULL ? read_packed(provenance, path, forms[i].program)
                                                  : read_plain(provenance, path));
    }
    json_object_set_new(entry, "provenance", provenance);
    return good || refuse(source, path, there ? "cannot be read, or a line is damaged" : strerror(errno));
}

bool report_has_figures(const char *directory)
{
    char path[FILE_BYTES];
    (void)snprintf(path, sizeof path, "%s/summary.json", directory);
    return access(path, F_OK) == 0;
}

json_t *report_read(const char *directory, char why[PAPER_WHY_BYTES])
{
    char path[FILE_BYTES];
    const struct source source = {directory, why};
    size_t i;
    json_t *entry;
    why[0] = '\0';
    (void)snprintf(path, sizeof path, "%s/summary.json", directory);
    json_t *summary = load(&source, path);
    bool good = summary != NULL && check_summary(&source, summary, path);
    json_array_foreach(json_object_get(summary, "figures"), i, entry)
    {
        if (good && strcmp(flat_text(entry, "status"), "made") == 0) {
            good = add_series(&source, entry) && add_picture(&source, entry) && add_provenance(&source, entry);
        }
    }
    if (!good) {
        json_decref(summary);
        return NULL;
    }
    return summary;
}
