/* SPDX-License-Identifier: MIT
 * Series, verdicts and pictures of one figure. See paper_make.h. */
#include "paper_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flat.h"
#include "paper_series.h"
#include "paper_things.h"
#include "paper_verdicts.h"

#define VERDICTS "verdicts.json"
#define FILE_BYTES (PAPER_PATH_BYTES + 64u)
#define DUMP_FLAGS (JSON_INDENT(2) | JSON_REAL_PRECISION(9))

static void file_in(const char *directory, const char *name, char path[FILE_BYTES])
{
    (void)snprintf(path, FILE_BYTES, "%s/%s", directory, name);
}

/* Published points are optional: a folder without any has the empty file. */
static void published_path(const struct paper_making *making, char path[FILE_BYTES])
{
    file_in(making->folder->path, "published.csv", path);
    if (access(path, R_OK) != 0) {
        (void)snprintf(path, FILE_BYTES, "/dev/null");
    }
}

/* All records through a program of the folder; the result is kept as `name`, and returned. */
static json_t *run_jq(const struct paper_making *making, const char *program, const char *name, char *why)
{
    char path[FILE_BYTES], script[FILE_BYTES], published[FILE_BYTES];
    file_in(making->directory, name, path);
    file_in(making->folder->path, program, script);
    published_path(making, published);
    const char *const argv[] = {"jq",
                                "--slurp",
                                "-L",
                                making->papers,
                                "--rawfile",
                                "published",
                                published,
                                "--arg",
                                "level",
                                paper_level_name(making->level),
                                "-f",
                                script,
                                making->records,
                                NULL};
    if (!paper_tool_run((char *const *)argv, path, why)) {
        return NULL;
    }
    json_error_t error;
    json_t *made = json_load_file(path, 0, &error);
    if (made == NULL) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%s: line %d: %.200s", program, error.line, error.text);
    }
    return made;
}

static bool write_file(const struct paper_making *making, const json_t *made, const char *name,
                       bool (*write)(const json_t *, const char *), char *why)
{
    char path[FILE_BYTES];
    file_in(making->directory, name, path);
    if (!write(made, path)) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%.400s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

/* ---- gnuplot ---------------------------------------------------------------------------------------------------- */

/* A number or a text as gnuplot reads it. In single quotes nothing is markup or a command; a line must not end
 * there. */
static void write_value(FILE *file, const json_t *value)
{
    if (json_is_number(value)) {
        (void)fprintf(file, "%.9g", json_number_value(value));
        return;
    }
    (void)fputc('\'', file);
    for (const char *text = json_string_value(value); text != NULL && *text != '\0'; text++) {
        (void)fprintf(file, *text == '\'' ? "'%c" : "%c", (unsigned char)*text < ' ' ? ' ' : *text);
    }
    (void)fputc('\'', file);
}

static void write_variable(FILE *file, const char *name, const json_t *value)
{
    size_t count = json_array_size(value);
    if (!json_is_array(value)) {
        (void)fprintf(file, "%s = ", name);
        write_value(file, value);
    } else if (count > 0) {
        (void)fprintf(file, "array %s[%zu] = [", name, count);
        for (size_t i = 0; i < count; i++) {
            (void)fputs(i > 0 ? ", " : "", file);
            write_value(file, json_array_get(value, i));
        }
        (void)fputc(']', file);
    }
    (void)fputc('\n', file);
}

/* An array of the texts that all items have by `key`. */
static void write_column(FILE *file, const char *name, const json_t *items, const char *key)
{
    size_t i;
    const json_t *item;
    json_t *column = json_array();
    json_array_foreach((json_t *)items, i, item)
    {
        json_array_append_new(column, json_string(flat_text(item, key)));
    }
    write_variable(file, name, column);
    json_decref(column);
}

/* What the axes of a panel are, as common.gp has them: their labels, and which are logarithmic, "xy" being both. */
static json_t *describe_axes(const json_t *panels)
{
    size_t i;
    const json_t *panel;
    json_t *axes = json_array();
    json_array_foreach((json_t *)panels, i, panel)
    {
        const json_t *x = json_object_get(panel, "x"), *y = json_object_get(panel, "y");
        char log[3];
        (void)snprintf(log, sizeof log, "%s%s", json_is_true(json_object_get(x, "log")) ? "x" : "",
                       json_is_true(json_object_get(y, "log")) ? "y" : "");
        json_array_append_new(axes, json_pack("{s:s, s:s, s:s, s:s, s:s}", "panel", flat_text(panel, "id"), "title",
                                              flat_text(panel, "title"), "x", flat_text(x, "label"), "y",
                                              flat_text(y, "label"), "log", log));
    }
    return axes;
}

/* What is drawn: panels, things and series, a variable an attribute, an element an item; see common.gp. */
static void write_shown(const struct paper_making *making, const json_t *made, FILE *file)
{
    static const struct {
        const char *item, *keys[8];
    } shown[] = {{"axes", {"panel", "title", "x", "y", "log"}},
                 {"thing", {"id", "color", "marker"}},
                 {"series", {"name", "panel", "kind", "platform", "thing"}}};
    const json_t *panels = json_object_get(made, "panels"), *series = json_object_get(made, "series");
    json_t *axes = describe_axes(panels != NULL ? panels : json_object_get(making->folder->figure, "panels"));
    json_t *things = paper_things_used(making->things, series);
    const json_t *items[] = {axes, things, series};
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        for (size_t k = 0; shown[i].keys[k] != NULL; k++) {
            char name[32];
            (void)snprintf(name, sizeof name, "%s_%s", shown[i].item, shown[i].keys[k]);
            write_column(file, name, items[i], shown[i].keys[k]);
        }
    }
    json_decref(axes);
    json_decref(things);
}

