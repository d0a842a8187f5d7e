/* SPDX-License-Identifier: MIT
 * Figures as gnuplot scripts: what is drawn, where on the page, in which colours. A script reads data/series.tsv and
 * data/ratio.tsv beside it, so that a reader can change and run it again:
 *
 *     gnuplot overview.gp                         writes overview.svg
 *     gnuplot -e 'format="png"' overview.gp       writes overview.png
 *
 * Colours are those of Okabe & Ito (2008), which people of any colour vision can tell apart; each variant has a point
 * shape of its own as well. */
#ifndef FRAMELAB_RESULTS_FIGURE_H
#define FRAMELAB_RESULTS_FIGURE_H

#include "layout.h"
#include "origin.h"

/* Rows of the layout that differ in their harts only: [from, end). */
struct panel {
    size_t from, end;
};

struct figures {
    const struct layout *layout;
    struct origin origin;
    struct panel *panels; /* in the layout's order */
    size_t panel_count;
    const char *slow, *fast; /* columns: the ratio is time of slow over time of fast */
};

/* Panels of one section: [from, end). */
struct panel_range {
    size_t from, end;
};

/* False if out of memory. The layout must live as long. */
bool figures_init(struct figures *figures, const struct layout *layout, const struct record_file *file);
void figures_free(struct figures *figures);

struct panel_range figures_section(const struct figures *figures, size_t from);
/* What all rows of a panel have in common, in its first row. */
const struct row_key *panel_key(const struct figures *figures, size_t panel);

/* Whether a section has a row with both variants of the ratio; a row with a latency. */
bool section_has_ratio(const struct figures *figures, struct panel_range section);
bool section_has_latency(const struct figures *figures, struct panel_range section);

/* The data that the scripts read. */
void write_series_data(const struct figures *figures, FILE *out);
void write_ratio_data(const struct figures *figures, struct panel_range section, FILE *out);

/* The scripts; `name` is the picture's file name without its ending. Throughput: a grid of workloads by sizes.
 * Latency: a grid of workloads by percentiles, for one size. Overview: the section's story at one look. */
void write_overview(const struct figures *figures, struct panel_range section, const char *name, FILE *out);
void write_throughput(const struct figures *figures, struct panel_range section, const char *name, FILE *out);
void write_latency(const struct figures *figures, struct panel_range section, uint64_t frames, const char *name,
                   FILE *out);

#endif
