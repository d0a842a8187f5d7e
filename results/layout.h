/* SPDX-License-Identifier: MIT
 * How series stand beside one another, in tables and pictures alike: sections (platform and setting), in them rows
 * (workload, phase, size, harts), and columns of variants. Names are in the order in which the file first has them;
 * sizes and harts ascend. Controls are in no section: `null` is looked up for a row, `cas` is the unit. */
#ifndef FRAMELAB_RESULTS_LAYOUT_H
#define FRAMELAB_RESULTS_LAYOUT_H

#include "series.h"

struct row_key {
    const char *platform, *setting, *workload, *phase;
    uint64_t frames;
    uint32_t harts;
    uint32_t cores;
};

struct layout {
    const struct series_list *list;
    struct row_key *rows; /* by section, workload, phase, size, harts */
    size_t row_count;
    const char **columns;
    size_t column_count;
};

/* False with errno if out of memory. */
bool layout_build(struct layout *layout, const struct series_list *list);
void layout_free(struct layout *layout);

/* A file of records, and what becomes of it. */
struct results {
    struct record_file file;
    struct series_list list;
    struct layout layout;
};

/* Reads a file as record_file_read() does, and lays it out; RECORDS_UNREADABLE too if memory runs out. The caller calls
 * results_free() whatever the status. */
enum records_status results_read(struct results *results, const char *path, FILE *log);
void results_free(struct results *results);

/* Two rows of one section; of one section, workload and phase. */
bool row_same_section(const struct row_key *a, const struct row_key *b);
bool row_same_phase(const struct row_key *a, const struct row_key *b);

/* The first row after `from` that is of another section. */
size_t layout_section_end(const struct layout *layout, size_t from);
/* True if any row of [from, end) has a series in the column. */
bool layout_column_used(const struct layout *layout, size_t from, size_t end, const char *column);

/* A variant's series in a row, or NULL. */
const struct series *layout_find(const struct layout *layout, const struct row_key *row, const char *column);
/* The harness alone: the null control of the same workload, phase, size and harts, or NULL. */
const struct series *layout_null(const struct layout *layout, const struct row_key *row);

/* Time of `slow` over time of `fast`, or 0 if either is not timed: above 1, `fast` is faster. */
double series_ratio(const struct series *slow, const struct series *fast);

/* "default knobs" or the setting itself. */
const char *setting_text(const char *setting);

#endif
