/* SPDX-License-Identifier: MIT
 * Brings the repeats of each measurement together; see series.h. */
#include "series.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "statistics.h"

/* The knobs that core gives to every variant. */
static const char *const common_knobs[] = {"magazine", "batch", "run-magazine", "hole-limit", "drain", "magazines"};

static bool is_common_knob(const char *item, size_t length)
{
    for (size_t i = 0; i < sizeof common_knobs / sizeof *common_knobs; i++) {
        size_t name = strlen(common_knobs[i]);
        if (length > name && item[name] == '=' && strncmp(item, common_knobs[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void append_item(char *list, const char *item, size_t length)
{
    strncat(list, list[0] != '\0' ? "," : "", 2);
    strncat(list, item, length);
}

/* A list of four items is no longer than these, which the reader bounded. */
#define SETTING_BYTES (4 * RECORD_NAME_MAX + 32)

static bool split_variant(struct series *series, struct record_file *file)
{
    char column[RECORD_NAME_MAX + 1] = "";
    char setting[SETTING_BYTES] = "";
    (void)snprintf(setting, sizeof setting, "%s%s", series->run[0] != '\0' ? "run " : "", series->run);
    if (series->machine[0] != '\0') {
        append_item(setting, series->machine, strlen(series->machine));
    }
    if (series->side[0] != '\0') {
        char side[RECORD_NAME_MAX + 8];
        int length = snprintf(side, sizeof side, "side %s", series->side);
        append_item(setting, side, (size_t)length);
    }
    for (const char *item = series->variant; *item != '\0';) {
        size_t length = strcspn(item, ",");
        append_item(is_common_knob(item, length) ? setting : column, item, length);
        item += length + (item[length] == ',');
    }
    series->column = record_file_name(file, column);
    series->setting = record_file_name(file, setting);
    return series->column != NULL && series->setting != NULL;
}

/* Rows are compared by the addresses of their strings, which are unique within a file, so the order is arbitrary
 * but equal rows lie side by side. */
static int compare_addresses(const char *a, const char *b)
{
    return ((uintptr_t)a > (uintptr_t)b) - ((uintptr_t)a < (uintptr_t)b);
}

static int compare_keys(const struct result_row *a, const struct result_row *b)
{
    const int differences[] = {
        compare_addresses(a->variant, b->variant),
        compare_addresses(a->knobs, b->knobs),
        compare_addresses(a->platform, b->platform),
        compare_addresses(a->machine, b->machine),
        compare_addresses(a->run, b->run),
        compare_addresses(a->side, b->side),
        compare_addresses(a->workload, b->workload),
        compare_addresses(a->phase, b->phase),
        (a->frames > b->frames) - (a->frames < b->frames),
        (a->harts > b->harts) - (a->harts < b->harts),
    };
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        if (differences[i] != 0) {
            return differences[i];
        }
    }
    return 0;
}

/* Rows by pointer: the pointers' order is the file's, which breaks ties. */
static int compare_rows(const void *left, const void *right)
{
    const struct result_row *a = *(const struct result_row *const *)left;
    const struct result_row *b = *(const struct result_row *const *)right;
    int difference = compare_keys(a, b);
    return difference != 0 ? difference : (a > b) - (a < b);
}

/* A series in the making: which rows it has. */
struct group {
    struct result_row **rows;
    size_t count;
};

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = left;
    const struct group *b = right;
    return (a->rows[0] > b->rows[0]) - (a->rows[0] < b->rows[0]);
}

static size_t find_groups(struct result_row **rows, size_t count, struct group *groups)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || compare_keys(rows[i - 1], rows[i]) != 0) {
            groups[found++] = (struct group){&rows[i], 0};
        }
        groups[found - 1].count++;
    }
    qsort(groups, found, sizeof *groups, compare_groups);
    return found;
}

/* Median over the repeats that have the number; NAN if none has. */
static double median_of(const struct group *group, double (*number)(const struct result_row *), double *scratch)
{
    size_t count = 0;
    for (size_t i = 0; i < group->count; i++) {
        double value = number(group->rows[i]);
        if (!isnan(value)) {
            scratch[count++] = value;
        }
    }
    statistics_sort(scratch, count);
    return statistics_median(scratch, count);
}

