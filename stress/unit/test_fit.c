/* SPDX-License-Identifier: MIT
 * Fits to series that were made up by a known machine, series that cannot be read, and machines that cannot be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fit.h"

/* A machine that is not simulated but written down: transfers count for each hart, relax for half of them squared. */
static double formula(const struct machine_model *machine, enum primitive primitive, uint32_t harts)
{
    double each = (double)machine->transfer_ps[0] + (double)machine->miss_ps;
    double waiters = primitive == PRIMITIVE_LOCKED_LIST ? (double)machine->relax_ps * harts / 2 : 0;
    return harts * (each + waiters) / 1000;
}

static struct fit_series made_up(const struct machine_model *truth, enum primitive primitive)
{
    struct fit_series series = {.name = "made-up", .primitive = primitive};
    for (uint32_t harts = 1; harts <= 32; harts *= 2) {
        series.points[series.count++] = (struct fit_point){harts, formula(truth, primitive, harts)};
    }
    return series;
}

static void test_a_known_machine_is_found(void **state)
{
    (void)state;
    struct machine_model truth = *machine_model_find("epyc-2socket"), machine = truth;
    for (uint32_t i = 0; i < DISTANCE_COUNT; i++) {
        truth.transfer_ps[i] = truth.transfer_ps[i] * 3;
    }
    truth.relax_ps = 9000;
    struct fit_series fitted = made_up(&truth, PRIMITIVE_LOCKED_LIST), held = made_up(&truth, PRIMITIVE_CAS_LIST);
    double before = fit_residual(&machine, &fitted, formula), held_before = fit_residual(&machine, &held, formula);
    assert_true(before > 0.2);
    double after = fit_machine(&machine, &fitted, formula);
    assert_true(after < 0.02);
    assert_true(fabs(after - fit_residual(&machine, &fitted, formula)) < 1e-12);
    assert_true(fit_residual(&machine, &held, formula) < held_before); /* which it never saw */
    assert_in_range(machine.relax_ps, 8000, 10000);
    char why[256];
    assert_true(machine_model_check(&machine, why, sizeof why));
}

static void test_one_hart_does_not_count(void **state)
{
    (void)state;
    const struct machine_model *machine = machine_model_find("flat");
    struct fit_series series = made_up(machine, PRIMITIVE_CAS_LIST);
    series.points[0].ns *= 10;
    assert_true(fit_residual(machine, &series, formula) < 1e-9);
}

static bool reads(const char *text, struct fit_series *series, char *why, size_t why_bytes)
{
    char path[] = "/tmp/framelab-series-XXXXXX";
    int fd = mkstemp(path);
    FILE *file = fdopen(fd, "w");
    (void)fputs(text, file);
    (void)fclose(file);
    bool good = fit_read(series, path, why, why_bytes);
    (void)remove(path);
    return good;
}

static void test_series_are_read_or_refused(void **state)
{
    (void)state;
    struct fit_series series = {.name = "one"};
    char why[256];
    assert_true(
        reads("# of nobody\nseries,x,y,source\none,2,10.5,me\nother,2,9,me\none,4,20\n", &series, why, sizeof why));
    assert_int_equal(series.count, 2);
    assert_int_equal(series.points[1].harts, 4);
    assert_true(series.points[0].ns > 10.4 && series.points[0].ns < 10.6);
    static const char *const wrong[] = {"one,2,nan\n", "one,2,-1\n",  "one,2,0\n",        "one,0,3\n", "one,x,3\n",
                                        "one,2\n",     "one,2,\n",    "one,2,3 apples\n", "two,2,3\n", "",
                                        "one,2,inf\n", "one,513,1\n", "one,-2,1\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_false(reads(wrong[i], &series, why, sizeof why));
        assert_true(why[0] != '\0');
    }
    assert_false(fit_read(&series, "/nonexistent/series.csv", why, sizeof why));
}

#define REFUSES(change, words)                                                                                         \
    do {                                                                                                               \
        struct machine_model machine = *machine_model_find("epyc-2socket");                                            \
        machine.change;                                                                                                \
        assert_false(machine_model_check(&machine, why, sizeof why));                                                  \
        assert_non_null(strstr(why, words));                                                                           \
    } while (0)

static void test_machines_that_cannot_be(void **state)
{
    (void)state;
    char why[256];
    for (const struct machine_model *machine = machine_models; machine->name[0] != '\0'; machine++) {
        assert_true(machine_model_check(machine, why, sizeof why));
    }
    REFUSES(transfer_ps[0] = 91000, "in a cluster costs more");
    REFUSES(transfer_ps[1] = 200001, "between sockets");
    REFUSES(invalidate_ps[0] = 40001, "invalidation in a cluster");
    REFUSES(invalidate_ps[2] = 1, "invalidation in a socket");
    REFUSES(cluster_harts = 65, "more harts than a socket");
    REFUSES(hit_ps = 26000, "a hit costs more than a transfer");
    REFUSES(hit_ps = 0, "\"hit_ps\" is not 1");
    REFUSES(rmw_ps = UINT64_MAX, "\"rmw_ps\" is not 1");
    REFUSES(l2_ps = 14000, "second cache");
    REFUSES(llc_ps = 90001, "than memory");
    REFUSES(l2_bytes = 1024, "cache 2");
    REFUSES(l1_bytes = 64, "no room for a set");
    REFUSES(l1_ways = 0, "\"l1_ways\" is not 1");
    REFUSES(window = 513, "\"window\" is not 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_known_machine_is_found),
        cmocka_unit_test(test_one_hart_does_not_count),
        cmocka_unit_test(test_series_are_read_or_refused),
        cmocka_unit_test(test_machines_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
