/* SPDX-License-Identifier: MIT
 * Whether what was measured later is slower: two files of records, series by series. */
#ifndef FRAMELAB_RESULTS_COMPARISON_H
#define FRAMELAB_RESULTS_COMPARISON_H

#include "series.h"
#include "statistics.h"

enum verdict {
    VERDICT_SAME,     /* the change is within the threshold */
    VERDICT_UNPROVEN, /* the change is larger, but not significant */
    VERDICT_TOO_FEW,  /* too few repeats to ever find anything */
    VERDICT_FASTER,
    VERDICT_REGRESSION,
    VERDICT_CONTROL,       /* a control, not judged; steady */
    VERDICT_CONTROL_MOVED, /* a control, not judged; moved by more than the threshold */
    VERDICT_COUNT
};

struct comparison_rules {
    double threshold; /* a fraction: 0.05 */
    double alpha;
    bool cas_unit; /* times in CAS units of each file, which both have, instead of nanoseconds */
    uint64_t seed;
};

struct pair {
    const struct series *a, *b;
    double change;            /* median of b over median of a, less 1 */
    struct interval interval; /* of change, 95 % */
    double p;                 /* adjusted, where judged */
    double p_least;
    enum verdict verdict;
};

struct comparison {
    const struct comparison_rules *rules;
    const struct series_list *sides[2];
    double unit_ns[2]; /* what times are divided by */
    struct pair *pairs;
    size_t pair_count;
    const struct series **only[2]; /* series that the other side lacks */
    size_t only_count[2];
    size_t judged; /* pairs that are not controls: the family of the correction */
    size_t tally[VERDICT_COUNT];
};

/* Matches and judges. False if out of memory. The caller calls comparison_free() in either case; rules and series must
 * live as long. */
bool comparison_make(struct comparison *comparison, const struct comparison_rules *rules, const struct series_list *a,
                     const struct series_list *b);
void comparison_free(struct comparison *comparison);

/* Repeats a file would need so that a row could be found significant, were it the only one that changed. */
unsigned comparison_repeats_needed(const struct comparison *comparison);

#endif
