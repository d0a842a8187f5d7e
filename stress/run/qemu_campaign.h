/* SPDX-License-Identifier: MIT
 * What `framelab bench` and `framelab stress` have in common on QEMU: one guest after the other; their
 * records passed on with the provenance of the run. */
#ifndef FRAMELAB_STRESS_QEMU_CAMPAIGN_H
#define FRAMELAB_STRESS_QEMU_CAMPAIGN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "qemu_machine.h"

struct qemu_campaign_guest {
    const char *variant;
    const struct qemu_machine *machine;
    const char *bootargs;
    uint64_t records; /* that it writes */
    /* Given each of its records before anybody else, to add what only the host knows. An exit status, after a line on
     * stderr if it is not EXIT_STATUS_HOLDS. NULL: nothing is added. */
    int (*complete)(void *context, json_t *record);
    void *context;
};

struct qemu_campaign {
    const char *name;            /* of the sub-command, for messages: "framelab bench" */
    struct qemu_machine machine; /* for the provenance */
    json_t *others;              /* for it, too: what runs there beside our kernel, by name; or NULL */
    const struct qemu_campaign_guest *guests;
    uint32_t guest_count;
    double seconds; /* for all guests together; then the watchdog */
    FILE *records;  /* where records go; NULL: nowhere */
    FILE *ktap;     /* where KTAP goes; NULL: nowhere */
    /* Given each record and the provenance that it names. An exit status, after a line on stderr if it is not
     * EXIT_STATUS_HOLDS. NULL: no such. */
    int (*told)(void *context, const json_t *record, const json_t *provenance);
    void *context;
    int argc; /* the command line, for the provenance */
    char **argv;
};

/* Runs all guests, up to the first that does not hold; shows progress, if that was begun. Returns an exit status, after
 * a line on stderr if it is not EXIT_STATUS_HOLDS. One at a time. */
int qemu_campaign_run(const struct qemu_campaign *plan);

#endif
