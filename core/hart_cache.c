/* SPDX-License-Identifier: MIT
 * Refill, spill and drain of the per-hart caches, and core's side of every call of a variant. The theory stands in
 * hart_cache.h. */
#include "hart_cache.h"

/* ---- the variant's calls ------------------------------------------------------------------------------------ */

/* A transfer begins: `transfers` becomes odd before anything moves. The release fence (partner: the acquire fence in
 * transfers_now) makes whoever sees the transfer's effect see the odd number too. */
static uint64_t transfer_begin(struct hart *hart, struct caller caller)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->inside) != OUTSIDE);
    uint64_t transfers = bare_load_relaxed(&hart->transfers);
    if (caller.nested) {
        (void)shared_add_relaxed(&hart->nested_transfers, NESTED_TRANSFER + 1);
    } else {
        shared_store_relaxed(&hart->transfers, transfers + 1);
    }
    /* The one fence that stands for two: it orders `transfers`, and it publishes what the caller wrote to the frames it
     * gives. Partner of the second: the acquire fences after takes. */
    fence_release();
    return transfers;
}

/* It ends. If nothing was moved, the number goes back to what it was: then it is as if it had never begun. */
static void transfer_end(struct hart *hart, struct caller caller, uint64_t transfers, bool moved)
{
    if (caller.nested) {
        (void)shared_sub_release(&hart->nested_transfers, moved ? 1 : NESTED_TRANSFER + 1);
        return;
    }
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->transfers) == transfers + 1);
    shared_store_release(&hart->transfers, moved ? transfers + 2 : transfers);
}

/* Counts what was taken, `frames_each` frames from each of `firsts` on, by node. The caller owns the frames, so that
 * their arenas stay. */
static void taken_count(struct frame_allocator *fa, struct hart *hart, struct caller caller, const pfn_t *firsts,
                        uint32_t count, uint64_t frames_each)
{
    if (fa->node_count == 1) {
        HART_COUNT(hart, caller, taken[0], count * frames_each);
        return;
    }
    const struct arena *arena = NULL;
    for (uint32_t i = 0; i < count; i++) {
        if (arena == NULL || !frame_run_contains(arena->span, firsts[i])) {
            arena = fa->variant->find(fa->global, caller.hart, firsts[i]);
            FRAME_DEBUG_ASSERT(arena != NULL);
        }
        HART_COUNT(hart, caller, taken[arena->node], frames_each);
    }
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

uint32_t global_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct run_kind kind,
                     pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order <= CACHE_ORDER_MAX);
    FRAME_DEBUG_ASSERT(!kind.zero || kind.order == CHUNK_ORDER);
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t transfers = transfer_begin(hart, caller);
    uint32_t taken = variant_take(fa, caller, kind, firsts, count);
    fence_acquire(); /* partner: the release fence before the give */
    /* To have found no frame is no transfer; to have found no run is one, as in global_take_run. */
    transfer_end(hart, caller, transfers, taken > 0 || kind.order > 0);
    HART_COUNT(hart, caller, global_takes, 1);
    taken_count(fa, hart, caller, firsts, taken, UINT64_C(1) << kind.order);
    return taken;
}

void global_give(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct run_kind kind,
                 pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(kind.order <= CACHE_ORDER_MAX);
    FRAME_DEBUG_ASSERT(!kind.zero || kind.order == CHUNK_ORDER);
    FRAME_DEBUG_ASSERT(count > 0);
    uint64_t transfers = transfer_begin(hart, caller);
    variant_give(fa, caller, kind, firsts, count);
    transfer_end(hart, caller, transfers, true);
    HART_COUNT(hart, caller, global_gives, 1);
    if (kind.zero) { /* relaxed: who sees it only looks again */
        bare_add_relaxed(&fa->zero_gives, 1);
    }
}

bool global_take_run(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_request request,
                     pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    uint64_t transfers = transfer_begin(hart, caller);
    bool taken = fa->variant->take_run(fa->global, caller, request, first);
    fence_acquire();
    /* A run that failed may have claimed some frames for a moment, so others must look again. */
    transfer_end(hart, caller, transfers, true);
    HART_COUNT(hart, caller, global_takes, 1);
    taken_count(fa, hart, caller, first, taken, request.count);
    return taken;
}

void global_give_run(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint64_t transfers = transfer_begin(hart, caller);
    fa->variant->give_run(fa->global, caller, run);
    transfer_end(hart, caller, transfers, true);
    HART_COUNT(hart, caller, global_gives, 1);
}

/* ---- magazines ---------------------------------------------------------------------------------------------- */

