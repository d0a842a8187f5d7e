/* SPDX-License-Identifier: MIT
 * The measured loops, and what else the phases of workloads are made of. See workload_phase.h.
 *
 * The loops are templates: always-inline functions whose operations are constant arguments. Each set of operations
 * (single frames, runs, null) and each way of timing gets loops of its own, with neither an indirect call nor a
 * question about the mode inside; the choice among them is made once a phase. */
#include "workload_phase.h"

#include "platform.h"
#include "random.h"

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

TEMPLATE struct look begin_timed(const struct workload *workload)
{
    struct look look = {.start_ns = 0};
    if (workload->allocator != NULL) {
        frame_hart_events(workload->allocator, &look.before);
    }
    look.start_ns = platform_time_ns();
    return look;
}

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

struct look look_begin(const struct workload *workload)
{
    return begin_timed(workload);
}

void look_end(const struct workload *workload, struct workload_hart *me, const struct look *look, uint32_t phase,
              enum frame_status status)
{
    end_timed(workload, me, look, phase, status);
}

/* ---- the loops; each returns false at the first operation that fails ---- */

TEMPLATE bool note_failure(struct workload_hart *me, enum frame_status status, uint64_t at)
{
    me->status = status;
    me->failed_at = at;
    return false;
}

TEMPLATE bool alloc_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, bool timed,
                         alloc_operation alloc)
{
    for (uint64_t i = 0; i < workload->requests; i++) {
        struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = alloc(workload, me, &slots[i]);
        if (timed) {
            end_timed(workload, me, &look, 0, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
    }
    return true;
}

TEMPLATE bool free_loop(const struct workload *workload, struct workload_hart *me, const pfn_t *slots, bool timed,
                        free_operation free)
{
    for (uint64_t i = workload->requests; i-- > 0;) {
        struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = free(workload, me, slots[i]);
        if (timed) {
            end_timed(workload, me, &look, 1, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
    }
    return true;
}

TEMPLATE bool pair_loop(const struct workload *workload, struct workload_hart *me, bool timed, alloc_operation alloc,
                        free_operation free)
{
    for (uint64_t i = 0; i < workload->requests; i++) {
        pfn_t first;
        struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = alloc(workload, me, &first);
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
        status = free(workload, me, first);
        if (timed) {
            end_timed(workload, me, &look, 0, status);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
    }
    return true;
}

/* L allocations, then as many frees. `at` says where a failure was, and how many are out if it was an allocation. */
TEMPLATE bool burst_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, bool timed,
                         alloc_operation alloc, free_operation free)
{
    uint64_t burst = workload->burst;
    for (uint64_t done = 0; done < workload->requests; done += burst) {
        for (uint64_t i = 0; i < 2 * burst; i++) {
            struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
            enum frame_status status =
                i < burst ? alloc(workload, me, &slots[i]) : free(workload, me, slots[i - burst]);
            if (timed) {
                end_timed(workload, me, &look, 0, status);
            }
            if (__builtin_expect(status != FRAME_OK, 0)) {
                return note_failure(me, status, i);
            }
        }
    }
    return true;
}

/* The null allocator has nothing behind it. */
TEMPLATE uint64_t accesses(const struct workload *workload)
{
    struct frame_hart_events events = {0};
    if (workload->allocator != NULL) {
        frame_hart_events(workload->allocator, &events);
    }
    return events.global_takes + events.global_gives;
}

/* Up allocates, down frees, as many of each. */
TEMPLATE bool steps_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, uint64_t *held,
                         bool timed, alloc_operation alloc, free_operation free)
{
    const bool walks = workload->kind == WORKLOAD_WALK;
    struct random random = random_stream(workload->seed, (uint64_t)(me - workload->hart));
    uint64_t before = accesses(workload);
    bool up = true;
    for (uint64_t left = 2 * workload->requests; left > 0; left--) {
        uint64_t now = accesses(workload);
        up = walks ? random_one_in(&random, 2) : up == (now == before); /* which is: turn if they differ */
        up = *held == 0 || (up && *held < left);
        before = now;
        uint64_t start_ns = timed ? platform_time_ns() : 0;
        enum frame_status status = up ? alloc(workload, me, &slots[*held]) : free(workload, me, slots[*held - 1]);
        if (timed) {
            histogram_add(&me->latency[0], platform_time_ns() - start_ns);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, 2 * workload->requests - left);
        }
        *held = up ? *held + 1 : *held - 1;
    }
    return true;
}

#define INSTANTIATE(set, timed)                                                                                        \
    static bool set##_alloc_loop_##timed(const struct workload *workload, struct workload_hart *me, pfn_t *slots)      \
    {                                                                                                                  \
        return alloc_loop(workload, me, slots, timed, set##_alloc);                                                    \
    }                                                                                                                  \
    static bool set##_free_loop_##timed(const struct workload *workload, struct workload_hart *me, const pfn_t *slots) \
    {                                                                                                                  \
        return free_loop(workload, me, slots, timed, set##_free);                                                      \
    }                                                                                                                  \
    static bool set##_pair_loop_##timed(const struct workload *workload, struct workload_hart *me)                     \
    {                                                                                                                  \
        return pair_loop(workload, me, timed, set##_alloc, set##_free);                                                \
    }                                                                                                                  \
    static bool set##_burst_loop_##timed(const struct workload *workload, struct workload_hart *me, pfn_t *slots)      \
    {                                                                                                                  \
        return burst_loop(workload, me, slots, timed, set##_alloc, set##_free);                                        \
    }                                                                                                                  \
    static bool set##_steps_loop_##timed(const struct workload *workload, struct workload_hart *me, pfn_t *slots,      \
                                         uint64_t *held)                                                               \
    {                                                                                                                  \
        return steps_loop(workload, me, slots, held, timed, set##_alloc, set##_free);                                  \
    }                                                                                                                  \
    static const struct loops set##_loops_##timed = {set##_alloc_loop_##timed, set##_free_loop_##timed,                \
                                                     set##_pair_loop_##timed, set##_burst_loop_##timed,                \
                                                     set##_steps_loop_##timed}

INSTANTIATE(one, 0);
INSTANTIATE(one, 1);
INSTANTIATE(run, 0);
INSTANTIATE(run, 1);
INSTANTIATE(zeroed, 0);
INSTANTIATE(zeroed, 1);
INSTANTIATE(none, 0);
INSTANTIATE(none, 1);

const struct loops *choose_loops(const struct workload *workload, bool timed)
{
    if (workload->allocator == NULL) {
        return timed ? &none_loops_1 : &none_loops_0;
    }
    if (workload->kind == WORKLOAD_ZEROED) {
        return timed ? &zeroed_loops_1 : &zeroed_loops_0;
    }
    if (workload->frames == 1) {
        return timed ? &one_loops_1 : &one_loops_0;
    }
    return timed ? &run_loops_1 : &run_loops_0;
}

/* ---- slots ---- */

/* Slots a cache line holds. */
#define SLOT_LINE (CACHE_PAIR / sizeof(pfn_t))

static uint64_t slot_stride(uint64_t requests)
{
    return align_up_u64(requests, SLOT_LINE);
}

uint64_t workload_slots(uint64_t requests, uint32_t harts)
{
    return slot_stride(requests) * harts;
}

pfn_t *slots_of(const struct workload *workload, uint32_t hart)
{
    return workload->slots + slot_stride(workload->requests) * hart;
}

void shuffle_slots(const struct workload *workload)
{
    struct random random = random_stream(workload->seed, 0);
    uint64_t requests = workload->requests;
    for (uint64_t i = requests * workload->harts; i > 1; i--) {
        uint64_t a = i - 1;
        uint64_t b = random_below(&random, i);
        pfn_t *slot_a = slots_of(workload, (uint32_t)(a / requests)) + a % requests;
        pfn_t *slot_b = slots_of(workload, (uint32_t)(b / requests)) + b % requests;
        pfn_t keep = *slot_a;
        *slot_a = *slot_b;
        *slot_b = keep;
    }
}

/* ---- the rest ---- */

bool meet(struct workload *workload, bool ok)
{
    if (!ok) {
        __atomic_store_n(&workload->gave_up, true, __ATOMIC_RELAXED); /* the barrier orders it */
    }
    hart_barrier_wait(&workload->barrier);
    return !__atomic_load_n(&workload->gave_up, __ATOMIC_RELAXED);
}

void give_back(const struct workload *workload, const pfn_t *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count && workload->allocator != NULL; i++) {
        (void)frame_free_run(workload->allocator, frame_run(slots[i], workload->frames));
    }
}
