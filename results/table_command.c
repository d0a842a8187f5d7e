/* SPDX-License-Identifier: MIT
 * A record file as a table: a row a workload, phase, size and number of harts, a group of columns a variant, and the
 * ratio of baseline to lock-free at the end. Times are medians over repeats, in nanoseconds and in CAS units; the
 * spread is the interquartile range in per cent of the median. What is slower is said to be so. */
#include "table_command.h"

#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "grid.h"
#include "layout.h"
#include "origin.h"

/* The two that every other is measured against. */
#define COLUMN_LOCKED "baseline"
#define COLUMN_LOCKFREE "lockfree"

enum table_format { TABLE_TEXT, TABLE_JSON, TABLE_CSV, TABLE_MARKDOWN };

struct table_arguments {
    const char *file;
    enum table_format format;
};

/* ---- options ------------------------------------------------------------------------------------------------ */

static bool parse_format(const char *text, enum table_format *format)
{
    static const char *const names[] = {"text", "json", "csv", "markdown"};
    for (int i = 0; i < 4; i++) {
        if (strcmp(text, names[i]) == 0) {
            *format = (enum table_format)i;
            return true;
        }
    }
    return false;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct table_arguments *arguments = state->input;
    switch (key) {
    case 'f':
        if (!parse_format(text, &arguments->format)) {
            argp_error(state, "--format is text, json, csv or markdown, not '%s'", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->file != NULL) {
            argp_error(state, "one FILE at a time");
        }
        arguments->file = text;
        return 0;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "FILE is missing");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text (default), markdown, json or csv", 0},
    {0},
};

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Shows a file of benchmark records (- for the standard input) as a table: median time an operation, in "
           "nanoseconds and in CAS units, with its spread, and how many times faster lockfree is than baseline.\v"
           "A CAS unit is one uncontended compare-and-swap in the same run. Exit status: 0; 1 if lines were refused; "
           "2 usage, or a file that cannot be read.",
};

/* ---- times for people --------------------------------------------------------------------------------------- */

static void series_cells(struct grid *grid, const struct series *series, double cas_ns)
{
    if (series == NULL || series->count == 0) {
        grid_cell(grid, GRID_FAINT, "-");
        grid_cell(grid, GRID_FAINT, "-");
        grid_cell(grid, GRID_FAINT, "-");
        return;
    }
    grid_cell(grid, GRID_PLAIN, "%.1f", series->median);
    if (cas_ns > 0) {
        grid_cell(grid, GRID_PLAIN, "%.1f", series->median / cas_ns);
    } else {
        grid_cell(grid, GRID_FAINT, "-");
    }
    grid_cell(grid, GRID_FAINT, "%.0f%%", series->median > 0 ? 100 * (series->q3 - series->q1) / series->median : 0);
}

/* The middle halves of the two decide whether one is faster: if they overlap, it is not said to be. */
static void ratio_cell(struct grid *grid, const struct series *locked, const struct series *lockfree)
{
    double ratio = series_ratio(locked, lockfree);
    if (ratio <= 0) {
        grid_cell(grid, GRID_FAINT, "-");
    } else if (lockfree->q1 > locked->q3) {
        grid_cell(grid, GRID_BAD, "%.2fx loses", ratio);
    } else if (lockfree->q3 < locked->q1) {
        grid_cell(grid, GRID_GOOD, "%.2fx      ", ratio);
    } else {
        grid_cell(grid, GRID_PLAIN, "%.2fx even ", ratio);
    }
}

static void row_head(struct grid *grid, const struct row_key *row)
{
    char size[32];
    grid_cell(grid, GRID_PLAIN, "%s", row->workload);
    grid_cell(grid, GRID_PLAIN, "%s", row->phase);
    grid_cell(grid, GRID_PLAIN, "%s", series_size_text(row->frames, size, sizeof size));
    grid_cell(grid, row->harts > row->cores ? GRID_FAINT : GRID_PLAIN, "%u%s", row->harts,
              row->harts > row->cores ? "*" : " ");
}

