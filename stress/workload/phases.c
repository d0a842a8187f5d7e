/* SPDX-License-Identifier: MIT
 * Phases that several workloads have. See workload_phase.h. */
#include "workload_phase.h"

void run_whole_loop(struct workload *workload, uint32_t hart, whole_loop *const loops[])
{
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    uint64_t held = 0;
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = loops[which_of_each(workload, workload->time_each)](workload, me, slots, &held);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    give_back(workload, slots, held);
    meet(workload, ok);
}

bool allocate_timed(struct workload *workload, struct workload_hart *me, pfn_t *slots, const struct loops *loops,
                    uint64_t *taken_ns)
{
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->alloc(workload, me, slots);
    *taken_ns += platform_time_ns() - start_ns;
    if (meet(workload, ok)) {
        return true;
    }
    give_back(workload, slots, ok ? workload->requests : me->failed_at);
    return false;
}

bool free_timed(struct workload *workload, struct workload_hart *me, const pfn_t *slots, const struct loops *loops,
                uint64_t *taken_ns)
{
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->free(workload, me, slots);
    *taken_ns += platform_time_ns() - start_ns;
    return meet(workload, ok);
}

bool run_turn(struct workload *workload, struct workload_hart *me, pfn_t *slots, const struct loops *loops,
              uint64_t *phase_ns)
{
    return allocate_timed(workload, me, slots, loops, &phase_ns[0]) &&
           free_timed(workload, me, slots, loops, &phase_ns[1]);
}

void run_freed_elsewhere(struct workload *workload, uint32_t hart, whole_loop *const loops[])
{
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    meet(workload, true);
    if (!allocate_timed(workload, me, slots, choose_loops(workload, workload->time_each), &me->phase_ns[0])) {
        return;
    }
    uint64_t start_ns = platform_time_ns();
    meet(workload, loops[which_of_each(workload, workload->time_each)](workload, me, slots, NULL));
    me->phase_ns[1] = platform_time_ns() - start_ns;
}

void tell_rounds(const struct workload *workload, workload_print *print, const char *key, const uint64_t *values)
{
    print(",\"%s\":[", key);
    for (uint32_t round = 0; round < workload->turns; round++) {
        print("%s%llu", round > 0 ? "," : "", (unsigned long long)values[round]);
    }
    print("]");
}
