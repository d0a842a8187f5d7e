/* SPDX-License-Identifier: MIT
 * What reclamation costs, by itself: three workloads over the schemes of smr_scheme.h.
 *
 *   queue   appends a node of the hart's own to a queue that all share, takes the first one off and retires it; after a
 *           grace period it is the hart's own again (Hart et al., IPDPS 2006; the queue is Michael's and Scott's, 1996)
 *   stack   pops a node from a stack that all share, writes to it, retires it; after a grace period it is pushed again
 *   read    reads a list of so many nodes, which nobody changes
 *
 * A hart that has no node, or finds none on the stack, collects those of its own that have passed and waits: memory is
 * exhausted.
 *
 * Measured is the time for a number of operations of each hart; or, where harts outnumber cores, how many operations
 * are done until a time that is the same for all: a hart without a core then has done fewer. */
#ifndef FRAMELAB_STRESS_SMR_H
#define FRAMELAB_STRESS_SMR_H

#include <stdbool.h>
#include <stdint.h>

#include "histogram.h"

enum smr_workload { SMR_QUEUE, SMR_STACK, SMR_READ, SMR_WORKLOAD_COUNT };

struct smr_plan {
    uint32_t scheme; /* enum smr_scheme */
    enum smr_workload workload;
    uint32_t harts;
    uint64_t operations; /* a hart; 0: until `limit_ns` */
    uint64_t limit_ns;
    uint64_t nodes;            /* queue, stack: for each hart; read: of the list */
    uint64_t bag;              /* nodes that a hart retires before it collects */
    uint64_t free_at_once;     /* pushed in one operation, of what has passed; UINT64_MAX: all of it */
    bool spin;                 /* who finds no node keeps its core; else it yields */
    struct histogram *latency; /* of each call that retires and pushes; NULL: not asked for */
};

struct smr_result {
    uint64_t operations; /* a hart; the mean if these differ */
    uint64_t *hart_ns;   /* the caller's, one a hart */
    uint64_t limbo_peak; /* retired and not pushed, at most, summed over harts */
    uint64_t waits;      /* looks that found no node */
};

/* Their names; ends with NULL. */
extern const char *const smr_workload_names[];

/* The name of a scheme, or NULL if there are not so many. */
const char *smr_scheme(uint32_t scheme);

/* Operations of a hart before those that count, where operations are counted. */
uint64_t smr_warmup(const struct smr_plan *plan);

/* False if the harts cannot be started, if there is no memory, or if the scheme is not for so many harts. Afterwards
 * each node is where it can be used again: anything else ends the program. */
bool smr_run(const struct smr_plan *plan, struct smr_result *result);

#endif
