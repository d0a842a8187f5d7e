/* SPDX-License-Identifier: MIT
 * One pool: given to and taken from in every way, against a model of its frames; and by four threads at once. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "local_chunk.h"
#include "model_arena.h"
#include "shard.h"

#define STEPS 40000
#define THREADS 4u
#define SHARDS 2u /* of three chunk bitmaps */
#define THREAD_STEPS 60000
#define BATCH 64u
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A span that begins in the middle of a chunk and of a chunk bitmap, crosses two chunk bitmap borders, and has a
 * hole. */
#define FIRST ((UINT64_C(0x1003) << CHUNK_ORDER) + 77)
static const struct frame_run regions[] = {{{FIRST}, 3 * CHUNK_FRAMES + 11},
                                           {{FIRST + 5 * CHUNK_FRAMES}, 130 * CHUNK_FRAMES + 300}};

static struct reclaim reclaim;
static struct pool_hart pool_harts[THREADS];
static struct model_arena model;
static struct pool *pool;
static uint64_t cursor;

/* All frames out. */
static int setup(void **state)
{
    (void)state;
    memset(&reclaim, 0, sizeof reclaim);
    memset(pool_harts, 0, sizeof pool_harts);
    assert_true(reclaim_init(&reclaim, "epoch", index_put_from_limbo));
    for (uint32_t i = 0; i < THREADS; i++) {
        pool_harts[i].mark = SCAN_MARKS + i;
        pool_harts[i].home = i;
        reclaim_add_hart(&reclaim, &pool_harts[i].reclaim);
    }
    model_arena_make(&model, regions, COUNT_OF(regions), 0, 0, pool_bytes);
    pool = model.arena.variant;
    pool_build(pool, &model.arena, &(struct pool_options){CLASS_MAX, SHARDS});
    for (uint32_t r = 0; r < COUNT_OF(regions); r++) {
        assert_true(model_move(&model, regions[r], MODEL_FREE, MODEL_OUT));
    }
    cursor = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    model_arena_drop(&model);
    return 0;
}

static void give(struct frame_run run)
{
    assert_true(model_move(&model, run, MODEL_OUT, MODEL_FREE));
    pool_give_run(pool, &pool_harts[0], run, false);
}

static void give_everything(void)
{
    struct frame_run run;
    struct random random = {9};
    while (model_pick_out(&model, &random, UINT64_MAX, &run)) {
        give(run);
    }
}

static bool is_whole(uint64_t number)
{
    return (bitmap_look(pool_bitmap(pool, number)) & bitmap_bit(number)) != 0;
}

/* At rest: the bits say what the model says, each frame in one place; what has something free is linked; what could be
 * coalesced is. */
static void expect_sound(void)
{
    for (uint64_t n = pool->first_chunk; n < pool_end_chunk(pool); n++) {
        struct chunk_bits bits = chunk_look(pool_chunk(pool, n));
        for (uint64_t frame = n << CHUNK_ORDER; frame < (n + 1) << CHUNK_ORDER; frame++) {
            bool set = (bits.words[frame % CHUNK_FRAMES / 64] >> (frame % 64) & 1) != 0;
            bool inside = frame_run_contains(model.arena.span, pfn(frame));
            assert_false(set && is_whole(n));
            assert_int_equal(set || is_whole(n), inside && *model_state(&model, frame) == MODEL_FREE);
        }
        assert_false(chunk_is_full(pool_chunk(pool, n)));
        assert_true(chunk_is_empty(pool_chunk(pool, n)) || atomic_load(&pool_node(pool, n)->linked) != 0);
    }
    for (uint64_t b = 0; b < pool->bitmap_count; b++) {
        assert_true(bitmap_is_empty(&pool->bitmaps[b]) || atomic_load(&pool->bitmaps[b].node.linked) != 0);
    }
    assert_true(model.free == 0 || !pool_is_exhausted(pool));
}

/* ---- one hart ----------------------------------------------------------------------------------------------- */

static void take_exactly(struct random *random)
{
    uint64_t offset = random_below(random, model.arena.span.count);
    uint64_t count = 1 + random_below(random, random_one_in(random, 4) ? 3000 : 600);
    struct frame_run run = frame_run(pfn(model.arena.span.first.value + offset), count);
    if (frame_run_end(run) > frame_run_end(model.arena.span)) {
        return;
    }
    bool free = model_all(&model, run, MODEL_FREE);
    assert_int_equal(pool_take_exactly(pool, &pool_harts[0], run), free);
    assert_true(!free || model_move(&model, run, MODEL_FREE, MODEL_OUT));
}

