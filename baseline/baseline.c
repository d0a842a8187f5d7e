/* SPDX-License-Identifier: MIT
 * The variants `baseline` and `baseline:origin`: the arena vector behind core's magazines, and behind core's lists.
 *
 * `baseline` differs from `lockfree` in the global allocator alone, so that a comparison of the two measures that;
 * `baseline:origin` shows what the origin's cache costs (core/frame_list.c). All of their theory stands in vector.c
 * (the allocator), buddy.c (one arena) and lock.c. Progress: blocking. */
#include "baseline.h"

#include "vector.h"

/* What both have. */
#define VECTOR                                                                                                         \
    .knobs = vector_knobs, .knob_count = VECTOR_KNOB_COUNT, .global_bytes = sizeof(struct vector),                     \
    .hart_bytes = sizeof(struct lock_hart), .arena_bytes = vector_arena_bytes, .init = vector_init,                    \
    .attach = vector_attach, .detach = vector_detach, .take = vector_take, .give = vector_give,                        \
    .take_run = vector_take_run, .give_run = vector_give_run, .find = vector_find, .nests = vector_nests,              \
    .walk_free = vector_walk_free, .add_stats = vector_add_stats

const struct variant baseline_variant = {
    .name = "baseline",
    .summary = "arena vector under one lock, buddy free lists, magazines",
    .cache = CACHE_MAGAZINES,
    .magazine_default = MAGAZINE_DEFAULT,
    .batch_default = 0,
    VECTOR,
};

const struct variant baseline_origin_variant = {
    .name = "baseline:origin",
    .summary = "the same vector behind the origin's cache: one list a hart, refilled by one",
    .cache = CACHE_LIST,
    .magazine_default = 0,
    .batch_default = 0,
    VECTOR,
};
