/* SPDX-License-Identifier: MIT
 * Records: what the writer writes the reader reads, and a file that is not what it should be costs the lines that are
 * not, one complaint each, never a crash. */
#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "layout.h"
#include "origin.h"
#include "provenance.h"
#include "random.h"
#include "record.h"
#include "record_files.h"
#include "records.h"
#include "schema.h"
#include "series.h"

struct reading {
    enum records_status status;
    struct record_file file;
    char log[OUTPUT_BYTES];
};

static struct reading reading; /* large */

static void read_path(const char *path)
{
    FILE *log = needed(tmpfile());
    reading.status = record_file_read(&reading.file, path, log);
    read_back(log, reading.log);
}

static void read_bytes(const char *text, size_t bytes)
{
    struct file_made made = file_make(text, bytes);
    read_path(made.path);
    unlink(made.path);
}

static void read_text(const char *text)
{
    read_bytes(text, strlen(text));
}

/* ---- Writing -------------------------------------------------------------------------------------------------- */

static const struct bench_record SAMPLE = {.variant = "lockfree,magazine=0",
                                           .knobs = "magazine=0,batch=0",
                                           .platform = "host",
                                           .workload = "bulk",
                                           .frames = 512,
                                           .order = 9,
                                           .harts = 2,
                                           .cores = 4,
                                           .repeat = 3,
                                           .seed = 17};

/* Writes the sample with one phase to a text that the caller frees. */
static char *write_sample(uint64_t seed, const char *summary)
{
    static const uint64_t times[] = {1000, 3000};
    static const uint64_t core_times[] = {700, 500};
    const struct record_phase phase = {"alloc", 100, times, {50, 7, 8, 9, 10}};
    const struct frame_stats stats = {.frames_total = 1, .scans = 99};
    struct bench_record bench = SAMPLE;
    bench.seed = seed;
    bench.phases = &phase;
    bench.phase_count = 1;
    bench.stats = &stats;
    bench.core_turns = 1400;
    bench.core_ns = core_times;
    json_t *own = json_pack("{s:[f, f, f]}", "rounds", 0.125, 0.25, 0.5);
    bench.own = own;
    const struct stress_violation violation = {.property = "P4",
                                               .meaning = "",
                                               .what = "",
                                               .frame = 7,
                                               .hart = UINT32_MAX,
                                               .seed = seed,
                                               .replay = "framelab stress"};
    const struct stress_record stress = {.variant = "baseline",
                                         .knobs = "",
                                         .platform = "host",
                                         .harts = 4,
                                         .seed = seed,
                                         .operations = 10,
                                         .seconds = 0.5,
                                         .setting = "plain",
                                         .violation = &violation,
                                         .range = {.unit = "trials", .shard = 1, .shards = 1}};
    char name[] = "framelab";
    char *argv[] = {name, NULL};
    char *text = NULL;
    size_t bytes = 0;
    FILE *stream = open_memstream(&text, &bytes);
    struct record_writer *writer = record_open(stream, 1, argv, summary, NULL);
    assert_non_null(writer);
    assert_true(record_bench(writer, &bench));
    assert_true(record_stress(writer, &stress));
    record_close(writer);
    fclose(stream);
    json_decref(own);
    return text;
}

static json_t *nth_line(const char *text, int line)
{
    for (; line > 0; line--) {
        text = strchr(text, '\n') + 1;
    }
    json_t *json = json_loadb(text, strcspn(text, "\n"), 0, NULL);
    assert_non_null(json);
    return json;
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    char *text = write_sample(17, "{\"ram\":1}");
    read_text(text);
    free(text);
    assert_int_equal(reading.status, RECORDS_OK);
    assert_string_equal(reading.log, "");
    assert_int_equal(reading.file.row_count, 1);
    const struct result_row *row = &reading.file.rows[0];
    assert_string_equal(row->variant, SAMPLE.variant);
    assert_string_equal(row->knobs, SAMPLE.knobs);
    assert_string_equal(row->workload, "bulk");
    assert_string_equal(row->phase, "alloc");
    assert_int_equal(row->frames, 512);
    assert_int_equal(row->harts, 2);
    assert_int_equal(row->cores, 4);
    assert_int_equal(row->repeat, 3);
    assert_true(row->timed && row->ns_per_operation > 19.999 && row->ns_per_operation < 20.001);
    assert_int_equal(row->latency.samples, 50);
    assert_int_equal(row->latency.p999_ns, 9);
    assert_true(row->core_ns == 0.5); /* exact in binary: 700 of 1400, the slower hart's */
    assert_true(row->shared_out && row->share_first == 0.125 && row->share_last == 0.5); /* exact in binary */
    assert_int_equal(json_array_size(reading.file.provenances), 1);
    record_file_free(&reading.file);
}

