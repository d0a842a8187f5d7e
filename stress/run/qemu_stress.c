/* SPDX-License-Identifier: MIT
 * A stress test's plan for the kernel in QEMU. See qemu_stress.h. */
#include "qemu_stress.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exit_status.h"
#include "flat.h"
#include "platform.h"
#include "qemu_campaign.h"
#include "qemu_machine.h"
#include "record.h"
#include "stress_series.h"

#define BOOTARGS_BYTES 256u
/* Mixed operations a hart unless the plan says otherwise: a second for four harts. */
#define QEMU_STRESS_OPERATIONS UINT64_C(5000)

static uint64_t number_of(const json_t *record, const char *key)
{
    return (uint64_t)json_integer_value(json_object_get(record, key));
}

/* What is told of a guest, and its parts that must stay meanwhile. */
struct guest {
    const struct stress_plan *plan;
    const struct stress_turn *turn;
    struct stress_report *report;
    const char *variant;
    char *ktap; /* its lines; complete once it has ended */
    size_t ktap_bytes;
    FILE *ktap_stream;
    int64_t begun_ns;
    bool told; /* its record */
};

/* What the guest's KTAP says of each property, and of what was violated. */
struct reading {
    uint32_t tested;
    uint32_t violated; /* 0: none */
    char what[VERDICT_TEXT_MAX];
    uint64_t frame;
    uint32_t hart;
};

/* "text; frame 0x1234, hart 2" */
static void read_comment(char *text, struct reading *reading)
{
    unsigned long long frame = UINT64_MAX;
    long hart = -1;
    char *end = strstr(text, "; frame 0x");
    if (end != NULL && sscanf(end, "; frame 0x%llx, hart %ld", &frame, &hart) == 2) {
        *end = '\0';
    }
    (void)snprintf(reading->what, sizeof reading->what, "%.*s", (int)sizeof reading->what - 1, text);
    reading->frame = frame;
    reading->hart = hart < 0 ? UINT32_MAX : (uint32_t)hart;
}

static struct reading read_ktap(const char *ktap)
{
    struct reading reading = {.frame = UINT64_MAX, .hart = UINT32_MAX};
    bool is_comment_due = false;
    while (*ktap != '\0') {
        char line[VERDICT_TEXT_MAX + 128];
        size_t length = strcspn(ktap, "\n");
        uint32_t number = 0;
        (void)snprintf(line, sizeof line, "%.*s", (int)length, ktap);
        ktap += length + (ktap[length] == '\n');
        if (is_comment_due && line[0] == '#') {
            read_comment(line + 2, &reading);
        }
        is_comment_due = sscanf(line, "not ok %u", &number) == 1 && number < PROPERTY_COUNT;
        if (is_comment_due) {
            reading.violated = number;
        } else if (sscanf(line, "ok %u", &number) == 1 && number < PROPERTY_COUNT && strstr(line, "# SKIP") == NULL) {
            reading.tested |= UINT32_C(1) << number;
        }
    }
    return reading;
}

static void write_replay(const struct stress_plan *plan, const char *variant, uint64_t seed, uint64_t operations,
                         char *out, size_t bytes)
{
    const struct qemu_machine *machine = plan->qemu;
    (void)snprintf(out, bytes,
                   "framelab stress --platform qemu --arch %s --mode %s --harts %u --memory %" PRIu64
                   " --numa %u --variant %s --operations %" PRIu64 " --seed %" PRIu64,
                   qemu_arch_facts(machine->arch)->name, qemu_mode_name(machine), machine->harts, machine->memory_bytes,
                   machine->nodes, variant, operations, seed);
}

static uint64_t operations_of(const struct stress_plan *plan)
{
    return plan->operations != 0 ? plan->operations : QEMU_STRESS_OPERATIONS;
}

/* The guest's record, with what only the host knows: the range, and how to find the violation again. */
static int take_record(void *context, const json_t *told, const json_t *provenance)
{
    struct guest *guest = context;
    char setting[64], name[256], replay[1024];
    (void)fflush(guest->ktap_stream);
    const struct reading reading = read_ktap(guest->ktap);
    const enum property property = (enum property)reading.violated;
    (void)snprintf(setting, sizeof setting, "%s, %s", flat_text(told, "arch"), flat_text(told, "mode"));
    (void)snprintf(name, sizeof name, "%s, %s", guest->variant, setting);
    write_replay(guest->plan, guest->variant, guest->turn->seed, operations_of(guest->plan), replay, sizeof replay);
    const struct stress_violation violation = {.property = property_name(property),
                                               .meaning = property_text(property),
                                               .what = reading.what,
                                               .frame = reading.frame,
                                               .hart = reading.hart,
                                               .seed = guest->turn->seed,
                                               .is_schedule = !guest->plan->qemu->mttcg,
                                               .replay = replay};
    struct stress_outcome outcome = {.record = {.variant = guest->variant,
                                                .platform = "qemu",
                                                .setting = setting,
                                                .harts = (uint32_t)number_of(told, "harts"),
                                                .seed = guest->turn->seed,
                                                .operations = number_of(told, "operations"),
                                                .violation = reading.violated != 0 ? &violation : NULL,
                                                .range = stress_turn_range(guest->turn),
                                                .rounds = RECORD_UNKNOWN,
                                                .accesses = RECORD_UNKNOWN,
                                                .added = RECORD_UNKNOWN,
                                                .removed = RECORD_UNKNOWN},
                                     .provenance = provenance};
    json_t *line = json_copy((json_t *)told);
    json_object_set_new(line, "range", record_range_json(&outcome.record.range));
    if (reading.violated != 0) {
        json_object_set_new(line, "violation", record_violation_json(&violation));
    }
    outcome.line = line;
    stress_outcome_tests(&outcome, reading.tested, reading.violated != 0 ? violation.property : NULL);
    guest->told = true;
    int status = stress_report_trial(guest->report, name, &outcome, NULL);
    json_decref(line);
    return status == EXIT_STATUS_VIOLATED && reading.violated != 0 ? EXIT_STATUS_HOLDS : status; /* it says so itself */
}

