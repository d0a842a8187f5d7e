/* SPDX-License-Identifier: MIT
 * The baseline's two variants behind struct variant: near nodes first, batches, arenas that come and go, every lock
 * under four harts, core's list before it, and a long comparison with a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "baseline.h"
#include "frame_list.h"
#include "harness.h"
#include "model_arena.h"
#include "play_harts.h"
#include "vector.h"

#define HARTS 4u
#define ARENAS 3u
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Two nodes; hart 0 and 2 are of node 0, the others of node 1. */
static const uint8_t node_order[] = {0, 1, 1, 0};
static const uint32_t hart_node[HARTS] = {0, 1, 0, 1};

/* Node 0: an arena with a hole, and one that touches its end. Node 1: one below both. */
static const struct frame_run low_regions[] = {{{0x400}, 1000}};
static const struct frame_run first_regions[] = {{{0x1003}, 700}, {{0x1403}, 1021}};
static const struct frame_run second_regions[] = {{{0x1800}, 2500}};

struct bench {
    const struct variant *variant;
    struct global *global;
    struct frame_list *lists[HARTS]; /* NULL but for CACHE_LIST */
    struct model_arena models[ARENAS];
    bool away[ARENAS]; /* detached */
    bool same;
    uint64_t visited;
    _Atomic uint8_t *owners; /* of test many_harts */
};

static void *zeroed(uint64_t bytes)
{
    void *memory = aligned_alloc(CACHE_PAIR, align_up_u64(bytes, CACHE_PAIR));
    assert_non_null(memory);
    memset(memory, 0, align_up_u64(bytes, CACHE_PAIR));
    return memory;
}

static enum frame_status bench_init(struct bench *bench, const struct variant *variant, enum lock_kind lock)
{
    const uint64_t knobs[VECTOR_KNOB_COUNT] = {lock};
    const struct global_config config = {.hart_count = HARTS,
                                         .node_count = 2,
                                         .hart_caches = true,
                                         .node_order = node_order,
                                         .hart_node = hart_node,
                                         .knobs = knobs};
    *bench = (struct bench){.variant = variant};
    bench->global = zeroed(variant_global_bytes(variant, HARTS));
    for (uint32_t i = 0; i < HARTS && variant->cache == CACHE_LIST; i++) {
        bench->lists[i] = zeroed(frame_list_bytes());
    }
    return variant->init(bench->global, &config);
}

static void bench_make(struct bench *bench, const struct variant *variant, enum lock_kind lock)
{
    assert_int_equal(bench_init(bench, variant, lock), FRAME_OK);
    model_arena_make(&bench->models[0], low_regions, COUNT_OF(low_regions), 0, 1, variant->arena_bytes);
    model_arena_make(&bench->models[1], first_regions, COUNT_OF(first_regions), 0, 0, variant->arena_bytes);
    model_arena_make(&bench->models[2], second_regions, COUNT_OF(second_regions), 0, 0, variant->arena_bytes);
    assert_int_equal(frame_run_end(bench->models[1].arena.span), second_regions[0].first.value);
    static const uint32_t order[ARENAS] = {2, 0, 1}; /* the vector sorts */
    for (uint32_t i = 0; i < ARENAS; i++) {
        assert_int_equal(variant->attach(bench->global, &bench->models[order[i]].arena), FRAME_OK);
    }
}

static void bench_drop(struct bench *bench)
{
    for (uint32_t i = 0; i < ARENAS; i++) {
        model_arena_drop(&bench->models[i]);
    }
    for (uint32_t i = 0; i < HARTS; i++) {
        free(bench->lists[i]);
    }
    free(bench->global);
}

static struct model_arena *bench_model(struct bench *bench, uint64_t frame)
{
    for (uint32_t i = 0; i < ARENAS; i++) {
        if (bench->models[i].states != NULL && frame_run_contains(bench->models[i].arena.span, pfn(frame))) {
            return &bench->models[i];
        }
    }
    return NULL;
}

static uint64_t bench_free(const struct bench *bench)
{
    uint64_t frames = 0;
    for (uint32_t i = 0; i < ARENAS; i++) {
        frames += bench->away[i] ? 0 : bench->models[i].free;
    }
    return frames;
}

static void visit_compare(void *context, struct frame_run run)
{
    struct bench *bench = context;
    const struct model_arena *model = bench_model(bench, run.first.value);
    bench->same = bench->same && model != NULL && model_all(model, run, MODEL_FREE);
    bench->visited += run.count;
}

/* Free in the vector and cached in lists are, together, what the model has free. */
static void bench_check(struct bench *bench)
{
    bench->same = true;
    bench->visited = 0;
    assert_true(bench->variant->walk_free(bench->global, visit_compare, bench));
    uint64_t cached = bench->visited, length = 0;
    for (uint32_t owner = 0; owner < HARTS && bench->lists[owner] != NULL; owner++) {
        assert_true(frame_list_walk(bench->lists[owner], visit_compare, bench));
        length += frame_list_length(bench->lists[owner]);
    }
    cached = bench->visited - cached;
    assert_true(bench->same);
    assert_int_equal(bench->visited, bench_free(bench));
    assert_int_equal(length, cached);
}

