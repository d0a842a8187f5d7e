/* SPDX-License-Identifier: MIT
 * A population: single frames that are out, scattered over memory, as the workloads frag and fill need them; and how
 * they lie in it, counted from what is out and so without asking the allocator.
 *
 * Memory comes from the caller. All calls by one hart, the others at a barrier. */
#ifndef FRAMELAB_STRESS_POPULATION_H
#define FRAMELAB_STRESS_POPULATION_H

#include "frame_allocator.h"
#include "frame_index.h"
#include "random.h"

/* Stands for a frame that could not be allocated. */
#define POPULATION_NONE UINT64_MAX

struct population {
    pfn_t *frames; /* the first `count` are out */
    uint64_t count;
    uint64_t frame_max;   /* room in `frames` */
    uint64_t usable;      /* frames of all arenas */
    struct random random; /* of the scattering */
    /* A word for each chunk with RAM in it: frames that no arena offers, and these with those that are out. */
    struct frame_index chunks;
    uint16_t *unusable, *taken;
};

/* Bytes for frames of the RAM of `map`, of which at most `frame_max` may be out at a time. */
uint64_t population_bytes(const struct memory_map *map, uint64_t frame_max);

/* At rest, nothing out: `memory` of population_bytes, aligned to CACHE_PAIR. */
void population_init(struct population *population, struct frame_allocator *allocator, const struct memory_map *map,
                     uint64_t frame_max, uint64_t seed, void *memory);

/* Brings a random `count` of the first `population->count` frames to their end. */
void population_scatter(struct population *population, uint64_t count);

struct population_spread {
    double free_share;   /* of the usable frames: those in aligned chunks of which all are usable and none is out */
    uint64_t migrations; /* frames that a compaction must move until no further chunk could be made free */
};

/* Chunks with a frame that no arena offers can never be free; a compaction leaves them alone. Of the others, it fills
 * those with the most frames out, as few as hold all, and empties the rest. */
struct population_spread population_look(struct population *population);

#endif
