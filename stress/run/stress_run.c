/* SPDX-License-Identifier: MIT
 * The stress run. See stress_run.h. */
#include "stress_run.h"

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
#include "progress.h"
#include "stress_output.h"
#include "trial.h"
#include "variants.h"
#include "watchdog.h"

#define NAME "framelab stress"
#define WHY_BYTES 256u
#define SPEC_BYTES 256u
#define KNOBS_BYTES 512u

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
    enum stress_layout layout;
    struct frame_allocator_config config;
};

struct stress {
    const struct stress_plan *plan;
    struct attempt attempts[STRESS_VARIANT_MAX * SETTING_COUNT];
    uint32_t attempt_count;
    uint32_t at;
    struct stress_output output;
    char last_words[SPEC_BYTES + 128]; /* if memory is touched that may not be */
    uint64_t begun_ns;
    uint64_t seen[PROPERTY_COUNT]; /* trials in which the property had its chance */
    struct trial trial;
};

/* ---- the plan ---- */

static bool layout_wanted(const struct stress_plan *plan, enum stress_layout layout)
{
    if (plan->fdt != NULL || layout == LAYOUT_GIVEN) {
        return plan->fdt != NULL && layout == LAYOUT_GIVEN;
    }
    return plan->layouts == 0 || (plan->layouts >> layout & 1) != 0;
}

static void plan_variant(struct stress *stress, const char *variant)
{
    const struct stress_plan *plan = stress->plan;
    char why[WHY_BYTES];
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        struct attempt *attempt = &stress->attempts[stress->attempt_count];
        attempt->layout = SETTINGS[i].layout;
        (void)snprintf(attempt->spec, sizeof attempt->spec, "%s%s", variant, SETTINGS[i].knobs);
        bool plain = SETTINGS[i].knobs[0] == '\0';
        if (!layout_wanted(plan, attempt->layout) || (!plain && strchr(variant, ',') != NULL) ||
            !frame_allocator_config_parse(&attempt->config, framelab_variants, attempt->spec, plan->harts, why,
                                          sizeof why) ||
            (!plain && attempt->config.variant->magazine_default == 0)) {
            continue;
        }
        stress->attempt_count++;
    }
}

/* ---- one trial ---- */

/* The tree of a layout, in `tree` if one must be written. */
static bool choose_tree(const struct stress_plan *plan, enum stress_layout layout, void *tree,
                        struct host_machine_options *options)
{
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
               holes_fdt_write(tree, DEFAULT_FDT_BYTES_MAX, plan->memory_bytes, plan->harts, plan->seed);
    }
    return true;
}

