/* SPDX-License-Identifier: MIT
 * What QEMU's plugin counts, without QEMU: caches and their directory, on patterns that can be counted by hand; markers
 * and accesses, by encodings that an assembler gave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "contract.h"
#include "directory.h"
#include "instruction.h"
#include "profile.h"

#define ROUNDS 10u

/* Two sets of two ways; then no line is ever dropped by the second level. */
static const struct cache_shape small = {.sets = 2, .ways = 2}, large = {.sets = 0, .ways = 1};

static struct directory *directory;

static void begin(uint32_t harts, struct cache_shape l1, struct cache_shape l2)
{
    directory = directory_new(harts, l1, l2);
    assert_non_null(directory);
}

static void load(uint32_t hart, uint64_t line)
{
    assert_true(directory_access(directory, hart, line * DIRECTORY_LINE_BYTES, 8, false));
}

static void store(uint32_t hart, uint64_t line)
{
    assert_true(directory_access(directory, hart, line * DIRECTORY_LINE_BYTES, 8, true));
}

/* And begins again. */
static void counts(uint64_t transfers, uint64_t upgrades, uint64_t misses, uint64_t invalidations)
{
    const struct directory_counts *is = directory_counts(directory);
    assert_int_equal(is->transfers, transfers);
    assert_int_equal(is->upgrades, upgrades);
    assert_int_equal(is->misses, misses);
    assert_int_equal(is->invalidations, invalidations);
    assert_int_equal(is->l2_misses, transfers - upgrades + misses);
    directory_clear_counts(directory);
}

static void end(void)
{
    directory_delete(directory);
}

static void a_line_that_all_write_moves_each_time(void **state)
{
    (void)state;
    begin(4, small, large);
    store(3, 7);
    counts(0, 0, 1, 0);
    for (uint32_t i = 0; i < ROUNDS * 4; i++) {
        store(i % 4, 7);
    }
    counts(ROUNDS * 4, 0, 0, 0); /* what was brought is not invalidated */
    end();
}

static void a_line_of_ones_own_never_moves(void **state)
{
    (void)state;
    begin(4, small, large);
    for (uint32_t i = 0; i < ROUNDS * 4; i++) {
        store(i % 4, i % 4);
        load(i % 4, i % 4);
    }
    counts(0, 0, 4, 0);
    end();
}

static void one_writes_and_three_read(void **state)
{
    (void)state;
    begin(4, small, large);
    store(0, 7);
    counts(0, 0, 1, 0);
    for (uint32_t i = 0; i < ROUNDS; i++) {
        load(1, 7);
        load(2, 7);
        load(3, 7);
        load(3, 7);
        counts(3, 0, 0, 0);
        store(0, 7);
        counts(1, 1, 0, 3);
    }
    end();
}

static void who_has_not_read_it_takes_one_copy_and_ends_the_others(void **state)
{
    (void)state;
    begin(4, small, large);
    load(0, 7);
    load(1, 7);
    load(2, 7);
    counts(2, 0, 1, 0);
    store(3, 7);
    counts(1, 0, 0, 2);
    end();
}

static void the_only_holder_writes_for_nothing(void **state)
{
    (void)state;
    begin(2, small, large);
    load(0, 7);
    store(0, 7);
    store(0, 7);
    counts(0, 0, 1, 0);
    end();
}

static void the_first_level_is_a_part_of_the_second(void **state)
{
    (void)state;
    begin(1, small, large);
    load(0, 0);
    load(0, 2);
    load(0, 4); /* in the place of 0 */
    assert_int_equal(directory_counts(directory)->l1_misses, 3);
    load(0, 2);
    load(0, 0);
    assert_int_equal(directory_counts(directory)->l1_misses, 4);
    assert_int_equal(directory_counts(directory)->accesses, 5);
    counts(0, 0, 3, 0);
    end();
}

static void what_has_no_room_comes_from_memory_again(void **state)
{
    (void)state;
    begin(2, small, small);
    load(0, 0);
    load(0, 2);
    load(0, 4); /* in the place of 0 */
    counts(0, 0, 3, 0);
    load(1, 4);
    load(1, 0); /* nobody has it */
    counts(1, 0, 1, 0);
    store(1, 0);
    counts(0, 0, 0, 0);
    load(0, 2);
    counts(0, 0, 0, 0);
    end();
}

static void an_access_across_two_lines_is_one_to_each(void **state)
{
    (void)state;
    begin(1, small, large);
    assert_true(directory_access(directory, 0, DIRECTORY_LINE_BYTES - 8, 16, true));
    assert_int_equal(directory_counts(directory)->accesses, 2);
    counts(0, 0, 2, 0);
    end();
}

static void many_lines_and_harts(void **state)
{
    (void)state;
    begin(DIRECTORY_HARTS_MOST, small, large);
    for (uint64_t line = 0; line < 20000; line++) {
        store((uint32_t)(line % DIRECTORY_HARTS_MOST), line);
    }
    counts(0, 0, 20000, 0);
    for (uint64_t line = 0; line < 20000; line++) {
        load((uint32_t)((line + 1) % DIRECTORY_HARTS_MOST), line);
    }
    counts(20000, 0, 0, 0);
    end();
}

static void no_such_caches(void **state)
{
    (void)state;
    assert_null(directory_new(0, small, large));
    assert_null(directory_new(DIRECTORY_HARTS_MOST + 1, small, large));
    assert_null(directory_new(1, large, large));
    assert_null(directory_new(1, small, (struct cache_shape){.sets = 3, .ways = 1}));
    assert_null(directory_new(1, (struct cache_shape){.sets = 1, .ways = 0}, large));
}

