/* SPDX-License-Identifier: MIT
 * P13: harts leave and join; threads end, between two calls and in the middle of one, and others take their numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "framelab.h"
#include "hart_cache.h"
#include "play_harts.h"
#include "random.h"
#include "state.h"

#define MIB UINT64_C(0x100000)
#define MEMORY_BYTES (32 * MIB)
#define HARTS 3u
#define FRAMES_MAX (MEMORY_BYTES / FRAME_SIZE)

static struct frame_allocator *fa;
static pfn_t frames[FRAMES_MAX];

static void open_allocator(const char *spec)
{
    fa = framelab_open(spec, MEMORY_BYTES, HARTS);
    assert_non_null(fa);
}

static struct frame_account account_now(void)
{
    struct frame_account account;
    assert_true(frame_allocator_validate(fa, &account));
    return account;
}

static uint64_t take_all(enum frame_status *status)
{
    uint64_t count = 0;
    while ((*status = frame_alloc_one(fa, &frames[count])) == FRAME_OK) {
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

/* All that is not lost is to be had by hart 0, and that it is all is proved. */
static void expect_all(void)
{
    struct frame_account account = account_now();
    enum frame_status status;
    uint64_t count = take_all(&status);
    assert_int_equal(status, FRAME_NO_MEMORY);
    assert_int_equal(count, account.total - account.lost - account.allocated);
    give(0, count);
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        assert_int_equal(bare_load_relaxed(&fa->harts[hart].drain), bare_load_relaxed(&fa->harts[hart].gone));
        assert_int_equal(bare_load_relaxed(&fa->harts[hart].emptying), 0);
    }
}

static void fill_cache(void)
{
    uint64_t count = 0;
    while (count < 200) {
        assert_int_equal(frame_alloc_one(fa, &frames[count++]), FRAME_OK);
    }
    give(0, count);
}

static uint64_t cached(uint32_t hart)
{
    uint64_t count = 0;
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        count += magazine_count(cache_loaded(&fa->harts[hart].caches[order]));
        count += magazine_count(cache_previous(&fa->harts[hart].caches[order]));
    }
    return count;
}

static const char *const specs[] = {"lockfree", "lockfree,magazine=4,batch=2", "baseline", "baseline:origin"};

static void P13_who_leaves_holds_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        pfn_t frame;
        open_allocator(specs[i]);
        play_hart(1);
        fill_cache();
        assert_int_equal(frame_hart_join(fa, 0), FRAME_BUSY);
        assert_int_equal(frame_hart_leave(fa), FRAME_OK);
        assert_int_equal(cached(1), 0);
        assert_int_equal(account_now().cached, 0);
        assert_int_equal(frame_hart_leave(fa), FRAME_BAD_HART);
        assert_int_equal(frame_alloc_one(fa, &frame), FRAME_BAD_HART);
        assert_int_equal(frame_alloc_one_zeroed(fa, &frame), FRAME_BAD_HART);
        assert_int_equal(frame_free_one(fa, frames[0]), FRAME_BAD_HART);
        assert_int_equal(frame_ref(fa, frames[0]), FRAME_BAD_HART);
        assert_int_equal(frame_unref(fa, frames[0]), FRAME_BAD_HART);
        assert_int_equal(frame_at_addr(fa, frame_addr(frames[0]), &frame), FRAME_BAD_HART);
        assert_int_equal(frame_arena_remove(fa, frames[0]), FRAME_BAD_HART);
        assert_false(frame_allocator_drain(fa));
        assert_false(frame_zero_idle(fa));
        /* A drain passes over it, wherever it stands. */
        bare_store_relaxed(&fa->harts[1].inside, IN_SECTION);
        play_hart(0);
        assert_true(frame_allocator_drain(fa));
        bare_store_relaxed(&fa->harts[1].inside, OUTSIDE);
        expect_all();
        play_hart(1);
        assert_int_equal(frame_hart_join(fa, 1), FRAME_BAD_CONFIG);
        assert_int_equal(frame_hart_join(fa, 0), FRAME_OK);
        fill_cache();
        struct frame_stats stats;
        frame_allocator_stats(fa, &stats);
        assert_true(stats.frames_in_caches > 0); /* its cache is open again */
        play_hart(0);
        expect_all();
        struct caller outer = hart_hold(hart_self(fa));
        assert_int_equal(frame_hart_leave(fa), FRAME_BUSY);
        assert_int_equal(frame_hart_join(fa, 0), FRAME_BUSY);
        hart_let_go(hart_self(fa), outer);
        framelab_close(fa);
    }
}

