/* SPDX-License-Identifier: MIT
 * The benchmark. See bench.h. */
#include "bench.h"

#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "bench_platform.h"
#include "exit_status.h"
#include "harts.h"
#include "interrupt.h"
#include "platform.h"
#include "progress.h"
#include "stat_fields.h"

#define NAME "framelab bench"
#define WHY_BYTES 256u

/* Passes that a row of few operations may have to get there. */
#define PASSES_MOST UINT64_C(100)

/* The controls stand after the variants in a repeat's turn. */
enum { CONTROL_NULL, CONTROL_CAS, CONTROL_COUNT };

struct row {
    struct workload_choice choice;
    struct bench_size size;
    uint32_t harts;
};

struct bench {
    const struct bench_plan *plan;
    struct host_machine machine;
    FILE *records;
    struct record_writer *writer; /* there */
    uint32_t harts_most;          /* of a row, those beside too */
    uint64_t usable_frames;       /* of the variant that has the fewest */
    struct workload_hart *harts;
    struct histogram *latency;  /* WORKLOAD_PHASE_MAX a hart, and as many to merge into */
    struct histogram *outcomes; /* OUTCOME_COUNT a hart, and as many to merge into */
    pfn_t *slots;
    void *population; /* memory of one, or NULL: no workload ages */
    void *state;      /* of a workload */
    uint64_t cas_samples;
    uint64_t steps_done, steps;
};

/* ---- set-up ---- */

/* N. */
static uint64_t requests_of(const struct bench *bench, const struct row *row)
{
    const struct workload_shape shape = {.usable_frames = bench->usable_frames,
                                         .frames = row->size.frames,
                                         .requests_most = bench->plan->requests_most,
                                         .harts = row->harts,
                                         .harts_most = bench->harts_most};
    return workload_requests(&row->choice, &shape);
}

static uint32_t harts_of(const struct row *row)
{
    return row->harts + row->choice.kind->harts_beside;
}

static uint64_t row_count(const struct bench_plan *plan)
{
    return (uint64_t)plan->workload_count * plan->size_count * plan->harts.count;
}

static struct row row_at(const struct bench_plan *plan, uint64_t i)
{
    struct row row = {
        .choice = plan->workloads[i / plan->harts.count / plan->size_count],
        .size = plan->sizes[i / plan->harts.count % plan->size_count],
        .harts = (uint32_t)plan->harts.values[i % plan->harts.count],
    };
    row.choice.kind = workload_find(row.choice.kind->name); /* the platform's own: simulated harts run other code */
    return row;
}

static int boot(struct bench *bench, const struct bench_variant *variant, uint32_t harts)
{
    char why[WHY_BYTES];
    struct frame_allocator_config config = variant->config;
    config.hart_count = harts > bench->plan->harts_configured ? harts : bench->plan->harts_configured;
    if (!host_machine_boot(&bench->machine, &config, 0, why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s: %s", variant->text, why);
    }
    return EXIT_STATUS_HOLDS;
}

/* Boots every variant once: those that cannot be are found before anything is measured. */
static int learn_usable(struct bench *bench)
{
    const struct bench_plan *plan = bench->plan;
    bench->usable_frames = UINT64_MAX;
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        int status = boot(bench, &plan->variants[i], bench->harts_most);
        if (status != EXIT_STATUS_HOLDS) {
            return status;
        }
        struct frame_stats stats;
        frame_allocator_stats(bench->machine.fa, &stats);
        if (stats.frames_total < bench->usable_frames) {
            bench->usable_frames = stats.frames_total;
        }
    }
    for (uint64_t i = 0; i < row_count(plan); i++) {
        struct row row = row_at(plan, i);
        if (requests_of(bench, &row) == 0) {
            return status_say(NAME, EXIT_STATUS_USAGE,
                              "memory too small: of %llu frames, %s has not one request of %llu for each of %u harts",
                              (unsigned long long)bench->usable_frames, row.choice.kind->name,
                              (unsigned long long)row.size.frames, bench->harts_most);
        }
    }
    return EXIT_STATUS_HOLDS;
}

static void *cache_aligned(uint64_t bytes)
{
    return aligned_alloc(CACHE_PAIR, align_up_u64(bytes, CACHE_PAIR));
}

/* No allocator has more frames than there is RAM. */
static uint64_t ram_bytes(const struct bench *bench)
{
    const struct memory_map *map = bench->machine.map;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < map->ram_count; i++) {
        bytes += map->ram[i].range.size;
    }
    return bytes;
}