static void bench_taken(struct bench *bench, struct frame_run run)
{
    struct model_arena *model = bench_model(bench, run.first.value);
    assert_non_null(model);
    assert_true(model_move(model, run, MODEL_FREE, MODEL_OUT));
}

static void bench_given(struct bench *bench, struct frame_run run)
{
    assert_true(model_move(bench_model(bench, run.first.value), run, MODEL_OUT, MODEL_FREE));
}

static uint32_t take(struct bench *bench, uint32_t hart, pfn_t *frames, uint32_t count)
{
    uint32_t taken = bench->variant->take(bench->global, (struct caller){.hart = hart, .local = true},
                                          (struct run_kind){0, false}, frames, count);
    for (uint32_t i = 0; i < taken; i++) {
        bench_taken(bench, frame_run(frames[i], 1));
    }
    bench_check(bench);
    return taken;
}

/* Batch after batch, until there are `count` or nothing is left. */
static uint32_t take_batches(struct bench *bench, uint32_t hart, pfn_t *frames, uint32_t count)
{
    uint32_t taken = 0, more = 1;
    for (; taken < count && more > 0; taken += more) {
        more = take(bench, hart, frames + taken, count - taken);
    }
    return taken;
}

static void give(struct bench *bench, pfn_t *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        bench_given(bench, frame_run(frames[i], 1));
    }
    bench->variant->give(bench->global, (struct caller){.hart = 0, .local = true}, (struct run_kind){0, false}, frames,
                         count);
    bench_check(bench);
}

static bool take_run(struct bench *bench, uint32_t hart, uint64_t count, uint32_t align_order, pfn_t *first)
{
    struct frame_request request = {count, align_order};
    if (!bench->variant->take_run(bench->global, (struct caller){.hart = hart, .local = true}, request, first)) {
        return false;
    }
    assert_int_equal(first->value & ((UINT64_C(1) << align_order) - 1), 0);
    bench_taken(bench, frame_run(*first, count));
    bench_check(bench);
    return true;
}

static void give_run(struct bench *bench, struct frame_run run)
{
    bench_given(bench, run);
    bench->variant->give_run(bench->global, (struct caller){.hart = 0, .local = true}, run);
    bench_check(bench);
}

static enum frame_status detach(struct bench *bench, uint32_t index)
{
    enum frame_status status = bench->variant->detach(bench->global, &bench->models[index].arena);
    bench->away[index] = status == FRAME_OK;
    bench_check(bench);
    return status;
}

static enum frame_status attach(struct bench *bench, uint32_t index)
{
    enum frame_status status = bench->variant->attach(bench->global, &bench->models[index].arena);
    bench->away[index] = status != FRAME_OK;
    bench_check(bench);
    return status;
}

/* ---- the vector --------------------------------------------------------------------------------------------- */

static void near_nodes_come_first(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t frames[4300], first;
    bench_make(&bench, &baseline_variant, LOCK_AUTO);
    assert_int_equal(take(&bench, 1, frames, 1000), 1000);
    assert_int_equal(bench.models[0].free, 0); /* hart 1 empties node 1 first */
    assert_int_equal(take(&bench, 1, frames + 1000, 1), 1);
    assert_int_equal(bench_model(&bench, frames[1000].value)->arena.node, 0);
    give(&bench, frames, 1001);
    assert_int_equal(take(&bench, 2, frames, 4300), 700 + 1021 + 2500); /* hart 2 all of node 0, and no more */
    assert_int_equal(take(&bench, 2, frames + 4221, 79), 79);           /* then the rest elsewhere */
    assert_int_equal(bench.models[1].free + bench.models[2].free, 0);
    assert_int_equal(bench.models[0].free, 1000 - (4300 - 700 - 1021 - 2500));
    give(&bench, frames, 4300);
    /* A run that near lists do not hold is searched for nearby before it is taken from afar. */
    assert_true(take_run(&bench, 1, 999, 0, &first));
    assert_int_equal(bench_model(&bench, first.value)->arena.node, 1);
    assert_true(take_run(&bench, 1, 999, 0, &first));
    assert_int_equal(bench_model(&bench, first.value)->arena.node, 0);
    bench_drop(&bench);
}

static uint32_t take_batch(struct bench *bench, uint32_t hart, pfn_t *firsts, uint32_t count)
{
    uint32_t taken = bench->variant->take(bench->global, (struct caller){.hart = hart, .local = true},
                                          (struct run_kind){CHUNK_ORDER, false}, firsts, count);
    for (uint32_t i = 0; i < taken; i++) {
        assert_int_equal(firsts[i].value % CHUNK_FRAMES, 0);
        bench_taken(bench, frame_run(firsts[i], CHUNK_FRAMES));
    }
    bench_check(bench);
    return taken;
}

