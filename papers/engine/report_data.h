/* SPDX-License-Identifier: MIT
 * All that a report shows, read from a directory that `framelab figures` wrote: papers/README.md says what stands
 * there. It is outside input: what is missing or broken is named in one line, and there is no report. */
#ifndef FRAMELAB_RESULTS_REPORT_DATA_H
#define FRAMELAB_RESULTS_REPORT_DATA_H

#include <jansson.h>
#include <stdbool.h>

#include "paper_tool.h"

/* Whether the directory has a summary.json. */
bool report_has_figures(const char *directory);

/* {"figures": [...]}: the entries of summary.json by key; those that were made have in addition `series`, `tables` and
 * `things` of series.json, `svg`: the text of figure.svg, and `provenance`: those lines of records.jsonl (or of
 * records.jsonl.gz or .xz, by gzip or xz). NULL with one line in `why`, which names the file. */
json_t *report_read(const char *directory, char why[PAPER_WHY_BYTES]);

#endif
