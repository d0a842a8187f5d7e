/* SPDX-License-Identifier: MIT
 * What instrumented code calls: by the compiler's doing (hooks.c) or by Concurrency Kit's port (port.c). The names are
 * the compiler's; nobody else calls them. */
#ifndef FRAMELAB_SIM_HOOKS_H
#define FRAMELAB_SIM_HOOKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

uint64_t sim_ck_load(const void *from, unsigned size);
void sim_ck_store(void *to, uint64_t value, unsigned size);
uint64_t sim_ck_rmw(void *target, unsigned size, unsigned operation, uint64_t operand);
bool sim_ck_cas(void *target, unsigned size, uint64_t expected, uint64_t set, uint64_t *found);
bool sim_ck_cas_2(void *target, const void *expected, const void *set, void *found);
void sim_ck_fence(unsigned order);
void sim_ck_stall(void);

/* memcpy, memmove and memset of instrumented code: renamed to these when the simulator is linked. */
void *sim_memcpy(void *to, const void *from, size_t bytes);
void *sim_memmove(void *to, const void *from, size_t bytes);
void *sim_memset(void *to, int byte, size_t bytes);

#endif
