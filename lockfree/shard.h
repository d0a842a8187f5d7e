/* SPDX-License-Identifier: MIT
 * A shard: consecutive chunk bitmaps of a pool, with stacks of their own.
 *
 * 1. Why. All that harts share of the index is the heads of its stacks. A pool has as many shards as there are harts
 *    (while it has chunk bitmaps enough), a hart begins with its own and goes on to the next ones only when that has
 *    nothing, so as long as memory is plentiful a head is one hart's.
 * 2. An index node belongs to the shard of its chunk bitmap, whoever links it: what other harts free comes back to
 *    where it was taken from, and stays together. It is a hint like all of the index: whoever comes round without
 *    finding anything scans the bits, which know nothing of shards.
 * 3. Classes. Partly free chunks stand on one of several stacks by how many frames were free when they were linked,
 *    fewest first. Pops go through the classes in that order, so that chunks with few free frames are filled up and
 *    those with many get the time to become whole. A chunk that has become emptier since it was linked is linked anew
 *    when it is popped, a bounded number of times a pop.
 * 4. Orders and ABA: index.h. Progress: lock-free; a pop that finds nothing of use follows another hart's finished
 *    step. */
#ifndef FRAMELAB_LOCKFREE_SHARD_H
#define FRAMELAB_LOCKFREE_SHARD_H

#include "pool.h"

/* No chunk. */
#define CHUNK_NONE UINT64_MAX

/* Single frames by the index: up to `count` into `frames`, returns how many. Chunks that have no more are used up on
 * the way; one that has more is left untouched and comes back as *kept, with its node's link duty (else CHUNK_NONE). */
uint32_t shard_take_linked(struct shard *shard, struct pool_hart *pool_hart, pfn_t *frames, uint32_t count,
                           uint64_t *kept);
/* A chunk that has `count` free frames in a row, with its node's link duty; a look at the top of each class only. */
bool shard_pop_chunk_with_run(struct shard *shard, struct pool_hart *pool_hart, uint32_t count, uint32_t align_order,
                              uint64_t *number);
/* A chunk bitmap with whole chunks, with its link duty; NULL if the shard links none. */
struct chunk_bitmap *shard_pop_bitmap(struct shard *shard, struct pool_hart *pool_hart);

#endif
