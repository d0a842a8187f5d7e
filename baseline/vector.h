/* SPDX-License-Identifier: MIT
 * The arena vector and its lock: what both variants of the baseline share. Private to baseline/.
 *
 * The vector_ functions are struct variant's hooks of the same names; the theory stands in vector.c. */
#ifndef FRAMELAB_BASELINE_VECTOR_H
#define FRAMELAB_BASELINE_VECTOR_H

#include "buddy.h"
#include "hold_times.h"
#include "lock.h"
#include "variant.h"

/* An arena in service. */
struct vector_slot {
    struct frame_run span;
    struct buddy *buddy;
    struct arena *arena;
    uint32_t node;
};

/* What struct global is here. All but the lock changes with arenas only, so it may share cache lines. */
struct vector {
    struct lock lock; /* guards `slots` and every buddy */
    uint32_t slot_count;
    /* Constant after init. */
    uint32_t hart_count;
    uint32_t node_count;
    const uint8_t *node_order;
    const uint32_t *hart_node;
    struct vector_slot slots[ARENA_MAX]; /* ascending, disjoint */
    /* Of batches of single frames, taken and given; nothing unless asked for. Written under the lock, after what is
     * measured. */
    bool times_holds; /* constant after init */
    _Alignas(CACHE_PAIR) struct hold_times take_holds;
    struct hold_times give_holds;
};

/* The knobs of both variants, `count` of them. */
#define VECTOR_KNOB_COUNT 2u
extern const struct knob vector_knobs[VECTOR_KNOB_COUNT];

uint64_t vector_arena_bytes(struct frame_run span);
enum frame_status vector_init(struct global *global, const struct global_config *config);
enum frame_status vector_attach(struct global *global, struct arena *arena);
enum frame_status vector_detach(struct global *global, struct arena *arena);
uint32_t vector_take(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count);
void vector_give(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count);
bool vector_take_run(struct global *global, struct caller caller, struct frame_request request, pfn_t *first);
void vector_give_run(struct global *global, struct caller caller, struct frame_run run);
struct arena *vector_find(struct global *global, uint32_t hart, pfn_t frame);
bool vector_nests(const struct global *global);
bool vector_walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context);
void vector_add_stats(const struct global *global, struct frame_stats *stats);

static inline struct vector *vector_of(struct global *global)
{
    return (struct vector *)(void *)global;
}

/* Around what the lock guards, whose accesses are plain: all of them are one step for a test that stops harts
 * (atomic.h), and a hart that it stops there has the lock. `hart` is the calling hart. */
static inline void vector_lock(struct vector *vector, uint32_t hart)
{
    lock_acquire(&vector->lock, hart);
    shared_begin();
}

static inline void vector_unlock(struct vector *vector, uint32_t hart)
{
    lock_release(&vector->lock, hart);
}

/* Under the lock: the slot whose span holds `frame`, or NULL. */
const struct vector_slot *vector_slot_of(const struct vector *vector, pfn_t frame);

#endif
