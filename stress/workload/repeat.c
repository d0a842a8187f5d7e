/* SPDX-License-Identifier: MIT
 * As published with LLFree (bulk.c):
 *
 *    repeat     each hart allocates N; barrier; then N times it allocates one and frees that one. The pairs are
 *               timed. */
#include "workload_phase.h"

void run_repeat(struct workload *workload, uint32_t hart)
{
    const struct loops *untimed = choose_loops(workload, false);
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    bool ok = untimed->alloc(workload, me, slots);
    if (!meet(workload, ok)) {
        give_back(workload, slots, ok ? workload->requests : me->failed_at);
        return;
    }
    if (hart == 0) { /* who waits for either does so by itself */
        __atomic_store_n(&workload->begun, true, __ATOMIC_RELAXED);
    }
    uint64_t start_ns = platform_time_ns();
    ok = choose_loops(workload, workload->time_each)->pair(workload, me);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (meet(workload, ok)) {
        untimed->free(workload, me, slots);
    } else {
        give_back(workload, slots, workload->requests);
    }
}

const struct workload_kind repeat_workload = {
    .name = "repeat",
    .summary = "with N allocated, each hart allocates one and frees that one, N times",
    .phases = {"pair"},
    .run = run_repeat,
};
