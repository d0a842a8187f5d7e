/* SPDX-License-Identifier: MIT
 * See shadow.h. A table with open addressing. */
#include "shadow.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"
#include "run.h"

#define SLOTS_FIRST 1024u
#define BLOCK_GRANULES 1024u

/* The granules lie in blocks, side by side in the order in which an execution came by them, so that the few hundred
 * that it needs are the same memory each time, and in the cache. */
struct slot {
    uintptr_t address;
    struct granule *granule; /* NULL: the slot is free */
};

static struct {
    struct slot *slots;
    uint32_t mask;
    struct granule **blocks;
    uint32_t block_count, used; /* granules */
} shadow;

static uint32_t slot_of(uintptr_t address)
{
    return (uint32_t)((uint64_t)(address / GRANULE_BYTES) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & shadow.mask;
}

static void *not_null(void *memory)
{
    if (memory == NULL) {
        platform_panic("simulator: no memory for granules");
    }
    return memory;
}

static void slots_allocate(uint32_t count)
{
    shadow.slots = not_null(calloc(count, sizeof *shadow.slots));
    shadow.mask = count - 1;
}

static struct granule *granule_at(uint32_t i)
{
    return &shadow.blocks[i / BLOCK_GRANULES][i % BLOCK_GRANULES];
}

static struct granule *granule_new(void)
{
    if (shadow.used == shadow.block_count * BLOCK_GRANULES) {
        shadow.blocks = not_null(realloc(shadow.blocks, (shadow.block_count + 1) * sizeof(struct granule *)));
        shadow.blocks[shadow.block_count++] = not_null(malloc(BLOCK_GRANULES * sizeof(struct granule)));
    }
    return granule_at(shadow.used++);
}

void shadow_begin(void)
{
    if (shadow.slots == NULL) {
        slots_allocate(SLOTS_FIRST);
    }
    for (uint32_t i = 0; i < shadow.used; i++) {
        shadow.slots[granule_at(i)->slot].granule = NULL;
    }
    shadow.used = 0;
}

/* The address's slot, or the free one where it belongs. */
static uint32_t find(uintptr_t address)
{
    uint32_t at = slot_of(address);
    while (shadow.slots[at].granule != NULL && shadow.slots[at].address != address) {
        at = (at + 1) & shadow.mask;
    }
    return at;
}

static void enter(struct granule *granule)
{
    granule->slot = find(granule->address);
    shadow.slots[granule->slot] = (struct slot){granule->address, granule};
}

static void slots_grow(void)
{
    uint32_t count = shadow.mask + 1;
    free(shadow.slots);
    slots_allocate(2 * count);
    for (uint32_t i = 0; i < shadow.used; i++) {
        enter(granule_at(i));
    }
}

static struct granule *make(uintptr_t address)
{
    if (shadow.used >= shadow.mask / 2) {
        slots_grow();
    }
    struct granule *granule = granule_new();
    granule->address = address;
    granule->newest = 0;
    granule->value_count = 1;
    granule->next_cell = 0;
    granule->cell_count = 0;
    memset(granule->seen, 0, sizeof granule->seen);
    granule->values[0] = (struct shadow_value){.writer = RUN_NOBODY};
    memcpy(&granule->values[0].value, (const void *)address, GRANULE_BYTES);
    enter(granule);
    return granule;
}

struct granule *shadow_granule(uintptr_t address)
{
    address &= ~(uintptr_t)(GRANULE_BYTES - 1);
    struct granule *granule = shadow.slots[find(address)].granule;
    return granule != NULL ? granule : make(address);
}

struct shadow_value *shadow_push(struct granule *granule, uint64_t stamp)
{
    granule->newest = (uint8_t)((granule->newest + 1u) % SHADOW_VALUES);
    granule->value_count = (uint8_t)(granule->value_count + (granule->value_count < SHADOW_VALUES));
    struct shadow_value *value = &granule->values[granule->newest];
    value->stamp = stamp;
    return value;
}