/* Chunks in batches: one acquisition each, near ones first, every one that is free; and back. */
static void P5_chunks_in_batches(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t firsts[20], first;
    struct frame_stats before = {0}, after = {0};
    bench_make(&bench, &baseline_variant, LOCK_AUTO);
    bench.variant->add_stats(bench.global, &before);
    assert_int_equal(take_batch(&bench, 1, firsts, 20), 1); /* 0x400 .. 0x7e7 has one at 0x400 */
    assert_int_equal(firsts[0].value, 0x400);
    assert_int_equal(take_batch(&bench, 1, firsts + 1, 3), 3); /* node 1 has no more */
    assert_int_equal(take_batch(&bench, 1, firsts + 4, 20), 2);
    assert_int_equal(take_batch(&bench, 1, firsts + 6, 1), 0);
    bench.variant->add_stats(bench.global, &after);
    assert_int_equal(after.lock_acquisitions - before.lock_acquisitions, 4);
    /* None is known as zero. */
    assert_int_equal(bench.variant->take(bench.global, (struct caller){.hart = 0, .local = true},
                                         (struct run_kind){CHUNK_ORDER, true}, &first, 1),
                     0);
    for (uint32_t i = 0; i < 6; i++) {
        bench_given(&bench, frame_run(firsts[i], CHUNK_FRAMES));
    }
    bench.variant->give(bench.global, (struct caller){.hart = 0, .local = true}, (struct run_kind){CHUNK_ORDER, false},
                        firsts, 6);
    bench_check(&bench);
    assert_true(take_run(&bench, 0, 2500, 0, &first));
    bench_drop(&bench);
}

static void P5_a_batch_gives_all_that_is_left(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t frames[6000];
    bench_make(&bench, &baseline_variant, LOCK_AUTO);
    uint32_t all = (uint32_t)bench_free(&bench);
    assert_int_equal(take_batches(&bench, 0, frames, 6000), all);
    assert_int_equal(take(&bench, 0, frames + all, 1), 0);
    give(&bench, frames, all);
    bench_drop(&bench);
}

/* Batches that ascend, descend, and come in no order, over arenas that touch; all frames back, the largest run too. */
static void P8_batches_in_every_order(void **state)
{
    (void)state;
    struct random random = {11};
    for (uint32_t order = 0; order < 3; order++) {
        struct bench bench;
        pfn_t frames[6000], first;
        bench_make(&bench, &baseline_variant, LOCK_AUTO);
        uint32_t all = take_batches(&bench, 0, frames, 6000), next = 0;
        for (uint32_t a = 0; a < ARENAS; a++) {
            for (uint64_t i = 0; i < bench.models[a].arena.span.count; i++) {
                if (bench.models[a].states[i] == MODEL_OUT) {
                    uint32_t at = order == 0 ? next : all - 1 - next;
                    frames[at] = pfn(bench.models[a].arena.span.first.value + i);
                    next++;
                }
            }
        }
        for (uint32_t i = all - 1; order == 2 && i > 0; i--) {
            uint32_t other = (uint32_t)random_below(&random, i + 1);
            pfn_t frame = frames[i];
            frames[i] = frames[other];
            frames[other] = frame;
        }
        give(&bench, frames, all);
        assert_true(take_run(&bench, 0, 2500, 11, &first));
        assert_true(take_run(&bench, 0, 1021, 0, &first));
        bench_drop(&bench);
    }
}

static void P4_no_run_crosses_two_arenas(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t frames[6000], first;
    bench_make(&bench, &baseline_variant, LOCK_AUTO);
    take_batches(&bench, 0, frames, 6000);
    give_run(&bench, frame_run(pfn(0x1800 - 4), 4));
    give_run(&bench, frame_run(pfn(0x1800), 4));
    assert_false(take_run(&bench, 0, 5, 0, &first));
    assert_true(take_run(&bench, 0, 4, 0, &first));
    bench_drop(&bench);
}

static void find_knows_every_span(void **state)
{
    (void)state;
    struct bench bench;
    bench_make(&bench, &baseline_variant, LOCK_AUTO);
    for (uint64_t frame = 0; frame < 0x3000; frame++) {
        const struct model_arena *model = bench_model(&bench, frame);
        assert_ptr_equal(bench.variant->find(bench.global, 0, pfn(frame)), model == NULL ? NULL : &model->arena);
    }
    assert_null(bench.variant->find(bench.global, 0, pfn(UINT64_MAX)));
    bench_drop(&bench);
}

