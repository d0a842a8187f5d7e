/* SPDX-License-Identifier: MIT
 * The sub-commands that read records, through argv and what they print: compare's verdicts and exit status, table and
 * draw on good and bad files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <argp.h>
#include <cmocka.h>
#include <jansson.h>
#include <sys/stat.h>

#include "commands.h"
#include "paper_tool.h"
#include "random.h"
#include "record_files.h"

#define FILE_BYTES (1u << 20)

static struct command_output outcome; /* large */

/* A record file of two variants and the controls, `repeats` times; lockfree's times are scaled. With `controls`, theirs
 * are. */
static struct file_made make_records(unsigned repeats, double lockfree_scale, double control_scale, uint64_t seed)
{
    static const char *const variants[] = {"cas", "null", "baseline", "lockfree"};
    static const unsigned base_ns[] = {500, 100, 4000, 2000};
    char *text = needed(calloc(1, FILE_BYTES));
    size_t length = 0;
    struct random random = random_stream(seed, 0);
    for (unsigned repeat = 0; repeat < repeats; repeat++) {
        for (unsigned harts = 1; harts <= 4; harts++) {
            for (unsigned i = harts == 1 ? 0 : 1; i < 4; i++) {
                double noise = 1 + (double)random_below(&random, 20001) / 1e6; /* 2 % */
                double scale = i < 2 ? control_scale : i == 3 ? lockfree_scale : 1;
                char *line = bench_line(variants[i], i == 0 ? "cas" : "alloc", harts, repeat,
                                        (uint64_t)(noise * scale * base_ns[i] * harts));
                memcpy(text + length, line, strlen(line));
                length += strlen(line);
                free(line);
            }
        }
    }
    struct file_made made = file_make(text, length);
    free(text);
    return made;
}

static struct file_made append_text(struct file_made made, const char *text)
{
    FILE *file = needed(fopen(made.path, "a"));
    fputs(text, file);
    fclose(file);
    return made;
}

static json_t *output_json(void)
{
    json_t *json = json_loads(outcome.out, 0, NULL);
    if (json == NULL) {
        fail_msg("not JSON: %.200s", outcome.out);
    }
    return json;
}

static void compare(struct file_made a, struct file_made b)
{
    run_command(&outcome, compare_command, 3, "framelab compare", a.path, b.path);
}

/* ---- compare -------------------------------------------------------------------------------------------------- */

static void a_file_is_no_regression_of_itself(void **state)
{
    (void)state;
    struct file_made a = make_records(10, 1, 1, 1);
    compare(a, a);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "8 rows judged"));
    assert_true(holds(outcome.out, "0 regressions, 0 faster, 8 within threshold"));
    assert_string_equal(outcome.err, "");
    unlink(a.path);
}

static void noise_is_no_regression(void **state)
{
    (void)state;
    for (uint64_t seed = 2; seed < 12; seed++) {
        struct file_made a = make_records(10, 1, 1, 1);
        struct file_made b = make_records(10, 1, 1, seed);
        compare(a, b);
        assert_int_equal(outcome.status, 0);
        unlink(a.path);
        unlink(b.path);
    }
}

static void a_regression_is_found_and_named(void **state)
{
    (void)state;
    struct file_made a = make_records(10, 1, 1, 1);
    struct file_made b = make_records(10, 1.2, 1, 2);
    compare(a, b);
    assert_int_equal(outcome.status, 1);
    assert_true(holds(outcome.out, "4 regressions, 0 faster, 4 within threshold"));
    compare(b, a);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "0 regressions, 4 faster"));
    run_command(&outcome, compare_command, 5, "framelab compare", a.path, b.path, "--format", "json");
    assert_int_equal(outcome.status, 1);
    json_t *json = output_json();
    assert_int_equal(json_integer_value(json_object_get(json, "regressions")), 4);
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(json, "rows"), i, row)
    {
        const char *verdict = json_string_value(json_object_get(row, "verdict"));
        bool lockfree = strcmp(json_string_value(json_object_get(row, "variant")), "lockfree") == 0;
        assert_int_equal(lockfree, strcmp(verdict, "REGRESSION") == 0);
        if (lockfree) {
            double change = json_real_value(json_object_get(row, "change"));
            assert_true(change > 0.17 && change < 0.23);
            assert_true(json_real_value(json_object_get(row, "change_low")) < change);
            assert_true(json_real_value(json_object_get(row, "change_high")) > change);
            assert_true(json_real_value(json_object_get(row, "p_adjusted")) < 0.01);
        }
    }
    json_decref(json);
    unlink(a.path);
    unlink(b.path);
}

