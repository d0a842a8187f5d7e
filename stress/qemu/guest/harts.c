/* SPDX-License-Identifier: MIT
 * Harts: starting them, running a function on all of them, waiting for one another. See kernel.h.
 *
 * 1. Sleep. A hart that waits sleeps in arch_rest with interrupts off, after a last look at what it waits for. A hart
 *    that changes that pokes it (sends it an interrupt) afterwards; a poke that comes between the look and the rest
 *    ends the rest at once. So no wake-up is lost, and a waiting hart costs nothing.
 * 2. The asymmetric barrier. The caller draws a number, pokes all harts, and waits until every other hart that is
 *    online has answered that number or a later one. It waits for a bounded number of turns in all: a hart that has not
 *    answered then is silent. An answer is a full fence, then a store of the newest number drawn.
 *    - Who answers. The handler of the interrupt; where interrupts are off, each rest once it is over (it may have
 *      swallowed the interrupt) and each turn of schedule_relax. The caller waits by schedule_relax, too, so harts that
 *      are in the barrier at the same time answer one another, in both modes, whatever their interrupts.
 *    - Order. Drawing releases and answering acquires: what the caller stored before is seen by a hart after its
 *      answer. The answer releases and the caller acquires: what the hart stored before its answer is seen by the
 *      caller afterwards.
 *    - A hart that is not online is not asked. One that has left (hart_leave) does nothing more, and the caller has
 *      acquired what it did. One that is starting has done nothing yet; it and the caller are a Dekker pair. The caller
 *      draws, passes a fence, pokes, looks at `online`; the hart stores `online`, passes a fence, looks at the number
 *      (hart_main). If the hart's fence is the later one, it finds the number and answers, though it was not online to
 *      be poked; either way it has passed a fence since the call. If its fence is the earlier one, the caller finds it
 *      online, and the poke arrives when its interrupts are on: it is a hart like the others.
 *    - A hart that was silent once is asked again at each fence, and not waited for until it has answered. So a dead
 *      hart costs each of the others the full wait once or twice, not at each fence.
 * 3. The timer. It is set to a moment drawn at random, and when it has gone off and its handler is done, to another. A
 *    handler runs with interrupts off, on the trap stack: none interrupts another.
 * 4. Hart 0 is the one that the firmware started; the others are in the order of the FDT. */
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

/* Turns that a fence waits, in all, for harts to answer. Under -icount a turn lets every other hart run, and one with
 * interrupts on answers as soon as it runs: one turn is enough, the rest is for harts that have them off for a moment.
 * Where harts are threads of QEMU a turn is a tenth of a microsecond of the caller's own: in a tenth of a second of it
 * the host has given its core to any other thread of the machine that can run. */
#define FENCE_TURNS_SEEDED 100u
#define FENCE_TURNS_FREE 1000000u

/* Acquire: harts_fence draws the number. Release: for has_answered. Relaxed: only the calling hart writes it, here, and
 * its handler, which may come in between but where interrupts are off. */
void harts_answer(void)
{
    uint64_t newest = atomic_load_explicit(&fence_requests, memory_order_acquire);
    if (atomic_load_explicit(&kernel_hart->fences, memory_order_relaxed) >= newest) {
        return;
    }
    bool enabled = arch_interrupts_off();
    newest = atomic_load_explicit(&fence_requests, memory_order_acquire);
    atomic_thread_fence(memory_order_seq_cst); /* the full fence that the barrier promises */
    atomic_store_explicit(&kernel_hart->fences, newest, memory_order_release);
    arch_interrupts_restore(enabled);
}

/* Acquire: of `online`, hart_leave and hart_main; of `fences`, harts_answer. */
static bool has_answered(const struct kernel_hart *hart, uint64_t request)
{
    return atomic_load_explicit(&hart->online, memory_order_acquire) == 0 ||
           atomic_load_explicit(&hart->fences, memory_order_acquire) >= request;
}

/* Relaxed, both: it decides how long is waited, nothing else. */
static bool is_known_silent(const struct kernel_hart *hart)
{
    return atomic_load_explicit(&hart->fences, memory_order_relaxed) <
           atomic_load_explicit(&hart->missed, memory_order_relaxed);
}

static bool wait_for_answer(struct kernel_hart *hart, uint64_t request, uint32_t *turns)
{
    while (!has_answered(hart, request)) {
        if (*turns == 0 || is_known_silent(hart)) {
            atomic_store_explicit(&hart->missed, request, memory_order_relaxed);
            return false;
        }
        (*turns)--;
        schedule_relax(); /* answers others */
    }
    return true;
}

