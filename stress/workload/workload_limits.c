/* SPDX-License-Identifier: MIT
 * exhaust, stopped and refused: what the harts' caches keep from others, what a hart that stops costs, and what one
 * that keeps asking for what is not there. See workload.h. */
#include "platform.h"
#include "workload_phase.h"

/* All harts of a barrier: allocate N, meet, free N. False if one of them failed. */
static bool fill_caches(struct workload *workload, struct workload_hart *me, pfn_t *slots)
{
    const struct loops *loops = choose_loops(workload, workload->time_each);
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->alloc(workload, me, slots);
    me->phase_ns[0] += platform_time_ns() - start_ns;
    if (!meet(workload, ok)) {
        give_back(workload, slots, ok ? workload->requests : me->failed_at);
        return false;
    }
    start_ns = platform_time_ns();
    ok = loops->free(workload, me, slots);
    me->phase_ns[1] += platform_time_ns() - start_ns;
    return meet(workload, ok);
}

/* ---- exhaust ---- */

/* One frame more for the population; the status of the allocation. */
static enum frame_status take_one(struct workload *workload, struct workload_hart *me)
{
    struct population *population = workload->population;
    struct look look = look_begin(workload);
    pfn_t frame;
    enum frame_status status = frame_alloc_one(workload->allocator, &frame);
    if (workload->time_each) {
        look_end(workload, me, &look, 0, status);
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
        struct look look = look_begin(workload);
        me->status = frame_free_one(workload->allocator, population->frames[population->count - 1]);
        if (workload->time_each) {
            look_end(workload, me, &look, 1, me->status);
        }
        population->count--;
    }
    return me->status == FRAME_OK;
}

void run_exhaust(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    meet(workload, true);
    bool ok = true;
    for (uint32_t round = 0; ok && round < workload->turns; round++) {
        ok = fill_caches(workload, me, slots_of(workload, hart));
        if (ok && round % workload->harts == hart) {
            workload->samples[round] = take_all(workload, me);
            ok = free_all(workload, me);
        }
        ok = meet(workload, ok);
    }
}

/* ---- stopped ---- */

static void sample_limbo(struct workload *workload, uint32_t round, uint64_t start_ns)
{
    struct frame_stats stats;
    workload->rounds_ns[round] = platform_time_ns() - start_ns;
    frame_allocator_stats(workload->allocator, &stats);
    workload->samples[round] = stats.limbo;
}

/* Hart 0, before a round: stops the hart beside the others, or lets it go on. */
static bool stop_or_go(struct workload *workload, uint32_t round)
{
    if (round == workload_stop_round(workload->turns)) {
        return workload->hold(workload->allocator, workload->harts);
    }
    if (round == workload_go_round(workload->turns)) {
        workload->was_held = workload->let_go(workload->harts);
    }
    return true;
}

static bool stopped_round(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    const struct loops *loops = choose_loops(workload, workload->time_each);
    pfn_t *slots = slots_of(workload, hart);
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->alloc(workload, me, slots);
    me->phase_ns[0] += platform_time_ns() - start_ns;
    if (!meet(workload, ok)) {
        give_back(workload, slots, ok ? workload->requests : me->failed_at);
        return false;
    }
    if (hart == 0) {
        shuffle_slots(workload);
    }
    meet(workload, true);
    start_ns = platform_time_ns();
    ok = loops->free(workload, me, slots);
    me->phase_ns[1] += platform_time_ns() - start_ns;
    return meet(workload, ok);
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

void run_stopped(struct workload *workload, uint32_t hart)
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

/* ---- refused ---- */

/* Of a run just allocated its middle frame is kept, the others go back: a run as long is not there any more. */
static enum frame_status keep_middle(struct workload *workload, struct frame_run run, pfn_t *kept)
{
    *kept = pfn(run.first.value + run.count / 2);
    uint64_t before = kept->value - run.first.value;
    uint64_t behind = run.count - before - 1;
    enum frame_status status = FRAME_OK;
    if (before > 0) {
        status = frame_free_run(workload->allocator, frame_run(run.first, before));
    }
    if (behind > 0 && status == FRAME_OK) {
        status = frame_free_run(workload->allocator, frame_run(pfn(kept->value + 1), behind));
    }
    return status;
}

/* Asks once for a run of *frames, shortened until it is no longer impossible; kept[*count] if it was there all the
 * same. False if that went wrong. */
static bool ask_once(struct workload *workload, uint64_t *frames, pfn_t *kept, uint64_t *count)
{
    const struct frame_layout layout = {*frames << FRAME_SHIFT, FRAME_SIZE};
    struct frame_run run;
    enum frame_status status = frame_alloc_contiguous(workload->allocator, layout, &run);
    if (status == FRAME_OK) {
        return *count < workload->requests && keep_middle(workload, run, &kept[(*count)++]) == FRAME_OK;
    }
    if (status == FRAME_LAYOUT_IMPOSSIBLE) {
        *frames -= (*frames + 15) / 16;
    }
    return *frames > 0;
}

/* The hart beside the others, from the moment at which they have allocated theirs. */
static void ask_until_ended(struct workload *workload, struct workload_hart *me, pfn_t *kept)
{
    struct frame_stats stats;
    uint64_t count = 0;
    bool ok = true;
    frame_allocator_stats(workload->allocator, &stats);
    uint64_t frames = stats.frames_total;
    while (!__atomic_load_n(&workload->begun, __ATOMIC_RELAXED) &&
           !__atomic_load_n(&workload->ended, __ATOMIC_RELAXED)) {
        platform_relax();
    }
    while (ok && !__atomic_load_n(&workload->ended, __ATOMIC_RELAXED)) {
        ok = ask_once(workload, &frames, kept, &count);
    }
    while (count > 0) {
        ok = frame_free_one(workload->allocator, kept[--count]) == FRAME_OK && ok;
    }
    me->status = ok ? FRAME_OK : FRAME_BAD_CONFIG;
}

void run_refused(struct workload *workload, uint32_t hart)
{
    if (hart < workload->harts) {
        run_repeat(workload, hart);
        if (hart == 0) {
            __atomic_store_n(&workload->ended, true, __ATOMIC_RELAXED);
        }
    } else if (workload->allocator != NULL) {
        ask_until_ended(workload, &workload->hart[hart], slots_of(workload, hart));
    }
}
