/* SPDX-License-Identifier: MIT
 * Makes a figure of records: series and verdicts by jq, pictures by gnuplot. */
#ifndef FRAMELAB_RESULTS_PAPER_MAKE_H
#define FRAMELAB_RESULTS_PAPER_MAKE_H

#include "paper_folder.h"
#include "paper_tool.h"

struct paper_making {
    const struct paper_folder *folder;
    const char *papers;    /* papers/ */
    const json_t *things;  /* paper_things_read */
    const char *records;   /* the file that series.jq and claims.jq read */
    const char *directory; /* where all is written */
    enum paper_level level;
};

/* Writes series.json, series.dat, and of each picture its .gp, .svg, .pdf, .png. Returns what series.jq made; NULL with
 * one line in `why`. */
json_t *paper_draw(const struct paper_making *making, char why[PAPER_WHY_BYTES]);

/* That, and tables.md. False with one line in `why`. */
bool paper_draw_with_tables(const struct paper_making *making, char why[PAPER_WHY_BYTES]);

/* What claims.jq says of the records, judged; as it came it is in the file `name`. NULL with one line in `why`. */
json_t *paper_judge(const struct paper_making *making, const char *name, char why[PAPER_WHY_BYTES]);

/* Writes verdicts.json. False with one line in `why`. */
bool paper_verdicts_save(const struct paper_making *making, const json_t *verdicts, char why[PAPER_WHY_BYTES]);

/* Draws, writes tables.md, and returns the verdicts, which are not saved yet; NULL with one line in `why`. */
json_t *paper_make(const struct paper_making *making, char why[PAPER_WHY_BYTES]);

#endif
