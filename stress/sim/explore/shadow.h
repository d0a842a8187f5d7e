/* SPDX-License-Identifier: MIT
 * What explore mode knows of each granule, that is, of each 8 aligned bytes of memory that an execution accessed: its
 * last values, the newest value that each hart has loaded or stored, and the accesses that races are looked for
 * against. A granule's entry is made when it is first asked for. All entries are forgotten at once when the next
 * execution begins: an entry counts only if it carries the number of the present execution. */
#ifndef FRAMELAB_SIM_SHADOW_H
#define FRAMELAB_SIM_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "explore_options.h"
#include "run.h"

#define GRANULE_BYTES 8u
#define SHADOW_VALUES 4u /* older ones are not offered to loads any more */
#define SHADOW_CELLS 6u  /* accesses that races are looked for against; the oldest gives way */

/* Whose accesses, up to which of their epochs, come before: writes and reads apart, since fences order them apart. */
struct message {
    uint32_t writes[EXPLORE_HARTS_MAX];
    uint32_t reads[EXPLORE_HARTS_MAX];
};

/* A value, from the moment at which it became the newest. */
struct shadow_value {
    uint64_t stamp; /* 0: from before the execution */
    uint64_t value;
    uint64_t step;   /* of the store, for traces */
    uint32_t writer; /* RUN_NOBODY: from before the execution */
};

struct shadow_cell {
    uintptr_t place;
    uint32_t epoch;
    uint8_t hart;
    uint8_t bytes; /* a bit each */
    bool write, atomic;
};

/* Most are read, and never written: what those need comes first. */
struct granule {
    uintptr_t address;
    uint8_t newest, value_count;
    uint8_t next_cell, cell_count;
    uint32_t slot; /* of the table */
    struct shadow_cell cells[SHADOW_CELLS];
    struct shadow_value values[SHADOW_VALUES]; /* a ring */
    uint64_t seen[EXPLORE_HARTS_MAX];          /* stamp of the newest value that each hart knows */
    /* Of each value, what its first four bytes carry and what the last: what two words say that lie side by side (a
     * lock's two tickets) is not one thing. Nothing of a value from before the execution. */
    struct message messages[SHADOW_VALUES][2];
};

/* All is forgotten. */
void shadow_begin(void);
/* The granule that holds the address, until the next execution. */
struct granule *shadow_granule(uintptr_t address);
/* The i-th newest value, 0 the newest. */
static inline struct shadow_value *shadow_value(struct granule *granule, uint32_t i)
{
    return &granule->values[(granule->newest + SHADOW_VALUES - i) % SHADOW_VALUES];
}
/* What that value carries, of its first half or its last; NULL if it is from before the execution. */
static inline struct message *shadow_message(struct granule *granule, const struct shadow_value *value, uint32_t half)
{
    return value->stamp != 0 ? &granule->messages[value - granule->values][half] : NULL;
}
/* A new newest value, of a store that was made known at `stamp`. */
struct shadow_value *shadow_push(struct granule *granule, uint64_t stamp);

#endif
