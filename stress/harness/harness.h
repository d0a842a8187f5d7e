/* SPDX-License-Identifier: MIT
 * The seam between what framelab runs (workloads, stress operations) and where it runs it: how harts start and how
 * they wait for one another. core/base/platform.h is the allocator's seam, this one is the harness's. A platform (host,
 * qemu, sim) implements both; nothing on this side of the seam knows of threads. */
#ifndef FRAMELAB_STRESS_HARNESS_H
#define FRAMELAB_STRESS_HARNESS_H

#include <stdbool.h>
#include <stdint.h>

/* Makes platform_hart_count() `count`, for a program that runs harts without a machine that says how many it has. At
 * rest only. False if the platform cannot have so many, or if more are in use. */
bool harts_provide(uint32_t count);

/* Runs body(context, hart) on harts 0 .. count - 1, each with that platform_hart_id(), all at one time (each on a core
 * of its own as far as there are cores), and returns when all have returned. Everything that the caller wrote is
 * visible to the harts, everything that they wrote to the caller afterwards. False, with no body run, if `count` harts
 * cannot be started: there are not so many (platform_hart_count), or another thread is one of them. Called by one
 * thread at a time, whether it is a hart or not, never from inside a body; meanwhile the caller is no hart, afterwards
 * it is what it was. */
bool harts_run(uint32_t count, void (*body)(void *context, uint32_t hart), void *context);

/* From here to hart_interrupts_end the calling hart is interrupted again and again, at moments that it cannot foretell:
 * handler(context) runs on it then, in the middle of whatever it does, and may be interrupted in turn where the
 * platform has that (INTERRUPT_LEVELS at most, of handlers). On QEMU under -icount the seed determines the moments.
 * False, and no interrupts, if the platform cannot. */
#define INTERRUPT_LEVELS 3u
bool hart_interrupts_begin(void (*handler)(void *context), void *context, uint64_t seed);
/* On return no handler runs any more. */
void hart_interrupts_end(void);

/* A barrier that sleeps: harts may outnumber cores. The storage is the platform's. */
struct hart_barrier {
    _Alignas(16) unsigned char storage[128];
};

/* `count` harts take part. A barrier may be used any number of times, one round after the other, and initialised
 * anew while nobody waits at it. */
void hart_barrier_init(struct hart_barrier *barrier, uint32_t count);
/* Returns once all have come; orders what each did before against what all do after. */
void hart_barrier_wait(struct hart_barrier *barrier);

#endif
