/* SPDX-License-Identifier: MIT
 * `framelab stress`: options. stress_run.c runs the trials and tells what they found. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "file_read.h"
#include "frame_allocator.h"
#include "interrupt.h"
#include "measured.h"
#include "progress.h"
#include "qemu_options.h"
#include "sim_options.h"
#include "variants.h"

#define WHY_BYTES 256u
#define MEMORY_MIN (UINT64_C(8) << 20)
#define MEMORY_MAX (UINT64_C(64) << 30)

/* Time of a trial beyond what was asked for, before the watchdog ends it. */
#define PATIENCE_SECONDS 120.0
/* The same where a count was asked for and no time. */
#define PATIENCE_COUNTED_SECONDS 900.0
/* Nobody knows before how long a search takes that ends when all has been tried; it says how far it is. */
#define PATIENCE_EXHAUSTIVE_SECONDS 1e7

#define SECONDS 10.0
#define SHARDS_MOST 100000u

struct stress_arguments {
    struct run_options run;
    struct stress_plan plan;
    struct qemu_options qemu;
    struct sim_options sim;
    const char *host_option; /* that was given and that only the host has */
    const char *real_option; /* that was given and that simulated harts do not have */
    bool one_interrupt;      /* --interrupt with a value, which only those have */
    struct options_given given;
};

enum {
    OPTION_SECONDS = 256,
    OPTION_OPERATIONS,
    OPTION_LAYOUT,
    OPTION_DTB,
    OPTION_TIME_LIMIT,
    OPTION_SHARD,
    OPTION_UNTIL_FAILURE,
    OPTION_RESUME,
    OPTION_FORMAT,
    OPTION_INTERRUPT
};

