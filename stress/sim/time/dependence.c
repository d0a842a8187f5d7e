/* SPDX-License-Identifier: MIT
 * See dependence.h. A table has, by place, scale and part of the value, a base and how far it is believed: as often as
 * it held for another value than before, less as often as it did not. One that is not believed gives way to what the
 * value that was asked for last would need. Where two share a slot, the later one stays: then a dependence goes unseen
 * once. */
#include "dependence.h"

#include <stdbool.h>
#include <string.h>

#define SLOTS 4096u
#define PARTS 3u /* all of a value, its low half, its high half */

#define BELIEF_MOST 3u

static struct relation {
    uintptr_t place;
    uintptr_t base;
    uint64_t value; /* for which it held last */
    uint32_t kind, belief;
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

static uint64_t part_of(const struct awaited *awaited, uint32_t part)
{
    return part == 0 ? awaited->value : part == 1 ? awaited->value & UINT32_MAX : awaited->value >> 32;
}

static bool is_under_way(const struct awaited *awaited, uint32_t part, uint64_t now_ps)
{
    return awaited->at_ps > now_ps && (part == 0 || awaited->size == 8) && part_of(awaited, part) != 0;
}

/* When the value is there by which the address is reached as at this place before; 0: by none. */
static uint64_t reached_until(const struct awaited *awaited, uint32_t count, uint64_t now_ps, const struct event *event,
                              uint32_t part, uint32_t scale)
{
    uint32_t kind = part * SCALES + scale;
    struct relation *relation = relation_of(event->place, kind);
    const struct awaited *latest = NULL;
    bool known = relation->place == event->place && relation->kind == kind;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_under_way(&awaited[i], part, now_ps)) {
            continue;
        }
        uint64_t value = part_of(&awaited[i], part);
        if (known && relation->value != value && relation->base == event->address - (uintptr_t)value * scales[scale]) {
            relation->value = value;
            relation->belief += relation->belief < BELIEF_MOST;
            return awaited[i].at_ps;
        }
        latest = latest == NULL || awaited[i].at_ps > latest->at_ps ? &awaited[i] : latest;
    }
    if (latest != NULL && known && relation->belief > 0) {
        relation->belief--;
    } else if (latest != NULL) {
        uint64_t value = part_of(latest, part);
        *relation = (struct relation){event->place, event->address - (uintptr_t)value * scales[scale], value, kind, 0};
    }
    return 0;
}

uint64_t dependence_until(const struct awaited *awaited, uint32_t count, uint64_t now_ps, const struct event *event)
{
    uint64_t until_ps = 0;
    for (uint32_t part = 0; part < PARTS; part++) {
        for (uint32_t scale = 0; scale < SCALES; scale++) {
            uint64_t at_ps = reached_until(awaited, count, now_ps, event, part, scale);
            until_ps = at_ps > until_ps ? at_ps : until_ps;
        }
    }
    return until_ps;
}
