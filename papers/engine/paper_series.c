/* SPDX-License-Identifier: MIT
 * Series and tables of a figure. See paper_series.h. */
#include "paper_series.h"

#include <stdarg.h>
#include <string.h>

#include "flat.h"
#include "grid.h"
#include "paper_check.h"

struct objection {
    char *why;
    size_t why_bytes;
    const json_t *panels, *things; /* that there are */
};

__attribute__((format(printf, 2, 3))) static bool refuse(const struct objection *objection, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(objection->why, objection->why_bytes, format, arguments);
    va_end(arguments);
    return false;
}

static bool is_kind(const char *text)
{
    return strcmp(text, "measured") == 0 || strcmp(text, "published") == 0 || strcmp(text, "model") == 0;
}

static bool is_platform(const char *text)
{
    return *text == '\0' || strcmp(text, "host") == 0 || strcmp(text, "sim") == 0 || strcmp(text, "qemu") == 0;
}

/* An array of `count` numbers. */
static bool is_numbers(const json_t *array, size_t count)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (!json_is_number(json_array_get(array, i))) {
            return false;
        }
    }
    return json_is_array(array) && json_array_size(array) == count;
}

static bool check_series(const struct objection *objection, const json_t *series)
{
    static const char *const axes[] = {"x", "y", "low", "high"};
    const char *name = flat_text(series, "name");
    size_t count, points = json_array_size(json_object_get(series, "x"));
    if (*name == '\0') {
        return refuse(objection, "series.jq: a series without a name");
    }
    if (paper_item(objection->panels, "id", flat_text(series, "panel"), &count) == NULL) {
        return refuse(objection, "series.jq: series '%s': figure.json has no panel '%s'", name,
                      flat_text(series, "panel"));
    }
    if (!is_kind(flat_text(series, "kind"))) {
        return refuse(objection, "series.jq: series '%s': kind is measured, published or model", name);
    }
    if (!is_platform(flat_text(series, "platform"))) {
        return refuse(objection, "series.jq: series '%s': platform is host, sim or qemu", name);
    }
    const char *thing = flat_text(series, "thing");
    if (*thing != '\0' && paper_item(objection->things, "id", thing, &count) == NULL) {
        return refuse(objection, "series.jq: series '%s': things.json has no thing '%s'", name, thing);
    }
    for (size_t i = 0; i < 4; i++) {
        const json_t *axis = json_object_get(series, axes[i]);
        if (!(axis == NULL && i >= 2) && !is_numbers(axis, points)) {
            return refuse(objection, "series.jq: series '%s': %s is not as many numbers as x", name, axes[i]);
        }
    }
    return true;
}

/* A name is what the legend of its panel says. */
static bool check_names(const struct objection *objection, const json_t *all)
{
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *series = json_array_get(all, i);
        for (size_t k = 0; k < i; k++) {
            const json_t *earlier = json_array_get(all, k);
            if (strcmp(flat_text(earlier, "name"), flat_text(series, "name")) == 0 &&
                strcmp(flat_text(earlier, "panel"), flat_text(series, "panel")) == 0) {
                return refuse(objection, "series.jq: series '%s': panel '%s' has it twice", flat_text(series, "name"),
                              flat_text(series, "panel"));
            }
        }
    }
    return true;
}

static bool is_texts(const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (!json_is_string(json_array_get(array, i))) {
            return false;
        }
    }
    return true;
}

static bool check_table(const struct objection *objection, const json_t *table)
{
    size_t i;
    const json_t *row;
    const json_t *rows = json_object_get(table, "rows");
    const char *title = flat_text(table, "title");
    size_t columns = json_array_size(json_object_get(table, "columns"));
    if (*title == '\0' || columns == 0 || !is_texts(json_object_get(table, "columns")) || !json_is_array(rows)) {
        return refuse(objection, "series.jq: a table needs title, columns, rows");
    }
    json_array_foreach((json_t *)rows, i, row)
    {
        if (json_array_size(row) != columns) {
            return refuse(objection, "series.jq: table '%s': row %zu has not %zu cells", title, i, columns);
        }
    }
    return true;
}

