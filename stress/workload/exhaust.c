/* SPDX-License-Identifier: MIT
 * Single frames at the limit of memory: what the harts' caches keep from others.
 *
 *    exhaust    in each round all harts allocate N and free their N, both timed, so that their caches are full. Then
 *               one of them, the next one in each round, allocates until it is refused, and frees all that. Counted are
 *               the frames that were free when it was refused: those that it did not get from the others' caches. In a
 *               latency run its operations are among the samples. */
#include "workload_phase.h"

/* One frame more for the population; the status of the allocation. */
static enum frame_status take_one(struct workload *workload, struct workload_hart *me)
{
    struct population *population = workload->population;
    struct look look = begin_timed(workload);
    pfn_t frame;
    enum frame_status status = frame_alloc_one(workload->allocator, &frame);
    if (workload->time_each) {
        end_timed(workload, me, &look, 0, status);
    }
    if (status == FRAME_OK) {
        FRAME_ASSERT(population->count < population->frame_max);
        population->frames[population->count++] = frame;
    }
    return status;
}

/* One hart alone: all that it can get. Returns what it was refused. */
static uint64_t take_all(struct workload *workload, struct workload_hart *me)
{
    enum frame_status status = FRAME_OK;
    while (status == FRAME_OK) {
        status = take_one(workload, me);
    }
    return workload->population->usable - workload->population->count;
}

static bool free_all(struct workload *workload, struct workload_hart *me)
{
    struct population *population = workload->population;
    while (population->count > 0 && me->status == FRAME_OK) {
        struct look look = begin_timed(workload);
        me->status = frame_free_one(workload->allocator, population->frames[population->count - 1]);
        if (workload->time_each) {
            end_timed(workload, me, &look, 1, me->status);
        }
        population->count--;
    }
    return me->status == FRAME_OK;
}

static void run_exhaust(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    meet(workload, true);
    bool ok = true;
    for (uint32_t round = 0; ok && round < workload->turns; round++) {
        pfn_t *slots = slots_of(workload, hart);
        ok = run_turn(workload, me, slots, choose_loops(workload, workload->time_each), me->phase_ns);
        if (ok && round % workload->harts == hart) {
            uint64_t *left = workload->state;
            left[round] = take_all(workload, me);
            ok = free_all(workload, me);
        }
        ok = meet(workload, ok);
    }
}

static uint64_t state_bytes(const struct workload *workload)
{
    return workload->turns * sizeof(uint64_t);
}

static void tell(const struct workload *workload, workload_print *print)
{
    tell_rounds(workload, print, "left", workload->state);
}

const struct workload_kind exhaust_workload = {
    .name = "exhaust",
    .summary = "all harts fill their caches, then one allocates until it is refused: what idle caches keep",
    .phases = {"alloc", "free"},
    .options = {OPTION_ROUNDS},
    .run = run_exhaust,
    .state_bytes = state_bytes,
    .tell = tell,
    .ages = true,
    .rounds = true,
};
