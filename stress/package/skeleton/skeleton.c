/* SPDX-License-Identifier: MIT
 * The smallest variant that is right, to start one's own from. A byte for each frame, in its arena's metadata, says
 * whether it is free here; map.free is the number of those that are. One spin lock guards all of it, and is all of its
 * order: a take acquires what the give before it released. Progress: blocking. A search is linear in memory. */
#include <string.h>

#include "platform.h"
#include "skeleton.h"

struct map {
    struct map *next;
    struct arena *arena;
    uint64_t free;
    bool is_free[]; /* from the span's first frame on */
};

struct global { /* zeroed memory is an open lock and no arena, so there is no init */
    _Atomic uint32_t locked;
    struct map *maps;
};

static void lock(struct global *global)
{
    while (atomic_exchange_explicit(&global->locked, 1, memory_order_acquire) != 0) {
        platform_relax();
    }
}

static void unlock(struct global *global)
{
    atomic_store_explicit(&global->locked, 0, memory_order_release); /* partner: the acquire in lock */
}

static struct map *map_of(const struct global *global, pfn_t frame)
{
    struct map *map = global->maps;
    for (; map != NULL && !frame_run_contains(map->arena->span, frame); map = map->next) {
    }
    return map;
}

static void map_set(struct map *map, struct frame_run run, bool free)
{
    memset(&map->is_free[run.first.value - map->arena->span.first.value], free, run.count);
    map->free += free ? run.count : 0 - run.count;
}

static bool map_take(struct map *map, struct frame_request request, pfn_t *first)
{
    uint64_t start = map->arena->span.first.value, align = UINT64_C(1) << request.align_order, found = 0;
    for (uint64_t i = 0; i < map->arena->span.count && map->free >= request.count; i++) {
        found = map->is_free[i] && (found > 0 || (start + i) % align == 0) ? found + 1 : 0;
        if (found == request.count) {
            *first = pfn(start + i + 1 - found);
            map_set(map, frame_run(*first, found), false);
            return true;
        }
    }
    return false;
}

static uint64_t arena_bytes(struct frame_run span)
{
    return sizeof(struct map) + span.count;
}

static enum frame_status attach(struct global *global, struct arena *arena)
{
    struct map *map = arena->variant;
    map->arena = arena;
    for (uint32_t r = 0; r < arena->region_count && map->free < arena->usable_frames; r++) { /* or as detach left it */
        map_set(map, arena->regions[r], true);
    }
    lock(global);
    map->next = global->maps;
    global->maps = map;
    unlock(global);
    return FRAME_OK;
}

static enum frame_status detach(struct global *global, struct arena *arena)
{
    lock(global);
    struct map **link = &global->maps;
    while ((*link)->arena != arena) {
        link = &(*link)->next;
    }
    bool idle = (*link)->free == arena->usable_frames;
    *link = idle ? (*link)->next : *link;
    unlock(global);
    return idle ? FRAME_OK : FRAME_BUSY;
}

static bool take_run(struct global *global, struct caller caller, struct frame_request request, pfn_t *first)
{
    (void)caller;
    lock(global);
    struct map *map = global->maps;
    for (; map != NULL && !map_take(map, request, first); map = map->next) {
    }
    unlock(global);
    return map != NULL;
}

static void give_run(struct global *global, struct caller caller, struct frame_run run)
{
    (void)caller;
    lock(global);
    map_set(map_of(global, run.first), run, true);
    unlock(global);
}

static struct arena *find(struct global *global, uint32_t hart, pfn_t frame)
{
    (void)hart;
    lock(global);
    const struct map *map = map_of(global, frame);
    unlock(global);
    return map != NULL ? map->arena : NULL;
}

static bool walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context)
{
    uint64_t missing = 0;
    for (const struct map *map = global->maps; map != NULL; map = map->next) {
        missing += map->free;
        for (uint64_t i = 0; i < map->arena->span.count; i++) {
            if (map->is_free[i]) {
                visit(context, frame_run(pfn(map->arena->span.first.value + i), 1));
                missing--;
            }
        }
    }
    return missing == 0;
}

const struct variant skeleton_variant = {
    .name = "skeleton",
    .summary = "a byte a frame under a spin lock, to start one's own from",
    .magazine_default = MAGAZINE_DEFAULT,
    .global_bytes = sizeof(struct global),
    .arena_bytes = arena_bytes,
    .attach = attach,
    .detach = detach,
    .take_run = take_run,
    .give_run = give_run,
    .find = find,
    .walk_free = walk_free,
};
