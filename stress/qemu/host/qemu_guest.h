/* SPDX-License-Identifier: MIT
 * One run of the kernel in QEMU, from the first line of its console to its exit status.
 *
 * The console carries the firmware's words, which are left out; records, one a line, each beginning with '{'; KTAP
 * lines and `# ` comments; `Bail out! ` and a reason; and the last words of a kernel that panics. Whatever the guest
 * does, the run ends: by itself, at the deadline, at an interrupt, or at a record that is broken. */
#ifndef FRAMELAB_STRESS_QEMU_GUEST_H
#define FRAMELAB_STRESS_QEMU_GUEST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "qemu_machine.h"

struct qemu_guest {
    const char *name; /* of the sub-command, before each line on stderr: "framelab bench" */
    const struct qemu_machine *machine;
    const char *bootargs;
    uint64_t deadline_ns;  /* of platform_time_ns(); 0: none */
    uint64_t records_most; /* that it writes if it gets to its end */
    /* Given each record, which stays the caller's. An exit status, after a line on stderr if it cannot be kept. */
    int (*record)(void *context, json_t *record);
    void *context;
    FILE *ktap; /* where KTAP lines go; NULL: only those that tell of a failure, to stderr */
};

/* Runs it. Returns an exit status, and says why on stderr unless that is EXIT_STATUS_HOLDS: EXIT_STATUS_VIOLATED if a
 * property is violated, the kernel panics or a record is broken or missing; _USAGE if the kernel or QEMU refuses what
 * it is asked; _SKIPPED if QEMU has no firmware for it; _WATCHDOG; _INTERRUPTED. */
int qemu_guest_run(const struct qemu_guest *guest);

#endif
