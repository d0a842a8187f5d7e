/* SPDX-License-Identifier: MIT
 * Harts for tests that boot no machine, or whose one thread plays several harts in turn. */
#ifndef FRAMELAB_UNIT_PLAY_HARTS_H
#define FRAMELAB_UNIT_PLAY_HARTS_H

#include "platform.h"
#include "platform_host.h"

/* The calling thread is `hart` from now on, and its former number is free. */
static inline void play_hart(uint32_t hart)
{
    FRAME_ASSERT(platform_host_hart_set(hart) == HOST_HART_OK);
}

/* There are `count` harts, the calling thread is hart 0. */
static inline void play_harts(uint32_t count)
{
    FRAME_ASSERT(platform_host_hart_count_set(count));
    play_hart(0);
}

#endif
