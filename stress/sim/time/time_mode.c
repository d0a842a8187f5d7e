/* SPDX-License-Identifier: MIT
 * Time mode: each hart has a clock, and each access advances it by what the access costs.
 *
 * 1. Order. The hart whose clock is least makes its next access as one step: it finds the value that memory holds, and
 *    its cost is added to the clock. Then the hart whose clock is now least goes on. So accesses take effect in the
 *    order in which they begin, those of one moment in the order of hart numbers, and the seed determines everything.
 * 2. Costs:
 *      load      a hit, or the line's transfer; the hart waits for it. A plain access that hits one of the hart's last
 *                RECENT_LINES lines is free: whether it is made once, twice or not at all, because the value is in a
 *                register, is the compiler's choice
 *      store     a hit: the store goes to the store buffer and the line is fetched meanwhile. A hart's stores arrive
 *                in program order. The hart waits only when they would arrive more than STORE_BUFFER_PS later. Plain
 *                stores that hit may be free, as loads; a sequentially consistent store is followed by a fence
 *      rmw       a read-modify-write waits until the store buffer is empty, fetches the line exclusive, then pays a
 *                cost of its own
 *      fence     a store-load fence waits until the store buffer is empty, then pays a cost of its own. A weaker fence
 *                is free, as on x86
 *      barrier   the heavy side of the asymmetric barrier: a cost of its own, then until the store buffer is empty
 *      prefetch  a hit; the line's transfer begins, exclusive, and an access to it waits until it has arrived. A hart
 *                has at most PREFETCHES such transfers under way; one more waits until the first has arrived. If
 *                another hart is the next one to get the line, no transfer begins
 *      relax     a turn of a waiting loop
 * 3. Waiting loops. If a hart did nothing in a turn of such a loop but loads that found what the turn before had found,
 *    and these values are unchanged when the turn ends, it is taken off the heap of clocks and sleeps until one of
 *    these lines is written. Its clock is then the writer's, plus `wake_ps`. So 128 waiting harts cost no more to
 *    simulate than one. A loop over more than POLL_MOST loads is simulated turn by turn, which is only slower.
 *
 * Not modelled: execution out of order, the caches' capacity, hardware prefetch, bandwidth, address translation,
 * hardware threads, preemption. */
#include "time_mode.h"

#include <string.h>

#include "clock.h"
#include "frame_limits.h"
#include "platform.h"
#include "run.h"

#define POLL_MOST 4u
#define RECENT_LINES 8u
/* Lines on their way to a hart: the fill buffers of Intel's cores from Nehalem on (Intel 64 and IA-32 Architectures
 * Optimization Reference Manual); AMD's Zen 3 has more, 24 (Software Optimization Guide for AMD Family 19h). */
#define PREFETCHES 10u
/* A store buffer's worth of time: a hart that is so far ahead of its stores waits for them. */
#define STORE_BUFFER_PS UINT64_C(1000000)

struct poll {
    uintptr_t address;
    value_t value;
    uint8_t size;
};

struct arrival {
    uintptr_t number; /* of a line; 0: none */
    uint64_t at_ps;
};

struct time_hart {
    uint64_t now_ps;
    uint64_t stored_ps; /* when its stores so far will all have arrived */
    struct poll polls[POLL_MOST], before[POLL_MOST];
    uint32_t poll_count, before_count;
    bool busy; /* it did something else than poll since its last turn */
    bool asleep;
    uint64_t asleep_since;
    uintptr_t recent[RECENT_LINES]; /* line numbers, the last one first */
    struct arrival arrivals[PREFETCHES];
    uint64_t arrived_ps; /* when all of them will have */
    uint32_t behind;     /* the hart that queues for the same line behind it; RUN_NOBODY */
};

static struct {
    struct machine_model machine;
    struct time_hart harts[HART_MAX];
    uint32_t run_harts;
    uint64_t ended_ps; /* the run before this one; lines remember until when they were busy then */
    struct time_counts counts;
    uint32_t held_hart; /* to be stopped, or stopped; RUN_NOBODY */
    bool held;
    const unsigned *in_section; /* of that hart */
} it = {.held_hart = RUN_NOBODY};

void time_mode_use(const struct machine_model *machine, uint64_t seed)
{
    it.machine = *machine;
    it.ended_ps = 0;
    it.held_hart = RUN_NOBODY;
    coherence_reset(&it.machine, seed);
    time_mode_clear_counts();
    model = &model_time;
}

void time_mode_clear_counts(void)
{
    it.counts = (struct time_counts){.events = 0};
    coherence_clear_counts();
}

