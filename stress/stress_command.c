/* SPDX-License-Identifier: MIT
 * `framelab stress`: options. stress_run.c runs the trials and tells what they found. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "blob.h"
#include "commands.h"
#include "exit_status.h"
#include "frame_allocator.h"
#include "stress_run.h"
#include "variants.h"

#define WHY_BYTES 256u
#define MEMORY_MIN (UINT64_C(8) << 20)
#define MEMORY_MAX (UINT64_C(64) << 30)

/* Time beyond what was asked for, before the watchdog takes it for a hang. */
#define PATIENCE_SECONDS 120.0
/* The same where a count was asked for and no time. */
#define PATIENCE_COUNTED_SECONDS 900.0

enum {
    OPTION_SECONDS = 256,
    OPTION_OPERATIONS,
    OPTION_LAYOUT,
    OPTION_DTB,
    OPTION_SEED,
    OPTION_TIMEOUT,
    OPTION_FORMAT,
    OPTION_PLATFORM,
    OPTION_PROGRESS
};

static const struct argp_option options[] = {
    {"variant", 'v', "SPEC", 0, "name[:preset][,knob=value]...; again for more (default: every variant)", 1},
    {"harts", 'n', "N", 0, "Harts; they may outnumber cores (default: 4; with --dtb the tree's)", 1},
    {"memory", 'm', "SIZE", 0, "RAM, all of which is written to (default: 48M)", 1},
    {"layout", OPTION_LAYOUT, "NAME", 0, "plain, nodes, nodes4 or holes; again for more (default: all)", 1},
    {"dtb", OPTION_DTB, "FILE", 0, "RAM as this device tree describes it, in place of the layouts", 1},
    {"seconds", OPTION_SECONDS, "SECONDS", 0, "Time for all trials together (default: 10)", 2},
    {"operations", OPTION_OPERATIONS, "N", 0, "Mixed operations a hart and trial, in place of time", 2},
    {"seed", OPTION_SEED, "N", 0, "Of all that is random (default: from the clock; always printed)", 2},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0, "Take it for a hang, say where, and end with status 124", 2},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text, json (records) or csv (default: text)", 3},
    {"progress", OPTION_PROGRESS, NULL, 0, "Show progress even if stderr is no terminal", 3},
    {"platform", OPTION_PLATFORM, "NAME", 0, "host (default); qemu and sim are not built yet", 3},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void add_variant(struct stress_plan *plan, const char *text, const struct argp_state *state)
{
    char why[WHY_BYTES];
    struct frame_allocator_config config;
    if (plan->variant_count == STRESS_VARIANT_MAX) {
        usage_error(state, "more than %u variants", STRESS_VARIANT_MAX);
    }
    if (!frame_allocator_config_parse(&config, framelab_variants, text, 1, why, sizeof why)) {
        usage_error(state, "%s", why);
    }
    plan->variants[plan->variant_count++] = text;
}

static void add_layout(struct stress_plan *plan, const char *text, const struct argp_state *state)
{
    enum stress_layout layout;
    if (!stress_layout_find(text, &layout)) {
        usage_error(state, "--layout is plain, nodes, nodes4 or holes, not '%s'", text);
    }
    plan->layouts |= 1u << layout;
}

static uint64_t number_in(const char *option, const char *text, uint64_t least, uint64_t most,
                          const struct argp_state *state)
{
    uint64_t value;
    if (!option_number(text, &value) || value < least || value > most) {
        usage_error(state, "--%s is %llu to %llu, not '%s'", option, (unsigned long long)least,
                    (unsigned long long)most, text);
    }
    return value;
}

static void set_seconds(double *seconds, const char *option, const char *text, const struct argp_state *state)
{
    if (!option_seconds(text, seconds)) {
        usage_error(state, "--%s is a number of seconds above 0, not '%s'", option, text);
    }
}

static void set_memory(struct stress_plan *plan, const char *text, const struct argp_state *state)
{
    if (!option_size(text, &plan->memory_bytes) || plan->memory_bytes < MEMORY_MIN || plan->memory_bytes > MEMORY_MAX) {
        usage_error(state, "--memory is a size from %lluM to %lluG, not '%s'", (unsigned long long)MEMORY_MIN >> 20,
                    (unsigned long long)MEMORY_MAX >> 30, text);
    }
}

static void set_tree(struct stress_plan *plan, const char *path, const struct argp_state *state)
{
    char why[WHY_BYTES];
    free((void *)plan->fdt);
    plan->fdt = blob_read(path, &plan->fdt_bytes, why, sizeof why);
    if (plan->fdt == NULL) {
        usage_error(state, "%s", why);
    }
}

/* How much and how long; ARGP_ERR_UNKNOWN for other options. */
static error_t parse_amount(int key, char *text, struct argp_state *state)
{
    struct stress_plan *plan = state->input;
    switch (key) {
    case OPTION_SECONDS:
        set_seconds(&plan->seconds, "seconds", text, state);
        return 0;
    case OPTION_OPERATIONS:
        plan->operations = number_in("operations", text, 1, UINT64_MAX, state);
        return 0;
    case OPTION_SEED:
        plan->seed = number_in("seed", text, 0, UINT64_MAX, state);
        return 0;
    case OPTION_TIMEOUT:
        set_seconds(&plan->timeout_seconds, "timeout", text, state);
        return 0;
    case ARGP_KEY_END:
        if (plan->timeout_seconds == 0) {
            plan->timeout_seconds = plan->operations != 0 ? PATIENCE_COUNTED_SECONDS : plan->seconds + PATIENCE_SECONDS;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct stress_plan *plan = state->input;
    switch (key) {
    case 'v':
        add_variant(plan, text, state);
        return 0;
    case 'n':
        plan->harts = (uint32_t)number_in("harts", text, 1, HART_MAX, state);
        return 0;
    case 'm':
        set_memory(plan, text, state);
        return 0;
    case OPTION_LAYOUT:
        add_layout(plan, text, state);
        return 0;
    case OPTION_DTB:
        set_tree(plan, text, state);
        return 0;
    case OPTION_FORMAT:
        if (!option_format(text, &plan->format)) {
            usage_error(state, "--format is text, json or csv, not '%s'", text);
        }
        return 0;
    case OPTION_PROGRESS:
        plan->progress = true;
        return 0;
    case OPTION_PLATFORM:
        require_platform(state, text);
        return 0;
    case ARGP_KEY_ARG:
        usage_error(state, "takes no argument, but here is '%s'", text);
    default:
        return parse_amount(key, text, state);
    }
}

int stress_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .doc = "Random operations of every kind, by many harts, under an oracle that knows who owns which frame.\v"
               "Exit status: 0 all properties held, 1 one did not (its number is printed), 2 usage, 77 platform not "
               "there, 124 hang, 130 interrupted."};
    struct stress_plan plan = {
        .memory_bytes = UINT64_C(48) << 20, .seconds = 10, .seed = (uint64_t)time(NULL), .argc = argc, .argv = argv};
    if (argp_parse(&argp, argc, argv, 0, NULL, &plan) != 0) {
        return EXIT_STATUS_USAGE;
    }
    for (uint32_t i = 0; plan.variant_count == i && framelab_variants[i] != NULL && i < STRESS_VARIANT_MAX; i++) {
        plan.variants[plan.variant_count++] = framelab_variants[i]->name;
    }
    if (plan.harts == 0) {
        plan.harts = plan.fdt != NULL ? blob_hart_count(plan.fdt, plan.fdt_bytes) : 4;
    }
    int status = stress_run(&plan);
    free((void *)plan.fdt);
    return status;
}
