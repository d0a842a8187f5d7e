/* SPDX-License-Identifier: MIT
 * `framelab compare A B`: matches the rows of two record files and judges each.
 *
 * 1. A row is a series (series.h); it matches by variant, knobs that both files know, platform, simulated machine, run
 * of a figure, workload, phase, frames and harts.
 * 2. The change is median(B) / median(A), with a bootstrap interval. Its significance is that of a two-sided
 *    Mann-Whitney test, corrected by Holm for the number of rows judged: the chance of even one false alarm in the
 *    whole comparison stays below alpha.
 * 3. A regression is slower by more than the threshold, significant, and its interval lies wholly above no change.
 *    An improvement is the same in the other direction.
 * 4. With few repeats no result whatever could be significant. Such a row is called what it is, never good.
 * 5. Controls (`null`, `cas`) are shown and not judged: if they moved, the machine did. */
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "grid.h"
#include "layout.h"
#include "options.h"
#include "origin.h"
#include "statistics.h"

enum { OPTION_FORMAT = 256, OPTION_THRESHOLD, OPTION_ALPHA, OPTION_UNIT, OPTION_SEED };

enum verdict {
    VERDICT_SAME,     /* the change is within the threshold */
    VERDICT_UNPROVEN, /* the change is larger, but not significant */
    VERDICT_TOO_FEW,  /* too few repeats to ever find anything */
    VERDICT_FASTER,
    VERDICT_REGRESSION,
    VERDICT_CONTROL,       /* a control, not judged; steady */
    VERDICT_CONTROL_MOVED, /* a control, not judged; moved by more than the threshold */
    VERDICT_COUNT
};

static const char *const verdict_texts[VERDICT_COUNT] = {
    "within threshold", "not significant", "too few repeats", "faster", "REGRESSION", "control", "control moved"};
static const enum grid_tone verdict_tones[VERDICT_COUNT] = {GRID_FAINT, GRID_PLAIN, GRID_PLAIN, GRID_GOOD,
                                                            GRID_BAD,   GRID_FAINT, GRID_BAD};

struct compare_options {
    const char *paths[2];
    int path_count;
    enum output_format format;
    double threshold; /* a fraction: 0.05 */
    double alpha;
    bool cas_unit; /* times in CAS units of each file, instead of nanoseconds */
    uint64_t seed;
};

/* One side of the comparison. */
struct side {
    struct record_file file;
    struct series_list list;
    double unit_ns; /* what a time is divided by */
};

struct pair {
    const struct series *a, *b;
    double change;            /* median of b over median of a, less 1 */
    struct interval interval; /* of change, 95 % */
    double p;                 /* adjusted, where judged */
    double p_least;
    enum verdict verdict;
};

struct comparison {
    const struct compare_options *options;
    struct side sides[2];
    struct pair *pairs;
    size_t pair_count;
    const struct series **only[2]; /* series that the other side lacks */
    size_t only_count[2];
    size_t judged; /* pairs that are not controls: the family of the correction */
    size_t tally[VERDICT_COUNT];
};

/* ---- Matching ------------------------------------------------------------------------------------------------- */

/* The value of a knob in a list `name=value,...`, and its length; NULL: the list does not have it. */
static const char *knob_value(const char *knobs, const char *name, size_t name_length, size_t *length)
{
    while (*knobs != '\0') {
        size_t item = strcspn(knobs, ",");
        if (item > name_length && knobs[name_length] == '=' && strncmp(knobs, name, name_length) == 0) {
            *length = item - name_length - 1;
            return knobs + name_length + 1;
        }
        knobs += item + (knobs[item] == ',');
    }
    return NULL;
}

/* Whether two lists agree in every knob that both have: one that is new since the older file was written stands at its
 * default in the other, unless the variant says otherwise. */
