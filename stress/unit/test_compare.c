/* SPDX-License-Identifier: MIT
 * The sub-commands that read records, through argv and what they print: compare's verdicts and exit status, table and
 * draw on good and bad files. */
#include <math.h>
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

/* A record file of two variants and the controls, times with 2 % noise. */
struct made_of {
    unsigned processes;
    uint64_t seed;                      /* of the noise, and in the names of processes */
    double baseline, lockfree, control; /* factors; 0: 1 */
    const char *machine;                /* NULL: "Alpha" */
    const char *side;                   /* of the campaign "c"; NULL: none */
    unsigned slow;     /* this many processes take twice as long for everything, as others share their cores */
    bool unseen;       /* which no control tells */
    unsigned repeats;  /* in each process; 0: 1 */
    unsigned latency;  /* p99 of lockfree; 0: none was measured */
    unsigned requests; /* 0: 1000 */
};

static double factor(double given)
{
    return given > 0 ? given : 1;
}

static void write_process(FILE *file, const struct made_of *of, unsigned process)
{
    fprintf(file, "{\"type\":\"provenance\",\"id\":\"%llu%s-%u\",\"schema\":2,", (unsigned long long)of->seed,
            of->side != NULL ? of->side : "", process);
    if (of->side != NULL) {
        fprintf(file, "\"campaign\":{\"id\":\"c\",\"block\":%u,\"side\":\"%s\"},", process, of->side);
    }
    fprintf(file, "\"topology\":{\"cpu_model\":\"%s\",\"cores\":2}}\n", of->machine != NULL ? of->machine : "Alpha");
}

static void write_repeat(FILE *file, const struct made_of *of, unsigned process, unsigned repeat, struct random *random)
{
    static const char *const variants[] = {"cas", "null", "baseline", "lockfree"};
    static const unsigned base_ns[] = {500, 100, 4000, 2000};
    const double factors[] = {factor(of->control), factor(of->control), factor(of->baseline), factor(of->lockfree)};
    double slowed = process < of->slow ? 2 : 1;
    unsigned requests = of->requests != 0 ? of->requests : 1000;
    for (unsigned harts = 1; harts <= 4; harts++) {
        for (unsigned i = harts == 1 ? 0 : 1; i < 4; i++) {
            double noise = 1 + (double)random_below(random, 20001) / 1e6;
            uint64_t ns = (uint64_t)(noise * slowed * factors[i] * base_ns[i] * harts * requests);
            char times[128] = "", cores[128] = "", latency[128] = "";
            if (of->latency > 0) {
                sprintf(latency, ",\"latency_ns\":{\"samples\":10,\"p50\":20,\"p99\":%.0f,\"p99.9\":300,\"max\":400}",
                        noise * (i == 3 ? of->latency : 200));
            }
            for (unsigned k = 0; k < harts; k++) {
                sprintf(times + strlen(times), "%s%llu", k > 0 ? "," : "", (unsigned long long)ns);
                sprintf(cores + strlen(cores), "%s%.0f", k > 0 ? "," : "", of->unseen ? 1000 : 1000 * slowed);
            }
            fprintf(file,
                    "{\"type\":\"bench\",\"provenance\":\"%llu%s-%u\",\"variant\":\"%s\",\"knobs\":\"magazine=64\","
                    "\"platform\":\"host\",\"workload\":\"%s\",\"order\":0,\"frames\":1,\"harts\":%u,\"cores\":2,"
                    "\"repeat\":%u,\"seed\":1,\"phases\":[{\"name\":\"alloc\",\"operations\":%u,\"hart_ns\":[%s]%s}],"
                    "\"core\":{\"turns\":1000,\"hart_ns\":[%s]},\"counts\":null}\n",
                    (unsigned long long)of->seed, of->side != NULL ? of->side : "", process, variants[i],
                    i == 0 ? "control" : "bulk", harts, repeat, requests, times, latency, cores);
        }
    }
}

