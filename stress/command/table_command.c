/* SPDX-License-Identifier: MIT
 * `framelab table`: times of one operation by variant, in nanoseconds and CAS units, with their spread, the ratio of
 * the two variants that are compared, and latency percentiles. */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "counts_table.h"
#include "exit_status.h"
#include "grid.h"
#include "layout.h"
#include "options.h"
#include "origin.h"

enum { OPTION_FORMAT = 256, OPTION_RATIO };

struct table_options {
    const char *path;
    enum output_format format;
    bool markdown;
    char slow[RECORD_NAME_MAX]; /* the column whose time is divided */
    char fast[RECORD_NAME_MAX]; /* by that of this one */
};

/* A section of the layout, as it is printed. */
struct section {
    const struct layout *layout;
    const struct table_options *options;
    size_t from, end;
};

/* ---- What tables have in common --------------------------------------------------------------------------------- */

/* A table of a section: what each variant has there. */
struct view {
    const char *titles[4]; /* of a variant's columns, as many as there are */
    bool (*has)(const struct series *series);
    void (*add)(struct grid *grid, const struct series *series, double cas_ns);
};

static bool row_has(const struct section *section, size_t i, const struct view *view)
{
    const struct layout *layout = section->layout;
    bool has = false;
    for (size_t c = 0; c < layout->column_count && !has; c++) {
        const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
        has = series != NULL && view->has(series);
    }
    return has;
}

static bool section_has(const struct section *section, const struct view *view)
{
    bool has = false;
    for (size_t i = section->from; i < section->end && !has; i++) {
        has = row_has(section, i, view);
    }
    return has;
}

static void add_dashes(struct grid *grid, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        grid_cell(grid, GRID_FAINT, "–");
    }
}

/* The variants' columns; or their cells in a row. */
static void add_variants(struct grid *grid, const struct section *section, const struct view *view,
                         const struct row_key *row)
{
    const struct layout *layout = section->layout;
    for (size_t c = 0; c < layout->column_count; c++) {
        uint32_t titles = 0;
        if (!layout_column_used(layout, section->from, section->end, layout->columns[c])) {
            continue;
        }
        for (; titles < 4 && view->titles[titles] != NULL; titles++) {
            if (row == NULL) {
                grid_column(grid, layout->columns[c], view->titles[titles], GRID_RIGHT);
            }
        }
        const struct series *series = row != NULL ? layout_find(layout, row, layout->columns[c]) : NULL;
        if (series != NULL && view->has(series)) {
            view->add(grid, series, layout->list->cas_ns);
        } else if (row != NULL) {
            add_dashes(grid, titles);
        }
    }
}

/* ---- Times ---------------------------------------------------------------------------------------------------- */

static void add_row_columns(struct grid *grid)
{
    grid_column(grid, "", "workload", GRID_LEFT);
    grid_column(grid, "", "order", GRID_RIGHT);
    grid_column(grid, "", "harts", GRID_RIGHT);
}

static void add_row_cells(struct grid *grid, const struct section *section, size_t i)
{
    const struct row_key *row = &section->layout->rows[i];
    bool first = i == section->from || !row_same_phase(row, row - 1);
    if (first) {
        grid_rule(grid);
    }
    grid_cell(grid, GRID_PLAIN, "%s %s", first || section->options->markdown ? row->workload : "",
              first || section->options->markdown ? row->phase : "");
    if (series_order(row->frames) >= 0) {
        grid_cell(grid, GRID_PLAIN, "%d", series_order(row->frames));
    } else {
        grid_cell(grid, GRID_PLAIN, "%llu frames", (unsigned long long)row->frames);
    }
    grid_cell(grid, GRID_PLAIN, "%u%s", row->harts, row->harts > row->cores ? "*" : " ");
}

/* Three significant digits or so, whatever the size; and a mark. */
static void add_marked(struct grid *grid, enum grid_tone tone, double number, const char *mark)
{
    grid_cell(grid, tone, "%.*f%s", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number, mark);
}

static void add_number(struct grid *grid, enum grid_tone tone, double number)
{
    add_marked(grid, tone, number, "");
}

/* Whether most of what a series is made of was disturbed. */
static bool is_doubtful(const struct series *series)
{
    return 2 * (series->disturbed - series->left_out) > series->count;
}

