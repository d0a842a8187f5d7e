/* SPDX-License-Identifier: MIT
 * Harts that leave, join, and are taken over. The theory stands in hart_cache.h, 9. */
#include "hart_cache.h"

/* Closes the hart's own cache for good, and empties it. */
static enum frame_status leave(struct frame_allocator *fa, struct hart *hart, struct caller caller)
{
    if (!drain_begin(fa, caller)) {
        return FRAME_CONTENDED;
    }
    bare_add_relaxed(&hart->drain, 1); /* its own: it need not be told by a barrier */
    bool emptied = hart_cache_leave(fa, caller);
    if (emptied) {
        hart->patience = 0;
        shared_store_release(&hart->gone, 1); /* partner: the acquire in caches_empty */
    } else {
        bare_sub_release(&hart->drain, 1);
    }
    drain_end(hart);
    return emptied ? FRAME_OK : FRAME_CONTENDED;
}

enum frame_status frame_hart_leave(struct frame_allocator *fa)
{
    struct hart *hart = hart_self(fa);
    if (hart_is_none(fa, hart) || bare_load_relaxed(&hart->gone) != 0) {
        return FRAME_BAD_HART;
    }
    struct caller caller = hart_hold(hart);
    enum frame_status status = caller.nested ? FRAME_BUSY : leave(fa, hart, caller);
    hart_let_go(hart, caller);
    return status;
}

/* The number is a hart's of `node` from now on. */
static void node_set(struct frame_allocator *fa, struct hart *hart, uint32_t node)
{
    fa->hart_node[hart - fa->harts] = node; /* of the variant's, for its own hart only */
    bare_store_relaxed(&hart->node, node);
}

static enum frame_status join(struct frame_allocator *fa, struct hart *hart, struct caller caller, uint32_t node)
{
    if (!drain_begin(fa, caller)) {
        return FRAME_CONTENDED;
    }
    node_set(fa, hart, node);
    shared_store_relaxed(&hart->gone, 0);
    fence_seq_cst(); /* partner: the drainer's heavy barrier, before it looks at `gone` */
    shared_sub_release(&hart->drain, 1);
    drain_end(hart);
    return FRAME_OK;
}

enum frame_status frame_hart_join(struct frame_allocator *fa, uint32_t node)
{
    struct hart *hart = hart_self(fa);
    if (hart_is_none(fa, hart)) {
        return FRAME_BAD_HART;
    }
    if (node >= fa->node_count) {
        return FRAME_BAD_CONFIG;
    }
    if (bare_load_relaxed(&hart->gone) == 0) {
        return FRAME_BUSY;
    }
    struct caller caller = hart_hold(hart);
    enum frame_status status = caller.nested ? FRAME_BUSY : join(fa, hart, caller, node);
    hart_let_go(hart, caller);
    return status;
}

/* ---- a hart that has ended ---- */

/* What lies in hart's memory is made whole: the hart's own, if it ended in its section, and that of those whose caches
 * it was emptying. A hart that is IN_SECTION may have found its cache closed, and a drainer be at it: so `emptying` is
 * claimed in any case. False if another drainer has it for too long. */
static bool repair_memory(struct frame_allocator *fa, struct hart *hart, uint32_t number)
{
    const struct caller caller = {.hart = number};
    bool in_section = bare_load_relaxed(&hart->inside) == IN_SECTION;
    if (in_section && bare_load_relaxed(&hart->emptying) != 1 + number && !hart_cache_claim(hart, caller)) {
        return false;
    }
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        struct hart *victim = &fa->harts[i];
        if (bare_load_relaxed(&victim->emptying) == 1 + number) {
            hart_cache_repair(fa, victim);
            bare_store_release(&victim->emptying, 0); /* as in caches_empty */
        }
    }
    bare_store_release(&hart->inside, PAST); /* partner: the acquire in wait_while: its cache is for drainers now */
    return true;
}

