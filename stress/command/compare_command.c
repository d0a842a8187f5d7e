/* SPDX-License-Identifier: MIT
 * `framelab compare A B`: options, and what comparison.h says, as text, JSON or CSV. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "comparison.h"
#include "exit_status.h"
#include "flat.h"
#include "grid.h"
#include "layout.h"
#include "options.h"
#include "origin.h"

enum { OPTION_FORMAT = 256, OPTION_THRESHOLD, OPTION_ALPHA, OPTION_UNIT, OPTION_SEED };

static const char *const verdict_texts[VERDICT_COUNT] = {
    "within threshold", "not significant", "too few repeats", "faster", "REGRESSION", "control", "control moved"};
static const enum grid_tone verdict_tones[VERDICT_COUNT] = {GRID_FAINT, GRID_PLAIN, GRID_PLAIN, GRID_GOOD,
                                                            GRID_BAD,   GRID_FAINT, GRID_BAD};

struct compare_options {
    const char *paths[2];
    int path_count;
    enum output_format format;
    struct comparison_rules rules;
};

/* Two files, and what was found. */
struct comparing {
    const struct compare_options *options;
    struct results sides[2];
    struct comparison comparison;
};

/* ---- For people ----------------------------------------------------------------------------------------------- */

static void name_cells(struct grid *grid, const struct series *series)
{
    char size[32];
    grid_cell(grid, GRID_PLAIN, "%s", series->variant);
    grid_cell(grid, GRID_PLAIN, "%s%s%s %s", series->run, series->run[0] != '\0' ? ": " : "", series->workload,
              series->phase);
    grid_cell(grid, GRID_PLAIN, "%s", series_size_text(series->frames, size, sizeof size));
    grid_cell(grid, GRID_PLAIN, "%u%s", series->harts, series->harts > series->cores ? "*" : " ");
}

static void time_cell(struct grid *grid, const struct series *series, double unit_ns)
{
    grid_number(grid, GRID_PLAIN, series->median / unit_ns, "");
    grid_cell(grid, GRID_FAINT, "%zu", series->count);
}

static void pair_cells(struct grid *grid, const struct comparison *comparison, const struct pair *pair)
{
    name_cells(grid, pair->a);
    time_cell(grid, pair->a, comparison->unit_ns[0]);
    time_cell(grid, pair->b, comparison->unit_ns[1]);
    if (isnan(pair->change)) {
        grid_cell(grid, GRID_FAINT, "–");
        grid_cell(grid, GRID_FAINT, "–");
    } else {
        grid_cell(grid, verdict_tones[pair->verdict], "%+.1f%%", 100 * pair->change);
        grid_cell(grid, GRID_FAINT, "%+.1f .. %+.1f", 100 * pair->interval.low, 100 * pair->interval.high);
    }
    if (pair->a->control) {
        grid_cell(grid, GRID_FAINT, "–");
    } else {
        grid_cell(grid, GRID_PLAIN, pair->p < 0.001 ? "<0.001" : "%.3f", pair->p);
    }
    grid_cell(grid, verdict_tones[pair->verdict], "%s", verdict_texts[pair->verdict]);
}

static bool print_pairs(const struct comparison *comparison, FILE *out)
{
    const char *unit = comparison->rules->cas_unit ? "CAS" : "ns";
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return false;
    }
    grid_column(grid, "", "variant", GRID_LEFT);
    grid_column(grid, "", "workload", GRID_LEFT);
    grid_column(grid, "", "size", GRID_LEFT);
    grid_column(grid, "", "harts", GRID_RIGHT);
    grid_column(grid, "A", unit, GRID_RIGHT);
    grid_column(grid, "A", "n", GRID_RIGHT);
    grid_column(grid, "B", unit, GRID_RIGHT);
    grid_column(grid, "B", "n", GRID_RIGHT);
    grid_column(grid, "B against A", "change", GRID_RIGHT);
    grid_column(grid, "B against A", "95% of it, %", GRID_RIGHT);
    grid_column(grid, "B against A", "p", GRID_RIGHT);
    grid_column(grid, "B against A", "verdict", GRID_LEFT);
    for (size_t i = 0; i < comparison->pair_count; i++) {
        pair_cells(grid, comparison, &comparison->pairs[i]);
    }
    return grid_print(grid, false, out);
}

