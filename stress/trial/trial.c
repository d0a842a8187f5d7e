/* SPDX-License-Identifier: MIT
 * A trial's rounds and phases, and what its operations share. See trial.h. */
#include "trial.h"

#include <string.h>

#include "platform.h"

/* Mixed operations a hart and round. Many rounds, so that what is checked at rest is checked often. */
#define ROUND_OPERATIONS UINT64_C(4096)

/* Holdings that a hart may have beyond its even share of single frames: what others hand to it. */
#define HOLDING_SPARE UINT64_C(1024)

/* ---- set-up ---- */

static uint64_t holding_max_of(uint64_t frames, uint32_t harts)
{
    return frames / harts + HOLDING_SPARE;
}

uint64_t trial_bytes(const struct memory_map *map, uint32_t harts)
{
    uint64_t frames = oracle_frames(map);
    uint64_t holdings = align_up_u64(holding_max_of(frames, harts) * sizeof(struct holding), CACHE_PAIR);
    uint64_t exhaust = align_up_u64(frames * sizeof(pfn_t), CACHE_PAIR);
    return align_up_u64(oracle_bytes(map), CACHE_PAIR) + exhaust + harts * (sizeof(struct trial_hart) + holdings);
}

static void place_memory(struct trial *trial, unsigned char *memory)
{
    const struct memory_map *map = trial->config.map;
    uint64_t frames = oracle_frames(map);
    oracle_init(&trial->oracle, &trial->verdict, map, memory);
    memory += align_up_u64(oracle_bytes(map), CACHE_PAIR);
    trial->exhaust = (pfn_t *)(void *)memory;
    memory += align_up_u64(frames * sizeof(pfn_t), CACHE_PAIR);
    trial->hart = (struct trial_hart *)(void *)memory;
    memory += trial->config.harts * sizeof(struct trial_hart);
    uint64_t holding_max = holding_max_of(frames, trial->config.harts);
    for (uint32_t i = 0; i < trial->config.harts; i++) {
        struct trial_hart *hart = &trial->hart[i];
        hart->hart = i;
        hart->judge.allocator = trial->config.allocator;
        hart->judge.verdict = &trial->verdict;
        hart->judge.hart = i;
        hart->random = random_stream(trial->config.seed, i);
        hart->trial = trial;
        for (uint32_t level = 0; level < INTERRUPT_LEVELS; level++) {
            struct trial_handler *handler = &hart->handlers[level];
            handler->random = random_stream(trial->config.seed, HART_MAX + i * INTERRUPT_LEVELS + level);
            handler->judge.allocator = trial->config.allocator;
            handler->judge.verdict = &trial->verdict;
            handler->judge.hart = i;
        }
        hart->fill_percent = 50;
        hart->holdings = (struct holding *)(void *)memory;
        hart->holding_max = (uint32_t)holding_max;
        hart_doing(hart, "starting");
        memory += align_up_u64(holding_max * sizeof(struct holding), CACHE_PAIR);
    }
}

void trial_init(struct trial *trial, const struct trial_config *config, void *memory)
{
    memset(trial, 0, sizeof *trial);
    trial->config = *config;
    verdict_init(&trial->verdict);
    place_memory(trial, memory);
    uint64_t served = oracle_learn_arenas(&trial->oracle, config->allocator);
    FRAME_ASSERT(served > config->harts);
    trial->base_frames = served;
    trial->budget = served - config->harts;
    trial->share = trial->budget / config->harts;
    hotplug_fill(trial);
}

uint64_t trial_operations(const struct trial *trial)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < trial->config.harts; i++) {
        sum += atomic_load_explicit(&trial->hart[i].judge.calls, memory_order_relaxed);
    }
    return sum;
}

/* ---- what operations share ---- */

bool budget_reserve(struct trial *trial, uint64_t frames)
{
    /* Relaxed: the count alone matters. Acquire would lend the allocator an ordering that it owes. */
    uint64_t before = atomic_fetch_add_explicit(&trial->reserved, frames, memory_order_relaxed);
    if (before + frames <= trial->budget) {
        return true;
    }
    budget_release(trial, frames);
    return false;
}

void budget_release(struct trial *trial, uint64_t frames)
{
    atomic_fetch_sub_explicit(&trial->reserved, frames, memory_order_relaxed);
}

bool holdings_full(const struct trial_hart *me)
{
    return me->holding_count == me->holding_max;
}

void holding_push(struct trial_hart *me, struct frame_run run, bool shared)
{
    FRAME_ASSERT(!holdings_full(me));
    me->holdings[me->holding_count++] = (struct holding){run, shared};
    hart_frames(me, run);
    me->held += run.count;
}