static void magazines_exchange(const struct frame_allocator *fa, struct cache *cache)
{
    if (fa->magazines < 2) {
        return;
    }
    struct magazine *loaded = cache_loaded(cache);
    bare_store_relaxed(&cache->loaded, cache_previous(cache));
    platform_barrier_light(); /* for the compiler: who ended in between has one twice (hart_cache_repair) */
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
static uint32_t refill(struct frame_allocator *fa, struct hart *hart, struct caller caller, uint32_t order,
                       pfn_t *firsts, uint32_t count)
{
    FRAME_DEBUG_ASSERT(order <= CACHE_ORDER_MAX);
    FRAME_DEBUG_ASSERT(count > 0);
    uint32_t taken = global_take(fa, hart, caller, (struct run_kind){.order = order}, firsts, count);
    HART_COUNT(hart, caller, refill_frames, (uint64_t)taken << order);
    if (order < GROUP_ORDER) {
        refcounts_prefetch(&hart->views[0], firsts, taken);
        reverse(firsts, order > 0 ? taken : 0);
    }
    return taken;
}

bool hart_cache_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, uint32_t order, pfn_t *first)
{
    struct cache *cache = &hart->caches[order];
    FRAME_DEBUG_ASSERT(cache->capacity > 0);
    if (magazine_count(cache_loaded(cache)) == 0) {
        magazines_exchange(fa, cache);
    }
    struct magazine *loaded = cache_loaded(cache);
    uint32_t count = magazine_count(loaded);
    if (count == 0) {
        count = refill(fa, hart, caller, order, loaded->firsts, cache->batch);
    }
    if (count == 0) {
        return false;
    }
    *first = loaded->firsts[count - 1];
    magazine_set_count(loaded, count - 1);
    return true;
}

void hart_cache_give(struct frame_allocator *fa, struct hart *hart, struct caller caller, uint32_t order, pfn_t first)
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
        magazine_set_count(loaded, count); /* first out of here */
        global_give(fa, hart, caller, (struct run_kind){.order = order}, &loaded->firsts[count], cache->batch);
        HART_COUNT(hart, caller, spill_frames, (uint64_t)cache->batch << order);
    }
    loaded->firsts[count] = first;
    magazine_set_count(loaded, count + 1);
}

/* ---- the zero reserve --------------------------------------------------------------------------------------- */

/* A chunk that was given as zero. Who found none asks again only when one has been given since: looking for what is not
 * there may cost the variant a search. */
static bool zero_chunk_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, pfn_t *first)
{
    uint64_t gives = bare_load_relaxed(&fa->zero_gives);
    if (hart->zero.missed == gives) {
        return false;
    }
    if (global_take(fa, hart, caller, (struct run_kind){CHUNK_ORDER, true}, first, 1) == 1) {
        return true;
    }
    hart->zero.missed = gives;
    return false;
}

static void zero_reserve_set(struct zero_reserve *zero, pfn_t next, uint32_t left)
{
    FRAME_DEBUG_ASSERT(left <= CHUNK_FRAMES);
    bare_store_relaxed(&zero->left, 0); /* at no instruction does the old number go with the new place */
    platform_barrier_light();
    zero->next = next;
    platform_barrier_light();
    bare_store_relaxed(&zero->left, left);
}

/* What an alignment skips goes back. */
static bool zero_reserve_cut(struct frame_allocator *fa, struct hart *hart, struct caller caller,
                             struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count <= GROUP_FRAMES);
    struct zero_reserve *zero = &hart->zero;
    uint32_t left = zero_reserve_left(zero);
    pfn_t next = zero->next;
    uint64_t skip = align_up_u64(next.value, UINT64_C(1) << request.align_order) - next.value;
    if (skip + request.count > left) {
        return false;
    }
    *first = pfn(next.value + skip);
    zero_reserve_set(zero, pfn(first->value + request.count), left - (uint32_t)(skip + request.count));
    if (skip > 0) {
        global_give_run(fa, hart, caller, frame_run(next, skip));
    }
    return true;
}

/* Gives back what is left of `owner`'s; `self` is the calling hart. */
static void zero_reserve_empty(struct frame_allocator *fa, struct hart *self, struct caller caller, struct hart *owner)
{
    uint32_t left = zero_reserve_left(&owner->zero);
    pfn_t next = owner->zero.next;
    zero_reserve_set(&owner->zero, pfn(0), 0);
    if (left == CHUNK_FRAMES) {
        global_give(fa, self, caller, (struct run_kind){CHUNK_ORDER, true}, &next, 1);
    } else if (left > 0) {
        global_give_run(fa, self, caller, frame_run(next, left));
    }
}

