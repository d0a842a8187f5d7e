/* SPDX-License-Identifier: MIT
 * P12, step by step: an operation that begins in the middle of another of its hart's. The one that is interrupted is
 * played by its first half: the hart begins a section, or goes past its cache, and what comes then is a handler's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "framelab.h"
#include "hart_cache.h"
#include "lock.h"
#include "play_harts.h"

#define MIB UINT64_C(0x100000)
#define MEMORY_BYTES (16 * MIB)
#define HARTS 2u
#define FRAMES_MAX (MEMORY_BYTES / FRAME_SIZE)

static struct frame_allocator *fa;
static pfn_t frames[FRAMES_MAX];

static void open_allocator(const char *spec)
{
    fa = framelab_open(spec, MEMORY_BYTES, HARTS);
    assert_non_null(fa);
}

static void close_allocator(void)
{
    struct frame_account account;
    assert_true(frame_allocator_validate(fa, &account));
    assert_int_equal(account.allocated, 0);
    framelab_close(fa);
}

static struct frame_stats stats_now(void)
{
    struct frame_stats stats;
    frame_allocator_stats(fa, &stats);
    return stats;
}

static uint64_t take_all(void)
{
    uint64_t count = 0;
    while (count < FRAMES_MAX && frame_alloc_one(fa, &frames[count]) == FRAME_OK) {
        count++;
    }
    return count;
}

static void give(uint64_t from, uint64_t to)
{
    for (uint64_t i = from; i < to; i++) {
        assert_int_equal(frame_free_one(fa, frames[i]), FRAME_OK);
    }
}

/* ---- what a handler may do ---- */

static void allocate_and_free(uint64_t count, uint64_t align, bool zeroed)
{
    const struct frame_layout layout = {count << FRAME_SHIFT, align};
    struct frame_run run;
    pfn_t found;
    assert_int_equal(
        zeroed ? frame_alloc_contiguous_zeroed(fa, layout, &run) : frame_alloc_contiguous(fa, layout, &run), FRAME_OK);
    assert_int_equal(run.count, count);
    assert_int_equal(frame_at_addr(fa, frame_addr(run.first), &found), FRAME_OK);
    if (frame_counts_references()) {
        assert_int_equal(frame_ref(fa, run.first), FRAME_OK);
        assert_int_equal(frame_ref_count(fa, run.first), 2);
        assert_int_equal(frame_free_run(fa, run), FRAME_SHARED);
        assert_int_equal(frame_unref(fa, run.first), FRAME_OK);
    }
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
}

static void do_all_that_is_allowed(void)
{
    pfn_t frame;
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
    assert_int_equal(frame_alloc_one_zeroed(fa, &frame), FRAME_OK);
    assert_int_equal(frame_unref(fa, frame), FRAME_OK);
    allocate_and_free(3, FRAME_SIZE, false);
    allocate_and_free(8, 8 * FRAME_SIZE, true);
    allocate_and_free(CHUNK_FRAMES, 2 * MIB, false);
    allocate_and_free(CHUNK_FRAMES, 2 * MIB, true);
    allocate_and_free(CHUNK_FRAMES + 7, FRAME_SIZE, false);
}

static void do_all_that_is_refused(void)
{
    struct phys_range range = {{MIB}, MIB};
    assert_int_equal(frame_arena_add(fa, range, 0), FRAME_BUSY);
    assert_int_equal(frame_arena_remove(fa, frames[0]), FRAME_BUSY);
    assert_false(frame_allocator_drain(fa));
    assert_false(frame_zero_idle(fa));
    assert_false(frame_allocator_validate(fa, NULL));
}

/* Of a hart, what only operations that are not nested may change. */
struct own_state {
    uint32_t inside, passing, patience, cached;
    uint64_t moves, takes, gives;
};

static struct own_state own_state(const struct hart *hart)
{
    struct own_state words = {bare_load_relaxed(&hart->inside),
                              bare_load_relaxed(&hart->bypass_seq),
                              hart->patience,
                              0,
                              bare_load_relaxed(&hart->transfers),
                              bare_load_relaxed(&hart->counts.global_takes),
                              bare_load_relaxed(&hart->counts.global_gives)};
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        words.cached += magazine_count(cache_loaded(&hart->caches[order]));
        words.cached += magazine_count(cache_previous(&hart->caches[order])) << 16;
    }
    return words;
}