struct holding holding_remove(struct trial_hart *me, uint32_t index)
{
    FRAME_ASSERT(index < me->holding_count);
    struct holding holding = me->holdings[index];
    hart_frames(me, holding.run);
    me->holdings[index] = me->holdings[--me->holding_count];
    me->held -= holding.run.count;
    return holding;
}

enum frame_status take_frame(struct trial *trial, struct trial_hart *me, pfn_t *frame)
{
    judge_count_call(&me->judge);
    enum frame_status status = frame_alloc_one(trial->config.allocator, frame);
    if (status == FRAME_OK) {
        struct frame_request request = {1, 0};
        hart_frames(me, frame_run(*frame, 1));
        (void)oracle_alloc(&trial->oracle, me->hart, request, frame_run(*frame, 1), false, &me->random);
    }
    return status;
}

void give_run(struct trial *trial, struct trial_hart *me, struct frame_run run)
{
    static const enum judged_call ways[] = {CALL_FREE_RUN, CALL_FREE_CONTIGUOUS, CALL_FREE_ONE, CALL_UNREF};
    hart_frames(me, run);
    oracle_free(&trial->oracle, me->hart, run, &me->random);
    if (verdict_holds(&trial->verdict)) {
        enum judged_call way = ways[random_below(&me->random, run.count == 1 ? 4 : 2)];
        (void)judge_call(&me->judge, way, run, STANDING_OWNED);
    }
}

void give_holding(struct trial *trial, struct trial_hart *me, struct holding holding)
{
    if (!holding.shared) {
        give_run(trial, me, holding.run);
        budget_release(trial, holding.run.count);
        return;
    }
    bool last = oracle_unref(&trial->oracle, me->hart, holding.run.first);
    (void)judge_call(&me->judge, CALL_UNREF, holding.run, STANDING_OWNED); /* by a holder, of one or of several */
    if (last) {
        budget_release(trial, 1);
    }
}

/* ---- phases ---- */

/* All harts come. After a violation too: then whatever lies between two meetings is passed over, so that every hart
 * goes the same way through a round and none waits for one that has left. */
static void meet(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "waiting for the others");
    hart_barrier_wait(&trial->barrier);
}

static void plan_round(struct trial *trial)
{
    const struct trial_config *config = &trial->config;
    uint64_t done = trial->tally.rounds * ROUND_OPERATIONS;
    bool counted_out = config->operations != 0 && done >= config->operations;
    bool timed_out = config->deadline_ns != 0 && platform_time_ns() >= config->deadline_ns;
    bool interrupted = config->interrupted != NULL && atomic_load_explicit(config->interrupted, memory_order_relaxed);
    if (config->note != NULL) {
        config->note(config->context);
    }
    /* One round is always made: a trial that tried nothing would hold. */
    trial->more =
        verdict_holds(&trial->verdict) && (trial->tally.rounds == 0 || !(counted_out || timed_out || interrupted));
    trial->mixed_left = ROUND_OPERATIONS;
    if (config->operations != 0 && config->operations - done < ROUND_OPERATIONS) {
        trial->mixed_left = config->operations - done;
    }
    trial->tally.rounds += trial->more;
}

/* Takes single frames until there are none, into the exhaust. */
static void exhaust(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "allocating until nothing is left");
    pfn_t frame;
    while (verdict_holds(&trial->verdict) && take_frame(trial, me, &frame) == FRAME_OK) {
        uint64_t index = atomic_fetch_add_explicit(&trial->exhaust_count, 1, memory_order_relaxed);
        if (index < trial->oracle.frames.total) { /* else frames are handed out twice, and the oracle has said so */
            trial->exhaust[index] = frame;
        }
    }
}

/* Gives the exhaust back, every hart every so many, so that most were allocated by another. */
static void free_all(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "freeing what all have allocated");
    uint64_t count = atomic_load_explicit(&trial->exhaust_count, memory_order_relaxed); /* a barrier lies between */
    for (uint64_t i = me->hart; i < count && verdict_holds(&trial->verdict); i += trial->config.harts) {
        give_run(trial, me, frame_run(trial->exhaust[i], 1));
    }
}

static void release_holdings(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "freeing its own");
    while (me->holding_count > 0 && verdict_holds(&trial->verdict)) {
        uint32_t index = (uint32_t)random_below(&me->random, me->holding_count);
        give_holding(trial, me, holding_remove(me, index));
    }
    if (me->hart == 0) {
        mailbox_empty(trial, me);
    }
}

/* Allocates and frees so much that both magazines are full. */
static void fill_cache(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "filling its cache");
    uint64_t want = UINT64_C(3) * trial->config.magazine + 8;
    while (!holdings_full(me) && me->holding_count < want) {
        pfn_t frame;
        if (!budget_reserve(trial, 1)) {
            break;
        }
        if (take_frame(trial, me, &frame) != FRAME_OK) {
            budget_release(trial, 1);
            break;
        }
        holding_push(me, frame_run(frame, 1), false);
    }
    release_holdings(trial, me);
}

