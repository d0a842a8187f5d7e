/* SPDX-License-Identifier: MIT
 * `framelab bench`: what shall be measured, from options. The platform (run/platforms.h) measures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "campaign.h"
#include "commands.h"
#include "exit_status.h"
#include "file_read.h"
#include "measured.h"
#include "qemu_options.h"

#define WHY_BYTES 256u

#define REPEAT_MOST 100000u
#define L2_KIB 1024u
/* Options of workloads, by name. */
#define OWN_MOST 64

enum {
    OPTION_ORDER = 256,
    OPTION_FRAMES,
    OPTION_NODES,
    OPTION_DTB,
    OPTION_HUGE_PAGES,
    OPTION_INIT,
    OPTION_LATENCY,
    OPTION_NO_LATENCY,
    OPTION_WARMUP,
    OPTION_REQUESTS,
    OPTION_CONFIGURED,
    OPTION_COHERENCE,
    OPTION_FUNCTIONS,
    OPTION_OWN /* and those after it */
};

struct bench_arguments {
    struct measured measured;
    struct bench_plan plan;
    const char *variants[BENCH_VARIANT_MAX];
    const char *dtb_path;
    const char *own[OWN_MOST]; /* what was given for the option with the key OPTION_OWN + i; or NULL */
    struct qemu_options qemu;
    struct options_given given;
    const char *host_option; /* that was given and that only the host has */
};