/* A handler in the middle of an operation, and one in the middle of that. */
static void interrupt_twice(struct hart *hart)
{
    struct own_state before = own_state(hart);
    uint64_t nested = stats_now().nested;
    do_all_that_is_allowed();
    do_all_that_is_refused();
    struct caller handler = hart_begin(hart);
    assert_true(handler.nested);
    do_all_that_is_allowed();
    do_all_that_is_refused();
    hart_end(hart, handler);
    struct own_state after = own_state(hart);
    assert_memory_equal(&before, &after, sizeof before);
    assert_true(stats_now().nested >= nested + 20);
    assert_int_equal(bare_load_relaxed(&hart->nested_bypasses), 0);
    assert_int_equal(bare_load_relaxed(&hart->nested_transfers) % NESTED_TRANSFER, 0);
}

static const char *const specs[] = {"lockfree", "lockfree,magazine=0", "baseline,lock=mutex-irq",
                                    "baseline:origin,lock=mcs-irq"};

static void P12_an_interrupt_of_a_section(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        open_allocator(specs[i]);
        struct caller outer = hart_begin(hart_self(fa));
        assert_true(outer.local);
        interrupt_twice(hart_self(fa));
        hart_end(hart_self(fa), outer);
        do_all_that_is_allowed();
        close_allocator();
    }
}

static void P12_an_interrupt_past_the_cache(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        open_allocator(specs[i]);
        struct hart *hart = hart_self(fa);
        bare_add_relaxed(&hart->drain, 1); /* somebody drains it */
        struct caller outer = hart_begin(hart);
        assert_false(outer.local || outer.nested);
        interrupt_twice(hart);
        hart_end(hart, outer);
        bare_sub_relaxed(&hart->drain, 1);
        outer = hart_hold(hart); /* it looks with all caches closed for a drain, or changes arenas */
        interrupt_twice(hart);
        hart_let_go(hart, outer);
        close_allocator();
    }
}

/* ---- P5's exception ---- */

/* What its own hart's cache holds is not for a handler, and that is counted; what others' hold is. */
static void P12_what_the_own_cache_holds(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct hart *hart = hart_self(fa);
    uint64_t count = take_all();
    give(0, 8);
    pfn_t frame;
    struct caller outer = hart_begin(hart);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_NO_MEMORY);
    assert_int_equal(stats_now().nested_failures, 1);
    play_hart(1);
    give(8, 16);
    play_hart(0);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
    hart_end(hart, outer);
    uint64_t again = 0;
    while (frame_alloc_one(fa, &frames[again]) == FRAME_OK) {
        again++;
    }
    assert_int_equal(again, 16);
    give(0, count);
    close_allocator();
}

/* What it interrupted is no reason not to know: neither its movement, nor the arena that it changes, nor the cache that
 * it is emptying. */
static void P12_what_is_interrupted_does_not_disturb(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct hart *hart = hart_self(fa);
    uint64_t count = take_all();
    struct caller outer = hart_hold(hart);
    pfn_t frame;
    bare_store_relaxed(&hart->transfers, bare_load_relaxed(&hart->transfers) + 1);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_NO_MEMORY);
    bare_store_relaxed(&hart->transfers, bare_load_relaxed(&hart->transfers) + 1);
    bare_store_relaxed(&hart->chunk_out, 1);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_NO_MEMORY);
    bare_store_relaxed(&hart->chunk_out, 0);
    bare_store_relaxed(&fa->harts[1].emptying, 1 + 0);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_NO_MEMORY);
    bare_store_relaxed(&fa->harts[1].emptying, 0);
    assert_int_equal(arenas_lock(fa), FRAME_OK);
    bare_add_relaxed(&fa->arena_transfers, 1);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_NO_MEMORY);
    struct frame_node_stats node;
    assert_int_equal(frame_allocator_node_stats(fa, 0, &node), FRAME_BUSY);
    bare_add_relaxed(&fa->arena_transfers, 1);
    arenas_unlock(fa);
    /* But another hart's is. */
    bare_store_relaxed(&fa->harts[1].transfers, bare_load_relaxed(&fa->harts[1].transfers) + 1);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_CONTENDED);
    bare_store_relaxed(&fa->harts[1].transfers, bare_load_relaxed(&fa->harts[1].transfers) + 1);
    hart_let_go(hart, outer);
    give(0, count);
    close_allocator();
}

