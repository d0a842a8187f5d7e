/* SPDX-License-Identifier: MIT
 * The benchmark's platform is a simulated machine. */
#include "bench_platform.h"
#include "simulator.h"

bool sim_bench_machine(const char *machine, char *why, size_t why_bytes)
{
    (void)machine;
    (void)why;
    (void)why_bytes;
    return true;
}

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
    .name = "sim",
    .operations_least = 1000, /* nothing is noisy but what is random in the machine, and repeats show that */
    .cas_operations = 1000,
    .core_turns = 0, /* each hart has a core to itself */
    .begin = begin,
    .start_counting = start_counting,
    .facts = facts,
};
