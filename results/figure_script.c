/* SPDX-License-Identifier: MIT
 * Writes gnuplot scripts; see figure.h.
 *
 * 1. A page is laid out in pixels from its top left. The legend is a plot of its own over the whole width; the panels'
 *    curves have no titles.
 * 2. Names from the file stand in single quotes, doubled inside, and are never taken as markup. */
#include <math.h>
#include <string.h>

#include "figure_parts.h"

#define STYLE_COUNT 8u

/* gnuplot forgets all of this when axes are taken away. */
#define SET_AXES                                                                                                       \
    "set border 3 linecolor \"#808080\"\n"                                                                             \
    "set xtics nomirror textcolor \"#404040\" scale 0.5 font \",10\"\n"                                                \
    "set ytics nomirror textcolor \"#404040\" scale 0.5 font \",10\"\n"

/* The page, in pixels. */
#define HEAD_PX 116 /* titles and legend */
#define SIDE_PX 36
#define PANEL_WIDTH_PX 240
#define PANEL_HEIGHT_PX 230

struct style {
    const char *color;
    int point;
};

/* The first is baseline's, the second lockfree's; the rest go to others as they come. */
static const struct style styles[STYLE_COUNT] = {{"#D55E00", 5},  {"#0072B2", 7}, {"#CC79A7", 13}, {"#009E73", 9},
                                                 {"#E69F00", 11}, {"#56B4E9", 4}, {"#000000", 6},  {"#7F7F7F", 8}};

/* ---- Scripts: what they share --------------------------------------------------------------------------------- */

static void write_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text != '\0'; text++) {
        fprintf(out, *text == '\'' ? "'%c" : "%c", *text);
    }
    fputc('\'', out);
}

static size_t column_style(const struct figures *figures, size_t column)
{
    const struct layout *layout = figures->layout;
    size_t others = 2;
    for (size_t c = 0; c <= column; c++) {
        const char *name = layout->columns[c];
        size_t style = strcmp(name, figures->slow) == 0 ? 0 : strcmp(name, figures->fast) == 0 ? 1 : others++;
        if (c == column) {
            return style < STYLE_COUNT ? style : 2 + (style - 2) % (STYLE_COUNT - 2);
        }
    }
    return 0;
}

static void write_prelude(const char *name, int width, int height, FILE *out)
{
    fprintf(out,
            "# Made by framelab draw. gnuplot %s.gp writes %s.svg;\n"
            "# gnuplot -e 'format=\"png\"' %s.gp writes %s.png.\n"
            "if (!exists(\"format\")) format = \"svg\"\n"
            "if (format eq \"png\") {\n"
            "    set terminal pngcairo size %d,%d font \"DejaVu Sans,11\" fontscale 1.5 linewidth 1.5 pointscale 1.5\n"
            "} else {\n"
            "    set terminal svg size %d,%d font \"sans-serif,11\" background \"#ffffff\"\n"
            "}\n"
            "set output \"%s.\".format\n"
            "set encoding utf8\n"
            "set datafile separator \"\\t\"\n" SET_AXES
            "set grid ytics linetype 1 linecolor \"#e4e4e4\" linewidth 0.7\n"
            "set errorbars small\n",
            name, name, name, name, width * 3 / 2, height * 3 / 2, width, height, name);
    for (size_t i = 0; i < STYLE_COUNT; i++) {
        fprintf(out, "set style line %zu linecolor \"%s\" linetype 1 linewidth 1.8 pointtype %d pointsize 0.9\n", i + 1,
                styles[i].color, styles[i].point);
    }
}

static void write_page_text(FILE *out, double x, double y, const char *text, const char *look)
{
    fputs("set label ", out);
    write_quoted(out, text);
    fprintf(out, " at screen %.4f, screen %.4f left noenhanced %s\n", x, y, look);
}

static bool section_oversubscribed(const struct figures *figures, struct panel_range section)
{
    for (size_t i = section.from; i < section.end; i++) {
        const struct row_key *last = &figures->layout->rows[figures->panels[i].end - 1];
        if (last->harts > last->cores) {
            return true;
        }
    }
    return false;
}

