/* SPDX-License-Identifier: MIT
 * See dependence.h. A table has, by place, scale and part of the value, the value and the base that were seen last.
 * Where two share a slot, the later one stays: then a dependence goes unseen once. */
#include "dependence.h"

#include <stdbool.h>
#include <string.h>

#define SLOTS 4096u
#define PARTS 3u /* all of a value, its low half, its high half */

static struct relation {
    uintptr_t place;
    uintptr_t base;
    uint64_t value;
    uint32_t kind;
} relations[SLOTS];

static const uint32_t scales[] = {1, 4, 8, 64};
#define SCALES ((uint32_t)(sizeof scales / sizeof *scales))

void dependence_reset(void)
{
    memset(relations, 0, sizeof relations);
}

static struct relation *relation_of(uintptr_t place, uint32_t kind)
{
    uint64_t hash = ((uint64_t)place * 16 + kind) * UINT64_C(0x9e3779b97f4a7c15);
    return &relations[hash >> 32 & (SLOTS - 1)];
}

/* Whether the address is reached by the value as the last one was by another; it is remembered for the next one. */
static bool is_reached(uint64_t value, const struct event *event, uint32_t kind, uint32_t scale)
{
    struct relation *relation = relation_of(event->place, kind);
    const struct relation now = {event->place, event->address - (uintptr_t)value * scale, value, kind};
    bool reached = relation->place == now.place && relation->kind == kind && relation->base == now.base &&
                   relation->value != value;
    *relation = now;
    return reached;
}

uint64_t dependence_until(const struct awaited *awaited, uint32_t count, uint64_t now_ps, const struct event *event)
{
    uint64_t until_ps = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t values[PARTS] = {awaited[i].value, awaited[i].value & UINT32_MAX, awaited[i].value >> 32};
        for (uint32_t part = 0; part < (awaited[i].size == 8 ? PARTS : 1) && awaited[i].at_ps > now_ps; part++) {
            for (uint32_t scale = 0; scale < SCALES && values[part] != 0; scale++) {
                bool reached = is_reached(values[part], event, part * SCALES + scale, scales[scale]);
                until_ps = reached && awaited[i].at_ps > until_ps ? awaited[i].at_ps : until_ps;
            }
        }
    }
    return until_ps;
}
