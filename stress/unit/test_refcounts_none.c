/* SPDX-License-Identifier: MIT
 * What a build without reference counts has in their place: which frees are believed at one look, which free frames
 * are known to hold zeroes, each against a plain array; and what the public interface then says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "framelab.h"
#include "harness.h"
#include "play_harts.h"
#include "random.h"
#include "refcounts_none.h"

#define KIB UINT64_C(0x400)
#define MIB UINT64_C(0x100000)
#define MEMORY_BYTES (64 * MIB)

/* A span that begins and ends inside a group, with holes, of which one begins and one ends with a group. */
#define FIRST UINT64_C(1000037)
#define FRAMES 4000u
#define STEPS 20000
#define HARTS 4u

static const struct frame_run regions[] = {
    {{FIRST}, 600},
    {{FIRST + 603}, 20},
    {{FIRST + 650}, 2200 - 650 - (FIRST + 2200) % GROUP_FRAMES},
    {{FIRST + 2300 - (FIRST + 2300) % GROUP_FRAMES}, FRAMES - 2400},
    {{FIRST + FRAMES - 30}, 29}, /* after it metadata, say */
};
#define REGIONS (sizeof regions / sizeof regions[0])

/* One more at either end, for frames of the first and last group that lie outside the span. */
static _Atomic uint8_t groups[(FRAMES / CHUNK_FRAMES + 2) * CHUNK_GROUPS];
static struct arena arena;
static struct refcount_view view;
static bool usable[FRAMES];
static bool written[FRAMES]; /* since it was last zeroed */

static int setup(void **state)
{
    (void)state;
    memset(groups, 0, sizeof groups);
    memset(usable, 0, sizeof usable);
    memset(written, 0, sizeof written);
    arena = (struct arena){.span = {{FIRST}, FRAMES}, .regions = regions, .region_count = REGIONS};
    for (uint32_t r = 0; r < REGIONS; r++) {
        memset(&usable[regions[r].first.value - FIRST], true, regions[r].count);
    }
    view = refcount_view_make(arena.span, NULL, groups);
    refcounts_init(&view, arena.span, regions, REGIONS);
    return 0;
}

static bool all_usable(struct frame_run run)
{
    for (uint64_t i = run.first.value; i < frame_run_end(run); i++) {
        if (i - FIRST >= FRAMES || !usable[i - FIRST]) {
            return false;
        }
    }
    return true;
}

static struct frame_run random_run(struct random *random)
{
    uint64_t at = random_below(random, FRAMES);
    at -= random_one_in(random, 3) ? (FIRST + at) % CHUNK_FRAMES : 0;
    at = at < FRAMES ? at : 0;
    uint64_t count = random_one_in(random, 2) ? 1 : random_between(random, 1, 1100);
    return frame_run(pfn(FIRST + at), count < FRAMES - at ? count : FRAMES - at);
}

/* As core frees. */
static bool free_run(struct frame_run run)
{
    if (refcounts_drop_run(&view, run) == FRAME_NOT_ALLOCATED) {
        if (!all_usable(run)) {
            return false;
        }
        assert_int_equal(refcounts_drop_ours(&view, run), FRAME_OK);
    }
    memset(&written[run.first.value - FIRST], true, run.count);
    return true;
}

static struct frame_run group_at(pfn_t frame)
{
    return frame_run(pfn(frame.value - frame.value % GROUP_FRAMES), GROUP_FRAMES);
}

/* ---- P7 ----------------------------------------------------------------------------------------------------- */

static void expect_only_ours_are_believed(void)
{
    for (uint64_t frame = FIRST; frame < FIRST + FRAMES; frame++) {
        if (count_drop_one(&view, pfn(frame))) {
            assert_true(all_usable(group_at(pfn(frame))));
        }
        struct frame_run chunk = frame_run(pfn(frame), CHUNK_FRAMES);
        if (frame % CHUNK_FRAMES == 0 && refcounts_drop_groups(&view, chunk.first, CHUNK_GROUPS)) {
            assert_true(all_usable(chunk));
        }
    }
}

