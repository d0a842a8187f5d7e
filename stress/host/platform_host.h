/* SPDX-License-Identifier: MIT
 * What the host platform offers beyond core/base/platform.h, to whoever sets it up: RAM, hart numbers, barriers. */
#ifndef FRAMELAB_HOST_PLATFORM_HOST_H
#define FRAMELAB_HOST_PLATFORM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "memory_map.h"

/* CPUs that an affinity mask may name: the largest CONFIG_NR_CPUS of Linux. */
#define HOST_CPU_MAX 8192u

/* Who is which hart. A thread begins as none: the allocator refuses it, FRAME_BAD_HART. A program with threads of its
 * own gives each a number below platform_hart_count() by platform_host_hart_set, which no other live thread may have.
 * The thread that boots a machine is made hart 0 (machine.h), and harts_run() gives its harts theirs (harness.h). */
enum host_hart_status {
    HOST_HART_OK = 0,
    HOST_HART_BEYOND,    /* platform_hart_count() or above */
    HOST_HART_IN_USE,    /* another live thread is that hart, or a run of harts has the number */
    HOST_HART_NO_MEMORY, /* the C library could not note that the thread is to give the number back when it ends */
    HOST_HART_STATUS_COUNT
};

/* Makes the calling thread hart `hart`, which then has the caches that its forerunner left. Its former number, if any,
 * is free from then on; if refused it keeps it. Between operations of the allocator; beside anything that other threads
 * do; wait-free. The number is given back when the thread ends, in the first round of destructors of thread-specific
 * data: those that run after it are no hart's. */
enum host_hart_status platform_host_hart_set(uint32_t hart);
/* Makes the calling thread no hart, as it began: its number is free. Likewise. */
void platform_host_hart_clear(void);
/* A short English sentence; never NULL. */
const char *host_hart_text(enum host_hart_status status);

/* What platform_hart_count() returns from now on, 1 .. HART_MAX; 1 at start-up. False, changing nothing, if it cannot
 * be that, or if a live thread has a number as high. Booting a machine sets it, to the harts of its allocator. At rest
 * only, and no allocator that was built before may be called from then on: it knows as many harts as there were. */
bool platform_host_hart_count_set(uint32_t count);

/* For harts_run(): takes the numbers 0 .. count - 1 out of use, for threads of the caller's making, and leaves the
 * caller without its own; false, changing nothing, if there are not so many harts or another thread has one of the
 * numbers. Until the return, where `own` is what platform_hart_id() was before. */
bool host_harts_lend(uint32_t count);
void host_harts_return(uint32_t count, uint32_t own);

/* RAM: one anonymous no-reserve mapping over the whole extent, holes included, congruent with the physical
 * addresses modulo 1 GiB, or where address space is scarce 2 MiB, so that what is aligned there is aligned here.
 * Terabytes cost nothing until touched.
 * There is one RAM in a process at a time. False with one line in `why` if it cannot be mapped. Transparent huge pages
 * are off until host_ram_huge_pages() says otherwise. At rest only, like the other host_ram_ functions. */
bool host_ram_map(struct phys_range extent, char *why, size_t why_bytes);
void host_ram_unmap(void);
/* Where RAM is mapped: platform_phys_to_virt of the host, for other platforms whose harts run on its RAM. */
void *host_ram_at(phys_addr_t addr);
/* Makes all of RAM zeroes again, as it was when mapped, and gives its memory back to the system. */
bool host_ram_clear(void);
/* Asks for transparent huge pages, or for none, for pages touched from now on. False if the kernel has none. */
bool host_ram_huge_pages(bool wanted);
/* Makes every whole frame of the extent that lies outside the map's RAM fault when it is touched. */
bool host_ram_guard_holes(const struct memory_map *map, char *why, size_t why_bytes);

/* Makes whole frames of RAM fault when they are touched, or not any more. Any time, any hart. */
void host_ram_forbid(struct phys_range range, bool forbidden);

/* How platform_barrier_heavy() makes every hart pass a fence. The first that works is chosen at start-up. */
enum host_barrier {
    HOST_BARRIER_EXPEDITED, /* membarrier PRIVATE_EXPEDITED: interrupts the cores that run our threads; microseconds */
    HOST_BARRIER_GLOBAL,    /* membarrier GLOBAL: waits for the kernel's grace period; milliseconds */
    HOST_BARRIER_VISIT,     /* no membarrier (some sandboxes): visits every CPU that we may run on; see platform.c */
    HOST_BARRIER_COUNT
};
enum host_barrier host_barrier_kind(void);
/* Chooses another kind, for tests. False if this machine does not offer it. At rest only. */
bool host_barrier_choose(enum host_barrier kind);

#endif