static void add_series_cells(struct grid *grid, const struct series *series, double cas_ns)
{
    add_marked(grid, GRID_PLAIN, series->median, is_doubtful(series) ? "~" : "");
    if (series->count > 1 && series->median > 0) {
        grid_cell(grid, GRID_FAINT, "%.0f%%", 100 * (series->q3 - series->q1) / series->median);
    } else {
        add_dashes(grid, 1);
    }
    if (cas_ns > 0) {
        add_number(grid, GRID_PLAIN, series->median / cas_ns);
    }
}

/* The ratio, and in words when the variant that should be the faster one is not. If the middle halves of the two
 * overlap, neither is said to be faster. */
static void add_ratio_cells(struct grid *grid, const struct series *slow, const struct series *fast)
{
    double ratio = series_ratio(slow, fast);
    if (ratio <= 0) {
        grid_cell(grid, GRID_FAINT, "–");
        grid_cell(grid, GRID_PLAIN, "%s", "");
    } else if (fast->q1 > slow->q3) {
        grid_cell(grid, GRID_BAD, "%.2fx", ratio);
        grid_cell(grid, GRID_BAD, "%s loses", fast->column);
    } else if (fast->q3 < slow->q1) {
        grid_cell(grid, GRID_GOOD, "%.2fx", ratio);
        grid_cell(grid, GRID_PLAIN, "%s", "");
    } else {
        grid_cell(grid, GRID_PLAIN, "%.2fx", ratio);
        grid_cell(grid, GRID_PLAIN, "%s", "even");
    }
}

static bool is_timed(const struct series *series)
{
    return series->count > 0;
}

static struct grid *times_grid(const struct section *section)
{
    const struct layout *layout = section->layout;
    const struct table_options *options = section->options;
    const struct view view = {{"ns", "IQR", layout->list->cas_ns > 0 ? "CAS" : NULL}, is_timed, add_series_cells};
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return NULL;
    }
    char ratio[2 * RECORD_NAME_MAX + 4];
    snprintf(ratio, sizeof ratio, "%s/%s", options->slow, options->fast);
    add_row_columns(grid);
    grid_column(grid, "null", "ns", GRID_RIGHT);
    add_variants(grid, section, &view, NULL);
    grid_column(grid, ratio, "ratio", GRID_RIGHT);
    grid_column(grid, ratio, "", GRID_LEFT);
    for (size_t i = section->from; i < section->end; i++) {
        const struct row_key *row = &layout->rows[i];
        const struct series *null = layout_null(layout, row);
        add_row_cells(grid, section, i);
        if (null != NULL && is_timed(null)) {
            add_number(grid, GRID_FAINT, null->median);
        } else {
            add_dashes(grid, 1);
        }
        add_variants(grid, section, &view, row);
        add_ratio_cells(grid, layout_find(layout, row, options->slow), layout_find(layout, row, options->fast));
    }
    return grid;
}

/* ---- Latencies ------------------------------------------------------------------------------------------------ */

/* Nanoseconds in at most five characters. */
static void add_latency(struct grid *grid, uint64_t ns)
{
    if (ns < 10000) {
        grid_cell(grid, GRID_PLAIN, "%llu", (unsigned long long)ns);
    } else if (ns < 10000000) {
        grid_cell(grid, GRID_PLAIN, "%.0fk", (double)ns / 1e3);
    } else {
        grid_cell(grid, GRID_PLAIN, "%.0fM", (double)ns / 1e6);
    }
}

static bool has_latency(const struct series *series)
{
    return series->latency.samples > 0;
}

static void add_latency_cells(struct grid *grid, const struct series *series, double cas_ns)
{
    (void)cas_ns;
    add_latency(grid, series->latency.p50_ns);
    add_latency(grid, series->latency.p99_ns);
    add_latency(grid, series->latency.p999_ns);
    add_latency(grid, series->latency.max_ns);
}

static const struct view latencies = {{"p50", "p99", "p99.9", "max"}, has_latency, add_latency_cells};

static struct grid *latency_grid(const struct section *section)
{
    const struct layout *layout = section->layout;
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return NULL;
    }
    add_row_columns(grid);
    grid_column(grid, "null", "p50", GRID_RIGHT);
    add_variants(grid, section, &latencies, NULL);
    for (size_t i = section->from; i < section->end; i++) {
        const struct series *null = layout_null(layout, &layout->rows[i]);
        add_row_cells(grid, section, i);
        if (null != NULL && has_latency(null)) {
            add_latency(grid, null->latency.p50_ns);
        } else {
            add_dashes(grid, 1);
        }
        add_variants(grid, section, &latencies, &layout->rows[i]);
    }
    return grid;
}

