/* SPDX-License-Identifier: MIT
 * Takes of an operation that interrupted another of its hart: by scans over the bits alone, nothing popped and nothing
 * local. They begin where the last one of the hart found something. The theory stands in state.h, 7. */
#include "state.h"

/* Up to `count` runs of one pool. */
static uint32_t scan(struct pool *pool, struct pool_hart *pool_hart, uint64_t *cursor, struct run_kind kind,
                     pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    if (kind.order == 0) {
        return pool_scan_frames(pool, pool_hart, cursor, firsts, count);
    }
    if (kind.order >= CHUNK_ORDER) {
        enum zero_wish wish = kind.zero ? ZERO_ONLY : ZERO_LAST;
        return pool_scan_chunks(pool, pool_hart, cursor, kind.order - CHUNK_ORDER, wish, firsts, count);
    }
    const struct frame_request request = {UINT64_C(1) << kind.order, kind.order};
    uint32_t taken = 0;
    while (taken < count && pool_scan_run(pool, pool_hart, cursor, request, &firsts[taken])) {
        taken++;
    }
    return taken;
}

uint32_t lockfree_take_nested(struct lockfree *lf, struct caller caller, struct run_kind kind, pfn_t *firsts,
                              uint32_t count)
{
    FRAME_DEBUG_ASSERT(caller.nested);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    uint64_t cursor = bare_load_relaxed(&hart->nested_cursor);
    uint32_t taken = 0;
    for (struct pool *pool = walk_next(&walk); pool != NULL && taken == 0; pool = walk_next(&walk)) {
        taken = scan(pool, &hart->nested, &cursor, kind, firsts, count);
    }
    bare_store_relaxed(&hart->nested_cursor, cursor);
    return taken;
}

bool lockfree_take_run_nested(struct lockfree *lf, struct caller caller, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(caller.nested);
    struct lockfree_hart *hart = &lf->harts[caller.hart];
    struct arena_walk walk = lockfree_walk(lf, caller.hart);
    uint64_t cursor = bare_load_relaxed(&hart->nested_cursor);
    bool taken = false;
    for (struct pool *pool = walk_next(&walk); pool != NULL && !taken; pool = walk_next(&walk)) {
        taken = pool_scan_run(pool, &hart->nested, &cursor, request, first);
    }
    bare_store_relaxed(&hart->nested_cursor, cursor);
    return taken;
}
