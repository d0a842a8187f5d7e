/* SPDX-License-Identifier: MIT
 * `framelab table`: times of one operation by variant, in nanoseconds and CAS units, with their spread, the ratio of
 * the two variants that are compared, and latency percentiles. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "counts_table.h"
#include "exit_status.h"
#include "flat.h"
#include "options.h"
#include "origin.h"
#include "tidy.h"
#include "times_table.h"

enum { OPTION_FORMAT = 256, OPTION_RATIO };

#define TABLE_FILES_MAX 64

struct table_options {
    const char *paths[TABLE_FILES_MAX];
    int path_count;
    enum output_format format;
    bool markdown, tidy;
    char slow[RECORD_NAME_MAX]; /* the column whose time is divided */
    char fast[RECORD_NAME_MAX]; /* by that of this one */
    bool asked;                 /* for these two, which must be there then */
};

/* ---- For people ----------------------------------------------------------------------------------------------- */

static bool print_text(const struct results *results, const struct table_options *options, FILE *out)
{
    struct origin origin = origin_describe(&results->file);
    const struct table_look look = {options->markdown, options->slow, options->fast};
    fprintf(out, "%s on %s%s%s\n", origin.version, origin.machine, origin.date[0] != '\0' ? ", " : "", origin.date);
    return times_table_print(&results->layout, &look, out) && counts_table_print(&results->file, &look, out);
}

/* ---- For machines --------------------------------------------------------------------------------------------- */

static bool print_machine(const struct results *results, const struct table_options *options, FILE *out)
{
    json_t *rows = times_table_json(&results->layout, options->slow);
    json_t *counts = counts_table_json(&results->file);
    bool good = rows != NULL && counts != NULL;
    if (good && options->format == FORMAT_CSV) { /* one kind of row: those with times, if there are any */
        good = flat_print_csv(json_array_size(rows) > 0 ? rows : counts, out);
    } else if (good) {
        double cas_ns = results->list.cas_ns;
        json_t *all =
            json_pack("{s:O, s:o, s:s, s:O, s:O}", "provenance", results->file.provenances, "cas_ns",
                      flat_real(cas_ns > 0 ? cas_ns : NAN), "ratio_of", options->slow, "rows", rows, "counts", counts);
        good = all != NULL && flat_print_json(all, out);
        json_decref(all);
    }
    json_decref(rows);
    json_decref(counts);
    return good;
}

/* ---- What is divided ------------------------------------------------------------------------------------------ */

/* The columns of the table, of times and of counts. NULL if out of memory. */
static json_t *columns_of(const struct results *results)
{
    json_t *columns = json_object();
    for (size_t i = 0; i < results->layout.column_count; i++) {
        json_object_set_new(columns, results->layout.columns[i], json_null());
    }
    for (size_t i = 0; i < results->file.tally_count; i++) {
        json_object_set_new(columns, results->file.tallies[i].variant, json_null());
    }
    return columns;
}

static void print_missing(const char *missing, json_t *columns, FILE *log)
{
    const char *key, *between = "";
    json_t *unused;
    fprintf(log, "framelab table: --ratio: there is no column '%s'; there are", missing);
    json_object_foreach(columns, key, unused)
    {
        fprintf(log, "%s %s", between, key);
        between = ",";
    }
    fputc('\n', log);
}