static void print_only(const struct comparison *comparison, int side, FILE *out)
{
    if (comparison->only_count[side] == 0) {
        return;
    }
    fprintf(out, "\nOnly in %c, not compared:\n", "AB"[side]);
    for (size_t i = 0; i < comparison->only_count[side]; i++) {
        const struct series *series = comparison->only[side][i];
        char size[32];
        fprintf(out, "  %s%s%s%s%s%s, %s, %s %s, %s, harts %u\n", series->run, series->run[0] != '\0' ? ": " : "",
                series->variant, series->knobs[0] != '\0' ? " (" : "", series->knobs,
                series->knobs[0] != '\0' ? ")" : "", series->platform, series->workload, series->phase,
                series_size_text(series->frames, size, sizeof size), series->harts);
    }
}

static void print_origins(const struct comparing *comparing, const json_t *differences, FILE *out)
{
    for (int i = 0; i < 2; i++) {
        struct origin origin = origin_describe(&comparing->sides[i].file);
        fprintf(out, "%c: %s\n   %s on %s%s%s\n", "AB"[i], comparing -> options -> paths[i], origin.version,
                origin.machine, origin.date[0] != '\0' ? ", " : "", origin.date);
    }
    for (size_t i = 0; i < json_array_size(differences); i++) {
        const json_t *difference = json_array_get(differences, i);
        fprintf(out, "%s%s: A %s, B %s\n", i == 0 ? "They differ in\n  " : "  ",
                json_string_value(json_object_get(difference, "what")),
                json_string_value(json_object_get(difference, "a")),
                json_string_value(json_object_get(difference, "b")));
    }
    fputc('\n', out);
}

static void print_summary(const struct comparison *comparison, FILE *out)
{
    const struct comparison_rules *rules = comparison->rules;
    const size_t *tally = comparison->tally;
    fprintf(out,
            "\n%zu rows judged (threshold %g %%, alpha %g after Holm's correction, seed %llu): ", comparison->judged,
            100 * rules->threshold, rules->alpha, (unsigned long long)rules->seed);
    fprintf(out, "%zu regression%s, %zu faster, %zu within threshold, %zu not significant, %zu with too few repeats\n",
            tally[VERDICT_REGRESSION], tally[VERDICT_REGRESSION] == 1 ? "" : "s", tally[VERDICT_FASTER],
            tally[VERDICT_SAME], tally[VERDICT_UNPROVEN], tally[VERDICT_TOO_FEW]);
    if (tally[VERDICT_TOO_FEW] > 0) {
        fprintf(out,
                "Too few repeats: %zu rows could not have been found significant however much they changed; "
                "judging %zu rows takes %u repeats in each file.\n",
                tally[VERDICT_TOO_FEW], comparison->judged, comparison_repeats_needed(comparison));
    }
    if (tally[VERDICT_CONTROL_MOVED] > 0) {
        fprintf(out, "%zu control%s moved: the machine was not the same in both runs%s.\n",
                tally[VERDICT_CONTROL_MOVED], tally[VERDICT_CONTROL_MOVED] == 1 ? "" : "s",
                rules->cas_unit ? "" : "; --unit cas may carry over");
    }
}

static bool print_text(const struct comparing *comparing, const json_t *differences, FILE *out)
{
    const struct comparison *comparison = &comparing->comparison;
    print_origins(comparing, differences, out);
    if (!print_pairs(comparison, out)) {
        return false;
    }
    print_only(comparison, 0, out);
    print_only(comparison, 1, out);
    print_summary(comparison, out);
    return ferror(out) == 0;
}

/* ---- For machines --------------------------------------------------------------------------------------------- */

