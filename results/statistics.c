/* SPDX-License-Identifier: MIT
 * Medians, bootstrap intervals, rank tests and their correction; see statistics.h for the sources. */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>

#include "random.h"

#define BOOTSTRAP_RESAMPLES 2000u
#define EXACT_COUNT_MAX 25u /* C(50, 25) is below 2^53: every count is exact in a double */

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left;
    double b = *(const double *)right;
    return (a > b) - (a < b);
}

void statistics_sort(double *samples, size_t count)
{
    if (count > 1) {
        qsort(samples, count, sizeof *samples, compare_doubles);
    }
}

double statistics_quantile(const double *sorted, size_t count, double q)
{
    if (count == 0) {
        return NAN;
    }
    double rank = q * (double)(count - 1);
    size_t below = (size_t)rank;
    if (below + 1 >= count) {
        return sorted[count - 1];
    }
    return sorted[below] + (rank - (double)below) * (sorted[below + 1] - sorted[below]);
}

double statistics_median(const double *sorted, size_t count)
{
    return statistics_quantile(sorted, count, 0.5);
}

static double resampled_median(const double *samples, size_t count, struct random *random, double *scratch)
{
    for (size_t i = 0; i < count; i++) {
        scratch[i] = samples[random_below(random, count)];
    }
    statistics_sort(scratch, count);
    return statistics_median(scratch, count);
}

static struct interval percentile_interval(double *estimates, double confidence)
{
    double tail = (1.0 - confidence) / 2;
    statistics_sort(estimates, BOOTSTRAP_RESAMPLES);
    return (struct interval){statistics_quantile(estimates, BOOTSTRAP_RESAMPLES, tail),
                             statistics_quantile(estimates, BOOTSTRAP_RESAMPLES, 1.0 - tail)};
}

struct interval bootstrap_median(const double *samples, size_t count, double confidence, uint64_t seed)
{
    double one = 1.0; /* the median itself is its ratio to one */
    return bootstrap_ratio(&one, 1, samples, count, confidence, seed);
}

struct interval bootstrap_ratio(const double *a, size_t a_count, const double *b, size_t b_count, double confidence,
                                uint64_t seed)
{
    struct interval interval = {NAN, NAN};
    if (a_count == 0 || b_count == 0) {
        return interval;
    }
    size_t scratch_count = a_count > b_count ? a_count : b_count;
    double *estimates = calloc(BOOTSTRAP_RESAMPLES, sizeof *estimates);
    double *scratch = calloc(scratch_count, sizeof *scratch);
    if (estimates != NULL && scratch != NULL) {
        struct random random = random_stream(seed, 0);
        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++) {
            double median_a = resampled_median(a, a_count, &random, scratch);
            estimates[i] = resampled_median(b, b_count, &random, scratch) / median_a;
        }
        interval = percentile_interval(estimates, confidence);
    }
    free(scratch);
    free(estimates);
    return interval;
}

double mann_whitney_p_least(size_t a_count, size_t b_count)
{
    double choices = 1; /* C(a + b, a); infinity for large counts is right: then p_least is 0 */
    for (size_t i = 1; i <= a_count; i++) {
        choices = choices * (double)(b_count + i) / (double)i;
    }
    return fmin(1.0, 2.0 / choices);
}

/* Of all ways to interleave the two samples, the number with each U, by the generating function
 *     product over i = 1 .. a of (1 - q^(b + i)) / (1 - q^i)
 * whose coefficient of q^u is that number. Every step leaves whole, small numbers, so doubles are exact. */
static void count_interleavings(double *ways, size_t a_count, size_t b_count)
{
    size_t u_max = a_count * b_count;
    for (size_t u = 0; u <= u_max; u++) {
        ways[u] = u == 0;
    }
    for (size_t i = 1; i <= a_count; i++) {
        for (size_t u = u_max; u >= b_count + i; u--) {
            ways[u] -= ways[u - b_count - i];
        }
        for (size_t u = i; u <= u_max; u++) {
            ways[u] += ways[u - i];
        }
    }
}

