/* SPDX-License-Identifier: MIT
 * The functions that code compiled with -fsanitize=thread calls in place of each atomic access to memory, or before a
 * plain one. gcc and clang have the same names for them except for compare-and-exchange (gcc `_strong` and `_weak`,
 * clang `_val`), for memory intrinsics (clang `__tsan_`), and for the order in which they number memory orders; all are
 * here.
 *
 * Plain accesses of the running hart to its own stack are no events, since no other hart looks there; atomic ones are
 * (the node of a queued lock). Accesses of other harts to that stack are events. */
#include "hooks.h"

#include <string.h>

#include "model.h"
#include "run.h"

#define PLACE ((uintptr_t)__builtin_return_address(0))
#define GRANULE 16u

/* ---- plain accesses ---- */

static void plain_event(enum event_kind kind, uintptr_t at, size_t size, uintptr_t place)
{
    struct event event;
    event.kind = kind; /* the rest says nothing of a plain access: this is called millions of times a second */
    event.size = (uint8_t)size;
    event.order = ORDER_RELAXED;
    event.address = at;
    event.place = place;
    (void)model_event(&event);
}

static inline void plain(enum event_kind kind, const void *address, size_t bytes, uintptr_t place)
{
    uintptr_t at = (uintptr_t)address;
    if (run_self() == RUN_NOBODY || run_on_own_stack(at)) {
        return;
    }
    for (size_t room = GRANULE - at % GRANULE; bytes > room; room = GRANULE) {
        plain_event(kind, at, room, place);
        at += room;
        bytes -= room;
    }
    if (bytes > 0) {
        plain_event(kind, at, bytes, place);
    }
}

#define PLAIN(BYTES)                                                                                                   \
    void __tsan_read##BYTES(void *address);                                                                            \
    void __tsan_read##BYTES(void *address)                                                                             \
    {                                                                                                                  \
        plain(EVENT_PLAIN_LOAD, address, BYTES, PLACE);                                                                \
    }                                                                                                                  \
    void __tsan_write##BYTES(void *address);                                                                           \
    void __tsan_write##BYTES(void *address)                                                                            \
    {                                                                                                                  \
        plain(EVENT_PLAIN_STORE, address, BYTES, PLACE);                                                               \
    }
#define UNALIGNED(BYTES)                                                                                               \
    void __tsan_unaligned_read##BYTES(void *address);                                                                  \
    void __tsan_unaligned_read##BYTES(void *address)                                                                   \
    {                                                                                                                  \
        plain(EVENT_PLAIN_LOAD, address, BYTES, PLACE);                                                                \
    }                                                                                                                  \
    void __tsan_unaligned_write##BYTES(void *address);                                                                 \
    void __tsan_unaligned_write##BYTES(void *address)                                                                  \
    {                                                                                                                  \
        plain(EVENT_PLAIN_STORE, address, BYTES, PLACE);                                                               \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)
UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)

void __tsan_read_range(void *address, size_t bytes);
void __tsan_read_range(void *address, size_t bytes)
{
    plain(EVENT_PLAIN_LOAD, address, bytes, PLACE);
}

void __tsan_write_range(void *address, size_t bytes);
void __tsan_write_range(void *address, size_t bytes)
{
    plain(EVENT_PLAIN_STORE, address, bytes, PLACE);
}

static void *copy(void *to, const void *from, size_t bytes, uintptr_t place)
{
    plain(EVENT_PLAIN_LOAD, from, bytes, place);
    plain(EVENT_PLAIN_STORE, to, bytes, place);
    return memmove(to, from, bytes);
}

static void *set(void *to, int byte, size_t bytes, uintptr_t place)
{
    plain(EVENT_PLAIN_STORE, to, bytes, place);
    return memset(to, byte, bytes);
}

#define INTRINSICS(PREFIX)                                                                                             \
    void *PREFIX##memcpy(void *to, const void *from, size_t bytes)                                                     \
    {                                                                                                                  \
        return copy(to, from, bytes, PLACE);                                                                           \
    }                                                                                                                  \
    void *PREFIX##memmove(void *to, const void *from, size_t bytes)                                                    \
    {                                                                                                                  \
        return copy(to, from, bytes, PLACE);                                                                           \
    }                                                                                                                  \
    void *PREFIX##memset(void *to, int byte, size_t bytes)                                                             \
    {                                                                                                                  \
        return set(to, byte, bytes, PLACE);                                                                            \
    }
void *__tsan_memcpy(void *to, const void *from, size_t bytes);
void *__tsan_memmove(void *to, const void *from, size_t bytes);
void *__tsan_memset(void *to, int byte, size_t bytes);
INTRINSICS(sim_)
INTRINSICS(__tsan_)

/* ---- C11 atomics: outside of harts, where memory is looked through frame by frame, without an event ---- */

/* Arguments of these macros are types; signatures are the compiler's.
 * NOLINTBEGIN(bugprone-macro-parentheses, readability-non-const-parameter) */

static uint8_t order_of(int order)
{
    switch (order) {
    case __ATOMIC_RELAXED:
        return ORDER_RELAXED;
    case __ATOMIC_CONSUME:
    case __ATOMIC_ACQUIRE:
        return ORDER_ACQUIRE;
    case __ATOMIC_RELEASE:
        return ORDER_RELEASE;
    case __ATOMIC_ACQ_REL:
        return ORDER_ACQ_REL;
    default:
        return ORDER_SEQ_CST;
    }
}

