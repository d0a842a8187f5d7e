/* SPDX-License-Identifier: MIT
 * One run after the other. See paper_runner.h.
 *
 * The program that is run is this one's own file, /proc/self/exe: a build that goes on meanwhile changes nothing. */
#include "paper_runner.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "interrupt.h"
#include "platform.h"
#include "progress.h"
#include "subprocess.h"

#define LOOK_MS 100

const char *paper_outcome_name(enum paper_outcome outcome)
{
    static const char *const names[] = {"measured", "kept", "skipped", "failed", "interrupted"};
    return names[outcome];
}

/* The command line with `--out PATH --format json` behind it; the words belong to the run and to `path`. */
static char **make_argv(const struct paper_run *run, char *path)
{
    static char program[] = "/proc/self/exe", out[] = "--out", format[] = "--format", json[] = "json";
    size_t count = json_array_size(run->command);
    char **argv = calloc(count + 6, sizeof *argv);
    if (argv == NULL) {
        return NULL;
    }
    argv[0] = program;
    for (size_t i = 0; i < count; i++) {
        argv[i + 1] = (char *)json_string_value(json_array_get(run->command, i));
    }
    char *const last[] = {out, path, format, json};
    memcpy(argv + count + 1, last, sizeof last);
    return argv;
}

static double seconds_since(uint64_t begun_ns)
{
    return (double)(platform_time_ns() - begun_ns) / 1e9;
}

/* Reads the run to its end; false if it was interrupted, and is stopped. */
static bool watch(struct subprocess *subprocess, const struct paper_run *run, double done, double all, char *why)
{
    uint64_t begun_ns = platform_time_ns();
    enum subprocess_event event;
    char *line;
    while ((event = subprocess_read_line(subprocess, &line, LOOK_MS)) != SUBPROCESS_CLOSED) {
        if (atomic_load_explicit(&interrupted, memory_order_relaxed)) {
            subprocess_stop(subprocess);
            return false;
        }
        if (event == SUBPROCESS_LINE) {
            (void)snprintf(why, PAPER_WHY_BYTES, "%s", line);
        }
        progress_show(done + fmin(seconds_since(begun_ns), run->seconds), all, "%s: %s", run->folder->key, run->id);
    }
    return true;
}

static enum paper_outcome run_outcome(int status)
{
    return status == EXIT_STATUS_HOLDS     ? PAPER_RUN_DONE
           : status == EXIT_STATUS_SKIPPED ? PAPER_RUN_SKIPPED
                                           : PAPER_RUN_FAILED;
}

static enum paper_outcome fail(struct paper_result *result)
{
    (void)snprintf(result->why, sizeof result->why, "%s", strerror(errno));
    return PAPER_RUN_FAILED;
}

static enum paper_outcome run_it(const struct paper_run *run, const struct paper_cache *cache, double done, double all,
                                 struct paper_result *result)
{
    char path[PAPER_PATH_BYTES];
    struct subprocess subprocess;
    uint64_t begun_ns = platform_time_ns();
    paper_cache_part(cache, run, path);
    char **argv = make_argv(run, path);
    bool started = argv != NULL && subprocess_start(&subprocess, argv, true);
    free((void *)argv);
    if (!started) {
        return fail(result);
    }
    if (!watch(&subprocess, run, done, all, result->why)) {
        return PAPER_RUN_INTERRUPTED;
    }
    enum paper_outcome outcome = run_outcome(subprocess_wait(&subprocess));
    result->seconds = seconds_since(begun_ns);
    return outcome == PAPER_RUN_DONE && !paper_cache_keep(cache, run, result->seconds) ? fail(result) : outcome;
}

void paper_run(const struct paper_run *run, const struct paper_cache *cache, double done, double all,
               struct paper_result *result)
{
    *result = (struct paper_result){.outcome = PAPER_RUN_CACHED};
    if (paper_cache_has(cache, run, stderr)) {
        result->seconds = paper_cache_seconds(cache, run);
        return;
    }
    result->outcome = run_it(run, cache, done, all, result);
    if (result->outcome != PAPER_RUN_DONE) {
        paper_cache_drop(cache, run);
    }
}
