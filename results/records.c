/* SPDX-License-Identifier: MIT
 * Reads record files: one JSON object a line, checked key by key; see records.h. */
#include "records.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "format_into.h"
#include "frame_limits.h"
#include "provenance.h"
#include "schema.h"

#define COMPLAINTS_MAX 10u

/* What is being read, for complaints. */
struct reader {
    struct record_file *file;
    FILE *log;
    uint64_t line;
    char why[256]; /* of the line in hand, empty: it is good */
};

__attribute__((format(printf, 2, 3))) static void refuse(struct reader *reader, const char *format, ...)
{
    if (reader->why[0] != '\0') {
        return; /* the first reason is the one to tell */
    }
    format_into(reader->why, format);
}

static const char *path_name(const struct record_file *file)
{
    return strcmp(file->path, "-") == 0 ? "standard input" : file->path;
}

static void complain(struct reader *reader, bool truncated)
{
    struct record_file *file = reader->file;
    if (truncated) {
        file->truncated = true;
        fprintf(reader->log, "framelab: %s:%llu: the last line is cut short (an interrupted run?), left out: %s\n",
                path_name(file), (unsigned long long)reader->line, reader->why);
        return;
    }
    file->damaged++;
    if (file->damaged < COMPLAINTS_MAX) {
        fprintf(reader->log, "framelab: %s:%llu: line left out: %s\n", path_name(file),
                (unsigned long long)reader->line, reader->why);
    } else if (file->damaged == COMPLAINTS_MAX) {
        fprintf(reader->log, "framelab: %s:%llu: line left out, as are others after it\n", path_name(file),
                (unsigned long long)reader->line);
    }
}

/* An array with room for `count` items, grown if need be; NULL if memory is out, and the old one is as it was. */
static void *reserve(void *items, size_t item_bytes, size_t count, size_t *capacity)
{
    if (items != NULL && count <= *capacity) {
        return items;
    }
    size_t wanted = 2 * count + 64;
    void *grown = realloc(items, wanted * item_bytes);
    *capacity = grown != NULL ? wanted : *capacity;
    return grown;
}

const char *record_file_name(struct record_file *file, const char *text)
{
    if (json_object_get(file->names, text) == NULL && json_object_set_new(file->names, text, json_true()) != 0) {
        return NULL;
    }
    return json_object_iter_key(json_object_iter_at(file->names, text));
}

/* A name goes to terminals, tables and gnuplot, so it must be short and printable ASCII. */
static const char *read_name(struct reader *reader, const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);
    if (text == NULL) {
        refuse(reader, "\"%s\" is %s", key, value == NULL ? "missing" : "not a string");
        return "";
    }
    bool plain = strlen(text) < RECORD_NAME_MAX;
    for (const char *c = text; plain && *c != '\0'; c++) {
        plain = *c >= ' ' && *c <= '~';
    }
    if (!plain) {
        refuse(reader, "\"%s\" is too long or not plain text", key);
        return "";
    }
    const char *name = record_file_name(reader->file, text);
    if (name == NULL) {
        refuse(reader, "out of memory");
        return "";
    }
    return name;
}

/* The same of a key that need not be there: then empty. */
static const char *read_optional_name(struct reader *reader, const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL ? read_name(reader, object, key) : "";
}

static uint64_t read_count(struct reader *reader, const json_t *object, const char *key, uint64_t min, uint64_t max)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        refuse(reader, "\"%s\" is %s", key, value == NULL ? "missing" : "not an integer");
        return min;
    }
    json_int_t number = json_integer_value(value);
    if (number < 0 || (uint64_t)number < min || (uint64_t)number > max) {
        refuse(reader, "\"%s\" is %lld, not within %llu and %llu", key, (long long)number, (unsigned long long)min,
               (unsigned long long)max);
        return min;
    }
    return (uint64_t)number;
}