static bool open_machine(const struct stress_plan *plan, const struct attempt *attempt, struct host_machine *machine,
                         char *why, size_t why_bytes)
{
    struct host_machine_options options;
    void *tree = aligned_alloc(CACHE_LINE, DEFAULT_FDT_BYTES_MAX);
    bool open = false;
    if (tree == NULL || !choose_tree(plan, attempt->layout, tree, &options)) {
        (void)snprintf(why, why_bytes, "%llu MiB are too little for the layout `%s`",
                       (unsigned long long)plan->memory_bytes >> 20, layout_name(attempt->layout));
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
    uint64_t end_ns = stress->begun_ns + (uint64_t)(stress->plan->seconds * 1e9);
    uint64_t now_ns = platform_time_ns();
    uint64_t left_ns = end_ns > now_ns ? end_ns - now_ns : 0;
    uint64_t deadline_ns = now_ns + left_ns / (stress->attempt_count - stress->at);
    return deadline_ns > 0 ? deadline_ns : 1;
}

static struct trial_config trial_config_of(const struct stress *stress, const struct attempt *attempt,
                                           const struct host_machine *machine)
{
    const struct frame_allocator_config *config = &attempt->config;
    return (struct trial_config){
        .allocator = machine->fa,
        .map = machine->map,
        .harts = stress->plan->harts,
        .magazine = config->magazine,
        .batch = config->batch != 0 ? config->batch : config->magazine,
        .seed = stress->plan->seed,
        .operations = stress->plan->operations,
        .deadline_ns = deadline_of(stress),
        .hotplug = machine->hotplug,
        .hotplug_node = machine->hotplug_node,
        .forbid = host_ram_forbid,
        .interrupted = &interrupted,
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

static void print_violation(const struct stress *stress, const struct attempt *attempt, FILE *out)
{
    const struct verdict *verdict = &stress->trial.verdict;
    char frame[40] = "none in particular", hart[24] = "none in particular";
    if (verdict->frame != UINT64_MAX) {
        (void)snprintf(frame, sizeof frame, "0x%llx", (unsigned long long)verdict->frame);
    }
    if (verdict->hart != HART_NONE) {
        (void)snprintf(hart, sizeof hart, "%u", verdict->hart);
    }
    (void)fprintf(out,
                  "violated: %s %s\n"
                  "  what:    %s\n"
                  "  frame:   %s\n"
                  "  hart:    %s of %u\n"
                  "  variant: %s, layout %s\n"
                  "  seed:    %llu\n",
                  property_name(verdict->property), property_text(verdict->property), verdict->text, frame, hart,
                  stress->plan->harts, attempt->spec, layout_name(attempt->layout),
                  (unsigned long long)stress->plan->seed);
}

static bool print_text(const struct stress *stress, const struct attempt *attempt)
{
    const struct trial_tally *tally = &stress->trial.tally;
    bool holds = verdict_holds(&stress->trial.verdict);
    (void)fprintf(
        stress->plan->out, "%-34s %-6s %3u harts %6llu rounds %10llu calls %5llu plugged %5llu unplugged  %s\n",
        attempt->spec, layout_name(attempt->layout), stress->plan->harts, (unsigned long long)tally->rounds,
        (unsigned long long)trial_operations(&stress->trial), (unsigned long long)tally->plugged,
        (unsigned long long)tally->unplugged, holds ? "holds" : property_name(stress->trial.verdict.property));
    return fflush(stress->plan->out) == 0;
}

/* As a record, or a row of CSV. */
static bool write_record(struct stress *stress, const struct attempt *attempt, double seconds)
{
    const struct trial_tally *tally = &stress->trial.tally;
    char knobs[KNOBS_BYTES];
    (void)frame_allocator_config_format(&attempt->config, knobs, sizeof knobs);
    struct frame_stats stats;
    frame_allocator_stats(stress->trial.config.allocator, &stats);
    struct frame_node_stats nodes[NODE_MAX];
    uint32_t node_count = record_read_nodes(stress->trial.config.allocator, nodes);
    bool holds = verdict_holds(&stress->trial.verdict);
    const struct stress_record record = {
        .variant = attempt->spec,
        .knobs = knobs,
        .platform = "host",
        .setting = layout_name(attempt->layout),
        .harts = stress->plan->harts,
        .seed = stress->plan->seed,
        .operations = trial_operations(&stress->trial),
        .rounds = tally->rounds,
        .accesses = RECORD_UNKNOWN,
        .added = tally->plugged,
        .removed = tally->unplugged,
        .seconds = seconds,
        .property = holds ? NULL : property_name(stress->trial.verdict.property),
        .stats = &stats,
        .nodes = nodes,
        .node_count = node_count,
    };
    return stress_output_write(&stress->output, &record);
}

/* Tells one trial's outcome in the format asked for. */
static int tell(struct stress *stress, const struct attempt *attempt, double seconds)
{
    bool holds = verdict_holds(&stress->trial.verdict);
    progress_end();
    bool good =
        stress->plan->format == FORMAT_TEXT ? print_text(stress, attempt) : write_record(stress, attempt, seconds);
    if (good && !holds) {
        print_violation(stress, attempt, stress_output_people(&stress->output));
    }
    return stress_output_status(good, holds);
}

static int run_trial(struct stress *stress, const struct attempt *attempt, const struct host_machine *machine)
{
    uint64_t bytes = trial_bytes(machine->map, stress->plan->harts);
    void *memory = aligned_alloc(CACHE_PAIR, align_up_u64(bytes, CACHE_PAIR));
    if (memory == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "no memory for the oracle: %llu bytes", (unsigned long long)bytes);
    }
    memset(memory, 0, bytes);
    uint64_t begun_ns = platform_time_ns();
    struct trial_config config = trial_config_of(stress, attempt, machine);
    (void)snprintf(stress->last_words, sizeof stress->last_words, "  variant: %s, layout %s\n  seed:    %llu\n",
                   attempt->spec, layout_name(attempt->layout), (unsigned long long)stress->plan->seed);
    fault_watch(config.hotplug, stress->plan->format == FORMAT_TEXT ? fileno(stress->plan->out) : STDERR_FILENO,
                stress->last_words);
    trial_init(&stress->trial, &config, memory);
    int status = trial_run(&stress->trial)
                     ? tell(stress, attempt, (double)(platform_time_ns() - begun_ns) / 1e9)
                     : status_say(NAME, EXIT_STATUS_USAGE, "%u harts cannot be started", stress->plan->harts);
    note_seen(stress);
    stress->trial.config.harts = 0; /* nothing for the watchdog to look at any more */
    free(memory);
    return status;
}

static int run_attempt(struct stress *stress, const struct attempt *attempt)
{
    char why[WHY_BYTES];
    struct host_machine machine;
    progress_show(stress->at, stress->attempt_count, "%s, layout %s", attempt->spec, layout_name(attempt->layout));
    if (!open_machine(stress->plan, attempt, &machine, why, sizeof why)) {
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

static void report_hang(void *context)
{
    const struct stress *stress = context;
    const struct attempt *attempt = &stress->attempts[stress->at];
    (void)fprintf(stderr, "framelab stress: hang: variant %s, layout %s, seed %llu\n", attempt->spec,
                  layout_name(attempt->layout), (unsigned long long)stress->plan->seed);
    for (uint32_t i = 0; i < stress->trial.config.harts; i++) {
        const struct trial_hart *hart = &stress->trial.hart[i];
        (void)fprintf(stderr, "framelab stress: hart %u after %llu calls: %s\n", i,
                      (unsigned long long)atomic_load_explicit(&hart->judge.calls, memory_order_relaxed),
                      atomic_load_explicit(&hart->doing, memory_order_relaxed));
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
    if (stress->plan->format != FORMAT_TEXT) {
        print_parts(stderr);
        return;
    }
    (void)fprintf(out, "holds:     ");
    print_properties(stress, true);
    print_parts(out);
    (void)fprintf(out, "not tested:");
    print_properties(stress, false);
    (void)fprintf(out, "seed:       %llu\n", (unsigned long long)stress->plan->seed);
}

static int run_attempts(struct stress *stress)
{
    int status = EXIT_STATUS_HOLDS;
    bool stop = false;
    while (stress->at < stress->attempt_count && status == EXIT_STATUS_HOLDS && !stop) {
        status = run_attempt(stress, &stress->attempts[stress->at]);
        stress->at++;
        stop = atomic_load_explicit(&interrupted, memory_order_relaxed);
    }
    if (status != EXIT_STATUS_HOLDS) {
        return status;
    }
    summarize(stress);
    return stop ? status_say(NAME, EXIT_STATUS_INTERRUPTED, "interrupted in trial %u of %u", stress->at,
                             stress->attempt_count)
                : EXIT_STATUS_HOLDS;
}

int stress_run(const struct stress_plan *plan)
{
    struct stress *stress = aligned_alloc(CACHE_PAIR, align_up_u64(sizeof *stress, CACHE_PAIR));
    if (stress == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "out of memory");
    }
    memset(stress, 0, sizeof *stress);
    stress->plan = plan;
    stress->begun_ns = platform_time_ns();
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        plan_variant(stress, plan->variants[i]);
    }
    (void)fprintf(stderr, NAME ": seed %llu\n", (unsigned long long)plan->seed);
    int status = stress_output_open(&stress->output, plan);
    if (status == EXIT_STATUS_HOLDS && !watchdog_start(plan->timeout_seconds, report_hang, stress)) {
        status = status_say(NAME, EXIT_STATUS_USAGE, "the watchdog cannot be set");
    } else if (status == EXIT_STATUS_HOLDS) {
        status = run_attempts(stress);
    }
    watchdog_stop();
    progress_end();
    stress_output_close(&stress->output);
    free(stress);
    return status;
}