static void take_run(struct random *random)
{
    struct frame_request request = {1 + random_below(random, random_one_in(random, 3) ? 40000 : 1200),
                                    (uint32_t)random_below(random, 14)};
    pfn_t first;
    bool possible = model_can_meet(&model, request);
    assert_int_equal(pool_scan_run(pool, &pool_harts[0], &cursor, request, &first), possible);
    if (possible) {
        assert_int_equal(first.value & ((UINT64_C(1) << request.align_order) - 1), 0);
        assert_true(model_move(&model, frame_run(first, request.count), MODEL_FREE, MODEL_OUT));
    }
}

static void took_frames(const pfn_t *frames, uint32_t taken)
{
    for (uint32_t i = 0; i < taken; i++) {
        assert_true(model_move(&model, frame_run(frames[i], 1), MODEL_FREE, MODEL_OUT));
    }
}

static struct shard *any_shard(struct random *random)
{
    return pool_shard(pool, random_below(random, pool->shard_count));
}

static void take_frames(struct random *random)
{
    pfn_t frames[BATCH];
    uint32_t count = (uint32_t)random_between(random, 1, BATCH);
    uint64_t kept = CHUNK_NONE;
    uint32_t taken = random_one_in(random, 2)
                         ? shard_take_linked(any_shard(random), &pool_harts[0], frames, count, &kept)
                         : pool_scan_frames(pool, &pool_harts[0], &cursor, frames, count);
    took_frames(frames, taken);
    if (kept != CHUNK_NONE) {
        pool_release_chunk(pool, &pool_harts[0], kept);
    }
    if (taken < count && random_one_in(random, 2)) {
        /* The index may have nothing, what it has being in limbo; a scan finds at least one if there is one. */
        uint64_t free = model.free;
        taken = pool_scan_frames(pool, &pool_harts[0], &cursor, frames, count);
        assert_int_equal(taken > 0, free > 0);
        assert_int_equal(pool_is_exhausted(pool), free == 0);
        took_frames(frames, taken);
    }
}

/* Whether there is a run of 2^order free chunks, so aligned, inside a chunk bitmap. */
static bool local_has_chunks(uint32_t order)
{
    const uint64_t frames = CHUNK_FRAMES << order;
    for (uint64_t at = align_up_u64(model.arena.span.first.value, frames); at < frame_run_end(model.arena.span);
         at += frames) {
        if (model_all(&model, frame_run(pfn(at), frames), MODEL_FREE)) {
            return true;
        }
    }
    return false;
}

static void take_chunks(struct random *random)
{
    pfn_t firsts[BATCH];
    uint32_t count = (uint32_t)random_between(random, 1, BATCH);
    uint32_t order = random_one_in(random, 2) ? 0 : (uint32_t)random_between(random, 1, 3);
    uint32_t taken = pool_scan_chunks(pool, &pool_harts[0], &cursor, order, ZERO_LAST, firsts, count);
    for (uint32_t i = 0; i < taken; i++) {
        assert_int_equal(firsts[i].value % (CHUNK_FRAMES << order), 0);
        assert_true(model_move(&model, frame_run(firsts[i], CHUNK_FRAMES << order), MODEL_FREE, MODEL_OUT));
    }
    assert_true(taken == count || !local_has_chunks(order));
}

/* A run of chunks out of a chunk bitmap that the index has: there if and only if the chunk bitmap has such. */
static void take_from_bitmap(struct random *random)
{
    uint32_t count = (uint32_t)random_between(random, 1, 8), align_order = (uint32_t)random_below(random, 4);
    struct chunk_bitmap *bitmap = shard_pop_bitmap(any_shard(random), &pool_harts[0]);
    if (bitmap == NULL) {
        return;
    }
    uint64_t base = pool_bitmap_base(pool, bitmap);
    bool possible = false;
    for (uint64_t first = 0; first + count <= BITMAP_CHUNKS && !possible; first += UINT64_C(1) << align_order) {
        possible = model_all(&model, frame_run(pfn((base + first) << CHUNK_ORDER), count * CHUNK_FRAMES), MODEL_FREE);
    }
    uint64_t got = bitmap_take_run(bitmap, count, align_order, &pool_harts[0].retries);
    assert_int_equal(got != 0, possible);
    if (got != 0) {
        uint64_t first = base + (uint32_t)__builtin_ctzll(got);
        assert_int_equal(first % (UINT64_C(1) << align_order), 0);
        assert_int_equal(got >> (first - base), low_mask(count));
        assert_true(
            model_move(&model, frame_run(pfn(first << CHUNK_ORDER), count * CHUNK_FRAMES), MODEL_FREE, MODEL_OUT));
    }
    pool_release_bitmap(pool, &pool_harts[0], bitmap);
}