/* What the numbers come from, and what they cannot show. */
static void describe_section(const struct figures *figures, struct panel_range section, const char *spread, char *where,
                             char *limits, size_t text_bytes)
{
    const struct row_key *key = panel_key(figures, section.from);
    bool simulated = strcmp(key->platform, "sim") == 0;
    const char *clock = strcmp(key->platform, "host") == 0 ? ""
                        : simulated                        ? ", simulated time"
                                                           : ", whose clock means nothing";
    snprintf(where, text_bytes, "%s%s%s%s, %s · %s%s%s", simulated ? "" : figures->origin.machine,
             simulated ? "" : " · ", key->platform, clock, setting_text(key->setting), figures->origin.version,
             figures->origin.date[0] != '\0' ? " · " : "", figures->origin.date);
    if (simulated) {
        snprintf(limits, text_bytes, "%s. A model's times: good for ranking and growth.", spread);
        return;
    }
    const char *shaded = "Shaded: more harts than cores, throughput as a lower bound. ";
    snprintf(limits, text_bytes, "%s. %sNothing here tells of more than %u core%s.", spread,
             section_oversubscribed(figures, section) ? shaded : "", key->cores, key->cores == 1 ? "" : "s");
}

/* Title lines at the top left, in pixels from the top of a page of that height. The title is our own and plain. */
static void write_titles(const struct figures *figures, struct panel_range section, const char *title,
                         const char *spread, int width, int height, FILE *out)
{
    char where[4 * ORIGIN_TEXT_BYTES + RECORD_NAME_MAX];
    char limits[4 * ORIGIN_TEXT_BYTES + RECORD_NAME_MAX];
    double left = 20.0 / width;
    describe_section(figures, section, spread, where, limits, sizeof where);
    fprintf(out, "set label \"{/:Bold %s}\" at screen %.4f, screen %.4f left font \",15\" textcolor \"#202020\"\n",
            title, left, 1 - 24.0 / height);
    write_page_text(out, left, 1 - 48.0 / height, where, "font \",10\" textcolor \"#505050\"");
    write_page_text(out, left, 1 - 66.0 / height, limits, "font \",10\" textcolor \"#505050\"");
}

static uint32_t panel_harts_most(const struct figures *figures, size_t panel)
{
    return figures->layout->rows[figures->panels[panel].end - 1].harts;
}

/* Harts along the axis, by doublings when there are many; the part beyond the cores shaded. */
static void write_harts_axis(const struct figures *figures, size_t panel, FILE *out)
{
    uint32_t least = panel_key(figures, panel)->harts;
    uint32_t most = panel_harts_most(figures, panel);
    uint32_t cores = panel_key(figures, panel)->cores;
    bool doublings = most > 16;
    fprintf(out, "%s\nset xrange [%g:%g]\n", doublings ? "set logscale x 2" : "unset logscale x",
            doublings ? least / 1.2 : least - 0.35, doublings ? most * 1.2 : most + 0.35);
    fputs("set xtics (", out);
    for (size_t i = figures->panels[panel].from; i < figures->panels[panel].end; i++) {
        uint32_t harts = figures->layout->rows[i].harts;
        fprintf(out, "%s\"%u\" %u", i == figures->panels[panel].from ? "" : ", ", harts, harts);
    }
    fputs(")\nunset object 1\n", out);
    if (most > cores) {
        fprintf(out,
                "set object 1 rectangle from first %g, graph 0 to graph 1, graph 1 behind fillstyle solid noborder "
                "fillcolor \"#f0f0f0\"\n",
                doublings ? cores * 1.2 : cores + 0.5);
    }
}

/* A rectangle of the page, in pixels from its top left, as gnuplot wants it. */
static void write_margins(double left, double top, double right, double bottom, int width, int height, FILE *out)
{
    fprintf(out, "set lmargin at screen %.4f; set rmargin at screen %.4f\n", left / width, right / width);
    fprintf(out, "set tmargin at screen %.4f; set bmargin at screen %.4f\n", 1 - top / height, 1 - bottom / height);
}

/* A legend is a plot of its own that shows nothing else, so that it has the whole width of the page: begin, then the
 * entries, each ending in a comma, then end. */
static void write_legend_begin(double left, double right, int width, int height, FILE *out)
{
    fputs("unset border\nunset tics\nunset title\nunset xlabel\nunset ylabel\nunset object 1\n"
          "unset logscale\n",
          out);
    write_margins(left, HEAD_PX - 34, right, HEAD_PX - 12, width, height, out);
    fputs("set key inside left center horizontal Left reverse noenhanced font \",11\" samplen 2 width 1\n"
          "plot [0:1] [0:1] ",
          out);
}

