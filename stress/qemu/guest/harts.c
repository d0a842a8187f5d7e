/* SPDX-License-Identifier: MIT
 * Harts: bringing them up, running a function on all of them, waiting for one another. See kernel.h.
 *
 * 1. Sleep. A hart that waits sleeps in arch_rest with interrupts off, after a last look at what it waits for; whoever
 *    changes that pokes it afterwards, and a poke that comes between the look and the rest ends the rest at once. So no
 *    wake-up is lost, and a waiting hart costs nothing.
 * 2. The asymmetric barrier. The caller draws a number, and every other hart that is online answers it: by the handler
 *    of the interrupt that it is sent, or after a rest, which may have swallowed the interrupt. An answer is a full
 * fence and then a store of the newest number. The caller answers others' requests while it waits, so that two callers
 * do not wait for each other. A hart that was stopped for good has nothing left to order.
 * 3. Hart 0 is the one that the firmware started; the others have the FDT's order. */
#include "harness.h"
#include "kernel.h"
#include "platform.h"

struct kernel_hart kernel_harts[HART_MAX];
uint32_t kernel_hart_count = 1;
_Thread_local struct kernel_hart *kernel_hart;

/* The work of a run. Written before `round` is, with release. */
static struct {
    void (*body)(void *context, uint32_t hart);
    void *context;
    uint32_t count;
    _Atomic uint32_t round;
    _Atomic uint32_t running;
} work;

static _Atomic uint64_t fence_requests;

/* ---- the fence ---- */

/* Acquire: harts_fence draws the number. The fence: those of harts_fence, for what is around either call. Release: for
 * has_answered. Relaxed: only the calling hart writes it. */
void harts_answer(void)
{
    uint64_t newest = atomic_load_explicit(&fence_requests, memory_order_acquire);
    if (atomic_load_explicit(&kernel_hart->fences, memory_order_relaxed) < newest) {
        atomic_thread_fence(memory_order_seq_cst);
        atomic_store_explicit(&kernel_hart->fences, newest, memory_order_release);
    }
}

/* Acquire: of `online`, hart_leave and hart_main; of `fences`, harts_answer. */
static bool has_answered(const struct kernel_hart *hart, uint64_t request)
{
    return atomic_load_explicit(&hart->online, memory_order_acquire) == 0 ||
           atomic_load_explicit(&hart->fences, memory_order_acquire) >= request;
}

/* Its fences and that of harts_answer are pairs: what the caller stored before the first is seen by an answering hart
 * after its own, and what that hart stored before is seen by the caller after the second. Release: for harts_answer. */
void harts_fence(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    uint64_t request = atomic_fetch_add_explicit(&fence_requests, 1, memory_order_release) + 1;
    arch_poke_all();
    for (uint32_t i = 0; i < kernel_hart_count; i++) {
        while (&kernel_harts[i] != kernel_hart && !has_answered(&kernel_harts[i], request)) {
            schedule_relax();
        }
    }
    atomic_thread_fence(memory_order_seq_cst);
}

/* ---- sleeping ---- */

/* Looked at whenever a hart rests, and before the machine ends: nothing that was done by then counts if it is gone. */
void hart_check_stack(void)
{
    if (*(const volatile uint64_t *)kernel_hart->stack_bottom != STACK_GUARD) {
        trap_panic((uintptr_t)__builtin_return_address(0), (uintptr_t)__builtin_frame_address(0),
                   "its stack of %lu bytes is overrun", (unsigned long)HART_STACK_BYTES);
    }
}

/* Acquire: whoever changes the word releases: harts_run and work_done, hart_barrier_wait, hart_main. */
void hart_sleep_while(const _Atomic uint32_t *word, uint32_t value)
{
    hart_check_stack();
    bool enabled = arch_interrupts_off();
    while (atomic_load_explicit(word, memory_order_acquire) == value) {
        schedule_rest();
        arch_rest();
        schedule_resume();
        harts_answer();
    }
    arch_interrupts_restore(enabled);
}

/* ---- harness.h ---- */

/* Release: for harts_run, which by the last one's store sees what all did. */
static void work_done(void)
{
    if (atomic_fetch_sub_explicit(&work.running, 1, memory_order_release) == 1) {
        arch_poke(&kernel_harts[0]);
    }
}

/* Release: for has_answered. */
void hart_leave(void)
{
    atomic_store_explicit(&kernel_hart->online, 0, memory_order_release);
    work_done();
}

/* Release: for harts_bring_up and has_answered. Acquire: harts_run. */
void hart_main(struct kernel_hart *hart)
{
    thread_begin(hart);
    arch_traps_begin(hart);
    uint32_t round = 0; /* there was none before the first hart came up */
    atomic_store_explicit(&hart->online, 1, memory_order_release);
    arch_poke(&kernel_harts[0]);
    for (;;) {
        hart_sleep_while(&work.round, round);
        round = atomic_load_explicit(&work.round, memory_order_acquire);
        if (hart->number < work.count) {
            work.body(work.context, hart->number);
        }
        work_done();
    }
}

