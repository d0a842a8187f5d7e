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

/* Makes the calling thread hart `hart`. A program with threads of its own calls this once in each, with numbers
 * that differ; harts_run() does it for its harts. */
void platform_host_hart_set(uint32_t hart);
/* What platform_hart_count() returns from now on; 1 at start-up. At rest only. */
void platform_host_hart_count_set(uint32_t count);

/* RAM: one anonymous no-reserve mapping over the whole extent, holes included, congruent with the physical
 * addresses modulo 1 GiB, so that what is aligned there is aligned here. Terabytes cost nothing until touched.
 * There is one RAM in a process at a time. False with one line in `why` if it cannot be had. Transparent huge pages
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
const char *host_barrier_name(enum host_barrier kind);
/* Chooses another kind, for tests. False if this machine does not offer it. At rest only. */
bool host_barrier_choose(enum host_barrier kind);

#endif
