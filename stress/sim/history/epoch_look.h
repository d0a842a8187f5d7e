/* SPDX-License-Identifier: MIT
 * Looks into the lock-free variant without an event: whether a hart is in a section of the epoch. And one step in place
 * of very many: it moves the clock of reclamation on by as much as hours of polls would.
 *
 * Such a step stands for polls by harts that the execution does not have. So it is made only where all those polls
 * could have been made: while no hart is in a section, which would stop the clock after one move, and none is polling,
 * which keeps the others from polling. In the time that the polls would take every store made before becomes visible
 * and every hart passes a fence; a barrier before the step sees to both, except for harts that do not answer it. */
#ifndef FRAMELAB_SIM_EPOCH_LOOK_H
#define FRAMELAB_SIM_EPOCH_LOOK_H

#include <stdbool.h>
#include <stdint.h>

struct frame_allocator;

/* Above 0 while the hart is in a section; NULL if the allocator has no epochs. */
const unsigned *epoch_look(const struct frame_allocator *fa, uint32_t hart);

/* Places in limbo, the most there ever were; 0 if there are no epochs. */
uint32_t epoch_limbo_most(const struct frame_allocator *fa);

/* At rest, when nothing is under way: polls as often as a grace period takes, and returns how many places are in limbo
 * still. None should be; 0 too if the allocator has no limbo. */
uint32_t epoch_limbo_left(struct frame_allocator *fa);

/* The source moves `moves` times at once. False if it cannot at this moment, or if there are no epochs. */
bool epoch_leap(struct frame_allocator *fa, uint64_t advances);

#endif
