/* SPDX-License-Identifier: MIT
 * What accesses to memory cost on this host, for one hart and for two: the numbers of a machine model (machine_model.h)
 * that can be measured without a third hart.
 *
 * Each is measured by itself, in many short rounds; their median is the result, their quartiles are reported.
 *
 *   hit          loads and stores, in turn, of lines that the hart has
 *   rmw, rmw_16  fetch-and-add, and a compare-and-swap of 16 bytes, each waiting for the one before, on such a line
 *   fence        a sequentially consistent fence with nothing to wait for
 *   relax        a turn of a waiting loop
 *   miss         loads along a chain through far more memory than caches hold
 *   barrier      platform_barrier_heavy, while the other hart runs
 *   transfer     loads along a chain of lines that the other hart has just written
 *   invalidate   read-modify-writes of lines that the other hart has just read, less rmw */
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
    COST_MISS,
    COST_BARRIER,
    COST_TRANSFER,
    COST_INVALIDATE,
    COST_COUNT
};

/* Of one access, in picoseconds. rounds 0: not measured here. */
struct cost_sample {
    uint64_t median_ps, q1_ps, q3_ps;
    uint32_t rounds;
};

const char *calibrate_name(enum calibrate_cost cost);

/* Measures all in `rounds` rounds, transfer and invalidate if there are two cores at least. False if there is no memory
 * or the harts cannot be started. Takes about a second for 100 rounds. */
bool calibrate_run(uint32_t rounds, struct cost_sample samples[COST_COUNT]);

#endif
