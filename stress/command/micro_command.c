/* SPDX-License-Identifier: MIT
 * `framelab primitives` and `framelab reclaim`: what stands behind allocators, by itself, as bench records. */
#include <stdio.h>
#include <string.h>

#include "commands.h"
#include "exit_status.h"
#include "measured.h"

#define NODES_MOST 1000000u
#define OWN_NODES UINT64_C(64)
#define READ_NODES UINT64_C(1)
#define BAG UINT64_C(16)
#define MILLISECONDS UINT64_C(200)

enum {
    OPTION_OPERATIONS = 256,
    OPTION_MILLISECONDS,
    OPTION_NODES,
    OPTION_BAG,
    OPTION_FREE,
    OPTION_WAIT,
    OPTION_LATENCY
};

struct micro_arguments {
    struct measured measured;
    struct micro_plan plan;
    uint64_t milliseconds;
    bool latency;
    struct options_given given;
};

static const char *scheme_at(uint32_t i)
{
    return micro_name(true, i);
}

static const char *primitive_at(uint32_t i)
{
    return micro_name(false, i);
}

/* An argument: one of what there is to be measured. */
static void add_wanted(struct micro_plan *plan, const char *name, const struct argp_state *state)
{
    for (uint32_t i = 0; micro_name(plan->reclaim, i) != NULL; i++) {
        if (strcmp(micro_name(plan->reclaim, i), name) == 0) {
            plan->wanted |= UINT64_C(1) << i;
            return;
        }
    }
    usage_unknown(state, plan->reclaim ? "scheme" : "primitive", name, plan->reclaim ? scheme_at : primitive_at);
}

