/* SPDX-License-Identifier: MIT
 * Private caches, two levels a hart, and the directory between them: counts of what accesses to memory amount to. No
 * time. A second opinion on stress/sim/time/coherence.c, of which it shares nothing.
 *
 * 1. A hart holds a line if its second level has it; the directory knows which harts do, and whether the one that does
 *    may write it (MESI's exclusive and modified are one state here). The first level has a part of the second.
 * 2. A load needs the line, a store needs it alone. Whoever has what he needs hits. Else the line
 *      comes from another hart's cache if any holds it: a transfer;
 *      comes from memory if none does: a miss;
 *      is there already, but shared, and is to be written: an upgrade, which is a transfer too, since the others have
 *      to answer.
 *    A store invalidates all other copies. Of these, one that was brought to the writer is a transfer and not an
 *    invalidation.
 * 3. A line that has no room any more is dropped: the least recently used of its set. */
#ifndef FRAMELAB_QEMU_PLUGIN_DIRECTORY_H
#define FRAMELAB_QEMU_PLUGIN_DIRECTORY_H

#include <stdbool.h>
#include <stdint.h>

#define DIRECTORY_LINE_BYTES 64u
#define DIRECTORY_HARTS_MOST 512u

/* Of lines; sets are a power of two. Of the second level, 0 sets: all lines have room. */
struct cache_shape {
    uint32_t sets, ways;
};

struct directory_counts {
    uint64_t accesses;      /* an access that straddles lines is one to each */
    uint64_t l1_misses;     /* that the first level could not serve, whatever it cost then */
    uint64_t l2_misses;     /* that no private level could: transfers, but for upgrades, and misses */
    uint64_t transfers;     /* lines that came from another hart's cache, upgrades included */
    uint64_t upgrades;      /* of these: lines that were there, but shared, and were written */
    uint64_t misses;        /* lines that came from memory */
    uint64_t invalidations; /* copies that a store made worthless */
};

struct directory;

/* Empty ones for `harts`, at most DIRECTORY_HARTS_MOST. NULL: no memory, or no such shape. */
struct directory *directory_new(uint32_t harts, struct cache_shape l1, struct cache_shape l2);
void directory_delete(struct directory *directory);

/* `hart` accesses that memory; `write`: it needs it alone. False, with nothing changed, if there is no memory for what
 * is known of its lines. */
bool directory_access(struct directory *directory, uint32_t hart, uint64_t address, uint32_t bytes, bool write);

/* From here on. What is in the caches stays. */
void directory_clear_counts(struct directory *directory);
const struct directory_counts *directory_counts(const struct directory *directory);

#endif