static void head_columns(struct grid *grid)
{
    grid_column(grid, "", "workload", GRID_LEFT);
    grid_column(grid, "", "phase", GRID_LEFT);
    grid_column(grid, "", "size", GRID_LEFT);
    grid_column(grid, "", "harts", GRID_RIGHT);
}

static struct grid *time_grid(const struct layout *layout, size_t from, size_t end)
{
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return NULL;
    }
    head_columns(grid);
    for (size_t c = 0; c < layout->column_count; c++) {
        if (layout_column_used(layout, from, end, layout->columns[c])) {
            grid_column(grid, layout->columns[c], "ns", GRID_RIGHT);
            grid_column(grid, layout->columns[c], "CAS", GRID_RIGHT);
            grid_column(grid, layout->columns[c], "IQR", GRID_RIGHT);
        }
    }
    grid_column(grid, "harness", "ns", GRID_RIGHT);
    grid_column(grid, "lockfree is", "faster by", GRID_RIGHT);
    for (size_t r = from; r < end; r++) {
        const struct row_key *row = &layout->rows[r];
        if (r > from && !row_same_phase(row, &layout->rows[r - 1])) {
            grid_rule(grid);
        }
        row_head(grid, row);
        for (size_t c = 0; c < layout->column_count; c++) {
            if (layout_column_used(layout, from, end, layout->columns[c])) {
                series_cells(grid, layout_find(layout, row, layout->columns[c]), layout->list->cas_ns);
            }
        }
        const struct series *null = layout_null(layout, row);
        if (null != NULL && null->count > 0) {
            grid_cell(grid, GRID_FAINT, "%.1f", null->median);
        } else {
            grid_cell(grid, GRID_FAINT, "-");
        }
        ratio_cell(grid, layout_find(layout, row, COLUMN_LOCKED), layout_find(layout, row, COLUMN_LOCKFREE));
    }
    return grid;
}

/* ---- latency ------------------------------------------------------------------------------------------------ */

static bool has_latency(const struct layout *layout, const char *column, size_t from, size_t end)
{
    for (size_t r = from; r < end; r++) {
        const struct series *series = layout_find(layout, &layout->rows[r], column);
        if (series != NULL && series->latency.samples > 0) {
            return true;
        }
    }
    return false;
}

static void latency_cells(struct grid *grid, const struct series *series)
{
    if (series == NULL || series->latency.samples == 0) {
        for (int i = 0; i < 4; i++) {
            grid_cell(grid, GRID_FAINT, "-");
        }
        return;
    }
    const struct latency_summary *latency = &series->latency;
    const uint64_t values[] = {latency->p50_ns, latency->p99_ns, latency->p999_ns, latency->max_ns};
    for (int i = 0; i < 4; i++) {
        grid_cell(grid, GRID_PLAIN, "%llu", (unsigned long long)values[i]);
    }
}

/* NULL if out of memory; *any is false if there is no latency to show. */
static struct grid *latency_grid(const struct layout *layout, size_t from, size_t end, bool *any)
{
    static const char *const titles[] = {"p50", "p99", "p99.9", "max"};
    struct grid *grid = grid_new();
    *any = false;
    if (grid == NULL) {
        return NULL;
    }
    head_columns(grid);
    for (size_t c = 0; c < layout->column_count; c++) {
        for (int i = 0; i < 4 && has_latency(layout, layout->columns[c], from, end); i++) {
            grid_column(grid, layout->columns[c], titles[i], GRID_RIGHT);
            *any = true;
        }
    }
    for (size_t r = from; r < end && *any; r++) {
        if (r > from && !row_same_phase(&layout->rows[r], &layout->rows[r - 1])) {
            grid_rule(grid);
        }
        row_head(grid, &layout->rows[r]);
        for (size_t c = 0; c < layout->column_count; c++) {
            if (has_latency(layout, layout->columns[c], from, end)) {
                latency_cells(grid, layout_find(layout, &layout->rows[r], layout->columns[c]));
            }
        }
    }
    return grid;
}

/* ---- printing ----------------------------------------------------------------------------------------------- */

