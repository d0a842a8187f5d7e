/* SPDX-License-Identifier: MIT
 * A vector of arenas under one lock: the origin's global allocator, made right.
 *
 * 1. State. Up to ARENA_MAX slots, ascending by address, each with the buddy of its arena (buddy.h), which lies in
 *    the arena's own metadata. One lock (lock.h) guards the vector and every buddy; an operation holds it once from
 *    its first look to its last change, so operations are atomic, and an allocation that finds nothing was told the
 *    truth of that moment.
 * 2. Equation, between operations: sum over slots of buddy.free_frames = frames of the arenas that are free here.
 *    Detach is allowed when an arena's is its usable_frames: then none is out and none in a cache.
 * 3. Choice. Nodes by distance from the calling hart's; within a node by address. A batch is of one node: no far frame
 *    comes with the last near ones. A run is looked for in the lists of all the node's arenas before any of these is
 *    searched in linear time, and in the whole node before the next.
 * 4. Batches. A take of n frames or chunks, or a give of n, is one acquisition. Frames of a batch that lie side by
 *    side, upwards or downwards as a caller that frees in either order leaves them, are given as one run: a batch of 64
 *    neighbours is one block to merge instead of 64. Sorting the batch first costs more than it finds:
 *    baseline/README.md.
 * 5. Costs, under the lock: take O(blocks taken), give O(n), take_run O(10) or O(span) a searched arena, find
 *    O(log arenas), attach O(regions + frames / 1024) before the lock is taken, detach as much.
 * 6. Progress: blocking, every operation. Nobody looks at an arena without the lock, so once detach has released it
 *    nobody can still be looking. A hart stopped inside stops all others (P9).
 * 7. Asked for by `hold-times=on`, the time that takes and gives of frames hold the lock is measured from behind the
 *    acquisition to before the release, and noted under the same lock: what noting costs is not in it, but others wait
 *    for it.
 * 8. Interrupts (P12). With an -irq kind of lock an operation may be interrupted by another of its hart, which then
 *    finds nothing half done here: nothing is changed but under the lock. With the others it would wait for its own
 *    hart, so core refuses it.
 * 9. Order: the lock's. The pointers that init is given (node order, hart nodes) must live as long as the global. */
#include "vector.h"

#include <string.h>

enum vector_knob { KNOB_LOCK, KNOB_HOLD_TIMES };

static const char *const off_on[] = {"off", "on", NULL};

const struct knob vector_knobs[VECTOR_KNOB_COUNT] = {
    [KNOB_LOCK] = {.name = "lock",
                   .summary =
                       "kind of the lock; auto: mutex where the platform has one, else ticket; -irq: interrupts off",
                   .choices = lock_kind_names,
                   .initial = LOCK_AUTO},
    [KNOB_HOLD_TIMES] =
        {.name = "hold-times",
         .summary = "measure how long refills and spills of frames hold the lock: two readings of the clock each",
         .choices = off_on},
};

/* ---- set-up ------------------------------------------------------------------------------------------------- */

uint64_t vector_arena_bytes(struct frame_run span)
{
    return buddy_bytes(span);
}

enum frame_status vector_init(struct global *global, const struct global_config *config)
{
    FRAME_ASSERT(config->hart_count > 0);
    struct vector *vector = vector_of(global);
    enum lock_kind kind = (enum lock_kind)config->knobs[KNOB_LOCK];
    void *lock_harts = vector + 1;
    vector->hart_count = config->hart_count;
    vector->node_count = config->node_count;
    vector->node_order = config->node_order;
    vector->hart_node = config->hart_node;
    vector->times_holds = config->knobs[KNOB_HOLD_TIMES] == 1;
    if (!lock_init(&vector->lock, kind, lock_harts, config->hart_count)) {
        platform_log("baseline: lock=%s: this platform has no such lock", lock_kind_names[kind]);
        return FRAME_BAD_CONFIG;
    }
    return FRAME_OK;
}

