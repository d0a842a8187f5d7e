/* SPDX-License-Identifier: MIT
 * `framelab stress --platform sim`: one campaign a variant, and what they found. See sim_stress.h. */
#include "sim_stress.h"

#include <stdio.h>
#include <string.h>

#include "exit_status.h"
#include "flat.h"
#include "frame_allocator.h"
#include "interrupt.h"
#include "property.h"
#include "simulator.h"
#include "stress_series.h"

#define NAME "framelab stress"
#define KNOBS_BYTES 512u
#define HARTS_MOST 8u
#define RACE "race"

/* What is under way. */
struct search {
    const struct stress_plan *plan;
    const struct stress_turn *turn;
    struct sim_stress_plan simulated;
};

static bool look(void *context, uint64_t next)
{
    const struct search *search = context;
    const uint64_t end = search->simulated.executions;
    stress_series_note(search->turn, next, end > 0 ? (double)next / (double)end : 0);
    return interrupted;
}

/* What the properties are called where it is no property. */
static const char *meaning(const char *property)
{
    if (strcmp(property, RACE) == 0) {
        return "plain accesses, or the contents of a frame, in no order";
    }
    if (strcmp(property, STRESS_PANIC) == 0) {
        return STRESS_PANIC_TEXT;
    }
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        if (strcmp(property, property_name((enum property)i)) == 0) {
            return property_text((enum property)i);
        }
    }
    return "";
}

/* What is told of a campaign, and its parts that must stay meanwhile. */
struct story {
    struct stress_outcome outcome;
    struct stress_violation violation;
    char knobs[KNOBS_BYTES], replay[2 * SIM_STRESS_TEXT_MAX + 64], line[2048];
};

static void print_calls(const uint64_t *calls, FILE *out)
{
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        if (calls[i] > 0) {
            (void)fprintf(out, " %s %llu", sim_step_name(i), (unsigned long long)calls[i]);
        }
    }
}

static const char *complete_text(const struct sim_stress_report *report)
{
    static char text[64];
    (void)snprintf(text, sizeof text, "incomplete: some %.2g %% done, an estimate", 100 * report->done);
    return !report->holds ? "counter-example" : report->complete ? "complete" : text;
}

