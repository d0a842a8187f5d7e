/* SPDX-License-Identifier: MIT
 * Arenas made by hand, for tests of global allocators without core: a descriptor over frame numbers that exist
 * nowhere, with the variant's metadata from malloc; and a model of which of its frames are free. */
#ifndef FRAMELAB_STRESS_UNIT_HAND_ARENA_H
#define FRAMELAB_STRESS_UNIT_HAND_ARENA_H

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "random.h"

#define HAND_REGION_MAX 8u

enum model_state {
    MODEL_UNUSABLE, /* a hole or metadata */
    MODEL_FREE,
    MODEL_OUT
};

struct model_arena {
    struct arena arena;
    struct frame_run regions[HAND_REGION_MAX];
    uint8_t *states; /* enum model_state, one a frame of the span */
    uint64_t free;   /* frames in state MODEL_FREE */
};

/* `regions`: usable runs, ascending; the span reaches from the first to the last and `margin` frames further at both
 * ends. */
static inline void model_arena_make(struct model_arena *model, const struct frame_run *regions, uint32_t region_count,
                                    uint64_t margin, uint32_t node, uint64_t (*variant_bytes)(struct frame_run span))
{
    uint64_t first = regions[0].first.value - margin;
    uint64_t end = frame_run_end(regions[region_count - 1]) + margin;
    *model = (struct model_arena){0};
    model->arena.span = frame_run(pfn(first), end - first);
    model->arena.node = node;
    model->arena.region_count = region_count;
    model->arena.regions = model->regions;
    model->states = calloc(model->arena.span.count, 1);
    for (uint32_t i = 0; i < region_count; i++) {
        model->regions[i] = regions[i];
        model->arena.usable_frames += regions[i].count;
        memset(model->states + (regions[i].first.value - first), MODEL_FREE, regions[i].count);
    }
    model->free = model->arena.usable_frames;
    uint64_t bytes = align_up_u64(variant_bytes(model->arena.span), CACHE_PAIR);
    model->arena.variant = aligned_alloc(CACHE_PAIR, bytes);
    memset(model->arena.variant, 0, bytes);
}

static inline void model_arena_drop(struct model_arena *model)
{
    free(model->arena.variant);
    free(model->states);
}

static inline uint8_t *model_state(const struct model_arena *model, uint64_t frame)
{
    return &model->states[frame - model->arena.span.first.value];
}

/* True if the whole run lies in the span in state `state`. */
static inline bool model_all(const struct model_arena *model, struct frame_run run, enum model_state state)
{
    if (run.first.value < model->arena.span.first.value || frame_run_end(run) > frame_run_end(model->arena.span)) {
        return false;
    }
    for (uint64_t i = 0; i < run.count; i++) {
        if (*model_state(model, run.first.value + i) != state) {
            return false;
        }
    }
    return true;
}

/* Moves a run from one state to another; false, nothing changed, if some frame of it is not in the first. */
static inline bool model_move(struct model_arena *model, struct frame_run run, enum model_state from,
                              enum model_state to)
{
    if (!model_all(model, run, from)) {
        return false;
    }
    memset(model_state(model, run.first.value), (int)to, run.count);
    model->free += to == MODEL_FREE ? run.count : -run.count;
    return true;
}

/* The naive way to see whether a request can be met. */
static inline bool model_can_meet(const struct model_arena *model, struct frame_request request)
{
    uint64_t run = 0, end = frame_run_end(model->arena.span);
    for (uint64_t frame = model->arena.span.first.value; frame < end; frame++) {
        bool free = *model_state(model, frame) == MODEL_FREE;
        bool aligned = (frame & ((UINT64_C(1) << request.align_order) - 1)) == 0;
        run = !free ? 0 : run > 0 ? run + 1 : aligned ? 1 : 0;
        if (run == request.count) {
            return true;
        }
    }
    return false;
}

/* Some run of frames that are out, at most `longest`; false if none is. */
static inline bool model_pick_out(const struct model_arena *model, struct random *random, uint64_t longest,
                                  struct frame_run *run)
{
    uint64_t count = model->arena.span.count, offset = random_below(random, count), tried = 0;
    while (tried < count && model->states[offset] != MODEL_OUT) {
        offset = (offset + 1) % count;
        tried++;
    }
    if (tried == count) {
        return false;
    }
    *run = frame_run(pfn(model->arena.span.first.value + offset), 1);
    while (run->count < longest && offset + run->count < count && model->states[offset + run->count] == MODEL_OUT) {
        run->count++;
    }
    return true;
}

#endif
