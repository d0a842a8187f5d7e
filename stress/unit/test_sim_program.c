/* SPDX-License-Identifier: MIT
 * Small programs as text and back, text that is no program, and random ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "program.h"
#include "small_machine.h"

static void same_after_a_round(const struct program *program)
{
    char text[PROGRAM_TEXT_MAX], again[PROGRAM_TEXT_MAX], why[128];
    struct program read;
    assert_true(program_format(program, text, sizeof text) < sizeof text - 1);
    assert_true(program_parse(&read, text, why, sizeof why));
    (void)program_format(&read, again, sizeof again);
    assert_string_equal(text, again);
    assert_int_equal(read.harts, program->harts);
    assert_int_equal(read.layout, program->layout);
    assert_int_equal(read.setting, program->setting);
}

static void test_every_step(void **state)
{
    (void)state;
    char why[128], text[PROGRAM_TEXT_MAX];
    const char *every = "chunks.2; a0 z1 : r2.8.3 y3.4.0 f0 h2.3 t2.1 +1 -1 | >4 <4 d i A R s x7 j4294967296";
    struct program program;
    assert_true(program_parse(&program, every, why, sizeof why));
    assert_int_equal(program.layout, SMALL_CHUNKS);
    assert_int_equal(program.setting, 2);
    assert_int_equal(program.harts, 2);
    assert_int_equal(program.prelude.count, 2);
    assert_int_equal(program.hart[0].count, 7);
    assert_int_equal(program.hart[0].steps[0].kind, STEP_RUN);
    assert_int_equal(program.hart[0].steps[0].slot, 2);
    assert_int_equal(program.hart[0].steps[0].count, 8);
    assert_int_equal(program.hart[0].steps[0].align_order, 3);
    assert_int_equal(program.hart[1].count, 9);
    assert_true(program.hart[1].steps[8].moves == UINT64_C(1) << 32);
    (void)program_format(&program, text, sizeof text);
    assert_string_equal(text, every);
}

static void test_no_program(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "tiny",
        "tiny.0",
        "tiny.0;",
        "tiny.99; : a0",
        "huge.0; : a0",
        "tiny.0; a0",
        "tiny.0; : q0",
        "tiny.0; : a",
        "tiny.0; : a32",
        "tiny.0; : j",
        "tiny.0; : j0",
        "tiny.0; : r0",
        "tiny.0; : r0.0.0",
        "tiny.0; : r0.1.19",
        "tiny.0; : a0 : a1",
        "tiny.0; : a0|||||||||",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char why[128] = "";
        struct program program;
        assert_false(program_parse(&program, wrong[i], why, sizeof why));
        assert_true(strlen(why) > 0);
    }
}

static void test_cut_text(void **state)
{
    (void)state;
    struct program program;
    char why[128], text[12];
    assert_true(program_parse(&program, "tiny.0; : a0 a1 a2", why, sizeof why));
    assert_int_equal(program_format(&program, text, sizeof text), sizeof text - 1);
    assert_string_equal(text, "tiny.0; : a");
}

static void test_random(void **state)
{
    (void)state;
    uint32_t kinds = 0, layouts = 0, settings = 0;
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct program program, again;
        struct random random = random_stream(seed, 0), same = random;
        uint32_t harts = seed % 3 == 0 ? 0 : (uint32_t)(2 + seed % 7);
        program_random(&program, &random, harts);
        program_random(&again, &same, harts);
        assert_memory_equal(&program, &again, sizeof program);
        assert_in_range(program.harts, harts != 0 ? harts : 2, harts != 0 ? harts : 4);
        same_after_a_round(&program);
        layouts |= 1u << program.layout;
        settings |= 1u << program.setting;
        for (uint32_t h = 0; h < program.harts; h++) {
            for (uint32_t i = 0; i < program.hart[h].count; i++) {
                kinds |= 1u << program.hart[h].steps[i].kind;
            }
        }
    }
    assert_int_equal(kinds, (1u << STEP_KIND_COUNT) - 1);
    assert_int_equal(layouts, (1u << SMALL_LAYOUT_COUNT) - 1);
    assert_int_equal(settings, (1u << SMALL_SETTINGS) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_step),
        cmocka_unit_test(test_no_program),
        cmocka_unit_test(test_cut_text),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
