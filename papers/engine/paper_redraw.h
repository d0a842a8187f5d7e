/* SPDX-License-Identifier: MIT
 * Draws figures again of records that were kept, by series.jq and plot.gp as they are today. Nothing is measured, and
 * verdicts stay as they are. */
#ifndef FRAMELAB_RESULTS_PAPER_REDRAW_H
#define FRAMELAB_RESULTS_PAPER_REDRAW_H

#include "paper_folder.h"
#include "paper_tool.h"

/* Draws those of the list's figures that were made in `kept`, which `framelab figures` wrote (its records.jsonl may be
 * packed by gzip), into `directory`, which may be the same. Returns their entries for summary.json, with the panels of
 * today; NULL with one line in `why`. */
json_t *paper_redraw(const struct paper_list *list, const json_t *things, const char *kept, const char *directory,
                     char why[PAPER_WHY_BYTES]);

#endif
