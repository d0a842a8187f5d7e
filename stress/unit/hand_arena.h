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

enum hand_state {
    HAND_UNUSABLE, /* a hole or metadata */
    HAND_FREE,
    HAND_OUT
};

struct hand_arena {
    struct arena arena;
    struct frame_run regions[HAND_REGION_MAX];
    uint8_t *states; /* enum hand_state, one a frame of the span */
    uint64_t free;   /* frames in state HAND_FREE */
};

/* `regions`: usable runs, ascending; the span reaches from the first to the last and `margin` frames further at both
 * ends. */
static inline void hand_arena_make(struct hand_arena *hand, const struct frame_run *regions, uint32_t region_count,
                                   uint64_t margin, uint32_t node, uint64_t (*variant_bytes)(struct frame_run span))
{
    uint64_t first = regions[0].first.value - margin;
    uint64_t end = frame_run_end(regions[region_count - 1]) + margin;
    *hand = (struct hand_arena){0};
    hand->arena.span = frame_run(pfn(first), end - first);
    hand->arena.node = node;
    hand->arena.region_count = region_count;
    hand->arena.regions = hand->regions;
    hand->states = calloc(hand->arena.span.count, 1);
    for (uint32_t i = 0; i < region_count; i++) {
        hand->regions[i] = regions[i];
        hand->arena.usable_frames += regions[i].count;
        memset(hand->states + (regions[i].first.value - first), HAND_FREE, regions[i].count);
    }
    hand->free = hand->arena.usable_frames;
    uint64_t bytes = align_up_u64(variant_bytes(hand->arena.span), CACHE_PAIR);
    hand->arena.variant = aligned_alloc(CACHE_PAIR, bytes);
    memset(hand->arena.variant, 0, bytes);
}

static inline void hand_arena_drop(struct hand_arena *hand)
{
    free(hand->arena.variant);
    free(hand->states);
}

static inline uint8_t *hand_state(const struct hand_arena *hand, uint64_t frame)
{
    return &hand->states[frame - hand->arena.span.first.value];
}

/* True if the whole run lies in the span in state `state`. */
static inline bool hand_all(const struct hand_arena *hand, struct frame_run run, enum hand_state state)
{
    if (run.first.value < hand->arena.span.first.value || frame_run_end(run) > frame_run_end(hand->arena.span)) {
        return false;
    }
    for (uint64_t i = 0; i < run.count; i++) {
        if (*hand_state(hand, run.first.value + i) != state) {
            return false;
        }
    }
    return true;
}

/* Moves a run from one state to another; false, nothing changed, if some frame of it is not in the first. */
static inline bool hand_move(struct hand_arena *hand, struct frame_run run, enum hand_state from, enum hand_state to)
{
    if (!hand_all(hand, run, from)) {
        return false;
    }
    memset(hand_state(hand, run.first.value), (int)to, run.count);
    hand->free += to == HAND_FREE ? run.count : -run.count;
    return true;
}

/* The naive way to see whether a request can be met. */
static inline bool hand_can_meet(const struct hand_arena *hand, struct frame_request request)
{
    uint64_t run = 0, end = frame_run_end(hand->arena.span);
    for (uint64_t frame = hand->arena.span.first.value; frame < end; frame++) {
        bool free = *hand_state(hand, frame) == HAND_FREE;
        bool aligned = (frame & ((UINT64_C(1) << request.align_order) - 1)) == 0;
        run = !free ? 0 : run > 0 ? run + 1 : aligned ? 1 : 0;
        if (run == request.count) {
            return true;
        }
    }
    return false;
}

/* Some run of frames that are out, at most `longest`; false if none is. */
static inline bool hand_pick_out(const struct hand_arena *hand, struct random *random, uint64_t longest,
                                 struct frame_run *run)
{
    uint64_t count = hand->arena.span.count, offset = random_below(random, count), tried = 0;
    while (tried < count && hand->states[offset] != HAND_OUT) {
        offset = (offset + 1) % count;
        tried++;
    }
    if (tried == count) {
        return false;
    }
    *run = frame_run(pfn(hand->arena.span.first.value + offset), 1);
    while (run->count < longest && offset + run->count < count && hand->states[offset + run->count] == HAND_OUT) {
        run->count++;
    }
    return true;
}

#endif