static void detach_only_when_nothing_is_out(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t frames[3], first;
    bench_make(&bench, &baseline_variant, LOCK_AUTO);
    const struct variant *variant = bench.variant;
    assert_null(variant->quiesce); /* the lock has seen to it */
    assert_int_equal(take(&bench, 1, frames, 3), 3);
    assert_int_equal(detach(&bench, 0), FRAME_BUSY);
    give(&bench, frames, 2);
    assert_int_equal(detach(&bench, 0), FRAME_BUSY);
    give(&bench, frames + 2, 1);
    for (uint32_t round = 0; round < 3; round++) { /* its metadata is not zeroed in between */
        assert_int_equal(detach(&bench, 0), FRAME_OK);
        assert_null(variant->find(bench.global, 0, low_regions[0].first));
        assert_true(take_run(&bench, 1, 1000, 0, &first)); /* from afar: node 1 has nothing */
        assert_int_equal(bench_model(&bench, first.value)->arena.node, 0);
        give_run(&bench, frame_run(first, 1000));
        assert_int_equal(attach(&bench, 0), FRAME_OK);
    }
    assert_true(take_run(&bench, 1, 1000, 0, &first));
    assert_int_equal(first.value, low_regions[0].first.value);
    bench_drop(&bench);
}

static void attach_refuses_what_has_no_room(void **state)
{
    (void)state;
    struct bench bench;
    struct model_arena models[ARENA_MAX + 1];
    assert_int_equal(bench_init(&bench, &baseline_variant, LOCK_AUTO), FRAME_OK);
    struct arena huge = {.span = {{0x1000000}, UINT64_C(1) << 33}};
    assert_int_equal(bench.variant->attach(bench.global, &huge), FRAME_NO_MEMORY);
    for (uint32_t i = 0; i <= ARENA_MAX; i++) {
        const struct frame_run region = {{100 - i % 2 + 100 * i}, 3};
        model_arena_make(&models[i], &region, 1, 0, 0, bench.variant->arena_bytes);
        assert_int_equal(bench.variant->attach(bench.global, &models[i].arena),
                         i < ARENA_MAX ? FRAME_OK : FRAME_NO_MEMORY);
    }
    assert_int_equal(bench.variant->detach(bench.global, &models[7].arena), FRAME_OK);
    assert_null(bench.variant->find(bench.global, 0, models[7].arena.span.first));
    for (uint32_t i = 0; i <= ARENA_MAX; i++) {
        model_arena_drop(&models[i]);
    }
    free(bench.global);
}

/* ---- locks -------------------------------------------------------------------------------------------------- */

static void own(struct bench *bench, struct frame_run run, uint8_t from, uint8_t to)
{
    for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
        if (atomic_exchange(&bench->owners[frame], to) != from) {
            platform_panic("frame 0x%llx is owned twice", (unsigned long long)frame);
        }
    }
}

#define ROUNDS 3000u
#define CALLS_A_ROUND 5u

static void take_and_give(void *context, uint32_t hart)
{
    struct bench *bench = context;
    struct random random = random_stream(5, hart);
    uint8_t self = (uint8_t)(hart + 1);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        pfn_t frames[64], first = {0};
        struct frame_request request = {random_between(&random, 1, 40), 0};
        uint32_t count = bench->variant->take(bench->global, (struct caller){.hart = hart, .local = true},
                                              (struct run_kind){0, false}, frames,
                                              (uint32_t)random_between(&random, 1, COUNT_OF(frames)));
        for (uint32_t i = 0; i < count; i++) {
            own(bench, frame_run(frames[i], 1), 0, self);
        }
        if (!bench->variant->take_run(bench->global, (struct caller){.hart = hart, .local = true}, request, &first)) {
            platform_panic("there was memory for everyone");
        }
        own(bench, frame_run(first, request.count), 0, self);
        if (bench->variant->find(bench->global, hart, first) == NULL) {
            platform_panic("no arena for an owned frame");
        }
        for (uint32_t i = 0; i < count; i++) {
            own(bench, frame_run(frames[i], 1), self, 0);
        }
        bench->variant->give(bench->global, (struct caller){.hart = hart, .local = true}, (struct run_kind){0, false},
                             frames, count);
        own(bench, frame_run(first, request.count), self, 0);
        bench->variant->give_run(bench->global, (struct caller){.hart = hart, .local = true},
                                 frame_run(first, request.count));
    }
}

static void P1_four_harts_under_every_lock(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < LOCK_KIND_COUNT; kind++) {
        struct bench bench;
        struct frame_stats before = {0}, stats = {0};
        bench_make(&bench, &baseline_variant, (enum lock_kind)kind);
        bench.owners = calloc(0x3000, 1);
        bench.variant->add_stats(bench.global, &before);
        assert_true(harts_run(HARTS, take_and_give, &bench));
        bench.variant->add_stats(bench.global, &stats);
        assert_int_equal(stats.lock_acquisitions - before.lock_acquisitions, HARTS * ROUNDS * CALLS_A_ROUND);
        assert_true(stats.lock_waits <= stats.lock_acquisitions);
        bench_check(&bench);
        free(bench.owners);
        bench_drop(&bench);
    }
}

struct lock_meeting {
    struct lock lock;
    struct lock_hart harts[2];
    struct hart_barrier barrier;
    bool held; /* guarded by the lock */
    bool met;
};

