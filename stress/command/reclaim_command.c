/* SPDX-License-Identifier: MIT
 * `framelab reclaim`: schemes of reclamation by themselves, on the host or on simulated harts, as bench records. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "exit_status.h"
#include "frame_limits.h"
#include "harts.h"
#include "interrupt.h"
#include "machine_model.h"
#include "progress.h"
#include "record.h"
#include "retire.h"
#include "simulator.h"

#define WHY_BYTES 256u
#define KNOBS_BYTES 160u
#define SCHEMES_MOST 8u
#define HOST_MILLISECONDS UINT64_C(200)
#define SIM_OPERATIONS UINT64_C(500)
#define SIM_MACHINE "epyc-2socket"
#define OWN_NODES UINT64_C(64)
#define READ_NODES UINT64_C(1)
#define BAG UINT64_C(16)

enum {
    OPTION_SEED = 256,
    OPTION_PLATFORM,
    OPTION_MACHINE,
    OPTION_FORMAT,
    OPTION_OPERATIONS,
    OPTION_MILLISECONDS,
    OPTION_NODES,
    OPTION_BAG,
    OPTION_FREE,
    OPTION_WAIT,
    OPTION_LATENCY
};

struct arguments {
    bool wanted[SCHEMES_MOST];
    bool any;
    struct option_list harts;
    uint64_t repeats, seed, milliseconds;
    struct retire_plan plan;
    struct histogram *latency; /* NULL: not asked for */
    enum platform_choice platform;
    const char *machine, *out_path;
    enum output_format format;
    int argc;
    char **argv;
};

