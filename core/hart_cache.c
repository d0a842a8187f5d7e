/* SPDX-License-Identifier: MIT
 * Refill, spill and drain of the per-hart caches, and core's side of every call of a variant. The theory stands in
 * hart_cache.h. */
#include "hart_cache.h"

/* Turns that a drain waits, in all, for other harts to leave their sections. A section is a few hundred instructions,
 * but its hart may be waiting for a core: with platform_relax, this is some tenths of a second on the host. */
#ifndef DRAIN_TURNS /* a test may have less patience */
#define DRAIN_TURNS 500000u
#endif

/* ---- the variant's calls ------------------------------------------------------------------------------------ */

/* A transfer begins: `transfers` becomes odd before anything moves. The release fence (partner: the acquire fence in
 * transfers_now) makes whoever sees the transfer's effect see the odd number too. */
static uint64_t transfer_begin(struct hart *hart)
{
    FRAME_DEBUG_ASSERT(platform_hart_id() != HART_NONE); /* the variant will index by it */
    uint64_t transfers = bare_load_relaxed(&hart->transfers);
    shared_store_relaxed(&hart->transfers, transfers + 1);
    /* The one fence that stands for two: it orders `transfers`, and it publishes what the caller wrote to the frames it
     * gives. Partner of the second: the acquire fences after takes. */
    fence_release();
    return transfers;
}

/* It ends. If nothing was moved, the number goes back to what it was: then it is as if it had never begun. */
static void transfer_end(struct hart *hart, uint64_t transfers, bool moved)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->transfers) == transfers + 1);
    shared_store_release(&hart->transfers, moved ? transfers + 2 : transfers);
}

/* Counts what was taken, `frames_each` frames from each of `firsts` on, by node. The caller owns the frames, so that
 * their arenas stay. */
static void taken_count(struct frame_allocator *fa, struct hart *hart, const pfn_t *firsts, uint32_t count,
                        uint64_t frames_each)
{
    if (fa->node_count == 1) {
        counter_add(&hart->taken[0], count * frames_each);
        return;
    }
    const struct arena *arena = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (arena == NULL || !frame_run_contains(arena->span, firsts[i])) {
            arena = fa->variant->find(fa->global, platform_hart_id(), firsts[i]);
            FRAME_DEBUG_ASSERT(arena != NULL);
        }
        counter_add(&hart->taken[arena->node], frames_each);
    }
}

static struct caller caller_here(bool local)
{
    return (struct caller){platform_hart_id(), local};
}

/* A batch, of a variant that has batches, or run by run; of what is known to hold zeroes such a variant has none. */
static uint32_t variant_take(const struct frame_allocator *fa, struct caller caller, struct run_kind kind,
                             pfn_t *firsts, uint32_t count)
{
    if (fa->variant->take != NULL) {
        return fa->variant->take(fa->global, caller, kind, firsts, count);
    }
    const struct frame_request request = {UINT64_C(1) << kind.order, kind.order};
    uint32_t taken = 0;
    while (taken < count && !kind.zero && fa->variant->take_run(fa->global, caller, request, &firsts[taken])) {
        taken++;
    }
    return taken;
}

static void variant_give(const struct frame_allocator *fa, struct caller caller, struct run_kind kind, pfn_t *firsts,
                         uint32_t count)
{
    if (fa->variant->give != NULL) {
        fa->variant->give(fa->global, caller, kind, firsts, count);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        fa->variant->give_run(fa->global, caller, frame_run(firsts[i], UINT64_C(1) << kind.order));
    }
}

uint32_t global_take(struct frame_allocator *fa, struct hart *hart, bool local, struct run_kind kind, pfn_t *firsts,
                     uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order <= CACHE_ORDER_MAX);
    FRAME_DEBUG_ASSERT(!kind.zero || kind.order == CHUNK_ORDER);
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t transfers = transfer_begin(hart);
    uint32_t taken = variant_take(fa, caller_here(local), kind, firsts, count);
    fence_acquire(); /* partner: the release fence before the give */
    /* To have found no frame is no transfer; to have found no run is one, as in global_take_run. */
    transfer_end(hart, transfers, taken > 0 || kind.order > 0);
    counter_add(&hart->global_takes, 1);
    taken_count(fa, hart, firsts, taken, UINT64_C(1) << kind.order);
    return taken;
}

void global_give(struct frame_allocator *fa, struct hart *hart, bool local, struct run_kind kind, pfn_t *firsts,
                 uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order <= CACHE_ORDER_MAX);
    FRAME_DEBUG_ASSERT(!kind.zero || kind.order == CHUNK_ORDER);
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t transfers = transfer_begin(hart);
    variant_give(fa, caller_here(local), kind, firsts, count);
    transfer_end(hart, transfers, true);
    counter_add(&hart->global_gives, 1);
    if (kind.zero) { /* relaxed: who sees it only looks again */
        bare_add_relaxed(&fa->zero_gives, 1);
    }
}

