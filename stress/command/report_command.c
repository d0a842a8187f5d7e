/* SPDX-License-Identifier: MIT
 * `framelab report`: reads a directory of figures and has jq write it down, by a program of papers/report/. */
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "grid.h"
#include "paper_folder.h"
#include "paper_verdicts.h"
#include "report_data.h"
#include "report_files.h"

#define NAME "framelab report"
#define DIRECTORY "results/latest-figures"
#define REFERENCE "results/reference/figures"
#define FILE_BYTES (PAPER_PATH_BYTES + 64u)
/* Where Debian's libjs-chart.js has the library that draws the charts, and how that begins. */
#define LIBRARY "/usr/share/javascript/chart.js/chart.min.js"
#define LIBRARY_SAYS "Chart.js v3."
#define LIBRARY_SAYS_WITHIN 256u
#define NO_CHARTS "none"

enum report_format { REPORT_HTML, REPORT_LATEX, REPORT_JSON, REPORT_FORMATS };

static const struct {
    const char *suffix, *program;
} formats[REPORT_FORMATS] = {{"html", "page.jq"}, {"tex", "latex.jq"}, {"json", NULL}};

struct arguments {
    const char *directory, *out, *papers;
    const char *charts; /* the library's file, or NO_CHARTS */
    enum report_format format;
};

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

/* Whether charts are wanted: a page alone has any. */
static bool has_charts(const struct arguments *arguments)
{
    return arguments->format == REPORT_HTML && strcmp(arguments->charts, NO_CHARTS) != 0;
}

/* Appends three words: an option of jq, the variable that it sets, the file to which. */
static void append(const char **argv, size_t *count, const char *option, const char *name, const char *path)
{
    argv[(*count)++] = option;
    argv[(*count)++] = name;
    argv[(*count)++] = path;
}

/* Has the program of papers/report/ make `out` of `data`, both paths. False with a line in `why`. */
static bool run_jq(const struct arguments *arguments, const char *data, const char *out, char *why)
{
    static const struct {
        const char *option, *name, *file;
    } given[] = {{"--rawfile", "style", "style.css"},
                 {"--rawfile", "page", "page.js"},
                 {"--rawfile", "chart", "chart.js"},
                 {"--slurpfile", "platforms", "platforms.json"}};
    enum { GIVEN = sizeof given / sizeof *given };
    char papers[PAPER_PATH_BYTES], program[FILE_BYTES], paths[GIVEN][FILE_BYTES];
    const char *argv[4 + 3 * (GIVEN + 1) + 4] = {"jq", "-r", "-L", papers};
    size_t count = 4;
    if (!paper_find(arguments->papers, papers)) {
        (void)snprintf(why, PAPER_WHY_BYTES, "%.400s: no such directory", papers);
        return false;
    }
    for (size_t i = 0; i < GIVEN; i++) {
        (void)snprintf(paths[i], sizeof paths[i], "%s/report/%s", papers, given[i].file);
        append(argv, &count, given[i].option, given[i].name, paths[i]);
    }
    append(argv, &count, "--rawfile", "library", has_charts(arguments) ? arguments->charts : "/dev/null");
    (void)snprintf(program, sizeof program, "%s/report/%s", papers, formats[arguments->format].program);
    append(argv, &count, "-f", program, data);
    return paper_tool_run((char *const *)argv, out, why);
}

/* Writes the report as `out`, which is there whole or not at all: `part` and `data` are on the way to it. */
static int write_with(const struct arguments *arguments, const json_t *report, const char *out, const char *part,
                      const char *data)
{
    char why[PAPER_WHY_BYTES];
    bool as_json = arguments->format == REPORT_JSON;
    if (json_dump_file(report, as_json ? part : data, JSON_COMPACT) != 0) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", out, strerror(errno));
    }
    if (!as_json && !run_jq(arguments, data, part, why)) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "%s: %s", out, why);
    }
    return rename(part, out) == 0 ? EXIT_STATUS_HOLDS
                                  : status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", out, strerror(errno));
}

static int write_report(const struct arguments *arguments, const json_t *report, const char *out)
{
    char part[FILE_BYTES + 8], data[FILE_BYTES + 8];
    (void)snprintf(part, sizeof part, "%s.part", out);
    (void)snprintf(data, sizeof data, "%s.data", out);
    int status = write_with(arguments, report, out, part, data);
    (void)unlink(part);
    (void)unlink(data);
    return status;
}

static int say(const json_t *report, const char *out)
{
    struct paper_tally tally = {0};
    size_t i;
    const json_t *entry, *figures = json_object_get(report, "figures");
    json_array_foreach((json_t *)figures, i, entry)
    {
        paper_verdicts_count(json_object_get(entry, "claims"), &tally);
    }
    (void)printf("%s: %zu figures; ", out, json_array_size(figures));
    paper_tally_print(&tally, "; ", stdout);
    return EXIT_STATUS_HOLDS;
}

/* ---- The command ------------------------------------------------------------------------------------------------ */

static bool has_jq(void)
{
    char unused[PAPER_WHY_BYTES];
    const char *const argv[] = {"jq", "--version", NULL};
    return paper_tool_run((char *const *)argv, NULL, unused);
}