/* Made complete by add_own_options. */
static struct argp_option options[32 + OWN_MOST] = {
    {"variant", 'v', "SPEC", 0, "name[:preset][,knob=value]...; again for more (default: baseline and lockfree)", 1},
    {"workload", 'w', "NAME", 0,
     "As framelab list has it, with its options (default: bulk, rand and repeat); again for more", 1},
    {"order", OPTION_ORDER, "LIST", 0, "Requests of 2^order frames, orders 0 to 10: \"0,9\" or \"0-10\" (default: 0)",
     1},
    {"frames", OPTION_FRAMES, "LIST", 0, "Requests of so many frames, any number", 1},
    {"configured", OPTION_CONFIGURED, "N", 0,
     "Harts that the allocators are built for, at least: the others never run (default: those of the row)", 1},
    {"memory", 'm', "SIZE", 0,
     "RAM, with K, M, G or T (default: 8G, in QEMU 4G, simulated 64G); not touched but for metadata", 2},
    {"nodes", OPTION_NODES, "N", 0, "NUMA nodes (default: 1)", 2},
    {"dtb", OPTION_DTB, "FILE", 0, "RAM as this device tree describes it", 2},
    {"huge-pages", OPTION_HUGE_PAGES, NULL, 0, "Transparent huge pages for RAM", 2},
    {"init", OPTION_INIT, NULL, 0, "Also record how long the allocator took to build, as workload \"boot\"", 2},
    {"warmup", OPTION_WARMUP, "N", 0, "Unmeasured passes before each (default: 1)", 3},
    {"requests", OPTION_REQUESTS, "N", 0,
     "Allocations a hart, at most (default: half of memory, shared; in QEMU 2000, simulated 500)", 3},
    {"latency", OPTION_LATENCY, "N", 0, "Repeats that also measure latency, in a pass of its own (default: 1)", 3},
    {"no-latency", OPTION_NO_LATENCY, NULL, 0, "No latency pass", 3},
    {"coherence", OPTION_COHERENCE, "KIB", OPTION_ARG_OPTIONAL,
     "In QEMU: also count what accesses are to caches of each hart's own, the second level of so many KiB, a power of "
     "two (default: 1024; 0: no line is ever dropped)",
     4},
    {"functions", OPTION_FUNCTIONS, NULL, 0, "In QEMU: also count instructions by function", 4},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct option_value values[] = {
    OPTION_NUMBER(OPTION_CONFIGURED, struct bench_arguments, plan.harts_configured, 1, HART_MAX),
    OPTION_PLAIN('m', VALUE_BYTES, struct bench_arguments, plan.machine.memory_bytes),
    OPTION_NUMBER(OPTION_NODES, struct bench_arguments, plan.machine.nodes, 1, NODE_MAX),
    OPTION_PLAIN(OPTION_DTB, VALUE_TEXT, struct bench_arguments, dtb_path),
    OPTION_PLAIN(OPTION_HUGE_PAGES, VALUE_FLAG, struct bench_arguments, plan.machine.huge_pages),
    OPTION_PLAIN(OPTION_INIT, VALUE_FLAG, struct bench_arguments, plan.record_init),
    OPTION_NUMBER(OPTION_WARMUP, struct bench_arguments, plan.warmup, 0, REPEAT_MOST),
    OPTION_NUMBER(OPTION_COHERENCE, struct bench_arguments, plan.counting.l2_bytes, 0, UINT32_C(1) << 20),
    OPTION_PLAIN(OPTION_FUNCTIONS, VALUE_FLAG, struct bench_arguments, plan.counting.functions),
    OPTION_NUMBER(OPTION_REQUESTS, struct bench_arguments, plan.requests_most, 1, UINT32_MAX),
    OPTION_NUMBER(OPTION_LATENCY, struct bench_arguments, plan.latency_repeats, 0, REPEAT_MOST),
    {0},
};

/* ---- options of workloads ---- */

/* The place of an option among `options`, or of their end. */
static struct argp_option *find_option(const char *name)
{
    struct argp_option *option = options;
    while (option->name != NULL && strcmp(option->name, name) != 0) {
        option++;
    }
    return option;
}

/* Completes `options` by those of all workloads, one of each name. False if one is an option of the command itself. */
static bool add_own_options(void)
{
    int key = OPTION_OWN;
    for (const struct workload_kind *const *kind = workload_kinds; *kind != NULL; kind++) {
        for (uint32_t i = 0; i < WORKLOAD_OPTION_MAX && (*kind)->options[i].name != NULL; i++) {
            const struct workload_option *own = &(*kind)->options[i];
            struct argp_option *option = find_option(own->name);
            if (option->name == NULL && key < OPTION_OWN + OWN_MOST) {
                *option = (struct argp_option){own->name, key++, own->sweeps ? "LIST" : "N", 0, own->summary, 3};
            } else if (option->key < OPTION_OWN) {
                return false;
            }
        }
    }
    return true;
}

/* Has workload i of the plan the values that were given for one of its options: the workload once for each, the first
 * in its place and the others behind all. False with one line in `why` if it cannot have them. */
static bool apply_own(struct bench_plan *plan, uint32_t i, uint32_t at, const char *text, char *why, size_t why_bytes)
{
    struct workload_choice choice = plan->workloads[i];
    const struct workload_option *option = &choice.kind->options[at];
    struct option_list list = {0};
    bool good = option_list(text, option->most, &list) && (option->sweeps || list.count == 1);
    for (uint32_t k = 0; k < list.count; k++) {
        good = good && list.values[k] >= option->least && (k == 0 || plan->workload_count < BENCH_WORKLOADS_MAX);
        choice.options[at] = list.values[k];
        plan->workloads[!good || k == 0 ? i : plan->workload_count++] = choice;
    }
    if (!good) {
        (void)snprintf(why, why_bytes, "--%s is %s%llu to %llu, not '%s'", option->name,
                       option->sweeps ? "a list of " : "", (unsigned long long)option->least,
                       (unsigned long long)option->most, text);
    }
    return good;
}

/* All that were given. */
static bool apply_all_own(struct bench_arguments *arguments, char *why, size_t why_bytes)
{
    struct bench_plan *plan = &arguments->plan;
    bool good = true, used[OWN_MOST] = {false};
    for (uint32_t at = 0; at < WORKLOAD_OPTION_MAX; at++) {
        for (uint32_t i = 0, count = plan->workload_count; good && i < count; i++) {
            const char *name = plan->workloads[i].kind->options[at].name;
            int own = name != NULL ? find_option(name)->key - OPTION_OWN : 0;
            if (name != NULL && arguments->own[own] != NULL) {
                good = apply_own(plan, i, at, arguments->own[own], why, why_bytes);
                used[own] = true;
            }
        }
    }
    for (const struct argp_option *option = options; good && option->name != NULL; option++) {
        int own = option->key - OPTION_OWN;
        if (own >= 0 && arguments->own[own] != NULL && !used[own]) {
            (void)snprintf(why, why_bytes, "--%s is of workloads that are not asked for: framelab list", option->name);
            return false;
        }
    }
    return good;
}

/* ---- one option ---- */

static void add_variant(struct bench_arguments *arguments, const char *text, const struct argp_state *state)
{
    if (arguments->plan.variant_count == BENCH_VARIANT_MAX) {
        usage_error(state, "more than %u variants", BENCH_VARIANT_MAX);
    }
    arguments->variants[arguments->plan.variant_count++] = text;
}

static const char *workload_at(uint32_t i)
{
    return workload_kinds[i] != NULL ? workload_kinds[i]->name : NULL;
}

static void add_workload(struct bench_plan *plan, const char *text, const struct argp_state *state)
{
    struct workload_choice choice;
    if (!workload_parse(&choice, text, strcspn(text, ":"))) {
        usage_unknown(state, "workload", text, workload_at);
    }
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (plan->workloads[i].kind == choice.kind) {
            return;
        }
    }
    plan->workloads[plan->workload_count++] = choice;
}