/* One flat object for a pair, or for a series of one side only, the other being NULL. `known` is one that is there. */
static json_t *row_json(const struct comparison *comparison, const struct series *known, const struct series *a,
                        const struct series *b, const struct pair *pair)
{
    double a_median = a != NULL ? a->median / comparison->unit_ns[0] : NAN;
    double b_median = b != NULL ? b->median / comparison->unit_ns[1] : NAN;
    bool judged = pair != NULL && !pair->a->control;
    json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "run", known->run, "variant",
                            known->variant, "knobs", known->knobs, "platform", known->platform, "machine",
                            known->machine, "workload", known->workload, "phase", known->phase, "frames",
                            (json_int_t)known->frames, "harts", (json_int_t)known->harts);
    json_object_set_new(row, "a_repeats", json_integer(a != NULL ? (json_int_t)a->count : 0));
    json_object_set_new(row, "b_repeats", json_integer(b != NULL ? (json_int_t)b->count : 0));
    json_object_set_new(row, "a_median", flat_real(a_median));
    json_object_set_new(row, "b_median", flat_real(b_median));
    json_object_set_new(row, "change", flat_real(pair != NULL ? pair->change : NAN));
    json_object_set_new(row, "change_low", flat_real(pair != NULL ? pair->interval.low : NAN));
    json_object_set_new(row, "change_high", flat_real(pair != NULL ? pair->interval.high : NAN));
    json_object_set_new(row, "p_adjusted", flat_real(judged ? pair->p : NAN));
    const char *verdict = pair != NULL ? verdict_texts[pair->verdict] : a != NULL ? "only in A" : "only in B";
    json_object_set_new(row, "verdict", json_string(verdict));
    return row;
}

static json_t *rows_json(const struct comparison *comparison)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct pair *pair = &comparison->pairs[i];
        json_array_append_new(rows, row_json(comparison, pair->a, pair->a, pair->b, pair));
    }
    for (size_t i = 0; i < comparison->only_count[0]; i++) {
        json_array_append_new(rows, row_json(comparison, comparison->only[0][i], comparison->only[0][i], NULL, NULL));
    }
    for (size_t i = 0; i < comparison->only_count[1]; i++) {
        json_array_append_new(rows, row_json(comparison, comparison->only[1][i], NULL, comparison->only[1][i], NULL));
    }
    return rows;
}

static bool print_json(const struct comparing *comparing, json_t *differences, FILE *out)
{
    const struct compare_options *options = comparing->options;
    const struct comparison *comparison = &comparing->comparison;
    json_t *all =
        json_pack("{s:s, s:s, s:O, s:s, s:f, s:f, s:i, s:i, s:i, s:o}", "a", options->paths[0], "b", options->paths[1],
                  "provenance_differences", differences, "unit", options->rules.cas_unit ? "cas" : "ns", "threshold",
                  options->rules.threshold, "alpha", options->rules.alpha, "judged", (int)comparison->judged,
                  "regressions", (int)comparison->tally[VERDICT_REGRESSION], "too_few_repeats",
                  (int)comparison->tally[VERDICT_TOO_FEW], "rows", rows_json(comparison));
    bool good = all != NULL && flat_print_json(all, out);
    json_decref(all);
    return good;
}

static bool print_csv(const struct comparison *comparison, FILE *out)
{
    json_t *rows = rows_json(comparison);
    bool good = rows != NULL && flat_print_csv(rows, out);
    json_decref(rows);
    return good;
}