static void P7_foreign_frames_are_never_believed(void **state)
{
    (void)state;
    struct random random = random_stream(20261125, 1);
    refcounts_mark_dirty(&view, arena.span); /* memory that was in use before */
    expect_only_ours_are_believed();
    (void)setup(NULL);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct frame_run run = random_run(&random);
        assert_int_equal(free_run(run), all_usable(run));
        if (step % 1000 == 0) {
            expect_only_ours_are_believed();
        }
    }
    /* By now all was freed once: one look is enough wherever a group has no edge. */
    for (uint64_t frame = FIRST; frame < FIRST + FRAMES; frame++) {
        assert_int_equal(count_drop_one(&view, pfn(frame)), all_usable(group_at(pfn(frame))));
    }
}

static void first_metadata(void *context, const struct arena *found)
{
    pfn_t *metadata = context;
    *metadata = frame_containing(found->metadata.start);
}

static void P7_there_is_one_reference(void **state)
{
    (void)state;
    struct frame_allocator *fa = framelab_open("lockfree", MEMORY_BYTES, 1);
    pfn_t frame, metadata;
    assert_non_null(fa);
    assert_false(frame_counts_references());
    frame_allocator_arenas(fa, first_metadata, &metadata);
    assert_int_equal(frame_alloc_one(fa, &frame), FRAME_OK);
    assert_int_equal(frame_ref_count(fa, frame), 1);
    assert_int_equal(frame_ref(fa, frame), FRAME_TOO_MANY_REFS);
    assert_int_equal(frame_ref_count(fa, frame), 1);
    assert_int_equal(frame_unref(fa, frame), FRAME_OK);
    assert_int_equal(frame_ref_count(fa, frame), 1);
    const pfn_t foreign[] = {metadata, pfn(0), pfn(UINT64_MAX)};
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(frame_ref(fa, foreign[i]), FRAME_FOREIGN);
        assert_int_equal(frame_unref(fa, foreign[i]), FRAME_FOREIGN);
        assert_int_equal(frame_ref_count(fa, foreign[i]), 0);
    }
    assert_true(frame_allocator_validate(fa, NULL));
    framelab_close(fa);
}

/* ---- P6 ----------------------------------------------------------------------------------------------------- */

static bool group_written(pfn_t frame)
{
    struct frame_run group = group_at(frame);
    for (uint64_t i = group.first.value; i < frame_run_end(group); i++) {
        if (i - FIRST < FRAMES && written[i - FIRST]) {
            return true;
        }
    }
    return false;
}

/* Known as zero is what was not freed, nor a neighbour in its group, since it was zeroed: no more and no less. */
static void P6_a_group_is_dirty_once_a_frame_of_it_was_freed(void **state)
{
    (void)state;
    struct random random = random_stream(20261125, 2);
    for (uint32_t step = 0; step < STEPS; step++) {
        struct frame_run run = random_run(&random);
        struct frame_run chunk = frame_run(pfn(run.first.value - run.first.value % CHUNK_FRAMES), CHUNK_FRAMES);
        if (random_one_in(&random, 3) && all_usable(chunk)) {
            refcounts_mark_zero(&view, chunk.first);
            memset(&written[chunk.first.value - FIRST], false, CHUNK_FRAMES);
        } else {
            (void)free_run(run);
        }
        for (uint32_t i = step % 16; i < FRAMES; i += 16) {
            pfn_t frame = pfn(FIRST + i);
            assert_int_equal(count_is_zero(&view, frame), !group_written(frame));
        }
    }
}

static void expect(bool holds)
{
    FRAME_ASSERT(holds); /* cmocka's own assertions are for the first thread only */
}

/* Harts free frames of one chunk side by side, whose groups share a word: none's bit is lost. */
static void free_in_one_chunk(void *context, uint32_t hart)
{
    struct hart_barrier *barrier = context;
    struct frame_run chunk = frame_run(pfn(align_up_u64(regions[3].first.value, CHUNK_FRAMES)), CHUNK_FRAMES);
    for (uint32_t round = 0; round < 2000; round++) {
        hart_barrier_wait(barrier);
        if (hart == round % HARTS) {
            refcounts_mark_zero(&view, chunk.first);
        }
        hart_barrier_wait(barrier);
        for (uint64_t i = hart; i < CHUNK_FRAMES; i += 7 * HARTS) {
            struct frame_run run = frame_run(pfn(chunk.first.value + i), 1);
            expect(refcounts_drop_run(&view, run) == FRAME_OK || refcounts_drop_ours(&view, run) == FRAME_OK);
            expect(!count_is_zero(&view, run.first));
        }
        for (uint64_t i = hart; i < CHUNK_FRAMES; i += 7 * HARTS) {
            expect(!count_is_zero(&view, pfn(chunk.first.value + i)));
        }
    }
}

