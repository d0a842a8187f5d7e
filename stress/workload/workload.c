/* SPDX-License-Identifier: MIT
 * The workloads. See workload.h. */
#include "workload.h"

#include <stdatomic.h>
#include <string.h>

#include "platform.h"
#include "workload_phase.h"

/* ---- the phases ---- */

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
        give_back(workload, slots, ok ? workload->requests : me->failed_at);
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

void run_repeat(struct workload *workload, uint32_t hart)
{
    const struct loops *untimed = choose_loops(workload, false);
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    bool ok = untimed->alloc(workload, me, slots);
    if (!meet(workload, ok)) {
        give_back(workload, slots, ok ? workload->requests : me->failed_at);
        return;
    }
    if (hart == 0) { /* who waits for either does so by itself */
        __atomic_store_n(&workload->begun, true, __ATOMIC_RELAXED);
    }
    uint64_t start_ns = platform_time_ns();
    ok = choose_loops(workload, workload->time_each)->pair(workload, me);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (meet(workload, ok)) {
        untimed->free(workload, me, slots);
    } else {
        give_back(workload, slots, workload->requests);
    }
}

static void run_burst(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = choose_loops(workload, workload->time_each)->burst(workload, me, slots);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    if (!ok && me->failed_at < workload->burst) {
        give_back(workload, slots, me->failed_at);
    }
    meet(workload, ok);
}

static void run_steps(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    uint64_t held = 0;
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    bool ok = choose_loops(workload, workload->time_each)->steps(workload, me, slots, &held);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    give_back(workload, slots, held);
    meet(workload, ok);
}

static void run_hart(void *context, uint32_t hart)
{
    static void (*const phases[WORKLOAD_KIND_COUNT])(struct workload * workload, uint32_t hart) = {
        [WORKLOAD_BULK] = run_bulk,       [WORKLOAD_RAND] = run_bulk,   [WORKLOAD_REPEAT] = run_repeat,
        [WORKLOAD_FRAG] = run_frag,       [WORKLOAD_FILL] = run_fill,   [WORKLOAD_BURST] = run_burst,
        [WORKLOAD_ADVERSARY] = run_steps, [WORKLOAD_WALK] = run_steps,  [WORKLOAD_EXHAUST] = run_exhaust,
        [WORKLOAD_STOPPED] = run_stopped, [WORKLOAD_ZEROED] = run_bulk, [WORKLOAD_REFUSED] = run_refused};
    struct workload *workload = context;
    struct workload_hart *me = &workload->hart[hart];
    me->core_ns = control_core_ns(workload->core_turns / 2);
    phases[workload->kind](workload, hart);
    me->core_ns += control_core_ns(workload->core_turns / 2);
}

bool workload_run(struct workload *workload)
{
    uint32_t harts = workload->harts + workload_harts_beside(workload->kind);
    for (uint32_t i = 0; i < harts; i++) {
        struct workload_hart *hart = &workload->hart[i];
        hart->status = FRAME_OK;
        hart->failed_at = 0;
        memset(hart->phase_ns, 0, sizeof hart->phase_ns);
        hart->null = (struct null_allocator){.next = i * workload->requests * workload->frames};
    }
    workload->gave_up = false;
    workload->begun = false;
    workload->ended = false;
    if (workload_ages(workload->kind)) {
        workload->population->count = 0;
    }
    hart_barrier_init(&workload->barrier, workload->harts);
    return harts_run(harts, run_hart, workload);
}

/* ---- the rest ---- */

static const struct {
    const char *name, *summary;
    uint32_t phase_count;
    const char *phases[WORKLOAD_PHASE_MAX];
} WORKLOADS[WORKLOAD_KIND_COUNT] = {
    [WORKLOAD_BULK] = {"bulk", "each hart allocates N, then frees its N in reverse order", 2, {"alloc", "free"}},
    [WORKLOAD_RAND] = {"rand",
                       "as bulk, but all allocations are shuffled across harts before they are freed",
                       2,
                       {"alloc", "free"}},
    [WORKLOAD_REPEAT] = {"repeat",
                         "with N allocated, each hart allocates one and frees that one, N times",
                         1,
                         {"pair"}},
    [WORKLOAD_FRAG] = {"frag",
                       "fills 90 %, frees a random half, then exchanges random tenths: how much stays in whole chunks",
                       2,
                       {"alloc", "free"}},
    [WORKLOAD_FILL] = {"fill",
                       "single frames, N at a time, with 10, 50, 90 and 99 % of memory out and the free ones scattered",
                       8,
                       {"alloc 10%", "free 10%", "alloc 50%", "free 50%", "alloc 90%", "free 90%", "alloc 99%",
                        "free 99%"}},
    [WORKLOAD_BURST] = {"burst", "each hart allocates L, then frees those L, again and again", 1, {"pair"}},
    [WORKLOAD_ADVERSARY] = {"adversary",
                            "allocations until one reaches the global allocator, then frees until one does, and so on",
                            1,
                            {"pair"}},
    [WORKLOAD_WALK] = {"walk", "allocations and frees at random, one as likely as the other", 1, {"pair"}},
    [WORKLOAD_EXHAUST] = {"exhaust",
                          "all harts fill their caches, then one allocates until it is refused: what idle caches keep",
                          2,
                          {"alloc", "free"}},
    [WORKLOAD_STOPPED] =
        {"stopped",
         "rounds of rand beside a hart that is stopped inside a section: what limbo keeps; simulated harts only",
         2,
         {"alloc", "free"}},
    [WORKLOAD_REFUSED] = {"refused",
                          "as repeat, beside a hart that keeps asking for a run that is not there",
                          1,
                          {"pair"}},
    [WORKLOAD_ZEROED] = {"zeroed", "as bulk, of frames that are zeroed", 2, {"alloc", "free"}},
};

