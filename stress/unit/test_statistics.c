/* SPDX-License-Identifier: MIT
 * The statistics that judge measurements, against published tables and against counting by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "random.h"
#include "statistics.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void assert_near(double got, double want, double within)
{
    if (!(fabs(got - want) <= within)) {
        fail_msg("%.12g is not within %g of %.12g", got, within, want);
    }
}

static void quantiles_interpolate_between_ranks(void **state)
{
    (void)state;
    double odd[] = {5, 1, 3};
    double even[] = {4, 1, 3, 2};
    statistics_sort(odd, COUNT(odd));
    statistics_sort(even, COUNT(even));
    assert_near(statistics_median(odd, 3), 3, 0);
    assert_near(statistics_median(even, 4), 2.5, 0);
    /* Definition 7 of Hyndman & Fan: 1 + 3 * 0.25 = rank 1.75. */
    assert_near(statistics_quantile(even, 4, 0.25), 1.75, 1e-12);
    assert_near(statistics_quantile(even, 4, 0.75), 3.25, 1e-12);
    assert_near(statistics_quantile(even, 4, 0), 1, 0);
    assert_near(statistics_quantile(even, 4, 1), 4, 0);
    assert_near(statistics_quantile(even, 1, 0.9), 1, 0);
    assert_true(isnan(statistics_median(even, 0)));
}

/* Critical values of U, two-sided, from the usual table: the largest U with p <= 0.05. */
static void mann_whitney_agrees_with_the_published_table(void **state)
{
    (void)state;
    static const struct {
        size_t a, b;
        size_t critical;
    } table[] = {{4, 4, 0},    {5, 5, 2}, {6, 6, 5},    {7, 7, 8},    {8, 8, 13},
                 {10, 10, 23}, {5, 8, 6}, {10, 20, 55}, {20, 20, 127}};
    for (size_t i = 0; i < COUNT(table); i++) {
        for (size_t beyond = 0; beyond < 2; beyond++) {
            /* a low sample below all of b, then moved up past b's, one pair at a time, until U is what is wanted */
            size_t wanted = table[i].critical + beyond;
            double a[20];
            double b[20];
            for (size_t k = 0; k < table[i].b; k++) {
                b[k] = (double)(k + 1);
            }
            for (size_t k = table[i].a; k-- > 0;) {
                size_t passed = wanted < table[i].b ? wanted : table[i].b;
                a[k] = (double)passed + 0.5 + (double)k / 100;
                wanted -= passed;
            }
            struct mann_whitney test =
                mann_whitney_test((struct samples){a, table[i].a}, (struct samples){b, table[i].b});
            assert_true(test.exact);
            assert_near(test.u, (double)(table[i].critical + beyond), 0);
            if (beyond == 0 ? test.p > 0.05 : test.p <= 0.05) {
                fail_msg("%zu and %zu samples, U %g: p is %g", table[i].a, table[i].b, test.u, test.p);
            }
        }
    }
}

/* All ways to choose which ranks are a's, counted one by one. */
static double p_by_hand(const double *a, size_t a_count, const double *b, size_t b_count)
{
    size_t all_count = a_count + b_count;
    double u = 0;
    for (size_t i = 0; i < a_count; i++) {
        for (size_t k = 0; k < b_count; k++) {
            u += a[i] > b[k];
        }
    }
    double mean = (double)(a_count * b_count) / 2;
    double as_far = 0;
    double ways = 0;
    for (uint32_t set = 0; set < UINT32_C(1) << all_count; set++) {
        if ((size_t)__builtin_popcount(set) != a_count) {
            continue;
        }
        double here = 0;
        for (size_t i = 0; i < all_count; i++) {
            for (size_t k = 0; k < i && (set >> i & 1) != 0; k++) {
                here += (set >> k & 1) == 0;
            }
        }
        ways++;
        as_far += fabs(here - mean) >= fabs(u - mean);
    }
    return as_far / ways;
}

static void mann_whitney_is_exact_for_all_small_sizes(void **state)
{
    (void)state;
    struct random random = random_stream(7, 0);
    for (size_t a_count = 1; a_count <= 6; a_count++) {
        for (size_t b_count = 1; b_count <= 6; b_count++) {
            for (int round = 0; round < 3; round++) {
                double a[6];
                double b[6];
                for (size_t i = 0; i < a_count; i++) {
                    a[i] = (double)random_below(&random, 1u << 30) * 2;
                }
                for (size_t i = 0; i < b_count; i++) {
                    b[i] = (double)random_below(&random, 1u << 30) * 2 + 1;
                }
                struct mann_whitney test =
                    mann_whitney_test((struct samples){a, a_count}, (struct samples){b, b_count});
                assert_true(test.exact);
                assert_near(test.p, p_by_hand(a, a_count, b, b_count), 1e-12);
                assert_true(test.p >= test.p_least);
            }
        }
    }
}

