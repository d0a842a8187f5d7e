/* SPDX-License-Identifier: MIT
 * Locks, counters and lists, and schemes of memory reclamation, each by itself, as bench records: for each hart count,
 * repeats of all that is wanted, in turn. Compiled once for each platform, as bench.c is (bench_platform.h). */
#ifndef FRAMELAB_STRESS_MICRO_RUN_H
#define FRAMELAB_STRESS_MICRO_RUN_H

#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "primitives.h"
#include "smr.h"

struct micro_plan {
    bool reclaim;    /* schemes of reclamation; else primitives */
    uint64_t wanted; /* bit set of enum primitive, or of enum smr_scheme; 0: all */
    struct option_list harts;
    uint32_t repeats;
    uint64_t seed;
    uint64_t operations; /* of primitives: a hart and measurement */
    struct smr_plan smr; /* of reclamation: all but scheme and harts */
    int argc;            /* the command line, for the provenance and messages */
    char **argv;
};

/* The name of what is measured, or NULL if there are not so many. */
const char *micro_name(bool reclaim, uint32_t number);

/* Runs the plan, writing records to `records`. Returns an exit status, after one line on stderr if it is not
 * EXIT_STATUS_HOLDS. One hart. */
int micro_run(const struct micro_plan *plan, FILE *records);

#endif
