/* SPDX-License-Identifier: MIT
 * `framelab bench`: options, where the records go, and the table of them. bench.c measures. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "blob.h"
#include "commands.h"
#include "exit_status.h"
#include "interrupt.h"
#include "progress.h"
#include "qemu_bench.h"
#include "qemu_options.h"
#include "simulator.h"
#include "table_command.h"
#include "variants.h"
#include "watchdog.h"

#define WHY_BYTES 256u

#define REPEAT_MOST 100000u
/* Rounds: a record of more would be longer than a line may be. */
#define ROUNDS_MOST 10000u
#define BURST_MOST 1000000u
#define BURST_DEFAULT 16u

/* On QEMU, unless asked for otherwise. */
#define QEMU_MEMORY_BYTES (UINT64_C(4) << 30)
#define QEMU_SECONDS 600.0
/* On simulated harts. */
#define SIM_MEMORY_BYTES (UINT64_C(64) << 30)
#define SIM_REQUESTS UINT64_C(500)
#define SIM_MACHINE "epyc-2socket"

enum {
    OPTION_ORDER = 256,
    OPTION_FRAMES,
    OPTION_NODES,
    OPTION_DTB,
    OPTION_HUGE_PAGES,
    OPTION_INIT,
    OPTION_SEED,
    OPTION_LATENCY,
    OPTION_NO_LATENCY,
    OPTION_WARMUP,
    OPTION_REQUESTS,
    OPTION_ROUNDS,
    OPTION_CONFIGURED,
    OPTION_BURST,
    OPTION_FORMAT,
    OPTION_PLATFORM,
    OPTION_MACHINE,
    OPTION_TIME_LIMIT,
    OPTION_PROGRESS
};

struct bench_arguments {
    struct bench_plan plan;
    const char *variants[BENCH_VARIANT_MAX];
    const char *dtb_path;
    const char *out_path;
    enum output_format format;
    double time_limit_seconds; /* 0: none */
    struct option_list bursts;
    bool progress;
    bool sized; /* --memory, --nodes: not together with --dtb */
    enum platform_choice platform;
    const char *machine; /* of simulated harts */
    struct qemu_options qemu;
    const char *host_option; /* that was given and that only the host has */
};