/* What those need that age, if one of them is measured. */
static bool get_population(struct bench *bench)
{
    bool ages = false;
    for (uint32_t i = 0; i < bench->plan->workload_count; i++) {
        ages |= bench->plan->workloads[i].kind->ages;
    }
    if (!ages) {
        return true;
    }
    bench->population = cache_aligned(population_bytes(bench->machine.map, ram_bytes(bench) >> FRAME_SHIFT));
    return bench->population != NULL;
}

/* As many times `requests` as make enough to be timed. */
static uint32_t times_enough(uint64_t requests)
{
    uint64_t times = (bench_platform.operations_least + requests - 1) / requests;
    return (uint32_t)(times < PASSES_MOST ? times : PASSES_MOST);
}

static struct workload workload_of(const struct bench *bench, const struct row *row, bool null)
{
    const struct workload_kind *kind = row->choice.kind;
    uint64_t requests = requests_of(bench, row);
    return (struct workload){
        .choice = row->choice,
        .allocator = null ? NULL : bench->machine.fa,
        .frames = row->size.frames,
        .align_bytes = row->size.order >= 0 ? FRAME_SIZE << row->size.order : FRAME_SIZE,
        .requests = requests,
        .turns = kind->rounds ? (uint32_t)row->choice.options[0]
                 : kind->ages ? times_enough(requests)
                              : 1,
        .harts = row->harts,
        .seed = bench->plan->seed,
        .core_turns = row->harts <= harts_cores() ? bench_platform.core_turns : 0,
        .slots = bench->slots,
        .hart = bench->harts,
        .state = bench->state,
        .hold = bench_platform.hold,
        .let_go = bench_platform.let_go,
    };
}

static int get_buffers(struct bench *bench)
{
    uint64_t slots = 1, state_bytes = 1;
    for (uint64_t i = 0; i < row_count(bench->plan); i++) {
        struct row row = row_at(bench->plan, i);
        struct workload workload = workload_of(bench, &row, false);
        uint64_t needed = workload_slots(workload.requests, bench->harts_most);
        slots = needed > slots ? needed : slots;
        needed = workload_state_bytes(&workload);
        state_bytes = needed > state_bytes ? needed : state_bytes;
    }
    uint64_t histograms = (uint64_t)(bench->harts_most + 1) * WORKLOAD_PHASE_MAX;
    bench->harts = cache_aligned(bench->harts_most * sizeof *bench->harts);
    bench->latency = calloc(histograms, sizeof *bench->latency);
    bench->outcomes = calloc((uint64_t)(bench->harts_most + 1) * OUTCOME_COUNT, sizeof *bench->outcomes);
    bench->slots = cache_aligned(slots * sizeof *bench->slots);
    bench->state = cache_aligned(state_bytes);
    if (!get_population(bench) || bench->harts == NULL || bench->latency == NULL || bench->outcomes == NULL ||
        bench->slots == NULL || bench->state == NULL) {
        return status_say(NAME, EXIT_STATUS_USAGE, "no memory for the results of %u harts", bench->harts_most);
    }
    memset(bench->harts, 0, bench->harts_most * sizeof *bench->harts);
    memset(bench->slots, 0, slots * sizeof *bench->slots); /* every page is there before anything is timed */
    for (uint32_t i = 0; i < bench->harts_most; i++) {
        bench->harts[i].latency = &bench->latency[i * WORKLOAD_PHASE_MAX];
        bench->harts[i].outcomes = &bench->outcomes[i * OUTCOME_COUNT];
    }
    return EXIT_STATUS_HOLDS;
}

/* The provenance's word on the memory that was measured on. */
static char *fdt_summary(const struct bench *bench)
{
    const struct memory_map *map = bench->machine.map;
    json_t *summary =
        json_pack("{s:b, s:I, s:i, s:i, s:i, s:I}", "from_file", bench->plan->machine.fdt != NULL, "ram_bytes",
                  (json_int_t)ram_bytes(bench), "ram_regions", (int)map->ram_count, "nodes", (int)map->node_count,
                  "harts", (int)map->hart_count, "usable_frames", (json_int_t)bench->usable_frames);
    char *text = json_dumps(summary, 0);
    json_decref(summary);
    return text;
}

static int open_records(struct bench *bench, FILE *stream)
{
    char *summary = fdt_summary(bench);
    bench->records = stream;
    bench->writer = record_open(stream, bench->plan->argc, bench->plan->argv, summary, bench_platform_model());
    free(summary);
    return bench->writer != NULL ? EXIT_STATUS_HOLDS : status_lost(NAME, stream);
}

