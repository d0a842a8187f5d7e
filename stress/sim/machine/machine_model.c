/* SPDX-License-Identifier: MIT
 * Machine models: three that are built in, and files. See machine_model.h. */
#include "machine_model.h"

#include <string.h>

#include "format_into.h"

const struct machine_model machine_models[] = {
    {
        .name = "epyc-2socket",
        .source = "two sockets of 64 cores in clusters of 8 (AMD Milan): own cache, read-modify-write and fence by the "
                  "latencies of its instructions; transfers as published for the generation, 25 ns in a cluster, 80 to "
                  "100 across clusters, about 200 between sockets",
        .cluster_harts = 8,
        .socket_harts = 64,
        .hit_ps = 500,
        .rmw_ps = 2500,
        .rmw_16_ps = 5000,
        .fence_ps = 2500,
        .relax_ps = 37000,
        .miss_ps = 90000,
        .transfer_ps = {25000, 90000, 200000},
        .invalidate_ps = {10000, 40000, 100000},
        .share_ps = 6000,
        .hold_ps = 30000,
        .wake_ps = 5000,
        .barrier_ps = 5000000,
        .jitter_1024 = 205,
    },
    {
        .name = "xeon-1socket-26c",
        .source = "one socket of 26 cores (Xeon Gold 5320): fitted to two series of LLFree's artefact (Wrenger et al., "
                  "USENIX ATC 2023), the global list under a ticket lock and the global Treiber stack; "
                  "papers/lock-collapse shows by how much it is off",
        .cluster_harts = 26,
        .socket_harts = 26,
        .hit_ps = 600,
        .rmw_ps = 6500,
        .rmw_16_ps = 9000,
        .fence_ps = 8000,
        .relax_ps = 43000,
        .miss_ps = 80000,
        .transfer_ps = {48000, 48000, 130000},
        .invalidate_ps = {20000, 20000, 60000},
        .share_ps = 12000,
        .hold_ps = 60000,
        .wake_ps = 5000,
        .barrier_ps = 5000000,
        .jitter_1024 = 205,
    },
    {
        .name = "flat",
        .source = "no machine: every transfer costs the same, to see what is the machine's shape and what the "
                  "algorithm's",
        .cluster_harts = 512,
        .socket_harts = 512,
        .hit_ps = 500,
        .rmw_ps = 5000,
        .rmw_16_ps = 5000,
        .fence_ps = 5000,
        .relax_ps = 40000,
        .miss_ps = 50000,
        .transfer_ps = {50000, 50000, 50000},
        .invalidate_ps = {20000, 20000, 20000},
        .share_ps = 12000,
        .hold_ps = 60000,
        .wake_ps = 5000,
        .barrier_ps = 5000000,
        .jitter_1024 = 205,
    },
    {.name = ""},
};

const struct machine_model *machine_model_find(const char *name)
{
    for (const struct machine_model *model = machine_models; model->name[0] != '\0'; model++) {
        if (strcmp(model->name, name) == 0) {
            return model;
        }
    }
    return NULL;
}

/* ---- files ---- */

static const struct {
    const char *key;
    size_t offset;
    uint64_t least, most;
} fields[] = {
#define FIELD(member, least, most)                                                                                     \
    {                                                                                                                  \
#member, offsetof(struct machine_model, member), least, most                                                   \
    }
#define PS_MOST UINT64_C(1000000000)
    FIELD(cluster_harts, 1, 512),        FIELD(socket_harts, 1, 512),         FIELD(hit_ps, 1, PS_MOST),
    FIELD(rmw_ps, 1, PS_MOST),           FIELD(rmw_16_ps, 1, PS_MOST),        FIELD(fence_ps, 1, PS_MOST),
    FIELD(relax_ps, 1, PS_MOST),         FIELD(miss_ps, 1, PS_MOST),          FIELD(transfer_ps[0], 1, PS_MOST),
    FIELD(transfer_ps[1], 1, PS_MOST),   FIELD(transfer_ps[2], 1, PS_MOST),   FIELD(invalidate_ps[0], 0, PS_MOST),
    FIELD(invalidate_ps[1], 0, PS_MOST), FIELD(invalidate_ps[2], 0, PS_MOST), FIELD(share_ps, 0, PS_MOST),
    FIELD(hold_ps, 0, PS_MOST),          FIELD(wake_ps, 0, PS_MOST),          FIELD(barrier_ps, 0, PS_MOST),
    FIELD(jitter_1024, 0, 1023),
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)

static uint64_t *field_of(struct machine_model *model, size_t i)
{
    return (uint64_t *)((unsigned char *)model + fields[i].offset);
}

