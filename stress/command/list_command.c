/* SPDX-License-Identifier: MIT
 * `framelab list`: what can be chosen — variants with their knobs, workloads, platforms, simulated machines,
 * properties; and what was chosen when this was built. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "frame_allocator.h"
#include "machine_model.h"
#include "options.h"
#include "platforms.h"
#include "property.h"
#include "variants.h"
#include "workload.h"

static const char *counts_text(void)
{
    return frame_counts_references() ? "every frame has a reference count"
                                     : "no reference counts: a frame has one owner, a double free is believed";
}

/* ---- one knob ---- */

/* The default as text: a number or a word. */
static const char *knob_default(const struct knob *knob, uint64_t value, char *out, size_t out_bytes)
{
    if (knob->choices != NULL) {
        return knob->choices[value];
    }
    (void)snprintf(out, out_bytes, "%llu", (unsigned long long)value);
    return out;
}

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

struct knob_line {
    const char *name, *initial, *bounds, *summary;
    char initial_text[32], bounds_text[160];
};

static void knob_describe(struct knob_line *line, const struct knob *knob, uint64_t value)
{
    line->name = knob->name;
    line->summary = knob->summary;
    line->initial = knob_default(knob, value, line->initial_text, sizeof line->initial_text);
    line->bounds = knob_bounds(knob, line->bounds_text, sizeof line->bounds_text);
}

/* Calls `visit` for each knob of a variant, core's first, with this variant's defaults. */
static void each_knob(const struct variant *variant, void (*visit)(void *context, const struct knob_line *line),
                      void *context)
{
    struct frame_allocator_config config;
    frame_allocator_config_init(&config, variant, 1);
    const uint64_t core_values[] = {config.magazine, config.batch, config.magazines, config.run_magazine,
                                    config.hole_metadata_limit_bytes >> 10};
    uint32_t count;
    const struct knob *core = frame_allocator_knobs(&count);
    struct knob_line line;
    for (uint32_t i = 0; i < count && i < sizeof core_values / sizeof core_values[0]; i++) {
        knob_describe(&line, &core[i], core_values[i]);
        visit(context, &line);
    }
    for (uint32_t i = 0; i < variant->knob_count; i++) {
        knob_describe(&line, &variant->knobs[i], config.knobs[i]);
        visit(context, &line);
    }
}

/* ---- text ---- */

static void knob_to_text(void *context, const struct knob_line *line)
{
    (void)context;
    (void)printf("    %-14s %-12s %-34s %s\n", line->name, line->initial, line->bounds, line->summary);
}

static void list_text(void)
{
    (void)printf("variants, each with its knobs, their defaults and bounds\n");
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        (void)printf("  %-18s %s\n", framelab_variants[i]->name, framelab_variants[i]->summary);
        each_knob(framelab_variants[i], knob_to_text, NULL);
    }
    (void)printf("workloads\n");
    for (uint32_t i = 0; i < WORKLOAD_KIND_COUNT; i++) {
        (void)printf("  %-18s %s\n", workload_name((enum workload_kind)i), workload_summary((enum workload_kind)i));
    }
    (void)printf("platforms\n");
    for (const struct platform_entry *entry = framelab_platforms; entry->name != NULL; entry++) {
        (void)printf("  %-18s %s\n", entry->name, entry->summary);
    }
    (void)printf("simulated machines: harts a cluster, harts a socket\n");
    for (const struct machine_model *model = machine_models; model->name[0] != '\0'; model++) {
        (void)printf("  %-18s %3llu %3llu  %s\n", model->name, (unsigned long long)model->cluster_harts,
                     (unsigned long long)model->socket_harts, model->source);
    }
    (void)printf("properties\n");
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        (void)printf("  %-18s %s\n", property_name((enum property)i), property_text((enum property)i));
    }
    (void)printf("this build\n  %-18s %s\n", "counts", counts_text());
}

/* ---- CSV: kind,name,of,default,bounds,summary ---- */

/* A field, quoted: summaries have commas. */
static void csv_field(const char *text, const char *end)
{
    (void)putchar('"');
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)putchar('"');
        }
        (void)putchar(*text);
    }
    (void)printf("\"%s", end);
}

static void csv_line(const char *kind, const char *name, const char *of, const char *initial, const char *bounds,
                     const char *summary)
{
    csv_field(kind, ",");
    csv_field(name, ",");
    csv_field(of, ",");
    csv_field(initial, ",");
    csv_field(bounds, ",");
    csv_field(summary, "\n");
}

