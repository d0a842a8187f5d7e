/* SPDX-License-Identifier: MIT
 * The stress run. See stress_run.h. */
#include "stress_run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "default_fdt.h"
#include "exit_status.h"
#include "fault.h"
#include "holes_fdt.h"
#include "interrupt.h"
#include "machine.h"
#include "platform.h"
#include "platform_host.h"
#include "record.h"
#include "stress_series.h"
#include "trial.h"
#include "variants.h"

#define NAME "framelab stress"
#define WHY_BYTES 256u
#define SPEC_BYTES 256u
#define KNOBS_BYTES 512u

/* Between two looks at harts that may hang. */
#define LOOK_SECONDS 2u

/* Withheld from the allocator, to be plugged in and out. */
#define HOTPLUG_BYTES (UINT64_C(4) << 20)

const char *const stress_layout_names[] = {
    [LAYOUT_PLAIN] = "plain", [LAYOUT_NODES] = "nodes", [LAYOUT_NODES_4] = "nodes4", [LAYOUT_HOLES] = "holes", NULL};

static const char *layout_name(enum stress_layout layout)
{
    return layout == LAYOUT_GIVEN ? "dtb" : stress_layout_names[layout];
}

/* What each layout is tried with: knobs of core. Variants without magazines, and specs with knobs of their own, are
 * tried as they are. */
static const struct {
    enum stress_layout layout;
    const char *knobs;
} SETTINGS[] = {
    {LAYOUT_PLAIN, ""},
    {LAYOUT_PLAIN, ",magazine=7,batch=3"},
    {LAYOUT_NODES, ""},
    {LAYOUT_NODES, ",magazine=0"},
    {LAYOUT_NODES_4, ""},
    {LAYOUT_HOLES, ""},
    {LAYOUT_HOLES, ",magazine=1"},
    {LAYOUT_GIVEN, ""},
    {LAYOUT_GIVEN, ",magazine=7,batch=3"},
};
#define SETTING_COUNT (sizeof SETTINGS / sizeof SETTINGS[0])

/* One trial of the run. */
struct attempt {
    char spec[SPEC_BYTES];
    uint32_t variant; /* of the plan's */
    enum stress_layout layout;
    struct frame_allocator_config config;
};

#define HISTORY_BYTES 16384u
#define REPLAY_BYTES 1024u
#define LINE_BYTES 512u

struct stress {
    const struct stress_plan *plan;
    struct attempt attempts[STRESS_VARIANT_MAX * SETTING_COUNT];
    uint32_t attempt_count;
    uint64_t tried[STRESS_VARIANT_MAX]; /* trials of each variant */

    /* The trial that runs. */
    const struct attempt *attempt;
    const struct stress_turn *turn;
    struct stress_report *report;
    uint64_t seed;
    uint64_t begun_ns;
    bool has_faulted;  /* in the middle of whatever it was: the allocator is not asked any more */
    const char *crash; /* what it was, if no property has a number for it */
    struct trial trial;
    pthread_mutex_t looked_at; /* held by a watchdog that looks at the trial's harts; their memory stays so long */

    uint64_t seen[PROPERTY_COUNT]; /* trials in which the property had its chance */
};

/* ---- the plan ---- */

static bool layout_wanted(const struct stress_plan *plan, enum stress_layout layout)
{
    if (plan->fdt != NULL || layout == LAYOUT_GIVEN) {
        return plan->fdt != NULL && layout == LAYOUT_GIVEN;
    }
    return plan->layouts == 0 || (plan->layouts >> layout & 1) != 0;
}

