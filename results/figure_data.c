/* SPDX-License-Identifier: MIT
 * What figures are made of, and the data that their scripts read; see figure.h.
 *
 * Every curve is a block of data/series.tsv: block panel * (columns + 1) + column, the last column of a panel being
 * `null`. Blocks without a measurement hold one line of NaN, so that the count holds. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "figure_parts.h"

/* ---- The figures' parts --------------------------------------------------------------------------------------- */

bool figures_init(struct figures *figures, const struct layout *layout, const struct record_file *file)
{
    *figures =
        (struct figures){.layout = layout, .origin = origin_describe(file), .slow = "baseline", .fast = "lockfree"};
    figures->panels = calloc(layout->row_count + 1, sizeof *figures->panels);
    if (figures->panels == NULL) {
        return false;
    }
    for (size_t i = 0; i < layout->row_count; i++) {
        if (i == 0 || !row_same_panel(&layout->rows[i - 1], &layout->rows[i])) {
            figures->panels[figures->panel_count++].from = i;
        }
        figures->panels[figures->panel_count - 1].end = i + 1;
    }
    return true;
}

void figures_free(struct figures *figures)
{
    free(figures->panels);
    *figures = (struct figures){0};
}

const struct row_key *panel_key(const struct figures *figures, size_t panel)
{
    return &figures->layout->rows[figures->panels[panel].from];
}

struct panel_range figures_section(const struct figures *figures, size_t from)
{
    size_t end = from;
    while (end < figures->panel_count && row_same_section(panel_key(figures, from), panel_key(figures, end))) {
        end++;
    }
    return (struct panel_range){from, end};
}

double row_ratio(const struct figures *figures, const struct row_key *row)
{
    return series_ratio(layout_find(figures->layout, row, figures->slow),
                        layout_find(figures->layout, row, figures->fast));
}

bool section_has_ratio(const struct figures *figures, struct panel_range section)
{
    for (size_t i = figures->panels[section.from].from; i < figures->panels[section.end - 1].end; i++) {
        if (row_ratio(figures, &figures->layout->rows[i]) > 0) {
            return true;
        }
    }
    return false;
}

bool panel_has_latency(const struct figures *figures, size_t panel)
{
    const struct layout *layout = figures->layout;
    for (size_t i = figures->panels[panel].from; i < figures->panels[panel].end; i++) {
        for (size_t c = 0; c < layout->column_count; c++) {
            const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
            if (series != NULL && series->latency.samples > 0) {
                return true;
            }
        }
    }
    return false;
}

bool section_has_latency(const struct figures *figures, struct panel_range section)
{
    for (size_t i = section.from; i < section.end; i++) {
        if (panel_has_latency(figures, i)) {
            return true;
        }
    }
    return false;
}

static void grid_add_size(struct panel_grid *grid, uint64_t frames)
{
    size_t i = 0;
    while (i < grid->size_count && grid->sizes[i] < frames) {
        i++;
    }
    if ((i < grid->size_count && grid->sizes[i] == frames) || grid->size_count == PANEL_SIZES_MAX) {
        return;
    }
    memmove(&grid->sizes[i + 1], &grid->sizes[i], (grid->size_count - i) * sizeof grid->sizes[0]);
    grid->sizes[i] = frames;
    grid->size_count++;
}

struct panel_grid make_grid(const struct figures *figures, struct panel_range section)
{
    struct panel_grid grid = {.column_count = 0};
    for (size_t i = section.from; i < section.end; i++) {
        const struct row_key *key = panel_key(figures, i);
        bool begins = i == section.from || !row_same_phase(panel_key(figures, i - 1), key);
        if (begins && grid.column_count < PANEL_SIZES_MAX) {
            grid.columns[grid.column_count++] = i;
        }
        grid_add_size(&grid, key->frames);
    }
    return grid;
}

size_t grid_panel(const struct figures *figures, struct panel_range section, size_t column, uint64_t frames)
{
    for (size_t i = section.from; i < section.end; i++) {
        const struct row_key *key = panel_key(figures, i);
        if (key->frames == frames && row_same_phase(key, panel_key(figures, column))) {
            return i;
        }
    }
    return section.end;
}

const struct row_key *busiest_row(const struct figures *figures, size_t panel)
{
    const struct row_key *best = panel_key(figures, panel);
    for (size_t i = figures->panels[panel].from; i < figures->panels[panel].end; i++) {
        const struct row_key *row = &figures->layout->rows[i];
        best = row->harts <= row->cores ? row : best;
    }
    return best;
}

/* ---- Data ----------------------------------------------------------------------------------------------------- */