static void lines_have_the_documented_keys(void **state)
{
    (void)state;
    char *text = write_sample(UINT64_MAX, NULL);
    json_t *provenance = nth_line(text, 0);
    json_t *bench = nth_line(text, 1);
    json_t *stress = nth_line(text, 2);
    free(text);
    static const char *const keys[] = {"id",     "time",     "framelab", "libraries",
                                       "system", "topology", "command",  "memory_map"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        assert_non_null(json_object_get(provenance, keys[i]));
    }
    assert_null(json_object_get(json_object_get(provenance, "system"), "hostname"));
    const char *id = json_string_value(json_object_get(provenance, "id"));
    assert_string_equal(json_string_value(json_object_get(bench, "provenance")), id);
    assert_string_equal(json_string_value(json_object_get(stress, "provenance")), id);
    /* Larger than a JSON reader's integer: kept as text, to the last digit. */
    assert_string_equal(json_string_value(json_object_get(bench, "seed")), "18446744073709551615");
    const json_t *counts = json_object_get(bench, "counts");
    assert_int_equal(json_object_size(counts), sizeof(struct frame_stats) / sizeof(uint64_t));
    assert_int_equal(json_integer_value(json_object_get(counts, "scans")), 99);
    assert_string_equal(json_string_value(json_object_get(stress, "property")), "P4");
    assert_true(json_is_null(json_object_get(stress, "counts")));
    json_decref(provenance);
    json_decref(bench);
    json_decref(stress);
}

static void provenance_is_reproducible_and_identified_by_content(void **state)
{
    (void)state;
    setenv("SOURCE_DATE_EPOCH", "86400", 1);
    char name[] = "framelab";
    char odd[] = "caf\xe9"; /* not UTF-8 */
    char *argv[] = {name, odd, NULL};
    json_t *one = provenance_make(1, argv, NULL, NULL, NULL);
    json_t *other = provenance_make(2, argv, NULL, NULL, NULL);
    assert_string_equal(json_string_value(json_object_get(one, "time")), "1970-01-02T00:00:00Z");
    assert_string_not_equal(json_string_value(json_object_get(one, "id")),
                            json_string_value(json_object_get(other, "id")));
    assert_string_equal(json_string_value(json_array_get(json_object_get(other, "command"), 1)), "caf?");
    json_decref(one);
    json_decref(other);
    unsetenv("SOURCE_DATE_EPOCH");
    errno = 0;
    assert_null(provenance_make(1, argv, "no JSON", NULL, NULL));
    assert_int_equal(errno, EINVAL);
    assert_int_equal(provenance_hash(""), UINT64_C(0xcbf29ce484222325)); /* the published offset basis */
    assert_int_equal(provenance_hash("foobar"), UINT64_C(0x85944171f73967e8));
}

static void a_full_disk_is_an_error(void **state)
{
    (void)state;
    char name[] = "framelab";
    char *argv[] = {name, NULL};
    FILE *full = fopen("/dev/full", "w");
    assert_non_null(full);
    assert_null(record_open(full, 1, argv, NULL, NULL));
    fclose(full);
}

/* ---- Other schemas -------------------------------------------------------------------------------------------- */

/* A file of one run: its provenance line with `schema`, and a line of `variant` with `knobs` and the key `extra`. */
static void read_run(const char *schema, const char *variant, const char *knobs, const char *extra)
{
    char text[1024];
    snprintf(text, sizeof text,
             "{\"type\":\"provenance\",\"id\":\"7\"%s}\n"
             "{\"type\":\"bench\",\"provenance\":\"7\",\"variant\":\"%s\",\"knobs\":\"%s\",\"platform\":\"host\","
             "\"workload\":\"frag\",\"order\":0,\"frames\":1,\"harts\":1,\"cores\":2,\"repeat\":0,\"seed\":1,%s"
             "\"phases\":[{\"name\":\"alloc\",\"operations\":10,\"hart_ns\":[100]}],\"counts\":null}\n",
             schema, variant, knobs, extra);
    read_text(text);
}

