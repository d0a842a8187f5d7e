/* SPDX-License-Identifier: MIT
 * Two traces that are hard on caches. Each hart makes N allocations and N frees, always of what it allocated last, and
 * holds nothing before and after. The pairs are timed. Which operation follows another:
 *
 *    adversary  one of the same kind, until one has reached the global allocator; then one of the other kind
 *    walk       one of either kind, at random
 *
 *    An allocation follows where the hart holds nothing; only frees follow when no operations are left for more. */
#include "random.h"
#include "workload_phase.h"

extern const struct workload_kind walk_workload;

/* The null allocator has nothing behind it. */
TEMPLATE uint64_t accesses(const struct workload *workload)
{
    struct frame_hart_events events = {0};
    if (workload->allocator != NULL) {
        frame_hart_events(workload->allocator, &events);
    }
    return events.global_takes + events.global_gives;
}

/* Up allocates, down frees, as many of each. */
TEMPLATE bool steps_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held,
                         bool timed, alloc_operation alloc, free_operation free)
{
    const bool walks = workload->choice.kind == &walk_workload;
    struct random random = random_stream(workload->seed, (uint64_t)(me - workload->hart));
    uint64_t before = accesses(workload);
    bool up = true;
    for (uint64_t left = 2 * workload->requests; left > 0; left--) {
        uint64_t now = accesses(workload);
        up = walks ? random_one_in(&random, 2) : up == (now == before); /* which is: turn if they differ */
        up = *held == 0 || (up && *held < left);
        before = now;
        uint64_t start_ns = timed ? platform_time_ns() : 0;
        enum frame_status status = up ? alloc(workload, me, &slots[*held]) : free(workload, me, slots[*held - 1]);
        if (timed) {
            histogram_add(&me->latency[0], platform_time_ns() - start_ns);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, 2 * workload->requests - left);
        }
        *held = up ? *held + 1 : *held - 1;
    }
    return true;
}

WORKLOAD_RUN(steps)

const struct workload_kind adversary_workload = {
    .name = "adversary",
    .summary = "allocations until one reaches the global allocator, then frees until one does, and so on",
    .phases = {"pair"},
    .run = run_steps,
};

const struct workload_kind walk_workload = {
    .name = "walk",
    .summary = "allocations and frees at random, one as likely as the other",
    .phases = {"pair"},
    .run = run_steps,
};
