/* SPDX-License-Identifier: MIT
 * What the boot arguments ask for: words `key=value`, as `framelab` passes them. */
#ifndef FRAMELAB_QEMU_KERNEL_OPTIONS_H
#define FRAMELAB_QEMU_KERNEL_OPTIONS_H

#include "frame_allocator.h"
#include "kernel.h"
#include "options.h"

struct kernel_options {
    const char *run;       /* "stress", "bench", ... */
    const char *variant;   /* as on the command line */
    const char *workloads; /* a list for workload_parse */
    enum schedule_mode mode;
    uint64_t seed;
    uint64_t operations; /* stress: mixed ones a hart; share: steps */
    uint64_t requests;   /* bench: at most, a hart; 0: no such limit */
    uint64_t usable;     /* bench: frames that N is made of, if those of the allocator are more; 0: those */
    uint64_t repeats;
    uint64_t interrupts; /* stress: not 0: harts are interrupted by timers (P12) */
    const char *stop;    /* fault: how a hart stops: kernel_fault.c */
    uint64_t hook; /* fault: the hook at which it does, counted from 1; with repeat=n, this one to the n-th after it */
    uint64_t frames; /* stress, fault, fence: that the allocator is given, at most; little memory is much contention */
    struct option_list harts, orders; /* at most the machine's, at most WORKLOAD_ORDER_MOST */
};

/* Cuts `bootargs` into words. False with one line in `why`. */
bool kernel_options_parse(struct kernel_options *options, char *bootargs, char *why, size_t why_bytes);

/* run=stress, bench, fault, fence, timer, life, map, share. Each prints KTAP and records (results/README.md, without
 * the key `provenance`) and returns the exit status. The allocator's memory is what `kernel_boot` has left. */
int kernel_stress(const struct kernel_options *options);
int kernel_bench(const struct kernel_options *options);
int kernel_fault(const struct kernel_options *options);
int kernel_fence(const struct kernel_options *options);
int kernel_timer(const struct kernel_options *options);
int kernel_life(const struct kernel_options *options);
int kernel_share(const struct kernel_options *options);
/* run=trap, overrun: wrong on purpose. */
int kernel_trap(const struct kernel_options *options);
int kernel_overrun(const struct kernel_options *options);
int kernel_map_tell(const struct kernel_options *options);

/* An allocator over all memory that is left; NULL after a line that says why. With it, its configuration. */
struct frame_allocator *kernel_allocator(const struct kernel_options *options, uint32_t harts,
                                         struct frame_allocator_config *config);

/* kernel_memory.c, before that. Takes memory away from the allocator, to be plugged in and out: the end of the last
 * region that has room for it, at most `frames`; size 0: none has. What lies behind, and the tree, which is no longer
 * needed, are left out too: an arena over them would reach across. */
struct phys_range kernel_withhold(uint64_t frames, uint32_t *node);
/* Leaves each node so many frames, those of its lowest regions. */
void kernel_keep_frames(uint64_t frames);

#endif
