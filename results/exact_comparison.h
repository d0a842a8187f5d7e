/* SPDX-License-Identifier: MIT
 * Whether what was simulated or counted got worse: the same program gives the same numbers again, so any difference is
 * one of the programs, and no statistics are needed. */
#ifndef FRAMELAB_RESULTS_EXACT_COMPARISON_H
#define FRAMELAB_RESULTS_EXACT_COMPARISON_H

#include "records.h"

/* One number of one repeat. */
struct exact_item {
    const char *variant, *knobs, *machine, *model, *run, *workload, *phase, *measure, *seed;
    uint64_t frames, operations;
    uint32_t harts, repeat;
    double value; /* less is better */
};

struct exact_pair {
    const struct exact_item *a, *b;
};

struct exact_comparison {
    struct exact_item *items[2]; /* sorted */
    size_t item_count[2];
    struct exact_pair *pairs;
    size_t compared, worse, better, equal;
    size_t only[2]; /* numbers that the other file lacks: another seed, machine, work */
};

/* Compares simulated times and counts of both files: of the same variant, knobs that both know, machine (by its
 * parameters), run of a figure, work, seed and repeat. Counts of harts that are threads (QEMU's mttcg) depend on the
 * host, and are left out. False if out of memory. The caller calls exact_comparison_free() in either case; the files
 * must live as long. */
bool exact_comparison_make(struct exact_comparison *comparison, const struct record_file *a,
                           const struct record_file *b);
void exact_comparison_free(struct exact_comparison *comparison);

/* What differs, for people; nothing if neither file has such numbers. False if out of memory or the stream failed. */
bool exact_comparison_print(const struct exact_comparison *comparison, FILE *out);

/* An array of flat objects, one for each number of both. NULL if out of memory. */
json_t *exact_comparison_json(const struct exact_comparison *comparison);

#endif