static void an_older_schema_is_read_by_its_names_of_today(void **state)
{
    (void)state;
    static const struct {
        const char *schema, *variant, *knobs, *read_variant, *read_knobs;
    } cases[] = {
        {"", "baseline:seed", "magazine=64", "baseline:origin", "magazine=64"},
        {",\"schema\":1", "baseline:seed,lock=mcs", "lock=mcs", "baseline:origin,lock=mcs", "lock=mcs"},
        {"", "lockfree,hand=off", "classes=8,hand=off", "lockfree,local=off", "classes=8,local=off"},
        {"", "lockfree", "hand=on", "lockfree", "local=on"},
        {"", "handmade,second-hand=1", "hand", "handmade,second-hand=1", "local"},
        /* What is of today's schema is read as it stands. */
        {",\"schema\":2", "baseline:seed", "hand=on", "baseline:seed", "hand=on"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_run(cases[i].schema, cases[i].variant, cases[i].knobs, "");
        assert_int_equal(reading.status, RECORDS_OK);
        assert_int_equal(reading.file.row_count, 1);
        assert_string_equal(reading.file.rows[0].variant, cases[i].read_variant);
        assert_string_equal(reading.file.rows[0].knobs, cases[i].read_knobs);
        record_file_free(&reading.file);
    }
}

static void keys_of_an_older_schema_are_renamed(void **state)
{
    (void)state;
    json_t *line = json_pack("{s:[i], s:[i], s:s}", "moves", 3, "paths", 4, "variant", "lockfree");
    assert_true(schema_update(line, 1));
    assert_int_equal(json_integer_value(json_array_get(json_object_get(line, "migrations"), 0)), 3);
    assert_int_equal(json_integer_value(json_array_get(json_object_get(line, "outcomes"), 0)), 4);
    assert_null(json_object_get(line, "moves"));
    assert_null(json_object_get(line, "paths"));
    json_decref(line);
}

static void a_later_schema_is_refused(void **state)
{
    (void)state;
    read_run(",\"schema\":3", "lockfree", "", "");
    assert_int_equal(reading.status, RECORDS_UNREADABLE);
    assert_true(holds(reading.log, ":1: ") && holds(reading.log, "schema 3 is of a later version"));
    assert_true(holds(reading.log, ":2: "));
    record_file_free(&reading.file);
}

/* What is written is of the schema that is read. */
static void what_is_written_says_its_schema(void **state)
{
    (void)state;
    char name[] = "framelab";
    char *argv[] = {name, NULL};
    json_t *provenance = provenance_make(1, argv, NULL, NULL, NULL);
    assert_int_equal(schema_of(provenance), RECORD_SCHEMA);
    json_decref(provenance);
}

/* ---- Reading what should not be ------------------------------------------------------------------------------- */

/* Reads a good line, the line under test, a good line: both good ones are kept, and the complaint names line 2. */
static void expect_refused(const char *line, const char *why)
{
    char *good = bench_line("baseline", "alloc", 1, 0, 10);
    char text[8192];
    snprintf(text, sizeof text, "%s%s\n%s", good, line, good);
    free(good);
    read_text(text);
    if (reading.status != RECORDS_DAMAGED || reading.file.row_count != 2 || reading.file.damaged != 1 ||
        !holds(reading.log, ":2: ") || !holds(reading.log, why) || count_lines(reading.log) != 1) {
        fail_msg("status %d, %zu rows, %llu damaged, log: %s (wanted: %s)", (int)reading.status, reading.file.row_count,
                 (unsigned long long)reading.file.damaged, reading.log, why);
    }
    record_file_free(&reading.file);
}

/* A good line with `from` replaced by `to`. */
static void expect_refused_with(const char *from, const char *to, const char *why)
{
    char *good = bench_line("baseline", "alloc", 2, 0, 10);
    char line[4096];
    const char *at = strstr(good, from);
    assert_non_null(at);
    snprintf(line, sizeof line, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    line[strcspn(line, "\n")] = '\0';
    free(good);
    expect_refused(line, why);
}

static void garbage_costs_its_line(void **state)
{
    (void)state;
    expect_refused("garbage", "not JSON");
    expect_refused("{\"type\":\"bench\"", "not JSON");
    expect_refused("\x01\x02\xff", "not JSON");
    expect_refused("[1,2,3]", "\"type\" is missing");
    expect_refused("{}", "\"type\" is missing");
    expect_refused("{\"type\":7}", "\"type\" is missing");
    expect_refused("{\"type\":\"bench\",\"type\":\"bench\"}", "duplicate");
    expect_refused("{\"type\":\"bench\"}", "\"variant\" is missing");
}

static void missing_keys_and_wrong_types_are_named(void **state)
{
    (void)state;
    expect_refused_with("\"variant\":", "\"x\":", "\"variant\" is missing");
    expect_refused_with("\"variant\":\"baseline\"", "\"variant\":3", "\"variant\" is not a string");
    expect_refused_with("baseline", "a\\u001b[31m", "\"variant\" is too long or not plain text");
    expect_refused_with("baseline", "\xc3\xa9", "\"variant\" is too long or not plain text");
    expect_refused_with("\"knobs\":", "\"x\":", "\"knobs\" is missing");
    expect_refused_with("\"harts\":2", "\"harts\":\"2\"", "\"harts\" is not an integer");
    expect_refused_with("\"harts\":2", "\"harts\":2.0", "\"harts\" is not an integer");
    expect_refused_with("\"harts\":2", "\"harts\":0", "\"harts\" is 0");
    expect_refused_with("\"harts\":2", "\"harts\":-1", "\"harts\" is -1");
    expect_refused_with("\"harts\":2", "\"harts\":1000000", "\"harts\" is 1000000");
    expect_refused_with("\"harts\":2", "\"harts\":3", "\"hart_ns\" has 2 numbers for 3 harts");
    expect_refused_with("\"frames\":1", "\"frames\":0", "\"frames\" is 0");
    expect_refused_with("\"phases\":", "\"x\":", "\"phases\" is missing");
    expect_refused_with("\"operations\":1000", "\"operations\":0", "\"operations\" is 0");
    expect_refused_with("[10000", "[null", "\"hart_ns\"[0] is not a count");
    expect_refused_with("[10000", "[-1", "\"hart_ns\"[0] is not a count");
    expect_refused_with("[10000,10000]", "{}", "\"hart_ns\" is not an array");
    expect_refused_with("\"p99\":200", "\"p99\":null", "\"p99\" is not an integer");
    expect_refused_with("\"name\":\"alloc\"", "\"name\":[]", "\"name\" is not a string");
    expect_refused_with("\"type\"", "\"core\":7,\"type\"", "\"turns\" is missing");
    expect_refused_with("\"type\"", "\"core\":{\"turns\":1,\"hart_ns\":[1]},\"type\"", "\"core\": \"hart_ns\"[1]");
    expect_refused_with("\"type\"", "\"core\":{\"turns\":1,\"hart_ns\":[1,-1]},\"type\"", "\"core\": \"hart_ns\"[1]");
    expect_refused_with("\"type\"", "\"rounds\":[],\"type\"", "\"rounds\" is not an array of shares");
    expect_refused_with("\"type\"", "\"rounds\":0.5,\"type\"", "\"rounds\" is not an array of shares");
    expect_refused_with("\"type\"", "\"rounds\":[0.5,null],\"type\"", "\"rounds\"[1] is not a share");
    expect_refused_with("\"type\"", "\"rounds\":[1.5],\"type\"", "\"rounds\"[0] is not a share");
}

/* A record of two harts on QEMU, with one piece of it replaced. */
static void read_counted(const char *from, const char *to)
{
    static const char line[] =
        "{\"type\":\"bench\",\"variant\":\"v\",\"knobs\":\"\",\"platform\":\"qemu\",\"arch\":\"riscv64\","
        "\"mode\":\"icount\",\"workload\":\"bulk\",\"frames\":1,\"harts\":2,\"repeat\":0,\"phases\":["
        "{\"name\":\"alloc\",\"operations\":100,\"hart_instructions\":[3000,5000]},"
        "{\"name\":\"free\",\"operations\":100,\"hart_instructions\":[2000,2000]}],\"counts\":{\"global_takes\":3,"
        "\"global_gives\":1,\"cas_retries\":8,\"lock_waits\":0,\"grace_periods\":2}}\n";
    char text[2048];
    const char *at = strstr(line, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - line), line, to, at + strlen(from));
    read_text(text);
}

/* Of 400 operations. A record that lacks one of the numbers is refused. */
static void counts_of_caches_beside_them(void **state)
{
    (void)state;
    static const char caches[] = "\"coherence\":{\"operations\":400,\"accesses\":9000,\"l1_misses\":200,"
                                 "\"l2_misses\":120,\"transfers\":100,\"upgrades\":20,\"misses\":40,"
                                 "\"invalidations\":8},\"counts\"";
    read_counted("\"counts\"", caches);
    assert_int_equal(reading.status, RECORDS_OK);
    const struct tally_row *tally = &reading.file.tallies[0];
    assert_true(tally->per_operation[TALLY_TRANSFERS] == 0.25);
    assert_true(tally->per_operation[TALLY_INVALIDATIONS] == 0.02);
    assert_true(tally->per_operation[TALLY_L1_MISSES] == 0.5);
    assert_true(tally->per_operation[TALLY_L2_MISSES] == 0.3);
    assert_true(tally->per_operation[TALLY_MISSES] == 0.1);
    assert_true(tally->per_operation[TALLY_INSTRUCTIONS] == 30);
    assert_true(isnan(tally->per_operation[TALLY_WAIT_NS]));
    record_file_free(&reading.file);
    read_counted("", "");
    assert_true(isnan(reading.file.tallies[0].per_operation[TALLY_TRANSFERS]));
    assert_true(isnan(reading.file.tallies[0].per_operation[TALLY_L1_MISSES]));
    record_file_free(&reading.file);
    read_counted("\"counts\"", "\"coherence\":{\"operations\":400,\"transfers\":100},\"counts\"");
    assert_int_equal(reading.file.tally_count, 0);
    record_file_free(&reading.file);
}

static void counts_in_place_of_times(void **state)
{
    (void)state;
    read_counted("", "");
    assert_int_equal(reading.status, RECORDS_OK);
    assert_int_equal(reading.file.row_count, 0);
    assert_int_equal(reading.file.tally_count, 1);
    const struct tally_row *tally = &reading.file.tallies[0];
    assert_string_equal(tally->machine, "qemu, riscv64, icount");
    assert_true(tally->per_operation[TALLY_INSTRUCTIONS] == 30);
    assert_true(tally->per_operation[TALLY_CAS_RETRIES] == 0.02);
    assert_true(tally->per_operation[TALLY_LOCK_WAITS] == 0);
    assert_true(tally->per_operation[TALLY_GLOBAL_ACCESSES] == 0.01);
    assert_true(tally->per_operation[TALLY_GRACE_PERIODS] == 0.005);
    record_file_free(&reading.file);
    read_counted("icount", "mttcg");
    assert_true(isnan(reading.file.tallies[0].per_operation[TALLY_INSTRUCTIONS]));
    assert_true(reading.file.tallies[0].per_operation[TALLY_CAS_RETRIES] == 0.02);
    record_file_free(&reading.file);
}

/* Options of the workload, also of one that this build does not have, tell rows apart. */
static void numbers_of_the_workload_are_in_its_name(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *name;
    } cases[] = {{"", "", "bulk"},
                 {"\"bulk\"", "\"burst\",\"order\":0,\"cores\":2,\"seed\":1,\"burst\":7", "burst of 7"},
                 {"\"bulk\"", "\"pipe\",\"depth\":8,\"text\":\"8\",\"share\":0.5", "pipe, depth 8"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        read_counted(cases[i].from, cases[i].to);
        assert_int_equal(reading.file.tally_count, 1);
        assert_string_equal(reading.file.tallies[0].workload, cases[i].name);
        record_file_free(&reading.file);
    }
}

/* A record of two simulated harts, with one piece of it replaced. */
static void read_simulated(const char *from, const char *to)
{
    static const char line[] =
        "{\"type\":\"bench\",\"variant\":\"v\",\"knobs\":\"\",\"platform\":\"sim\",\"machine\":\"flat\","
        "\"workload\":\"bulk\",\"frames\":1,\"harts\":2,\"cores\":512,\"repeat\":0,\"phases\":["
        "{\"name\":\"alloc\",\"operations\":100,\"hart_ns\":[3000,5000]}],\"events\":{\"operations\":200,"
        "\"transfers\":50,\"invalidations\":20,\"cas_failures\":0,\"fences\":400,\"wait_ns\":1000}}\n";
    char text[2048];
    const char *at = strstr(line, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - line), line, to, at + strlen(from));
    read_text(text);
}