static void knob_to_csv(void *context, const struct knob_line *line)
{
    const struct variant *variant = context;
    csv_line("knob", line->name, variant->name, line->initial, line->bounds, line->summary);
}

static void list_csv(void)
{
    (void)printf("kind,name,of,default,bounds,summary\n");
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        csv_line("variant", framelab_variants[i]->name, "", "", "", framelab_variants[i]->summary);
        each_knob(framelab_variants[i], knob_to_csv, (void *)framelab_variants[i]);
    }
    for (uint32_t i = 0; i < WORKLOAD_KIND_COUNT; i++) {
        csv_line("workload", workload_name((enum workload_kind)i), "", "", "", workload_summary((enum workload_kind)i));
    }
    for (const struct platform_entry *entry = framelab_platforms; entry->name != NULL; entry++) {
        csv_line("platform", entry->name, "", "", *entry->available ? "available" : "not built", entry->summary);
    }
    for (const struct machine_model *model = machine_models; model->name[0] != '\0'; model++) {
        csv_line("machine", model->name, "", "", "", model->source);
    }
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        csv_line("property", property_name((enum property)i), "", "", "", property_text((enum property)i));
    }
    csv_line("build", "counts", "", frame_counts_references() ? "1" : "0", "", counts_text());
}

/* ---- JSON ---- */

static void knob_to_json(void *context, const struct knob_line *line)
{
    json_array_append_new(context, json_pack("{s:s, s:s, s:s, s:s}", "name", line->name, "default", line->initial,
                                             "bounds", line->bounds, "summary", line->summary));
}

static json_t *variants_to_json(void)
{
    json_t *list = json_array();
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        json_t *knobs = json_array();
        each_knob(framelab_variants[i], knob_to_json, knobs);
        json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "name", framelab_variants[i]->name, "summary",
                                              framelab_variants[i]->summary, "knobs", knobs));
    }
    return list;
}

static void list_json(void)
{
    json_t *workloads = json_array(), *platforms = json_array(), *properties = json_array(), *machines = json_array();
    for (const struct machine_model *model = machine_models; model->name[0] != '\0'; model++) {
        json_array_append_new(machines, machine_model_json(model));
    }
    for (uint32_t i = 0; i < WORKLOAD_KIND_COUNT; i++) {
        json_array_append_new(workloads, json_pack("{s:s, s:s}", "name", workload_name((enum workload_kind)i),
                                                   "summary", workload_summary((enum workload_kind)i)));
    }
    for (const struct platform_entry *entry = framelab_platforms; entry->name != NULL; entry++) {
        json_array_append_new(platforms, json_pack("{s:s, s:b, s:s}", "name", entry->name, "available",
                                                   *entry->available, "summary", entry->summary));
    }
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        json_array_append_new(properties, json_pack("{s:s, s:s}", "name", property_name((enum property)i), "text",
                                                    property_text((enum property)i)));
    }
    json_t *all = json_pack("{s:o, s:o, s:o, s:o, s:o, s:{s:b}}", "variants", variants_to_json(), "workloads",
                            workloads, "platforms", platforms, "machines", machines, "properties", properties, "build",
                            "counts", (int)frame_counts_references());
    (void)json_dumpf(all, stdout, JSON_INDENT(2));
    (void)putchar('\n');
    json_decref(all);
}

/* ---- the command ---- */

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    enum output_format *format = state->input;
    switch (key) {
    case 'f':
        if (!option_format(text, format)) {
            usage_error(state, "--format is text, json or csv, not '%s'", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        usage_error(state, "takes no argument, but here is '%s'", text);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

int list_command(int argc, char **argv)
{
    static const struct argp_option options[] = {
        {"format", 'f', "FORMAT", 0, "text, json or csv (default: text)", 0},
        {NULL, 0, NULL, 0, NULL, 0},
    };
    static const struct argp argp = {.options = options,
                                     .parser = parse_option,
                                     .doc = "Lists what can be chosen: variants with their knobs, workloads, "
                                            "platforms, simulated machines, properties."};
    enum output_format format = FORMAT_TEXT;
    if (argp_parse(&argp, argc, argv, 0, NULL, &format) != 0) {
        return EXIT_STATUS_USAGE;
    }
    void (*const list[])(void) = {[FORMAT_TEXT] = list_text, [FORMAT_JSON] = list_json, [FORMAT_CSV] = list_csv};
    list[format]();
    return fflush(stdout) == 0 ? EXIT_STATUS_HOLDS : EXIT_STATUS_VIOLATED;
}