/* Release: for harts_answer. The fence stands for two: the caller's own, before which it stored what others are to see;
 * and its half of the pair with hart_main, between the number and `online`. */
bool harts_fence(struct hart_set *silent)
{
    arch_mark(MARK_REST);
    *silent = (struct hart_set){{0}};
    uint32_t turns = schedule_is_seeded() ? FENCE_TURNS_SEEDED : FENCE_TURNS_FREE;
    bool all = true;
    uint64_t request = atomic_fetch_add_explicit(&fence_requests, 1, memory_order_release) + 1;
    atomic_thread_fence(memory_order_seq_cst);
    arch_poke_all();
    for (uint32_t i = 0; i < kernel_hart_count; i++) {
        if (&kernel_harts[i] != kernel_hart && !wait_for_answer(&kernel_harts[i], request, &turns)) {
            hart_set_add(silent, i);
            all = false;
        }
    }
    atomic_thread_fence(memory_order_seq_cst); /* the caller's looks come after the answers, and after its own stores */
    arch_mark(MARK_RESUME);
    return all;
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

void hart_mute_while(const _Atomic uint32_t *word, uint32_t value)
{
    bool enabled = arch_interrupts_off();
    while (atomic_load_explicit(word, memory_order_acquire) == value) {
        arch_give_way();
    }
    harts_answer(); /* giving way may have swallowed an interrupt */
    arch_interrupts_restore(enabled);
}

/* ---- harness.h ---- */

/* The calling hart's part in the work. */
static void do_work(uint32_t hart)
{
    arch_mark(MARK_BEGIN);
    work.body(work.context, hart);
    arch_mark(MARK_END);
}

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

void hart_fall_silent(void)
{
    (void)arch_interrupts_off();
    work_done();
}

/* Release: for harts_bring_up and has_answered. The fence: harts_fence, as 2 says. Acquire: harts_run. */
void hart_main(struct kernel_hart *hart)
{
    thread_begin(hart);
    arch_traps_begin(hart);
    atomic_store_explicit(&hart->online, 1, memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    harts_answer(); /* a poke from before it was there is lost */
    arch_poke(&kernel_harts[0]);
    for (;;) {
        hart_sleep_while(&work.round, hart->round);
        hart->round = atomic_load_explicit(&work.round, memory_order_acquire);
        if (hart->number < work.count) {
            do_work(hart->number);
        }
        work_done();
    }
}

/* Harts are what the machine has. */
bool harts_provide(uint32_t count)
{
    return count == kernel_hart_count;
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
        do_work(0);
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
    arch_mark(MARK_REST);
    uint32_t round = atomic_load_explicit(&own->round, memory_order_relaxed);
    if (atomic_fetch_sub_explicit(&own->missing, 1, memory_order_acq_rel) > 1) {
        hart_sleep_while(&own->round, round);
    } else {
        atomic_store_explicit(&own->missing, own->count, memory_order_relaxed);
        atomic_store_explicit(&own->round, round + 1, memory_order_release);
        arch_poke_all();
    }
    arch_mark(MARK_RESUME);
}

/* ---- the timer ---- */

/* Between two interrupts. Where harts are threads of QEMU time is the host's, in which a hart executes a tenth as much.
 */
#define APART_LEAST_NS UINT64_C(300)
#define APART_MOST_NS UINT64_C(12000)
#define APART_FREE 16u

static void timer_arm(void)
{
    uint64_t ns = random_between(&kernel_hart->timer_random, APART_LEAST_NS, APART_MOST_NS);
    arch_timer_after(ns * (schedule_is_seeded() ? 1 : APART_FREE));
}

void harts_timer(void)
{
    if (kernel_hart->on_timer != NULL) {
        kernel_hart->on_timer(kernel_hart->timer_context);
        timer_arm();
    }
}

bool hart_interrupts_begin(void (*handler)(void *context), void *context, uint64_t seed)
{
    bool enabled = arch_interrupts_off();
    kernel_hart->timer_random = random_stream(seed, 5);
    kernel_hart->timer_context = context;
    kernel_hart->on_timer = handler;
    timer_arm();
    arch_interrupts_restore(enabled);
    return true;
}

void hart_interrupts_end(void)
{
    bool enabled = arch_interrupts_off();
    arch_timer_off();
    kernel_hart->on_timer = NULL;
    arch_interrupts_restore(enabled);
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
