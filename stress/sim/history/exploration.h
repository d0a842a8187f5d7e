/* SPDX-License-Identifier: MIT
 * Many executions: which execution a seed stands for, and the sweep that stops harts.
 *
 * 1. A seed determines an execution. The program is drawn from the seed's higher bits, so 16 consecutive seeds play one
 *    program under 16 schedules: random walk and PCT (explore/schedule.c) in turn, since they find different bugs.
 *    In 8 of the 16 a hart is held inside a section of the epoch (fault_injection.h), in 2 a hart does not answer the
 *    asymmetric barrier, in 1 a hart is stopped for good (lock-free variants only).
 *    A campaign has a seed, too, and its executions are numbered. A block of them is 16 in a row, or as many as a sweep
 *    has programs, twice; the seeds of a block are consecutive, and where they begin is hashed from the campaign's seed
 *    and the block's number. So campaigns with seeds that are neighbours share no execution. A shard has each n-th
 *    block.
 * 2. The sweep (P9). A program is played once to count the events of each hart. Then it is played again and again by
 *    the same schedule, each hart stopped for good at each of its events in turn. The others must finish. An execution
 *    in which a hart was stopped is not judged as a whole (P5), since that hart may keep memory from the others.
 * 3. The other sweep (P12). Likewise each hart is interrupted before each of its events in turn, and in some executions
 *    its handler too. Every execution is judged as a whole. Elsewhere harts are interrupted at random, in 2 executions
 *    of 16, of variants that can be.
 * 4. The third sweep (P13). Each hart ends before each of its events in turn: what it stored is known, its stack is
 *    forgotten, and another begins under its number, takes that over and plays what is left. All that was not on its
 *    way must be there and be had, and no more be lost than that may be (interpreter.c). In ordinary programs, of one
 *    in four, harts leave and join. */
#ifndef FRAMELAB_SIM_EXPLORATION_H
#define FRAMELAB_SIM_EXPLORATION_H

#include "execution.h"
#include "sim_stress.h"

/* The execution of a seed. `program` is written unless the plan has one. */
void exploration_plan(const struct sim_stress_plan *stress, uint64_t seed, struct program *program,
                      struct execution_plan *plan);

/* The seed of an execution of a campaign, by its number. */
uint64_t exploration_seed(const struct sim_stress_plan *stress, uint64_t number);
/* The least number, from `number` on, that the campaign's shard has. */
uint64_t exploration_number(const struct sim_stress_plan *stress, uint64_t number);

#endif
