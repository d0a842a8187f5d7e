/* SPDX-License-Identifier: MIT
 * Writes records: one JSON object a line, flushed line by line, its keys always in the same order; see record.h. */
#include "record.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "grid.h"
#include "provenance.h"
#include "sim_stress.h"
#include "stat_fields.h"
#include "workload.h"

struct record_writer {
    FILE *stream;
    char id[17]; /* of the provenance line */
};

/* JSON readers, ours too, keep integers in 64 bits with a sign: what is larger (a seed may be) goes as text. */
static json_t *count_json(uint64_t count)
{
    if (count <= INT64_MAX) {
        return json_integer((json_int_t)count);
    }
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)count);
    return json_string(text);
}

static json_t *stats_json(const struct frame_stats *stats)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < STAT_FIELD_COUNT; i++) {
        if (json_object_set_new(object, stat_field_name(i), count_json(stat_field_value(stats, i))) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *times_json(const uint64_t *hart_ns, uint32_t harts)
{
    json_t *times = json_array();
    for (uint32_t i = 0; i < harts; i++) {
        if (json_array_append_new(times, count_json(hart_ns[i])) != 0) {
            json_decref(times);
            return NULL;
        }
    }
    return times;
}

static json_t *latency_json(const struct latency_summary *latency)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "samples", count_json(latency->samples), "p50",
                     count_json(latency->p50_ns), "p99", count_json(latency->p99_ns), "p99.9",
                     count_json(latency->p999_ns), "max", count_json(latency->max_ns));
}

static json_t *phase_json(const struct record_phase *phase, uint32_t harts)
{
    json_t *json = json_pack("{s:s, s:o, s:o}", "name", phase->name, "operations", count_json(phase->operations),
                             "hart_ns", times_json(phase->hart_ns, phase->hart_ns != NULL ? harts : 0));
    const struct latency_summary *latency = &phase->latency;
    if (json == NULL || latency->samples == 0) {
        return json;
    }
    if (json_object_set_new(json, "latency_ns", latency_json(latency)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *phases_json(const struct bench_record *record)
{
    json_t *phases = json_array();
    for (uint32_t i = 0; i < record->phase_count; i++) {
        if (json_array_append_new(phases, phase_json(&record->phases[i], record->harts)) != 0) {
            json_decref(phases);
            return NULL;
        }
    }
    return phases;
}

/* Takes the object, NULL if it could not be made. */
static bool write_line(struct record_writer *writer, json_t *object)
{
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    json_decref(object);
    if (line == NULL) {
        errno = ENOMEM;
        return false;
    }
    bool good = fputs(line, writer->stream) >= 0 && putc('\n', writer->stream) != EOF && fflush(writer->stream) == 0;
    free(line);
    return good;
}

struct record_writer *record_open(FILE *stream, int argc, char **argv, const char *fdt_summary, json_t *machine_model)
{
    json_t *provenance = provenance_make(argc, argv, fdt_summary, "machine_model", machine_model);
    struct record_writer *writer = provenance != NULL ? calloc(1, sizeof *writer) : NULL;
    if (writer == NULL) {
        json_decref(provenance);
        return NULL;
    }
    writer->stream = stream;
    snprintf(writer->id, sizeof writer->id, "%s", json_string_value(json_object_get(provenance, "id")));
    if (!write_line(writer, provenance)) {
        free(writer);
        return NULL;
    }
    return writer;
}

static json_t *free_share_json(const struct population_spread *spread)
{
    return json_real(spread->free_share);
}

static json_t *migrations_json(const struct population_spread *spread)
{
    return count_json(spread->migrations);
}

static json_t *rounds_json(const struct bench_record *record, json_t *(*json)(const struct population_spread *spread))
{
    json_t *rounds = json_array();
    for (uint32_t i = 0; i < record->round_count; i++) {
        if (json_array_append_new(rounds, json(&record->rounds[i])) != 0) {
            json_decref(rounds);
            return NULL;
        }
    }
    return rounds;
}

static json_t *stopped_json(const struct bench_record *record)
{
    uint32_t rounds = record->round_count;
    return json_pack("{s:b, s:I, s:I, s:o, s:o}", "held", record->was_held, "from",
                     (json_int_t)workload_stop_round(rounds), "until", (json_int_t)workload_go_round(rounds), "limbo",
                     times_json(record->limbo, rounds), "round_ns", times_json(record->rounds_ns, rounds));
}

/* Buckets that have samples: the highest value of each, and how many. */
static json_t *histogram_json(const struct histogram *histogram)
{
    json_t *buckets = json_array();
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] > 0) {
            json_array_append_new(buckets, json_pack("[o, o]", count_json(histogram_highest(histogram, i)),
                                                     count_json(histogram->counts[i])));
        }
    }
    return buckets;
}