/* ---- one measurement ---- */

static void touch_arena(void *context, const struct arena *arena)
{
    (void)context;
    for (uint64_t at = 0; at < arena->metadata.size; at += FRAME_SIZE) {
        volatile unsigned char *byte = platform_phys_to_virt((phys_addr_t){arena->metadata.start.value + at});
        *byte = *byte; /* at rest: nobody else writes it */
    }
}

/* One pass; a failed operation is an error of the row. */
static int run_pass(struct workload *workload, const char *name)
{
    if (!workload_run(workload)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%u harts cannot be started", workload->harts);
    }
    const struct workload_hart *failed = workload_failure(workload);
    if (failed == NULL) {
        return EXIT_STATUS_HOLDS;
    }
    return status_say(NAME, EXIT_STATUS_VIOLATED,
                      "%s: %s of %llu frames, %u harts: operation %llu of %llu by hart %u: %s", name,
                      workload->choice.kind->name, (unsigned long long)workload->frames, workload->harts,
                      (unsigned long long)failed->failed_at, (unsigned long long)workload->requests,
                      (unsigned)(failed - workload->hart), frame_status_text(failed->status));
}

/* Every frame accounted for. */
static int check_audit(struct bench *bench, const struct row *row, const char *name)
{
    struct frame_account account;
    bool valid = frame_allocator_validate(bench->machine.fa, &account);
    if (valid && account.allocated == 0 && account.free + account.cached == account.total) {
        return EXIT_STATUS_HOLDS;
    }
    return status_say(NAME, EXIT_STATUS_VIOLATED,
                      "violated: P2 after %s, %s of %llu frames, %u harts: free %llu + cached %llu of %llu, %llu out%s",
                      name, row->choice.kind->name, (unsigned long long)row->size.frames, row->harts,
                      (unsigned long long)account.free, (unsigned long long)account.cached,
                      (unsigned long long)account.total, (unsigned long long)account.allocated,
                      valid ? "" : "; validate() fails");
}

static struct latency_summary summarize_latency(struct bench *bench, uint32_t harts, uint32_t phase)
{
    struct histogram *all = &bench->latency[bench->harts_most * WORKLOAD_PHASE_MAX];
    histogram_clear(all);
    for (uint32_t i = 0; i < harts; i++) {
        histogram_merge(all, &bench->harts[i].latency[phase]);
    }
    return latency_summarize(all);
}

/* By path, all harts and phases together. */
static void summarize_paths(struct bench *bench, uint32_t harts, struct outcome_latency *outcomes)
{
    struct histogram *all = &bench->outcomes[bench->harts_most * OUTCOME_COUNT];
    for (uint32_t path = 0; path < OUTCOME_COUNT; path++) {
        histogram_clear(&all[path]);
        for (uint32_t i = 0; i < harts; i++) {
            histogram_merge(&all[path], &bench->harts[i].outcomes[path]);
        }
        outcomes[path] = (struct outcome_latency){.name = outcome_text((enum outcome)path),
                                                  .summary = latency_summarize(&all[path]),
                                                  .histogram = &all[path]};
    }
}

/* A record in the making, with the memory that it points to. */
struct measurement {
    struct record_phase phases[WORKLOAD_PHASE_MAX];
    uint64_t hart_ns[WORKLOAD_PHASE_MAX][HART_MAX];
    uint64_t core_ns[HART_MAX], core_turns;
    struct frame_stats stats;
    struct frame_node_stats nodes[NODE_MAX];
    uint32_t node_count;
    json_t *facts; /* of the platform, or NULL */
    struct outcome_latency outcomes[OUTCOME_COUNT];
    char names[WORKLOAD_PHASE_MAX][WORKLOAD_TEXT_BYTES]; /* of the phases */
};

/* What all records have; the row's, unless said otherwise. */
static struct bench_record record_of(const struct bench *bench, const struct row *row,
                                     const struct bench_variant *variant, uint32_t repeat)
{
    return (struct bench_record){
        .variant = variant != NULL ? variant->text : "null",
        .knobs = variant != NULL ? variant->knobs : "",
        .platform = bench_platform.name,
        .workload = row->choice.kind->name,
        .frames = row->size.frames,
        .order = row->size.order,
        .harts = row->harts,
        .cores = harts_cores(),
        .repeat = repeat,
        .seed = bench->plan->seed,
        .phase_count = 1,
    };
}

