/* SPDX-License-Identifier: MIT
 * The trials of a stress run. See stress_series.h. */
#include "stress_series.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit_status.h"
#include "interrupt.h"
#include "platform.h"
#include "progress.h"
#include "provenance.h"
#include "random.h"
#include "watchdog.h"

#define NAME_BYTES 400u
#define PATH_BYTES 4096u
/* Between two writes of how far the run came. */
#define KEEP_NS UINT64_C(1000000000)

struct stress_series {
    const struct stress_plan *plan;
    const struct stress_work *work;
    struct stress_report *report;
    uint64_t seed;
    uint64_t first, step, end; /* numbers of this run; with --until-failure there is no end */
    uint64_t number;           /* that is played */
    uint64_t inside;           /* how far it had come */
    uint64_t played, without_time;
    uint64_t run_begun_ns, pass_begun_ns, kept_ns;
};

uint64_t stress_pass_seed(uint64_t seed, uint64_t pass)
{
    struct random random = random_stream(seed, pass);
    return pass == 0 ? seed : random_next(&random) >> 1; /* 63 bits: what readers of JSON keep */
}

static double seconds_since(uint64_t begun_ns)
{
    return (double)(platform_time_ns() - begun_ns) / 1e9;
}

/* ---- how far it came ---- */

/* Whose state it is: the command line and the build. */
static char *identity_of(const struct stress_plan *plan)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    const char *version = provenance_version();
    for (int i = 0; i < plan->argc && stream != NULL; i++) {
        (void)fprintf(stream, "%s ", plan->argv[i]);
    }
    if (stream != NULL) {
        (void)fprintf(stream, "by %.*s %s", (int)strcspn(version, "\n"), version, provenance_own());
    }
    return stream != NULL && fclose(stream) == 0 ? text : NULL;
}

/* Written beside it and renamed: what is there is whole. That it cannot be written is told, and ends nothing. */
static void keep_state(struct stress_series *series, uint64_t number, uint64_t inside)
{
    const struct stress_plan *plan = series->plan;
    char part[PATH_BYTES];
    char *identity = identity_of(plan);
    json_t *state = json_pack("{s:s?, s:s, s:I, s:I, s:f}", "run", identity, "seed", "", "number", (json_int_t)number,
                              "inside", (json_int_t)inside, "seconds", seconds_since(series->pass_begun_ns));
    char seed[24];
    (void)snprintf(seed, sizeof seed, "%" PRIu64, series->seed);
    json_object_set_new(state, "seed", json_string(seed));
    (void)snprintf(part, sizeof part, "%s.part", plan->resume_path);
    FILE *file = fopen(part, "we");
    bool good = file != NULL && record_line(file, state) && fsync(fileno(file)) == 0;
    good = file != NULL && fclose(file) == 0 && good;
    if (!good || rename(part, plan->resume_path) != 0) {
        (void)fprintf(stderr, "%s: %s: %s\n", plan->argv[0], plan->resume_path, strerror(errno));
    }
    json_decref(state);
    free(identity);
}

/* An exit status, after a line on stderr if it is not EXIT_STATUS_HOLDS. That there is no file is no fault. */
static int go_on(struct stress_series *series)
{
    const struct stress_plan *plan = series->plan;
    json_error_t error;
    if (plan->resume_path == NULL || access(plan->resume_path, F_OK) != 0) {
        return EXIT_STATUS_HOLDS;
    }
    json_t *state = json_load_file(plan->resume_path, 0, &error);
    const char *run = json_string_value(json_object_get(state, "run"));
    const char *seed = json_string_value(json_object_get(state, "seed"));
    char *identity = identity_of(plan);
    int status = EXIT_STATUS_HOLDS;
    if (run == NULL || seed == NULL || !option_number(seed, &series->seed)) {
        status =
            status_say(plan->argv[0], EXIT_STATUS_USAGE, "%s: it does not say how far a run came", plan->resume_path);
    } else if (identity == NULL || strcmp(run, identity) != 0) {
        status = status_say(plan->argv[0], EXIT_STATUS_USAGE, "%s: it is of another run: %s", plan->resume_path, run);
    } else {
        series->number = (uint64_t)json_integer_value(json_object_get(state, "number"));
        series->inside = (uint64_t)json_integer_value(json_object_get(state, "inside"));
        series->pass_begun_ns -= (uint64_t)(json_number_value(json_object_get(state, "seconds")) * 1e9);
        (void)fprintf(stderr, "%s: goes on at trial %" PRIu64 ", as %s says\n", plan->argv[0], series->number,
                      plan->resume_path);
    }
    free(identity);
    json_decref(state);
    return status;
}

