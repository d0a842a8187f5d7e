/* SPDX-License-Identifier: MIT
 * See shadow.h. A table with open addressing. */
#include "shadow.h"

#include <stdlib.h>
#include <string.h>

#include "platform.h"

#define GRANULES_FIRST 16384u

static struct {
    struct granule *granules;
    uint32_t mask;
    uint32_t used;
    uint64_t execution;
} shadow;

static uint32_t slot_of(uintptr_t address)
{
    return (uint32_t)((uint64_t)(address / GRANULE_BYTES) * UINT64_C(0x9e3779b97f4a7c15) >> 32) & shadow.mask;
}

static void allocate(uint32_t count)
{
    shadow.granules = calloc(count, sizeof *shadow.granules);
    if (shadow.granules == NULL) {
        platform_panic("simulator: no memory for %u granules", count);
    }
    shadow.mask = count - 1;
}

void shadow_begin(void)
{
    if (shadow.granules == NULL) {
        allocate(GRANULES_FIRST);
    }
    shadow.execution++;
    shadow.used = 0;
}

static struct granule *find(uintptr_t address)
{
    uint32_t slot = slot_of(address);
    while (shadow.granules[slot].execution == shadow.execution && shadow.granules[slot].address != address) {
        slot = (slot + 1) & shadow.mask;
    }
    return &shadow.granules[slot];
}

static void grow(void)
{
    struct granule *old = shadow.granules;
    uint32_t count = shadow.mask + 1;
    allocate(2 * count);
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
    granule->execution = shadow.execution;
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
    struct granule *granule = find(address);
    if (granule->execution != shadow.execution) {
        if (++shadow.used > shadow.mask / 2) {
            grow();
            granule = find(address);
        }
        make(granule, address);
    }
    return granule;
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