/* The phases in which one hart acts alone. `solo` is that hart in turn. */
typedef void (*solo_phase)(struct trial *trial, struct trial_hart *me);

static void begin_exhaust(struct trial *trial)
{
    atomic_store_explicit(&trial->exhaust_count, 0, memory_order_relaxed);
}

static void solo_rest(struct trial *trial, struct trial_hart *me)
{
    check_account(trial, me);
    if (verdict_holds(&trial->verdict)) {
        check_references(trial);
        check_refusals(trial, me);
        check_runs(trial, me);
        check_account(trial, me);
    }
    begin_exhaust(trial);
}

static void solo_exhaust(struct trial *trial, struct trial_hart *me)
{
    exhaust(trial, me);
    check_exhausted(trial, me);
}

static void solo_begin_magazines(struct trial *trial, struct trial_hart *me)
{
    (void)me;
    check_magazines_begin(trial);
}

/* The first time that all is free again. */
static void solo_whole(struct trial *trial, struct trial_hart *me)
{
    check_account(trial, me);
    if (verdict_holds(&trial->verdict)) {
        check_whole(trial, me);
    }
    begin_exhaust(trial);
}

static void solo_end(struct trial *trial, struct trial_hart *me)
{
    check_magazines_end(trial, me);
    if (verdict_holds(&trial->verdict)) {
        check_magazines_adversary(trial, me);
    }
    if (verdict_holds(&trial->verdict)) {
        check_refusals(trial, me);
        check_runs(trial, me);
    }
    if (trial->tally.rounds % 2 == 0 && verdict_holds(&trial->verdict)) {
        hotplug_settle(trial, me);
    }
    if (verdict_holds(&trial->verdict)) {
        check_account(trial, me);
    }
}

/* `alone` runs on hart `who`, between two meetings. */
static void meet_and_do(struct trial *trial, struct trial_hart *me, uint32_t who, solo_phase alone)
{
    meet(trial, me);
    if (me->hart == who && verdict_holds(&trial->verdict)) {
        alone(trial, me);
    }
    meet(trial, me);
}

static void run_round(struct trial *trial, struct trial_hart *me)
{
    uint32_t solo = (uint32_t)(trial->tally.rounds % trial->config.harts);
    interrupts_open(trial, me);
    mixed_phase(trial, me);
    interrupts_close(trial, me);
    meet_and_do(trial, me, solo, solo_rest);
    exhaust(trial, me);
    meet_and_do(trial, me, solo, solo_exhaust);
    interrupts_open(trial, me);
    free_all(trial, me);
    release_holdings(trial, me);
    interrupts_close(trial, me);
    meet_and_do(trial, me, solo, solo_whole);
    interrupts_open(trial, me);
    fill_cache(trial, me);
    interrupts_close(trial, me);
    meet_and_do(trial, me, solo, solo_exhaust);
    free_all(trial, me);
    meet_and_do(trial, me, solo, solo_begin_magazines);
    magazines_trace(trial, me);
    meet_and_do(trial, me, solo, solo_end);
}

static void run_hart(void *context, uint32_t hart)
{
    struct trial *trial = context;
    struct trial_hart *me = &trial->hart[hart];
    meet_and_do(trial, me, 0, check_whole);
    for (;;) {
        if (hart == 0) {
            plan_round(trial);
        }
        meet(trial, me);
        if (!trial->more) { /* next written after the meeting at the round's end */
            return;
        }
        run_round(trial, me);
    }
}

bool trial_run(struct trial *trial)
{
    hart_barrier_init(&trial->barrier, trial->config.harts);
    return harts_run(trial->config.harts, run_hart, trial);
}

uint64_t trial_lives(const struct trial *trial)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < trial->config.harts; i++) {
        sum += trial->hart[i].lives;
    }
    return sum;
}

bool trial_tested(const struct trial *trial, enum property property)
{
    const struct trial_tally *tally = &trial->tally;
    struct trial_interrupts interrupts;
    switch (property) {
    case PROPERTY_INTERRUPTS:
        trial_sum_interrupts(trial, &interrupts);
        return interrupts.inside > 0;
    case PROPERTY_HARTS:
        return trial_lives(trial) > 0;
    case PROPERTY_LOCK_FREE:
        return false;
    case PROPERTY_RECLAMATION:
        return tally->unplugged > 0;
    case PROPERTY_MAGAZINES:
        return tally->magazine_traces > 0;
    default:
        return tally->rounds > 0;
    }
}
