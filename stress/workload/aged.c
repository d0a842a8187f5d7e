/* SPDX-License-Identifier: MIT
 * Two of single frames in memory that has aged:
 *
 *    frag       all harts fill 90 % of memory; a random half of that is freed, across harts. Then rounds: a random
 *               tenth of what is allocated is freed and as much is allocated again. The rounds' operations are timed.
 *               After each round is counted, from what the harness holds and so in the same way for every allocator:
 *               how much of memory is in free whole chunks, and how many frames a compaction would have to move to make
 *               whole chunks of the rest.
 *    fill       all memory is allocated; then, with 99, 90, 50 and 10 % of it allocated and the free frames scattered
 *               at random, each hart allocates N and frees its N, again and again. Timed for each occupancy. N is half
 *               of a hart's share of 1 % of memory, so that every occupancy has the same operations.
 *
 * Every hart goes through the same phases. Between two meetings either all harts work, each on its own part of the
 * population's array, or hart 0 alone does what belongs to all: choosing frames at random, counting chunks. */
#include "workload_phase.h"

/* Occupancies at which fill measures, in percent, as the names of its phases say. */
static const uint32_t OCCUPANCIES[] = {10, 50, 90, 99};
#define OCCUPANCY_COUNT (sizeof OCCUPANCIES / sizeof OCCUPANCIES[0])
_Static_assert(2 * OCCUPANCY_COUNT <= WORKLOAD_PHASE_MAX, "two phases an occupancy");

/* Where hart `hart`'s part of `count` begins; that of the next hart is its end. */
static uint64_t part(const struct workload *workload, uint64_t count, uint32_t hart)
{
    return count * hart / workload->harts;
}

/* Frees this hart's part of the population's frames from `from` to its end. */
static void free_part(const struct workload *workload, struct workload_hart *me, uint32_t hart, uint64_t from)
{
    const struct population *population = workload->population;
    uint64_t count = population->count - from;
    for (uint64_t i = part(workload, count, hart); i < part(workload, count, hart + 1); i++) {
        pfn_t frame = population->frames[from + i];
        enum frame_status status =
            frame.value != POPULATION_NONE ? frame_free_one(workload->allocator, frame) : FRAME_OK;
        if (status != FRAME_OK && me->status == FRAME_OK) {
            me->status = status;
            me->failed_at = i;
        }
    }
}

/* Hart 0 alone, before a meeting: the frames from `from` on have been freed. */
static void forget(struct workload *workload, uint32_t hart, uint64_t from)
{
    if (hart == 0) {
        workload->population->count = from;
    }
}

/* Frees a random part of what is out, across harts, so that `left` stay. */
static void thin_out(struct workload *workload, struct workload_hart *me, uint32_t hart, uint64_t left)
{
    if (hart == 0) {
        population_scatter(workload->population, workload->population->count - left);
    }
    meet(workload, true);
    free_part(workload, me, hart, left);
    meet(workload, true);
    forget(workload, hart, left);
    meet(workload, true);
}

static void release(struct workload *workload, struct workload_hart *me, uint32_t hart)
{
    meet(workload, true);
    free_part(workload, me, hart, 0);
}

/* ---- frag ---- */

/* How much of memory is filled at first, and which part of what is out changes in a round. */
#define FILL_PERCENT 90u
#define SHARE 10u

/* Allocates this hart's part of `count` frames. */
static bool fill_part(struct workload *workload, struct workload_hart *me, uint32_t hart, uint64_t count)
{
    struct population *population = workload->population;
    uint64_t from = part(workload, count, hart), end = part(workload, count, hart + 1);
    for (uint64_t i = from; i < end; i++) {
        enum frame_status status =
            me->status == FRAME_OK ? frame_alloc_one(workload->allocator, &population->frames[i]) : me->status;
        if (status != FRAME_OK) {
            me->failed_at = me->status == FRAME_OK ? i - from : me->failed_at;
            me->status = status;
            population->frames[i] = pfn(POPULATION_NONE);
        }
    }
    return me->status == FRAME_OK;
}

/* One round: the last frames of the population, chosen at random, are freed, and as many allocated. */
static bool frag_round(struct workload *workload, struct workload_hart *me, uint32_t hart, uint32_t round)
{
    struct population *population = workload->population;
    uint64_t requests = workload->requests;
    pfn_t *slots = &population->frames[population->count - requests * (workload->harts - hart)];
    const struct loops *loops = choose_loops(workload, workload->time_each);
    if (hart == 0) {
        population_scatter(population, requests * workload->harts);
    }
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->free(workload, me, slots);
    me->phase_ns[1] += platform_time_ns() - start_ns;
    meet(workload, ok);
    start_ns = platform_time_ns();
    bool allocated = ok && loops->alloc(workload, me, slots);
    me->phase_ns[0] += platform_time_ns() - start_ns;
    for (uint64_t i = me->failed_at; !allocated && i < requests; i++) {
        slots[i] = pfn(POPULATION_NONE);
    }
    bool all_ok = meet(workload, allocated);
    if (hart == 0 && all_ok) {
        struct population_spread *spreads = workload->state;
        spreads[round] = population_look(population);
    }
    return all_ok;
}