/* A variant in a setting, if it is tried so. */
static void plan_attempt(struct stress *stress, uint32_t variant, size_t setting)
{
    const struct stress_plan *plan = stress->plan;
    const char *spec = plan->variants[variant];
    struct attempt *attempt = &stress->attempts[stress->attempt_count];
    char why[WHY_BYTES];
    bool plain = SETTINGS[setting].knobs[0] == '\0';
    attempt->variant = variant;
    attempt->layout = SETTINGS[setting].layout;
    (void)snprintf(attempt->spec, sizeof attempt->spec, "%s%s", spec, SETTINGS[setting].knobs);
    if (layout_wanted(plan, attempt->layout) && (plain || strchr(spec, ',') == NULL) &&
        frame_allocator_config_parse(&attempt->config, framelab_variants, attempt->spec, plan->harts, why,
                                     sizeof why) &&
        (plain || attempt->config.variant->magazine_default != 0)) {
        stress->attempt_count++;
    }
}

/* All variants in one setting, then in the next: where time is short, each has been tried. */
static void plan_attempts(struct stress *stress)
{
    for (size_t setting = 0; setting < SETTING_COUNT; setting++) {
        for (uint32_t variant = 0; variant < stress->plan->variant_count; variant++) {
            plan_attempt(stress, variant, setting);
        }
    }
}

/* ---- one trial ---- */

/* The tree of a layout, in `tree` if one must be written. */
static bool choose_tree(const struct stress *stress, enum stress_layout layout, void *tree,
                        struct host_machine_options *options)
{
    const struct stress_plan *plan = stress->plan;
    *options = (struct host_machine_options){.memory_bytes = plan->memory_bytes,
                                             .harts = plan->harts,
                                             .nodes = layout == LAYOUT_NODES     ? 2
                                                      : layout == LAYOUT_NODES_4 ? 4
                                                                                 : 1};
    if (layout == LAYOUT_GIVEN) {
        options->fdt = plan->fdt;
        options->fdt_bytes = plan->fdt_bytes;
    } else if (layout == LAYOUT_HOLES) {
        options->fdt = tree;
        options->fdt_bytes = DEFAULT_FDT_BYTES_MAX;
        return plan->memory_bytes >= HOLES_FDT_MEMORY_MIN &&
               holes_fdt_write(tree, DEFAULT_FDT_BYTES_MAX, plan->memory_bytes, plan->harts, stress->seed);
    }
    return true;
}

static bool open_machine(const struct stress *stress, const struct attempt *attempt, struct host_machine *machine,
                         char *why, size_t why_bytes)
{
    struct host_machine_options options;
    void *tree = aligned_alloc(CACHE_LINE, DEFAULT_FDT_BYTES_MAX);
    bool open = false;
    if (tree == NULL || !choose_tree(stress, attempt->layout, tree, &options)) {
        (void)snprintf(why, why_bytes, "%llu MiB are too little for the layout `%s`",
                       (unsigned long long)stress->plan->memory_bytes >> 20, layout_name(attempt->layout));
    } else {
        open = host_machine_open(machine, &options, why, why_bytes);
    }
    free(tree);
    /* With something to plug in if there is room, else without. */
    if (open && !host_machine_boot(machine, &attempt->config, HOTPLUG_BYTES, why, why_bytes) &&
        !host_machine_boot(machine, &attempt->config, 0, why, why_bytes)) {
        host_machine_close(machine);
        open = false;
    }
    return open;
}

/* When this trial must end, so that each gets its share of the time. */
static uint64_t deadline_of(const struct stress *stress)
{
    if (stress->plan->operations != 0) {
        return 0;
    }
    return platform_time_ns() + (uint64_t)(stress->turn->seconds_left / stress->turn->kinds_left * 1e9) + 1;
}

static void note_round(void *context)
{
    const struct stress *stress = context;
    const uint64_t inside = stress->trial.tally.rounds;
    stress_series_note(stress->turn, inside + 1, 0);
}

