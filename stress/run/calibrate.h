/* SPDX-License-Identifier: MIT
 * What accesses to memory cost on this host, for one hart and for two: the numbers of a machine model (machine_model.h)
 * that can be measured without a third hart.
 *
 * Each is measured by itself, in many short rounds; their median is the result, their quartiles are reported.
 *
 *   hit          loads and stores of lines that the hart has, with comparisons and branches between, as code has them
 *   rmw, rmw_16  fetch-and-add, and a compare-and-swap of 16 bytes, each waiting for the one before, on such a line
 *   fence        a sequentially consistent fence with nothing to wait for
 *   relax        a turn of a waiting loop
 *   l2, llc      loads along a chain through half of the second, an eighth of the last cache
 *   miss         loads along a chain through far more memory than caches hold
 *   barrier      platform_barrier_heavy, while the other hart runs
 *   transfer     loads along a chain of lines that the other hart has just written
 *   invalidate   read-modify-writes of lines that the other hart has just read, less rmw
 *   ahead        loads that do not wait for one another, of lines that the other hart has just written, each followed
 *                by AHEAD_ACCESSES less one as in hit: of a transfer so many accesses that are under way at once are
 *                left */
#ifndef FRAMELAB_STRESS_CALIBRATE_H
#define FRAMELAB_STRESS_CALIBRATE_H

#include <stdbool.h>
#include <stdint.h>

enum calibrate_cost {
    COST_HIT,
    COST_RMW,
    COST_RMW_16,
    COST_FENCE,
    COST_RELAX,
    COST_L2,
    COST_LLC,
    COST_MISS,
    COST_BARRIER,
    COST_TRANSFER,
    COST_INVALIDATE,
    COST_AHEAD,
    COST_COUNT
};

/* Of one access, in picoseconds. rounds 0: not measured here. */
struct cost_sample {
    uint64_t median_ps, q1_ps, q3_ps;
    uint32_t rounds;
};

const char *calibrate_name(enum calibrate_cost cost);

#define AHEAD_ACCESSES 18u

/* Sizes of the caches whose latency is measured; 0: not known, and not measured. */
struct cache_sizes {
    uint64_t l2_bytes, llc_bytes;
};

/* Measures all in `rounds` rounds, transfer, invalidate and ahead if there are two cores at least. False if there is no
 * memory or the harts cannot be started. Takes about a second for 100 rounds. */
bool calibrate_run(uint32_t rounds, struct cache_sizes sizes, struct cost_sample samples[COST_COUNT]);

#endif
