/* SPDX-License-Identifier: MIT
 * A benchmark's plan for the kernel in QEMU. See qemu_bench.h. */
#include "qemu_bench.h"

#include <stdarg.h>

#include "memory_map.h"
#include "qemu_campaign.h"

bool qemu_bench_check(const struct bench_plan *plan, char *why, size_t why_bytes)
{
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (workload_ages(plan->workloads[i]) || workload_harts_beside(plan->workloads[i]) > 0) {
            (void)snprintf(
                why, why_bytes,
                "--workload: in QEMU there are bulk, rand, repeat, burst, adversary, walk and zeroed, not %s",
                workload_name(plan->workloads[i]));
            return false;
        }
    }
    return true;
}

/* A text in the making; what does not fit is left out, and the text is then as long as its room. */
struct text {
    char bytes[BOOTARGS_MAX];
    size_t used;
};

__attribute__((format(printf, 2, 3))) static void append(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text->bytes + text->used, sizeof text->bytes - text->used, format, arguments);
    va_end(arguments);
    size_t room = sizeof text->bytes - 1 - text->used;
    text->used += length < 0 || (size_t)length > room ? room : (size_t)length;
}

/* Burst is there once for each run length, and asked for once. */
static void append_workloads(struct text *text, const struct bench_plan *plan)
{
    bool burst = false;
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (!(burst && plan->workloads[i] == WORKLOAD_BURST)) {
            append(text, "%s%s", i > 0 ? "," : " workload=", workload_name(plan->workloads[i]));
        }
        burst = burst || plan->workloads[i] == WORKLOAD_BURST;
    }
    burst = false;
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        if (plan->workloads[i] == WORKLOAD_BURST) {
            append(text, "%s%u", burst ? "," : " burst=", plan->bursts[i]);
            burst = true;
        }
    }
}

static void make_bootargs(struct text *text, const struct bench_plan *plan)
{
    append(text, "run=bench mode=%s seed=%llu repeat=%u requests=%llu", qemu_mode_name(plan->qemu),
           (unsigned long long)plan->seed, plan->repeats, (unsigned long long)plan->requests_most);
    for (uint32_t i = 0; i < plan->harts.count; i++) {
        append(text, "%s%llu", i > 0 ? "," : " harts=", (unsigned long long)plan->harts.values[i]);
    }
    for (uint32_t i = 0; i < plan->size_count; i++) {
        append(text, "%s%d", i > 0 ? "," : " order=", plan->sizes[i].order);
    }
    append_workloads(text, plan);
}

int qemu_bench_run(const struct bench_plan *plan, FILE *records)
{
    struct text bootargs = {.used = 0};
    const char *variants[BENCH_VARIANT_MAX];
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        variants[i] = plan->variants[i].text;
    }
    make_bootargs(&bootargs, plan);
    const struct qemu_campaign campaign = {.name = plan->argv[0],
                                           .machine = *plan->qemu,
                                           .variants = variants,
                                           .variant_count = plan->variant_count,
                                           .bootargs = bootargs.bytes,
                                           .records_per_variant = (uint64_t)plan->workload_count * plan->size_count *
                                                                  plan->harts.count * plan->repeats,
                                           .seconds = plan->seconds,
                                           .records = records,
                                           .argc = plan->argc,
                                           .argv = plan->argv};
    return qemu_campaign_run(&campaign);
}
