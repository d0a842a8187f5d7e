/* SPDX-License-Identifier: MIT
 * The properties that an allocator under test must have, by number, and the verdict of a test: the first violation. */
#ifndef FRAMELAB_STRESS_PROPERTY_H
#define FRAMELAB_STRESS_PROPERTY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* The values are the numbers that the texts and the exit messages use. */
enum property {
    PROPERTY_NONE = 0,
    PROPERTY_OWNED_ONCE = 1,
    PROPERTY_ACCOUNT = 2,
    PROPERTY_ONLY_RAM = 3,
    PROPERTY_RUNS = 4,
    PROPERTY_NOTHING_STRANDED = 5,
    PROPERTY_ZEROED = 6,
    PROPERTY_REFERENCES = 7,
    PROPERTY_WHOLE_AGAIN = 8,
    PROPERTY_LOCK_FREE = 9,
    PROPERTY_RECLAMATION = 10,
    PROPERTY_MAGAZINES = 11,
    PROPERTY_INTERRUPTS = 12,
    PROPERTY_HARTS = 13,
    PROPERTY_COUNT = 14
};

/* "P1", "P2" ..., and what it demands in one line. */
const char *property_name(enum property property);
const char *property_text(enum property property);

/* What hart HART_NONE did, nobody did in particular. */
#define HART_NONE UINT32_MAX

#define VERDICT_TEXT_MAX 200u

/* The first violation wins; the rest are its consequences. */
struct verdict {
    _Atomic uint32_t claimed;
    _Atomic bool violated; /* set once the fields below are there */
    enum property property;
    uint32_t hart;
    uint64_t frame; /* UINT64_MAX: none in particular */
    char text[VERDICT_TEXT_MAX];
};

void verdict_init(struct verdict *verdict);

/* Any hart. `format` makes one line without the property's number. Returns false, as a check does that fails. */
__attribute__((format(printf, 5, 6))) bool verdict_violate(struct verdict *verdict, enum property property,
                                                           uint32_t hart, uint64_t frame, const char *format, ...);

static inline bool verdict_holds(const struct verdict *verdict)
{
    return !atomic_load_explicit(&verdict->violated, memory_order_acquire); /* the release in verdict_violate */
}

#endif
