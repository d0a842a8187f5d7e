/* SPDX-License-Identifier: MIT
 * For tests and fuzzing: reads a blob that may be anything, and checks whatever core makes of it: an error with one
 * line of reason, or a memory map, arenas, and a release of the tree that all hold. */
#ifndef FRAMELAB_UNIT_TREE_CHECK_H
#define FRAMELAB_UNIT_TREE_CHECK_H

#include "map_invariants.h"

struct tree_check {
    struct memory_map map;      /* as read */
    struct memory_map released; /* read with the tree in RAM, then released */
    struct ram_region pieces[REGION_MAX];
    char why[256];
    bool accepted;
    uint32_t arenas;
    uint64_t floor;
    const char *broken;
};

static inline uint64_t tree_check_variant_bytes(struct frame_run span)
{
    return CACHE_PAIR * (((frame_run_end(span) - 1) >> CHUNK_ORDER) - (span.first.value >> CHUNK_ORDER) + 1);
}

static inline enum frame_status tree_check_plan(void *context, const struct arena_plan *plan)
{
    struct tree_check *check = context;
    check->arenas++;
    check->broken = plan_broken(&check->map, plan, HOLE_METADATA_BYTES_DEFAULT, &check->floor);
    return check->broken == NULL ? FRAME_OK : FRAME_BAD_CONFIG;
}

/* Reads again with the tree at the start of free RAM. Once released, exactly what was free before is free. */
static inline const char *tree_check_release(struct tree_check *check, const void *blob, size_t bytes)
{
    phys_addr_t addr = {check->map.free[0].range.start.value + 8};
    struct memory_map *again = &check->released;
    if (memory_map_read(again, blob, bytes, &addr, NULL, check->why, sizeof(check->why)) != MEMORY_MAP_OK) {
        return NULL; /* the tree fills all there is, or wraps there */
    }
    const char *broken = map_broken(again);
    if (broken != NULL || memory_map_release_fdt(again, check->pieces, REGION_MAX) == 0) {
        return broken != NULL || again->free_count > REGION_MAX / 2 ? broken : "the tree's frames were not released";
    }
    bool same = again->free_count == check->map.free_count;
    for (uint32_t i = 0; i < again->free_count && same; i++) {
        const struct ram_region *a = &again->free[i];
        const struct ram_region *b = &check->map.free[i];
        same = a->range.start.value == b->range.start.value && a->range.size == b->range.size && a->node == b->node;
    }
    if (!same) {
        return "release does not restore what was free";
    }
    return map_broken(again);
}

/* NULL if all holds, else what does not. */
static inline const char *tree_broken(struct tree_check *check, const void *blob, size_t bytes)
{
    const struct arena_selection_options options = {HOLE_METADATA_BYTES_DEFAULT, tree_check_variant_bytes, NULL, check};
    memset(check, 0, sizeof(*check));
    enum memory_map_status status =
        memory_map_read(&check->map, blob, bytes, NULL, NULL, check->why, sizeof(check->why));
    check->accepted = status == MEMORY_MAP_OK;
    if (!check->accepted) {
        bool one_line = check->why[0] != '\0' && memchr(check->why, '\0', sizeof(check->why)) != NULL &&
                        strpbrk(check->why, "\n\r\x1b") == NULL;
        return one_line ? NULL : "an error without one line of reason";
    }
    const char *broken = map_broken(&check->map);
    if (broken != NULL) {
        return broken;
    }
    enum frame_status selected = arena_select(check->map.free, check->map.free_count, &options, tree_check_plan);
    if (selected != FRAME_OK) {
        return check->broken != NULL ? check->broken : "arenas cannot be selected from the free regions";
    }
    return tree_check_release(check, blob, bytes);
}

#endif
