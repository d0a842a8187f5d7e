/* SPDX-License-Identifier: MIT
 * `framelab compare A B`: options, and what comparison.h says, as text, JSON or CSV. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "comparison.h"
#include "exact_comparison.h"
#include "exit_status.h"
#include "flat.h"
#include "grid.h"
#include "layout.h"
#include "options.h"
#include "origin.h"

enum {
    OPTION_FORMAT = 256,
    OPTION_THRESHOLD,
    OPTION_ALPHA,
    OPTION_UNIT,
    OPTION_FAMILY,
    OPTION_VARIANTS,
    OPTION_BISECT
};

static const char *const verdict_texts[VERDICT_COUNT] = {"within threshold",  "undecided", "faster",
                                                         "REGRESSION",        "too few",   "disturbed",
                                                         "not the same work", "control",   "control moved"};
static const enum grid_tone verdict_tones[VERDICT_COUNT] = {GRID_FAINT, GRID_PLAIN, GRID_GOOD,  GRID_BAD, GRID_PLAIN,
                                                            GRID_PLAIN, GRID_PLAIN, GRID_FAINT, GRID_BAD};
static const char *const family_words[] = {"all", "variant", "row", NULL};
static const char *const measure_texts[MEASURE_COUNT] = {"", " p99", " p99.9"};
static const char *const measure_names[MEASURE_COUNT] = {"time", "p99", "p99.9"};

struct compare_options {
    const char *paths[2];
    int path_count;
    char variants[2][RECORD_NAME_MAX]; /* of one file; empty: not asked for */
    enum output_format format;
    bool bisect;
    struct comparison_rules rules;
};

/* Two files, or one with two sides, and what was found. */
struct comparing {
    const struct compare_options *options;
    struct results sides[2];
    const struct results *of[2]; /* both the first, if that is the only file */
    struct record_file whose[2]; /* of each side the provenance lines alone */
    const char *names[2];
    struct comparison_rules rules;
    struct comparison comparison;
    struct exact_comparison exact;
};

/* ---- For people ----------------------------------------------------------------------------------------------- */

static void name_cells(struct grid *grid, const struct pair *pair)
{
    const struct series *series = pair->a;
    char size[32];
    grid_cell(grid, GRID_PLAIN, "%s", series->variant);
    grid_cell(grid, GRID_PLAIN, "%s%s%s %s%s", series->run, series->run[0] != '\0' ? ": " : "", series->workload,
              series->phase, measure_texts[pair->measure]);
    grid_cell(grid, GRID_PLAIN, "%s", series_size_text(series->frames, size, sizeof size));
    grid_cell(grid, GRID_PLAIN, "%u%s", series->harts, series->harts > series->cores ? "*" : " ");
}

static void change_cells(struct grid *grid, const struct change *change, enum grid_tone tone, bool judged)
{
    if (isnan(change->estimate)) {
        grid_cell(grid, GRID_FAINT, "–");
    } else {
        grid_cell(grid, tone, "%+.1f%%", 100 * change->estimate);
    }
    if (!judged) {
        grid_cell(grid, GRID_FAINT, "–");
        grid_cell(grid, GRID_FAINT, "–");
    } else {
        grid_cell(grid, GRID_FAINT, "%+.1f .. %+.1f", 100 * change->interval.low, 100 * change->interval.high);
        grid_cell(grid, GRID_PLAIN, change->p < 0.001 ? "<0.001" : "%.3f", change->p);
    }
}

static void pair_cells(struct grid *grid, const struct pair *pair)
{
    name_cells(grid, pair);
    for (int side = 0; side < 2; side++) {
        if (isnan(pair->value[side])) {
            grid_cell(grid, GRID_FAINT, "–");
        } else {
            grid_number(grid, GRID_PLAIN, pair->value[side], "");
        }
        grid_cell(grid, GRID_FAINT, "%zu", pair->processes[side]);
    }
    change_cells(grid, &pair->change, verdict_tones[pair->verdict], pair->verdict <= VERDICT_REGRESSION);
    grid_cell(grid, verdict_tones[pair->verdict], "%s", verdict_texts[pair->verdict]);
}