bool global_take_run(struct frame_allocator *fa, struct hart *hart, bool local, struct frame_request request,
                     pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    uint64_t transfers = transfer_begin(hart);
    bool taken = fa->variant->take_run(fa->global, caller_here(local), request, first);
    fence_acquire();
    /* A run that failed may have claimed some frames for a moment, so others must look again. */
    transfer_end(hart, transfers, true);
    counter_add(&hart->global_takes, 1);
    taken_count(fa, hart, first, taken, request.count);
    return taken;
}

void global_give_run(struct frame_allocator *fa, struct hart *hart, bool local, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint64_t transfers = transfer_begin(hart);
    fa->variant->give_run(fa->global, caller_here(local), run);
    transfer_end(hart, transfers, true);
    counter_add(&hart->global_gives, 1);
}

/* ---- magazines ---------------------------------------------------------------------------------------------- */

static void magazines_exchange(const struct frame_allocator *fa, struct cache *cache)
{
    if (fa->magazines < 2) {
        return;
    }
    struct magazine *loaded = cache_loaded(cache);
    bare_store_relaxed(&cache->loaded, cache_previous(cache));
    bare_store_relaxed(&cache->previous, loaded);
}

/* A magazine hands out its last run first; so that neighbours, which a batch most often has in ascending order, are
 * handed out in that order. For the counts that is a stream. */
static void reverse(pfn_t *firsts, uint32_t count)
{
    for (uint32_t i = 0; i < count / 2; i++) {
        pfn_t first = firsts[i];
        firsts[i] = firsts[count - 1 - i];
        firsts[count - 1 - i] = first;
    }
}

/* Fills an empty magazine; returns how many runs it got. Of a group and more the counts are one word, in a line of
 * many: nothing to be prepared. */
static uint32_t refill(struct frame_allocator *fa, struct hart *hart, uint32_t order, pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(order <= CACHE_ORDER_MAX);
    FRAME_DEBUG_ASSERT(count > 0);
    uint32_t taken = global_take(fa, hart, true, (struct run_kind){.order = order}, firsts, count);
    counter_add(&hart->refill_frames, (uint64_t)taken << order);
    if (order < GROUP_ORDER) {
        refcounts_prefetch(&hart->views[0], firsts, taken);
        reverse(firsts, order > 0 ? taken : 0);
    }
    return taken;
}

bool hart_cache_take(struct frame_allocator *fa, struct hart *hart, uint32_t order, pfn_t *first)
{
    struct cache *cache = &hart->caches[order];
    FRAME_DEBUG_ASSERT(cache->capacity > 0);
    if (magazine_count(cache_loaded(cache)) == 0) {
        magazines_exchange(fa, cache);
    }
    struct magazine *loaded = cache_loaded(cache);
    uint32_t count = magazine_count(loaded);
    if (count == 0) {
        count = refill(fa, hart, order, loaded->firsts, cache->batch);
    }
    if (count == 0) {
        return false;
    }
    *first = loaded->firsts[count - 1];
    magazine_set_count(loaded, count - 1);
    return true;
}

void hart_cache_give(struct frame_allocator *fa, struct hart *hart, uint32_t order, pfn_t first)
{
    struct cache *cache = &hart->caches[order];
    FRAME_DEBUG_ASSERT(cache->capacity > 0);
    if (magazine_count(cache_loaded(cache)) == cache->capacity) {
        magazines_exchange(fa, cache);
    }
    struct magazine *loaded = cache_loaded(cache);
    uint32_t count = magazine_count(loaded);
    if (count == cache->capacity) {
        count -= cache->batch;
        global_give(fa, hart, true, (struct run_kind){.order = order}, &loaded->firsts[count], cache->batch);
        counter_add(&hart->spill_frames, (uint64_t)cache->batch << order);
    }
    loaded->firsts[count] = first;
    magazine_set_count(loaded, count + 1);
}

/* ---- the zero reserve --------------------------------------------------------------------------------------- */

/* A chunk that was given as zero. Who found none asks again only when one has been given since: looking for what is not
 * there may cost the variant a search. */
static bool zero_chunk_take(struct frame_allocator *fa, struct hart *hart, pfn_t *first)
{
    uint64_t gives = bare_load_relaxed(&fa->zero_gives);
    if (hart->zero.missed == gives) {
        return false;
    }
    if (global_take(fa, hart, true, (struct run_kind){CHUNK_ORDER, true}, first, 1) == 1) {
        return true;
    }
    hart->zero.missed = gives;
    return false;
}