static json_t *outcomes_json(const struct outcome_latency *outcomes)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < OUTCOME_COUNT; i++) {
        if (outcomes[i].summary.samples > 0) {
            json_t *path = latency_json(&outcomes[i].summary);
            json_object_set_new(path, "histogram", histogram_json(outcomes[i].histogram));
            json_object_set_new(object, outcomes[i].name, path);
        }
    }
    return object;
}

uint32_t record_read_nodes(struct frame_allocator *allocator, struct frame_node_stats *nodes)
{
    uint32_t count = frame_allocator_nodes(allocator);
    for (uint32_t node = 0; node < count && count > 1; node++) {
        if (frame_allocator_node_stats(allocator, node, &nodes[node]) != FRAME_OK) {
            return 0;
        }
    }
    return count > 1 ? count : 0;
}

static json_t *nodes_json(const struct frame_node_stats *nodes, uint32_t count)
{
    json_t *array = json_array();
    for (uint32_t node = 0; node < count; node++) {
        json_t *unused = nodes[node].frames_free == FRAMES_UNKNOWN ? json_null() : count_json(nodes[node].frames_free);
        json_t *json = json_pack("{s:o, s:o, s:o, s:o}", "frames_total", count_json(nodes[node].frames_total),
                                 "frames_free", unused, "taken_near", count_json(nodes[node].taken_near), "taken_far",
                                 count_json(nodes[node].taken_far));
        if (json_array_append_new(array, json) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Sets a key of a line in the making, NULL if that failed before; takes `value`. */
static json_t *add_key(json_t *line, const char *key, json_t *value)
{
    if (line == NULL) {
        json_decref(value);
    } else if (json_object_set_new(line, key, value) != 0) {
        json_decref(line);
        line = NULL;
    }
    return line;
}

struct latency_summary latency_summarize(const struct histogram *histogram)
{
    return (struct latency_summary){
        .samples = histogram->samples,
        .p50_ns = histogram_quantile(histogram, 5000),
        .p99_ns = histogram_quantile(histogram, 9900),
        .p999_ns = histogram_quantile(histogram, 9990),
        .max_ns = histogram->max,
    };
}

bool record_bench(struct record_writer *writer, const struct bench_record *record)
{
    json_t *counts = record->stats != NULL ? stats_json(record->stats) : json_null();
    json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:o, s:I, s:I, s:I, s:o, s:o, s:o}", "type", "bench",
                             "provenance", writer->id, "variant", record->variant, "knobs", record->knobs, "platform",
                             record->platform, "workload", record->workload, "order", record->order, "frames",
                             count_json(record->frames), "harts", (json_int_t)record->harts, "cores",
                             (json_int_t)record->cores, "repeat", (json_int_t)record->repeat, "seed",
                             count_json(record->seed), "phases", phases_json(record), "counts", counts);
    if (record->core_turns > 0) {
        line = add_key(line, "core",
                       json_pack("{s:o, s:o}", "turns", count_json(record->core_turns), "hart_ns",
                                 times_json(record->core_ns, record->harts)));
    }
    if (record->burst > 0) {
        line = add_key(line, "burst", json_integer((json_int_t)record->burst));
    }
    if (record->rounds != NULL && record->round_count > 0) {
        line = add_key(line, "rounds", rounds_json(record, free_share_json));
        line = add_key(line, "migrations", rounds_json(record, migrations_json));
    }
    if (record->left != NULL) {
        line = add_key(line, "left", times_json(record->left, record->round_count));
    }
    if (record->limbo != NULL) {
        line = add_key(line, "stopped", stopped_json(record));
    }
    if (record->outcomes != NULL) {
        line = add_key(line, "outcomes", outcomes_json(record->outcomes));
    }
    if (record->node_count > 0) {
        line = add_key(line, "nodes", nodes_json(record->nodes, record->node_count));
    }
    if (line != NULL && record->facts != NULL) {
        (void)json_object_update(line, (json_t *)record->facts);
    }
    return write_line(writer, line);
}

/* What only simulated harts have to tell. */
static json_t *simulated_json(const struct sim_stress_report *report)
{
    json_t *calls = json_object();
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        json_object_set_new(calls, sim_step_name(i), count_json(report->calls[i]));
    }
    double seconds = report->seconds > 0 ? report->seconds : 1e-9;
    json_t *faults =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "stopped", count_json(report->frozen), "stopped_places",
                  count_json(report->places), "held_in_section", count_json(report->held), "allocation_failures",
                  count_json(report->failures), "added", count_json(report->added), "removed",
                  count_json(report->removed), "drains", count_json(report->drains));
    return json_pack("{s:o, s:o, s:f, s:o, s:o, s:o, s:o}", "executions", count_json(report->executions), "accesses",
                     count_json(report->steps), "executions_per_second", (double)report->executions / seconds,
                     "linearized", count_json(report->linearized), "contended", count_json(report->contended), "faults",
                     faults, "calls", calls);
}

