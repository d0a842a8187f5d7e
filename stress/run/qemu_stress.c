/* SPDX-License-Identifier: MIT
 * A stress test's plan for the kernel in QEMU. See qemu_stress.h. */
#include "qemu_stress.h"

#include <inttypes.h>

#include "flat.h"
#include "qemu_campaign.h"
#include "qemu_machine.h"
#include "record.h"

#define BOOTARGS_BYTES 256u
/* Mixed operations a hart unless the plan says otherwise: a second for four harts. */
#define QEMU_STRESS_OPERATIONS UINT64_C(5000)

static uint64_t number_of(const json_t *record, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(record, key));
}

static bool tell_csv(const json_t *told, bool first, FILE *out)
{
    char setting[64];
    (void)snprintf(setting, sizeof setting, "%s, %s", flat_text(told, "arch"), flat_text(told, "mode"));
    const struct stress_record record = {.variant = flat_text(told, "variant"),
                                         .platform = "qemu",
                                         .setting = setting,
                                         .harts = (uint32_t)number_of(told, "harts"),
                                         .seed = number_of(told, "seed"),
                                         .operations = number_of(told, "operations"),
                                         .property = json_string_value(json_object_get(told, "property")),
                                         .rounds = RECORD_UNKNOWN,
                                         .accesses = RECORD_UNKNOWN,
                                         .added = RECORD_UNKNOWN,
                                         .removed = RECORD_UNKNOWN};
    return record_stress_csv(out, &record, first);
}

int qemu_stress_run(const struct stress_plan *plan)
{
    char bootargs[BOOTARGS_BYTES];
    (void)snprintf(bootargs, sizeof bootargs, "run=stress mode=%s seed=%" PRIu64 " operations=%" PRIu64 " harts=%u",
                   qemu_mode_name(plan->qemu), plan->seed,
                   plan->operations != 0 ? plan->operations : QEMU_STRESS_OPERATIONS, plan->qemu->harts);
    const struct qemu_campaign campaign = {.name = plan->argv[0],
                                           .machine = *plan->qemu,
                                           .variants = plan->variants,
                                           .variant_count = plan->variant_count,
                                           .bootargs = bootargs,
                                           .records_per_variant = 1,
                                           .seconds = plan->timeout_seconds,
                                           .records = plan->format == FORMAT_JSON ? plan->out : NULL,
                                           .ktap = plan->format == FORMAT_TEXT ? plan->out : NULL,
                                           .told = plan->format == FORMAT_CSV ? tell_csv : NULL,
                                           .out = plan->out,
                                           .argc = plan->argc,
                                           .argv = plan->argv};
    (void)fprintf(stderr, "%s: seed %" PRIu64 "\n", plan->argv[0], plan->seed);
    return qemu_campaign_run(&campaign);
}