/* Hart 0 has the lock when hart 1 sets out to get it, and keeps it for a millisecond. */
static void meet(void *context, uint32_t hart)
{
    struct lock_meeting *meeting = context;
    if (hart == 0) {
        lock_acquire(&meeting->lock, hart);
        meeting->held = true;
        hart_barrier_wait(&meeting->barrier);
        for (uint64_t start = platform_time_ns(); platform_time_ns() - start < 1000000;) {
            platform_relax();
        }
        meeting->held = false;
    } else {
        hart_barrier_wait(&meeting->barrier);
        lock_acquire(&meeting->lock, hart);
        meeting->met = !meeting->held;
    }
    lock_release(&meeting->lock, hart);
}

static void waits_are_counted_under_every_lock(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < LOCK_KIND_COUNT; kind++) {
        struct lock_meeting *meeting = aligned_alloc(CACHE_PAIR, sizeof *meeting);
        struct frame_stats stats = {0};
        uint32_t rounds = 0;
        assert_non_null(meeting);
        memset(meeting, 0, sizeof *meeting);
        assert_true(lock_init(&meeting->lock, (enum lock_kind)kind, meeting->harts, 2));
        /* Hart 1 may be late by a millisecond once, not a hundred times. */
        for (; rounds < 100 && stats.lock_waits == 0; rounds++) {
            stats = (struct frame_stats){0};
            meeting->met = false;
            hart_barrier_init(&meeting->barrier, 2);
            assert_true(harts_run(2, meet, meeting));
            assert_true(meeting->met);
            lock_add_stats(&meeting->lock, &stats);
        }
        assert_int_equal(stats.lock_waits, 1);
        assert_true(stats.lock_wait_longest > 0);
        assert_int_equal(stats.lock_wait_total, stats.lock_wait_longest); /* of one wait */
        assert_int_equal(stats.lock_acquisitions, 2 * rounds);
        free(meeting);
    }
}

/* Times whose percentile is known; and one far above all buckets. */
static void hold_times_know_their_percentile(void **state)
{
    (void)state;
    static struct hold_times times;
    memset(&times, 0, sizeof times);
    assert_int_equal(hold_times_p99(&times), 0);
    for (uint64_t held = 1; held <= 1000; held++) {
        hold_times_add(&times, held * 1000);
    }
    assert_int_equal(times.count, 1000);
    assert_int_equal(times.total, 500500 * 1000);
    assert_in_range(hold_times_p99(&times), 990000, 990000 * 9 / 8); /* to within an eighth, and never below */
    hold_times_add(&times, UINT64_MAX);
    assert_in_range(hold_times_p99(&times), 990000, 990000 * 9 / 8);
    /* Small ones are exact. */
    memset(&times, 0, sizeof times);
    for (uint64_t held = 0; held < 2 * HOLD_STEPS; held++) {
        hold_times_add(&times, held);
        assert_int_equal(hold_times_p99(&times), held);
    }
    /* After an hour of a million batches a second. */
    memset(&times, 0, sizeof times);
    times.count = times.buckets[5] = UINT32_MAX;
    hold_times_add(&times, 5);
    assert_int_equal(hold_times_p99(&times), 5);
}

/* Each batch of frames is measured if that is asked for, and nothing else. */
static void holds_are_measured_if_asked_for(void **state)
{
    (void)state;
    pfn_t frames[64];
    for (uint64_t asked = 0; asked < 2; asked++) {
        struct bench bench;
        struct frame_stats stats = {0};
        bench_make(&bench, &baseline_variant, LOCK_AUTO);
        vector_of(bench.global)->times_holds = asked == 1;
        for (uint32_t i = 0; i < 5; i++) {
            assert_int_equal(bench.variant->take(bench.global, (struct caller){.hart = 0, .local = true},
                                                 (struct run_kind){0, false}, frames, 64),
                             64);
            bench.variant->give(bench.global, (struct caller){.hart = 0, .local = true}, (struct run_kind){0, false},
                                frames, 64);
        }
        pfn_t first;
        assert_true(bench.variant->take_run(bench.global, (struct caller){.hart = 0, .local = true},
                                            (struct frame_request){4, 2}, &first));
        bench.variant->give_run(bench.global, (struct caller){.hart = 0, .local = true}, frame_run(first, 4));
        bench.variant->add_stats(bench.global, &stats);
        assert_int_equal(stats.take_holds, 5 * asked);
        assert_int_equal(stats.give_holds, 5 * asked);
        assert_true((stats.take_hold_total > 0) == (asked == 1) && (stats.give_hold_total > 0) == (asked == 1));
        assert_true((stats.take_hold_p99 > 0) == (asked == 1) && (stats.give_hold_p99 > 0) == (asked == 1));
        bench_check(&bench);
        bench_drop(&bench);
    }
}

