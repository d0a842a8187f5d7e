/* SPDX-License-Identifier: MIT
 * Explore mode: runs one execution and judges it.
 *
 * 1. Before each event the schedule chooses the hart that makes the next step (schedule.c), the memory model decides
 *    what an access finds and when a store becomes visible (memory_model.c), and races.c judges whether plain accesses
 *    are ordered. Every random choice is drawn from the seed, so a seed and the options determine the execution.
 * 2. Waiting. A hart lets another one run at EVENT_RELAX, and after POLLS loads in a row of one address that returned
 *    the same value: that is a waiting loop without EVENT_RELAX.
 * 3. Deadlock. If for TURNS_IN_VAIN turns of waiting loops a hart no value in memory has changed, the harts wait for
 *    ever: the execution ends, and the report says where two of them wait. The number is larger than the number of
 *    turns after which the allocator's own bounded loops give up. */
#include "explore.h"

#include <stdio.h>
#include <string.h>

#include "choices.h"
#include "format_into.h"
#include "memory_model.h"
#include "races.h"
#include "run.h"
#include "schedule.h"
#include "shadow.h"
#include "trace.h"

#define POLLS 8u
/* Turns in vain, a hart: above the patience of waiting loops that give up. */
#define TURNS_IN_VAIN 5000u

struct explore_hart {
    uintptr_t polled; /* the address of its last event, if that was a load */
    value_t found;
    uint32_t polls;
    uintptr_t waits_at;
};

static struct {
    struct explore_options options;
    struct explore_report report;
    struct explore_hart harts[EXPLORE_HARTS_MAX];
    uint64_t turns_in_vain, changes;
    bool over;
} it;

const struct explore_report *explore_report(void)
{
    return &it.report;
}

static void end_with(enum explore_verdict verdict)
{
    if (!it.over) {
        it.over = true;
        it.report.verdict = verdict;
        run_abandon();
    }
}

void explore_fail(const char *format, ...)
{
    format_into(it.report.text, format);
    end_with(EXPLORE_FAILED);
}

static void race_found(const struct shadow_cell *self, const struct shadow_cell *other, uintptr_t address)
{
    (void)snprintf(it.report.text, sizeof it.report.text,
                   "race at %p: a %s by hart %u is not ordered with a %s by hart %u", (void *)address,
                   self->write ? "write" : "read", self->hart, other->write ? "write" : "read", other->hart);
    it.report.places[0] = self->place;
    it.report.places[1] = other->place;
    end_with(EXPLORE_RACE);
}

static bool is_exhaustive(void)
{
    return it.options.strategy == EXPLORE_EXHAUST;
}

static uint32_t begin(uint32_t harts)
{
    shadow_begin();
    races_begin(harts, race_found);
    memory_model_begin(harts, it.options.profile, it.options.seed, is_exhaustive());
    schedule_begin(harts, &it.options);
    trace_begin();
    memset(it.harts, 0, harts * sizeof *it.harts);
    it.report = (struct explore_report){.verdict = EXPLORE_OK};
    it.turns_in_vain = 0;
    it.changes = 0;
    it.over = false;
    return schedule_any();
}

static void end(void)
{
    if (!it.over) {
        for (uint32_t hart = 0; hart < run_count(); hart++) {
            memory_model_drain(hart);
        }
    }
    it.report.stale_loads = memory_model_counts()->stale_loads;
    it.report.delayed_stores = memory_model_counts()->delayed_stores;
}

/* ---- waiting ---- */

/* With the hart that the schedule names; nobody: it has been seen. */
static void go_on(uint32_t hart)
{
    if (hart == RUN_NOBODY) {
        end_with(EXPLORE_REDUNDANT);
    }
    run_switch(hart);
}

static void say_who_waits(void)
{
    uint32_t told = 0;
    for (uint32_t hart = 0; hart < run_count() && told < 2; hart++) {
        if (run_state(hart) == RUN_READY) {
            it.report.places[told++] = it.harts[hart].waits_at;
        }
    }
    (void)snprintf(it.report.text, sizeof it.report.text,
                   "the harts wait, and nothing has changed for %llu turns of their loops",
                   (unsigned long long)it.turns_in_vain);
}

static void wait_a_turn(uint32_t hart, const struct event *event)
{
    it.harts[hart].waits_at = event->place;
    uint64_t changes = memory_model_counts()->changes;
    it.turns_in_vain = changes == it.changes ? it.turns_in_vain + 1 : 0;
    it.changes = changes;
    if (is_exhaustive() && it.turns_in_vain >= 2 * (uint64_t)run_count()) { /* no store waits for ever */
        for (uint32_t other = 0; other < run_count(); other++) {
            memory_model_drain(other);
        }
    }
    if (it.turns_in_vain > TURNS_IN_VAIN * (uint64_t)run_count()) {
        say_who_waits();
        end_with(EXPLORE_DEADLOCK);
    }
    go_on(schedule_give_way(hart));
}

/* Whether a load is one of many that found the same. */
static bool is_polling(struct explore_hart *me, const struct event *event, value_t value)
{
    if (event->kind != EVENT_LOAD) {
        me->polled = 0;
        me->polls = 0;
        return false;
    }
    me->polls = event->address == me->polled && value == me->found ? me->polls + 1 : 0;
    me->polled = event->address;
    me->found = value;
    return me->polls > 0 && me->polls % POLLS == 0;
}

