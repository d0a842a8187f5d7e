/* SPDX-License-Identifier: MIT
 * The measured loops, and what else the phases of workloads are made of. See workload_phase.h. */
#include "workload_phase.h"

#include "random.h"

/* ---- the loops ---- */

TEMPLATE bool alloc_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, bool timed,
                         alloc_operation alloc, free_operation free)
{
    (void)free;
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
                        alloc_operation alloc, free_operation free)
{
    (void)alloc;
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

#define HART const struct workload *workload, struct workload_hart *me
#define LOOPS(name, set, timed)                                                                                        \
    WORKLOAD_LOOP(alloc, set, timed, (HART, pfn_t * slots), workload, me, slots)                                       \
    WORKLOAD_LOOP(free, set, timed, (HART, const pfn_t *slots), workload, me, slots)                                   \
    WORKLOAD_LOOP(pair, set, timed, (HART), workload, me)
WORKLOAD_EACH(LOOPS, )

const struct loops *choose_loops(const struct workload *workload, bool timed)
{
#define ROW(name, set, timed) {alloc_##set##_##timed, free_##set##_##timed, pair_##set##_##timed},
    static const struct loops loops[] = {WORKLOAD_EACH(ROW, )};
    return &loops[which_of_each(workload, timed)];
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

/* A hart that is quick may have failed at the next meeting before one that is slow has left this one: so what is kept
 * is at which meeting the first failed. All who say so first are at the same one: nobody is at the next before all
 * have come. Relaxed: the barrier orders it. */
bool meet(struct workload *workload, bool ok)
{
    uint32_t meeting = ++workload->hart[platform_hart_id()].meetings;
    if (!ok && __atomic_load_n(&workload->gave_up, __ATOMIC_RELAXED) == 0) {
        __atomic_store_n(&workload->gave_up, meeting, __ATOMIC_RELAXED);
    }
    hart_barrier_wait(&workload->barrier);
    uint32_t gave_up = __atomic_load_n(&workload->gave_up, __ATOMIC_RELAXED);
    return gave_up == 0 || gave_up > meeting;
}

void give_back(const struct workload *workload, const pfn_t *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count && workload->allocator != NULL; i++) {
        (void)frame_free_run(workload->allocator, frame_run(slots[i], workload->frames));
    }
}
