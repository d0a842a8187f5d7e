/* SPDX-License-Identifier: MIT
 * Poison: in debug builds a frame that is freed is filled with words of its own, and a frame that is allocated is
 * checked for them, so that a write to a free frame is found (as Fuchsia's pmm_checker does).
 *
 * 1. Which frames. What is freed is poisoned: of a long run the first POISON_FRAMES, so that memory that nobody has
 *    touched, and the host has therefore not mapped, mostly stays so. Frames that are known to hold zeroes
 *    (refcounts_kept.h, 5) have not been out since they were zeroed: they are not poisoned, and are passed over.
 * 2. How one knows. A frame is poisoned if its first or its last word is poison: each frame's is another, so that a
 *    copy of one is not. Then all of its words must be. Whoever takes a frame removes both, so that what the owner
 *    leaves of the others means nothing later. So what is not found is a write to both ends of the frame in one go:
 *    then it looks as if it had never been poisoned.
 * 3. Whose. Both are called by the frames' owner: after their counts say that they are free, and before anybody else
 *    may take them; and after they were taken, before they are called dirty. An arena that is added may have been one
 *    before: what is left of its poison is removed first. */
#ifndef FRAMELAB_CORE_POISON_H
#define FRAMELAB_CORE_POISON_H

#include "refcounts.h"

#ifdef FRAMELAB_DEBUG
#define POISONS true
#else
#define POISONS false
#endif

/* Frames of one run that are filled when it is freed. */
#define POISON_FRAMES 4u

/* The run is the caller's, and about to be given back. */
void poison_fill(struct frame_run run);

/* The run has just been taken. Panics if a frame of it was written to since it was poisoned, with its number, the
 * offset in bytes of the first wrong word, and what is there. `view`: the counts of its arena, or NULL, if it is not
 * known which frames hold zeroes. */
void poison_check(const struct refcount_view *view, struct frame_run run);

/* The run's memory may have been anything: nothing in it is poison. */
void poison_forget(struct frame_run run);

#endif