static void a_small_change_is_within_the_threshold_given(void **state)
{
    (void)state;
    struct file_made a = make_records(12, 1, 1, 1);
    struct file_made b = make_records(12, 1.04, 1, 2);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    run_command(&outcome, compare_command, 4, "framelab compare", "--threshold=2", a.path, b.path);
    assert_int_equal(outcome.status, 1);
    run_command(&outcome, compare_command, 4, "framelab compare", "--threshold=50", a.path, b.path);
    assert_int_equal(outcome.status, 0);
    unlink(a.path);
    unlink(b.path);
}

static void too_few_repeats_are_never_called_good(void **state)
{
    (void)state;
    struct file_made a = make_records(3, 1, 1, 1);
    struct file_made b = make_records(3, 2, 1, 2);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "too few repeats"));
    assert_true(holds(outcome.out, "8 with too few repeats"));
    /* 8 rows: 2 / C(12, 6) * 8 = 0.017 is below 0.05, 2 / C(10, 5) * 8 = 0.063 is not. */
    assert_true(holds(outcome.out, "judging 8 rows takes 6 repeats"));
    assert_false(holds(outcome.out, "within threshold\n"));
    unlink(a.path);
    unlink(b.path);
    a = make_records(5, 1, 1, 1);
    b = make_records(5, 2, 1, 2);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    unlink(a.path);
    unlink(b.path);
    a = make_records(6, 1, 1, 1);
    b = make_records(6, 2, 1, 2);
    compare(a, b);
    assert_int_equal(outcome.status, 1);
    unlink(a.path);
    unlink(b.path);
}

static void controls_are_shown_and_not_judged(void **state)
{
    (void)state;
    struct file_made a = make_records(10, 1, 1, 1);
    struct file_made b = make_records(10, 1, 2, 2);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "5 controls moved"));
    unlink(a.path);
    unlink(b.path);
}

/* A machine half as fast: every time doubles, the CAS too. In nanoseconds all is slower, in CAS units nothing. */
static void cas_units_carry_across_machines(void **state)
{
    (void)state;
    struct file_made a = make_records(10, 1, 1, 1);
    struct file_made b = make_records(10, 2, 2, 2);
    run_command(&outcome, compare_command, 5, "framelab compare", "--unit", "cas", a.path, b.path);
    assert_true(holds(outcome.out, "0 regressions, 4 faster")); /* baseline did not slow down with the machine */
    assert_int_equal(outcome.status, 0);
    struct file_made none = file_make_text("");
    char *line = bench_line("lockfree", "alloc", 1, 0, 10);
    append_text(none, line);
    free(line);
    run_command(&outcome, compare_command, 5, "framelab compare", "--unit", "cas", a.path, none.path);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "no `cas` control"));
    unlink(a.path);
    unlink(b.path);
    unlink(none.path);
}

/* A knob that only one file knows is new; one that differs makes another row. */
static void rows_match_by_the_knobs_that_both_know(void **state)
{
    (void)state;
    static const struct {
        const char *knobs;
        bool matches;
    } cases[] = {{"magazine=64,drain=on", true},
                 {"drain=on,magazine=64", true},
                 {"magazine=6", false},
                 {"magazine=32,drain=on", false}};
    char *line = bench_line("mine", "alloc", 1, 0, 10);
    struct file_made a = file_make_text(line);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *other = needed(calloc(1, 2 * LINE_BYTES));
        const char *knobs = strstr(line, "magazine=64");
        (void)snprintf(other, 2 * LINE_BYTES, "%.*s%s%s", (int)(knobs - line), line, cases[i].knobs, knobs + 11);
        struct file_made b = file_make_text(other);
        run_command(&outcome, compare_command, 5, "framelab compare", a.path, b.path, "--format", "csv");
        assert_int_equal(holds(outcome.out, "only in"), !cases[i].matches);
        assert_int_equal(outcome.status, cases[i].matches ? 0 : 2);
        unlink(b.path);
        free(other);
    }
    unlink(a.path);
    free(line);
}