static void write_records(FILE *file, const struct made_of *of)
{
    struct random random = random_stream(of->seed, of->side != NULL ? (uint64_t)*of->side : 0);
    for (unsigned process = 0; process < of->processes; process++) {
        write_process(file, of, process);
        for (unsigned repeat = 0; repeat < (of->repeats != 0 ? of->repeats : 1); repeat++) {
            write_repeat(file, of, process, repeat, &random);
        }
    }
}

/* Of one side, or of two in one file. */
static struct file_made make_of(const struct made_of *of, const struct made_of *other)
{
    struct file_made made = file_make_text("");
    FILE *file = needed(fopen(made.path, "w"));
    write_records(file, of);
    if (other != NULL) {
        write_records(file, other);
    }
    fclose(file);
    return made;
}

#define MAKE(...) make_of(&(const struct made_of){__VA_ARGS__}, NULL)

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
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    compare(a, a);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "8 of 8 rows judged: 0 regressions, 0 faster, 8 within threshold, 0 undecided"));
    assert_true(holds(outcome.out, "lockfree: +0.0 %"));
    assert_string_equal(outcome.err, "");
    unlink(a.path);
}

static void noise_is_no_regression(void **state)
{
    (void)state;
    for (uint64_t seed = 2; seed < 12; seed++) {
        struct file_made a = MAKE(.processes = 10, .seed = 1);
        struct file_made b = MAKE(.processes = 10, .seed = seed);
        compare(a, b);
        assert_int_equal(outcome.status, 0);
        unlink(a.path);
        unlink(b.path);
    }
}

static void a_regression_is_found_and_named(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    struct file_made b = MAKE(.processes = 10, .seed = 2, .lockfree = 1.2);
    compare(a, b);
    assert_int_equal(outcome.status, 1);
    assert_true(holds(outcome.out, "4 regressions, 0 faster, 4 within threshold"));
    assert_true(holds(outcome.out, "REGRESSION: geometric mean of 4 rows, 10 and 10 processes"));
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
        bool time = strcmp(json_string_value(json_object_get(row, "measure")), "time") == 0;
        assert_int_equal(lockfree && time, strcmp(verdict, "REGRESSION") == 0);
        if (lockfree && time) {
            double change = json_real_value(json_object_get(row, "change"));
            double low = json_real_value(json_object_get(row, "change_low"));
            double high = json_real_value(json_object_get(row, "change_high"));
            assert_true(change > 0.17 && change < 0.23);
            assert_true(low < change && change < high && low > 0);
            assert_true(json_real_value(json_object_get(row, "p_adjusted")) < 0.01);
            double detectable = json_real_value(json_object_get(row, "detectable"));
            assert_true(fabs(detectable - ((1 + high) / (1 + low) - 1)) < 1e-4);
        }
    }
    json_decref(json);
    unlink(a.path);
    unlink(b.path);
}

static void a_small_change_is_within_the_threshold_given(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 12, .seed = 1);
    struct file_made b = MAKE(.processes = 12, .seed = 2, .lockfree = 1.03);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    run_command(&outcome, compare_command, 4, "framelab compare", "--threshold=2", a.path, b.path);
    assert_int_equal(outcome.status, 1);
    run_command(&outcome, compare_command, 4, "framelab compare", "--threshold=50", a.path, b.path);
    assert_int_equal(outcome.status, 0);
    /* An interval that reaches beyond the threshold is not within it, nor is it a change. */
    run_command(&outcome, compare_command, 4, "framelab compare", "--threshold=0.1", a.path, a.path);
    assert_int_equal(outcome.status, 0);
    struct file_made c = MAKE(.processes = 12, .seed = 3);
    run_command(&outcome, compare_command, 4, "framelab compare", "--threshold=0.1", a.path, c.path);
    assert_int_equal(outcome.status, 3);
    assert_true(holds(outcome.out, " 0 within threshold"));
    unlink(a.path);
    unlink(b.path);
    unlink(c.path);
}

