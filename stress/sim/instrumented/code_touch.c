/* SPDX-License-Identifier: MIT
 * Accesses of a program to its frames. See code_touch.h. */
#include "code_touch.h"

void frame_touch_write(uint64_t *word, uint64_t value)
{
    *word = value;
}

uint64_t frame_touch_read(const uint64_t *word)
{
    return *word;
}

uint64_t frame_counter_read(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void frame_mail_leave(_Atomic uint32_t *box)
{
    atomic_fetch_add_explicit(box, 1, memory_order_release);
}

uint32_t frame_mail_take(_Atomic uint32_t *box)
{
    uint32_t left = atomic_load_explicit(box, memory_order_acquire);
    while (left > 0 &&
           !atomic_compare_exchange_weak_explicit(box, &left, left - 1, memory_order_acquire, memory_order_acquire)) {
    }
    return left > 0;
}
