/* SPDX-License-Identifier: MIT
 * Makes tidy rows of records; see tidy.h. The lines were checked when they were read; what is missing or of another
 * type makes no row. */
#include "tidy.h"

#include <math.h>
#include <string.h>

#include "flat.h"
#include "origin.h"
#include "series.h"

/* Above that a double does not tell whole numbers apart. */
#define WHOLE_MOST 9007199254740992.0

/* A row in the making: what all numbers of one record have in common. */
struct tidy {
    json_t *rows, *common;
    bool good;
};

static void add_number(struct tidy *tidy, const char *phase, const json_t *operations, const char *quantity,
                       json_t *round, double value)
{
    json_t *row = json_copy(tidy->common); /* its keys are in order: those of later numbers take their places */
    row = flat_set(row, "phase", json_string(phase));
    row = flat_set(row, "operations", operations != NULL ? json_incref((json_t *)operations) : json_null());
    row = flat_set(row, "quantity", json_string(quantity));
    row = flat_set(row, "round", round);
    bool whole = value >= 0 && value <= WHOLE_MOST && floor(value) >= value; /* then all its digits count */
    row = flat_set(row, "value", whole ? json_integer((json_int_t)value) : flat_real(value));
    tidy->good = tidy->good && row != NULL && json_array_append_new(tidy->rows, row) == 0;
}

/* One for each element, or for each key that is a number. */
static void add_rounds(struct tidy *tidy, const char *quantity, const json_t *numbers)
{
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        const json_t *number = json_array_get(numbers, i);
        if (json_is_number(number)) {
            add_number(tidy, "", NULL, quantity, json_integer((json_int_t)i), json_number_value(number));
        }
    }
}

static void add_counts(struct tidy *tidy, const json_t *counts)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)counts, key, value)
    {
        if (json_is_number(value)) {
            add_number(tidy, "", NULL, key, json_null(), json_number_value(value));
        }
    }
}

/* The mean over harts of what each took for an operation. */
static void add_per_operation(struct tidy *tidy, const json_t *phase, const char *key, const char *quantity)
{
    const json_t *numbers = json_object_get(phase, key), *operations = json_object_get(phase, "operations");
    double sum = 0;
    for (size_t i = 0; i < json_array_size(numbers); i++) {
        sum += json_number_value(json_array_get(numbers, i));
    }
    if (json_array_size(numbers) > 0 && json_number_value(operations) > 0) {
        double mean = sum / (double)json_array_size(numbers) / json_number_value(operations);
        add_number(tidy, flat_text(phase, "name"), operations, quantity, json_null(), mean);
    }
}

static void add_phases(struct tidy *tidy, const json_t *phases)
{
    static const char *const percentiles[] = {"p50", "p99", "p99.9", "max"};
    for (size_t i = 0; i < json_array_size(phases); i++) {
        const json_t *phase = json_array_get(phases, i), *latency = json_object_get(phase, "latency_ns");
        add_per_operation(tidy, phase, "hart_ns", "ns");
        add_per_operation(tidy, phase, "hart_instructions", "instructions");
        for (size_t k = 0; latency != NULL && k < sizeof percentiles / sizeof *percentiles; k++) {
            add_number(tidy, flat_text(phase, "name"), json_object_get(phase, "operations"), percentiles[k],
                       json_null(), json_number_value(json_object_get(latency, percentiles[k])));
        }
    }
}

/* Whether a hart shared its core, as far as the record tells. */
static json_t *disturbed_json(const json_t *line, double core_ns)
{
    const json_t *core = json_object_get(line, "core"), *times = json_object_get(core, "hart_ns");
    double turns = json_number_value(json_object_get(core, "turns")), longest = 0;
    for (size_t i = 0; i < json_array_size(times); i++) {
        double ns = json_number_value(json_array_get(times, i)) / turns;
        longest = ns > longest ? ns : longest;
    }
    const struct result_row row = {.core_ns = longest};
    return core != NULL && core_ns > 0 ? json_boolean(series_row_disturbed(&row, core_ns)) : json_null();
}

static json_t *copy_of(const json_t *object, const char *key)
{
    json_t *value = json_object_get(object, key);
    return value != NULL ? json_incref(value) : json_null();
}

