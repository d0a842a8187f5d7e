/* SPDX-License-Identifier: MIT
 * The events of one execution, for people: harts in columns, source lines, values, and the store that a load of an old
 * value read. */
#ifndef FRAMELAB_SIM_TRACE_H
#define FRAMELAB_SIM_TRACE_H

#include <stdio.h>

#include "memory_model.h"

void trace_begin(void);
void trace_event(uint32_t hart, const struct event *event, uint64_t step, value_t value,
                 const struct memory_found *found);
/* The last `most` events; 0: all. */
void trace_print(FILE *out, uint32_t harts, uint64_t most);

/* "lockfree/chunk.c:17, take_bits" of a code address (as an event's place has it), or the address as a number. */
void trace_place(uintptr_t place, char *out, size_t bytes);

#endif
