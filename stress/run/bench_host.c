/* SPDX-License-Identifier: MIT
 * The benchmark's platform is the host: real time, and nothing known beyond it. */
#include "bench_platform.h"

static void begin(uint64_t seed)
{
    (void)seed;
}

static void start_counting(void)
{
}

static json_t *facts(uint64_t operations)
{
    (void)operations;
    return NULL;
}

const struct bench_platform bench_platform = {
    .name = "host",
    .operations_least = 20000, /* long against what starting a phase costs: a clock reading, a wake-up */
    .cas_operations = 500000,  /* some milliseconds, long against the clock's own cost */
    .core_turns = 200000,      /* a tenth of a millisecond */
    .begin = begin,
    .start_counting = start_counting,
    .facts = facts,
};
