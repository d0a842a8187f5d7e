/* SPDX-License-Identifier: MIT
 * What the phases of workloads are made of: the operations, the measured loops, and the meeting of all harts between
 * two phases. For files that define workloads.
 *
 * The loops are templates: always-inline functions whose operations are constant arguments. Each set of operations
 * (null, zeroed, single frames, runs) and each way of timing gets loops of its own, with neither an indirect call nor a
 * question about the mode inside; the choice among them is made once a phase. */
#ifndef FRAMELAB_STRESS_WORKLOAD_PHASE_H
#define FRAMELAB_STRESS_WORKLOAD_PHASE_H

#include "platform.h"
#include "workload.h"

#define TEMPLATE static inline __attribute__((always_inline))

typedef enum frame_status (*alloc_operation)(const struct workload *workload, struct workload_hart *me, pfn_t *first);
typedef enum frame_status (*free_operation)(const struct workload *workload, struct workload_hart *me, pfn_t first);

/* ---- the sets of operations ---- */

TEMPLATE enum frame_status one_alloc(const struct workload *workload, struct workload_hart *me, pfn_t *first)
{
    (void)me;
    return frame_alloc_one(workload->allocator, first);
}

TEMPLATE enum frame_status one_free(const struct workload *workload, struct workload_hart *me, pfn_t first)
{
    (void)me;
    return frame_free_one(workload->allocator, first);
}

TEMPLATE enum frame_status run_alloc(const struct workload *workload, struct workload_hart *me, pfn_t *first)
{
    (void)me;
    struct frame_layout layout = {workload->frames << FRAME_SHIFT, workload->align_bytes};
    struct frame_run run;
    enum frame_status status = frame_alloc_contiguous(workload->allocator, layout, &run);
    *first = run.first;
    return status;
}

TEMPLATE enum frame_status run_free(const struct workload *workload, struct workload_hart *me, pfn_t first)
{
    (void)me;
    return frame_free_run(workload->allocator, frame_run(first, workload->frames));
}

TEMPLATE enum frame_status zeroed_alloc(const struct workload *workload, struct workload_hart *me, pfn_t *first)
{
    (void)me;
    if (workload->frames == 1) {
        return frame_alloc_one_zeroed(workload->allocator, first);
    }
    struct frame_layout layout = {workload->frames << FRAME_SHIFT, workload->align_bytes};
    struct frame_run run;
    enum frame_status status = frame_alloc_contiguous_zeroed(workload->allocator, layout, &run);
    *first = run.first;
    return status;
}

TEMPLATE enum frame_status zeroed_free(const struct workload *workload, struct workload_hart *me, pfn_t first)
{
    return workload->frames == 1 ? one_free(workload, me, first) : run_free(workload, me, first);
}

TEMPLATE enum frame_status none_alloc(const struct workload *workload, struct workload_hart *me, pfn_t *first)
{
    return null_alloc(&me->null, workload->frames, first);
}

TEMPLATE enum frame_status none_free(const struct workload *workload, struct workload_hart *me, pfn_t first)
{
    (void)workload;
    return null_free(&me->null, first);
}

/* ---- operations that are timed one by one ---- */

/* What the clock and the hart's own counts say before such an operation. */
struct look {
    struct frame_hart_events before;
    uint64_t start_ns;
};

/* The clock is read last here, and first in end_timed: what else is read is in no sample. */
TEMPLATE struct look begin_timed(const struct workload *workload)
{
    struct look look = {.start_ns = 0};
    if (workload->allocator != NULL) {
        frame_hart_events(workload->allocator, &look.before);
    }
    look.start_ns = platform_time_ns();
    return look;
}

/* Adds the operation to me->latency[phase] and to the path that it took. */
TEMPLATE void end_timed(const struct workload *workload, struct workload_hart *me, const struct look *look,
                        uint32_t phase, enum frame_status status)
{
    uint64_t taken_ns = platform_time_ns() - look->start_ns;
    histogram_add(&me->latency[phase], taken_ns);
    if (workload->allocator != NULL && me->outcomes != NULL) {
        struct frame_hart_events after;
        frame_hart_events(workload->allocator, &after);
        histogram_add(&me->outcomes[outcome_of(&look->before, &after, status)], taken_ns);
    }
}

/* ---- loops ---- */

/* For a loop to return at the first operation that fails. */
TEMPLATE bool note_failure(struct workload_hart *me, enum frame_status status, uint64_t at)
{
    me->status = status;
    me->failed_at = at;
    return false;
}

/* X(NAME, SET, TIMED) for each set of operations and way of timing. */
#define WORKLOAD_EACH(X, name)                                                                                         \
    X(name, none, 0)                                                                                                   \
    X(name, none, 1)                                                                                                   \
    X(name, zeroed, 0) X(name, zeroed, 1) X(name, one, 0) X(name, one, 1) X(name, run, 0) X(name, run, 1)

/* Which of these a row needs. */
TEMPLATE uint32_t which_of_each(const struct workload *workload, bool timed)
{
    if (workload->allocator == NULL) {
        return timed;
    }
    if (workload->zeroed) {
        return 2 + timed;
    }
    return (workload->frames == 1 ? 4u : 6u) + timed;
}

