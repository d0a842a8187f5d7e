/* SPDX-License-Identifier: MIT
 * The run around what is measured. See measured.h. */
#include "measured.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"
#include "commands.h"
#include "exit_status.h"
#include "frame_limits.h"
#include "interrupt.h"
#include "progress.h"
#include "watchdog.h"

#define WHY_BYTES 256u
/* To git bisect: a commit that cannot be judged. */
#define BISECT_CANNOT_TELL 125
/* More than that, and all its samples would not be read again. */
#define REPEAT_MOST 100000u

/* ---- options ---- */

/* Repeats: with so many, all rows of a run as `make compare` makes it can be judged, two of them disturbed. Simulated
 * and counted ones are exact, and repeats show what depends on the seed. */
#define HOST_REPEATS 12u
#define AGAINST_REPEATS 14u
#define EXACT_REPEATS 5u

enum {
    OPTION_PLATFORM = 768,
    OPTION_SEED,
    OPTION_FORMAT,
    OPTION_PROGRESS,
    OPTION_MACHINE,
    OPTION_COSTS,
    OPTION_TIME_LIMIT,
    OPTION_AGAINST,
    OPTION_THRESHOLD,
    OPTION_BISECT
};

void measured_keep_own(struct run_options *run, const struct argp_state *state, const char *text)
{
    const char *element = state->argv[state->next - 1];
    run->own[run->own_count++ % RUN_OWN_MAX] = element;
    if (element == text) {
        run->own[run->own_count++ % RUN_OWN_MAX] = state->argv[state->next - 2];
    }
}

static const struct argp_option run_options[] = {
    {"seed", OPTION_SEED, "N", 0, "Of all that is random (default: from the clock; always printed)", 3},
    {"progress", OPTION_PROGRESS, NULL, 0, "Show progress even if stderr is not a terminal", 4},
    {"platform", OPTION_PLATFORM, "NAME", 0, "host (default), qemu or sim", 4},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const struct option_value run_values[] = {
    OPTION_NUMBER(OPTION_SEED, struct run_options, seed, 0, UINT64_MAX),
    OPTION_PLAIN(OPTION_PROGRESS, VALUE_FLAG, struct run_options, progress),
    {0},
};

static const struct platform *require_platform(const struct argp_state *state, const char *name)
{
    const struct platform *platform = platform_find(name);
    if (platform == NULL) {
        usage_error(state, "--platform is host, qemu or sim, not '%s'", name);
    } else if (platform->missing != NULL) {
        exit(status_say(state->name, EXIT_STATUS_SKIPPED, "skipped: platform %s: %s", name, platform->missing));
    }
    return platform;
}

static error_t parse_run_option(int key, char *text, struct argp_state *state)
{
    struct run_options *run = state->input;
    run->seed_given |= key == OPTION_SEED;
    if (key == OPTION_PLATFORM) {
        run->platform = require_platform(state, text);
        return 0;
    }
    if (key == OPTION_PROGRESS) {
        measured_keep_own(run, state, text);
    }
    return option_set(state, run_options, run_values, key, text);
}

const struct argp run_argp = {.options = run_options, .parser = parse_run_option};

static const struct argp_option measured_options[] = {
    {"harts", 'n', "LIST", 0,
     "Hart counts: \"1,2,4\" or \"1-4\" (default: 1 and 2, or of a device tree 1 and all; in QEMU 1,2,4,8; simulated "
     "1 "
     "to 64 by doubling)",
     1},
    {"repeat", 'r', "N", 0,
     "Measurements of each, on the host each in a process of its own (default: 12; with --against 14; else 5)", 3},
    {"against", OPTION_AGAINST, "BINARY", 0,
     "Measure that framelab (A) and this one (B) in turn, and compare: status 1 if this one is slower, 3 if that could "
     "not be judged",
     3},
    {"threshold", OPTION_THRESHOLD, "PERCENT", 0, "With --against: a smaller change is no regression (default: 5)", 3},
    {"bisect", OPTION_BISECT, NULL, 0,
     "With --against: status 125 in place of all but 0, 1 and 130, for git bisect run", 3},
    {"time-limit", OPTION_TIME_LIMIT, "SECONDS", 0,
     "Give up with status 124; what was measured is kept (default in QEMU: 600)", 3},
    {"format", OPTION_FORMAT, "FORMAT", 0, "text, json (records) or csv (default: text)", 4},
    {"out", 'o', "FILE", 0, "Write the records there (default with --format json: stdout)", 4},
    {"machine", OPTION_MACHINE, "NAME|FILE", 0,
     "With --platform sim: the simulated machine, by name (framelab list) or a file of framelab calibrate (default: "
     "epyc-2socket)",
     4},
    {"costs", OPTION_COSTS, "FACTOR", 0,
     "With --platform sim: what harts pay for one another (transfers, invalidations, misses), times FACTOR; what a "
     "hart "
     "does by itself costs the same (default: 1)",
     4},
    {NULL, 0, NULL, 0, NULL, 0},
};

static const char *const no_harts[] = {"nothing runs on 0 harts"};

static const struct option_value measured_values[] = {
    OPTION_LIST('n', struct measured, harts, HART_MAX, no_harts),
    OPTION_NUMBER('r', struct measured, repeats, 1, REPEAT_MOST),
    OPTION_PLAIN(OPTION_AGAINST, VALUE_TEXT, struct measured, against),
    OPTION_PLAIN(OPTION_THRESHOLD, VALUE_SECONDS, struct measured, threshold),
    OPTION_PLAIN(OPTION_BISECT, VALUE_FLAG, struct measured, bisect),
    OPTION_PLAIN(OPTION_TIME_LIMIT, VALUE_SECONDS, struct measured, seconds),
    OPTION_WORD(OPTION_FORMAT, struct measured, format, format_words),
    OPTION_PLAIN('o', VALUE_TEXT, struct measured, out_path),
    OPTION_PLAIN(OPTION_MACHINE, VALUE_TEXT, struct measured, machine),
    OPTION_PLAIN(OPTION_COSTS, VALUE_SECONDS, struct measured, costs),
    {0},
};

static void check_against(const struct measured *measured, const struct argp_state *state)
{
    if (measured->against == NULL) {
        if (measured->threshold > 0 || measured->bisect) {
            usage_error(state, "--threshold and --bisect go with --against");
        }
    } else if (measured->run.platform != &platform_host) {
        usage_error(state, "--against is for the host: simulated and counted runs are compared exactly, by framelab "
                           "compare");
    } else if (strchr(measured->against, '/') == NULL || access(measured->against, X_OK) != 0) {
        usage_error(state, "--against is a path of a framelab, with a slash, not '%s'", measured->against);
    }
}

static error_t parse_measured_option(int key, char *text, struct argp_state *state)
{
    struct measured *measured = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &measured->run;
        return 0;
    case ARGP_KEY_END:
        if ((measured->machine != NULL || measured->costs != 0) && measured->run.platform->machine == NULL) {
            usage_error(state, "--machine and --costs are of simulated harts: --platform sim");
        }
        if (measured->costs != 0 && (measured->costs < 0.1 || measured->costs > 10)) {
            usage_error(state, "--costs is 0.1 to 10");
        }
        check_against(measured, state);
        return 0;
    case OPTION_AGAINST:
    case OPTION_THRESHOLD:
    case OPTION_BISECT:
    case OPTION_TIME_LIMIT:
    case 'o':
        measured_keep_own(&measured->run, state, text);
        return option_set(state, measured_options, measured_values, key, text);
    default:
        return option_set(state, measured_options, measured_values, key, text);
    }
}

