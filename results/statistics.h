/* SPDX-License-Identifier: MIT
 * The few statistics that judge measurements. No assumption of a distribution's shape: run times are skewed, so
 * medians, quantiles and ranks, never means and standard deviations.
 *
 * Everything here is a pure function of its arguments. Samples are finite numbers.
 * "Sorted" arguments are ascending; statistics_sort() makes them so. */
#ifndef FRAMELAB_RESULTS_STATISTICS_H
#define FRAMELAB_RESULTS_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct interval {
    double low, high;
};

/* In any order. */
struct samples {
    const double *values;
    size_t count;
};

void statistics_sort(double *samples, size_t count);

/* The `q`-quantile, 0 <= q <= 1, of `count` > 0 sorted samples, interpolated linearly between ranks (definition 7 of
 * Hyndman & Fan 1996, the usual default of statistics packages). */
double statistics_quantile(const double *sorted, size_t count, double q);
double statistics_median(const double *sorted, size_t count);

struct mann_whitney {
    double u;       /* of `a`: pairs in which a's sample is the larger, ties counted half */
    double p;       /* two-sided */
    double p_least; /* the smallest p that any samples of these sizes could have given */
    bool exact;
};

/* The Mann-Whitney U test of two independent samples (Mann & Whitney 1947). Exact if there are no ties and both
 * counts are at most 25, else by the normal approximation, corrected for ties and continuity, and never below
 * p_least. p is 1 if a count is 0 or all samples are equal. */
struct mann_whitney mann_whitney_test(struct samples a, struct samples b);

/* The smallest two-sided p of the test at these counts: 2 / C(a + b, a), at most 1. */
double mann_whitney_p_least(size_t a_count, size_t b_count);

/* How far samples are shifted: an estimate with an interval and a test that agree with one another. The interval holds
 * the shift with probability 1 - alpha or more, and is all numbers if the counts are too small for that; it leaves out
 * zero if p < alpha, but for ties. */
struct shift {
    double estimate; /* not a number if there are no samples or memory is short */
    struct interval interval;
    double p;       /* two-sided, of no shift */
    double p_least; /* that these counts could have given */
};

/* Of differences from zero: Wilcoxon's (1945) signed-rank test, zeros dropped, ranks of ties their mean; the median of
 * the Walsh averages and those of them that the test cannot refuse (Hodges & Lehmann 1963; as wilcox.test of R). Exact
 * up to 100 differences, then by the normal approximation. */
struct shift paired_shift(struct samples differences, double alpha);

/* Of `b` from `a`, independent of one another: mann_whitney_test(); the median of all differences, and those of them
 * that the test cannot refuse. */
struct shift independent_shift(struct samples a, struct samples b, double alpha);

/* The smallest two-sided p of the signed-rank test: 2 / 2^count, at most 1. */
double signed_rank_p_least(size_t count);

/* Replaces `count` p-values by Holm's (1979) adjusted ones, in place: comparing those with alpha keeps the chance of
 * even one false alarm among all of them below alpha. False, p unchanged, if memory is short. */
bool holm_adjust(double *p, size_t count);

#endif
