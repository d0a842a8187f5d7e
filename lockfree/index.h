/* SPDX-License-Identifier: MIT
 * The index: two CK stacks of chunks an arena, by which a chunk with free frames is found without a search.
 *
 * 1. A hint. Where a chunk stands says nothing certain about it; its state word decides (chunk.h). A chunk popped in a
 *    state that no longer fits is dropped or put where it belongs now, so a chunk never has to leave a stack's middle.
 * 2. Flags and duty. CHUNK_PARTIAL and CHUNK_WHOLE in the state word say that the chunk is on that stack, or in limbo
 * on its way there, or that some hart has the duty to put it there or to take the flag away: the hart that popped it,
 *    or the one whose step set the flag. So a chunk is never pushed twice on one stack (it has one place on each).
 *
 *        (I2)   count > 0  ==>  a flag is set          count = 512 by a give  ==>  CHUNK_WHOLE is set
 *
 *    holds after every step that changes the count or a flag, since both are one word (the second: unless a hart has
 *    the chunk in hand; it comes true when that lets go). A scan finds what a stopped
 *    hart's duty has left undone.
 * 3. ABA. Popping a Treiber stack reads head and head->next and swaps head for next by compare-and-swap. If between the
 *    reading and the swap the node were popped and pushed again, the swap would succeed with a stale next. So a chunk
 *    that was popped at some moment is not pushed before every hart that was popping at that moment has finished: each
 *    pop stands in a section of reclaim.h; the popper stamps the chunk with the epoch; a push at once needs that the
 *    grace period of the stamp has passed, else the push is deferred. CK's generation-counted pop would need a
 *    double-width compare-and-swap, which riscv64 lacks.
 *    Hence also: while a hart is in a section, the next pointer of a chunk it has seen on a stack keeps its value until
 *    at least the section's end, unless the chunk was popped before the section began. So a hart may walk a stack.
 * 4. Orders. ck_stack_push_upmc has a store fence between the node's next and the swap, ck_stack_pop_upmc a load fence
 *    between head and next (partners). popped_epoch is relaxed: only who has the duty reads or writes it, and the duty
 *    passes with the flag by release and acquire (chunk.h).
 * 5. Progress. push, pop: lock-free. walk: wait-free. */
#ifndef FRAMELAB_LOCKFREE_INDEX_H
#define FRAMELAB_LOCKFREE_INDEX_H

#include "arena.h"
#include "chunk.h"
#include "reclaim.h"

enum index_kind { INDEX_PARTIAL, INDEX_WHOLE, INDEX_COUNT };

struct index_stack {
    _Alignas(CACHE_PAIR) ck_stack_t stack;
};

/* The variant's part of an arena's metadata. */
struct chunk_arena {
    struct arena *arena;
    uint64_t first_chunk; /* number of the first frame of chunks[0], divided by 512 */
    uint64_t chunk_count;
    struct index_stack stacks[INDEX_COUNT];
    struct chunk chunks[];
};

static inline uint32_t index_flag(enum index_kind kind)
{
    return kind == INDEX_PARTIAL ? CHUNK_PARTIAL : CHUNK_WHOLE;
}

static inline struct chunk_arena *chunk_arena_of(struct chunk *chunk)
{
    return (struct chunk_arena *)(void *)((unsigned char *)(chunk - chunk->number) -
                                          offsetof(struct chunk_arena, chunks));
}

/* Number of a chunk's first frame. */
static inline uint64_t chunk_base(struct chunk *chunk)
{
    return (chunk_arena_of(chunk)->first_chunk + chunk->number) << CHUNK_ORDER;
}

static inline struct chunk *chunk_of(struct chunk_arena *arena, pfn_t frame)
{
    return &arena->chunks[(frame.value >> CHUNK_ORDER) - arena->first_chunk];
}

/* All in a section. */

/* Pops a chunk; the flag stays set and is the caller's duty. NULL if the stack is empty. */
struct chunk *index_pop(struct chunk_arena *arena, enum index_kind kind, const struct reclaim *reclaim);

/* Does the duty that a step on the state word brought (its result: a flag, or 0): pushes now or when it may. */
void index_put(struct chunk *chunk, uint32_t flag, struct reclaim *reclaim);

/* The caller popped the chunk from `kind`, or has held it as of that kind, and lets go of it. */
void index_release(struct chunk *chunk, enum index_kind kind, struct reclaim *reclaim, _Atomic uint64_t *retries);

/* Walks a stack without popping: the first with chunk NULL, then from the last; NULL at the end. */
struct chunk *index_walk(struct chunk_arena *arena, enum index_kind kind, struct chunk *chunk);

#endif