static bool knobs_agree(const char *a, const char *b)
{
    while (*a != '\0') {
        size_t item = strcspn(a, ",");
        size_t name = strcspn(a, "=");
        size_t length = 0;
        const char *value = name < item ? knob_value(b, a, name, &length) : NULL;
        if (value != NULL && (length != item - name - 1 || strncmp(value, a + name + 1, length) != 0)) {
            return false;
        }
        a += item + (a[item] == ',');
    }
    return true;
}

static bool series_match(const struct series *a, const struct series *b)
{
    return a->frames == b->frames && a->harts == b->harts && strcmp(a->variant, b->variant) == 0 &&
           knobs_agree(a->knobs, b->knobs) && strcmp(a->platform, b->platform) == 0 &&
           strcmp(a->machine, b->machine) == 0 && strcmp(a->run, b->run) == 0 &&
           strcmp(a->workload, b->workload) == 0 && strcmp(a->phase, b->phase) == 0;
}

/* Series with times only: latencies are shown by `framelab table` and not judged. */
static const struct series *find_match(const struct side *side, const struct series *series)
{
    for (size_t i = 0; i < side->list.count; i++) {
        const struct series *other = &side->list.items[i];
        if (other->count > 0 && series_match(other, series)) {
            return other;
        }
    }
    return NULL;
}

static bool match_sides(struct comparison *comparison)
{
    const struct series_list *a = &comparison->sides[0].list;
    const struct series_list *b = &comparison->sides[1].list;
    comparison->pair_count = 0;
    comparison->pairs = calloc(a->count + 1, sizeof *comparison->pairs);
    comparison->only[0] = calloc(a->count + 1, sizeof *comparison->only[0]);
    comparison->only[1] = calloc(b->count + 1, sizeof *comparison->only[1]);
    if (comparison->pairs == NULL || comparison->only[0] == NULL || comparison->only[1] == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct series *series = &a->items[i];
        const struct series *match = find_match(&comparison->sides[1], series);
        if (match != NULL && series->count > 0) {
            comparison->pairs[comparison->pair_count++] = (struct pair){.a = series, .b = match};
            comparison->judged += !series->control;
        } else if (series->count > 0) {
            comparison->only[0][comparison->only_count[0]++] = series;
        }
    }
    for (size_t i = 0; i < b->count; i++) {
        if (b->items[i].count > 0 && find_match(&comparison->sides[0], &b->items[i]) == NULL) {
            comparison->only[1][comparison->only_count[1]++] = &b->items[i];
        }
    }
    return true;
}

/* ---- Judging -------------------------------------------------------------------------------------------------- */

/* Change and unadjusted significance. */
static void measure_pair(const struct comparison *comparison, struct pair *pair)
{
    double units = comparison->sides[0].unit_ns / comparison->sides[1].unit_ns;
    const struct series *a = pair->a;
    const struct series *b = pair->b;
    double *scaled = calloc(b->count, sizeof *scaled);
    pair->change = NAN;
    pair->interval = (struct interval){NAN, NAN};
    pair->p = 1;
    pair->p_least = mann_whitney_p_least(a->count, b->count);
    if (scaled != NULL && a->median > 0) {
        for (size_t i = 0; i < b->count; i++) {
            scaled[i] = b->samples[i] * units;
        }
        struct interval ratio =
            bootstrap_ratio(a->samples, a->count, scaled, b->count, 0.95, comparison->options->seed);
        pair->change = b->median * units / a->median - 1;
        pair->interval = (struct interval){ratio.low - 1, ratio.high - 1};
        pair->p = mann_whitney_test(a->samples, a->count, scaled, b->count).p;
    }
    free(scaled);
}

static bool adjust_pairs(struct comparison *comparison)
{
    double *p = calloc(comparison->judged + 1, sizeof *p);
    size_t count = 0;
    for (size_t i = 0; p != NULL && i < comparison->pair_count; i++) {
        if (!comparison->pairs[i].a->control) {
            p[count++] = comparison->pairs[i].p;
        }
    }
    if (p == NULL || !holm_adjust(p, count)) {
        free(p);
        return false;
    }
    count = 0;
    for (size_t i = 0; i < comparison->pair_count; i++) {
        if (!comparison->pairs[i].a->control) {
            comparison->pairs[i].p = p[count++];
        }
    }
    free(p);
    return true;
}

