/* SPDX-License-Identifier: MIT
 * The workloads. See workload.h.
 *
 * The measured loops are templates: always-inline functions whose operations are constant arguments. Each set of
 * operations (single frames, runs, null) and each way of timing gets loops of its own, with neither an indirect call
 * nor a question about the mode inside; the choice among them is made once a phase. */
#include "workload.h"

#include <stdatomic.h>
#include <string.h>

#include "platform.h"
#include "random.h"

#define TEMPLATE static inline __attribute__((always_inline))

typedef enum frame_status (*alloc_operation)(const struct workload *workload, struct workload_hart *me, pfn_t *first);
typedef enum frame_status (*free_operation)(const struct workload *workload, struct workload_hart *me, pfn_t first);

/* Slots a cache line holds. */
#define SLOT_LINE (CACHE_PAIR / sizeof(pfn_t))

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

TEMPLATE enum frame_status none_alloc(const struct workload *workload, struct workload_hart *me, pfn_t *first)
{
    return null_alloc(&me->null, workload->frames, first);
}

TEMPLATE enum frame_status none_free(const struct workload *workload, struct workload_hart *me, pfn_t first)
{
    (void)workload;
    return null_free(&me->null, first);
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
        uint64_t start_ns = timed ? platform_time_ns() : 0;
        enum frame_status status = alloc(workload, me, &slots[i]);
        if (timed) {
            histogram_add(&me->latency[0], platform_time_ns() - start_ns);
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
        uint64_t start_ns = timed ? platform_time_ns() : 0;
        enum frame_status status = free(workload, me, slots[i]);
        if (timed) {
            histogram_add(&me->latency[1], platform_time_ns() - start_ns);
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
        uint64_t start_ns = timed ? platform_time_ns() : 0;
        enum frame_status status = alloc(workload, me, &first);
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
        status = free(workload, me, first);
        if (timed) {
            histogram_add(&me->latency[0], platform_time_ns() - start_ns);
        }
        if (__builtin_expect(status != FRAME_OK, 0)) {
            return note_failure(me, status, i);
        }
    }
    return true;
}

struct loops {
    bool (*alloc)(const struct workload *workload, struct workload_hart *me, pfn_t *slots);
    bool (*free)(const struct workload *workload, struct workload_hart *me, const pfn_t *slots);
    bool (*pair)(const struct workload *workload, struct workload_hart *me);
};

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
    static const struct loops set##_loops_##timed = {set##_alloc_loop_##timed, set##_free_loop_##timed,                \
                                                     set##_pair_loop_##timed}

INSTANTIATE(one, 0);
INSTANTIATE(one, 1);
INSTANTIATE(run, 0);
INSTANTIATE(run, 1);
INSTANTIATE(none, 0);
INSTANTIATE(none, 1);

static const struct loops *choose_loops(const struct workload *workload, bool timed)
{
    if (workload->allocator == NULL) {
        return timed ? &none_loops_1 : &none_loops_0;
    }
    if (workload->frames == 1) {
        return timed ? &one_loops_1 : &one_loops_0;
    }
    return timed ? &run_loops_1 : &run_loops_0;
}

/* ---- the phases ---- */

static uint64_t slot_stride(uint64_t requests)
{
    return align_up_u64(requests, SLOT_LINE);
}

static pfn_t *slots_of(const struct workload *workload, uint32_t hart)
{
    return workload->slots + slot_stride(workload->requests) * hart;
}

/* All harts come; true if none has failed so far. */
static bool meet(struct workload *workload, bool ok)
{
    if (!ok) {
        __atomic_store_n(&workload->gave_up, true, __ATOMIC_RELAXED); /* the barrier orders it */
    }
    hart_barrier_wait(&workload->barrier);
    return !__atomic_load_n(&workload->gave_up, __ATOMIC_RELAXED);
}

/* Fisher-Yates over all harts' slots, as if they were one array. */
static void shuffle_slots(const struct workload *workload)
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

/* After a failure: gives back the first `count` of this hart's slots. Not measured; the row is an error anyway. */
static void clean_up(const struct workload *workload, struct workload_hart *me, const pfn_t *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count && workload->allocator != NULL; i++) {
        (void)run_free(workload, me, slots[i]);
    }
}

