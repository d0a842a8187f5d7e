/* SPDX-License-Identifier: MIT
 * The variant `baseline`: core's magazines before the arena vector.
 *
 * It differs from `lockfree` in the global allocator alone, so that a comparison of the two measures that. All of its
 * theory stands in vector.c (the allocator), buddy.c (one arena) and lock.c. Progress: blocking. */
#include "baseline.h"

#include "vector.h"

const struct variant baseline_variant = {
    .name = "baseline",
    .summary = "arena vector under one lock, buddy free lists, magazines",
    .knobs = vector_knobs,
    .knob_count = VECTOR_KNOB_COUNT,
    .magazine_default = MAGAZINE_DEFAULT,
    .batch_default = 0,
    .global_bytes = vector_global_bytes,
    .arena_bytes = vector_arena_bytes,
    .init = vector_init,
    .attach = vector_attach,
    .detach = vector_detach,
    .quiesce = vector_quiesce,
    .take = vector_take,
    .give = vector_give,
    .take_run = vector_take_run,
    .give_run = vector_give_run,
    .take_runs = vector_take_runs,
    .give_runs = vector_give_runs,
    .find = vector_find,
    .walk_free = vector_walk_free,
    .add_stats = vector_add_stats,
};