static void *live_as_hart_1(void *argument)
{
    (void)argument;
    play_hart(1);
    fill_cache();
    return NULL;
}

/* A thread that ended without leaving: what its cache holds is drained, and adopted by who takes its number over. */
static void P13_a_thread_that_ended_between_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        pthread_t thread;
        open_allocator(specs[i]);
        assert_int_equal(pthread_create(&thread, NULL, live_as_hart_1, NULL), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        uint64_t left = cached(1);
        play_hart(1);
        assert_int_equal(frame_hart_take_over(fa, 7), FRAME_BAD_CONFIG);
        assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
        assert_int_equal(cached(1), left);
        fill_cache();
        play_hart(0);
        assert_int_equal(account_now().lost, 0);
        expect_all();
        framelab_close(fa);
    }
}

/* What others would wait for, if nobody had made it whole. */
static void P13_what_a_hart_that_ended_was_in_the_middle_of(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct hart *hart = &fa->harts[1];
    play_hart(1);
    fill_cache();
    bare_store_relaxed(&hart->inside, PAST);
    bare_store_relaxed(&hart->transfers, bare_load_relaxed(&hart->transfers) + 1);
    bare_store_relaxed(&hart->bypass_seq, bare_load_relaxed(&hart->bypass_seq) + 1);
    bare_store_relaxed(&hart->chunk_out, 1);
    bare_store_relaxed(&hart->nested_bypasses, 2);
    bare_store_relaxed(&hart->nested_transfers, 3 * NESTED_TRANSFER + 2);
    bare_store_relaxed(&fa->harts[2].emptying, 1 + 1);
    bare_store_relaxed(&hart->draining, 1);
    for (uint32_t i = 0; i < 2; i++) {
        bare_add_relaxed(&fa->harts[i].drain, 1);
    }
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
    assert_true(bypasses_wait(fa));
    fill_cache();
    assert_true(cached(1) > 0);
    play_hart(0);
    expect_all();
    framelab_close(fa);
}

/* Of a drain that is merely slow nobody will say that it has ended in the middle: who ends the last one counts. */
static void P13_drains_are_recounted_after_a_slow_one(void **state)
{
    (void)state;
    open_allocator("lockfree");
    play_hart(2);
    struct caller slow = hart_hold(hart_self(fa));
    enum drained drained = harts_drain_begin(fa, slow, NULL);
    assert_int_equal(drained, DRAINED_ALL);
    play_hart(1);
    bare_store_relaxed(&fa->harts[1].inside, PAST); /* ended in the middle of a drain */
    bare_add_relaxed(&fa->harts[1].draining, 1);
    bare_add_relaxed(&fa->harts[0].drain, 1);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
    assert_int_equal(bare_load_relaxed(&fa->drains_stale), 1);
    assert_true(bare_load_relaxed(&fa->harts[0].drain) == 2);
    play_hart(2);
    harts_drain_end(fa, slow, drained);
    hart_let_go(hart_self(fa), slow);
    assert_int_equal(bare_load_relaxed(&fa->drains_stale), 0);
    play_hart(0);
    expect_all();
    framelab_close(fa);
}

/* The mark goes while no drain can begin: after that it is another's, whose drain ended in the middle since. */
static void P13_who_recounts_takes_the_mark_away(void **state)
{
    (void)state;
    open_allocator("lockfree");
    bare_store_relaxed(&fa->drains_stale, 1);
    assert_true(drains_recount(fa, 0, 1));
    assert_int_equal(bare_load_relaxed(&fa->drains_stale), 0);
    framelab_close(fa);
}

