/* SPDX-License-Identifier: MIT
 * Writes records: one JSON object a line, flushed line by line, its keys always in the same order; see record.h. */
#include "record.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "flat.h"
#include "provenance.h"
#include "stat_fields.h"

struct record_writer {
    FILE *stream;
    char id[17]; /* of the provenance line */
};

static json_t *stats_json(const struct frame_stats *stats)
{
    json_t *object = json_object();
    for (uint32_t i = 0; i < STAT_FIELD_COUNT; i++) {
        object = flat_set(object, stat_field_name(i), flat_count(stat_field_value(stats, i)));
    }
    return object;
}

static json_t *times_json(const uint64_t *hart_ns, uint32_t harts)
{
    json_t *times = json_array();
    for (uint32_t i = 0; i < harts; i++) {
        times = flat_append(times, flat_count(hart_ns[i]));
    }
    return times;
}

static json_t *latency_json(const struct latency_summary *latency)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o}", "samples", flat_count(latency->samples), "p50",
                     flat_count(latency->p50_ns), "p99", flat_count(latency->p99_ns), "p99.9",
                     flat_count(latency->p999_ns), "max", flat_count(latency->max_ns));
}

static json_t *phase_json(const struct record_phase *phase, uint32_t harts)
{
    json_t *json = json_pack("{s:s, s:o, s:o}", "name", phase->name, "operations", flat_count(phase->operations),
                             "hart_ns", times_json(phase->hart_ns, phase->hart_ns != NULL ? harts : 0));
    return phase->latency.samples == 0 ? json : flat_set(json, "latency_ns", latency_json(&phase->latency));
}

static json_t *phases_json(const struct bench_record *record)
{
    json_t *phases = json_array();
    for (uint32_t i = 0; i < record->phase_count; i++) {
        phases = flat_append(phases, phase_json(&record->phases[i], record->harts));
    }
    return phases;
}

bool record_line(FILE *stream, const json_t *object)
{
    char *line = object != NULL ? json_dumps(object, JSON_COMPACT) : NULL;
    if (line == NULL) {
        errno = ENOMEM;
        return false;
    }
    bool good = fputs(line, stream) >= 0 && putc('\n', stream) != EOF && fflush(stream) == 0;
    free(line);
    return good;
}

/* Takes the object, NULL if it could not be made. */
static bool write_line(struct record_writer *writer, json_t *object)
{
    bool good = record_line(writer->stream, object);
    json_decref(object);
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

/* Buckets that have samples: the highest value of each, and how many. */
static json_t *histogram_json(const struct histogram *histogram)
{
    json_t *buckets = json_array();
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        if (histogram->counts[i] > 0) {
            buckets = flat_append(buckets, json_pack("[o, o]", flat_count(histogram_highest(histogram, i)),
                                                     flat_count(histogram->counts[i])));
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
            object =
                flat_set(object, outcomes[i].name, flat_set(path, "histogram", histogram_json(outcomes[i].histogram)));
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
        json_t *unused = nodes[node].frames_free == FRAMES_UNKNOWN ? json_null() : flat_count(nodes[node].frames_free);
        json_t *json = json_pack("{s:o, s:o, s:o, s:o}", "frames_total", flat_count(nodes[node].frames_total),
                                 "frames_free", unused, "taken_near", flat_count(nodes[node].taken_near), "taken_far",
                                 flat_count(nodes[node].taken_far));
        array = flat_append(array, json);
    }
    return array;
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
                             flat_count(record->frames), "harts", (json_int_t)record->harts, "cores",
                             (json_int_t)record->cores, "repeat", (json_int_t)record->repeat, "seed",
                             flat_count(record->seed), "phases", phases_json(record), "counts", counts);
    if (record->core_turns > 0) {
        line = flat_set(line, "core",
                        json_pack("{s:o, s:o}", "turns", flat_count(record->core_turns), "hart_ns",
                                  times_json(record->core_ns, record->harts)));
    }
    if (line != NULL && record->own != NULL) {
        (void)json_object_update(line, (json_t *)record->own);
    }
    if (record->outcomes != NULL) {
        line = flat_set(line, "outcomes", outcomes_json(record->outcomes));
    }
    if (record->node_count > 0) {
        line = flat_set(line, "nodes", nodes_json(record->nodes, record->node_count));
    }
    if (line != NULL && record->facts != NULL) {
        (void)json_object_update(line, (json_t *)record->facts);
    }
    return write_line(writer, line);
}

static json_t *known_json(uint64_t count)
{
    return count != RECORD_UNKNOWN ? flat_count(count) : json_null();
}

json_t *record_violation_json(const struct stress_violation *violation)
{
    const struct stress_violation *v = violation;
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:s?, s:s?, s:o, s:b, s:s, s:s?}", "property", v->property, "meaning",
                     v->meaning, "what", v->what, "frame", known_json(v->frame), "hart",
                     known_json(v->hart != UINT32_MAX ? v->hart : RECORD_UNKNOWN), "where", v->where, "program",
                     v->program, "seed", flat_count(v->seed), "seed_is_schedule", (int)v->is_schedule, "replay",
                     v->replay, "history", v->history);
}

json_t *record_range_json(const struct stress_range *range)
{
    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:I}", "unit", range->unit, "first", flat_count(range->first), "last",
                     flat_count(range->last), "seed", flat_count(range->seed), "shard", (json_int_t)range->shard,
                     "shards", (json_int_t)range->shards);
}

bool record_stress(struct record_writer *writer, const struct stress_record *record)
{
    const struct stress_violation *violation = record->violation;
    json_t *counts = record->stats != NULL ? stats_json(record->stats) : json_null();
    json_t *line =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o, s:o, s:f, s:s?, s:o}", "type", "stress", "provenance",
                  writer->id, "variant", record->variant, "knobs", record->knobs, "platform", record->platform, "harts",
                  (json_int_t)record->harts, "seed", flat_count(record->seed), "operations",
                  known_json(record->operations), "violations", json_integer(violation != NULL), "seconds",
                  record->seconds, "property", violation != NULL ? violation->property : NULL, "counts", counts);
    line = flat_set(line, "setting", json_string(record->setting));
    line = flat_set(line, "range", record_range_json(&record->range));
    if (violation != NULL) {
        line = flat_set(line, "violation", record_violation_json(violation));
    }
    if (record->node_count > 0) {
        line = flat_set(line, "nodes", nodes_json(record->nodes, record->node_count));
    }
    if (line != NULL && record->facts != NULL) {
        (void)json_object_update(line, (json_t *)record->facts);
    }
    return write_line(writer, line);
}

bool record_stress_csv(FILE *out, const struct stress_record *record, bool head)
{
    const struct stress_violation *violation = record->violation;
    json_t *row = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:s}", "variant", record->variant,
        "platform", record->platform, "setting", record->setting, "harts",
        known_json(record->harts != 0 ? record->harts : RECORD_UNKNOWN), "seed", flat_count(record->seed), "rounds",
        known_json(record->rounds), "operations", known_json(record->operations), "accesses",
        known_json(record->accesses), "added", known_json(record->added), "removed", known_json(record->removed),
        "seconds", record->seconds > 0 ? json_real(record->seconds) : json_null(), "violated",
        violation != NULL ? violation->property : "", "what", violation != NULL ? violation->what : "", "replay",
        violation != NULL ? violation->replay : "");
    bool good = row != NULL && flat_print_csv_row(row, head, out) && fflush(out) == 0;
    json_decref(row);
    return good;
}

void record_close(struct record_writer *writer)
{
    free(writer);
}