static void too_few_processes_are_never_called_good(void **state)
{
    (void)state;
    static const struct {
        unsigned processes, repeats;
        int status;
    } cases[] = {{3, 1, 3}, {1, 20, 3}, {5, 1, 3}, {6, 1, 1}, {6, 3, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_made a = MAKE(.processes = cases[i].processes, .repeats = cases[i].repeats, .seed = 1);
        struct file_made b =
            MAKE(.processes = cases[i].processes, .repeats = cases[i].repeats, .seed = 2, .lockfree = 10);
        compare(a, b);
        assert_int_equal(outcome.status, cases[i].status);
        if (cases[i].status == 3) {
            assert_true(holds(outcome.out, "0 of 8 rows judged"));
            assert_true(holds(outcome.out, "8 too few processes"));
            /* 8 rows and half of 0.05: 2 / C(12, 6) * 8 = 0.017 is below that, 2 / C(10, 5) * 8 = 0.063 is not; in
             * turn 2 / 2^10 * 8 = 0.016 is, 2 / 2^9 * 8 = 0.031 is not. */
            assert_true(holds(outcome.out, "Judging 8 rows takes 6 undisturbed processes"));
            assert_true(holds(outcome.out, "or 10 in turn"));
            run_command(&outcome, compare_command, 4, "framelab compare", a.path, b.path, "--bisect");
            assert_int_equal(outcome.status, 125);
        }
        unlink(a.path);
        unlink(b.path);
    }
}

/* The family says how many tests are corrected for together: with fewer, fewer processes do. */
static void the_family_can_be_chosen(void **state)
{
    (void)state;
    static const struct {
        const char *family;
        unsigned processes;
        int status;
    } cases[] = {{"all", 5, 3}, {"row", 5, 1}, {"row", 4, 3}, {"variant", 6, 1}, {"variant", 5, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_made a = MAKE(.processes = cases[i].processes, .seed = 1);
        struct file_made b = MAKE(.processes = cases[i].processes, .seed = 2, .lockfree = 1.3);
        run_command(&outcome, compare_command, 5, "framelab compare", "--family", cases[i].family, a.path, b.path);
        if (outcome.status != cases[i].status) {
            fail_msg("%s, %u processes: %d\n%s", cases[i].family, cases[i].processes, outcome.status, outcome.out);
        }
        unlink(a.path);
        unlink(b.path);
    }
}

static void a_row_whose_control_moved_is_disturbed(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    struct file_made b = MAKE(.processes = 10, .seed = 2, .control = 2, .lockfree = 2, .baseline = 2);
    compare(a, b);
    assert_int_equal(outcome.status, 3);
    assert_true(holds(outcome.out, "5 controls moved"));
    assert_true(holds(outcome.out, "0 of 8 rows judged"));
    assert_true(holds(outcome.out, "8 disturbed"));
    unlink(a.path);
    unlink(b.path);
}

/* What was slow because somebody shared the cores is left out: of both sides by the best of either, and a row with too
 * little left has no verdict. */
static void disturbed_repeats_are_not_judged(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    static const struct {
        unsigned slow;
        int status;
    } cases[] = {{2, 0}, {8, 3}, {10, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_made b = MAKE(.processes = 10, .seed = 2, .slow = cases[i].slow);
        compare(a, b);
        assert_int_equal(outcome.status, cases[i].status);
        assert_true(holds(outcome.out, cases[i].status == 0 ? "0 regressions" : "8 disturbed"));
        compare(b, a);
        assert_int_equal(outcome.status, cases[i].status);
        unlink(b.path);
    }
    unlink(a.path);
}

/* A campaign: half of the blocks are twice as slow, and no control tells. In turn both sides meet that. */
static void sides_in_turn_are_judged_block_by_block(void **state)
{
    (void)state;
    for (unsigned slower = 0; slower < 2; slower++) {
        const struct made_of a = {.processes = 12, .seed = 1, .side = "A", .slow = 6, .unseen = true};
        struct made_of b = a;
        b.side = "B";
        b.lockfree = slower != 0 ? 1.08 : 1;
        struct file_made both = make_of(&a, &b);
        run_command(&outcome, compare_command, 2, "framelab compare", both.path);
        assert_int_equal(outcome.status, slower);
        assert_true(holds(outcome.out, slower != 0 ? "4 regressions" : "8 within threshold"));
        run_command(&outcome, compare_command, 3, "framelab compare", both.path, "--bisect");
        assert_int_equal(outcome.status, slower);
        unlink(both.path);
    }
    struct file_made none = MAKE(.processes = 12, .seed = 1);
    run_command(&outcome, compare_command, 2, "framelab compare", none.path);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "has not two sides"));
    unlink(none.path);
}

static void variants_of_one_file_are_judged_in_blocks(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1, .slow = 5, .unseen = true);
    run_command(&outcome, compare_command, 4, "framelab compare", "--variants", "lockfree/baseline", a.path);
    assert_int_equal(outcome.status, 1);
    assert_true(holds(outcome.out, "4 of 4 rows judged: 4 regressions"));
    run_command(&outcome, compare_command, 4, "framelab compare", "--variants", "baseline/lockfree", a.path);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "4 faster"));
    run_command(&outcome, compare_command, 4, "framelab compare", "--variants", "baseline/mine", a.path);
    assert_int_equal(outcome.status, 2);
    unlink(a.path);
    a = MAKE(.processes = 1, .seed = 1); /* one sample */
    run_command(&outcome, compare_command, 4, "framelab compare", "--variants", "lockfree/baseline", a.path);
    assert_int_equal(outcome.status, 3);
    unlink(a.path);
}

