/* SPDX-License-Identifier: MIT
 * As published with Hoard (Berger, McKinley, Blumofe, Wilson: Hoard, ASPLOS 2000, "threadtest"):
 *
 *    threadtest  `objects` in all, shared among the harts: each allocates its L = objects / harts, then frees these, in
 *                the order in which they were allocated, again and again; N allocations in all, a multiple of L. The
 *                pairs are timed. Nobody frees what another took, and a round is as much work for any number of harts.
 *                Of objects that half of memory has no room for, there are as many as it has. */
#include "workload_phase.h"

static uint64_t share_of(uint64_t objects, uint32_t harts)
{
    return objects > harts ? objects / harts : 1;
}

/* N is less only where memory is. */
static uint64_t burst_of(const struct workload *workload)
{
    uint64_t share = share_of(workload->choice.options[0], workload->harts);
    return share < workload->requests ? share : workload->requests;
}

TEMPLATE bool threadtest_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held,
                              bool timed, alloc_operation alloc, free_operation free)
{
    return bursts_loop(workload, me, slots, held, burst_of(workload), timed, alloc, free);
}

WORKLOAD_RUN(threadtest)

/* Whole bursts, one at least. */
static uint64_t requests_of(const struct workload_shape *shape, const uint64_t *options)
{
    uint64_t half = shape->usable_frames / 2 / shape->frames;
    uint64_t share = share_of(options[0], shape->harts), room = half / shape->harts;
    uint64_t cut = workload_at_most(half / shape->harts_most, shape);
    return room < share ? room : cut < share ? share : cut - cut % share;
}

static void tell(const struct workload *workload, workload_print *print)
{
    print(",\"threadtest\":{\"burst\":%llu}", (unsigned long long)burst_of(workload));
}

const struct workload_kind threadtest_workload = {
    .name = "threadtest",
    .summary = "objects shared among the harts: each allocates its part, then frees it, again and again",
    .phases = {"pair"},
    .options = {{"objects", "Objects of all harts together", 1, 100000000, 100000, false}},
    .run = run_threadtest,
    .requests = requests_of,
    .tell = tell,
};