void time_mode_counts(struct time_counts *counts)
{
    *counts = it.counts;
    counts->lines = *coherence_counts();
}

static void drain_stores(struct time_hart *me)
{
    if (me->stored_ps > me->now_ps) {
        me->now_ps = me->stored_ps;
    }
}

static uint32_t begin(uint32_t harts)
{
    clock_reset();
    for (uint32_t i = 0; i < harts; i++) {
        it.harts[i] = (struct time_hart){.busy = true, .now_ps = it.ended_ps, .stored_ps = it.ended_ps};
        clock_insert(i, it.ended_ps);
    }
    it.run_harts = harts;
    return 0;
}

/* Time goes on from run to run: the next one begins when all of this one has ended. */
static void end(void)
{
    for (uint32_t i = 0; i < it.run_harts; i++) {
        drain_stores(&it.harts[i]);
        it.ended_ps = it.harts[i].now_ps > it.ended_ps ? it.harts[i].now_ps : it.ended_ps;
    }
}

/* ---- waiting loops ---- */

static bool is_unchanged(const struct poll *poll)
{
    const struct event look = {.kind = EVENT_LOAD, .size = poll->size, .address = poll->address};
    return model_apply(&look) == poll->value;
}

/* Whether the turn that ends now was like the one before. */
static bool polls_in_vain(const struct time_hart *me)
{
    if (me->busy || me->poll_count == 0 || me->poll_count != me->before_count) {
        return false;
    }
    for (uint32_t i = 0; i < me->poll_count; i++) {
        if (me->polls[i].address != me->before[i].address || me->polls[i].value != me->before[i].value ||
            !is_unchanged(&me->polls[i])) {
            return false;
        }
    }
    return true;
}

static void note_load(struct time_hart *me, const struct event *event, value_t value)
{
    if (me->poll_count == POLL_MOST) {
        me->busy = true;
    } else {
        me->polls[me->poll_count++] = (struct poll){event->address, value, event->size};
    }
}

static void sleep_until_written(struct time_hart *me, uint32_t hart)
{
    for (uint32_t i = 0; i < me->poll_count; i++) {
        struct line *line = coherence_line(me->polls[i].address);
        hart_set_add(&line->watchers, hart);
        line->watched = true;
    }
    me->asleep = true;
    me->asleep_since = me->now_ps;
    clock_remove(hart);
}

static void wake_watchers(struct line *line, uint64_t now_ps)
{
    for (uint32_t hart = hart_set_next(&line->watchers, 0); hart < HART_MAX;
         hart = hart_set_next(&line->watchers, hart + 1)) {
        struct time_hart *sleeper = &it.harts[hart];
        if (!sleeper->asleep) {
            continue;
        }
        uint64_t woken_ps = now_ps + it.machine.wake_ps;
        sleeper->asleep = false;
        sleeper->now_ps = woken_ps > sleeper->now_ps ? woken_ps : sleeper->now_ps;
        it.counts.wait_ps += sleeper->now_ps - sleeper->asleep_since;
        clock_insert(hart, sleeper->now_ps);
    }
    line->watchers = (struct hart_set){{0}};
    line->watched = false;
}

static void relax(struct time_hart *me, uint32_t hart)
{
    bool in_vain = polls_in_vain(me);
    memcpy(me->before, me->polls, sizeof me->before);
    me->before_count = me->busy ? 0 : me->poll_count;
    me->poll_count = 0;
    me->busy = false;
    me->now_ps += it.machine.relax_ps;
    it.counts.waits++;
    it.counts.wait_ps += it.machine.relax_ps;
    if (in_vain) {
        me->poll_count = me->before_count; /* what to sleep on */
        memcpy(me->polls, me->before, sizeof me->polls);
        sleep_until_written(me, hart);
        me->poll_count = 0;
    }
}

/* ---- queues for lines ---- */

static void let_first_run(uint32_t hart)
{
    uint32_t first = clock_first();
    if (first == RUN_NOBODY) {
        platform_panic("simulator: every hart waits, and nobody is left to end it");
    }
    if (first != hart) {
        run_switch(first);
    }
}

/* The line is the hart's next: when it is free. */
static void promise(struct line *line, uint32_t hart)
{
    line->promised = true;
    line->next = hart;
}

static void join_queue(struct line *line, uint32_t hart)
{
    it.harts[hart].behind = RUN_NOBODY;
    if (line->queue_first == RUN_NOBODY) {
        line->queue_first = hart;
    } else {
        it.harts[line->queue_last].behind = hart;
    }
    line->queue_last = hart;
}