/* A guest that ended badly before it told anything: it panicked, as stands on stderr. */
static int tell_panic(struct guest *guest)
{
    char setting[64], name[256], replay[1024];
    const struct stress_plan *plan = guest->plan;
    (void)snprintf(setting, sizeof setting, "%s, %s", qemu_arch_facts(plan->qemu->arch)->name,
                   qemu_mode_name(plan->qemu));
    (void)snprintf(name, sizeof name, "%s, %s", guest->variant, setting);
    write_replay(plan, guest->variant, guest->turn->seed, operations_of(plan), replay, sizeof replay);
    const struct stress_violation violation = {.property = STRESS_PANIC,
                                               .meaning = STRESS_PANIC_TEXT,
                                               .what = "the guest ended without a record: why stands on stderr",
                                               .frame = RECORD_UNKNOWN,
                                               .hart = UINT32_MAX,
                                               .seed = guest->turn->seed,
                                               .is_schedule = !plan->qemu->mttcg,
                                               .replay = replay};
    struct stress_outcome outcome = {.record = {.variant = guest->variant,
                                                .knobs = "",
                                                .platform = "qemu",
                                                .setting = setting,
                                                .harts = plan->qemu->harts,
                                                .seed = guest->turn->seed,
                                                .violation = &violation,
                                                .range = stress_turn_range(guest->turn),
                                                .operations = RECORD_UNKNOWN,
                                                .rounds = RECORD_UNKNOWN,
                                                .accesses = RECORD_UNKNOWN,
                                                .added = RECORD_UNKNOWN,
                                                .removed = RECORD_UNKNOWN}};
    stress_outcome_tests(&outcome, 0, STRESS_PANIC);
    return stress_report_trial(guest->report, name, &outcome, NULL);
}

static void name_variant(void *context, uint32_t kind, char *name, size_t bytes)
{
    const struct guest *guest = context;
    (void)snprintf(name, bytes, "%s, %s, %s", guest->plan->variants[kind],
                   qemu_arch_facts(guest->plan->qemu->arch)->name, qemu_mode_name(guest->plan->qemu));
}

/* Of the time limit, what the guests before have left. */
static double seconds_of(const struct guest *guest)
{
    double limit = guest->plan->limit_seconds > 0 ? guest->plan->limit_seconds : guest->plan->patience_seconds;
    double left = limit - (double)((int64_t)platform_time_ns() - guest->begun_ns) / 1e9;
    return left > 0.001 ? left : 0.001;
}

/* One guest. */
static int play(void *context, struct stress_report *report, const struct stress_turn *turn)
{
    struct guest *guest = context;
    const struct stress_plan *plan = guest->plan;
    char bootargs[BOOTARGS_BYTES];
    guest->turn = turn;
    guest->report = report;
    guest->told = false;
    guest->variant = plan->variants[turn->kind];
    guest->ktap_stream = open_memstream(&guest->ktap, &guest->ktap_bytes);
    if (guest->ktap_stream == NULL) {
        return status_say(plan->argv[0], EXIT_STATUS_USAGE, "out of memory");
    }
    (void)snprintf(bootargs, sizeof bootargs,
                   "run=stress mode=%s seed=%" PRIu64 " operations=%" PRIu64 " harts=%u%s variant=%s",
                   qemu_mode_name(plan->qemu), turn->seed, operations_of(plan), plan->qemu->harts,
                   plan->interrupts ? " interrupts=1" : "", guest->variant);
    const struct qemu_campaign_guest only = {
        .variant = guest->variant, .machine = plan->qemu, .bootargs = bootargs, .records = 1};
    const struct qemu_campaign campaign = {.name = plan->argv[0],
                                           .machine = *plan->qemu,
                                           .guests = &only,
                                           .guest_count = 1,
                                           .seconds = seconds_of(guest),
                                           .ktap = guest->ktap_stream,
                                           .told = take_record,
                                           .context = guest,
                                           .argc = plan->argc,
                                           .argv = plan->argv};
    int status = qemu_campaign_run(&campaign);
    (void)fclose(guest->ktap_stream);
    free(guest->ktap);
    return status == EXIT_STATUS_VIOLATED && !guest->told ? tell_panic(guest) : status;
}

int qemu_stress_run(const struct stress_plan *plan)
{
    struct stress_plan as_ktap = *plan; /* which the guest speaks, and people read */
    as_ktap.format = plan->format == STRESS_TEXT ? STRESS_KTAP : plan->format;
    struct guest guest = {.plan = &as_ktap, .begun_ns = (int64_t)platform_time_ns()};
    const struct stress_work work = {
        .count = plan->variant_count, .context = &guest, .name = name_variant, .play = play};
    return stress_series_run(&as_ktap, &work);
}
