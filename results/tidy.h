/* SPDX-License-Identifier: MIT
 * Records for other people's programs: tidy CSV (Wickham 2014), a row a number that was measured, with all that it is
 * of beside it. */
#ifndef FRAMELAB_RESULTS_TIDY_H
#define FRAMELAB_RESULTS_TIDY_H

#include "records.h"

/* Adds to `rows`, an array, an object for each number of the file, which was read with its lines: times of an operation
 * and percentiles of a phase, counts of a record, what the workloads have of each round. Without memory `rows` lacks
 * some, and false is returned. */
bool tidy_add(json_t *rows, const struct record_file *file);

/* Prints them; of columns those that are not empty in all rows. False if the stream failed. */
bool tidy_print(const json_t *rows, FILE *out);

#endif
