/* SPDX-License-Identifier: MIT
 * Makes a figure of records: series and verdicts by jq, pictures by gnuplot. */
#ifndef FRAMELAB_RESULTS_PAPER_MAKE_H
#define FRAMELAB_RESULTS_PAPER_MAKE_H

#include "paper_folder.h"
#include "paper_tool.h"

struct paper_making {
    const struct paper_folder *folder;
    const char *papers;    /* papers/ */
    const char *directory; /* DIR/KEY, which has records.jsonl; all else is written there */
    enum paper_level level;
};

/* Writes series.json, series.dat, tables.md, verdicts.json, figure.svg, figure.pdf, figure.png. Returns the verdicts;
 * NULL with one line in `why`. */
json_t *paper_make(const struct paper_making *making, char why[PAPER_WHY_BYTES]);

#endif