static struct latency_summary read_latency(struct reader *reader, const json_t *phase)
{
    struct latency_summary latency = {0};
    const json_t *object = json_object_get(phase, "latency_ns");
    if (object == NULL) {
        return latency;
    }
    if (!json_is_object(object)) {
        refuse(reader, "\"latency_ns\" is not an object");
        return latency;
    }
    latency.samples = read_count(reader, object, "samples", 1, INT64_MAX);
    latency.p50_ns = read_count(reader, object, "p50", 0, INT64_MAX);
    latency.p99_ns = read_count(reader, object, "p99", 0, INT64_MAX);
    latency.p999_ns = read_count(reader, object, "p99.9", 0, INT64_MAX);
    latency.max_ns = read_count(reader, object, "max", 0, INT64_MAX);
    return latency;
}

/* An item of an array of counts, or of times. */
static double read_item(struct reader *reader, const json_t *array, const char *name, size_t i)
{
    const json_t *item = json_array_get(array, i);
    if (!json_is_integer(item) || json_integer_value(item) < 0) {
        refuse(reader, "%s[%zu] is not a count", name, i);
        return 0;
    }
    return (double)json_integer_value(item);
}

/* "hart_ns" may be absent or empty (a phase of which only the latency was measured), else one number a hart. */
static void read_times(struct reader *reader, const json_t *phase, struct result_row *row)
{
    uint64_t operations = row->operations = read_count(reader, phase, "operations", 1, INT64_MAX);
    const json_t *times = json_object_get(phase, "hart_ns");
    size_t count = json_array_size(times);
    if (times != NULL && !json_is_array(times)) {
        refuse(reader, "\"hart_ns\" is not an array");
        return;
    }
    if (count == 0) {
        return;
    }
    if (count != row->harts) {
        refuse(reader, "\"hart_ns\" has %zu numbers for %u harts", count, row->harts);
        return;
    }
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += read_item(reader, times, "\"hart_ns\"", i) / (double)operations;
    }
    row->timed = true;
    row->ns_per_operation = sum / (double)count;
}

/* "core" may be absent, else it has a time for each hart. */
static double read_core(struct reader *reader, const json_t *line, uint32_t harts)
{
    const json_t *core = json_object_get(line, "core");
    if (core == NULL) {
        return 0;
    }
    double turns = (double)read_count(reader, core, "turns", 1, INT64_MAX);
    const json_t *times = json_object_get(core, "hart_ns");
    double longest = 0;
    for (uint32_t i = 0; i < harts; i++) {
        double ns = read_item(reader, times, "\"core\": \"hart_ns\"", i) / turns;
        longest = ns > longest ? ns : longest;
    }
    return longest;
}

/* "rounds" may be absent, else shares between 0 and 1, at least one. */
static void read_rounds(struct reader *reader, const json_t *line, struct result_row *row)
{
    const json_t *rounds = json_object_get(line, "rounds");
    size_t count = json_array_size(rounds);
    if (rounds != NULL && count == 0) {
        refuse(reader, "\"rounds\" is not an array of shares");
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *share = json_array_get(rounds, i);
        if (!json_is_number(share) || json_number_value(share) < 0 || json_number_value(share) > 1) {
            refuse(reader, "\"rounds\"[%zu] is not a share between 0 and 1", i);
            return;
        }
    }
    row->shared_out = count > 0;
    row->share_first = json_number_value(json_array_get(rounds, 0));
    row->share_last = count > 0 ? json_number_value(json_array_get(rounds, count - 1)) : 0;
}

/* ---- whose a line is ---- */

/* The provenance line that a line names; NULL if there is none. */
static const json_t *provenance_of(const struct reader *reader, const json_t *line)
{
    const json_t *id = json_object_get(line, "provenance"), *provenance;
    size_t i;
    json_array_foreach(reader->file->provenances, i, provenance)
    {
        if (id != NULL && json_equal(id, json_object_get(provenance, "id"))) {
            return provenance;
        }
    }
    return NULL;
}

__attribute__((format(printf, 2, 3))) static const char *make_name(struct reader *reader, const char *format, ...)
{
    char text[2 * RECORD_NAME_MAX + 32];
    format_into(text, format);
    const char *name = record_file_name(reader->file, text);
    if (name == NULL) {
        refuse(reader, "out of memory");
    }
    return name != NULL ? name : "";
}