static const struct argp_option primitive_options[] = {
    {"operations", OPTION_OPERATIONS, "N", 0, "A hart and measurement (default: 50000; simulated 200)", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct argp_option scheme_options[] = {
    {"workload", 'w', "NAME", 0, "queue (default), stack or read: see below", 1},
    {"nodes", OPTION_NODES, "N", 0, "queue, stack: for each hart (default: 64); read: of the list (default: 1)", 1},
    {"bag", OPTION_BAG, "N", 0, "Nodes that a hart retires before it collects what has passed (default: 16)", 1},
    {"free", OPTION_FREE, "all|N", 0, "stack: of what has passed, push all at once (default), or N in an operation", 1},
    {"wait", OPTION_WAIT, "yield|spin", 0, "Who finds no node yields his core (default), or keeps it", 1},
    {"milliseconds", OPTION_MILLISECONDS, "N", 0, "Of a measurement, not simulated (default: 200)", 2},
    {"operations", OPTION_OPERATIONS, "N", 0, "A hart and measurement, in place of a time (simulated: 500)", 2},
    {"latency", OPTION_LATENCY, NULL, 0, "stack: time each call that retires and pushes, too", 2},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char *const waits[] = {"yield", "spin", NULL};

static const struct option_value values[] = {
    OPTION_NUMBER(OPTION_OPERATIONS, struct micro_arguments, plan.operations, 1, 10000000),
    OPTION_WORD('w', struct micro_arguments, plan.smr.workload, smr_workload_names),
    OPTION_NUMBER(OPTION_NODES, struct micro_arguments, plan.smr.nodes, 1, NODES_MOST),
    OPTION_NUMBER(OPTION_BAG, struct micro_arguments, plan.smr.bag, 1, NODES_MOST),
    OPTION_NUMBER(OPTION_FREE, struct micro_arguments, plan.smr.free_at_once, 1, NODES_MOST),
    OPTION_WORD(OPTION_WAIT, struct micro_arguments, plan.smr.spin, waits),
    OPTION_NUMBER(OPTION_MILLISECONDS, struct micro_arguments, milliseconds, 1, 600000),
    OPTION_PLAIN(OPTION_LATENCY, VALUE_FLAG, struct micro_arguments, latency),
    {0},
};

/* What only all options together tell. */
static void check_together(const struct micro_arguments *arguments, const struct argp_state *state)
{
    const struct platform *platform = arguments->measured.run.platform;
    if (platform->micro == NULL) {
        usage_error(state, "this is not measured in QEMU, which has no time");
    }
    if (arguments->milliseconds > 0 && platform->smr_operations > 0) {
        usage_error(state, "--milliseconds is of the host; simulated harts do --operations");
    }
    if (!arguments->plan.reclaim) {
        return;
    }
    static const int pairs[][2] = {{OPTION_MILLISECONDS, OPTION_OPERATIONS}, {0, 0}};
    const enum smr_workload workload = arguments->plan.smr.workload;
    const bool stack = workload == SMR_STACK, retires = workload != SMR_READ;
    options_apart(state, scheme_options, &arguments->given, pairs);
    option_needs(state, scheme_options, &arguments->given, OPTION_FREE, stack, "the workload stack");
    option_needs(state, scheme_options, &arguments->given, OPTION_LATENCY, stack, "the workload stack");
    option_needs(state, scheme_options, &arguments->given, OPTION_BAG, retires, "the workloads that retire nodes");
    option_needs(state, scheme_options, &arguments->given, OPTION_WAIT, retires, "the workloads that wait for nodes");
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct micro_arguments *arguments = state->input;
    option_given(&arguments->given, key);
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->measured;
        return 0;
    case ARGP_KEY_ARG:
        add_wanted(&arguments->plan, text, state);
        return 0;
    case ARGP_KEY_END:
        check_together(arguments, state);
        return 0;
    case OPTION_FREE:
        if (strcmp(text, "all") == 0) {
            arguments->plan.smr.free_at_once = UINT64_MAX;
            return 0;
        }
        break;
    default:
        break;
    }
    return option_set(state, arguments->plan.reclaim ? scheme_options : primitive_options, values, key, text);
}

static int measure(const void *plan, FILE *records)
{
    const struct micro_arguments *arguments = plan;
    return arguments->measured.run.platform->micro(&arguments->plan, records);
}

static int run(struct micro_arguments *arguments)
{
    struct measured *measured = &arguments->measured;
    struct micro_plan *plan = &arguments->plan;
    measured_complete(measured);
    plan->harts = measured->harts;
    plan->repeats = measured->repeats;
    plan->seed = measured->run.seed;
    return measured_run(measured, plan->argv[0], measure, arguments);
}

static const struct argp_child children[] = {{&measured_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};

/* ---- primitives ---- */

int primitives_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = primitive_options,
        .parser = parse_option,
        .children = children,
        .args_doc = "[PRIMITIVE...]",
        .doc = "Measures what allocators are made of, by itself: ticket-lock, mcs-lock, shared-counter, own-counters, "
               "treiber-stack, locked-list, cas-list, own-lists (default: all).\v"
               "Exit status: 0, 2 usage, 77 platform not there, 124 time limit, 130 interrupted."};
    struct micro_arguments arguments = {.measured = measured_default(argc, argv), .plan = {.argc = argc, .argv = argv}};
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    if (arguments.plan.operations == 0) {
        arguments.plan.operations = arguments.measured.run.platform->micro_operations;
    }
    return run(&arguments);
}

/* ---- reclaim ---- */

static void complete_reclaim(struct micro_arguments *arguments)
{
    static struct histogram latency;
    struct smr_plan *smr = &arguments->plan.smr;
    uint64_t operations = arguments->plan.operations, milliseconds = arguments->milliseconds;
    smr->operations = operations != 0 ? operations : arguments->measured.run.platform->smr_operations;
    smr->limit_ns = (milliseconds != 0 ? milliseconds : MILLISECONDS) * UINT64_C(1000000);
    smr->latency = arguments->latency ? &latency : NULL;
    if (smr->nodes == 0) {
        smr->nodes = smr->workload == SMR_READ ? READ_NODES : OWN_NODES;
    }
}

int reclaim_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = scheme_options,
        .parser = parse_option,
        .children = children,
        .args_doc = "[SCHEME...]",
        .doc =
            "Measures schemes of reclamation by themselves: qsbr (quiescent states), epoch (Concurrency Kit's), hp "
            "(its hazard pointers) (default: all).\v"
            "queue: appends a node of its own to a shared queue, takes the first off, retires it, has it back after a "
            "grace period. stack: pops a node off a shared stack, retires it, pushes it after a grace period. read: "
            "reads a list.\n\n"
            "Exit status: 0, 2 usage, 77 platform not there, 124 time limit, 130 interrupted."};
    struct micro_arguments arguments = {
        .measured = measured_default(argc, argv),
        .plan = {.reclaim = true, .smr = {.bag = BAG, .free_at_once = UINT64_MAX}, .argc = argc, .argv = argv}};
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    complete_reclaim(&arguments);
    return run(&arguments);
}