/* ---- one trial ---- */

static uint32_t kind_of(const struct stress_series *series, uint64_t number)
{
    return (uint32_t)(number % series->work->count);
}

static struct stress_turn turn_of(struct stress_series *series, uint64_t inside)
{
    const uint64_t count = series->work->count, pass = series->number / count;
    const double left = series->plan->seconds - seconds_since(series->pass_begun_ns);
    return (struct stress_turn){.series = series,
                                .kind = kind_of(series, series->number),
                                .number = series->number,
                                .seed = stress_pass_seed(series->seed, pass),
                                .inside = inside,
                                .seconds_left = left > 0 ? left : 0,
                                .kinds_left = (uint32_t)(((pass + 1) * count - series->number - 1) / series->step + 1)};
}

struct stress_range stress_turn_range(const struct stress_turn *turn)
{
    const struct stress_plan *plan = turn->series->plan;
    return (struct stress_range){.unit = "trials",
                                 .first = turn->number,
                                 .last = turn->number,
                                 .seed = turn->series->seed,
                                 .shard = plan->shard,
                                 .shards = plan->shards};
}

static void show(const struct stress_series *series, double share)
{
    const struct stress_plan *plan = series->plan;
    char name[NAME_BYTES];
    series->work->name(series->work->context, kind_of(series, series->number), name, sizeof name);
    if (plan->until_failure) {
        progress_show(0, 0, "trial %" PRIu64 ": %s", series->number, name);
    } else if (plan->seconds > 0) {
        double taken = seconds_since(series->pass_begun_ns);
        progress_show(taken < plan->seconds ? taken : plan->seconds, plan->seconds, "%s", name);
    } else {
        const uint64_t done = (series->number - series->first) / series->step;
        const uint64_t all = (series->end - series->first - 1) / series->step + 1;
        progress_show((double)done + share, (double)all, "%s", name);
    }
}

void stress_series_note(const struct stress_turn *turn, uint64_t inside, double share)
{
    struct stress_series *series = turn->series;
    uint64_t now_ns = platform_time_ns();
    show(series, share);
    if (series->plan->resume_path != NULL && now_ns - series->kept_ns >= KEEP_NS) {
        series->kept_ns = now_ns;
        keep_state(series, series->number, inside);
    }
}

static void report_late(void *context)
{
    struct stress_series *series = context;
    const struct stress_plan *plan = series->plan;
    char name[NAME_BYTES];
    series->work->name(series->work->context, kind_of(series, series->number), name, sizeof name);
    (void)fprintf(stderr, "%s: time limit, in trial %" PRIu64 ": %s, seed %" PRIu64 "\n", plan->argv[0], series->number,
                  name, series->seed);
    if (series->work->say_where != NULL) {
        series->work->say_where(series->work->context);
    }
    stress_report_abort(series->report, "the time limit has passed");
}

/* QEMU's guests are watched by whoever runs them. */
static bool watch(struct stress_series *series, const struct stress_turn *turn)
{
    const struct stress_plan *plan = series->plan;
    if (plan->qemu != NULL) {
        return true;
    }
    double seconds = turn->seconds_left + plan->patience_seconds;
    if (plan->limit_seconds > 0) {
        double left = plan->limit_seconds - seconds_since(series->run_begun_ns);
        seconds = left > 0.001 ? left : 0.001;
    }
    return watchdog_start(seconds, report_late, series);
}

static int play(struct stress_series *series)
{
    const struct stress_plan *plan = series->plan;
    const struct stress_work *work = series->work;
    const struct stress_turn turn = turn_of(series, series->inside);
    const uint64_t told = stress_report_told(series->report);
    char name[NAME_BYTES];
    show(series, 0);
    if (!watch(series, &turn)) {
        return status_say(plan->argv[0], EXIT_STATUS_USAGE, "the watchdog cannot be set");
    }
    int status = work->play(work->context, series->report, &turn);
    watchdog_stop();
    work->name(work->context, turn.kind, name, sizeof name);
    if (status == STRESS_NO_TIME) {
        series->without_time++;
        stress_report_skip(series->report, name, "no time was left for it");
        return EXIT_STATUS_HOLDS;
    }
    series->played++;
    if (status == EXIT_STATUS_INTERRUPTED && stress_report_told(series->report) == told) {
        stress_report_skip(series->report, name, "interrupted");
    } else if (status != EXIT_STATUS_HOLDS && stress_report_told(series->report) == told) {
        char why[64];
        (void)snprintf(why, sizeof why, "ended with status %d, and why stands on stderr", status);
        stress_report_error(series->report, name, why);
    }
    return status;
}