static const struct argp_option options[] = {
    {"variant", 'v', "SPEC", 0, "name[:preset][,knob=value]...; again for more (default: every variant)", 1},
    {"harts", 'n', "N", 0, "Harts; they may outnumber cores (default: 4; with --dtb the tree's; simulated 2 to 4)", 1},
    {"memory", 'm', "SIZE", 0, "RAM, all of which is written to (default: 48M, in QEMU 64M)", 1},
    {"layout", OPTION_LAYOUT, "NAME", 0, "plain, nodes, nodes4 or holes; again for more (default: all)", 1},
    {"dtb", OPTION_DTB, "FILE", 0, "RAM as this device tree describes it, in place of the layouts", 1},
    {"interrupt", OPTION_INTERRUPT, "HART.ACCESS.AGAIN", OPTION_ARG_OPTIONAL,
     "P12: interrupt harts at random, their handlers allocate and free; simulated harts before each access in turn, or "
     "this hart before this access, and its handler before this one (0: not)",
     2},
    {"seconds", OPTION_SECONDS, "SECONDS", 0, "Time for all trials together (default: 10)", 2},
    {"operations", OPTION_OPERATIONS, "N", 0,
     "Mixed operations a hart and trial, in place of time (default in QEMU: 5000)", 2},
    {"time-limit", OPTION_TIME_LIMIT, "SECONDS", 0,
     "Give up with status 124, and say where each hart is (default: for each trial, 120 more than its time, 900 if "
     "that is "
     "counted; in QEMU for all 900)",
     2},
    {"until-failure", OPTION_UNTIL_FAILURE, NULL, 0, "Again and again, with other seeds", 2},
    {"shard", OPTION_SHARD, "I/N", 0,
     "Of the trials, or of the executions of simulated harts, the I-th of N parts, which share nothing", 2},
    {"resume", OPTION_RESUME, "FILE", 0,
     "Keep in FILE how far the run came; one that was killed goes on there, if it is called as before", 2},
    {"format", OPTION_FORMAT, "FORMAT", 0,
     "text, json (records), csv, ktap or junit (XML) (default: text; in QEMU ktap)", 4},
    {"out", 'o', "FILE", 0, "Write records there, whatever the format", 4},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char *const stress_formats[] = {[STRESS_TEXT] = "text", [STRESS_JSON] = "json",   [STRESS_CSV] = "csv",
                                             [STRESS_KTAP] = "ktap", [STRESS_JUNIT] = "junit", NULL};

static const struct option_value values[] = {
    OPTION_NUMBER('n', struct stress_arguments, plan.harts, 1, HART_MAX),
    OPTION_PLAIN(OPTION_SECONDS, VALUE_SECONDS, struct stress_arguments, plan.seconds),
    OPTION_NUMBER(OPTION_OPERATIONS, struct stress_arguments, plan.operations, 1, UINT64_MAX),
    OPTION_PLAIN(OPTION_TIME_LIMIT, VALUE_SECONDS, struct stress_arguments, plan.limit_seconds),
    OPTION_PLAIN(OPTION_UNTIL_FAILURE, VALUE_FLAG, struct stress_arguments, plan.until_failure),
    OPTION_PLAIN(OPTION_RESUME, VALUE_TEXT, struct stress_arguments, plan.resume_path),
    OPTION_WORD(OPTION_FORMAT, struct stress_arguments, plan.format, stress_formats),
    OPTION_PLAIN('o', VALUE_TEXT, struct stress_arguments, plan.out_path),
    {0},
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
    plan->fdt = file_read(path, &plan->fdt_bytes, why, sizeof why);
    if (plan->fdt == NULL) {
        usage_error(state, "%s", why);
    }
}

/* "2/4" */
static void set_shard(struct stress_plan *plan, const char *text, const struct argp_state *state)
{
    uint64_t shard = 0, shards = 0;
    char first[24];
    const char *slash = strchr(text, '/');
    (void)snprintf(first, sizeof first, "%.*s", slash != NULL ? (int)(slash - text) : 0, text);
    if (slash == NULL || !option_number(first, &shard) || !option_number(slash + 1, &shards) || shard == 0 ||
        shard > shards || shards > SHARDS_MOST) {
        usage_error(state, "--shard is one of N parts, counted from 1, as in 2/4; not '%s'", text);
    }
    plan->shard = (uint32_t)shard;
    plan->shards = (uint32_t)shards;
}

/* What would be passed over in silence, or means two things at once. */
static void refuse_idle(const struct stress_arguments *arguments, const struct argp_state *state)
{
    static const int pairs[][2] = {
        {OPTION_SECONDS, OPTION_OPERATIONS}, {OPTION_LAYOUT, OPTION_DTB}, {'m', OPTION_DTB}, {0, 0}};
    const struct sim_options *sim = &arguments->sim;
    options_apart(state, options, &arguments->given, pairs);
    if (sim->plan.executions != 0 && options_have(&arguments->given, OPTION_SECONDS)) {
        usage_error(state, "--seconds does not go with --executions");
    }
    if (sim->plan.replay &&
        (sim->plan.executions != 0 || arguments->run.seed_given || options_have(&arguments->given, OPTION_SECONDS) ||
         arguments->plan.until_failure || arguments->plan.shards > 1 || arguments->plan.resume_path != NULL)) {
        usage_error(state, "--replay is one execution: --executions, --seconds, --seed, --shard, --until-failure and "
                           "--resume do not go with it");
    }
    if (sim->plan.depth != 0 && sim->plan.strategy == SIM_STRATEGY_RANDOM) {
        usage_error(state, "--depth is of the strategy pct, not of random");
    }
    const char *own = sim->plan.program != NULL                            ? "--program"
                      : sim->plan.freeze || sim->plan.freeze_at != 0       ? "--freeze"
                      : sim->plan.end || sim->plan.end_at != 0             ? "--end"
                      : sim->plan.interrupt || sim->plan.interrupt_at != 0 ? "--interrupt"
                                                                           : NULL;
    if (arguments->run.platform == &platform_sim && own != NULL && arguments->plan.harts != 0) {
        usage_error(state, "--harts does not go with %s, whose programs have harts of their own", own);
    }
    if (arguments->qemu.gdb_port != 0 && arguments->plan.limit_seconds > 0) {
        usage_error(state, "--time-limit does not go with --gdb: whoever debugs takes all the time it takes");
    }
    uint64_t block = sim_block(&sim->plan);
    if (sim->plan.executions != 0 && (uint64_t)(arguments->plan.shard - 1) * block >= sim->plan.executions) {
        usage_error(state, "--shard %u/%u has no part of %llu executions: they are shared out by the %llu",
                    arguments->plan.shard, arguments->plan.shards, (unsigned long long)sim->plan.executions,
                    (unsigned long long)block);
    }
}

/* What only all options together tell. */
static void check_together(struct stress_arguments *arguments, const struct argp_state *state)
{
    struct stress_plan *plan = &arguments->plan;
    bool qemu = arguments->run.platform == &platform_qemu, sim = arguments->run.platform == &platform_sim;
    options_exclude(state, &platform_qemu, qemu ? arguments->host_option : NULL, qemu ? NULL : arguments->qemu.first);
    options_exclude(state, &platform_sim, sim ? arguments->real_option : NULL, sim ? NULL : arguments->sim.first);
    if (arguments->one_interrupt && !sim) {
        usage_error(state, "--interrupt has a value on simulated harts only: elsewhere it is at random");
    }
    sim_check_exhaust(&arguments->sim.plan, state);
    if (arguments->sim.plan.trace && !arguments->sim.plan.replay && arguments->sim.plan.choices == NULL) {
        usage_error(state, "--trace goes with --replay or --choices: it shows one execution");
    }
    refuse_idle(arguments, state);
    bool exhausts = arguments->sim.plan.strategy == SIM_STRATEGY_EXHAUST;
    bool counted = plan->operations != 0 || qemu || arguments->sim.plan.executions != 0 || arguments->sim.plan.replay ||
                   (exhausts && !options_have(&arguments->given, OPTION_SECONDS));
    plan->seconds = counted ? 0 : plan->seconds;
    plan->patience_seconds = exhausts  ? PATIENCE_EXHAUSTIVE_SECONDS
                             : counted ? PATIENCE_COUNTED_SECONDS
                                       : PATIENCE_SECONDS;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const int host_keys[] = {OPTION_LAYOUT, OPTION_DTB, OPTION_SECONDS, 0};
    static const int real_keys[] = {'m', OPTION_LAYOUT, OPTION_DTB, OPTION_OPERATIONS, 0};
    struct stress_arguments *arguments = state->input;
    struct stress_plan *plan = &arguments->plan;
    option_note(&arguments->host_option, options, host_keys, key);
    option_note(&arguments->real_option, options, real_keys, key);
    option_given(&arguments->given, key);
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->run;
        state->child_inputs[1] = &arguments->qemu;
        state->child_inputs[2] = &arguments->sim;
        return 0;
    case 'v':
        add_variant(plan, text, state);
        return 0;
    case 'm':
        set_memory(plan, text, state);
        return 0;
    case OPTION_LAYOUT:
        plan->layouts |= 1u << option_word(state, "layout", stress_layout_names, text);
        return 0;
    case OPTION_DTB:
        set_tree(plan, text, state);
        plan->fdt_path = text;
        return 0;
    case OPTION_SHARD:
        set_shard(plan, text, state);
        return 0;
    case OPTION_INTERRUPT:
        plan->interrupts = true;
        arguments->one_interrupt |= text != NULL;
        sim_set_interrupt(&arguments->sim.plan, text, state);
        return 0;
    case ARGP_KEY_END:
        check_together(arguments, state);
        return 0;
    default:
        return option_set(state, options, values, key, text);
    }
}