static void zero_reserve_set(struct zero_reserve *zero, pfn_t next, uint32_t left)
{
    FRAME_DEBUG_ASSERT(left <= CHUNK_FRAMES);
    zero->next = next;
    bare_store_relaxed(&zero->left, left);
}

/* What an alignment skips goes back. */
static bool zero_reserve_cut(struct frame_allocator *fa, struct hart *hart, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count <= GROUP_FRAMES);
    struct zero_reserve *zero = &hart->zero;
    uint32_t left = zero_reserve_left(zero);
    pfn_t next = zero->next;
    uint64_t skip = align_up_u64(next.value, UINT64_C(1) << request.align_order) - next.value;
    if (skip + request.count > left) {
        return false;
    }
    if (skip > 0) {
        global_give_run(fa, hart, true, frame_run(next, skip));
    }
    *first = pfn(next.value + skip);
    zero_reserve_set(zero, pfn(first->value + request.count), left - (uint32_t)(skip + request.count));
    return true;
}

/* Gives back what is left of `owner`'s; `self` is the calling hart. */
static void zero_reserve_empty(struct frame_allocator *fa, struct hart *self, bool local, struct hart *owner)
{
    uint32_t left = zero_reserve_left(&owner->zero);
    pfn_t next = owner->zero.next;
    zero_reserve_set(&owner->zero, pfn(0), 0);
    if (left == CHUNK_FRAMES) {
        global_give(fa, self, local, (struct run_kind){CHUNK_ORDER, true}, &next, 1);
    } else if (left > 0) {
        global_give_run(fa, self, local, frame_run(next, left));
    }
}

bool hart_zero_take(struct frame_allocator *fa, struct hart *hart, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    bool caching = hart->caches[1].capacity > 0; /* runs are cached, at least the smallest */
    if (!caching || request.count > CHUNK_FRAMES || request.align_order > CHUNK_ORDER) {
        return false;
    }
    bool small = request.count <= GROUP_FRAMES;
    if (small && zero_reserve_cut(fa, hart, request, first)) {
        return true;
    }
    if (!zero_chunk_take(fa, hart, first)) {
        return false;
    }
    if (small) { /* the rest of the old one has no room for this */
        zero_reserve_empty(fa, hart, true, hart);
        zero_reserve_set(&hart->zero, pfn(first->value + request.count), (uint32_t)(CHUNK_FRAMES - request.count));
    } else if (request.count < CHUNK_FRAMES) {
        global_give_run(fa, hart, true, frame_run(pfn(first->value + request.count), CHUNK_FRAMES - request.count));
    }
    return true;
}

/* ---- drain -------------------------------------------------------------------------------------------------- */

static void magazine_empty(struct frame_allocator *fa, struct hart *self, uint32_t order, struct magazine *magazine)
{
    FRAME_DEBUG_ASSERT(order <= CACHE_ORDER_MAX);
    uint32_t count = magazine_count(magazine);
    if (count > 0) {
        magazine_set_count(magazine, 0);
        global_give(fa, self, false, (struct run_kind){.order = order}, magazine->firsts, count);
    }
}

/* One transfer: what is under way is on its way to the global allocator until all of it is there. */
static void list_empty(struct frame_allocator *fa, struct hart *self, struct frame_list *list)
{
    struct frame_run run;
    uint64_t transfers = transfer_begin(self);
    bool moved = false;
    while (frame_list_drain(list, &run)) {
        fa->variant->give_run(fa->global, caller_here(false), run);
        moved = true;
    }
    transfer_end(self, transfers, moved);
}

/* Empties `victim`'s cache; the caller has it for itself. */
static void cache_empty(struct frame_allocator *fa, struct hart *self, struct hart *victim)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&victim->emptying) == 1);
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        magazine_empty(fa, self, order, cache_loaded(&victim->caches[order]));
        magazine_empty(fa, self, order, cache_previous(&victim->caches[order]));
    }
    for (uint32_t i = 0; i < HART_VIEWS; i++) {
        victim->views[i] = (struct refcount_view){0}; /* an arena may be about to go */
    }
    zero_reserve_empty(fa, self, false, victim);
    if (victim->list != NULL) {
        list_empty(fa, self, victim->list);
    }
    if (fa->variant->local_drain != NULL) {
        uint64_t transfers = transfer_begin(self);
        /* If there was nothing it is no transfer: two harts that find nothing would else disturb each other for long.
         */
        bool moved = fa->variant->local_drain(fa->global, (uint32_t)(victim - fa->harts));
        transfer_end(self, transfers, moved);
    }
}