/* Whether what was asked for can be divided; if not, one line says what there is. */
static bool has_ratio(const struct results *results, const struct table_options *options, FILE *log)
{
    json_t *columns = columns_of(results);
    const char *missing = json_object_get(columns, options->slow) == NULL   ? options->slow
                          : json_object_get(columns, options->fast) == NULL ? options->fast
                                                                            : NULL;
    if (options->asked && missing != NULL) {
        print_missing(missing, columns, log);
    }
    json_decref(columns);
    return !options->asked || missing == NULL;
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

/* Of all files one table. */
static int tidy_run(const struct table_options *options, FILE *out, FILE *log)
{
    json_t *rows = json_array();
    int status = EXIT_STATUS_HOLDS;
    for (int i = 0; i < options->path_count && status != EXIT_STATUS_USAGE; i++) {
        struct record_file file;
        enum records_status read = record_file_read_lines(&file, options->paths[i], log);
        bool good = read != RECORDS_UNREADABLE && tidy_add(rows, &file);
        status = !good ? EXIT_STATUS_USAGE : read == RECORDS_DAMAGED ? EXIT_STATUS_VIOLATED : status;
        record_file_free(&file);
    }
    errno = 0;
    if (status != EXIT_STATUS_USAGE && !(tidy_print(rows, out) && fflush(out) == 0)) {
        errno = errno != 0 ? errno : ENOMEM;
        status = status_lost("framelab table", out);
    }
    json_decref(rows);
    return status;
}

static int table_run(const struct table_options *options, FILE *out, FILE *log)
{
    struct results results;
    enum records_status status = results_read(&results, options->paths[0], log);
    bool good = status != RECORDS_UNREADABLE && has_ratio(&results, options, log);
    int lost = EXIT_STATUS_USAGE;
    if (good) {
        errno = 0;
        good = (options->format == FORMAT_TEXT ? print_text : print_machine)(&results, options, out);
        errno = good || errno != 0 ? errno : ENOMEM;
        lost = good ? EXIT_STATUS_HOLDS : status_lost("framelab table", out);
    }
    results_free(&results);
    if (!good) {
        return lost;
    }
    return status == RECORDS_OK ? EXIT_STATUS_HOLDS : EXIT_STATUS_VIOLATED;
}

static void parse_ratio(struct table_options *options, const char *text, const struct argp_state *state)
{
    const char *slash = strchr(text, '/');
    size_t slow = slash != NULL ? (size_t)(slash - text) : 0;
    if (slow == 0 || slash[1] == '\0' || strchr(slash + 1, '/') != NULL || strlen(text) >= RECORD_NAME_MAX) {
        usage_error(state, "--ratio is A/B, two columns of the table, not '%s'", text);
    }
    snprintf(options->slow, sizeof options->slow, "%.*s", (int)slow, text);
    snprintf(options->fast, sizeof options->fast, "%s", slash + 1);
    options->asked = true;
}

static const struct argp_option table_list[] = {
    {"format", OPTION_FORMAT, "FORMAT", 0,
     "text (default), markdown, json, csv or tidy: CSV of a row a number that was measured, of any number of FILEs", 0},
    {"ratio", OPTION_RATIO, "A/B", 0, "divide the times of column A by those of column B; default baseline/lockfree",
     0},
    {0}};

static const struct option_value values[] = {{0}};

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    static const char *const words[] = {[FORMAT_TEXT] = "text",        [FORMAT_JSON] = "json",    [FORMAT_CSV] = "csv",
                                        [FORMAT_CSV + 1] = "markdown", [FORMAT_CSV + 2] = "tidy", NULL};
    struct table_options *options = state->input;
    switch (key) {
    case OPTION_FORMAT:
        options->format = (enum output_format)option_word(state, "format", words, argument);
        options->tidy = options->format == FORMAT_CSV + 2;
        options->markdown = options->format == FORMAT_CSV + 1; /* text, with other rules */
        options->format = options->markdown || options->tidy ? FORMAT_TEXT : options->format;
        return 0;
    case OPTION_RATIO:
        parse_ratio(options, argument, state);
        return 0;
    case ARGP_KEY_ARG:
        if (options->path_count == TABLE_FILES_MAX) {
            usage_error(state, "more than %d files", TABLE_FILES_MAX);
        }
        options->paths[options->path_count++] = argument;
        return 0;
    case ARGP_KEY_END:
        if (options->path_count == 0) {
            usage_error(state, "which FILE of records?");
        } else if (options->path_count > 1 && !options->tidy) {
            usage_error(state, "one FILE at a time, '%s' is too many, but with --format tidy", options->paths[1]);
        }
        return 0;
    default:
        return option_set(state, table_list, values, key, argument);
    }
}

int table_command(int argc, char **argv)
{
    static const struct argp parser = {
        table_list,
        parse_option,
        "FILE...",
        "Shows a file of bench records as a table (for other programs: as CSV or JSON, or many files as tidy CSV): a "
        "row for each workload, phase, order and number of harts, and for "
        "each variant the median time of an operation in nanoseconds and in CAS units, with its spread, then the "
        "ratio of two variants; after it the latency percentiles. Records with counts in place of times, as QEMU's "
        "are, become "
        "a table of counts. FILE '-' is the standard input."
        "\vExit status: 0; 1 if lines of the file were damaged (the others are shown); 2 for a usage error or a file "
        "that "
        "cannot be read. A last line cut short by an interruption is reported and forgiven.",
        NULL,
        NULL,
        NULL};
    struct table_options options = {.format = FORMAT_TEXT, .slow = "baseline", .fast = "lockfree"};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return (options.tidy ? tidy_run : table_run)(&options, stdout, stderr);
}
