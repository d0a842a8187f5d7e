/* SPDX-License-Identifier: MIT
 * The stacks of chunks. The theory stands in index.h. */
#include "index.h"

static struct chunk *chunk_at_place(enum index_kind kind, struct chunk_place *place)
{
    return (struct chunk *)(void *)((unsigned char *)(place - kind) - offsetof(struct chunk, places));
}

static struct chunk *chunk_of_entry(enum index_kind kind, ck_stack_entry_t *entry)
{
    return chunk_at_place(
        kind, (struct chunk_place *)(void *)((unsigned char *)entry - offsetof(struct chunk_place, on_stack)));
}

static void push(struct chunk *chunk, enum index_kind kind)
{
    ck_stack_push_upmc(&chunk_arena_of(chunk)->stacks[kind].stack, &chunk->places[kind].on_stack);
}

static struct chunk_place *place_of_limbo(ck_epoch_entry_t *entry)
{
    return (struct chunk_place *)(void *)((unsigned char *)entry - offsetof(struct chunk_place, in_limbo));
}

static void push_partial_deferred(ck_epoch_entry_t *entry)
{
    push(chunk_at_place(INDEX_PARTIAL, place_of_limbo(entry)), INDEX_PARTIAL);
}

static void push_whole_deferred(ck_epoch_entry_t *entry)
{
    push(chunk_at_place(INDEX_WHOLE, place_of_limbo(entry)), INDEX_WHOLE);
}

struct chunk *index_pop(struct chunk_arena *arena, enum index_kind kind, const struct reclaim *reclaim)
{
    ck_stack_entry_t *entry = ck_stack_pop_upmc(&arena->stacks[kind].stack);
    if (entry == NULL) {
        return NULL;
    }
    struct chunk *chunk = chunk_of_entry(kind, entry);
    atomic_store_explicit(&chunk->popped_epoch[kind], reclaim_stamp(reclaim), memory_order_relaxed);
    return chunk;
}

void index_put(struct chunk *chunk, uint32_t flag, struct reclaim *reclaim)
{
    if (flag == 0) {
        return;
    }
    enum index_kind kind = flag == CHUNK_PARTIAL ? INDEX_PARTIAL : INDEX_WHOLE;
    uint32_t stamp = atomic_load_explicit(&chunk->popped_epoch[kind], memory_order_relaxed);
    if (reclaim_passed(reclaim, stamp)) {
        push(chunk, kind);
    } else {
        reclaim_defer(reclaim, &chunk->places[kind].in_limbo,
                      kind == INDEX_PARTIAL ? push_partial_deferred : push_whole_deferred);
    }
}

void index_release(struct chunk *chunk, enum index_kind kind, struct reclaim *reclaim, _Atomic uint64_t *retries)
{
    index_put(chunk, chunk_unflag(chunk, index_flag(kind), retries), reclaim);
}

struct chunk *index_walk(struct chunk_arena *arena, enum index_kind kind, struct chunk *chunk)
{
    ck_stack_entry_t *entry =
        chunk == NULL ? CK_STACK_FIRST(&arena->stacks[kind].stack) : CK_STACK_NEXT(&chunk->places[kind].on_stack);
    return entry != NULL ? chunk_of_entry(kind, entry) : NULL;
}
