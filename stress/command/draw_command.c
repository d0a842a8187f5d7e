/* SPDX-License-Identifier: MIT
 * `framelab draw`: the rows of a record file's table, drawn as the figure papers/overview. */
#include <errno.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "flat.h"
#include "origin.h"
#include "paper_cache.h"
#include "paper_make.h"
#include "paper_things.h"
#include "times_table.h"

#define FIGURE "overview"

struct draw_options {
    const char *path;
    const char *directory;
};

static int complain(int status, const char *what, const char *why)
{
    return status_say("framelab draw", status, "%s%s%s", what, *what != '\0' ? ": " : "", why);
}

/* What the figure's series.jq reads. NULL if out of memory. */
static json_t *describe(const struct results *results)
{
    const struct origin origin = origin_describe(&results->file);
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:o}", "slow", "baseline", "fast", "lockfree", "origin", "machine",
                     origin.machine, "version", origin.version, "date", origin.date, "rows",
                     times_table_json(&results->layout, "baseline"));
}

/* Prints where the pictures are. */
static int say(const json_t *made, const char *directory)
{
    size_t i;
    const json_t *picture;
    json_array_foreach(json_object_get(made, "pictures"), i, picture)
    {
        const char *name = flat_text(picture, "name");
        (void)printf("%s/%s.svg\n%s/%s.pdf\n%s/%s.png\n", directory, name, directory, name, directory, name);
    }
    return EXIT_STATUS_HOLDS;
}

static int draw(const json_t *rows, const char *directory)
{
    char papers[PAPER_PATH_BYTES], path[PAPER_PATH_BYTES + 16], why[PAPER_WHY_BYTES];
    struct paper_folder folder;
    (void)snprintf(path, sizeof path, "%s/rows.json", directory);
    if (!paper_make_directory(directory) || json_dump_file(rows, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0) {
        return complain(EXIT_STATUS_USAGE, directory, strerror(errno));
    }
    if (!paper_find(NULL, papers)) {
        return complain(EXIT_STATUS_USAGE, papers, "no such directory of figures");
    }
    bool good = paper_folder_read(&folder, papers, FIGURE, stderr);
    json_t *things = good ? paper_things_read(papers, why, sizeof why) : NULL;
    const struct paper_making making = {&folder, papers, things, path, directory, PAPER_DEFAULT};
    json_t *made = things != NULL ? paper_draw(&making, why) : NULL;
    int status = made != NULL     ? say(made, directory)
                 : things != NULL ? complain(EXIT_STATUS_VIOLATED, "", why)
                 : good           ? complain(EXIT_STATUS_USAGE, "", why)
                                  : EXIT_STATUS_USAGE;
    json_decref(made);
    json_decref(things);
    paper_folder_free(&folder);
    return status;
}

static int draw_results(const struct results *results, const struct draw_options *options)
{
    char why[PAPER_WHY_BYTES];
    if (results->layout.row_count == 0) {
        return complain(EXIT_STATUS_USAGE, options->path, "holds controls only, nothing to draw");
    }
    if (!paper_tools_there(why, sizeof why)) {
        return complain(EXIT_STATUS_SKIPPED, "skipped", why);
    }
    json_t *rows = describe(results);
    int status = rows != NULL ? draw(rows, options->directory) : complain(EXIT_STATUS_USAGE, "", strerror(ENOMEM));
    json_decref(rows);
    return status;
}

static int run(const struct draw_options *options)
{
    struct results results;
    int status = EXIT_STATUS_USAGE;
    enum records_status read = results_read(&results, options->path, stderr);
    if (read != RECORDS_UNREADABLE && record_file_has_times(&results.file, stderr)) {
        status = draw_results(&results, options);
    }
    results_free(&results);
    return status == EXIT_STATUS_HOLDS && read == RECORDS_DAMAGED ? EXIT_STATUS_VIOLATED : status;
}

static const struct argp_option draw_list[] = {
    {"out", 'o', "DIR", 0, "the directory for pictures, scripts and data; made if need be", 0}, {0}};

static const struct option_value values[] = {
    OPTION_PLAIN('o', VALUE_TEXT, struct draw_options, directory),
    OPTION_ARGUMENT(struct draw_options, path, file_words),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    const struct draw_options *options = state->input;
    if (key == ARGP_KEY_SUCCESS && options->directory == NULL) {
        usage_error(state, "--out DIR is missing");
    }
    return option_set(state, draw_list, values, key, text);
}

int draw_command(int argc, char **argv)
{
    static const struct argp parser = {
        .options = draw_list,
        .parser = parse_option,
        .args_doc = "FILE",
        .doc = "Draws a file of bench records by jq and gnuplot, as SVG, PDF and PNG: an overview, throughput against "
               "harts for every workload and size, latency percentiles against harts. FILE '-' is the standard input."
               "\vThe scripts (DIR/*.gp) and what they draw (DIR/series.dat; DIR/series.json) stay, to be changed and "
               "drawn again. The paths of the pictures go to the standard output. Exit status: 0; 1 if lines of the "
               "file were damaged (the others are drawn), or jq or gnuplot failed; 2 for a usage error, a file that "
               "cannot be read or a directory that cannot be written; 77 if there is no jq or no gnuplot."};
    struct draw_options options = {0};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return run(&options);
}
