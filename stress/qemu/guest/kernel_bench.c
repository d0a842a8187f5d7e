/* SPDX-License-Identifier: MIT
 * The workloads on the kernel's harts. What they take for time is what each hart has executed (platform.c), so that a
 * record tells instructions; and what the allocator counts. There are no nanoseconds here. See kernel_options.h. */
#include <string.h>

#include "kernel_options.h"
#include "record_text.h"
#include "workload.h"

/* What is measured. */
struct row {
    enum workload_kind kind;
    uint64_t burst; /* of burst; else 0 */
    uint64_t order;
    uint32_t harts;
};

struct measurement {
    const struct kernel_options *options;
    const struct frame_allocator_config *config;
    struct frame_allocator *allocator;
    struct workload_hart *harts;
    pfn_t *slots;
    uint64_t usable_frames;
    uint32_t harts_most;
};

static void write_phases(const struct workload *workload)
{
    console_print(",\"phases\":[");
    for (uint32_t phase = 0; phase < workload_phase_count(workload->kind); phase++) {
        console_print("%s{\"name\":", phase > 0 ? "," : "");
        if (workload->kind == WORKLOAD_BURST) {
            console_print("\"of %llu\"", (unsigned long long)workload->burst);
        } else {
            console_print("\"%s\"", workload_phase_name(workload->kind, phase));
        }
        console_print(",\"operations\":%llu,\"hart_instructions\":[",
                      (unsigned long long)workload_operations(workload));
        for (uint32_t hart = 0; hart < workload->harts; hart++) {
            console_print("%s%llu", hart > 0 ? "," : "", (unsigned long long)workload->hart[hart].phase_ns[phase]);
        }
        console_print("]}");
    }
    console_print("]");
}

/* 0 if memory is too small for one. */
static uint64_t requests_of(const struct measurement *measurement, const struct row *row)
{
    uint64_t frames = UINT64_C(1) << row->order;
    uint64_t requests = workload_requests(row->kind, measurement->usable_frames, measurement->harts_most, frames);
    return workload_requests_cut(requests, measurement->options->requests, row->burst);
}

static void write_record(const struct measurement *measurement, const struct row *row, uint64_t repeat,
                         const struct workload *workload, const struct frame_stats *before)
{
    record_begin("bench", measurement->options, measurement->config, row->harts);
    console_print(",\"workload\":\"%s\",\"order\":%llu,\"frames\":%llu,\"repeat\":%llu", workload_name(row->kind),
                  (unsigned long long)row->order, (unsigned long long)workload->frames, (unsigned long long)repeat);
    if (row->burst != 0) {
        console_print(",\"burst\":%llu", (unsigned long long)row->burst);
    }
    write_phases(workload);
    record_end(measurement->allocator, before);
}

static int measure(struct measurement *measurement, const struct row *row, uint64_t repeat)
{
    struct workload workload = {.kind = row->kind,
                                .allocator = measurement->allocator,
                                .frames = UINT64_C(1) << row->order,
                                .align_bytes = FRAME_SIZE << row->order,
                                .requests = requests_of(measurement, row),
                                .burst = row->burst,
                                .harts = row->harts,
                                .seed = measurement->options->seed,
                                .slots = measurement->slots,
                                .hart = measurement->harts};
    struct frame_stats before;
    if (workload.requests == 0) {
        console_line("Bail out! %s: memory is too small for %lu harts", workload_name(row->kind),
                     (unsigned long)row->harts);
        return KERNEL_USAGE;
    }
    bool ran = workload_run(&workload); /* warm-up */
    frame_allocator_stats(measurement->allocator, &before);
    if (!ran || !workload_run(&workload)) {
        console_line("Bail out! %s: %lu harts cannot be started", workload_name(row->kind), (unsigned long)row->harts);
        return KERNEL_USAGE;
    }
    const struct workload_hart *failed = workload_failure(&workload);
    if (failed != NULL) {
        console_line("not ok - %s order %llu, %lu harts: %s", workload_name(row->kind), (unsigned long long)row->order,
                     (unsigned long)row->harts, frame_status_text(failed->status));
        return KERNEL_VIOLATED;
    }
    write_record(measurement, row, repeat, &workload, &before);
    return KERNEL_HOLDS;
}