static void counts_beside_times(void **state)
{
    (void)state;
    read_simulated("", "");
    assert_int_equal(reading.status, RECORDS_OK);
    assert_int_equal(reading.file.row_count, 1);
    assert_true(reading.file.rows[0].ns_per_operation == 40);
    assert_int_equal(reading.file.tally_count, 1);
    const struct tally_row *tally = &reading.file.tallies[0];
    assert_string_equal(tally->machine, "sim, flat");
    assert_true(tally->per_operation[TALLY_TRANSFERS] == 0.25);
    assert_true(tally->per_operation[TALLY_INVALIDATIONS] == 0.1);
    assert_true(tally->per_operation[TALLY_CAS_FAILURES] == 0);
    assert_true(tally->per_operation[TALLY_FENCES] == 2);
    assert_true(tally->per_operation[TALLY_WAIT_NS] == 5);
    assert_true(isnan(tally->per_operation[TALLY_INSTRUCTIONS]));
    assert_true(isnan(tally->per_operation[TALLY_CAS_RETRIES]));
    record_file_free(&reading.file);
    static const char *const wrongs[][3] = {
        {"\"machine\"", "\"x\"", "\"machine\" is missing"},
        {"\"transfers\":50", "\"transfers\":-1", "\"transfers\" is -1"},
        {"\"operations\":200", "\"operations\":0", "\"operations\" is 0"},
        {"\"wait_ns\"", "\"x\"", "\"wait_ns\" is missing"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        read_simulated(wrongs[i][0], wrongs[i][1]);
        assert_int_equal(reading.file.tally_count, 0);
        assert_non_null(strstr(reading.log, wrongs[i][2]));
        record_file_free(&reading.file);
    }
}

/* Two processes, one of whose records comes twice; and a machine's name that means two things. */
static void copies_are_left_out_and_told(void **state)
{
    (void)state;
    static const char *const provenance =
        "{\"type\":\"provenance\",\"id\":\"%s\",\"schema\":2,\"machine_model\":{\"name\":\"flat\",\"remote\":%u}}\n";
    static const char *const line =
        "{\"type\":\"bench\",\"provenance\":\"%s\",\"variant\":\"v\",\"knobs\":\"\",\"platform\":\"host\",\"machine\":"
        "\"flat\","
        "\"workload\":\"bulk\",\"frames\":1,\"harts\":1,\"cores\":2,\"repeat\":%u,\"phases\":["
        "{\"name\":\"alloc\",\"operations\":100,\"hart_ns\":[3000]}]}\n";
    static const struct {
        const char *process;
        unsigned repeat;
    } records[] = {{"a", 0}, {"a", 1}, {"b", 0}, {"a", 1}, {"b", 0}, {"b", 0}};
    char text[8192];
    int length = snprintf(text, sizeof text, provenance, "a", 1u);
    length += snprintf(text + length, sizeof text - (size_t)length, provenance, "b", 2u);
    for (size_t i = 0; i < sizeof records / sizeof *records; i++) {
        length += snprintf(text + length, sizeof text - (size_t)length, line, records[i].process, records[i].repeat);
    }
    read_text(text);
    assert_int_equal(reading.file.row_count, 3);
    assert_int_equal(reading.file.copies, 3);
    assert_true(holds(reading.log, "3 records that the file has before left out"));
    assert_string_equal(reading.file.rows[0].machine, "flat");
    assert_true(holds(reading.file.rows[2].machine, "flat (other parameters: "));
    assert_string_not_equal(reading.file.rows[0].model, reading.file.rows[2].model);
    record_file_free(&reading.file);
}

static void counts_that_are_wrong_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *why;
    } wrongs[] = {
        {"[3000,5000]", "[3000]", "\"hart_instructions\" has 1 numbers for 2 harts"},
        {"[2000,2000]", "7", "\"hart_instructions\" has 0 numbers for 2 harts"},
        {"[3000,5000]", "[3000,-1]", "\"hart_instructions\"[1] is not a count"},
        {"[3000,5000]", "[null,1]", "\"hart_instructions\"[0] is not a count"},
        {"\"mode\"", "\"x\"", "\"mode\" is missing"},
        {"\"icount\"", "1", "\"mode\" is not a string"},
        {"\"operations\":100", "\"operations\":0", "\"operations\" is 0"},
        {"\"cas_retries\":8", "\"cas_retries\":-8", "\"cas_retries\" is -8"},
        {"\"counts\"", "\"x\"", "\"cas_retries\" is missing"},
        {"\"harts\":2", "\"harts\":0", "\"harts\" is 0"},
    };
    for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
        read_counted(wrongs[i].from, wrongs[i].to);
        assert_int_equal(reading.status, RECORDS_UNREADABLE);
        assert_int_equal(reading.file.damaged, 1);
        assert_true(holds(reading.log, wrongs[i].why));
        record_file_free(&reading.file);
    }
}

