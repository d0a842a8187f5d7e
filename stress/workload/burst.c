/* SPDX-License-Identifier: MIT
 * As published with McKenney's allocator cache (perfbook, smpalloc.c):
 *
 *    burst      each hart allocates L, then frees these L in the order in which they were allocated, again and again; N
 *               allocations in all, a multiple of L. The pairs are timed. Single frames cannot be in one another's way,
 *               so for these N may be all of memory: usable frames / most harts. */
#include "workload_phase.h"

TEMPLATE bool burst_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held,
                         bool timed, alloc_operation alloc, free_operation free)
{
    return bursts_loop(workload, me, slots, held, workload->choice.options[0], timed, alloc, free);
}

WORKLOAD_RUN(burst)

/* Whole bursts, one at least. */
static uint64_t requests_of(const struct workload_shape *shape, const uint64_t *options)
{
    uint64_t burst = options[0];
    uint64_t all = shape->usable_frames / shape->harts_most / (shape->frames == 1 ? 1 : 2 * shape->frames);
    uint64_t cut = workload_at_most(all, shape);
    return cut >= burst ? cut - cut % burst : all >= burst ? burst : 0;
}

const struct workload_kind burst_workload = {
    .name = "burst",
    .summary = "each hart allocates L, then frees those L, again and again",
    .phases = {"of #"},
    .options = {{"burst",
                 "Run lengths: allocations, then as many frees; --requests is cut to whole bursts, one at least", 1,
                 1000000, 16, true}},
    .run = run_burst,
    .requests = requests_of,
};