static void auto_is_a_lock_that_exists(void **state)
{
    (void)state;
    struct lock_hart harts[1] = {0};
    struct platform_mutex mutex;
    struct lock lock = {0};
    bool has_mutex = platform_mutex_init(&mutex);
    assert_true(lock_init(&lock, LOCK_AUTO, harts, 1));
    assert_int_equal(lock.kind, has_mutex ? LOCK_MUTEX : LOCK_TICKET);
    assert_int_equal(lock_init(&lock, LOCK_MUTEX, harts, 1), has_mutex);
    for (uint32_t kind = 0; kind < LOCK_KIND_COUNT; kind++) {
        assert_non_null(lock_kind_names[kind]);
    }
    assert_null(lock_kind_names[LOCK_KIND_COUNT]);
}

/* ---- core's list ---------------------------------------------------------------------------------------- */

static bool local_take(struct bench *bench, uint32_t owner, uint64_t count, uint32_t align_order, pfn_t *first)
{
    struct frame_request request = {count, align_order};
    if (!frame_list_take(bench->lists[owner], request, first)) {
        return false;
    }
    assert_int_equal(first->value & ((UINT64_C(1) << align_order) - 1), 0);
    bench_taken(bench, frame_run(*first, count));
    bench_check(bench);
    return true;
}

static void local_give(struct bench *bench, uint32_t owner, uint64_t first, uint64_t count)
{
    bench_given(bench, frame_run(pfn(first), count));
    frame_list_give(bench->variant, bench->global, bench->lists[owner], frame_run(pfn(first), count));
    bench_check(bench);
}

/* As core drains; whether there was anything. */
static bool local_drain(const struct bench *bench, uint32_t owner)
{
    struct frame_run run;
    bool any = false;
    while (frame_list_drain(bench->lists[owner], &run)) {
        bench->variant->give_run(bench->global, (struct caller){.hart = 0, .local = false}, run);
        any = true;
    }
    return any;
}

/* Everything is out, so that the lists hold what a test puts there. */
static void bench_make_seed(struct bench *bench)
{
    pfn_t frames[6000];
    bench_make(bench, &baseline_origin_variant, LOCK_AUTO);
    take_batches(bench, 0, frames, 6000);
}

static void seed_is_first_in_first_out(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_seed(&bench);
    assert_false(local_take(&bench, 0, 1, 0, &first));
    const uint64_t frames[] = {0x1005, 0x1900, 0x401, 0x1004};
    for (uint32_t i = 0; i < COUNT_OF(frames); i++) {
        local_give(&bench, 0, frames[i], 1);
    }
    assert_false(local_take(&bench, 1, 1, 0, &first)); /* another hart's list is another list */
    for (uint32_t i = 0; i < COUNT_OF(frames); i++) {
        assert_true(local_take(&bench, 0, 1, 0, &first));
        assert_int_equal(first.value, frames[i]);
    }
    assert_false(local_take(&bench, 0, 1, 0, &first));
    local_give(&bench, 0, 0x1010, 2); /* an emptied list can be filled again */
    assert_true(local_take(&bench, 0, 2, 0, &first));
    bench_drop(&bench);
}

static void P5_seed_finds_a_run_that_ends_the_list(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_seed(&bench);
    local_give(&bench, 0, 0x1010, 1);
    local_give(&bench, 0, 0x1020, 4);
    assert_false(local_take(&bench, 0, 5, 0, &first)); /* five frames, but no five in a row */
    assert_true(local_take(&bench, 0, 4, 0, &first));
    assert_int_equal(first.value, 0x1020);
    local_give(&bench, 0, 0x1030, 3); /* behind a tail that was cut off */
    assert_true(local_take(&bench, 0, 3, 0, &first));
    assert_true(local_take(&bench, 0, 1, 0, &first));
    assert_int_equal(first.value, 0x1010);
    bench_drop(&bench);
}

static void P5_seed_finds_a_run_in_any_order(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    struct random random = {3};
    bench_make_seed(&bench);
    for (uint64_t i = 64; i > 0; i--) { /* downwards, as a caller that frees in reverse leaves it */
        local_give(&bench, 0, 0x1100 + i - 1, 1);
    }
    assert_true(local_take(&bench, 0, 64, 0, &first));
    for (uint32_t round = 0; round < 20; round++) {
        uint64_t step = 2 * random_below(&random, 32) + 1; /* odd: visits all 64 */
        for (uint64_t i = 0; i < 64; i++) {
            local_give(&bench, 0, 0x1100 + (i * step) % 64, 1);
        }
        assert_false(local_take(&bench, 0, 65, 0, &first));
        assert_true(local_take(&bench, 0, 64, 6, &first));
        assert_int_equal(first.value, 0x1100);
    }
    bench_drop(&bench);
}

