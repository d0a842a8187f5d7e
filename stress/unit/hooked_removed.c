/* SPDX-License-Identifier: MIT
 * P10: nobody looks at an arena's metadata once it was removed. Built with HOOKS=1.
 *
 * Hart 0 performs an operation. At its k-th hook (platform.h) hart 1 asks for an arena to be removed; if it is, the
 * arena's memory, with the metadata in it, becomes unreadable, so that one more look at it by hart 0 is a fault. This
 * for every k until the operation ends before its k-th hook. Hart 1 runs inside the hook: one thread is both harts.
 *
 * And P5 beside it: while hart 1 asks, hart 2 allocates a frame, at every hook of the removal, when the arena's memory
 * is all that is free. A removal that is refused has taken nothing away meanwhile, not for a moment; one that is under
 * way is no proof that there is no memory. One thread is all three. */
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "framelab.h"
#include "lockfree.h"
#include "machine.h"
#include "play_harts.h"

#define MIB UINT64_C(0x100000)
#define HOTPLUG_BYTES (8 * MIB)
#define RUNS_MAX 4096u
#define WHY_BYTES 256

static struct host_machine machine;
static char why[WHY_BYTES];
static uint32_t hooks, remove_at;
static bool removed, refused;
static const char *removed_in;
static sigjmp_buf faulted;
static struct frame_run runs[RUNS_MAX];
static uint32_t run_count;

static void readable(bool yes)
{
    void *memory = platform_phys_to_virt(machine.hotplug.start);
    assert_int_equal(mprotect(memory, machine.hotplug.size, yes ? PROT_READ | PROT_WRITE : PROT_NONE), 0);
}

/* What hart 2 was answered during a removal: allocations of a frame, and lookups of one of the arena's. */
static struct {
    bool wanted;
    const char *at; /* in this function only; NULL: anywhere */
    uint32_t done, contended, no_memory, foreign;
} beside;

static void hart_2_allocates(void)
{
    pfn_t frame;
    enum frame_status status = frame_alloc_one(machine.fa, &frame);
    beside.done += status == FRAME_OK;
    beside.contended += status == FRAME_CONTENDED;
    beside.no_memory += status == FRAME_NO_MEMORY;
    if (status == FRAME_OK) {
        assert_int_equal(frame_free_one(machine.fa, frame), FRAME_OK);
    }
    status = frame_at_addr(machine.fa, machine.hotplug.start, &frame);
    beside.contended += status == FRAME_CONTENDED;
    beside.foreign += status == FRAME_FOREIGN;
}

/* At a hook of hart 1's removal. Not where it has decided and opens the caches again, and seldom where it waits. */
static bool hart_2_is_to_allocate(const char *place)
{
    static uint32_t waits;
    bool waiting = strcmp(place, "platform_relax") == 0;
    bool decided = strcmp(place, "harts_drain_end") == 0;
    bool here = beside.at == NULL || strcmp(place, beside.at) == 0;
    return beside.wanted && here && !decided && (!waiting || ++waits % 512 == 0);
}

static void hook(const char *place)
{
    if (platform_hart_id() == 1 && hart_2_is_to_allocate(place)) {
        play_hart(2);
        hart_2_allocates();
        play_hart(1);
    }
    if (platform_hart_id() != 0 || ++hooks != remove_at) {
        return;
    }
    play_hart(1);
    removed = frame_arena_remove(machine.fa, frame_containing(machine.hotplug.start)) == FRAME_OK;
    play_hart(0);
    refused = !removed;
    removed_in = place;
    if (removed) {
        readable(false);
    }
}

static void fault(int signal)
{
    (void)signal;
    siglongjmp(faulted, 1);
}

static bool take(uint64_t count)
{
    struct frame_layout layout = {count << FRAME_SHIFT, FRAME_SIZE};
    if (run_count == RUNS_MAX || frame_alloc_contiguous(machine.fa, layout, &runs[run_count]) != FRAME_OK) {
        return false;
    }
    run_count++;
    return true;
}

static void give_all(void)
{
    while (run_count > 0) {
        assert_int_equal(frame_free_run(machine.fa, runs[--run_count]), FRAME_OK);
    }
}

