/* SPDX-License-Identifier: MIT
 * Medians, rank tests with their estimates and intervals, and their correction; see statistics.h for the sources. */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EXACT_COUNT_MAX 25u /* C(50, 25) is below 2^53: every count is exact in a double */
#define EXACT_PAIRS_MAX 100u

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

/* ---- Shifts ------------------------------------------------------------------------------------------------------ */

/* The standard normal distribution's quantile, by bisection: its error is far below what ranks resolve. */
static double normal_quantile(double q)
{
    double low = -40, high = 40;
    while (high - low > 1e-9) {
        double middle = (low + high) / 2;
        if (erfc(-middle / sqrt(2)) / 2 < q) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The smallest place at which the weights below and up to it are a share of `tail` of all: R's q-functions. */
static size_t tail_place(const double *weights, size_t count, double tail)
{
    double all = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        all += weights[i];
    }
    size_t i = 0;
    for (sum = weights[0]; i + 1 < count && sum < tail * all; sum += weights[i]) {
        i++;
    }
    return i;
}

static size_t normal_place(double mean, double variance, double tail)
{
    double place = floor(mean + normal_quantile(tail) * sqrt(variance));
    return place > 0 ? (size_t)place : 0;
}

/* Of sorted candidates: their median, and those `place` from either end; all numbers if `place` is 0. */
static void set_shift(struct shift *shift, const double *sorted, size_t count, size_t place)
{
    shift->estimate = statistics_median(sorted, count);
    shift->interval = place > 0 && count - place < count ? (struct interval){sorted[place - 1], sorted[count - place]}
                                                         : (struct interval){-INFINITY, INFINITY};
}

double signed_rank_p_least(size_t count)
{
    return fmin(1.0, ldexp(2.0, -(int)(count < 1000 ? count : 1000)));
}

/* Of all ways to give signs to `ranks`, the share with each sum of the positive ones; ranks are doubled, so that those
 * of ties are integers. `shares` has `sum_max + 1` places. */
static void share_signs(double *shares, size_t sum_max, const size_t *ranks, size_t count)
{
    memset(shares, 0, (sum_max + 1) * sizeof *shares);
    shares[0] = 1;
    for (size_t i = 0; i < count; i++) {
        for (size_t sum = sum_max + 1; sum-- > 0;) {
            shares[sum] = (shares[sum] + (sum >= ranks[i] ? shares[sum - ranks[i]] : 0)) / 2;
        }
    }
}

static int compare_sizes_of_doubles(const void *left, const void *right)
{
    double a = fabs(*(const double *)left);
    double b = fabs(*(const double *)right);
    return (a > b) - (a < b);
}

/* Sorts by size, drops zeros, and ranks: twice the rank, of ties the mean. Returns how many are left. */
static size_t rank_sizes(double *differences, size_t count, size_t *ranks)
{
    qsort(differences, count, sizeof *differences, compare_sizes_of_doubles);
    size_t zeros = 0;
    while (zeros < count && fabs(differences[zeros]) <= 0) {
        zeros++;
    }
    memmove(differences, differences + zeros, (count - zeros) * sizeof *differences);
    count -= zeros;
    for (size_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && fabs(differences[next]) <= fabs(differences[i]); next++) {
        }
        for (size_t k = i; k < next; k++) {
            ranks[k] = i + 1 + next;
        }
    }
    return count;
}

static double share_up_to(const double *shares, size_t place)
{
    double sum = 0;
    for (size_t i = 0; i <= place; i++) {
        sum += shares[i];
    }
    return sum;
}

/* Two-sided; `differences` are reordered, `ranks` and `shares` are scratch. */
static double signed_rank_p(double *differences, size_t count, size_t *ranks, double *shares)
{
    size_t positive = 0, all = 0;
    count = rank_sizes(differences, count, ranks);
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        all += ranks[i];
        positive += differences[i] > 0 ? ranks[i] : 0;
        squares += (double)ranks[i] * (double)ranks[i];
    }
    size_t tail = positive < all - positive ? positive : all - positive;
    if (count == 0 || 2 * tail == all) {
        return 1;
    }
    if (count <= EXACT_PAIRS_MAX) {
        share_signs(shares, all, ranks, count);
        return fmin(1.0, 2 * share_up_to(shares, tail));
    }
    /* Of the sum of doubled ranks, whose steps are 2: the continuity correction is 1. */
    return erfc(((double)all / 2 - (double)tail - 1) / sqrt(squares / 4) / sqrt(2));
}

/* How many of the smallest Walsh averages lie outside the interval, and the one that is its end. */
static size_t walsh_place(size_t count, double alpha, size_t *ranks, double *shares)
{
    double n = (double)count;
    if (count > EXACT_PAIRS_MAX) {
        return normal_place(n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24, alpha / 2);
    }
    for (size_t i = 0; i < count; i++) {
        ranks[i] = i + 1;
    }
    size_t all = count * (count + 1) / 2;
    share_signs(shares, all, ranks, count);
    return tail_place(shares, all + 1, alpha / 2);
}

struct shift paired_shift(struct samples differences, double alpha)
{
    size_t count = differences.count;
    size_t pairs = count * (count + 1) / 2;
    struct shift shift = {NAN, {-INFINITY, INFINITY}, 1, signed_rank_p_least(count)};
    double *values = calloc(count + 1, sizeof *values), *averages = calloc(pairs + 1, sizeof *averages);
    double *shares = calloc(2 * pairs + 1, sizeof *shares);
    size_t *ranks = calloc(count + 1, sizeof *ranks);
    if (count > 0 && values != NULL && averages != NULL && shares != NULL && ranks != NULL) {
        size_t averaged = 0;
        memcpy(values, differences.values, count * sizeof *values);
        shift.p = signed_rank_p(values, count, ranks, shares);
        for (size_t i = 0; i < count; i++) {
            for (size_t k = i; k < count; k++) {
                averages[averaged++] = (differences.values[i] + differences.values[k]) / 2;
            }
        }
        statistics_sort(averages, averaged);
        set_shift(&shift, averages, averaged, walsh_place(count, alpha, ranks, shares));
    }
    free(values);
    free(averages);
    free(shares);
    free(ranks);
    return shift;
}

/* The same of differences between the samples. */
static size_t difference_place(size_t a_count, size_t b_count, double alpha)
{
    double product = (double)a_count * (double)b_count;
    if (a_count > EXACT_COUNT_MAX || b_count > EXACT_COUNT_MAX) {
        return normal_place(product / 2, product * (double)(a_count + b_count + 1) / 12, alpha / 2);
    }
    double ways[EXACT_COUNT_MAX * EXACT_COUNT_MAX + 1];
    count_interleavings(ways, a_count, b_count);
    return tail_place(ways, a_count * b_count + 1, alpha / 2);
}

struct shift independent_shift(struct samples a, struct samples b, double alpha)
{
    struct mann_whitney test = mann_whitney_test(a, b);
    struct shift shift = {NAN, {-INFINITY, INFINITY}, test.p, test.p_least};
    size_t count = a.count * b.count;
    double *differences = calloc(count + 1, sizeof *differences);
    if (count > 0 && differences != NULL) {
        size_t at = 0;
        for (size_t i = 0; i < a.count; i++) {
            for (size_t k = 0; k < b.count; k++) {
                differences[at++] = b.values[k] - a.values[i];
            }
        }
        statistics_sort(differences, count);
        set_shift(&shift, differences, count, difference_place(a.count, b.count, alpha));
    }
    free(differences);
    return shift;
}