/* ---- all ---- */

static void skip_rest(struct stress_series *series, uint64_t number, const char *why)
{
    char name[NAME_BYTES];
    for (; number < series->end && !series->plan->until_failure; number += series->step) {
        series->work->name(series->work->context, kind_of(series, number), name, sizeof name);
        stress_report_skip(series->report, name, why);
    }
}

/* Of formats that are not for people, on stderr. */
static void summarize(const struct stress_series *series, uint64_t last)
{
    const struct stress_plan *plan = series->plan;
    FILE *out = plan->format == STRESS_TEXT ? plan->out : stderr;
    if (series->played == 0) {
        return;
    }
    progress_wipe();
    (void)fprintf(out, "played:     trials %" PRIu64 " to %" PRIu64 " of seed %" PRIu64, series->first, last,
                  series->seed);
    if (plan->shards > 1) {
        (void)fprintf(out, ", shard %u of %u", plan->shard, plan->shards);
    }
    if (series->without_time > 0) {
        (void)fprintf(out, "; for %" PRIu64 " of them no time was left", series->without_time);
    }
    (void)fputc('\n', out);
}

static bool is_more(const struct stress_series *series, uint64_t number)
{
    return series->plan->until_failure || number < series->end;
}

static int play_all(struct stress_series *series)
{
    const struct stress_plan *plan = series->plan;
    const uint64_t count = series->work->count, begin = series->number;
    uint64_t last = begin;
    int status = EXIT_STATUS_HOLDS;
    for (uint64_t next = begin; is_more(series, next) && status == EXIT_STATUS_HOLDS && !interrupted;
         next += series->step) {
        if (next / count != series->number / count) {
            series->pass_begun_ns = platform_time_ns();
        }
        series->inside = next == begin ? series->inside : 0;
        series->number = last = next;
        if (plan->resume_path != NULL) {
            keep_state(series, next, series->inside);
        }
        status = play(series);
    }
    bool stopped = status == EXIT_STATUS_HOLDS && interrupted;
    skip_rest(series, last + series->step, stopped ? "interrupted" : "an earlier trial did not hold");
    if (status == EXIT_STATUS_HOLDS || status == EXIT_STATUS_VIOLATED) {
        summarize(series, last);
    }
    if (status == EXIT_STATUS_HOLDS && stopped) {
        return status_say(plan->argv[0], EXIT_STATUS_INTERRUPTED,
                          "interrupted in trial %" PRIu64 ", what was found is kept", last);
    }
    return status;
}

int stress_series_run(const struct stress_plan *plan, const struct stress_work *work)
{
    const bool is_split = !work->is_shared && plan->shards > 1;
    struct stress_series series = {.plan = plan,
                                   .work = work,
                                   .seed = plan->seed,
                                   .first = is_split ? plan->shard - 1 : 0,
                                   .step = is_split ? plan->shards : 1,
                                   .run_begun_ns = platform_time_ns()};
    series.pass_begun_ns = series.run_begun_ns;
    series.end = series.first < work->count ? work->count : series.first + 1;
    series.number = series.first;
    int status = go_on(&series);
    if (status != EXIT_STATUS_HOLDS) {
        return status;
    }
    (void)fprintf(stderr, "%s: seed %" PRIu64 "\n", plan->argv[0], series.seed);
    series.report =
        stress_report_open(plan, plan->until_failure ? 0 : (series.end - series.number - 1) / series.step + 1);
    if (series.report == NULL) {
        return EXIT_STATUS_USAGE;
    }
    status = play_all(&series);
    progress_end();
    status = stress_report_close(series.report, status);
    if (plan->resume_path != NULL && status != EXIT_STATUS_INTERRUPTED && status != EXIT_STATUS_WATCHDOG) {
        (void)unlink(plan->resume_path);
    }
    return status;
}