/* The function NAME_SET_TIMED(parameters) of the template NAME_loop(parameters, timed, alloc, free). */
#define WORKLOAD_LOOP(name, set, timed, parameters, ...)                                                               \
    static bool name##_##set##_##timed parameters                                                                      \
    {                                                                                                                  \
        return name##_loop(__VA_ARGS__, timed, set##_alloc, set##_free);                                               \
    }

/* NAME_loops[which_of_each()], of the template NAME_loop(workload, me, slots, held, timed, alloc, free). It returns
 * false at the first operation that fails, noted in `me`. */
#define WORKLOAD_LOOPS(name)                                                                                           \
    WORKLOAD_EACH(WORKLOAD_WHOLE_LOOP, name)                                                                           \
    static whole_loop *const name##_loops[] = {WORKLOAD_EACH(WORKLOAD_LOOP_NAME, name)};

/* A workload of one such loop, its phase 0, which makes N allocations and as many frees: run_NAME. Of a loop that
 * failed as many of the first slots are allocated as it leaves in *held, which is 0 before. */
#define WORKLOAD_RUN(name)                                                                                             \
    WORKLOAD_LOOPS(name)                                                                                               \
    static void run_##name(struct workload *workload, uint32_t hart)                                                   \
    {                                                                                                                  \
        run_whole_loop(workload, hart, name##_loops);                                                                  \
    }
#define WORKLOAD_LOOP_NAME(name, set, timed) name##_##set##_##timed,
#define WORKLOAD_WHOLE_LOOP(name, set, timed)                                                                          \
    WORKLOAD_LOOP(name, set, timed,                                                                                    \
                  (const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held), workload, \
                  me, slots, held)
typedef bool whole_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held);
void run_whole_loop(struct workload *workload, uint32_t hart, whole_loop *const loops[]);

/* The loop of workloads of bursts: L allocations, then as many frees in the same order, until N of each are made. */
TEMPLATE bool bursts_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held,
                          uint64_t burst, bool timed, alloc_operation alloc, free_operation free)
{
    for (uint64_t done = 0; done < workload->requests; done += burst) {
        for (uint64_t i = 0; i < 2 * burst; i++) {
            struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
            enum frame_status status =
                i < burst ? alloc(workload, me, &slots[i]) : free(workload, me, slots[i - burst]);
            if (timed) {
                end_timed(workload, me, &look, 0, status);
            }
            if (__builtin_expect(status != FRAME_OK, 0)) {
                *held = i < burst ? i : 0;
                return note_failure(me, status, i);
            }
        }
    }
    return true;
}

/* Those of most workloads. Each makes workload->requests operations on as many slots, and returns false at the first
 * that fails, noted in `me`. Timed loops add alloc and pair to me->latency[0], free to me->latency[1]. `free` begins
 * with the last. */
struct loops {
    bool (*alloc)(const struct workload *workload, struct workload_hart *me, pfn_t *slots);
    bool (*free)(const struct workload *workload, struct workload_hart *me, const pfn_t *slots);
    bool (*pair)(const struct workload *workload, struct workload_hart *me);
} __attribute__((aligned(32))); /* on one cache line */

const struct loops *choose_loops(const struct workload *workload, bool timed);

/* ---- meetings and slots ---- */

/* All harts come; true if none has failed so far, the same for all. */
bool meet(struct workload *workload, bool ok);

/* Where a hart's N slots are. */
pfn_t *slots_of(const struct workload *workload, uint32_t hart);

/* Fisher-Yates over all harts' slots, as if they were one array, by the seed. */
void shuffle_slots(const struct workload *workload);

/* After a failure: gives back the first `count` of these slots. Not measured; the row is an error anyway. */
void give_back(const struct workload *workload, const pfn_t *slots, uint64_t count);

/* ---- phases that several workloads have ---- */

/* With N allocated by each hart N pairs, as phase 0; then all is freed. */
void run_repeat(struct workload *workload, uint32_t hart);

/* All harts: each allocates N into its slots, or frees those, and adds the time to *taken_ns; then they meet. False if
 * one of them failed: of allocations all are back then. */
bool allocate_timed(struct workload *workload, struct workload_hart *me, pfn_t *slots, const struct loops *loops,
                    uint64_t *taken_ns);
bool free_timed(struct workload *workload, struct workload_hart *me, const pfn_t *slots, const struct loops *loops,
                uint64_t *taken_ns);

/* The one, then the other. */
bool run_turn(struct workload *workload, struct workload_hart *me, pfn_t *slots, const struct loops *loops,
              uint64_t *phase_ns);

/* Each hart allocates N, as phase 0; then, as phase 1, each runs its form of a loop that frees what it is to free, of
 * whomever's (WORKLOAD_LOOPS). This one takes as long for every hart: to when all are done. */
void run_freed_elsewhere(struct workload *workload, uint32_t hart, whole_loop *const loops[]);

/* ---- what workloads have of their own in a record, and options that several have ---- */

/* A key with one number a round. */
void tell_rounds(const struct workload *workload, workload_print *print, const char *key, const uint64_t *values);

/* How many rounds: a record of more would be longer than a line may be. */
#define OPTION_ROUNDS                                                                                                  \
    {                                                                                                                  \
        "rounds", "Rounds", 1, 10000, 100, false                                                                       \
    }

#endif