/* A number, or a text of one that is too large (record.c). */
static const char *read_seed(struct reader *reader, const json_t *line)
{
    const json_t *seed = json_object_get(line, "seed");
    return json_is_integer(seed) ? make_name(reader, "%lld", (long long)json_integer_value(seed))
                                 : read_optional_name(reader, line, "seed");
}

/* What a simulated machine is: a hash of its parameters, for its name may stand for others in another version. */
static const char *read_model(struct reader *reader, const json_t *line)
{
    const json_t *model = json_object_get(provenance_of(reader, line), "machine_model");
    bool simulated = json_object_get(line, "machine") != NULL && json_is_object(model);
    json_t *content = simulated ? json_copy((json_t *)model) : NULL;
    if (content == NULL) {
        return make_name(reader, "%s", "");
    }
    (void)json_object_del(content, "name");
    (void)json_object_del(content, "source");
    char *text = json_dumps(content, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(content);
    const char *name = make_name(reader, "%016llx", (unsigned long long)provenance_hash(text != NULL ? text : ""));
    free(text);
    return name;
}

/* ---- counts in place of times ---- */

/* Instructions of all harts in a phase; NAN if only those of all together are known, by Linux's clock. */
static double read_instructions(struct reader *reader, const json_t *phase, uint32_t harts)
{
    const json_t *numbers = json_object_get(phase, "hart_instructions");
    if (numbers == NULL && json_object_get(phase, "hart_clock") != NULL) {
        return NAN;
    }
    if (json_array_size(numbers) != harts) {
        refuse(reader, "\"hart_instructions\" has %zu numbers for %u harts", json_array_size(numbers), harts);
        return 0;
    }
    double sum = 0;
    for (uint32_t i = 0; i < harts; i++) {
        sum += read_item(reader, numbers, "\"hart_instructions\"", i);
    }
    return sum;
}

/* A machine's name; behind it, if the file has another of that name and other parameters, a part of their hash. */
static const char *read_machine_name(struct reader *reader, const json_t *line)
{
    const char *name = read_optional_name(reader, line, "machine"), *model = read_model(reader, line);
    const json_t *known = json_object_get(reader->file->models, name);
    if (known == NULL) {
        (void)json_object_set_new(reader->file->models, name, json_string(model));
        return name;
    }
    bool same = strcmp(json_string_value(known), model) == 0;
    return same ? name : make_name(reader, "%.1000s (other parameters: %.8s)", name, model);
}

/* "qemu, riscv64, icount" or "sim, epyc-2socket": what must be alike for counts to be compared. */
static const char *read_machine(struct reader *reader, const json_t *line, bool simulated)
{
    char text[3 * RECORD_NAME_MAX + 8];
    const char *first = read_name(reader, line, simulated ? "machine" : "arch"); /* here it must be there */
    (void)snprintf(text, sizeof text, "%s, %s%s%s", read_name(reader, line, "platform"),
                   simulated ? read_machine_name(reader, line) : first, simulated ? "" : ", ",
                   simulated ? "" : read_name(reader, line, "mode"));
    const char *machine = record_file_name(reader->file, text);
    return machine != NULL ? machine : "";
}

struct tally {
    enum tally_kind kind;
    double sum;
};

static double read_tally(struct reader *reader, const json_t *object, const char *key)
{
    return (double)read_count(reader, object, key, 0, INT64_MAX);
}

static double read_tally_if_there(struct reader *reader, const json_t *object, const char *key)
{
    return json_object_get(object, key) != NULL ? read_tally(reader, object, key) : NAN;
}

/* Of Linux, or of our harness in it, by itself: it has none of our counts. */
static bool is_linux(const json_t *line)
{
    const char *variant = json_string_value(json_object_get(line, "variant"));
    const char *knobs = json_string_value(json_object_get(line, "knobs"));
    return (variant != NULL && strncmp(variant, "linux:", 6) == 0) ||
           (knobs != NULL && strcmp(knobs, "harness=linux") == 0);
}

static void set_tallies(struct tally_row *row, const struct tally *tallies, size_t count, double operations)
{
    for (uint32_t i = 0; i < TALLY_KIND_COUNT; i++) {
        row->per_operation[i] = NAN;
    }
    for (size_t i = 0; i < count; i++) {
        row->per_operation[tallies[i].kind] = tallies[i].sum / operations;
    }
}

/* What QEMU's plugin counts beside instructions. */
static void read_coherence(struct reader *reader, const json_t *line, struct tally_row *row)
{
    static const struct {
        enum tally_kind kind;
        const char *key;
    } tallies[] = {{TALLY_TRANSFERS, "transfers"},
                   {TALLY_INVALIDATIONS, "invalidations"},
                   {TALLY_L1_MISSES, "l1_misses"},
                   {TALLY_L2_MISSES, "l2_misses"},
                   {TALLY_MISSES, "misses"}};
    const json_t *coherence = json_object_get(line, "coherence");
    const double operations = (double)read_count(reader, coherence, "operations", 1, INT64_MAX);
    for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++) {
        row->per_operation[tallies[i].kind] = read_tally(reader, coherence, tallies[i].key) / operations;
    }
}

