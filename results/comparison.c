/* SPDX-License-Identifier: MIT
 * Matches the rows of two sides and judges each; see comparison.h.
 *
 * 1. A row is a series (series.h). Two rows match if they have the same variant, knobs that both files know, platform,
 *    simulated machine, run of a figure, workload, phase, frames and harts; of two variants, all but the first two. If
 *    they made different numbers of operations they are not the same work and not judged.
 * 2. The unit of independence is the process: the repeats in one share its memory layout and its minute, so their
 *    median is one sample. Disturbed repeats (series.h) are left out first; the cores' control at best is that of both
 *    sides, if they are of one machine.
 * 3. Logarithms of times are compared, so that shifts are ratios. Where the sides have blocks in common (a campaign
 *    measures them in turn, variants of one file always are) the samples are differences within blocks, judged by
 *    Wilcoxon's signed ranks; else two independent samples, by Mann and Whitney's. Both give an interval too.
 * 4. alpha is halved: one half for the geometric means of the variants, one for the rows; within each, p-values are
 *    adjusted by Holm and intervals are of Bonferroni's level, so that the probability of even one false verdict in the
 *    whole comparison is below alpha (if the family is all rows).
 * 5. A regression is slower by more than the threshold at the estimate, and p < alpha / 2. An improvement is the same
 *    in the other direction. "Within" is only what has its whole interval within the threshold. All else that could be
 *    judged is undecided: the interval is as wide as it is, and a change larger than its width would have been found,
 *    for then, whenever the interval holds the true change, it does not hold zero.
 * 6. With too few processes no result whatever could be significant: such a row is not judged. Nor is one of which
 *    disturbed repeats leave too few, fewer than three, or whose control moved. The control is `null` of the same
 *    workload, phase, size and harts, or `cas` where there is none. It moved if its time changed by more than the
 *    threshold and that is proven for it alone, or by more than 5 % and the threshold, proven or not. In paired samples
 *    interference meets both sides alike, and the control tells of the harness alone: there its change is that share of
 *    the row's own time. */
#include "comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PROCESSES_LEAST 3u
/* Buckets of histograms (record.h) are that wide. */
#define BUCKET_WIDTH (1.0 / 32)
/* Operations may differ by that: of some workloads their number depends on what happens. */
#define SAME_WORK 0.01
/* A control that changed by more has moved, proven or not. */
#define CONTROL_MOVES 0.05

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

bool knobs_agree(const char *a, const char *b)
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

/* One row but for the variant. */
static bool same_row(const struct series *a, const struct series *b)
{
    return a->frames == b->frames && a->harts == b->harts && strcmp(a->platform, b->platform) == 0 &&
           strcmp(a->machine, b->machine) == 0 && strcmp(a->run, b->run) == 0 &&
           strcmp(a->workload, b->workload) == 0 && strcmp(a->phase, b->phase) == 0;
}

static bool series_match(const struct comparison *comparison, const struct series *a, const struct series *b)
{
    if (comparison->sides[0].variant != NULL) {
        return same_row(a, b) && strcmp(a->setting, b->setting) == 0;
    }
    bool same_side = comparison->sides[0].campaign_side != NULL || strcmp(a->side, b->side) == 0;
    return same_side && same_row(a, b) && strcmp(a->variant, b->variant) == 0 && knobs_agree(a->knobs, b->knobs);
}

/* Times are compared, not what has none; and two variants of one file are, not their controls, which are the same. */
static bool is_of_side(const struct comparison_side *side, const struct series *series)
{
    return series->timed > 0 && !series_is_exact(series) &&
           (side->campaign_side == NULL || strcmp(series->side, side->campaign_side) == 0) &&
           (side->variant == NULL || (!series->control && strcmp(series->column, side->variant) == 0));
}

static const struct series *find_match(const struct comparison *comparison, int side, const struct series *series)
{
    const struct series_list *list = comparison->sides[side].list;
    for (size_t i = 0; i < list->count; i++) {
        const struct series *other = &list->items[i];
        if (is_of_side(&comparison->sides[side], other) && series_match(comparison, other, series)) {
            return other;
        }
    }
    return NULL;
}

