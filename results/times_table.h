/* SPDX-License-Identifier: MIT
 * Tables of times: a row for each workload, phase, size and number of harts, variants side by side. */
#ifndef FRAMELAB_RESULTS_TIMES_TABLE_H
#define FRAMELAB_RESULTS_TIMES_TABLE_H

#include "grid.h"
#include "layout.h"

/* For each section of the layout its times, its latencies if there are any, and its shares of free chunks if there are
 * any; then a legend. Nothing if the layout has no rows. False if out of memory or the stream failed. */
bool times_table_print(const struct layout *layout, const struct table_look *look, FILE *out);

/* The same numbers as an array of flat objects, one a series, controls too, in the order of the file. `ratio` is the
 * time of the column `slow` over that of the row. NULL if out of memory. */
json_t *times_table_json(const struct layout *layout, const char *slow);

#endif
