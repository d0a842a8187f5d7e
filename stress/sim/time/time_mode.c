/* SPDX-License-Identifier: MIT
 * Time mode: each hart has a clock, and each access advances it by what the access costs.
 *
 * 1. Order. The hart whose clock is least makes its next access as one step: it finds the value that memory holds, and
 *    its cost is added to the clock. Then the hart whose clock is now least goes on. So accesses take effect in the
 *    order in which they begin, those of one moment in the order of hart numbers, and the seed determines everything.
 * 2. Costs. A hart begins its accesses in program order, `hit_ps` apart: the access and the instructions around it.
 *    When one is over depends on where the line is (caches.h, coherence.h):
 *      load      the first cache takes nothing more, the second and last cache, memory or another hart what they take
 *      store     goes to the store buffer and the line is fetched meanwhile. A hart's stores arrive in program order,
 *                after what came before them. The hart waits only when they would arrive more than STORE_BUFFER_PS
 *                later; a sequentially consistent store is followed by a fence
 *      rmw       a read-modify-write is over when all before it is, at a cost of its own after that; the hart waits for
 *                it only if others want the line
 *      fence     a store-load fence waits until all before it is over and the store buffer is empty, then pays a cost
 *                of its own. A weaker fence is free, as on x86
 *      barrier   the heavy side of the asymmetric barrier: a cost of its own, then until the store buffer is empty
 *      prefetch  a hit; the line's transfer begins, exclusive. A hart has at most PREFETCHES such transfers under way;
 *                one more waits until the first has arrived. If another hart is the next one to get the line, no
 *                transfer begins
 *      relax     a turn of a waiting loop, after all loads are over
 *    A line that is under way to the hart is there when it has come, whatever asked for it.
 *
 *    Out of order: accesses are over in program order, and the one that is `window` accesses further on begins when
 *    this one is over. So misses overlap as far as a window reaches, as in interval simulation (Genbrugge, Eyerman,
 *    Eeckhout: Interval Simulation. HPCA 2010). A miss whose address comes from a load under way begins when that
 *    is over (dependence.h). With a window of 0 each access waits for the one before.
 *    Ahead: a miss next to a line that missed lately, or at the stride of the last two misses at its place in the code,
 *    was fetched by hardware in time.
 *    What a hart wrote is seen by others when it takes effect, no earlier (coherence_written).
 * 3. Waiting loops. If a hart did nothing in a turn of such a loop but loads that found what the turn before had found,
 *    and these values are unchanged when the turn ends, it is taken off the heap of clocks and sleeps until one of
 *    these lines is written. Its clock is then the writer's, plus `wake_ps`. So 128 waiting harts cost no more to
 *    simulate than one. A loop over more than POLL_MOST loads is simulated turn by turn, which is only slower.
 *
 * Not modelled: mispredicted branches, bandwidth, address translation, hardware threads, preemption. */
#include "time_mode.h"

#include <string.h>

#include "clock.h"
#include "dependence.h"
#include "frame_limits.h"
#include "platform.h"
#include "run.h"

#define POLL_MOST 4u
#define AWAITED 4u
#define STREAMS 8u
#define STRIDES 61u
#define PAGE_LINES (4096u / LINE_BYTES)
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

struct stride {
    uintptr_t place, number, step;
};