/* The series of a control or unit in the row of `series`; NULL if it has none. */
static const struct series *find_beside(const struct comparison *comparison, int side, const struct series *series,
                                        const char *column)
{
    const struct series_list *list = comparison->sides[side].list;
    for (size_t i = 0; i < list->count; i++) {
        const struct series *other = &list->items[i];
        bool cas = strcmp(column, "cas") == 0 && strcmp(other->workload, "control") == 0;
        if (other->timed > 0 && strcmp(other->side, series->side) == 0 && strcmp(other->column, column) == 0 &&
            (cas || same_row(other, series))) {
            return other;
        }
    }
    return NULL;
}

/* ---- Samples -------------------------------------------------------------------------------------------------- */

/* The logarithm of what one repeat measured. */
struct point {
    const char *process, *block;
    double value;
};

struct points {
    struct point *items;
    size_t count, disturbed;
};

static double measured(const struct result_row *row, enum measure measure)
{
    double value = measure == MEASURE_P99    ? (double)row->latency.p99_ns
                   : measure == MEASURE_P999 ? (double)row->latency.p999_ns
                                             : row->ns_per_operation;
    bool known = measure == MEASURE_TIME ? row->timed : row->latency.samples > 0;
    return known && value > 0 ? log(value) : NAN;
}

static bool is_disturbed(const struct comparison *comparison, int side, const struct result_row *row)
{
    return series_row_disturbed(row, comparison->core_ns[side]);
}

static int compare_points(const void *left, const void *right)
{
    const struct point *a = left;
    const struct point *b = right;
    return strcmp(a->process, b->process);
}

/* The median of each process in place of its points. */
static void join_processes(struct points *points)
{
    if (points->count == 0) {
        return;
    }
    double *values = calloc(points->count, sizeof *values);
    if (values == NULL) {
        points->count = 0;
        return;
    }
    qsort(points->items, points->count, sizeof *points->items, compare_points);
    size_t joined = 0;
    for (size_t i = 0, next; i < points->count; i = next) {
        for (next = i; next < points->count && compare_points(&points->items[i], &points->items[next]) == 0; next++) {
            values[next - i] = points->items[next].value;
        }
        statistics_sort(values, next - i);
        points->items[joined] = points->items[i];
        points->items[joined++].value = statistics_median(values, next - i);
    }
    points->count = joined;
    free(values);
}

/* The undisturbed repeats of a series; with no items if out of memory. */
static struct points take_points(const struct comparison *comparison, int side, const struct series *series,
                                 enum measure measure)
{
    struct points points = {.items = calloc(series->row_count + 1, sizeof *points.items)};
    for (size_t i = 0; points.items != NULL && i < series->row_count; i++) {
        const struct result_row *row = series->rows[i];
        double value = measured(row, measure);
        bool disturbed = is_disturbed(comparison, side, row);
        points.disturbed += disturbed && !isnan(value);
        if (!isnan(value) && !disturbed) {
            points.items[points.count++] = (struct point){row->process, row->block, value};
        }
    }
    return points;
}

/* Subtracts from each point the unit's in the same block (of `cas`, the median in the same process); a point without
 * one goes. */
static void divide_points(struct points *points, struct points *unit, bool by_process)
{
    size_t kept = 0;
    if (by_process) {
        join_processes(unit);
    }
    for (size_t i = 0; i < points->count; i++) {
        const struct point *point = &points->items[i];
        for (size_t k = 0; k < unit->count; k++) {
            const struct point *by = &unit->items[k];
            if (by_process ? strcmp(by->process, point->process) == 0 : strcmp(by->block, point->block) == 0) {
                points->items[kept] = *point;
                points->items[kept++].value -= by->value;
                break;
            }
        }
    }
    points->count = kept;
}

/* The same in the unit of the rules. */
static struct points take_units(const struct comparison *comparison, int side, const struct series *series,
                                enum measure measure)
{
    struct points points = take_points(comparison, side, series, measure);
    const char *unit = comparison->rules->unit;
    if (unit == NULL) {
        return points;
    }
    const struct series *beside = find_beside(comparison, side, series, unit);
    struct points by = {0};
    if (beside != NULL) {
        by = take_points(comparison, side, beside, MEASURE_TIME);
    }
    divide_points(&points, &by, strcmp(unit, "cas") == 0);
    free(by.items);
    return points;
}

/* What is judged: differences in `of[1]` and nothing in `of[0]`, if paired; else two samples. */
struct two_samples {
    struct points of[2];
    size_t disturbed;
    double median[2]; /* of logarithms, in the unit */
    bool paired;
};