static int write_record(struct bench *bench, const struct bench_record *record)
{
    return record_bench(bench->writer, record) ? EXIT_STATUS_HOLDS : status_lost(NAME, bench->records);
}

static uint32_t passes_of(const struct workload *workload)
{
    return workload->choice.kind->ages || workload->choice.kind->rounds ? 1 : times_enough(workload->requests);
}

static int run_passes(struct workload *workload, const char *name, uint32_t passes, struct measurement *measurement)
{
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t pass = 0; pass < passes && status == EXIT_STATUS_HOLDS; pass++) {
        status = run_pass(workload, name);
        for (uint32_t i = 0; i < workload->harts; i++) {
            for (uint32_t phase = 0; phase < workload_phase_count(workload->choice.kind); phase++) {
                measurement->hart_ns[phase][i] += workload->hart[i].phase_ns[phase];
            }
            measurement->core_ns[i] += workload->hart[i].core_ns;
        }
    }
    measurement->core_turns = passes * workload->core_turns;
    return status;
}

/* Warm-up, then the passes that count: times and event counts. */
static int measure_throughput(struct bench *bench, struct workload *workload, const char *name,
                              struct measurement *measurement)
{
    uint32_t passes = passes_of(workload);
    uint32_t warmup = workload->choice.kind->ages ? 0 : bench->plan->warmup; /* those begin on a fresh machine */
    for (uint32_t i = 0; i < warmup; i++) {
        int status = run_pass(workload, name);
        if (status != EXIT_STATUS_HOLDS) {
            return status;
        }
    }
    struct frame_stats before = {0};
    if (workload->allocator != NULL) {
        frame_allocator_stats(workload->allocator, &before);
    }
    memset(measurement, 0, sizeof *measurement);
    if (bench_platform.start_counting != NULL) {
        bench_platform.start_counting();
    }
    int status = run_passes(workload, name, passes, measurement);
    measurement->facts = bench_platform_facts(workload_operations(workload) * passes * workload->harts *
                                              workload_phase_count(workload->choice.kind));
    if (workload->allocator != NULL) {
        frame_allocator_stats(workload->allocator, &measurement->stats);
        stats_since(&measurement->stats, &before);
    }
    for (uint32_t phase = 0; phase < workload_phase_count(workload->choice.kind); phase++) {
        measurement->phases[phase] =
            (struct record_phase){.name = workload_phase_name(&workload->choice, phase, measurement->names[phase]),
                                  .operations = workload_operations(workload) * passes,
                                  .hart_ns = measurement->hart_ns[phase]};
    }
    return status;
}

static int measure_latency(struct bench *bench, struct workload *workload, const char *name,
                           struct measurement *measurement)
{
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t i = 0; i < workload->harts * WORKLOAD_PHASE_MAX; i++) {
        histogram_clear(&bench->latency[i]);
    }
    for (uint32_t i = 0; i < workload->harts * OUTCOME_COUNT; i++) {
        histogram_clear(&bench->outcomes[i]);
    }
    workload->time_each = true;
    for (uint32_t pass = passes_of(workload); pass > 0 && status == EXIT_STATUS_HOLDS; pass--) {
        status = run_pass(workload, name);
    }
    for (uint32_t phase = 0; phase < workload_phase_count(workload->choice.kind); phase++) {
        measurement->phases[phase].latency = summarize_latency(bench, workload->harts, phase);
    }
    summarize_paths(bench, workload->harts, measurement->outcomes);
    return status;
}

/* What a workload in aged memory has beyond the others. */
static void give_population(const struct bench *bench, struct workload *workload, struct population *population)
{
    population_init(population, workload->allocator, bench->machine.map, ram_bytes(bench) >> FRAME_SHIFT,
                    bench->plan->seed, bench->population);
    workload->population = population;
}

/* Whether a hart can be stopped, if the workload needs it. */
static int check_can_stop(const struct bench *bench, const struct row *row, const char *name)
{
    if (!row->choice.kind->stops) {
        return EXIT_STATUS_HOLDS;
    }
    bool can = bench_platform.hold != NULL && bench_platform.hold(bench->machine.fa, row->harts);
    if (can) {
        (void)bench_platform.let_go(row->harts);
        return EXIT_STATUS_HOLDS;
    }
    return status_say(NAME, EXIT_STATUS_USAGE, "%s: there are no sections of an epoch for a hart to be stopped in",
                      name);
}

/* Where what a workload tells is collected. */
static FILE *told;

