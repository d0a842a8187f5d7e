/* SPDX-License-Identifier: MIT
 * Accesses to what several harts use. An operation's name says three things: who stops there, what it does, and in what
 * memory order.
 *
 * 1. Hooks. A hook is a call by which a test stops or delays a hart just before an access (platform_hook in
 *    platform.h): the proof of P9 stops one at each hook in turn, and the schedule of the kernel in QEMU changes harts
 *    there. In an ordinary build for the host it is nothing.
 * 2. `shared_` operations have one, and belong to the slow paths: variants, drain, reclamation, arenas that come and
 *    go. The hook gets the name of the function in which the operation is written. Concurrency Kit's are in ck.h.
 *        shared_call     a call that is such an access, or has one inside
 *        shared_begin    the hook alone: what follows, several `bare_` or plain accesses or a choice of them, is one
 *                        step for a test
 * 3. `bare_` operations have none. They are: all accesses of a cache hit, which is to cost nothing, and of the counts;
 *    words that one hart writes and others read as a hint; sums for statistics; and the turns of a waiting loop, since
 *    platform_relax has a hook of its own.
 * 4. Orders. The last word of a name is the order: relaxed, acquire, release, or seq_cst (sequentially consistent). A
 *    compare-and-swap that fails is relaxed, unless its name has a second order for that. Why an order is enough stands
 *    where the operation is called, with its partner. The order is in the name, and there is no name without one, so
 *    that nobody gets an order that he did not choose, and a weaker one cannot be overlooked as an argument among
 *    others can. An operation in an order that nobody uses has no name here.
 *
 * All are as generic as those of <stdatomic.h>: for any _Atomic object, as wide as it is. */
#ifndef FRAMELAB_CORE_ATOMIC_H
#define FRAMELAB_CORE_ATOMIC_H

#include <stdatomic.h>

#include "platform.h"

/* ---- without a hook ---- */

#define bare_load_relaxed(object) atomic_load_explicit(object, memory_order_relaxed)
#define bare_load_acquire(object) atomic_load_explicit(object, memory_order_acquire)
#define bare_load_seq_cst(object) atomic_load_explicit(object, memory_order_seq_cst)

#define bare_store_relaxed(object, value) atomic_store_explicit(object, value, memory_order_relaxed)
#define bare_store_release(object, value) atomic_store_explicit(object, value, memory_order_release)
#define bare_store_seq_cst(object, value) atomic_store_explicit(object, value, memory_order_seq_cst)

/* The old value. */
#define bare_exchange_acquire(object, value) atomic_exchange_explicit(object, value, memory_order_acquire)
#define bare_add_relaxed(object, value) atomic_fetch_add_explicit(object, value, memory_order_relaxed)
#define bare_add_acquire(object, value) atomic_fetch_add_explicit(object, value, memory_order_acquire)
#define bare_sub_relaxed(object, value) atomic_fetch_sub_explicit(object, value, memory_order_relaxed)
#define bare_sub_release(object, value) atomic_fetch_sub_explicit(object, value, memory_order_release)
#define bare_and_relaxed(object, value) atomic_fetch_and_explicit(object, value, memory_order_relaxed)
#define bare_or_relaxed(object, value) atomic_fetch_or_explicit(object, value, memory_order_relaxed)
#define bare_or_seq_cst(object, value) atomic_fetch_or_explicit(object, value, memory_order_seq_cst)

/* Whether *object was *expected, and is now `value`; else *expected is what it was. A weak one may fail without cause.
 */
#define bare_cas_weak_relaxed(object, expected, value)                                                                 \
    atomic_compare_exchange_weak_explicit(object, expected, value, memory_order_relaxed, memory_order_relaxed)
#define bare_cas_weak_acquire(object, expected, value)                                                                 \
    atomic_compare_exchange_weak_explicit(object, expected, value, memory_order_acquire, memory_order_relaxed)
#define bare_cas_weak_release_acquire(object, expected, value)                                                         \
    atomic_compare_exchange_weak_explicit(object, expected, value, memory_order_release, memory_order_acquire)
#define bare_cas_strong_acquire(object, expected, value)                                                               \
    atomic_compare_exchange_strong_explicit(object, expected, value, memory_order_acquire, memory_order_relaxed)
#define bare_cas_strong_seq_cst(object, expected, value)                                                               \
    atomic_compare_exchange_strong_explicit(object, expected, value, memory_order_seq_cst, memory_order_relaxed)

#define fence_acquire() atomic_thread_fence(memory_order_acquire)
#define fence_release() atomic_thread_fence(memory_order_release)
#define fence_seq_cst() atomic_thread_fence(memory_order_seq_cst)

/* A counter with one writer: a load and a store make an increment. Relaxed: readers want a number, not an order. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n)
{
    bare_store_relaxed(counter, bare_load_relaxed(counter) + n);
}

/* ---- with a hook before ---- */

#define shared_begin() platform_hook()
#define shared_call(call) (platform_hook(), (call))

#define shared_load_relaxed(object) shared_call(bare_load_relaxed(object))
#define shared_load_acquire(object) shared_call(bare_load_acquire(object))
#define shared_load_seq_cst(object) shared_call(bare_load_seq_cst(object))

#define shared_store_relaxed(object, value) shared_call(bare_store_relaxed(object, value))
#define shared_store_release(object, value) shared_call(bare_store_release(object, value))
#define shared_store_seq_cst(object, value) shared_call(bare_store_seq_cst(object, value))

#define shared_exchange_acquire(object, value) shared_call(bare_exchange_acquire(object, value))
#define shared_add_relaxed(object, value) shared_call(bare_add_relaxed(object, value))
#define shared_sub_release(object, value) shared_call(bare_sub_release(object, value))
#define shared_and_relaxed(object, value) shared_call(bare_and_relaxed(object, value))
#define shared_or_relaxed(object, value) shared_call(bare_or_relaxed(object, value))
#define shared_or_seq_cst(object, value) shared_call(bare_or_seq_cst(object, value))

#define shared_cas_weak_acquire(object, expected, value) shared_call(bare_cas_weak_acquire(object, expected, value))
#define shared_cas_strong_acquire(object, expected, value) shared_call(bare_cas_strong_acquire(object, expected, value))
#define shared_cas_strong_seq_cst(object, expected, value) shared_call(bare_cas_strong_seq_cst(object, expected, value))

#endif
