/* SPDX-License-Identifier: MIT
 * What allocator to build, from text: every way in which it can be wrong gets a line that says what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "framelab.h"
#include "variant.h"

static struct frame_allocator_config config;
static char why[256];

static bool parse(const char *text)
{
    why[0] = '\0';
    return frame_allocator_config_parse(&config, framelab_variants, text, 3, why, sizeof why);
}

static void expect_refused(const char *text, const char *reason)
{
    assert_false(parse(text));
    if (strstr(why, reason) == NULL || strchr(why, '\n') != NULL) {
        fail_msg("'%s': \"%s\" does not say \"%s\"", text, why, reason);
    }
}

static void defaults_are_the_variants(void **state)
{
    (void)state;
    assert_true(parse("lockfree"));
    assert_string_equal(config.variant->name, "lockfree");
    assert_int_equal(config.magazine, MAGAZINE_DEFAULT);
    assert_int_equal(config.hart_count, 3);
    assert_int_equal(config.hole_metadata_limit_bytes, 528 << 10);
    assert_int_equal(config.run_magazine, RUN_MAGAZINE_DEFAULT);
    assert_true(parse("baseline:origin"));
    assert_int_equal(config.magazine, 0);
    assert_int_equal(config.run_magazine, 0);
}

static void knobs_are_set_and_told(void **state)
{
    (void)state;
    char text[256];
    assert_true(parse("baseline,lock=mcs,magazine=32,batch=8,hole-limit=0"));
    assert_int_equal(config.magazine, 32);
    assert_int_equal(config.batch, 8);
    assert_int_equal(config.hole_metadata_limit_bytes, 0);
    size_t needed = frame_allocator_config_format(&config, text, sizeof text);
    assert_string_equal(text, "magazine=32,batch=8,magazines=2,run-magazine=32,hole-limit=0,drain=on,lock=mcs,"
                              "hold-times=off");
    assert_true(config.drain);
    assert_int_equal(needed, strlen(text));
    assert_int_equal(frame_allocator_config_format(&config, text, 12), needed); /* cut, never past the end */
    assert_string_equal(text, "magazine=32");
}

/* Off goes with off, unless it is said otherwise, in whatever order. */
static void chunks_are_cached_as_frames_are(void **state)
{
    (void)state;
    assert_true(parse("lockfree,magazine=0"));
    assert_int_equal(config.run_magazine, 0);
    assert_true(parse("lockfree,magazine=0,run-magazine=5"));
    assert_int_equal(config.run_magazine, 5);
    assert_true(parse("lockfree,run-magazine=8,magazine=0"));
    assert_int_equal(config.run_magazine, 8);
    assert_true(parse("lockfree,run-magazine=0"));
    assert_int_equal(config.magazine, MAGAZINE_DEFAULT);
    assert_int_equal(config.run_magazine, 0);
    assert_true(parse("baseline,magazine=2"));
    assert_int_equal(config.run_magazine, RUN_MAGAZINE_DEFAULT);
    expect_refused("lockfree,run-magazine=65", "not a number from 0 to 64");
    assert_true(parse("lockfree,drain=off") && !config.drain);
    expect_refused("lockfree,drain=2", "drain");
}

static void wrong_texts_are_refused(void **state)
{
    (void)state;
    expect_refused("", "no variant");
    expect_refused("lock", "there is no variant 'lock'; there are ");
    expect_refused("lockfree,", "ends with a comma");
    expect_refused("lockfree,magazine=4,", "ends with a comma");
    expect_refused("lockfree,magazine", "is not knob=value");
    expect_refused("lockfree,magazine=", "not a number from 0 to 2048");
    expect_refused("lockfree,magazine=2049", "not a number from 0 to 2048");
    expect_refused("lockfree,magazines=0", "not a number from 1 to 2");
    expect_refused("lockfree,magazines=3", "not a number from 1 to 2");
    expect_refused("lockfree,magazine=-1", "not a number");
    expect_refused("lockfree,magazine=18446744073709551617", "not a number");
    expect_refused("lockfree,lock=mcs", "there is no knob 'lock'; there are magazine, batch, ");
    expect_refused("lockfree,magazine=0,batch=0,magazine=0", "knob magazine is given twice");
    expect_refused("baseline,lock=spin", "none of");
    expect_refused("baseline,lock=mc", "none of");
    expect_refused("lockfree,magazine=4,batch=5", "more than the magazine");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_are_the_variants),
        cmocka_unit_test(knobs_are_set_and_told),
        cmocka_unit_test(chunks_are_cached_as_frames_are),
        cmocka_unit_test(wrong_texts_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