/* Every size and count of harts. */
static int measure_rows(struct measurement *measurement, enum workload_kind kind, uint64_t burst)
{
    const struct kernel_options *options = measurement->options;
    int status = KERNEL_HOLDS;
    for (uint32_t o = 0; o < options->orders.count && status == KERNEL_HOLDS; o++) {
        for (uint32_t h = 0; h < options->harts.count && status == KERNEL_HOLDS; h++) {
            const struct row row = {kind, burst, options->orders.values[o], (uint32_t)options->harts.values[h]};
            for (uint64_t repeat = 0; repeat < options->repeats && status == KERNEL_HOLDS; repeat++) {
                status = measure(measurement, &row, repeat);
            }
        }
    }
    return status;
}

static int measure_workload(struct measurement *measurement, enum workload_kind kind)
{
    const struct option_list *bursts = &measurement->options->bursts;
    int status = KERNEL_HOLDS;
    if (kind != WORKLOAD_BURST) {
        return measure_rows(measurement, kind, 0);
    }
    for (uint32_t i = 0; i < bursts->count && status == KERNEL_HOLDS; i++) {
        status = bursts->values[i] != 0 ? measure_rows(measurement, kind, bursts->values[i]) : KERNEL_USAGE;
    }
    return status;
}

/* The next name of a list of workloads. */
static bool next_workload(const char **list, enum workload_kind *kind)
{
    char name[16];
    size_t length = strcspn(*list, ",");
    if (length == 0 || length >= sizeof name) {
        return false;
    }
    memcpy(name, *list, length);
    name[length] = '\0';
    *list += length + ((*list)[length] == ',');
    return workload_find(name, kind) && !workload_ages(*kind) && workload_harts_beside(*kind) == 0;
}

static bool get_memory(struct measurement *measurement)
{
    uint64_t frames = 0;
    for (uint32_t i = 0; i < kernel_boot.free_count; i++) {
        frames += kernel_boot.free[i].range.size >> FRAME_SHIFT;
    }
    uint64_t slots = workload_slots(frames, measurement->harts_most);
    uint64_t limit = measurement->options->requests;
    const struct option_list *bursts = &measurement->options->bursts;
    for (uint32_t i = 0; i < bursts->count && limit != 0; i++) {
        limit = bursts->values[i] > limit ? bursts->values[i] : limit; /* one burst at least */
    }
    slots = limit != 0 && workload_slots(limit, measurement->harts_most) < slots
                ? workload_slots(limit, measurement->harts_most)
                : slots;
    measurement->harts =
        boot_alloc_zeroed(&kernel_boot, measurement->harts_most * sizeof *measurement->harts, CACHE_PAIR);
    measurement->slots = boot_alloc_zeroed(&kernel_boot, slots * sizeof *measurement->slots, CACHE_PAIR);
    return measurement->harts != NULL && measurement->slots != NULL;
}

int kernel_bench(const struct kernel_options *options)
{
    struct frame_allocator_config config;
    struct measurement measurement = {.options = options, .config = &config};
    for (uint32_t i = 0; i < options->harts.count; i++) {
        uint32_t harts = (uint32_t)options->harts.values[i];
        measurement.harts_most = harts > measurement.harts_most ? harts : measurement.harts_most;
    }
    if (!get_memory(&measurement)) {
        console_line("Bail out! no memory for the results");
        return KERNEL_USAGE;
    }
    measurement.allocator = kernel_allocator(options, measurement.harts_most, &config);
    if (measurement.allocator == NULL) {
        return KERNEL_USAGE;
    }
    struct frame_stats stats;
    frame_allocator_stats(measurement.allocator, &stats);
    measurement.usable_frames = stats.frames_total;
    int status = KERNEL_HOLDS;
    for (const char *list = options->workloads; *list != '\0' && status == KERNEL_HOLDS;) {
        enum workload_kind kind;
        if (!next_workload(&list, &kind)) {
            console_line("Bail out! workloads are bulk, rand, repeat, burst, adversary, walk and zeroed, not '%s'",
                         options->workloads);
            return KERNEL_USAGE;
        }
        status = measure_workload(&measurement, kind);
    }
    return status;
}
