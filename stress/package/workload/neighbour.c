/* SPDX-License-Identifier: MIT
 * A workload, to start one's own from.
 *
 *    neighbour  each hart allocates N; barrier; frees the N of the hart `step` further on. Allocations and frees are
 *               timed. Told: how many frames went from one hart to another. */
#include "workload_phase.h"

static uint32_t step_of(const struct workload *workload)
{
    return (uint32_t)(workload->choice.options[0] % workload->harts);
}

static void run_neighbour(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    const struct loops *loops = choose_loops(workload, workload->time_each);
    const uint32_t neighbour = (hart + step_of(workload)) % workload->harts;
    meet(workload, true);
    if (allocate_timed(workload, me, slots_of(workload, hart), loops, &me->phase_ns[0])) {
        (void)free_timed(workload, me, slots_of(workload, neighbour), loops, &me->phase_ns[1]);
    }
}

static void tell_neighbour(const struct workload *workload, workload_print *print)
{
    uint64_t moved = step_of(workload) != 0 ? workload->harts * workload->requests * workload->frames : 0;
    print(",\"moved\":{\"frames\":%llu}", (unsigned long long)moved);
}

const struct workload_kind neighbour_workload = {
    .name = "neighbour",
    .summary = "each hart allocates N, then frees the N of another hart",
    .phases = {"alloc +#", "free +#"},
    .options = {{"step", "Whose frames a hart frees: those of the hart so much further on", 0, 511, 1, true}},
    .run = run_neighbour,
    .tell = tell_neighbour,
};
