/* SPDX-License-Identifier: MIT
 * Series, verdicts and pictures of one figure. See paper_make.h. */
#include "paper_make.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "paper_series.h"
#include "paper_verdicts.h"

#define FILE_BYTES (PAPER_PATH_BYTES + 64u)
#define SCRIPT_BYTES (8u * PAPER_PATH_BYTES)
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
    char path[FILE_BYTES], script[FILE_BYTES], records[FILE_BYTES], published[FILE_BYTES];
    file_in(making->directory, name, path);
    file_in(making->folder->path, program, script);
    file_in(making->directory, "records.jsonl", records);
    published_path(making, published);
    const char *const argv[] = {"jq",        "--slurp",
                                "-L",        making->papers,
                                "--rawfile", "published",
                                published,   "--arg",
                                "level",     paper_level_name(making->level),
                                "-f",        script,
                                records,     NULL};
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

static bool make_series(const struct paper_making *making, char *why)
{
    json_t *made = run_jq(making, "series.jq", "series.json", why);
    bool good = made != NULL && paper_series_check(made, making->folder, why, PAPER_WHY_BYTES) &&
                write_file(making, made, "series.dat", paper_series_write, why) &&
                write_file(making, made, "tables.md", paper_tables_write, why);
    json_decref(made);
    return good;
}

static json_t *make_verdicts(const struct paper_making *making, char *why)
{
    char path[FILE_BYTES];
    file_in(making->directory, "verdicts.json", path);
    json_t *judged = run_jq(making, "claims.jq", "verdicts.json", why);
    json_t *verdicts = judged != NULL ? paper_verdicts_merge(judged, making->folder, why, PAPER_WHY_BYTES) : NULL;
    json_decref(judged);
    if (verdicts != NULL && json_dump_file(verdicts, path, DUMP_FLAGS) != 0) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%.400s: %s", path, strerror(errno));
        json_decref(verdicts);
        return NULL;
    }
    return verdicts;
}

/* ---- gnuplot ---------------------------------------------------------------------------------------------------- */

/* Appends `name='text'; `, quotes doubled. */
static void add_variable(char *script, const char *name, const char *text)
{
    size_t length = strlen(script);
    length += (size_t)snprintf(script + length, SCRIPT_BYTES - length, "%s='", name);
    for (; *text != '\0' && length + 8 < SCRIPT_BYTES; text++) {
        script[length++] = *text;
        if (*text == '\'') {
            script[length++] = *text;
        }
    }
    (void)snprintf(script + length, SCRIPT_BYTES - length, "'; ");
}

static bool draw(const struct paper_making *making, const char *format, char *why)
{
    char name[32], output[FILE_BYTES], data[FILE_BYTES], plot[FILE_BYTES];
    char *script = calloc(1, SCRIPT_BYTES);
    if (script == NULL) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%s", strerror(ENOMEM));
        return false;
    }
    (void)snprintf(name, sizeof name, "figure.%s", format);
    file_in(making->directory, name, output);
    file_in(making->directory, "series.dat", data);
    file_in(making->folder->path, "plot.gp", plot);
    add_variable(script, "format", format);
    add_variable(script, "output", output);
    add_variable(script, "data", data);
    add_variable(script, "papers", making->papers);
    add_variable(script, "title", paper_text(making->folder->figure, "title"));
    const char *const argv[] = {"gnuplot", "-e", script, plot, NULL};
    bool good = paper_tool_run((char *const *)argv, NULL, why);
    free(script);
    return good;
}

/* What an earlier run left: a figure that fails shows nothing, rather than something old. */
static void remove_old(const struct paper_making *making)
{
    static const char *const names[] = {"series.json", "series.dat", "tables.md", "verdicts.json",
                                        "figure.svg",  "figure.pdf", "figure.png"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[FILE_BYTES];
        file_in(making->directory, names[i], path);
        (void)unlink(path);
    }
}

json_t *paper_make(const struct paper_making *making, char why[PAPER_WHY_BYTES])
{
    static const char *const formats[] = {"svg", "pdf", "png"};
    remove_old(making);
    if (!make_series(making, why)) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        if (!draw(making, formats[i], why)) {
            return NULL;
        }
    }
    return make_verdicts(making, why);
}
