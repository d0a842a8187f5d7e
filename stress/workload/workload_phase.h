/* SPDX-License-Identifier: MIT
 * What the phases of workloads are made of: the measured loops, and the meeting of all harts between two phases.
 * Private to workload*.c. */
#ifndef FRAMELAB_STRESS_WORKLOAD_PHASE_H
#define FRAMELAB_STRESS_WORKLOAD_PHASE_H

#include "workload.h"

/* Each makes workload->requests operations on as many slots, and returns false at the first that fails, noted in
 * `me`. Timed loops add alloc, pair, steps and all of burst to me->latency[0], free to me->latency[1]. `free` begins
 * with the last. */
struct loops {
    bool (*alloc)(const struct workload *workload, struct workload_hart *me, pfn_t *slots);
    bool (*free)(const struct workload *workload, struct workload_hart *me, const pfn_t *slots);
    bool (*pair)(const struct workload *workload, struct workload_hart *me);
    bool (*burst)(const struct workload *workload, struct workload_hart *me, pfn_t *slots);
    /* Of adversary and walk; the first `*held` slots are held, also when it fails. */
    bool (*steps)(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held);
};

/* What the clock and the hart's own counts say before an operation that is timed by itself. */
struct look {
    struct frame_hart_events before;
    uint64_t start_ns;
};

/* The clock is read last here, and first in look_end: what else is read is in no sample. */
struct look look_begin(const struct workload *workload);
/* Adds the operation to me->latency[phase] and to the path that it took. */
void look_end(const struct workload *workload, struct workload_hart *me, const struct look *look, uint32_t phase,
              enum frame_status status);

const struct loops *choose_loops(const struct workload *workload, bool timed);

/* All harts come; true if none has failed so far. */
bool meet(struct workload *workload, bool ok);

/* Where a hart's N slots are. */
pfn_t *slots_of(const struct workload *workload, uint32_t hart);

/* Fisher-Yates over all harts' slots, as if they were one array, by the seed. */
void shuffle_slots(const struct workload *workload);

/* After a failure: gives back the first `count` of these slots. Not measured; the row is an error anyway. */
void give_back(const struct workload *workload, const pfn_t *slots, uint64_t count);

/* The phases of frag and fill, by every hart: workload_aged.c. */
void run_frag(struct workload *workload, uint32_t hart);
void run_fill(struct workload *workload, uint32_t hart);
void run_repeat(struct workload *workload, uint32_t hart);
/* Of exhaust, stopped and refused: workload_limits.c. */
void run_exhaust(struct workload *workload, uint32_t hart);
void run_stopped(struct workload *workload, uint32_t hart);
void run_refused(struct workload *workload, uint32_t hart);

#endif