const char *workload_name(enum workload_kind kind)
{
    return WORKLOADS[kind].name;
}

const char *workload_summary(enum workload_kind kind)
{
    return WORKLOADS[kind].summary;
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

bool workload_ages(enum workload_kind kind)
{
    return kind == WORKLOAD_FILL || workload_has_rounds(kind);
}

bool workload_has_rounds(enum workload_kind kind)
{
    return kind == WORKLOAD_FRAG || kind == WORKLOAD_EXHAUST || kind == WORKLOAD_STOPPED;
}

uint32_t workload_harts_beside(enum workload_kind kind)
{
    return kind == WORKLOAD_STOPPED || kind == WORKLOAD_REFUSED ? 1 : 0;
}

uint32_t workload_stop_round(uint32_t rounds)
{
    return rounds / 3;
}

uint32_t workload_go_round(uint32_t rounds)
{
    return rounds - rounds / 3;
}

uint64_t workload_requests(enum workload_kind kind, uint64_t usable_frames, uint32_t harts_most, uint64_t frames)
{
    switch (kind) {
    case WORKLOAD_FRAG:
        return usable_frames * FRAG_FILL_PERCENT / 100 / 2 / FRAG_SHARE / harts_most;
    case WORKLOAD_FILL:
        return usable_frames / 100 / 2 / harts_most;
    case WORKLOAD_BURST:
        return frames == 1 ? usable_frames / harts_most : usable_frames / harts_most / 2 / frames;
    default:
        return usable_frames / harts_most / 2 / frames;
    }
}

uint64_t workload_requests_cut(uint64_t requests, uint64_t most, uint64_t burst)
{
    uint64_t cut = most != 0 && requests > most ? most : requests;
    if (burst == 0) {
        return cut;
    }
    return cut >= burst ? cut - cut % burst : requests >= burst ? burst : 0;
}

uint64_t workload_operations(const struct workload *workload)
{
    return workload->requests * (workload_ages(workload->kind) ? workload->turns : 1);
}

const struct workload_hart *workload_failure(const struct workload *workload)
{
    for (uint32_t i = 0; i < workload->harts + workload_harts_beside(workload->kind); i++) {
        if (workload->hart[i].status != FRAME_OK) {
            return &workload->hart[i];
        }
    }
    return NULL;
}

/* Long against a reading of the clock, short against a slice of the scheduler. */
#define CAS_SLICE UINT64_C(20000)

static uint64_t cas_slice_ns(uint64_t operations)
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

uint64_t control_cas_ns(uint64_t operations)
{
    uint64_t slices = operations > CAS_SLICE ? operations / CAS_SLICE : 1;
    uint64_t best_ns = UINT64_MAX;
    for (uint64_t i = 0; i < slices; i++) {
        uint64_t taken_ns = cas_slice_ns(operations / slices);
        best_ns = taken_ns < best_ns ? taken_ns : best_ns;
    }
    return best_ns * slices;
}

uint64_t control_core_ns(uint64_t turns)
{
    uint64_t a = 1, b = 2, c = 3, d = 4, e = 5, f = 6; /* six chains: more than a core can do at once */
    uint64_t start_ns = platform_time_ns();
    for (uint64_t i = 0; i < turns; i++) {
        a += i;
        b ^= i;
        c -= i;
        d += 3;
        e ^= 5;
        f -= 7;
        /* Nothing is known of them to the compiler, so that it can leave no turn out. */
        __asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
    }
    return platform_time_ns() - start_ns;
}