/* ---- Shares --------------------------------------------------------------------------------------------------- */

static bool has_shares(const struct series *series)
{
    return series->shared_out;
}

static void add_share_cells(struct grid *grid, const struct series *series, double cas_ns)
{
    (void)cas_ns;
    grid_cell(grid, GRID_PLAIN, "%.1f%%", 100 * series->share_first);
    grid_cell(grid, GRID_PLAIN, "%.1f%%", 100 * series->share_last);
}

static const struct view shares = {{"first", "last"}, has_shares, add_share_cells};

static struct grid *shares_grid(const struct section *section)
{
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return NULL;
    }
    grid_column(grid, "", "workload", GRID_LEFT);
    grid_column(grid, "", "harts", GRID_RIGHT);
    add_variants(grid, section, &shares, NULL);
    grid_rule(grid);
    for (size_t i = section->from; i < section->end; i++) {
        const struct row_key *row = &section->layout->rows[i];
        if (row_has(section, i, &shares)) {
            grid_cell(grid, GRID_PLAIN, "%s", row->workload);
            grid_cell(grid, GRID_PLAIN, "%u%s", row->harts, row->harts > row->cores ? "*" : " ");
            add_variants(grid, section, &shares, row);
        }
    }
    return grid;
}

/* ---- For people ----------------------------------------------------------------------------------------------- */

/* What a platform's times are worth. */
static const char *clock_text(const char *platform)
{
    if (strcmp(platform, "host") == 0) {
        return "nanoseconds";
    }
    if (strcmp(platform, "sim") == 0) {
        return "simulated nanoseconds, of a machine model, not of a machine";
    }
    return "this platform's clock, not to be compared with the host's nanoseconds";
}

static void repeats_text(const struct section *section, char *text, size_t text_bytes)
{
    const struct layout *layout = section->layout;
    size_t least = SIZE_MAX;
    size_t most = 0;
    for (size_t i = section->from; i < section->end; i++) {
        for (size_t c = 0; c < layout->column_count; c++) {
            const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
            if (series != NULL && series->count > 0) {
                least = series->count < least ? series->count : least;
                most = series->count > most ? series->count : most;
            }
        }
    }
    if (least >= most) {
        snprintf(text, text_bytes, "%zu repeat%s", most, most == 1 ? "" : "s");
    } else {
        snprintf(text, text_bytes, "%zu to %zu repeats", least, most);
    }
}

static bool print_grid(struct grid *grid, const struct table_options *options, FILE *out)
{
    bool good = grid != NULL &&
                (options->markdown ? grid_print_markdown(grid, out) : grid_print_text(grid, out, color_wanted(out)));
    grid_free(grid);
    return good;
}

static bool print_section(const struct section *section, FILE *out)
{
    const struct row_key *row = &section->layout->rows[section->from];
    const char *bold = section->options->markdown ? "**" : "";
    char repeats[64];
    repeats_text(section, repeats, sizeof repeats);
    fprintf(out, "\n%s%s, %s: time of one operation, median of %s, %s%s\n\n", bold, row->platform,
            setting_text(row->setting), repeats, clock_text(row->platform), bold);
    bool good = print_grid(times_grid(section), section->options, out);
    if (good && section_has(section, &latencies)) {
        fprintf(out, "\n%s%s, %s: latency of one operation, with that of reading the clock, %s%s\n\n", bold,
                row->platform, setting_text(row->setting), clock_text(row->platform), bold);
        good = print_grid(latency_grid(section), section->options, out);
    }
    if (good && section_has(section, &shares)) {
        fprintf(out, "\n%s%s, %s: share of memory in free whole chunks, after the first and the last round%s\n\n", bold,
                row->platform, setting_text(row->setting), bold);
        good = print_grid(shares_grid(section), section->options, out);
    }
    return good;
}