/* Who ended while it recounted them keeps nobody from draining. */
static void P13_who_recounted(void **state)
{
    (void)state;
    open_allocator("lockfree");
    play_hart(0);
    bare_store_relaxed(&fa->harts[0].inside, PAST); /* it was taking that number over */
    bare_store_relaxed(&fa->drains_off, 1 + 0);
    bare_add_relaxed(&fa->harts[2].drain, 1);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
    assert_true(frame_allocator_drain(fa));
    expect_all();
    framelab_close(fa);
}

static void *recount_for_a_while(void *argument)
{
    struct hart *hart = argument;
    while (bare_load_acquire(&hart->inside) == OUTSIDE) {
        sched_yield();
    }
    for (uint32_t i = 0; i < 1000; i++) {
        sched_yield();
    }
    bare_store_release(&fa->drains_off, 0);
    return NULL;
}

/* Who is no handler has as much patience with a recount as with anything. */
static void P13_a_recount_is_waited_for(void **state)
{
    (void)state;
    pthread_t thread;
    open_allocator("lockfree");
    play_hart(0);
    bare_store_relaxed(&fa->drains_off, 1 + 1);
    assert_int_equal(pthread_create(&thread, NULL, recount_for_a_while, &fa->harts[0]), 0);
    assert_true(frame_allocator_drain(fa));
    assert_int_equal(pthread_join(thread, NULL), 0);
    framelab_close(fa);
}

/* A hart ended with an entry out of limbo in its hands: that goes with its arena, and nobody misses it. */
static void P13_what_was_in_limbo_goes_with_its_arena(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct lockfree *lf = lockfree_of(fa->global);
    struct pool *pool = fa->arenas[0]->variant;
    play_hart(0);
    assert_true(index_claim(pool_node(pool, pool->first_chunk + 1)));
    bare_add_relaxed(&lf->reclaim.pending, 1);
    assert_false(frame_allocator_validate(fa, NULL)); /* nobody has ended */
    bare_add_relaxed(&lf->ended, 1);
    (void)account_now();
    assert_int_equal(frame_arena_remove(fa, fa->arenas[0]->span.first), FRAME_OK);
    assert_int_equal(account_now().total, 0);
    framelab_close(fa);
}

static uint32_t repairs;

/* Seen by another hart: no arena goes, and nobody believes that there is nothing. */
static void repair_is_waited_for(struct global *global, uint32_t number)
{
    const struct caller other = {.hart = 0};
    (void)global;
    repairs++;
    assert_true(transfers_now(fa, other).under_way);
    assert_int_equal(bare_load_relaxed(&fa->harts[number].bypass_seq) % 2, 1);
}

/* What is made whole lies in arenas, and has frames in hand for a moment. */
static void P13_a_repair_is_an_operation(void **state)
{
    (void)state;
    open_allocator("lockfree");
    struct variant variant = *fa->variant;
    variant.repair = repair_is_waited_for;
    const struct variant *const lockfree = fa->variant;
    fa->variant = &variant;
    struct hart *hart = &fa->harts[1];
    repairs = 0;
    for (uint32_t i = 0; i < 8; i++) { /* between two words of an operation, in each of their states */
        play_hart(1);
        bare_store_relaxed(&hart->inside, i % 2 == 0 ? PAST : IN_SECTION);
        bare_add_relaxed(&hart->transfers, i / 2 % 2);
        bare_add_relaxed(&hart->bypass_seq, i / 4);
        assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
        play_hart(0);
        assert_false(transfers_now(fa, (struct caller){.hart = 0}).under_way);
        assert_true(bypasses_wait(fa));
    }
    assert_int_equal(repairs, 8);
    fa->variant = lockfree;
    expect_all();
    framelab_close(fa);
}

/* One that counted arenas had changed nothing: others get the right to it back. */
static void P13_who_counted_arenas(void **state)
{
    (void)state;
    struct frame_node_stats node;
    open_allocator("lockfree");
    play_hart(1);
    assert_int_equal(arenas_lock(fa), FRAME_OK);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
    assert_int_equal(frame_allocator_node_stats(fa, 0, &node), FRAME_OK);
    play_hart(0);
    assert_int_equal(frame_allocator_node_stats(fa, 0, &node), FRAME_OK);
    expect_all();
    framelab_close(fa);
}

