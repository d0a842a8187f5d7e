/* SPDX-License-Identifier: MIT
 * The workloads, as published with LLFree (Wrenger et al., USENIX ATC 2023), so that numbers can be set side by side:
 *
 *   bulk    each hart allocates N; barrier; frees its N in reverse order. Both timed.
 *   rand    as bulk, but between the two all harts' allocations are shuffled across harts, seeded. Both timed.
 *   repeat  each hart allocates N; barrier; allocates one and frees that one, N times. The pairs are timed.
 *
 *   N = usable frames / most harts of the sweep / 2 / frames a request, the same for every hart count.
 *
 * Each hart times its own share from the barrier on, with two readings of the clock a phase. Latency is measured in
 * a run of its own that reads the clock around every operation: the clock's own cost is in every sample, and the
 * `null` control's latency is that cost.
 *
 * Nothing here allocates, prints or knows of threads: memory comes from the caller, harts from harness.h. */
#ifndef FRAMELAB_STRESS_WORKLOAD_H
#define FRAMELAB_STRESS_WORKLOAD_H

#include "frame_allocator.h"
#include "harness.h"
#include "histogram.h"
#include "null_allocator.h"

enum workload_kind { WORKLOAD_BULK, WORKLOAD_RAND, WORKLOAD_REPEAT, WORKLOAD_KIND_COUNT };

#define WORKLOAD_PHASE_MAX 2u

/* What one hart brings back; cache lines of its own. */
struct workload_hart {
    _Alignas(CACHE_PAIR) uint64_t phase_ns[WORKLOAD_PHASE_MAX];
    enum frame_status status; /* FRAME_OK, or why operation `failed_at` of its phase failed */
    uint64_t failed_at;
    struct histogram *latency; /* WORKLOAD_PHASE_MAX of them; added to if workload.time_each */
    struct null_allocator null;
};

struct workload {
    enum workload_kind kind;
    struct frame_allocator *allocator; /* NULL: the null allocator */
    uint64_t frames;                   /* a request, at least 1 */
    uint64_t align_bytes;              /* of a request of more than one frame */
    uint64_t requests;                 /* N, a hart */
    uint32_t harts;
    uint64_t seed;              /* of the shuffle */
    bool time_each;             /* latency instead of throughput */
    pfn_t *slots;               /* workload_slots(requests, harts) */
    struct workload_hart *hart; /* one a hart */
    /* Private. */
    struct hart_barrier barrier;
    bool gave_up; /* some hart's phase failed: the rest only cleans up. Written before a barrier, read after it. */
};

const char *workload_name(enum workload_kind kind);
/* False if there is no workload of that name. */
bool workload_find(const char *name, enum workload_kind *kind);
uint32_t workload_phase_count(enum workload_kind kind);
/* "alloc", "free" or "pair". */
const char *workload_phase_name(enum workload_kind kind, uint32_t phase);

/* N for a sweep of up to `harts_most`; 0 if the memory is too small for even one request a hart. */
uint64_t workload_requests(uint64_t usable_frames, uint32_t harts_most, uint64_t frames);

/* Slots that `requests` by each of `harts` need: each hart's own begin on a cache line of their own. */
uint64_t workload_slots(uint64_t requests, uint32_t harts);

/* Runs it; the results are in workload->hart[]. False if the harts cannot be had. */
bool workload_run(struct workload *workload);

/* The first hart whose phase failed, or NULL if all went well. */
const struct workload_hart *workload_failure(const struct workload *workload);

/* The CAS unit: nanoseconds that `operations` uncontended compare-and-swaps on one L1-hot line take, each waiting for
 * the one before. Called on a hart. */
uint64_t control_cas_ns(uint64_t operations);

#endif