static bool print_pairs(const struct comparison *comparison, FILE *out)
{
    const char *unit = comparison->rules->unit != NULL ? comparison->rules->unit : "ns";
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
    grid_column(grid, "B against A", "interval, %", GRID_RIGHT);
    grid_column(grid, "B against A", "p", GRID_RIGHT);
    grid_column(grid, "B against A", "verdict", GRID_LEFT);
    for (size_t i = 0; i < comparison->pair_count; i++) {
        pair_cells(grid, &comparison->pairs[i]);
    }
    return grid_print(grid, false, out);
}

/* The first lines: over all rows of a variant. */
static void print_means(const struct comparison *comparison, FILE *out)
{
    for (size_t i = 0; i < comparison->mean_count; i++) {
        const struct geometric_mean *mean = &comparison->means[i];
        fprintf(out, "%s%s%s: %+.1f %%", mean->variant, comparison->sides[1].variant != NULL ? " to " : "",
                comparison->sides[1].variant != NULL ? comparison->sides[1].variant : "", 100 * mean->change.estimate);
        if (mean->verdict != VERDICT_TOO_FEW) {
            fprintf(out, " (%+.1f to %+.1f, p %s%.3g)", 100 * mean->change.interval.low,
                    100 * mean->change.interval.high, mean->change.p < 0.001 ? "< " : "", fmax(mean->change.p, 0.001));
        }
        fprintf(out, ", %s: geometric mean of %zu row%s, %zu and %zu processes\n", verdict_texts[mean->verdict],
                mean->rows, mean->rows == 1 ? "" : "s", mean->processes[0], mean->processes[1]);
    }
}

/* Whether they differ in phase and harts alone. */
static bool one_line(const struct series *a, const struct series *b)
{
    return strcmp(a->column, b->column) == 0 && strcmp(a->setting, b->setting) == 0 && strcmp(a->run, b->run) == 0 &&
           strcmp(a->platform, b->platform) == 0 && strcmp(a->workload, b->workload) == 0 && a->frames == b->frames;
}

static void phase_or_harts(const struct series *series, bool phase, char *text, size_t text_bytes)
{
    if (phase) {
        snprintf(text, text_bytes, "%s", series->phase);
    } else {
        snprintf(text, text_bytes, "%u", series->harts);
    }
}

/* The phases, or the harts, of all of `only` that are on the line of its first, each once: " alloc, free". */
static void print_each(const struct series *const *only, size_t count, bool phase, FILE *out)
{
    const char *between = " ";
    char text[64], other[64];
    for (size_t i = 0; i < count; i++) {
        phase_or_harts(only[i], phase, text, sizeof text);
        bool said = !one_line(only[0], only[i]);
        for (size_t k = 0; !said && k < i; k++) {
            phase_or_harts(only[k], phase, other, sizeof other);
            said = one_line(only[0], only[k]) && strcmp(text, other) == 0;
        }
        if (!said) {
            fprintf(out, "%s%s", between, text);
            between = ", ";
        }
    }
}

/* A line of all that differ in phase and harts alone. */
static void print_only(const struct comparison *comparison, int side, FILE *out)
{
    const struct series *const *only = comparison->only[side];
    size_t count = comparison->only_count[side];
    if (count > 0) {
        fprintf(out, "\nOnly in %c, not compared:\n", "AB"[side]);
    }
    for (size_t i = 0; i < count; i++) {
        const struct series *series = only[i];
        bool said = false;
        for (size_t k = 0; k < i; k++) {
            said = said || one_line(only[k], series);
        }
        if (!said) {
            char size[32];
            fprintf(out, "  %s%s%s%s%s, %s, %s", series->run, series->run[0] != '\0' ? ": " : "", series->column,
                    series->setting[0] != '\0' ? ", " : "", series->setting, series->platform, series->workload);
            print_each(only + i, count - i, true, out);
            fprintf(out, ", %s, harts", series_size_text(series->frames, size, sizeof size));
            print_each(only + i, count - i, false, out);
            fputc('\n', out);
        }
    }
}

