/* SPDX-License-Identifier: MIT
 * `framelab fdt`: options, the file, the plan; fdt_report.c says it. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "fdt_report.h"
#include "file_read.h"
#include "options.h"
#include "variants.h"

#define NAME "framelab"
#define WHY_BYTES 512u
/* Room for an address in text. */
#define KERNEL_TEXT_BYTES 24u

enum option_key { OPTION_FORMAT = 256, OPTION_VARIANT, OPTION_KERNEL, OPTION_FDT_AT, OPTION_HOLE_LIMIT };

struct fdt_arguments {
    const char *file;
    enum output_format format;
    const struct variant *variant;
    bool has_kernel, has_fdt_addr;
    struct phys_range kernel;
    phys_addr_t fdt_addr;
    uint64_t hole_metadata_limit_kib;
};

/* ---- options ------------------------------------------------------------------------------------------------- */

static void parse_kernel(struct fdt_arguments *arguments, const char *text, const struct argp_state *state)
{
    char start[KERNEL_TEXT_BYTES];
    const char *comma = strchr(text, ',');
    size_t length = comma != NULL ? (size_t)(comma - text) : sizeof(start);
    if (length < sizeof(start)) {
        memcpy(start, text, length);
        start[length] = '\0';
    }
    if (length >= sizeof(start) || !option_number(start, &arguments->kernel.start.value) ||
        !option_size(comma + 1, &arguments->kernel.size)) {
        usage_error(state, "--kernel is ADDR,SIZE, for example 0x80200000,16M, not '%s'", text);
    }
    arguments->has_kernel = true;
}

static const char *variant_at(uint32_t i)
{
    return framelab_variants[i] != NULL ? framelab_variants[i]->name : NULL;
}

static const struct variant *find_variant(const char *name)
{
    for (uint32_t i = 0; framelab_variants[i] != NULL; i++) {
        if (strcmp(framelab_variants[i]->name, name) == 0) {
            return framelab_variants[i];
        }
    }
    return NULL;
}