static void P4_seed_aligns(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_seed(&bench);
    local_give(&bench, 0, 0x1101, 14); /* 0x1101 .. 0x110e */
    assert_true(local_take(&bench, 0, 7, 3, &first));
    assert_int_equal(first.value, 0x1108);
    assert_false(local_take(&bench, 0, 4, 3, &first));
    assert_true(local_take(&bench, 0, 4, 2, &first));
    assert_int_equal(first.value, 0x1104);
    assert_true(local_take(&bench, 0, 1, 1, &first)); /* one frame, aligned: not the front */
    assert_int_equal(first.value, 0x1102);
    assert_false(local_take(&bench, 0, 2, 0, &first)); /* 0x1101 and 0x1103 are left */
    bench_drop(&bench);
}

static void P4_seed_runs_stay_in_one_arena(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make_seed(&bench);
    local_give(&bench, 0, 0x1800 - 3, 3);
    local_give(&bench, 0, 0x1800, 4);
    assert_false(local_take(&bench, 0, 5, 0, &first));
    assert_true(local_take(&bench, 0, 4, 0, &first));
    assert_int_equal(first.value, 0x1800);
    local_give(&bench, 0, 0x1800, 2);
    assert_true(local_drain(&bench, 0));
    bench_check(&bench);
    bench_drop(&bench);
}

static void P8_seed_drain_gives_all_back(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    struct random random = {9};
    struct frame_run run;
    bench_make_seed(&bench);
    uint64_t all = 0;
    for (uint32_t i = 0; i < ARENAS; i++) {
        all += bench.models[i].arena.usable_frames;
    }
    for (uint32_t i = 0; bench_free(&bench) < all; i++) {
        if (model_pick_out(&bench.models[i % ARENAS], &random, 1, &run)) {
            bench_given(&bench, run);
            frame_list_give(bench.variant, bench.global, bench.lists[i % HARTS], run);
        }
    }
    bench_check(&bench);
    assert_int_equal(detach(&bench, 2), FRAME_BUSY);
    for (uint32_t owner = 0; owner < HARTS; owner++) {
        assert_true(local_drain(&bench, owner));
        assert_false(local_drain(&bench, owner));
    }
    bench_check(&bench);
    assert_true(take_run(&bench, 0, 2500, 11, &first));
    bench_drop(&bench);
}

/* An arena that comes after a hart drew its map, lower than all; then one that goes. */
static void seed_follows_the_vector(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first, frames[40];
    bench_make(&bench, &baseline_origin_variant, LOCK_AUTO);
    assert_int_equal(detach(&bench, 0), FRAME_OK);
    assert_int_equal(take(&bench, 0, frames, 40), 40);
    local_give(&bench, 0, frames[0].value, 1);
    assert_int_equal(attach(&bench, 0), FRAME_OK);
    assert_true(take_run(&bench, 1, 5, 0, &first));
    assert_int_equal(bench_model(&bench, first.value)->arena.node, 1);
    local_give(&bench, 0, first.value, 5);
    assert_true(local_take(&bench, 0, 5, 0, &first));
    give_run(&bench, frame_run(first, 5));
    assert_int_equal(detach(&bench, 0), FRAME_OK);
    memset(bench.models[0].arena.variant, 0xa5, 4096); /* its metadata is somebody else's now */
    local_give(&bench, 0, frames[1].value, 1);
    assert_true(local_take(&bench, 0, 1, 0, &first));
    assert_int_equal(first.value, frames[0].value);
    bench_drop(&bench);
}

/* The same memory comes back as another arena, with its words elsewhere: core has drained the list in between. */
static void seed_forgets_arenas_when_it_is_drained(void **state)
{
    (void)state;
    struct bench bench;
    pfn_t first;
    bench_make(&bench, &baseline_origin_variant, LOCK_AUTO);
    assert_true(take_run(&bench, 1, 5, 0, &first));
    local_give(&bench, 0, first.value, 5);
    assert_true(local_drain(&bench, 0));
    assert_false(local_drain(&bench, 1));
    assert_int_equal(detach(&bench, 0), FRAME_OK);
    struct model_arena old = bench.models[0];
    uint64_t *words = old.arena.links;
    memset(words, 0xa5, 1000 * sizeof *words);
    model_arena_make(&bench.models[0], low_regions, COUNT_OF(low_regions), 0, 1, bench.variant->arena_bytes);
    assert_int_equal(attach(&bench, 0), FRAME_OK);
    assert_ptr_not_equal(bench.models[0].arena.links, words);
    assert_true(take_run(&bench, 1, 1000, 0, &first));
    local_give(&bench, 0, first.value, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_true(words[i] == UINT64_C(0xa5a5a5a5a5a5a5a5));
    }
    model_arena_drop(&old);
    bench_drop(&bench);
}

static void P2_seed_sees_a_broken_list(void **state)
{
    (void)state;
    struct bench bench;
    bench_make_seed(&bench);
    const struct buddy *buddy = bench.models[1].arena.variant;
    local_give(&bench, 0, 0x1100, 3);
    uint64_t *next = &buddy->words[0x1101 - 0x1003].owner;
    const uint64_t wrong[] = {0, 0x1100 + 1}; /* a list that ends early, and one that never ends */
    for (uint32_t i = 0; i < COUNT_OF(wrong); i++) {
        uint64_t right = *next;
        *next = wrong[i];
        assert_false(frame_list_walk(bench.lists[0], visit_compare, &bench));
        *next = right;
        bench_check(&bench);
    }
    bench_drop(&bench);
}

