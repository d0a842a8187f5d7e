/* SPDX-License-Identifier: MIT
 * Data races: two accesses to the same bytes by two harts, at least one of them a plain one and at least one a write,
 * that nothing orders. See races.c. */
#ifndef FRAMELAB_SIM_RACES_H
#define FRAMELAB_SIM_RACES_H

#include "shadow.h"

/* Called once for the first race of an execution. */
typedef void races_found(const struct shadow_cell *self, const struct shadow_cell *other, uintptr_t address);

void races_begin(uint32_t harts, races_found *found);

/* A plain access, or an atomic store, to bytes inside one granule; `bytes` has a bit for each. */
void races_read(uint32_t hart, struct granule *granule, uint8_t bytes, uintptr_t address, uintptr_t place);
void races_write(uint32_t hart, struct granule *granule, uint8_t bytes, uintptr_t address, uintptr_t place);
void races_atomic_write(uint32_t hart, struct granule *granule, uint8_t bytes, uintptr_t place);

/* What orders. `order` is a fence's. */
void races_fence(uint32_t hart, uint8_t order);
/* The same by another hart's doing, in the midst of whatever the hart is about. */
void races_fenced_by_other(uint32_t hart, uint8_t order);
/* An atomic load found a value with that message; `order` is the load's. */
void races_loaded(uint32_t hart, const struct message *message, uint8_t order, uint64_t value, bool is_pointer_size);
/* What a store of that order, made now, carries. */
void races_message(uint32_t hart, uint8_t order, struct message *message);
/* Adds what another message carries: a read-modify-write passes on what it found. */
void races_pass_on(struct message *message, const struct message *found);
/* Everything that `by` did comes before everything that `hart` does. */
void races_join(uint32_t hart, uint32_t by);

/* The hart's looks were in earnest (it acts on them), or in vain (its compare-and-swap failed). */
void races_confirm(uint32_t hart);
void races_dismiss(uint32_t hart);
/* A handler begins, and ends; meanwhile these are about its own looks alone. What begin returns, end is to be told. */
uint32_t races_interrupt(uint32_t hart);
void races_resume(uint32_t hart, uint32_t before);
/* The hart has ended, in whatever handlers it was: nobody knows what it would have made of its looks. */
void races_end(uint32_t hart);

#endif
