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
                  "100 across clusters, about 200 between sockets; caches and a window of 256 instructions, four an "
                  "access, by its data sheet",
        .cluster_harts = 8,
        .socket_harts = 64,
        .hit_ps = 250,
        .rmw_ps = 2500,
        .rmw_16_ps = 5000,
        .fence_ps = 2500,
        .relax_ps = 37000,
        .miss_ps = 90000,
        .transfer_ps = {25000, 90000, 200000},
        .invalidate_ps = {10000, 40000, 100000},
        .share_ps = 6000,
        .hold_ps = 9000,
        .wake_ps = 5000,
        .barrier_ps = 5000000,
        .jitter_1024 = 205,
        .l1_bytes = 32 << 10,
        .l1_ways = 8,
        .l2_bytes = 512 << 10,
        .l2_ways = 8,
        .llc_bytes = 32 << 20,
        .llc_ways = 16,
        .l2_ps = 3500,
        .llc_ps = 13500,
        .window = 64,
    },
    {
        .name = "xeon-1socket-26c",
        .source = "one socket of 26 cores (Xeon Gold 5320): caches and window (352 instructions, four an access) by "
                  "its data sheet, read-modify-write and fence by the latencies of its instructions, all else "
                  "guesses; transfer, invalidate, share, miss and relax by framelab calibrate --fit to ListLocked "
                  "(locked-list), off by 3.0 % in the mean of 2 harts and more; held out: ListCAS (cas-list), off by "
                  "10.2 % in the mean of 2 harts and more",
        .cluster_harts = 26,
        .socket_harts = 26,
        .hit_ps = 600,
        .rmw_ps = 6500,
        .rmw_16_ps = 9000,
        .fence_ps = 8000,
        .relax_ps = 59300,
        .miss_ps = 156900,
        .transfer_ps = {45700, 45700, 123800},
        .invalidate_ps = {111600, 111600, 334700},
        .share_ps = 100,
        .hold_ps = 9000,
        .wake_ps = 5000,
        .barrier_ps = 5000000,
        .jitter_1024 = 205,
        .l1_bytes = 49152,
        .l1_ways = 12,
        .l2_bytes = 1310720,
        .l2_ways = 20,
        .llc_bytes = 40894464,
        .llc_ways = 12,
        .l2_ps = 4100,
        .llc_ps = 21000,
        .window = 88,
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
        .l1_ways = 1,
        .l2_ways = 1,
        .llc_ways = 1,
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
#define BYTES_MOST (UINT64_C(1) << 32)
#define WAYS_MOST 64
    FIELD(cluster_harts, 1, 512),        FIELD(socket_harts, 1, 512),
    FIELD(hit_ps, 1, PS_MOST),           FIELD(rmw_ps, 1, PS_MOST),
    FIELD(rmw_16_ps, 1, PS_MOST),        FIELD(fence_ps, 1, PS_MOST),
    FIELD(relax_ps, 1, PS_MOST),         FIELD(miss_ps, 1, PS_MOST),
    FIELD(transfer_ps[0], 1, PS_MOST),   FIELD(transfer_ps[1], 1, PS_MOST),
    FIELD(transfer_ps[2], 1, PS_MOST),   FIELD(invalidate_ps[0], 0, PS_MOST),
    FIELD(invalidate_ps[1], 0, PS_MOST), FIELD(invalidate_ps[2], 0, PS_MOST),
    FIELD(share_ps, 0, PS_MOST),         FIELD(hold_ps, 0, PS_MOST),
    FIELD(wake_ps, 0, PS_MOST),          FIELD(barrier_ps, 0, PS_MOST),
    FIELD(jitter_1024, 0, 1023),         FIELD(l1_bytes, 0, BYTES_MOST),
    FIELD(l1_ways, 1, WAYS_MOST),        FIELD(l2_bytes, 0, BYTES_MOST),
    FIELD(l2_ways, 1, WAYS_MOST),        FIELD(llc_bytes, 0, BYTES_MOST),
    FIELD(llc_ways, 1, WAYS_MOST),       FIELD(l2_ps, 0, PS_MOST),
    FIELD(llc_ps, 0, PS_MOST),           FIELD(window, 0, MACHINE_WINDOW_MOST),
};
#define FIELD_COUNT (sizeof fields / sizeof *fields)

