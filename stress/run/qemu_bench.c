/* SPDX-License-Identifier: MIT
 * A benchmark's plan for the kernel in QEMU. See qemu_bench.h. */
#include "qemu_bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "linux_bench.h"
#include "qemu_campaign.h"
#include "qemu_counts.h"

#define WHY_BYTES 256u

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

/* The words for a variant of ours, for free(); NULL if out of memory. */
static char *make_bootargs(const struct bench_plan *plan, const struct bench_variant *variant)
{
    char *bootargs = NULL;
    size_t bytes = 0;
    FILE *text = open_memstream(&bootargs, &bytes);
    if (text == NULL) {
        return NULL;
    }
    (void)fprintf(text, "run=bench mode=%s seed=%llu repeat=%u requests=%llu", qemu_mode_name(plan->qemu),
                  (unsigned long long)plan->seed, plan->repeats, (unsigned long long)plan->requests_most);
    for (uint32_t i = 0; i < plan->harts.count; i++) {
        (void)fprintf(text, "%s%llu", i > 0 ? "," : " harts=", (unsigned long long)plan->harts.values[i]);
    }
    for (uint32_t i = 0; i < plan->size_count; i++) {
        (void)fprintf(text, "%s%d", i > 0 ? "," : " order=", plan->sizes[i].order);
    }
    append_workloads(text, plan);
    if (linux_bench_wanted(plan)) {
        (void)fprintf(text, " usable=%llu", (unsigned long long)linux_bench_usable(plan));
    }
    (void)fprintf(text, " variant=%s", variant->text);
    if (fclose(text) != 0) {
        free(bootargs);
        return NULL;
    }
    return bootargs;
}

/* A guest a variant of ours, and a guest a repeat of one that is Linux. */
struct guests {
    struct qemu_campaign_guest *guests;
    char **bootargs; /* of ours */
    uint32_t count;
    struct qemu_machine machine; /* of ours; with the plugin, if something is to be counted by it */
    struct qemu_counts counts;
};

static bool make_guests(struct guests *made, const struct bench_plan *plan, struct linux_bench *linux_bench)
{
    const uint64_t records = (uint64_t)plan->workload_count * plan->size_count * plan->harts.count * plan->repeats;
    const uint32_t most = plan->variant_count * plan->repeats;
    bool good = true, first = linux_bench != NULL;
    made->guests = calloc(most, sizeof *made->guests);
    made->bootargs = calloc(plan->variant_count + 1, sizeof *made->bootargs);
    for (uint32_t i = 0; i < plan->variant_count && made->guests != NULL && made->bootargs != NULL; i++) {
        const struct bench_variant *variant = &plan->variants[i];
        for (uint32_t repeat = 0; linux_bench != NULL && variant->is_linux && repeat < plan->repeats; repeat++) {
            good &= linux_bench_guest(linux_bench, variant, repeat, first, &made->guests[made->count++]);
            first = false;
        }
        if (!variant->is_linux) {
            made->bootargs[i] = make_bootargs(plan, variant);
            good &= made->bootargs[i] != NULL;
            made->guests[made->count++] =
                (struct qemu_campaign_guest){.variant = variant->text,
                                             .machine = &made->machine,
                                             .bootargs = made->bootargs[i],
                                             .records = records,
                                             .complete = made->counts.file != NULL ? qemu_counts_complete : NULL,
                                             .context = &made->counts};
        }
    }
    return good && made->guests != NULL && made->bootargs != NULL;
}

static void free_guests(struct guests *made, const struct bench_plan *plan)
{
    for (uint32_t i = 0; i < plan->variant_count && made->bootargs != NULL; i++) {
        free(made->bootargs[i]);
    }
    free((void *)made->bootargs);
    free(made->guests);
}

static int run_campaign(const struct bench_plan *plan, struct linux_bench *linux_bench, FILE *records)
{
    struct guests made = {.machine = *plan->qemu};
    if (plan->counting.coherence || plan->counting.functions) {
        char why[WHY_BYTES];
        int opened = qemu_counts_open(&made.counts, plan, &made.machine, why, sizeof why);
        if (opened != EXIT_STATUS_HOLDS) {
            qemu_counts_close(&made.counts);
            return status_say(plan->argv[0], opened, "%s%s", opened == EXIT_STATUS_SKIPPED ? "skipped: " : "", why);
        }
    }
    json_t *others = linux_bench != NULL ? linux_bench_json(linux_bench) : NULL;
    int status = EXIT_STATUS_USAGE;
    if (make_guests(&made, plan, linux_bench)) {
        const struct qemu_campaign campaign = {.name = plan->argv[0],
                                               .machine = made.machine,
                                               .others = others,
                                               .guests = made.guests,
                                               .guest_count = made.count,
                                               .seconds = plan->seconds,
                                               .records = records,
                                               .argc = plan->argc,
                                               .argv = plan->argv};
        status = qemu_campaign_run(&campaign);
    } else {
        (void)status_say(plan->argv[0], status, "%s", strerror(errno));
    }
    free_guests(&made, plan);
    qemu_counts_close(&made.counts);
    json_decref(others);
    return status;
}

int qemu_bench_run(const struct bench_plan *plan, FILE *records)
{
    char why[WHY_BYTES];
    struct linux_bench *linux_bench = NULL;
    if (linux_bench_wanted(plan)) {
        if (!linux_bench_check(plan, why, sizeof why)) {
            return status_say(plan->argv[0], EXIT_STATUS_USAGE, "%s", why);
        }
        linux_bench = linux_bench_open(plan, why, sizeof why);
        if (linux_bench == NULL) {
            return status_say(plan->argv[0], EXIT_STATUS_SKIPPED, "skipped: %s", why);
        }
    }
    int status = run_campaign(plan, linux_bench, records);
    if (linux_bench != NULL) {
        linux_bench_close(linux_bench);
    }
    return status;
}