static void read_tallies(struct reader *reader, const json_t *line, struct tally_row *row)
{
    const json_t *counts = json_object_get(line, "counts");
    const json_t *phases = json_object_get(line, "phases");
    const bool apart = strcmp(json_string_value(json_object_get(line, "mode")), "icount") == 0;
    double operations = 0, instructions = 0;
    for (size_t i = 0; i < json_array_size(phases); i++) {
        const json_t *phase = json_array_get(phases, i);
        uint64_t of_hart = read_count(reader, phase, "operations", 1, INT64_MAX);
        row->operations += of_hart;
        operations += row->harts * (double)of_hart;
        instructions += read_instructions(reader, phase, row->harts);
    }
    if (is_linux(line)) {
        const struct tally tallies[] = {{TALLY_INSTRUCTIONS, apart ? instructions : NAN},
                                        {TALLY_ZONE_PAGES, read_tally_if_there(reader, counts, "zone_pages")},
                                        {TALLY_ZONE_WAITS, read_tally_if_there(reader, counts, "zone_waits")}};
        set_tallies(row, tallies, sizeof tallies / sizeof *tallies, operations);
        return;
    }
    const struct tally tallies[] = {
        {TALLY_INSTRUCTIONS, apart ? instructions : NAN}, /* else nobody knows whose they are */
        {TALLY_CAS_RETRIES, read_tally(reader, counts, "cas_retries")},
        {TALLY_LOCK_WAITS, read_tally(reader, counts, "lock_waits")},
        {TALLY_GLOBAL_ACCESSES,
         read_tally(reader, counts, "global_takes") + read_tally(reader, counts, "global_gives")},
        {TALLY_GRACE_PERIODS, read_tally(reader, counts, "grace_periods")},
    };
    set_tallies(row, tallies, sizeof tallies / sizeof *tallies, operations);
    if (json_object_get(line, "coherence") != NULL) {
        read_coherence(reader, line, row);
    }
}

/* What a simulator counts beside its times. */
static void read_events(struct reader *reader, const json_t *line, struct tally_row *row)
{
    const json_t *events = json_object_get(line, "events");
    row->operations = read_count(reader, events, "operations", 1, INT64_MAX);
    const double operations = (double)row->operations;
    const struct tally tallies[] = {
        {TALLY_TRANSFERS, read_tally(reader, events, "transfers")},
        {TALLY_INVALIDATIONS, read_tally(reader, events, "invalidations")},
        {TALLY_CAS_FAILURES, read_tally(reader, events, "cas_failures")},
        {TALLY_FENCES, read_tally(reader, events, "fences")},
        {TALLY_WAIT_NS, read_tally(reader, events, "wait_ns")},
    };
    set_tallies(row, tallies, sizeof tallies / sizeof *tallies, operations);
}

/* "bulk"; with the numbers that not every record has, options of the workload by which its records differ: "burst of
 * 7", of the option that has the workload's name, "pipe, depth 8" of another. */
