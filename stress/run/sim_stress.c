/* SPDX-License-Identifier: MIT
 * `framelab stress --platform sim`: one campaign a variant, and what they found. See sim_stress.h. */
#include "sim_stress.h"

#include <string.h>

#include "exit_status.h"
#include "flat.h"
#include "frame_allocator.h"
#include "interrupt.h"
#include "progress.h"
#include "property.h"
#include "simulator.h"
#include "stress_output.h"

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
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        if (report->calls[i] > 0) {
            (void)fprintf(out, " %s %llu", sim_step_name(i), (unsigned long long)report->calls[i]);
        }
    }
    return fputc('\n', out) != EOF && fflush(out) == 0;
}

/* What only simulated harts have to tell, for the record. */
static json_t *facts_of(const struct sim_stress_report *report)
{
    json_t *calls = json_object();
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        calls = flat_set(calls, sim_step_name(i), flat_count(report->calls[i]));
    }
    double seconds = report->seconds > 0 ? report->seconds : 1e-9;
    json_t *faults =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "stopped", flat_count(report->frozen), "stopped_places",
                  flat_count(report->places), "held_in_section", flat_count(report->held), "allocation_failures",
                  flat_count(report->failures), "added", flat_count(report->added), "removed",
                  flat_count(report->removed), "drains", flat_count(report->drains));
    return json_pack("{s:{s:o, s:o, s:f, s:o, s:o, s:o, s:o}}", "simulated", "executions",
                     flat_count(report->executions), "accesses", flat_count(report->steps), "executions_per_second",
                     (double)report->executions / seconds, "linearized", flat_count(report->linearized), "contended",
                     flat_count(report->contended), "faults", faults, "calls", calls);
}

/* As a record, or a row of CSV. */
static bool write_record(struct stress_output *output, const char *variant, const struct sim_stress_report *report)
{
    const struct stress_plan *plan = output->plan;
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
        .facts = facts_of(report),
    };
    bool good = stress_output_write(output, &record);
    json_decref((json_t *)record.facts);
    return good;
}

static int run_variant(struct stress_output *output, const struct sim_stress_plan *simulated)
{
    static struct sim_stress_report report;
    const struct stress_plan *plan = output->plan;
    const char *variant = simulated->variant;
    if (!sim_stress_explore(simulated, &report, plan->out)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", variant, report.what);
    }
    progress_end();
    bool good =
        plan->format == FORMAT_TEXT ? print_text(variant, &report, plan->out) : write_record(output, variant, &report);
    if (good && !report.holds) {
        print_violation(variant, &report, stress_output_people(output));
    }
    return stress_output_status(good, report.holds);
}

int sim_stress_run(const struct stress_plan *plan)
{
    struct sim_stress_plan each = *plan->simulated;
    struct stress_output output;
    if (plan->harts == 1 || plan->harts > HARTS_MOST) {
        return status_say(NAME, EXIT_STATUS_USAGE, "--harts is 2 to %u on simulated harts", HARTS_MOST);
    }
    int status = stress_output_open(&output, plan);
    if (plan->format == FORMAT_TEXT && !each.replay) {
        (void)fprintf(plan->out, "seed %llu\n", (unsigned long long)plan->seed);
    }
    each.harts = plan->harts;
    each.seed = each.replay ? each.seed : plan->seed;
    each.seconds = each.executions != 0 || each.replay ? 0 : plan->seconds / plan->variant_count;
    each.stopped = stopped;
    for (uint32_t i = 0; i < plan->variant_count && status == EXIT_STATUS_HOLDS && !interrupted; i++) {
        each.variant = plan->variants[i];
        progress_show(i, plan->variant_count, "%s", each.variant);
        status = run_variant(&output, &each);
    }
    stress_output_close(&output);
    return status == EXIT_STATUS_HOLDS && interrupted ? EXIT_STATUS_INTERRUPTED : status;
}