static double exact_p(double u, size_t a_count, size_t b_count)
{
    double ways[EXACT_COUNT_MAX * EXACT_COUNT_MAX + 1];
    count_interleavings(ways, a_count, b_count);
    double u_max = (double)(a_count * b_count);
    size_t tail = (size_t)fmin(u, u_max - u); /* the distribution is symmetric */
    double in_tail = 0;
    double all = 0;
    for (size_t i = 0; i <= a_count * b_count; i++) {
        all += ways[i];
        in_tail += i <= tail ? ways[i] : 0;
    }
    return fmin(1.0, 2 * in_tail / all);
}

static double normal_p(double u, size_t a_count, size_t b_count, double tie_term)
{
    double a = (double)a_count;
    double b = (double)b_count;
    double n = a + b;
    double variance = a * b / 12 * (n + 1 - tie_term / (n * (n - 1)));
    double distance = fmax(0.0, fabs(u - a * b / 2) - 0.5);
    return variance > 0 ? erfc(distance / sqrt(2 * variance)) : 1.0;
}

/* Sum of t^3 - t over groups of t equal samples, of both arrays together. */
static double count_ties(const double *a, size_t a_count, const double *b, size_t b_count)
{
    double term = 0;
    size_t i = 0;
    size_t k = 0;
    while (i < a_count || k < b_count) {
        double value = k == b_count || (i < a_count && a[i] <= b[k]) ? a[i] : b[k];
        double equal = 0;
        for (; i < a_count && a[i] <= value; i++) {
            equal++;
        }
        for (; k < b_count && b[k] <= value; k++) {
            equal++;
        }
        term += equal * equal * equal - equal;
    }
    return term;
}

static double count_u(const double *a, size_t a_count, const double *b, size_t b_count)
{
    double u = 0;
    size_t smaller = 0;
    size_t not_larger = 0;
    for (size_t i = 0; i < a_count; i++) {
        while (smaller < b_count && b[smaller] < a[i]) {
            smaller++;
        }
        while (not_larger < b_count && b[not_larger] <= a[i]) {
            not_larger++;
        }
        u += (double)(smaller + not_larger) / 2;
    }
    return u;
}

static double *sorted_copy(const double *samples, size_t count)
{
    double *copy = calloc(count, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < count; i++) {
        copy[i] = samples[i];
    }
    if (copy != NULL) {
        statistics_sort(copy, count);
    }
    return copy;
}

struct mann_whitney mann_whitney_test(const double *a, size_t a_count, const double *b, size_t b_count)
{
    struct mann_whitney test = {.p = 1, .p_least = mann_whitney_p_least(a_count, b_count)};
    if (a_count == 0 || b_count == 0) {
        return test;
    }
    double *a_sorted = sorted_copy(a, a_count);
    double *b_sorted = sorted_copy(b, b_count);
    if (a_sorted != NULL && b_sorted != NULL) {
        double ties = count_ties(a_sorted, a_count, b_sorted, b_count);
        test.u = count_u(a_sorted, a_count, b_sorted, b_count);
        test.exact = ties < 1 && a_count <= EXACT_COUNT_MAX && b_count <= EXACT_COUNT_MAX;
        test.p = test.exact ? exact_p(test.u, a_count, b_count)
                            : fmax(test.p_least, normal_p(test.u, a_count, b_count, ties));
    }
    free(a_sorted);
    free(b_sorted);
    return test;
}

struct ranked {
    double p;
    size_t place;
};

static int compare_ranked(const void *left, const void *right)
{
    const struct ranked *a = left;
    const struct ranked *b = right;
    return (a->p > b->p) - (a->p < b->p);
}

bool holm_adjust(double *p, size_t count)
{
    struct ranked *ranked = calloc(count + 1, sizeof *ranked);
    if (ranked == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked){p[i], i};
    }
    qsort(ranked, count, sizeof *ranked, compare_ranked);
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, fmin(1.0, ranked[i].p * (double)(count - i)));
        p[ranked[i].place] = largest;
    }
    free(ranked);
    return true;
}