static void write_legend_end(FILE *out)
{
    fputs("NaN notitle\nunset key\nunset label\n" SET_AXES, out);
}

static void write_legend(const struct figures *figures, struct panel_range section, double right, int width, int height,
                         const char *more, FILE *out)
{
    const struct layout *layout = figures->layout;
    size_t from = figures->panels[section.from].from;
    size_t end = figures->panels[section.end - 1].end;
    write_legend_begin(20, right, width, height, out);
    for (size_t c = 0; c < layout->column_count; c++) {
        if (layout_column_used(layout, from, end, layout->columns[c])) {
            fprintf(out, "NaN with linespoints linestyle %zu title ", column_style(figures, c) + 1);
            write_quoted(out, layout->columns[c]);
            fputs(", ", out);
        }
    }
    fputs(more, out);
    write_legend_end(out);
}

static void write_panel_title(const struct figures *figures, size_t panel, const char *suffix, FILE *out)
{
    const struct row_key *key = panel_key(figures, panel);
    char size[32];
    char title[3 * RECORD_NAME_MAX];
    snprintf(title, sizeof title, "%s %s, %s%s", key->workload, key->phase,
             series_size_text(key->frames, size, sizeof size), suffix);
    fputs("set title ", out);
    write_quoted(out, title);
    fputs(" noenhanced font \",11\" textcolor \"#202020\" offset 0,-0.6\n", out);
}

static void write_curves(const struct figures *figures, size_t panel, const char *columns, const char *look, FILE *out)
{
    const struct layout *layout = figures->layout;
    const char *comma = "";
    for (size_t c = 0; c < layout->column_count; c++) {
        fprintf(out, "%s\"data/series.tsv\" index %zu using %s %s linestyle %zu notitle", comma,
                panel * (layout->column_count + 1) + c, columns, look, column_style(figures, c) + 1);
        comma = ", \\\n     ";
    }
    fputc('\n', out);
}

/* A panel's place on the page, in pixels. */
struct place {
    double left, top, panel_width, panel_height;
    int width, height; /* of the page */
    bool leftmost, lowest;
};

static void write_panel_place(const struct place *place, const char *ylabel, FILE *out)
{
    write_margins(place->left + 46, place->top + 26, place->left + place->panel_width - 12,
                  place->top + place->panel_height - 38, place->width, place->height, out);
    fprintf(out, "set ylabel \"%s\" font \",10\" offset 1.2,0\n", place->leftmost ? ylabel : "");
    fprintf(out, "set xlabel \"%s\" font \",10\" offset 0,0.6\n", place->lowest ? "harts" : "");
}

/* A round number, so that four to five of them make `most`. */
static double round_step(double most)
{
    double power = pow(10, floor(log10(most / 5)));
    double digit = most / 5 / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 2.5 ? 2.5 : digit <= 5 ? 5 : 10);
}

static double panel_throughput_most(const struct figures *figures, size_t panel)
{
    const struct layout *layout = figures->layout;
    double most = 0;
    for (size_t i = figures->panels[panel].from; i < figures->panels[panel].end; i++) {
        for (size_t c = 0; c < layout->column_count; c++) {
            const struct series *series = layout_find(layout, &layout->rows[i], layout->columns[c]);
            double here =
                series != NULL && series->count > 0 ? series_throughput(series->harts, series->cores, series->q1) : 0;
            most = isfinite(here) && here > most ? here : most;
        }
    }
    return most;
}

static void write_throughput_panel(const struct figures *figures, size_t panel, const struct place *place, FILE *out)
{
    double most = panel_throughput_most(figures, panel);
    double step = most > 0 ? round_step(most) : 1;
    write_panel_title(figures, panel, "", out);
    write_harts_axis(figures, panel, out);
    write_panel_place(place, "M operations / s", out);
    fprintf(out, "set ytics %g\nset yrange [0:%g]\nplot ", step, step * fmax(1, ceil(most / step)));
    write_curves(figures, panel, "1:2:3:4", "with yerrorlines", out);
}

/* ---- Throughput ----------------------------------------------------------------------------------------------- */

