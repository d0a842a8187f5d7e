/* SPDX-License-Identifier: MIT
 * The plan of a stress run, on any platform. */
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

enum stress_format { STRESS_TEXT, STRESS_JSON, STRESS_CSV, STRESS_KTAP, STRESS_JUNIT };

struct stress_plan {
    const char *variants[STRESS_VARIANT_MAX]; /* specs that parse */
    uint32_t variant_count;
    uint32_t layouts; /* bit set of enum stress_layout; 0: all but LAYOUT_GIVEN */
    const void *fdt;  /* or NULL; then LAYOUT_GIVEN alone */
    size_t fdt_bytes;
    const char *fdt_path;
    uint64_t memory_bytes;
    uint32_t harts;
    bool interrupts;     /* P12: harts are interrupted */
    double seconds;      /* for all trials of a pass (stress_series.h) */
    uint64_t operations; /* a hart and trial; 0: by time */
    uint64_t seed;
    uint32_t shard, shards;  /* this run has each `shards`th part of the work, from the `shard`th on, counted from 1 */
    bool until_failure;      /* pass after pass */
    double limit_seconds;    /* for the whole run, then the watchdog; 0: none */
    double patience_seconds; /* for each trial, if there is no such limit, beyond its time */
    enum stress_format format;
    FILE *out;                               /* what was found goes there, in that format */
    const char *out_path;                    /* records go there, whatever the format; NULL: nowhere else */
    const char *resume_path;                 /* how far the run came is kept there; NULL: nowhere */
    const struct qemu_machine *qemu;         /* that QEMU shall make */
    const struct sim_stress_plan *simulated; /* what simulated harts are asked for besides */
    const char *simulated_memory;            /* what their memory does, in a word */
    int argc;                                /* the command line, for the provenance and messages */
    char **argv;
};

#endif
