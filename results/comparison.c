/* SPDX-License-Identifier: MIT
 * Matches the rows of two record files and judges each; see comparison.h.
 *
 * 1. A row is a series (series.h). Two rows match if they have the same variant, knobs that both files know, platform,
 *    simulated machine, run of a figure, workload, phase, frames and harts.
 * 2. The change is median(B) / median(A), with a bootstrap interval. Its significance is that of a two-sided
 *    Mann-Whitney test, corrected by Holm for the number of rows judged: the probability of even one false alarm in the
 *    whole comparison stays below alpha.
 * 3. A regression is slower by more than the threshold, significant, and its interval lies wholly above no change.
 *    An improvement is the same in the other direction.
 * 4. With too few repeats no result whatever could be significant. Such a row is reported as that, never as good.
 * 5. The controls (`null`, `cas`) are shown and not judged: if they changed, the machine did. */
#include "comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
static const struct series *find_match(const struct series_list *side, const struct series *series)
{
    for (size_t i = 0; i < side->count; i++) {
        const struct series *other = &side->items[i];
        if (other->count > 0 && series_match(other, series)) {
            return other;
        }
    }
    return NULL;
}

static bool match_sides(struct comparison *comparison)
{
    const struct series_list *a = comparison->sides[0];
    const struct series_list *b = comparison->sides[1];
    comparison->pairs = calloc(a->count + 1, sizeof *comparison->pairs);
    comparison->only[0] = calloc(a->count + 1, sizeof *comparison->only[0]);
    comparison->only[1] = calloc(b->count + 1, sizeof *comparison->only[1]);
    if (comparison->pairs == NULL || comparison->only[0] == NULL || comparison->only[1] == NULL) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        const struct series *series = &a->items[i];
        const struct series *match = find_match(b, series);
        if (match != NULL && series->count > 0) {
            comparison->pairs[comparison->pair_count++] = (struct pair){.a = series, .b = match};
            comparison->judged += !series->control;
        } else if (series->count > 0) {
            comparison->only[0][comparison->only_count[0]++] = series;
        }
    }
    for (size_t i = 0; i < b->count; i++) {
        if (b->items[i].count > 0 && find_match(a, &b->items[i]) == NULL) {
            comparison->only[1][comparison->only_count[1]++] = &b->items[i];
        }
    }
    return true;
}

/* ---- Judging -------------------------------------------------------------------------------------------------- */

/* Change and unadjusted significance. */
static void measure_pair(const struct comparison *comparison, struct pair *pair)
{
    double units = comparison->unit_ns[0] / comparison->unit_ns[1];
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
        const struct samples of_a = {a->samples, a->count}, of_b = {scaled, b->count};
        struct interval ratio = bootstrap_ratio(of_a, of_b, 0.95, comparison->rules->seed);
        pair->change = b->median * units / a->median - 1;
        pair->interval = (struct interval){ratio.low - 1, ratio.high - 1};
        pair->p = mann_whitney_test(of_a, of_b).p;
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
    const struct comparison_rules *rules = comparison->rules;
    bool moved = fabs(pair->change) > rules->threshold;
    if (pair->a->control) {
        return moved ? VERDICT_CONTROL_MOVED : VERDICT_CONTROL;
    }
    if (pair->p_least * (double)comparison->judged >= rules->alpha && !(pair->p < rules->alpha)) {
        return VERDICT_TOO_FEW;
    }
    if (!moved) {
        return isnan(pair->change) ? VERDICT_UNPROVEN : VERDICT_SAME;
    }
    if (pair->p >= rules->alpha) {
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

bool comparison_make(struct comparison *comparison, const struct comparison_rules *rules, const struct series_list *a,
                     const struct series_list *b)
{
    *comparison = (struct comparison){
        .rules = rules, .sides = {a, b}, .unit_ns = {rules->cas_unit ? a->cas_ns : 1, rules->cas_unit ? b->cas_ns : 1}};
    return match_sides(comparison) && judge(comparison);
}

void comparison_free(struct comparison *comparison)
{
    free(comparison->pairs);
    free(comparison->only[0]);
    free(comparison->only[1]);
}

unsigned comparison_repeats_needed(const struct comparison *comparison)
{
    unsigned repeats = 1;
    while (mann_whitney_p_least(repeats, repeats) * (double)comparison->judged >= comparison->rules->alpha) {
        repeats++;
    }
    return repeats;
}
