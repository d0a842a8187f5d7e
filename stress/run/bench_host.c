/* SPDX-License-Identifier: MIT
 * The benchmark's platform is the host: real time, and nothing known beyond it. */
#include "bench_platform.h"

const struct bench_platform bench_platform = {
    .name = "host",
    .operations_least = 20000, /* long against what starting a phase costs: a clock reading, a wake-up */
    .cas_operations = 500000,  /* some milliseconds, long against the clock's own cost */
    .core_turns = 200000,      /* a tenth of a millisecond */
};