static enum verdict judge_pair(const struct comparison *comparison, const struct pair *pair)
{
    const struct compare_options *options = comparison->options;
    bool moved = fabs(pair->change) > options->threshold;
    if (pair->a->control) {
        return moved ? VERDICT_CONTROL_MOVED : VERDICT_CONTROL;
    }
    if (pair->p_least * (double)comparison->judged >= options->alpha && !(pair->p < options->alpha)) {
        return VERDICT_TOO_FEW;
    }
    if (!moved) {
        return isnan(pair->change) ? VERDICT_UNPROVEN : VERDICT_SAME;
    }
    if (pair->p >= options->alpha) {
        return VERDICT_UNPROVEN;
    }
    if (pair->change > 0) {
        return pair->interval.low > 0 ? VERDICT_REGRESSION : VERDICT_UNPROVEN;
    }
    return pair->interval.high < 0 ? VERDICT_FASTER : VERDICT_UNPROVEN;
}

static bool judge(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->pair_count; i++) {
        measure_pair(comparison, &comparison->pairs[i]);
    }
    if (!adjust_pairs(comparison)) {
        return false;
    }
    for (size_t i = 0; i < comparison->pair_count; i++) {
        struct pair *pair = &comparison->pairs[i];
        pair->verdict = judge_pair(comparison, pair);
        comparison->tally[pair->verdict]++;
    }
    return true;
}

/* Repeats a file would need so that a row could be found significant, were it the only one that changed. */
static unsigned repeats_needed(const struct comparison *comparison)
{
    unsigned repeats = 1;
    while (mann_whitney_p_least(repeats, repeats) * (double)comparison->judged >= comparison->options->alpha) {
        repeats++;
    }
    return repeats;
}

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

static void time_cell(struct grid *grid, const struct side *side, const struct series *series)
{
    double time = series->median / side->unit_ns;
    grid_cell(grid, GRID_PLAIN, "%.*f", time < 9.995 ? 2 : time < 99.95 ? 1 : 0, time);
    grid_cell(grid, GRID_FAINT, "%zu", series->count);
}

static void pair_cells(struct grid *grid, const struct comparison *comparison, const struct pair *pair)
{
    name_cells(grid, pair->a);
    time_cell(grid, &comparison->sides[0], pair->a);
    time_cell(grid, &comparison->sides[1], pair->b);
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
    const char *unit = comparison->options->cas_unit ? "CAS" : "ns", *b_a = "B against A";
    const struct {
        const char *group, *title;
        enum grid_align align;
    } columns[] = {{"", "variant", GRID_LEFT},        {"", "workload", GRID_LEFT}, {"", "size", GRID_LEFT},
                   {"", "harts", GRID_RIGHT},         {"A", unit, GRID_RIGHT},     {"A", "n", GRID_RIGHT},
                   {"B", unit, GRID_RIGHT},           {"B", "n", GRID_RIGHT},      {b_a, "change", GRID_RIGHT},
                   {b_a, "95% of it, %", GRID_RIGHT}, {b_a, "p", GRID_RIGHT},      {b_a, "verdict", GRID_LEFT}};
    struct grid *grid = grid_new();
    if (grid == NULL) {
        return false;
    }
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        grid_column(grid, columns[i].group, columns[i].title, columns[i].align);
    }
    for (size_t i = 0; i < comparison->pair_count; i++) {
        pair_cells(grid, comparison, &comparison->pairs[i]);
    }
    bool good = grid_print_text(grid, out, color_wanted(out));
    grid_free(grid);
    return good;
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

