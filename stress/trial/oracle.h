/* SPDX-License-Identifier: MIT
 * The ownership oracle: what the harness itself knows of every frame, beside the allocator and without asking it.
 *
 * 1. What it keeps. A shadow of one word for each frame that is free by the memory map: who allocated it and how many
 *    references are out; 0 when free. A kind: RAM that no arena serves (metadata, skipped), or served; of all other
 *    frames it knows that they may never be handed out. A stamp, also written into the frame, that only its owner
 *    touches. Tables are as long as there are such frames, however far apart they lie.
 * 2. The rule that makes it sound. An owner clears the shadow BEFORE it calls free, and sets it AFTER alloc returns.
 *    So whenever the allocator may rightly hand a frame out, its shadow is clear; a shadow that is found set at an
 *    allocation is a frame owned twice (P1), whatever the interleaving.
 * 3. References. The shadow counts down before each unref; whoever brings it to 0 clears it. Until the allocator's
 *    own count reaches 0, which is later still, nobody can be given the frame.
 * 4. Orders. Shadow words are relaxed: the oracle must not lend the allocator the ordering that it owes its callers.
 *    Stamps and contents are plain: the allocator's free-to-alloc ordering (or the harness's mailbox) is all that
 *    orders them between owners, so a missing fence shows as a wrong stamp.
 * 5. Memory comes from the caller; the same source runs on every platform. */
#ifndef FRAMELAB_STRESS_ORACLE_H
#define FRAMELAB_STRESS_ORACLE_H

#include <stdatomic.h>

#include "arena.h"
#include "frame_index.h"
#include "judge.h"
#include "memory_map.h"
#include "random.h"

enum frame_kind {
    FRAME_KIND_OUTSIDE,  /* not RAM, or reserved */
    FRAME_KIND_UNSERVED, /* free RAM by the map, but an arena's metadata, taken at boot, or unplugged */
    FRAME_KIND_SERVED
};

struct oracle {
    struct verdict *verdict;
    struct frame_run extent;   /* from the first frame of RAM to the last, holes included */
    struct frame_index frames; /* of the map's free memory: positions in the tables */
    _Atomic uint32_t *shadows; /* (hart + 1) << 16 | references */
    _Atomic uint8_t *kinds;    /* enum frame_kind */
    uint64_t *stamps;
    struct frame_run spans[ARENA_MAX]; /* of the arenas: no run crosses from one to another */
    uint32_t span_count;
};

/* Frames that an oracle of `map` knows: all that may ever be handed out. */
uint64_t oracle_frames(const struct memory_map *map);
/* Bytes that oracle_init wants. */
uint64_t oracle_bytes(const struct memory_map *map);

/* `memory` is zeroed, oracle_bytes() of it, 64-byte aligned. Frames of map->free become FRAME_KIND_UNSERVED. */
void oracle_init(struct oracle *oracle, struct verdict *verdict, const struct memory_map *map, void *memory);

/* At rest: learns which frames the arenas claim to serve. Violates P3 if they claim a frame that the map does not
 * have, or one twice. Returns the number of served frames. */
uint64_t oracle_learn_arenas(struct oracle *oracle, struct frame_allocator *allocator);

/* Hot-plug, by one hart: before an arena over `run` is added, and after it was removed. A frame still out then
 * violates P3. */
void oracle_plug(struct oracle *oracle, struct frame_run run);
void oracle_unplug(struct oracle *oracle, struct frame_run run);

/* Who owns what, and nothing else of it: the frames are not touched. After an allocation, and before a free by the only
 * owner. P3 and P1, and false. Of a hart that wants P4, P6 and stamps as well: oracle_alloc and oracle_free. */
bool oracle_claim(struct oracle *oracle, uint32_t hart, struct frame_run run);
bool oracle_release(struct oracle *oracle, uint32_t hart, struct frame_run run);

/* After an allocation for `request` returned `run`: checks P4, P3, P1; with `zeroed` P6. Stamps the frames.
 * False if the run must not be used. */
bool oracle_alloc(struct oracle *oracle, uint32_t hart, struct frame_request request, struct frame_run run, bool zeroed,
                  struct random *random);

/* Before a free of frames of which the caller holds the only reference: checks the stamps, dirties the contents,
 * clears the shadow. */
void oracle_free(struct oracle *oracle, uint32_t hart, struct frame_run run, struct random *random);

/* Before frame_ref, by a holder; and before frame_unref: true if no reference is left. */
void oracle_ref(struct oracle *oracle, uint32_t hart, pfn_t frame);
bool oracle_unref(struct oracle *oracle, uint32_t hart, pfn_t frame);

/* References that the oracle knows of; 0 for free and for foreign frames. */
uint32_t oracle_references(const struct oracle *oracle, pfn_t frame);

static inline enum frame_kind oracle_kind(const struct oracle *oracle, uint64_t frame)
{
    uint64_t index = frame_index_of(&oracle->frames, frame);
    return index != FRAME_INDEX_NONE
               ? (enum frame_kind)atomic_load_explicit(&oracle->kinds[index], memory_order_relaxed)
               : FRAME_KIND_OUTSIDE;
}

/* At rest: frames with references, and frames served. */
uint64_t oracle_count_held(const struct oracle *oracle);
uint64_t oracle_count_served(const struct oracle *oracle);
/* Frames that a hart allocated and has not freed. */
uint64_t oracle_count_held_by(const struct oracle *oracle, uint32_t hart);

/* All that is to be had: the judge's hart claims single frames until it is refused, and releases them; returns how many
 * it had, all of which are in `frames` (room for oracle_frames). `progress` is called after every call. */
uint64_t oracle_collect(struct oracle *oracle, struct judge *judge, pfn_t *frames, void (*progress)(void));

/* At rest: true, with the first frame, if free served frames of one arena meet `request`. `empty`: as if all served
 * frames were free. */
bool oracle_find_run(const struct oracle *oracle, struct frame_request request, bool empty, pfn_t *first);

#endif