static struct trial_config trial_config_of(struct stress *stress, const struct attempt *attempt,
                                           const struct host_machine *machine)
{
    const struct frame_allocator_config *config = &attempt->config;
    return (struct trial_config){
        .allocator = machine->fa,
        .map = machine->map,
        .harts = stress->plan->harts,
        .magazine = config->magazine,
        .batch = config->batch != 0 ? config->batch : config->magazine,
        .seed = stress->seed,
        .operations = stress->plan->operations,
        .deadline_ns = deadline_of(stress),
        .hotplug = machine->hotplug,
        .hotplug_node = machine->hotplug_node,
        .forbid = host_ram_forbid,
        .interrupts = stress->plan->interrupts,
        .interrupted = &interrupted,
        .note = note_round,
        .context = stress,
    };
}

/* What this trial gave a chance to be violated. */
static void note_seen(struct stress *stress)
{
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        stress->seen[i] += trial_tested(&stress->trial, (enum property)i);
    }
}

/* ---- what it found ---- */

/* The last operations of each hart, the latest last. */
static void write_history(const struct stress *stress, char *out, size_t bytes)
{
    FILE *text = fmemopen(out, bytes, "w");
    for (uint32_t i = 0; text != NULL && i < stress->trial.config.harts; i++) {
        const struct trial_hart *hart = &stress->trial.hart[i];
        uint64_t end = atomic_load_explicit(&hart->note_count, memory_order_relaxed);
        for (uint64_t at = end > TRIAL_NOTES ? end - TRIAL_NOTES : 0; at < end; at++) {
            const struct trial_note *note = &hart->notes[at % TRIAL_NOTES];
            uint64_t count = atomic_load_explicit(&note->count, memory_order_relaxed);
            (void)fprintf(text, "    hart %u: %s", i, atomic_load_explicit(&note->doing, memory_order_relaxed));
            if (count > 0) {
                (void)fprintf(text, ", %llu frame%s from 0x%llx", (unsigned long long)count, count > 1 ? "s" : "",
                              (unsigned long long)atomic_load_explicit(&note->first, memory_order_relaxed));
            }
            (void)fputc('\n', text);
        }
    }
    if (text != NULL) {
        (void)fclose(text);
    }
    out[bytes - 1] = '\0';
}

/* The command that tries this very trial again. */
static void write_replay(const struct stress *stress, char *out, size_t bytes)
{
    const struct stress_plan *plan = stress->plan;
    const struct attempt *attempt = stress->attempt;
    char where[SPEC_BYTES + 64], length[48];
    if (attempt->layout == LAYOUT_GIVEN) {
        (void)snprintf(where, sizeof where, "--dtb '%.*s'", (int)SPEC_BYTES, plan->fdt_path);
    } else {
        (void)snprintf(where, sizeof where, "--layout %s --memory %llu", layout_name(attempt->layout),
                       (unsigned long long)plan->memory_bytes);
    }
    if (plan->operations != 0) {
        (void)snprintf(length, sizeof length, "--operations %llu", (unsigned long long)plan->operations);
    } else {
        (void)snprintf(length, sizeof length, "--seconds %g", plan->seconds);
    }
    (void)snprintf(out, bytes, "framelab stress%s --variant %s %s --harts %u %s --seed %llu",
                   plan->interrupts ? " --interrupt" : "", attempt->spec, where, plan->harts, length,
                   (unsigned long long)stress->seed);
}

/* What is told of the trial, and its parts that must stay meanwhile. */
struct story {
    struct stress_outcome outcome;
    struct stress_violation violation;
    struct frame_stats stats;
    struct frame_node_stats nodes[NODE_MAX];
    char knobs[KNOBS_BYTES], history[HISTORY_BYTES], replay[REPLAY_BYTES], name[LINE_BYTES], line[4 * LINE_BYTES];
};

static void name_attempt(const struct attempt *attempt, char *name, size_t bytes)
{
    (void)snprintf(name, bytes, "%s, %s", attempt->spec, layout_name(attempt->layout));
}

