/* SPDX-License-Identifier: MIT
 * summary.json: all figures with their claims and verdicts, in one file; and the same as a table for people. What an
 * entry has: papers/README.md. */
#ifndef FRAMELAB_RESULTS_PAPER_SUMMARY_H
#define FRAMELAB_RESULTS_PAPER_SUMMARY_H

#include <stdbool.h>
#include <stdio.h>

#include "paper_runner.h"

/* The entry of a figure; `results` are of the plan's runs. `status` is "made", "failed" or "skipped", and `why` is why
 * if not the first. */
json_t *paper_entry_make(const struct paper_plan *plan, const struct paper_result *results,
                         const struct paper_folder *folder, enum paper_level level, const char *status, const char *why,
                         json_t *verdicts);

/* Writes the entries to DIR/summary.json, beside those of other figures that are there already. Returns all of it, NULL
 * with errno. */
json_t *paper_summary_write(const json_t *entries, const char *directory);

/* A table of claims, then what is to be said of those that do not hold or cannot be judged, then counts. */
bool paper_summary_print(const json_t *entries, const char *directory, FILE *out);

#endif
