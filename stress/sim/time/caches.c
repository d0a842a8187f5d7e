/* SPDX-License-Identifier: MIT
 * See caches.h. A set is an array of line numbers, the one that was used last first. */
#include "caches.h"

#include <stdlib.h>
#include <string.h>

#include "frame_limits.h"
#include "platform.h"

#define BYTES_PER_LINE 64u

struct cache {
    uint32_t *tags; /* NULL: not used so far */
    uint32_t sets, ways;
};

static struct {
    const struct machine_model *machine;
    struct cache first[HART_MAX], second[HART_MAX], shared[HART_MAX];
} caches;

static uint32_t sets_of(uint64_t bytes, uint64_t ways)
{
    uint64_t sets = bytes / BYTES_PER_LINE / ways;
    return sets > 0 ? (uint32_t)sets : 1;
}

static void clear(struct cache *cache)
{
    free(cache->tags);
    *cache = (struct cache){NULL, 0, 0};
}

void caches_reset(const struct machine_model *machine)
{
    caches.machine = machine;
    for (uint32_t i = 0; i < HART_MAX; i++) {
        clear(&caches.first[i]);
        clear(&caches.second[i]);
        clear(&caches.shared[i]);
    }
}

static void provide(struct cache *cache, uint64_t bytes, uint64_t ways)
{
    if (cache->tags != NULL) {
        return;
    }
    *cache = (struct cache){.sets = sets_of(bytes, ways), .ways = (uint32_t)ways};
    size_t size = (size_t)cache->sets * cache->ways * sizeof *cache->tags;
    cache->tags = malloc(size);
    if (cache->tags == NULL) {
        platform_panic("simulator: no memory for caches");
    }
    memset(cache->tags, 0xff, size);
}

/* Whether the line was there; now it is, and *dropped made room. */
static bool touch(struct cache *cache, struct cache_line line, uint32_t *dropped)
{
    uint32_t *set = &cache->tags[(size_t)(line.set % cache->sets) * cache->ways];
    uint32_t at = 0;
    while (at < cache->ways - 1 && set[at] != line.line) {
        at++;
    }
    bool found = set[at] == line.line;
    *dropped = found ? NO_LINE : set[at];
    memmove(&set[1], &set[0], at * sizeof *set);
    set[0] = line.line;
    return found;
}

enum cache_level caches_touch(uint32_t hart, struct cache_line line, uint32_t *dropped)
{
    const struct machine_model *machine = caches.machine;
    uint32_t ignored;
    *dropped = NO_LINE;
    if (machine->l1_bytes == 0) {
        return CACHE_FIRST;
    }
    provide(&caches.first[hart], machine->l1_bytes, machine->l1_ways);
    if (touch(&caches.first[hart], line, &ignored)) {
        return CACHE_FIRST;
    }
    if (machine->l2_bytes == 0) {
        return CACHE_SECOND;
    }
    provide(&caches.second[hart], machine->l2_bytes, machine->l2_ways);
    return touch(&caches.second[hart], line, dropped) ? CACHE_SECOND : CACHE_NONE;
}

bool caches_touch_shared(uint32_t hart, struct cache_line line)
{
    const struct machine_model *machine = caches.machine;
    uint32_t ignored;
    if (machine->llc_bytes == 0) {
        return false;
    }
    struct cache *cache = &caches.shared[hart / machine->cluster_harts];
    provide(cache, machine->llc_bytes, machine->llc_ways);
    return touch(cache, (struct cache_line){line.line, line.line}, &ignored);
}