static void describe_violation(const struct stress *stress, struct story *story)
{
    const struct verdict *verdict = &stress->trial.verdict;
    write_history(stress, story->history, sizeof story->history);
    write_replay(stress, story->replay, sizeof story->replay);
    const bool crashed = stress->crash != NULL;
    story->violation =
        (struct stress_violation){.property = crashed ? STRESS_PANIC : property_name(verdict->property),
                                  .meaning = crashed ? STRESS_PANIC_TEXT : property_text(verdict->property),
                                  .what = crashed ? stress->crash : verdict->text,
                                  .frame = verdict->frame,
                                  .hart = verdict->hart,
                                  .history = story->history,
                                  .seed = stress->seed,
                                  .replay = story->replay};
    story->outcome.record.violation = &story->violation;
}

/* How many interrupts landed, and in the middle of what. */
static void write_interrupts(const struct stress *stress, char *line, size_t bytes)
{
    struct trial_interrupts sum;
    trial_sum_interrupts(&stress->trial, &sum);
    FILE *out = fmemopen(line, bytes, "w");
    if (out == NULL) {
        return;
    }
    (void)fprintf(out,
                  "  interrupts: %llu, %llu inside an operation; %llu handlers interrupted, %llu allocations refused "
                  "inside\n  inside by call:",
                  (unsigned long long)sum.all, (unsigned long long)sum.inside, (unsigned long long)sum.nested,
                  (unsigned long long)sum.refused);
    for (uint32_t i = 0; i < LANDINGS_MAX && sum.landings[i].doing != NULL; i++) {
        (void)fprintf(out, "%s %s %llu", i > 0 ? "," : "", sum.landings[i].doing,
                      (unsigned long long)sum.landings[i].inside);
    }
    (void)fputc('\n', out);
    (void)fclose(out);
}

static void describe(const struct stress *stress, struct story *story)
{
    const struct attempt *attempt = stress->attempt;
    const struct trial_tally *tally = &stress->trial.tally;
    const bool holds = verdict_holds(&stress->trial.verdict) && stress->crash == NULL;
    uint32_t tested = 0;
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        tested |= (uint32_t)trial_tested(&stress->trial, (enum property)i) << i;
    }
    name_attempt(attempt, story->name, sizeof story->name);
    (void)frame_allocator_config_format(&attempt->config, story->knobs, sizeof story->knobs);
    if (!stress->has_faulted) {
        frame_allocator_stats(stress->trial.config.allocator, &story->stats);
    }
    story->outcome.record = (struct stress_record){
        .variant = attempt->spec,
        .knobs = story->knobs,
        .platform = "host",
        .setting = layout_name(attempt->layout),
        .harts = stress->plan->harts,
        .seed = stress->seed,
        .operations = trial_operations(&stress->trial),
        .rounds = tally->rounds,
        .accesses = RECORD_UNKNOWN,
        .added = tally->plugged,
        .removed = tally->unplugged,
        .seconds = (double)(platform_time_ns() - stress->begun_ns) / 1e9,
        .range = stress_turn_range(stress->turn),
        .stats = stress->has_faulted ? NULL : &story->stats,
        .nodes = story->nodes,
        .node_count = stress->has_faulted ? 0 : record_read_nodes(stress->trial.config.allocator, story->nodes),
    };
    if (!holds) {
        describe_violation(stress, story);
    }
    stress_outcome_tests(&story->outcome, tested, holds ? NULL : story->violation.property);
    (void)snprintf(story->line, sizeof story->line,
                   "%-34s %-6s %3u harts %6llu rounds %10llu calls %5llu plugged %5llu unplugged %5llu left  %s\n",
                   attempt->spec, layout_name(attempt->layout), stress->plan->harts, (unsigned long long)tally->rounds,
                   (unsigned long long)trial_operations(&stress->trial), (unsigned long long)tally->plugged,
                   (unsigned long long)tally->unplugged, (unsigned long long)trial_lives(&stress->trial),
                   holds ? "holds" : story->violation.property);
    if (stress->plan->interrupts) {
        size_t length = strlen(story->line);
        write_interrupts(stress, story->line + length, sizeof story->line - length);
    }
}