static void print_disturbed(const struct series_list *list, const char *item, FILE *out)
{
    size_t measured = 0, disturbed = 0, left_out = 0;
    bool doubtful = false;
    for (size_t i = 0; i < list->count; i++) {
        measured += list->items[i].count + list->items[i].left_out;
        disturbed += list->items[i].disturbed;
        left_out += list->items[i].left_out;
        doubtful |= is_doubtful(&list->items[i]);
    }
    if (list->core_ns > 0) {
        fprintf(out, "%scores: in %zu of %zu samples the harts shared their cores with others; %zu are left out%s.\n",
                item, disturbed, measured, left_out, doubtful ? "; ~ is mostly made of such" : "");
    }
}

static void print_legend(const struct layout *layout, const struct table_options *options, FILE *out)
{
    const char *item = options->markdown ? "- " : "";
    fprintf(out, "\n%sratio: time of %s over time of %s; above 1 %s is faster; even: their quartiles overlap.\n", item,
            options->slow, options->fast, options->fast);
    fprintf(out, "%sIQR: the spread of the repeats, from quartile to quartile, in percent of the median.\n", item);
    if (layout->list->cas_ns > 0) {
        fprintf(out, "%sCAS: in units of one uncontended compare-and-swap, here %.2f ns.\n", item,
                layout->list->cas_ns);
    } else {
        fprintf(out, "%sThe file has no `cas` control, so there are no CAS units.\n", item);
    }
    print_disturbed(layout->list, item, out);
    fprintf(out, "%snull: the harness alone, with no allocator; it is part of every other number.\n", item);
    for (size_t i = 0; i < layout->row_count; i++) {
        if (layout->rows[i].harts > layout->rows[i].cores) {
            fprintf(out, "%s%s oversubscribed: more harts than the %u core%s they could run on.\n", item,
                    options->markdown ? "\\*" : "*", layout->rows[i].cores, layout->rows[i].cores == 1 ? "" : "s");
            return;
        }
    }
}

static bool print_text(const struct layout *layout, const struct record_file *file, const struct table_options *options,
                       FILE *out)
{
    struct origin origin = origin_describe(file);
    fprintf(out, "%s on %s%s%s\n", origin.version, origin.machine, origin.date[0] != '\0' ? ", " : "", origin.date);
    bool good = true;
    for (size_t from = 0; good && from < layout->row_count;) {
        struct section section = {layout, options, from, layout_section_end(layout, from)};
        good = print_section(&section, out);
        from = section.end;
    }
    if (layout->row_count > 0) {
        print_legend(layout, options, out);
    }
    const struct counts_options counts = {options->markdown, options->slow, options->fast};
    return good && counts_table_print(file, &counts, out) && ferror(out) == 0;
}

/* ---- For machines --------------------------------------------------------------------------------------------- */

static json_t *real_or_null(bool known, double value)
{
    return known && isfinite(value) ? json_real(value) : json_null();
}

static json_t *count_or_null(bool known, uint64_t value)
{
    return known ? json_integer((json_int_t)value) : json_null();
}

static json_t *times_json(const struct series *series, double cas_ns, double ratio)
{
    bool timed = series->count > 0;
    size_t last = timed ? series->count - 1 : 0;
    return json_pack("{s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "repeats", (json_int_t)series->count,
                     "disturbed", (json_int_t)series->disturbed, "left_out", (json_int_t)series->left_out, "median_ns",
                     real_or_null(timed, series->median), "q1_ns", real_or_null(timed, series->q1), "q3_ns",
                     real_or_null(timed, series->q3), "min_ns", real_or_null(timed, timed ? series->samples[0] : 0),
                     "max_ns", real_or_null(timed, timed ? series->samples[last] : 0), "median_cas",
                     real_or_null(timed && cas_ns > 0, series->median / cas_ns), "throughput_mops",
                     real_or_null(timed, series_throughput(series->harts, series->cores, series->median)), "ratio",
                     real_or_null(ratio > 0, ratio));
}

static json_t *latencies_json(const struct latency_summary *latency)
{
    bool measured = latency->samples > 0;
    return json_pack("{s:I, s:o, s:o, s:o, s:o}", "latency_samples", (json_int_t)latency->samples, "p50_ns",
                     count_or_null(measured, latency->p50_ns), "p99_ns", count_or_null(measured, latency->p99_ns),
                     "p99.9_ns", count_or_null(measured, latency->p999_ns), "latency_max_ns",
                     count_or_null(measured, latency->max_ns));
}