/* Returns when no other hart is served first. Lines may lie elsewhere then. */
static struct line *wait_for_line(struct time_hart *me, uint32_t hart, uintptr_t address, bool write)
{
    struct line *line = coherence_line(address);
    while (coherence_is_busy(line, hart, me->now_ps, write)) {
        if (line->promised && line->next != hart) {
            join_queue(line, hart);
            clock_remove(hart);
        } else {
            promise(line, hart);
            me->now_ps = line->free_ps > me->now_ps ? line->free_ps : me->now_ps;
            clock_advance(hart, me->now_ps);
        }
        let_first_run(hart);
        line = coherence_line(address);
    }
    return line;
}

/* The hart that the line was promised to has had it. */
static void serve_next(struct line *line, uint32_t hart)
{
    if (!line->promised || line->next != hart) {
        return;
    }
    uint32_t next = line->queue_first;
    line->promised = false;
    line->next = RUN_NOBODY;
    if (next == RUN_NOBODY) {
        return;
    }
    struct time_hart *woken = &it.harts[next];
    line->queue_first = woken->behind;
    promise(line, next);
    woken->now_ps = line->free_ps > woken->now_ps ? line->free_ps : woken->now_ps;
    clock_insert(next, woken->now_ps);
}

/* ---- prefetch ---- */

/* When a line that was asked for arrives; not later than now if none is on its way. */
static uint64_t arrival_of(struct time_hart *me, uintptr_t address)
{
    if (me->arrived_ps <= me->now_ps) {
        return 0;
    }
    for (uint32_t i = 0; i < PREFETCHES; i++) {
        if (me->arrivals[i].number == address / LINE_BYTES) {
            return me->arrivals[i].at_ps;
        }
    }
    return 0;
}

/* Harts whose clock is less come first. */
static void wait_until(struct time_hart *me, uint32_t hart, uint64_t at_ps)
{
    if (at_ps > me->now_ps) {
        me->now_ps = at_ps;
        clock_advance(hart, me->now_ps);
        let_first_run(hart);
    }
}

static struct arrival *first_arrival(struct time_hart *me)
{
    struct arrival *first = &me->arrivals[0];
    for (uint32_t i = 1; i < PREFETCHES; i++) {
        first = me->arrivals[i].at_ps < first->at_ps ? &me->arrivals[i] : first;
    }
    return first;
}

static void prefetch(struct time_hart *me, uint32_t hart, const struct event *event)
{
    const struct line *line = coherence_line(event->address);
    me->now_ps += it.machine.hit_ps;
    if (coherence_has(line, hart, true) || line->promised) {
        return;
    }
    struct arrival *arrival = first_arrival(me);
    wait_until(me, hart, arrival->at_ps);
    arrival->number = event->address / LINE_BYTES;
    arrival->at_ps = coherence_write(coherence_line(event->address), hart, me->now_ps, event->place);
    me->arrived_ps = arrival->at_ps > me->arrived_ps ? arrival->at_ps : me->arrived_ps;
}

/* ---- accesses ---- */

/* Whether the line was among the last ones; now it is the last one. */
static bool is_recent(struct time_hart *me, uintptr_t number)
{
    uint32_t at = 0;
    while (at < RECENT_LINES - 1 && me->recent[at] != number) {
        at++;
    }
    bool found = me->recent[at] == number;
    memmove(&me->recent[1], &me->recent[0], at * sizeof me->recent[0]);
    me->recent[0] = number;
    return found;
}

/* What a hit costs. */
static uint64_t hit_cost(struct time_hart *me, const struct event *event)
{
    bool recent = is_recent(me, event->address / LINE_BYTES);
    bool plain = event->kind == EVENT_PLAIN_LOAD || event->kind == EVENT_PLAIN_STORE;
    return recent && plain ? 0 : it.machine.hit_ps;
}

static void load(struct time_hart *me, uint32_t hart, const struct event *event)
{
    wait_until(me, hart, arrival_of(me, event->address));
    struct line *line = wait_for_line(me, hart, event->address, false);
    uint64_t hit_ps = hit_cost(me, event), start_ps = me->now_ps;
    me->now_ps = coherence_read(line, hart, me->now_ps, event->place);
    me->now_ps = me->now_ps == start_ps + it.machine.hit_ps ? start_ps + hit_ps : me->now_ps;
    serve_next(line, hart);
}