static void rows_of_one_file_only_are_listed(void **state)
{
    (void)state;
    struct file_made a = make_records(8, 1, 1, 1);
    struct file_made b = make_records(8, 1, 1, 2);
    char *line = bench_line("mine", "alloc", 1, 0, 10);
    append_text(b, line);
    free(line);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "Only in B"));
    assert_true(holds(outcome.out, "mine (magazine=64), host, bulk alloc, order 0, harts 1"));
    run_command(&outcome, compare_command, 5, "framelab compare", b.path, a.path, "--format", "csv");
    assert_true(holds(outcome.out, ",mine,magazine=64,host,,bulk,alloc,1,1,1,0,10,,,,,,only in A"));
    struct file_made other = file_make_text("");
    line = bench_line("mine", "free", 1, 0, 10);
    append_text(other, line);
    free(line);
    compare(a, other);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "no row in common"));
    unlink(a.path);
    unlink(b.path);
    unlink(other.path);
}

static void differing_provenance_is_said(void **state)
{
    (void)state;
    static const char *const format =
        "{\"type\":\"provenance\",\"id\":\"0\",\"framelab\":{\"version\":\"1\",\"commit\":\"%s\",\"dirty\":%s,"
        "\"flags\":\"%s\"},\"topology\":{\"cpu_model\":\"%s\",\"cores\":2}}\n";
    char text[1024];
    struct file_made a = make_records(6, 1, 1, 1);
    struct file_made b = make_records(6, 1, 1, 2);
    snprintf(text, sizeof text, format, "aaaa", "false", "-O2", "Alpha");
    append_text(a, text);
    snprintf(text, sizeof text, format, "bbbb", "true", "-O3", "Be\\u001b[31mta");
    append_text(b, text);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "processor: A Alpha, B Be?[31mta"));
    assert_true(holds(outcome.out, "compiler flags: A -O2, B -O3"));
    assert_true(holds(outcome.out, "uncommitted changes: A false, B true"));
    assert_false(holds(outcome.out, "\033"));
    unlink(a.path);
    unlink(b.path);
}

static void damaged_files_are_judged_as_far_as_they_go(void **state)
{
    (void)state;
    struct file_made a = make_records(10, 1, 1, 1);
    struct file_made b = make_records(10, 1, 1, 2);
    append_text(b, "{\"type\":\"bench\",\"vari"); /* interrupted while writing */
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.err, "cut short"));
    append_text(b, "\n{}\n");
    compare(a, b);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.out, "8 rows judged"));
    unlink(b.path);
    b = append_text(make_records(10, 1.5, 1, 2), "garbage\n");
    compare(a, b);
    assert_int_equal(outcome.status, 1);
    struct file_made empty = file_make_text("");
    compare(a, empty);
    assert_int_equal(outcome.status, 2);
    assert_string_equal(outcome.out, "");
    assert_int_equal(count_lines(outcome.err), 1);
    unlink(a.path);
    unlink(b.path);
    unlink(empty.path);
}

static void impossible_arguments_are_refused(void **state)
{
    (void)state;
    struct file_made a = make_records(2, 1, 1, 1);
    static const char *const options[] = {"--threshold=x",  "--threshold=-1", "--threshold=nan", "--alpha=0",
                                          "--alpha=1",      "--alpha=",       "--format=xml",    "--unit=miles",
                                          "--seed=minus 1", "--nonsense"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        run_command(&outcome, compare_command, 4, "framelab compare", options[i], a.path, a.path);
        assert_int_equal(outcome.status, 2);
        assert_true(holds(outcome.err, "framelab compare"));
        assert_string_equal(outcome.out, "");
    }
    run_command(&outcome, compare_command, 2, "framelab compare", a.path);
    assert_int_equal(outcome.status, 2);
    run_command(&outcome, compare_command, 4, "framelab compare", a.path, a.path, a.path);
    assert_int_equal(outcome.status, 2);
    run_command(&outcome, compare_command, 3, "framelab compare", a.path, "/nonexistent");
    assert_int_equal(outcome.status, 2);
    run_command(&outcome, compare_command, 2, "framelab compare", "--help");
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "Exit status"));
    unlink(a.path);
}

/* ---- table ---------------------------------------------------------------------------------------------------- */

/* Markdown: a line that begins with | ends with it. */
static bool every_row_is_closed(const char *text)
{
    const char *end;
    for (; (end = strchr(text, '\n')) != NULL; text = end + 1) {
        if (*text == '|' && end[-1] != '|') {
            return false;
        }
    }
    return true;
}

