/* SPDX-License-Identifier: MIT
 * Medians, bootstrap intervals, rank tests and their correction; see statistics.h for the sources. */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

static double resampled_median(struct samples samples, struct random *random, double *scratch)
{
    for (size_t i = 0; i < samples.count; i++) {
        scratch[i] = samples.values[random_below(random, samples.count)];
    }
    statistics_sort(scratch, samples.count);
    return statistics_median(scratch, samples.count);
}

static struct interval percentile_interval(double *estimates, double confidence)
{
    double tail = (1.0 - confidence) / 2;
    statistics_sort(estimates, BOOTSTRAP_RESAMPLES);
    return (struct interval){statistics_quantile(estimates, BOOTSTRAP_RESAMPLES, tail),
                             statistics_quantile(estimates, BOOTSTRAP_RESAMPLES, 1.0 - tail)};
}

struct interval bootstrap_ratio(struct samples a, struct samples b, double confidence, uint64_t seed)
{
    struct interval interval = {NAN, NAN};
    if (a.count == 0 || b.count == 0) {
        return interval;
    }
    double *estimates = calloc(BOOTSTRAP_RESAMPLES, sizeof *estimates);
    double *scratch = calloc(a.count > b.count ? a.count : b.count, sizeof *scratch);
    if (estimates != NULL && scratch != NULL) {
        struct random random = random_stream(seed, 0);
        for (size_t i = 0; i < BOOTSTRAP_RESAMPLES; i++) {
            double median_a = resampled_median(a, &random, scratch);
            estimates[i] = resampled_median(b, &random, scratch) / median_a;
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

/* Sum of t^3 - t over groups of t equal samples, of both together, which are sorted. */
static double count_ties(struct samples a, struct samples b)
{
    double term = 0;
    size_t i = 0;
    size_t k = 0;
    while (i < a.count || k < b.count) {
        double value = k == b.count || (i < a.count && a.values[i] <= b.values[k]) ? a.values[i] : b.values[k];
        double equal = 0;
        for (; i < a.count && a.values[i] <= value; i++) {
            equal++;
        }
        for (; k < b.count && b.values[k] <= value; k++) {
            equal++;
        }
        term += equal * equal * equal - equal;
    }
    return term;
}

static double count_u(struct samples a, struct samples b)
{
    double u = 0;
    size_t smaller = 0;
    size_t not_larger = 0;
    for (size_t i = 0; i < a.count; i++) {
        while (smaller < b.count && b.values[smaller] < a.values[i]) {
            smaller++;
        }
        while (not_larger < b.count && b.values[not_larger] <= a.values[i]) {
            not_larger++;
        }
        u += (double)(smaller + not_larger) / 2;
    }
    return u;
}

/* NULL if out of memory. */
static double *sorted_copy(struct samples samples)
{
    double *copy = calloc(samples.count, sizeof *copy);
    if (copy != NULL) {
        memcpy(copy, samples.values, samples.count * sizeof *copy);
        statistics_sort(copy, samples.count);
    }
    return copy;
}

struct mann_whitney mann_whitney_test(struct samples a, struct samples b)
{
    struct mann_whitney test = {.p = 1, .p_least = mann_whitney_p_least(a.count, b.count)};
    if (a.count == 0 || b.count == 0) {
        return test;
    }
    double *a_sorted = sorted_copy(a);
    double *b_sorted = sorted_copy(b);
    if (a_sorted != NULL && b_sorted != NULL) {
        const struct samples of_a = {a_sorted, a.count}, of_b = {b_sorted, b.count};
        double ties = count_ties(of_a, of_b);
        test.u = count_u(of_a, of_b);
        test.exact = ties < 1 && a.count <= EXACT_COUNT_MAX && b.count <= EXACT_COUNT_MAX;
        test.p = test.exact ? exact_p(test.u, a.count, b.count)
                            : fmax(test.p_least, normal_p(test.u, a.count, b.count, ties));
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
