/* SPDX-License-Identifier: MIT
 * `framelab list`: what can be chosen — variants with their knobs, workloads, platforms, simulated machines,
 * properties; and what was chosen when this was built. All of it is one JSON object; the other formats print that. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "flat.h"
#include "frame_allocator.h"
#include "linux_variant.h"
#include "machine_model.h"
#include "options.h"
#include "platforms.h"
#include "property.h"
#include "variants.h"
#include "workload.h"

/* ---- what there is ---- */

/* "0 .. 1024", or "pthread|ticket|mcs". */
static const char *knob_bounds(const struct knob *knob, char *out, size_t out_bytes)
{
    if (knob->choices == NULL) {
        (void)snprintf(out, out_bytes, "%llu .. %llu", (unsigned long long)knob->min, (unsigned long long)knob->max);
        return out;
    }
    size_t at = 0;
    for (uint32_t i = 0; knob->choices[i] != NULL && at < out_bytes; i++) {
        at += (size_t)snprintf(out + at, out_bytes - at, "%s%s", i > 0 ? "|" : "", knob->choices[i]);
    }
    return out;
}

static json_t *knob_json(const struct knob *knob, uint64_t value)
{
    char number[32], bounds[160];
    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)value);
    return json_pack("{s:s, s:s, s:s, s:s}", "name", knob->name, "default",
                     knob->choices != NULL ? knob->choices[value] : number, "bounds",
                     knob_bounds(knob, bounds, sizeof bounds), "summary", knob->summary);
}

static json_t *variant_json(const struct variant *variant)
{
    struct frame_allocator_config config;
    struct knob knobs[KNOB_MAX];
    uint64_t values[KNOB_MAX];
    frame_allocator_config_init(&config, variant, 1);
    uint32_t count = frame_allocator_config_knobs(&config, knobs, values);
    json_t *list = json_array();
    for (uint32_t i = 0; i < count; i++) {
        json_array_append_new(list, knob_json(&knobs[i], values[i]));
    }
    return json_pack("{s:s, s:s, s:o}", "name", variant->name, "summary", variant->summary, "knobs", list);
}

/* Which has no build of ours. */
static json_t *linux_json(void)
{
    json_t *list = json_array();
    for (const struct linux_knob *knob = linux_knobs; knob->name != NULL; knob++) {
        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s}", "name", knob->name, "default", knob->preset,
                                              "bounds", knob->bounds, "summary", knob->summary));
    }
    return json_pack("{s:s, s:s, s:o}", "name", "linux", "summary",
                     "Linux's own pages, in QEMU only (--platform qemu), once `make linux` has been there", "knobs",
                     list);
}

static json_t *workload_json(const struct workload_kind *kind)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < WORKLOAD_OPTION_MAX && kind->options[i].name != NULL; i++) {
        const struct workload_option *option = &kind->options[i];
        const struct knob knob = {
            .name = option->name, .summary = option->summary, .min = option->least, .max = option->most};
        json_array_append_new(list, knob_json(&knob, option->preset));
    }
    return json_pack("{s:s, s:s, s:o}", "name", kind->name, "summary", kind->summary, "options", list);
}

static json_t *everything(void)
{
    json_t *variants = json_array(), *kinds = json_array(), *platforms = json_array(), *machines = json_array(),
           *properties = json_array();
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        json_array_append_new(variants, variant_json(framelab_variants[i]));
    }
    json_array_append_new(variants, linux_json());
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        json_array_append_new(kinds, workload_json(*kind));
    }
    for (const struct platform *const *platform = framelab_platforms; *platform != NULL; platform++) {
        json_array_append_new(platforms, json_pack("{s:s, s:b, s:s}", "name", (*platform)->name, "available",
                                                   (*platform)->missing == NULL, "summary", (*platform)->summary));
    }
    for (const struct machine_model *model = machine_models; model->name[0] != '\0'; model++) {
        json_array_append_new(machines, machine_model_json(model));
    }
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        json_array_append_new(properties, json_pack("{s:s, s:s}", "name", property_name((enum property)i), "text",
                                                    property_text((enum property)i)));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:b}}", "variants", variants, "workloads", kinds, "platforms",
                     platforms, "machines", machines, "properties", properties, "build", "counts",
                     (int)frame_counts_references());
}

static const char *counts_text(void)
{
    return frame_counts_references() ? "every frame has a reference count"
                                     : "no reference counts: a frame has one owner, a double free is believed";
}

/* ---- how it is printed ---- */

