/* SPDX-License-Identifier: MIT
 * Arenas that come and go while harts allocate, and arenas of several NUMA nodes, over every variant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

#include "framelab.h"
#include "machine.h"
#include "variant.h"

#define WHY_BYTES 256
#define MIB UINT64_C(0x100000)
#define HARTS 3u
#define FRAMES_MAX 131072u
#define ROUNDS 50u

static struct host_machine machine;
static char why[WHY_BYTES];

static void boot(const char *spec, uint64_t memory_bytes, uint32_t nodes, uint64_t hotplug_bytes)
{
    const struct host_machine_options options = {.memory_bytes = memory_bytes, .harts = 4, .nodes = nodes};
    struct frame_allocator_config config;
    assert_true(frame_allocator_config_parse(&config, framelab_variants, spec, 4, why, sizeof why));
    assert_true(host_machine_open(&machine, &options, why, sizeof why));
    assert_true(host_machine_boot(&machine, &config, hotplug_bytes, why, sizeof why));
}

static int teardown(void **state)
{
    (void)state;
    host_machine_close(&machine);
    return 0;
}

static void expect_sound(uint64_t allocated)
{
    struct frame_account account;
    assert_true(frame_allocator_validate(machine.fa, &account));
    assert_int_equal(account.allocated, allocated);
}

static void over_variants(void (*test)(const char *spec))
{
    for (const struct variant *const *variant = framelab_variants; *variant != NULL; variant++) {
        print_message("# %s\n", (*variant)->name);
        test((*variant)->name);
        host_machine_close(&machine);
    }
}

/* ---- hot-plug ----------------------------------------------------------------------------------------------- */

static void add_and_remove(const char *spec)
{
    boot(spec, 64 * MIB, 1, 16 * MIB);
    pfn_t first = frame_containing(machine.hotplug.start);
    struct frame_run run;
    assert_int_equal(frame_arena_remove(machine.fa, first), FRAME_FOREIGN);
    assert_int_equal(frame_arena_add(machine.fa, (struct phys_range){{0}, 0}, 0), FRAME_BAD_CONFIG);
    assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 1), FRAME_BAD_CONFIG);
    assert_int_equal(frame_arena_add(machine.fa, (struct phys_range){machine.hotplug.start, 100}, 0), FRAME_NO_MEMORY);
    assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 0), FRAME_OK);
    assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 0), FRAME_OVERLAP);
    expect_sound(0);
    /* A frame of it that is out pins it; one in a cache does not. */
    do {
        assert_int_equal(frame_alloc_contiguous(machine.fa, (struct frame_layout){2 * MIB, 2 * MIB}, &run), FRAME_OK);
    } while (run.first.value < first.value);
    assert_int_equal(frame_arena_remove(machine.fa, first), FRAME_BUSY);
    assert_int_equal(frame_free_run(machine.fa, frame_run(run.first, run.count - 1)), FRAME_OK);
    pfn_t last = pfn(frame_run_end(run) - 1);
    assert_int_equal(frame_arena_remove(machine.fa, first), FRAME_BUSY);
    assert_int_equal(frame_free_one(machine.fa, last), FRAME_OK);
    assert_int_equal(frame_arena_remove(machine.fa, first), FRAME_OK);
    assert_int_equal(frame_free_one(machine.fa, last), FRAME_FOREIGN);
    assert_int_equal(frame_ref(machine.fa, last), FRAME_FOREIGN);
    assert_int_equal(frame_arena_remove(machine.fa, first), FRAME_FOREIGN);
    /* What the first added arena left is not there for good. */
    for (int i = 0; i < 300; i++) {
        assert_int_equal(frame_arena_add(machine.fa, machine.hotplug, 0), FRAME_OK);
        assert_int_equal(frame_arena_remove(machine.fa, first), FRAME_OK);
    }
}

static void P7_an_arena_is_removed_only_when_nothing_of_it_is_out(void **state)
{
    (void)state;
    over_variants(add_and_remove);
}

/* On any hart: cmocka's own assertions are for the first thread only. */
static void expect_ok(enum frame_status status)
{
    FRAME_ASSERT(status == FRAME_OK);
}

static _Atomic uint32_t removed, busy;
static _Atomic bool stop, keep_off;

/* Adds and removes. When the arena is removed its memory, metadata included, is scribbled over: a hart that still
 * looked at it would trip. If its frames stay out for long, the others are asked to keep off it. */
static void plug(void)
{
    pfn_t first = frame_containing(machine.hotplug.start);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        expect_ok(frame_arena_add(machine.fa, machine.hotplug, 0));
        enum frame_status status = frame_arena_remove(machine.fa, first);
        for (uint32_t turn = 0; status == FRAME_BUSY || status == FRAME_CONTENDED; turn++) {
            atomic_fetch_add(&busy, 1);
            atomic_store(&keep_off, turn > 10);
            platform_relax();
            status = frame_arena_remove(machine.fa, first);
        }
        expect_ok(status);
        uint64_t *bytes = platform_phys_to_virt(machine.hotplug.start);
        for (uint64_t i = 0; i < machine.hotplug.size / sizeof *bytes; i += 7) {
            bytes[i] = UINT64_C(0xdeadbeefdeadbeef);
        }
        atomic_store(&keep_off, false);
        atomic_fetch_add(&removed, 1);
    }
    atomic_store(&stop, true);
}

