/* SPDX-License-Identifier: MIT
 * The end of a process: one hart frees all that others took (J. Weiner: per-CPU buddy allocator, linux-mm, April 2026:
 * the exit of a process frees a whole address space on one CPU; mm/mmap.c of Linux, exit_mmap):
 *
 *    exit       each hart allocates N, as a thread of a process of `threads`; barrier; then one hart for each process
 *               frees all that its threads took, one thread after the other, each in the order in which it allocated:
 *               that of addresses in a process that touched its memory from below. That hart is the first of the next
 *               process: if there are several, it frees what others took, with threads 1 all that another hart took.
 *               The others wait. Both timed; the frees from the barrier to when the last frame is free, of all harts,
 *               so that harts over the time of an operation is throughput here, too. One hart alone frees its own. */
#include "workload_phase.h"

static uint32_t threads_of(const struct workload *workload)
{
    uint64_t threads = workload->choice.options[0];
    return threads != 0 && threads < workload->harts ? (uint32_t)threads : workload->harts;
}

/* Frees what the process took of which this hart sees the end, if there is one. *held is not used. */
TEMPLATE bool exit_loop(const struct workload *workload, struct workload_hart *me, pfn_t *slots, const uint64_t *held,
                        bool timed, alloc_operation alloc, free_operation free)
{
    (void)slots;
    (void)alloc;
    (void)held;
    const uint32_t hart = (uint32_t)(me - workload->hart), threads = threads_of(workload);
    if (hart % threads != 0) {
        return true;
    }
    const uint32_t end = hart > 0 ? hart : workload->harts; /* of the process before, of which hart 0 has the last */
    for (uint32_t thread = (end - 1) / threads * threads; thread < end; thread++) {
        const pfn_t *taken = slots_of(workload, thread);
        for (uint64_t i = 0; i < workload->requests; i++) {
            struct look look = timed ? begin_timed(workload) : (struct look){.start_ns = 0};
            enum frame_status status = free(workload, me, taken[i]);
            if (timed) {
                end_timed(workload, me, &look, 1, status);
            }
            if (__builtin_expect(status != FRAME_OK, 0)) {
                return note_failure(me, status, i);
            }
        }
    }
    return true;
}

WORKLOAD_LOOPS(exit)

static void run_exit(struct workload *workload, uint32_t hart)
{
    run_freed_elsewhere(workload, hart, exit_loops);
}

static void tell(const struct workload *workload, workload_print *print)
{
    uint32_t threads = threads_of(workload);
    print(",\"exit\":{\"processes\":%lu}", (unsigned long)((workload->harts + threads - 1) / threads));
}

const struct workload_kind exit_workload = {
    .name = "exit",
    .summary = "each hart allocates N, then one for each process frees all that its threads took",
    .phases = {"alloc threads=#", "free threads=#"},
    .options = {{"threads", "Harts whose frames one hart frees; 0: all harts'", 0, 512, 0, true}},
    .run = run_exit,
    .tell = tell,
};