static void a_phase_may_have_latency_only(void **state)
{
    (void)state;
    read_text("{\"type\":\"bench\",\"variant\":\"v\",\"knobs\":\"\",\"platform\":\"host\",\"workload\":\"w\","
              "\"frames\":1,\"harts\":1,\"cores\":1,\"repeat\":0,\"phases\":[{\"name\":\"p\",\"operations\":1,"
              "\"hart_ns\":[],\"latency_ns\":{\"samples\":1,\"p50\":1,\"p99\":2,\"p99.9\":3,\"max\":4}}]}\n");
    assert_int_equal(reading.status, RECORDS_OK);
    assert_false(reading.file.rows[0].timed);
    assert_int_equal(reading.file.rows[0].latency.max_ns, 4);
    record_file_free(&reading.file);
}

static void a_last_line_cut_short_is_forgiven(void **state)
{
    (void)state;
    char *good = bench_line("baseline", "alloc", 1, 0, 10);
    size_t length = strlen(good);
    char text[4096];
    for (size_t cut = 1; cut < length; cut++) {
        snprintf(text, sizeof text, "%s%.*s", good, (int)cut, good);
        read_text(text);
        bool whole = cut == length - 1; /* all but the newline: nothing is lost */
        assert_int_equal(reading.status, RECORDS_OK);
        assert_int_equal(reading.file.row_count, whole ? 2 : 1);
        assert_int_equal(reading.file.truncated, !whole);
        assert_true(whole || holds(reading.log, ":2: the last line is cut short"));
        record_file_free(&reading.file);
    }
    free(good);
}