static void samples_free(struct two_samples *samples)
{
    free(samples->of[0].items);
    free(samples->of[1].items);
}

static double points_median(const struct points *points)
{
    double *values = calloc(points->count + 1, sizeof *values);
    double median = NAN;
    for (size_t i = 0; values != NULL && i < points->count; i++) {
        values[i] = points->items[i].value;
    }
    if (values != NULL) {
        statistics_sort(values, points->count);
        median = statistics_median(values, points->count);
    }
    free(values);
    return median;
}

/* Whether any repeat of the two, disturbed or not, is of one block. */
static bool share_blocks(const struct series *a, const struct series *b)
{
    for (size_t i = 0; i < a->row_count; i++) {
        for (size_t k = 0; k < b->row_count; k++) {
            if (strcmp(a->rows[i]->block, b->rows[k]->block) == 0) {
                return true;
            }
        }
    }
    return false;
}

static struct two_samples take_samples(const struct comparison *comparison, const struct series *a,
                                       const struct series *b, enum measure measure)
{
    struct two_samples samples = {.of = {take_units(comparison, 0, a, measure), take_units(comparison, 1, b, measure)},
                                  .paired = share_blocks(a, b)};
    samples.disturbed = samples.of[0].disturbed + samples.of[1].disturbed;
    for (int side = 0; side < 2; side++) {
        samples.median[side] = points_median(&samples.of[side]);
    }
    if (samples.paired) { /* by A's processes: each is in one block, or has several blocks for itself */
        divide_points(&samples.of[1], &samples.of[0], false);
        samples.of[0].count = 0;
    }
    join_processes(&samples.of[0]);
    join_processes(&samples.of[1]);
    return samples;
}

static struct shift samples_shift(const struct two_samples *samples, double alpha)
{
    struct shift shift = {NAN, {-INFINITY, INFINITY}, 1, 1};
    double *values[2] = {NULL, NULL};
    struct samples plain[2] = {{NULL, 0}, {NULL, 0}};
    for (int side = 0; side < 2; side++) {
        const struct points *points = &samples->of[side];
        values[side] = calloc(points->count + 1, sizeof *values[side]);
        for (size_t i = 0; values[side] != NULL && i < points->count; i++) {
            values[side][i] = points->items[i].value;
        }
        plain[side] = (struct samples){values[side], points->count};
    }
    if (values[0] != NULL && values[1] != NULL) {
        shift = samples->paired ? paired_shift(plain[1], alpha) : independent_shift(plain[0], plain[1], alpha);
    }
    free(values[0]);
    free(values[1]);
    return shift;
}

static double p_least(const struct two_samples *samples)
{
    return samples->paired ? signed_rank_p_least(samples->of[1].count)
                           : mann_whitney_p_least(samples->of[0].count, samples->of[1].count);
}

/* ---- Changes -------------------------------------------------------------------------------------------------- */

static struct change change_of(const struct shift *shift)
{
    return (struct change){
        .estimate = expm1(shift->estimate),
        .interval = {expm1(shift->interval.low), expm1(shift->interval.high)},
        .p = shift->p,
        .detectable = expm1(shift->interval.high - shift->interval.low),
    };
}

/* The verdict on what can be judged. */
static enum verdict judge_change(const struct change *change, double threshold, double alpha)
{
    bool proven = change->p < alpha && fabs(change->estimate) > threshold;
    if (proven) {
        return change->estimate > 0 ? VERDICT_REGRESSION : VERDICT_FASTER;
    }
    bool within = change->interval.low >= -threshold && change->interval.high <= threshold;
    return within ? VERDICT_WITHIN : VERDICT_UNDECIDED;
}

/* Whether a control's time changed so that what is measured beside it cannot be believed: by more than the threshold,
 * if that is proven for it alone, and by more than what matters to most, proven or not. `row_log`: of the time of the
 * row that it is the control of, or not a number. */
static bool has_moved(const struct comparison *comparison, const struct series *const of[2], double row_log)
{
    struct two_samples samples = take_samples(comparison, of[0], of[1], MEASURE_TIME);
    struct shift shift = samples_shift(&samples, comparison->rules->alpha);
    double moved = fabs(expm1(shift.estimate));
    if (samples.paired && !isnan(row_log)) {
        moved *= exp(samples.median[0] - row_log);
    }
    samples_free(&samples);
    double threshold = comparison->rules->threshold; /* no number: nothing is known of it */
    return moved > fmax(threshold, CONTROL_MOVES) || (moved > threshold && shift.p < comparison->rules->alpha);
}