static void print_origins(const struct comparing *comparing, const json_t *differences, FILE *out)
{
    for (int i = 0; i < 2; i++) {
        struct origin origin = origin_describe(&comparing->whose[i]);
        bool campaign = comparing->comparison.sides[i].campaign_side != NULL;
        fprintf(out, "%s: %s%s\n   %s on %s%s%s\n", i == 0 ? "A" : "B", comparing->names[i],
                campaign ? (i == 0 ? ", side A" : ", side B") : "", origin.version, origin.machine,
                origin.date[0] != '\0' ? ", " : "", origin.date);
    }
    for (size_t i = 0; i < json_array_size(differences); i++) {
        const json_t *difference = json_array_get(differences, i);
        fprintf(out, "%s%s: A %s, B %s\n", i == 0 ? "They differ in\n  " : "  ",
                json_string_value(json_object_get(difference, "what")),
                json_string_value(json_object_get(difference, "a")),
                json_string_value(json_object_get(difference, "b")));
    }
    if (comparing->rules.unit != NULL && comparing->comparison.pair_count > 0) {
        fprintf(out, "Times are in units of %s in the same %s%s.\n", comparing->rules.unit,
                strcmp(comparing->rules.unit, "cas") == 0 ? "process" : "block",
                comparing->rules.same_machine ? "" : ": two machines, or machines that are not known");
    }
    fputc('\n', out);
}

static const char *family_text(enum family family)
{
    static const char *const texts[] = {"all rows", "a variant's rows", "each row by itself"};
    return texts[family];
}

static void print_summary(const struct comparison *comparison, FILE *out)
{
    const struct comparison_rules *rules = comparison->rules;
    const size_t *tally = comparison->tally;
    fprintf(
        out,
        "\n%zu of %zu rows judged: %zu regression%s, %zu faster, %zu within threshold, %zu undecided; not judged: %zu "
        "too few processes, %zu disturbed, %zu not the same work\n",
        comparison->judged, comparison->compared, tally[VERDICT_REGRESSION], tally[VERDICT_REGRESSION] == 1 ? "" : "s",
        tally[VERDICT_FASTER], tally[VERDICT_WITHIN], tally[VERDICT_UNDECIDED], tally[VERDICT_TOO_FEW],
        tally[VERDICT_DISTURBED], tally[VERDICT_OTHER_WORK]);
    fprintf(out, "Threshold %g %%; alpha %g, half for the means and half for the rows; family of the correction: %s.\n",
            100 * rules->threshold, rules->alpha, family_text(rules->family));
    if (comparison->judged > 0) {
        fprintf(out,
                "A change would have been found, with that certainty, above %.1f %% in half of the rows judged, above "
                "%.1f %% in all.\n",
                100 * comparison_detectable(comparison, 0.5), 100 * comparison_detectable(comparison, 1));
    }
    if (tally[VERDICT_TOO_FEW] + tally[VERDICT_DISTURBED] > 0) {
        fprintf(
            out,
            "Judging %zu rows takes %zu undisturbed processes of each side (framelab bench makes --repeat of them), "
            "or %zu in turn (framelab bench --against).\n",
            comparison->compared, comparison_processes_needed(comparison, false),
            comparison_processes_needed(comparison, true));
    }
    if (tally[VERDICT_CONTROL_MOVED] > 0) {
        fprintf(out, "%zu control%s moved: the machine was not the same on both sides.\n", tally[VERDICT_CONTROL_MOVED],
                tally[VERDICT_CONTROL_MOVED] == 1 ? "" : "s");
    }
}