void write_throughput(const struct figures *figures, struct panel_range section, const char *name, FILE *out)
{
    struct panel_grid grid = make_grid(figures, section);
    int width = SIDE_PX + 8 + PANEL_WIDTH_PX * (int)(grid.column_count < 4 ? 4 : grid.column_count);
    int height = HEAD_PX + PANEL_HEIGHT_PX * (int)grid.size_count + 10;
    write_prelude(name, width, height, out);
    fputs("set multiplot\n", out);
    write_titles(figures, section, "Throughput of all harts together", "Medians over repeats, bars: quartiles", width,
                 height, out);
    write_legend(figures, section, width, width, height, "", out);
    for (size_t s = 0; s < grid.size_count; s++) {
        for (size_t c = 0; c < grid.column_count; c++) {
            size_t panel = grid_panel(figures, section, grid.columns[c], grid.sizes[s]);
            if (panel < section.end) {
                struct place place = {SIDE_PX + PANEL_WIDTH_PX * (double)c,
                                      HEAD_PX + PANEL_HEIGHT_PX * (double)s,
                                      PANEL_WIDTH_PX,
                                      PANEL_HEIGHT_PX,
                                      width,
                                      height,
                                      c == 0,
                                      s + 1 == grid.size_count};
                write_throughput_panel(figures, panel, &place, out);
            }
        }
    }
    fputs("unset multiplot\n", out);
}

/* ---- Latency -------------------------------------------------------------------------------------------------- */

#define PERCENTILE_COUNT 4u

static const char *const percentiles[PERCENTILE_COUNT] = {"p50", "p99", "p99.9", "max"};

#define CLOCK_LOOK "with lines dashtype 2 linewidth 1 linecolor \"#606060\""

static void widen_range(const struct series *series, size_t percentile, double *least, double *most)
{
    if (series == NULL || series->latency.samples == 0) {
        return;
    }
    const struct latency_summary *latency = &series->latency;
    const uint64_t values[PERCENTILE_COUNT] = {latency->p50_ns, latency->p99_ns, latency->p999_ns, latency->max_ns};
    double value = (double)values[percentile];
    if (value > 0) {
        *least = fmin(*least, value);
        *most = fmax(*most, value);
    }
}

/* Whole decades around all that the panel shows. */
static void write_latency_range(const struct figures *figures, size_t panel, size_t percentile, FILE *out)
{
    const struct layout *layout = figures->layout;
    double least = INFINITY;
    double most = 0;
    for (size_t i = figures->panels[panel].from; i < figures->panels[panel].end; i++) {
        const struct row_key *row = &layout->rows[i];
        for (size_t c = 0; c < layout->column_count; c++) {
            widen_range(layout_find(layout, row, layout->columns[c]), percentile, &least, &most);
        }
        if (percentile == 0) {
            widen_range(layout_null(layout, row), percentile, &least, &most);
        }
    }
    double low = most > 0 ? floor(log10(least)) : 0;
    double high = most > 0 ? fmax(low + 1, ceil(log10(most))) : 1;
    fprintf(out, "set logscale y\nset ytics auto\nset yrange [%g:%g]\n", pow(10, low), pow(10, high));
}

/* With the medians stands the harness's own, the clock's: below it nothing can be seen. */
static void write_latency_panel(const struct figures *figures, size_t panel, size_t percentile,
                                const struct place *place, FILE *out)
{
    char columns[16];
    char suffix[16];
    snprintf(columns, sizeof columns, "1:%zu", 8 + percentile);
    snprintf(suffix, sizeof suffix, ": %s", percentiles[percentile]);
    write_panel_title(figures, panel, suffix, out);
    write_harts_axis(figures, panel, out);
    write_panel_place(place, "ns", out);
    write_latency_range(figures, panel, percentile, out);
    fputs("plot ", out);
    if (percentile == 0) {
        size_t columns_all = figures->layout->column_count + 1;
        fprintf(out, "\"data/series.tsv\" index %zu using 1:8 " CLOCK_LOOK " notitle, \\\n     ",
                panel * columns_all + columns_all - 1);
    }
    write_curves(figures, panel, columns, "with linespoints", out);
}