static void store(struct time_hart *me, uint32_t hart, const struct event *event)
{
    struct line *line = wait_for_line(me, hart, event->address, true);
    uint64_t ahead_ps = arrival_of(me, event->address);
    uint64_t arrived_ps = coherence_write(line, hart, me->now_ps, event->place);
    serve_next(line, hart);
    arrived_ps = ahead_ps > arrived_ps ? ahead_ps : arrived_ps;
    (void)model_apply(event); /* of a plain store nothing: the program does it */
    me->stored_ps = arrived_ps > me->stored_ps ? arrived_ps : me->stored_ps;
    me->now_ps += hit_cost(me, event);
    if (me->stored_ps > me->now_ps + STORE_BUFFER_PS) {
        me->now_ps = me->stored_ps - STORE_BUFFER_PS;
    }
    if (line->watched) {
        wake_watchers(line, me->stored_ps);
    }
    if (event->kind == EVENT_STORE && (event->order & ORDER_STORE_LOAD) != 0) {
        drain_stores(me);
        me->now_ps += it.machine.fence_ps;
        it.counts.fences++;
    }
}

static value_t rmw(struct time_hart *me, uint32_t hart, const struct event *event)
{
    drain_stores(me);
    wait_until(me, hart, arrival_of(me, event->address));
    struct line *line = wait_for_line(me, hart, event->address, true);
    me->now_ps = coherence_write(line, hart, me->now_ps, event->place) +
                 (event->size == 16 ? it.machine.rmw_16_ps : it.machine.rmw_ps);
    serve_next(line, hart);
    value_t old = model_apply(event);
    bool failed = event->operation == RMW_COMPARE && old != event->expected;
    it.counts.cas_failures += failed;
    if (!failed && line->watched) {
        wake_watchers(line, me->now_ps);
    }
    return old;
}

static value_t access_memory(struct time_hart *me, uint32_t hart, const struct event *event)
{
    value_t value = 0;
    switch (event->kind) {
    case EVENT_PLAIN_LOAD:
        load(me, hart, event);
        break;
    case EVENT_LOAD:
        load(me, hart, event);
        value = model_apply(event);
        note_load(me, event, value);
        return value;
    case EVENT_PLAIN_STORE:
        store(me, hart, event);
        break;
    case EVENT_STORE:
        store(me, hart, event);
        break;
    case EVENT_RMW:
        value = rmw(me, hart, event);
        break;
    case EVENT_BARRIER:
        me->now_ps += it.machine.barrier_ps;
        drain_stores(me);
        break;
    default:
        return 0;
    }
    me->busy = true;
    return value;
}

static void fence(struct time_hart *me, const struct event *event)
{
    if ((event->order & ORDER_STORE_LOAD) != 0) {
        drain_stores(me);
        me->now_ps += it.machine.fence_ps;
        it.counts.fences++;
    }
}

/* ---- a hart that is stopped ---- */

void time_mode_hold(uint32_t hart, const unsigned *in_section)
{
    it.held_hart = hart;
    it.held = false;
    it.in_section = in_section;
}

bool time_mode_let_go(uint32_t hart)
{
    bool held = it.held_hart == hart && it.held;
    it.held_hart = RUN_NOBODY;
    if (held) {
        run_wake(hart);
    }
    return held;
}

static bool is_to_stop(uint32_t hart)
{
    return hart == it.held_hart && !it.held && !it.harts[hart].asleep && *it.in_section > 0;
}

static value_t do_event(uint32_t hart, const struct event *event)
{
    struct time_hart *me = &it.harts[hart];
    value_t value = 0;
    it.counts.events++;
    if (event->kind == EVENT_RELAX) {
        relax(me, hart);
    } else if (event->kind == EVENT_FENCE) {
        fence(me, event);
    } else if (event->kind == EVENT_PREFETCH) {
        prefetch(me, hart, event);
    } else {
        value = access_memory(me, hart, event);
    }
    if (!me->asleep) {
        clock_advance(hart, me->now_ps);
    }
    if (is_to_stop(hart)) {
        it.held = true;
        run_park();
        return value;
    }
    let_first_run(hart);
    return value;
}

static uint32_t next(void)
{
    clock_remove(run_self());
    return clock_first();
}

static void wake(uint32_t hart, uint32_t by)
{
    struct time_hart *woken = &it.harts[hart];
    if (it.harts[by].now_ps > woken->now_ps) {
        woken->now_ps = it.harts[by].now_ps;
    }
    clock_remove(hart);
    clock_insert(hart, woken->now_ps);
}

static uint64_t time_ns(uint32_t hart)
{
    return it.harts[hart].now_ps / 1000;
}

const struct model model_time = {
    .name = "time", .begin = begin, .end = end, .event = do_event, .next = next, .wake = wake, .time_ns = time_ns};