/* Tails are judged where both sides measured them often enough, but no finer than histograms and clock have them. */
static void tails_are_judged(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 12, .seed = 1, .latency = 1000);
    struct file_made b = MAKE(.processes = 12, .seed = 2, .latency = 1300);
    struct file_made c = MAKE(.processes = 12, .seed = 3, .latency = 1020);
    compare(a, b);
    assert_int_equal(outcome.status, 1);
    assert_true(holds(outcome.out, "24 of 24 rows judged: 4 regressions, 0 faster, 20 within threshold"));
    run_command(&outcome, compare_command, 4, "framelab compare", a.path, c.path, "--threshold=1");
    assert_int_equal(outcome.status, 0); /* 2 % is less than a bucket */
    append_text(a, "{\"type\":\"provenance\",\"id\":\"x\",\"clock_step_ns\":400,"
                   "\"topology\":{\"cpu_model\":\"Alpha\",\"cores\":2}}\n");
    compare(a, b);
    assert_int_equal(outcome.status, 0); /* 300 ns is less than a step of such a clock */
    unlink(a.path);
    unlink(b.path);
    unlink(c.path);
}

static void other_work_is_not_one_row(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    struct file_made b = MAKE(.processes = 10, .seed = 2, .requests = 2000, .lockfree = 2);
    compare(a, b);
    assert_int_equal(outcome.status, 3);
    assert_true(holds(outcome.out, "8 not the same work"));
    unlink(a.path);
    unlink(b.path);
}