static void P2_P4_P5_every_step_against_a_model(void **state)
{
    struct random random = {1};
    (void)state;
    give_everything();
    for (uint32_t step = 0; step < STEPS; step++) {
        struct frame_run run;
        switch (random_below(&random, 8)) {
        case 0:
            take_exactly(&random);
            break;
        case 1:
            take_run(&random);
            break;
        case 2:
            take_frames(&random);
            break;
        case 3:
            take_chunks(&random);
            break;
        case 4:
            take_from_bitmap(&random);
            break;
        default:
            if (model_pick_out(&model, &random, 1 + random_below(&random, random_one_in(&random, 8) ? 9000 : 700),
                               &run)) {
                give(run);
            }
        }
        if (step % 1000 == 0) {
            (void)reclaim_poll(&pool_harts[0].reclaim);
            expect_sound();
        }
    }
}

/* shard_take_linked may leave one chunk with its link duty: it goes back. */
static void P2_what_is_kept_is_linked_again(void **state)
{
    (void)state;
    give(frame_run(regions[0].first, 40));
    pfn_t frames[BATCH];
    uint64_t kept;
    struct shard *shard = shard_of(pool, chunk_number(regions[0].first));
    uint32_t taken = shard_take_linked(shard, &pool_harts[0], frames, 20, &kept);
    assert_int_equal(taken, 0);
    assert_int_equal(kept, chunk_number(regions[0].first));
    pool_release_chunk(pool, &pool_harts[0], kept);
    expect_sound();
}

/* P8: whatever the order in which the frames of a chunk come back, the last makes it whole. */
static void P8_a_chunk_is_coalesced_by_its_last_frame(void **state)
{
    (void)state;
    uint64_t number = chunk_number(regions[1].first) + 2;
    for (uint32_t w = 0; w < CHUNK_WORDS; w++) {
        for (uint32_t i = 0; i < CHUNK_WORDS; i++) {
            uint32_t word = (w + i) % CHUNK_WORDS; /* w comes first, w - 1 last */
            give(frame_run(pfn((number << CHUNK_ORDER) + word * 64), 63));
        }
        for (uint32_t i = 0; i < CHUNK_WORDS; i++) {
            uint32_t word = (w + i) % CHUNK_WORDS;
            assert_false(is_whole(number));
            give(frame_run(pfn((number << CHUNK_ORDER) + word * 64 + 63), 1));
        }
        assert_true(is_whole(number));
        expect_sound();
        struct frame_run chunk = frame_run(pfn(number << CHUNK_ORDER), CHUNK_FRAMES);
        assert_true(pool_take_exactly(pool, &pool_harts[0], chunk));
        assert_true(model_move(&model, chunk, MODEL_FREE, MODEL_OUT));
    }
}

/* P5: a scan that found nothing is believed until something is given, and no longer. */
static void P5_exhausted_ends_with_a_give(void **state)
{
    pfn_t frame;
    (void)state;
    assert_int_equal(pool_scan_frames(pool, &pool_harts[0], &cursor, &frame, 1), 0);
    assert_true(pool_is_exhausted(pool));
    give(frame_run(regions[1].first, 1));
    assert_false(pool_is_exhausted(pool));
    assert_int_equal(pool_scan_frames(pool, &pool_harts[0], &cursor, &frame, 1), 1);
    assert_int_equal(frame.value, regions[1].first.value);
}

/* A place goes to the shard of its chunk bitmap, whoever lists it; shards have as many chunk bitmaps each as they can;
 * a hart looks at all of them, its own first. */
