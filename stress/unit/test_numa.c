/* SPDX-License-Identifier: MIT
 * NUMA: near memory first, by the distances of the device tree, and statistics by node. One hart at a time allocates
 * all there is; a model of what is free says which node's turn it was. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "arena.h"
#include "default_fdt.h"
#include "machine.h"
#include "play_harts.h"
#include "variants.h"

#define HARTS 8u
#define MEMORY_BYTES (UINT64_C(64) << 20)
#define FRAME_COUNT (MEMORY_BYTES / FRAME_SIZE)
#define CHUNK_COUNT (FRAME_COUNT / CHUNK_FRAMES)
#define BASE (DEFAULT_FDT_RAM_BASE / FRAME_SIZE)

static struct model {
    struct host_machine machine;
    struct frame_allocator *allocator;
    uint8_t node[FRAME_COUNT];        /* of each frame */
    uint64_t free[NODE_MAX];          /* usable frames of each node that are not out */
    uint16_t chunk_free[CHUNK_COUNT]; /* free frames of each chunk */
    uint64_t whole_chunks[NODE_MAX];  /* chunks of each node all of whose frames are free */
    struct frame_run out[FRAME_COUNT];
    uint64_t out_count;
} model;

static void add_frames(struct frame_run run, uint32_t node)
{
    for (uint64_t i = 0; i < run.count; i++) {
        uint64_t index = run.first.value + i - BASE;
        model.node[index] = (uint8_t)node;
        model.free[node]++;
        model.whole_chunks[node] += ++model.chunk_free[index / CHUNK_FRAMES] == CHUNK_FRAMES;
    }
}

static void remove_frames(struct frame_run run)
{
    for (uint64_t i = 0; i < run.count; i++) {
        uint64_t index = run.first.value + i - BASE;
        uint32_t node = model.node[index];
        model.free[node]--;
        model.whole_chunks[node] -= model.chunk_free[index / CHUNK_FRAMES]-- == CHUNK_FRAMES;
    }
}

static void learn(void *context, const struct arena *arena)
{
    (void)context;
    for (uint32_t i = 0; i < arena->region_count; i++) {
        add_frames(arena->regions[i], arena->node);
    }
}

static void open_with(const char *variant, uint32_t nodes)
{
    char why[256];
    struct frame_allocator_config config;
    const struct host_machine_options options = {.memory_bytes = MEMORY_BYTES, .harts = HARTS, .nodes = nodes};
    memset(&model, 0, sizeof model);
    if (!frame_allocator_config_parse(&config, framelab_variants, variant, HARTS, why, sizeof why) ||
        !host_machine_open(&model.machine, &options, why, sizeof why) ||
        !host_machine_boot(&model.machine, &config, 0, why, sizeof why)) {
        fail_msg("%s", why);
    }
    model.allocator = model.machine.fa;
    frame_allocator_arenas(model.allocator, learn, NULL);
    assert_int_equal(frame_allocator_nodes(model.allocator), nodes);
}

static int close_it(void **state)
{
    (void)state;
    if (model.machine.map != NULL) {
        host_machine_close(&model.machine);
        model.machine.map = NULL;
    }
    return 0;
}

/* The distance at which `hart` was served, and the smallest at which it could have been. */
static void assert_nearest(uint32_t hart, uint32_t node, const uint64_t *available)
{
    const struct memory_map *map = model.machine.map;
    const uint8_t *distance = map->distance[map->hart_node[hart]];
    for (uint32_t other = 0; other < map->node_count; other++) {
        if (available[other] > 0 && distance[other] < distance[node]) {
            fail_msg("hart %u got a frame of node %u, at distance %u, while %llu were free in node %u, at distance %u",
                     hart, node, distance[node], (unsigned long long)available[other], other, distance[other]);
        }
    }
}

static void take_all_singles(uint32_t hart)
{
    pfn_t frame;
    while (frame_alloc_one(model.allocator, &frame) == FRAME_OK) {
        assert_nearest(hart, model.node[frame.value - BASE], model.free);
        remove_frames(frame_run(frame, 1));
        model.out[model.out_count++] = frame_run(frame, 1);
    }
}

static void take_all_chunks(uint32_t hart)
{
    static const struct frame_layout chunk = {CHUNK_FRAMES * FRAME_SIZE, CHUNK_FRAMES * FRAME_SIZE};
    struct frame_run run;
    while (frame_alloc_contiguous(model.allocator, chunk, &run) == FRAME_OK) {
        assert_nearest(hart, model.node[run.first.value - BASE], model.whole_chunks);
        remove_frames(run);
        model.out[model.out_count++] = run;
    }
}