static void the_table_has_ratio_units_and_marks(void **state)
{
    (void)state;
    struct file_made a = make_records(5, 1, 1, 1);
    run_command(&outcome, table_command, 2, "framelab table", a.path);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "2.0") && holds(outcome.out, "baseline/lockfree"));
    assert_true(holds(outcome.out, "4*"));
    assert_true(holds(outcome.out, "* oversubscribed: more harts than the 2 cores"));
    assert_false(holds(outcome.out, "loses"));
    assert_false(holds(outcome.out, "\033")); /* no colours but on a terminal */
    unlink(a.path);
    a = make_records(5, 4, 1, 1);
    run_command(&outcome, table_command, 4, "framelab table", "--format", "markdown", a.path);
    assert_true(holds(outcome.out, "| lockfree loses |"));
    assert_true(every_row_is_closed(outcome.out));
    run_command(&outcome, table_command, 3, "framelab table", "--ratio=lockfree/baseline", a.path);
    assert_false(holds(outcome.out, "loses"));
    unlink(a.path);
}

static void the_table_for_machines_has_the_numbers(void **state)
{
    (void)state;
    struct file_made a = make_records(5, 1, 1, 1);
    run_command(&outcome, table_command, 3, "framelab table", "--format=json", a.path);
    assert_int_equal(outcome.status, 0);
    json_t *json = output_json();
    assert_int_equal(json_array_size(json_object_get(json, "rows")), 13);
    const json_t *last = json_array_get(json_object_get(json, "rows"), 12);
    assert_string_equal(json_string_value(json_object_get(last, "variant")), "lockfree");
    double ratio = json_real_value(json_object_get(last, "ratio"));
    assert_true(ratio > 1.9 && ratio < 2.1);
    assert_true(json_is_true(json_object_get(last, "oversubscribed")));
    json_decref(json);
    run_command(&outcome, table_command, 3, "framelab table", "--format=csv", a.path);
    assert_int_equal(outcome.status, 0);
    assert_int_equal(count_lines(outcome.out), 14);
    unlink(a.path);
}

static void a_damaged_table_is_shown_and_said(void **state)
{
    (void)state;
    struct file_made a = append_text(make_records(2, 1, 1, 1), "garbage\n");
    run_command(&outcome, table_command, 2, "framelab table", a.path);
    assert_int_equal(outcome.status, 1);
    assert_true(holds(outcome.out, "lockfree"));
    assert_int_equal(count_lines(outcome.err), 1);
    unlink(a.path);
    run_command(&outcome, table_command, 2, "framelab table", a.path);
    assert_int_equal(outcome.status, 2);
    run_command(&outcome, table_command, 1, "framelab table");
    assert_int_equal(outcome.status, 2);
    run_command(&outcome, table_command, 3, "framelab table", "--ratio=one", a.path);
    assert_int_equal(outcome.status, 2);
}

/* ---- draw ----------------------------------------------------------------------------------------------------- */

static bool file_is_there(const char *directory, const char *name, const char *begins)
{
    char path[256];
    char head[64] = "";
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return false;
    }
    size_t bytes = fread(head, 1, sizeof head - 1, file);
    fclose(file);
    return bytes > 0 && strncmp(head, begins, strlen(begins)) == 0;
}