/* What gnuplot runs: variables, then the folder's plot.gp. */
static void write_script(const struct paper_making *making, const json_t *made, const char *name, const json_t *set,
                         FILE *file)
{
    char output[FILE_BYTES], data[FILE_BYTES], plot[FILE_BYTES];
    const char *key;
    const json_t *value;
    file_in(making->directory, name, output);
    file_in(making->directory, "series.dat", data);
    file_in(making->folder->path, "plot.gp", plot);
    json_t *given = json_pack("{s:s, s:s, s:s}", "data", data, "papers", making->papers, "title",
                              flat_text(making->folder->figure, "title"));
    json_t *base = json_string(output), *script = json_string(plot);
    (void)fputs("# Made by framelab. format: svg, pdf or png.\nif (!exists('format')) format = 'svg'\noutput = ", file);
    write_value(file, base);
    (void)fputs(".'.'.format\n", file);
    json_object_foreach(given, key, value)
    {
        write_variable(file, key, value);
    }
    write_shown(making, made, file);
    json_object_foreach((json_t *)set, key, value)
    {
        write_variable(file, key, value);
    }
    (void)fputs("load ", file);
    write_value(file, script);
    (void)fputc('\n', file);
    json_decref(given);
    json_decref(base);
    json_decref(script);
}

static bool draw_picture(const struct paper_making *making, const json_t *made, const char *name, const json_t *set,
                         char *why)
{
    static const char *const formats[] = {"format='svg'", "format='pdf'", "format='png'"};
    char file_name[PAPER_KEY_BYTES + 4], path[FILE_BYTES];
    (void)snprintf(file_name, sizeof file_name, "%s.gp", name);
    file_in(making->directory, file_name, path);
    FILE *file = fopen(path, "we");
    if (file != NULL) {
        write_script(making, made, name, set, file);
    }
    bool good = file != NULL && ferror(file) == 0;
    if ((file != NULL && fclose(file) != 0) || !good) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%.400s: %s", path, strerror(errno));
        return false;
    }
    for (size_t i = 0; good && i < sizeof formats / sizeof *formats; i++) {
        const char *const argv[] = {"gnuplot", "-e", formats[i], path, NULL};
        good = paper_tool_run((char *const *)argv, NULL, why);
    }
    return good;
}

