/* SPDX-License-Identifier: MIT
 * libframelab in one call, for programs that want an allocator and not a laboratory. See framelab.pc for flags.
 *
 *   framelab_open("lockfree", 1 GiB, 2)  ->  frame_alloc_one, frame_free_one, ... (frame_allocator.h)
 *
 * Harts: a thread that calls the allocator is a hart. Who opens it is hart 0; every other thread says once which it is,
 * by platform_host_hart_set(), with a number below `harts` that no other live thread has: else it is refused, there and
 * by every call of the allocator (FRAME_BAD_HART). A thread that ends gives its number back. harts_run() (harness.h)
 * makes such threads, pinned. The bytes of a frame are at platform_phys_to_virt(frame_addr(frame)). */
#ifndef FRAMELAB_HOST_FRAMELAB_H
#define FRAMELAB_HOST_FRAMELAB_H

#include "frame_allocator.h"
#include "harness.h"
#include "platform.h"
#include "platform_host.h"
#include "variants.h"

/* A booted allocator over `memory_bytes` of pretended RAM, for `harts` threads. `variant` as on the command line:
 * "lockfree", "baseline,lock=ticket,magazine=0". NULL after one line on stderr, also while another live thread is hart
 * 0 or has a number that `harts` leaves no room for. One at a time in a process. */
struct frame_allocator *framelab_open(const char *variant, uint64_t memory_bytes, uint32_t harts);
/* The same over the RAM that a device tree describes. */
struct frame_allocator *framelab_open_fdt(const char *variant, const void *fdt, size_t fdt_bytes, uint32_t harts);
/* Ends what framelab_open gave, and its RAM. The calling thread is no hart afterwards. */
void framelab_close(struct frame_allocator *fa);

#endif