bool record_stress(struct record_writer *writer, const struct stress_record *record)
{
    json_t *counts = record->stats != NULL ? stats_json(record->stats) : json_null();
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:f, s:s?, s:o}", "type", "stress", "provenance",
                  writer->id, "variant", record->variant, "knobs", record->knobs, "platform", record->platform, "harts",
                  (json_int_t)record->harts, "seed", count_json(record->seed), "operations",
                  count_json(record->operations), "violations", json_integer(record->property != NULL), "seconds",
                  record->seconds, "property", record->property, "counts", counts);
    if (record->node_count > 0) {
        line = add_key(line, "nodes", nodes_json(record->nodes, record->node_count));
    }
    if (record->simulated != NULL) {
        line = add_key(line, "simulated", simulated_json(record->simulated));
    }
    return write_line(writer, line);
}

static json_t *known_json(uint64_t count)
{
    return count != RECORD_UNKNOWN ? count_json(count) : json_null();
}

bool record_stress_csv(FILE *out, const struct stress_record *record, bool head)
{
    json_t *row = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s}", "variant", record->variant,
                            "platform", record->platform, "setting", record->setting, "harts",
                            known_json(record->harts != 0 ? record->harts : RECORD_UNKNOWN), "seed",
                            count_json(record->seed), "rounds", known_json(record->rounds), "operations",
                            known_json(record->operations), "accesses", known_json(record->accesses), "added",
                            known_json(record->added), "removed", known_json(record->removed), "seconds",
                            record->seconds > 0 ? json_real(record->seconds) : json_null(), "violated",
                            record->property != NULL ? record->property : "");
    bool good =
        row != NULL && (!head || flat_print_csv_head(row, out)) && flat_print_csv_row(row, out) && fflush(out) == 0;
    json_decref(row);
    return good;
}

void record_close(struct record_writer *writer)
{
    free(writer);
}