/* Every frame: true if none is left. */
static bool nothing_left(const uint64_t *available)
{
    uint64_t left = 0;
    for (uint32_t node = 0; node < NODE_MAX; node++) {
        left += available[node];
    }
    return left == 0;
}

static void give_all(void)
{
    for (uint64_t i = 0; i < model.out_count; i++) {
        assert_int_equal(frame_free_run(model.allocator, model.out[i]), FRAME_OK);
        add_frames(model.out[i], model.node[model.out[i].first.value - BASE]);
    }
    model.out_count = 0;
    assert_true(frame_allocator_drain(model.allocator));
}

/* On 2 and 4 nodes in a row, for harts of each node. */
static void P5_no_far_frame_while_a_near_one_is_free(void **state)
{
    for (uint32_t nodes = 2; nodes <= 4; nodes += 2) {
        open_with(*state, nodes);
        for (uint32_t hart = 0; hart < HARTS; hart += HARTS / nodes) {
            play_hart(hart);
            take_all_singles(hart);
            assert_true(nothing_left(model.free));
            give_all();
            take_all_chunks(hart);
            assert_true(nothing_left(model.whole_chunks));
            give_all();
        }
        (void)close_it(NULL);
    }
}

static struct frame_node_stats stats_of(uint32_t node)
{
    struct frame_node_stats stats;
    assert_int_equal(frame_allocator_node_stats(model.allocator, node, &stats), FRAME_OK);
    assert_int_equal(stats.frames_free, frame_counts_references() ? model.free[node] : FRAMES_UNKNOWN);
    return stats;
}

/* The tree's, until it joins as another's. Who is no hart is of the first. */
static void a_hart_knows_its_node(void **state)
{
    open_with(*state, 2);
    for (uint32_t hart = 0; hart < HARTS; hart++) {
        play_hart(hart);
        assert_int_equal(frame_hart_node(model.allocator), hart * 2 / HARTS);
    }
    assert_int_equal(frame_hart_leave(model.allocator), FRAME_OK);
    assert_int_equal(frame_hart_node(model.allocator), 1);
    assert_int_equal(frame_hart_join(model.allocator, 0), FRAME_OK);
    assert_int_equal(frame_hart_node(model.allocator), 0);
    platform_host_hart_clear();
    assert_int_equal(frame_hart_node(model.allocator), 0);
}

static void statistics_tell_near_from_far(void **state)
{
    enum { NODES = 4, MINE = 2 };
    uint64_t total = 0;
    struct frame_stats sum;
    struct frame_node_stats none;
    pfn_t frame;
    open_with(*state, NODES);
    play_hart(MINE * HARTS / NODES);
    assert_int_equal(frame_alloc_one(model.allocator, &frame), FRAME_OK);
    remove_frames(frame_run(frame, 1));
    frame_allocator_stats(model.allocator, &sum);
    for (uint32_t node = 0; node < NODES; node++) {
        struct frame_node_stats stats = stats_of(node);
        total += stats.frames_total;
        assert_true((stats.taken_near > 0) == (node == MINE));
        assert_int_equal(stats.taken_far, 0);
    }
    assert_int_equal(total, sum.frames_total);
    take_all_singles(MINE * HARTS / NODES);
    for (uint32_t node = 0; node < NODES; node++) {
        struct frame_node_stats stats = stats_of(node);
        assert_true((stats.taken_near > 0) == (node == MINE));
        assert_true((stats.taken_far > 0) == (node != MINE));
        assert_true(stats.taken_near + stats.taken_far >= stats.frames_total);
    }
    assert_int_equal(frame_allocator_node_stats(model.allocator, NODES, &none), FRAME_BAD_CONFIG);
}

#define numa_test(test, variant) cmocka_unit_test_prestate_setup_teardown(test, NULL, close_it, variant)

int main(void)
{
    char baseline[] = "baseline", seed[] = "baseline:origin", lockfree[] = "lockfree", bare[] = "lockfree,magazine=0";
    const struct CMUnitTest tests[] = {
        numa_test(P5_no_far_frame_while_a_near_one_is_free, baseline),
        numa_test(P5_no_far_frame_while_a_near_one_is_free, lockfree),
        numa_test(P5_no_far_frame_while_a_near_one_is_free, bare),
        numa_test(statistics_tell_near_from_far, baseline),
        numa_test(a_hart_knows_its_node, lockfree),
        numa_test(statistics_tell_near_from_far, seed),
        numa_test(statistics_tell_near_from_far, lockfree),
        numa_test(statistics_tell_near_from_far, bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