static double p50_of(const struct result_row *row)
{
    return row->latency.samples > 0 ? (double)row->latency.p50_ns : NAN;
}

static double p99_of(const struct result_row *row)
{
    return row->latency.samples > 0 ? (double)row->latency.p99_ns : NAN;
}

static double p999_of(const struct result_row *row)
{
    return row->latency.samples > 0 ? (double)row->latency.p999_ns : NAN;
}

static double share_first_of(const struct result_row *row)
{
    return row->shared_out ? row->share_first : NAN;
}

static double share_last_of(const struct result_row *row)
{
    return row->shared_out ? row->share_last : NAN;
}

static struct latency_summary join_latency(const struct group *group, double *scratch)
{
    struct latency_summary latency = {0};
    for (size_t i = 0; i < group->count; i++) {
        const struct latency_summary *one = &group->rows[i]->latency;
        latency.samples += one->samples;
        latency.max_ns = one->max_ns > latency.max_ns ? one->max_ns : latency.max_ns;
    }
    if (latency.samples > 0) {
        latency.p50_ns = (uint64_t)median_of(group, p50_of, scratch);
        latency.p99_ns = (uint64_t)median_of(group, p99_of, scratch);
        latency.p999_ns = (uint64_t)median_of(group, p999_of, scratch);
    }
    return latency;
}

/* See series.h: how much longer than undisturbed the cores' control takes in a repeat that was disturbed; and the
 * repeats without which the others are not left out. */
#define DISTURBED_FACTOR 1.1
#define UNDISTURBED_LEAST 3u

bool series_row_disturbed(const struct result_row *row, double core_ns)
{
    return core_ns > 0 && row->core_ns > DISTURBED_FACTOR * core_ns;
}

bool series_is_exact(const struct series *series)
{
    return strcmp(series->platform, "sim") == 0;
}

static void take_samples(struct series *series, const struct group *group, double *samples, double core_ns)
{
    size_t timed = 0;
    for (size_t i = 0; i < group->count; i++) {
        timed += group->rows[i]->timed;
        series->disturbed += group->rows[i]->timed && series_row_disturbed(group->rows[i], core_ns);
    }
    series->timed = timed;
    series->left_out = timed - series->disturbed >= UNDISTURBED_LEAST ? series->disturbed : 0;
    for (size_t i = 0; i < group->count; i++) {
        const struct result_row *row = group->rows[i];
        if (row->timed && (series->left_out == 0 || !series_row_disturbed(row, core_ns))) {
            samples[series->count++] = row->ns_per_operation;
        }
    }
}

/* `samples` has room for the group's rows; it is scratch for latencies and shares first. */
static bool series_make(struct series *series, const struct group *group, double *samples, double core_ns,
                        struct record_file *file)
{
    const struct result_row *row = group->rows[0];
    *series = (struct series){.variant = row->variant,
                              .knobs = row->knobs,
                              .platform = row->platform,
                              .machine = row->machine,
                              .run = row->run,
                              .side = row->side,
                              .rows = (const struct result_row *const *)group->rows,
                              .row_count = group->count,
                              .workload = row->workload,
                              .phase = row->phase,
                              .frames = row->frames,
                              .harts = row->harts,
                              .cores = row->cores,
                              .latency = join_latency(group, samples)};
    series->share_first = median_of(group, share_first_of, samples);
    series->share_last = median_of(group, share_last_of, samples);
    series->shared_out = !isnan(series->share_first);
    if (!split_variant(series, file)) {
        return false;
    }
    series->control = strcmp(row->workload, "control") == 0 || strcmp(series->column, "null") == 0;
    take_samples(series, group, samples, core_ns);
    statistics_sort(samples, series->count);
    series->samples = series->count > 0 ? samples : NULL;
    series->median = statistics_median(samples, series->count);
    series->q1 = statistics_quantile(samples, series->count, 0.25);
    series->q3 = statistics_quantile(samples, series->count, 0.75);
    return true;
}

static bool append_knobs(struct series *series, struct record_file *file)
{
    char column[2 * RECORD_NAME_MAX + 4];
    snprintf(column, sizeof column, "%s (%s)", series->column, series->knobs);
    series->column = record_file_name(file, column);
    return series->column != NULL;
}