/* A machine half as fast: every time doubles, the CAS too. Nanoseconds are not judged; ratios within blocks are. */
static void two_machines_are_judged_by_ratios(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    struct file_made b =
        MAKE(.processes = 10, .seed = 2, .baseline = 2, .lockfree = 2, .control = 2, .machine = "Beta");
    struct file_made c =
        MAKE(.processes = 10, .seed = 3, .baseline = 2, .lockfree = 2.4, .control = 2, .machine = "Beta");
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "Times are in units of baseline in the same block: two machines"));
    assert_true(holds(outcome.out, "4 of 4 rows judged: 0 regressions, 0 faster, 4 within threshold"));
    compare(a, c);
    assert_int_equal(outcome.status, 1);
    assert_true(holds(outcome.out, "4 of 4 rows judged: 4 regressions"));
    static const char *const units[] = {"cas", "null"};
    for (size_t i = 0; i < 2; i++) {
        run_command(&outcome, compare_command, 5, "framelab compare", "--unit", units[i], a.path, b.path);
        assert_int_equal(outcome.status, 0);
        assert_true(holds(outcome.out, "8 of 8 rows judged: 0 regressions, 0 faster, 8 within threshold"));
    }
    run_command(&outcome, compare_command, 5, "framelab compare", "--unit", "ns", a.path, b.path);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "nanoseconds of two machines"));
    run_command(&outcome, compare_command, 5, "framelab compare", "--unit", "miles", a.path, b.path);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.err, "no `miles`"));
    unlink(a.path);
    unlink(b.path);
    unlink(c.path);
}

/* One record of simulated harts, and one of QEMU's instructions. */
static struct file_made make_exact(unsigned ns, unsigned transfers, unsigned instructions, unsigned seed,
                                   unsigned latency)
{
    char text[4096];
    (void)snprintf(
        text, sizeof text,
        "{\"type\":\"provenance\",\"id\":\"p\",\"schema\":2,\"machine_model\":{\"name\":\"m\",\"remote\":%u}}\n"
        "{\"type\":\"bench\",\"provenance\":\"p\",\"variant\":\"lockfree\",\"knobs\":\"\",\"platform\":\"sim\","
        "\"workload\":\"bulk\",\"order\":0,\"frames\":1,\"harts\":1,\"cores\":1,\"repeat\":0,\"seed\":%u,"
        "\"machine\":\"m\",\"phases\":[{\"name\":\"alloc\",\"operations\":10,\"hart_ns\":[%u]}],"
        "\"events\":{\"operations\":10,\"transfers\":%u,\"invalidations\":1,\"cas_failures\":1,\"fences\":1,"
        "\"wait_ns\":1}}\n"
        "{\"type\":\"bench\",\"provenance\":\"p\",\"variant\":\"lockfree\",\"knobs\":\"\",\"platform\":\"qemu\","
        "\"arch\":\"riscv64\",\"mode\":\"icount\",\"workload\":\"bulk\",\"order\":0,\"frames\":1,\"harts\":1,"
        "\"cores\":1,\"repeat\":0,\"seed\":%u,\"phases\":[{\"name\":\"alloc\",\"operations\":10,"
        "\"hart_instructions\":[%u]}],\"counts\":{\"cas_retries\":0,\"lock_waits\":0,\"global_takes\":1,"
        "\"global_gives\":1,\"grace_periods\":0}}\n",
        latency, seed, ns, transfers, seed, instructions);
    return file_make_text(text);
}

/* At once, and with no statistics: one repeat is enough, one nanosecond, one transfer, one instruction. */
static void what_is_simulated_or_counted_is_compared_exactly(void **state)
{
    (void)state;
    static const struct {
        unsigned ns, transfers, instructions, seed, latency;
        int status;
        const char *says;
    } cases[] = {{100, 7, 400, 1, 80, 0, "0 worse, 0 better, 11 equal"},
                 {101, 7, 400, 1, 80, 1, "1 worse, 0 better, 10 equal"},
                 {90, 8, 400, 1, 80, 1, "1 worse, 1 better, 9 equal"},
                 {100, 7, 401, 1, 80, 1, "1 worse, 0 better, 10 equal"},
                 {90, 7, 399, 1, 80, 0, "0 worse, 2 better, 9 equal"},
                 {100, 7, 400, 2, 80, 3, "0 worse, 0 better, 0 equal; 11 only in A, 11 only in B"},
                 {200, 7, 400, 1, 90, 0, "0 worse, 0 better, 5 equal; 6 only in A, 6 only in B"}};
    struct file_made a = make_exact(100, 7, 400, 1, 80);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct file_made b =
            make_exact(cases[i].ns, cases[i].transfers, cases[i].instructions, cases[i].seed, cases[i].latency);
        compare(a, b);
        if (outcome.status != cases[i].status || !holds(outcome.out, cases[i].says)) {
            fail_msg("case %zu: %d, %s", i, outcome.status, outcome.out);
        }
        unlink(b.path);
    }
    run_command(&outcome, compare_command, 5, "framelab compare", a.path, a.path, "--format", "csv");
    assert_int_equal(count_lines(outcome.out), 12);
    unlink(a.path);
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
        assert_int_equal(outcome.status, 3); /* one sample is none */
        unlink(b.path);
        free(other);
    }
    unlink(a.path);
    free(line);
}

