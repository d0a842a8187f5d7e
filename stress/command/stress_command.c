/* SPDX-License-Identifier: MIT
 * `framelab stress`: options. stress_run.c runs the trials and tells what they found. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "blob.h"
#include "commands.h"
#include "exit_status.h"
#include "frame_allocator.h"
#include "qemu_options.h"
#include "qemu_stress.h"
#include "sim_options.h"
#include "simulator.h"
#include "stress_run.h"
#include "variants.h"

#define WHY_BYTES 256u
#define MEMORY_MIN (UINT64_C(8) << 20)
#define MEMORY_MAX (UINT64_C(64) << 30)

/* Time beyond what was asked for, before the watchdog takes it for a hang. */
#define PATIENCE_SECONDS 120.0
/* The same where a count was asked for and no time. */
#define PATIENCE_COUNTED_SECONDS 900.0

/* On QEMU, unless asked for otherwise. */
#define QEMU_MEMORY_BYTES (UINT64_C(64) << 20)
#define MEMORY_BYTES (UINT64_C(48) << 20)
#define SECONDS 10.0

struct stress_arguments {
    struct stress_plan plan;
    enum platform_choice platform;
    struct qemu_options qemu;
    struct sim_options sim;
    const char *host_option; /* that was given and that only the host has */
    const char *real_option; /* that was given and that simulated harts do not have */
};

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
    {"harts", 'n', "N", 0, "Harts; they may outnumber cores (default: 4; with --dtb the tree's; simulated 2 to 4)", 1},
    {"memory", 'm', "SIZE", 0, "RAM, all of which is written to (default: 48M, in QEMU 64M)", 1},
    {"layout", OPTION_LAYOUT, "NAME", 0, "plain, nodes, nodes4 or holes; again for more (default: all)", 1},
    {"dtb", OPTION_DTB, "FILE", 0, "RAM as this device tree describes it, in place of the layouts", 1},
    {"seconds", OPTION_SECONDS, "SECONDS", 0, "Time for all trials together (default: 10)", 2},
    {"operations", OPTION_OPERATIONS, "N", 0,
     "Mixed operations a hart and trial, in place of time (default in QEMU: 5000)", 2},
    {"seed", OPTION_SEED, "N", 0, "Of all that is random (default: from the clock; always printed)", 2},
    {"timeout", OPTION_TIMEOUT, "SECONDS", 0, "Take it for a hang, say where, and end with status 124", 2},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text, json (records) or csv (default: text)", 3},
    {"progress", OPTION_PROGRESS, NULL, 0, "Show progress even if stderr is no terminal", 3},
    {"platform", OPTION_PLATFORM, "NAME", 0, "host (default), qemu or sim", 3},
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
    struct stress_arguments *arguments = state->input;
    struct stress_plan *plan = &arguments->plan;
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
        qemu_options_check(state, &arguments->qemu, arguments->platform == ON_QEMU, arguments->host_option);
        sim_options_check(state, &arguments->sim, arguments->platform == ON_SIM, arguments->real_option);
        if (plan->timeout_seconds == 0) {
            plan->timeout_seconds = plan->operations != 0 || arguments->platform == ON_QEMU
                                        ? PATIENCE_COUNTED_SECONDS
                                        : plan->seconds + PATIENCE_SECONDS;
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const int host_keys[] = {OPTION_LAYOUT, OPTION_DTB, OPTION_SECONDS, 0};
    static const int real_keys[] = {'m', OPTION_LAYOUT, OPTION_DTB, OPTION_OPERATIONS, OPTION_TIMEOUT, 0};
    struct stress_arguments *arguments = state->input;
    struct stress_plan *plan = &arguments->plan;
    option_note(&arguments->host_option, options, host_keys, key);
    option_note(&arguments->real_option, options, real_keys, key);
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->qemu;
        state->child_inputs[1] = &arguments->sim;
        return 0;
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
        arguments->platform = require_platform(state, text);
        return 0;
    case ARGP_KEY_ARG:
        usage_error(state, "takes no argument, but here is '%s'", text);
    default:
        return parse_amount(key, text, state);
    }
}

static int run_on_qemu(const struct stress_arguments *arguments)
{
    static struct qemu_machine machine;
    char why[WHY_BYTES];
    const struct stress_plan *plan = &arguments->plan;
    int status = qemu_options_machine(&arguments->qemu, plan->harts, plan->memory_bytes, &machine, why, sizeof why);
    if (status != EXIT_STATUS_HOLDS) {
        (void)fprintf(stderr, "framelab stress: %s%s\n", status == EXIT_STATUS_SKIPPED ? "skipped: " : "", why);
        return status;
    }
    return qemu_stress_run(plan, &machine);
}

static void set_defaults(struct stress_arguments *arguments)
{
    struct stress_plan *plan = &arguments->plan;
    for (uint32_t i = 0; plan->variant_count == i && framelab_variants[i] != NULL && i < STRESS_VARIANT_MAX; i++) {
        plan->variants[plan->variant_count++] = framelab_variants[i]->name;
    }
    if (plan->harts == 0 && arguments->platform != ON_SIM) {
        plan->harts = plan->fdt != NULL ? blob_hart_count(plan->fdt, plan->fdt_bytes) : 4;
    }
    if (plan->memory_bytes == 0) {
        plan->memory_bytes = arguments->platform == ON_QEMU ? QEMU_MEMORY_BYTES : MEMORY_BYTES;
    }
}

int stress_command(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&qemu_argp, 0, "With --platform qemu:", 4}, {&sim_argp, 0, "With --platform sim:", 5}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .children = children,
        .doc = "Random operations of every kind, by many harts, under an oracle that knows who owns which frame.\v"
               "Exit status: 0 all properties held, 1 one did not (its number is printed), 2 usage, 77 platform not "
               "there, 124 hang, 130 interrupted."};
    struct stress_arguments arguments = {
        .plan = {.seconds = SECONDS, .seed = (uint64_t)time(NULL), .argc = argc, .argv = argv},
        .qemu = QEMU_OPTIONS_INIT};
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    set_defaults(&arguments);
    int status = arguments.platform == ON_QEMU  ? run_on_qemu(&arguments)
                 : arguments.platform == ON_SIM ? sim_stress_run(&arguments.plan, &arguments.sim.plan)
                                                : stress_run(&arguments.plan);
    free((void *)arguments.plan.fdt);
    return status;
}