static json_t *series_json(const struct layout *layout, const struct series *series, const char *slow)
{
    struct row_key row = {series->platform, series->setting, series->workload, series->phase,
                          series->frames,   series->harts,   series->cores};
    int order = series_order(series->frames);
    double ratio = series->control ? 0 : series_ratio(layout_find(layout, &row, slow), series);
    json_t *object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:I, s:I, s:b}", "platform",
                               series->platform, "variant", series->variant, "column", series->column, "setting",
                               series->setting, "knobs", series->knobs, "workload", series->workload, "phase",
                               series->phase, "frames", (json_int_t)series->frames, "order",
                               order >= 0 ? json_integer(order) : json_null(), "harts", (json_int_t)series->harts,
                               "cores", (json_int_t)series->cores, "oversubscribed", series->harts > series->cores);
    (void)json_object_update_new(object, times_json(series, layout->list->cas_ns, ratio));
    (void)json_object_update_new(object, latencies_json(&series->latency));
    return object;
}

static bool print_machine(const struct layout *layout, const struct record_file *file,
                          const struct table_options *options, FILE *out)
{
    json_t *rows = json_array();
    json_t *counts = counts_table_json(file);
    for (size_t i = 0; i < layout->list->count; i++) {
        if (json_array_append_new(rows, series_json(layout, &layout->list->items[i], options->slow)) != 0) {
            json_decref(rows);
            json_decref(counts);
            return false;
        }
    }
    bool good = false;
    if (options->format == FORMAT_CSV) { /* one kind of row: those with times, if there are any */
        good = counts != NULL && flat_print_csv(json_array_size(rows) > 0 ? rows : counts, out);
    } else {
        double cas_ns = layout->list->cas_ns;
        json_t *all =
            json_pack("{s:O, s:o, s:s, s:O, s:O}", "provenance", file->provenances, "cas_ns",
                      real_or_null(cas_ns > 0, cas_ns), "ratio_of", options->slow, "rows", rows, "counts", counts);
        good = all != NULL && flat_print_json(all, out);
        json_decref(all);
    }
    json_decref(rows);
    json_decref(counts);
    return good;
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static int table_run(const struct table_options *options, FILE *out, FILE *log)
{
    struct record_file file;
    struct series_list list = {0};
    struct layout layout = {0};
    enum records_status status = record_file_read(&file, options->path, log);
    bool good = status != RECORDS_UNREADABLE;
    if (good) {
        errno = 0;
        good = series_build(&list, &file) && layout_build(&layout, &list) &&
               (options->format == FORMAT_TEXT ? print_text : print_machine)(&layout, &file, options, out) &&
               fflush(out) == 0;
        if (!good) {
            fprintf(log, "framelab: table: %s\n", strerror(errno != 0 ? errno : ENOMEM));
        }
    }
    layout_free(&layout);
    series_free(&list);
    record_file_free(&file);
    if (!good) {
        return EXIT_STATUS_USAGE;
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
}

static error_t parse_option(int key, char *argument, struct argp_state *state)
{
    static const char *const words[] = {
        [FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv", [FORMAT_CSV + 1] = "markdown", NULL};
    struct table_options *options = state->input;
    switch (key) {
    case OPTION_FORMAT:
        options->format = (enum output_format)option_word(state, "format", words, argument);
        options->markdown = options->format == FORMAT_CSV + 1; /* text, with other rules */
        options->format = options->markdown ? FORMAT_TEXT : options->format;
        return 0;
    case OPTION_RATIO:
        parse_ratio(options, argument, state);
        return 0;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            usage_error(state, "one FILE at a time, '%s' is too many", argument);
        }
        options->path = argument;
        return 0;
    case ARGP_KEY_NO_ARGS:
        usage_error(state, "which FILE of records?");
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int table_command(int argc, char **argv)
{
    static const struct argp_option option_list[] = {
        {"format", OPTION_FORMAT, "FORMAT", 0, "text (default), markdown, json or csv", 0},
        {"ratio", OPTION_RATIO, "A/B", 0,
         "divide the times of column A by those of column B; default baseline/lockfree", 0},
        {0}};
    static const struct argp parser = {
        option_list,
        parse_option,
        "FILE",
        "Shows a file of bench records as a table: a row for each workload, phase, order and number of harts, and for "
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
    return table_run(&options, stdout, stderr);
}
