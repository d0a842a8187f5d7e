/* SPDX-License-Identifier: MIT
 * The table of platforms: what framelab's measurements and trials run on. A row says what the platform is, whether this
 * build has it, what is done there unless asked for otherwise, and how it does each of them. */
#ifndef FRAMELAB_STRESS_PLATFORMS_H
#define FRAMELAB_STRESS_PLATFORMS_H

#include "bench.h"
#include "machine_model.h"
#include "micro_run.h"
#include "stress_run.h"
#include "variant.h"

struct platform {
    const char *name, *summary;
    const char *missing;                   /* why this build does not have it; NULL: it does */
    const struct variant *const *variants; /* as framelab_variants, for the parsing of SPECs */

    /* Unless asked for otherwise. */
    struct option_list harts;  /* of a sweep */
    uint64_t bench_bytes;      /* memory */
    uint64_t bench_requests;   /* allocations a hart; 0: as the workload has it */
    uint64_t micro_operations; /* a hart and measurement, of primitives */
    uint64_t smr_operations;   /* the same of reclamation; 0: by time */
    uint64_t stress_bytes;
    double bench_seconds; /* then it gives up, and sees to that itself; 0: never, and whoever calls it may */

    /* What not all can. */
    bool times_boot;  /* how long an allocator took to build */
    bool stops_harts; /* anywhere, for the workload `stopped` */
    bool spare_harts; /* there may be more than run */
    bool runs_linux;  /* beside kernels of ours */

    /* Chooses the machine of what comes next, by name or, if it has a slash or a dot, by file; NULL: the default one;
     * and what costs between its harts are multiplied by. False with one line in `why`. NULL: it is always the same. */
    bool (*machine)(const char *name, double costs, char *why, size_t why_bytes);
    /* Whether it has what the plan asks for, or false with one line in `why`. NULL: always. */
    bool (*bench_check)(const struct bench_plan *plan, char *why, size_t why_bytes);
    /* Each runs a plan and returns an exit status, after a line on stderr if that is not EXIT_STATUS_HOLDS. */
    int (*bench)(const struct bench_plan *plan, FILE *records);
    int (*micro)(const struct micro_plan *plan, FILE *records); /* NULL: it has no time */
    int (*stress)(const struct stress_plan *plan);
    /* Nanoseconds of an operation of a primitive on a machine, each of `harts` harts doing `micro_operations`; 0: it
     * cannot be told. NULL: machines are real here. */
    double (*primitive_ns)(const struct machine_model *machine, enum primitive primitive, uint32_t harts);
};

extern const struct platform platform_host, platform_qemu, platform_sim;

/* Ends with NULL. */
extern const struct platform *const framelab_platforms[];

/* The platform of that name, or NULL. */
const struct platform *platform_find(const char *name);

#endif
