/* SPDX-License-Identifier: MIT
 * For tests and fuzzing: what holds for every memory map that was read, and every arena planned over it, whatever the
 * tree said. Written without core's region arithmetic, so that the two check each other: a frame is free if and only
 * if one RAM region holds all of it and no reservation touches it. That is asked of the frames around every edge,
 * between which nothing changes. */
#ifndef FRAMELAB_UNIT_MAP_INVARIANTS_H
#define FRAMELAB_UNIT_MAP_INVARIANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"
#include "memory_map.h"

/* One frame below 2^64: nothing reaches further. */
#define INVARIANTS_PHYS_END (UINT64_MAX - FRAME_SIZE + 1)

static inline const char *regions_broken(const struct ram_region *regions, uint32_t count, const struct memory_map *map)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t start = regions[i].range.start.value;
        uint64_t size = regions[i].range.size;
        if (size == 0 || start >= INVARIANTS_PHYS_END || size > INVARIANTS_PHYS_END - start) {
            return "a region is empty or wraps";
        }
        if (regions[i].node >= map->node_count) {
            return "a region of a node that is none";
        }
        if (i > 0 && start < regions[i - 1].range.start.value + regions[i - 1].range.size) {
            return "regions overlap or are out of order";
        }
        if (i > 0 && regions[i].node == regions[i - 1].node &&
            start == regions[i - 1].range.start.value + regions[i - 1].range.size) {
            return "regions of one node touch and are not merged";
        }
    }
    return NULL;
}

static inline bool frame_is_in(struct ram_region region, uint64_t addr)
{
    return addr >= region.range.start.value && region.range.size >= FRAME_SIZE &&
           addr - region.range.start.value <= region.range.size - FRAME_SIZE;
}

static inline bool frame_should_be_free(const struct memory_map *map, uint64_t addr, uint32_t *node)
{
    bool in_ram = false;
    for (uint32_t i = 0; i < map->ram_count; i++) {
        if (frame_is_in(map->ram[i], addr)) {
            in_ram = true;
            *node = map->ram[i].node;
        }
    }
    for (uint32_t i = 0; i < map->reserved_count && in_ram; i++) {
        struct phys_range range = map->reserved[i].range;
        if (range.start.value <= addr + (FRAME_SIZE - 1) && range.start.value + range.size > addr) {
            return false;
        }
    }
    return in_ram;
}

static inline const char *frame_broken(const struct memory_map *map, uint64_t addr)
{
    uint32_t node = 0;
    bool should = frame_should_be_free(map, addr, &node);
    for (uint32_t i = 0; i < map->free_count; i++) {
        if (frame_is_in(map->free[i], addr)) {
            return !should                     ? "a frame is free that is reserved or not RAM"
                   : map->free[i].node != node ? "a frame is free on a node that is not its own"
                                               : NULL;
        }
    }
    return should ? "a frame is lost: RAM, not reserved, not free" : NULL;
}

/* The frames before, at and after an edge. */
static inline const char *edge_broken(const struct memory_map *map, uint64_t edge)
{
    uint64_t frame = edge & ~(FRAME_SIZE - 1);
    for (int step = -1; step <= 1; step++) {
        uint64_t addr = frame + (uint64_t)step * FRAME_SIZE;
        const char *broken = addr < INVARIANTS_PHYS_END ? frame_broken(map, addr) : NULL;
        if (broken != NULL) {
            return broken;
        }
    }
    return NULL;
}

static inline const char *edges_broken(const struct memory_map *map, struct phys_range range)
{
    const char *broken = edge_broken(map, range.start.value);
    return broken != NULL ? broken : edge_broken(map, range.start.value + range.size);
}

static inline const char *topology_broken(const struct memory_map *map)
{
    if (map->node_count < 1 || map->node_count > NODE_MAX || map->hart_count < 1 || map->hart_count > HART_MAX) {
        return "no node or hart, or too many";
    }
    for (uint32_t i = 0; i < map->hart_count; i++) {
        if (map->hart_node[i] >= map->node_count) {
            return "a hart of a node that is none";
        }
    }
    for (uint32_t a = 0; a < map->node_count; a++) {
        if (a > 0 && map->node_id[a] <= map->node_id[a - 1]) {
            return "node ids out of order";
        }
        for (uint32_t b = 0; b < map->node_count; b++) {
            if (a == b ? map->distance[a][b] != 10 : map->distance[a][b] <= 10) {
                return "an invalid distance";
            }
        }
    }
    return memchr(map->bootargs, '\0', BOOTARGS_MAX) == NULL ? "bootargs without end" : NULL;
}

