/* SPDX-License-Identifier: MIT
 * See coherence.h. Lines lie in the order of their first use; a table finds them by number. What a simulation yields
 * depends on that order and never on an address. */
#include "coherence.h"

#include <stdlib.h>
#include <string.h>

#include "caches.h"
#include "frame_limits.h"
#include "platform.h"
#include "random.h"
#include "run.h"

#define LINES_FIRST 4096u
#define PAGE_LINES (4096u / LINE_BYTES)
#define STACK_LINES_MOST ((UINT64_C(8) << 20) / LINE_BYTES)

static struct {
    const struct machine_model *machine;
    struct random random;
    uintptr_t stack; /* a line of it */
    struct line *lines;
    uint32_t count, capacity;
    uint32_t *table; /* indices of lines; twice as many slots as lines at least */
    uint32_t table_mask;
    struct coherence_counts counts;
} it;

static uint32_t slot_of(uintptr_t number)
{
    uint64_t hash = (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(hash >> 32) & it.table_mask;
}

static void grow(void)
{
    uint32_t capacity = it.capacity == 0 ? LINES_FIRST : it.capacity * 2;
    it.lines = realloc(it.lines, capacity * sizeof *it.lines);
    it.table = realloc(it.table, 2 * (size_t)capacity * sizeof *it.table);
    if (it.lines == NULL || it.table == NULL) {
        platform_panic("simulator: no memory for %u cache lines", capacity);
    }
    it.capacity = capacity;
    it.table_mask = 2 * capacity - 1;
    memset(it.table, 0xff, 2 * (size_t)capacity * sizeof *it.table);
    for (uint32_t i = 0; i < it.count; i++) {
        uint32_t slot = slot_of(it.lines[i].number);
        while (it.table[slot] != NO_LINE) {
            slot = (slot + 1) & it.table_mask;
        }
        it.table[slot] = i;
    }
}

void coherence_reset(const struct machine_model *machine, uint64_t seed)
{
    it.machine = machine;
    it.random = random_stream(seed, 1);
    it.count = 0;
    it.stack = (uintptr_t)__builtin_frame_address(0) / LINE_BYTES;
    if (it.capacity > 0) {
        memset(it.table, 0xff, 2 * (size_t)it.capacity * sizeof *it.table);
    }
    caches_reset(machine);
    coherence_clear_counts();
}

void coherence_clear_counts(void)
{
    it.counts = (struct coherence_counts){0};
    for (uint32_t i = 0; i < it.count; i++) {
        it.lines[i].transfers = 0;
        it.lines[i].votes = 0;
    }
}

const struct coherence_counts *coherence_counts(void)
{
    return &it.counts;
}

static uint32_t index_of(const struct line *line)
{
    return (uint32_t)(line - it.lines);
}

/* Near the stack on which the simulation was begun: where that begins in its page differs from process to process. */
static bool is_of_process(uintptr_t number)
{
    return number + STACK_LINES_MOST - it.stack <= 2 * STACK_LINES_MOST;
}

/* Pages lie anywhere in physical memory: where, their rank in the order of first use tells. */
static uint32_t set_of(uintptr_t number)
{
    uint32_t place = number % PAGE_LINES;
    if (is_of_process(number)) {
        return it.count;
    }
    uint32_t rank = place == 0 ? it.count : index_of(coherence_line((number - place) * LINE_BYTES));
    return (rank * UINT32_C(0x9e3779b9) >> 10) * PAGE_LINES + place;
}

static struct line *add(uintptr_t number)
{
    uint32_t set = set_of(number);
    if (it.count == it.capacity) {
        grow();
    }
    uint32_t slot = slot_of(number);
    while (it.table[slot] != NO_LINE) {
        slot = (slot + 1) & it.table_mask;
    }
    it.table[slot] = it.count;
    struct line *line = &it.lines[it.count++];
    *line = (struct line){.number = number,
                          .set = set,
                          .holder = RUN_NOBODY,
                          .next = RUN_NOBODY,
                          .queue_first = RUN_NOBODY,
                          .queue_last = RUN_NOBODY};
    return line;
}

struct line *coherence_line(uintptr_t address)
{
    uintptr_t number = address / LINE_BYTES;
    if (it.capacity == 0) {
        return add(number);
    }
    for (uint32_t slot = slot_of(number); it.table[slot] != NO_LINE; slot = (slot + 1) & it.table_mask) {
        struct line *line = &it.lines[it.table[slot]];
        if (line->number == number) {
            return line;
        }
    }
    return add(number);
}

/* ---- what it takes ---- */

static uint64_t jittered(uint64_t ps)
{
    uint64_t jitter = it.machine->jitter_1024;
    return ps * (1024 - jitter + random_below(&it.random, 2 * jitter + 1)) / 1024;
}

static enum distance distance_of(uint32_t a, uint32_t b)
{
    if (a / it.machine->cluster_harts == b / it.machine->cluster_harts) {
        return DISTANCE_CLUSTER;
    }
    return a / it.machine->socket_harts == b / it.machine->socket_harts ? DISTANCE_SOCKET : DISTANCE_FAR;
}

/* To the member that is furthest away. Harts lie in order, so that is the first or the last. */
static enum distance distance_to_set(uint32_t hart, const struct hart_set *set)
{
    enum distance first = distance_of(hart, hart_set_next(set, 0));
    enum distance last = distance_of(hart, hart_set_last(set));
    return first > last ? first : last;
}

static void vote(struct line *line, uintptr_t place)
{
    if (line->votes == 0) {
        line->place = place;
    }
    line->votes += line->place == place ? 1 : UINT64_MAX; /* minus one */
    line->transfers++;
    it.counts.transfers++;
}

/* When a request that comes now is served. The holder itself need not wait for the end of its own hold. */
static uint64_t begin(const struct line *line, uint32_t hart, uint64_t now_ps)
{
    return line->holder != hart && line->free_ps > now_ps ? line->free_ps : now_ps;
}

static void arrive(struct line *line, uint32_t hart, uint64_t at_ps, uint64_t stay_ps)
{
    line->holder = hart;
    line->here_ps = at_ps;
    line->free_ps = at_ps + jittered(stay_ps);
}

/* A hart has the line no more. */
static void drop(struct line *line, uint32_t hart)
{
    hart_set_drop(&line->sharers, hart);
    line->exclusive = false;
    if (line->holder == hart) {
        uint32_t other = hart_set_next(&line->sharers, 0);
        line->holder = other < HART_MAX ? other : RUN_NOBODY;
    }
}

/* What the caches make of an access to the line: where they found it. What they drop for it is in the shared one. */
static enum cache_level touch(struct line *line, uint32_t hart)
{
    uint32_t dropped;
    enum cache_level level = caches_touch(hart, (struct cache_line){index_of(line), line->set}, &dropped);
    if (dropped != NO_LINE && hart_set_has(&it.lines[dropped].sharers, hart)) {
        drop(&it.lines[dropped], hart);
        (void)caches_touch_shared(hart, (struct cache_line){dropped, it.lines[dropped].set});
    }
    return level;
}

/* A line that the hart has, from its own caches. */
static uint64_t own(struct line *line, uint32_t hart)
{
    return touch(line, hart) == CACHE_FIRST ? 0 : it.machine->l2_ps;
}

/* Time to bring the line to `hart`, which has no copy. */
static uint64_t bring(struct line *line, uint32_t hart, uintptr_t place)
{
    bool near = caches_touch_shared(hart, (struct cache_line){index_of(line), line->set});
    (void)touch(line, hart);
    if (line->holder == RUN_NOBODY) {
        it.counts.misses += !near;
        return near ? it.machine->llc_ps : jittered(it.machine->miss_ps);
    }
    vote(line, place);
    return jittered(it.machine->transfer_ps[distance_of(hart, line->holder)]);
}

bool coherence_has(const struct line *line, uint32_t hart, bool write)
{
    return hart_set_has(&line->sharers, hart) && (line->exclusive || !write);
}

uint64_t coherence_here(const struct line *line, uint32_t hart)
{
    return line->holder == hart ? line->here_ps : 0;
}

void coherence_written(struct line *line, uint64_t at_ps)
{
    if (it.machine->window > 0 && line->free_ps < at_ps) {
        line->free_ps = at_ps;
    }
}

void coherence_came_early(struct line *line, uint64_t now_ps)
{
    line->here_ps = now_ps;
}

bool coherence_is_busy(const struct line *line, uint32_t hart, uint64_t now_ps, bool write)
{
    if (coherence_has(line, hart, write)) {
        return false;
    }
    if (line->promised && line->next != hart) {
        return true;
    }
    return line->holder != hart && line->free_ps > now_ps;
}

uint64_t coherence_read(struct line *line, uint32_t hart, uint64_t now_ps, uintptr_t place)
{
    if (hart_set_has(&line->sharers, hart)) {
        return now_ps + own(line, hart);
    }
    uint64_t at_ps = begin(line, hart, now_ps) + bring(line, hart, place);
    hart_set_add(&line->sharers, hart);
    line->exclusive = line->holder == RUN_NOBODY;
    arrive(line, hart, at_ps, it.machine->share_ps);
    return at_ps;
}

uint64_t coherence_write(struct line *line, uint32_t hart, uint64_t now_ps, uintptr_t place)
{
    bool has = hart_set_has(&line->sharers, hart);
    if (has && line->exclusive) {
        return now_ps + own(line, hart);
    }
    uint64_t at_ps = begin(line, hart, now_ps);
    struct hart_set others = line->sharers;
    hart_set_drop(&others, hart);
    uint32_t copies = hart_set_count(&others);
    if (!has) {
        at_ps += bring(line, hart, place);
        copies -= copies > 0; /* the copy that was brought is no other's any more */
    } else if (copies > 0) {
        vote(line, place);
    }
    if (copies > 0) {
        at_ps += jittered(it.machine->invalidate_ps[distance_to_set(hart, &others)]);
        it.counts.invalidations += copies;
    }
    line->sharers = (struct hart_set){{0}};
    hart_set_add(&line->sharers, hart);
    line->exclusive = true;
    arrive(line, hart, at_ps, it.machine->hold_ps);
    return at_ps;
}

const struct line *coherence_hottest(uint32_t i)
{
    /* One after the other: `i` is small. */
    const struct line *hottest = NULL, *bound = NULL;
    for (uint32_t rank = 0; rank <= i; rank++) {
        hottest = NULL;
        for (uint32_t l = 0; l < it.count; l++) {
            const struct line *line = &it.lines[l];
            bool after = bound == NULL || line->transfers < bound->transfers ||
                         (line->transfers == bound->transfers && line > bound);
            if (line->transfers > 0 && after && (hottest == NULL || line->transfers > hottest->transfers)) {
                hottest = line;
            }
        }
        if (hottest == NULL) {
            return NULL;
        }
        bound = hottest;
    }
    return hottest;
}