/* ---- the vector --------------------------------------------------------------------------------------------- */

/* Under the lock: how many slots begin at or before `frame`. */
static uint32_t slots_up_to(const struct vector *vector, pfn_t frame)
{
    uint32_t low = 0, high = vector->slot_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (vector->slots[middle].span.first.value <= frame.value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

const struct vector_slot *vector_slot_of(const struct vector *vector, pfn_t frame)
{
    uint32_t count = slots_up_to(vector, frame);
    if (count == 0 || !frame_run_contains(vector->slots[count - 1].span, frame)) {
        return NULL;
    }
    return &vector->slots[count - 1];
}

static enum frame_status slot_insert(struct vector *vector, struct vector_slot slot)
{
    uint32_t at = slots_up_to(vector, slot.span.first);
    if (vector->slot_count == ARENA_MAX) {
        return FRAME_NO_MEMORY;
    }
    memmove(&vector->slots[at + 1], &vector->slots[at], (vector->slot_count - at) * sizeof slot);
    vector->slots[at] = slot;
    vector->slot_count++;
    return FRAME_OK;
}

static void slot_remove(struct vector *vector, uint32_t at)
{
    FRAME_DEBUG_ASSERT(at < vector->slot_count);
    vector->slot_count--;
    memmove(&vector->slots[at], &vector->slots[at + 1], (vector->slot_count - at) * sizeof vector->slots[0]);
}

enum frame_status vector_attach(struct global *global, struct arena *arena)
{
    struct vector *vector = vector_of(global);
    uint32_t hart = platform_hart_id();
    FRAME_ASSERT(arena->node < vector->node_count);
    if (!buddy_can_span(arena->span)) {
        platform_log("baseline: an arena of %llu frames is too large for 32-bit links",
                     (unsigned long long)arena->span.count);
        return FRAME_NO_MEMORY;
    }
    /* Nobody sees the arena yet: all of this needs no lock. */
    struct buddy *buddy = buddy_init(arena->variant, arena->span);
    arena->links = buddy_owner_words(buddy);
    for (uint32_t i = 0; i < arena->region_count; i++) {
        buddy_give_run(buddy, arena->regions[i]);
    }
    struct vector_slot slot = {arena->span, buddy, arena, arena->node};
    vector_lock(vector, hart);
    enum frame_status status = slot_insert(vector, slot);
    vector_unlock(vector, hart);
    return status;
}

enum frame_status vector_detach(struct global *global, struct arena *arena)
{
    struct vector *vector = vector_of(global);
    uint32_t hart = platform_hart_id();
    vector_lock(vector, hart);
    uint32_t count = slots_up_to(vector, arena->span.first);
    FRAME_ASSERT(count > 0 && vector->slots[count - 1].arena == arena);
    struct buddy *buddy = vector->slots[count - 1].buddy;
    bool idle = buddy->free_frames == arena->usable_frames;
    if (idle) {
        slot_remove(vector, count - 1);
    }
    vector_unlock(vector, hart);
    if (!idle) {
        return FRAME_BUSY;
    }
    buddy_clear(buddy); /* core may attach it again as it is */
    return FRAME_OK;
}

struct arena *vector_find(struct global *global, uint32_t hart, pfn_t frame)
{
    struct vector *vector = vector_of(global);
    vector_lock(vector, hart);
    const struct vector_slot *slot = vector_slot_of(vector, frame);
    struct arena *arena = slot != NULL ? slot->arena : NULL;
    vector_unlock(vector, hart);
    return arena;
}

bool vector_nests(const struct global *global)
{
    return ((const struct vector *)(const void *)global)->lock.irq;
}

/* ---- take and give ------------------------------------------------------------------------------------------ */

/* Around what holds the lock, if that is to be measured; under the lock. */
static uint64_t hold_begin(const struct vector *vector)
{
    return vector->times_holds ? platform_time_ns() : 0;
}

static void hold_end(const struct vector *vector, struct hold_times *times, uint64_t began)
{
    if (vector->times_holds) {
        hold_times_add(times, platform_time_ns() - began);
    }
}

static uint32_t node_take(struct vector *vector, uint32_t node, pfn_t *frames, uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < vector->slot_count && taken < count; i++) {
        if (vector->slots[i].node == node) {
            taken += buddy_take_frames(vector->slots[i].buddy, frames + taken, count - taken);
        }
    }
    return taken;
}

/* The nodes in the order in which `hart` tries them. */
static const uint8_t *nodes_of(const struct vector *vector, uint32_t hart)
{
    FRAME_DEBUG_ASSERT(hart < vector->hart_count);
    return &vector->node_order[(size_t)vector->hart_node[hart] * vector->node_count];
}

static uint32_t take_frames(struct vector *vector, uint32_t hart, pfn_t *frames, uint32_t count)
{
    const uint8_t *nodes = nodes_of(vector, hart);
    uint32_t taken = 0;
    vector_lock(vector, hart);
    uint64_t began = hold_begin(vector);
    for (uint32_t i = 0; i < vector->node_count && taken == 0; i++) {
        taken = node_take(vector, nodes[i], frames, count);
    }
    hold_end(vector, &vector->take_holds, began);
    vector_unlock(vector, hart);
    return taken;
}

static bool node_take_run(struct vector *vector, uint32_t node, struct frame_request request, pfn_t *first,
                          bool (*way)(struct buddy *buddy, struct frame_request request, pfn_t *first))
{
    for (uint32_t i = 0; i < vector->slot_count; i++) {
        if (vector->slots[i].node == node && way(vector->slots[i].buddy, request, first)) {
            return true;
        }
    }
    return false;
}

bool vector_take_run(struct global *global, struct caller caller, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    struct vector *vector = vector_of(global);
    uint32_t hart = caller.hart;
    const uint8_t *nodes = nodes_of(vector, hart);
    bool found = false;
    vector_lock(vector, hart);
    for (uint32_t i = 0; i < vector->node_count && !found; i++) {
        found = node_take_run(vector, nodes[i], request, first, buddy_take_run) ||
                node_take_run(vector, nodes[i], request, first, buddy_search_run);
    }
    vector_unlock(vector, hart);
    return found;
}

static uint32_t node_take_runs(struct vector *vector, uint32_t node, uint32_t order, pfn_t *firsts, uint32_t count)
{
    const struct frame_request request = {UINT64_C(1) << order, order};
    uint32_t taken = 0;
    for (uint32_t i = 0; i < vector->slot_count; i++) {
        if (vector->slots[i].node == node) {
            while (taken < count && buddy_take_run(vector->slots[i].buddy, request, &firsts[taken])) {
                taken++;
            }
        }
    }
    return taken;
}

_Static_assert(CACHE_ORDER_MAX <= BUDDY_ORDER_MAX, "a run that is so aligned lies within one block");

/* Every run of an order that is free lies within one block: the lists know them all. */
static uint32_t take_runs(struct vector *vector, uint32_t hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(order > 0 && order <= CACHE_ORDER_MAX);
    const uint8_t *nodes = nodes_of(vector, hart);
    uint32_t taken = 0;
    vector_lock(vector, hart);
    for (uint32_t i = 0; i < vector->node_count && taken == 0; i++) {
        taken = node_take_runs(vector, nodes[i], order, firsts, count);
    }
    vector_unlock(vector, hart);
    return taken;
}

uint32_t vector_take(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count)
{
    struct vector *vector = vector_of(global);
    if (kind.zero) { /* buddies do not know which of their blocks hold zeroes */
        return 0;
    }
    return kind.order == 0 ? take_frames(vector, caller.hart, firsts, count)
                           : take_runs(vector, caller.hart, kind.order, firsts, count);
}

/* The longest run that frames[0], frames[1], ... make, going up or down, inside `span`. */
static struct frame_run run_at_front(const pfn_t *frames, uint32_t count, struct frame_run span)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t step = count > 1 && frames[1].value + 1 == frames[0].value ? UINT64_MAX : 1;
    uint32_t length = 1;
    while (length < count && frames[length].value == frames[length - 1].value + step &&
           frame_run_contains(span, frames[length])) {
        length++;
    }
    return frame_run(step == 1 ? frames[0] : frames[length - 1], length);
}

