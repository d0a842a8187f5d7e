/* SPDX-License-Identifier: MIT
 * A machine on the host: a device tree, RAM laid out by it with the tree in it, and, as often as wanted, a freshly
 * booted allocator over that RAM. There is one machine in a process at a time, since there is one RAM.
 *
 * All calls by one hart, at rest. */
#ifndef FRAMELAB_HOST_MACHINE_H
#define FRAMELAB_HOST_MACHINE_H

#include "boot_allocator.h"
#include "frame_allocator.h"
#include "memory_map.h"

struct host_machine_options {
    /* A device tree; copied. NULL: one is written, for the three below. */
    const void *fdt;
    size_t fdt_bytes;
    uint64_t memory_bytes; /* see default_fdt.h for the bounds of all three */
    uint32_t harts;
    uint32_t nodes;  /* 0 means 1 */
    bool huge_pages; /* transparent huge pages for RAM; false: none, whatever the system's default */
};

struct host_machine {
    struct memory_map *map;      /* as the tree says; after a boot, as the allocator was given it */
    struct boot_allocator *boot; /* after a boot: how much was taken */
    struct frame_allocator *fa;  /* of the last boot, or NULL */
    struct phys_range hotplug;   /* withheld from the last boot; size 0: nothing */
    uint32_t hotplug_node;
    uint64_t boot_ns; /* time that frame_allocator_init took at the last boot */
    void *fdt;        /* our copy; in RAM lies another */
    size_t fdt_bytes;
    phys_addr_t fdt_addr;
    bool used; /* RAM was written to since it was mapped */
};

/* Reads the tree, maps RAM and finds the tree a place in it. False with one line in `why`, and nothing to close. */
bool host_machine_open(struct host_machine *machine, const struct host_machine_options *options, char *why,
                       size_t why_bytes);
/* The calling thread is no hart afterwards. */
void host_machine_close(struct host_machine *machine);

/* Boots: RAM is zeroes, the tree lies in it, boot allocator, frame allocator in machine->fa. A machine boots any
 * number of times; each boot ends the one before. At least `hotplug_bytes` (0: none) in machine->hotplug are kept
 * from the allocator, for frame_arena_add; no arena that is booted spans them. The calling thread becomes hart 0, of
 * config->hart_count that there are from now on (platform_host.h). False with one line in `why`, also if hart 0, or a
 * number that there is no longer, is another live thread's; the machine may then be booted again. */
bool host_machine_boot(struct host_machine *machine, const struct frame_allocator_config *config,
                       uint64_t hotplug_bytes, char *why, size_t why_bytes);

#endif
