/* SPDX-License-Identifier: MIT
 * Sorts series into sections, rows and columns; see layout.h. */
#include "layout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A row and the places of its first series and names in the file, by which rows are sorted. */
struct placed_row {
    struct row_key key;
    size_t platform, setting, workload, phase;
};

static size_t place_of(const char **names, size_t *count, const char *name)
{
    size_t i = 0;
    while (i < *count && names[i] != name) {
        i++;
    }
    if (i == *count) {
        names[(*count)++] = name;
    }
    return i;
}

static int compare_sizes(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int compare_places(const void *left, const void *right)
{
    const struct placed_row *a = left;
    const struct placed_row *b = right;
    const int differences[] = {
        compare_sizes(a->platform, b->platform),     compare_sizes(a->setting, b->setting),
        compare_sizes(a->workload, b->workload),     compare_sizes(a->phase, b->phase),
        compare_sizes(a->key.frames, b->key.frames), compare_sizes(a->key.harts, b->key.harts),
    };
    for (size_t i = 0; i < sizeof differences / sizeof *differences; i++) {
        if (differences[i] != 0) {
            return differences[i];
        }
    }
    return 0;
}

bool row_same_section(const struct row_key *a, const struct row_key *b)
{
    return a->platform == b->platform && a->setting == b->setting;
}

bool row_same_phase(const struct row_key *a, const struct row_key *b)
{
    return row_same_section(a, b) && a->workload == b->workload && a->phase == b->phase;
}

/* Names of every kind share one table: only their order counts. */
static size_t place_rows(const struct series_list *list, struct placed_row *rows, const char **names,
                         struct layout *layout)
{
    size_t row_count = 0;
    size_t name_count = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct series *series = &list->items[i];
        if (series->control) {
            continue;
        }
        (void)place_of(layout->columns, &layout->column_count, series->column);
        rows[row_count++] = (struct placed_row){
            .key = {series->platform, series->setting, series->workload, series->phase, series->frames, series->harts,
                    series->cores},
            .platform = place_of(names, &name_count, series->platform),
            .setting = place_of(names, &name_count, series->setting),
            .workload = place_of(names, &name_count, series->workload),
            .phase = place_of(names, &name_count, series->phase),
        };
    }
    return row_count;
}

bool layout_build(struct layout *layout, const struct series_list *list)
{
    *layout = (struct layout){.list = list};
    struct placed_row *placed = calloc(list->count + 1, sizeof *placed);
    const char **names = calloc(4 * list->count + 1, sizeof *names);
    layout->rows = calloc(list->count + 1, sizeof *layout->rows);
    layout->columns = calloc(list->count + 1, sizeof *layout->columns);
    bool good = placed != NULL && names != NULL && layout->rows != NULL && layout->columns != NULL;
    if (good) {
        size_t count = place_rows(list, placed, names, layout);
        qsort(placed, count, sizeof *placed, compare_places);
        for (size_t i = 0; i < count; i++) {
            if (i == 0 || compare_places(&placed[i - 1], &placed[i]) != 0) {
                layout->rows[layout->row_count++] = placed[i].key;
            }
        }
    }
    free(names);
    free(placed);
    if (!good) {
        layout_free(layout);
        errno = ENOMEM;
    }
    return good;
}

void layout_free(struct layout *layout)
{
    free(layout->rows);
    free(layout->columns);
    *layout = (struct layout){0};
}

enum records_status results_read(struct results *results, const char *path, FILE *log)
{
    *results = (struct results){.layout.rows = NULL};
    enum records_status status = record_file_read(&results->file, path, log);
    if (status != RECORDS_UNREADABLE &&
        !(series_build(&results->list, &results->file) && layout_build(&results->layout, &results->list))) {
        fprintf(log, "framelab: %s: %s\n", path, strerror(errno));
        return RECORDS_UNREADABLE;
    }
    return status;
}

void results_free(struct results *results)
{
    layout_free(&results->layout);
    series_free(&results->list);
    record_file_free(&results->file);
}

size_t layout_section_end(const struct layout *layout, size_t from)
{
    size_t end = from;
    while (end < layout->row_count && row_same_section(&layout->rows[from], &layout->rows[end])) {
        end++;
    }
    return end;
}

const struct series *layout_find(const struct layout *layout, const struct row_key *row, const char *column)
{
    for (size_t i = 0; i < layout->list->count; i++) {
        const struct series *series = &layout->list->items[i];
        if (!series->control && strcmp(series->column, column) == 0 && series->platform == row->platform &&
            series->setting == row->setting && series->workload == row->workload && series->phase == row->phase &&
            series->frames == row->frames && series->harts == row->harts) {
            return series;
        }
    }
    return NULL;
}

const struct series *layout_null(const struct layout *layout, const struct row_key *row)
{
    for (size_t i = 0; i < layout->list->count; i++) {
        const struct series *series = &layout->list->items[i];
        if (strcmp(series->column, "null") == 0 && series->platform == row->platform &&
            series->workload == row->workload && series->phase == row->phase && series->frames == row->frames &&
            series->harts == row->harts) {
            return series;
        }
    }
    return NULL;
}

bool layout_column_used(const struct layout *layout, size_t from, size_t end, const char *column)
{
    for (size_t i = from; i < end; i++) {
        if (layout_find(layout, &layout->rows[i], column) != NULL) {
            return true;
        }
    }
    return false;
}

double series_ratio(const struct series *slow, const struct series *fast)
{
    if (slow == NULL || fast == NULL || slow->count == 0 || fast->count == 0 || fast->median <= 0) {
        return 0;
    }
    return slow->median / fast->median;
}

const char *setting_text(const char *setting)
{
    return setting[0] != '\0' ? setting : "default knobs";
}
