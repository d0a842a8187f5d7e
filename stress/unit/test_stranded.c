/* SPDX-License-Identifier: MIT
 * P5: nothing is stranded. One hart takes all there is, while another is idle and a third is blocked in its own code,
 * both with full caches of every kind. And a gigantic run is had beside harts that allocate and free small ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <semaphore.h>

#include "arena.h"
#include "framelab.h"
#include "random.h"

#define HARTS 3u
#define MEMORY_BYTES (UINT64_C(48) << 20)
#define ORDER_MOST 13u

/* ---- every last frame ---- */

static struct {
    struct frame_allocator *allocator;
    struct hart_barrier barrier; /* of the two that fill their caches and the one that then acts alone */
    sem_t blocked;
    uint32_t order;
    uint64_t possible, had; /* runs of 2^order */
    uint64_t cached;        /* frames, before the one began */
    struct frame_run runs[MEMORY_BYTES / FRAME_SIZE];
} stage;

/* Allocates and frees runs of all sizes, so that whatever is kept for one hart is as full as can be. */
static void fill_caches(void)
{
    static const uint64_t sizes[] = {1, 2, 3, 8, 64, 300, CHUNK_FRAMES};
    for (uint32_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct frame_run runs[300];
        uint32_t count = 0;
        uint32_t most = sizes[i] == 1 ? 300 : 4;
        struct frame_layout layout = {sizes[i] * FRAME_SIZE, FRAME_SIZE};
        while (count < most && frame_alloc_contiguous(stage.allocator, layout, &runs[count]) == FRAME_OK) {
            count++;
        }
        while (count > 0) {
            (void)frame_free_run(stage.allocator, runs[--count]);
        }
    }
}

static void take_everything(void)
{
    struct frame_layout layout = {FRAME_SIZE << stage.order, FRAME_SIZE << stage.order};
    stage.had = 0;
    while (stage.had < sizeof stage.runs / sizeof stage.runs[0] &&
           frame_alloc_contiguous(stage.allocator, layout, &stage.runs[stage.had]) == FRAME_OK) {
        stage.had++;
    }
    for (uint64_t i = 0; i < stage.had; i++) {
        (void)frame_free_run(stage.allocator, stage.runs[i]);
    }
}

static void act(void *context, uint32_t hart)
{
    (void)context;
    if (hart > 0) {
        fill_caches();
    }
    hart_barrier_wait(&stage.barrier);
    if (hart == 1) {
        return; /* idle: it runs nothing at all */
    }
    if (hart == 2) {
        while (sem_wait(&stage.blocked) != 0) { /* blocked, and will not answer anybody */
        }
        return;
    }
    struct frame_stats stats;
    frame_allocator_stats(stage.allocator, &stats);
    stage.cached = stats.frames_in_caches;
    take_everything();
    (void)sem_post(&stage.blocked);
}

static void count_possible(void *context, const struct arena *arena)
{
    (void)context;
    uint64_t size = UINT64_C(1) << stage.order;
    for (uint32_t i = 0; i < arena->region_count; i++) {
        uint64_t start = align_up_u64(arena->regions[i].first.value, size);
        uint64_t end = frame_run_end(arena->regions[i]);
        stage.possible += end > start ? (end - start) / size : 0;
    }
}

static void P5_every_last_run_at_every_order(void **state)
{
    stage.allocator = framelab_open(*state, MEMORY_BYTES, HARTS);
    assert_non_null(stage.allocator);
    assert_int_equal(sem_init(&stage.blocked, 0, 0), 0);
    hart_barrier_init(&stage.barrier, HARTS);
    for (stage.order = 0; stage.order <= ORDER_MOST; stage.order++) {
        stage.possible = 0;
        frame_allocator_arenas(stage.allocator, count_possible, NULL);
        assert_true(harts_run(HARTS, act, NULL));
        if (stage.had != stage.possible) {
            fail_msg("order %u: %llu runs of %llu, with %llu frames in caches at first", stage.order,
                     (unsigned long long)stage.had, (unsigned long long)stage.possible,
                     (unsigned long long)stage.cached);
        }
    }
    assert_true(stage.cached > 0); /* else there was nothing to strand */
    struct frame_account account;
    assert_true(frame_allocator_validate(stage.allocator, &account));
    assert_int_equal(account.allocated, 0);
    framelab_close(stage.allocator);
}

/* ---- gigantic runs ---- */

#define GIB (UINT64_C(1) << 30)
#define GIB_FRAMES (GIB / FRAME_SIZE)
#define GIGANTIC_TURNS 40u
#define GIGANTIC_BYTES (4 * GIB)
#define GIGANTIC_BASE (UINT64_C(0x80000000) / FRAME_SIZE)
#define SMALL_MOST 512u

static struct {
    struct frame_allocator *allocator;
    _Atomic bool over;
    _Atomic uint64_t operations; /* of the harts with small runs */
    _Atomic uint64_t wrong;      /* frames given to two */
    uint64_t had;
    _Atomic uint8_t owners[GIGANTIC_BYTES / FRAME_SIZE]; /* hart + 1 */
} giants;