/* Of runs nearly as long as the arena that goes, which its metadata leaves no room for in it: as many as there are. The
 * last is drained for, searched for in every arena, and refused. */
static void takes_long_runs(void)
{
    while (take((HOTPLUG_BYTES >> FRAME_SHIFT) - 1)) {
    }
    give_all();
}

/* So that the index is looked at, and chunk bitmaps and chunks become local. */
static void takes_runs_and_gives_them(void)
{
    for (uint32_t i = 0; i < 3; i++) {
        (void)take(300);
        (void)take(1500);
    }
    give_all();
}

static void takes_frames(void)
{
    for (uint32_t i = 0; i < 600; i++) {
        (void)take(1);
    }
    give_all();
}

static void drains(void)
{
    (void)frame_allocator_drain(machine.fa);
}

/* Whether the operation ended before its hook number remove_at. */
static bool removed_before_hook(void (*operation)(void))
{
    hooks = 0;
    removed = refused = false;
    assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 0), FRAME_OK);
    if (sigsetjmp(faulted, 1) != 0) {
        platform_host_hook = NULL;
        fail_msg("P10: hart 0 looks at an arena that was removed at its hook %u, in %s", remove_at, removed_in);
    }
    platform_host_hook = hook;
    operation();
    platform_host_hook = NULL;
    give_all();
    if (removed) {
        readable(true);
    } else {
        assert_int_equal(frame_arena_remove(machine.fa, frame_containing(machine.hotplug.start)), FRAME_OK);
    }
    return !removed && !refused;
}

static void at_every_hook(void (*operation)(void))
{
    struct sigaction action = {.sa_handler = fault};
    uint32_t gone = 0;
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0); /* until the test ends: cmocka has its own */
    remove_at = 0;
    do {
        remove_at++;
        gone += removed ? 1 : 0;
    } while (!removed_before_hook(operation));
    print_message("# %u hooks, removed at %u of them\n", remove_at - 1, gone);
    assert_true(remove_at > 10);
}

static int setup_variant(const char *variant)
{
    const struct host_machine_options options = {.memory_bytes = 64 * MIB, .harts = 3, .nodes = 1};
    struct frame_allocator_config config;
    assert_true(frame_allocator_config_parse(&config, framelab_variants, variant, 3, why, sizeof why));
    assert_true(host_machine_open(&machine, &options, why, sizeof why));
    assert_true(host_machine_boot(&machine, &config, HOTPLUG_BYTES, why, sizeof why));
    run_count = 0;
    return 0;
}

static int setup(void **state)
{
    (void)state;
    return setup_variant("lockfree");
}

/* Every allocation pops a place, every free puts one back: limbo is seldom empty. */
static int setup_without_caches(void **state)
{
    (void)state;
    return setup_variant("lockfree,magazine=0,local=off,reclaim=urcu-memb");
}

static int teardown(void **state)
{
    (void)state;
    host_machine_close(&machine);
    return 0;
}

static void P10_while_a_run_is_searched(void **state)
{
    (void)state;
    at_every_hook(takes_long_runs);
}

static void P10_while_runs_come_and_go(void **state)
{
    (void)state;
    at_every_hook(takes_runs_and_gives_them);
}

static void P10_while_frames_come_and_go(void **state)
{
    (void)state;
    at_every_hook(takes_frames);
}

static void P10_while_caches_are_drained(void **state)
{
    (void)state;
    at_every_hook(drains);
}

static void takes_a_frame(void)
{
    if (take(1)) {
        give_all();
    }
}

/* Memory as it is without the arena, in as few runs as there may be. */
static struct frame_run filled[64];
static uint32_t filled_count;

static void fill(void)
{
    for (uint64_t count = machine.map->ram[0].range.size >> FRAME_SHIFT; count > 0; count /= 2) {
        struct frame_layout layout = {count << FRAME_SHIFT, FRAME_SIZE};
        while (filled_count < 64 && frame_alloc_contiguous(machine.fa, layout, &filled[filled_count]) == FRAME_OK) {
            filled_count++;
        }
    }
    assert_true(filled_count > 0 && filled_count < 64);
}

static void empty(void)
{
    while (filled_count > 0) {
        assert_int_equal(frame_free_run(machine.fa, filled[--filled_count]), FRAME_OK);
    }
}

