/* SPDX-License-Identifier: MIT
 * What a hart that stops inside a section of reclamation costs the others.
 *
 *    stopped    rounds of rand, while one more hart allocates and frees N by itself, not timed. In the middle third of
 *               the rounds this hart is stopped in a section of reclamation. Counted after each round: how much is in
 *               limbo, and how long the round took. Needs a platform that can stop a hart. */
#include "workload_phase.h"

struct stopped {
    bool held;
    uint64_t numbers[]; /* objects in limbo after each round; then nanoseconds that each took */
};

/* A hart is stopped from the first to before the second. */
static uint32_t stop_round(const struct workload *workload)
{
    return workload->turns / 3;
}

static uint32_t go_round(const struct workload *workload)
{
    return workload->turns - workload->turns / 3;
}

static void sample_limbo(struct workload *workload, uint32_t round, uint64_t start_ns)
{
    struct frame_stats stats;
    struct stopped *stopped = workload->state;
    stopped->numbers[round + workload->turns] = platform_time_ns() - start_ns;
    frame_allocator_stats(workload->allocator, &stats);
    stopped->numbers[round] = stats.limbo;
}

/* Hart 0, before a round: stops the hart beside the others, or lets it go on. */
static bool stop_or_go(struct workload *workload, uint32_t round)
{
    if (round == stop_round(workload)) {
        return workload->hold(workload->allocator, workload->harts);
    }
    if (round == go_round(workload)) {
        ((struct stopped *)workload->state)->held = workload->let_go(workload->harts);
    }
    return true;
}

static bool stopped_round(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    const struct loops *loops = choose_loops(workload, workload->time_each);
    pfn_t *slots = slots_of(workload, hart);
    if (!allocate_timed(workload, me, slots, loops, &me->phase_ns[0])) {
        return false;
    }
    if (hart == 0) {
        shuffle_slots(workload);
    }
    meet(workload, true);
    return free_timed(workload, me, slots, loops, &me->phase_ns[1]);
}

/* The hart beside the others: until it is told to end. Not timed. */
static void work_until_ended(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    const struct loops *loops = choose_loops(workload, false);
    pfn_t *slots = slots_of(workload, hart);
    while (me->status == FRAME_OK && !__atomic_load_n(&workload->ended, __ATOMIC_RELAXED)) {
        if (!loops->alloc(workload, me, slots)) {
            give_back(workload, slots, me->failed_at);
        } else {
            (void)loops->free(workload, me, slots);
        }
    }
}

static void run_stopped(struct workload *workload, uint32_t hart)
{
    if (hart == workload->harts) {
        work_until_ended(workload, hart);
        return;
    }
    bool ok = meet(workload, true);
    for (uint32_t round = 0; ok && round < workload->turns; round++) {
        uint64_t start_ns = platform_time_ns();
        bool ready = hart != 0 || stop_or_go(workload, round);
        if (!ready) {
            workload->hart[0].status = FRAME_BAD_CONFIG;
        }
        ok = meet(workload, ready) && stopped_round(workload, hart);
        if (hart == 0) {
            sample_limbo(workload, round, start_ns);
        }
        ok = meet(workload, ok);
    }
    if (hart == 0) {
        (void)workload->let_go(workload->harts); /* if a round failed */
        __atomic_store_n(&workload->ended, true, __ATOMIC_RELAXED);
    }
}

static uint64_t state_bytes(const struct workload *workload)
{
    return sizeof(struct stopped) + 2 * workload->turns * sizeof(uint64_t);
}

static void tell(const struct workload *workload, workload_print *print)
{
    const struct stopped *stopped = workload->state;
    print(",\"stopped\":{\"held\":%s,\"from\":%u,\"until\":%u", stopped->held ? "true" : "false", stop_round(workload),
          go_round(workload));
    tell_rounds(workload, print, "limbo", stopped->numbers);
    tell_rounds(workload, print, "round_ns", stopped->numbers + workload->turns);
    print("}");
}

const struct workload_kind stopped_workload = {
    .name = "stopped",
    .summary = "rounds of rand beside a hart that is stopped inside a section: what limbo keeps; simulated harts only",
    .phases = {"alloc", "free"},
    .options = {OPTION_ROUNDS},
    .run = run_stopped,
    .state_bytes = state_bytes,
    .tell = tell,
    .harts_beside = 1,
    .ages = true,
    .rounds = true,
    .no_latency = true,
    .stops = true,
};
