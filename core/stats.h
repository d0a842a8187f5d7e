/* SPDX-License-Identifier: MIT
 * Event counts of an allocator. Each is a sum over harts of counters that only their own hart writes, so reading
 * them while harts run gives a hint, at rest an exact number. The allocation fast path counts nothing. */
#ifndef FRAMELAB_CORE_STATS_H
#define FRAMELAB_CORE_STATS_H

#include <stdint.h>

struct frame_stats {
    /* core */
    uint64_t frames_total;      /* usable frames of all arenas */
    uint64_t frames_in_caches;  /* a hint: magazines and hart-local memory */
    uint64_t metadata_bytes;    /* of all arenas */
    uint64_t global_takes;      /* calls of take and take_run */
    uint64_t global_gives;      /* calls of give and give_run, but for a drained list's */
    uint64_t refill_frames;     /* frames that came with batches */
    uint64_t spill_frames;      /* frames that went with batches */
    uint64_t drains;            /* times that one hart emptied the others' caches */
    uint64_t drain_timeouts;    /* harts that did not answer a drain in time */
    uint64_t bypasses;          /* operations that found their cache being drained */
    uint64_t failures;          /* allocations that failed */
    uint64_t contentions;       /* of these, those that gave up (FRAME_CONTENDED) */
    uint64_t nested;            /* operations that interrupted another of their hart */
    uint64_t nested_failures;   /* allocations of these that failed: what their own hart had was not for them */
    uint64_t frames_known_zero; /* of zeroed requests, served without zeroing: they were known to hold zeroes */
    uint64_t frames_zeroed;     /* filled with zeroes, for such requests or in idle time */
    /* the variant */
    uint64_t cas_retries; /* read-modify-writes that had to be tried again */
    uint64_t lock_acquisitions;
    uint64_t lock_waits;        /* acquisitions that did not succeed at once */
    uint64_t lock_wait_total;   /* all of them, by platform_time_ns */
    uint64_t lock_wait_longest; /* the longest of them, likewise */
    /* How long the lock was held for batches of frames that were taken and given, likewise; if asked for. */
    uint64_t take_holds, take_hold_total, take_hold_p99;
    uint64_t give_holds, give_hold_total, give_hold_p99;
    uint64_t grace_periods;
    uint64_t limbo; /* objects retired whose grace period has not passed */
    uint64_t limbo_peak;
    uint64_t scans; /* searches over all state words, when the index had nothing */
};

/* Of one hart: the counts of these names, above. */
struct frame_hart_events {
    uint64_t global_takes, global_gives, bypasses, drains;
    uint64_t nested; /* operations that interrupted others, and are not in the counts above */
};

/* What only a build with reference counts can tell. */
#define FRAMES_UNKNOWN UINT64_MAX

/* Of one NUMA node. What a hart keeps for itself and serves from there is not taken, and not counted, again. */
struct frame_node_stats {
    uint64_t frames_total; /* usable frames of the node's arenas */
    uint64_t frames_free;  /* of these, without a reference: free or in a cache; FRAMES_UNKNOWN without counts */
    uint64_t taken_near;   /* that the global allocator gave to harts of the node */
    uint64_t taken_far;    /* that it gave to harts of other nodes */
};

#endif
