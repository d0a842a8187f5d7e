/* SPDX-License-Identifier: MIT
 * A look into the lock-free variant that is no event: whether a hart stands in a section of the epoch. And a step that
 * takes the place of a great many: the clock of reclamation is moved on by as much as hours of polls would.
 *
 * A jump stands for polls by harts that the execution does not have. So it comes only where those could all have been
 * made: while no hart is in a section, which would stop the clock after a move, and none is polling, which keeps others
 * from it. They take so long that everything stored before has become known by then, and everybody has passed a fence:
 * a barrier in front of the jump sees to that. */
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

/* The clock moves `moves` times at once. False if it cannot at this moment, or if there are no epochs. */
bool epoch_leap(struct frame_allocator *fa, uint64_t moves);

#endif
