/* SPDX-License-Identifier: MIT
 * `framelab stress --platform sim`: one campaign a variant, and what they found. See sim_stress.h. */
#include "sim_stress.h"

#include <errno.h>
#include <string.h>

#include "exit_status.h"
#include "frame_allocator.h"
#include "interrupt.h"
#include "progress.h"
#include "property.h"
#include "record.h"
#include "simulator.h"
#include "stress_run.h"

#define NAME "framelab stress"
#define KNOBS_BYTES 512u
#define HARTS_MOST 8u

static bool stopped(void)
{
    return interrupted;
}

/* What the properties are called where it is no property. */
static const char *meaning(const char *property)
{
    if (strcmp(property, "race") == 0) {
        return "plain accesses, or the contents of a frame, in no order";
    }
    if (strcmp(property, "panic") == 0) {
        return "an invariant of the allocator's own";
    }
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        if (strcmp(property, property_name((enum property)i)) == 0) {
            return property_text((enum property)i);
        }
    }
    return "";
}

static void print_violation(const char *variant, const struct sim_stress_report *report, FILE *out)
{
    (void)fprintf(out, "violated: %s %s\n  what:    %s\n", report->property, meaning(report->property), report->what);
    if (report->hart != UINT32_MAX) {
        (void)fprintf(out, "  hart:    %u\n", report->hart);
    }
    if (report->where[0] != '\0') {
        (void)fprintf(out, "  where:   %s\n", report->where);
    }
    (void)fprintf(out,
                  "  variant: %s\n"
                  "  program: %s\n"
                  "  seed:    %llu\n"
                  "  replay:  framelab stress --platform sim %s\n"
                  "  history: call - answer\n%s",
                  variant, report->program, (unsigned long long)report->seed, report->options, report->history);
}

static void print_calls(const uint64_t *calls, FILE *out)
{
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        if (calls[i] > 0) {
            (void)fprintf(out, " %s %llu", sim_step_name(i), (unsigned long long)calls[i]);
        }
    }
}

static bool print_text(const char *variant, const struct sim_stress_report *report, FILE *out)
{
    double seconds = report->seconds > 0 ? report->seconds : 1e-9;
    (void)fprintf(out, "%-28s %9llu executions %7.0f/s %7.1f M accesses/s  %s\n", variant,
                  (unsigned long long)report->executions, (double)report->executions / seconds,
                  (double)report->steps / seconds / 1e6, report->holds ? "holds" : report->property);
    (void)fprintf(
        out,
        "  faults: %llu harts stopped at %llu places, %llu held up in a section, %llu allocations failed, "
        "%llu arenas added, %llu removed, %llu drains\n"
        "  reached: runs in magazines after %llu, a zero reserve after %llu, limbo of %llu places, the clock moved "
        "at once %llu times\n"
        "  judged: %llu histories explained, %llu calls gave up for contention\n  calls: ",
        (unsigned long long)report->frozen, (unsigned long long)report->places, (unsigned long long)report->held,
        (unsigned long long)report->failures, (unsigned long long)report->added, (unsigned long long)report->removed,
        (unsigned long long)report->drains, (unsigned long long)report->runs, (unsigned long long)report->reserves,
        (unsigned long long)report->limbo_most, (unsigned long long)report->jumps,
        (unsigned long long)report->linearized, (unsigned long long)report->contended);
    print_calls(report->calls, out);
    if (report->ended > 0) {
        (void)fprintf(out, "\n  ended: %llu harts, whose numbers were taken over; %llu frames lost in all",
                      (unsigned long long)report->ended, (unsigned long long)report->lost);
    }
    if (report->interrupted > 0) {
        (void)fprintf(out,
                      "\n  interrupted: %llu executions; %llu interrupts in handlers, %llu allocations failed in "
                      "handlers; others in calls of: ",
                      (unsigned long long)report->interrupted, (unsigned long long)report->interrupts_nested,
                      (unsigned long long)report->nested_failures);
        print_calls(report->interrupts, out);
    }
    return fputc('\n', out) != EOF && fflush(out) == 0;
}

/* As a record, or a row of CSV. */
static bool write_record(struct record_writer *writer, const struct stress_plan *plan, const char *variant,
                         const struct sim_stress_report *report)
{
    char why[128], knobs[KNOBS_BYTES] = "";
    struct frame_allocator_config config;
    if (frame_allocator_config_parse(&config, sim_variants, variant, 1, why, sizeof why)) {
        (void)frame_allocator_config_format(&config, knobs, sizeof knobs);
    }
    uint64_t operations = 0;
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        operations += report->calls[i];
    }
    const struct stress_record record = {
        .variant = variant,
        .knobs = knobs,
        .platform = "sim",
        .setting = plan->simulated_memory,
        .harts = plan->harts,
        .seed = report->holds ? plan->seed : report->seed,
        .operations = operations,
        .rounds = report->executions,
        .accesses = report->steps,
        .added = report->added,
        .removed = report->removed,
        .seconds = report->seconds,
        .property = report->holds ? NULL : report->property,
        .simulated = report,
    };
    return writer != NULL ? record_stress(writer, &record)
                          : record_stress_csv(plan->out, &record, variant == plan->variants[0]);
}

static int tell(const struct stress_plan *plan, const char *variant, const struct sim_stress_report *report,
                struct record_writer *writer)
{
    progress_end();
    bool good = plan->format == FORMAT_TEXT ? print_text(variant, report, plan->out)
                                            : write_record(writer, plan, variant, report);
    if (!good) {
        return status_say(NAME, EXIT_STATUS_VIOLATED, "cannot write a record: %s", strerror(errno));
    }
    if (!report->holds) {
        print_violation(variant, report, plan->format == FORMAT_TEXT ? plan->out : stderr);
    }
    return report->holds ? EXIT_STATUS_HOLDS : EXIT_STATUS_VIOLATED;
}

static int run_variant(const struct stress_plan *plan, const struct sim_stress_plan *simulated, const char *variant,
                       struct record_writer *writer)
{
    static struct sim_stress_report report;
    if (!sim_stress_explore(simulated, &report, plan->out)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", variant, report.what);
    }
    return tell(plan, variant, &report, writer);
}

int sim_stress_run(const struct stress_plan *plan)
{
    struct sim_stress_plan each = *plan->simulated;
    struct record_writer *writer = NULL;
    int status = EXIT_STATUS_HOLDS;
    if (plan->harts == 1 || plan->harts > HARTS_MOST) {
        return status_say(NAME, EXIT_STATUS_USAGE, "--harts is 2 to %u on simulated harts", HARTS_MOST);
    }
    if (plan->format == FORMAT_JSON) {
        writer = record_open(plan->out, plan->argc, plan->argv, NULL, NULL);
    } else if (plan->format == FORMAT_TEXT && !each.replay) {
        (void)fprintf(plan->out, "seed %llu\n", (unsigned long long)plan->seed);
    }
    each.harts = plan->harts;
    each.seed = each.replay ? each.seed : plan->seed;
    each.seconds = each.executions != 0 || each.replay ? 0 : plan->seconds / plan->variant_count;
    each.stopped = stopped;
    for (uint32_t i = 0; i < plan->variant_count && status == EXIT_STATUS_HOLDS && !interrupted; i++) {
        each.variant = plan->variants[i];
        progress_show(i, plan->variant_count, "%s", each.variant);
        status = run_variant(plan, &each, each.variant, writer);
    }
    if (writer != NULL) {
        record_close(writer);
    }
    return status == EXIT_STATUS_HOLDS && interrupted ? EXIT_STATUS_INTERRUPTED : status;
}