static void add_sizes(struct bench_plan *plan, const char *text, bool orders, const struct argp_state *state)
{
    struct option_list list;
    if (!option_list(text, orders ? WORKLOAD_ORDER_MOST : UINT64_C(1) << 40, &list)) {
        usage_error(state, "%s, not '%s'", orders ? "--order is a list of 0 to 10" : "--frames is a list of numbers",
                    text);
    }
    for (uint32_t i = 0; i < list.count; i++) {
        uint64_t frames = orders ? UINT64_C(1) << list.values[i] : list.values[i];
        if (frames == 0 || plan->size_count == OPTION_LIST_MAX) {
            usage_error(state, frames == 0 ? "--frames: a request has at least one frame" : "too many sizes");
        }
        bool power = (frames & (frames - 1)) == 0, known = false;
        for (uint32_t k = 0; k < plan->size_count; k++) {
            known |= plan->sizes[k].frames == frames;
        }
        if (known) {
            continue;
        }
        plan->sizes[plan->size_count++] = (struct bench_size){frames, power ? __builtin_ctzll(frames) : -1};
    }
}

/* Whether any of the workloads that are asked for is so; if none is named, those that are measured then are. */
static bool any_workload(const struct bench_plan *plan, bool (*is_so)(const struct workload_kind *kind))
{
    bool any = plan->workload_count == 0;
    for (uint32_t i = 0; i < plan->workload_count && !any; i++) {
        any = is_so(plan->workloads[i].kind);
    }
    return any;
}

static bool warms_up(const struct workload_kind *kind)
{
    return !kind->ages;
}

/* Some have a number of their own, whatever is asked for. */
static bool takes_requests(const struct workload_kind *kind)
{
    uint64_t presets[WORKLOAD_OPTION_MAX];
    struct workload_shape shape = {.usable_frames = UINT64_C(1) << 20, .frames = 1, .harts = 1, .harts_most = 1};
    for (uint32_t i = 0; i < WORKLOAD_OPTION_MAX; i++) {
        presets[i] = kind->options[i].preset;
    }
    uint64_t all = kind->requests != NULL ? kind->requests(&shape, presets) : 0;
    shape.requests_most = 1;
    return kind->requests == NULL || kind->requests(&shape, presets) != all;
}

/* Those whose rounds are told by one run have no other. */
static bool has_latency(const struct workload_kind *kind)
{
    return !kind->no_latency;
}