static bool print_text(const struct comparing *comparing, const json_t *differences, FILE *out)
{
    const struct comparison *comparison = &comparing->comparison;
    print_means(comparison, out);
    print_origins(comparing, differences, out);
    if (comparison->pair_count > 0 && !print_pairs(comparison, out)) {
        return false;
    }
    print_only(comparison, 0, out);
    print_only(comparison, 1, out);
    if (comparison->pair_count > 0) {
        print_summary(comparison, out);
    }
    return exact_comparison_print(&comparing->exact, out) && ferror(out) == 0;
}

/* ---- For machines --------------------------------------------------------------------------------------------- */

/* One flat object for a pair, or for a series of one side only, `pair` being NULL. */
static json_t *row_json(const struct series *series, const struct pair *pair, const char *verdict)
{
    static const struct pair none = {
        .value = {NAN, NAN}, .change = {NAN, {NAN, NAN}, NAN, NAN}, .threshold = NAN, .verdict = VERDICT_TOO_FEW};
    const struct pair *known = pair != NULL ? pair : &none;
    bool judged = known->verdict <= VERDICT_REGRESSION;
    json_t *row =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:s}", "run", series->run, "variant", series->variant,
                  "knobs", series->knobs, "platform", series->platform, "machine", series->machine, "workload",
                  series->workload, "phase", series->phase, "frames", (json_int_t)series->frames, "harts",
                  (json_int_t)series->harts, "measure", measure_names[known->measure]);
    json_object_set_new(row, "a_processes", json_integer((json_int_t)known->processes[0]));
    json_object_set_new(row, "b_processes", json_integer((json_int_t)known->processes[1]));
    json_object_set_new(row, "paired", json_boolean(known->paired));
    json_object_set_new(row, "disturbed", json_integer((json_int_t)known->disturbed));
    json_object_set_new(row, "a_median", flat_real(known->value[0]));
    json_object_set_new(row, "b_median", flat_real(known->value[1]));
    json_object_set_new(row, "change", flat_real(known->change.estimate));
    json_object_set_new(row, "change_low", flat_real(judged ? known->change.interval.low : NAN));
    json_object_set_new(row, "change_high", flat_real(judged ? known->change.interval.high : NAN));
    json_object_set_new(row, "p_adjusted", flat_real(judged ? known->change.p : NAN));
    json_object_set_new(row, "threshold", flat_real(known->threshold));
    json_object_set_new(row, "detectable", flat_real(judged ? known->change.detectable : NAN));
    json_object_set_new(row, "verdict", json_string(verdict));
    return row;
}

static json_t *rows_json(const struct comparison *comparison)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct pair *pair = &comparison->pairs[i];
        json_array_append_new(rows, row_json(pair->a, pair, verdict_texts[pair->verdict]));
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < comparison->only_count[side]; i++) {
            json_array_append_new(rows,
                                  row_json(comparison->only[side][i], NULL, side == 0 ? "only in A" : "only in B"));
        }
    }
    return rows;
}

static json_t *means_json(const struct comparison *comparison)
{
    json_t *means = json_array();
    for (size_t i = 0; i < comparison->mean_count; i++) {
        const struct geometric_mean *mean = &comparison->means[i];
        json_array_append_new(
            means, json_pack("{s:s, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:s}", "variant", mean->variant, "rows",
                             (json_int_t)mean->rows, "a_processes", (json_int_t)mean->processes[0], "b_processes",
                             (json_int_t)mean->processes[1], "change", flat_real(mean->change.estimate), "change_low",
                             flat_real(mean->change.interval.low), "change_high", flat_real(mean->change.interval.high),
                             "p_adjusted", flat_real(mean->change.p), "verdict", verdict_texts[mean->verdict]));
    }
    return means;
}

