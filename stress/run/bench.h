/* SPDX-License-Identifier: MIT
 * The benchmark: rows of (workload, size, harts), each measured for every variant, repeats interleaved.
 *
 * 1. Order. For every row and repeat every variant is measured once, the controls `cas` and `null` among them, in an
 *    order that is rotated from repeat to repeat: what changes slowly (heat, other programs) changes for all alike. A
 *    process that is one repeat of a campaign begins with its turn.
 * 2. Before. For every measurement the machine boots anew (machine.h): fresh RAM, a fresh allocator for just the harts
 *    of the row. The metadata's pages are touched and `warmup` passes of the same workload run first, unmeasured.
 * 3. After. validate() must hold and no frame be allocated, or the row is an error and has no number.
 * 4. Passes. Where memory is small or requests are large, one pass of a workload has few operations. Then a measurement
 *    is several passes, each as published, their times and operations added up. The workloads that age are always one
 *    pass, with turns or rounds inside.
 * 5. Each measurement is one record, written at once: a run that is interrupted keeps what it has measured. */
#ifndef FRAMELAB_STRESS_BENCH_H
#define FRAMELAB_STRESS_BENCH_H

#include <stdio.h>

#include "frame_allocator.h"
#include "linux_variant.h"
#include "machine.h"
#include "options.h"
#include "record.h"
#include "workload.h"

#define BENCH_VARIANT_MAX 32u
#define BENCH_KNOBS_MAX 512u
#define BENCH_WORKLOADS_MAX 256u

struct bench_variant {
    const char *text; /* as on the command line */
    bool is_linux;    /* Linux's own, in QEMU: then `linux_own` says which; else `config` */
    struct linux_variant linux_own;
    struct frame_allocator_config config;
    char knobs[BENCH_KNOBS_MAX];
};

/* A size of request: a power of two of frames, or any number of them. */
struct bench_size {
    uint64_t frames;
    int order; /* -1: none */
};

/* What QEMU's plugin shall count. */
struct bench_counting {
    bool coherence;    /* accesses to caches of each hart's own */
    uint64_t l2_bytes; /* of the second of them; 0: no line is ever dropped */
    bool functions;    /* instructions by function */
};

struct bench_plan {
    struct host_machine_options machine;
    struct bench_variant variants[BENCH_VARIANT_MAX];
    uint32_t variant_count;
    struct workload_choice workloads[BENCH_WORKLOADS_MAX]; /* one is there once for each value of what sweeps */
    uint32_t workload_count;
    struct bench_size sizes[OPTION_LIST_MAX]; /* 1 alone, if a workload ages (workload.h) */
    uint32_t size_count;
    struct option_list harts;
    uint32_t harts_configured; /* that the allocators are built for, if those of a row are fewer */
    uint64_t requests_most;    /* allocations a hart, at most; 0: as the workload has it */
    bool record_init;          /* also how long each boot took, as workload "boot" */
    uint32_t repeats;
    uint32_t turn;            /* which of the variants and controls comes first in the first repeat */
    uint32_t latency_repeats; /* of these, so many also measure latency */
    uint32_t warmup;          /* unmeasured passes before each measurement */
    uint64_t seed;
    double seconds;                  /* after which a platform that sees to that itself gives up */
    const struct qemu_machine *qemu; /* that QEMU shall make */
    struct bench_counting counting;  /* there */
    int argc;                        /* the command line, for the provenance */
    char **argv;
};

/* Runs the plan, writing records to `records`. Returns an exit status, after one line on stderr if it is not
 * EXIT_STATUS_HOLDS. One hart. */
int bench_run(const struct bench_plan *plan, FILE *records);

#endif