static const struct argp_child measured_children[] = {{&run_argp, 0, NULL, 0}, {NULL, 0, NULL, 0}};

const struct argp measured_argp = {
    .options = measured_options, .parser = parse_measured_option, .children = measured_children};

struct run_options run_options_default(void)
{
    return (struct run_options){.platform = &platform_host, .seed = (uint64_t)time(NULL)};
}

struct measured measured_default(int argc, char **argv)
{
    return (struct measured){.run = run_options_default(), .latency_blocks = UINT32_MAX, .argc = argc, .argv = argv};
}

void measured_complete(struct measured *measured)
{
    const struct platform *platform = measured->run.platform;
    measured->harts = measured->harts.count != 0 ? measured->harts : platform->harts;
    if (measured->repeats == 0) {
        bool host = platform == &platform_host;
        measured->repeats = measured->against != NULL ? AGAINST_REPEATS : host ? HOST_REPEATS : EXACT_REPEATS;
    }
    measured->seconds = measured->seconds > 0 ? measured->seconds : platform->bench_seconds;
}

/* ---- the run ---- */

/* Where records go: the file asked for, stdout, or a file that vanishes, for the table. NULL with errno. */
static FILE *open_records(const struct measured *measured, char *scratch)
{
    if (measured->out_path != NULL) {
        return fopen(measured->out_path, "we");
    }
    if (measured->format == FORMAT_JSON && measured->against == NULL) {
        return stdout;
    }
    int fd = mkstemp(scratch);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

static int print_table(enum output_format format, const char *path)
{
    char command[] = "framelab table", option[] = "--format", text[] = "text", csv[] = "csv", file[4096];
    (void)snprintf(file, sizeof file, "%s", path);
    char *argv[] = {command, option, format == FORMAT_CSV ? csv : text, file, NULL};
    return table_command(4, argv);
}

/* Of the two sides in `path`; its status. */
static int print_comparison(const struct measured *measured, const char *path)
{
    static const char *const formats[] = {[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_CSV] = "csv"};
    char command[] = "framelab compare", threshold[64], format[32], bisect[] = "--bisect", file[4096];
    (void)snprintf(threshold, sizeof threshold, "--threshold=%g", measured->threshold > 0 ? measured->threshold : 5);
    (void)snprintf(format, sizeof format, "--format=%s", formats[measured->format]);
    (void)snprintf(file, sizeof file, "%s", path);
    char *argv[] = {command, threshold, format, file, measured->bisect ? bisect : NULL, NULL};
    return compare_command(measured->bisect ? 5 : 4, argv);
}

static bool is_campaign(const struct measured *measured)
{
    return measured->run.platform == &platform_host && (measured->repeats > 1 || measured->against != NULL);
}

/* The options that the processes of a campaign are told, too. */
static int told_options(const struct measured *measured, char **argv)
{
    int count = 0;
    for (int i = 0; i < measured->argc; i++) {
        bool own = false;
        for (uint32_t k = 0; k < measured->run.own_count && k < RUN_OWN_MAX; k++) {
            own |= measured->argv[i] == measured->run.own[k];
        }
        if (!own) {
            argv[count++] = measured->argv[i];
        }
    }
    return count;
}

static int run_campaign(const struct measured *measured, const char *name, FILE *records)
{
    char **argv = calloc((size_t)measured->argc + 1, sizeof *argv);
    if (argv == NULL) {
        return status_say(name, EXIT_STATUS_USAGE, "out of memory");
    }
    const struct campaign campaign = {.name = name,
                                      .argc = told_options(measured, argv),
                                      .argv = argv,
                                      .other = measured->against,
                                      .blocks = measured->repeats,
                                      .latency_blocks = measured->latency_blocks,
                                      .seed = measured->run.seed};
    int status = campaign_run(&campaign, records);
    free(argv);
    return status;
}

static void report_hang(void *name)
{
    (void)fprintf(stderr, "%s: while measuring %s; what was measured is kept\n", (const char *)name, progress_doing());
}

static int run_into(const struct measured *measured, const char *name, measured_body *body, const void *plan,
                    FILE *records)
{
    interrupt_catch();
    progress_begin(measured->run.progress);
    (void)fprintf(stderr, "%s: seed %llu\n", name, (unsigned long long)measured->run.seed);
    if (measured->seconds > 0 && measured->run.platform->bench_seconds <= 0) {
        (void)watchdog_start(measured->seconds, report_hang, (void *)name);
    }
    int status = is_campaign(measured) ? run_campaign(measured, name, records) : body(plan, records);
    watchdog_stop();
    progress_end();
    return status;
}

int measured_run(const struct measured *measured, const char *name, measured_body *body, const void *plan)
{
    const struct platform *platform = measured->run.platform;
    char why[WHY_BYTES], scratch[] = "/tmp/framelab-XXXXXX";
    if (platform->machine != NULL &&
        !platform->machine(measured->machine, measured->costs > 0 ? measured->costs : 1, why, sizeof why)) {
        return status_say(name, EXIT_STATUS_USAGE, "%s", why);
    }
    FILE *records = open_records(measured, scratch);
    const char *path = measured->out_path != NULL ? measured->out_path : scratch;
    if (records == NULL) {
        return status_say(name, EXIT_STATUS_USAGE, "%s: %s", path, strerror(errno));
    }
    int status = run_into(measured, name, body, plan, records);
    bool to_stdout = records == stdout, measured_any = to_stdout || ftell(records) > 0;
    if (!to_stdout && fclose(records) != 0) { /* if it was told before, that is enough */
        status = status == EXIT_STATUS_VIOLATED
                     ? status
                     : status_say(name, EXIT_STATUS_VIOLATED, "%s: %s", path, strerror(errno));
    } else if (measured->against != NULL && status == EXIT_STATUS_HOLDS) {
        status = print_comparison(measured, path);
    } else if (measured->format != FORMAT_JSON && measured->against == NULL && measured_any &&
               status != EXIT_STATUS_USAGE) {
        int shown = print_table(measured->format, path);
        status = status == EXIT_STATUS_HOLDS ? shown : status;
    }
    if (path == scratch && !to_stdout) {
        (void)unlink(scratch);
    }
    bool tells = status == EXIT_STATUS_HOLDS || status == EXIT_STATUS_VIOLATED || status == EXIT_STATUS_INTERRUPTED;
    return measured->bisect && !tells ? BISECT_CANNOT_TELL : status;
}