/* The status of a page that needs the library and has none; else 0. */
static int check_library(const struct arguments *arguments)
{
    char head[LIBRARY_SAYS_WITHIN] = "";
    FILE *file = fopen(arguments->charts, "re");
    if (file == NULL) {
        return status_say(NAME, EXIT_STATUS_SKIPPED,
                          "skipped: there is no Chart.js, %s (Debian: libjs-chart.js); `--charts " NO_CHARTS
                          "` makes a page without charts",
                          arguments->charts);
    }
    (void)fread(head, 1, sizeof head - 1, file);
    (void)fclose(file);
    return strstr(head, LIBRARY_SAYS) != NULL
               ? 0
               : status_say(NAME, EXIT_STATUS_USAGE, "%s: is not Chart.js 3: nothing there says '" LIBRARY_SAYS "'",
                            arguments->charts);
}

/* The directory that was asked for, or that of the last run, or that of the reference. NULL if there is none. */
static const char *choose_directory(const struct arguments *arguments)
{
    if (arguments->directory != NULL || report_has_figures(DIRECTORY)) {
        return arguments->directory != NULL ? arguments->directory : DIRECTORY;
    }
    if (!report_has_figures(REFERENCE)) {
        return NULL;
    }
    (void)status_say(NAME, 0, DIRECTORY ": no figures there; this is " REFERENCE);
    return REFERENCE;
}

static int run(const struct arguments *arguments)
{
    char why[PAPER_WHY_BYTES], out[FILE_BYTES];
    const char *directory = choose_directory(arguments);
    if (directory == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE,
                          DIRECTORY ": no figures there; `framelab figures --quick` makes them");
    }
    if (!report_has_figures(directory)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: no figures there: it has no summary.json", directory);
    }
    if (arguments->format != REPORT_JSON && !has_jq()) {
        return status_say(NAME, EXIT_STATUS_SKIPPED, "skipped: there is no jq on this machine (Debian: jq)");
    }
    int lacks = has_charts(arguments) ? check_library(arguments) : 0;
    if (lacks != 0) {
        return lacks;
    }
    json_t *report = report_read(directory, why);
    if (report == NULL || (arguments->format == REPORT_HTML && !report_add_files(report, directory, why))) {
        json_decref(report);
        return status_say(NAME, EXIT_STATUS_VIOLATED, "%s", why);
    }
    (void)snprintf(out, sizeof out, "%s/report.%s", directory, formats[arguments->format].suffix);
    const char *path = arguments->out != NULL ? arguments->out : out;
    int status = strlen(path) < FILE_BYTES ? write_report(arguments, report, path)
                                           : status_say(NAME, EXIT_STATUS_USAGE, "--out: %s", strerror(ENAMETOOLONG));
    status = status == EXIT_STATUS_HOLDS ? say(report, path) : status;
    json_decref(report);
    return status;
}

enum { OPTION_PAPERS = 256, OPTION_CHARTS };

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "html: one page; latex: the body of papers/report; json: all of it (default: html)",
     1},
    {"out", 'o', "FILE", 0, "Where to (default: DIR/report.html, .tex, .json)", 1},
    {"charts", OPTION_CHARTS, "FILE", 0,
     "Chart.js 3, which draws the page's charts and becomes part of it; none: pictures in place of charts "
     "(default: " LIBRARY ")",
     2},
    {"papers", OPTION_PAPERS, "DIR", 0, "Folder with report/, its templates (default: that which came with framelab)",
     2},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char *const report_formats[] = {
    [REPORT_HTML] = "html", [REPORT_LATEX] = "latex", [REPORT_JSON] = "json", NULL};

static const struct option_value values[] = {
    OPTION_WORD('f', struct arguments, format, report_formats),
    OPTION_PLAIN('o', VALUE_TEXT, struct arguments, out),
    OPTION_PLAIN(OPTION_PAPERS, VALUE_TEXT, struct arguments, papers),
    OPTION_PLAIN(OPTION_CHARTS, VALUE_TEXT, struct arguments, charts),
    OPTION_ARGUMENT(struct arguments, directory, NULL),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    const struct arguments *arguments = state->input;
    if (key == ARGP_KEY_SUCCESS && arguments->papers != NULL && arguments->format == REPORT_JSON) {
        usage_error(state, "--papers does not go with --format json, which needs no templates");
    }
    if (key == ARGP_KEY_SUCCESS && strcmp(arguments->charts, LIBRARY) != 0 && arguments->format != REPORT_HTML) {
        usage_error(state, "--charts goes with --format html, which alone has any");
    }
    return option_set(state, options, values, key, text);
}

int report_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "[DIR]",
        .doc = "Makes one page of the figures that `framelab figures` left in DIR (default: " DIRECTORY
               ", or else " REFERENCE "): verdicts, charts, tables, provenance. The page needs no network, and no "
               "other file."
               "\vExit status: 0 it is written; 1 what is in DIR is broken, or jq failed: then nothing is written; "
               "2 usage, no figures in DIR, or FILE cannot be written; 77 without jq, or without Chart.js."};
    struct arguments arguments = {.format = REPORT_HTML, .charts = LIBRARY};
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return run(&arguments);
}
