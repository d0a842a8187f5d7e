/* SPDX-License-Identifier: MIT
 * `framelab primitives`: locks, counters and lists by themselves, on the host or on simulated harts, as bench records.
 */
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
#include "options.h"
#include "primitives.h"
#include "progress.h"
#include "record.h"
#include "simulator.h"

#define WHY_BYTES 256u
#define HOST_OPERATIONS UINT64_C(50000)
#define SIM_OPERATIONS UINT64_C(200)
#define SIM_MACHINE "epyc-2socket"

enum { OPTION_SEED = 256, OPTION_PLATFORM, OPTION_MACHINE, OPTION_FORMAT, OPTION_OPERATIONS };

struct arguments {
    bool wanted[PRIMITIVE_COUNT];
    bool any;
    struct option_list harts;
    uint64_t repeats, seed, operations;
    enum platform_choice platform;
    const char *machine, *out_path;
    enum output_format format;
    int argc;
    char **argv;
};

static const struct argp_option options[] = {
    {"harts", 'n', "LIST", 0, "Hart counts (default: 1 and 2; simulated 1 to 64 by doubling)", 1},
    {"repeat", 'r', "N", 0, "Measurements of each (default: 5)", 1},
    {"operations", OPTION_OPERATIONS, "N", 0, "A hart and measurement (default: 50000; simulated 200)", 1},
    {"seed", OPTION_SEED, "N", 0, "Of what is random in a simulated machine (default: from the clock; always printed)",
     1},
    {"platform", OPTION_PLATFORM, "NAME", 0, "host (default) or sim", 2},
    {"machine", OPTION_MACHINE, "NAME|FILE", 0, "With --platform sim: the simulated machine (default: " SIM_MACHINE ")",
     2},
    {"out", 'o', "FILE", 0, "Write the records there (default with --format json: stdout)", 3},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text: a table; json: records; csv: the table's figures (default: text)", 3},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void add_primitive(struct arguments *arguments, const char *name, const struct argp_state *state)
{
    for (uint32_t i = 0; i < PRIMITIVE_COUNT; i++) {
        if (strcmp(primitives_name((enum primitive)i), name) == 0) {
            arguments->wanted[i] = true;
            arguments->any = true;
            return;
        }
    }
    usage_error(state, "no primitive '%s'; its --help lists them", name);
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'n':
        require_harts(state, text, &arguments->harts);
        return 0;
    case 'r':
        require_count(state, "repeat", text, 100000, &arguments->repeats);
        return 0;
    case OPTION_OPERATIONS:
        require_count(state, "operations", text, 10000000, &arguments->operations);
        return 0;
    case OPTION_SEED:
        if (!option_number(text, &arguments->seed)) {
            usage_error(state, "--seed is a number, not '%s'", text);
        }
        return 0;
    case OPTION_PLATFORM:
        arguments->platform = require_platform(state, text);
        if (arguments->platform == ON_QEMU) {
            usage_error(state, "there are no primitives in QEMU, which has no time");
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
        add_primitive(arguments, text, state);
        return 0;
    case ARGP_KEY_END:
        if (arguments->machine != NULL && arguments->platform != ON_SIM) {
            usage_error(state, "--machine is of simulated harts: --platform sim");
        }
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void set_defaults(struct arguments *arguments)
{
    bool sim = arguments->platform == ON_SIM;
    if (arguments->harts.count == 0) {
        arguments->harts = sim ? (struct option_list){.count = 7, .values = {1, 2, 4, 8, 16, 32, 64}}
                               : (struct option_list){.count = 2, .values = {1, 2}};
    }
    if (arguments->operations == 0) {
        arguments->operations = sim ? SIM_OPERATIONS : HOST_OPERATIONS;
    }
    for (uint32_t i = 0; i < PRIMITIVE_COUNT; i++) {
        arguments->wanted[i] |= !arguments->any;
    }
}

/* ---- measuring ---- */

static int complain(int status, const char *why)
{
    progress_end();
    (void)fprintf(stderr, "framelab primitives: %s\n", why);
    return status;
}

static int measure(const struct arguments *arguments, enum primitive primitive, uint32_t harts, uint32_t repeat,
                   struct record_writer *writer)
{
    /* Harts write it: on lines of its own, a simulated run depends on nothing else. */
    _Alignas(CACHE_PAIR) uint64_t hart_ns[HART_MAX];
    json_t *facts = NULL;
    bool sim = arguments->platform == ON_SIM;
    uint64_t seed = arguments->seed + repeat * UINT64_C(0x9e3779b97f4a7c15);
    bool good = sim ? sim_primitives_run(primitive, harts, arguments->operations, seed, hart_ns, &facts)
                    : primitives_run(primitive, harts, arguments->operations, hart_ns);
    if (!good) {
        return complain(EXIT_STATUS_USAGE, "no memory, or not so many harts, or no double-width compare-and-swap here");
    }
    const struct record_phase phase = {.name = "op", .operations = arguments->operations, .hart_ns = hart_ns};
    const struct bench_record record = {
        .variant = primitives_name(primitive),
        .knobs = "",
        .platform = sim ? "sim" : "host",
        .workload = "primitive",
        .frames = 1,
        .harts = harts,
        .cores = sim ? HART_MAX : harts_cores(),
        .repeat = repeat,
        .seed = arguments->seed,
        .phases = &phase,
        .phase_count = 1,
        .facts = facts,
    };
    good = record_bench(writer, &record);
    json_decref(facts);
    return good ? EXIT_STATUS_HOLDS : complain(EXIT_STATUS_VIOLATED, strerror(errno));
}

static int measure_all(const struct arguments *arguments, struct record_writer *writer)
{
    uint64_t done = 0, all = arguments->repeats * arguments->harts.count * PRIMITIVE_COUNT;
    for (uint64_t i = 0; i < all; i++) {
        uint32_t primitive = (uint32_t)(i % PRIMITIVE_COUNT),
                 repeat = (uint32_t)(i / PRIMITIVE_COUNT % arguments->repeats);
        uint32_t harts = (uint32_t)arguments->harts.values[i / PRIMITIVE_COUNT / arguments->repeats];
        if (!arguments->wanted[primitive]) {
            continue;
        }
        progress_show((double)done++, (double)all, "%s, %u harts", primitives_name((enum primitive)primitive), harts);
        if (atomic_load_explicit(&interrupted, memory_order_relaxed)) {
            return complain(EXIT_STATUS_INTERRUPTED, "interrupted; what was measured is kept");
        }
        int status = measure(arguments, (enum primitive)primitive, harts, repeat, writer);
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
    (void)fprintf(stderr, "framelab primitives: seed %llu\n", (unsigned long long)arguments->seed);
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

int primitives_command(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options,
        .parser = parse_option,
        .args_doc = "[PRIMITIVE...]",
        .doc = "Measures what allocators are made of, by itself: ticket-lock, mcs-lock, shared-counter, own-counters, "
               "treiber-stack, locked-list, cas-list, own-lists (default: all).\v"
               "Exit status: 0, 2 usage, 77 platform not there, 130 interrupted."};
    struct arguments arguments = {.repeats = 5, .seed = (uint64_t)time(NULL), .argc = argc, .argv = argv};
    char why[WHY_BYTES], scratch[] = "/tmp/framelab-primitives-XXXXXX";
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