static const struct argp_option options[] = {
    {"variant", 'v', "SPEC", 0, "name[:preset][,knob=value]...; again for more (default: baseline and lockfree)", 1},
    {"workload", 'w', "NAME", 0,
     "bulk, rand, repeat (default: these three), frag, fill, burst, adversary, walk, zeroed, exhaust, stopped, "
     "refused; "
     "again for more",
     1},
    {"order", OPTION_ORDER, "LIST", 0, "Requests of 2^order frames, orders 0 to 10: \"0,9\" or \"0-10\" (default: 0)",
     1},
    {"frames", OPTION_FRAMES, "LIST", 0, "Requests of so many frames, any number", 1},
    {"harts", 'n', "LIST", 0,
     "Hart counts: \"1,2,4\" or \"1-4\" (default: 1 and 2; with --dtb 1 and the tree's; in QEMU 1,2,4,8; simulated 1 "
     "to 64 by doubling)",
     1},
    {"configured", OPTION_CONFIGURED, "N", 0,
     "Harts that the allocators are built for, at least: the others never run (default: those of the row)", 1},
    {"memory", 'm', "SIZE", 0,
     "RAM, with K, M, G or T (default: 8G, in QEMU 4G, simulated 64G); not touched but for metadata", 2},
    {"nodes", OPTION_NODES, "N", 0, "NUMA nodes (default: 1)", 2},
    {"dtb", OPTION_DTB, "FILE", 0, "RAM as this device tree describes it", 2},
    {"huge-pages", OPTION_HUGE_PAGES, NULL, 0, "Transparent huge pages for RAM", 2},
    {"init", OPTION_INIT, NULL, 0, "Also record how long the allocator took to build, as workload \"boot\"", 2},
    {"repeat", 'r', "N", 0, "Measurements of each row, variants in turn (default: 5)", 3},
    {"warmup", OPTION_WARMUP, "N", 0, "Unmeasured passes before each (default: 1)", 3},
    {"requests", OPTION_REQUESTS, "N", 0,
     "Allocations a hart, at most (default: half of memory, shared; in QEMU 2000, simulated 500)", 3},
    {"rounds", OPTION_ROUNDS, "N", 0, "Rounds of frag, exhaust and stopped (default: 100)", 3},
    {"burst", OPTION_BURST, "LIST", 0, "Run lengths of burst: allocations, then as many frees (default: 16)", 3},
    {"latency", OPTION_LATENCY, "N", 0, "Repeats that also measure latency, in a pass of its own (default: 1)", 3},
    {"no-latency", OPTION_NO_LATENCY, NULL, 0, "No latency pass", 3},
    {"seed", OPTION_SEED, "N", 0, "Of the shuffle (default: from the clock; always printed)", 3},
    {"time-limit", OPTION_TIME_LIMIT, "SECONDS", 0,
     "Give up with status 124; what was measured is kept (default in QEMU: 600)", 3},
    {"out", 'o', "FILE", 0, "Write the records there (default with --format json: stdout)", 4},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text: a table; json: records; csv: the table's figures (default: text)", 4},
    {"progress", OPTION_PROGRESS, NULL, 0, "Show progress even if stderr is no terminal", 4},
    {"platform", OPTION_PLATFORM, "NAME", 0, "host (default), qemu or sim", 4},
    {"machine", OPTION_MACHINE, "NAME|FILE", 0,
     "With --platform sim: the simulated machine, by name (framelab list) or a file of framelab calibrate "
     "(default: " SIM_MACHINE ")",
     4},
    {NULL, 0, NULL, 0, NULL, 0},
};

/* ---- one option ---- */

static void add_variant(struct bench_arguments *arguments, const char *text, const struct argp_state *state)
{
    if (arguments->plan.variant_count == BENCH_VARIANT_MAX) {
        usage_error(state, "more than %u variants", BENCH_VARIANT_MAX);
    }
    arguments->variants[arguments->plan.variant_count++] = text;
}

static void add_workload(struct bench_plan *plan, const char *text, const struct argp_state *state)
{
    enum workload_kind kind;
    if (!workload_find(text, &kind)) {
        usage_error(state,
                    "--workload is bulk, rand, repeat, frag, fill, burst, adversary, walk, zeroed, exhaust, stopped or "
                    "refused, "
                    "not '%s'",
                    text);
    }
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (plan->workloads[i] == kind) {
            return;
        }
    }
    plan->workloads[plan->workload_count++] = kind;
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
        bool power = (frames & (frames - 1)) == 0;
        plan->sizes[plan->size_count++] = (struct bench_size){frames, power ? __builtin_ctzll(frames) : -1};
    }
}

static void set_harts(struct bench_plan *plan, const char *text, const struct argp_state *state)
{
    if (!option_list(text, HART_MAX, &plan->harts)) {
        usage_error(state, "--harts is a list of 1 to %u, not '%s'", HART_MAX, text);
    }
    for (uint32_t i = 0; i < plan->harts.count; i++) {
        if (plan->harts.values[i] == 0) {
            usage_error(state, "--harts: nothing runs on 0 harts");
        }
    }
}

static void set_bursts(struct bench_arguments *arguments, const char *text, const struct argp_state *state)
{
    if (!option_list(text, BURST_MOST, &arguments->bursts)) {
        usage_error(state, "--burst is a list of 1 to %u, not '%s'", BURST_MOST, text);
    }
    for (uint32_t i = 0; i < arguments->bursts.count; i++) {
        if (arguments->bursts.values[i] == 0) {
            usage_error(state, "--burst: a run has at least one allocation");
        }
    }
}

