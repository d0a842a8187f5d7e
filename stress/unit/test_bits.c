/* SPDX-License-Identifier: MIT
 * 512 private bits: every function against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "bits.h"
#include "random.h"

#define BASE UINT64_C(0x80000)
#define TURNS 3000

static struct chunk_bits bits;
static bool is_free[CHUNK_FRAMES]; /* the model */

static void clear_all(void)
{
    memset(&bits, 0, sizeof bits);
    memset(is_free, 0, sizeof is_free);
}

static bool model_fits(uint32_t at, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (at + i >= CHUNK_END || !is_free[at + i]) {
            return false;
        }
    }
    return true;
}

static void expect_model(void)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < CHUNK_END; at++) {
        assert_int_equal((bits.words[at / 64] >> (at % 64) & 1) != 0, is_free[at]);
        count += is_free[at] ? 1 : 0;
    }
    assert_int_equal(bits_count(&bits), count);
}

/* Frames free at random, in runs of about `length`. */
static void scatter(struct random *random, uint32_t length)
{
    clear_all();
    bool free = random_one_in(random, 2);
    for (uint32_t at = 0; at < CHUNK_END; at++) {
        free = random_one_in(random, length) ? !free : free;
        is_free[at] = free;
        bits.words[at / 64] |= (uint64_t)free << (at % 64);
    }
}

static uint32_t low_word(void)
{
    uint32_t low = 0;
    while (low < CHUNK_WORDS && bits.words[low] == 0) {
        low++;
    }
    return low;
}

static void every_range_is_set_and_cleared(void **state)
{
    (void)state;
    for (uint32_t offset = 0; offset < CHUNK_END; offset++) {
        for (uint32_t count = 1; offset + count <= CHUNK_END; count += count < 130 ? 1 : 61) {
            clear_all();
            bits_set(&bits, offset, count);
            memset(is_free + offset, true, count);
            assert_int_equal(bits_count(&bits), count);
            assert_int_equal(bits_next_free(&bits, 0), offset);
            assert_int_equal(bits_next_used(&bits, offset), offset + count);
            assert_int_equal(bits_next_free(&bits, offset + count < CHUNK_END ? offset + count : 0),
                             offset + count < CHUNK_END ? CHUNK_END : offset);
            bits_clear(&bits, offset, count);
            assert_int_equal(bits_count(&bits), 0);
        }
    }
}

static void low_bits_of_words(void **state)
{
    struct random random = {2};
    (void)state;
    for (uint32_t count = 0; count <= 64; count++) {
        uint64_t word = random_next(&random);
        uint64_t lowest = lowest_bits(word, count);
        uint32_t set = (uint32_t)__builtin_popcountll(word);
        assert_int_equal(__builtin_popcountll(lowest), count < set ? count : set);
        assert_int_equal(bit_count(word), set);
        assert_int_equal(lowest & ~word, 0);
        uint64_t rest = word ^ lowest; /* all of it lies above */
        assert_true(lowest == 0 || rest == 0 || __builtin_ctzll(rest) > 63 - __builtin_clzll(lowest));
        assert_int_equal(__builtin_popcountll(low_mask(count)), count);
    }
}

/* P4, P5: a run is found if and only if there is one, and it is one. */
static void P4_P5_a_run_is_found_if_there_is_one(void **state)
{
    struct random random = {3};
    (void)state;
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        scatter(&random, (uint32_t)random_between(&random, 2, 200));
        uint32_t count = (uint32_t)random_between(&random, 1, random_one_in(&random, 2) ? 70 : CHUNK_FRAMES);
        uint32_t align_order = (uint32_t)random_between(&random, 0, CHUNK_ORDER);
        bool possible = false;
        for (uint32_t at = 0; at < CHUNK_END && !possible; at += 1u << align_order) {
            possible = model_fits(at, count);
        }
        uint32_t found = bits_find(&bits, random_one_in(&random, 2) ? 0 : low_word(), count, align_order);
        assert_int_equal(found < CHUNK_END, possible);
        if (possible) {
            assert_int_equal(found % (1u << align_order), 0);
            assert_true(model_fits(found, count));
        }
    }
}

/* Where a run is to be found: the lowest inside a word, or else the lowest; the naive way. */
static uint32_t model_find(uint32_t count, uint32_t align_order)
{
    uint32_t across = CHUNK_END, length = 0;
    for (uint32_t end = CHUNK_END; end-- > 0;) { /* `length` frames in a row are free from `end` on */
        length = is_free[end] ? length + 1 : 0;
        across = length >= count && end % (1u << align_order) == 0 ? end : across;
    }
    for (uint32_t at = across; at + count <= CHUNK_END && count <= 64; at += 1u << align_order) {
        if (at / 64 == (at + count - 1) / 64 && model_fits(at, count)) {
            return at;
        }
    }
    return across;
}

/* Runs of every length at every alignment, in chunks that have just room for them. */
static void P4_P5_every_length_and_alignment(void **state)
{
    struct random random = {5};
    uint32_t found = 0;
    (void)state;
    for (uint32_t count = 1; count <= CHUNK_FRAMES; count++) {
        for (uint32_t align_order = 0; align_order <= CHUNK_ORDER; align_order++) {
            scatter(&random, (uint32_t)random_between(&random, 2, 2 * count));
            uint32_t places = ((CHUNK_END - count) >> align_order) + 1;
            uint32_t at = (uint32_t)random_below(&random, places) << align_order;
            uint32_t length = count - (uint32_t)random_below(&random, 2); /* all of it, or one frame less */
            bits_set(&bits, at, length);
            memset(is_free + at, true, length);
            uint32_t expected = model_find(count, align_order);
            assert_int_equal(bits_find(&bits, low_word(), count, align_order), expected);
            found += expected < CHUNK_END ? 1 : 0;
        }
    }
    assert_true(found > 2560 && found < 5120);
}

static void single_frames_are_taken_from_the_low_end(void **state)
{
    struct random random = {4};
    (void)state;
    for (uint32_t turn = 0; turn < TURNS; turn++) {
        scatter(&random, (uint32_t)random_between(&random, 2, 200));
        pfn_t frames[CHUNK_FRAMES];
        uint32_t low = random_one_in(&random, 2) ? 0 : low_word();
        uint32_t wanted = (uint32_t)random_between(&random, 1, CHUNK_FRAMES);
        uint32_t before = bits_count(&bits);
        uint32_t taken = bits_take(&bits, &low, BASE, frames, wanted);
        assert_int_equal(taken, wanted < before ? wanted : before);
        uint32_t at = 0;
        for (uint32_t i = 0; i < taken; i++, at++) {
            while (!is_free[at]) {
                at++;
            }
            assert_int_equal(frames[i].value, BASE + at);
            is_free[at] = false;
        }
        expect_model();
        assert_true(low <= low_word());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_range_is_set_and_cleared),           cmocka_unit_test(low_bits_of_words),
        cmocka_unit_test(P4_P5_a_run_is_found_if_there_is_one),     cmocka_unit_test(P4_P5_every_length_and_alignment),
        cmocka_unit_test(single_frames_are_taken_from_the_low_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
