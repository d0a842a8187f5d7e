/* SPDX-License-Identifier: MIT
 * A table of text for people: columns in titled groups, rules between rows; printed for a terminal in UTF-8 or as
 * Markdown. Machines get JSON and CSV (flat.h) instead: numbers, not cells. */
#ifndef FRAMELAB_RESULTS_GRID_H
#define FRAMELAB_RESULTS_GRID_H

#include <stdbool.h>
#include <stdio.h>

enum grid_align { GRID_LEFT, GRID_RIGHT };

enum grid_tone { GRID_PLAIN, GRID_GOOD, GRID_BAD, GRID_FAINT };

/* How a table is shown. */
struct table_look {
    bool markdown;           /* not for a terminal */
    const char *slow, *fast; /* columns: their ratio is that of slow over fast */
};

struct grid;

/* NULL if out of memory. Every other failure is kept until a print says so. */
struct grid *grid_new(void);
void grid_free(struct grid *grid);

/* Columns come first. Neighbours of one `group` (their text, "" too) stand together under it. */
void grid_column(struct grid *grid, const char *group, const char *title, enum grid_align align);
/* A rule before the next row. */
void grid_rule(struct grid *grid);
/* The next cell; a full row begins the next one. */
__attribute__((format(printf, 3, 4))) void grid_cell(struct grid *grid, enum grid_tone tone, const char *format, ...);
/* A number of three significant digits or so, whatever its size; and a mark behind it. */
void grid_number(struct grid *grid, enum grid_tone tone, double number, const char *mark);

/* False if the grid or the stream failed. */
bool grid_print_text(const struct grid *grid, FILE *out, bool color);
bool grid_print_markdown(const struct grid *grid, FILE *out);
/* Prints it in either way, as text coloured if color_wanted(), and frees it. NULL is one that failed. */
bool grid_print(struct grid *grid, bool markdown, FILE *out);

/* True if `out` is a terminal and NO_COLOR is not set (https://no-color.org). */
bool color_wanted(FILE *out);

#endif