static uint32_t number_in(const char *option, const char *text, uint64_t least, uint64_t most,
                          const struct argp_state *state)
{
    uint64_t value;
    if (!option_number(text, &value) || value < least || value > most) {
        usage_error(state, "--%s is %llu to %llu, not '%s'", option, (unsigned long long)least,
                    (unsigned long long)most, text);
    }
    return (uint32_t)value;
}

static void set_memory(struct bench_arguments *arguments, int key, const char *text, const struct argp_state *state)
{
    struct host_machine_options *machine = &arguments->plan.machine;
    arguments->sized = true;
    if (key == OPTION_NODES) {
        machine->nodes = number_in("nodes", text, 1, NODE_MAX, state);
    } else if (!option_size(text, &machine->memory_bytes)) {
        usage_error(state, "--memory is a size such as 512M or 8G, not '%s'", text);
    }
}

/* Options that say what is measured; ARGP_ERR_UNKNOWN for others. */
static error_t parse_plan(int key, char *text, struct argp_state *state)
{
    struct bench_arguments *arguments = state->input;
    struct bench_plan *plan = &arguments->plan;
    switch (key) {
    case 'v':
        add_variant(arguments, text, state);
        return 0;
    case 'w':
        add_workload(plan, text, state);
        return 0;
    case OPTION_ORDER:
    case OPTION_FRAMES:
        add_sizes(plan, text, key == OPTION_ORDER, state);
        return 0;
    case 'n':
        set_harts(plan, text, state);
        return 0;
    case 'm':
    case OPTION_NODES:
        set_memory(arguments, key, text, state);
        return 0;
    case OPTION_DTB:
        arguments->dtb_path = text;
        return 0;
    case OPTION_HUGE_PAGES:
        plan->machine.huge_pages = true;
        return 0;
    case OPTION_INIT:
        plan->record_init = true;
        return 0;
    case 'r':
        plan->repeats = number_in("repeat", text, 1, REPEAT_MOST, state);
        return 0;
    case OPTION_WARMUP:
        plan->warmup = number_in("warmup", text, 0, REPEAT_MOST, state);
        return 0;
    case OPTION_REQUESTS:
        plan->requests_most = number_in("requests", text, 1, UINT32_MAX, state);
        return 0;
    case OPTION_CONFIGURED:
        plan->harts_configured = (uint32_t)number_in("configured", text, 1, HART_MAX, state);
        return 0;
    case OPTION_ROUNDS:
        plan->rounds = number_in("rounds", text, 1, ROUNDS_MOST, state);
        return 0;
    case OPTION_BURST:
        set_bursts(arguments, text, state);
        return 0;
    case OPTION_LATENCY:
        plan->latency_repeats = number_in("latency", text, 0, REPEAT_MOST, state);
        return 0;
    case OPTION_NO_LATENCY:
        plan->latency_repeats = 0;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* What only all options together tell. */
static void check_together(const struct bench_arguments *arguments, const struct argp_state *state)
{
    const struct bench_plan *plan = &arguments->plan;
    qemu_options_check(state, &arguments->qemu, arguments->platform == ON_QEMU, arguments->host_option);
    if (arguments->machine != NULL && arguments->platform != ON_SIM) {
        usage_error(state, "--machine is of simulated harts: --platform sim");
    }
    if (arguments->platform == ON_SIM && plan->record_init) {
        usage_error(state, "--init is a time of the host; what init does is not simulated");
    }
    if (arguments->dtb_path != NULL && arguments->sized) {
        usage_error(state, "--dtb says what memory there is; --memory and --nodes do not go with it");
    }
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (plan->workloads[i] == WORKLOAD_STOPPED && arguments->platform != ON_SIM) {
            usage_error(state, "stopped needs harts that can be stopped anywhere: --platform sim");
        }
    }
    if (plan->harts_configured != 0 && arguments->platform == ON_QEMU) {
        usage_error(state, "--configured is for the host and simulated harts: in QEMU all harts of the machine run");
    }
    for (uint32_t i = 0; i < plan->workload_count * plan->size_count; i++) {
        enum workload_kind kind = plan->workloads[i / plan->size_count];
        if (workload_ages(kind) && plan->sizes[i % plan->size_count].frames != 1) {
            usage_error(state, "%s is of single frames, not of %llu", workload_name(kind),
                        (unsigned long long)plan->sizes[i % plan->size_count].frames);
        }
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const int host_keys[] = {OPTION_FRAMES, OPTION_NODES,   OPTION_DTB,        OPTION_HUGE_PAGES, OPTION_INIT,
                                    OPTION_WARMUP, OPTION_LATENCY, OPTION_NO_LATENCY, OPTION_ROUNDS,     0};
    struct bench_arguments *arguments = state->input;
    option_note(&arguments->host_option, options, host_keys, key);
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->qemu;
        return 0;
    case OPTION_SEED:
        if (!option_number(text, &arguments->plan.seed)) {
            usage_error(state, "--seed is a number, not '%s'", text);
        }
        return 0;
    case OPTION_TIME_LIMIT:
        if (!option_seconds(text, &arguments->time_limit_seconds)) {
            usage_error(state, "--time-limit is a number of seconds above 0, not '%s'", text);
        }
        return 0;
    case 'o':
        arguments->out_path = text;
        return 0;
    case OPTION_FORMAT:
        if (!option_format(text, &arguments->format)) {
            usage_error(state, "--format is text, json or csv, not '%s'", text);
        }
        return 0;
    case OPTION_PROGRESS:
        arguments->progress = true;
        return 0;
    case OPTION_PLATFORM:
        arguments->platform = require_platform(state, text);
        return 0;
    case OPTION_MACHINE:
        arguments->machine = text;
        return 0;
    case ARGP_KEY_ARG:
        usage_error(state, "takes no argument, but here is '%s'", text);
    case ARGP_KEY_END:
        check_together(arguments, state);
        return 0;
    default:
        return parse_plan(key, text, state);
    }
}

/* ---- the command ---- */

/* In place of burst, one for each run length. */
static void expand_bursts(struct bench_plan *plan, const struct option_list *bursts)
{
    uint32_t count = plan->workload_count;
    for (uint32_t i = 0; i < count; i++) {
        if (plan->workloads[i] != WORKLOAD_BURST) {
            continue;
        }
        plan->bursts[i] = (uint32_t)bursts->values[0];
        for (uint32_t k = 1; k < bursts->count; k++) {
            plan->bursts[plan->workload_count] = (uint32_t)bursts->values[k];
            plan->workloads[plan->workload_count++] = WORKLOAD_BURST;
        }
    }
}

static void set_defaults(struct bench_arguments *arguments)
{
    struct bench_plan *plan = &arguments->plan;
    if (plan->variant_count == 0) {
        arguments->variants[0] = "baseline";
        arguments->variants[1] = "lockfree";
        plan->variant_count = 2;
    }
    for (uint32_t i = 0; i <= WORKLOAD_REPEAT && plan->workload_count == i; i++) {
        plan->workloads[plan->workload_count++] = (enum workload_kind)i;
    }
    if (arguments->bursts.count == 0) {
        arguments->bursts = (struct option_list){.count = 1, .values = {BURST_DEFAULT}};
    }
    expand_bursts(plan, &arguments->bursts);
    if (plan->size_count == 0) {
        plan->sizes[plan->size_count++] = (struct bench_size){1, 0};
    }
    if (arguments->platform == ON_SIM) {
        plan->machine.memory_bytes = arguments->sized ? plan->machine.memory_bytes : SIM_MEMORY_BYTES;
        plan->requests_most = plan->requests_most != 0 ? plan->requests_most : SIM_REQUESTS;
        plan->harts =
            plan->harts.count != 0 ? plan->harts : (struct option_list){.count = 7, .values = {1, 2, 4, 8, 16, 32, 64}};
    }
    if (arguments->platform == ON_QEMU) {
        plan->machine.memory_bytes = arguments->sized ? plan->machine.memory_bytes : QEMU_MEMORY_BYTES;
        plan->harts = plan->harts.count != 0 ? plan->harts : (struct option_list){.count = 4, .values = {1, 2, 4, 8}};
    }
    if (plan->harts.count == 0) {
        uint32_t most = plan->machine.fdt != NULL ? blob_hart_count(plan->machine.fdt, plan->machine.fdt_bytes) : 2;
        plan->harts = (struct option_list){.count = most > 1 ? 2 : 1, .values = {1, most}};
    }
}

static bool parse_variants(struct bench_arguments *arguments, char *why, size_t why_bytes)
{
    struct bench_plan *plan = &arguments->plan;
    const struct variant *const *variants = arguments->platform == ON_SIM ? sim_variants : framelab_variants;
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        struct bench_variant *variant = &plan->variants[i];
        variant->text = arguments->variants[i];
        if (!frame_allocator_config_parse(&variant->config, variants, variant->text, 1, why, why_bytes)) {
            return false;
        }
        (void)frame_allocator_config_format(&variant->config, variant->knobs, sizeof variant->knobs);
    }
    return true;
}