/* A whole compressed file reads as the plain one; one cut short, or with a wrong byte, is told in a line. */
static void compressed_files_are_read(void **state)
{
    (void)state;
    char *line = bench_line("lockfree", "alloc", 1, 0, 10);
    struct file_made made = file_make_text("");
    gzFile out = gzopen(made.path, "w9");
    assert_int_equal(gzputs(out, line), (int)strlen(line));
    assert_int_equal(gzclose(out), Z_OK);
    read_path(made.path);
    assert_int_equal(reading.status, RECORDS_OK);
    assert_int_equal(reading.file.row_count, 1);
    record_file_free(&reading.file);

    char bytes[LINE_BYTES];
    FILE *file = needed(fopen(made.path, "re"));
    size_t length = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    unlink(made.path);
    read_bytes(bytes, length - 20);
    assert_int_equal(reading.status, RECORDS_UNREADABLE);
    assert_true(holds(reading.log, "the compressed file is cut short"));
    record_file_free(&reading.file);
    bytes[length - 6] ^= 1; /* of the checksum */
    read_bytes(bytes, length);
    assert_int_equal(reading.status, RECORDS_UNREADABLE);
    assert_true(holds(reading.log, "the compressed file is damaged"));
    record_file_free(&reading.file);
    free(line);
}

static void files_with_nothing_to_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "\n\n  \n", "{\"type\":\"stress\"}\n", "garbage\n",
                                        "{\"type\":\"provenance\"}\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        read_text(texts[i]);
        assert_int_equal(reading.status, RECORDS_UNREADABLE);
        assert_true(holds(reading.log, "holds no bench records"));
        record_file_free(&reading.file);
    }
    read_path("/nonexistent/records.jsonl");
    assert_int_equal(reading.status, RECORDS_UNREADABLE);
    assert_true(holds(reading.log, "No such file"));
    record_file_free(&reading.file);
    read_path("/");
    assert_int_equal(reading.status, RECORDS_UNREADABLE);
    assert_true(holds(reading.log, "Is a directory"));
    record_file_free(&reading.file);
}