/* A hart that counts arenas is in no operation of core's, but it has the lock: what a handler is refused takes nothing
 * from it. */
static void P12_the_right_to_count_arenas_is_kept(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct phys_range range = {{MIB}, MIB};
    assert_int_equal(arenas_lock(fa), FRAME_OK);
    assert_int_equal(frame_arena_add(fa, range, 0), FRAME_BUSY);
    assert_true(arenas_are_locked_here(fa));
    assert_int_equal(frame_arena_remove(fa, frames[0]), FRAME_BUSY);
    assert_true(arenas_are_locked_here(fa));
    arenas_unlock(fa);
    assert_int_equal(frame_arena_remove(fa, pfn(0)), FRAME_FOREIGN);
    assert_false(arenas_are_locked_here(fa));
    close_allocator();
}

/* A handler's movements are seen by others, though what it interrupted is in the middle of one. */
static void P12_movements_are_seen(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct hart *hart = hart_self(fa);
    const struct caller other = {.hart = 1};
    struct caller outer = hart_hold(hart);
    pfn_t frame;
    struct transfers before = transfers_now(fa, other);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
    assert_int_equal(transfers_now(fa, other).sum, before.sum + 4);
    bare_store_relaxed(&hart->transfers, bare_load_relaxed(&hart->transfers) + 1);
    assert_true(transfers_now(fa, other).under_way);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    assert_true(transfers_now(fa, other).under_way);
    assert_int_equal(frame_free_one(fa, frame), FRAME_OK);
    /* It found nothing after all: as if it had never begun. The handler did. */
    bare_store_relaxed(&hart->transfers, bare_load_relaxed(&hart->transfers) - 1);
    assert_int_equal(transfers_now(fa, other).sum, before.sum + 8);
    assert_false(transfers_now(fa, other).under_way);
    hart_let_go(hart, outer);
    close_allocator();
}

/* ---- baseline ---- */

static void P12_a_lock_that_an_interrupt_may_want(void **state)
{
    (void)state;
    static const char *const refused[] = {"baseline", "baseline,lock=ticket", "baseline:origin"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        pfn_t frame;
        open_allocator(refused[i]);
        assert_int_equal(frame_alloc_one(fa, &frames[0]), FRAME_OK);
        struct caller outer = hart_begin(hart_self(fa));
        assert_int_equal(frame_alloc_one(fa, &frame), FRAME_BUSY);
        assert_int_equal(frame_alloc_one_zeroed(fa, &frame), FRAME_BUSY);
        assert_int_equal(frame_free_one(fa, frames[0]), FRAME_BUSY);
        assert_int_equal(frame_ref(fa, frames[0]), FRAME_BUSY);
        assert_int_equal(frame_unref(fa, frames[0]), FRAME_BUSY);
        assert_int_equal(frame_at_addr(fa, frame_addr(frames[0]), &frame), FRAME_BUSY);
        hart_end(hart_self(fa), outer);
        give(0, 1);
        close_allocator();
    }
}

static void P12_interrupts_are_off_while_the_lock_is_held(void **state)
{
    (void)state;
    static struct lock lock;
    static struct lock_hart harts[1];
    for (uint32_t kind = LOCK_MUTEX; kind < LOCK_KIND_COUNT; kind++) {
        assert_true(lock_init(&lock, (enum lock_kind)kind, harts, 1));
        lock_acquire(&lock, 0);
        bool were_on = platform_interrupts_off();
        assert_int_equal(were_on, kind < LOCK_FIRST_IRQ);
        platform_interrupts_restore(were_on);
        lock_release(&lock, 0);
        assert_true(platform_interrupts_off());
        lock_acquire(&lock, 0); /* were off before, and stay so */
        lock_release(&lock, 0);
        assert_false(platform_interrupts_off());
        platform_interrupts_restore(true);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P12_an_interrupt_of_a_section),
        cmocka_unit_test(P12_an_interrupt_past_the_cache),
        cmocka_unit_test(P12_what_the_own_cache_holds),
        cmocka_unit_test(P12_what_is_interrupted_does_not_disturb),
        cmocka_unit_test(P12_the_right_to_count_arenas_is_kept),
        cmocka_unit_test(P12_movements_are_seen),
        cmocka_unit_test(P12_a_lock_that_an_interrupt_may_want),
        cmocka_unit_test(P12_interrupts_are_off_while_the_lock_is_held),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