static void index_nodes_belong_to_shards(void **state)
{
    (void)state;
    uint64_t bitmaps_of[SHARDS] = {0};
    assert_int_equal(pool->shard_count, SHARDS);
    for (uint64_t b = 0; b < pool->bitmap_count; b++) {
        struct shard *shard = shard_of(pool, pool_bitmap_base(pool, &pool->bitmaps[b]));
        assert_ptr_equal(shard, shard_of(pool, pool_bitmap_base(pool, &pool->bitmaps[b]) + BITMAP_CHUNKS - 1));
        bitmaps_of[shard == pool_shard(pool, 0) ? 0 : 1]++;
    }
    assert_int_equal(bitmaps_of[0] + bitmaps_of[1], pool->bitmap_count);
    assert_true(bitmaps_of[0] - bitmaps_of[1] + 1 <= 2);
    pfn_t last = pfn(frame_run_end(regions[1]) - CHUNK_FRAMES);
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_ptr_equal(shard_in_turn(pool, &pool_harts[i], 0), pool_shard(pool, i % SHARDS));
        assert_true(shard_is_last(shard_in_turn(pool, &pool_harts[i], SHARDS - 1), &pool_harts[i]));
        assert_true(model_move(&model, frame_run(pfn(last.value + i), 1), MODEL_OUT, MODEL_FREE));
        pool_give_run(pool, &pool_harts[i], frame_run(pfn(last.value + i), 1), false);
    }
    pfn_t frames[THREADS];
    uint64_t kept;
    assert_int_equal(shard_take_linked(pool_shard(pool, 0), &pool_harts[0], frames, THREADS, &kept), 0);
    assert_int_equal(shard_take_linked(pool_shard(pool, 1), &pool_harts[0], frames, THREADS, &kept), THREADS);
}

/* A pool has no more shards than chunk bitmaps, and than it is asked for. */
static void shards_are_as_many_as_asked_for(void **state)
{
    (void)state;
    static const uint32_t asked[] = {1, 2, 3, SHARD_MAX}, had[] = {1, 2, 3, 3};
    for (uint32_t i = 0; i < COUNT_OF(asked); i++) {
        pool_build(pool, &model.arena, &(struct pool_options){CLASS_MAX, asked[i]});
        assert_int_equal(pool->shard_count, had[i]);
    }
}

/* Fullest first: of two chunks that were linked alike, that which has fewer free frames by now is used up first. */
static void chunks_with_little_left_come_first(void **state)
{
    pfn_t frames[BATCH];
    uint64_t kept;
    (void)state;
    uint64_t full = (chunk_number(regions[1].first) + 1) << CHUNK_ORDER;
    uint64_t sparse = full + CHUNK_FRAMES;
    give(frame_run(pfn(full), 20));
    give(frame_run(pfn(sparse), 20)); /* on top of the stack now */
    give(frame_run(pfn(sparse + 20), 400));
    struct shard *shard = shard_of(pool, full >> CHUNK_ORDER);
    assert_int_equal(shard_take_linked(shard, &pool_harts[0], frames, 20, &kept), 20);
    assert_int_equal(kept, CHUNK_NONE);
    for (uint32_t i = 0; i < 20; i++) {
        assert_int_equal(frames[i].value >> CHUNK_ORDER, full >> CHUNK_ORDER);
    }
}

/* ---- many harts --------------------------------------------------------------------------------------------- */

static _Atomic uint8_t *owners; /* 1: out */

static void own(pfn_t first, uint64_t count, uint8_t from, uint8_t to)
{
    for (uint64_t i = 0; i < count; i++) {
        uint8_t was = atomic_exchange(&owners[first.value + i - model.arena.span.first.value], to);
        FRAME_ASSERT(was == from); /* P1; cmocka's own assertions belong to the main thread */
    }
}

struct holding {
    struct frame_run runs[BATCH];
    uint32_t count;
};

static void drop_one(struct holding *holding, struct pool_hart *pool_hart, struct random *random)
{
    uint32_t at = (uint32_t)random_below(random, holding->count);
    struct frame_run run = holding->runs[at];
    holding->runs[at] = holding->runs[--holding->count];
    own(run.first, run.count, 1, 0);
    pool_give_run(pool, pool_hart, run, false);
}