/* What the variant repairs lies in arenas, and some of it is in nobody's place for a moment (a chunk that is
 * coalesced): so it is an operation past the cache, and a transfer, if the hart did not end in the middle of such. To
 * repair_words. */
static void repair_begin(struct hart *hart)
{
    bare_store_relaxed(&hart->transfers, bare_load_relaxed(&hart->transfers) | 1);
    fence_release(); /* partner: the acquire fence in transfers_now, as of transfer_begin */
    bare_store_release(&hart->bypass_seq, bare_load_relaxed(&hart->bypass_seq) | 1);
    platform_barrier_light(); /* partner: platform_barrier_heavy in bypasses_wait */
}

/* The words by which others know that something of the hart's is under way. What it had moved, it had moved. */
static void repair_words(struct hart *hart)
{
    uint64_t transfers = bare_load_relaxed(&hart->transfers);
    bare_store_release(&hart->transfers, transfers + (transfers & 1));
    (void)bare_sub_release(&hart->nested_transfers, bare_load_relaxed(&hart->nested_transfers) % NESTED_TRANSFER);
    bare_store_release(&hart->chunk_out, 0);
    bare_store_release(&hart->nested_bypasses, 0);
    bare_store_release(&hart->bypass_seq,
                       bare_load_relaxed(&hart->bypass_seq) + (bare_load_relaxed(&hart->bypass_seq) & 1));
    hart->patience = 0;
}

/* Of a drain that has ended in the middle nobody knows which harts it had added itself to. */
static void repair_drains(struct frame_allocator *fa, struct hart *hart, uint32_t number)
{
    if (bare_load_relaxed(&hart->draining) != 0) {
        bare_store_relaxed(&fa->drains_stale, 1);
        bare_store_release(&hart->draining, 0);
    }
    if (bare_load_relaxed(&fa->drains_off) == 1 + number) { /* it ended while it recounted */
        bare_store_relaxed(&fa->drains_stale, 1);
        bare_store_release(&fa->drains_off, 0);
    }
    if (bare_load_relaxed(&fa->drains_stale) != 0) {
        (void)drains_recount(fa, number, DRAIN_TURNS);
    }
}

static enum frame_status take_over(struct frame_allocator *fa, struct hart *hart)
{
    uint32_t number = platform_hart_id();
    /* Before anything is found to be missing: who ended between two steps of an allocation had what the first one
     * took. */
    (void)bare_add_relaxed(&fa->taken_over, 1);
    if (!hart_is_inside(hart)) {
        if (arenas_are_locked_here(fa)) { /* it counted them (frame_allocator_node_stats), and changed nothing */
            arenas_unlock(fa);
        }
        return FRAME_OK;
    }
    if (fa->variant->repair == NULL || arenas_are_locked_here(fa)) {
        return FRAME_BUSY;
    }
    repair_begin(hart);
    fa->variant->repair(fa->global, number);
    if (!repair_memory(fa, hart, number)) {
        return FRAME_CONTENDED;
    }
    repair_drains(fa, hart, number);
    repair_words(hart);
    bare_store_release(&hart->inside, OUTSIDE);
    return FRAME_OK;
}

enum frame_status frame_hart_take_over(struct frame_allocator *fa, uint32_t node)
{
    struct hart *hart = hart_self(fa);
    if (hart_is_none(fa, hart)) {
        return FRAME_BAD_HART;
    }
    if (node >= fa->node_count) {
        return FRAME_BAD_CONFIG;
    }
    if (bare_load_relaxed(&hart->gone) != 0 && !hart_is_inside(hart)) {
        return frame_hart_join(fa, node);
    }
    enum frame_status status = take_over(fa, hart);
    if (status == FRAME_OK) {
        node_set(fa, hart, node);
        if (bare_load_relaxed(&hart->gone) != 0) { /* it ended while it left or joined */
            status = frame_hart_join(fa, node);
        }
    }
    return status;
}
