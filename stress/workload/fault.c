/* SPDX-License-Identifier: MIT
 * Page faults: one frame at a time, with time in between in which the program does something else, and now and then a
 * huge page (Linux, mm/memory.c and Documentation/admin-guide/mm/transhuge.rst: do_anonymous_page asks for a huge page
 * and falls back to a small one; the load of will-it-scale's page_fault1, A. Blanchard, and of memory-bound programs in
 * Wrenger and others: LLFree, USENIX ATC 2023):
 *
 *    fault      each hart has N faults: `share` percent of them, evenly spread, ask for a huge page, a run of order 9,
 *               and get a frame if there is none; the others ask for a frame. Before each the hart thinks: `think`
 *               additions to a word of its own, each an uncontended atomic operation, so that the time is in units of
 *               what `cas` measures, on any platform. Then the hart frees all that, in the order of allocation, as
 *               unmapping does, with no thinking. Both timed, with the thinking, which `null` shows. Told: huge pages
 *               that were had, and those that were not. */
#include "workload_phase.h"

/* In a slot's number: it is a huge page. No frame has such a number. */
#define HUGE_MARK (UINT64_C(1) << 63)

struct fault_hart {
    _Alignas(CACHE_PAIR) uint64_t thoughts;
    uint64_t huge, fallbacks;
};

static struct fault_hart *own(const struct workload *workload, const struct workload_hart *me)
{
    return (struct fault_hart *)workload->state + (me - workload->hart);
}

static bool asks_for_huge(const struct workload *workload, const struct workload_hart *me, uint64_t fault)
{
    uint64_t share = workload->choice.options[0];
    return (fault + (uint64_t)(me - workload->hart)) * share % 100 < share;
}

static enum frame_status alloc_small(const struct workload *workload, struct workload_hart *me, pfn_t *slot)
{
    return workload->allocator == NULL ? null_alloc(&me->null, 1, slot) : frame_alloc_one(workload->allocator, slot);
}

static enum frame_status alloc_huge(const struct workload *workload, struct workload_hart *me, pfn_t *slot)
{
    static const struct frame_layout huge = {CHUNK_FRAMES << FRAME_SHIFT, CHUNK_FRAMES << FRAME_SHIFT};
    struct frame_run run;
    if (workload->allocator == NULL) {
        (void)null_alloc(&me->null, CHUNK_FRAMES, &run.first);
    } else if (frame_alloc_contiguous(workload->allocator, huge, &run) != FRAME_OK) {
        own(workload, me)->fallbacks++;
        return alloc_small(workload, me, slot);
    }
    own(workload, me)->huge++;
    *slot = pfn(run.first.value | HUGE_MARK);
    return FRAME_OK;
}

static enum frame_status free_either(const struct workload *workload, struct workload_hart *me, pfn_t slot)
{
    const struct frame_run run =
        frame_run(pfn(slot.value & ~HUGE_MARK), (slot.value & HUGE_MARK) != 0 ? CHUNK_FRAMES : 1);
    if (workload->allocator == NULL) {
        return null_free(&me->null, run.first);
    }
    return run.count == 1 ? frame_free_one(workload->allocator, run.first) : frame_free_run(workload->allocator, run);
}

static void think(const struct workload *workload, const struct workload_hart *me)
{
    for (uint64_t i = 0; i < workload->choice.options[1]; i++) {
        (void)__atomic_fetch_add(&own(workload, me)->thoughts, 1,
                                 __ATOMIC_RELAXED); /* nobody else's: costs time alone */
    }
}

/* How many faults it had: N, or those before one that failed. */
static uint64_t have_faults(const struct workload *workload, struct workload_hart *me, pfn_t *slots)
{
    for (uint64_t i = 0; i < workload->requests; i++) {
        think(workload, me);
        struct look look = workload->time_each ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status =
            asks_for_huge(workload, me, i) ? alloc_huge(workload, me, &slots[i]) : alloc_small(workload, me, &slots[i]);
        if (workload->time_each) {
            end_timed(workload, me, &look, 0, status);
        }
        if (status != FRAME_OK) {
            (void)note_failure(me, status, i);
            return i;
        }
    }
    return workload->requests;
}

static bool unmap(const struct workload *workload, struct workload_hart *me, const pfn_t *slots, uint64_t count)
{
    for (uint64_t i = 0; i < count; i++) {
        struct look look = workload->time_each ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = free_either(workload, me, slots[i]);
        if (workload->time_each) {
            end_timed(workload, me, &look, 1, status);
        }
        if (status != FRAME_OK) {
            return note_failure(me, status, i);
        }
    }
    return true;
}

static void run_fault(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart);
    meet(workload, true);
    uint64_t start_ns = platform_time_ns();
    uint64_t count = have_faults(workload, me, slots);
    me->phase_ns[0] = platform_time_ns() - start_ns;
    bool ok = meet(workload, count == workload->requests);
    start_ns = platform_time_ns();
    ok = unmap(workload, me, slots, count) && ok;
    me->phase_ns[1] = platform_time_ns() - start_ns;
    meet(workload, ok);
}

/* As many as need half of memory, if they get what they ask for. */
static uint64_t requests_of(const struct workload_shape *shape, const uint64_t *options)
{
    uint64_t frames = shape->usable_frames / shape->harts_most / 2, share = options[0];
    uint64_t first = share > 0 ? CHUNK_FRAMES : 0; /* a share of few is rounded up */
    return frames > first ? workload_at_most((frames - first) * 100 / (100 + share * (CHUNK_FRAMES - 1)), shape) : 0;
}

static uint64_t state_bytes(const struct workload *workload)
{
    return workload->harts * sizeof(struct fault_hart);
}

static void tell(const struct workload *workload, workload_print *print)
{
    const struct fault_hart *harts = workload->state;
    uint64_t huge = 0, fallbacks = 0;
    for (uint32_t i = 0; i < workload->harts; i++) {
        huge += harts[i].huge;
        fallbacks += harts[i].fallbacks;
    }
    print(",\"fault\":{\"huge\":%llu,\"fallbacks\":%llu}", (unsigned long long)huge, (unsigned long long)fallbacks);
}

const struct workload_kind fault_workload = {
    .name = "fault",
    .summary = "one frame at a time with thinking in between, a share of huge pages with fall-back; then all is freed",
    .phases = {"fault share=#%", "unmap share=#%"},
    .options = {{"share", "Percent of the faults that ask for a huge page, order 9", 0, 100, 10, true},
                {"think", "Thinking before each fault, in uncontended atomic additions", 0, 1000000, 100, false}},
    .run = run_fault,
    .requests = requests_of,
    .state_bytes = state_bytes,
    .tell = tell,
    .single = true,
};