static void mann_whitney_with_ties_never_claims_more_than_it_can(void **state)
{
    (void)state;
    const double a[] = {1, 2, 2, 3, 3, 4, 5, 5, 6, 7};
    const double b[] = {3, 4, 5, 6, 6, 7, 7, 8, 9, 9};
    struct mann_whitney test = mann_whitney_test((struct samples){a, COUNT(a)}, (struct samples){b, COUNT(b)});
    double ties = 6 + 24 + 6 + 24 + 24 + 24 + 6; /* of 2, 3, 4, 5, 6, 7, 9: t^3 - t */
    double variance = 100.0 / 12 * (21 - ties / (20.0 * 19));
    assert_false(test.exact);
    assert_near(test.p, erfc((50 - test.u - 0.5) / sqrt(2 * variance)), 1e-12);

    /* Two times three equal numbers: the approximation alone would say 0.047, no exact test can go below 0.1. */
    const double low[] = {1, 1, 1};
    const double high[] = {2, 2, 2};
    test = mann_whitney_test((struct samples){low, 3}, (struct samples){high, 3});
    assert_near(test.p_least, 0.1, 1e-12);
    assert_near(test.p, 0.1, 1e-12);
    assert_near(mann_whitney_test((struct samples){low, 3}, (struct samples){low, 3}).p, 1, 0);
    assert_near(mann_whitney_test((struct samples){low, 0}, (struct samples){high, 3}).p, 1, 0);
}

static void mann_whitney_of_many_is_near_the_exact_one(void **state)
{
    (void)state;
    double a[26];
    double b[26];
    for (size_t i = 0; i < COUNT(a); i++) {
        a[i] = (double)i * 2;
        b[i] = (double)i * 2 + 21;
    }
    struct mann_whitney exact = mann_whitney_test((struct samples){a, 25}, (struct samples){b, 25});
    struct mann_whitney normal = mann_whitney_test((struct samples){a, 26}, (struct samples){b, 25});
    assert_true(exact.exact);
    assert_false(normal.exact);
    assert_near(normal.p, exact.p, 0.02);
}

static void p_least_is_two_over_the_ways_to_choose(void **state)
{
    (void)state;
    assert_near(mann_whitney_p_least(1, 1), 1, 0);
    assert_near(mann_whitney_p_least(4, 4), 2.0 / 70, 1e-15);
    assert_near(mann_whitney_p_least(5, 3), 2.0 / 56, 1e-15);
    assert_near(mann_whitney_p_least(10, 10), 2.0 / 184756, 1e-15);
    assert_near(mann_whitney_p_least(5000, 5000), 0, 0);
}

static void holm_steps_down(void **state)
{
    (void)state;
    double p[] = {0.01, 0.04, 0.03, 0.005};
    assert_true(holm_adjust(p, COUNT(p)));
    assert_near(p[3], 0.02, 1e-12); /* 4 times 0.005 */
    assert_near(p[0], 0.03, 1e-12); /* 3 times 0.01 */
    assert_near(p[2], 0.06, 1e-12); /* 2 times 0.03 */
    assert_near(p[1], 0.06, 1e-12); /* 0.04, but never below the one before */
    double large[] = {0.9, 0.8};
    assert_true(holm_adjust(large, 2));
    assert_near(large[0], 1, 0);
    assert_near(large[1], 1, 0);
    assert_true(holm_adjust(p, 0));
}

/* All ways to give the ranks signs, one by one. */
static double signs_by_hand(const double *differences, size_t count)
{
    double ranks[16], observed = 0, mean = 0;
    for (size_t i = 0; i < count; i++) {
        ranks[i] = 0.5;
        for (size_t k = 0; k < count; k++) {
            ranks[i] += fabs(differences[k]) < fabs(differences[i])   ? 1
                        : fabs(differences[k]) > fabs(differences[i]) ? 0
                                                                      : 0.5;
        }
        observed += differences[i] > 0 ? ranks[i] : 0;
        mean += ranks[i] / 2;
    }
    double as_far = 0;
    for (uint32_t signs = 0; signs < UINT32_C(1) << count; signs++) {
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            sum += (signs >> i & 1) != 0 ? ranks[i] : 0;
        }
        as_far += fabs(sum - mean) >= fabs(observed - mean);
    }
    return as_far / (double)(UINT32_C(1) << count);
}

static void signed_ranks_are_exact_with_and_without_ties(void **state)
{
    (void)state;
    struct random random = random_stream(13, 0);
    for (size_t count = 1; count <= 12; count++) {
        for (uint64_t most = 3; most < 3000; most *= 10) { /* few values: many ties */
            double differences[13] = {0};
            for (size_t i = 0; i < count; i++) {
                double size = (double)(1 + random_below(&random, most));
                differences[i] = random_below(&random, 3) == 0 ? -size : size;
            }
            struct shift shift = paired_shift((struct samples){differences, count}, 0.05);
            assert_near(shift.p, signs_by_hand(differences, count), 1e-12);
            /* A zero more is dropped. */
            assert_near(paired_shift((struct samples){differences, count + 1}, 0.05).p, shift.p, 1e-12);
        }
    }
    const double nothing[] = {0, 0, 0};
    assert_near(paired_shift((struct samples){nothing, 3}, 0.05).p, 1, 0);
    assert_near(signed_rank_p_least(10), 2.0 / 1024, 1e-15);
    assert_near(signed_rank_p_least(0), 1, 0);
    assert_true(isnan(paired_shift((struct samples){nothing, 0}, 0.05).estimate));
}