void write_latency(const struct figures *figures, struct panel_range section, uint64_t frames, const char *name,
                   FILE *out)
{
    struct panel_grid grid = make_grid(figures, section);
    int width = SIDE_PX + 8 + PANEL_WIDTH_PX * (int)(grid.column_count < 4 ? 4 : grid.column_count);
    int height = HEAD_PX + PANEL_HEIGHT_PX * (int)PERCENTILE_COUNT + 10;
    write_prelude(name, width, height, out);
    fputs("set multiplot\nset format y \"%.0s%c\"\n", out);
    write_titles(figures, section, "Latency of single operations",
                 "Medians over repeats, max of all; the clock's own cost is in them", width, height, out);
    write_legend(figures, section, width, width, height, "NaN " CLOCK_LOOK " title 'reading the clock, p50', ", out);
    for (size_t p = 0; p < PERCENTILE_COUNT; p++) {
        for (size_t c = 0; c < grid.column_count; c++) {
            size_t panel = grid_panel(figures, section, grid.columns[c], frames);
            if (panel < section.end && panel_has_latency(figures, panel)) {
                struct place place = {SIDE_PX + PANEL_WIDTH_PX * (double)c,
                                      HEAD_PX + PANEL_HEIGHT_PX * (double)p,
                                      PANEL_WIDTH_PX,
                                      PANEL_HEIGHT_PX,
                                      width,
                                      height,
                                      c == 0,
                                      p + 1 == PERCENTILE_COUNT};
                write_latency_panel(figures, panel, p, &place, out);
            }
        }
    }
    fputs("unset multiplot\n", out);
}

/* ---- Overview ------------------------------------------------------------------------------------------------- */

#define OVERVIEW_WIDTH_PX 1200
#define OVERVIEW_HEIGHT_PX 700
#define OVERVIEW_PANELS_PX 672 /* width of the panels if the ratio stands beside them */
#define OVERVIEW_RATIO_LEFT_PX 862
#define OVERVIEW_COLUMNS_MAX 3u

/* Smallest and largest ratio that is drawn, and 1. */
static void ratio_bounds(const struct figures *figures, struct panel_range section, double *least, double *most)
{
    *least = 1;
    *most = 1;
    for (size_t i = section.from; i < section.end; i++) {
        double ratios[] = {row_ratio(figures, panel_key(figures, i)), row_ratio(figures, busiest_row(figures, i))};
        for (size_t k = 0; k < 2; k++) {
            *least = ratios[k] > 0 && ratios[k] < *least ? ratios[k] : *least;
            *most = ratios[k] > *most ? ratios[k] : *most;
        }
    }
}

/* The axes of the ratio: 1 is where both are as fast, left of it the fast one is the slower. */
static void write_ratio_axes(const struct figures *figures, struct panel_range section, FILE *out)
{
    double least;
    double most;
    ratio_bounds(figures, section, &least, &most);
    write_margins(OVERVIEW_RATIO_LEFT_PX, HEAD_PX + 26, OVERVIEW_WIDTH_PX - 24, OVERVIEW_HEIGHT_PX - 48,
                  OVERVIEW_WIDTH_PX, OVERVIEW_HEIGHT_PX, out);
    char title[2 * RECORD_NAME_MAX];
    char xlabel[3 * RECORD_NAME_MAX];
    snprintf(title, sizeof title, "How many times faster %s is", figures->fast);
    snprintf(xlabel, sizeof xlabel, "time of %s / time of %s, log scale", figures->slow, figures->fast);
    fputs("unset object 1\nunset ylabel\nunset logscale\nset title ", out);
    write_quoted(out, title);
    fputs(" noenhanced font \",11\" textcolor \"#202020\" offset 0,-0.6\nset xlabel ", out);
    write_quoted(out, xlabel);
    double low = fmin(least, 0.8) / 1.12;
    double high = fmax(most, 1.6);
    fprintf(out,
            " noenhanced font \",10\" offset 0,0.6\n"
            "set logscale x 2\nset xtics auto format \"%%gx\"\nset ytics auto scale 0\nset grid xtics noytics\n"
            "set xrange [%g:%g]\nset yrange [0.3:%zu.7]\n",
            low, high * pow(high / low, 0.2), ratio_count(figures, section));
    fputs("set object 2 rectangle from graph 0, graph 0 to first 1, graph 1 behind fillstyle solid noborder "
          "fillcolor \"#fbe9de\"\n"
          "set arrow 1 from first 1, graph 0 to first 1, graph 1 nohead linewidth 1.2 linecolor \"#808080\"\n"
          "set label 1 \"slower\" at graph 0.012, graph 0.015 left font \",9\" textcolor \"#a04000\"\n",
          out);
}

#define RATIO_FEW_LOOK "with points pointtype 6 pointsize 1 linewidth 1.4 linecolor \"#0072B2\""
#define RATIO_MANY_LOOK "with points pointtype 7 pointsize 1 linecolor \"#0072B2\""