static const struct argp_option options[] = {
    {"workload", 'w', "NAME", 0, "queue (default), stack or read: see below", 1},
    {"nodes", OPTION_NODES, "N", 0, "queue, stack: for each hart (default: 64); read: of the list (default: 1)", 1},
    {"bag", OPTION_BAG, "N", 0, "Nodes that a hart retires before it collects what has passed (default: 16)", 1},
    {"free", OPTION_FREE, "all|N", 0, "stack: of what has passed, push all at once (default), or N in an operation", 1},
    {"wait", OPTION_WAIT, "yield|spin", 0, "Who finds no node yields his core (default), or keeps it", 1},
    {"harts", 'n', "LIST", 0, "Hart counts (default: 1 and 2; simulated 1 to 64 by doubling)", 2},
    {"repeat", 'r', "N", 0, "Measurements of each (default: 5)", 2},
    {"milliseconds", OPTION_MILLISECONDS, "N", 0, "Of a measurement, not simulated (default: 200)", 2},
    {"operations", OPTION_OPERATIONS, "N", 0, "A hart and measurement, in place of a time (simulated: 500)", 2},
    {"latency", OPTION_LATENCY, NULL, 0, "stack: time each call that retires and pushes, too", 2},
    {"seed", OPTION_SEED, "N", 0, "Of what is random in a simulated machine (default: from the clock; always printed)",
     2},
    {"platform", OPTION_PLATFORM, "NAME", 0, "host (default) or sim", 3},
    {"machine", OPTION_MACHINE, "NAME|FILE", 0, "With --platform sim: the simulated machine (default: " SIM_MACHINE ")",
     3},
    {"out", 'o', "FILE", 0, "Write the records there (default with --format json: stdout)", 4},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text: a table; json: records; csv: the table's figures (default: text)", 4},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void add_scheme(struct arguments *arguments, const char *name, const struct argp_state *state)
{
    for (uint32_t i = 0; retire_scheme(i) != NULL; i++) {
        if (strcmp(retire_scheme(i), name) == 0) {
            arguments->wanted[i] = true;
            arguments->any = true;
            return;
        }
    }
    usage_error(state, "no scheme '%s'; its --help lists them", name);
}

static void set_workload(struct retire_plan *plan, const char *name, const struct argp_state *state)
{
    for (uint32_t i = 0; i < RETIRE_WORKLOAD_COUNT; i++) {
        if (strcmp(retire_workload_name((enum retire_workload)i), name) == 0) {
            plan->workload = (enum retire_workload)i;
            return;
        }
    }
    usage_error(state, "--workload is queue, stack or read, not '%s'", name);
}

static void set_wait(struct retire_plan *plan, const char *text, const struct argp_state *state)
{
    plan->spin = strcmp(text, "spin") == 0;
    if (!plan->spin && strcmp(text, "yield") != 0) {
        usage_error(state, "--wait is yield or spin, not '%s'", text);
    }
}

static void set_free(struct retire_plan *plan, const char *text, const struct argp_state *state)
{
    plan->free_at_once = UINT64_MAX;
    if (strcmp(text, "all") != 0) {
        require_count(state, "free", text, 1000000, &plan->free_at_once);
    }
}

/* What is measured. */
static error_t parse_plan(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    struct retire_plan *plan = &arguments->plan;
    switch (key) {
    case 'w':
        set_workload(plan, text, state);
        return 0;
    case OPTION_NODES:
        require_count(state, "nodes", text, 1000000, &plan->nodes);
        return 0;
    case OPTION_BAG:
        require_count(state, "bag", text, 1000000, &plan->bag);
        return 0;
    case OPTION_FREE:
        set_free(plan, text, state);
        return 0;
    case OPTION_WAIT:
        set_wait(plan, text, state);
        return 0;
    case OPTION_OPERATIONS:
        require_count(state, "operations", text, 10000000, &plan->operations);
        return 0;
    case OPTION_MILLISECONDS:
        require_count(state, "milliseconds", text, 600000, &arguments->milliseconds);
        return 0;
    case 'n':
        require_harts(state, text, &arguments->harts);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void check_arguments(const struct arguments *arguments, const struct argp_state *state)
{
    if (arguments->machine != NULL && arguments->platform != ON_SIM) {
        usage_error(state, "--machine is of simulated harts: --platform sim");
    }
    if (arguments->milliseconds > 0 && arguments->platform == ON_SIM) {
        usage_error(state, "--milliseconds is of the host; simulated harts do --operations");
    }
    if (arguments->milliseconds > 0 && arguments->plan.operations > 0) {
        usage_error(state, "--milliseconds or --operations, not both");
    }
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static struct histogram latency;
    struct arguments *arguments = state->input;
    switch (key) {
    case 'r':
        require_count(state, "repeat", text, 100000, &arguments->repeats);
        return 0;
    case OPTION_LATENCY:
        arguments->latency = &latency;
        return 0;
    case OPTION_SEED:
        if (!option_number(text, &arguments->seed)) {
            usage_error(state, "--seed is a number, not '%s'", text);
        }
        return 0;
    case OPTION_PLATFORM:
        arguments->platform = require_platform(state, text);
        if (arguments->platform == ON_QEMU) {
            usage_error(state, "this is not measured in QEMU, which has no time");
        }
        return 0;
    case OPTION_MACHINE:
        arguments->machine = text;
        return 0;
    case 'o':
        arguments->out_path = text;
        return 0;
    case OPTION_FORMAT:
        if (!option_format(text, &arguments->format)) {
            usage_error(state, "--format is text, json or csv, not '%s'", text);
        }
        return 0;
    case ARGP_KEY_ARG:
        add_scheme(arguments, text, state);
        return 0;
    case ARGP_KEY_END:
        check_arguments(arguments, state);
        return 0;
    default:
        return parse_plan(key, text, state);
    }
}

static void set_defaults(struct arguments *arguments)
{
    bool sim = arguments->platform == ON_SIM;
    struct retire_plan *plan = &arguments->plan;
    if (arguments->harts.count == 0) {
        arguments->harts = sim ? (struct option_list){.count = 7, .values = {1, 2, 4, 8, 16, 32, 64}}
                               : (struct option_list){.count = 2, .values = {1, 2}};
    }
    if (plan->operations == 0 && sim) {
        plan->operations = SIM_OPERATIONS;
    }
    if (plan->nodes == 0) {
        plan->nodes = plan->workload == RETIRE_READ ? READ_NODES : OWN_NODES;
    }
    plan->limit_ns = (arguments->milliseconds > 0 ? arguments->milliseconds : HOST_MILLISECONDS) * UINT64_C(1000000);
    for (uint32_t i = 0; retire_scheme(i) != NULL; i++) {
        arguments->wanted[i] |= !arguments->any;
    }
}

/* ---- measuring ---- */

static int complain(int status, const char *why)
{
    progress_end();
    (void)fprintf(stderr, "framelab reclaim: %s\n", why);
    return status;
}

static struct latency_summary summarize(const struct histogram *latency)
{
    if (latency == NULL) {
        return (struct latency_summary){.samples = 0};
    }
    return (struct latency_summary){.samples = latency->samples,
                                    .p50_ns = histogram_quantile(latency, 5000),
                                    .p99_ns = histogram_quantile(latency, 9900),
                                    .p999_ns = histogram_quantile(latency, 9990),
                                    .max_ns = latency->max};
}

static void describe(const struct retire_plan *plan, char *knobs)
{
    char free_text[24] = "all";
    if (plan->free_at_once != UINT64_MAX) {
        (void)snprintf(free_text, sizeof free_text, "%llu", (unsigned long long)plan->free_at_once);
    }
    if (plan->workload == RETIRE_READ) {
        (void)snprintf(knobs, KNOBS_BYTES, "nodes=%llu", (unsigned long long)plan->nodes);
        return;
    }
    (void)snprintf(knobs, KNOBS_BYTES, "nodes=%llu,bag=%llu,free=%s,wait=%s", (unsigned long long)plan->nodes,
                   (unsigned long long)plan->bag, free_text, plan->spin ? "spin" : "yield");
}

/* What retire.h alone knows, beside what the platform told; takes `told`. */
static json_t *facts_json(json_t *told, const struct retire_result *result)
{
    json_t *facts = told != NULL ? told : json_object();
    json_t *retired =
        json_pack("{s:I, s:I}", "limbo_peak", (json_int_t)result->limbo_peak, "waits", (json_int_t)result->waits);
    (void)json_object_set_new(facts, "retired", retired);
    return facts;
}

static int write_result(const struct arguments *arguments, const struct retire_plan *plan, uint32_t repeat,
                        const struct retire_result *result, json_t *facts, struct record_writer *writer)
{
    char knobs[KNOBS_BYTES], workload[32];
    bool sim = arguments->platform == ON_SIM;
    describe(plan, knobs);
    (void)snprintf(workload, sizeof workload, "retire %s", retire_workload_name(plan->workload));
    const struct record_phase phase = {.name = "op",
                                       .operations = result->operations,
                                       .hart_ns = result->hart_ns,
                                       .latency = summarize(plan->latency)};
    const struct bench_record record = {
        .variant = retire_scheme(plan->scheme),
        .knobs = knobs,
        .platform = sim ? "sim" : "host",
        .workload = workload,
        .frames = 1,
        .harts = plan->harts,
        .cores = sim ? HART_MAX : harts_cores(),
        .repeat = repeat,
        .seed = arguments->seed,
        .phases = &phase,
        .phase_count = 1,
        .facts = facts,
    };
    return record_bench(writer, &record) ? EXIT_STATUS_HOLDS : complain(EXIT_STATUS_VIOLATED, strerror(errno));
}

static int measure(const struct arguments *arguments, uint32_t scheme, uint32_t harts, uint32_t repeat,
                   struct record_writer *writer)
{
    /* Harts write it: on lines of its own, a simulated run depends on nothing else. */
    _Alignas(CACHE_PAIR) uint64_t hart_ns[HART_MAX];
    struct retire_plan plan = arguments->plan;
    struct retire_result result = {.hart_ns = hart_ns};
    json_t *told = NULL;
    plan.scheme = scheme;
    plan.harts = harts;
    plan.latency = arguments->latency;
    if (plan.latency != NULL) {
        histogram_clear(plan.latency);
    }
    uint64_t seed = arguments->seed + repeat * UINT64_C(0x9e3779b97f4a7c15);
    bool good =
        arguments->platform == ON_SIM ? sim_retire_run(&plan, seed, &result, &told) : retire_run(&plan, &result);
    if (!good) {
        return complain(EXIT_STATUS_USAGE, "no memory, or not so many harts (hp: 256 at most)");
    }
    json_t *facts = facts_json(told, &result);
    int status = write_result(arguments, &plan, repeat, &result, facts, writer);
    json_decref(facts);
    return status;
}

static int measure_all(const struct arguments *arguments, struct record_writer *writer)
{
    uint32_t schemes = 0;
    while (retire_scheme(schemes) != NULL) {
        schemes++;
    }
    uint64_t all = arguments->repeats * arguments->harts.count * schemes;
    for (uint64_t i = 0; i < all; i++) {
        uint32_t scheme = (uint32_t)(i % schemes), repeat = (uint32_t)(i / schemes % arguments->repeats);
        uint32_t harts = (uint32_t)arguments->harts.values[i / schemes / arguments->repeats];
        if (!arguments->wanted[scheme]) {
            continue;
        }
        progress_show((double)i, (double)all, "%s, %u harts", retire_scheme(scheme), harts);
        if (atomic_load_explicit(&interrupted, memory_order_relaxed)) {
            return complain(EXIT_STATUS_INTERRUPTED, "interrupted; what was measured is kept");
        }
        int status = measure(arguments, scheme, harts, repeat, writer);
        if (status != EXIT_STATUS_HOLDS) {
            return status;
        }
    }
    progress_end();
    return EXIT_STATUS_HOLDS;
}

static int run(const struct arguments *arguments, FILE *records, const char *path)
{
    struct machine_model model;
    char why[WHY_BYTES];
    bool sim = arguments->platform == ON_SIM && machine_model_get(&model, arguments->machine, why, sizeof why);
    struct record_writer *writer =
        record_open(records, arguments->argc, arguments->argv, NULL, sim ? machine_model_json(&model) : NULL);
    if (writer == NULL) {
        return complain(EXIT_STATUS_VIOLATED, strerror(errno));
    }
    interrupt_catch();
    progress_begin(false);
    (void)fprintf(stderr, "framelab reclaim: seed %llu\n", (unsigned long long)arguments->seed);
    int status = measure_all(arguments, writer);
    record_close(writer);
    if (records != stdout && fclose(records) != 0) {
        return complain(EXIT_STATUS_VIOLATED, strerror(errno));
    }
    if (arguments->format != FORMAT_JSON && status == EXIT_STATUS_HOLDS) {
        status = print_records(arguments->format, path);
    }
    return status;
}

int reclaim_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "[SCHEME...]",
        .doc =
            "Measures schemes of reclamation by themselves: qsbr (quiescent states), epoch (Concurrency Kit's), hp "
            "(its hazard pointers) (default: all).\v"
            "queue: appends a node of its own to a shared queue, takes the first off, retires it, has it back after a "
            "grace period. stack: pops a node off a shared stack, retires it, pushes it after a grace period. read: "
            "reads a list.\n\n"
            "Exit status: 0, 2 usage, 77 platform not there, 130 interrupted."};
    struct arguments arguments = {.repeats = 5, .seed = (uint64_t)time(NULL), .argc = argc, .argv = argv};
    arguments.plan = (struct retire_plan){.bag = BAG, .free_at_once = UINT64_MAX};
    char why[WHY_BYTES], scratch[] = "/tmp/framelab-reclaim-XXXXXX";
    if (argp_parse(&argp, argc, argv, 0, NULL, &arguments) != 0) {
        return EXIT_STATUS_USAGE;
    }
    set_defaults(&arguments);
    arguments.machine = arguments.machine != NULL ? arguments.machine : SIM_MACHINE;
    if (arguments.platform == ON_SIM && !sim_bench_machine(arguments.machine, why, sizeof why)) {
        return complain(EXIT_STATUS_USAGE, why);
    }
    if (arguments.out_path == NULL && arguments.format == FORMAT_JSON) {
        return run(&arguments, stdout, "");
    }
    int fd = arguments.out_path == NULL ? mkstemp(scratch) : -1;
    const char *path = arguments.out_path != NULL ? arguments.out_path : scratch;
    FILE *records = fd >= 0 ? fdopen(fd, "w") : fopen(path, "we");
    if (records == NULL) {
        return complain(EXIT_STATUS_USAGE, strerror(errno));
    }
    int status = run(&arguments, records, path);
    if (path == scratch) {
        (void)unlink(scratch);
    }
    return status;
}