/* Each with its options, if it has any. */
static void print_names(const char *title, const json_t *list, const char *summary, const char *own)
{
    size_t i, k;
    const json_t *object, *option;
    (void)printf("%s\n", title);
    json_array_foreach((json_t *)list, i, object)
    {
        (void)printf("  %-18s %s\n", flat_text(object, "name"), flat_text(object, summary));
        json_array_foreach(json_object_get(object, own), k, option)
        {
            (void)printf("    %-14s %-12s %-34s %s\n", flat_text(option, "name"), flat_text(option, "default"),
                         flat_text(option, "bounds"), flat_text(option, "summary"));
        }
    }
}

static bool list_text(const json_t *all)
{
    size_t i;
    const json_t *object;
    print_names("variants, each with its knobs, their defaults and bounds", json_object_get(all, "variants"), "summary",
                "knobs");
    print_names("workloads, each with its options", json_object_get(all, "workloads"), "summary", "options");
    print_names("platforms", json_object_get(all, "platforms"), "summary", "");
    (void)printf("simulated machines: harts a cluster, harts a socket\n");
    json_array_foreach(json_object_get(all, "machines"), i, object)
    {
        (void)printf("  %-18s %3lld %3lld  %s\n", flat_text(object, "name"),
                     (long long)json_integer_value(json_object_get(object, "cluster_harts")),
                     (long long)json_integer_value(json_object_get(object, "socket_harts")),
                     flat_text(object, "source"));
    }
    print_names("properties", json_object_get(all, "properties"), "text", "");
    (void)printf("this build\n  %-18s %s\n", "counts", counts_text());
    return ferror(stdout) == 0;
}

/* A row: what it is, and of what. */
static void add_row(json_t *rows, const char *kind, const char *of, const json_t *object, const char *summary)
{
    const json_t *there = json_object_get(object, "available");
    const char *bounds = there == NULL ? flat_text(object, "bounds") : json_is_true(there) ? "available" : "not built";
    json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "kind", kind, "name",
                                          flat_text(object, "name"), "of", of, "default", flat_text(object, "default"),
                                          "bounds", bounds, "summary", flat_text(object, summary)));
}

/* A row for each of `list`, and for each of its knobs or options. */
static void add_rows(json_t *rows, const char *kind, const json_t *list, const char *summary)
{
    size_t i, k;
    const json_t *object, *own;
    json_array_foreach((json_t *)list, i, object)
    {
        add_row(rows, kind, "", object, summary);
        json_array_foreach(json_object_get(object, "knobs"), k, own)
        {
            add_row(rows, "knob", flat_text(object, "name"), own, "summary");
        }
        json_array_foreach(json_object_get(object, "options"), k, own)
        {
            add_row(rows, "option", flat_text(object, "name"), own, "summary");
        }
    }
}

static bool list_csv(const json_t *all)
{
    json_t *rows = json_array();
    add_rows(rows, "variant", json_object_get(all, "variants"), "summary");
    add_rows(rows, "workload", json_object_get(all, "workloads"), "summary");
    add_rows(rows, "platform", json_object_get(all, "platforms"), "summary");
    add_rows(rows, "machine", json_object_get(all, "machines"), "source");
    add_rows(rows, "property", json_object_get(all, "properties"), "text");
    json_t *build = json_pack("{s:s, s:s, s:s}", "name", "counts", "default", frame_counts_references() ? "1" : "0",
                              "summary", counts_text());
    add_row(rows, "build", "", build, "summary");
    json_decref(build);
    bool good = flat_print_csv(rows, stdout);
    json_decref(rows);
    return good;
}

static bool list_json(const json_t *all)
{
    return flat_print_json(all, stdout);
}

/* ---- the command ---- */

static const struct argp_option options[] = {
    {"format", 'f', "FORMAT", 0, "text, json or csv (default: text)", 0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const struct option_value values[] = {{'f', VALUE_WORD, 0, sizeof(enum output_format), 0, 0, format_words},
                                                 {0}};
    return option_set(state, options, values, key, text);
}

int list_command(int argc, char **argv)
{
    static const struct argp argp = {.options = options,
                                     .parser = parse_option,
                                     .doc = "Lists what can be chosen: variants with their knobs, workloads, "
                                            "platforms, simulated machines, properties."};
    bool (*const print[])(const json_t *all) = {
        [FORMAT_TEXT] = list_text, [FORMAT_JSON] = list_json, [FORMAT_CSV] = list_csv};
    enum output_format format = FORMAT_TEXT;
    if (argp_parse(&argp, argc, argv, 0, NULL, &format) != 0) {
        return EXIT_STATUS_USAGE;
    }
    json_t *all = everything();
    bool good = print[format](all);
    json_decref(all);
    return good ? EXIT_STATUS_HOLDS : status_lost("framelab list", stdout);
}
