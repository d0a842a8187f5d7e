/* SPDX-License-Identifier: MIT
 * summary.json: all figures with their claims and verdicts, in one file; and the same as a table for people. What an
 * entry has: papers/README.md. */
#ifndef FRAMELAB_RESULTS_PAPER_SUMMARY_H
#define FRAMELAB_RESULTS_PAPER_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "paper_runner.h"

/* What became of a figure. */
struct paper_made {
    const struct paper_folder *folder;
    const struct paper_plan *plan;
    const struct paper_result *results; /* of the plan's runs */
    enum paper_level level;
    const char *status;        /* "made", "failed" or "skipped" */
    char why[PAPER_WHY_BYTES]; /* if not the first */
    json_t *verdicts;          /* NULL: none */
};

/* The entry of a figure. */
json_t *paper_entry_make(const struct paper_made *made);

/* Writes the entries to DIR/summary.json, beside those of other figures that are there already. Returns all of it, NULL
 * with errno. */
json_t *paper_summary_write(const json_t *entries, const char *directory);

/* A table of claims, then what is to be said of those that do not hold or cannot be judged, then counts. */
bool paper_summary_print(const json_t *entries, const char *directory, FILE *out);

#endif
