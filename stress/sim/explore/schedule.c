/* SPDX-License-Identifier: MIT
 * Chooses which hart makes the next step, in one of three ways, of which the first two find different bugs:
 *
 *   random walk  at each event, with a chance that the seed draws too, any hart that is ready goes on
 *   PCT          each hart has a priority, drawn at random; the hart with the highest priority that is ready runs; at
 *                depth - 1 steps, drawn at random, the priority of the running hart is lowered below all others
 *                (Burckhardt, Kothari, Musuvathi, Nagarakatte, ASPLOS 2010). There a bug of depth d among n harts in k
 *                steps is found by each execution with a probability of at least 1 / (n k^(d-1)). Here k is not known
 *                beforehand, so the number of steps over which the changes are drawn is drawn too
 *   exhaust      all of them, one after the other: choices.c
 *
 * A hart that waits in a loop lets another run: under random walk any other hart that is ready, under PCT by lowering
 * its priority below all others. Otherwise the hart that it waits for would never run. */
#include "schedule.h"

#include "choices.h"
#include "random.h"
#include "run.h"

/* Steps over which changes of priority are drawn: this times a power of two. */
#define LENGTH_FIRST UINT64_C(64)

static struct {
    struct random random;
    enum explore_strategy strategy;
    uint32_t harts;
    uint64_t switch_one_in;
    int64_t priorities[EXPLORE_HARTS_MAX]; /* higher runs first */
    int64_t lowest;
    uint64_t changes[EXPLORE_DEPTH_MAX]; /* steps, in order */
    uint32_t change_count, change_next;
    uint64_t step; /* of the next decision */
} schedule;

uint64_t schedule_quiet;

/* Until the next decision nobody need be asked. */
static void be_quiet(void)
{
    uint64_t steps = UINT64_MAX - schedule.step;
    if (schedule.strategy == EXPLORE_RANDOM) {
        for (steps = 1; !random_one_in(&schedule.random, schedule.switch_one_in); steps++) {
        }
    } else if (schedule.change_next < schedule.change_count) {
        steps = schedule.changes[schedule.change_next] - schedule.step;
    }
    schedule.step += steps;
    schedule_quiet = steps - 1;
}

static void draw_priorities(void)
{
    for (uint32_t i = 0; i < schedule.harts; i++) {
        uint32_t other = (uint32_t)random_below(&schedule.random, i + 1);
        schedule.priorities[i] = schedule.priorities[other];
        schedule.priorities[other] = i;
    }
    schedule.lowest = 0;
}

void schedule_begin(uint32_t harts, const struct explore_options *options)
{
    schedule.random = random_stream(options->seed, 3);
    schedule.strategy = options->strategy;
    schedule.harts = harts;
    schedule.step = 0;
    schedule.switch_one_in = UINT64_C(1) << random_between(&schedule.random, 0, 6);
    draw_priorities();
    schedule.change_count = options->depth > 0 ? options->depth - 1 : 0;
    if (schedule.change_count > EXPLORE_DEPTH_MAX) {
        schedule.change_count = EXPLORE_DEPTH_MAX;
    }
    /* Not the true length, which is not known before, and must not depend on what ran before: else a seed would not be
     * an execution. So the length is drawn as well, over orders of magnitude. */
    uint64_t length = LENGTH_FIRST << random_between(&schedule.random, 0, 7);
    for (uint32_t i = 0; i < schedule.change_count; i++) {
        uint64_t change = 1 + random_below(&schedule.random, length);
        uint32_t at = i;
        for (; at > 0 && schedule.changes[at - 1] > change; at--) {
            schedule.changes[at] = schedule.changes[at - 1];
        }
        schedule.changes[at] = change;
    }
    schedule.change_next = 0;
    be_quiet();
    if (schedule.strategy == EXPLORE_EXHAUST) { /* asked at atomic accesses alone */
        schedule_quiet = UINT64_MAX;
    }
}

static uint32_t ready_harts(uint32_t *ready)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < schedule.harts; i++) {
        if (run_state(i) == RUN_READY) {
            ready[count++] = i;
        }
    }
    return count;
}

static uint32_t highest(void)
{
    uint32_t best = RUN_NOBODY;
    for (uint32_t i = 0; i < schedule.harts; i++) {
        if (run_state(i) == RUN_READY && (best == RUN_NOBODY || schedule.priorities[i] > schedule.priorities[best])) {
            best = i;
        }
    }
    return best;
}

uint32_t schedule_any(void)
{
    if (schedule.strategy == EXPLORE_EXHAUST) {
        return choices_other(RUN_NOBODY);
    }
    if (schedule.strategy == EXPLORE_PCT) {
        return highest();
    }
    uint32_t ready[EXPLORE_HARTS_MAX];
    uint32_t count = ready_harts(ready);
    return count > 0 ? ready[random_below(&schedule.random, count)] : RUN_NOBODY;
}

uint32_t schedule_decide(uint32_t running)
{
    bool change = false;
    for (; schedule.change_next < schedule.change_count && schedule.changes[schedule.change_next] == schedule.step;
         schedule.change_next++) {
        change = true;
    }
    if (change) {
        schedule.priorities[running] = --schedule.lowest;
    }
    uint32_t next = schedule_any();
    be_quiet();
    return next;
}

void schedule_woken(void)
{
    if (schedule.strategy == EXPLORE_PCT) {
        schedule.step -= schedule_quiet;
        schedule_quiet = 0;
    }
}

uint32_t schedule_give_way(uint32_t waiting)
{
    if (schedule.strategy == EXPLORE_EXHAUST) {
        return choices_other(waiting);
    }
    if (schedule.strategy == EXPLORE_PCT) {
        schedule.priorities[waiting] = --schedule.lowest;
        return highest();
    }
    uint32_t ready[EXPLORE_HARTS_MAX];
    uint32_t count = ready_harts(ready);
    for (uint32_t i = 0; i < count; i++) {
        if (ready[i] == waiting && count > 1) {
            ready[i] = ready[--count];
        }
    }
    return count > 0 ? ready[random_below(&schedule.random, count)] : waiting;
}