static void P6_harts_free_side_by_side_in_one_chunk(void **state)
{
    (void)state;
    static struct hart_barrier barrier;
    hart_barrier_init(&barrier, HARTS);
    play_harts(HARTS);
    assert_true(harts_run(HARTS, free_in_one_chunk, &barrier));
}

/* ---- P2 ----------------------------------------------------------------------------------------------------- */

/* Nothing refuses a double free. While the frame lies in two places, validate() finds it. */
static void P2_a_frame_freed_twice_is_in_two_places(void **state)
{
    (void)state;
    static const char *const specs[] = {"lockfree", "baseline"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        for (uint32_t of = 1; of < 100; of += 7) { /* in this and that group of a chunk */
            struct frame_allocator *fa = framelab_open(specs[i], MEMORY_BYTES, 1);
            struct frame_account account;
            pfn_t frames[100];
            assert_non_null(fa);
            for (uint32_t f = 0; f < of; f++) {
                assert_int_equal(frame_alloc_one(fa, &frames[f]), FRAME_OK);
            }
            assert_true(frame_allocator_validate(fa, &account));
            assert_int_equal(account.allocated, of);
            assert_int_equal(frame_free_one(fa, frames[of - 1]), FRAME_OK);
            assert_true(frame_allocator_validate(fa, &account));
            assert_int_equal(account.allocated, of - 1);
            assert_int_equal(frame_free_one(fa, frames[of - 1]), FRAME_OK);
            assert_false(frame_allocator_validate(fa, NULL));
            framelab_close(fa);
        }
    }
}

/* validate() has its marks beside the bits that say what is known, and leaves neither changed. */
static void P2_validate_leaves_no_trace(void **state)
{
    (void)state;
    struct frame_allocator *fa = framelab_open("lockfree", MEMORY_BYTES, 1);
    struct frame_layout chunk = {CHUNK_FRAMES << FRAME_SHIFT, CHUNK_FRAMES << FRAME_SHIFT};
    struct frame_stats before, after;
    struct frame_run run;
    assert_non_null(fa);
    for (uint32_t round = 0; round < 3; round++) {
        assert_true(frame_allocator_validate(fa, NULL));
    }
    frame_allocator_stats(fa, &before);
    assert_int_equal(frame_alloc_contiguous_zeroed(fa, chunk, &run), FRAME_OK);
    frame_allocator_stats(fa, &after);
    assert_int_equal(after.frames_zeroed, before.frames_zeroed);
    assert_int_equal(frame_free_run(fa, run), FRAME_OK);
    assert_true(frame_allocator_validate(fa, NULL));
    framelab_close(fa);
}

/* ---- what it is for ----------------------------------------------------------------------------------------- */

/* Counted, not timed. */
static void metadata_is_at_most_64_kib_a_gib(void **state)
{
    (void)state;
    for (uint64_t gib = 1; gib <= 4; gib++) {
        struct frame_allocator *fa = framelab_open("lockfree", gib * 1024 * MIB, 1);
        struct frame_stats stats;
        assert_non_null(fa);
        frame_allocator_stats(fa, &stats);
        print_message("# %llu GiB: %llu KiB\n", (unsigned long long)gib,
                      (unsigned long long)(stats.metadata_bytes >> 10));
        assert_in_range(stats.metadata_bytes, 1, gib * 64 * KIB);
        framelab_close(fa);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(P7_foreign_frames_are_never_believed, setup),
        cmocka_unit_test(P7_there_is_one_reference),
        cmocka_unit_test_setup(P6_a_group_is_dirty_once_a_frame_of_it_was_freed, setup),
        cmocka_unit_test_setup(P6_harts_free_side_by_side_in_one_chunk, setup),
        cmocka_unit_test(P2_a_frame_freed_twice_is_in_two_places),
        cmocka_unit_test(P2_validate_leaves_no_trace),
        cmocka_unit_test(metadata_is_at_most_64_kib_a_gib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