static bool print_json(const struct comparing *comparing, json_t *differences, FILE *out)
{
    const struct comparison *comparison = &comparing->comparison;
    const struct comparison_rules *rules = comparison->rules;
    json_t *all = json_pack(
        "{s:s, s:s, s:o, s:O, s:s, s:f, s:f, s:s, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "a", comparing->names[0],
        "b", comparing->names[1], "means", means_json(comparison), "provenance_differences", differences, "unit",
        rules->unit != NULL ? rules->unit : "ns", "threshold", rules->threshold, "alpha", rules->alpha, "family",
        family_words[rules->family], "compared", (int)comparison->compared, "judged", (int)comparison->judged,
        "regressions", (int)comparison->tally[VERDICT_REGRESSION], "disturbed",
        (int)comparison->tally[VERDICT_DISTURBED], "detectable_half", flat_real(comparison_detectable(comparison, 0.5)),
        "detectable_all", flat_real(comparison_detectable(comparison, 1)), "rows", rows_json(comparison), "exact",
        exact_comparison_json(&comparing->exact));
    bool good = all != NULL && flat_print_json(all, out);
    json_decref(all);
    return good;
}

/* One kind of row: those of times that were measured, if there are any. */
static bool print_csv(const struct comparing *comparing, FILE *out)
{
    const struct comparison *comparison = &comparing->comparison;
    bool measured = comparison->pair_count + comparison->only_count[0] + comparison->only_count[1] > 0;
    json_t *rows = measured ? rows_json(comparison) : exact_comparison_json(&comparing->exact);
    bool good = rows != NULL && flat_print_csv(rows, out);
    json_decref(rows);
    return good;
}

static bool print(const struct comparing *comparing, FILE *out)
{
    json_t *differences = origin_differences(&comparing->whose[0], &comparing->whose[1]);
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
            good = print_csv(comparing, out);
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
    for (int i = 0; i < comparing->options->path_count; i++) {
        enum records_status status = results_read(&comparing->sides[i], comparing->options->paths[i], log);
        *damaged = *damaged || status == RECORDS_DAMAGED;
        good = good && status != RECORDS_UNREADABLE;
    }
    return good;
}

static bool has_column(const struct results *results, const char *column)
{
    for (size_t i = 0; i < results->list.count; i++) {
        if (results->list.items[i].timed > 0 && strcmp(results->list.items[i].column, column) == 0) {
            return true;
        }
    }
    return false;
}

static bool has_side(const struct results *results, const char *side)
{
    for (size_t i = 0; i < results->list.count; i++) {
        if (strcmp(results->list.items[i].side, side) == 0) {
            return true;
        }
    }
    return false;
}

/* The unit that was asked for; else nanoseconds on one machine, and on two what both have beside each row. */
static bool choose_unit(struct comparing *comparing, FILE *log)
{
    struct comparison_rules *rules = &comparing->rules;
    const char *asked = rules->unit;
    rules->same_machine =
        comparing->of[0] == comparing->of[1] || origin_same_machine(&comparing->of[0]->file, &comparing->of[1]->file);
    bool nanoseconds = asked != NULL && strcmp(asked, "ns") == 0;
    rules->unit = nanoseconds ? NULL : asked;
    if (asked == NULL && !rules->same_machine) {
        bool both = has_column(comparing->of[0], "baseline") && has_column(comparing->of[1], "baseline");
        rules->unit = both ? "baseline" : "null";
    }
    for (int i = 0; i < 2 && asked != NULL && rules->unit != NULL; i++) {
        if (!has_column(comparing->of[i], rules->unit)) {
            fprintf(log, "framelab: %s: has no `%s` that could be the unit\n", comparing->names[i], rules->unit);
            return false;
        }
    }
    if (nanoseconds && !rules->same_machine) {
        fprintf(log, "framelab: compare: nanoseconds of two machines, or of machines that are not known, are not "
                     "judged; ratios are: --unit baseline, null or cas\n");
        return false;
    }
    return true;
}

