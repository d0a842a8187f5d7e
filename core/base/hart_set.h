/* SPDX-License-Identifier: MIT
 * A set of harts. */
#ifndef FRAMELAB_CORE_HART_SET_H
#define FRAMELAB_CORE_HART_SET_H

#include <stdbool.h>
#include <stdint.h>

#include "frame_limits.h"

#define HART_SET_WORDS (HART_MAX / 64)

struct hart_set {
    uint64_t words[HART_SET_WORDS];
};

static inline bool hart_set_has(const struct hart_set *set, uint32_t hart)
{
    return set->words[hart / 64] >> hart % 64 & 1;
}

static inline void hart_set_add(struct hart_set *set, uint32_t hart)
{
    set->words[hart / 64] |= UINT64_C(1) << hart % 64;
}

static inline void hart_set_drop(struct hart_set *set, uint32_t hart)
{
    set->words[hart / 64] &= ~(UINT64_C(1) << hart % 64);
}

static inline uint32_t hart_set_count(const struct hart_set *set)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < HART_SET_WORDS; i++) {
        count += (uint32_t)__builtin_popcountll(set->words[i]);
    }
    return count;
}

/* The lowest member that is at least `from`, or HART_MAX. */
static inline uint32_t hart_set_next(const struct hart_set *set, uint32_t from)
{
    for (uint32_t i = from / 64; i < HART_SET_WORDS; i++) {
        uint64_t word = i == from / 64 ? set->words[i] & ~UINT64_C(0) << from % 64 : set->words[i];
        if (word != 0) {
            return i * 64 + (uint32_t)__builtin_ctzll(word);
        }
    }
    return HART_MAX;
}

/* The highest member, or HART_MAX. */
static inline uint32_t hart_set_last(const struct hart_set *set)
{
    for (uint32_t i = HART_SET_WORDS; i-- > 0;) {
        if (set->words[i] != 0) {
            return i * 64 + 63 - (uint32_t)__builtin_clzll(set->words[i]);
        }
    }
    return HART_MAX;
}

#endif