static const json_t *provenance_of(const struct record_file *file, const json_t *line)
{
    for (size_t i = 0; i < json_array_size(file->provenances); i++) {
        const json_t *provenance = json_array_get(file->provenances, i);
        if (strcmp(flat_text(provenance, "id"), flat_text(line, "provenance")) == 0) {
            return provenance;
        }
    }
    return NULL;
}

static json_t *common_json(const struct record_file *file, const json_t *line, double core_ns)
{
    static const char *const keys[] = {"run",     "platform", "arch",     "mode",   "machine",
                                       "variant", "knobs",    "workload", "frames", "order",
                                       "burst",   "harts",    "cores",    "repeat", "seed"};
    const json_t *provenance = provenance_of(file, line), *campaign = json_object_get(provenance, "campaign");
    const json_t *framelab = json_object_get(provenance, "framelab");
    json_t *one = json_array();
    const struct record_file whose = {.provenances = one};
    (void)json_array_append(one, (json_t *)provenance);
    struct origin origin = origin_describe(&whose);
    json_decref(one);
    json_t *common = json_pack("{s:s, s:s, s:s, s:s}", "file", file->path, "host", origin.machine, "commit",
                               flat_text(framelab, "commit"), "date", origin.date);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        common = flat_set(common, keys[i], copy_of(line, keys[i]));
    }
    common = flat_set(common, "process", copy_of(line, "provenance"));
    common = flat_set(common, "block", copy_of(campaign, "block"));
    common = flat_set(common, "side", copy_of(campaign, "side"));
    return flat_set(common, "disturbed", disturbed_json(line, core_ns));
}

static double best_core_ns(const struct record_file *file)
{
    double best = 0;
    for (size_t i = 0; i < file->row_count; i++) {
        double core_ns = file->rows[i].core_ns;
        best = core_ns > 0 && (best <= 0 || core_ns < best) ? core_ns : best;
    }
    return best;
}

bool tidy_add(json_t *rows, const struct record_file *file)
{
    double core_ns = best_core_ns(file);
    struct tidy tidy = {.rows = rows, .good = true};
    for (size_t i = 0; tidy.good && i < json_array_size(file->lines); i++) {
        const json_t *line = json_array_get(file->lines, i), *stopped = json_object_get(line, "stopped");
        tidy.common = common_json(file, line, core_ns);
        tidy.good = tidy.common != NULL;
        add_phases(&tidy, json_object_get(line, "phases"));
        add_counts(&tidy, json_object_get(line, "counts"));
        add_counts(&tidy, json_object_get(line, "events"));
        add_rounds(&tidy, "free_share", json_object_get(line, "rounds"));
        add_rounds(&tidy, "migrations", json_object_get(line, "migrations"));
        add_rounds(&tidy, "left", json_object_get(line, "left"));
        add_rounds(&tidy, "limbo", json_object_get(stopped, "limbo"));
        add_rounds(&tidy, "round_ns", json_object_get(stopped, "round_ns"));
        json_decref(tidy.common);
    }
    return tidy.good;
}

static bool is_empty(const json_t *value)
{
    return value == NULL || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0);
}

bool tidy_print(const json_t *rows, FILE *out)
{
    json_t *used = json_object(), *value;
    const char *key, *comma = "";
    for (size_t i = 0; i < json_array_size(rows); i++) {
        json_object_foreach(json_array_get(rows, i), key, value)
        {
            if (!is_empty(value)) {
                (void)json_object_set_new(used, key, json_true());
            }
        }
    }
    json_t *line = json_object(); /* the columns in the order that every row has */
    json_object_foreach(json_array_get(rows, 0), key, value)
    {
        if (json_object_get(used, key) != NULL) {
            (void)json_object_set_new(line, key, json_null());
            fprintf(out, "%s%s", comma, key);
            comma = ",";
        }
    }
    fputc('\n', out);
    for (size_t i = 0; i < json_array_size(rows); i++) {
        (void)json_object_update_existing(line, json_array_get(rows, i));
        (void)flat_print_csv_row(line, false, out);
    }
    json_decref(line);
    json_decref(used);
    return ferror(out) == 0;
}