/* The provenance lines of a side; of a file that is no campaign's all. */
static struct record_file provenance_of_side(const struct results *results, const char *side)
{
    struct record_file whose = {.provenances = json_array()};
    for (size_t i = 0; i < json_array_size(results->file.provenances); i++) {
        json_t *line = json_array_get(results->file.provenances, i);
        const char *of = json_string_value(json_object_get(json_object_get(line, "campaign"), "side"));
        if (side == NULL || (of != NULL && strcmp(of, side) == 0)) {
            (void)json_array_append(whose.provenances, line);
        }
    }
    return whose;
}

/* The two sides as the arguments have them. */
static bool choose_sides(struct comparing *comparing, struct comparison_side sides[2], FILE *log)
{
    const struct compare_options *options = comparing->options;
    bool one = options->path_count == 1, variants = options->variants[0][0] != '\0';
    bool campaign = one && !variants;
    for (int i = 0; i < 2; i++) {
        comparing->of[i] = &comparing->sides[one ? 0 : i];
        comparing->names[i] = variants ? options->variants[i] : options->paths[one ? 0 : i];
        sides[i] = (struct comparison_side){.list = &comparing->of[i]->list,
                                            .campaign_side = campaign ? (i == 0 ? "A" : "B") : NULL,
                                            .variant = variants ? options->variants[i] : NULL};
        comparing->whose[i] = provenance_of_side(comparing->of[i], sides[i].campaign_side);
        if (variants && !has_column(comparing->of[i], options->variants[i])) {
            fprintf(log, "framelab: %s: has no times of %s\n", options->paths[0], options->variants[i]);
            return false;
        }
        if (campaign && !has_side(comparing->of[i], i == 0 ? "A" : "B")) {
            fprintf(log,
                    "framelab: %s: has not two sides (framelab bench --against): which other file is it compared with, "
                    "or which --variants?\n",
                    options->paths[0]);
            return false;
        }
    }
    return true;
}

/* 3: what was asked could not be judged. */
static int status_of(const struct comparing *comparing)
{
    enum comparison_outcome outcome = comparison_outcome(&comparing->comparison);
    const struct exact_comparison *exact = &comparing->exact;
    if (outcome == COMPARISON_REGRESSION || exact->worse > 0) {
        return EXIT_STATUS_VIOLATED;
    }
    bool measured = comparing->comparison.compared > 0;
    bool judged = measured ? outcome == COMPARISON_NO_REGRESSION : exact->compared > 0;
    return judged ? EXIT_STATUS_HOLDS : EXIT_STATUS_UNDECIDED;
}

static int compare_run(const struct compare_options *options, FILE *out, FILE *log)
{
    struct comparing comparing = {.options = options, .rules = options->rules};
    struct comparison_side sides[2];
    bool damaged = false;
    int lost = EXIT_STATUS_USAGE;
    bool good =
        open_sides(&comparing, &damaged, log) && choose_sides(&comparing, sides, log) && choose_unit(&comparing, log);
    if (good) {
        errno = 0;
        good = comparison_make(&comparing.comparison, &comparing.rules, &sides[0], &sides[1]) &&
               (options->path_count == 1 ||
                exact_comparison_make(&comparing.exact, &comparing.of[0]->file, &comparing.of[1]->file)) &&
               print(&comparing, out);
        if (!good) {
            errno = errno != 0 ? errno : ENOMEM;
            lost = status_lost("framelab compare", out);
        } else if (comparing.comparison.compared + comparing.exact.compared == 0) {
            fprintf(log, "framelab: %s and %s have no row in common: nothing was judged\n", comparing.names[0],
                    comparing.names[1]);
        }
    }
    int status = good ? status_of(&comparing) : lost;
    if (damaged && status != EXIT_STATUS_VIOLATED) {
        status = EXIT_STATUS_USAGE;
    }
    comparison_free(&comparing.comparison);
    exact_comparison_free(&comparing.exact);
    record_file_free(&comparing.whose[0]);
    record_file_free(&comparing.whose[1]);
    results_free(&comparing.sides[0]);
    results_free(&comparing.sides[1]);
    /* To git bisect 125 is a commit that cannot be judged. */
    return options->bisect && status != EXIT_STATUS_HOLDS && status != EXIT_STATUS_VIOLATED ? 125 : status;
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
    {"threshold", OPTION_THRESHOLD, "PERCENT", 0, "a smaller change is not a regression; default 5", 0},
    {"alpha", OPTION_ALPHA, "P", 0, "chance of a false verdict in the whole comparison; default 0.05", 0},
    {"family", OPTION_FAMILY, "FAMILY", 0,
     "tests that are corrected for together: all rows (default), a variant's (variant), or none (row): then alpha is "
     "the "
     "chance in each",
     0},
    {"unit", OPTION_UNIT, "UNIT", 0,
     "ns, cas, or a variant: times over its time in the same block; default ns on one machine, else baseline or null",
     0},
    {"variants", OPTION_VARIANTS, "X/Y", 0, "compare two columns of one file: Y against X", 0},
    {"bisect", OPTION_BISECT, NULL, 0, "status 125 in place of all but 0 and 1: for git bisect run", 0},
    {0}};

