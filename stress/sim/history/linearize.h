/* SPDX-License-Identifier: MIT
 * Whether a concurrent history can be explained by a sequential one: is there an order of its operations that respects
 * time (what was answered before another was called comes first) in which the sequential object (frame_model.h) may
 * answer each as it did? (Herlihy & Wing, TOPLAS 1990.)
 *
 * The search is that of Wing & Gong (1993): take any operation that was called before the first answer among those
 * left, try it next, go on, come back. Lowe (2017) adds a memory of configurations seen; here a configuration is just
 * the set of operations taken, since the state is a sum over them, so the memory is a bit for each set. */
#ifndef FRAMELAB_SIM_LINEARIZE_H
#define FRAMELAB_SIM_LINEARIZE_H

#include "frame_model.h"

/* Sets of them have to fit a bitmap: 2 KiB. */
#define LINEARIZE_MAX 14u

/* `model` is the state before the history, and again when this returns. All operations have been answered, count is
 * at most LINEARIZE_MAX. If false, and `stuck` is not NULL: an operation that no order could explain, of the order that
 * came furthest. */
bool linearize(struct frame_model *model, const struct operation *operations, uint32_t count, uint32_t *stuck);

#endif
