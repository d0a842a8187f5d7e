/* SPDX-License-Identifier: MIT
 * The one seam for porting: everything that core and the variants need from where they run. A platform (host,
 * qemu, sim) provides these functions and, on the include path, `platform_inline.h` with those that must cost
 * next to nothing. Nothing outside a platform's own folder asks which platform it is. */
#ifndef FRAMELAB_CORE_PLATFORM_H
#define FRAMELAB_CORE_PLATFORM_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"
#include "hart_set.h"

/* From platform_inline.h:
 *
 * static inline uint32_t platform_hart_id(void);
 *     The calling hart's number, 0 .. platform_hart_count() - 1, or HART_NONE for who was given none. Does not change
 *     inside an operation of the allocator. Two callers that run at one time never have one number: the platform
 *     refuses to give it twice. Who gets a number sees all that was done under it before.
 *
 * static inline void platform_relax(void);
 *     Called in every turn of a waiting loop: lets the hart waited for run, in the end (it may outnumber the cores).
 *
 * static inline void platform_barrier_light(void);
 *     The fast side of the asymmetric barrier: orders the calling hart's accesses around it against any other
 *     hart's platform_barrier_heavy(). A compiler barrier on every platform.
 *
 * static inline void platform_prefetch(const void *address);
 *     Asks for a cache line that the hart will soon write; changes nothing but time. Any address.
 *
 * static inline void platform_hook_at(const char *place);
 *     See platform_hook.
 */
#include "platform_inline.h"

/* No hart. As a signed number, -1: the place in front of the harts of an allocator, where the sentinel stands that
 * refuses (hart_cache.h, 7). */
#define HART_NONE UINT32_MAX

/* Called before each shared access of the slow paths, so that a test can stop or delay a hart there; nothing in
 * ordinary builds. Never on a fast path. In core and the variants it stands in the operations of atomic.h and ck.h
 * only. */
#define platform_hook() platform_hook_at(__func__)

/* Harts that take part; no caller has a number as high. Constant while there is an allocator. */
uint32_t platform_hart_count(void);

/* The slow side of the asymmetric barrier. True: on return every hart has passed a full fence since the call, the
 * caller too; one that has not come up yet passes it before it does anything, one that has left does nothing more.
 * False: all but those in *silent have; of a silent hart nothing is known, it may be in the middle of anything, and
 * what it has for itself may not be touched. *silent is written in either case, and the caller is never in it.
 * Callable on any hart, by several at once, with interrupts on or off; bounded; never waits for a hart to leave a
 * critical section.
 *
 * The host: membarrier(2), or what stands for it; the kernel answers for a thread, whatever that does, so no hart
 * is ever silent. QEMU: an inter-processor interrupt; a hart answers where its interrupts are on, after a rest, at
 * each turn of platform_relax, and while it waits in a barrier of its own. The simulator: a modelled fence, which a
 * hart may be told not to answer.
 *
 * What a kernel must guarantee: for safety, nothing. For caches to be drained (until then allocations may answer
 * FRAME_CONTENDED) and for arenas to be removed: that each hart comes to such a place within a bounded time. */
bool platform_barrier_heavy(struct hart_set *silent);

/* Turns the calling hart's interrupts off, as far as their handlers may call the allocator, and back on; the first says
 * whether they were on, which the second is to be told. Used by who holds a lock that a handler may want (baseline's
 * -irq locks); lockfree needs neither. On the host: signals of the calling thread. */
bool platform_interrupts_off(void);
void platform_interrupts_restore(bool were_on);

/* Monotonic time in nanoseconds; simulated time in the simulator; meaningless but monotonic in QEMU. */
uint64_t platform_time_ns(void);

/* Where physical memory is visible. Valid for any address inside RAM of the memory map. */
void *platform_phys_to_virt(phys_addr_t addr);

/* True if RAM is known to hold zeroes before its first use (a fresh anonymous mapping on the host). Lets init
 * leave metadata untouched that is zero anyway. */
bool platform_ram_is_zero(void);

/* One line to the log (stderr on the host, the console in QEMU); no newline in the format. */
__attribute__((format(printf, 1, 2))) void platform_log(const char *format, ...);

/* One line to the log, then the end of everything. For broken invariants, never for bad input. */
__attribute__((format(printf, 1, 2))) _Noreturn void platform_panic(const char *format, ...);

/* A sleeping lock, where the platform has one. */
struct platform_mutex {
    _Alignas(16) unsigned char storage[64];
};

/* Returns false if the platform has no sleeping lock; then the others may not be called. */
bool platform_mutex_init(struct platform_mutex *mutex);
void platform_mutex_lock(struct platform_mutex *mutex);
/* Takes the lock if that can be done at once: an honest count of waits needs it. */
bool platform_mutex_trylock(struct platform_mutex *mutex);
void platform_mutex_unlock(struct platform_mutex *mutex);

/* An invariant of our own. Never for outside input. Kept in release builds on cold paths; FRAME_DEBUG_ASSERT on
 * hot ones exists only with -DFRAMELAB_DEBUG. */
#define FRAME_ASSERT(condition)                                                                                        \
    do {                                                                                                               \
        if (__builtin_expect(!(condition), 0)) {                                                                       \
            platform_panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #condition);                             \
        }                                                                                                              \
    } while (0)

#ifdef FRAMELAB_DEBUG
#define FRAME_DEBUG_ASSERT(condition) FRAME_ASSERT(condition)
#else
#define FRAME_DEBUG_ASSERT(condition) ((void)sizeof(condition))
#endif

#endif
