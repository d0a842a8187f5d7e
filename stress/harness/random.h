/* SPDX-License-Identifier: MIT
 * Seeded random numbers: SplitMix64 (Steele, Lea, Flood 2014), eight bytes of state, any seed good. The same seed
 * gives the same numbers on every platform. */
#ifndef FRAMELAB_STRESS_RANDOM_H
#define FRAMELAB_STRESS_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

static inline uint64_t random_next(struct random *random)
{
    uint64_t z = (random->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* A stream of its own for each `stream` (a hart, a repeat) of one seed. */
static inline struct random random_stream(uint64_t seed, uint64_t stream)
{
    struct random random = {seed};
    uint64_t base = random_next(&random);
    random.state = base ^ (stream * UINT64_C(0xd1342543de82ef95));
    (void)random_next(&random);
    return random;
}

/* Uniform in 0 .. bound - 1, up to a bias of bound / 2^64; `bound` above 0. Multiplies instead of dividing. */
static inline uint64_t random_below(struct random *random, uint64_t bound)
{
    return (uint64_t)(((unsigned __int128)random_next(random) * bound) >> 64);
}

/* Uniform in low .. high, both included. */
static inline uint64_t random_between(struct random *random, uint64_t low, uint64_t high)
{
    return low + random_below(random, high - low + 1);
}

/* True once in `n` times. */
static inline bool random_one_in(struct random *random, uint64_t n)
{
    return random_below(random, n) == 0;
}

#endif