/* Longer than the arena that comes and goes, and all else is out: drained for, and looked for past all caches. */
static void asks_for_what_is_not_there(void)
{
    assert_false(take(HOTPLUG_BYTES >> FRAME_SHIFT));
}

/* Hart 0 is stopped at each hook of an operation in turn; the arena that comes and goes has all that is free. While it
 * is on its way out, memory is neither there nor not there. */
static void allocate_while_a_removal_is_tried(void (*operation)(void), const char *at)
{
    uint32_t refusals = 0;
    bool ended = false;
    fill();
    beside.wanted = true;
    beside.at = at;
    for (remove_at = 1; !ended; remove_at++) {
        beside.done = beside.contended = beside.no_memory = beside.foreign = 0;
        ended = removed_before_hook(operation);
        assert_int_equal(beside.no_memory, 0);
        if (refused) {
            refusals++;
            assert_int_equal(beside.contended, 0);
            assert_int_equal(beside.foreign, 0);
            assert_true(at != NULL || beside.done > 0);
        }
    }
    beside.wanted = false;
    print_message("# %u hooks, refused at %u of them\n", remove_at - 2, refusals);
    assert_true(refusals > 10);
    empty();
}

static void P5_while_a_removal_is_tried(void **state)
{
    (void)state;
    allocate_while_a_removal_is_tried(takes_a_frame, NULL);
}

static void P5_while_one_looks_past_all_caches(void **state)
{
    (void)state;
    allocate_while_a_removal_is_tried(asks_for_what_is_not_there,
                                      "arena_detach"); /* where it is out of service, and not yet gone */
}

/* Leaves places in limbo, of different ages each time; how many. */
static uint64_t limbo_after(uint32_t frames)
{
    struct frame_stats stats;
    while (run_count < frames && take(1)) {
    }
    give_all();
    frame_allocator_stats(machine.fa, &stats);
    return stats.limbo;
}

static uint64_t grace_periods(void)
{
    struct frame_stats stats;
    frame_allocator_stats(machine.fa, &stats);
    return stats.grace_periods;
}

/* Liburcu has grace periods when it likes; no need to wait for ever. */
#define TURNS_MAX 200u

/* Whether what was in limbo when the arena went is looked at once its time has come. */
static bool limbo_is_left_alone(void)
{
    uint64_t passed = grace_periods();
    bool alone = sigsetjmp(faulted, 1) == 0;
    readable(false);
    for (uint32_t turn = 0; alone && turn < TURNS_MAX && grace_periods() < passed + 4; turn++) {
        takes_frames();
        (void)sched_yield();
    }
    readable(true);
    return alone;
}

static void P10_while_index_nodes_are_in_limbo(void **state)
{
    (void)state;
    struct sigaction action = {.sa_handler = fault};
    uint64_t limbo = 0;
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
    for (uint32_t frames = 1; frames <= 100; frames++) {
        assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 0), FRAME_OK);
        limbo += limbo_after(frames);
        assert_int_equal(frame_arena_remove(machine.fa, frame_containing(machine.hotplug.start)), FRAME_OK);
        assert_true(limbo_is_left_alone());
    }
    print_message("# %llu places were in limbo\n", (unsigned long long)limbo);
    assert_true(limbo > 0);
}

int main(void)
{
    const struct CMUnitTest first[] = {
        cmocka_unit_test_setup_teardown(P10_while_index_nodes_are_in_limbo, setup_without_caches, teardown),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(P10_while_a_run_is_searched, setup, teardown),
        cmocka_unit_test_setup_teardown(P10_while_runs_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(P10_while_frames_come_and_go, setup, teardown),
        cmocka_unit_test_setup_teardown(P10_while_caches_are_drained, setup, teardown),
        cmocka_unit_test_setup_teardown(P5_while_a_removal_is_tried, setup, teardown),
        cmocka_unit_test_setup_teardown(P5_while_one_looks_past_all_caches, setup, teardown),
    };
    /* A removal that does not wait for limbo has wrecked an index that the others use: they might not end. */
    int failed = cmocka_run_group_tests(first, NULL, NULL);
    return failed != 0 ? failed : cmocka_run_group_tests(tests, NULL, NULL);
}
