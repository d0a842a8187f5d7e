/* SPDX-License-Identifier: MIT
 * Formats of a stress run. See stress_report.h. */
#include "stress_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "progress.h"
#include "provenance.h"

struct stress_report {
    const struct stress_plan *plan;
    FILE *records; /* or NULL */
    struct record_writer *writer;
    const json_t *provenance; /* that of the last record of another's */
    char provenance_id[24];
    uint64_t trials, told;
};

void stress_outcome_tests(struct stress_outcome *outcome, uint32_t tested, const char *violated)
{
    outcome->test_count = 0;
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        const char *name = property_name((enum property)i);
        outcome->tests[outcome->test_count++] =
            (struct stress_test){name, property_text((enum property)i),
                                 violated != NULL && strcmp(violated, name) == 0 ? STRESS_VIOLATED
                                 : (tested >> i & 1) != 0                        ? STRESS_HOLDS
                                                                                 : STRESS_NOT_TESTED};
    }
    if (violated != NULL && strcmp(violated, STRESS_PANIC) == 0) {
        outcome->tests[outcome->test_count++] = (struct stress_test){STRESS_PANIC, STRESS_PANIC_TEXT, STRESS_VIOLATED};
    }
}

/* ---- records ---- */

static bool open_records(struct stress_report *report)
{
    const struct stress_plan *plan = report->plan;
    report->records = plan->out_path != NULL        ? fopen(plan->out_path, "we")
                      : plan->format == STRESS_JSON ? plan->out
                                                    : NULL;
    if (plan->out_path != NULL && report->records == NULL) {
        (void)status_say(plan->argv[0], EXIT_STATUS_USAGE, "%s: %s", plan->out_path, strerror(errno));
        return false;
    }
    return true;
}

/* The provenance comes with the first record: a file of nothing says that nothing was recorded. */
static bool write_record(struct stress_report *report, const struct stress_outcome *outcome)
{
    const struct stress_plan *plan = report->plan;
    if (report->records == NULL) {
        return true;
    }
    if (outcome->line != NULL) {
        const char *id = json_string_value(json_object_get(outcome->provenance, "id"));
        bool is_new = id != NULL && strcmp(id, report->provenance_id) != 0;
        (void)snprintf(report->provenance_id, sizeof report->provenance_id, "%s", id != NULL ? id : "");
        return (!is_new || record_line(report->records, outcome->provenance)) &&
               record_line(report->records, outcome->line);
    }
    if (report->writer == NULL) {
        report->writer = record_open(report->records, plan->argc, plan->argv, NULL, NULL);
    }
    return report->writer != NULL && record_stress(report->writer, &outcome->record);
}

/* ---- for people ---- */

static void print_violation(const struct stress_record *record, FILE *out)
{
    const struct stress_violation *violation = record->violation;
    const char *own = provenance_own();
    (void)fprintf(out, "violated: %s %s\n  what:    %s\n", violation->property, violation->meaning, violation->what);
    if (violation->frame != RECORD_UNKNOWN) {
        (void)fprintf(out, "  frame:   0x%" PRIx64 "\n", violation->frame);
    }
    if (violation->hart != UINT32_MAX) {
        (void)fprintf(out, "  hart:    %" PRIu32 "\n", violation->hart);
    }
    if (violation->where != NULL) {
        (void)fprintf(out, "  where:   %s\n", violation->where);
    }
    (void)fprintf(out, "  variant: %s, %s %s\n", record->variant, record->platform, record->setting);
    if (own[0] != '\0') {
        (void)fprintf(out, "  own:     %s\n", own);
    }
    if (violation->program != NULL) {
        (void)fprintf(out, "  program: %s\n", violation->program);
    }
    (void)fprintf(out, "  seed:    %" PRIu64 "%s\n  replay:  %s\n", violation->seed,
                  violation->is_schedule ? ""
                                         : "; harts are as fast as the machine has them, so it may take several runs, "
                                           "or --until-failure",
                  violation->replay);
    if (violation->history != NULL) {
        (void)fprintf(out, "  history:\n%s", violation->history);
    }
}

/* ---- KTAP ---- */

static void ktap_begin(const struct stress_report *report)
{
    (void)fprintf(report->plan->out, "KTAP version 1\n");
    if (report->trials > 0) {
        (void)fprintf(report->plan->out, "1..%" PRIu64 "\n", report->trials);
    }
}