bool hart_zero_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_request request,
                    pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    bool caching = hart->caches[1].capacity > 0; /* runs are cached, at least the smallest */
    if (!caching || request.count > CHUNK_FRAMES || request.align_order > CHUNK_ORDER) {
        return false;
    }
    bool small = request.count <= GROUP_FRAMES;
    if (small && zero_reserve_cut(fa, hart, caller, request, first)) {
        return true;
    }
    if (!zero_chunk_take(fa, hart, caller, first)) {
        return false;
    }
    if (small) { /* the rest of the old one has no room for this */
        zero_reserve_empty(fa, hart, caller, hart);
        zero_reserve_set(&hart->zero, pfn(first->value + request.count), (uint32_t)(CHUNK_FRAMES - request.count));
    } else if (request.count < CHUNK_FRAMES) {
        global_give_run(fa, hart, caller, frame_run(pfn(first->value + request.count), CHUNK_FRAMES - request.count));
    }
    return true;
}

/* ---- drain -------------------------------------------------------------------------------------------------- */

static void magazine_empty(struct frame_allocator *fa, struct hart *self, struct caller caller, uint32_t order,
                           struct magazine *magazine)
{
    FRAME_DEBUG_ASSERT(order <= CACHE_ORDER_MAX);
    uint32_t count = magazine_count(magazine);
    if (count > 0) {
        magazine_set_count(magazine, 0);
        global_give(fa, self, caller, (struct run_kind){.order = order}, magazine->firsts, count);
    }
}

/* One transfer: what is under way is on its way to the global allocator until all of it is there. */
static void list_empty(struct frame_allocator *fa, struct hart *self, struct caller caller, struct frame_list *list)
{
    struct frame_run run;
    uint64_t transfers = transfer_begin(self, caller);
    bool moved = false;
    while (frame_list_drain(list, &run)) {
        fa->variant->give_run(fa->global, caller, run);
        moved = true;
    }
    transfer_end(self, caller, transfers, moved);
}

/* Empties `victim`'s cache; the caller has it for itself. */
static void cache_empty(struct frame_allocator *fa, struct hart *self, struct caller caller, struct hart *victim)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&victim->emptying) == 1 + caller.hart);
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        magazine_empty(fa, self, caller, order, cache_loaded(&victim->caches[order]));
        magazine_empty(fa, self, caller, order, cache_previous(&victim->caches[order]));
    }
    for (uint32_t i = 0; i < HART_VIEWS; i++) {
        victim->views[i] = (struct refcount_view){0}; /* an arena may be about to go */
    }
    zero_reserve_empty(fa, self, caller, victim);
    if (victim->list != NULL) {
        list_empty(fa, self, caller, victim->list);
    }
    if (fa->variant->local_drain != NULL) {
        uint64_t transfers = transfer_begin(self, caller);
        /* If there was nothing it is no transfer: two harts that find nothing would else disturb each other for long.
         */
        bool moved = fa->variant->local_drain(fa->global, caller, (uint32_t)(victim - fa->harts));
        transfer_end(self, caller, transfers, moved);
    }
}