static void write_line(const char *variant, const struct sim_stress_report *report, const struct stress_range *range,
                       char *line, size_t bytes)
{
    double seconds = report->seconds > 0 ? report->seconds : 1e-9;
    FILE *out = fmemopen(line, bytes, "w");
    if (out == NULL) {
        line[0] = '\0';
        return;
    }
    (void)fprintf(out, "%-28s %9llu executions %7.0f/s %7.1f M accesses/s  %s\n", variant,
                  (unsigned long long)report->executions, (double)report->executions / seconds,
                  (double)report->steps / seconds / 1e6, report->holds ? "holds" : report->property);
    if (report->exhaustive) {
        (void)fprintf(
            out,
            "  %s: %llu outcomes (%016llx), %llu classes of executions; %llu more executions given up as equivalent\n"
            "  %u granules in conflict, %u points of choice in an execution, %llu searches begun anew\n"
            "  accesses in conflict: %s\n",
            complete_text(report), (unsigned long long)report->outcomes, (unsigned long long)report->outcomes_hash,
            (unsigned long long)report->classes, (unsigned long long)report->redundant, report->conflicts,
            report->points, (unsigned long long)report->restarts, report->functions);
        (void)fclose(out);
        return;
    }
    (void)fprintf(out, "  played: executions %llu to %llu of seed %llu", (unsigned long long)range->first,
                  (unsigned long long)range->last, (unsigned long long)range->seed);
    if (range->shards > 1) {
        (void)fprintf(out, ", of which shard %u of %u has its part", range->shard, range->shards);
    }
    (void)fprintf(
        out,
        "\n  faults: %llu harts stopped at %llu places, %llu held up in a section, %llu allocations failed, "
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
    (void)fputc('\n', out);
    (void)fclose(out);
}

/* All properties but those that need a fault which did not come about; and what only the simulator sees. */
static void write_tests(const struct sim_stress_report *report, struct stress_outcome *outcome)
{
    const char *violated = report->holds ? NULL : report->property;
    uint32_t tested = ((UINT32_C(1) << PROPERTY_COUNT) - 1) & ~(UINT32_C(1) << PROPERTY_LOCK_FREE) &
                      ~(UINT32_C(1) << PROPERTY_RECLAMATION);
    tested |= (uint32_t)(report->frozen > 0) << PROPERTY_LOCK_FREE;
    tested |= (uint32_t)(report->removed > 0) << PROPERTY_RECLAMATION;
    stress_outcome_tests(outcome, tested, violated);
    bool is_race = violated != NULL && strcmp(violated, RACE) == 0;
    bool is_panic = violated != NULL && strcmp(violated, STRESS_PANIC) == 0;
    outcome->tests[outcome->test_count++] =
        (struct stress_test){RACE, meaning(RACE), is_race ? STRESS_VIOLATED : STRESS_HOLDS};
    if (!is_panic) {
        outcome->tests[outcome->test_count++] = (struct stress_test){STRESS_PANIC, STRESS_PANIC_TEXT, STRESS_HOLDS};
    }
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

static void describe(const struct search *search, const struct sim_stress_report *report, struct story *story)
{
    const struct stress_plan *plan = search->plan;
    const char *variant = search->simulated.variant;
    char why[128];
    struct frame_allocator_config config;
    if (frame_allocator_config_parse(&config, sim_variants, variant, 1, why, sizeof why)) {
        (void)frame_allocator_config_format(&config, story->knobs, sizeof story->knobs);
    }
    uint64_t operations = 0;
    for (uint32_t i = 0; i < SIM_STEP_KINDS; i++) {
        operations += report->calls[i];
    }
    struct stress_range range = stress_turn_range(search->turn);
    range.unit = "executions";
    range.first = report->first;
    range.last = report->last;
    range.seed = search->simulated.seed;
    (void)snprintf(story->replay, sizeof story->replay, "framelab stress --platform sim %s", report->options);
    story->violation = (struct stress_violation){.property = report->property,
                                                 .meaning = meaning(report->property),
                                                 .what = report->what,
                                                 .frame = RECORD_UNKNOWN,
                                                 .hart = report->hart,
                                                 .where = report->where[0] != '\0' ? report->where : NULL,
                                                 .program = report->program,
                                                 .history = report->history,
                                                 .seed = report->seed,
                                                 .is_schedule = true,
                                                 .replay = story->replay};
    story->outcome.record = (struct stress_record){
        .variant = variant,
        .knobs = story->knobs,
        .platform = "sim",
        .setting = plan->simulated_memory,
        .harts = plan->harts,
        .seed = search->simulated.seed,
        .operations = operations,
        .rounds = report->executions,
        .accesses = report->steps,
        .added = report->added,
        .removed = report->removed,
        .seconds = report->seconds,
        .violation = report->holds ? NULL : &story->violation,
        .range = range,
        .facts = facts_of(report),
    };
    write_tests(report, &story->outcome);
    write_line(variant, report, &range, story->line, sizeof story->line);
}

static void name_variant(void *context, uint32_t kind, char *name, size_t bytes)
{
    const struct search *search = context;
    (void)snprintf(name, bytes, "%s, %s", search->plan->variants[kind], search->plan->simulated_memory);
}

/* One campaign. */
static int play(void *context, struct stress_report *report, const struct stress_turn *turn)
{
    static struct sim_stress_report found;
    static struct story story;
    struct search *search = context;
    struct sim_stress_plan *each = &search->simulated;
    search->turn = turn;
    each->variant = search->plan->variants[turn->kind];
    each->first = turn->inside;
    each->seconds = search->plan->seconds > 0 ? turn->seconds_left / turn->kinds_left : 0;
    if (!each->replay) {
        each->seed = turn->seed;
    }
    if (search->plan->seconds > 0 && each->seconds <= 0) {
        return STRESS_NO_TIME;
    }
    if (!sim_stress_explore(each, &found, search->plan->out)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", each->variant, found.what);
    }
    story = (struct story){.replay = ""};
    describe(search, &found, &story);
    char name[SIM_STRESS_TEXT_MAX];
    name_variant(search, turn->kind, name, sizeof name);
    int status = stress_report_trial(report, name, &story.outcome, story.line);
    json_decref((json_t *)story.outcome.record.facts);
    return status;
}

int sim_stress_run(const struct stress_plan *plan)
{
    struct search search = {.plan = plan, .simulated = *plan->simulated};
    if (plan->harts == 1 || plan->harts > HARTS_MOST) {
        return status_say(NAME, EXIT_STATUS_USAGE, "--harts is 2 to %u on simulated harts", HARTS_MOST);
    }
    search.simulated.harts = plan->harts;
    search.simulated.shard = plan->shard;
    search.simulated.shards = plan->shards;
    search.simulated.look = look;
    search.simulated.context = &search;
    const struct stress_work work = {
        .count = plan->variant_count, .is_shared = true, .context = &search, .name = name_variant, .play = play};
    return stress_series_run(plan, &work);
}