static uint64_t harts_most(const struct option_list *harts)
{
    uint64_t most = 1;
    for (uint32_t i = 0; i < harts->count; i++) {
        most = harts->values[i] > most ? harts->values[i] : most;
    }
    return most;
}

/* Where records go: the file asked for, stdout, or a file that vanishes, for the table. NULL with errno. */
static FILE *open_records(const struct bench_arguments *arguments, char *scratch)
{
    if (arguments->out_path != NULL) {
        return fopen(arguments->out_path, "we");
    }
    if (arguments->format == FORMAT_JSON) {
        return stdout;
    }
    int fd = mkstemp(scratch);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int print_table(enum output_format format, const char *path)
{
    char command[] = "framelab table", option[] = "--format", text[] = "text", csv[] = "csv";
    char file[4096];
    (void)snprintf(file, sizeof file, "%s", path);
    char *argv[] = {command, option, format == FORMAT_CSV ? csv : text, file, NULL};
    return table_command(4, argv);
}

static void report_hang(void *doing)
{
    (void)fprintf(stderr, "framelab bench: while measuring %s; what was measured is kept\n", (const char *)doing);
}

/* On the host, or on harts that it simulates. */
static int measure_here(const struct bench_arguments *arguments, FILE *records)
{
    bool sim = arguments->platform == ON_SIM;
    if (arguments->time_limit_seconds > 0) {
        (void)watchdog_start(arguments->time_limit_seconds, report_hang,
                             (void *)(sim ? sim_bench_doing() : bench_doing()));
    }
    int status = sim ? sim_bench_run(&arguments->plan, records) : bench_run(&arguments->plan, records);
    watchdog_stop();
    return status;
}

/* Measures and shows. `records` is open; `qemu` is NULL on the host. */
static int run(const struct bench_arguments *arguments, const struct qemu_machine *qemu, FILE *records,
               const char *path)
{
    const double seconds = arguments->time_limit_seconds > 0 ? arguments->time_limit_seconds : QEMU_SECONDS;
    interrupt_catch();
    progress_begin(arguments->progress);
    (void)fprintf(stderr, "framelab bench: seed %llu\n", (unsigned long long)arguments->plan.seed);
    int status =
        qemu != NULL ? qemu_bench_run(&arguments->plan, qemu, seconds, records) : measure_here(arguments, records);
    progress_end();
    bool measured = ftell(records) > 0 || records == stdout;
    if (records != stdout && fclose(records) != 0) {
        (void)fprintf(stderr, "framelab bench: %s: %s\n", path, strerror(errno));
        return EXIT_STATUS_VIOLATED;
    }
    if (arguments->format != FORMAT_JSON && measured && status != EXIT_STATUS_USAGE) {
        int shown = print_table(arguments->format, path);
        status = status == EXIT_STATUS_HOLDS ? shown : status;
    }
    return status;
}

/* The machine that QEMU shall make; an exit status. */
static int plan_qemu(const struct bench_arguments *arguments, struct qemu_machine *machine, char *why, size_t why_bytes)
{
    const struct bench_plan *plan = &arguments->plan;
    if (!qemu_bench_check(plan, why, why_bytes)) {
        return EXIT_STATUS_USAGE;
    }
    return qemu_options_machine(&arguments->qemu, plan->machine.harts, plan->machine.memory_bytes, machine, why,
                                why_bytes);
}

/* What the platform needs beyond the plan; an exit status. */
static int plan_platform(const struct bench_arguments *arguments, struct qemu_machine *machine, char *why,
                         size_t why_bytes)
{
    switch (arguments->platform) {
    case ON_QEMU:
        return plan_qemu(arguments, machine, why, why_bytes);
    case ON_SIM:
        return sim_bench_machine(arguments->machine != NULL ? arguments->machine : SIM_MACHINE, why, why_bytes)
                   ? EXIT_STATUS_HOLDS
                   : EXIT_STATUS_USAGE;
    default:
        return EXIT_STATUS_HOLDS;
    }
}

/* Measures where the records shall go. */
static int run_into_file(const struct bench_arguments *arguments, const struct qemu_machine *qemu)
{
    char scratch[] = "/tmp/framelab-bench-XXXXXX";
    FILE *records = open_records(arguments, scratch);
    const char *path = arguments->out_path != NULL ? arguments->out_path : scratch;
    if (records == NULL) {
        (void)fprintf(stderr, "framelab bench: %s: %s\n", path, strerror(errno));
        return EXIT_STATUS_USAGE;
    }
    int status = run(arguments, qemu, records, path);
    if (path == scratch && records != stdout) {
        (void)unlink(scratch);
    }
    return status;
}

static int complain(int status, const char *why)
{
    (void)fprintf(stderr, "framelab bench: %s%s\n", status == EXIT_STATUS_SKIPPED ? "skipped: " : "", why);
    return status;
}

int bench_command(int argc, char **argv)
{
    static const struct argp_child children[] = {{&qemu_argp, 0, "With --platform qemu:", 5}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .children = children,
        .doc = "Measures variants on workloads, repeats interleaved, beside the controls `null` (the harness alone) "
               "and `cas` (one uncontended compare-and-swap).\v"
               "Exit status: 0, 1 if an allocation failed or a frame was lost, 2 usage, 77 platform not there, 124 "
               "time limit, 130 interrupted; in the last two cases what was measured is kept."};
    static struct bench_arguments arguments; /* some hundred KiB: not for the stack */
    arguments = (struct bench_arguments){.plan = {.machine = {.memory_bytes = UINT64_C(8) << 30, .nodes = 1},
                                                  .repeats = 5,
                                                  .latency_repeats = 1,
                                                  .warmup = 1,
                                                  .rounds = 100,
                                                  .seed = (uint64_t)time(NULL),
                                                  .argc = argc,
                                                  .argv = argv},
                                         .qemu = QEMU_OPTIONS_INIT};
    static struct qemu_machine qemu;
    char why[WHY_BYTES];
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    struct host_machine_options *machine = &arguments.plan.machine;
    if (arguments.dtb_path != NULL) {
        machine->fdt = blob_read(arguments.dtb_path, &machine->fdt_bytes, why, sizeof why);
    }
    set_defaults(&arguments);
    machine->harts = (uint32_t)harts_most(&arguments.plan.harts);
    machine->harts =
        machine->harts > arguments.plan.harts_configured ? machine->harts : arguments.plan.harts_configured;
    if ((arguments.dtb_path != NULL && machine->fdt == NULL) || !parse_variants(&arguments, why, sizeof why)) {
        return complain(EXIT_STATUS_USAGE, why);
    }
    int status = plan_platform(&arguments, &qemu, why, sizeof why);
    status = status == EXIT_STATUS_HOLDS ? run_into_file(&arguments, arguments.platform == ON_QEMU ? &qemu : NULL)
                                         : complain(status, why);
    free((void *)machine->fdt);
    return status;
}