/* All harts look at the work, also those that have no part in it: none of them is then behind by a round. Release: for
 * hart_main. Acquire: work_done. */
bool harts_run(uint32_t count, void (*body)(void *context, uint32_t hart), void *context)
{
    if (count > kernel_hart_count) {
        return false;
    }
    work.body = body;
    work.context = context;
    work.count = count;
    atomic_store_explicit(&work.running, kernel_hart_count - 1, memory_order_relaxed); /* the next line publishes it */
    atomic_fetch_add_explicit(&work.round, 1, memory_order_release);
    arch_poke_all();
    if (count > 0) {
        body(context, 0);
    }
    uint32_t running;
    while ((running = atomic_load_explicit(&work.running, memory_order_acquire)) != 0) {
        hart_sleep_while(&work.running, running);
    }
    return true;
}

struct barrier {
    _Atomic uint32_t round;
    _Atomic uint32_t missing;
    uint32_t count;
};
_Static_assert(sizeof(struct barrier) <= sizeof(struct hart_barrier), "a hart barrier holds ours");

static struct barrier *barrier_of(struct hart_barrier *barrier)
{
    return (struct barrier *)(void *)barrier->storage;
}

/* Relaxed: whoever hands the barrier to other harts publishes it. */
void hart_barrier_init(struct hart_barrier *barrier, uint32_t count)
{
    struct barrier *own = barrier_of(barrier);
    own->count = count;
    atomic_store_explicit(&own->missing, count, memory_order_relaxed);
    atomic_store_explicit(&own->round, 0, memory_order_relaxed);
}

/* The last to come acquires what the others release as they come, and releases all of it to whom hart_sleep_while lets
 * go. Relaxed: `round` stays until the caller has come; `missing` is published by `round`. */
void hart_barrier_wait(struct hart_barrier *barrier)
{
    struct barrier *own = barrier_of(barrier);
    uint32_t round = atomic_load_explicit(&own->round, memory_order_relaxed);
    if (atomic_fetch_sub_explicit(&own->missing, 1, memory_order_acq_rel) > 1) {
        hart_sleep_while(&own->round, round);
        return;
    }
    atomic_store_explicit(&own->missing, own->count, memory_order_relaxed);
    atomic_store_explicit(&own->round, round + 1, memory_order_release);
    arch_poke_all();
}

/* ---- bringing up ---- */

extern const char __tdata_start[], __tdata_end[], __tbss_end[];

static size_t thread_bytes(void)
{
    return ARCH_THREAD_HEADER + (size_t)(__tbss_end - __tdata_start);
}

/* Stacks and thread-local storage of a hart, out of the boot allocator. */
static bool hart_equip(struct kernel_hart *hart, struct boot_allocator *boot)
{
    unsigned char *stack = boot_alloc_zeroed(boot, HART_STACK_BYTES, FRAME_SIZE);
    unsigned char *trap_stack = boot_alloc_zeroed(boot, TRAP_STACK_BYTES, FRAME_SIZE);
    unsigned char *thread = boot_alloc_zeroed(boot, thread_bytes(), FRAME_SIZE);
    if (stack == NULL || trap_stack == NULL || thread == NULL) {
        return false;
    }
    hart->stack_bottom = (uintptr_t)stack;
    hart->stack_top = (uintptr_t)stack + HART_STACK_BYTES;
    hart->trap_stack_top = (uintptr_t)trap_stack + TRAP_STACK_BYTES;
    hart->thread_pointer = (uintptr_t)thread;
    return true;
}

void thread_begin(struct kernel_hart *hart)
{
    char *thread = (char *)hart->thread_pointer + ARCH_THREAD_HEADER;
    for (size_t i = 0; i < (size_t)(__tdata_end - __tdata_start); i++) {
        thread[i] = __tdata_start[i];
    }
    *(uint64_t *)hart->stack_bottom = STACK_GUARD;
    kernel_hart = hart;
    platform_kernel_hart = hart->number;
}

/* The boot hart becomes hart 0, in the map too, whose nodes are by hart number. */
static void boot_hart_first(struct memory_map *map)
{
    uint32_t at = 0;
    while (at < map->hart_count && map->hart_reg[at] != kernel_harts[0].hardware_id) {
        at++;
    }
    if (at > 0 && at < map->hart_count) {
        uint64_t reg = map->hart_reg[at];
        uint32_t node = map->hart_node[at];
        map->hart_reg[at] = map->hart_reg[0];
        map->hart_node[at] = map->hart_node[0];
        map->hart_reg[0] = reg;
        map->hart_node[0] = node;
    }
}

uint32_t harts_bring_up(struct memory_map *map, struct boot_allocator *boot)
{
    boot_hart_first(map);
    for (uint32_t i = 1; i < map->hart_count; i++) {
        struct kernel_hart *hart = &kernel_harts[kernel_hart_count];
        hart->number = kernel_hart_count;
        hart->hardware_id = map->hart_reg[i];
        if (!hart_equip(hart, boot) || !arch_hart_start(hart)) {
            break;
        }
        hart_sleep_while(&hart->online, 0);
        kernel_hart_count++;
    }
    return kernel_hart_count;
}