static void run_bulk(struct workload *workload, uint32_t hart)
{
    const struct loops *loops = choose_loops(workload, workload->time_each);
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = loops->alloc(workload, me, slots);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (!meet(workload, ok)) {
        clean_up(workload, me, slots, ok ? workload->requests : me->failed_at);
        return;
    }
    if (workload->kind == WORKLOAD_RAND) {
        if (hart == 0) {
            shuffle_slots(workload);
        }
        meet(workload, true);
    }
    start_ns = platform_time_ns();
    loops->free(workload, me, slots);
    me->phase_ns[1] = platform_time_ns() - start_ns;
}

static void run_repeat(struct workload *workload, uint32_t hart)
{
    const struct loops *untimed = choose_loops(workload, false);
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    bool ok = untimed->alloc(workload, me, slots);
    if (!meet(workload, ok)) {
        clean_up(workload, me, slots, ok ? workload->requests : me->failed_at);
        return;
    }
    uint64_t start_ns = platform_time_ns();
    ok = choose_loops(workload, workload->time_each)->pair(workload, me);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (meet(workload, ok)) {
        untimed->free(workload, me, slots);
    } else {
        clean_up(workload, me, slots, workload->requests);
    }
}

static void run_hart(void *context, uint32_t hart)
{
    struct workload *workload = context;
    if (workload->kind == WORKLOAD_REPEAT) {
        run_repeat(workload, hart);
    } else {
        run_bulk(workload, hart);
    }
}

bool workload_run(struct workload *workload)
{
    for (uint32_t i = 0; i < workload->harts; i++) {
        struct workload_hart *hart = &workload->hart[i];
        hart->status = FRAME_OK;
        hart->failed_at = 0;
        memset(hart->phase_ns, 0, sizeof hart->phase_ns);
        hart->null = (struct null_allocator){.next = i * workload->requests * workload->frames};
    }
    workload->gave_up = false;
    hart_barrier_init(&workload->barrier, workload->harts);
    return harts_run(workload->harts, run_hart, workload);
}

/* ---- the rest ---- */

static const struct {
    const char *name;
    uint32_t phase_count;
    const char *phases[WORKLOAD_PHASE_MAX];
} WORKLOADS[WORKLOAD_KIND_COUNT] = {
    [WORKLOAD_BULK] = {"bulk", 2, {"alloc", "free"}},
    [WORKLOAD_RAND] = {"rand", 2, {"alloc", "free"}},
    [WORKLOAD_REPEAT] = {"repeat", 1, {"pair", ""}},
};

const char *workload_name(enum workload_kind kind)
{
    return WORKLOADS[kind].name;
}

bool workload_find(const char *name, enum workload_kind *kind)
{
    for (uint32_t i = 0; i < WORKLOAD_KIND_COUNT; i++) {
        if (strcmp(name, WORKLOADS[i].name) == 0) {
            *kind = (enum workload_kind)i;
            return true;
        }
    }
    return false;
}

uint32_t workload_phase_count(enum workload_kind kind)
{
    return WORKLOADS[kind].phase_count;
}

const char *workload_phase_name(enum workload_kind kind, uint32_t phase)
{
    return WORKLOADS[kind].phases[phase];
}

uint64_t workload_requests(uint64_t usable_frames, uint32_t harts_most, uint64_t frames)
{
    return usable_frames / harts_most / 2 / frames;
}

uint64_t workload_slots(uint64_t requests, uint32_t harts)
{
    return slot_stride(requests) * harts;
}

const struct workload_hart *workload_failure(const struct workload *workload)
{
    for (uint32_t i = 0; i < workload->harts; i++) {
        if (workload->hart[i].status != FRAME_OK) {
            return &workload->hart[i];
        }
    }
    return NULL;
}

uint64_t control_cas_ns(uint64_t operations)
{
    _Alignas(CACHE_PAIR) _Atomic uint64_t word = 0;
    uint64_t seen = 0;
    uint64_t start_ns = platform_time_ns();
    for (uint64_t i = 0; i < operations; i++) {
        /* What the next one expects is what this one found, so none can begin before the last has ended. */
        uint64_t found = seen;
        bool swapped = atomic_compare_exchange_strong_explicit(&word, &found, seen + 1, memory_order_acq_rel,
                                                               memory_order_acquire);
        seen = found + swapped;
    }
    uint64_t taken_ns = platform_time_ns() - start_ns;
    FRAME_ASSERT(seen == operations);
    return taken_ns;
}
