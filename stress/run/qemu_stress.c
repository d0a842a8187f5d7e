/* SPDX-License-Identifier: MIT
 * A stress test's plan for the kernel in QEMU. See qemu_stress.h. */
#include "qemu_stress.h"

#include <inttypes.h>

#include "interrupt.h"
#include "progress.h"
#include "qemu_campaign.h"

#define BOOTARGS_BYTES 256u

static const char *text_of(const json_t *record, const char *key)
{
    const char *text = json_string_value(json_object_get(record, key));
    return text != NULL ? text : "";
}

static int64_t number_of(const json_t *record, const char *key)
{
    return json_integer_value(json_object_get(record, key));
}

static void tell_csv(const json_t *record)
{
    (void)printf("\"%s\",%s,%s,%" PRId64 ",%" PRId64 ",%s\n", text_of(record, "variant"), text_of(record, "arch"),
                 text_of(record, "mode"), number_of(record, "harts"), number_of(record, "operations"),
                 text_of(record, "property"));
    (void)fflush(stdout);
}

int qemu_stress_run(const struct stress_plan *plan, const struct qemu_machine *machine)
{
    char bootargs[BOOTARGS_BYTES];
    (void)snprintf(bootargs, sizeof bootargs, "run=stress mode=%s seed=%" PRIu64 " operations=%" PRIu64 " harts=%u",
                   qemu_mode_name(machine), plan->seed,
                   plan->operations != 0 ? plan->operations : QEMU_STRESS_OPERATIONS, machine->harts);
    const struct qemu_campaign campaign = {.name = "framelab stress",
                                           .machine = *machine,
                                           .variants = plan->variants,
                                           .variant_count = plan->variant_count,
                                           .bootargs = bootargs,
                                           .records_per_variant = 1,
                                           .seconds = plan->timeout_seconds,
                                           .records = plan->format == FORMAT_JSON ? stdout : NULL,
                                           .ktap = plan->format == FORMAT_TEXT ? stdout : NULL,
                                           .told = plan->format == FORMAT_CSV ? tell_csv : NULL,
                                           .argc = plan->argc,
                                           .argv = plan->argv};
    interrupt_catch();
    progress_begin(plan->progress);
    (void)fprintf(stderr, "framelab stress: seed %" PRIu64 "\n", plan->seed);
    if (plan->format == FORMAT_CSV) {
        (void)printf("variant,arch,mode,harts,operations,violated\n");
    }
    return qemu_campaign_run(&campaign);
}
