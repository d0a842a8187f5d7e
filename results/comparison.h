/* SPDX-License-Identifier: MIT
 * Whether what was measured on one side is slower than on the other, row by row and over all rows: two files of
 * records, the two sides of one campaign (`framelab bench --against`), or two variants of one file. */
#ifndef FRAMELAB_RESULTS_COMPARISON_H
#define FRAMELAB_RESULTS_COMPARISON_H

#include "series.h"
#include "statistics.h"

enum verdict {
    VERDICT_WITHIN,    /* the interval of the change lies within the threshold */
    VERDICT_UNDECIDED, /* it reaches beyond, and no change is proven */
    VERDICT_FASTER,
    VERDICT_REGRESSION,
    VERDICT_TOO_FEW,       /* of so few processes nothing could be found */
    VERDICT_DISTURBED,     /* too few are left undisturbed, or the control of this very row moved */
    VERDICT_OTHER_WORK,    /* the sides did not make the same number of operations */
    VERDICT_CONTROL,       /* a control or the unit, not judged; steady */
    VERDICT_CONTROL_MOVED, /* a control, not judged; moved by more than the threshold */
    VERDICT_COUNT
};

/* What is compared of a row. */
enum measure { MEASURE_TIME, MEASURE_P99, MEASURE_P999, MEASURE_COUNT };

/* Which tests are corrected for together: those of all rows, of a variant's rows, of none but the row itself. */
enum family { FAMILY_ALL, FAMILY_VARIANT, FAMILY_ROW };

struct comparison_rules {
    double threshold; /* a fraction: 0.05 */
    double alpha;     /* half for the geometric means, half for the rows */
    enum family family;
    const char *unit;  /* NULL: nanoseconds. "cas", or a column: times over its time in the same block */
    bool same_machine; /* both sides are of one */
};

/* What is compared: of a list those series that are of `campaign_side` and of the column `variant`, if not NULL. */
struct comparison_side {
    const struct series_list *list;
    const char *campaign_side, *variant;
};

/* A change: B over A, less 1. */
struct change {
    double estimate;
    struct interval interval; /* at the family's level */
    double p;                 /* of no change, adjusted for the family */
    double detectable;        /* a larger change would have been found, with the interval's probability */
};

struct pair {
    const struct series *a, *b;
    enum measure measure;
    bool paired;          /* block by block */
    double value[2];      /* medians, in the unit */
    size_t processes[2];  /* undisturbed ones that it is made of; if paired, both the pairs */
    size_t disturbed;     /* repeats left out for it */
    double threshold;     /* the rules', or what the measure resolves, if that is coarser */
    struct change change; /* of what `processes` are enough for; else estimate alone */
    enum verdict verdict;
};

/* Of all rows of a variant whose times were judged. */
struct geometric_mean {
    const char *variant;
    size_t rows, processes[2];
    struct change change;
    enum verdict verdict; /* WITHIN, UNDECIDED, FASTER, REGRESSION or TOO_FEW */
};

struct comparison {
    const struct comparison_rules *rules;
    struct comparison_side sides[2];
    double core_ns[2]; /* the cores' control at best: one for both, if they are of one machine */
    struct pair *pairs;
    size_t pair_count;
    struct geometric_mean *means;
    size_t mean_count;
    const struct series **only[2]; /* series that the other side lacks */
    size_t only_count[2];
    size_t compared; /* pairs that are no controls */
    size_t judged;   /* those with a verdict of the first four */
    size_t tally[VERDICT_COUNT];
};

/* Whether two lists "name=value,..." agree in every knob that both have: one that is new since the older file was
 * written stands at its default in the other, unless the variant says otherwise. */
bool knobs_agree(const char *a, const char *b);

/* Matches and judges. False if out of memory. The caller calls comparison_free() in either case; rules and series must
 * live as long. */
bool comparison_make(struct comparison *comparison, const struct comparison_rules *rules,
                     const struct comparison_side *a, const struct comparison_side *b);
void comparison_free(struct comparison *comparison);

/* What came out, of rows and geometric means: a regression anywhere; nothing that could be judged: less than half of
 * the rows, or all of them undecided; else neither. */
enum comparison_outcome { COMPARISON_NO_REGRESSION, COMPARISON_REGRESSION, COMPARISON_NOT_JUDGED };
enum comparison_outcome comparison_outcome(const struct comparison *comparison);

/* Processes of each side that a row of this comparison needs to be judged. */
size_t comparison_processes_needed(const struct comparison *comparison, bool paired);

/* The `q`-quantile over judged rows of the change that would have been found; NAN if there is none. */
double comparison_detectable(const struct comparison *comparison, double q);

#endif
