/* SPDX-License-Identifier: MIT
 * What figure_data.c and figure_script.c share: a section as a grid of panels. */
#ifndef FRAMELAB_RESULTS_FIGURE_PARTS_H
#define FRAMELAB_RESULTS_FIGURE_PARTS_H

#include "figure.h"

#define PANEL_SIZES_MAX 64u

/* Panels of a section as a grid: a column for each workload and phase, a row for each size. */
struct panel_grid {
    size_t columns[PANEL_SIZES_MAX]; /* a panel of each workload and phase */
    size_t column_count;
    uint64_t sizes[PANEL_SIZES_MAX]; /* frames, ascending */
    size_t size_count;
};

struct panel_grid make_grid(const struct figures *figures, struct panel_range section);
/* The panel of the column's workload and phase with that size; section.end if there is none. */
size_t grid_panel(const struct figures *figures, struct panel_range section, size_t column, uint64_t frames);

/* The row of the panel with the most harts that still have a core each. */
const struct row_key *busiest_row(const struct figures *figures, size_t panel);
/* The ratio of a row, 0 if it has none. */
double row_ratio(const struct figures *figures, const struct row_key *row);
/* Whether the overview's ratio has room for a panel's (if not for all, then for the smallest and largest size); of how
 * many it does. */
bool ratio_shows(const struct figures *figures, struct panel_range section, size_t panel);
size_t ratio_count(const struct figures *figures, struct panel_range section);
bool panel_has_latency(const struct figures *figures, size_t panel);

#endif