static void complaints_are_bounded_and_so_are_lines(void **state)
{
    (void)state;
    size_t bytes = (4u << 20) + 1000;
    char *text = malloc(bytes);
    assert_non_null(text);
    memset(text, 'x', bytes);
    for (size_t i = 0; i < 500; i++) {
        text[2 * i + 1] = '\n'; /* 500 lines of one letter, then one of four million */
    }
    text[bytes - 1] = '\n';
    read_bytes(text, bytes);
    assert_int_equal(reading.file.damaged, 501);
    assert_true(count_lines(reading.log) <= 11);
    record_file_free(&reading.file);
    memset(text, 'x', bytes);
    text[bytes - 1] = '\n';
    read_bytes(text, bytes);
    assert_int_equal(reading.file.damaged, 1);
    assert_true(holds(reading.log, "longer than"));
    record_file_free(&reading.file);
    free(text);
}

/* Whatever byte of a good file is changed: no crash, and no line counted that is not there. */
static void any_byte_may_be_wrong(void **state)
{
    (void)state;
    char *text = write_sample(1, "{}");
    size_t length = strlen(text);
    struct random random = random_stream(5, 0);
    for (int round = 0; round < 3000; round++) {
        char *copy = needed(strdup(text));
        for (uint64_t changes = 1 + random_below(&random, 3); changes > 0; changes--) {
            copy[random_below(&random, length)] = (char)random_below(&random, 256);
        }
        FILE *log = needed(tmpfile());
        struct file_made made = file_make(copy, length);
        (void)record_file_read(&reading.file, made.path, log);
        assert_true(reading.file.row_count <= 1);
        struct series_list list;
        assert_true(series_build(&list, &reading.file));
        struct origin origin = origin_describe(&reading.file);
        assert_true(strlen(origin.machine) > 0 && strlen(origin.version) > 0);
        series_free(&list);
        record_file_free(&reading.file);
        fclose(log);
        unlink(made.path);
        free(copy);
    }
    free(text);
}

/* ---- Series --------------------------------------------------------------------------------------------------- */

static void repeats_become_series(void **state)
{
    (void)state;
    char text[65536] = "";
    static const char *const variants[] = {"cas", "null", "baseline,lock=mcs,magazine=0", "lockfree,magazine=0",
                                           "lockfree"};
    for (unsigned repeat = 0; repeat < 3; repeat++) {
        for (unsigned i = 0; i < 5; i++) {
            char *line = bench_line(variants[i], "alloc", 2, repeat, 10 * (i + 1) + repeat);
            strncat(text, line, sizeof text - strlen(text) - 1);
            free(line);
        }
    }
    read_text(text);
    struct series_list list;
    struct layout layout;
    assert_true(series_build(&list, &reading.file));
    assert_true(layout_build(&layout, &list));
    assert_int_equal(list.count, 5);
    assert_true(list.cas_ns > 10.99 && list.cas_ns < 11.01);
    assert_string_equal(list.items[2].column, "baseline,lock=mcs");
    assert_string_equal(list.items[2].setting, "magazine=0");
    assert_true(list.items[0].control && list.items[1].control && !list.items[2].control);
    assert_int_equal(list.items[2].count, 3);
    assert_true(list.items[2].q1 > 30.49 && list.items[2].q1 < 30.51);
    assert_int_equal(list.items[2].latency.p50_ns, 31);
    assert_int_equal(list.items[2].latency.max_ns, 402);
    assert_int_equal(list.items[2].latency.samples, 30);
    /* Two sections, magazine=0 first, one row each; in the first two columns stand beside one another. */
    assert_int_equal(layout.row_count, 2);
    assert_int_equal(layout_section_end(&layout, 0), 1);
    double ratio = series_ratio(layout_find(&layout, &layout.rows[0], "baseline,lock=mcs"),
                                layout_find(&layout, &layout.rows[0], "lockfree"));
    assert_true(ratio > 31.0 / 41 - 0.001 && ratio < 31.0 / 41 + 0.001);
    assert_null(layout_find(&layout, &layout.rows[1], "baseline,lock=mcs"));
    assert_non_null(layout_null(&layout, &layout.rows[1]));
    layout_free(&layout);
    series_free(&list);
    record_file_free(&reading.file);
}

/* Repeats of which the cores' control took so many nanoseconds; their time is 10, 20, 30, ... */
static struct series_list series_with_cores(const unsigned *core_ns, unsigned count)
{
    char text[16384] = "";
    for (unsigned i = 0; i < count; i++) {
        char *line = bench_line("lockfree", "alloc", 1, i, 10 * (i + 1));
        int used = snprintf(NULL, 0, "%s", text);
        snprintf(text + used, sizeof text - (size_t)used, "{\"core\":{\"turns\":100,\"hart_ns\":[%u]},%s", core_ns[i],
                 line + 1); /* for the line's brace */
        free(line);
    }
    read_text(text);
    assert_int_equal(reading.status, RECORDS_OK);
    struct series_list list;
    assert_true(series_build(&list, &reading.file));
    assert_int_equal(list.count, 1);
    return list;
}

