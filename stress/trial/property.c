/* SPDX-License-Identifier: MIT
 * The properties and the verdict. See property.h. */
#include "property.h"

#include <stdio.h>
#include <string.h>

#include "format_into.h"

static const struct {
    const char *name, *text;
} PROPERTIES[PROPERTY_COUNT] = {
    [PROPERTY_NONE] = {"P0", "no property"},
    [PROPERTY_OWNED_ONCE] = {"P1", "no frame is owned twice"},
    [PROPERTY_ACCOUNT] = {"P2", "at rest, free + allocated + cached + limbo = total"},
    [PROPERTY_ONLY_RAM] = {"P3", "nothing outside RAM, in a hole or reserved is handed out"},
    [PROPERTY_RUNS] = {"P4", "runs are contiguous, aligned and exactly as long as asked"},
    [PROPERTY_NOTHING_STRANDED] = {"P5", "an allocation fails only if no free memory anywhere meets it"},
    [PROPERTY_ZEROED] = {"P6", "zeroed memory is zero"},
    [PROPERTY_REFERENCES] = {"P7", "reference counts are right, and a wrong call is refused and changes nothing"},
    [PROPERTY_WHOLE_AGAIN] = {"P8", "when all is freed, the largest run is back"},
    [PROPERTY_LOCK_FREE] = {"P9", "with any one hart stopped, the others finish"},
    [PROPERTY_RECLAMATION] = {"P10", "no access to an arena's metadata after its reclamation"},
    [PROPERTY_MAGAZINES] = {"P11", "at most one global access in as many operations as a magazine holds"},
    [PROPERTY_INTERRUPTS] = {"P12", "an interrupt at any instruction may allocate and free, and all else holds"},
    [PROPERTY_HARTS] = {"P13", "a hart that has left holds nothing, and one that ended can be taken over"},
};

const char *property_name(enum property property)
{
    return PROPERTIES[property].name;
}

const char *property_text(enum property property)
{
    return PROPERTIES[property].text;
}

void verdict_init(struct verdict *verdict)
{
    memset(verdict, 0, sizeof *verdict);
}

bool verdict_violate(struct verdict *verdict, enum property property, uint32_t hart, uint64_t frame, const char *format,
                     ...)
{
    if (atomic_exchange_explicit(&verdict->claimed, 1, memory_order_relaxed) != 0) {
        return false; /* somebody was first; his fields are published by the release below */
    }
    verdict->property = property;
    verdict->hart = hart;
    verdict->frame = frame;
    format_into(verdict->text, format);
    atomic_store_explicit(&verdict->violated, true, memory_order_release); /* the acquire in verdict_holds */
    return false;
}
