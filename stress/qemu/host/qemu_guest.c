/* SPDX-License-Identifier: MIT
 * Runs a guest and understands its console. See qemu_guest.h. */
#include "qemu_guest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"
#include "exit_status.h"
#include "interrupt.h"
#include "platform.h"
#include "qemu_symbols.h"
#include "subprocess.h"

/* Between two looks at the clock and at `interrupted`. */
#define LOOK_MS 100
#define SAID_BYTES 256u

struct run {
    const struct qemu_guest *guest;
    struct subprocess subprocess;
    struct qemu_symbols *symbols;
    uint64_t records;
    bool spoke;               /* the kernel, not only its firmware */
    bool firmware_missing;    /* QEMU says so */
    bool refused;             /* by QEMU, which says why */
    bool plugin_refused;      /* its plugin, likewise */
    bool bailed;              /* by the kernel, which says why */
    bool failed;              /* a test, and the kernel says so */
    char comment[SAID_BYTES]; /* the kernel's last */
    char said[SAID_BYTES];    /* last, by whomever */
};

/* ---- lines ---- */

static bool begins(const char *line, const char *with)
{
    return strncmp(line, with, strlen(with)) == 0;
}

/* A line of the kernel's, with the name of the address that it ends with. */
static void print_named(const struct run *run, FILE *out, const char *line)
{
    char name[SAID_BYTES];
    bool named = qemu_symbols_name_line(run->symbols, line, name, sizeof name);
    (void)fprintf(out, "%s%s%s\n", line, named ? " " : "", named ? name : "");
    (void)fflush(out);
}

static bool is_ktap(const char *line)
{
    return begins(line, "KTAP ") || begins(line, "1..") || begins(line, "ok ") || begins(line, "not ok ") ||
           begins(line, "# ");
}

static void take_ktap(struct run *run, const char *line)
{
    if (run->guest->ktap != NULL) {
        print_named(run, run->guest->ktap, line);
        return;
    }
    run->failed |= begins(line, "not ok ");
    if (begins(line, "# ")) {
        (void)snprintf(run->comment, sizeof run->comment, ": %.200s", line + 2);
    }
    if (begins(line, "not ok ") || (run->failed && begins(line, "# "))) {
        (void)fprintf(stderr, "%s: guest: ", run->guest->name);
        print_named(run, stderr, line);
    }
}

/* What QEMU itself says, on its standard error. Its warnings are passed on and mean nothing else. */
static void take_complaint(struct run *run, const char *line)
{
    (void)fprintf(stderr, "%s\n", line);
    run->refused |= strstr(line, ": warning: ") == NULL;
    run->plugin_refused |= strstr(line, "plugin") != NULL;
    run->firmware_missing |= strstr(line, "BIOS") != NULL || strstr(line, "firmware") != NULL;
}

static int take_record(struct run *run, const char *line)
{
    json_error_t error;
    json_t *record = json_loads(line, JSON_REJECT_DUPLICATES, &error);
    if (json_object_get(record, "type") == NULL) {
        int status =
            status_say(run->guest->name, EXIT_STATUS_VIOLATED, "record %llu of the guest is broken, it is stopped: %s",
                       (unsigned long long)run->records + 1, record == NULL ? error.text : "it has no type");
        json_decref(record);
        return status;
    }
    int status = run->guest->record(run->guest->context, record);
    json_decref(record);
    run->records++;
    return status;
}

static int take_line(struct run *run, const char *line)
{
    int status = EXIT_STATUS_HOLDS;
    bool said = true;
    if (line[0] == '{') {
        status = take_record(run, line);
    } else if (begins(line, "Bail out! ")) {
        run->bailed = true;
        (void)status_say(run->guest->name, 0, "the guest: %s%s", line + strlen("Bail out! "), run->comment);
    } else if (begins(line, "panic:") || begins(line, "Kernel panic")) {
        (void)fprintf(stderr, "%s: guest ", run->guest->name);
        print_named(run, stderr, line);
    } else if (is_ktap(line)) {
        take_ktap(run, line);
    } else {
        said = false;
        if (begins(line, "qemu-system-")) {
            take_complaint(run, line);
        }
    }
    run->spoke |= said;
    if (line[0] != '\0') {
        (void)snprintf(run->said, sizeof run->said, "%.100s", line);
    }
    return status;
}

/* ---- the end ---- */

