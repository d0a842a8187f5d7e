/* SPDX-License-Identifier: MIT
 * Whether a concurrent history is linearizable (Herlihy & Wing, TOPLAS 1990): whether there is an order of its
 * operations in which an operation that was answered before another was called comes first, and in which the sequential
 * object (frame_model.h) may answer each as it did.
 *
 * The search is that of Wing & Gong (1993): choose an operation that was called before the first answer among those
 * left, try it next, go on, and return if it does not lead to the end. Lowe (2017) adds a memory of the configurations
 * already seen. Here the state is a sum over the operations taken, so a configuration is the set of these, and the
 * memory is one bit for each set. */
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
