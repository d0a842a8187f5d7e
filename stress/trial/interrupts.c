/* SPDX-License-Identifier: MIT
 * What harts of a trial do when they are interrupted (P12). See trial.h, 5.
 *
 * A handler shares nothing with what it interrupted but what harts share: the allocator, the oracle's words, the
 * budget's count. Whether it came in the middle of an operation it learns from the allocator's count of nested ones, by
 * a call that changes nothing; then hot-plug, a drain and zeroing in idle time must be refused. */
#include "platform.h"
#include "trial.h"

/* ---- where interrupts land ---- */

/* The interrupted call's place in a table that only handlers of the first level write. */
static struct trial_landings *landings_of(struct trial_landings *landings, const char *doing)
{
    uint32_t i = 0;
    while (i < LANDINGS_MAX - 2 && landings[i].doing != NULL && landings[i].doing != doing) {
        i++;
    }
    landings[i].doing = doing;
    return &landings[i];
}

void trial_sum_interrupts(const struct trial *trial, struct trial_interrupts *sum)
{
    *sum = (struct trial_interrupts){0};
    for (uint32_t h = 0; h < trial->config.harts; h++) {
        const struct trial_hart *hart = &trial->hart[h];
        for (uint32_t i = 0; i < LANDINGS_MAX && hart->landings[i].doing != NULL; i++) {
            struct trial_landings *all = landings_of(sum->landings, hart->landings[i].doing);
            all->interrupts += hart->landings[i].interrupts;
            all->inside += hart->landings[i].inside;
            sum->all += hart->landings[i].interrupts;
            sum->inside += hart->landings[i].inside;
        }
        sum->nested += hart->nested_interrupts;
        sum->refused += hart->nested_refused;
    }
}

/* ---- what a handler does ---- */

static uint64_t nested_operations(const struct trial *trial)
{
    struct frame_hart_events events;
    frame_hart_events(trial->config.allocator, &events);
    return events.nested;
}

/* Whether the handler came in the middle of an operation; false, too, if another interrupted the look. */
static bool is_inside(struct trial *trial, struct trial_hart *me, struct trial_handler *own)
{
    uint64_t entries = me->entries; /* first and last: whoever comes between is seen */
    uint64_t before = nested_operations(trial);
    judge_count_call(&own->judge);
    (void)frame_ref_count(trial->config.allocator, trial->oracle.extent.first);
    return nested_operations(trial) != before && me->entries == entries;
}

static void refuse_within(struct trial *trial, struct trial_handler *own)
{
    struct frame_allocator *fa = trial->config.allocator;
    struct phys_range range = {frame_addr(trial->oracle.extent.first), FRAME_SIZE};
    judge_count_call(&own->judge);
    if (frame_arena_add(fa, range, 0) != FRAME_BUSY || frame_arena_remove(fa, pfn(UINT64_MAX)) != FRAME_BUSY ||
        frame_allocator_drain(fa) || frame_zero_idle(fa)) {
        verdict_violate(&trial->verdict, PROPERTY_INTERRUPTS, own->judge.hart, UINT64_MAX,
                        "in an interrupt of an operation, a call that changes arenas, drains or zeroes is not refused");
    }
}

static void take(struct trial *trial, struct trial_hart *me, struct trial_handler *own, bool inside)
{
    uint64_t count = random_one_in(&own->random, 4) ? random_between(&own->random, 2, 12) : 1;
    const struct frame_request request = {count, 0};
    bool zeroed = random_one_in(&own->random, 8);
    struct frame_run run = frame_run(pfn(0), 1);
    if (own->holding_count == HANDLER_HOLDINGS || !budget_reserve(trial, count)) {
        return;
    }
    struct frame_allocator *fa = trial->config.allocator;
    const struct frame_layout layout = {count << FRAME_SHIFT, FRAME_SIZE};
    judge_count_call(&own->judge);
    enum frame_status status = count == 1
                                   ? (zeroed ? frame_alloc_one_zeroed(fa, &run.first) : frame_alloc_one(fa, &run.first))
                               : zeroed ? frame_alloc_contiguous_zeroed(fa, layout, &run)
                                        : frame_alloc_contiguous(fa, layout, &run);
    if (status != FRAME_OK) {
        budget_release(trial, count);
        me->nested_refused += inside;
        (void)judge_answer(&own->judge, "in an interrupt, an allocation", UINT64_MAX, status, ANSWERS_ALLOC);
    } else if (oracle_alloc(&trial->oracle, me->hart, request, run, zeroed, &own->random)) {
        own->holdings[own->holding_count++] = run;
    }
}

static void give(struct trial *trial, struct trial_hart *me, struct trial_handler *own)
{
    static const enum judged_call ways[] = {CALL_FREE_RUN, CALL_FREE_ONE, CALL_UNREF};
    uint32_t at = (uint32_t)random_below(&own->random, own->holding_count);
    struct frame_run run = own->holdings[at];
    own->holdings[at] = own->holdings[--own->holding_count];
    if (run.count == 1 && frame_counts_references() && random_one_in(&own->random, 4)) {
        (void)judge_shared(&own->judge, run, run.first);
    }
    (void)judge_call(&own->judge, CALL_AT_ADDR, run, STANDING_OWNED);
    oracle_free(&trial->oracle, me->hart, run, &own->random);
    if (verdict_holds(&trial->verdict)) {
        enum judged_call way = ways[random_below(&own->random, run.count == 1 ? 3 : 1)];
        (void)judge_call(&own->judge, way, run, STANDING_OWNED);
        budget_release(trial, run.count);
    }
}

static void handle(void *context)
{
    struct trial_hart *me = context;
    struct trial *trial = me->trial;
    if (me->gone) {
        return;
    }
    uint32_t level = me->level++;
    me->entries++;
    struct trial_handler *own = &me->handlers[level];
    bool inside = is_inside(trial, me, own);
    if (level == 0) {
        struct trial_landings *landed =
            landings_of(me->landings, atomic_load_explicit(&me->doing, memory_order_relaxed));
        landed->interrupts++;
        landed->inside += inside;
    } else {
        me->nested_interrupts++; /* another of a higher level may come between, and one be lost: it is for people */
    }
    if (verdict_holds(&trial->verdict) && inside && random_one_in(&own->random, 4)) {
        refuse_within(trial, own);
    }
    for (uint64_t i = random_between(&own->random, 1, 3); i > 0 && verdict_holds(&trial->verdict); i--) {
        if (own->holding_count > 0 && random_one_in(&own->random, 2)) {
            give(trial, me, own);
        } else {
            take(trial, me, own, inside);
        }
    }
    me->level = level;
}

/* ---- around a phase ---- */

void interrupts_open(struct trial *trial, struct trial_hart *me)
{
    if (!trial->config.interrupts || !verdict_holds(&trial->verdict)) {
        return;
    }
    uint64_t seed = random_next(&me->random);
    if (!hart_interrupts_begin(handle, me, seed)) {
        verdict_violate(&trial->verdict, PROPERTY_INTERRUPTS, me->hart, UINT64_MAX,
                        "this platform's harts cannot be interrupted");
    }
}

void interrupts_close(struct trial *trial, struct trial_hart *me)
{
    if (!trial->config.interrupts) {
        return;
    }
    hart_interrupts_end();
    for (uint32_t level = 0; level < INTERRUPT_LEVELS; level++) {
        struct trial_handler *own = &me->handlers[level];
        while (own->holding_count > 0 && verdict_holds(&trial->verdict)) {
            give(trial, me, own);
        }
    }
}