/* The ratio of every row of the section, with the fewest harts and with one on each core: where the one variant wins
 * over the other, and where it does not. */
static void write_ratio_panel(const struct figures *figures, struct panel_range section, FILE *out)
{
    uint32_t few = panel_key(figures, section.from)->harts;
    uint32_t many = busiest_row(figures, section.from)->harts;
    write_legend_begin(OVERVIEW_RATIO_LEFT_PX - 8, OVERVIEW_WIDTH_PX, OVERVIEW_WIDTH_PX, OVERVIEW_HEIGHT_PX, out);
    fprintf(out, "NaN " RATIO_FEW_LOOK " title '%u hart%s', ", few, few == 1 ? "" : "s");
    if (many != few) {
        fprintf(out, "NaN " RATIO_MANY_LOOK " title '%u harts', ", many);
    }
    write_legend_end(out);
    write_ratio_axes(figures, section, out);
    fputs("plot \"data/ratio.tsv\" using 2:1:($3-$2):(0) with vectors nohead linewidth 1.2 linecolor \"#b0b0b0\" "
          "notitle, \\\n     ",
          out);
    if (many != few) {
        fputs("\"\" using 3:1 " RATIO_MANY_LOOK " notitle, \\\n     ", out);
    }
    fputs("\"\" using 2:1:yticlabels(5) " RATIO_FEW_LOOK " notitle, \\\n     ", out);
    fputs("\"\" using ($3 > $2 ? $3 : $2):1:6 with labels left offset 0.9,0 font \",10\" textcolor \"#202020\" "
          "notitle\n",
          out);
}

/* Which phase tells a workload's story: of the first workload the first phase, of the others the last. */
static size_t overview_columns(const struct figures *figures, const struct panel_grid *grid, size_t *chosen)
{
    size_t count = 0;
    for (size_t c = 0; c < grid->column_count; c++) {
        const struct row_key *key = panel_key(figures, grid->columns[c]);
        bool same = count > 0 && panel_key(figures, chosen[count - 1])->workload == key->workload;
        if (same && count > 1) {
            chosen[count - 1] = grid->columns[c];
        } else if (!same && count < OVERVIEW_COLUMNS_MAX) {
            chosen[count++] = grid->columns[c];
        }
    }
    return count;
}

void write_overview(const struct figures *figures, struct panel_range section, const char *name, FILE *out)
{
    struct panel_grid grid = make_grid(figures, section);
    size_t columns[OVERVIEW_COLUMNS_MAX] = {0};
    size_t column_count = overview_columns(figures, &grid, columns);
    size_t sizes = grid.size_count > 1 ? 2 : 1; /* the smallest and the largest */
    bool ratio = section_has_ratio(figures, section);
    double all_width = ratio ? OVERVIEW_PANELS_PX : OVERVIEW_WIDTH_PX - SIDE_PX - 8;
    double panel_width = all_width / (double)column_count;
    double panel_height = (OVERVIEW_HEIGHT_PX - HEAD_PX - 10.0) / (double)sizes;
    write_prelude(name, OVERVIEW_WIDTH_PX, OVERVIEW_HEIGHT_PX, out);
    fputs("set multiplot\n", out);
    write_titles(figures, section, "Page-frame allocation: throughput of all harts together",
                 "Medians over repeats, bars: quartiles", OVERVIEW_WIDTH_PX, OVERVIEW_HEIGHT_PX, out);
    write_legend(figures, section, all_width + SIDE_PX, OVERVIEW_WIDTH_PX, OVERVIEW_HEIGHT_PX, "", out);
    for (size_t s = 0; s < sizes; s++) {
        uint64_t frames = s == 0 ? grid.sizes[0] : grid.sizes[grid.size_count - 1];
        for (size_t c = 0; c < column_count; c++) {
            size_t panel = grid_panel(figures, section, columns[c], frames);
            if (panel < section.end) {
                struct place place = {SIDE_PX + panel_width * (double)c,
                                      HEAD_PX + panel_height * (double)s,
                                      panel_width,
                                      panel_height,
                                      OVERVIEW_WIDTH_PX,
                                      OVERVIEW_HEIGHT_PX,
                                      c == 0,
                                      s + 1 == sizes};
                write_throughput_panel(figures, panel, &place, out);
            }
        }
    }
    if (ratio) {
        write_ratio_panel(figures, section, out);
    }
    fputs("unset multiplot\n", out);
}