static int judge_refusal(const struct run *run)
{
    const struct qemu_arch_facts *arch = qemu_arch_facts(run->guest->machine->arch);
    if (run->firmware_missing) {
        return status_say(run->guest->name, EXIT_STATUS_SKIPPED,
                          "skipped: %s lacks its firmware; Debian has it in qemu-system-data and opensbi",
                          arch->program);
    }
    if (run->plugin_refused) {
        return status_say(run->guest->name, EXIT_STATUS_SKIPPED, "skipped: %s cannot load the plugin", arch->program);
    }
    return status_say(run->guest->name, EXIT_STATUS_USAGE, "%s cannot make this machine", arch->program);
}

static int judge_end(const struct run *run, int ended)
{
    const unsigned long long records = run->records, most = run->guest->records_most;
    if (!run->spoke && run->refused) {
        return judge_refusal(run);
    }
    switch (ended) {
    case KERNEL_HOLDS:
        if (run->bailed) { /* Linux has no exit status */
            return EXIT_STATUS_USAGE;
        }
        return records == most
                   ? EXIT_STATUS_HOLDS
                   : status_say(run->guest->name, EXIT_STATUS_VIOLATED,
                                "the guest ended as if all were well, after %llu of %llu records", records, most);
    case KERNEL_VIOLATED:
        return status_say(run->guest->name, EXIT_STATUS_VIOLATED, "the guest reports a failure; boot arguments: %s",
                          run->guest->bootargs);
    case KERNEL_USAGE:
        return run->bailed ? EXIT_STATUS_USAGE
                           : status_say(run->guest->name, EXIT_STATUS_USAGE, "the guest refuses its boot arguments: %s",
                                        run->guest->bootargs);
    case KERNEL_PANIC:
        return status_say(run->guest->name, EXIT_STATUS_VIOLATED,
                          "the guest panicked after %llu of %llu records; boot arguments: %s", records, most,
                          run->guest->bootargs);
    default:
        return status_say(run->guest->name, EXIT_STATUS_VIOLATED,
                          "QEMU ended with status %d after %llu of %llu records", ended, records, most);
    }
}

static int stop_late(struct run *run)
{
    subprocess_stop(&run->subprocess);
    return status_say(run->guest->name, EXIT_STATUS_WATCHDOG,
                      "watchdog: the guest is not done in time, and is stopped; %llu of %llu records; it last said: %s",
                      (unsigned long long)run->records, (unsigned long long)run->guest->records_most,
                      run->said[0] != '\0' ? run->said : "nothing");
}

/* ---- the run ---- */

static int read_all(struct run *run)
{
    const uint64_t deadline_ns = run->guest->deadline_ns;
    for (;;) {
        char *line;
        enum subprocess_event event = subprocess_read_line(&run->subprocess, &line, LOOK_MS);
        int status = event == SUBPROCESS_LINE ? take_line(run, line) : EXIT_STATUS_HOLDS;
        if (event == SUBPROCESS_CLOSED) {
            return judge_end(run, subprocess_wait(&run->subprocess));
        }
        if (atomic_load_explicit(&interrupted, memory_order_relaxed)) {
            subprocess_stop(&run->subprocess);
            return status_say(run->guest->name, EXIT_STATUS_INTERRUPTED, "interrupted; what was recorded is kept");
        }
        if (status != EXIT_STATUS_HOLDS) {
            subprocess_stop(&run->subprocess);
            return status;
        }
        if (deadline_ns != 0 && platform_time_ns() > deadline_ns) {
            return stop_late(run);
        }
    }
}

static int start(struct run *run, char **command)
{
    const struct qemu_machine *machine = run->guest->machine;
    if (subprocess_start(&run->subprocess, command, true)) {
        if (machine->gdb_port != 0) {
            (void)fprintf(stderr, "%s: the guest waits for a debugger: gdb-multiarch %s -ex 'target remote :%u'\n",
                          run->guest->name, machine->kernel, machine->gdb_port);
        }
        return EXIT_STATUS_HOLDS;
    }
    return status_say(run->guest->name, EXIT_STATUS_USAGE, "%s: %s", command[0], strerror(errno));
}

int qemu_guest_run(const struct qemu_guest *guest)
{
    struct run run = {.guest = guest, .subprocess = {.fd = -1}};
    char **command = qemu_machine_command(guest->machine, guest->bootargs);
    if (command == NULL) {
        return status_say(guest->name, EXIT_STATUS_USAGE, "the command line for QEMU: %s", strerror(ENOMEM));
    }
    run.symbols = qemu_symbols_open(guest->machine->kernel);
    int status = start(&run, command);
    if (status == EXIT_STATUS_HOLDS) {
        status = read_all(&run);
    }
    qemu_symbols_close(run.symbols);
    free(command);
    return status;
}