/* Tells the trial's outcome. Also while its harts run, from one that touched memory that may not be touched. */
static int tell(struct stress *stress)
{
    struct story *story = calloc(1, sizeof *story);
    if (story == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "out of memory");
    }
    describe(stress, story);
    int status = stress_report_trial(stress->report, story->name, &story->outcome, story->line);
    free(story);
    return status;
}

static void tell_fault(void *context, uint64_t frame, uint32_t hart)
{
    struct stress *stress = context;
    stress->has_faulted = true;
    (void)verdict_violate(&stress->trial.verdict, PROPERTY_RECLAMATION, hart, frame,
                          "touched after the arena's removal");
    (void)stress_report_close(stress->report, tell(stress));
}

static void tell_crash(void *context, const char *what, uint32_t hart)
{
    struct stress *stress = context;
    if (stress->trial.config.harts == 0) { /* no trial runs */
        return;
    }
    stress->has_faulted = true;
    stress->crash = what;
    (void)verdict_violate(&stress->trial.verdict, PROPERTY_NONE, hart, UINT64_MAX, "%s", what);
    (void)stress_report_close(stress->report, tell(stress));
}

static int run_trial(struct stress *stress, const struct attempt *attempt, const struct host_machine *machine)
{
    uint64_t bytes = trial_bytes(machine->map, stress->plan->harts);
    void *memory = aligned_alloc(CACHE_PAIR, align_up_u64(bytes, CACHE_PAIR));
    if (memory == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "no memory for the oracle: %llu bytes", (unsigned long long)bytes);
    }
    memset(memory, 0, bytes);
    stress->begun_ns = platform_time_ns();
    struct trial_config config = trial_config_of(stress, attempt, machine);
    const struct fault_reports reports = {tell_fault, tell_crash, stress};
    trial_init(&stress->trial, &config, memory);
    fault_watch(config.hotplug, &reports);
    int status = trial_run(&stress->trial)
                     ? tell(stress)
                     : status_say(NAME, EXIT_STATUS_USAGE, "%u harts cannot be started", stress->plan->harts);
    note_seen(stress);
    pthread_mutex_lock(&stress->looked_at);
    stress->trial.config.harts = 0; /* nothing for the watchdog to look at any more */
    free(memory);
    pthread_mutex_unlock(&stress->looked_at);
    return status;
}

static int run_attempt(struct stress *stress, const struct attempt *attempt)
{
    char why[WHY_BYTES];
    struct host_machine machine;
    if (!open_machine(stress, attempt, &machine, why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s, layout %s: %s", attempt->spec, layout_name(attempt->layout),
                          why);
    }
    struct frame_stats stats;
    frame_allocator_stats(machine.fa, &stats);
    /* Every hart's cache must find room, or trials would prove little. */
    uint64_t needed = (uint64_t)stress->plan->harts * (UINT64_C(3) * attempt->config.magazine + 16);
    int status =
        stats.frames_total < needed
            ? status_say(NAME, EXIT_STATUS_USAGE, "memory too small: %llu frames for %u harts with magazines of %u",
                         (unsigned long long)stats.frames_total, stress->plan->harts, attempt->config.magazine)
            : run_trial(stress, attempt, &machine);
    host_machine_close(&machine);
    return status;
}

/* ---- the run ---- */

static void name_kind(void *context, uint32_t kind, char *name, size_t bytes)
{
    const struct stress *stress = context;
    name_attempt(&stress->attempts[kind], name, bytes);
}

/* Where the time is up, a variant is tried all the same that was not yet. */
static int play(void *context, struct stress_report *report, const struct stress_turn *turn)
{
    struct stress *stress = context;
    const struct attempt *attempt = &stress->attempts[turn->kind];
    if (stress->plan->operations == 0 && turn->seconds_left <= 0 && stress->tried[attempt->variant] > 0) {
        return STRESS_NO_TIME;
    }
    stress->tried[attempt->variant]++;
    stress->attempt = attempt;
    stress->turn = turn;
    stress->report = report;
    /* One that was stopped in the middle goes on with other operations. */
    stress->seed = turn->inside == 0 ? turn->seed : stress_pass_seed(turn->seed, UINT64_MAX - turn->inside);
    return run_attempt(stress, attempt);
}

