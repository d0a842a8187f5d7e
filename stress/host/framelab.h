/* SPDX-License-Identifier: MIT
 * libframelab in one call, for programs that want an allocator and not a laboratory. See framelab.pc for flags.
 *
 *   framelab_open("lockfree", 1 GiB, 2)  ->  frame_alloc_one, frame_free_one, ... (frame_allocator.h)
 *
 * Harts: a thread that calls the allocator is a hart and says so once, with a number of its own, by
 * platform_host_hart_set(); the first thread is hart 0 without saying. harts_run() (harness.h) makes such threads,
 * pinned. The bytes of a frame are at platform_phys_to_virt(frame_addr(frame)). */
#ifndef FRAMELAB_HOST_FRAMELAB_H
#define FRAMELAB_HOST_FRAMELAB_H

#include "frame_allocator.h"
#include "harness.h"
#include "platform.h"
#include "platform_host.h"
#include "variants.h"

/* A booted allocator over `memory_bytes` of pretended RAM, for `harts` threads. `variant` as on the command line:
 * "lockfree", "baseline,lock=ticket,magazine=0". NULL after one line on stderr. One at a time in a process. */
struct frame_allocator *framelab_open(const char *variant, uint64_t memory_bytes, uint32_t harts);
/* The same over the RAM that a device tree describes. */
struct frame_allocator *framelab_open_fdt(const char *variant, const void *fdt, size_t fdt_bytes, uint32_t harts);
/* Ends what framelab_open gave, and its RAM. */
void framelab_close(struct frame_allocator *fa);

#endif