static void print_origins(const struct comparison *comparison, const json_t *differences, FILE *out)
{
    for (int i = 0; i < 2; i++) {
        struct origin origin = origin_describe(&comparison->sides[i].file);
        fprintf(out, "%c: %s\n   %s on %s%s%s\n", "AB"[i], comparison -> options -> paths[i], origin.version,
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
    const struct compare_options *options = comparison->options;
    const size_t *tally = comparison->tally;
    fprintf(out,
            "\n%zu rows judged (threshold %g %%, alpha %g after Holm's correction, seed %llu): ", comparison->judged,
            100 * options->threshold, options->alpha, (unsigned long long)options->seed);
    fprintf(out, "%zu regression%s, %zu faster, %zu within threshold, %zu not significant, %zu with too few repeats\n",
            tally[VERDICT_REGRESSION], tally[VERDICT_REGRESSION] == 1 ? "" : "s", tally[VERDICT_FASTER],
            tally[VERDICT_SAME], tally[VERDICT_UNPROVEN], tally[VERDICT_TOO_FEW]);
    if (tally[VERDICT_TOO_FEW] > 0) {
        fprintf(out,
                "Too few repeats: %zu rows could not have been found significant however much they changed; "
                "judging %zu rows takes %u repeats in each file.\n",
                tally[VERDICT_TOO_FEW], comparison->judged, repeats_needed(comparison));
    }
    if (tally[VERDICT_CONTROL_MOVED] > 0) {
        fprintf(out, "%zu control%s moved: the machine was not the same in both runs%s.\n",
                tally[VERDICT_CONTROL_MOVED], tally[VERDICT_CONTROL_MOVED] == 1 ? "" : "s",
                options->cas_unit ? "" : "; --unit cas may carry over");
    }
}

static bool print_text(const struct comparison *comparison, const json_t *differences, FILE *out)
{
    print_origins(comparison, differences, out);
    if (!print_pairs(comparison, out)) {
        return false;
    }
    print_only(comparison, 0, out);
    print_only(comparison, 1, out);
    print_summary(comparison, out);
    return ferror(out) == 0;
}

/* ---- For machines --------------------------------------------------------------------------------------------- */

static json_t *real_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

/* One flat object for a pair, or for a series of one side only, the other being NULL. `known` is one that is there. */
static json_t *row_json(const struct comparison *comparison, const struct series *known, const struct series *a,
                        const struct series *b, const struct pair *pair)
{
    double a_median = a != NULL ? a->median / comparison->sides[0].unit_ns : NAN;
    double b_median = b != NULL ? b->median / comparison->sides[1].unit_ns : NAN;
    bool judged = pair != NULL && !pair->a->control;
    const char *verdict = pair != NULL ? verdict_texts[pair->verdict] : a != NULL ? "only in A" : "only in B";
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:s}",
                     "run", known->run, "variant", known->variant, "knobs", known->knobs, "platform", known->platform,
                     "machine", known->machine, "workload", known->workload, "phase", known->phase, "frames",
                     (json_int_t)known->frames, "harts", (json_int_t)known->harts, "a_repeats",
                     a != NULL ? (json_int_t)a->count : 0, "b_repeats", b != NULL ? (json_int_t)b->count : 0,
                     "a_median", real_or_null(a_median), "b_median", real_or_null(b_median), "change",
                     real_or_null(pair != NULL ? pair->change : NAN), "change_low",
                     real_or_null(pair != NULL ? pair->interval.low : NAN), "change_high",
                     real_or_null(pair != NULL ? pair->interval.high : NAN), "p_adjusted",
                     real_or_null(judged ? pair->p : NAN), "verdict", verdict);
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

static bool print_json(const struct comparison *comparison, json_t *differences, FILE *out)
{
    const struct compare_options *options = comparison->options;
    json_t *all =
        json_pack("{s:s, s:s, s:O, s:s, s:f, s:f, s:i, s:i, s:i, s:o}", "a", options->paths[0], "b", options->paths[1],
                  "provenance_differences", differences, "unit", options->cas_unit ? "cas" : "ns", "threshold",
                  options->threshold, "alpha", options->alpha, "judged", (int)comparison->judged, "regressions",
                  (int)comparison->tally[VERDICT_REGRESSION], "too_few_repeats",
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

static bool print_comparison(const struct comparison *comparison, FILE *out)
{
    json_t *differences = origin_differences(&comparison->sides[0].file, &comparison->sides[1].file);
    bool good = differences != NULL;
    if (good) {
        enum output_format format = comparison->options->format;
        good = format == FORMAT_JSON  ? print_json(comparison, differences, out)
               : format == FORMAT_CSV ? print_csv(comparison, out)
                                      : print_text(comparison, differences, out);
    }
    json_decref(differences);
    return good && fflush(out) == 0;
}

/* ---- The command ---------------------------------------------------------------------------------------------- */

static bool open_sides(struct comparison *comparison, bool *damaged, FILE *log)
{
    bool good = true;
    for (int i = 0; i < 2; i++) {
        struct side *side = &comparison->sides[i];
        const char *path = comparison->options->paths[i];
        enum records_status status = record_file_read(&side->file, path, log);
        *damaged = *damaged || status == RECORDS_DAMAGED;
        if (status == RECORDS_UNREADABLE || !record_file_has_times(&side->file, log)) {
            good = false;
        } else if (!series_build(&side->list, &side->file)) {
            fprintf(log, "framelab: %s: %s\n", path, strerror(errno));
            good = false;
        } else if (comparison->options->cas_unit && side->list.cas_ns <= 0) {
            fprintf(log, "framelab: %s: has no `cas` control, so there is no CAS unit\n", path);
            good = false;
        }
        side->unit_ns = comparison->options->cas_unit ? side->list.cas_ns : 1;
    }
    return good;
}

static int compare_run(const struct compare_options *options, FILE *out, FILE *log)
{
    struct comparison comparison = {.options = options};
    bool damaged = false;
    bool good = open_sides(&comparison, &damaged, log);
    if (good) {
        errno = 0;
        good = match_sides(&comparison) && judge(&comparison) && print_comparison(&comparison, out);
        if (!good) {
            fprintf(log, "framelab: compare: %s\n", strerror(errno != 0 ? errno : ENOMEM));
        } else if (comparison.judged == 0) {
            fprintf(log, "framelab: %s and %s have no row in common: nothing was judged\n", options->paths[0],
                    options->paths[1]);
        }
    }
    int status = EXIT_STATUS_HOLDS;
    if (!good || damaged || comparison.judged == 0) {
        status = EXIT_STATUS_USAGE;
    }
    if (good && comparison.tally[VERDICT_REGRESSION] > 0) {
        status = EXIT_STATUS_VIOLATED;
    }
    free(comparison.pairs);
    for (int i = 0; i < 2; i++) {
        free(comparison.only[i]);
        series_free(&comparison.sides[i].list);
        record_file_free(&comparison.sides[i].file);
    }
    return status;
}

/* A number between the two, both excluded. */
static double parse_number(const char *name, const char *text, double above, double below,
                           const struct argp_state *state)
{
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || *end != '\0' || !(number > above && number < below)) {
        usage_error(state, "--%s is a number above %g and below %g, not '%s'", name, above, below, text);
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
    OPTION_WORD(OPTION_UNIT, struct compare_options, cas_unit, units),
    OPTION_NUMBER(OPTION_SEED, struct compare_options, seed, 0, UINT64_MAX),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct compare_options *options = state->input;
    switch (key) {
    case OPTION_THRESHOLD:
        options->threshold = parse_number("threshold", text, -1e-9, 1000, state) / 100;
        return 0;
    case OPTION_ALPHA:
        options->alpha = parse_number("alpha", text, 0, 1, state);
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
    struct compare_options options = {.format = FORMAT_TEXT, .threshold = 0.05, .alpha = 0.05, .seed = 1};
    if (argp_parse(&parser, argc, argv, 0, NULL, &options) != 0) {
        return EXIT_STATUS_USAGE;
    }
    return compare_run(&options, stdout, stderr);
}