/* One that changed arenas, or that may have a lock, is not taken over. */
static void P13_who_cannot_be_taken_over(void **state)
{
    (void)state;
    open_allocator("baseline");
    play_hart(1);
    bare_store_relaxed(&fa->harts[1].inside, PAST);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_BUSY);
    bare_store_relaxed(&fa->harts[1].inside, OUTSIDE);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
    play_hart(0);
    framelab_close(fa);
    open_allocator("lockfree");
    play_hart(1);
    assert_int_equal(arenas_lock(fa), FRAME_OK);
    bare_store_relaxed(&fa->harts[1].inside, PAST);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_BUSY);
    arenas_unlock(fa);
    assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
    play_hart(0);
    expect_all();
    framelab_close(fa);
}

/* ---- the end at any instruction: a signal, after which nothing of the call goes on ---- */

#define ENDS 3000u
#define HELD 256u

static struct {
    sigjmp_buf out;
    volatile bool calling; /* it may end here: what the test itself does is whole */
    volatile uint64_t ended;
    struct frame_run held[HELD];
    volatile uint32_t count;
} life;

static void end_here(void *context)
{
    (void)context;
    if (life.calling) {
        life.calling = false;
        life.ended++;
        siglongjmp(life.out, 1);
    }
}

static void live(struct random *random)
{
    const uint64_t count = random_one_in(random, 3) ? random_between(random, 1, 700) : 1;
    const struct frame_layout layout = {count << FRAME_SHIFT, FRAME_SIZE};
    struct frame_run run = {{0}, 0};
    if (life.count < HELD && random_one_in(random, 2)) {
        life.calling = true;
        enum frame_status status = frame_alloc_contiguous(fa, layout, &run);
        life.calling = false;
        if (status == FRAME_OK) {
            life.held[life.count] = run;
            life.count++;
        }
    } else if (life.count > 0) {
        life.count--;
        life.calling = true;
        (void)frame_free_run(fa, life.held[life.count]);
        life.calling = false;
    } else {
        life.calling = true;
        (void)(random_one_in(random, 2) ? frame_allocator_drain(fa) : frame_zero_idle(fa));
        life.calling = false;
    }
}

static void P13_the_end_at_any_instruction(void **state)
{
    (void)state;
    static struct random random;
    static volatile uint64_t given_up;
    open_allocator("lockfree,magazine=8,batch=4");
    random = random_stream(1, 0);
    life.count = 0;
    life.ended = 0;
    while (life.ended < ENDS) {
        uint64_t before = life.ended;
        if (sigsetjmp(life.out, 1) == 0) {
            assert_true(hart_interrupts_begin(end_here, NULL, random_next(&random)));
            while (life.ended == before) {
                live(&random);
            }
        }
        hart_interrupts_end();
        assert_int_equal(frame_hart_take_over(fa, 0), FRAME_OK);
        if (life.ended % 64 == 0) {
            struct frame_account account = account_now();
            if (account.lost > account.total / 4) { /* too little is left: another machine */
                framelab_close(fa);
                open_allocator("lockfree,magazine=8,batch=4");
                life.count = 0;
                given_up++;
            }
        }
    }
    while (life.count > 0) {
        life.count--;
        assert_int_equal(frame_free_run(fa, life.held[life.count]), FRAME_OK);
    }
    expect_all();
    print_message("# %u ends, %u machines used up\n", ENDS, (unsigned)given_up);
    framelab_close(fa);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(P13_who_leaves_holds_nothing),
        cmocka_unit_test(P13_a_thread_that_ended_between_calls),
        cmocka_unit_test(P13_what_a_hart_that_ended_was_in_the_middle_of),
        cmocka_unit_test(P13_drains_are_recounted_after_a_slow_one),
        cmocka_unit_test(P13_who_recounts_takes_the_mark_away),
        cmocka_unit_test(P13_a_recount_is_waited_for),
        cmocka_unit_test(P13_who_recounted),
        cmocka_unit_test(P13_what_was_in_limbo_goes_with_its_arena),
        cmocka_unit_test(P13_a_repair_is_an_operation),
        cmocka_unit_test(P13_who_counted_arenas),
        cmocka_unit_test(P13_who_cannot_be_taken_over),
        cmocka_unit_test(P13_the_end_at_any_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
