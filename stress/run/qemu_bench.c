/* SPDX-License-Identifier: MIT
 * A benchmark's plan for the kernel in QEMU. See qemu_bench.h. */
#include "qemu_bench.h"

#include <errno.h>
#include <string.h>

#include "exit_status.h"
#include "memory_map.h"
#include "qemu_campaign.h"

bool qemu_bench_check(const struct bench_plan *plan, char *why, size_t why_bytes)
{
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        const struct workload_kind *kind = plan->workloads[i].kind;
        if (kind->ages || kind->harts_beside > 0) {
            (void)snprintf(why, why_bytes, "--workload: %s is not in QEMU: it %s", kind->name,
                           kind->ages ? "ages memory" : "has a hart beside the others");
            return false;
        }
    }
    return true;
}

/* Each with all its options: workload_parse. */
static void append_workloads(FILE *text, const struct bench_plan *plan)
{
    for (uint32_t i = 0; i < plan->workload_count; i++) {
        const struct workload_choice *choice = &plan->workloads[i];
        (void)fprintf(text, "%s%s", i > 0 ? "," : " workload=", choice->kind->name);
        for (uint32_t k = 0; k < WORKLOAD_OPTION_MAX && choice->kind->options[k].name != NULL; k++) {
            (void)fprintf(text, ":%llu", (unsigned long long)choice->options[k]);
        }
    }
}

static void make_bootargs(FILE *text, const struct bench_plan *plan)
{
    (void)fprintf(text, "run=bench mode=%s seed=%llu repeat=%u requests=%llu", qemu_mode_name(plan->qemu),
                  (unsigned long long)plan->seed, plan->repeats, (unsigned long long)plan->requests_most);
    for (uint32_t i = 0; i < plan->harts.count; i++) {
        (void)fprintf(text, "%s%llu", i > 0 ? "," : " harts=", (unsigned long long)plan->harts.values[i]);
    }
    for (uint32_t i = 0; i < plan->size_count; i++) {
        (void)fprintf(text, "%s%d", i > 0 ? "," : " order=", plan->sizes[i].order);
    }
    append_workloads(text, plan);
}

int qemu_bench_run(const struct bench_plan *plan, FILE *records)
{
    char bootargs[BOOTARGS_MAX] = ""; /* what does not fit is left out, which the campaign takes for too long */
    FILE *text = fmemopen(bootargs, sizeof bootargs - 1, "w");
    const char *variants[BENCH_VARIANT_MAX];
    for (uint32_t i = 0; i < plan->variant_count; i++) {
        variants[i] = plan->variants[i].text;
    }
    if (text == NULL) {
        return status_say(plan->argv[0], EXIT_STATUS_USAGE, "%s", strerror(errno));
    }
    make_bootargs(text, plan);
    (void)fclose(text);
    const struct qemu_campaign campaign = {.name = plan->argv[0],
                                           .machine = *plan->qemu,
                                           .variants = variants,
                                           .variant_count = plan->variant_count,
                                           .bootargs = bootargs,
                                           .records_per_variant = (uint64_t)plan->workload_count * plan->size_count *
                                                                  plan->harts.count * plan->repeats,
                                           .seconds = plan->seconds,
                                           .records = records,
                                           .argc = plan->argc,
                                           .argv = plan->argv};
    return qemu_campaign_run(&campaign);
}
