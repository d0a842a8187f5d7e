/* SPDX-License-Identifier: MIT
 * What allocators are made of, by itself: locks, counters and lists that all harts use at once, as in published
 * measurements. With these a platform, above all simulated harts, is compared with machines that are not at hand.
 *
 *   ticket-lock, mcs-lock   one lock of Concurrency Kit around an increment
 *   shared-counter          fetch-and-add on one line
 *   own-counters            fetch-and-add, each hart on a line of its own
 *   treiber-stack           pops a node from a stack with a generation, and pushes it again
 *   locked-list, cas-list   pops a node from a list that all share, under a ticket lock and by compare-and-swap
 *   own-lists               pops a node from a list of the hart's own, with no atomic instruction
 *
 * The last three are the allocators ListLocked, ListCAS and ListLocal of LLFree's artefact (Wrenger et al., USENIX ATC
 * 2023), `bulk`, allocation. A node lies in the frame, as there: its link is read from memory. */
#ifndef FRAMELAB_STRESS_PRIMITIVES_H
#define FRAMELAB_STRESS_PRIMITIVES_H

#include <stdbool.h>
#include <stdint.h>

enum primitive {
    PRIMITIVE_TICKET_LOCK,
    PRIMITIVE_MCS_LOCK,
    PRIMITIVE_SHARED_COUNTER,
    PRIMITIVE_OWN_COUNTERS,
    PRIMITIVE_TREIBER_STACK,
    PRIMITIVE_LOCKED_LIST,
    PRIMITIVE_CAS_LIST,
    PRIMITIVE_OWN_LISTS,
    PRIMITIVE_COUNT
};

const char *primitives_name(enum primitive primitive);

/* `harts` harts do `operations` each, after a tenth as many that do not count; hart_ns: what each took. False if the
 * harts cannot be started, if there is no memory, or if this platform lacks the primitive. */
bool primitives_run(enum primitive primitive, uint32_t harts, uint64_t operations, uint64_t *hart_ns);

#endif
