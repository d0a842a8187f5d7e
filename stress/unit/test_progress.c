/* SPDX-License-Identifier: MIT
 * The line of progress on a file, by a clock that the test sets: what it says of the time that is left, and how often
 * it comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define platform_time_ns test_time_ns
#include "progress.c" /* NOLINT(bugprone-suspicious-include): with this clock in place of the platform's */
#undef platform_time_ns

#define SECOND UINT64_C(1000000000)

static uint64_t clock_ns;
static char said[65536];

uint64_t test_time_ns(void)
{
    return clock_ns;
}

/* What `steps` says on stderr, in `said`. */
static void listen(void (*steps)(void))
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_non_null(file);
    (void)fflush(stderr);
    assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
    clock_ns = 1000 * SECOND;
    progress_begin(true);
    steps();
    progress_end();
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    rewind(file);
    size_t length = fread(said, 1, sizeof said - 1, file);
    said[length] = '\0';
    (void)fclose(file);
}

static uint32_t lines(void)
{
    uint32_t count = 0;
    for (const char *at = said; *at != '\0'; at++) {
        count += *at == '\n';
    }
    return count;
}

/* Each step slower than the one before. */
static void slower_and_slower(void)
{
    for (uint32_t i = 0; i < 100; i++) {
        progress_show(i, 100, "step %u", i);
        clock_ns += (5 + i) * SECOND;
    }
}

static void the_time_left_never_grows(void **unused)
{
    (void)unused;
    listen(slower_and_slower);
    double least = 1e9;
    uint32_t told = 0;
    for (const char *line = said; line != NULL && *line != '\0'; line = strchr(line, '\n')) {
        line += *line == '\n';
        double percent, left;
        if (sscanf(line, "%lf %%, %lf s left", &percent, &left) == 2) {
            assert_true(percent >= 5 && left <= least && left > 0);
            least = left;
            told++;
        }
    }
    assert_true(strncmp(said, "  0 %: step 0\n", 14) == 0);
    assert_true(told > 0);
}

static void two_hours(void)
{
    for (uint32_t i = 0; i < 7200; i++) {
        progress_show(i, 7200, "soak");
        clock_ns += SECOND;
    }
}

static void a_soak_says_a_line_a_minute(void **unused)
{
    (void)unused;
    listen(two_hours);
    assert_in_range(lines(), 12 + 117, 13 + 120);
}

static void without_end(void)
{
    for (uint32_t i = 0; i < 60; i++) {
        progress_show(0, 0, "trial %u", i);
        clock_ns += SECOND;
    }
}

static void without_an_end_it_says_how_long(void **unused)
{
    (void)unused;
    listen(without_end);
    assert_non_null(strstr(said, "after 0 s: trial 0\n"));
    assert_non_null(strstr(said, "after 55 s: trial 55\n"));
    assert_null(strchr(said, '%'));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_time_left_never_grows),
        cmocka_unit_test(a_soak_says_a_line_a_minute),
        cmocka_unit_test(without_an_end_it_says_how_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
