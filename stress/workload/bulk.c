/* SPDX-License-Identifier: MIT
 * As published with LLFree (Wrenger et al., USENIX ATC 2023), so that numbers can be compared:
 *
 *    bulk       each hart allocates N; barrier; frees its N in reverse order. Allocations and frees are timed.
 *    rand       as bulk, but in between the allocations of all harts are shuffled across harts, by the seed. Both
 *               timed.
 *
 * Zeroed frames, as page faults need them:
 *
 *    zeroed     as bulk, but each request is for zeroed frames. Between two readings of the clock a hart may have to
 *               zero. Fresh memory holds zeroes and is not written to, so the second pass is the first that writes to
 *               it: on the host only the third pass and those after it have no page faults. */
#include "workload_phase.h"

extern const struct workload_kind rand_workload;

static void run_bulk(struct workload *workload, uint32_t hart)
{
    const struct loops *loops = choose_loops(workload, workload->time_each);
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->alloc(workload, me, slots);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (!meet(workload, ok)) {
        give_back(workload, slots, ok ? workload->requests : me->failed_at);
        return;
    }
    if (workload->choice.kind == &rand_workload) {
        if (hart == 0) {
            shuffle_slots(workload);
        }
        meet(workload, true);
    }
    start_ns = platform_time_ns();
    loops->free(workload, me, slots);
    me->phase_ns[1] = platform_time_ns() - start_ns;
}

const struct workload_kind bulk_workload = {
    .name = "bulk",
    .summary = "each hart allocates N, then frees its N in reverse order",
    .phases = {"alloc", "free"},
    .run = run_bulk,
};

const struct workload_kind rand_workload = {
    .name = "rand",
    .summary = "as bulk, but all allocations are shuffled across harts before they are freed",
    .phases = {"alloc", "free"},
    .run = run_bulk,
};

const struct workload_kind zeroed_workload = {
    .name = "zeroed",
    .summary = "as bulk, of frames that are zeroed",
    .phases = {"alloc", "free"},
    .run = run_bulk,
    .zeroed = true,
};