/* ---- encodings ---- */

static void markers_are_seen(void **state)
{
    (void)state;
    enum instruction_set riscv64 = instruction_set_of("riscv64"), aarch64 = instruction_set_of("aarch64");
    assert_int_equal(instruction_set_of("x86_64"), INSTRUCTIONS_UNKNOWN);
    assert_int_equal(instruction_mark(riscv64, 0x70102013, 4), MARK_BEGIN); /* slti x0, x0, 0x701 */
    assert_int_equal(instruction_mark(aarch64, 0xd5032e3f, 4), MARK_BEGIN); /* hint #0x71 */
    for (uint32_t mark = MARK_BEGIN; mark < MARK_COUNT; mark++) {
        assert_int_equal(instruction_mark(riscv64, MARK_RISCV64(mark), 4), mark);
        assert_int_equal(instruction_mark(aarch64, MARK_AARCH64(mark), 4), mark);
        assert_int_equal(instruction_mark(aarch64, MARK_RISCV64(mark), 4), 0);
        assert_int_equal(instruction_mark(riscv64, MARK_RISCV64(mark), 2), 0);
    }
    assert_int_equal(instruction_mark(riscv64, 0x00000013, 4), 0); /* nop */
    assert_int_equal(instruction_mark(aarch64, 0xd503201f, 4), 0);
}

static void who_takes_a_line_for_writing(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum instruction_set set;
        uint32_t word;
        bool exclusive;
    } cases[] = {
        {"lr.d a0, (a1)", INSTRUCTIONS_RISCV64, 0x1005b52f, true},
        {"sc.d a0, a2, (a1)", INSTRUCTIONS_RISCV64, 0x18c5b52f, true},
        {"amoadd.d a0, a2, (a1)", INSTRUCTIONS_RISCV64, 0x00c5b52f, true},
        {"ld a0, (a1)", INSTRUCTIONS_RISCV64, 0x0005b503, false},
        {"sd a0, (a1)", INSTRUCTIONS_RISCV64, 0x00a5b023, false},
        {"ldxr x0, [x1]", INSTRUCTIONS_AARCH64, 0xc85f7c20, true},
        {"ldaxp x0, x2, [x1]", INSTRUCTIONS_AARCH64, 0xc87f8820, true},
        {"stlxr w0, x2, [x1]", INSTRUCTIONS_AARCH64, 0xc800fc22, true},
        {"casal x0, x2, [x1]", INSTRUCTIONS_AARCH64, 0xc8e0fc22, true},
        {"ldaddal x0, x2, [x1]", INSTRUCTIONS_AARCH64, 0xf8e00022, true},
        {"swp x0, x2, [x1]", INSTRUCTIONS_AARCH64, 0xf8208022, true},
        {"ldar x0, [x1]", INSTRUCTIONS_AARCH64, 0xc8dffc20, false},
        {"stlr x0, [x1]", INSTRUCTIONS_AARCH64, 0xc89ffc20, false},
        {"ldapr x0, [x1]", INSTRUCTIONS_AARCH64, 0xf8bfc020, false},
        {"ldr x0, [x1]", INSTRUCTIONS_AARCH64, 0xf9400020, false},
        {"ldr x0, [x1, x2]", INSTRUCTIONS_AARCH64, 0xf8626820, false},
        {"stp x0, x2, [x1]", INSTRUCTIONS_AARCH64, 0xa9000820, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (instruction_takes_exclusive(cases[i].set, cases[i].word, 4) != cases[i].exclusive) {
            fail_msg("%s", cases[i].text);
        }
        assert_false(instruction_takes_exclusive(cases[i].set, cases[i].word, 2));
    }
}

/* ---- blocks ---- */

static void blocks_come_in_order_and_once(void **state)
{
    (void)state;
    char text[256] = "";
    struct profile *profile = profile_new();
    profile_block(profile, 0x2000)->instructions += 5;
    profile_block(profile, 0x1000)->instructions += 7;
    profile_block(profile, 0x2000)->instructions += 1;
    profile_block(profile, UINT64_C(0xffff800008010000))->instructions += 9; /* which no JSON integer can be */
    assert_non_null(profile_block(profile, 0x3000));                         /* not executed */
    FILE *out = fmemopen(text, sizeof text, "w");
    assert_true(profile_write(profile, out));
    (void)fclose(out);
    assert_string_equal(text, "[[4096,7],[8192,6],[\"18446603336355479552\",9]]");
    profile_clear(profile);
    out = fmemopen(text, sizeof text, "w");
    assert_true(profile_write(profile, out));
    (void)fclose(out);
    assert_string_equal(text, "[]");
    profile_delete(profile);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_that_all_write_moves_each_time),
        cmocka_unit_test(a_line_of_ones_own_never_moves),
        cmocka_unit_test(one_writes_and_three_read),
        cmocka_unit_test(who_has_not_read_it_takes_one_copy_and_ends_the_others),
        cmocka_unit_test(the_only_holder_writes_for_nothing),
        cmocka_unit_test(the_first_level_is_a_part_of_the_second),
        cmocka_unit_test(what_has_no_room_comes_from_memory_again),
        cmocka_unit_test(an_access_across_two_lines_is_one_to_each),
        cmocka_unit_test(many_lines_and_harts),
        cmocka_unit_test(no_such_caches),
        cmocka_unit_test(markers_are_seen),
        cmocka_unit_test(who_takes_a_line_for_writing),
        cmocka_unit_test(blocks_come_in_order_and_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
