/* SPDX-License-Identifier: MIT
 * Which lines lie in the caches: two levels that each hart has to itself, and one that a cluster of harts shares. Tags
 * alone, in sets, of which the line that was used longest ago makes room.
 *
 * 1. A set is chosen by the line's place in its page, as hardware does in its first level, and above that by the page,
 *    which is at a random place of physical memory: at one that its rank in the order of first use gives, so that
 *    nothing depends on addresses. The shared level spreads lines over its sets by all bits of their addresses, here
 *    evenly.
 * 2. The second level holds what the first one holds. What it drops the hart has no more (`caches_touch` says so), and
 *    it lies in the shared level.
 * 3. A size of 0 is a cache that holds everything. */
#ifndef FRAMELAB_SIM_CACHES_H
#define FRAMELAB_SIM_CACHES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine_model.h"

#define NO_LINE UINT32_MAX

enum cache_level { CACHE_FIRST, CACHE_SECOND, CACHE_NONE };

/* A line, and what its sets are chosen by. */
struct cache_line {
    uint32_t line, set;
};

/* All are empty. */
void caches_reset(const struct machine_model *machine);
/* The hart's own: where the line was found; now it is in the first level. *dropped is the line that the second level
 * had to drop for it, or NO_LINE. */
enum cache_level caches_touch(uint32_t hart, struct cache_line line, uint32_t *dropped);
/* The one that its cluster shares: whether the line was found; now it is there. */
bool caches_touch_shared(uint32_t hart, struct cache_line line);

#endif