static void give_frames(struct vector *vector, uint32_t hart, const pfn_t *frames, uint32_t count)
{
    vector_lock(vector, hart);
    uint64_t began = hold_begin(vector);
    const struct vector_slot *slot = NULL;
    for (uint32_t done = 0; done < count;) {
        if (slot == NULL || !frame_run_contains(slot->span, frames[done])) {
            slot = vector_slot_of(vector, frames[done]);
            FRAME_ASSERT(slot != NULL);
        }
        struct frame_run run = run_at_front(frames + done, count - done, slot->span);
        buddy_give_run(slot->buddy, run);
        done += (uint32_t)run.count;
    }
    hold_end(vector, &vector->give_holds, began);
    vector_unlock(vector, hart);
}

void vector_give_run(struct global *global, struct caller caller, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    struct vector *vector = vector_of(global);
    uint32_t hart = caller.hart;
    vector_lock(vector, hart);
    const struct vector_slot *slot = vector_slot_of(vector, run.first);
    FRAME_ASSERT(slot != NULL);
    buddy_give_run(slot->buddy, run);
    vector_unlock(vector, hart);
}

static void give_runs(struct vector *vector, uint32_t hart, uint32_t order, const pfn_t *firsts, uint32_t count)
{
    vector_lock(vector, hart);
    for (uint32_t i = 0; i < count; i++) {
        const struct vector_slot *slot = vector_slot_of(vector, firsts[i]);
        FRAME_ASSERT(slot != NULL);
        buddy_give_run(slot->buddy, frame_run(firsts[i], UINT64_C(1) << order));
    }
    vector_unlock(vector, hart);
}