/* What would be passed over in silence. */
static void refuse_idle(const struct bench_arguments *arguments, const struct argp_state *state)
{
    static const int pairs[][2] = {{OPTION_LATENCY, OPTION_NO_LATENCY}, {0, 0}};
    static const struct {
        int key;
        bool (*is_so)(const struct workload_kind *kind);
        const char *what;
    } rules[] = {
        {OPTION_WARMUP, warms_up, "workloads that do not begin on a fresh machine"},
        {OPTION_REQUESTS, takes_requests, "workloads that have no number of their own"},
        {OPTION_LATENCY, has_latency, "workloads that can be run once more for it"},
    };
    options_apart(state, options, &arguments->given, pairs);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        option_needs(state, options, &arguments->given, rules[i].key, any_workload(&arguments->plan, rules[i].is_so),
                     rules[i].what);
    }
    option_needs(state, options, &arguments->given, OPTION_HUGE_PAGES, arguments->measured.run.platform->times_boot,
                 "the host: address translation is not simulated");
    if (arguments->qemu.gdb_port != 0 && arguments->measured.seconds > 0) {
        usage_error(state, "--time-limit does not go with --gdb: whoever debugs takes all the time it takes");
    }
}

/* What the plugin counts. Of caches there are as many sets as a power of two, or none. */
static void check_counting(const struct bench_arguments *arguments, const struct argp_state *state)
{
    const bool counts = arguments->measured.run.platform == &platform_qemu && !arguments->qemu.mttcg;
    const uint64_t l2_kib = arguments->plan.counting.l2_bytes;
    option_needs(state, options, &arguments->given, OPTION_COHERENCE, counts, "QEMU, and there of the mode icount");
    option_needs(state, options, &arguments->given, OPTION_FUNCTIONS, counts, "QEMU, and there of the mode icount");
    if ((l2_kib & (l2_kib - 1)) != 0) {
        usage_error(state, "--coherence is a power of two of KiB, or 0");
    }
}

/* What only all options together tell. */
static void check_together(const struct bench_arguments *arguments, const struct argp_state *state)
{
    const struct bench_plan *plan = &arguments->plan;
    const struct platform *platform = arguments->measured.run.platform;
    bool qemu = platform == &platform_qemu;
    options_exclude(state, &platform_qemu, qemu ? arguments->host_option : NULL, qemu ? NULL : arguments->qemu.first);
    refuse_idle(arguments, state);
    check_counting(arguments, state);
    if (plan->record_init && !platform->times_boot) {
        usage_error(state, "--init is a time of the host; what init does is not simulated");
    }
    if (arguments->dtb_path != NULL && (plan->machine.memory_bytes != 0 || plan->machine.nodes != 0)) {
        usage_error(state, "--dtb says what memory there is; --memory and --nodes do not go with it");
    }
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (plan->workloads[i].kind->stops && !platform->stops_harts) {
            usage_error(state, "%s needs harts that can be stopped anywhere: --platform sim",
                        plan->workloads[i].kind->name);
        }
        if (plan->workloads[i].kind->refcounts && !frame_counts_references()) {
            usage_error(state, "%s needs reference counts: a build without COUNTS=0", plan->workloads[i].kind->name);
        }
    }
    if (plan->harts_configured != 0 && !platform->spare_harts) {
        usage_error(state, "--configured is for the host and simulated harts: in QEMU all harts of the machine run");
    }
    for (uint32_t i = 0; i < plan->workload_count * plan->size_count; i++) {
        const struct workload_kind *kind = plan->workloads[i / plan->size_count].kind;
        if ((kind->ages || kind->single) && plan->sizes[i % plan->size_count].frames != 1) {
            usage_error(state, "%s is of single frames, not of %llu", kind->name,
                        (unsigned long long)plan->sizes[i % plan->size_count].frames);
        }
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const int host_keys[] = {OPTION_FRAMES,     OPTION_NODES,      OPTION_DTB,
                                    OPTION_HUGE_PAGES, OPTION_INIT,       OPTION_WARMUP,
                                    OPTION_LATENCY,    OPTION_NO_LATENCY, 0};
    struct bench_arguments *arguments = state->input;
    option_note(&arguments->host_option, options, host_keys, key);
    option_given(&arguments->given, key);
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->measured;
        state->child_inputs[1] = &arguments->qemu;
        return 0;
    case 'v':
        add_variant(arguments, text, state);
        return 0;
    case 'w':
        add_workload(&arguments->plan, text, state);
        return 0;
    case OPTION_ORDER:
    case OPTION_FRAMES:
        add_sizes(&arguments->plan, text, key == OPTION_ORDER, state);
        return 0;
    case OPTION_LATENCY:
        measured_keep_own(&arguments->measured.run, state, text);
        (void)option_set(state, options, values, key, text); /* or it does not return */
        arguments->measured.latency_blocks = arguments->plan.latency_repeats;
        return 0;
    case OPTION_COHERENCE:
        arguments->plan.counting.coherence = true;
        return text != NULL ? option_set(state, options, values, key, text) : 0;
    case OPTION_NO_LATENCY:
        arguments->plan.latency_repeats = 0;
        arguments->measured.latency_blocks = UINT32_MAX; /* they are told so by the option itself */
        return 0;
    case ARGP_KEY_END:
        check_together(arguments, state);
        return 0;
    default:
        if (key >= OPTION_OWN && key < OPTION_OWN + OWN_MOST) {
            arguments->own[key - OPTION_OWN] = text;
            return 0;
        }
        return option_set(state, options, values, key, text);
    }
}