/* See 6 above. Not with units: then what they are is the control. */
static bool control_moved(const struct comparison *comparison, const struct pair *pair)
{
    if (comparison->rules->unit != NULL || comparison->sides[0].variant != NULL) {
        return false;
    }
    const struct series *of[2] = {find_beside(comparison, 0, pair->a, "null"),
                                  find_beside(comparison, 1, pair->b, "null")};
    if (of[0] == NULL || of[1] == NULL) {
        of[0] = find_beside(comparison, 0, pair->a, "cas");
        of[1] = find_beside(comparison, 1, pair->b, "cas");
    }
    return of[0] != NULL && of[1] != NULL && has_moved(comparison, of, log(pair->value[0]));
}

static double operations_of(const struct series *series)
{
    return series->row_count > 0 ? (double)series->rows[0]->operations : 0;
}

/* Reclamation is measured for a time: there the operations are the result. */
static bool same_work(const struct series *a, const struct series *b)
{
    double most = fmax(operations_of(a), operations_of(b));
    return strncmp(a->workload, "retire", strlen("retire")) == 0 ||
           fabs(operations_of(a) - operations_of(b)) <= SAME_WORK * most;
}

static bool is_unit(const struct comparison *comparison, const struct series *series)
{
    return comparison->rules->unit != NULL && strcmp(series->column, comparison->rules->unit) == 0;
}

/* What must not be called a change, for the measure does not resolve it. */
static double threshold_of(const struct comparison *comparison, const struct pair *pair)
{
    double threshold = comparison->rules->threshold;
    if (pair->measure == MEASURE_TIME) {
        return threshold;
    }
    double step = fmax(comparison->sides[0].list->clock_step_ns, comparison->sides[1].list->clock_step_ns);
    double value = comparison->rules->unit == NULL ? pair->value[0] : INFINITY;
    return fmax(threshold, fmax(BUCKET_WIDTH, step / value));
}

/* The first look: medians, how many processes; VERDICT_WITHIN stands for "to be judged". */
static void look_at(const struct comparison *comparison, struct pair *pair)
{
    const struct series *a = pair->a, *b = pair->b;
    struct two_samples samples = take_samples(comparison, a, b, pair->measure);
    struct shift shift = samples_shift(&samples, 1);
    pair->paired = samples.paired;
    pair->disturbed = samples.disturbed;
    for (int side = 0; side < 2; side++) {
        pair->value[side] = exp(samples.median[side]);
        pair->processes[side] = samples.of[samples.paired ? 1 : side].count;
    }
    pair->threshold = threshold_of(comparison, pair);
    pair->change = (struct change){expm1(shift.estimate), {-1, INFINITY}, 1, INFINITY};
    size_t fewest = pair->processes[pair->processes[1] < pair->processes[0]];
    samples_free(&samples);
    if (a->control || is_unit(comparison, a)) {
        const struct series *of[2] = {a, b};
        bool moved = a->control && !is_unit(comparison, a) && has_moved(comparison, of, NAN);
        pair->verdict = moved ? VERDICT_CONTROL_MOVED : VERDICT_CONTROL;
    } else if (!same_work(a, b)) {
        pair->verdict = VERDICT_OTHER_WORK;
    } else if (fewest < PROCESSES_LEAST) {
        pair->verdict = pair->disturbed > 0 ? VERDICT_DISTURBED : VERDICT_TOO_FEW;
    } else {
        pair->verdict = control_moved(comparison, pair) ? VERDICT_DISTURBED : VERDICT_WITHIN;
    }
}

/* ---- Families ------------------------------------------------------------------------------------------------- */

static bool one_family(const struct comparison *comparison, const struct pair *a, const struct pair *b)
{
    return comparison->rules->family == FAMILY_ALL ||
           (comparison->rules->family == FAMILY_VARIANT ? strcmp(a->a->variant, b->a->variant) == 0 : a == b);
}

/* Rows to be judged that are of the pair's family. */
static size_t family_size(const struct comparison *comparison, const struct pair *pair)
{
    size_t size = 0;
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct pair *other = &comparison->pairs[i];
        size += other->verdict == VERDICT_WITHIN && one_family(comparison, pair, other);
    }
    return size;
}

