/* SPDX-License-Identifier: MIT
 * Private caches and their directory. See directory.h. */
#include "directory.h"

#include <stdlib.h>

#define SET_WORDS (DIRECTORY_HARTS_MOST / 64)
#define ENTRIES_FIRST 4096u

/* What the directory knows of a line; `used` marks it as one. A single holder may write it. */
struct entry {
    uint64_t line;               /* address / DIRECTORY_LINE_BYTES */
    uint64_t holders[SET_WORDS]; /* a bit a hart */
    bool used;
};

/* A place in a cache. */
struct way {
    uint64_t line;
    uint64_t used_at; /* by directory->now; 0: empty */
};

struct directory {
    uint32_t harts;
    struct cache_shape l1, l2;
    struct way *l1_ways, *l2_ways; /* of all harts, one after the other */
    struct entry *entries;         /* open addressing; at most half full */
    uint64_t entry_count, entry_most;
    uint64_t now; /* accesses so far */
    struct directory_counts counts;
};

static bool is_shape(struct cache_shape shape)
{
    return shape.ways > 0 && (shape.sets & (shape.sets - 1)) == 0;
}

static struct way *ways_new(uint32_t harts, struct cache_shape shape)
{
    return calloc((size_t)harts * shape.sets * shape.ways + 1, sizeof(struct way));
}

struct directory *directory_new(uint32_t harts, struct cache_shape l1, struct cache_shape l2)
{
    if (harts == 0 || harts > DIRECTORY_HARTS_MOST || l1.sets == 0 || !is_shape(l1) || !is_shape(l2)) {
        return NULL;
    }
    struct directory *directory = calloc(1, sizeof *directory);
    if (directory == NULL) {
        return NULL;
    }
    *directory = (struct directory){.harts = harts,
                                    .l1 = l1,
                                    .l2 = l2,
                                    .l1_ways = ways_new(harts, l1),
                                    .l2_ways = ways_new(harts, l2),
                                    .entries = calloc(ENTRIES_FIRST, sizeof *directory->entries),
                                    .entry_most = ENTRIES_FIRST};
    if (directory->l1_ways == NULL || directory->l2_ways == NULL || directory->entries == NULL) {
        directory_delete(directory);
        return NULL;
    }
    return directory;
}

void directory_delete(struct directory *directory)
{
    if (directory != NULL) {
        free(directory->l1_ways);
        free(directory->l2_ways);
        free(directory->entries);
        free(directory);
    }
}

void directory_clear_counts(struct directory *directory)
{
    directory->counts = (struct directory_counts){0};
}

const struct directory_counts *directory_counts(const struct directory *directory)
{
    return &directory->counts;
}

/* ---- the directory ---- */

/* The line's entry, or the place where it would be. */
static struct entry *entry_place(struct entry *entries, uint64_t most, uint64_t line)
{
    uint64_t at = (line * UINT64_C(0x9e3779b97f4a7c15)) >> 32 & (most - 1);
    while (entries[at].used && entries[at].line != line) {
        at = (at + 1) & (most - 1);
    }
    return &entries[at];
}

static bool grow(struct directory *directory)
{
    uint64_t most = 2 * directory->entry_most;
    struct entry *entries = calloc(most, sizeof *entries);
    if (entries == NULL) {
        return false;
    }
    for (uint64_t i = 0; i < directory->entry_most; i++) {
        if (directory->entries[i].used) {
            *entry_place(entries, most, directory->entries[i].line) = directory->entries[i];
        }
    }
    free(directory->entries);
    directory->entries = entries;
    directory->entry_most = most;
    return true;
}

/* Adds it if it is new. The pointer holds until the next call. NULL: no memory. */
static struct entry *entry_of(struct directory *directory, uint64_t line)
{
    struct entry *entry = entry_place(directory->entries, directory->entry_most, line);
    if (entry->used) {
        return entry;
    }
    if (2 * directory->entry_count >= directory->entry_most) {
        if (!grow(directory)) {
            return NULL;
        }
        entry = entry_place(directory->entries, directory->entry_most, line);
    }
    entry->used = true;
    entry->line = line;
    directory->entry_count++;
    return entry;
}

static bool holds(const struct entry *entry, uint32_t hart)
{
    return (entry->holders[hart / 64] >> hart % 64 & 1) != 0;
}

