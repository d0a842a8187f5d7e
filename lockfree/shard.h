/* SPDX-License-Identifier: MIT
 * A shard: consecutive blocks of a pool, with stacks of their own.
 *
 * 1. Why. All that harts share of the index is the heads of its stacks. A pool has as many shards as there are harts
 *    (while it has blocks enough), a hart begins with its own and goes on to the next ones only when that has nothing,
 *    so as long as memory is plentiful a head is one hart's.
 * 2. A place belongs to the shard of its block, whoever lists it: what other harts free comes back to where it was
 *    taken from, and stays together. It is a hint like all of the index: whoever comes round without finding anything
 *    scans the bits, which know nothing of shards.
 * 3. Classes. Partly free chunks stand on one of several stacks by how many frames were free when they were listed,
 *    fewest first. Pops go through the classes in that order, so that chunks with few free frames are filled up and
 *    those with many get the time to become whole. A chunk that has become emptier since it was listed is listed anew
 *    when it is popped, a bounded number of times a pop.
 * 4. Orders and ABA: index.h. Progress: lock-free; a pop that finds nothing of use follows another hart's finished
 *    step. */
#ifndef FRAMELAB_LOCKFREE_SHARD_H
#define FRAMELAB_LOCKFREE_SHARD_H

#include "pool.h"

/* No chunk. */
#define CHUNK_NONE UINT64_MAX

/* Single frames by the index: up to `count` into `frames`, returns how many. Chunks that have no more are used up on
 * the way; one that has more is left untouched and comes back as *kept, with its place's duty (else CHUNK_NONE). */
uint32_t shard_take_listed(struct shard *shard, struct worker *worker, pfn_t *frames, uint32_t count, uint64_t *kept);
/* A chunk that has `count` free frames in a row, with its place's duty; a look at the top of each class only. */
bool shard_pop_chunk_with_run(struct shard *shard, struct worker *worker, uint32_t count, uint32_t align_order,
                              uint64_t *number);
/* A block with whole chunks, with its duty; NULL if the shard lists none. */
struct block *shard_pop_block(struct shard *shard, struct worker *worker);

#endif