/* Provenance is told in words, a difference a line, of an object only the members that differ. */
static void a_difference_is_a_line_without_json(void **state)
{
    (void)state;
    static const char provenance[] =
        "{\"type\":\"provenance\",\"id\":\"1\",\"schema\":2,\"memory_map\":{\"nodes\":1,\"harts\":%d},"
        "\"topology\":{\"cpus\":{\"allowed\":\"0-%d\"}}}\n";
    struct file_made files[2];
    for (int i = 0; i < 2; i++) {
        char text[LINE_BYTES];
        char *line = bench_line("mine", "alloc", 1, 0, 10);
        (void)snprintf(text, sizeof text, provenance, 2 + i, 1 + i);
        files[i] = file_make_text(text);
        append_text(files[i], line);
        free(line);
    }
    compare(files[0], files[1]);
    assert_true(holds(outcome.out, "CPUs allowed, allowed: A 0-1, B 0-2\n"));
    assert_true(holds(outcome.out, "memory described, harts: A 2, B 3\n"));
    assert_false(holds(outcome.out, "nodes"));
    assert_null(strpbrk(outcome.out, "{}\""));
    unlink(files[0].path);
    unlink(files[1].path);
}

static void rows_of_one_file_only_are_listed(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 8, .seed = 1);
    struct file_made b = MAKE(.processes = 8, .seed = 2);
    char *line = bench_line("mine", "alloc", 1, 0, 10);
    append_text(b, line);
    free(line);
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "Only in B"));
    assert_true(holds(outcome.out, "mine, host, bulk alloc, order 0, harts 1\n"));
    run_command(&outcome, compare_command, 5, "framelab compare", b.path, a.path, "--format", "csv");
    assert_true(holds(outcome.out, ",mine,magazine=64,host,,bulk,alloc,1,1,time,0,0,false,0,,,,,,,,,only in A"));
    struct file_made other = file_make_text("");
    line = bench_line("mine", "free", 1, 0, 10);
    append_text(other, line);
    free(line);
    compare(a, other);
    assert_int_equal(outcome.status, 3);
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
    char *line = bench_line("mine", "alloc", 1, 0, 10);
    struct file_made a = file_make_text(line);
    struct file_made b = file_make_text(line);
    free(line);
    snprintf(text, sizeof text, format, "aaaa", "false", "-O2", "Alpha");
    append_text(a, text);
    snprintf(text, sizeof text, format, "bbbb", "true", "-O3", "Be\\u001b[31mta");
    append_text(b, text);
    compare(a, b);
    assert_int_equal(outcome.status, 3);
    assert_true(holds(outcome.out, "processor: A Alpha, B Be?[31mta"));
    assert_true(holds(outcome.out, "compiler flags: A -O2, B -O3"));
    assert_true(holds(outcome.out, "uncommitted changes: A no, B yes"));
    assert_false(holds(outcome.out, "\033"));
    unlink(a.path);
    unlink(b.path);
}