/* The second look, at the family's level. */
static void measure_pair(const struct comparison *comparison, struct pair *pair, size_t family)
{
    double level = comparison->rules->alpha / 2 / (double)family;
    struct two_samples samples = take_samples(comparison, pair->a, pair->b, pair->measure);
    if (p_least(&samples) >= level) {
        pair->verdict = pair->disturbed > 0 ? VERDICT_DISTURBED : VERDICT_TOO_FEW;
    } else {
        struct shift shift = samples_shift(&samples, level);
        pair->change = change_of(&shift);
    }
    samples_free(&samples);
}

/* Adjusts the p-values of the family of which `first` is the first, and says what follows. */
static bool judge_family(struct comparison *comparison, struct pair *first, double *p)
{
    size_t count = 0;
    struct pair *end = comparison->pairs + comparison->pair_count;
    for (struct pair *pair = first; pair < end; pair++) {
        if (pair->verdict == VERDICT_WITHIN && one_family(comparison, first, pair)) {
            p[count++] = pair->change.p;
        }
    }
    if (!holm_adjust(p, count)) {
        return false;
    }
    count = 0;
    for (struct pair *pair = first; pair < end; pair++) {
        if (pair->verdict == VERDICT_WITHIN && one_family(comparison, first, pair)) {
            pair->change.p = p[count++];
        }
    }
    return true;
}

static bool is_first_of_family(const struct comparison *comparison, const struct pair *pair)
{
    for (const struct pair *other = comparison->pairs; other < pair; other++) {
        if (other->verdict == VERDICT_WITHIN && one_family(comparison, other, pair)) {
            return false;
        }
    }
    return pair->verdict == VERDICT_WITHIN;
}

static bool judge_rows(struct comparison *comparison)
{
    size_t *families = calloc(comparison->pair_count + 1, sizeof *families);
    double *p = calloc(comparison->pair_count + 1, sizeof *p);
    bool good = families != NULL && p != NULL;
    for (size_t i = 0; good && i < comparison->pair_count; i++) {
        families[i] = family_size(comparison, &comparison->pairs[i]);
    }
    for (size_t i = 0; good && i < comparison->pair_count; i++) {
        if (comparison->pairs[i].verdict == VERDICT_WITHIN) {
            measure_pair(comparison, &comparison->pairs[i], families[i]);
        }
    }
    for (size_t i = 0; good && i < comparison->pair_count; i++) {
        if (is_first_of_family(comparison, &comparison->pairs[i])) {
            good = judge_family(comparison, &comparison->pairs[i], p);
        }
    }
    for (size_t i = 0; good && i < comparison->pair_count; i++) {
        struct pair *pair = &comparison->pairs[i];
        bool judged = pair->verdict == VERDICT_WITHIN;
        pair->verdict =
            judged ? judge_change(&pair->change, pair->threshold, comparison->rules->alpha / 2) : pair->verdict;
        comparison->judged += judged;
        comparison->compared += pair->verdict < VERDICT_CONTROL;
        comparison->tally[pair->verdict]++;
    }
    free(families);
    free(p);
    return good;
}

/* ---- Geometric means ------------------------------------------------------------------------------------------ */

static bool is_judged(const struct pair *pair)
{
    return pair->verdict <= VERDICT_REGRESSION;
}

/* Whose rows are of the mean: of a variant, or all, if two variants are compared. */
static bool is_of_mean(const struct geometric_mean *mean, const struct pair *pair)
{
    return is_judged(pair) && pair->measure == MEASURE_TIME && strcmp(pair->a->variant, mean->variant) == 0;
}

/* Adds a row's points to those of the processes; `rows` counts for each. */
static void add_row(struct points *sums, size_t *rows, const struct points *row, double centre)
{
    for (size_t i = 0; i < row->count; i++) {
        size_t k = 0;
        while (k < sums->count && strcmp(sums->items[k].process, row->items[i].process) != 0) {
            k++;
        }
        if (k == sums->count) {
            sums->items[sums->count++] = (struct point){row->items[i].process, row->items[i].block, 0};
            rows[k] = 0;
        }
        sums->items[k].value += row->items[i].value - centre;
        rows[k]++;
    }
}

/* The means over the rows of each process that has at least half of them. */
static void divide_sums(struct points *sums, const size_t *rows, size_t all)
{
    size_t kept = 0;
    for (size_t k = 0; k < sums->count; k++) {
        if (2 * rows[k] >= all) {
            sums->items[kept] = sums->items[k];
            sums->items[kept++].value /= (double)rows[k];
        }
    }
    sums->count = kept;
}