static uint64_t *field_of(struct machine_model *model, size_t i)
{
    return (uint64_t *)((unsigned char *)model + fields[i].offset);
}

/* ---- what there can be ---- */

__attribute__((format(printf, 3, 4))) static bool deny(char *why, size_t why_bytes, const char *format, ...)
{
    char what[256];
    format_into(what, format);
    (void)snprintf(why, why_bytes, "%s", what);
    return false;
}

/* Where the first may not be above the second. */
static const struct {
    const char *what;
    size_t less, more;
} orders[] = {
#define ORDER(what, less, more)                                                                                        \
    {                                                                                                                  \
        what, offsetof(struct machine_model, less), offsetof(struct machine_model, more)                               \
    }
    ORDER("a cluster has more harts than a socket", cluster_harts, socket_harts),
    ORDER("a transfer in a cluster costs more than one in a socket", transfer_ps[0], transfer_ps[1]),
    ORDER("a transfer in a socket costs more than one between sockets", transfer_ps[1], transfer_ps[2]),
    ORDER("an invalidation in a cluster costs more than one in a socket", invalidate_ps[0], invalidate_ps[1]),
    ORDER("an invalidation in a socket costs more than one between sockets", invalidate_ps[1], invalidate_ps[2]),
    ORDER("a hit costs more than a transfer", hit_ps, transfer_ps[0]),
    ORDER("a hit costs more than a read-modify-write", hit_ps, rmw_ps),
    ORDER("a hit costs more than a miss", hit_ps, miss_ps),
    ORDER("the second cache takes longer than the last one", l2_ps, llc_ps),
    ORDER("the last cache takes longer than memory", llc_ps, miss_ps),
};

static uint64_t value_at(const struct machine_model *model, size_t offset)
{
    return *(const uint64_t *)((const unsigned char *)model + offset);
}

bool machine_model_check(const struct machine_model *model, char *why, size_t why_bytes)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        uint64_t value = value_at(model, fields[i].offset);
        if (value < fields[i].least || value > fields[i].most) {
            return deny(why, why_bytes, "\"%s\" is not %llu to %llu", fields[i].key,
                        (unsigned long long)fields[i].least, (unsigned long long)fields[i].most);
        }
    }
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        uint64_t less = value_at(model, orders[i].less), more = value_at(model, orders[i].more);
        if (less > more) {
            return deny(why, why_bytes, "%s: %llu, %llu", orders[i].what, (unsigned long long)less,
                        (unsigned long long)more);
        }
    }
    const uint64_t caches[][2] = {
        {model->l1_bytes, model->l1_ways}, {model->l2_bytes, model->l2_ways}, {model->llc_bytes, model->llc_ways}};
    for (size_t i = 0; i < 3; i++) {
        if (caches[i][0] > 0 && caches[i][0] < caches[i][1] * 64) {
            return deny(why, why_bytes, "cache %zu of %llu bytes has no room for a set of %llu lines", i + 1,
                        (unsigned long long)caches[i][0], (unsigned long long)caches[i][1]);
        }
        if (i > 0 && caches[i][0] > 0 && caches[i][0] < caches[i - 1][0]) {
            return deny(why, why_bytes, "cache %zu is smaller than the one before it: %llu, %llu bytes", i + 1,
                        (unsigned long long)caches[i][0], (unsigned long long)caches[i - 1][0]);
        }
    }
    return true;
}

/* ---- reading and writing ---- */

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
    char what[256];
    good = good && read_text(source, "source", model->source, sizeof model->source);
    return good && (machine_model_check(model, what, sizeof what) || refuse(source, "%s", what));
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
        &model->hold_ps,          &model->wake_ps,          &model->barrier_ps,       &model->llc_ps,
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