__attribute__((format(printf, 1, 2))) static void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(told, format, arguments);
    va_end(arguments);
}

/* What the workload tells, a new reference; NULL if that is no JSON. */
static json_t *own_json(const struct workload *workload)
{
    char *text = NULL;
    size_t bytes = 0;
    told = open_memstream(&text, &bytes);
    if (told == NULL) {
        return NULL;
    }
    print("{\"\":0"); /* what is told begins with a comma */
    workload_tell(workload, print);
    print("}");
    json_t *own = fclose(told) == 0 ? json_loads(text, 0, NULL) : NULL;
    (void)json_object_del(own, "");
    free(text);
    return own;
}

/* One record: of a variant on the machine as it is booted, or of the null allocator. */
static int measure(struct bench *bench, const struct row *row, const struct bench_variant *variant, uint32_t repeat)
{
    const char *name = variant != NULL ? variant->text : "null";
    /* Harts read them: which cache lines they lie on must not be chance. */
    _Alignas(CACHE_PAIR) struct workload workload = workload_of(bench, row, variant == NULL);
    _Alignas(CACHE_PAIR) struct population population;
    if (row->choice.kind->ages) {
        give_population(bench, &workload, &population);
    }
    struct measurement measurement = {.facts = NULL};
    if (variant == NULL && !harts_provide(harts_of(row))) { /* else the boot has */
        return status_say(NAME, EXIT_STATUS_USAGE, "%u harts cannot be had", harts_of(row));
    }
    bench_platform_begin(bench->plan->seed, repeat);
    int status = measure_throughput(bench, &workload, name, &measurement);
    if (status == EXIT_STATUS_HOLDS && repeat < bench->plan->latency_repeats && !row->choice.kind->no_latency) {
        status = measure_latency(bench, &workload, name, &measurement);
    }
    if (status == EXIT_STATUS_HOLDS && variant != NULL) {
        status = check_audit(bench, row, name);
        measurement.node_count = record_read_nodes(bench->machine.fa, measurement.nodes);
    }
    struct bench_record record = record_of(bench, row, variant, repeat);
    record.phases = measurement.phases;
    record.phase_count = workload_phase_count(row->choice.kind);
    record.core_turns = measurement.core_turns;
    record.core_ns = measurement.core_ns;
    json_t *own = own_json(&workload);
    record.own = own;
    record.outcomes = variant != NULL && measurement.outcomes[0].histogram != NULL ? measurement.outcomes : NULL;
    record.stats = variant != NULL ? &measurement.stats : NULL;
    record.nodes = measurement.nodes;
    record.node_count = measurement.node_count;
    record.facts = measurement.facts;
    if (status == EXIT_STATUS_HOLDS) {
        status = own != NULL ? write_record(bench, &record)
                             : status_say(NAME, EXIT_STATUS_VIOLATED, "%s: what %s tells of itself is not JSON", name,
                                          row->choice.kind->name);
    }
    json_decref(own);
    json_decref(measurement.facts);
    return status;
}

static void measure_cas_body(void *context, uint32_t hart)
{
    (void)hart;
    *(uint64_t *)context = control_cas_ns(bench_platform.cas_operations);
}

static int measure_cas(struct bench *bench)
{
    uint64_t ns = 0;
    bench_platform_begin(bench->plan->seed, (uint32_t)bench->cas_samples);
    if (!harts_run(1, measure_cas_body, &ns)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "no hart can be started");
    }
    const struct record_phase phase = {.name = "cas", .operations = bench_platform.cas_operations, .hart_ns = &ns};
    const struct row row = {.choice = bench->plan->workloads[0], .size = {1, 0}, .harts = 1};
    struct bench_record record = record_of(bench, &row, NULL, (uint32_t)bench->cas_samples++);
    record.variant = "cas";
    record.workload = "control";
    record.phases = &phase;
    return write_record(bench, &record);
}

/* ---- the rows ---- */

/* How long frame_allocator_init took, as a workload of one operation on all of RAM, which every hart waits for. */
static int record_init(struct bench *bench, const struct row *row, const struct bench_variant *variant, uint32_t repeat)
{
    uint64_t hart_ns[HART_MAX];
    for (uint32_t i = 0; i < row->harts; i++) {
        hart_ns[i] = bench->machine.boot_ns;
    }
    const struct record_phase phase = {.name = "init", .operations = 1, .hart_ns = hart_ns};
    struct frame_stats stats;
    frame_allocator_stats(bench->machine.fa, &stats);
    struct bench_record record = record_of(bench, row, variant, repeat);
    record.workload = "boot";
    record.frames = ram_bytes(bench) >> FRAME_SHIFT;
    record.order = -1;
    record.phases = &phase;
    record.stats = &stats;
    return write_record(bench, &record);
}

