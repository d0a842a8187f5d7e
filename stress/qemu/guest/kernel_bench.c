/* SPDX-License-Identifier: MIT
 * The workloads on the kernel's harts. What they take for time is what each hart has executed (platform.c), so that a
 * record tells instructions; and what the allocator counts. There are no nanoseconds here. See kernel_options.h. */
#include <string.h>

#include "kernel_options.h"
#include "record_text.h"
#include "workload.h"

/* What is measured. */
struct row {
    struct workload_choice choice;
    uint64_t order;
    uint32_t harts;
};

struct measurement {
    const struct kernel_options *options;
    const struct frame_allocator_config *config;
    struct frame_allocator *allocator;
    struct workload_hart *harts;
    pfn_t *slots;
    void *state;
    uint64_t usable_frames;
    uint32_t harts_most;
};

static void write_phases(const struct workload *workload)
{
    console_print(",\"phases\":[");
    char name[WORKLOAD_TEXT_BYTES];
    for (uint32_t phase = 0; phase < workload_phase_count(workload->choice.kind); phase++) {
        console_print("%s{\"name\":\"%s\",\"operations\":%llu,\"hart_instructions\":[", phase > 0 ? "," : "",
                      workload_phase_name(&workload->choice, phase, name),
                      (unsigned long long)workload_operations(workload));
        for (uint32_t hart = 0; hart < workload->harts; hart++) {
            console_print("%s%llu", hart > 0 ? "," : "", (unsigned long long)workload->hart[hart].phase_ns[phase]);
        }
        console_print("]}");
    }
    console_print("]");
}

static void write_record(const struct measurement *measurement, const struct row *row, uint64_t repeat,
                         const struct workload *workload, const struct frame_stats *before)
{
    record_begin("bench", measurement->options, measurement->config, row->harts);
    console_print(",\"workload\":\"%s\",\"order\":%llu,\"frames\":%llu,\"repeat\":%llu", row->choice.kind->name,
                  (unsigned long long)row->order, (unsigned long long)workload->frames, (unsigned long long)repeat);
    workload_tell(workload, console_print);
    write_phases(workload);
    record_end(measurement->allocator, before);
}

static struct workload workload_of(const struct measurement *measurement, const struct row *row)
{
    const struct workload_shape shape = {.usable_frames = measurement->usable_frames,
                                         .frames = UINT64_C(1) << row->order,
                                         .requests_most = measurement->options->requests,
                                         .harts = row->harts,
                                         .harts_most = measurement->harts_most};
    return (struct workload){.choice = row->choice,
                             .allocator = measurement->allocator,
                             .frames = shape.frames,
                             .align_bytes = FRAME_SIZE << row->order,
                             .requests = workload_requests(&row->choice, &shape),
                             .turns = row->choice.kind->rounds ? (uint32_t)row->choice.options[0] : 1,
                             .harts = row->harts,
                             .seed = measurement->options->seed,
                             .slots = measurement->slots,
                             .state = measurement->state,
                             .hart = measurement->harts};
}

static int measure(struct measurement *measurement, const struct row *row, uint64_t repeat)
{
    struct workload workload = workload_of(measurement, row);
    struct frame_stats before;
    if (workload.requests == 0) {
        console_line("Bail out! %s: memory is too small for %lu harts", row->choice.kind->name,
                     (unsigned long)row->harts);
        return KERNEL_USAGE;
    }
    bool ran = workload_run(&workload); /* warm-up */
    frame_allocator_stats(measurement->allocator, &before);
    arch_mark(MARK_START);
    if (!ran || !workload_run(&workload)) {
        console_line("Bail out! %s: %lu harts cannot be started", row->choice.kind->name, (unsigned long)row->harts);
        return KERNEL_USAGE;
    }
    const struct workload_hart *failed = workload_failure(&workload);
    if (failed != NULL) {
        console_line("not ok - %s order %llu, %lu harts: %s", row->choice.kind->name, (unsigned long long)row->order,
                     (unsigned long)row->harts, frame_status_text(failed->status));
        return KERNEL_VIOLATED;
    }
    arch_mark(MARK_TELL);
    write_record(measurement, row, repeat, &workload, &before);
    return KERNEL_HOLDS;
}

static uint64_t row_count(const struct kernel_options *options)
{
    uint64_t workloads = 1;
    for (const char *at = options->workloads; *at != '\0'; at++) {
        workloads += *at == ',';
    }
    return workloads * options->orders.count * options->harts.count;
}

/* False if its workload is none that the kernel has. */
static bool row_at(const struct kernel_options *options, uint64_t i, struct row *row)
{
    const char *list = options->workloads;
    for (uint64_t skip = i / options->harts.count / options->orders.count; skip > 0; skip--) {
        list = strchr(list, ',') + 1;
    }
    row->order = options->orders.values[i / options->harts.count % options->orders.count];
    row->harts = (uint32_t)options->harts.values[i % options->harts.count];
    return workload_parse(&row->choice, list, strcspn(list, ",")) && !row->choice.kind->ages &&
           row->choice.kind->harts_beside == 0;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* As much as any row needs, if the allocator should have all frames that are free. */
static bool get_memory(struct measurement *measurement, uint64_t rows)
{
    struct row row;
    uint64_t slots = 1, state_bytes = 1;
    for (uint32_t i = 0; i < kernel_boot.free_count; i++) {
        measurement->usable_frames += kernel_boot.free[i].range.size >> FRAME_SHIFT;
    }
    for (uint64_t i = 0; i < rows; i++) {
        (void)row_at(measurement->options, i, &row);
        struct workload workload = workload_of(measurement, &row);
        slots = larger(slots, workload_slots(workload.requests, measurement->harts_most));
        state_bytes = larger(state_bytes, workload_state_bytes(&workload));
    }
    measurement->harts =
        boot_alloc_zeroed(&kernel_boot, measurement->harts_most * sizeof *measurement->harts, CACHE_PAIR);
    measurement->slots = boot_alloc_zeroed(&kernel_boot, slots * sizeof *measurement->slots, CACHE_PAIR);
    measurement->state = boot_alloc_zeroed(&kernel_boot, state_bytes, CACHE_PAIR);
    return measurement->harts != NULL && measurement->slots != NULL && measurement->state != NULL;
}

int kernel_bench(const struct kernel_options *options)
{
    struct frame_allocator_config config;
    struct measurement measurement = {.options = options, .config = &config};
    for (uint32_t i = 0; i < options->harts.count; i++) {
        uint32_t harts = (uint32_t)options->harts.values[i];
        measurement.harts_most = harts > measurement.harts_most ? harts : measurement.harts_most;
    }
    const uint64_t rows = row_count(options);
    struct row row;
    for (uint64_t i = 0; i < rows; i++) {
        if (!row_at(options, i, &row)) {
            console_line("Bail out! '%s' is not a list of workloads that the kernel has", options->workloads);
            return KERNEL_USAGE;
        }
    }
    if (!get_memory(&measurement, rows)) {
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
    if (options->usable != 0 && options->usable < stats.frames_total) {
        measurement.usable_frames = options->usable;
    }
    int status = KERNEL_HOLDS;
    for (uint64_t i = 0; i < rows * options->repeats && status == KERNEL_HOLDS; i++) {
        (void)row_at(options, i / options->repeats, &row);
        status = measure(&measurement, &row, i % options->repeats);
    }
    return status;
}
