/* SPDX-License-Identifier: MIT
 * Which execution a number stands for: shards share out a campaign, campaigns share nothing, a sweep goes through its
 * programs in turn, and what replays an execution is that execution. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "exploration.h"
#include "run.h"

#define NUMBERS 4000u

static const struct sim_stress_plan plain = {.variant = "lockfree", .seed = 1, .shard = 1, .shards = 1};

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static void shards_share_out_a_campaign(void **state)
{
    (void)state;
    for (uint32_t freeze = 0; freeze < 2; freeze++) {
        for (uint32_t shards = 1; shards <= 7; shards++) {
            uint8_t played[NUMBERS] = {0};
            for (uint32_t shard = 1; shard <= shards; shard++) {
                struct sim_stress_plan plan = plain;
                plan.freeze = freeze != 0;
                plan.shard = shard;
                plan.shards = shards;
                for (uint64_t at = exploration_number(&plan, 0); at < NUMBERS; at = exploration_number(&plan, at + 1)) {
                    played[at]++;
                }
            }
            for (uint32_t i = 0; i < NUMBERS; i++) {
                assert_int_equal(played[i], 1);
            }
        }
    }
}

static void campaigns_share_nothing(void **state)
{
    (void)state;
    static uint64_t seeds[4 * NUMBERS];
    for (uint32_t i = 0; i < 4 * NUMBERS; i++) { /* seeds 1 to 4, which are neighbours */
        struct sim_stress_plan plan = plain;
        plan.seed = 1 + i / NUMBERS;
        seeds[i] = exploration_seed(&plan, i % NUMBERS);
        assert_true(seeds[i] <= INT64_MAX);
    }
    qsort(seeds, 4 * NUMBERS, sizeof seeds[0], compare);
    for (uint32_t i = 1; i < 4 * NUMBERS; i++) {
        assert_true(seeds[i] != seeds[i - 1]);
    }
}

static void blocks_are_seeds_in_a_row(void **state)
{
    (void)state;
    struct sim_stress_plan sweep = plain;
    sweep.freeze = true;
    for (uint32_t i = 0; i < NUMBERS; i++) {
        assert_int_equal(exploration_seed(&plain, i) % SIM_BLOCK, i % SIM_BLOCK);
        assert_int_equal(exploration_seed(&sweep, i) % SIM_SWEEP_BLOCK, i % SIM_SWEEP_BLOCK);
        if (i % SIM_BLOCK != 0) {
            assert_int_equal(exploration_seed(&plain, i), exploration_seed(&plain, i - 1) + 1);
        }
    }
}

/* As the options say that a finding prints: the seed, the strategy and, of pct, the depth. */
static void a_replay_is_the_execution(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < NUMBERS; i++) {
        static struct program program, again;
        struct execution_plan found, replayed;
        struct sim_stress_plan replay = plain;
        const uint64_t seed = exploration_seed(&plain, i);
        exploration_plan(&plain, seed, &program, &found);
        replay.replay = true;
        replay.seed = seed;
        replay.strategy = found.strategy == EXPLORE_PCT ? SIM_STRATEGY_PCT : SIM_STRATEGY_RANDOM;
        replay.depth = found.strategy == EXPLORE_PCT ? found.depth : 0;
        exploration_plan(&replay, seed, &again, &replayed);
        assert_int_equal(replayed.schedule_seed, found.schedule_seed);
        assert_int_equal(replayed.strategy, found.strategy);
        assert_int_equal(replayed.depth, found.depth);
        assert_int_equal(replayed.freeze_hart, found.freeze_hart);
        assert_int_equal(replayed.freeze_at, found.freeze_at);
        assert_int_equal(replayed.silent, found.silent);
        assert_int_equal(replayed.injection.hold_hart, found.injection.hold_hart);
        assert_int_equal(replayed.injection.hold_at, found.injection.hold_at);
        assert_int_equal(replayed.injection.hold_events, found.injection.hold_events);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_share_out_a_campaign),
        cmocka_unit_test(campaigns_share_nothing),
        cmocka_unit_test(blocks_are_seeds_in_a_row),
        cmocka_unit_test(a_replay_is_the_execution),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
