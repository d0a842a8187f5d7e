/* SPDX-License-Identifier: MIT
 * Whether an access needs what a load that is still under way will find. No simulator that sees addresses alone can
 * know; this one takes an address for computed from a loaded value if
 *
 *      address = base + scale * value
 *
 * with the base and scale with which that was so at this place of the code the last time, for another value: a link
 * from pointer to pointer, or an index into an array. Hardware that prefetches what is reached in that way finds it
 * likewise (Yu, Hughes, Satish, Devadas: IMP: Indirect Memory Prefetcher. MICRO 2015). */
#ifndef FRAMELAB_SIM_DEPENDENCE_H
#define FRAMELAB_SIM_DEPENDENCE_H

#include <stdint.h>

#include "model.h"

/* A value of 4 or 8 bytes, of which either half may be an index, that a hart will have at `at_ps`. */
struct awaited {
    uint64_t value;
    uint64_t at_ps;
    uint32_t size;
};

/* Nothing was seen so far. */
void dependence_reset(void);
/* When the address of `event` will be known, of what is awaited after `now_ps`; 0: it is. */
uint64_t dependence_until(const struct awaited *awaited, uint32_t count, uint64_t now_ps, const struct event *event);

#endif