/* ---- events ---- */

static bool is_atomic(const struct event *event)
{
    return event->kind >= EVENT_LOAD && event->kind <= EVENT_RMW;
}

static void stop(uint32_t hart, const struct event *event)
{
    it.report.frozen = true;
    it.report.frozen_place = event->place;
    memory_model_drain(hart); /* what it stored is on its way */
    run_freeze(hart);
}

/* Exhaustive: every atomic access is a turn, and a place to be stopped at. */
static void take_exhaustive_turn(uint32_t hart, const struct event *event)
{
    go_on(choices_turn(hart, event));
    if (choices_in_conflict(event)) {
        memory_model_choose_visible();
    }
    if (it.options.stops && choices_in_conflict(event) && choices_value(2, CHOICE_FAULT) == 1) {
        stop(hart, event);
    }
}

/* What a call reads and an answer writes, so that their order counts. No address of anybody's. */
#define MARK UINT64_C(8)

void explore_mark(bool answer)
{
    const struct event event = {.kind = answer ? EVENT_STORE : EVENT_LOAD, .size = 1, .address = MARK};
    uint32_t hart = run_self();
    if (hart != RUN_NOBODY && is_exhaustive()) {
        go_on(choices_turn(hart, &event));
        choices_made(hart, &event, answer);
    }
}

/* Whether a value was left behind. */
static bool has_written(const struct event *event, value_t old)
{
    return event->kind == EVENT_STORE ||
           (event->kind == EVENT_RMW && (event->operation != RMW_COMPARE || old == event->expected));
}

/* A step is the hart's own: it may be stopped here for good, or somebody else's turn may come first. */
static void take_turn(uint32_t hart, const struct event *event)
{
    uint32_t next = schedule_next(hart);
    if (next != hart) {
        run_switch(next);
    }
    if (is_exhaustive() && is_atomic(event)) {
        take_exhaustive_turn(hart, event);
    }
    memory_model_tick();
    it.report.steps++;
    it.report.events[hart]++;
    if (hart == it.options.freeze_hart && it.report.events[hart] == it.options.freeze_at) {
        stop(hart, event);
    }
    if (it.options.steps_most != 0 && it.report.steps > it.options.steps_most) {
        (void)snprintf(it.report.text, sizeof it.report.text, "no end after %llu events",
                       (unsigned long long)it.options.steps_most);
        end_with(EXPLORE_LIVELOCK);
    }
}

/* All but silent harts pass a fence, and the caller in any case. Who has returned has nothing left to order. */
static value_t do_barrier(uint32_t hart)
{
    uint32_t silent = 0;
    for (uint32_t other = 0; other < run_count(); other++) {
        if (other != hart && run_state(other) != RUN_DONE) {
            silent |= it.options.silent & UINT32_C(1) << other;
        }
    }
    it.report.silences += silent != 0;
    memory_model_barrier(silent);
    return silent;
}

static value_t do_other(uint32_t hart, const struct event *event, struct memory_found *found)
{
    switch (event->kind) {
    case EVENT_FENCE:
        memory_model_fence(hart, event->order);
        return 0;
    case EVENT_BARRIER:
        return do_barrier(hart);
    case EVENT_RELAX:
        return 0;
    default:
        return memory_model_access(hart, event, it.report.steps, found);
    }
}

static value_t do_event(uint32_t hart, const struct event *event)
{
    struct memory_found found = {.writer = RUN_NOBODY};
    value_t value = 0;
    if (event->kind == EVENT_PREFETCH) {
        return 0;
    }
    take_turn(hart, event);
    uint64_t step = it.report.steps;
    if (event->kind <= EVENT_PLAIN_STORE) { /* most are */
        memory_model_plain(hart, event);
    } else {
        value = do_other(hart, event, &found);
        if (is_exhaustive() && is_atomic(event)) {
            choices_made(hart, event, has_written(event, value));
        }
    }
    if (it.options.trace) {
        trace_event(hart, event, step, value, &found);
    }
    if (event->kind == EVENT_RELAX || is_polling(&it.harts[hart], event, value)) {
        wait_a_turn(hart, event);
    }
    return value;
}

/* What it stored may still wait: others' steps will make it known. */
static uint32_t next(void)
{
    uint32_t self = run_self();
    if (run_state(self) == RUN_DONE) {
        races_confirm(self);
    } else if (run_state(self) == RUN_FROZEN) {
        races_dismiss(self); /* whether it would have acted on what it saw, nobody knows */
    }
    uint32_t next_hart = schedule_any();
    if (next_hart == RUN_NOBODY && is_exhaustive() && !it.over) {
        for (uint32_t hart = 0; hart < run_count(); hart++) {
            it.over |= run_state(hart) == RUN_READY; /* all that could go on sleep */
        }
        it.report.verdict = it.over ? EXPLORE_REDUNDANT : it.report.verdict;
    }
    return next_hart;
}

static void wake(uint32_t hart, uint32_t by)
{
    memory_model_join(hart, by);
    schedule_woken();
}

static uint64_t time_ns(uint32_t hart)
{
    (void)hart;
    return it.report.steps;
}

static const struct model model_explore = {
    .name = "explore", .begin = begin, .end = end, .event = do_event, .next = next, .wake = wake, .time_ns = time_ns};

void explore_use(const struct explore_options *options)
{
    it.options = *options;
    model = &model_explore;
}
