/* SPDX-License-Identifier: MIT
 * The simulator's side of ck/ck_pr.h: one call of Concurrency Kit is one event. */
#include <string.h>

#include "hooks.h"
#include "model.h"

#define PLACE ((uintptr_t)__builtin_return_address(0))

uint64_t sim_ck_load(const void *from, unsigned size)
{
    struct event event = {.kind = EVENT_LOAD, .size = (uint8_t)size, .address = (uintptr_t)from, .place = PLACE};
    return (uint64_t)model_event(&event);
}

void sim_ck_store(void *to, uint64_t value, unsigned size)
{
    struct event event = {
        .kind = EVENT_STORE, .size = (uint8_t)size, .address = (uintptr_t)to, .place = PLACE, .operand = value};
    (void)model_event(&event);
}

uint64_t sim_ck_rmw(void *target, unsigned size, unsigned operation, uint64_t operand)
{
    struct event event = {.kind = EVENT_RMW,
                          .size = (uint8_t)size,
                          .operation = (enum rmw)operation,
                          .address = (uintptr_t)target,
                          .place = PLACE,
                          .operand = operand};
    return (uint64_t)model_event(&event);
}

static uint64_t cut(uint64_t value, unsigned size)
{
    return size == 8 ? value : value & ((UINT64_C(1) << size * 8) - 1);
}

bool sim_ck_cas(void *target, unsigned size, uint64_t expected, uint64_t set, uint64_t *found)
{
    struct event event = {.kind = EVENT_RMW,
                          .size = (uint8_t)size,
                          .operation = RMW_COMPARE,
                          .address = (uintptr_t)target,
                          .place = PLACE,
                          .operand = set,
                          .expected = cut(expected, size)};
    *found = (uint64_t)model_event(&event);
    return *found == cut(expected, size);
}

bool sim_ck_cas_2(void *target, const void *expected, const void *set, void *found)
{
    struct event event = {
        .kind = EVENT_RMW, .size = 16, .operation = RMW_COMPARE, .address = (uintptr_t)target, .place = PLACE};
    memcpy(&event.expected, expected, 16);
    memcpy(&event.operand, set, 16);
    value_t old = model_event(&event);
    memcpy(found, &old, 16);
    return old == event.expected;
}

void sim_ck_fence(unsigned order)
{
    struct event event = {.kind = EVENT_FENCE, .order = (uint8_t)order, .place = PLACE};
    (void)model_event(&event);
}

void sim_ck_stall(void)
{
    struct event event = {.kind = EVENT_RELAX, .place = PLACE};
    (void)model_event(&event);
}