/* Reference: R 4.2.2, wilcox.test(differences, conf.int = TRUE, conf.level = ...); the first data are those of
 * Hollander & Wolfe (1973) in its help, first - second depression factor; the second Darwin's (1876) of maize. */
static void paired_shifts_agree_with_r(void **state)
{
    (void)state;
    static const double depression[] = {0.952, -0.147, 1.022, 0.43, 0.62, 0.59, 0.49, -0.08, 0.01};
    static const double maize[] = {6, 8, 14, 16, 23, 24, 28, 29, 41, -48, 49, 56, 60, -67, 75};
    static const struct {
        const double *values;
        size_t count;
        double alpha, p, estimate, low, high;
    } cases[] = {
        {depression, COUNT(depression), 0.05, 0.0390625, 0.46, 0.01, 0.786},
        {depression, COUNT(depression), 0.01, 0.0390625, 0.46, -0.1135, 0.987},
        {maize, COUNT(maize), 0.05, 0.041259765625, 25, 4, 41.5},
        {maize, COUNT(maize), 0.005, 0.041259765625, 25, -19, 50.5},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct shift shift = paired_shift((struct samples){cases[i].values, cases[i].count}, cases[i].alpha);
        assert_near(shift.p, cases[i].p, 1e-9);
        assert_near(shift.estimate, cases[i].estimate, 1e-9);
        assert_near(shift.interval.low, cases[i].low, 1e-9);
        assert_near(shift.interval.high, cases[i].high, 1e-9);
    }
    /* Three differences can give no p below 0.25: whatever they are, no interval of 95 %. */
    struct shift few = paired_shift((struct samples){maize, 3}, 0.05);
    assert_true(isinf(few.interval.low) && isinf(few.interval.high));
}

/* The same, wilcox.test(b, a): permeability constants of Hollander & Wolfe (1973); and more samples than are counted
 * exactly, with exact = FALSE. */
static void independent_shifts_agree_with_r(void **state)
{
    (void)state;
    static const double term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
    static const double early[] = {1.15, 0.88, 0.90, 0.74, 1.21};
    const struct samples a = {early, COUNT(early)}, b = {term, COUNT(term)};
    struct shift shift = independent_shift(a, b, 0.05);
    assert_near(shift.p, 0.254412254412, 1e-9);
    assert_near(shift.estimate, 0.305, 1e-9);
    assert_near(shift.interval.low, -0.15, 1e-9);
    assert_near(shift.interval.high, 0.76, 1e-9);
    shift = independent_shift(a, b, 0.01);
    assert_near(shift.interval.low, -0.35, 1e-9);
    assert_near(shift.interval.high, 1.01, 1e-9);
    struct shift few = independent_shift((struct samples){early, 3}, (struct samples){term, 3}, 0.05);
    assert_true(isinf(few.interval.low) && isinf(few.interval.high));
    double first[40], second[40];
    for (size_t i = 0; i < COUNT(first); i++) {
        first[i] = (double)(i * 37 % 40);
        second[i] = (double)(i * 23 % 40) + 3.5;
    }
    shift = independent_shift((struct samples){first, 40}, (struct samples){second, 40}, 0.05);
    assert_near(shift.p, 0.198930578186, 1e-9);
    assert_near(shift.estimate, 3.5, 1e-9);
    assert_near(shift.interval.low, -1.5, 1e-9);
    assert_near(shift.interval.high, 8.5, 1e-9);
    double many[300];
    for (size_t i = 0; i < COUNT(many); i++) {
        many[i] = (double)(i * 7 % 300) - 130.25;
    }
    shift = paired_shift((struct samples){many, 300}, 0.05);
    assert_near(shift.p, 0.000318215658183, 1e-9);
    assert_near(shift.estimate, 19.25, 1e-9);
    assert_near(shift.interval.low, 9.25, 1e-9);
    assert_near(shift.interval.high, 29.25, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_interpolate_between_ranks),
        cmocka_unit_test(mann_whitney_agrees_with_the_published_table),
        cmocka_unit_test(mann_whitney_is_exact_for_all_small_sizes),
        cmocka_unit_test(mann_whitney_with_ties_never_claims_more_than_it_can),
        cmocka_unit_test(mann_whitney_of_many_is_near_the_exact_one),
        cmocka_unit_test(p_least_is_two_over_the_ways_to_choose),
        cmocka_unit_test(holm_steps_down),
        cmocka_unit_test(signed_ranks_are_exact_with_and_without_ties),
        cmocka_unit_test(paired_shifts_agree_with_r),
        cmocka_unit_test(independent_shifts_agree_with_r),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