/* Two independent samples are centred on A's median of the row: then a process that lacks a row, for it was disturbed,
 * is not the quicker or slower for that. */
static bool sum_rows(const struct comparison *comparison, struct geometric_mean *mean, struct two_samples *sums)
{
    size_t room = 1;
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < comparison->sides[side].list->count; i++) {
            room += comparison->sides[side].list->items[i].row_count;
        }
    }
    size_t *rows[2] = {calloc(room, sizeof *rows[0]), calloc(room, sizeof *rows[1])};
    bool good = rows[0] != NULL && rows[1] != NULL;
    for (int side = 0; side < 2; side++) {
        sums->of[side].items = calloc(room, sizeof *sums->of[side].items);
        good = good && sums->of[side].items != NULL;
    }
    for (size_t i = 0; good && i < comparison->pair_count; i++) {
        const struct pair *pair = &comparison->pairs[i];
        if (is_of_mean(mean, pair)) {
            struct two_samples row = take_samples(comparison, pair->a, pair->b, pair->measure);
            double centre = row.paired ? 0 : points_median(&row.of[0]);
            sums->paired = row.paired;
            mean->rows++;
            add_row(&sums->of[0], rows[0], &row.of[0], centre);
            add_row(&sums->of[1], rows[1], &row.of[1], centre);
            samples_free(&row);
        }
    }
    for (int side = 0; good && side < 2; side++) {
        divide_sums(&sums->of[side], rows[side], mean->rows);
        mean->processes[side] = sums->of[side].count;
    }
    free(rows[0]);
    free(rows[1]);
    return good;
}

static bool measure_mean(const struct comparison *comparison, struct geometric_mean *mean)
{
    double level = comparison->rules->alpha / 2 / (double)comparison->mean_count;
    struct two_samples sums = {.paired = false};
    bool good = sum_rows(comparison, mean, &sums);
    if (good) {
        struct shift shift = samples_shift(&sums, level);
        mean->change = change_of(&shift);
        mean->verdict = p_least(&sums) < level ? VERDICT_WITHIN : VERDICT_TOO_FEW;
        mean->processes[0] = sums.paired ? mean->processes[1] : mean->processes[0];
    }
    samples_free(&sums);
    return good;
}

/* A mean for each variant that has a row that was judged. */
static void find_means(struct comparison *comparison)
{
    for (size_t i = 0; i < comparison->pair_count; i++) {
        const struct pair *pair = &comparison->pairs[i];
        bool known = !is_judged(pair) || pair->measure != MEASURE_TIME;
        for (size_t k = 0; !known && k < comparison->mean_count; k++) {
            known = strcmp(comparison->means[k].variant, pair->a->variant) == 0;
        }
        if (!known) {
            comparison->means[comparison->mean_count++] = (struct geometric_mean){.variant = pair->a->variant};
        }
    }
}

static bool judge_means(struct comparison *comparison)
{
    comparison->means = calloc(comparison->pair_count + 1, sizeof *comparison->means);
    double *p = calloc(comparison->pair_count + 1, sizeof *p);
    bool good = comparison->means != NULL && p != NULL;
    if (good) {
        find_means(comparison);
    }
    for (size_t i = 0; good && i < comparison->mean_count; i++) {
        good = measure_mean(comparison, &comparison->means[i]);
        p[i] = comparison->means[i].change.p;
    }
    good = good && holm_adjust(p, comparison->mean_count);
    for (size_t i = 0; good && i < comparison->mean_count; i++) {
        struct geometric_mean *mean = &comparison->means[i];
        const struct comparison_rules *rules = comparison->rules;
        mean->change.p = p[i];
        if (mean->verdict != VERDICT_TOO_FEW) {
            mean->verdict = judge_change(&mean->change, rules->threshold, rules->alpha / 2);
        }
    }
    free(p);
    return good;
}

/* ---- All of it ------------------------------------------------------------------------------------------------ */

/* Whether enough repeats of both have latencies for that to be worth a row. */
static bool has_latencies(const struct series *series)
{
    size_t count = 0;
    for (size_t i = 0; i < series->row_count; i++) {
        count += series->rows[i]->latency.samples > 0;
    }
    return count >= PROCESSES_LEAST;
}

