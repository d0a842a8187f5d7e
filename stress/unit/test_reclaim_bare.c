/* SPDX-License-Identifier: MIT
 * A platform that brings no back ends of reclamation: what it lacks is refused with one line, and what every platform
 * has works. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "framelab.h"
#include "machine.h"
#include "reclaim.h"
#include "variant.h"

#define WHY_BYTES 256
#define SAID_BYTES 1024

/* In place of the host's. */
const struct reclaim_backend *const *platform_reclaim_backends(void)
{
    static const struct reclaim_backend *const none[] = {NULL};
    return none;
}

static struct host_machine machine;
static char why[WHY_BYTES];

static int setup(void **state)
{
    (void)state;
    const struct host_machine_options options = {.memory_bytes = UINT64_C(64) << 20, .harts = 1};
    return host_machine_open(&machine, &options, why, sizeof why) ? 0 : 1;
}

static int teardown(void **state)
{
    (void)state;
    host_machine_close(&machine);
    return 0;
}

/* Boots; what was said on stderr meanwhile is in `said`. */
static bool boot(const char *variant, char said[SAID_BYTES])
{
    struct frame_allocator_config config;
    assert_true(frame_allocator_config_parse(&config, framelab_variants, variant, 1, why, sizeof why));
    FILE *log = tmpfile();
    assert_non_null(log);
    int saved = dup(STDERR_FILENO);
    assert_true(saved >= 0 && dup2(fileno(log), STDERR_FILENO) >= 0);
    bool booted = host_machine_boot(&machine, &config, 0, why, sizeof why);
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    (void)close(saved);
    rewind(log);
    said[fread(said, 1, SAID_BYTES - 1, log)] = '\0';
    (void)fclose(log);
    return booted;
}

static void what_is_lacking_is_refused(void **state)
{
    const char *name = *state;
    char variant[64], said[SAID_BYTES];
    (void)snprintf(variant, sizeof variant, "lockfree,reclaim=%s", name);
    assert_false(boot(variant, said));
    assert_non_null(strstr(said, name));
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* one line */
    assert_true(boot("lockfree", said));                           /* and the machine is none the worse */
    assert_string_equal(said, "");
}

static void what_every_platform_has_works(void **state)
{
    char variant[64], said[SAID_BYTES];
    (void)snprintf(variant, sizeof variant, "lockfree,reclaim=%s", (const char *)*state);
    assert_true(boot(variant, said));
    assert_string_equal(said, "");
    pfn_t frame;
    assert_int_equal(frame_alloc_one(machine.fa, &frame), FRAME_OK);
    assert_int_equal(frame_free_one(machine.fa, frame), FRAME_OK);
    assert_true(frame_allocator_validate(machine.fa, NULL));
}

int main(void)
{
    static char memb[] = "urcu-memb", qsbr[] = "urcu-qsbr", epoch[] = "epoch", tag[] = "tag";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(what_is_lacking_is_refused, setup, teardown, memb),
        cmocka_unit_test_prestate_setup_teardown(what_is_lacking_is_refused, setup, teardown, qsbr),
        cmocka_unit_test_prestate_setup_teardown(what_every_platform_has_works, setup, teardown, epoch),
        cmocka_unit_test_prestate_setup_teardown(what_every_platform_has_works, setup, teardown, tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
