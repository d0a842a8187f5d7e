/* SPDX-License-Identifier: MIT
 * Lays out and prints tables; see grid.h. */
#define _GNU_SOURCE /* vasprintf */
#include "grid.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS_MAX 256u

struct column {
    char *group;
    char *title;
    enum grid_align align;
    size_t width;
};

struct cell {
    char *text;
    enum grid_tone tone;
    bool ruled; /* a rule stands before this cell's row */
};

struct grid {
    struct column columns[COLUMNS_MAX];
    size_t column_count;
    struct cell *cells;
    size_t cell_count, cell_capacity;
    bool rule_next;
    bool failed;
};

struct grid *grid_new(void)
{
    return calloc(1, sizeof(struct grid));
}

void grid_free(struct grid *grid)
{
    if (grid == NULL) {
        return;
    }
    for (size_t i = 0; i < grid->column_count; i++) {
        free(grid->columns[i].group);
        free(grid->columns[i].title);
    }
    for (size_t i = 0; i < grid->cell_count; i++) {
        free(grid->cells[i].text);
    }
    free(grid->cells);
    free(grid);
}

/* Columns on a terminal: every character we print is one wide. */
static size_t text_width(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return width;
}

void grid_column(struct grid *grid, const char *group, const char *title, enum grid_align align)
{
    if (grid->column_count == COLUMNS_MAX) {
        grid->failed = true;
        return;
    }
    struct column *column = &grid->columns[grid->column_count++];
    *column = (struct column){strdup(group), strdup(title), align, text_width(title)};
    grid->failed |= column->group == NULL || column->title == NULL;
}

void grid_rule(struct grid *grid)
{
    grid->rule_next = true;
}

void grid_cell(struct grid *grid, enum grid_tone tone, const char *format, ...)
{
    if (grid->cell_count == grid->cell_capacity) {
        size_t capacity = 2 * grid->cell_capacity + 256;
        struct cell *cells = realloc(grid->cells, capacity * sizeof *cells);
        grid->failed |= cells == NULL;
        grid->cells = cells != NULL ? cells : grid->cells;
        grid->cell_capacity = cells != NULL ? capacity : grid->cell_capacity;
    }
    char *text = NULL;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&text, format, arguments);
    va_end(arguments);
    grid->failed |= length < 0 || grid->column_count == 0;
    if (grid->failed) {
        free(length < 0 ? NULL : text);
        return;
    }
    struct column *column = &grid->columns[grid->cell_count % grid->column_count];
    size_t width = text_width(text);
    column->width = width > column->width ? width : column->width;
    grid->cells[grid->cell_count++] = (struct cell){text, tone, grid->rule_next && column == grid->columns};
    grid->rule_next = grid->rule_next && column != grid->columns;
}

void grid_number(struct grid *grid, enum grid_tone tone, double number, const char *mark)
{
    grid_cell(grid, tone, "%.*f%s", number < 9.995 ? 2 : number < 99.95 ? 1 : 0, number, mark);
}

static void print_times(FILE *out, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++) {
        fputs(text, out);
    }
}

static bool begins_group(const struct grid *grid, size_t i)
{
    return i > 0 && strcmp(grid->columns[i].group, grid->columns[i - 1].group) != 0;
}

/* Columns of a group are two blanks apart, groups a line. */
static void print_gap(const struct grid *grid, size_t i, const char *line, const char *blank, FILE *out)
{
    if (begins_group(grid, i)) {
        fprintf(out, "%s%s%s", blank, line, blank);
    } else if (i > 0) {
        fprintf(out, "%s%s", blank, blank);
    }
}

static void print_rule(const struct grid *grid, const char *cross, FILE *out)
{
    for (size_t i = 0; i < grid->column_count; i++) {
        print_gap(grid, i, cross, "─", out);
        print_times(out, "─", grid->columns[i].width);
    }
    fputc('\n', out);
}

/* The columns of a group are [i, next); returns next, and how wide they are together. */
static size_t group_end(const struct grid *grid, size_t i, size_t *width)
{
    *width = grid->columns[i].width;
    size_t next = i + 1;
    for (; next < grid->column_count && !begins_group(grid, next); next++) {
        *width += 2 + grid->columns[next].width;
    }
    return next;
}