static bool print_grid(struct grid *grid, enum table_format format)
{
    bool good = grid != NULL && (format == TABLE_MARKDOWN ? grid_print_markdown(grid, stdout)
                                                          : grid_print_text(grid, stdout, color_wanted(stdout)));
    grid_free(grid);
    return good;
}

static void print_caption(const struct record_file *file, const struct layout *layout)
{
    struct origin origin = origin_describe(file);
    printf("%s; %s%s%s\n", origin.machine, origin.version, origin.date[0] != '\0' ? "; " : "", origin.date);
    if (layout->list->cas_ns > 0) {
        printf("one CAS unit = %.2f ns; ", layout->list->cas_ns);
    }
    printf("medians over repeats; IQR: interquartile range; *: more harts than cores\n");
}

static bool print_people(const struct record_file *file, const struct layout *layout, enum table_format format)
{
    bool good = true;
    print_caption(file, layout);
    for (size_t from = 0, end; good && from < layout->row_count; from = end) {
        end = layout_section_end(layout, from);
        bool any = false;
        printf("\n%s, %s: time an operation\n\n", layout->rows[from].platform,
               setting_text(layout->rows[from].setting));
        good = print_grid(time_grid(layout, from, end), format);
        struct grid *latency = latency_grid(layout, from, end, &any);
        if (any) {
            printf("\n%s, %s: latency of single operations, ns, the clock's own cost included\n\n",
                   layout->rows[from].platform, setting_text(layout->rows[from].setting));
            good = print_grid(latency, format) && good;
        } else {
            good = latency != NULL && good;
            grid_free(latency);
        }
    }
    return good;
}

static json_t *series_json(const struct series *series, double cas_ns)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:i, s:i, s:I, s:f, s:f, s:f}", "platform",
                            series->platform, "variant", series->variant, "knobs", series->knobs, "workload",
                            series->workload, "phase", series->phase, "frames", (json_int_t)series->frames, "harts",
                            (int)series->harts, "cores", (int)series->cores, "repeats", (json_int_t)series->count,
                            "median_ns", series->median, "q1_ns", series->q1, "q3_ns", series->q3);
    json_object_set_new(row, "median_cas", cas_ns > 0 ? json_real(series->median / cas_ns) : json_null());
    const struct latency_summary *latency = &series->latency;
    const struct {
        const char *key;
        uint64_t value;
    } values[] = {{"latency_p50_ns", latency->p50_ns},
                  {"latency_p99_ns", latency->p99_ns},
                  {"latency_p99.9_ns", latency->p999_ns},
                  {"latency_max_ns", latency->max_ns}};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        json_object_set_new(row, values[i].key,
                            latency->samples > 0 ? json_integer((json_int_t)values[i].value) : json_null());
    }
    return row;
}

static bool print_machines(const struct series_list *list, enum table_format format)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < list->count; i++) {
        json_array_append_new(rows, series_json(&list->items[i], list->cas_ns));
    }
    bool good = rows != NULL && (format == TABLE_CSV ? flat_print_csv(rows, stdout) : flat_print_json(rows, stdout));
    json_decref(rows);
    return good;
}

static bool print_file(struct record_file *file, enum table_format format)
{
    struct series_list list = {0};
    struct layout layout = {0};
    bool good = series_build(&list, file);
    if (good && (format == TABLE_JSON || format == TABLE_CSV)) {
        good = print_machines(&list, format);
    } else if (good) {
        good = layout_build(&layout, &list) && print_people(file, &layout, format);
        layout_free(&layout);
    }
    series_free(&list);
    return fflush(stdout) == 0 && good;
}

int table_command(int argc, char **argv)
{
    struct table_arguments arguments = {0};
    struct record_file file;
    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    enum records_status status = record_file_read(&file, arguments.file, stderr);
    int result = status == RECORDS_OK ? EXIT_STATUS_HOLDS : EXIT_STATUS_VIOLATED;
    if (status == RECORDS_UNREADABLE) {
        result = EXIT_STATUS_USAGE;
    } else if (!print_file(&file, arguments.format)) {
        (void)fprintf(stderr, "framelab table: %s\n", strerror(errno));
        result = EXIT_STATUS_USAGE;
    }
    record_file_free(&file);
    return result;
}