static const char *read_counted_workload(struct reader *reader, const json_t *line)
{
    static const char *const common[] = {"order", "frames", "harts", "cores", "repeat", "seed"};
    const char *name = read_name(reader, line, "workload");
    char text[RECORD_NAME_MAX + 128];
    size_t used = (size_t)snprintf(text, sizeof text, "%s", name);
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)line, key, value)
    {
        bool own = json_is_integer(value);
        for (size_t i = 0; i < sizeof common / sizeof *common; i++) {
            own = own && strcmp(key, common[i]) != 0;
        }
        if (own && used < sizeof text) {
            bool same = strcmp(key, name) == 0;
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %lld", same ? " of" : ", ", same ? "" : key,
                                     (long long)json_integer_value(value));
        }
    }
    const char *workload = record_file_name(reader->file, text);
    return workload != NULL ? workload : "";
}

static void read_counted_bench(struct reader *reader, const json_t *line)
{
    struct record_file *file = reader->file;
    const bool simulated = json_object_get(line, "events") != NULL;
    struct tally_row row = {
        .variant = read_name(reader, line, "variant"),
        .knobs = read_name(reader, line, "knobs"),
        .machine = read_machine(reader, line, simulated),
        .model = read_model(reader, line),
        .run = read_optional_name(reader, line, "run"),
        .seed = read_seed(reader, line),
        .workload = read_counted_workload(reader, line),
        .frames = read_count(reader, line, "frames", 1, INT64_MAX),
        .harts = (uint32_t)read_count(reader, line, "harts", 1, HART_MAX),
        .repeat = (uint32_t)read_count(reader, line, "repeat", 0, UINT32_MAX),
    };
    if (reader->why[0] == '\0') {
        (simulated ? read_events : read_tallies)(reader, line, &row);
    }
    struct tally_row *tallies = reserve(file->tallies, sizeof row, file->tally_count + 1, &file->tally_capacity);
    if (tallies == NULL) {
        refuse(reader, "out of memory");
        return;
    }
    file->tallies = tallies;
    if (reader->why[0] == '\0') {
        tallies[file->tally_count++] = row;
    }
}

static bool is_counted(const json_t *line)
{
    const json_t *first = json_array_get(json_object_get(line, "phases"), 0);
    return json_object_get(first, "hart_instructions") != NULL || json_object_get(first, "hart_clock") != NULL;
}

/* ---- lines ---- */

/* Which process measured the line, and beside what. */
static void read_whence(struct reader *reader, const json_t *line, struct result_row *row)
{
    const json_t *campaign = json_object_get(provenance_of(reader, line), "campaign");
    const char *id = read_optional_name(reader, line, "provenance");
    bool simulated = json_object_get(line, "events") != NULL;
    row->side = read_optional_name(reader, campaign, "side");
    row->process = simulated ? make_name(reader, "%s/%u", id, row->repeat) : id;
    row->block = make_name(reader, "%s/%u", id, row->repeat);
    if (campaign != NULL) {
        row->block = make_name(reader, "%s/%u", read_name(reader, campaign, "id"),
                               (unsigned)read_count(reader, campaign, "block", 0, UINT32_MAX));
    }
}

static void read_bench(struct reader *reader, const json_t *line)
{
    if (is_counted(line)) {
        read_counted_bench(reader, line);
        return;
    }
    if (json_object_get(line, "events") != NULL) { /* beside its times */
        read_counted_bench(reader, line);
    }
    struct record_file *file = reader->file;
    struct result_row row = {
        .variant = read_name(reader, line, "variant"),
        .knobs = read_name(reader, line, "knobs"),
        .platform = read_name(reader, line, "platform"),
        .machine = read_machine_name(reader, line),
        .model = read_model(reader, line),
        .run = read_optional_name(reader, line, "run"),
        .seed = read_seed(reader, line),
        .workload = read_name(reader, line, "workload"),
        .frames = read_count(reader, line, "frames", 1, INT64_MAX),
        .harts = (uint32_t)read_count(reader, line, "harts", 1, HART_MAX),
        .cores = (uint32_t)read_count(reader, line, "cores", 1, UINT32_MAX),
        .repeat = (uint32_t)read_count(reader, line, "repeat", 0, UINT32_MAX),
    };
    row.core_ns = read_core(reader, line, row.harts);
    read_whence(reader, line, &row);
    const json_t *phases = json_object_get(line, "phases");
    size_t count = json_array_size(phases);
    if (count == 0) {
        refuse(reader, "\"phases\" is %s", phases == NULL ? "missing" : "not an array of phases");
    }
    struct result_row *rows = reserve(file->rows, sizeof row, file->row_count + count, &file->row_capacity);
    if (rows == NULL) {
        refuse(reader, "out of memory");
        return;
    }
    file->rows = rows;
    size_t kept = file->row_count;
    for (size_t i = 0; i < count && reader->why[0] == '\0'; i++) {
        struct result_row *phase = &rows[kept + i];
        *phase = row;
        phase->phase = read_name(reader, json_array_get(phases, i), "name");
        read_times(reader, json_array_get(phases, i), phase);
        phase->latency = read_latency(reader, json_array_get(phases, i));
        if (i == 0) {
            read_rounds(reader, line, phase);
        }
    }
    if (reader->why[0] == '\0') {
        file->row_count = kept + count;
    }
}