/* Waits, as long as `*turns` lasts, until `word` is not `value`; the load acquires. */
static bool wait_while(const _Atomic uint32_t *word, uint32_t value, uint32_t *turns)
{
    while (bare_load_acquire(word) == value) {
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
static bool cache_claim(struct hart *victim, struct caller caller, uint32_t *turns)
{
    uint32_t who = bare_load_relaxed(&victim->emptying);
    while (who == 0 || wait_while(&victim->emptying, who, turns)) {
        who = 0;
        /* Acquire, partner of the release in caches_empty: the last drainer's work is done. */
        if (shared_cas_strong_acquire(&victim->emptying, &who, 1 + caller.hart)) {
            return true;
        }
    }
    return false;
}

/* Whether the caller interrupted an operation of its hart that has the victim's cache for itself, as its owner or its
 * drainer: that one will not go on before the caller has ended. */
static bool is_interrupted_here(const struct frame_allocator *fa, const struct hart *victim, struct caller caller)
{
    bool own_section = victim == &fa->harts[caller.hart] && bare_load_relaxed(&victim->inside) == IN_SECTION;
    return caller.nested && (own_section || bare_load_relaxed(&victim->emptying) == 1 + caller.hart);
}

/* Empties the caches, all of them closed; returns how many could not be emptied. Of a silent hart it is not known
 * whether it has seen that its cache is closed. */
static uint32_t caches_empty(struct frame_allocator *fa, struct hart *self, struct caller caller,
                             const struct hart_set *silent)
{
    uint32_t turns = caller.nested ? NESTED_TURNS : DRAIN_TURNS, missed = 0;
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        struct hart *victim = &fa->harts[i];
        shared_begin();
        if (is_interrupted_here(fa, victim, caller) || bare_load_acquire(&victim->gone) != 0) {
            continue; /* acquire: partner of the release in frame_hart_leave */
        }
        if (!hart_set_has(silent, i) && wait_while(&victim->inside, IN_SECTION, &turns) &&
            cache_claim(victim, caller, &turns)) {
            cache_empty(fa, self, caller, victim);
            /* Partner: the acquires in wait_while and cache_claim. */
            shared_store_release(&victim->emptying, 0);
        } else {
            missed++;
        }
    }
    return missed;
}

bool drain_begin(struct frame_allocator *fa, struct caller caller)
{
    struct hart *self = &fa->harts[caller.hart];
    uint32_t turns = caller.nested ? NESTED_TURNS : DRAIN_TURNS;
    for (;;) {
        bare_add_relaxed(&self->draining, 1);
        fence_seq_cst(); /* partner: that of drains_recount. One of the two sees the other */
        uint32_t who = bare_load_acquire(&fa->drains_off);
        if (who == 0) {
            return true;
        }
        drain_end(self);
        if (who == 1 + caller.hart || !wait_while(&fa->drains_off, who, &turns)) {
            return false; /* its own: what the caller interrupted is at it */
        }
    }
}

void drain_end(struct hart *self)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&self->draining) > 0);
    bare_sub_release(&self->draining, 1); /* partner: the acquire in drains_recount */
}

/* A hart that drains, waited for as long as `*turns` lasts; false if there is none. */
static bool some_hart_drains(const struct frame_allocator *fa, uint32_t *turns)
{
    bool some = false;
    for (uint32_t i = 0; i < fa->hart_count && !some; i++) {
        uint32_t draining;
        while (!some && (draining = bare_load_acquire(&fa->harts[i].draining)) != 0) {
            some = !wait_while(&fa->harts[i].draining, draining, turns);
        }
    }
    return some;
}

bool drains_recount(struct frame_allocator *fa, uint32_t number, uint32_t turns)
{
    for (;;) {
        uint32_t who = 0;
        if (!shared_cas_strong_acquire(&fa->drains_off, &who, 1 + number)) {
            if (!wait_while(&fa->drains_off, who, &turns)) {
                return false; /* who is at it looks once more, below */
            }
            continue;
        }
        fence_seq_cst(); /* partner: that of drain_begin */
        bool over = !some_hart_drains(fa, &turns);
        for (uint32_t i = 0; i < fa->hart_count && over; i++) {
            struct hart *hart = &fa->harts[i];
            /* Release, as in harts_drain_end: who finds its cache open finds it as whoever emptied it left it. */
            shared_store_release(&hart->drain, bare_load_relaxed(&hart->gone));
        }
        if (over) { /* while no drain can begin: a mark that is made later is of a later one */
            shared_store_relaxed(&fa->drains_stale, 0);
        }
        shared_store_release(&fa->drains_off, 0);
        fence_seq_cst(); /* partner: that of harts_drain_end. Who found us at it has ended his drain */
        if (over || some_hart_drains(fa, &turns)) {
            return over;
        }
    }
}

/* Closes all, then one heavy barrier for all, then empties them one after the other. */
enum drained harts_drain_begin(struct frame_allocator *fa, struct caller caller, struct transfers *transfers)
{
    struct hart *self = &fa->harts[caller.hart];
    FRAME_DEBUG_ASSERT(caller.nested || bare_load_relaxed(&self->inside) == PAST);
    struct hart_set silent;
    if (!drain_begin(fa, caller)) {
        return DRAINED_NONE;
    }
    HART_COUNT(self, caller, drains, 1);
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        shared_add_relaxed(&fa->harts[i].drain, 1); /* ordered by the barrier */
    }
    (void)shared_call(platform_barrier_heavy(&silent)); /* partner: platform_barrier_light in hart_enter */
    uint32_t missed = caches_empty(fa, self, caller, &silent);
    if (transfers != NULL) {
        *transfers = transfers_now(fa, caller);
    }
    HART_COUNT(self, caller, drain_timeouts, missed);
    return missed == 0 ? DRAINED_ALL : DRAINED_PARTLY;
}

