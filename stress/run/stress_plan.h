/* SPDX-License-Identifier: MIT
 * What a stress run is asked for: trials (trial.h) of every variant over several layouts of memory and settings of the
 * caches, since a bug may need a hole, a second node, a tiny magazine or none to be reached. */
#ifndef FRAMELAB_STRESS_STRESS_PLAN_H
#define FRAMELAB_STRESS_STRESS_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "options.h"

#define STRESS_VARIANT_MAX 32u

enum stress_layout {
    LAYOUT_PLAIN, /* one region, one node */
    LAYOUT_NODES, /* two NUMA nodes: two arenas side by side */
    LAYOUT_NODES_4,
    LAYOUT_HOLES, /* pieces, gaps and reservations by the seed: holes_fdt.h */
    LAYOUT_GIVEN, /* --dtb */
    LAYOUT_COUNT
};

struct stress_plan {
    const char *variants[STRESS_VARIANT_MAX]; /* specs that parse */
    uint32_t variant_count;
    uint32_t layouts; /* bit set of enum stress_layout; 0: all but LAYOUT_GIVEN */
    const void *fdt;  /* or NULL; then LAYOUT_GIVEN alone */
    size_t fdt_bytes;
    uint64_t memory_bytes;
    uint32_t harts;
    double seconds;      /* for all trials */
    uint64_t operations; /* a hart and trial; 0: by time */
    uint64_t seed;
    double timeout_seconds;
    enum output_format format;
    FILE *out;                               /* what was found goes there, in that format */
    const struct qemu_machine *qemu;         /* that QEMU shall make */
    const struct sim_stress_plan *simulated; /* what simulated harts are asked for besides */
    const char *simulated_memory;            /* what their memory does, in a word */
    int argc;                                /* the command line, for the provenance and messages */
    char **argv;
};

#endif
