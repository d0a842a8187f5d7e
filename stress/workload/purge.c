/* SPDX-License-Identifier: MIT
 * What page reclaim does: all allocate, few free, and what they free was allocated by all (J. Weiner: per-CPU buddy
 * allocator, linux-mm, April 2026, whose cover letter has this for what per-CPU lists do worst: frees gather on the
 * wrong CPUs; mm/vmscan.c of Linux, shrink_folio_list):
 *
 *    purge      each hart allocates N; barrier; then k of them free all, in the order in which it was allocated, as if
 *               all harts had gone at one pace: the order of an LRU list. Each takes the next 32 off that list, as
 *               Linux does (SWAP_CLUSTER_MAX). The others wait. Both timed; the frees from the barrier to when the last
 *               frame is free, of all harts, so that harts over the time of an operation is throughput here, too. One
 *               hart alone frees its own. */
#include "workload_phase.h"

#define CLUSTER 32u

static uint64_t freeing_of(const struct workload *workload)
{
    uint64_t freeing = workload->choice.options[0];
    return freeing < workload->harts ? freeing : workload->harts;
}

/* Frees the clusters that are the hart's. *held is not used. */
TEMPLATE bool purge_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, const uint64_t *held,
                         bool timed, alloc_operation alloc, free_operation free)
{
    (void)alloc;
    (void)held;
    slots = slots_of(workload, 0);
    const uint64_t stride = (uint64_t)(slots_of(workload, 1) - slots), harts = workload->harts;
    const uint64_t all = harts * workload->requests, freeing = freeing_of(workload);
    const uint64_t hart = (uint64_t)(me - workload->hart);
    for (uint64_t first = hart * CLUSTER; hart < freeing && first < all; first += freeing * CLUSTER) {
        uint64_t count = all - first < CLUSTER ? all - first : CLUSTER;
        uint64_t owner = first % harts, i = first / harts; /* the owner's slot i */
        for (; count > 0; count--) {
            struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
            enum frame_status status = free(workload, me, slots[owner * stride + i]);
            if (timed) {
                end_timed(workload, me, &look, 1, status);
            }
            if (__builtin_expect(status != FRAME_OK, 0)) {
                return note_failure(me, status, i);
            }
            i += ++owner == harts;
            owner = owner == harts ? 0 : owner;
        }
    }
    return true;
}

WORKLOAD_LOOPS(purge)

static void run_purge(struct workload *workload, uint32_t hart)
{
    run_freed_elsewhere(workload, hart, purge_loops);
}

static void tell(const struct workload *workload, workload_print *print)
{
    print(",\"purge\":{\"freeing\":%llu}", (unsigned long long)freeing_of(workload));
}

const struct workload_kind purge_workload = {
    .name = "purge",
    .summary = "each hart allocates N, then k of them free all, oldest first: page reclaim",
    .phases = {"alloc purgers=#", "free purgers=#"},
    .options = {{"purgers", "Harts that free, k; all, if there are no more", 1, 512, 1, true}},
    .run = run_purge,
    .tell = tell,
};
