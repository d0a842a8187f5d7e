/* SPDX-License-Identifier: MIT
 * What a stress run found, told the same way on all platforms: lines for people, records, CSV, KTAP, JUnit XML. A trial
 * is told when it has ended, so that a run that is interrupted leaves what it had.
 *
 * KTAP is nested: a test a trial, in it one a property (https://docs.kernel.org/dev-tools/ktap.html); readers of TAP
 * take the inner ones for what TAP 14 calls subtests. In JUnit XML a trial is a test suite and a property a test
 * case. */
#ifndef FRAMELAB_STRESS_STRESS_REPORT_H
#define FRAMELAB_STRESS_STRESS_REPORT_H

#include <jansson.h>

#include "property.h"
#include "record.h"
#include "stress_plan.h"

enum stress_verdict { STRESS_NOT_TESTED, STRESS_HOLDS, STRESS_VIOLATED };

/* What may be found besides the numbered properties: "race" and "panic" of simulated harts. */
#define STRESS_TEST_MAX (PROPERTY_COUNT + 2u)

struct stress_test {
    const char *name, *text;
    enum stress_verdict verdict;
};

struct stress_outcome {
    struct stress_record record;
    struct stress_test tests[STRESS_TEST_MAX];
    uint32_t test_count;
    const json_t *line, *provenance; /* the record as whoever made it wrote it, with the provenance; NULL: as above */
};

/* What a crash of an allocator's is called, beside the numbered properties. */
#define STRESS_PANIC "panic"
#define STRESS_PANIC_TEXT "an invariant of the allocator's own"

/* The numbered properties, each as `tested` (bits) says, and violated if it is that of the name, which may be NULL;
 * and STRESS_PANIC if that is the name. */
void stress_outcome_tests(struct stress_outcome *outcome, uint32_t tested, const char *violated);

struct stress_report;

/* `trials`: how many will be told; 0 if that is not known. NULL after a line on stderr. */
struct stress_report *stress_report_open(const struct stress_plan *plan, uint64_t trials);

/* A trial has ended. `line` is what is said of it to people, or NULL. What is violated is told to them in any format,
 * on stderr if the format is not for them. Returns an exit status: whether all held, or could not be told. */
int stress_report_trial(struct stress_report *report, const char *name, const struct stress_outcome *outcome,
                        const char *line);
/* One that was not played, or came to no verdict, and why. Both are told by KTAP and JUnit XML alone. */
void stress_report_skip(struct stress_report *report, const char *name, const char *why);
void stress_report_error(struct stress_report *report, const char *name, const char *why);

/* Trials told so far, whatever came of them. */
uint64_t stress_report_told(const struct stress_report *report);

/* For a watchdog, while the run may hang: ends what was begun, if nobody is writing, so that it can be read. */
void stress_report_abort(struct stress_report *report, const char *why);
/* `status` is that of the run so far; returns it, or that of what could not be written. */
int stress_report_close(struct stress_report *report, int status);

#endif