/* Relaxed: the allocator gets no ordering from here. */
static void own(uint32_t hart, struct frame_run run)
{
    for (uint64_t i = 0; i < run.count; i++) {
        uint64_t index = run.first.value + i - GIGANTIC_BASE;
        if (atomic_exchange_explicit(&giants.owners[index], (uint8_t)(hart + 1), memory_order_relaxed) != 0) {
            atomic_fetch_add_explicit(&giants.wrong, 1, memory_order_relaxed);
        }
    }
}

static void give(struct frame_run run)
{
    for (uint64_t i = 0; i < run.count; i++) {
        atomic_store_explicit(&giants.owners[run.first.value + i - GIGANTIC_BASE], 0, memory_order_relaxed);
    }
    if (frame_free_run(giants.allocator, run) != FRAME_OK) {
        atomic_fetch_add_explicit(&giants.wrong, 1, memory_order_relaxed);
    }
}

static void small_traffic(uint32_t hart)
{
    struct random random = random_stream(11, hart);
    struct frame_run runs[SMALL_MOST];
    uint32_t count = 0;
    while (!atomic_load_explicit(&giants.over, memory_order_relaxed)) {
        uint64_t frames = random_one_in(&random, 4) ? random_between(&random, 2, 40) : 1;
        struct frame_layout layout = {frames * FRAME_SIZE, FRAME_SIZE};
        if (random_below(&random, SMALL_MOST) >= count &&
            frame_alloc_contiguous(giants.allocator, layout, &runs[count]) == FRAME_OK) {
            own(hart, runs[count++]);
        } else if (count > 0) {
            uint32_t index = (uint32_t)random_below(&random, count);
            give(runs[index]);
            runs[index] = runs[--count];
        }
        atomic_fetch_add_explicit(&giants.operations, 1, memory_order_relaxed);
    }
    while (count > 0) {
        give(runs[--count]);
    }
}

/* 1 GiB, of any alignment or its own; freed as a whole or in parts. */
static void gigantic_traffic(void)
{
    for (uint32_t turn = 0; turn < GIGANTIC_TURNS; turn++) {
        struct frame_run run;
        struct frame_layout layout = {GIB - (turn % 4) * 3 * FRAME_SIZE, turn % 2 == 0 ? GIB : FRAME_SIZE};
        uint64_t before = atomic_load_explicit(&giants.operations, memory_order_relaxed);
        if (frame_alloc_contiguous(giants.allocator, layout, &run) == FRAME_OK) {
            giants.had++;
            own(0, run);
            uint64_t third = turn % 3 == 0 ? run.count : run.count / 3;
            for (uint64_t at = 0; at < run.count; at += third) {
                give(frame_run(pfn(run.first.value + at), run.count - at < third ? run.count - at : third));
            }
        }
        while (atomic_load_explicit(&giants.operations, memory_order_relaxed) < before + 1000) {
            platform_relax(); /* the others have moved on */
        }
    }
    atomic_store_explicit(&giants.over, true, memory_order_relaxed);
}

static void act_giant(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        gigantic_traffic();
    } else {
        small_traffic(hart);
    }
}

static void P5_gigantic_runs_beside_small_traffic(void **state)
{
    memset(&giants, 0, sizeof giants);
    giants.allocator = framelab_open(*state, GIGANTIC_BYTES, HARTS);
    assert_non_null(giants.allocator);
    assert_true(harts_run(HARTS, act_giant, NULL));
    assert_int_equal(giants.wrong, 0);
    print_message("# %s: %llu of %u runs of 1 GiB were had, beside %llu small ones\n", (const char *)*state,
                  (unsigned long long)giants.had, GIGANTIC_TURNS, (unsigned long long)giants.operations);
    /* One small run in each GiB of memory would be enough to refuse them all. */
    assert_true(giants.had >= GIGANTIC_TURNS / 4);
    struct frame_account account;
    assert_true(frame_allocator_validate(giants.allocator, &account));
    assert_int_equal(account.allocated, 0);
    framelab_close(giants.allocator);
}

int main(void)
{
    char baseline[] = "baseline", seed[] = "baseline:origin", lockfree[] = "lockfree", bare[] = "lockfree,magazine=0";
    char small[] = "lockfree,magazine=7,batch=3", large[] = "lockfree,magazine=512";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(P5_every_last_run_at_every_order, baseline),
        cmocka_unit_test_prestate(P5_every_last_run_at_every_order, seed),
        cmocka_unit_test_prestate(P5_every_last_run_at_every_order, lockfree),
        cmocka_unit_test_prestate(P5_every_last_run_at_every_order, small),
        cmocka_unit_test_prestate(P5_every_last_run_at_every_order, large),
        cmocka_unit_test_prestate(P5_gigantic_runs_beside_small_traffic, lockfree),
        cmocka_unit_test_prestate(P5_gigantic_runs_beside_small_traffic, bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