static void damaged_files_are_judged_as_far_as_they_go(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    struct file_made b = MAKE(.processes = 10, .seed = 2);
    append_text(b, "{\"type\":\"bench\",\"vari"); /* interrupted while writing */
    compare(a, b);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.err, "cut short"));
    append_text(b, "\n{}\n");
    compare(a, b);
    assert_int_equal(outcome.status, 2);
    assert_true(holds(outcome.out, "8 rows judged"));
    unlink(b.path);
    b = append_text(MAKE(.processes = 10, .seed = 2, .lockfree = 1.5), "garbage\n");
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
    struct file_made a = MAKE(.processes = 2, .seed = 1);
    static const char *const options[] = {"--threshold=x",  "--threshold=-1", "--threshold=nan", "--alpha=0",
                                          "--alpha=1",      "--alpha=",       "--format=xml",    "--family=none",
                                          "--variants=one", "--nonsense"};
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
    struct file_made a = MAKE(.processes = 10, .seed = 1);
    run_command(&outcome, table_command, 2, "framelab table", a.path);
    assert_int_equal(outcome.status, 0);
    assert_true(holds(outcome.out, "2.0") && holds(outcome.out, "baseline/lockfree"));
    assert_true(holds(outcome.out, "4*"));
    assert_true(holds(outcome.out, "* oversubscribed: more harts than the 2 cores"));
    assert_false(holds(outcome.out, "loses"));
    assert_false(holds(outcome.out, "\033")); /* no colours but on a terminal */
    unlink(a.path);
    a = MAKE(.processes = 10, .seed = 1, .lockfree = 4);
    run_command(&outcome, table_command, 4, "framelab table", "--format", "markdown", a.path);
    assert_true(holds(outcome.out, "| lockfree loses |"));
    assert_true(every_row_is_closed(outcome.out));
    run_command(&outcome, table_command, 3, "framelab table", "--ratio=lockfree/baseline", a.path);
    assert_false(holds(outcome.out, "loses"));
    unlink(a.path);
    a = MAKE(.processes = 10, .seed = 1, .lockfree = 2);
    run_command(&outcome, table_command, 2, "framelab table", a.path);
    assert_true(holds(outcome.out, "1.00x  even") && !holds(outcome.out, "loses"));
    unlink(a.path);
    a = MAKE(.processes = 1, .seed = 1, .lockfree = 4); /* of one sample nothing is said */
    run_command(&outcome, table_command, 2, "framelab table", a.path);
    assert_true(holds(outcome.out, "x  too few") && !holds(outcome.out, "loses"));
    unlink(a.path);
}

static void the_table_for_machines_has_the_numbers(void **state)
{
    (void)state;
    struct file_made a = MAKE(.processes = 5, .seed = 1);
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
    struct file_made a = append_text(MAKE(.processes = 2, .seed = 1), "garbage\n");
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
    struct file_made a = MAKE(.processes = 5, .seed = 1, .latency = 200);
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
    assert_true(file_is_there(inner, "series.dat", "# p0: "));
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
    struct file_made a = MAKE(.processes = 2, .seed = 1);
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
    struct file_made a = MAKE(.processes = 2, .seed = 1);
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
        cmocka_unit_test(too_few_processes_are_never_called_good),
        cmocka_unit_test(the_family_can_be_chosen),
        cmocka_unit_test(a_row_whose_control_moved_is_disturbed),
        cmocka_unit_test(disturbed_repeats_are_not_judged),
        cmocka_unit_test(sides_in_turn_are_judged_block_by_block),
        cmocka_unit_test(variants_of_one_file_are_judged_in_blocks),
        cmocka_unit_test(tails_are_judged),
        cmocka_unit_test(other_work_is_not_one_row),
        cmocka_unit_test(two_machines_are_judged_by_ratios),
        cmocka_unit_test(what_is_simulated_or_counted_is_compared_exactly),
        cmocka_unit_test(rows_match_by_the_knobs_that_both_know),
        cmocka_unit_test(a_difference_is_a_line_without_json),
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