static void *hammer(void *argument)
{
    struct pool_hart *pool_hart = argument;
    struct random random = random_stream(5, (uint64_t)(pool_hart - pool_harts));
    struct holding holding = {.count = 0};
    uint64_t from = pool->first_chunk;
    for (uint32_t step = 0; step < THREAD_STEPS; step++) {
        /* Runs of few sizes in few chunks, so that giving, taking, coalescing and rolling back meet all the time. */
        uint64_t count = random_one_in(&random, 4) ? CHUNK_FRAMES : (uint64_t)64 << random_below(&random, 3);
        struct frame_request request = {count, (uint32_t)__builtin_ctzll(count)};
        if (holding.count + 8 < BATCH && random_one_in(&random, 2)) {
            pfn_t first, frames[8];
            uint64_t kept = CHUNK_NONE;
            if (pool_scan_run(pool, pool_hart, &from, request, &first)) {
                own(first, count, 0, 1);
                holding.runs[holding.count++] = frame_run(first, count);
            }
            uint32_t taken = shard_take_linked(any_shard(&random), pool_hart, frames, 8, &kept);
            for (uint32_t i = 0; i < taken; i++) {
                own(frames[i], 1, 0, 1);
                holding.runs[holding.count++] = frame_run(frames[i], 1);
            }
            if (kept != CHUNK_NONE) {
                pool_release_chunk(pool, pool_hart, kept);
            }
        } else if (holding.count > 0) {
            drop_one(&holding, pool_hart, &random);
        }
    }
    while (holding.count > 0) {
        drop_one(&holding, pool_hart, &random);
    }
    return NULL;
}

static void P1_P2_P8_four_harts_on_four_chunks(void **state)
{
    pthread_t threads[THREADS];
    struct frame_run few = frame_run(pfn((chunk_number(regions[1].first) + 1) << CHUNK_ORDER), 4 * CHUNK_FRAMES);
    (void)state;
    owners = calloc(model.arena.span.count, 1);
    give(few);
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, &pool_harts[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    free(owners);
    expect_sound();
    for (uint64_t n = chunk_number(few.first); n < chunk_number(few.first) + 4; n++) {
        assert_true(is_whole(n));
    }
}

/* P5: few frames, and harts that scan for them, find none and find some, and give: when they rest, a pool that has
 * something free is not called exhausted. */
#define ROUNDS 1000u
#define ROUND_STEPS 60u
static pthread_barrier_t rests;
static _Atomic uint32_t exhausted_wrongly;

static void *scan_and_give(void *argument)
{
    struct pool_hart *pool_hart = argument;
    struct random random = random_stream(6, (uint64_t)(pool_hart - pool_harts));
    for (uint32_t round = 0; round < ROUNDS; round++) {
        pfn_t frames[2];
        uint32_t held = 0;
        uint64_t from = 0;
        for (uint32_t step = 0; step < ROUND_STEPS; step++) {
            if (held == 0 || (held == 1 && random_one_in(&random, 2))) {
                held += pool_scan_frames(pool, pool_hart, &from, frames + held, 1);
            } else {
                held--;
                pool_give_run(pool, pool_hart, frame_run(frames[held], 1), false);
            }
        }
        while (held > 0) {
            held--;
            pool_give_run(pool, pool_hart, frame_run(frames[held], 1), false);
        }
        (void)pthread_barrier_wait(&rests);
        atomic_fetch_add(&exhausted_wrongly, pool_is_exhausted(pool) ? 1 : 0);
        (void)pthread_barrier_wait(&rests);
    }
    return NULL;
}

static void P2_P5_scans_beside_gives(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    /* Two in one word, one in another chunk: for four harts. */
    give(frame_run(regions[1].first, 2));
    give(frame_run(pfn(regions[1].first.value + 700), 1));
    assert_int_equal(pthread_barrier_init(&rests, NULL, THREADS), 0);
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, scan_and_give, &pool_harts[i]), 0);
    }
    for (uint32_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    (void)pthread_barrier_destroy(&rests);
    assert_int_equal(exhausted_wrongly, 0);
    expect_sound();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(P2_P4_P5_every_step_against_a_model, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_what_is_kept_is_linked_again, setup, teardown),
        cmocka_unit_test_setup_teardown(P8_a_chunk_is_coalesced_by_its_last_frame, setup, teardown),
        cmocka_unit_test_setup_teardown(P5_exhausted_ends_with_a_give, setup, teardown),
        cmocka_unit_test_setup_teardown(chunks_with_little_left_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(index_nodes_belong_to_shards, setup, teardown),
        cmocka_unit_test_setup_teardown(shards_are_as_many_as_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(P1_P2_P8_four_harts_on_four_chunks, setup, teardown),
        cmocka_unit_test_setup_teardown(P2_P5_scans_beside_gives, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