/* A comment a line, of the text's lines. */
static void ktap_comment(FILE *out, const char *title, const char *text)
{
    while (text != NULL && *text != '\0') {
        size_t length = strcspn(text, "\n");
        (void)fprintf(out, "    # %s%.*s\n", title, (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static void ktap_trial(const struct stress_report *report, const char *name, const struct stress_outcome *outcome)
{
    FILE *out = report->plan->out;
    const struct stress_violation *violation = outcome->record.violation;
    (void)fprintf(out, "    KTAP version 1\n    # Subtest: %s\n    1..%u\n    # seed %" PRIu64 ", %u harts\n", name,
                  outcome->test_count, outcome->record.seed, outcome->record.harts);
    for (uint32_t i = 0; i < outcome->test_count; i++) {
        const struct stress_test *test = &outcome->tests[i];
        (void)fprintf(out, "    %s %u %s %s%s\n", test->verdict == STRESS_VIOLATED ? "not ok" : "ok", i + 1, test->name,
                      test->text, test->verdict == STRESS_NOT_TESTED ? " # SKIP had no chance to be violated" : "");
    }
    if (violation != NULL) {
        ktap_comment(out, "what: ", violation->what);
        ktap_comment(out, "replay: ", violation->replay);
        ktap_comment(out, "", violation->history);
    }
    (void)fprintf(out, "%s %" PRIu64 " %s\n", violation != NULL ? "not ok" : "ok", report->told, name);
}

/* ---- JUnit XML ---- */

static void xml_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        const char *entity = c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : NULL;
        if (entity != NULL) {
            (void)fputs(entity, out);
        } else {
            (void)fputc(c >= ' ' || c == '\n' ? c : '?', out);
        }
    }
}

/* An attribute, with the blank before it. */
static void xml_attribute(FILE *out, const char *name, const char *text)
{
    (void)fprintf(out, " %s=\"", name);
    xml_text(out, text);
    (void)fputc('"', out);
}

static void junit_begin(const struct stress_report *report)
{
    (void)fprintf(report->plan->out,
                  "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"framelab stress\">\n");
}

static void junit_suite(FILE *out, const char *name, const unsigned counts[4], double seconds)
{
    (void)fprintf(out, "  <testsuite");
    xml_attribute(out, "name", name);
    (void)fprintf(out, " tests=\"%u\" failures=\"%u\" errors=\"%u\" skipped=\"%u\" time=\"%.3f\">\n", counts[0],
                  counts[1], counts[2], counts[3], seconds);
}

static void junit_case(FILE *out, const char *trial, const struct stress_test *test,
                       const struct stress_violation *violation)
{
    (void)fprintf(out, "    <testcase");
    xml_attribute(out, "classname", trial);
    (void)fprintf(out, " name=\"%s ", test->name);
    xml_text(out, test->text);
    (void)fputc('"', out);
    if (test->verdict == STRESS_NOT_TESTED) {
        (void)fprintf(out, "><skipped message=\"had no chance to be violated\"/></testcase>\n");
    } else if (test->verdict == STRESS_VIOLATED) {
        (void)fprintf(out, "><failure type=\"%s\"", test->name);
        xml_attribute(out, "message", violation->what);
        (void)fputs(">replay: ", out);
        xml_text(out, violation->replay);
        (void)fputc('\n', out);
        xml_text(out, violation->history != NULL ? violation->history : "");
        (void)fprintf(out, "</failure></testcase>\n");
    } else {
        (void)fprintf(out, "/>\n");
    }
}

static void junit_trial(const struct stress_report *report, const char *name, const struct stress_outcome *outcome)
{
    FILE *out = report->plan->out;
    unsigned counts[4] = {outcome->test_count, outcome->record.violation != NULL, 0, 0};
    char seed[24];
    for (uint32_t i = 0; i < outcome->test_count; i++) {
        counts[3] += outcome->tests[i].verdict == STRESS_NOT_TESTED;
    }
    junit_suite(out, name, counts, outcome->record.seconds);
    (void)snprintf(seed, sizeof seed, "%" PRIu64, outcome->record.seed);
    (void)fprintf(out, "    <properties><property name=\"seed\" value=\"%s\"/></properties>\n", seed);
    for (uint32_t i = 0; i < outcome->test_count; i++) {
        junit_case(out, name, &outcome->tests[i], outcome->record.violation);
    }
    (void)fprintf(out, "  </testsuite>\n");
}

/* A trial without properties: `element` is "skipped" or "error". */
static void junit_other(const struct stress_report *report, const char *name, const char *element, const char *why)
{
    FILE *out = report->plan->out;
    const bool is_error = strcmp(element, "error") == 0;
    const unsigned counts[4] = {1, 0, is_error, !is_error};
    junit_suite(out, name, counts, 0);
    (void)fprintf(out, "    <testcase name=\"the trial\"");
    xml_attribute(out, "classname", name);
    (void)fprintf(out, "><%s", element);
    xml_attribute(out, "message", why);
    (void)fprintf(out, "/></testcase>\n  </testsuite>\n");
}

/* ---- the report ---- */

struct stress_report *stress_report_open(const struct stress_plan *plan, uint64_t trials)
{
    struct stress_report *report = calloc(1, sizeof *report);
    if (report == NULL) {
        (void)status_say(plan->argv[0], EXIT_STATUS_USAGE, "out of memory");
        return NULL;
    }
    report->plan = plan;
    report->trials = trials;
    if (!open_records(report)) {
        free(report);
        return NULL;
    }
    if (plan->format == STRESS_KTAP) {
        ktap_begin(report);
    } else if (plan->format == STRESS_JUNIT) {
        junit_begin(report);
    }
    return report;
}

int stress_report_trial(struct stress_report *report, const char *name, const struct stress_outcome *outcome,
                        const char *line)
{
    const struct stress_plan *plan = report->plan;
    const struct stress_record *record = &outcome->record;
    bool good = true;
    progress_wipe();
    report->told++;
    switch (plan->format) {
    case STRESS_TEXT:
        (void)fputs(line, plan->out);
        break;
    case STRESS_CSV:
        good = record_stress_csv(plan->out, record, report->told == 1);
        break;
    case STRESS_KTAP:
        ktap_trial(report, name, outcome);
        break;
    case STRESS_JUNIT:
        junit_trial(report, name, outcome);
        break;
    case STRESS_JSON:
        break;
    }
    if (record->violation != NULL) {
        print_violation(record, plan->format == STRESS_TEXT ? plan->out : stderr);
    }
    if (fflush(plan->out) != 0 || !good) {
        return status_lost(plan->argv[0], plan->out);
    }
    if (!write_record(report, outcome)) {
        return status_lost(plan->argv[0], report->records);
    }
    return record->violation != NULL ? EXIT_STATUS_VIOLATED : EXIT_STATUS_HOLDS;
}

void stress_report_skip(struct stress_report *report, const char *name, const char *why)
{
    report->told++;
    if (report->plan->format == STRESS_KTAP) {
        (void)fprintf(report->plan->out, "ok %" PRIu64 " %s # SKIP %s\n", report->told, name, why);
    } else if (report->plan->format == STRESS_JUNIT) {
        junit_other(report, name, "skipped", why);
    }
}

void stress_report_error(struct stress_report *report, const char *name, const char *why)
{
    report->told++;
    if (report->plan->format == STRESS_KTAP) {
        (void)fprintf(report->plan->out, "not ok %" PRIu64 " %s\n# %s\n", report->told, name, why);
    } else if (report->plan->format == STRESS_JUNIT) {
        junit_other(report, name, "error", why);
    }
}

uint64_t stress_report_told(const struct stress_report *report)
{
    return report->told;
}

static void end_text(const struct stress_report *report)
{
    if (report->plan->format == STRESS_KTAP && report->trials == 0) {
        (void)fprintf(report->plan->out, "1..%" PRIu64 "\n", report->told);
    } else if (report->plan->format == STRESS_JUNIT) {
        (void)fprintf(report->plan->out, "</testsuites>\n");
    }
}

void stress_report_abort(struct stress_report *report, const char *why)
{
    FILE *out = report->plan->out;
    if (ftrylockfile(out) != 0) {
        return;
    }
    if (report->plan->format == STRESS_KTAP) {
        (void)fprintf(out, "Bail out! %s\n", why);
    } else if (report->plan->format == STRESS_JUNIT) {
        junit_other(report, "framelab stress", "error", why);
        end_text(report);
    }
    (void)fflush(out);
    funlockfile(out);
}

int stress_report_close(struct stress_report *report, int status)
{
    const struct stress_plan *plan = report->plan;
    end_text(report);
    if (report->writer != NULL) {
        record_close(report->writer);
    }
    if (plan->out_path != NULL && fclose(report->records) != 0) {
        status = status == EXIT_STATUS_HOLDS
                     ? status_say(plan->argv[0], EXIT_STATUS_VIOLATED, "%s: %s", plan->out_path, strerror(errno))
                     : status;
    }
    free(report);
    return status;
}