static inline value_t compare(const volatile void *target, uint8_t size, value_t expected, value_t set, int order,
                              int order_failed, uintptr_t place)
{
    struct event event = {.kind = EVENT_RMW,
                          .size = size,
                          .order = order_of(order),
                          .order_failed = order_of(order_failed),
                          .operation = RMW_COMPARE,
                          .address = (uintptr_t)target,
                          .place = place,
                          .operand = set,
                          .expected = expected};
    return model_event(&event);
}

#define ATOMIC_RMW(BITS, T, NAME, OPERATION)                                                                           \
    T __tsan_atomic##BITS##_##NAME(volatile T *target, T operand, int order);                                          \
    T __tsan_atomic##BITS##_##NAME(volatile T *target, T operand, int order)                                           \
    {                                                                                                                  \
        struct event event = {.kind = EVENT_RMW,                                                                       \
                              .size = (BITS) / 8,                                                                      \
                              .order = order_of(order),                                                                \
                              .operation = OPERATION,                                                                  \
                              .address = (uintptr_t)target,                                                            \
                              .place = PLACE,                                                                          \
                              .operand = operand};                                                                     \
        return (T)model_event(&event);                                                                                 \
    }

#define ATOMIC_COMPARE(BITS, T, NAME)                                                                                  \
    int __tsan_atomic##BITS##_compare_exchange_##NAME(volatile T *target, T *expected, T set, int order,               \
                                                      int order_failed);                                               \
    int __tsan_atomic##BITS##_compare_exchange_##NAME(volatile T *target, T *expected, T set, int order,               \
                                                      int order_failed)                                                \
    {                                                                                                                  \
        T wanted = *expected;                                                                                          \
        T found = (T)compare(target, (BITS) / 8, wanted, set, order, order_failed, PLACE);                             \
        *expected = found;                                                                                             \
        return found == wanted;                                                                                        \
    }

#define ATOMIC(BITS, T)                                                                                                \
    T __tsan_atomic##BITS##_load(const volatile T *from, int order);                                                   \
    T __tsan_atomic##BITS##_load(const volatile T *from, int order)                                                    \
    {                                                                                                                  \
        if (run_self() == RUN_NOBODY) {                                                                                \
            return *from;                                                                                              \
        }                                                                                                              \
        struct event event = {.kind = EVENT_LOAD,                                                                      \
                              .size = (BITS) / 8,                                                                      \
                              .order = order_of(order),                                                                \
                              .address = (uintptr_t)from,                                                              \
                              .place = PLACE};                                                                         \
        return (T)model_event(&event);                                                                                 \
    }                                                                                                                  \
    void __tsan_atomic##BITS##_store(volatile T *to, T value, int order);                                              \
    void __tsan_atomic##BITS##_store(volatile T *to, T value, int order)                                               \
    {                                                                                                                  \
        if (run_self() == RUN_NOBODY) {                                                                                \
            *to = value;                                                                                               \
            return;                                                                                                    \
        }                                                                                                              \
        struct event event = {.kind = EVENT_STORE,                                                                     \
                              .size = (BITS) / 8,                                                                      \
                              .order = order_of(order),                                                                \
                              .address = (uintptr_t)to,                                                                \
                              .place = PLACE,                                                                          \
                              .operand = value};                                                                       \
        (void)model_event(&event);                                                                                     \
    }                                                                                                                  \
    T __tsan_atomic##BITS##_compare_exchange_val(volatile T *target, T expected, T set, int order, int order_failed);  \
    T __tsan_atomic##BITS##_compare_exchange_val(volatile T *target, T expected, T set, int order, int order_failed)   \
    {                                                                                                                  \
        return (T)compare(target, (BITS) / 8, expected, set, order, order_failed, PLACE);                              \
    }                                                                                                                  \
    ATOMIC_COMPARE(BITS, T, strong)                                                                                    \
    ATOMIC_COMPARE(BITS, T, weak)                                                                                      \
    ATOMIC_RMW(BITS, T, exchange, RMW_EXCHANGE)                                                                        \
    ATOMIC_RMW(BITS, T, fetch_add, RMW_ADD)                                                                            \
    ATOMIC_RMW(BITS, T, fetch_sub, RMW_SUB)                                                                            \
    ATOMIC_RMW(BITS, T, fetch_and, RMW_AND)                                                                            \
    ATOMIC_RMW(BITS, T, fetch_or, RMW_OR)                                                                              \
    ATOMIC_RMW(BITS, T, fetch_xor, RMW_XOR)                                                                            \
    ATOMIC_RMW(BITS, T, fetch_nand, RMW_NAND)

ATOMIC(8, uint8_t)
ATOMIC(16, uint16_t)
ATOMIC(32, uint32_t)
ATOMIC(64, uint64_t)
ATOMIC(128, value_t)

/* NOLINTEND(bugprone-macro-parentheses, readability-non-const-parameter) */

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    struct event event = {.kind = EVENT_FENCE, .order = order_of(order), .place = PLACE};
    (void)model_event(&event);
}

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
    (void)order; /* for the compiler only */
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
    (void)caller;
}

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}
