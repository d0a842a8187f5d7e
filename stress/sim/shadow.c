/* SPDX-License-Identifier: MIT
 * See shadow.h. A table with open addressing. */
#include "shadow.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

#define SLOTS_FIRST 4096u
#define GRANULES_FIRST 2048u

/* The table holds numbers; the granules lie side by side in the order in which an execution came by them, so that the
 * few hundred that it needs are the same memory each time, and in the cache. */
struct slot {
    uintptr_t address;
    uint64_t execution;
    uint32_t granule;
};

static struct {
    struct slot *slots;
    uint32_t mask;
    struct granule *granules;
    uint32_t made, used; /* granules */
    uint64_t execution;
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

static void granules_allocate(uint32_t count)
{
    shadow.granules = not_null(realloc(shadow.granules, count * sizeof *shadow.granules));
    shadow.made = count;
}

void shadow_begin(void)
{
    if (shadow.slots == NULL) {
        slots_allocate(SLOTS_FIRST);
        granules_allocate(GRANULES_FIRST);
    }
    shadow.execution++;
    shadow.used = 0;
}

static struct slot *find(uintptr_t address)
{
    uint32_t at = slot_of(address);
    while (shadow.slots[at].execution == shadow.execution && shadow.slots[at].address != address) {
        at = (at + 1) & shadow.mask;
    }
    return &shadow.slots[at];
}

static void slots_grow(void)
{
    struct slot *old = shadow.slots;
    uint32_t count = shadow.mask + 1;
    slots_allocate(2 * count);
    for (uint32_t i = 0; i < count; i++) {
        if (old[i].execution == shadow.execution) {
            *find(old[i].address) = old[i];
        }
    }
    free(old);
}

static void make(struct granule *granule, uintptr_t address)
{
    granule->address = address;
    granule->newest = 0;
    granule->value_count = 1;
    granule->next_cell = 0;
    memset(granule->seen, 0, sizeof granule->seen);
    for (uint32_t i = 0; i < SHADOW_CELLS; i++) {
        granule->cells[i].bytes = 0;
    }
    granule->values[0] = (struct shadow_value){.writer = RUN_NOBODY};
    memcpy(&granule->values[0].value, (const void *)address, GRANULE_BYTES);
}

struct granule *shadow_granule(uintptr_t address)
{
    address &= ~(uintptr_t)(GRANULE_BYTES - 1);
    struct slot *slot = find(address);
    if (slot->execution != shadow.execution) {
        if (shadow.used >= shadow.mask / 2) {
            slots_grow();
            slot = find(address);
        }
        if (shadow.used == shadow.made) {
            granules_allocate(2 * shadow.made);
        }
        *slot = (struct slot){address, shadow.execution, shadow.used++};
        make(&shadow.granules[slot->granule], address);
    }
    return &shadow.granules[slot->granule];
}

struct shadow_value *shadow_value(struct granule *granule, uint32_t i)
{
    return &granule->values[(granule->newest + SHADOW_VALUES - i) % SHADOW_VALUES];
}

struct shadow_value *shadow_push(struct granule *granule, uint64_t stamp)
{
    granule->newest = (granule->newest + 1) % SHADOW_VALUES;
    granule->value_count += granule->value_count < SHADOW_VALUES;
    struct shadow_value *value = &granule->values[granule->newest];
    value->stamp = stamp;
    return value;
}