static const struct option_value values[] = {
    OPTION_WORD(OPTION_FORMAT, struct compare_options, format, format_words),
    OPTION_WORD(OPTION_FAMILY, struct compare_options, rules.family, family_words),
    OPTION_PLAIN(OPTION_UNIT, VALUE_TEXT, struct compare_options, rules.unit),
    OPTION_PLAIN(OPTION_BISECT, VALUE_FLAG, struct compare_options, bisect),
    {0},
};

static void parse_variants(struct compare_options *options, const char *text, const struct argp_state *state)
{
    const char *slash = strchr(text, '/');
    size_t first = slash != NULL ? (size_t)(slash - text) : 0;
    if (first == 0 || slash[1] == '\0' || strchr(slash + 1, '/') != NULL || strlen(text) >= RECORD_NAME_MAX) {
        usage_error(state, "--variants is X/Y, two columns of the table, not '%s'", text);
    }
    snprintf(options->variants[0], sizeof options->variants[0], "%.*s", (int)first, text);
    snprintf(options->variants[1], sizeof options->variants[1], "%s", slash + 1);
}

static void check_arguments(const struct compare_options *options, const struct argp_state *state)
{
    bool variants = options->variants[0][0] != '\0';
    if (options->path_count == 0 || (variants && options->path_count == 2)) {
        usage_error(state, variants ? "--variants compares two variants of one file"
                                    : "two files of records are compared, or the two sides of one");
    }
}

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
    case OPTION_VARIANTS:
        parse_variants(options, text, state);
        return 0;
    case ARGP_KEY_ARG:
        if (options->path_count == 2) {
            usage_error(state, "two files are compared, '%s' is too many", text);
        }
        options->paths[options->path_count++] = text;
        return 0;
    case ARGP_KEY_END:
        check_arguments(options, state);
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
        "A [B]",
        "Judges whether the benchmark of record file B is slower than that of A, row by row and over all rows of a "
        "variant: rank tests of one sample a process, with intervals and Holm's correction. A alone: the two sides of "
        "a "
        "campaign (framelab bench --against), or --variants of it, block by block. Simulated times and counts are "
        "compared exactly. One file may be '-', the standard input."
        "\vExit status: 1 if something is slower by more than the threshold and significantly so, or if a simulated "
        "time or a count got worse; else 2 for a usage error or a file that cannot be read or of which lines were "
        "damaged; else 3 if nothing could be judged: no row in common, fewer than half of the rows judged, or all of "
        "them undecided; else 0.",
        NULL,
        NULL,
        NULL};
    struct compare_options options = {.format = FORMAT_TEXT, .rules = {.threshold = 0.05, .alpha = 0.05}};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return compare_run(&options, stdout, stderr);
}