/* ---- the command ---- */

static uint32_t harts_most(const struct bench_plan *plan)
{
    uint64_t most = plan->harts_configured != 0 ? plan->harts_configured : 1;
    for (uint32_t i = 0; i < plan->harts.count; i++) {
        most = plan->harts.values[i] > most ? plan->harts.values[i] : most;
    }
    return (uint32_t)most;
}

/* What was not asked for, as the tree or the platform has it. */
static void set_defaults(struct bench_arguments *arguments)
{
    struct bench_plan *plan = &arguments->plan;
    struct host_machine_options *machine = &plan->machine;
    struct measured *measured = &arguments->measured;
    const struct platform *platform = measured->run.platform;
    if (plan->variant_count == 0) {
        arguments->variants[0] = "baseline";
        arguments->variants[1] = "lockfree";
        plan->variant_count = 2;
    }
    static const char *const published[] = {"bulk", "rand", "repeat"};
    for (uint32_t i = 0; i < 3 && plan->workload_count == i; i++) {
        plan->workload_count += workload_parse(&plan->workloads[i], published[i], strlen(published[i]));
    }
    if (plan->size_count == 0) {
        plan->sizes[plan->size_count++] = (struct bench_size){1, 0};
    }
    if (measured->harts.count == 0 && machine->fdt != NULL && platform == &platform_host) {
        uint32_t most = tree_hart_count(machine->fdt, machine->fdt_bytes);
        measured->harts = (struct option_list){.count = most > 1 ? 2 : 1, .values = {1, most}};
    }
    measured_complete(measured);
    plan->harts = measured->harts;
    plan->repeats = measured->repeats;
    plan->seed = measured->run.seed;
    plan->turn = campaign_turn();
    plan->seconds = measured->seconds;
    plan->requests_most = plan->requests_most != 0 ? plan->requests_most : platform->bench_requests;
    machine->memory_bytes = machine->memory_bytes != 0 ? machine->memory_bytes : platform->bench_bytes;
    machine->harts = harts_most(plan);
}

/* Its text into the rest. */
static bool parse_variant(struct bench_variant *variant, const struct platform *platform, char *why, size_t why_bytes)
{
    variant->is_linux = linux_variant_is(variant->text);
    if (variant->is_linux && !platform->runs_linux) {
        (void)snprintf(why, why_bytes, "%s: Linux runs in QEMU: --platform qemu", variant->text);
        return false;
    }
    if (variant->is_linux) {
        bool good = linux_variant_parse(&variant->linux_own, variant->text, why, why_bytes);
        linux_variant_format(&variant->linux_own, variant->knobs, sizeof variant->knobs);
        return good;
    }
    if (!frame_allocator_config_parse(&variant->config, platform->variants, variant->text, 1, why, why_bytes)) {
        return false;
    }
    (void)frame_allocator_config_format(&variant->config, variant->knobs, sizeof variant->knobs);
    return true;
}