/* Harts that make no call any more hang; those that make some are slow, or have much to do. The program ends
 * afterwards, so the trial's memory is not let go of. */
static void say_where(void *context)
{
    struct stress *stress = context;
    pthread_mutex_lock(&stress->looked_at);
    const uint32_t harts = stress->trial.config.harts;
    uint64_t before[HART_MAX], moved = 0;
    for (uint32_t i = 0; i < harts; i++) {
        before[i] = atomic_load_explicit(&stress->trial.hart[i].judge.calls, memory_order_relaxed);
    }
    (void)sleep(LOOK_SECONDS);
    for (uint32_t i = 0; i < harts; i++) {
        const struct trial_hart *hart = &stress->trial.hart[i];
        uint64_t calls = atomic_load_explicit(&hart->judge.calls, memory_order_relaxed);
        moved += calls != before[i];
        (void)fprintf(stderr, NAME ": hart %u after %llu calls%s: %s\n", i, (unsigned long long)calls,
                      calls != before[i] ? "" : ", none of them now",
                      atomic_load_explicit(&hart->doing, memory_order_relaxed));
    }
    if (harts > 0) {
        (void)fprintf(stderr, NAME ": %s\n",
                      moved > 0 ? "the harts go on: there was too little time, or too much to do"
                                : "hang: no hart makes a call any more");
    }
}

/* A build without reference counts has not all of P7: neither shared frames nor a refusal of double frees. */
static bool seen_in_part(uint32_t property)
{
    return property == PROPERTY_REFERENCES && !frame_counts_references();
}

static void print_properties(const struct stress *stress, bool seen)
{
    for (uint32_t i = 1; i < PROPERTY_COUNT; i++) {
        if ((stress->seen[i] > 0) == seen && !seen_in_part(i)) {
            (void)fprintf(stress->plan->out, " %s", property_name((enum property)i));
        }
    }
    (void)fputc('\n', stress->plan->out);
}

/* Of what was seen in part, what was not. */
static void print_parts(FILE *out)
{
    if (seen_in_part(PROPERTY_REFERENCES)) {
        (void)fprintf(out, "in part:    P7, but shared frames and double frees not: built without reference counts\n");
    }
}

/* Which properties were seen to hold, and which had no chance to be violated. */
static void summarize(const struct stress *stress)
{
    FILE *out = stress->plan->out;
    if (stress->plan->format != STRESS_TEXT) {
        print_parts(stderr);
        return;
    }
    (void)fprintf(out, "holds:     ");
    print_properties(stress, true);
    print_parts(out);
    (void)fprintf(out, "not tested:");
    print_properties(stress, false);
}

int stress_run(const struct stress_plan *plan)
{
    struct stress *stress = aligned_alloc(CACHE_PAIR, align_up_u64(sizeof *stress, CACHE_PAIR));
    if (stress == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "out of memory");
    }
    memset(stress, 0, sizeof *stress);
    stress->plan = plan;
    pthread_mutex_init(&stress->looked_at, NULL);
    plan_attempts(stress);
    const struct stress_work work = {
        .count = stress->attempt_count, .context = stress, .name = name_kind, .play = play, .say_where = say_where};
    int status = stress->attempt_count > 0
                     ? stress_series_run(plan, &work)
                     : status_say(NAME, EXIT_STATUS_USAGE, "there is nothing to try: a variant's text is too long");
    if (status == EXIT_STATUS_HOLDS || status == EXIT_STATUS_INTERRUPTED) {
        summarize(stress);
    }
    free(stress);
    return status;
}