/* NULL if everything holds, else what does not. */
static inline const char *map_broken(const struct memory_map *map)
{
    const char *broken = topology_broken(map);
    if (broken == NULL && (map->ram_count < 1 || map->free_count < 1 || map->ram_count > REGION_MAX ||
                           map->free_count > REGION_MAX || map->reserved_count > REGION_MAX)) {
        return "a count out of bounds";
    }
    broken = broken != NULL ? broken : regions_broken(map->ram, map->ram_count, map);
    broken = broken != NULL ? broken : regions_broken(map->free, map->free_count, map);
    for (uint32_t i = 0; i < map->free_count && broken == NULL; i++) {
        struct phys_range range = map->free[i].range;
        broken = (range.start.value | range.size) % FRAME_SIZE != 0 ? "free memory that is no whole frames"
                                                                    : edges_broken(map, range);
    }
    for (uint32_t i = 0; i < map->ram_count && broken == NULL; i++) {
        broken = edges_broken(map, map->ram[i].range);
    }
    for (uint32_t i = 0; i < map->reserved_count && broken == NULL; i++) {
        if (memchr(map->reserved[i].name, '\0', REGION_NAME_MAX) == NULL) {
            return "a name without end";
        }
        broken = edges_broken(map, map->reserved[i].range);
    }
    return broken;
}

/* True if free regions of the node hold all of the run, which may cross from one to another that touches it. */
static inline bool run_is_free(const struct memory_map *map, struct frame_run run, uint32_t node)
{
    uint64_t at = run.first.value;
    for (uint32_t i = 0; i < map->free_count && at < run.first.value + run.count; i++) {
        uint64_t first = map->free[i].range.start.value >> FRAME_SHIFT;
        uint64_t end = first + (map->free[i].range.size >> FRAME_SHIFT);
        if (map->free[i].node == node && at >= first && at < end) {
            at = end;
            i = UINT32_MAX; /* from the start again: a test may list them in any order */
        }
    }
    return at >= run.first.value + run.count;
}

/* An arena planned over map->free. `floor`: the first frame that no arena before it covers; updated. */
static inline const char *plan_broken(const struct memory_map *map, const struct arena_plan *plan, uint64_t limit_bytes,
                                      uint64_t *floor)
{
    uint64_t usable = 0;
    uint64_t previous_end = plan->span.first.value;
    uint64_t metadata_first = plan->metadata.start.value >> FRAME_SHIFT;
    uint64_t metadata_end = metadata_first + (plan->metadata.size >> FRAME_SHIFT);

    if (plan->span.first.value < *floor || plan->region_count < 1 || plan->region_count > REGION_MAX) {
        return "arenas overlap or are out of order, or one has no region";
    }
    for (uint32_t i = 0; i < plan->region_count; i++) {
        struct frame_run run = plan->regions[i];
        uint64_t end = run.first.value + run.count;
        if (run.count == 0 || run.first.value < previous_end || end > plan->span.first.value + plan->span.count) {
            return "an arena's regions overlap, are empty, or leave its span";
        }
        if (!run_is_free(map, run, plan->node)) {
            return "an arena hands out what is not free";
        }
        if (run.first.value < metadata_end && metadata_first < end) {
            return "an arena hands out its own metadata";
        }
        usable += run.count;
        previous_end = end;
    }
    if (!run_is_free(map, frame_run(pfn(metadata_first), metadata_end - metadata_first), plan->node)) {
        return "metadata where nothing is free";
    }
    if (usable != plan->usable_frames ||
        usable + plan->hole_frames + (metadata_end - metadata_first) != plan->span.count) {
        return "usable + holes + metadata is not the span";
    }
    if (plan->metadata_bytes > plan->metadata.size || plan->hole_metadata_bytes > limit_bytes) {
        return "metadata larger than its place, or more for holes than the limit";
    }
    *floor = plan->span.first.value + plan->span.count;
    return NULL;
}

#endif
