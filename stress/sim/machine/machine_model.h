/* SPDX-License-Identifier: MIT
 * What a simulated machine's accesses cost. Times are integers, in picoseconds, so that a simulation is the same to the
 * bit on every compiler and machine.
 *
 * A transfer is what a load pays for a line that is in another hart's cache. An exclusive access pays that and, if
 * other harts hold copies, what it takes to invalidate them. Both depend on the greatest distance: inside a cluster
 * (harts that share a last-level cache), inside a socket, between sockets. */
#ifndef FRAMELAB_STRESS_MACHINE_MODEL_H
#define FRAMELAB_STRESS_MACHINE_MODEL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum distance { DISTANCE_CLUSTER, DISTANCE_SOCKET, DISTANCE_FAR, DISTANCE_COUNT };

#define MACHINE_NAME_BYTES 64u
#define MACHINE_SOURCE_BYTES 768u
#define MACHINE_WINDOW_MOST 512u

struct machine_model {
    char name[MACHINE_NAME_BYTES];
    char source[MACHINE_SOURCE_BYTES];    /* where the numbers come from */
    uint64_t cluster_harts, socket_harts; /* hart i is in cluster i / cluster_harts */
    uint64_t hit_ps;                      /* a load or store that hits the hart's own cache */
    uint64_t rmw_ps, rmw_16_ps;           /* a read-modify-write that does, of 8 and of 16 bytes */
    uint64_t fence_ps;                    /* a store-load fence with nothing to wait for; weaker ones are free */
    uint64_t relax_ps;                    /* a turn of a waiting loop */
    uint64_t l1_bytes, l1_ways;           /* caches: two that a hart has to itself, */
    uint64_t l2_bytes, l2_ways;
    uint64_t llc_bytes,
        llc_ways;           /* and one of a cluster. 0 bytes: it has room for everything; the last: there is none */
    uint64_t l2_ps, llc_ps; /* until a line is there from the second, from the last level */
    uint64_t window;        /* accesses that a hart begins before the first of them has ended; 0: none */
    uint64_t miss_ps;       /* a line that nobody has */
    uint64_t transfer_ps[DISTANCE_COUNT];
    uint64_t invalidate_ps[DISTANCE_COUNT];
    uint64_t share_ps; /* a line that was loaded is busy so long before the next request */
    uint64_t hold_ps; /* a line that came to be written stays at least so long where it came: a load and the write after
                         it make it */
    uint64_t wake_ps; /* until a hart that polls a line looks again after that changed */
    uint64_t barrier_ps;  /* platform_barrier_heavy: interrupts to all harts */
    uint64_t jitter_1024; /* transfers and holds vary by this many 1024ths either way */
};

/* NULL-terminated by an empty name. */
extern const struct machine_model machine_models[];

const struct machine_model *machine_model_find(const char *name);

/* A model of that name, or, if the name has a slash or a dot, of a file as machine_model_write makes it. False with one
 * line in `why`. */
bool machine_model_get(struct machine_model *model, const char *name, char *why, size_t why_bytes);
/* The same machine with other costs between harts: transfers, invalidations, misses, and what waiting and interrupts
 * take, times `factor`; what a hart does by itself costs as before, for all of it alike would change no ratio. The
 * machine's name then has the factor. 1: nothing changes. */
void machine_model_scale(struct machine_model *model, double factor);

/* Whether there can be such a machine: every number within its bounds, nothing nearer dearer than what is further,
 * caches that have room for a set of their ways, each larger than the one before. False with one line in `why`. */
bool machine_model_check(const struct machine_model *model, char *why, size_t why_bytes);
/* As JSON: a new reference, NULL if out of memory; and on a stream, false if that failed. */
json_t *machine_model_json(const struct machine_model *model);
bool machine_model_write(const struct machine_model *model, FILE *out);

#endif