static const struct argp_option options[] = {
    {"format", OPTION_FORMAT, "FORMAT", 0, "text, json or csv (default: text)", 0},
    {"variant", OPTION_VARIANT, "NAME", 0, "Reckon with this allocator's metadata (default: lockfree)", 0},
    {"kernel", OPTION_KERNEL, "ADDR,SIZE", 0, "Reserve a kernel image, for example 0x80200000,16M", 0},
    {"fdt-at", OPTION_FDT_AT, "ADDR", 0, "The tree lies in RAM at this address, and is given back once parsed", 0},
    {"hole-limit", OPTION_HOLE_LIMIT, "KIB", 0, "Metadata that may be spent on the holes of one arena (default: 528)",
     0},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct option_value values[] = {
    OPTION_WORD(OPTION_FORMAT, struct fdt_arguments, format, format_words),
    OPTION_NUMBER(OPTION_FDT_AT, struct fdt_arguments, fdt_addr.value, 0, UINT64_MAX),
    OPTION_ARGUMENT(struct fdt_arguments, file, file_words),
    OPTION_NUMBER(OPTION_HOLE_LIMIT, struct fdt_arguments, hole_metadata_limit_kib, 0, UINT64_MAX >> 10),
    {0},
};

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct fdt_arguments *arguments = state->input;
    arguments->has_fdt_addr |= key == OPTION_FDT_AT;
    switch (key) {
    case OPTION_VARIANT:
        arguments->variant = find_variant(text);
        if (arguments->variant == NULL) {
            usage_unknown(state, "variant", text, variant_at);
        }
        return 0;
    case OPTION_KERNEL:
        parse_kernel(arguments, text, state);
        return 0;
    case ARGP_KEY_END:
        if (arguments->variant == NULL) {
            usage_error(state, "no variant 'lockfree' in this build; choose a --variant");
        }
        return 0;
    default:
        return option_set(state, options, values, key, text);
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_option,
    .args_doc = "FILE",
    .doc = "Shows what a flattened device tree says about memory, harts and NUMA nodes, and the arenas that an "
           "allocator would make of it.\v"
           "Exit status: 0, 1 if the tree is broken or describes no usable memory, 2 for a wrong option or a file "
           "that cannot be read.",
};

/* ---- the plan ------------------------------------------------------------------------------------------------ */

struct planner {
    struct fdt_report *report;
    bool out_of_memory;
};

static enum frame_status keep_arena(void *context, const struct arena_plan *plan)
{
    struct planner *planner = context;
    struct fdt_report *report = planner->report;
    struct arena_plan *arenas = realloc(report->arenas, (report->arena_count + 1) * sizeof(*arenas));

    if (arenas == NULL) {
        return FRAME_NO_MEMORY;
    }
    report->arenas = arenas;
    arenas[report->arena_count++] = *plan;
    return FRAME_OK;
}

static void keep_skipped(void *context, struct ram_region region, const char *why)
{
    struct planner *planner = context;
    struct fdt_report *report = planner->report;
    struct skipped_region *skipped = realloc(report->skipped, (report->skipped_count + 1) * sizeof(*skipped));

    if (skipped == NULL) {
        planner->out_of_memory = true;
        return;
    }
    report->skipped = skipped;
    struct skipped_region *last = &skipped[report->skipped_count++];
    last->region = region;
    (void)snprintf(last->why, sizeof(last->why), "%s", why);
}

/* Plans over what is free once the tree was given back. `map` is changed by that. */
static bool plan_arenas(struct fdt_report *report, struct memory_map *map, const struct variant *variant)
{
    struct ram_region released[REGION_MAX];
    struct planner planner = {report, false};
    const struct arena_selection_options selection = {
        .hole_metadata_limit_bytes = report->hole_metadata_limit_bytes,
        .variant_bytes = variant->arena_bytes,
        .skipped = keep_skipped,
        .context = &planner,
    };

    (void)memory_map_release_fdt(map, released, REGION_MAX); /* map->free has it too */
    return arena_select(map->free, map->free_count, &selection, keep_arena) == FRAME_OK && !planner.out_of_memory;
}

static bool write_report(const struct fdt_report *report, enum output_format format)
{
    switch (format) {
    case FORMAT_JSON:
        return fdt_report_json(report, stdout);
    case FORMAT_CSV:
        return fdt_report_csv(report, stdout);
    case FORMAT_TEXT:
        break;
    }
    return fdt_report_text(report, stdout);
}

static int plan_and_write(const struct fdt_arguments *arguments, const struct memory_map *map,
                          struct memory_map *planned)
{
    struct fdt_report report = {
        .file = arguments->file,
        .variant = arguments->variant->name,
        .hole_metadata_limit_bytes = arguments->hole_metadata_limit_kib << 10,
        .map = map,
    };
    int status = EXIT_STATUS_VIOLATED;

    if (!plan_arenas(&report, planned, arguments->variant)) {
        (void)status_say(NAME, 0, "%s: out of memory", arguments->file);
    } else if (!write_report(&report, arguments->format)) {
        status = status_lost(NAME, stdout);
    } else if (report.arena_count == 0) {
        (void)status_say(NAME, 0, "%s: no free region is large enough for an arena", arguments->file);
    } else {
        status = EXIT_STATUS_HOLDS;
    }
    free(report.arenas);
    free(report.skipped);
    return status;
}

static int report_tree(const struct fdt_arguments *arguments, const void *blob, size_t bytes)
{
    char why[WHY_BYTES] = "";
    int result = EXIT_STATUS_VIOLATED;
    struct memory_map *maps = calloc(2, sizeof(*maps)); /* as booted, and as planned */
    if (maps == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: out of memory", arguments->file);
    }

    enum memory_map_status status =
        memory_map_read(&maps[0], blob, bytes, arguments->has_fdt_addr ? &arguments->fdt_addr : NULL,
                        arguments->has_kernel ? &arguments->kernel : NULL, why, sizeof(why));
    if (status != MEMORY_MAP_OK) {
        (void)status_say(NAME, 0, "%s: %s", arguments->file, why);
    } else {
        maps[1] = maps[0];
        result = plan_and_write(arguments, &maps[0], &maps[1]);
    }
    free(maps);
    return result;
}

int fdt_command(int argc, char **argv)
{
    char why[WHY_BYTES];
    size_t bytes;
    struct fdt_arguments arguments = {
        .variant = find_variant("lockfree"),
        .hole_metadata_limit_kib = HOLE_METADATA_BYTES_DEFAULT >> 10,
    };
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    void *blob = file_read(arguments.file, &bytes, why, sizeof why);
    if (blob == NULL) { /* errno 0: it can be read, and is none */
        return status_say(NAME, errno != 0 ? EXIT_STATUS_USAGE : EXIT_STATUS_VIOLATED, "%s", why);
    }
    int status = report_tree(&arguments, blob, bytes);
    free(blob);
    return status;
}