static bool parse_variants(struct bench_arguments *arguments, char *why, size_t why_bytes)
{
    for (uint32_t i = 0; i < arguments->plan.variant_count; i++) {
        struct bench_variant *variant = &arguments->plan.variants[i];
        variant->text = arguments->variants[i];
        if (!parse_variant(variant, arguments->measured.run.platform, why, why_bytes)) {
            return false;
        }
        for (uint32_t k = 0; k < i; k++) {
            const struct bench_variant *other = &arguments->plan.variants[k];
            if (other->is_linux == variant->is_linux && other->config.variant == variant->config.variant &&
                strcmp(other->knobs, variant->knobs) == 0) {
                (void)snprintf(why, why_bytes, "%s and %s are the same variant", other->text, variant->text);
                return false;
            }
        }
    }
    return true;
}

/* Completes the plan; an exit status, with a line in `why` if it is not EXIT_STATUS_HOLDS. */
static int complete(struct bench_arguments *arguments, char *why, size_t why_bytes)
{
    static struct qemu_machine machine;
    struct bench_plan *plan = &arguments->plan;
    const struct platform *platform = arguments->measured.run.platform;
    if (arguments->dtb_path != NULL) {
        plan->machine.fdt = file_read(arguments->dtb_path, &plan->machine.fdt_bytes, why, why_bytes);
    }
    set_defaults(arguments);
    plan->counting.l2_bytes <<= 10; /* KiB so far */
    if ((arguments->dtb_path != NULL && plan->machine.fdt == NULL) || !apply_all_own(arguments, why, why_bytes) ||
        !parse_variants(arguments, why, why_bytes) ||
        (platform->bench_check != NULL && !platform->bench_check(plan, why, why_bytes))) {
        return EXIT_STATUS_USAGE;
    }
    if (platform != &platform_qemu) {
        return EXIT_STATUS_HOLDS;
    }
    plan->qemu = &machine;
    bool ours = false;
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        ours |= !plan->variants[i].is_linux;
    }
    return qemu_options_machine(&arguments->qemu, plan->machine.harts, plan->machine.memory_bytes, ours, &machine, why,
                                why_bytes);
}

static int measure(const void *plan, FILE *records)
{
    const struct bench_arguments *arguments = plan;
    return arguments->measured.run.platform->bench(&arguments->plan, records);
}

int bench_command(int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&measured_argp, 0, NULL, 0}, {&qemu_argp, 0, "With --platform qemu:", 5}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .children = children,
        .doc = "Measures variants on workloads, repeats interleaved, beside the controls `null` (the harness alone) "
               "and `cas` (one uncontended compare-and-swap).\v"
               "Exit status: 0, 1 if an allocation failed or a frame was lost, 2 usage, 77 platform not there, 124 "
               "time limit, 130 interrupted; in the last two cases what was measured is kept. With --against that of "
               "framelab "
               "compare."};
    static struct bench_arguments arguments; /* some hundred KiB: not for the stack */
    arguments = (struct bench_arguments){
        .measured = measured_default(argc, argv),
        .plan = {.latency_repeats = 1, .warmup = 1, .counting.l2_bytes = L2_KIB, .argc = argc, .argv = argv},
        .qemu = QEMU_OPTIONS_INIT};
    arguments.measured.latency_blocks = arguments.plan.latency_repeats;
    char why[WHY_BYTES];
    if (!add_own_options()) {
        return status_say(argv[0], EXIT_STATUS_USAGE, "a workload has an option that is one of this command");
    }
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    int status = complete(&arguments, why, sizeof why);
    status = status == EXIT_STATUS_HOLDS
                 ? measured_run(&arguments.measured, argv[0], measure, &arguments)
                 : status_say(argv[0], status, "%s%s", status == EXIT_STATUS_SKIPPED ? "skipped: " : "", why);
    free((void *)arguments.plan.machine.fdt);
    return status;
}
