/* SPDX-License-Identifier: MIT
 * Locks, counters, lists, and reclamation by themselves. See micro_run.h. */
#include "micro_run.h"

#include <errno.h>
#include <string.h>

#include "bench_platform.h"
#include "exit_status.h"
#include "frame_limits.h"
#include "harts.h"
#include "interrupt.h"
#include "progress.h"
#include "record.h"

#define TEXT_BYTES 160u

const char *micro_name(bool reclaim, uint32_t number)
{
    return reclaim ? smr_scheme(number) : number < PRIMITIVE_COUNT ? primitives_name((enum primitive)number) : NULL;
}

/* What one measurement brings back. */
struct micro_result {
    uint64_t operations; /* a hart */
    uint64_t *hart_ns;
    struct latency_summary latency;
    json_t *facts;
    char workload[TEXT_BYTES], knobs[TEXT_BYTES];
};

static bool measure_primitive(const struct micro_plan *plan, uint32_t number, uint32_t harts,
                              struct micro_result *outcome)
{
    (void)snprintf(outcome->workload, sizeof outcome->workload, "primitive");
    outcome->operations = plan->operations;
    bool good = primitives_run((enum primitive)number, harts, plan->operations, outcome->hart_ns);
    outcome->facts = good ? bench_platform_facts(plan->operations * harts) : NULL;
    return good;
}

static void describe(const struct smr_plan *plan, char *knobs)
{
    char free_text[24] = "all";
    if (plan->free_at_once != UINT64_MAX) {
        (void)snprintf(free_text, sizeof free_text, "%llu", (unsigned long long)plan->free_at_once);
    }
    if (plan->workload == SMR_READ) {
        (void)snprintf(knobs, TEXT_BYTES, "nodes=%llu", (unsigned long long)plan->nodes);
        return;
    }
    (void)snprintf(knobs, TEXT_BYTES, "nodes=%llu,bag=%llu,free=%s,wait=%s", (unsigned long long)plan->nodes,
                   (unsigned long long)plan->bag, free_text, plan->spin ? "spin" : "yield");
}

/* Harts read the plan while they are timed, so its place among cache lines is part of a simulated run. It is where it
 * was when the figures of papers/reclamation were made: across the end of a line. */
struct placed_plan {
    _Alignas(CACHE_PAIR) unsigned char before[CACHE_PAIR - 16];
    struct smr_plan plan;
};

/* What the platform counts is of the operations that warm up too. */
static bool measure_scheme(const struct micro_plan *all, uint32_t number, uint32_t harts, struct micro_result *outcome)
{
    struct placed_plan placed = {.plan = all->smr};
    struct smr_plan *plan = &placed.plan;
    struct smr_result result = {.hart_ns = outcome->hart_ns};
    plan->scheme = number;
    plan->harts = harts;
    if (plan->latency != NULL) {
        histogram_clear(plan->latency);
    }
    if (!smr_run(plan, &result)) {
        return false;
    }
    describe(plan, outcome->knobs);
    (void)snprintf(outcome->workload, sizeof outcome->workload, "retire %s", smr_workload_names[plan->workload]);
    outcome->operations = result.operations;
    if (plan->latency != NULL) {
        outcome->latency = latency_summarize(plan->latency);
    }
    outcome->facts = bench_platform_facts((plan->operations + smr_warmup(plan)) * harts);
    outcome->facts = outcome->facts != NULL ? outcome->facts : json_object();
    (void)json_object_set_new(
        outcome->facts, "retired",
        json_pack("{s:I, s:I}", "limbo_peak", (json_int_t)result.limbo_peak, "waits", (json_int_t)result.waits));
    return true;
}

static int measure(const struct micro_plan *plan, uint32_t number, uint32_t harts, uint32_t repeat, FILE *records,
                   struct record_writer *writer)
{
    /* Harts write it: on lines of its own, a simulated run depends on nothing else. */
    _Alignas(CACHE_PAIR) uint64_t hart_ns[HART_MAX];
    struct micro_result outcome = {.hart_ns = hart_ns};
    bench_platform_begin(plan->seed, repeat);
    if (!(plan->reclaim ? measure_scheme : measure_primitive)(plan, number, harts, &outcome)) {
        return status_say(plan->argv[0], EXIT_STATUS_USAGE, "no memory, or not so many harts%s",
                          plan->reclaim ? " (hp: 256 at most)" : ", or no double-width compare-and-swap here");
    }
    const struct record_phase phase = {
        .name = "op", .operations = outcome.operations, .hart_ns = hart_ns, .latency = outcome.latency};
    const struct bench_record record = {
        .variant = micro_name(plan->reclaim, number),
        .knobs = outcome.knobs,
        .platform = bench_platform.name,
        .workload = outcome.workload,
        .frames = 1,
        .harts = harts,
        .cores = harts_cores(),
        .repeat = repeat,
        .seed = plan->seed,
        .phases = &phase,
        .phase_count = 1,
        .facts = outcome.facts,
    };
    bool good = record_bench(writer, &record);
    json_decref(outcome.facts);
    return good ? EXIT_STATUS_HOLDS : status_lost(plan->argv[0], records);
}

static int measure_all(const struct micro_plan *plan, FILE *records, struct record_writer *writer)
{
    uint32_t count = 0;
    while (micro_name(plan->reclaim, count) != NULL) {
        count++;
    }
    uint64_t all = (uint64_t)plan->repeats * plan->harts.count * count;
    int status = EXIT_STATUS_HOLDS;
    for (uint64_t i = 0; i < all && status == EXIT_STATUS_HOLDS; i++) {
        uint32_t number = (uint32_t)(i % count), repeat = (uint32_t)(i / count % plan->repeats);
        uint32_t harts = (uint32_t)plan->harts.values[i / count / plan->repeats];
        if (plan->wanted != 0 && (plan->wanted >> number & 1) == 0) {
            continue;
        }
        progress_show((double)i, (double)all, "%s, %u harts", micro_name(plan->reclaim, number), harts);
        status = interrupted
                     ? status_say(plan->argv[0], EXIT_STATUS_INTERRUPTED, "interrupted; what was measured is kept")
                     : measure(plan, number, harts, repeat, records, writer);
    }
    return status;
}

int micro_run(const struct micro_plan *plan, FILE *records)
{
    struct record_writer *writer = record_open(records, plan->argc, plan->argv, NULL, bench_platform_model());
    if (writer == NULL) {
        return status_lost(plan->argv[0], records);
    }
    int status = measure_all(plan, records, writer);
    record_close(writer);
    return status;
}
