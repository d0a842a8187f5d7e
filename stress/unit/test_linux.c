/* SPDX-License-Identifier: MIT
 * Linux as a variant: its knobs, and the table of its symbols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "linux_symbols.h"
#include "linux_variant.h"

#define TEXT_BYTES 256u

static bool parse(struct linux_variant *variant, const char *text)
{
    char why[TEXT_BYTES] = "";
    bool good = linux_variant_parse(variant, text, why, sizeof why);
    assert_int_equal(good, why[0] == '\0');
    return good;
}

static void expect(const char *text, const char *knobs)
{
    struct linux_variant variant;
    char out[TEXT_BYTES];
    assert_true(parse(&variant, text));
    linux_variant_format(&variant, out, sizeof out);
    assert_string_equal(out, knobs);
}

static void test_knobs(void **state)
{
    (void)state;
    expect("linux", "pcp=auto,fraction=0,init-on-alloc=off");
    expect("linux,pcp=off", "pcp=off,fraction=0,init-on-alloc=off");
    expect("linux,pcp=64,fraction=8", "pcp=64,fraction=8,init-on-alloc=off");
    expect("linux,init-on-alloc=on,pcp=off,pcp=auto", "pcp=auto,fraction=0,init-on-alloc=on");
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"linux,",      "linux,pcp",         "linux,pcp=",           "linux,pcp=0",
                                      "linux,pcp=x", "linux,pcp=-1",      "linux,pcp=1000001",    "linux,fraction=7",
                                      "linux,x=1",   "linux,fraction= 8", "linux,init-on-alloc=", "linux:x"};
    struct linux_variant variant;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        if (parse(&variant, bad[i])) {
            fail_msg("%s", bad[i]);
        }
    }
}

static void test_name(void **state)
{
    (void)state;
    assert_true(linux_variant_is("linux") && linux_variant_is("linux,x") && linux_variant_is("linux:x"));
    assert_false(linux_variant_is("linuxes") || linux_variant_is("lin") || linux_variant_is("lockfree"));
}

static struct linux_symbols *symbols_of(const char *text)
{
    char path[] = "/tmp/framelab-symbols-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    struct linux_symbols *symbols = linux_symbols_open(path);
    (void)unlink(path);
    return symbols;
}

static void test_symbols(void **state)
{
    (void)state;
    struct linux_symbols *symbols = symbols_of("ffff800008010040 t second\nffff800008010000 T first\n"
                                               "ffff800008010050 t $x\t[framelab]\nno symbol\n"
                                               "ffff800000d00000 t module\t[framelab]\n");
    assert_non_null(symbols);
    assert_null(linux_symbols_function(symbols, 0x1000));
    assert_string_equal(linux_symbols_function(symbols, UINT64_C(0xffff800000d00000)), "module");
    assert_string_equal(linux_symbols_function(symbols, UINT64_C(0xffff80000801003f)), "first");
    assert_string_equal(linux_symbols_function(symbols, UINT64_C(0xffff800008010060)), "second");
    linux_symbols_close(symbols);
    assert_null(symbols_of("nothing\n"));
    assert_null(linux_symbols_open("/there/is/none"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_knobs), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_name), cmocka_unit_test(test_symbols)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
