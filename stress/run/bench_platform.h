/* SPDX-License-Identifier: MIT
 * What a measurement must know of where it runs, beside platform.h and harness.h. bench.c and micro_run.c are compiled
 * once for each platform that they measure on: for the host, and, with the allocators, for simulated harts. */
#ifndef FRAMELAB_STRESS_BENCH_PLATFORM_H
#define FRAMELAB_STRESS_BENCH_PLATFORM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct frame_allocator;

struct bench_platform {
    const char *name; /* as records have it */
    /* Operations of a phase, a hart: fewer, and a measurement is of several passes. */
    uint64_t operations_least;
    uint64_t cas_operations; /* of one sample of the control `cas` */
    uint64_t core_turns;     /* of the cores' control in a pass; 0: cores are nobody else's */
    /* The machine for the provenance, a new reference; NULL: it is this one. */
    json_t *(*machine_model)(void);
    /* A measurement begins on a fresh machine; `seed` is of this repeat. These three may be NULL. */
    void (*begin)(uint64_t seed);
    /* What is counted of the phases from now on. */
    void (*start_counting)(void);
    /* What only this platform knows of the measurement, for the record, a new reference. `operations`: of all harts and
     * phases since start_counting. */
    json_t *(*facts)(uint64_t operations);
    /* As in struct workload; NULL: no hart can be stopped here. */
    bool (*hold)(const struct frame_allocator *allocator, uint32_t hart);
    bool (*let_go)(uint32_t hart);
};

extern const struct bench_platform bench_platform;

/* The machine for the provenance, a new reference, or NULL. */
static inline json_t *bench_platform_model(void)
{
    return bench_platform.machine_model != NULL ? bench_platform.machine_model() : NULL;
}

/* Begins a measurement: what is random in a simulated machine differs from repeat to repeat. */
static inline void bench_platform_begin(uint64_t seed, uint32_t repeat)
{
    if (bench_platform.begin != NULL) {
        bench_platform.begin(seed + repeat * UINT64_C(0x9e3779b97f4a7c15));
    }
}

/* What only the platform knows, or NULL. */
static inline json_t *bench_platform_facts(uint64_t operations)
{
    return bench_platform.facts != NULL ? bench_platform.facts(operations) : NULL;
}

#endif