static void run_frag(struct workload *workload, uint32_t hart)
{
    struct population *population = workload->population;
    struct workload_hart *me = &workload->hart[hart];
    uint64_t filled = population->usable * FILL_PERCENT / 100;
    if (hart == 0) {
        population->count = filled;
    }
    bool ok = meet(workload, fill_part(workload, me, hart, filled));
    if (ok) {
        thin_out(workload, me, hart, filled - filled / 2);
    }
    for (uint32_t round = 0; ok && round < workload->turns; round++) {
        ok = frag_round(workload, me, hart, round);
    }
    release(workload, me, hart);
}

static uint64_t frag_requests(const struct workload_shape *shape, const uint64_t *options)
{
    (void)options; /* nor --requests: N is a part of what is out, whatever else is measured */
    return shape->usable_frames * FILL_PERCENT / 100 / 2 / SHARE / shape->harts;
}

static uint64_t frag_state_bytes(const struct workload *workload)
{
    return workload->turns * sizeof(struct population_spread);
}

static void tell_frag(const struct workload *workload, workload_print *print)
{
    const struct population_spread *spreads = workload->state;
    for (uint32_t round = 0; round < workload->turns; round++) {
        print("%s%.17e", round > 0 ? "," : ",\"rounds\":[", spreads[round].free_share);
    }
    for (uint32_t round = 0; round < workload->turns; round++) {
        print("%s%llu", round > 0 ? "," : "],\"migrations\":[", (unsigned long long)spreads[round].migrations);
    }
    print("]");
}

const struct workload_kind frag_workload = {
    .name = "frag",
    .summary = "fills 90 %, frees a random half, then exchanges random tenths: how much stays in whole chunks",
    .phases = {"alloc", "free"},
    .options = {OPTION_ROUNDS},
    .run = run_frag,
    .requests = frag_requests,
    .state_bytes = frag_state_bytes,
    .tell = tell_frag,
    .ages = true,
    .rounds = true,
    .no_latency = true,
};

/* ---- fill ---- */

/* Allocates until nothing is left. */
static void flood(struct workload *workload)
{
    struct population *population = workload->population;
    pfn_t frame;
    while (frame_alloc_one(workload->allocator, &frame) == FRAME_OK) {
        uint64_t index = __atomic_fetch_add(&population->count, 1, __ATOMIC_RELAXED); /* read after a barrier */
        FRAME_ASSERT(index < population->frame_max);
        population->frames[index] = frame;
    }
}

static void run_fill(struct workload *workload, uint32_t hart)
{
    const struct population *population = workload->population;
    struct workload_hart *me = &workload->hart[hart];
    struct histogram *latency = me->latency;
    pfn_t *slots = workload->slots + workload_slots(workload->requests, 1) * hart;
    flood(workload);
    bool ok = meet(workload, true);
    for (uint32_t i = 0; ok && i < OCCUPANCY_COUNT; i++) {
        uint32_t level = (uint32_t)OCCUPANCY_COUNT - 1 - i; /* from the fullest down */
        thin_out(workload, me, hart, population->usable * OCCUPANCIES[level] / 100);
        uint64_t warm_up_ns[2] = {0};
        uint64_t *phase_ns = &me->phase_ns[2 * level];
        ok = run_turn(workload, me, slots, choose_loops(workload, false), warm_up_ns);
        me->latency = &latency[2 * level];
        for (uint32_t turn = 0; ok && turn < workload->turns; turn++) {
            ok = run_turn(workload, me, slots, choose_loops(workload, workload->time_each), phase_ns);
        }
        me->latency = latency;
    }
    release(workload, me, hart);
}

static uint64_t fill_requests(const struct workload_shape *shape, const uint64_t *options)
{
    (void)options;
    return workload_at_most(shape->usable_frames / 100 / 2 / shape->harts_most, shape);
}

const struct workload_kind fill_workload = {
    .name = "fill",
    .summary = "single frames, N at a time, with 10, 50, 90 and 99 % of memory out and the free ones scattered",
    .phases = {"alloc 10%", "free 10%", "alloc 50%", "free 50%", "alloc 90%", "free 90%", "alloc 99%", "free 99%"},
    .run = run_fill,
    .requests = fill_requests,
    .ages = true,
};