/* ---- a long comparison -------------------------------------------------------------------------------------- */

static void model_take(struct bench *bench, struct random *random)
{
    pfn_t frames[128];
    uint32_t count = (uint32_t)random_between(random, 1, COUNT_OF(frames));
    uint32_t taken = take(bench, (uint32_t)random_below(random, HARTS), frames, count);
    assert_true(taken > 0 || bench->lists[0] != NULL || bench_free(bench) == 0);
}

static void model_take_run(struct bench *bench, struct random *random)
{
    uint64_t count = random_between(random, 1, UINT64_C(1) << random_below(random, 12));
    struct frame_request request = {count, (uint32_t)random_below(random, 12)};
    uint32_t hart = (uint32_t)random_below(random, HARTS);
    bool possible = false;
    pfn_t first;
    for (uint32_t i = 0; i < ARENAS; i++) {
        possible = possible || model_can_meet(&bench->models[i], request);
    }
    if (bench->lists[0] != NULL && local_take(bench, hart, count, request.align_order, &first)) {
        return;
    }
    if (!take_run(bench, hart, count, request.align_order, &first) && bench->lists[0] != NULL) {
        for (uint32_t owner = 0; owner < HARTS; owner++) { /* as core does before it fails */
            (void)local_drain(bench, owner);
        }
        bench_check(bench);
        assert_int_equal(take_run(bench, hart, count, request.align_order, &first), possible);
    } else if (bench->lists[0] == NULL && !possible) {
        assert_false(
            bench->variant->take_run(bench->global, (struct caller){.hart = hart, .local = true}, request, &first));
    }
}

static void model_give(struct bench *bench, struct random *random)
{
    struct frame_run run;
    const struct model_arena *model = &bench->models[random_below(random, ARENAS)];
    if (!model_pick_out(model, random, random_between(random, 1, UINT64_C(1) << random_below(random, 12)), &run)) {
        return;
    }
    if (bench->lists[0] != NULL && !random_one_in(random, 3)) {
        local_give(bench, (uint32_t)random_below(random, HARTS), run.first.value, run.count);
    } else {
        give_run(bench, run);
    }
}

static void agrees_with_a_naive_model(const struct variant *variant)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct random random = {seed};
        struct bench bench;
        bench_make(&bench, variant, LOCK_AUTO);
        for (uint32_t step = 0; step < 3000; step++) {
            bool shrink = (step / 300) % 2 == 0; /* towards exhaustion, then back */
            if (random_below(&random, 10) < (shrink ? 4u : 7u)) {
                model_give(&bench, &random);
            } else if (random_one_in(&random, 3)) {
                model_take(&bench, &random);
            } else {
                model_take_run(&bench, &random);
            }
        }
        bench_drop(&bench);
    }
}

static void baseline_agrees_with_a_naive_model(void **state)
{
    (void)state;
    agrees_with_a_naive_model(&baseline_variant);
}

static void seed_agrees_with_a_naive_model(void **state)
{
    (void)state;
    agrees_with_a_naive_model(&baseline_origin_variant);
}

int main(void)
{
    play_harts(HARTS);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_nodes_come_first),
        cmocka_unit_test(P5_a_batch_gives_all_that_is_left),
        cmocka_unit_test(P5_chunks_in_batches),
        cmocka_unit_test(P8_batches_in_every_order),
        cmocka_unit_test(P4_no_run_crosses_two_arenas),
        cmocka_unit_test(find_knows_every_span),
        cmocka_unit_test(detach_only_when_nothing_is_out),
        cmocka_unit_test(attach_refuses_what_has_no_room),
        cmocka_unit_test(P1_four_harts_under_every_lock),
        cmocka_unit_test(waits_are_counted_under_every_lock),
        cmocka_unit_test(hold_times_know_their_percentile),
        cmocka_unit_test(holds_are_measured_if_asked_for),
        cmocka_unit_test(auto_is_a_lock_that_exists),
        cmocka_unit_test(seed_is_first_in_first_out),
        cmocka_unit_test(P5_seed_finds_a_run_that_ends_the_list),
        cmocka_unit_test(P5_seed_finds_a_run_in_any_order),
        cmocka_unit_test(P4_seed_aligns),
        cmocka_unit_test(P4_seed_runs_stay_in_one_arena),
        cmocka_unit_test(P8_seed_drain_gives_all_back),
        cmocka_unit_test(seed_follows_the_vector),
        cmocka_unit_test(seed_forgets_arenas_when_it_is_drained),
        cmocka_unit_test(P2_seed_sees_a_broken_list),
        cmocka_unit_test(baseline_agrees_with_a_naive_model),
        cmocka_unit_test(seed_agrees_with_a_naive_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
