/* SPDX-License-Identifier: MIT
 * Frames that are shared between processes and copied when they are written to, as after fork (M. J. Bach: The Design
 * of the UNIX Operating System, 1986, 9.2; that the counts of shared pages are what keeps address spaces from
 * scaling: Clements, Kaashoek, Zeldovich: RadixVM, EuroSys 2013):
 *
 *    cow        each hart is a process with N / children frames of its own, and has the children of as many other
 *               processes, those of the harts before it. Barrier; fork: it takes a reference to each frame of each of
 *               them, N in all. Barrier; its children write to all that: for each reference it allocates a frame, the
 *               copy, and drops the reference, N in all. References and copies are timed. Then children and parents
 *               end: copies are freed, and the frames themselves, which only their owner has again. One hart alone has
 *               its own children.
 *
 * Whether there is an allocator or none is asked in each operation; `null`, of which a reference is a free that does
 * nothing, shows that, too. */
#include "workload_phase.h"

/* Frames of a hart's own. */
static uint64_t frames_of(const struct workload *workload)
{
    return workload->requests / workload->choice.options[0];
}

/* The frame of reference i, of N: the first of the first child's parent first. */
static pfn_t shared(const struct workload *workload, const struct workload_hart *me, uint64_t i)
{
    const uint64_t harts = workload->harts, frames = frames_of(workload);
    uint64_t parent = (uint64_t)(me - workload->hart) + harts - (1 + i / frames) % harts;
    return slots_of(workload, (uint32_t)(parent % harts))[i % frames];
}

static pfn_t *copies_of(const struct workload *workload, const struct workload_hart *me)
{
    return (pfn_t *)workload->state + workload_slots(workload->requests, (uint32_t)(me - workload->hart));
}

static enum frame_status take(const struct workload *workload, struct workload_hart *me, pfn_t *frame)
{
    return workload->allocator == NULL ? null_alloc(&me->null, 1, frame) : frame_alloc_one(workload->allocator, frame);
}

static enum frame_status refer(const struct workload *workload, struct workload_hart *me, pfn_t frame)
{
    return workload->allocator == NULL ? null_free(&me->null, frame) : frame_ref(workload->allocator, frame);
}

static enum frame_status drop(const struct workload *workload, struct workload_hart *me, pfn_t frame)
{
    return workload->allocator == NULL ? null_free(&me->null, frame) : frame_unref(workload->allocator, frame);
}

static uint64_t take_own(const struct workload *workload, struct workload_hart *me, pfn_t *slots)
{
    for (uint64_t i = 0; i < frames_of(workload); i++) {
        enum frame_status status = take(workload, me, &slots[i]);
        if (status != FRAME_OK) {
            (void)note_failure(me, status, i);
            return i;
        }
    }
    return frames_of(workload);
}

/* The references of all children; how many were taken. */
static uint64_t fork_all(const struct workload *workload, struct workload_hart *me)
{
    for (uint64_t i = 0; i < workload->requests; i++) {
        pfn_t frame = shared(workload, me, i);
        struct look look = workload->time_each ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = refer(workload, me, frame);
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

/* A copy for each reference; how many. */
static uint64_t copy_all(const struct workload *workload, struct workload_hart *me, pfn_t *copies)
{
    for (uint64_t i = 0; i < workload->requests; i++) {
        pfn_t frame = shared(workload, me, i);
        struct look look = workload->time_each ? begin_timed(workload) : (struct look){.start_ns = 0};
        enum frame_status status = take(workload, me, &copies[i]);
        if (status != FRAME_OK) {
            (void)note_failure(me, status, i);
            return i;
        }
        status = drop(workload, me, frame);
        if (workload->time_each) {
            end_timed(workload, me, &look, 1, status);
        }
        if (status != FRAME_OK) {
            (void)note_failure(me, status, i);
            return i + 1;
        }
    }
    return workload->requests;
}

static void run_cow(struct workload *workload, uint32_t hart)
{
    struct workload_hart *me = &workload->hart[hart];
    pfn_t *slots = slots_of(workload, hart), *copies = copies_of(workload, me);
    uint64_t own = take_own(workload, me, slots), references = 0, copied = 0;
    bool ok = meet(workload, own == frames_of(workload));
    if (ok) {
        uint64_t start_ns = platform_time_ns();
        references = fork_all(workload, me);
        me->phase_ns[0] = platform_time_ns() - start_ns;
        ok = meet(workload, references == workload->requests);
    }
    if (ok) {
        uint64_t start_ns = platform_time_ns();
        copied = copy_all(workload, me, copies);
        me->phase_ns[1] = platform_time_ns() - start_ns;
        ok = meet(workload, copied == workload->requests);
    }
    for (uint64_t i = copied; i < references; i++) { /* after a failure */
        (void)drop(workload, me, shared(workload, me, i));
    }
    meet(workload, ok); /* every reference is dropped before its owner frees the frame */
    give_back(workload, copies, copied);
    give_back(workload, slots, own);
}

/* A multiple of the children. Each of N is a copy, and a frame of one's own at most. */
static uint64_t requests_of(const struct workload_shape *shape, const uint64_t *options)
{
    uint64_t children = options[0];
    uint64_t most = shape->usable_frames / shape->harts_most / 4;
    uint64_t cut = workload_at_most(most, shape);
    return cut >= children ? cut - cut % children : most >= children ? children : 0;
}

static uint64_t state_bytes(const struct workload *workload)
{
    return workload_slots(workload->requests, workload->harts) * sizeof(pfn_t);
}

static void tell(const struct workload *workload, workload_print *print)
{
    print(",\"cow\":{\"frames\":%llu}", (unsigned long long)(frames_of(workload) * workload->harts));
}

const struct workload_kind cow_workload = {
    .name = "cow",
    .summary = "references to the frames of other harts taken, then dropped for copies: fork, then writes",
    .phases = {"ref children=#", "copy children=#"},
    .options = {{"children", "Harts that have references to each frame, beside its owner", 1, 512, 1, true}},
    .run = run_cow,
    .requests = requests_of,
    .state_bytes = state_bytes,
    .tell = tell,
    .single = true,
    .refcounts = true,
};