void harts_drain_end(struct frame_allocator *fa, struct caller caller, enum drained drained)
{
    if (drained == DRAINED_NONE) {
        return;
    }
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        FRAME_DEBUG_ASSERT(bare_load_relaxed(&fa->harts[i].drain) > 0);
        /* Partner: the acquire in hart_enter. Each drainer's is a part of the others' release sequence, so that whoever
         * reads 0 sees what all of them did. */
        shared_sub_release(&fa->harts[i].drain, 1);
    }
    drain_end(&fa->harts[caller.hart]);
    /* Who took over a hart that had ended in a drain may not have waited for this one. Partner: the fences in
     * drains_recount. Either that one sees that this drain is over, or this one the mark, or that one at it. */
    fence_seq_cst();
    if (bare_load_relaxed(&fa->drains_stale) != 0) {
        (void)drains_recount(fa, caller.hart, 0); /* without waiting: so nested, too */
    }
}

bool harts_drain(struct frame_allocator *fa, struct caller caller)
{
    enum drained drained = harts_drain_begin(fa, caller, NULL);
    harts_drain_end(fa, caller, drained);
    return drained == DRAINED_ALL;
}

bool hart_cache_claim(struct hart *hart, struct caller caller)
{
    uint32_t turns = DRAIN_TURNS;
    return cache_claim(hart, caller, &turns);
}

bool hart_cache_leave(struct frame_allocator *fa, struct caller caller)
{
    struct hart *self = &fa->harts[caller.hart];
    if (!hart_cache_claim(self, caller)) {
        return false;
    }
    cache_empty(fa, self, caller, self);
    shared_store_release(&self->emptying, 0);
    return true;
}

void hart_cache_repair(struct frame_allocator *fa, struct hart *hart)
{
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        struct cache *cache = &hart->caches[order];
        struct magazine *const *both = hart->spare->magazines[order];
        if (cache_loaded(cache) == cache_previous(cache)) { /* an exchange that was half done */
            bare_store_relaxed(&cache->previous, both[cache_loaded(cache) == both[0]]);
        }
    }
    for (uint32_t i = 0; i < HART_VIEWS; i++) {
        hart->views[i] = (struct refcount_view){0};
    }
    if (fa->variant->repair_local != NULL) {
        fa->variant->repair_local(fa->global, (uint32_t)(hart - fa->harts));
    }
}

bool bypasses_wait(const struct frame_allocator *fa)
{
    uint32_t turns = DRAIN_TURNS;
    struct hart_set silent;
    (void)platform_barrier_heavy(&silent); /* partner: platform_barrier_light in bypass_begin */
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        if (hart_set_has(&silent, i) && bare_load_acquire(&fa->harts[i].gone) == 0) {
            return false;
        }
        const struct hart *hart = &fa->harts[i];
        uint32_t seen = bare_load_acquire(&hart->bypass_seq);
        if (seen % 2 != 0 && !wait_while(&hart->bypass_seq, seen, &turns)) {
            return false;
        }
        while ((seen = bare_load_acquire(&hart->nested_bypasses)) != 0) {
            if (!wait_while(&hart->nested_bypasses, seen, &turns)) {
                return false;
            }
        }
    }
    return true;
}

/* What a hart has moved, added to *now. */
static void transfers_add(struct transfers *now, const struct hart *hart, bool frozen)
{
    uint64_t transfers = bare_load_acquire(&hart->transfers);
    uint64_t nested = bare_load_acquire(&hart->nested_transfers);
    /* Those that have ended: one that is under way may yet turn out to be none, and no sum goes back. */
    now->sum += (transfers & ~UINT64_C(1)) + 2 * (nested / NESTED_TRANSFER - nested % NESTED_TRANSFER);
    /* chunk_out after `transfers`: who has seen the chunk taken sees that it is out, unless it has been given back
     * since.
     */
    bool under_way = (transfers & 1) != 0 || nested % NESTED_TRANSFER != 0 || bare_load_acquire(&hart->chunk_out) != 0;
    now->under_way |= under_way && !frozen;
}

struct transfers transfers_now(const struct frame_allocator *fa, struct caller caller)
{
    /* What was looked at before is ordered before this look. Partner: the release fence in transfer_begin. */
    fence_seq_cst();
    uint64_t transfers = bare_load_acquire(&fa->arena_transfers);
    bool frozen = caller.nested && arenas_are_locked_here(fa);
    struct transfers now = {transfers & ~UINT64_C(1), (transfers & 1) != 0 && !frozen};
    for (uint32_t i = 0; i < fa->hart_count; i++) {
        transfers_add(&now, &fa->harts[i], caller.nested && i == caller.hart);
    }
    return now;
}

bool transfers_none(struct transfers before, struct transfers after, uint64_t own)
{
    FRAME_DEBUG_ASSERT(after.sum >= before.sum);
    return !before.under_way && !after.under_way && after.sum == before.sum + own;
}