struct time_hart {
    uint64_t now_ps;
    uint64_t stored_ps; /* when its stores so far will all have arrived */
    struct poll polls[POLL_MOST], before[POLL_MOST];
    uint32_t poll_count, before_count;
    bool busy; /* it did something else than poll since its last turn */
    bool asleep;
    uint64_t asleep_since;
    uint64_t arrivals_ps[PREFETCHES]; /* of lines that were asked for */
    uint64_t retired_ps; /* when its accesses so far will all have ended but for stores, in program order */
    uint64_t window[MACHINE_WINDOW_MOST]; /* of each of the last ones, likewise; the oldest at window_at */
    uint32_t window_at;
    struct awaited awaited[AWAITED]; /* what loads under way will find; the oldest at awaited_at */
    uint32_t awaited_at;
    uint64_t awaited_ps;        /* when all of them will have */
    uintptr_t streams[STREAMS]; /* lines at which the hart may be going through memory; the oldest at stream_at */
    uint32_t stream_at;
    struct stride strides[STRIDES]; /* at which it did at places of the code */
    uint32_t behind;                /* the hart that queues for the same line behind it; RUN_NOBODY */
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
    dependence_reset();
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

static void be_later(uint64_t *ps, uint64_t than_ps)
{
    *ps = *ps > than_ps ? *ps : than_ps;
}

/* ---- out of order ---- */

/* An access that began is over at `end_ps`, and what came before it. The next one begins when there is room. */
static void retire(struct time_hart *me, uint64_t end_ps)
{
    be_later(&me->retired_ps, end_ps);
    if (it.machine.window == 0) {
        be_later(&me->now_ps, me->retired_ps);
        return;
    }
    me->window[me->window_at] = me->retired_ps;
    me->window_at = me->window_at + 1 < it.machine.window ? me->window_at + 1 : 0;
    be_later(&me->now_ps, me->window[me->window_at]);
}

static void drain_loads(struct time_hart *me)
{
    be_later(&me->now_ps, me->retired_ps);
}

static void drain_stores(struct time_hart *me)
{
    drain_loads(me);
    be_later(&me->now_ps, me->stored_ps);
}

static uint32_t begin(uint32_t harts)
{
    clock_reset();
    for (uint32_t i = 0; i < harts; i++) {
        it.harts[i] = (struct time_hart){
            .busy = true, .now_ps = it.ended_ps, .stored_ps = it.ended_ps, .retired_ps = it.ended_ps};
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
        be_later(&it.ended_ps, it.harts[i].now_ps);
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
    drain_loads(me);
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

/* Harts whose clock is less come first. */
static void wait_until(struct time_hart *me, uint32_t hart, uint64_t at_ps)
{
    if (at_ps > me->now_ps) {
        me->now_ps = at_ps;
        clock_advance(hart, me->now_ps);
        let_first_run(hart);
    }
}

static uint64_t *first_arrival(struct time_hart *me)
{
    uint64_t *first_ps = &me->arrivals_ps[0];
    for (uint32_t i = 1; i < PREFETCHES; i++) {
        first_ps = me->arrivals_ps[i] < *first_ps ? &me->arrivals_ps[i] : first_ps;
    }
    return first_ps;
}

static void prefetch(struct time_hart *me, uint32_t hart, const struct event *event)
{
    const struct line *line = coherence_line(event->address);
    me->now_ps += it.machine.hit_ps;
    if (coherence_has(line, hart, true) || line->promised) {
        return;
    }
    uint64_t *arrival_ps = first_arrival(me);
    wait_until(me, hart, *arrival_ps);
    *arrival_ps = coherence_write(coherence_line(event->address), hart, me->now_ps, event->place);
}

/* ---- accesses ---- */

/* Whether the hart goes through memory at one stride, line by line or at this place of the code by up to a page, so
 * that hardware brings the line ahead of it. */
static bool is_streamed(struct time_hart *me, const struct event *event)
{
    uintptr_t number = event->address / LINE_BYTES;
    struct stride *stride = &me->strides[event->place % STRIDES];
    uintptr_t step = number - stride->number;
    bool streamed = stride->place == event->place && step == stride->step && step + PAGE_LINES <= 2 * PAGE_LINES;
    *stride = (struct stride){event->place, number, step};
    for (uint32_t i = 0; i < STREAMS; i++) {
        if (me->streams[i] + 1 == number || me->streams[i] - 1 == number) {
            me->streams[i] = number;
            return true;
        }
    }
    me->streams[me->stream_at] = number;
    me->stream_at = (me->stream_at + 1) % STREAMS;
    return streamed;
}

/* An access by way of a value that is still under way begins when that is there. */
static void wait_for_address(struct time_hart *me, uint32_t hart, const struct event *event, bool write)
{
    const struct line *line = coherence_line(event->address);
    bool here = coherence_has(line, hart, write) && coherence_here(line, hart) <= me->now_ps;
    if (me->awaited_ps > me->now_ps && !here) {
        wait_until(me, hart, dependence_until(me->awaited, AWAITED, me->now_ps, event));
    }
}

static void await(struct time_hart *me, const struct event *event, uint64_t at_ps)
{
    if ((event->size == 4 || event->size == 8) && it.machine.window > 0) {
        const struct event look = {.kind = EVENT_LOAD, .size = event->size, .address = event->address};
        me->awaited[me->awaited_at] = (struct awaited){(uint64_t)model_apply(&look), at_ps, event->size};
        me->awaited_at = (me->awaited_at + 1) % AWAITED;
        be_later(&me->awaited_ps, at_ps);
    }
}

/* What a load or a store finds: the line, when it has it. */
static uint64_t get(struct time_hart *me, uint32_t hart, const struct event *event, bool write)
{
    struct line *line = coherence_line(event->address);
    bool has = coherence_has(line, hart, write);
    uint64_t at_ps, here_ps = has ? coherence_here(line, hart) : 0;
    if (write) {
        at_ps = coherence_write(line, hart, me->now_ps, event->place);
    } else {
        at_ps = coherence_read(line, hart, me->now_ps, event->place);
    }
    if (at_ps > me->now_ps && it.machine.window > 0 && is_streamed(me, event)) {
        at_ps = me->now_ps;
        coherence_came_early(line, at_ps);
    }
    be_later(&at_ps, here_ps);
    me->now_ps += has || write || it.machine.window > 0 ? it.machine.hit_ps : 0;
    be_later(&at_ps, me->now_ps);
    return at_ps;
}

static void load(struct time_hart *me, uint32_t hart, const struct event *event)
{
    wait_for_address(me, hart, event, false);
    (void)wait_for_line(me, hart, event->address, false);
    uint64_t at_ps = get(me, hart, event, false);
    serve_next(coherence_line(event->address), hart);
    if (at_ps > me->now_ps) {
        await(me, event, at_ps);
    }
    retire(me, at_ps);
}

static void store(struct time_hart *me, uint32_t hart, const struct event *event)
{
    wait_for_address(me, hart, event, true);
    (void)wait_for_line(me, hart, event->address, true);
    uint64_t at_ps = get(me, hart, event, true);
    (void)model_apply(event); /* of a plain store nothing: the program does it */
    be_later(&me->stored_ps, at_ps);
    be_later(&me->stored_ps, me->retired_ps);
    retire(me, me->now_ps);
    if (me->stored_ps > me->now_ps + STORE_BUFFER_PS) {
        me->now_ps = me->stored_ps - STORE_BUFFER_PS;
    }
    struct line *line = coherence_line(event->address);
    coherence_written(line, me->stored_ps);
    serve_next(line, hart);
    if (line->watched) {
        wake_watchers(line, me->stored_ps);
    }
    if (event->kind == EVENT_STORE && (event->order & ORDER_STORE_LOAD) != 0) {
        drain_stores(me);
        me->now_ps += it.machine.fence_ps;
        it.counts.fences++;
    }
}

/* It ends when what came before has, and the hart goes on meanwhile; but not if others want the line: then it waits,
 * and has the line no longer than it takes. */
static value_t rmw(struct time_hart *me, uint32_t hart, const struct event *event)
{
    wait_for_address(me, hart, event, true);
    struct line *line = coherence_line(event->address);
    bool wanted = line->promised || coherence_is_busy(line, hart, me->now_ps, true);
    bool waits = it.machine.window == 0 || wanted;
    if (waits) {
        drain_stores(me);
        line = wait_for_line(me, hart, event->address, true);
    }
    uint64_t here_ps = coherence_has(line, hart, true) ? coherence_here(line, hart) : 0;
    uint64_t at_ps = coherence_write(line, hart, me->now_ps, event->place);
    be_later(&at_ps, here_ps);
    be_later(&at_ps, me->stored_ps);
    be_later(&at_ps, me->retired_ps);
    at_ps += event->size == 16 ? it.machine.rmw_16_ps : it.machine.rmw_ps;
    me->now_ps += it.machine.window > 0 ? it.machine.hit_ps : 0;
    if (waits) {
        be_later(&me->now_ps, at_ps);
    }
    be_later(&me->stored_ps, at_ps);
    coherence_written(line, at_ps);
    serve_next(line, hart);
    retire(me, at_ps);
    value_t old = model_apply(event);
    bool failed = event->operation == RMW_COMPARE && old != event->expected;
    it.counts.cas_failures += failed;
    if (!failed && line->watched) {
        wake_watchers(line, at_ps);
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
        drain_loads(me);
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
    drain_loads(&it.harts[run_self()]);
    return clock_first();
}

static void wake(uint32_t hart, uint32_t by)
{
    struct time_hart *woken = &it.harts[hart];
    be_later(&woken->now_ps, it.harts[by].now_ps);
    be_later(&woken->now_ps, it.harts[by].retired_ps);
    clock_remove(hart);
    clock_insert(hart, woken->now_ps);
}

static uint64_t time_ns(uint32_t hart)
{
    const struct time_hart *me = &it.harts[hart];
    return (me->now_ps > me->retired_ps ? me->now_ps : me->retired_ps) / 1000;
}

const struct model model_time = {
    .name = "time", .begin = begin, .end = end, .event = do_event, .next = next, .wake = wake, .time_ns = time_ns};
