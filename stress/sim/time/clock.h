/* SPDX-License-Identifier: MIT
 * Which hart's clock is least. A binary heap of the harts that can run, by (clock, hart): equal clocks are taken in the
 * order of hart numbers, so that the order is the same everywhere. */
#ifndef FRAMELAB_SIM_CLOCK_H
#define FRAMELAB_SIM_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

void clock_reset(void);
/* Hart numbers are below HART_MAX; a hart is in the heap at most once. */
void clock_insert(uint32_t hart, uint64_t ps);
void clock_remove(uint32_t hart);
/* The clock of a hart in the heap moves on. */
void clock_advance(uint32_t hart, uint64_t ps);
/* The hart that is first, or RUN_NOBODY. */
uint32_t clock_first(void);

#endif