static void set_defaults(struct stress_arguments *arguments)
{
    struct stress_plan *plan = &arguments->plan;
    if (plan->variant_count == 0 && plan->interrupts) { /* of the others an interrupted operation is refused */
        plan->variants[plan->variant_count++] = "lockfree";
        plan->variants[plan->variant_count++] = "baseline,lock=fas-irq";
    }
    for (uint32_t i = 0; plan->variant_count == i && framelab_variants[i] != NULL && i < STRESS_VARIANT_MAX; i++) {
        plan->variants[plan->variant_count++] = framelab_variants[i]->name;
    }
    if (plan->harts == 0 && arguments->run.platform != &platform_sim) {
        plan->harts = plan->fdt != NULL ? tree_hart_count(plan->fdt, plan->fdt_bytes) : 4;
    }
    plan->memory_bytes = plan->memory_bytes != 0 ? plan->memory_bytes : arguments->run.platform->stress_bytes;
    plan->seed = arguments->run.seed;
    plan->simulated = &arguments->sim.plan;
    plan->simulated_memory = sim_profile_words[arguments->sim.plan.profile];
}

static int run(struct stress_arguments *arguments)
{
    static struct qemu_machine machine;
    struct stress_plan *plan = &arguments->plan;
    if (arguments->run.platform == &platform_qemu) {
        char why[WHY_BYTES];
        int status =
            qemu_options_machine(&arguments->qemu, plan->harts, plan->memory_bytes, true, &machine, why, sizeof why);
        if (status != EXIT_STATUS_HOLDS) {
            return status_say(plan->argv[0], status, "%s%s", status == EXIT_STATUS_SKIPPED ? "skipped: " : "", why);
        }
        plan->qemu = &machine;
    }
    interrupt_catch();
    progress_begin(arguments->run.progress);
    return arguments->run.platform->stress(plan);
}

int stress_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&run_argp, 0, NULL, 0},
                                                 {&qemu_argp, 0, "With --platform qemu:", 5},
                                                 {&sim_argp, 0, "With --platform sim:", 6},
                                                 {NULL, 0, NULL, 0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .children = children,
        .doc = "Random operations of every kind, by many harts, under an oracle that knows who owns which frame.\v"
               "Exit status: 0 all properties held, 1 one did not (its number is printed), 2 usage, 77 platform not "
               "there, 124 time limit, 130 interrupted."};
    struct stress_arguments arguments = {
        .run = run_options_default(),
        .plan = {.seconds = SECONDS, .shard = 1, .shards = 1, .out = stdout, .argc = argc, .argv = argv},
        .qemu = QEMU_OPTIONS_INIT};
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    set_defaults(&arguments);
    int status = run(&arguments);
    free((void *)arguments.plan.fdt);
    return status;
}