static bool print(const struct comparing *comparing, FILE *out)
{
    json_t *differences = origin_differences(&comparing->sides[0].file, &comparing->sides[1].file);
    bool good = differences != NULL;
    if (good) {
        switch (comparing->options->format) {
        case FORMAT_TEXT:
            good = print_text(comparing, differences, out);
            break;
        case FORMAT_JSON:
            good = print_json(comparing, differences, out);
            break;
        case FORMAT_CSV:
            good = print_csv(&comparing->comparison, out);
            break;
        }
    }
    json_decref(differences);
    return good;
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static bool open_sides(struct comparing *comparing, bool *damaged, FILE *log)
{
    bool good = true;
    for (int i = 0; i < 2; i++) {
        struct results *side = &comparing->sides[i];
        const char *path = comparing->options->paths[i];
        enum records_status status = results_read(side, path, log);
        *damaged = *damaged || status == RECORDS_DAMAGED;
        if (status == RECORDS_UNREADABLE || !record_file_has_times(&side->file, log)) {
            good = false;
        } else if (comparing->options->rules.cas_unit && side->list.cas_ns <= 0) {
            fprintf(log, "framelab: %s: has no `cas` control, so there is no CAS unit\n", path);
            good = false;
        }
    }
    return good;
}

static int compare_run(const struct compare_options *options, FILE *out, FILE *log)
{
    struct comparing comparing = {.options = options};
    struct comparison *comparison = &comparing.comparison;
    bool damaged = false;
    int lost = EXIT_STATUS_USAGE;
    bool good = open_sides(&comparing, &damaged, log);
    if (good) {
        errno = 0;
        good = comparison_make(comparison, &options->rules, &comparing.sides[0].list, &comparing.sides[1].list) &&
               print(&comparing, out);
        if (!good) {
            errno = errno != 0 ? errno : ENOMEM;
            lost = status_lost("framelab compare", out);
        } else if (comparison->judged == 0) {
            fprintf(log, "framelab: %s and %s have no row in common: nothing was judged\n", options->paths[0],
                    options->paths[1]);
        }
    }
    int status = EXIT_STATUS_HOLDS;
    if (!good || damaged || comparison->judged == 0) {
        status = lost;
    }
    if (good && comparison->tally[VERDICT_REGRESSION] > 0) {
        status = EXIT_STATUS_VIOLATED;
    }
    comparison_free(comparison);
    results_free(&comparing.sides[0]);
    results_free(&comparing.sides[1]);
    return status;
}

/* A number from 0 to below `below`, not 0 itself if `above`; ends the program with what it must be. */
static double parse_number(const char *what, const char *text, bool above, double below, const struct argp_state *state)
{
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number >= 0) || (above && number <= 0) || number >= below) {
        usage_error(state, "%s, not '%s'", what, text);
    }
    return number;
}

static const struct argp_option compare_list[] = {
    {"format", OPTION_FORMAT, "FORMAT", 0, "text (default), json or csv", 0},
    {"threshold", OPTION_THRESHOLD, "PERCENT", 0, "a smaller change is no regression; default 5", 0},
    {"alpha", OPTION_ALPHA, "P", 0, "chance of a false alarm in the whole comparison; default 0.05", 0},
    {"unit", OPTION_UNIT, "UNIT", 0,
     "ns (default), or cas: times in units of each file's own compare-and-swap, for files from two machines", 0},
    {"seed", OPTION_SEED, "N", 0, "of the bootstrap; default 1", 0},
    {0}};

static const char *const units[] = {"ns", "cas", NULL};

static const struct option_value values[] = {
    OPTION_WORD(OPTION_FORMAT, struct compare_options, format, format_words),
    OPTION_WORD(OPTION_UNIT, struct compare_options, rules.cas_unit, units),
    OPTION_NUMBER(OPTION_SEED, struct compare_options, rules.seed, 0, UINT64_MAX),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct compare_options *options = state->input;
    switch (key) {
    case OPTION_THRESHOLD:
        options->rules.threshold =
            parse_number("--threshold is a percentage from 0 to below 1000", text, false, 1000, state) / 100;
        return 0;
    case OPTION_ALPHA:
        options->rules.alpha = parse_number("--alpha is a number above 0 and below 1", text, true, 1, state);
        return 0;
    case ARGP_KEY_ARG:
        if (options->path_count == 2) {
            usage_error(state, "two files are compared, '%s' is too many", text);
        }
        options->paths[options->path_count++] = text;
        return 0;
    case ARGP_KEY_END:
        if (options->path_count < 2) {
            usage_error(state, "two files of records are compared: A and B");
        }
        return 0;
    default:
        return option_set(state, compare_list, values, key, text);
    }
}

int compare_command(int argc, char **argv)
{
    static const struct argp parser = {
        compare_list,
        parse_option,
        "A B",
        "Judges whether the benchmark of record file B is slower than that of A, row by row: medians, bootstrap "
        "intervals, Mann-Whitney tests with Holm's correction. One of the files may be '-', the standard input."
        "\vExit status: 1 if a row is slower by more than the threshold and significantly so; else 2 for a usage "
        "error, a file that cannot be read or of which lines were damaged, or files with no row in common; else 0.",
        NULL,
        NULL,
        NULL};
    struct compare_options options = {.format = FORMAT_TEXT, .rules = {.threshold = 0.05, .alpha = 0.05, .seed = 1}};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return compare_run(&options, stdout, stderr);
}
