/* SPDX-License-Identifier: MIT
 * Whether a hart stands in a section of the epoch: a look into the lock-free variant that is no event. */
#ifndef FRAMELAB_SIM_EPOCH_LOOK_H
#define FRAMELAB_SIM_EPOCH_LOOK_H

#include <stdint.h>

struct frame_allocator;

/* Above 0 while the hart is in a section; NULL if the allocator has no epochs. */
const unsigned *epoch_look(const struct frame_allocator *fa, uint32_t hart);

#endif