static int measure_variant(struct bench *bench, const struct row *row, const struct bench_variant *variant,
                           uint32_t repeat)
{
    int status = boot(bench, variant, harts_of(row));
    if (status == EXIT_STATUS_HOLDS) {
        status = check_can_stop(bench, row, variant->text);
    }
    if (status == EXIT_STATUS_HOLDS && bench->plan->record_init) {
        status = record_init(bench, row, variant, repeat);
    }
    if (status == EXIT_STATUS_HOLDS) {
        frame_allocator_arenas(bench->machine.fa, touch_arena, NULL);
        status = measure(bench, row, variant, repeat);
    }
    return status;
}

/* Says what comes next, and whether it shall. */
static bool announce(struct bench *bench, const struct row *row, const char *name, uint32_t repeat)
{
    progress_show((double)bench->steps_done++, (double)bench->steps, "%s, %s of %llu frames, %u harts, repeat %u of %u",
                  name, row->choice.kind->name, (unsigned long long)row->size.frames, row->harts, repeat + 1,
                  bench->plan->repeats);
    return !atomic_load_explicit(&interrupted, memory_order_relaxed);
}

static int measure_repeat(struct bench *bench, const struct row *row, uint32_t repeat)
{
    const struct bench_plan *plan = bench->plan;
    uint32_t count = plan->variant_count + CONTROL_COUNT;
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t i = 0; i < count && status == EXIT_STATUS_HOLDS; i++) {
        uint32_t turn = (i + repeat + plan->turn) % count;
        const struct bench_variant *variant = turn < plan->variant_count ? &plan->variants[turn] : NULL;
        bool cas = turn == plan->variant_count + CONTROL_CAS;
        if (!announce(bench, row, variant != NULL ? variant->text : cas ? "cas" : "null", repeat)) {
            return status_say(NAME, EXIT_STATUS_INTERRUPTED, "interrupted; what was measured is kept");
        }
        if (variant != NULL) {
            status = measure_variant(bench, row, variant, repeat);
        } else if (cas) {
            status = measure_cas(bench);
        } else if (!row->choice.kind->ages) { /* the null allocator has no memory that could age */
            status = measure(bench, row, NULL, repeat);
        }
    }
    return status;
}

static int measure_row(struct bench *bench, const struct row *row)
{
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t repeat = 0; repeat < bench->plan->repeats && status == EXIT_STATUS_HOLDS; repeat++) {
        status = measure_repeat(bench, row, repeat);
    }
    return status;
}

static int measure_all(struct bench *bench)
{
    const struct bench_plan *plan = bench->plan;
    uint64_t rows = row_count(plan);
    bench->steps = rows * plan->repeats * (plan->variant_count + CONTROL_COUNT);
    for (uint64_t i = 0; i < rows; i++) {
        struct row row = row_at(plan, i);
        int status = measure_row(bench, &row);
        if (status != EXIT_STATUS_HOLDS) {
            return status;
        }
    }
    progress_end();
    return EXIT_STATUS_HOLDS;
}

int bench_run(const struct bench_plan *plan, FILE *records)
{
    struct bench bench = {.plan = plan};
    char why[WHY_BYTES];
    for (uint32_t i = 0; i < plan->harts.count; i++) {
        for (uint32_t k = 0; k < plan->workload_count; k++) {
            uint32_t harts = (uint32_t)plan->harts.values[i] + plan->workloads[k].kind->harts_beside;
            bench.harts_most = harts > bench.harts_most ? harts : bench.harts_most;
        }
    }
    if (!host_machine_open(&bench.machine, &plan->machine, why, sizeof why)) {
        return status_say(NAME, EXIT_STATUS_USAGE, "%s", why);
    }
    int status = learn_usable(&bench);
    if (status == EXIT_STATUS_HOLDS) {
        status = get_buffers(&bench);
    }
    if (status == EXIT_STATUS_HOLDS) {
        status = open_records(&bench, records);
    }
    if (status == EXIT_STATUS_HOLDS) {
        status = measure_all(&bench);
        record_close(bench.writer);
    }
    free(bench.harts);
    free(bench.latency);
    free(bench.outcomes);
    free(bench.slots);
    free(bench.population);
    free(bench.state);
    host_machine_close(&bench.machine);
    return status;
}