static void write_number(FILE *out, bool known, double number)
{
    if (known && isfinite(number)) {
        fprintf(out, "%.6g\t", number);
    } else {
        fputs("NaN\t", out);
    }
}

/* A slow quartile of time is a low quartile of throughput. */
static void write_series_line(const struct row_key *row, const struct series *series, FILE *out)
{
    bool timed = series->count > 0;
    const struct latency_summary *latency = &series->latency;
    bool measured = latency->samples > 0;
    fprintf(out, "%u\t", row->harts);
    write_number(out, timed, series_throughput(row->harts, row->cores, series->median));
    write_number(out, timed, series_throughput(row->harts, row->cores, series->q3));
    write_number(out, timed, series_throughput(row->harts, row->cores, series->q1));
    write_number(out, timed, series->median);
    write_number(out, timed, series->q1);
    write_number(out, timed, series->q3);
    write_number(out, measured, (double)latency->p50_ns);
    write_number(out, measured, (double)latency->p99_ns);
    write_number(out, measured, (double)latency->p999_ns);
    write_number(out, measured, (double)latency->max_ns);
    fprintf(out, "%s\t%s\t%s\t%s\t%llu\t%s\n", row->platform, setting_text(row->setting), row->workload, row->phase,
            (unsigned long long)row->frames, series->column);
}

static void write_block(const struct figures *figures, const struct panel *panel, size_t column, FILE *out)
{
    const struct layout *layout = figures->layout;
    size_t lines = 0;
    for (size_t i = panel->from; i < panel->end; i++) {
        const struct row_key *row = &layout->rows[i];
        const struct series *series = column < layout->column_count ? layout_find(layout, row, layout->columns[column])
                                                                    : layout_null(layout, row);
        if (series != NULL) {
            write_series_line(row, series, out);
            lines++;
        }
    }
    if (lines == 0) {
        fputs("NaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\tNaN\n", out);
    }
}

void write_series_data(const struct figures *figures, FILE *out)
{
    fputs("# harts\tmops\tmops_q1\tmops_q3\tns\tns_q1\tns_q3\tp50_ns\tp99_ns\tp99.9_ns\tmax_ns\tplatform\tsetting\t"
          "workload\tphase\tframes\tvariant\n",
          out);
    for (size_t i = 0; i < figures->panel_count; i++) {
        for (size_t c = 0; c <= figures->layout->column_count; c++) {
            write_block(figures, &figures->panels[i], c, out);
            fputs("\n\n", out);
        }
    }
}

#define RATIO_LINES_MAX 25u /* that fit beside one another's labels */

bool ratio_shows(const struct figures *figures, struct panel_range section, size_t panel)
{
    if (section.end - section.from <= RATIO_LINES_MAX) {
        return true;
    }
    struct panel_grid grid = make_grid(figures, section);
    uint64_t frames = panel_key(figures, panel)->frames;
    return frames == grid.sizes[0] || frames == grid.sizes[grid.size_count - 1];
}

size_t ratio_count(const struct figures *figures, struct panel_range section)
{
    size_t count = 0;
    for (size_t i = section.from; i < section.end; i++) {
        count += ratio_shows(figures, section, i);
    }
    return count;
}

/* One line a panel, from the top down: place, ratio with the fewest harts, ratio at the busiest, its harts, labels. */
void write_ratio_data(const struct figures *figures, struct panel_range section, FILE *out)
{
    fputs("# place\tratio_fewest_harts\tratio_busiest\tharts_busiest\tlabel\tratio_text\n", out);
    struct panel_grid grid = make_grid(figures, section);
    size_t place = ratio_count(figures, section);
    for (size_t s = 0; s < grid.size_count; s++) {
        for (size_t i = section.from; i < section.end; i++) {
            const struct row_key *key = panel_key(figures, i);
            if (key->frames != grid.sizes[s] || !ratio_shows(figures, section, i)) {
                continue;
            }
            const struct row_key *busiest = busiest_row(figures, i);
            double few = row_ratio(figures, key);
            double many = row_ratio(figures, busiest);
            char size[32];
            fprintf(out, "%zu\t", place--);
            write_number(out, few > 0, few);
            write_number(out, many > 0, many);
            fprintf(out, "%u\t%s %s, %s\t", busiest->harts, key->workload, key->phase,
                    series_size_text(key->frames, size, sizeof size));
            if (many > 0) {
                fprintf(out, "%.*fx", many < 9.995 ? 2 : many < 99.95 ? 1 : 0, many);
            }
            fputc('\n', out);
        }
    }
}
