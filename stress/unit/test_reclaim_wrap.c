/* SPDX-License-Identifier: MIT
 * P10, P2: an allocator that has run for hours. Every clock of reclamation is set forward past the wraps of 31 and 32
 * bits while places have cookies from before; then the arena that they lie in goes, and its memory with it. What is
 * left in limbo would be touched there by the next poll. */
#define _GNU_SOURCE
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "framelab.h"
#include "hart_cache.h"
#include "machine.h"
#include "platform_host.h"
#include "state.h"

#define MIB UINT64_C(0x100000)
#define HOTPLUG_BYTES (16 * MIB)
#define FRAMES_MAX 16384u
#define WHY_BYTES 256
/* Liburcu has grace periods when it likes; no need to wait for ever. */
#define TURNS_MAX 2000u

static struct host_machine machine;
static char why[WHY_BYTES];
static pfn_t before[FRAMES_MAX], arena[FRAMES_MAX];
static uint32_t before_count, arena_count;
static sigjmp_buf faulted;

struct case_of {
    const char *backend;
    uint64_t advances;
};

static struct lockfree *lockfree(void)
{
    return lockfree_of(machine.fa->global);
}

static uint64_t limbo(void)
{
    return reclaim_pending(&lockfree()->reclaim);
}

static uint32_t take_all(pfn_t *frames)
{
    uint32_t count = 0;
    while (count < FRAMES_MAX && frame_alloc_one(machine.fa, &frames[count]) == FRAME_OK) {
        count++;
    }
    assert_in_range(count, 1, FRAMES_MAX - 1);
    return count;
}

static void give(const pfn_t *frames, uint32_t count, uint32_t step)
{
    for (uint32_t i = 0; i < count; i += step) {
        assert_int_equal(frame_free_one(machine.fa, frames[i]), FRAME_OK);
    }
}

/* All of the arena's chunks are popped and used up, so they have cookies and are not linked. */
static void pop_every_chunk(void)
{
    before_count = take_all(before);
    assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 0), FRAME_OK);
    arena_count = take_all(arena);
    give(arena, arena_count, 2);
    assert_true(frame_allocator_drain(machine.fa));
    for (uint32_t i = 0; i < arena_count; i += 2) {
        assert_int_equal(frame_alloc_one(machine.fa, &arena[i]), FRAME_OK);
    }
    assert_true(frame_allocator_drain(machine.fa));
    assert_true(reclaim_barrier(&lockfree()->harts[0].pool_hart.reclaim));
    assert_int_equal(limbo(), 0);
}

static void fault(int signal)
{
    (void)signal;
    siglongjmp(faulted, 1);
}

/* Until limbo has been emptied several times: pops, puts and polls. */
static void go_on(void)
{
    const uint64_t until = reclaim_advances(&lockfree()->reclaim) + 8;
    for (uint32_t turn = 0; turn < TURNS_MAX && reclaim_advances(&lockfree()->reclaim) < until; turn++) {
        give(before, before_count, 2);
        assert_true(frame_allocator_drain(machine.fa));
        for (uint32_t i = 0; i < before_count; i += 2) {
            assert_int_equal(frame_alloc_one(machine.fa, &before[i]), FRAME_OK);
        }
        (void)reclaim_poll(&lockfree()->harts[0].pool_hart.reclaim);
        (void)sched_yield();
    }
    assert_true(reclaim_advances(&lockfree()->reclaim) >= until);
}

static void P10_P2_index_nodes_with_old_cookies_leave_with_their_arena(void **state)
{
    const struct case_of *this = *state;
    struct sigaction action = {.sa_handler = fault};
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0); /* until the test ends: cmocka has its own */
    pop_every_chunk();
    reclaim_jump(&lockfree()->reclaim, this->advances);
    give(arena, arena_count, 1);
    assert_int_equal(frame_arena_remove(machine.fa, frame_containing(machine.hotplug.start)), FRAME_OK);
    uint64_t left = limbo();
    host_ram_forbid(machine.hotplug, true);
    if (sigsetjmp(faulted, 1) != 0) {
        host_ram_forbid(machine.hotplug, false);
        fail_msg("%llu places were in limbo when their arena was removed, and one was looked at after that",
                 (unsigned long long)left);
    }
    go_on();
    host_ram_forbid(machine.hotplug, false);
    assert_int_equal(left, 0);
    assert_true(frame_allocator_validate(machine.fa, NULL));
}

/* Without an arena that goes: old cookies have passed, so nothing that comes back goes through limbo at all. */
static void P2_index_nodes_with_old_cookies_do_not_wait(void **state)
{
    const struct case_of *this = *state;
    pop_every_chunk();
    uint32_t peak = reclaim_peak(&lockfree()->reclaim);
    reclaim_jump(&lockfree()->reclaim, this->advances);
    give(arena, arena_count, 1);
    assert_true(frame_allocator_drain(machine.fa));
    assert_int_equal(reclaim_peak(&lockfree()->reclaim), peak);
    assert_int_equal(limbo(), 0);
    assert_true(frame_allocator_validate(machine.fa, NULL));
}

static int setup(void **state)
{
    const struct case_of *this = *state;
    const struct host_machine_options options = {.memory_bytes = 48 * MIB, .harts = 2, .nodes = 1};
    struct frame_allocator_config config;
    char variant[WHY_BYTES];
    (void)snprintf(variant, sizeof variant, "lockfree,reclaim=%s", this->backend);
    assert_true(frame_allocator_config_parse(&config, framelab_variants, variant, 2, why, sizeof why));
    assert_true(host_machine_open(&machine, &options, why, sizeof why));
    assert_true(host_machine_boot(&machine, &config, HOTPLUG_BYTES, why, sizeof why));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    host_machine_close(&machine);
    return 0;
}

/* ---- each test for each back end and each jump ----------------------------------------------------------------- */

#define BACKENDS 3u
#define JUMPS 7u
#define TESTS (2 * BACKENDS * JUMPS)
#define NAME_BYTES 128u

static struct CMUnitTest tests[TESTS];
static struct case_of cases[TESTS];
static char names[TESTS][NAME_BYTES];
static uint32_t test_count;

static void add_test(const char *name, CMUnitTestFunction test, const char *backend, uint64_t advances)
{
    struct case_of *this = &cases[test_count];
    *this = (struct case_of){backend, advances};
    (void)snprintf(names[test_count], NAME_BYTES, "%s, %s, 0x%llx", name, backend, (unsigned long long)advances);
    tests[test_count] = (struct CMUnitTest){names[test_count], test, setup, teardown, this};
    test_count++;
}
#define ADD(test, backend, advances) add_test(#test, test, backend, advances)

int main(void)
{
    static const char *const backends[BACKENDS] = {"epoch", "urcu-memb", "urcu-qsbr"};
    static const uint64_t jumps[JUMPS] = {0x7fffffff, 0x80000000,  0x80000001,           0xc0000000,
                                          0xffffffff, 0x100000000, UINT64_C(0x100000001)};
    for (uint32_t b = 0; b < BACKENDS; b++) {
        for (uint32_t j = 0; j < JUMPS; j++) {
            ADD(P10_P2_index_nodes_with_old_cookies_leave_with_their_arena, backends[b], jumps[j]);
            ADD(P2_index_nodes_with_old_cookies_do_not_wait, backends[b], jumps[j]);
        }
    }
    return test_count == TESTS ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