/* A run longer than the arena that comes and goes: it is looked for there too, but never found. */
static void allocate_elsewhere(void)
{
    struct frame_run run;
    const struct frame_layout layout = {machine.hotplug.size + MIB, FRAME_SIZE};
    if (frame_alloc_contiguous(machine.fa, layout, &run) == FRAME_OK) {
        FRAME_ASSERT(frame_run_end(run) <= frame_containing(machine.hotplug.start).value);
        expect_ok(frame_free_run(machine.fa, run));
    }
}

/* Single frames and a run from anywhere; what is written to them stays. */
static void allocate_anywhere(void)
{
    pfn_t frames[200];
    uint32_t count = 0;
    for (; count < 200 && frame_alloc_one(machine.fa, &frames[count]) == FRAME_OK; count++) {
        *(uint64_t *)platform_phys_to_virt(frame_addr(frames[count])) = frames[count].value;
    }
    struct frame_run run;
    if (frame_alloc_contiguous(machine.fa, (struct frame_layout){MIB, FRAME_SIZE}, &run) == FRAME_OK) {
        expect_ok(frame_free_run(machine.fa, run));
    }
    while (count-- > 0) {
        uint64_t content = *(uint64_t *)platform_phys_to_virt(frame_addr(frames[count]));
        FRAME_ASSERT(content == frames[count].value);
        expect_ok(frame_free_one(machine.fa, frames[count]));
    }
}

static void plug_or_allocate(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        plug();
    }
    while (!atomic_load(&stop)) {
        if (atomic_load(&keep_off)) {
            allocate_elsewhere();
        } else {
            allocate_anywhere();
        }
    }
}

static void plug_beside_allocation(const char *spec)
{
    boot(spec, 64 * MIB, 1, 16 * MIB);
    atomic_store(&stop, false);
    atomic_store(&keep_off, false);
    atomic_store(&removed, 0);
    atomic_store(&busy, 0);
    assert_true(harts_run(HARTS, plug_or_allocate, NULL));
    assert_int_equal(removed, ROUNDS);
    print_message("# %u removals, %u times busy\n", removed, busy);
    expect_sound(0);
    struct frame_stats stats;
    frame_allocator_stats(machine.fa, &stats);
    assert_in_range(stats.limbo, 0, 64); /* of 16 chunks, twice each at most, and the boot memory's */
}

static void P10_harts_allocate_while_an_arena_comes_and_goes(void **state)
{
    (void)state;
    over_variants(plug_beside_allocation);
}

/* ---- NUMA --------------------------------------------------------------------------------------------------- */

static uint32_t node_of(pfn_t frame)
{
    for (uint32_t i = 0; i < machine.map->ram_count; i++) {
        if (frame_run_contains(frame_run_inside(machine.map->ram[i].range), frame)) {
            return machine.map->ram[i].node;
        }
    }
    platform_panic("frame 0x%llx is in no RAM", (unsigned long long)frame.value);
}

/* A hart that takes all memory takes of its own node first: three quarters of it come before the first of another node.
 * (Not all: a chunk in limbo or in another hart's local chunk is only found by the scan at the end.) */
static void near_first(void *context, uint32_t hart)
{
    (void)context;
    uint32_t home = machine.map->hart_node[hart];
    static pfn_t frames[FRAMES_MAX];
    uint32_t count = 0, at_home = 0, at_home_before = 0;
    while (count < FRAMES_MAX && frame_alloc_one(machine.fa, &frames[count]) == FRAME_OK) {
        at_home += node_of(frames[count]) == home ? 1 : 0;
        at_home_before = at_home == count + 1 ? at_home : at_home_before;
        count++;
    }
    FRAME_ASSERT(at_home < count);
    FRAME_ASSERT(at_home_before > at_home / 4 * 3);
    while (count-- > 0) {
        enum frame_status status = frame_free_one(machine.fa, frames[count]);
        FRAME_ASSERT(status == FRAME_OK);
    }
}

static void last_hart_only(void *context, uint32_t hart)
{
    if (hart == 3) {
        near_first(context, hart);
    }
}

static void nodes_in_order(const char *spec)
{
    for (uint32_t nodes = 2; nodes <= 4; nodes += 2) {
        boot(spec, 512 * MIB, nodes, 0);
        near_first(NULL, 0);
        assert_true(harts_run(4, last_hart_only, NULL));
        expect_sound(0);
        host_machine_close(&machine);
    }
}

static void the_near_node_is_tried_first(void **state)
{
    (void)state;
    over_variants(nodes_in_order);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(P7_an_arena_is_removed_only_when_nothing_of_it_is_out, teardown),
        cmocka_unit_test_teardown(P10_harts_allocate_while_an_arena_comes_and_goes, teardown),
        cmocka_unit_test_teardown(the_near_node_is_tried_first, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
