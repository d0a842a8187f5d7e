/* SPDX-License-Identifier: MIT
 * A hart that disturbs others:
 *
 *    refused    repeat, while one more hart, not timed, asks again and again for a run longer than any that can be
 *               free. It is refused each time, after a look with all caches closed for a drain: what such looks cost
 *               the others is what the times of their pairs show. */
#include "workload_phase.h"

/* Of a run just allocated its middle frame is kept, the others go back: a run as long is not there any more. */
static enum frame_status keep_middle(struct workload *workload, struct frame_run run, pfn_t *kept)
{
    *kept = pfn(run.first.value + run.count / 2);
    uint64_t before = kept->value - run.first.value;
    uint64_t behind = run.count - before - 1;
    enum frame_status status = FRAME_OK;
    if (before > 0) {
        status = frame_free_run(workload->allocator, frame_run(run.first, before));
    }
    if (behind > 0 && status == FRAME_OK) {
        status = frame_free_run(workload->allocator, frame_run(pfn(kept->value + 1), behind));
    }
    return status;
}

/* Asks once for a run of *frames, shortened until it is no longer impossible; kept[*count] if it was there all the
 * same. False if that went wrong. */
static bool ask_once(struct workload *workload, uint64_t *frames, pfn_t *kept, uint64_t *count)
{
    const struct frame_layout layout = {*frames << FRAME_SHIFT, FRAME_SIZE};
    struct frame_run run;
    enum frame_status status = frame_alloc_contiguous(workload->allocator, layout, &run);
    if (status == FRAME_OK) {
        return *count < workload->requests && keep_middle(workload, run, &kept[(*count)++]) == FRAME_OK;
    }
    if (status == FRAME_LAYOUT_IMPOSSIBLE) {
        *frames -= (*frames + 15) / 16;
    }
    return *frames > 0;
}

/* The hart beside the others, from the moment at which they have allocated theirs. */
static void ask_until_ended(struct workload *workload, struct workload_hart *me, pfn_t *kept)
{
    struct frame_stats stats;
    uint64_t count = 0;
    bool ok = true;
    frame_allocator_stats(workload->allocator, &stats);
    uint64_t frames = stats.frames_total;
    while (!__atomic_load_n(&workload->begun, __ATOMIC_RELAXED) &&
           !__atomic_load_n(&workload->ended, __ATOMIC_RELAXED)) {
        platform_relax();
    }
    while (ok && !__atomic_load_n(&workload->ended, __ATOMIC_RELAXED)) {
        ok = ask_once(workload, &frames, kept, &count);
    }
    while (count > 0) {
        ok = frame_free_one(workload->allocator, kept[--count]) == FRAME_OK && ok;
    }
    me->status = ok ? FRAME_OK : FRAME_BAD_CONFIG;
}

static void run_refused(struct workload *workload, uint32_t hart)
{
    if (hart < workload->harts) {
        run_repeat(workload, hart);
        if (hart == 0) {
            __atomic_store_n(&workload->ended, true, __ATOMIC_RELAXED);
        }
    } else if (workload->allocator != NULL) {
        ask_until_ended(workload, &workload->hart[hart], slots_of(workload, hart));
    }
}

const struct workload_kind refused_workload = {
    .name = "refused",
    .summary = "as repeat, beside a hart that keeps asking for a run that is not there",
    .phases = {"pair"},
    .run = run_refused,
    .harts_beside = 1,
};