static void set_holder(struct entry *entry, uint32_t hart, bool holder)
{
    uint64_t bit = UINT64_C(1) << hart % 64;
    entry->holders[hart / 64] = holder ? entry->holders[hart / 64] | bit : entry->holders[hart / 64] & ~bit;
}

static uint32_t holder_count(const struct entry *entry)
{
    uint32_t count = 0;
    for (uint32_t word = 0; word < SET_WORDS; word++) {
        count += (uint32_t)__builtin_popcountll(entry->holders[word]);
    }
    return count;
}

/* ---- one hart's caches ---- */

static struct way *set_of(struct way *ways, struct cache_shape shape, uint32_t hart, uint64_t line)
{
    return &ways[((uint64_t)hart * shape.sets + (line & (shape.sets - 1))) * shape.ways];
}

static void drop_way(struct way *set, struct cache_shape shape, uint64_t line)
{
    for (uint32_t i = 0; i < shape.ways; i++) {
        if (set[i].used_at != 0 && set[i].line == line) {
            set[i].used_at = 0;
        }
    }
}

/* Has the line in the set, most recently used. True if it was there; else `dropped` is the way whose place it took. */
static bool touch_way(struct way *set, struct cache_shape shape, uint64_t line, uint64_t now, struct way *dropped)
{
    struct way *oldest = set;
    for (uint32_t i = 0; i < shape.ways; i++) {
        if (set[i].used_at != 0 && set[i].line == line) {
            set[i].used_at = now;
            return true;
        }
        oldest = set[i].used_at < oldest->used_at ? &set[i] : oldest;
    }
    *dropped = *oldest;
    *oldest = (struct way){.line = line, .used_at = now};
    return false;
}

/* The hart has the line no longer. */
static void drop(struct directory *directory, struct entry *entry, uint32_t hart)
{
    set_holder(entry, hart, false);
    drop_way(set_of(directory->l1_ways, directory->l1, hart, entry->line), directory->l1, entry->line);
    if (directory->l2.sets > 0) {
        drop_way(set_of(directory->l2_ways, directory->l2, hart, entry->line), directory->l2, entry->line);
    }
}

/* Has the line in both levels. The line that the second level drops for it is in the directory, which so need not
 * grow. */
static void touch(struct directory *directory, uint32_t hart, uint64_t line)
{
    struct way dropped = {.used_at = 0};
    directory->now++;
    directory->counts.l1_misses += !touch_way(set_of(directory->l1_ways, directory->l1, hart, line), directory->l1,
                                              line, directory->now, &dropped);
    if (directory->l2.sets > 0 &&
        !touch_way(set_of(directory->l2_ways, directory->l2, hart, line), directory->l2, line, directory->now,
                   &dropped) &&
        dropped.used_at != 0) {
        drop(directory, entry_place(directory->entries, directory->entry_most, dropped.line), hart);
    }
}

/* ---- an access ---- */

static void invalidate_others(struct directory *directory, struct entry *entry, uint32_t hart)
{
    for (uint32_t other = 0; other < directory->harts; other++) {
        if (other != hart && holds(entry, other)) {
            drop(directory, entry, other);
        }
    }
}

static void fetch(struct directory_counts *counts, bool from_a_cache)
{
    counts->l2_misses++;
    counts->transfers += from_a_cache;
    counts->misses += !from_a_cache;
}

static bool access_line(struct directory *directory, uint32_t hart, uint64_t line, bool write)
{
    struct entry *entry = entry_of(directory, line);
    if (entry == NULL) {
        return false;
    }
    struct directory_counts *counts = &directory->counts;
    bool had = holds(entry, hart);
    uint32_t others = holder_count(entry) - had;
    if (!had) {
        fetch(counts, others > 0);
    } else if (write && others > 0) {
        counts->transfers++;
        counts->upgrades++;
    }
    if (write && others > 0) {
        counts->invalidations += had ? others : others - 1;
        invalidate_others(directory, entry, hart);
    }
    set_holder(entry, hart, true);
    counts->accesses++;
    touch(directory, hart, line);
    return true;
}

bool directory_access(struct directory *directory, uint32_t hart, uint64_t address, uint32_t bytes, bool write)
{
    uint64_t last = (address + (bytes > 0 ? bytes - 1 : 0)) / DIRECTORY_LINE_BYTES;
    for (uint64_t line = address / DIRECTORY_LINE_BYTES; line <= last; line++) {
        if (!access_line(directory, hart, line, write)) {
            return false;
        }
    }
    return true;
}