static void remove_directory(const char *directory)
{
    pid_t child = fork();
    if (child == 0) {
        execlp("rm", "rm", "-r", directory, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
}

static void pictures_are_drawn_from_data_that_stays(void **state)
{
    (void)state;
    char directory[] = "/tmp/framelab-test-XXXXXX";
    char inner[64];
    assert_non_null(mkdtemp(directory));
    snprintf(inner, sizeof inner, "%s/a/b", directory);
    struct file_made a = make_records(5, 1, 1, 1);
    char why[PAPER_WHY_BYTES];
    if (!paper_tools_there(why, sizeof why)) {
        print_message("%s: pictures are not tested\n", why);
        skip();
    }
    run_command(&outcome, draw_command, 4, "framelab draw", a.path, "--out", inner);
    assert_int_equal(outcome.status, 0);
    assert_string_equal(outcome.err, "");
    static const char *const names[] = {"overview", "throughput", "latency-order-0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.svg", names[i]);
        assert_true(file_is_there(inner, name, "<?xml"));
        assert_true(holds(outcome.out, name));
        snprintf(name, sizeof name, "%s.png", names[i]);
        assert_true(file_is_there(inner, name, "\x89PNG"));
        snprintf(name, sizeof name, "%s.gp", names[i]);
        assert_true(file_is_there(inner, name, "#"));
    }
    assert_true(file_is_there(inner, "series.dat", "# 0: "));
    assert_true(file_is_there(inner, "series.json", "{"));
    remove_directory(directory);
    unlink(a.path);
}

/* Names that would be commands to gnuplot, were they not quoted. */
static void names_are_never_run(void **state)
{
    (void)state;
    char directory[] = "/tmp/framelab-test-XXXXXX";
    char ran[64], variant[512];
    assert_non_null(mkdtemp(directory));
    snprintf(ran, sizeof ran, "%s/ran", directory);
    snprintf(variant, sizeof variant, "it's `touch %s`'; system('touch %s'); #@x", ran, ran);
    char *line = bench_line(variant, "{/:Bold a}_%s", 1, 0, 10);
    struct file_made a = file_make_text(line);
    free(line);
    run_command(&outcome, draw_command, 4, "framelab draw", a.path, "--out", directory);
    assert_true(outcome.status == 0 || outcome.status == 77);
    assert_int_not_equal(access(ran, F_OK), 0);
    remove_directory(directory);
    unlink(a.path);
}

static void without_gnuplot_77_is_said_in_a_line(void **state)
{
    (void)state;
    char directory[] = "/tmp/framelab-test-XXXXXX";
    assert_non_null(mkdtemp(directory));
    struct file_made a = make_records(2, 1, 1, 1);
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nonexistent", 1);
    run_command(&outcome, draw_command, 4, "framelab draw", a.path, "--out", directory);
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(outcome.status, 77);
    assert_true(holds(outcome.err, "Debian: "));
    assert_int_equal(count_lines(outcome.err), 1);
    assert_false(file_is_there(directory, "overview.gp", ""));
    remove_directory(directory);
    unlink(a.path);
}

static void draw_refuses_what_cannot_be(void **state)
{
    (void)state;
    struct file_made a = make_records(2, 1, 1, 1);
    run_command(&outcome, draw_command, 2, "framelab draw", a.path);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "--out"));
    run_command(&outcome, draw_command, 4, "framelab draw", a.path, "--out", "/dev/null/x");
    assert_int_equal(outcome.status, 2);
    assert_int_equal(count_lines(outcome.err), 1);
    run_command(&outcome, draw_command, 4, "framelab draw", "/nonexistent", "--out", "/tmp");
    assert_int_equal(outcome.status, 2);
    char *line = bench_line("cas", "cas", 1, 0, 10);
    struct file_made controls = file_make_text(line);
    free(line);
    run_command(&outcome, draw_command, 4, "framelab draw", controls.path, "--out", "/tmp");
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "controls only"));
    unlink(a.path);
    unlink(controls.path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_no_regression_of_itself),
        cmocka_unit_test(noise_is_no_regression),
        cmocka_unit_test(a_regression_is_found_and_named),
        cmocka_unit_test(a_small_change_is_within_the_threshold_given),
        cmocka_unit_test(too_few_repeats_are_never_called_good),
        cmocka_unit_test(controls_are_shown_and_not_judged),
        cmocka_unit_test(cas_units_carry_across_machines),
        cmocka_unit_test(rows_match_by_the_knobs_that_both_know),
        cmocka_unit_test(rows_of_one_file_only_are_listed),
        cmocka_unit_test(differing_provenance_is_said),
        cmocka_unit_test(damaged_files_are_judged_as_far_as_they_go),
        cmocka_unit_test(impossible_arguments_are_refused),
        cmocka_unit_test(the_table_has_ratio_units_and_marks),
        cmocka_unit_test(the_table_for_machines_has_the_numbers),
        cmocka_unit_test(a_damaged_table_is_shown_and_said),
        cmocka_unit_test(pictures_are_drawn_from_data_that_stays),
        cmocka_unit_test(names_are_never_run),
        cmocka_unit_test(without_gnuplot_77_is_said_in_a_line),
        cmocka_unit_test(draw_refuses_what_cannot_be),
    };
    argp_err_exit_status = 2;
    return cmocka_run_group_tests_name("compare", tests, NULL, NULL);
}
