/* SPDX-License-Identifier: MIT
 * Runs what figures need, each as a framelab of its own, and keeps its records. */
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

#define PAPER_JOBS_MAX 64u

/* Runs that are wanted, and what became of each. */
struct paper_batch {
    const struct paper_run *const *runs;
    struct paper_result *results;
    size_t count;
    const struct paper_cache *cache;
    unsigned jobs; /* simulated runs at once, 1 or more; others run alone */
    /* For progress: what the runs are of; seconds of what was run before, which grows, and of everything, by estimate.
     * progress_begin() must have been called. */
    const char *name;
    double *done, all;
};

/* Runs each whose records are not there. Where one fails or all are interrupted, those that had not ended are
 * interrupted. */
void paper_run(const struct paper_batch *batch);

#endif
