/* SPDX-License-Identifier: MIT
 * Runs what figures need, one run at a time, each as a framelab of its own, and keeps its records. */
#ifndef FRAMELAB_RESULTS_PAPER_RUNNER_H
#define FRAMELAB_RESULTS_PAPER_RUNNER_H

#include "paper_cache.h"
#include "paper_tool.h"

enum paper_outcome {
    PAPER_RUN_DONE,
    PAPER_RUN_CACHED,  /* it had been run before */
    PAPER_RUN_SKIPPED, /* this build or machine cannot: status 77 */
    PAPER_RUN_FAILED,
    PAPER_RUN_INTERRUPTED,
};

struct paper_result {
    enum paper_outcome outcome;
    double seconds;            /* that it took, now or when it was run */
    char why[PAPER_WHY_BYTES]; /* why it was skipped or failed, in its own words */
};

/* "measured", "kept", "skipped", "failed", "interrupted". */
const char *paper_outcome_name(enum paper_outcome outcome);

/* Runs it unless its records are there. `done` and `all` are for progress: seconds of what was run before it, and of
 * everything, by estimate; progress_begin() must have been called. */
void paper_run(const struct paper_run *run, const struct paper_cache *cache, double done, double all,
               struct paper_result *result);

#endif
