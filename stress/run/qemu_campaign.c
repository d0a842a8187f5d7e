/* SPDX-License-Identifier: MIT
 * Guests one after the other. See qemu_campaign.h. */
#include "qemu_campaign.h"

#include <errno.h>
#include <fcntl.h>
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
    struct qemu_machine machine; /* the plan's, with a file for the plugin */
    json_t *provenance;
    const char *variant; /* that runs */
    uint64_t records;
    FILE *counts; /* what the plugin writes, a line a record; NULL: there is none */
};

/* ---- records ---- */

/* What the plugin counted for a record, with the operations that it is of; NULL: nothing. */
static json_t *read_coherence(FILE *counts, const json_t *record)
{
    json_t *coherence = json_loadf(counts, JSON_DISABLE_EOF_CHECK, NULL), *phase;
    json_int_t operations = 0;
    size_t i;
    json_array_foreach(json_object_get(record, "phases"), i, phase)
    {
        operations += json_integer_value(json_object_get(phase, "operations"));
    }
    operations *= json_integer_value(json_object_get(record, "harts"));
    (void)json_object_del(coherence, "segment"); /* by the guest; the record says which it is */
    (void)json_object_set_new(coherence, "operations", json_integer(operations));
    return coherence;
}

/* Adds it. False after a line on stderr if it is missing. */
static bool add_coherence(const struct campaign *campaign, json_t *record)
{
    json_t *coherence = read_coherence(campaign->counts, record);
    if (coherence != NULL && json_object_set_new(record, "coherence", coherence) == 0) {
        return true;
    }
    (void)status_say(campaign->plan->name, 0, "the plugin counted nothing: the kernel has no markers for it");
    return false;
}

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

static int take_record(void *context, json_t *record)
{
    struct campaign *campaign = context;
    const struct qemu_campaign *plan = campaign->plan;
    const char *workload = json_string_value(json_object_get(record, "workload"));
    if (campaign->counts != NULL && !add_coherence(campaign, record)) {
        return EXIT_STATUS_VIOLATED;
    }
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
    progress_show((double)campaign->records, (double)(plan->variant_count * plan->records_per_variant), "%s, %s",
                  campaign->variant, workload != NULL ? workload : "done");
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

static json_t *make_provenance(const struct campaign *campaign, json_t *version)
{
    const struct qemu_campaign *plan = campaign->plan;
    const struct qemu_machine *machine = &campaign->machine;
    char memory[128];
    (void)snprintf(memory, sizeof memory, "{\"from_file\":false,\"ram_bytes\":%llu,\"nodes\":%u,\"harts\":%u}",
                   (unsigned long long)machine->memory_bytes, machine->nodes, machine->harts);
    json_t *qemu =
        json_pack("{s:O, s:s, s:s, s:o, s:o}", "version", version, "arch", qemu_arch_facts(machine->arch)->name, "mode",
                  qemu_mode_name(machine), "command", command_json(machine), "kernel", qemu_kernel_json(machine));
    return provenance_make(plan->argc, plan->argv, memory, "qemu", qemu);
}

/* ---- the run ---- */

static int run_variant(struct campaign *campaign, uint64_t deadline_ns)
{
    const struct qemu_campaign *plan = campaign->plan;
    char bootargs[BOOTARGS_MAX];
    int length = snprintf(bootargs, sizeof bootargs, "%s variant=%s", plan->bootargs, campaign->variant);
    if (length < 0 || (size_t)length >= sizeof bootargs) {
        return status_say(plan->name, EXIT_STATUS_USAGE, "more boot arguments than the guest takes: %s",
                          plan->bootargs);
    }
    progress_show((double)campaign->records, (double)(plan->variant_count * plan->records_per_variant), "%s, boots",
                  campaign->variant);
    if (campaign->counts != NULL) {
        rewind(campaign->counts); /* each guest begins the file anew */
    }
    const struct qemu_guest guest = {.name = plan->name,
                                     .machine = &campaign->machine,
                                     .bootargs = bootargs,
                                     .deadline_ns = deadline_ns,
                                     .records_most = plan->records_per_variant,
                                     .record = take_record,
                                     .context = campaign,
                                     .ktap = plan->ktap};
    return qemu_guest_run(&guest);
}

static int run_variants(struct campaign *campaign)
{
    const struct qemu_campaign *plan = campaign->plan;
    const bool limited = plan->machine.gdb_port == 0; /* whoever debugs takes all the time it takes */
    const uint64_t deadline_ns = limited ? platform_time_ns() + (uint64_t)(plan->seconds * 1e9) : 0;
    int status = EXIT_STATUS_HOLDS;
    for (uint32_t i = 0; i < plan->variant_count && status == EXIT_STATUS_HOLDS; i++) {
        campaign->variant = plan->variants[i];
        status = run_variant(campaign, deadline_ns);
    }
    progress_end();
    return status;
}

/* A file without a name, which QEMU inherits. */
static bool open_counts(struct campaign *campaign)
{
    campaign->counts = tmpfile();
    campaign->machine.counts_fd = campaign->counts != NULL ? fileno(campaign->counts) : -1;
    return campaign->counts != NULL && fcntl(campaign->machine.counts_fd, F_SETFD, 0) == 0;
}

int qemu_campaign_run(const struct qemu_campaign *plan)
{
    struct campaign campaign = {.plan = plan, .machine = plan->machine};
    json_t *version = version_json(&plan->machine);
    if (version == NULL) {
        const struct qemu_arch_facts *arch = qemu_arch_facts(plan->machine.arch);
        return status_say(plan->name, EXIT_STATUS_SKIPPED, "skipped: there is no %s; Debian has it in %s",
                          arch->program, arch->package);
    }
    bool opened = plan->machine.plugin[0] == '\0' || open_counts(&campaign);
    campaign.provenance = opened ? make_provenance(&campaign, version) : NULL;
    json_decref(version);
    int status = campaign.provenance != NULL
                     ? run_variants(&campaign)
                     : status_say(plan->name, EXIT_STATUS_VIOLATED, "%s: %s",
                                  opened ? "the provenance" : "a file for the plugin", strerror(errno));
    json_decref(campaign.provenance);
    if (campaign.counts != NULL) {
        (void)fclose(campaign.counts);
    }
    return status;
}
