/* SPDX-License-Identifier: MIT
 * What a hart does about races that it loses: counts them, and may wait before it tries again.
 *
 * A compare-and-swap fails because another hart's has succeeded. With `backoff` the loser then waits, twice as long
 * each time until it wins, so that fewer are in each other's way (Anderson, IEEE TPDS 1990). The wait is bounded and
 * for nobody in particular: what was lock-free stays so. Default is no wait: a word is contended by few, since each
 * hart has chunks of its own, and whoever loses here mostly finds its line at hand the next time. */
#ifndef FRAMELAB_LOCKFREE_RETRY_H
#define FRAMELAB_LOCKFREE_RETRY_H

#include "atomic.h"

#define BACKOFF_MAX 1024u

/* A hart's. */
struct retry {
    _Atomic uint64_t lost; /* written by the hart only */
    uint32_t backoff;      /* turns that it waits at most; 0: it does not wait */
    uint32_t turns;        /* that it will wait after the next loss */
    bool shared;           /* by operations of which one may interrupt another; constant. They do not wait */
};

static inline void retry_lost(struct retry *retry)
{
    if (__builtin_expect(retry->shared, 0)) {
        (void)bare_add_relaxed(&retry->lost, 1);
        return;
    }
    counter_add(&retry->lost, 1);
    for (uint32_t turn = 0; turn < retry->turns; turn++) {
        platform_relax();
    }
    retry->turns = retry->turns * 2 < retry->backoff ? retry->turns * 2 : retry->backoff;
}

static inline void retry_won(struct retry *retry)
{
    retry->turns = retry->backoff != 0;
}

#endif
