/* SPDX-License-Identifier: MIT
 * Runs, as many at once as may be. See paper_runner.h.
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

/* ---- Runs at once ----------------------------------------------------------------------------------------------- */

/* One that is under way. */
struct job {
    struct subprocess subprocess;
    const struct paper_run *run; /* NULL: none */
    struct paper_result *result;
    uint64_t begun_ns;
};

struct pool {
    const struct paper_batch *batch;
    struct job jobs[PAPER_JOBS_MAX];
    unsigned count; /* of jobs that may run */
    size_t next;    /* of the batch's runs: those before it have begun */
    bool stopped;   /* one failed, or all are interrupted: nothing begins any more */
};

static unsigned running(const struct pool *pool)
{
    unsigned running = 0;
    for (unsigned i = 0; i < pool->count; i++) {
        running += pool->jobs[i].run != NULL;
    }
    return running;
}

/* Whether the same run, which another figure or variation asks for, too, is under way. */
static bool is_running(const struct pool *pool, const struct paper_run *run)
{
    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->jobs[i].run != NULL && strcmp(pool->jobs[i].run->key, run->key) == 0) {
            return true;
        }
    }
    return false;
}

/* Simulated runs do not mind each other; one that is timed, or counted by QEMU, has the machine to itself. */
static bool may_begin(const struct pool *pool, const struct paper_run *run)
{
    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->jobs[i].run != NULL && !(pool->jobs[i].run->simulated && run->simulated)) {
            return false;
        }
    }
    return running(pool) < pool->count && !is_running(pool, run);
}

static struct job *free_job(struct pool *pool)
{
    struct job *job = pool->jobs;
    while (job->run != NULL) {
        job++;
    }
    return job;
}

/* What a second of a run is of the estimate, in which simulated runs share their time. */
static double at_once(const struct pool *pool, const struct paper_run *run)
{
    return run->simulated ? (double)pool->count : 1;
}

static void end_job(struct pool *pool, struct job *job, enum paper_outcome outcome)
{
    const struct paper_cache *cache = pool->batch->cache;
    job->result->seconds = seconds_since(job->begun_ns);
    if (outcome == PAPER_RUN_DONE && !paper_cache_keep(cache, job->run, job->result->seconds)) {
        outcome = fail(job->result);
    }
    if (outcome != PAPER_RUN_DONE) {
        paper_cache_drop(cache, job->run);
    }
    job->result->outcome = outcome;
    pool->stopped = pool->stopped || outcome == PAPER_RUN_FAILED || outcome == PAPER_RUN_INTERRUPTED;
    *pool->batch->done += outcome != PAPER_RUN_INTERRUPTED ? job->run->seconds / at_once(pool, job->run) : 0;
    job->run = NULL;
}

static void begin_job(struct pool *pool, size_t i)
{
    char path[PAPER_PATH_BYTES];
    struct job *job = free_job(pool);
    *job =
        (struct job){.run = pool->batch->runs[i], .result = &pool->batch->results[i], .begun_ns = platform_time_ns()};
    paper_cache_part(pool->batch->cache, job->run, path);
    char **argv = make_argv(job->run, path);
    if (argv == NULL || !subprocess_start(&job->subprocess, argv, true)) {
        end_job(pool, job, fail(job->result));
    }
    free((void *)argv);
}

/* Begins what may begin, in the order of the batch; what was run before is done at once. */
static void begin_jobs(struct pool *pool)
{
    const struct paper_batch *batch = pool->batch;
    while (!pool->stopped && pool->next < batch->count && may_begin(pool, batch->runs[pool->next])) {
        const struct paper_run *run = batch->runs[pool->next];
        if (paper_cache_has(batch->cache, run, stderr)) {
            batch->results[pool->next].outcome = PAPER_RUN_CACHED;
            batch->results[pool->next].seconds = paper_cache_seconds(batch->cache, run);
        } else {
            begin_job(pool, pool->next);
        }
        pool->next++;
    }
}

static void look(struct pool *pool, struct job *job, int timeout_ms)
{
    char *line;
    switch (subprocess_read_line(&job->subprocess, &line, timeout_ms)) {
    case SUBPROCESS_LINE:
        (void)snprintf(job->result->why, PAPER_WHY_BYTES, "%s", line);
        break;
    case SUBPROCESS_CLOSED:
        end_job(pool, job, run_outcome(subprocess_wait(&job->subprocess)));
        break;
    case SUBPROCESS_SILENT:
        break;
    }
}

static void stop(struct pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++) {
        if (pool->jobs[i].run != NULL) {
            subprocess_stop(&pool->jobs[i].subprocess);
            end_job(pool, &pool->jobs[i], PAPER_RUN_INTERRUPTED);
        }
    }
}

/* Of the estimate, what the runs that are under way have done. */
static double done_by_jobs(const struct pool *pool)
{
    double done = 0;
    for (unsigned i = 0; i < pool->count; i++) {
        const struct job *job = &pool->jobs[i];
        done += job->run != NULL ? fmin(seconds_since(job->begun_ns), job->run->seconds) / at_once(pool, job->run) : 0;
    }
    return done;
}

void paper_run(const struct paper_batch *batch)
{
    struct pool pool = {.batch = batch, .count = batch->jobs < PAPER_JOBS_MAX ? batch->jobs : PAPER_JOBS_MAX};
    for (size_t i = 0; i < batch->count; i++) {
        batch->results[i] = (struct paper_result){.outcome = PAPER_RUN_INTERRUPTED};
    }
    begin_jobs(&pool);
    while (running(&pool) > 0) {
        unsigned at_once = running(&pool);
        for (unsigned i = 0; i < pool.count; i++) {
            if (pool.jobs[i].run != NULL) {
                look(&pool, &pool.jobs[i], LOOK_MS / (int)at_once);
            }
        }
        progress_show(*batch->done + done_by_jobs(&pool), batch->all, "%s", batch->name);
        if (atomic_load_explicit(&interrupted, memory_order_relaxed) || pool.stopped) {
            stop(&pool);
        }
        begin_jobs(&pool);
    }
}