void vector_give(struct global *global, struct caller caller, struct run_kind kind, pfn_t *firsts, uint32_t count)
{
    struct vector *vector = vector_of(global);
    if (kind.order == 0) {
        give_frames(vector, caller.hart, firsts, count);
    } else {
        give_runs(vector, caller.hart, kind.order, firsts, count);
    }
}

/* ---- the audit --------------------------------------------------------------------------------------------- */

bool vector_walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context)
{
    struct vector *vector = vector_of(global);
    uint64_t end = 0;
    for (uint32_t i = 0; i < vector->slot_count; i++) {
        const struct vector_slot *slot = &vector->slots[i];
        if (slot->span.first.value < end) {
            platform_log("baseline: arena %u of the vector overlaps the one before", i);
            return false;
        }
        end = frame_run_end(slot->span);
        if (!buddy_walk(slot->buddy, slot->arena->regions, slot->arena->region_count, visit, context)) {
            return false;
        }
    }
    return true;
}

void vector_add_stats(const struct global *global, struct frame_stats *stats)
{
    const struct vector *vector = (const struct vector *)(const void *)global;
    lock_add_stats(&vector->lock, stats);
    if (vector->times_holds) { /* relaxed: numbers, no order */
        stats->take_holds = bare_load_relaxed(&vector->take_holds.count);
        stats->take_hold_total = bare_load_relaxed(&vector->take_holds.total);
        stats->take_hold_p99 = hold_times_p99(&vector->take_holds);
        stats->give_holds = bare_load_relaxed(&vector->give_holds.count);
        stats->give_hold_total = bare_load_relaxed(&vector->give_holds.total);
        stats->give_hold_p99 = hold_times_p99(&vector->give_holds);
    }
}
