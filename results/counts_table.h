/* SPDX-License-Identifier: MIT
 * What was counted, where time means nothing (QEMU) or beside it (simulated harts): per operation, variants side by
 * side, against harts. */
#ifndef FRAMELAB_RESULTS_COUNTS_TABLE_H
#define FRAMELAB_RESULTS_COUNTS_TABLE_H

#include "grid.h"
#include "records.h"

/* The name of a count, as JSON and CSV have it. */
const char *counts_key(enum tally_kind kind);

/* A table for each machine of the file's tallies, and a legend; the ratio is of instructions; nothing if it has none.
 * False if out of memory or the stream failed. */
bool counts_table_print(const struct record_file *file, const struct table_look *look, FILE *out);

/* The same numbers as an array of flat objects, one a measurement. NULL if out of memory. */
json_t *counts_table_json(const struct record_file *file);

#endif