struct source {
    const char *path;
    char *why;
    size_t why_bytes;
    json_t *json;
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct source *source, const char *format, ...)
{
    char what[256];
    format_into(what, format);
    (void)snprintf(source->why, source->why_bytes, "machine %s: %s", source->path, what);
    return false;
}

static bool read_field(struct machine_model *model, const struct source *source, size_t i)
{
    const json_t *number = json_object_get(source->json, fields[i].key);
    if (!json_is_integer(number) || json_integer_value(number) < (json_int_t)fields[i].least ||
        json_integer_value(number) > (json_int_t)fields[i].most) {
        return refuse(source, "\"%s\" is %s %llu to %llu", fields[i].key, number == NULL ? "missing; it is" : "not",
                      (unsigned long long)fields[i].least, (unsigned long long)fields[i].most);
    }
    *field_of(model, i) = (uint64_t)json_integer_value(number);
    return true;
}

static bool is_key(const char *key)
{
    bool known = strcmp(key, "name") == 0 || strcmp(key, "source") == 0;
    for (size_t i = 0; i < FIELD_COUNT && !known; i++) {
        known = strcmp(key, fields[i].key) == 0;
    }
    return known;
}

/* A short string, not empty. */
static bool read_text(const struct source *source, const char *key, char *text, size_t bytes)
{
    const char *value = json_string_value(json_object_get(source->json, key));
    if (value == NULL || value[0] == '\0' || strlen(value) >= bytes) {
        return refuse(source, "\"%s\" is not a string of 1 to %zu characters", key, bytes - 1);
    }
    (void)snprintf(text, bytes, "%s", value);
    return true;
}

static bool read_all(struct machine_model *model, const struct source *source)
{
    const char *key;
    json_t *value;
    json_object_foreach(source->json, key, value)
    {
        if (!is_key(key)) {
            return refuse(source, "there is no \"%s\" in a machine", key);
        }
    }
    *model = (struct machine_model){.name = ""};
    bool good = read_text(source, "name", model->name, sizeof model->name);
    for (size_t i = 0; i < FIELD_COUNT && good; i++) {
        good = read_field(model, source, i);
    }
    return good && read_text(source, "source", model->source, sizeof model->source);
}

bool machine_model_get(struct machine_model *model, const char *name, char *why, size_t why_bytes)
{
    if (strpbrk(name, "/.") != NULL) {
        json_error_t error;
        struct source source = {name, why, why_bytes, json_load_file(name, JSON_REJECT_DUPLICATES, &error)};
        bool good =
            source.json != NULL ? read_all(model, &source) : refuse(&source, "line %d: %s", error.line, error.text);
        json_decref(source.json);
        return good;
    }
    const struct machine_model *built_in = machine_model_find(name);
    if (built_in == NULL) {
        int at = snprintf(why, why_bytes, "there is no machine '%s'; there are", name);
        for (const struct machine_model *known = machine_models; known->name[0] != '\0'; known++) {
            at += snprintf(why + at, (size_t)at < why_bytes ? why_bytes - (size_t)at : 0, " %s,", known->name);
        }
        (void)snprintf(why + at, (size_t)at < why_bytes ? why_bytes - (size_t)at : 0,
                       " and files: their names have a slash or a dot");
        return false;
    }
    *model = *built_in;
    return true;
}

void machine_model_scale(struct machine_model *model, double factor)
{
    uint64_t *const between[] = {
        &model->miss_ps,          &model->transfer_ps[0],   &model->transfer_ps[1],   &model->transfer_ps[2],
        &model->invalidate_ps[0], &model->invalidate_ps[1], &model->invalidate_ps[2], &model->share_ps,
        &model->hold_ps,          &model->wake_ps,          &model->barrier_ps,
    };
    size_t length = strlen(model->name);
    if (factor == 1) {
        return;
    }
    for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
        *between[i] = (uint64_t)((double)*between[i] * factor + 0.5);
    }
    (void)snprintf(model->name + length, sizeof model->name - length, ", costs %.4g", factor);
}

json_t *machine_model_json(const struct machine_model *model)
{
    struct machine_model copy = *model;
    json_t *json = json_pack("{s:s, s:s}", "name", model->name, "source", model->source);
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        (void)json_object_set_new(json, fields[i].key, json_integer((json_int_t)*field_of(&copy, i)));
    }
    return json;
}

bool machine_model_write(const struct machine_model *model, FILE *out)
{
    json_t *json = machine_model_json(model);
    bool good = json != NULL && json_dumpf(json, out, JSON_INDENT(2)) == 0 && fputc('\n', out) != EOF;
    json_decref(json);
    return good;
}
