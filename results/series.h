/* SPDX-License-Identifier: MIT
 * Series: the repeats of one measurement brought together. Rows that agree in everything but the repeat are one
 * series; tables, pictures and comparisons all speak of series.
 *
 * A variant's text is split for display: the knobs that every variant has (magazine, batch, hole-limit) are the
 * *setting*, under which variants are compared with one another; what is left names the *column*. So
 * `baseline,lock=mcs,magazine=0` is the column `baseline,lock=mcs` in the setting `magazine=0`. The simulated machine
 * and, of a figure's records, the run and, of a campaign of two binaries, the side belong to the setting, too.
 *
 * Disturbed repeats. On a machine that is shared with others a core's other hardware thread may be theirs for a
 * while, and all that keeps a core busy takes up to twice as long; so may two virtual cores be one. The cores' control
 * (workload.h), run by every hart before and after, tells so whatever is measured: a repeat is disturbed if on
 * some hart it took over a tenth longer than the quickest of the file. Where at least three repeats of a series were
 * not disturbed, it is made of these alone; the others stay in the file. */
#ifndef FRAMELAB_RESULTS_SERIES_H
#define FRAMELAB_RESULTS_SERIES_H

#include "records.h"

struct series {
    /* What makes it one series. */
    const char *variant, *knobs, *platform, *machine, *run, *side, *workload, *phase;
    uint64_t frames;
    uint32_t harts;
    /* Of the variant's text; strings of the record file. */
    const char *column, *setting;

    const struct result_row *const *rows; /* that it is made of, in the file's order */
    size_t row_count, timed;              /* of them, those with a time */
    uint32_t cores;
    bool control;     /* the workload is "control" or the column is "null": the harness, not an allocator */
    size_t count;     /* repeats with a time, without those left out */
    size_t left_out;  /* disturbed ones */
    size_t disturbed; /* those and, if there were too few others, those that were not */
    double *samples;  /* ns per operation, ascending; NULL if count is 0 */
    double median, q1, q3;
    struct latency_summary latency; /* samples 0: none. Percentiles: medians over repeats; max: of all repeats */
    bool shared_out;                /* the next two are known */
    double share_first, share_last; /* medians over repeats; see records.h */
};

struct series_list {
    struct series *items; /* in order of first appearance in the file */
    size_t count;
    double *samples;          /* what the items' samples point into */
    struct result_row **rows; /* and their rows */
    double core_ns;           /* what the cores' control takes undisturbed, a turn; 0: the file does not have it */
    double clock_step_ns;     /* by the provenance, the coarsest; 0: it does not say */
    double cas_ns;            /* the CAS unit: median of the control `cas`; 0 if the file has none */
};

/* Brings the file's rows together. False with errno if out of memory. The strings stay the file's. */
bool series_build(struct series_list *list, struct record_file *file);
void series_free(struct series_list *list);

/* Whether some hart's core was shared, `core_ns` being a turn of the control undisturbed; not if either is unknown. */
bool series_row_disturbed(const struct result_row *row, double core_ns);
/* Whether its times are counted, not measured: of simulated harts. The same program gives the same again. */
bool series_is_exact(const struct series *series);

/* "3" or "3 frames"; "order 3" or "3 frames". */
const char *series_order_text(uint64_t frames, char *out, size_t out_bytes);
const char *series_size_text(uint64_t frames, char *out, size_t out_bytes);
/* log2 of frames, or -1 if that is no integer. */
int series_order(uint64_t frames);

/* Operations of all harts together in a second, in millions, if each needs `ns` for one. Harts beyond the cores do not
 * count: a hart's own time may leave out that it waited for a core (a short phase fits into one slice of the
 * scheduler), so that what is left is a lower bound. */
double series_throughput(uint32_t harts, uint32_t cores, double ns);

#endif