/* A picture's name becomes part of a path. */
static bool check_picture(const struct objection *objection, const json_t *picture)
{
    const json_t *value;
    const char *key;
    if (!paper_is_name(json_object_get(picture, "name"))) {
        return refuse(objection, "series.jq: a picture without a name, or with one that is none");
    }
    json_object_foreach(json_object_get(picture, "set"), key, value)
    {
        const json_t *first = json_is_array(value) ? json_array_get(value, 0) : value;
        if (first != NULL && !json_is_string(first) && !json_is_number(first)) {
            return refuse(objection, "series.jq: picture '%s': %s is neither number, text, nor array of such",
                          flat_text(picture, "name"), key);
        }
    }
    return true;
}

/* Whether `check` finds no fault with any item. */
static bool check_each(const struct objection *objection, const json_t *array,
                       bool (*check)(const struct objection *objection, const json_t *item))
{
    bool good = true;
    for (size_t i = 0; good && i < json_array_size(array); i++) {
        good = check(objection, json_array_get(array, i));
    }
    return good;
}

bool paper_series_check(const json_t *made, const json_t *figure, char *why, size_t why_bytes)
{
    const json_t *panels = json_object_get(made, "panels");
    const struct objection objection = {why, why_bytes, panels != NULL ? panels : json_object_get(figure, "panels"),
                                        json_object_get(made, "things")};
    const json_t *all = json_object_get(made, "series");
    const json_t *tables = json_object_get(made, "tables");
    why[0] = '\0';
    if (!json_is_array(all) || !json_is_array(tables)) {
        return refuse(&objection, "series.jq: makes no object with arrays 'series' and 'tables'");
    }
    return check_each(&objection, all, check_series) && check_each(&objection, tables, check_table) &&
           check_each(&objection, json_object_get(made, "pictures"), check_picture) && check_names(&objection, all);
}

static double number_at(const json_t *series, const char *axis, size_t i)
{
    const json_t *numbers = json_object_get(series, axis);
    return json_number_value(json_array_get(numbers != NULL ? numbers : json_object_get(series, "y"), i));
}

bool paper_series_write(const json_t *made, const char *path)
{
    size_t i;
    const json_t *series;
    FILE *file = fopen(path, "we");
    if (file == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(made, "series"), i, series)
    {
        (void)fprintf(file, "# %s: %s\n", flat_text(series, "panel"), flat_text(series, "name"));
        for (size_t k = 0; k < json_array_size(json_object_get(series, "x")); k++) {
            (void)fprintf(file, "%.9g %.9g %.9g %.9g\n", number_at(series, "x", k), number_at(series, "y", k),
                          number_at(series, "low", k), number_at(series, "high", k));
        }
        (void)fputs("\n\n", file);
    }
    bool good = ferror(file) == 0;
    return fclose(file) == 0 && good;
}

/* A column is numbers, to the right, if its first cell begins like one. */
static enum grid_align align_of(const json_t *table, size_t column)
{
    const json_t *cell = json_array_get(json_array_get(json_object_get(table, "rows"), 0), column);
    const char *text = json_is_string(cell) ? json_string_value(cell) : "";
    return json_is_number(cell) || (*text != '\0' && strchr("-0123456789", *text) != NULL) ? GRID_RIGHT : GRID_LEFT;
}

static void add_cells(struct grid *grid, const json_t *row)
{
    size_t i;
    const json_t *cell;
    json_array_foreach((json_t *)row, i, cell)
    {
        if (json_is_string(cell)) {
            grid_cell(grid, GRID_PLAIN, "%s", json_string_value(cell));
        } else {
            grid_cell(grid, GRID_PLAIN, "%.6g", json_number_value(cell));
        }
    }
}

static bool write_table(const json_t *table, FILE *file)
{
    struct grid *grid = grid_new();
    size_t i;
    const json_t *item;
    if (grid == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(table, "columns"), i, item)
    {
        grid_column(grid, "", json_string_value(item), align_of(table, i));
    }
    json_array_foreach(json_object_get(table, "rows"), i, item)
    {
        add_cells(grid, item);
    }
    (void)fprintf(file, "## %s\n\n", flat_text(table, "title"));
    return grid_print(grid, true, file) && fputc('\n', file) != EOF;
}

bool paper_tables_write(const json_t *made, const char *path)
{
    size_t i;
    const json_t *table;
    FILE *file = fopen(path, "we");
    bool good = true;
    if (file == NULL) {
        return false;
    }
    json_array_foreach(json_object_get(made, "tables"), i, table)
    {
        good = good && write_table(table, file);
    }
    return fclose(file) == 0 && good;
}
