/* SPDX-License-Identifier: MIT
 * Which harts hold a cache line, and what it costs to get it: a directory in the manner of MESI, over lines of 64
 * bytes.
 *
 * 1. States of a line:
 *      nobody     no hart has it; a load or store brings it from memory
 *      exclusive  one hart has it and may write it; a load by another hart makes it shared
 *      shared     some harts have it and may read it; a write makes it exclusive and invalidates the others' copies
 * 2. A line serves one request at a time, in the order of arrival: a hart that finds it busy queues (time_mode.c).
 * 3. Where a line arrives it stays for `hold_ps` before the next request is served, and, if it is written, until that
 *    takes effect: the time in which a compare-and-swap follows the load that it is based on. Without this, loops of
 *    compare-and-swap come out forty times too slow at 128 harts; with it, contention costs what published curves say.
 *    A line that a hart's caches drop is nobody's, and in the cache that the hart's cluster shares.
 * 4. Transfers and holds vary by a jitter that is drawn from the seed: with equal costs the harts would stay in step
 *    with one another, as on no real machine. */
#ifndef FRAMELAB_SIM_COHERENCE_H
#define FRAMELAB_SIM_COHERENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "hart_set.h"
#include "machine_model.h"
#include "run.h"

#define LINE_BYTES 64u

struct line {
    uintptr_t number; /* address / LINE_BYTES */
    uint32_t set;     /* what its sets in caches are chosen by */
    uint64_t here_ps; /* when it came, or will have come, to the holder */
    uint64_t free_ps; /* when the next request may begin, but for the holder's own */
    uint32_t holder;  /* where it came last; RUN_NOBODY */
    bool exclusive;
    struct hart_set sharers;
    struct hart_set watchers; /* harts asleep until it is written */
    bool watched;
    bool promised; /* to `next`, which has it when it is free */
    uint32_t next;
    uint32_t queue_first, queue_last; /* harts that come after that one; RUN_NOBODY */
    uint64_t transfers;
    uintptr_t place; /* code that most of these were for (Boyer and Moore's vote) */
    uint64_t votes;
};

/* What the harts' accesses amounted to. */
struct coherence_counts {
    uint64_t transfers;     /* lines that came from another hart's cache */
    uint64_t misses;        /* lines that came from memory */
    uint64_t invalidations; /* copies made worthless */
};

/* Every line is in memory again. */
void coherence_reset(const struct machine_model *machine, uint64_t seed);
/* Counts from 0 again; who has which line stays. */
void coherence_clear_counts(void);
const struct coherence_counts *coherence_counts(void);

/* The line of that address. The pointer holds until the next call for another. */
struct line *coherence_line(uintptr_t address);
/* Whether `hart` has what it needs of the line. */
bool coherence_has(const struct line *line, uint32_t hart, bool write);
/* When `hart`, which has what it needs of the line, can use it: it may be under way. */
uint64_t coherence_here(const struct line *line, uint32_t hart);
/* What the holder wrote takes effect at `at_ps`: nobody else sees the line before. */
void coherence_written(struct line *line, uint64_t at_ps);
/* The holder's hardware asked for the line so early that it is there now. */
void coherence_came_early(struct line *line, uint64_t now_ps);
/* Whether `hart` would have to wait for the line: it has not what it needs of it, and others are served first. */
bool coherence_is_busy(const struct line *line, uint32_t hart, uint64_t now_ps, bool write);
/* `hart` begins, at `now_ps`, to get the line for reading or for writing; returns when it has it. */
uint64_t coherence_read(struct line *line, uint32_t hart, uint64_t now_ps, uintptr_t place);
uint64_t coherence_write(struct line *line, uint32_t hart, uint64_t now_ps, uintptr_t place);

/* The line with the i-th most transfers, of equal ones the one that was used first; NULL if there are fewer. */
const struct line *coherence_hottest(uint32_t i);

#endif