static void add_pairs(struct comparison *comparison, const struct series *a, const struct series *b)
{
    bool latencies = !a->control && has_latencies(a) && has_latencies(b);
    for (int measure = MEASURE_TIME; measure < (latencies ? MEASURE_COUNT : MEASURE_TIME + 1); measure++) {
        comparison->pairs[comparison->pair_count++] = (struct pair){.a = a, .b = b, .measure = (enum measure)measure};
    }
}

static bool match_sides(struct comparison *comparison)
{
    const struct series_list *lists[2] = {comparison->sides[0].list, comparison->sides[1].list};
    comparison->pairs = calloc(MEASURE_COUNT * lists[0]->count + 1, sizeof *comparison->pairs);
    for (int side = 0; side < 2; side++) {
        comparison->only[side] = calloc(lists[side]->count + 1, sizeof *comparison->only[side]);
    }
    if (comparison->pairs == NULL || comparison->only[0] == NULL || comparison->only[1] == NULL) {
        return false;
    }
    for (int side = 0; side < 2; side++) {
        for (size_t i = 0; i < lists[side]->count; i++) {
            const struct series *series = &lists[side]->items[i];
            if (!is_of_side(&comparison->sides[side], series)) {
                continue;
            }
            const struct series *match = find_match(comparison, 1 - side, series);
            if (match == NULL) {
                comparison->only[side][comparison->only_count[side]++] = series;
            } else if (side == 0) {
                add_pairs(comparison, series, match);
            }
        }
    }
    return true;
}

bool comparison_make(struct comparison *comparison, const struct comparison_rules *rules,
                     const struct comparison_side *a, const struct comparison_side *b)
{
    *comparison =
        (struct comparison){.rules = rules, .sides = {*a, *b}, .core_ns = {a->list->core_ns, b->list->core_ns}};
    if (rules->same_machine && comparison->core_ns[0] > 0 && comparison->core_ns[1] > 0) {
        double best = fmin(comparison->core_ns[0], comparison->core_ns[1]);
        comparison->core_ns[0] = comparison->core_ns[1] = best;
    }
    if (!match_sides(comparison)) {
        return false;
    }
    for (size_t i = 0; i < comparison->pair_count; i++) {
        look_at(comparison, &comparison->pairs[i]);
    }
    return judge_rows(comparison) && judge_means(comparison);
}

void comparison_free(struct comparison *comparison)
{
    free(comparison->pairs);
    free(comparison->means);
    free(comparison->only[0]);
    free(comparison->only[1]);
}

enum comparison_outcome comparison_outcome(const struct comparison *comparison)
{
    size_t regressions = comparison->tally[VERDICT_REGRESSION];
    size_t decided = comparison->judged - comparison->tally[VERDICT_UNDECIDED];
    for (size_t i = 0; i < comparison->mean_count; i++) {
        enum verdict verdict = comparison->means[i].verdict;
        regressions += verdict == VERDICT_REGRESSION;
        decided += verdict == VERDICT_WITHIN || verdict == VERDICT_FASTER;
    }
    if (regressions > 0) {
        return COMPARISON_REGRESSION;
    }
    bool judged = decided > 0 && 2 * comparison->judged >= comparison->compared;
    return judged ? COMPARISON_NO_REGRESSION : COMPARISON_NOT_JUDGED;
}

size_t comparison_processes_needed(const struct comparison *comparison, bool paired)
{
    const struct comparison_rules *rules = comparison->rules;
    double family = rules->family == FAMILY_ROW ? 1 : (double)comparison->compared;
    size_t count = PROCESSES_LEAST;
    while ((paired ? signed_rank_p_least(count) : mann_whitney_p_least(count, count)) * family >= rules->alpha / 2) {
        count++;
    }
    return count;
}

double comparison_detectable(const struct comparison *comparison, double q)
{
    double *found = calloc(comparison->pair_count + 1, sizeof *found);
    double detectable = NAN;
    size_t count = 0;
    for (size_t i = 0; found != NULL && i < comparison->pair_count; i++) {
        const struct pair *pair = &comparison->pairs[i];
        if (is_judged(pair)) {
            found[count++] = fmax(pair->threshold, pair->change.detectable);
        }
    }
    if (found != NULL && count > 0) {
        statistics_sort(found, count);
        detectable = statistics_quantile(found, count, q);
    }
    free(found);
    return detectable;
}
