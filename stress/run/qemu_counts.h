/* SPDX-License-Identifier: MIT
 * What QEMU's plugin (stress/qemu/plugin) counts of our kernel, added to its records: accesses to caches, and
 * instructions by function. */
#ifndef FRAMELAB_STRESS_QEMU_COUNTS_H
#define FRAMELAB_STRESS_QEMU_COUNTS_H

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>

#include "bench.h"
#include "qemu_machine.h"

struct qemu_counts {
    const struct bench_plan *plan;
    FILE *file; /* what the plugin writes, a line a record; each guest begins it anew */
    struct qemu_symbols *symbols;
    uint64_t code;               /* the kernel's own begins there */
    uint64_t records, per_guest; /* so far; that each guest writes */
};

/* Gives the machine the plugin, told to count what the plan asks for. An exit status, with one line in `why` if it is
 * not EXIT_STATUS_HOLDS. */
int qemu_counts_open(struct qemu_counts *counts, const struct bench_plan *plan, struct qemu_machine *machine, char *why,
                     size_t why_bytes);
/* As `complete` of a guest (qemu_campaign.h), with the struct qemu_counts for context. */
int qemu_counts_complete(void *context, json_t *record);
/* Also of one that is all 0. */
void qemu_counts_close(struct qemu_counts *counts);

#endif
