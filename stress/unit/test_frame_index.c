/* SPDX-License-Identifier: MIT
 * Dense numbers for frames that lie scattered over the address space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frame_index.h"
#include "region.h"

#define TIB (UINT64_C(1) << 40)

static struct frame_index frames;

static struct ram_region region(uint64_t start, uint64_t end)
{
    return (struct ram_region){phys_range(start, end), 0};
}

/* Every block of the regions has a number of its own, in order, and no other has any. */
static void numbers_are_dense(void **state)
{
    static const struct ram_region regions[] = {
        {{{0}, FRAME_SIZE}, 0}, {{{0x80000000}, 0x4000000}, 0}, {{{16 * TIB}, 0x4000000}, 1}};
    (void)state;
    frame_index_init(&frames, regions, 3, 0);
    assert_int_equal(frames.total, 1 + 2 * 0x4000);
    uint64_t next = 0;
    for (uint32_t i = 0; i < 3; i++) {
        struct frame_run run = frame_run_inside(regions[i].range);
        assert_int_equal(frame_index_of(&frames, frame_run_end(run)), FRAME_INDEX_NONE);
        assert_int_equal(frame_index_of(&frames, run.first.value - 1), FRAME_INDEX_NONE);
        for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
            assert_int_equal(frame_index_of(&frames, frame), next);
            next++;
        }
    }
    assert_int_equal(next, frames.total);
    assert_int_equal(frame_index_of(&frames, UINT64_MAX), FRAME_INDEX_NONE);
}

/* Regions that touch, share a chunk, or lie in one. */
static void blocks_that_regions_share_count_once(void **state)
{
    const uint64_t chunk = CHUNK_FRAMES * FRAME_SIZE;
    const struct ram_region regions[] = {region(0, chunk / 2), region(chunk / 2, 3 * chunk / 4),
                                         region(7 * chunk / 8, 5 * chunk / 2), region(11 * chunk / 4, 3 * chunk),
                                         region(9 * chunk, 10 * chunk)};
    (void)state;
    frame_index_init(&frames, regions, 5, CHUNK_ORDER);
    assert_int_equal(frames.total, 4);
    assert_int_equal(frame_index_of(&frames, 0), 0);
    assert_int_equal(frame_index_of(&frames, CHUNK_FRAMES - 1), 0);
    assert_int_equal(frame_index_of(&frames, CHUNK_FRAMES), 1);
    assert_int_equal(frame_index_of(&frames, 3 * CHUNK_FRAMES - 1), 2);
    assert_int_equal(frame_index_of(&frames, 3 * CHUNK_FRAMES), FRAME_INDEX_NONE);
    assert_int_equal(frame_index_of(&frames, 9 * CHUNK_FRAMES), 3);
}

static void less_than_a_frame_has_no_number(void **state)
{
    const struct ram_region regions[] = {region(0x800, 0x1800), region(0x2000, 0x2fff), region(0x5000, 0x6000)};
    (void)state;
    frame_index_init(&frames, regions, 3, 0);
    assert_int_equal(frames.total, 1);
    assert_int_equal(frame_index_of(&frames, 5), 0);
    frame_index_init(&frames, regions, 2, 0);
    assert_int_equal(frames.total, 0);
    assert_int_equal(frame_index_of(&frames, 0), FRAME_INDEX_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_dense),
        cmocka_unit_test(blocks_that_regions_share_count_once),
        cmocka_unit_test(less_than_a_frame_has_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