static void disturbed_repeats_are_left_out_if_enough_are_not(void **state)
{
    (void)state;
    struct series_list list = series_with_cores((const unsigned[]){54, 108, 59, 60, 54}, 5);
    assert_true(list.core_ns > 0.539 && list.core_ns < 0.541);
    assert_int_equal(list.items[0].count, 3);
    assert_int_equal(list.items[0].disturbed, 2);
    assert_int_equal(list.items[0].left_out, 2);
    assert_true(list.items[0].median > 29.9 && list.items[0].median < 30.1);
    assert_true(list.items[0].samples[0] < 10.1 && list.items[0].samples[2] > 49.9);
    series_free(&list);
    record_file_free(&reading.file);
    list = series_with_cores((const unsigned[]){54, 108, 108, 60, 54}, 5);
    assert_int_equal(list.items[0].count, 5);
    assert_int_equal(list.items[0].disturbed, 3);
    assert_int_equal(list.items[0].left_out, 0);
    series_free(&list);
    record_file_free(&reading.file);
}

static void one_name_with_two_sets_of_knobs_stays_two(void **state)
{
    (void)state;
    char *line = bench_line("lockfree", "alloc", 1, 0, 10);
    char *other = needed(strdup(line));
    memcpy(strstr(other, "magazine=64"), "magazine=32", 11);
    char text[8192];
    snprintf(text, sizeof text, "%s%s", line, other);
    free(line);
    free(other);
    read_text(text);
    struct series_list list;
    assert_true(series_build(&list, &reading.file));
    assert_int_equal(list.count, 2);
    assert_string_equal(list.items[0].column, "lockfree");
    assert_string_equal(list.items[1].column, "lockfree (magazine=32)");
    series_free(&list);
    record_file_free(&reading.file);
}

/* The same line of two machines and of two runs of a figure. */
static void another_machine_or_run_is_another_series(void **state)
{
    (void)state;
    static const char *const more[] = {"", "\"machine\":\"flat\",", "\"machine\":\"flat\",\"run\":\"far\",",
                                       "\"machine\":\"flat\","};
    static const char *const settings[] = {"", "flat", "run far,flat"};
    char *line = bench_line("lockfree", "alloc", 1, 0, 10);
    char text[8192] = "";
    for (size_t i = 0; i < 4; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length, "{%s%s", more[i], line + 1);
    }
    free(line);
    read_text(text);
    struct series_list list;
    assert_true(series_build(&list, &reading.file));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(list.items[i].setting, settings[i]);
        assert_int_equal(list.items[i].count, i == 1 ? 2 : 1);
    }
    series_free(&list);
    record_file_free(&reading.file);
}

static void throughput_does_not_count_harts_without_a_core(void **state)
{
    (void)state;
    assert_true(series_throughput(2, 4, 10) > 199.9 && series_throughput(2, 4, 10) < 200.1);
    assert_true(series_throughput(8, 4, 10) > 399.9 && series_throughput(8, 4, 10) < 400.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(lines_have_the_documented_keys),
        cmocka_unit_test(provenance_is_reproducible_and_identified_by_content),
        cmocka_unit_test(an_older_schema_is_read_by_its_names_of_today),
        cmocka_unit_test(keys_of_an_older_schema_are_renamed),
        cmocka_unit_test(a_later_schema_is_refused),
        cmocka_unit_test(what_is_written_says_its_schema),
        cmocka_unit_test(a_full_disk_is_an_error),
        cmocka_unit_test(garbage_costs_its_line),
        cmocka_unit_test(missing_keys_and_wrong_types_are_named),
        cmocka_unit_test(counts_in_place_of_times),
        cmocka_unit_test(counts_of_caches_beside_them),
        cmocka_unit_test(numbers_of_the_workload_are_in_its_name),
        cmocka_unit_test(counts_beside_times),
        cmocka_unit_test(copies_are_left_out_and_told),
        cmocka_unit_test(counts_that_are_wrong_are_named),
        cmocka_unit_test(a_phase_may_have_latency_only),
        cmocka_unit_test(a_last_line_cut_short_is_forgiven),
        cmocka_unit_test(compressed_files_are_read),
        cmocka_unit_test(files_with_nothing_to_read),
        cmocka_unit_test(complaints_are_bounded_and_so_are_lines),
        cmocka_unit_test(any_byte_may_be_wrong),
        cmocka_unit_test(repeats_become_series),
        cmocka_unit_test(disturbed_repeats_are_left_out_if_enough_are_not),
        cmocka_unit_test(one_name_with_two_sets_of_knobs_stays_two),
        cmocka_unit_test(another_machine_or_run_is_another_series),
        cmocka_unit_test(throughput_does_not_count_harts_without_a_core),
    };
    return cmocka_run_group_tests_name("records", tests, NULL, NULL);
}