/* One variant name with two sets of knobs (another default, another version): the later ones' columns say so. */
static bool tell_apart(struct series_list *list, struct record_file *file)
{
    json_t *first_knobs = json_object(); /* of each variant */
    bool good = first_knobs != NULL;
    for (size_t i = 0; good && i < list->count; i++) {
        struct series *series = &list->items[i];
        const char *first = json_string_value(json_object_get(first_knobs, series->variant));
        if (first == NULL) {
            good = json_object_set_new(first_knobs, series->variant, json_string(series->knobs)) == 0;
        } else if (strcmp(first, series->knobs) != 0) {
            good = append_knobs(series, file);
        }
    }
    json_decref(first_knobs);
    return good;
}

static double find_cas_unit(const struct series_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct series *series = &list->items[i];
        if (strcmp(series->variant, "cas") == 0 && strcmp(series->workload, "control") == 0 && series->count > 0) {
            return series->median;
        }
    }
    return 0;
}

/* What the cores' control takes at best; 0 if no row has it. */
static double find_core_ns(const struct record_file *file)
{
    double best = 0;
    for (size_t i = 0; i < file->row_count; i++) {
        double core_ns = file->rows[i].core_ns;
        best = core_ns > 0 && (best <= 0 || core_ns < best) ? core_ns : best;
    }
    return best;
}

static double find_clock_step(const struct record_file *file)
{
    double coarsest = 0;
    for (size_t i = 0; i < json_array_size(file->provenances); i++) {
        const json_t *step = json_object_get(json_array_get(file->provenances, i), "clock_step_ns");
        double ns = json_number_value(step);
        coarsest = ns > coarsest ? ns : coarsest;
    }
    return coarsest;
}

bool series_build(struct series_list *list, struct record_file *file)
{
    *list = (struct series_list){0};
    size_t row_count = file->row_count;
    struct result_row **rows = list->rows = calloc(row_count + 1, sizeof *rows);
    struct group *groups = calloc(row_count + 1, sizeof *groups);
    list->items = calloc(row_count + 1, sizeof *list->items);
    list->samples = calloc(row_count + 1, sizeof *list->samples);
    bool good = rows != NULL && groups != NULL && list->items != NULL && list->samples != NULL;
    if (good) {
        for (size_t i = 0; i < row_count; i++) {
            rows[i] = &file->rows[i];
        }
        qsort(rows, row_count, sizeof *rows, compare_rows);
        list->count = find_groups(rows, row_count, groups);
    }
    double *samples = list->samples;
    list->core_ns = find_core_ns(file);
    list->clock_step_ns = find_clock_step(file);
    for (size_t i = 0; good && i < list->count; i++) {
        good = series_make(&list->items[i], &groups[i], samples, list->core_ns, file);
        samples += groups[i].count;
    }
    good = good && tell_apart(list, file);
    free(groups);
    if (!good) {
        series_free(list);
        errno = ENOMEM;
        return false;
    }
    list->cas_ns = find_cas_unit(list);
    return true;
}

void series_free(struct series_list *list)
{
    free(list->items);
    free(list->samples);
    free(list->rows);
    *list = (struct series_list){0};
}

int series_order(uint64_t frames)
{
    bool power_of_two = frames != 0 && (frames & (frames - 1)) == 0;
    return power_of_two ? __builtin_ctzll(frames) : -1;
}

const char *series_order_text(uint64_t frames, char *out, size_t out_bytes)
{
    if (series_order(frames) >= 0) {
        snprintf(out, out_bytes, "%d", series_order(frames));
    } else {
        snprintf(out, out_bytes, "%llu frames", (unsigned long long)frames);
    }
    return out;
}

const char *series_size_text(uint64_t frames, char *out, size_t out_bytes)
{
    char order[32];
    snprintf(out, out_bytes, "%s%s", series_order(frames) >= 0 ? "order " : "",
             series_order_text(frames, order, sizeof order));
    return out;
}

double series_throughput(uint32_t harts, uint32_t cores, double ns)
{
    return ns > 0 ? (double)(harts < cores ? harts : cores) * 1000.0 / ns : NAN;
}