/* Group titles over their columns, centred; a title wider than its columns has widened the last of them. */
static void print_groups(const struct grid *grid, FILE *out)
{
    size_t width;
    for (size_t i = 0, next; i < grid->column_count; i = next) {
        next = group_end(grid, i, &width);
        size_t title = text_width(grid->columns[i].group);
        size_t before = (width - title) / 2;
        print_gap(grid, i, "│", " ", out);
        print_times(out, " ", before);
        fputs(grid->columns[i].group, out);
        print_times(out, " ", next < grid->column_count ? width - title - before : 0);
    }
    fputc('\n', out);
}

static void print_cell(const struct column *column, const char *text, bool last, FILE *out)
{
    size_t padding = column->width - text_width(text);
    print_times(out, " ", column->align == GRID_RIGHT ? padding : 0);
    fputs(text, out);
    print_times(out, " ", column->align == GRID_LEFT && !last ? padding : 0);
}

static const char *tone_on(enum grid_tone tone, bool color)
{
    static const char *const codes[] = {"", "\033[32m", "\033[1;31m", "\033[2m"};
    return color ? codes[tone] : "";
}

static void print_row(const struct grid *grid, const struct cell *row, bool color, FILE *out)
{
    bool empty_end = row[grid->column_count - 1].text[0] == '\0' && !begins_group(grid, grid->column_count - 1);
    for (size_t i = 0; i < grid->column_count - empty_end; i++) {
        print_gap(grid, i, "│", " ", out);
        fputs(tone_on(row[i].tone, color), out);
        print_cell(&grid->columns[i], row[i].text, i + 1 == grid->column_count, out);
        fputs(color && row[i].tone != GRID_PLAIN ? "\033[0m" : "", out);
    }
    fputc('\n', out);
}

static bool has_groups(const struct grid *grid)
{
    for (size_t i = 0; i < grid->column_count; i++) {
        if (grid->columns[i].group[0] != '\0') {
            return true;
        }
    }
    return false;
}

/* Makes room for group titles, in the last column of each group. */
static void widen_for_groups(struct grid *grid)
{
    size_t width;
    for (size_t i = 0, next; i < grid->column_count; i = next) {
        next = group_end(grid, i, &width);
        size_t title = text_width(grid->columns[i].group);
        grid->columns[next - 1].width += title > width ? title - width : 0;
    }
}

bool grid_print_text(const struct grid *grid, FILE *out, bool color)
{
    if (grid->failed || grid->column_count == 0) {
        return false;
    }
    struct grid wide = *grid;
    widen_for_groups(&wide);
    if (has_groups(grid)) {
        print_groups(&wide, out);
    }
    for (size_t i = 0; i < wide.column_count; i++) {
        print_gap(&wide, i, "│", " ", out);
        print_cell(&wide.columns[i], wide.columns[i].title, i + 1 == wide.column_count, out);
    }
    fputc('\n', out);
    print_rule(&wide, "┼", out);
    for (size_t i = 0; i + wide.column_count <= wide.cell_count; i += wide.column_count) {
        if (wide.cells[i].ruled && i > 0) {
            print_rule(&wide, "┼", out);
        }
        print_row(&wide, &wide.cells[i], color, out);
    }
    return ferror(out) == 0;
}

bool grid_print_markdown(const struct grid *grid, FILE *out)
{
    if (grid->failed || grid->column_count == 0) {
        return false;
    }
    for (size_t i = 0; i < grid->column_count; i++) {
        const struct column *column = &grid->columns[i];
        fprintf(out, "| %s%s%s ", column->group, column->group[0] != '\0' && column->title[0] != '\0' ? " " : "",
                column->title);
    }
    fputs("|\n", out);
    for (size_t i = 0; i < grid->column_count; i++) {
        fputs(grid->columns[i].align == GRID_RIGHT ? "|--:" : "|---", out);
    }
    fputs("|\n", out);
    for (size_t i = 0; i < grid->cell_count - grid->cell_count % grid->column_count; i++) {
        fputs("| ", out);
        for (const char *c = grid->cells[i].text; *c != '\0'; c++) {
            fprintf(out, *c == '|' ? "\\%c" : "%c", *c);
        }
        fputs((i + 1) % grid->column_count == 0 ? " |\n" : " ", out);
    }
    return ferror(out) == 0;
}

bool color_wanted(FILE *out)
{
    const char *no_color = getenv("NO_COLOR");
    return (no_color == NULL || no_color[0] == '\0') && isatty(fileno(out)) == 1;
}

bool grid_print(struct grid *grid, bool markdown, FILE *out)
{
    bool good =
        grid != NULL && (markdown ? grid_print_markdown(grid, out) : grid_print_text(grid, out, color_wanted(out)));
    grid_free(grid);
    return good;
}
