/* SPDX-License-Identifier: MIT
 * Guests one after the other. See qemu_campaign.h. */
#include "qemu_campaign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "memory_map.h"
#include "platform.h"
#include "progress.h"
#include "provenance.h"
#include "qemu_guest.h"
#include "qemu_kernel.h"
#include "record.h"
#include "subprocess.h"

#define VERSION_TIMEOUT_MS 10000

struct campaign {
    const struct qemu_campaign *plan;
    json_t *provenance;
    const struct qemu_campaign_guest *guest; /* that runs */
    uint64_t records, records_most;
};

/* ---- records ---- */

/* The guest's keys in the guest's order, behind the type and the provenance as in every record. */
static json_t *with_provenance(const json_t *provenance, json_t *record)
{
    json_t *whole = json_pack("{s:O, s:O}", "type", json_object_get(record, "type"), "provenance",
                              json_object_get(provenance, "id"));
    if (whole != NULL && json_object_update_missing(whole, record) != 0) {
        json_decref(whole);
        whole = NULL;
    }
    return whole;
}

/* What is counted up to here, and what comes next. */
static void show(const struct campaign *campaign, const char *what)
{
    progress_show((double)campaign->records, (double)campaign->records_most, "%s, %s", campaign->guest->variant, what);
}

static int take_record(void *context, json_t *record)
{
    struct campaign *campaign = context;
    const struct qemu_campaign *plan = campaign->plan;
    const struct qemu_campaign_guest *guest = campaign->guest;
    int completed = guest->complete != NULL ? guest->complete(guest->context, record) : EXIT_STATUS_HOLDS;
    if (completed != EXIT_STATUS_HOLDS) {
        return completed;
    }
    const char *workload = json_string_value(json_object_get(record, "workload"));
    json_t *whole = with_provenance(campaign->provenance, record);
    errno = whole == NULL ? ENOMEM : 0;
    /* Whoever finds a file of nothing knows that nothing was recorded: the provenance comes with the first record. */
    bool good = whole != NULL &&
                (plan->records == NULL || campaign->records > 0 || record_line(plan->records, campaign->provenance)) &&
                (plan->records == NULL || record_line(plan->records, whole));
    int status = !good                ? status_lost(plan->name, plan->records)
                 : plan->told != NULL ? plan->told(plan->context, whole, campaign->provenance)
                                      : EXIT_STATUS_HOLDS;
    json_decref(whole);
    campaign->records++;
    show(campaign, workload != NULL ? workload : "done");
    return status;
}

/* ---- provenance ---- */

/* "QEMU emulator version 7.2.22 (Debian ...)", or NULL: then there is no QEMU. */
static json_t *version_json(const struct qemu_machine *machine)
{
    char *argv[] = {(char *)qemu_arch_facts(machine->arch)->program, "--version", NULL};
    struct subprocess subprocess;
    char *line;
    if (!subprocess_start(&subprocess, argv, false)) {
        return NULL;
    }
    bool told = subprocess_read_line(&subprocess, &line, VERSION_TIMEOUT_MS) == SUBPROCESS_LINE;
    json_t *version = told ? json_string(line) : NULL;
    subprocess_stop(&subprocess);
    return version != NULL ? version : json_string("unknown");
}

static json_t *command_json(const struct qemu_machine *machine)
{
    json_t *command = json_array();
    char **words = qemu_machine_command(machine, NULL);
    for (char **word = words; word != NULL && *word != NULL; word++) {
        json_array_append_new(command, json_string(*word));
    }
    free(words);
    return command;
}

static json_t *make_provenance(const struct qemu_campaign *plan, json_t *version)
{
    const struct qemu_machine *machine = &plan->machine;
    char memory[128];
    (void)snprintf(memory, sizeof memory, "{\"from_file\":false,\"ram_bytes\":%llu,\"nodes\":%u,\"harts\":%u}",
                   (unsigned long long)machine->memory_bytes, machine->nodes, machine->harts);
    json_t *qemu =
        json_pack("{s:O, s:s, s:s, s:o, s:o}", "version", version, "arch", qemu_arch_facts(machine->arch)->name, "mode",
                  qemu_mode_name(machine), "command", command_json(machine), "kernel", qemu_kernel_json(machine));
    if (plan->others != NULL) {
        (void)json_object_update(qemu, plan->others);
    }
    return provenance_make(plan->argc, plan->argv, memory, "qemu", qemu);
}

/* ---- the run ---- */

static int run_guest(struct campaign *campaign, uint64_t deadline_ns)
{
    const struct qemu_campaign *plan = campaign->plan;
    if (strlen(campaign->guest->bootargs) >= BOOTARGS_MAX) {
        return status_say(plan->name, EXIT_STATUS_USAGE, "more boot arguments than the guest takes: %s",
                          campaign->guest->bootargs);
    }
    show(campaign, "boots");
    const struct qemu_guest guest = {.name = plan->name,
                                     .machine = campaign->guest->machine,
                                     .bootargs = campaign->guest->bootargs,
                                     .deadline_ns = deadline_ns,
                                     .records_most = campaign->guest->records,
                                     .record = take_record,
                                     .context = campaign,
                                     .ktap = plan->ktap};
    return qemu_guest_run(&guest);
}

static int run_guests(struct campaign *campaign)
{
    const struct qemu_campaign *plan = campaign->plan;
    const bool limited = plan->machine.gdb_port == 0; /* whoever debugs takes all the time it takes */
    const uint64_t deadline_ns = limited ? platform_time_ns() + (uint64_t)(plan->seconds * 1e9) : 0;
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t i = 0; i < plan->guest_count; i++) {
        campaign->records_most += plan->guests[i].records;
    }
    for (uint32_t i = 0; i < plan->guest_count && status == EXIT_STATUS_HOLDS; i++) {
        campaign->guest = &plan->guests[i];
        status = run_guest(campaign, deadline_ns);
    }
    progress_end();
    return status;
}

int qemu_campaign_run(const struct qemu_campaign *plan)
{
    struct campaign campaign = {.plan = plan};
    json_t *version = version_json(&plan->machine);
    if (version == NULL) {
        const struct qemu_arch_facts *arch = qemu_arch_facts(plan->machine.arch);
        return status_say(plan->name, EXIT_STATUS_SKIPPED, "skipped: there is no %s; Debian has it in %s",
                          arch->program, arch->package);
    }
    campaign.provenance = make_provenance(plan, version);
    json_decref(version);
    if (campaign.provenance == NULL) {
        return status_say(plan->name, EXIT_STATUS_VIOLATED, "the provenance: %s", strerror(errno));
    }
    int status = run_guests(&campaign);
    json_decref(campaign.provenance);
    return status;
}