/* The schema of a line, by the provenance line that it names; 1 if there is none. */
static json_int_t schema_of_line(const struct reader *reader, const json_t *line)
{
    const json_t *provenance = provenance_of(reader, line);
    return provenance != NULL ? schema_of(provenance) : 1;
}

static void read_provenance(struct reader *reader, json_t *line)
{
    if (schema_of(line) > RECORD_SCHEMA) {
        refuse(reader, "schema %lld is of a later version; this one reads up to %d", (long long)schema_of(line),
               RECORD_SCHEMA);
    }
    if (json_array_append(reader->file->provenances, line) != 0) {
        refuse(reader, "out of memory");
    }
}

/* Whether the file has this measurement already: all names and numbers of the line are those of another. */
static bool is_copy(struct reader *reader, const json_t *line)
{
    json_t *names = json_object(), *value, *measured = reader->file->measured;
    const char *key;
    json_object_foreach((json_t *)line, key, value)
    {
        if (json_is_string(value) || json_is_integer(value)) {
            (void)json_object_set(names, key, value);
        }
    }
    char *text = names != NULL ? json_dumps(names, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    bool known = text != NULL && json_object_get(measured, text) != NULL;
    if (text == NULL || (!known && json_object_set_new(measured, text, json_true()) != 0)) {
        refuse(reader, "out of memory");
    }
    free(text);
    json_decref(names);
    return known;
}

/* Without the process that measured it, a line is like no other. */
static void read_once(struct reader *reader, json_t *line)
{
    if (provenance_of(reader, line) != NULL && is_copy(reader, line)) {
        reader->file->copies++;
    } else if (reader->why[0] == '\0') {
        read_bench(reader, line);
        if (reader->why[0] == '\0' && reader->file->lines != NULL) {
            (void)json_array_append(reader->file->lines, line);
        }
    }
}

static void read_bench_line(struct reader *reader, json_t *line)
{
    json_int_t schema = schema_of_line(reader, line);
    if (schema > RECORD_SCHEMA) {
        refuse(reader, "its schema is of a later version");
    } else if (!schema_update(line, schema)) {
        refuse(reader, "out of memory");
    } else {
        read_once(reader, line);
    }
}

static void read_line(struct reader *reader, const char *text, size_t length)
{
    json_error_t error;
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    const char *type = json_string_value(json_object_get(line, "type"));
    if (line == NULL) {
        refuse(reader, "not JSON: %s", error.text);
    } else if (type == NULL) {
        refuse(reader, "no record: \"type\" is missing");
    } else if (strcmp(type, "bench") == 0) {
        read_bench_line(reader, line);
    } else if (strcmp(type, "provenance") == 0) {
        read_provenance(reader, line);
    }
    json_decref(line);
}

/* One line without its end into *line, of RECORD_LINE_MAX_BYTES; what is longer is read and dropped. Returns the
 * line's full length, or -1 at the end of the file; *ended tells whether a newline ended it. */
static int64_t take_line(gzFile stream, char *line, bool *ended)
{
    int64_t length = 0;
    int c = gzgetc(stream);
    if (c < 0) {
        return -1;
    }
    for (; c >= 0 && c != '\n'; c = gzgetc(stream)) {
        if ((uint64_t)length < RECORD_LINE_MAX_BYTES) {
            line[length] = (char)c;
        }
        length++;
    }
    *ended = c == '\n';
    return length;
}

static bool is_blank(const char *line, size_t length)
{
    return strspn(line, " \t\r") >= length;
}

static void read_stream(struct reader *reader, gzFile stream, char *line)
{
    bool ended = true;
    for (int64_t length = take_line(stream, line, &ended); length >= 0; length = take_line(stream, line, &ended)) {
        reader->line++;
        reader->why[0] = '\0';
        if ((uint64_t)length > RECORD_LINE_MAX_BYTES) {
            refuse(reader, "longer than %llu bytes", (unsigned long long)RECORD_LINE_MAX_BYTES);
        } else {
            line[length] = '\0';
            if (!is_blank(line, (size_t)length)) {
                read_line(reader, line, (size_t)length);
            }
        }
        if (reader->why[0] != '\0') {
            complain(reader, !ended);
        }
    }
}

/* Compressed by gzip or not: zlib reads both alike. Not the standard input itself, which stays open. */
static gzFile open_stream(const char *path)
{
    return strcmp(path, "-") == 0 ? gzdopen(dup(STDIN_FILENO), "r") : gzopen(path, "re");
}

/* Why not all of the stream could be read; NULL if it was read to its end. */
static const char *stream_error(gzFile stream)
{
    int number = Z_OK;
    (void)gzerror(stream, &number);
    switch (number) {
    case Z_OK:
    case Z_STREAM_END:
        return NULL;
    case Z_ERRNO:
        return strerror(errno);
    case Z_BUF_ERROR:
        return "the compressed file is cut short";
    default:
        return "the compressed file is damaged";
    }
}

/* Reads what there is. NULL, or why there is not more. */
static const char *read_file(struct reader *reader, const char *path)
{
    char *line = malloc(RECORD_LINE_MAX_BYTES + 1);
    errno = 0;
    gzFile stream = open_stream(path);
    if (line == NULL || stream == NULL || reader->file->names == NULL || reader->file->provenances == NULL) {
        free(line);
        return strerror(errno != 0 ? errno : ENOMEM);
    }
    read_stream(reader, stream, line);
    const char *why = stream_error(stream);
    (void)gzclose(stream);
    free(line);
    return why;
}

static enum records_status read_records(struct record_file *file, const char *path, json_t *lines, FILE *log)
{
    *file = (struct record_file){.path = path,
                                 .names = json_object(),
                                 .provenances = json_array(),
                                 .measured = json_object(),
                                 .models = json_object(),
                                 .lines = lines};
    struct reader reader = {.file = file, .log = log};
    const char *why = read_file(&reader, path);
    bool empty = file->row_count == 0 && file->tally_count == 0;
    if (why != NULL) {
        (void)fprintf(log, "framelab: %s: %s\n", path_name(file), why);
    } else if (empty) {
        (void)fprintf(log, "framelab: %s: holds no bench records\n", path_name(file));
    }
    if (file->copies > 0) {
        (void)fprintf(log, "framelab: %s: %llu record%s that the file has before left out\n", path_name(file),
                      (unsigned long long)file->copies, file->copies == 1 ? "" : "s");
    }
    if (why != NULL || empty) {
        return RECORDS_UNREADABLE;
    }
    return file->damaged > 0 ? RECORDS_DAMAGED : RECORDS_OK;
}

enum records_status record_file_read(struct record_file *file, const char *path, FILE *log)
{
    return read_records(file, path, NULL, log);
}

enum records_status record_file_read_lines(struct record_file *file, const char *path, FILE *log)
{
    return read_records(file, path, json_array(), log);
}

bool record_file_has_times(const struct record_file *file, FILE *log)
{
    if (file->row_count == 0 && file->tally_count > 0) {
        fprintf(log, "framelab: %s: has counts and no times: `framelab table` shows them\n", path_name(file));
    }
    return file->row_count > 0;
}

void record_file_free(struct record_file *file)
{
    free(file->rows);
    free(file->tallies);
    json_decref(file->names);
    json_decref(file->provenances);
    json_decref(file->measured);
    json_decref(file->lines);
    json_decref(file->models);
    *file = (struct record_file){0};
}