/* The pictures that series.jq names, or the one that every other figure has. */
static bool draw_pictures(const struct paper_making *making, const json_t *made, char *why)
{
    size_t i;
    const json_t *picture, *pictures = json_object_get(made, "pictures");
    bool good = pictures != NULL || draw_picture(making, made, "figure", NULL, why);
    json_array_foreach((json_t *)pictures, i, picture)
    {
        good = good && draw_picture(making, made, flat_text(picture, "name"), json_object_get(picture, "set"), why);
    }
    return good;
}

/* ---- A figure --------------------------------------------------------------------------------------------------- */

/* With the things that it shows, so that who reads it needs no table. */
static bool keep_series(const json_t *made, const char *path)
{
    json_t *kept = json_copy((json_t *)made);
    json_object_set_new(kept, "things",
                        paper_things_used(json_object_get(made, "things"), json_object_get(made, "series")));
    bool good = json_dump_file(kept, path, DUMP_FLAGS) == 0;
    json_decref(kept);
    return good;
}

static json_t *make_series(const struct paper_making *making, char *why)
{
    json_t *made = run_jq(making, "series.jq", "series.json", why);
    json_object_set(made, "things", (json_t *)making->things);
    if (made != NULL && paper_series_check(made, making->folder->figure, why, PAPER_WHY_BYTES) &&
        write_file(making, made, "series.json", keep_series, why) &&
        write_file(making, made, "series.dat", paper_series_write, why)) {
        return made;
    }
    json_decref(made);
    return NULL;
}

json_t *paper_judge(const struct paper_making *making, const char *name, char why[PAPER_WHY_BYTES])
{
    json_t *judged = run_jq(making, "claims.jq", name, why);
    json_t *verdicts = judged != NULL ? paper_verdicts_merge(judged, making->folder, why, PAPER_WHY_BYTES) : NULL;
    json_decref(judged);
    return verdicts;
}

bool paper_verdicts_save(const struct paper_making *making, const json_t *verdicts, char why[PAPER_WHY_BYTES])
{
    char path[FILE_BYTES];
    file_in(making->directory, VERDICTS, path);
    if (json_dump_file(verdicts, path, DUMP_FLAGS) != 0) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%.400s: %s", path, strerror(errno));
        return false;
    }
    return true;
}

static void remove_old(const struct paper_making *making, const char *const *names)
{
    for (size_t i = 0; names[i] != NULL; i++) {
        char path[FILE_BYTES];
        file_in(making->directory, names[i], path);
        (void)unlink(path);
    }
}

json_t *paper_draw(const struct paper_making *making, char why[PAPER_WHY_BYTES])
{
    json_t *made = make_series(making, why);
    if (made != NULL && draw_pictures(making, made, why)) {
        return made;
    }
    json_decref(made);
    return NULL;
}

/* What an earlier run left goes first: a figure that fails shows nothing, rather than something old. */
bool paper_draw_with_tables(const struct paper_making *making, char why[PAPER_WHY_BYTES])
{
    static const char *const names[] = {"series.json", "series.dat", "tables.md", "figure.svg",
                                        "figure.pdf",  "figure.png", "figure.gp", NULL};
    remove_old(making, names);
    json_t *made = paper_draw(making, why);
    bool good = made != NULL && write_file(making, made, "tables.md", paper_tables_write, why);
    json_decref(made);
    return good;
}

json_t *paper_make(const struct paper_making *making, char why[PAPER_WHY_BYTES])
{
    static const char *const names[] = {VERDICTS, NULL};
    remove_old(making, names);
    return paper_draw_with_tables(making, why) ? paper_judge(making, VERDICTS, why) : NULL;
}
