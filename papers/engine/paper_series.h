/* SPDX-License-Identifier: MIT
 * series.json, which a folder's series.jq makes: checked, and written as data that gnuplot reads and as tables. */
#ifndef FRAMELAB_RESULTS_PAPER_SERIES_H
#define FRAMELAB_RESULTS_PAPER_SERIES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether `made` is {"series": [...], "tables": [...], "things": [...]} as papers/README.md says, its panels its own or
 * those of `figure`, what a series shows one of its things. False with one line in `why`. */
bool paper_series_check(const json_t *made, const json_t *figure, char *why, size_t why_bytes);

/* Writes a block a series for gnuplot's `index`: `# PANEL: NAME`, then a line `x y low high` a point, two empty lines.
 * False with errno. */
bool paper_series_write(const json_t *made, const char *path);

/* Writes the tables as Markdown. False with errno. */
bool paper_tables_write(const json_t *made, const char *path);

#endif