/* Waits, as long as `*turns` lasts, until `word` reads 0, which acquires. */
static bool wait_for_zero(const _Atomic uint32_t *word, uint32_t *turns)
{
    while (bare_load_acquire(word) != 0) {
        if (*turns == 0) {
            return false;
        }
        (*turns)--;
        platform_relax();
    }
    return true;
}

/* Takes the right to empty `victim`'s cache. If another drainer has it, its frames are on their way: wait for it to
 * end, so that what this drain promises it has itself seen. */
static bool cache_claim(struct hart *victim, uint32_t *turns)
{
    while (wait_for_zero(&victim->emptying, turns)) {
        uint32_t nobody = 0;
        /* Acquire, partner of the release in caches_empty: the last drainer's work is done. */
        if (shared_cas_strong_acquire(&victim->emptying, &nobody, 1)) {
            return true;
        }
    }
    return false;
}

/* Empties the caches, all of them closed; returns how many could not be emptied. Of a silent hart it is not known
 * whether it has seen that its cache is closed. */
static uint32_t caches_empty(struct frame_allocator *fa, struct hart *self, const struct hart_set *silent)
{
    uint32_t turns = DRAIN_TURNS, missed = 0;
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        struct hart *victim = &fa->harts[i];
        shared_begin();
        if (!hart_set_has(silent, i) && wait_for_zero(&victim->in_section, &turns) && cache_claim(victim, &turns)) {
            cache_empty(fa, self, victim);
            /* Partner: the acquires in wait_for_zero and cache_claim. */
            shared_store_release(&victim->emptying, 0);
        } else {
            missed++;
        }
    }
    return missed;
}

/* Closes all, then one heavy barrier for all, then empties them one after the other. */
bool harts_drain_begin(struct frame_allocator *fa, struct transfers *transfers)
{
    FRAME_DEBUG_ASSERT(!hart_is_none(fa, hart_self(fa)));
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart_self(fa)->in_section) == 0);
    struct hart *self = hart_self(fa);
    struct hart_set silent;
    counter_add(&self->drains, 1);
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        shared_add_relaxed(&fa->harts[i].drain, 1); /* ordered by the barrier */
    }
    (void)shared_call(platform_barrier_heavy(&silent)); /* partner: platform_barrier_light in hart_enter */
    uint32_t missed = caches_empty(fa, self, &silent);
    if (transfers != NULL) {
        *transfers = transfers_now(fa);
    }
    counter_add(&self->drain_timeouts, missed);
    return missed == 0;
}

void harts_drain_end(struct frame_allocator *fa)
{
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        FRAME_DEBUG_ASSERT(bare_load_relaxed(&fa->harts[i].drain) > 0);
        /* Partner: the acquire in hart_enter. Each drainer's is a part of the others' release sequence, so that whoever
         * reads 0 sees what all of them did. */
        shared_sub_release(&fa->harts[i].drain, 1);
    }
}

bool harts_drain(struct frame_allocator *fa)
{
    bool complete = harts_drain_begin(fa, NULL);
    harts_drain_end(fa);
    return complete;
}

bool bypasses_wait(const struct frame_allocator *fa)
{
    uint32_t turns = DRAIN_TURNS;
    struct hart_set silent;
    if (!platform_barrier_heavy(&silent)) { /* partner: platform_barrier_light in bypass_begin */
        return false;
    }
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        const _Atomic uint32_t *bypass_seq = &fa->harts[i].bypass_seq;
        uint32_t seen = bare_load_acquire(bypass_seq);
        while (seen % 2 != 0 && bare_load_acquire(bypass_seq) == seen) {
            if (turns-- == 0) {
                return false;
            }
            platform_relax();
        }
    }
    return true;
}

struct transfers transfers_now(const struct frame_allocator *fa)
{
    /* What was looked at before is ordered before this look. Partner: the release fence in transfer_begin. */
    fence_seq_cst();
    uint64_t transfers = bare_load_acquire(&fa->arena_transfers);
    struct transfers now = {transfers & ~UINT64_C(1), (transfers & 1) != 0};
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        const struct hart *hart = &fa->harts[i];
        transfers = bare_load_acquire(&hart->transfers);
        now.sum += transfers & ~UINT64_C(1);
        /* After `transfers`: who has seen the chunk taken sees that it is out, unless it has been given back since. */
        now.under_way |= (transfers & 1) != 0 || bare_load_acquire(&hart->chunk_out) != 0;
    }
    return now;
}

bool transfers_none(struct transfers before, struct transfers after, uint64_t own)
{
    FRAME_DEBUG_ASSERT(after.sum >= before.sum);
    return !before.under_way && !after.under_way && after.sum == before.sum + own;
}
