/* SPDX-License-Identifier: MIT
 * What `framelab bench` and `framelab stress` have in common on QEMU: one guest after the other, one a variant; its
 * records passed on with the provenance of the run. */
#ifndef FRAMELAB_STRESS_QEMU_CAMPAIGN_H
#define FRAMELAB_STRESS_QEMU_CAMPAIGN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "qemu_machine.h"

struct qemu_campaign {
    const char *name; /* of the sub-command, for messages: "framelab bench" */
    struct qemu_machine machine;
    const char *const *variants;
    uint32_t variant_count;
    const char *bootargs;         /* all but the variant */
    uint64_t records_per_variant; /* that each guest writes */
    double seconds;               /* for all guests together; then the watchdog */
    FILE *records;                /* where records go; NULL: nowhere */
    FILE *ktap;                   /* where KTAP goes; NULL: nowhere */
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
