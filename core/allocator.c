/* SPDX-License-Identifier: MIT
 * The frame allocator: every public operation on frames.
 *
 * 1. Purpose. Check the request, serve it from the hart's cache if that can serve it, else from the global
 *    allocator; keep the reference counts; never fail while memory is free anywhere.
 * 2. Ordering of frame contents. What a hart wrote to a frame before freeing it happens before whatever the next
 *    owner does with it: within one hart by program order, across harts by the release fence before every give and
 *    the acquire fence after every take (hart_cache.c), through a drain by its handshake. Said here once; no variant
 *    says it again.
 * 3. Failure (P5). An allocation that finds nothing closes and empties all caches, notes the harts' `transfers`, and
 *    looks again before it opens them: while they are closed no hart takes more than it needs. It answers
 *    FRAME_NO_MEMORY only if, when it has looked, nobody has moved a frame since and no transfer is under way: then
 *    what it saw was the truth of the moment noted, at which all caches were empty. If somebody did move, it waits a
 *    little and looks again, a bounded number of times. Then, or if a hart does not answer (its cache cannot be
 *    emptied), it answers FRAME_CONTENDED: it does not know. A chunk that frame_zero_idle has out, and an arena that is
 *    coming or going, are transfers under way. So FRAME_NO_MEMORY is never wrong, except with `drain=off`, which asks
 *    for no proof.
 * 4. Progress. Every operation is wait-free on a cache hit. Beyond that it is as the variant is: with `baseline`
 *    blocking, with `lockfree` every operation ends, for its steps are lock-free, and the looks, the drain and all
 *    waiting for other harts are bounded. What lock-freedom does not give is success: an allocation that others
 *    disturb at every look answers FRAME_CONTENDED, though some of them then got on.
 * 5. Interrupts (P12; hart_cache.h, 8). An operation that interrupted another of its hart goes by the same steps, past
 *    all that is the hart's alone. If it fails, point 3 holds for all but what its own hart's cache and the interrupted
 *    operation hold. A variant that cannot be entered twice by one hart refuses (variant.h, nests): FRAME_BUSY.
 * 6. Limits. Two harts that free the same frame in the same instant are not found out (frame_allocator.h); in a build
 *    without reference counts, no double free is (refcounts_none.h). */
#include <string.h>

#include "hart_cache.h"
#include "poison.h"

/* Of the turns of the loop of point 3, those in which some hart did not answer the drain: each costs the drain's whole
 * patience. */
#define MISSED_MAX 3u
/* Turns of platform_relax, for each hart, that a hart waits at most between two looks of point 3; the part of that
 * with which it begins; and how many such waits one call may come to. A look takes all harts' caches from them for a
 * moment, some microseconds for two harts and some tens for 512, in which their operations cost several times as
 * much: so one look in about ten times its own duration (workload refused). */
#ifndef PATIENCE_PER_HART /* a test may have less */
#define PATIENCE_PER_HART 512u
#endif
#define PATIENCE_FIRST_PART 8u
#define WAITS_MAX 8u
/* Turns that a lookup waits for an arena that is coming or going. */
#define LOOKUP_TURNS 20000u
/* Chunks that frame_zero_idle looks at in search of one that is not zero. */
#define ZERO_IDLE_TURNS 8u

/* Each order has code of its own, in which it is a constant. */
#define INLINE static inline __attribute__((always_inline))

const char *frame_status_text(enum frame_status status)
{
    static const char *const texts[FRAME_STATUS_COUNT] = {
        [FRAME_OK] = "done",
        [FRAME_NO_MEMORY] = "no memory is free that meets the request",
        [FRAME_LAYOUT_INVALID] = "the layout has size 0, an alignment that is not a power of two, or wraps",
        [FRAME_LAYOUT_IMPOSSIBLE] = "no arena could ever meet this layout",
        [FRAME_FOREIGN] = "not a frame of this allocator",
        [FRAME_MISALIGNED] = "not aligned as it claims to be",
        [FRAME_NOT_ALLOCATED] = "the frame is free already",
        [FRAME_SHARED] = "the frame has other references",
        [FRAME_TOO_MANY_REFS] = "the frame has as many references as can be counted",
        [FRAME_CONTENDED] = "other harts were in the way, or did not answer, for too long: try again",
        [FRAME_BUSY] = "a frame of the arena is out, or the call interrupted another that does not allow it",
        [FRAME_OVERLAP] = "an arena covers this memory already",
        [FRAME_BAD_CONFIG] = "the configuration is invalid",
        [FRAME_BAD_HART] = "the caller is not a hart: it was given no number, or has left",
    };
    return (unsigned)status < FRAME_STATUS_COUNT ? texts[status] : "an unknown status";
}

/* ---- cache hits --------------------------------------------------------------------------------------------- */

/* A hit, at any order: no call, no fence, no read-modify-write (stress/check/fast-path.sh). */

/* In a section: takes the run on top of the loaded magazine, if there is one and its counts, if any, are at hand. */
INLINE bool hit_take(struct hart *hart, uint32_t order, pfn_t *first)
{
    struct magazine *loaded = cache_loaded(&hart->caches[order]);
    const struct refcount_view *view = &hart->views[0];
    uint32_t count = magazine_count(loaded);
    if (__builtin_expect(count == 0, 0)) {
        return false;
    }
    pfn_t top = loaded->firsts[count - 1];
    if (COUNTS_REFERENCES && __builtin_expect(!refcount_view_covers(view, top), 0)) {
        return false;
    }
    magazine_set_count(loaded, count - 1);
    if (POISONS) {
        poison_check(COUNTS_REFERENCES ? view : NULL, frame_run(top, UINT64_C(1) << order));
    }
    if (order == 0) {
        count_take_one(view, top);
    } else if (order < GROUP_ORDER) {
        refcounts_take_part(view, frame_run(top, UINT64_C(1) << order));
    } else {
        refcounts_take_groups(view, top, UINT64_C(1) << (order - GROUP_ORDER));
    }
    *first = top;
    return true;
}

/* 1 -> 0 for all counts of a run, if they are at hand and all are 1. */
INLINE bool hit_drop(const struct refcount_view *view, uint32_t order, pfn_t first)
{
    if (order == 0) {
        return count_drop_one(view, first);
    }
    struct frame_run run = frame_run(first, UINT64_C(1) << order);
    if (!refcount_view_covers(view, pfn(frame_run_end(run) - 1))) {
        return false;
    }
    return order < GROUP_ORDER ? refcounts_drop_part(view, run)
                               : refcounts_drop_groups(view, first, UINT64_C(1) << (order - GROUP_ORDER));
}

/* In a section: puts a run on top of the loaded magazine, if there is room, its counts are at hand and all are 1. */
INLINE bool hit_give(struct hart *hart, uint32_t order, pfn_t first)
{
    const struct cache *cache = &hart->caches[order];
    struct magazine *loaded = cache_loaded(cache);
    const struct refcount_view *view = &hart->views[0];
    uint32_t count = magazine_count(loaded);
    if (__builtin_expect(count >= cache->capacity || !refcount_view_covers(view, first), 0) ||
        __builtin_expect(!hit_drop(view, order, first), 0)) {
        return false;
    }
    if (POISONS) {
        poison_fill(frame_run(first, UINT64_C(1) << order));
    }
    loaded->firsts[count] = first;
    magazine_set_count(loaded, count + 1);
    return true;
}

INLINE bool alloc_hit(struct frame_allocator *fa, uint32_t order, pfn_t *first)
{
    struct hart *hart = hart_self(fa);
    bool hit = false;
    if (__builtin_expect(hart_enter(hart), 1)) {
        hit = hit_take(hart, order, first);
        hart_exit(hart);
    }
    return hit;
}

INLINE bool free_hit(struct frame_allocator *fa, uint32_t order, pfn_t first)
{
    struct hart *hart = hart_self(fa);
    bool hit = false;
    if (__builtin_expect(hart_enter(hart), 1)) {
        hit = hit_give(hart, order, first);
        hart_exit(hart);
    }
    return hit;
}

/* A choice among orders in which each is a constant: then a hit is so short that it needs no register of the caller's,
 * and does not end up waiting for what it stored a moment ago. */
#define EACH_OTHER_ORDER(of) of(1) of(2) of(3) of(4) of(5) of(6) of(7) of(8) of(10)
_Static_assert(CACHE_ORDERS == 11 && CHUNK_ORDER == 9, "every order has its case: single frames and chunks, before it");

INLINE bool alloc_run_hit(struct frame_allocator *fa, uint32_t order, pfn_t *first)
{
    switch (order) {
#define ALLOC_CASE(constant)                                                                                           \
    case constant:                                                                                                     \
        return alloc_hit(fa, constant, first);
        EACH_OTHER_ORDER(ALLOC_CASE)
    default:
        return false;
    }
}

INLINE bool free_run_hit(struct frame_allocator *fa, uint32_t order, pfn_t first)
{
    switch (order) {
#define FREE_CASE(constant)                                                                                            \
    case constant:                                                                                                     \
        return free_hit(fa, constant, first);
        EACH_OTHER_ORDER(FREE_CASE)
    default:
        return false;
    }
}

/* ---- which arena counts a frame ----------------------------------------------------------------------------- */

/* In a section, a frame whose view is not the hart's first: finds it and makes it the first. NULL if no arena has the
 * frame. */
__attribute__((noinline)) static const struct refcount_view *view_fetch(struct frame_allocator *fa, struct hart *hart,
                                                                        pfn_t frame)
{
    FRAME_DEBUG_ASSERT(bare_load_relaxed(&hart->inside) == IN_SECTION);
    uint32_t i = 1;
    while (i < HART_VIEWS - 1 && !refcount_view_covers(&hart->views[i], frame)) {
        i++;
    }
    struct refcount_view found = hart->views[i];
    if (!refcount_view_covers(&found, frame)) {
        const struct arena *arena = fa->variant->find(fa->global, platform_hart_id(), frame);
        if (arena == NULL) {
            return NULL;
        }
        found = refcount_view_of(arena);
    }
    memmove(&hart->views[1], &hart->views[0], i * sizeof hart->views[0]);
    hart->views[0] = found;
    return &hart->views[0];
}

/* Where the counts of `frame`'s arena are; NULL if no arena has the frame. In a section the hart's views may be used;
 * else the answer is put into *outside. */
static const struct refcount_view *view_of(struct frame_allocator *fa, struct hart *hart, struct caller caller,
                                           pfn_t frame, struct refcount_view *outside)
{
    if (caller.local) {
        return __builtin_expect(refcount_view_covers(&hart->views[0], frame), 1) ? &hart->views[0]
                                                                                 : view_fetch(fa, hart, frame);
    }
    const struct arena *arena = fa->variant->find(fa->global, platform_hart_id(), frame);
    if (arena == NULL) {
        return NULL;
    }
    *outside = refcount_view_of(arena);
    return outside;
}

/* Inside an operation. Whether all frames of a run are such as may be handed out: their counts did not say so. */
static bool is_ours(struct frame_allocator *fa, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    const struct arena *arena = fa->variant->find(fa->global, platform_hart_id(), run.first);
    return arena != NULL && arena_covers(arena, run);
}

/* ---- allocation --------------------------------------------------------------------------------------------- */

static inline bool is_single(struct frame_request request)
{
    return request.count == 1 && request.align_order == 0;
}

static bool take_global(struct frame_allocator *fa, struct hart *hart, struct caller caller,
                        struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    return is_single(request) ? global_take(fa, hart, caller, (struct run_kind){.order = 0}, first, 1) == 1
                              : global_take_run(fa, hart, caller, request, first);
}

/* Whether some arena, empty, could meet the request. An arena that is added stores what it offers before
 * arena_transfers is released, and the read-modify-write reads the newest arena_transfers: so whoever calls after an
 * addition has ended knows of it, whatever the memory's order. */
static bool layout_is_possible(struct frame_allocator *fa, struct frame_request request)
{
    FRAME_DEBUG_ASSERT(request.align_order <= ALIGN_ORDER_MAX);
    _Atomic uint64_t *longest = &fa->longest_run[request.align_order];
    if (request.count <= bare_load_relaxed(longest)) {
        return true;
    }
    (void)bare_add_acquire(&fa->arena_transfers, 0); /* partner: arenas_transfer_end */
    return request.count <= bare_load_relaxed(longest);
}

/* A look with all caches closed for a drain costs every hart the use of its own for a moment. So who keeps looking for
 * what is not there waits before the next look, twice as long each time, up to as long as makes its looks a small part
 * of the time. Nobody is waited for. Returns how many turns it waited. */
static uint32_t wait_before_look(const struct frame_allocator *fa, struct hart *hart)
{
    uint32_t most = PATIENCE_PER_HART * fa->hart_count;
    uint32_t turns = hart->patience;
    for (uint32_t turn = 0; turn < turns; turn++) {
        platform_relax();
    }
    uint32_t longer = turns == 0 ? most / PATIENCE_FIRST_PART : turns * 2;
    hart->patience = longer < most ? longer : most;
    return turns;
}

/* One look with all caches closed for a drain. FRAME_NO_MEMORY: the caches were empty, nothing met the request, and
 * nobody moved anything meanwhile. FRAME_CONTENDED: nothing was found, and it is not known whether there was
 * something. */
static enum frame_status look_while_draining(struct frame_allocator *fa, struct hart *hart, struct caller caller,
                                             struct frame_request request, pfn_t *first, bool *complete)
{
    FRAME_DEBUG_ASSERT(!caller.local);
    struct transfers before = {0, true};
    enum drained drained = harts_drain_begin(fa, caller, &before);
    *complete = drained == DRAINED_ALL;
    bypass_begin(hart, caller); /* what it looks at is not to be removed meanwhile */
    bool taken = take_global(fa, hart, caller, request, first);
    bypass_end(hart, caller);
    uint64_t own = is_single(request) ? 0 : 2; /* what a look that failed has moved: global_take, global_take_run */
    struct transfers after = transfers_now(fa, caller);
    harts_drain_end(fa, caller, drained);
    return taken ? FRAME_OK : *complete && transfers_none(before, after, own) ? FRAME_NO_MEMORY : FRAME_CONTENDED;
}

/* Nothing was found at first: drain, look again, and say that there is nothing only on proof. */
static enum frame_status take_or_prove(struct frame_allocator *fa, struct hart *hart, struct caller caller,
                                       struct frame_request request, pfn_t *first)
{
    if (!layout_is_possible(fa, request)) {
        return FRAME_LAYOUT_IMPOSSIBLE;
    }
    if (!fa->drain) {
        return FRAME_NO_MEMORY;
    }
    enum frame_status status = FRAME_CONTENDED;
    const uint32_t looks = caller.nested ? NESTED_LOOKS : RETRY_MAX, misses = caller.nested ? 1 : MISSED_MAX;
    uint32_t missed = 0;
    uint64_t waited = 0, most = (uint64_t)WAITS_MAX * PATIENCE_PER_HART * fa->hart_count;
    for (uint32_t turn = 0; turn < looks && missed < misses && waited <= most && status == FRAME_CONTENDED; turn++) {
        bool complete;
        waited += caller.nested ? 0 : wait_before_look(fa, hart);
        status = look_while_draining(fa, hart, caller, request, first, &complete);
        missed += complete ? 0 : 1;
    }
    if (status == FRAME_OK && !caller.nested) {
        hart->patience = 0;
    }
    return status;
}

static enum frame_status take_last_resort(struct frame_allocator *fa, struct hart *hart, struct frame_request request,
                                          pfn_t *first)
{
    struct caller caller = hart_hold(hart);
    enum frame_status status = take_or_prove(fa, hart, caller, request, first);
    HART_COUNT(hart, caller, failures, status != FRAME_OK);
    HART_COUNT(hart, caller, contentions, status == FRAME_CONTENDED);
    hart_let_go(hart, caller);
    return status;
}

/* Counts a run just taken. */
static void count_taken(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    struct refcount_view outside;
    if (POISONS && !COUNTS_REFERENCES) {
        poison_check(NULL, run);
    }
    if (!COUNTS_REFERENCES) {
        return; /* nor is there a need to know the arena */
    }
    const struct refcount_view *view = view_of(fa, hart, caller, run.first, &outside);
    FRAME_ASSERT(view != NULL);
    if (POISONS) {
        poison_check(view, run);
    }
    if (run.count == 1) {
        count_take_one(view, run.first);
    } else {
        refcounts_take_run(view, run);
    }
}

/* After all else failed; not in a section, since it drains the hart's own cache too. */
__attribute__((noinline)) static enum frame_status alloc_last_resort(struct frame_allocator *fa, struct hart *hart,
                                                                     struct frame_request request, pfn_t *first)
{
    enum frame_status status = take_last_resort(fa, hart, request, first);
    if (status == FRAME_OK) {
        struct caller caller = hart_begin(hart);
        count_taken(fa, hart, caller, frame_run(*first, request.count));
        hart_end(hart, caller);
    }
    return status;
}

/* The order of a run that a magazine may hold, if it is so aligned; CACHE_ORDERS if none may. */
static inline uint32_t order_of_count(uint64_t count)
{
    bool is_power = (count & (count - 1)) == 0 && count - 1 < UINT64_C(1) << CACHE_ORDER_MAX;
    return is_power ? (uint32_t)__builtin_ctzll(count) : CACHE_ORDERS;
}

/* The order of the magazines that can serve a request; CACHE_ORDERS: none. */
static inline uint32_t order_of_request(struct frame_request request)
{
    uint32_t order = order_of_count(request.count);
    return request.align_order <= order ? order : CACHE_ORDERS;
}

/* From the hart's own, then from the global allocator. */
INLINE bool take(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_request request,
                 pfn_t *first)
{
    uint32_t order = order_of_request(request);
    if (caller.local && hart->list != NULL && frame_list_take(hart->list, request, first)) {
        return true;
    }
    if (caller.local && order < CACHE_ORDERS && hart->caches[order].capacity > 0 &&
        hart_cache_take(fa, hart, caller, order, first)) {
        return true;
    }
    return take_global(fa, hart, caller, request, first);
}

INLINE enum frame_status alloc(struct frame_allocator *fa, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    struct hart *hart = hart_self(fa);
    enum frame_status refused = hart_refused(fa, hart);
    if (refused != FRAME_OK) {
        return refused;
    }
    struct caller caller = hart_begin(hart);
    bool taken = take(fa, hart, caller, request, first);
    if (taken) {
        count_taken(fa, hart, caller, frame_run(*first, request.count));
    }
    hart_end(hart, caller);
    return taken ? FRAME_OK : alloc_last_resort(fa, hart, request, first);
}

__attribute__((noinline)) static enum frame_status alloc_one_slow(struct frame_allocator *fa, pfn_t *frame)
{
    return alloc(fa, (struct frame_request){1, 0}, frame);
}

enum frame_status frame_alloc_one(struct frame_allocator *fa, pfn_t *frame)
{
    return __builtin_expect(alloc_hit(fa, 0, frame), 1) ? FRAME_OK : alloc_one_slow(fa, frame);
}

/* A layout in frames; the reason if it is invalid. */
static enum frame_status request_of(struct frame_layout layout, struct frame_request *request)
{
    uint64_t align = layout.align_bytes;
    if (layout.size_bytes == 0 || align == 0 || (align & (align - 1)) != 0 ||
        layout.size_bytes > UINT64_MAX - (FRAME_SIZE - 1)) {
        return FRAME_LAYOUT_INVALID;
    }
    request->count = align_up_u64(layout.size_bytes, FRAME_SIZE) >> FRAME_SHIFT;
    request->align_order = align <= FRAME_SIZE ? 0 : (uint32_t)__builtin_ctzll(align) - FRAME_SHIFT;
    return request->align_order <= ALIGN_ORDER_MAX ? FRAME_OK : FRAME_LAYOUT_IMPOSSIBLE;
}

/* A layout's two numbers stand by themselves from here on. As a struct in a register pair gcc 12 stores them one by one
 * and loads them as one vector, on the way past the hit: 7 ns that stress/check/fast-path.sh now looks for. */

/* One chunk, aligned to no more than that, and in no other words. */
static inline bool is_chunk(uint64_t size, uint64_t align)
{
    const uint64_t chunk_bytes = CHUNK_FRAMES << FRAME_SHIFT;
    return size == chunk_bytes && align - 1 < chunk_bytes && (align & (align - 1)) == 0;
}

/* The order of the magazines that can serve a layout, seen at a glance: 2^order frames, aligned to no more.
 * CACHE_ORDERS: none, or look more closely. */
static inline uint32_t order_of_layout(uint64_t size, uint64_t align)
{
    bool is_power = (size & (size - 1)) == 0 && (align & (align - 1)) == 0 && align - 1 < size;
    return is_power && size >= FRAME_SIZE && size <= FRAME_SIZE << CACHE_ORDER_MAX
               ? (uint32_t)__builtin_ctzll(size) - FRAME_SHIFT
               : CACHE_ORDERS;
}

__attribute__((noinline)) static enum frame_status alloc_contiguous_slow(struct frame_allocator *fa, uint64_t size,
                                                                         uint64_t align, struct frame_run *run)
{
    struct frame_request request;
    pfn_t first;
    enum frame_status status = request_of((struct frame_layout){size, align}, &request);
    if (status == FRAME_OK) {
        status = alloc(fa, request, &first);
    }
    if (status == FRAME_OK) {
        *run = frame_run(first, request.count);
    }
    return status;
}

enum frame_status frame_alloc_contiguous(struct frame_allocator *fa, struct frame_layout layout, struct frame_run *run)
{
    const uint64_t size = layout.size_bytes, align = layout.align_bytes;
    pfn_t first;
    if (is_chunk(size, align) && __builtin_expect(alloc_hit(fa, CHUNK_ORDER, &first), 1)) {
        *run = frame_run(first, CHUNK_FRAMES);
        return FRAME_OK;
    }
    uint32_t order = order_of_layout(size, align);
    if (__builtin_expect(alloc_run_hit(fa, order, &first), 1)) {
        *run = frame_run(first, UINT64_C(1) << order);
        return FRAME_OK;
    }
    return alloc_contiguous_slow(fa, size, align, run);
}

/* ---- zeroes ------------------------------------------------------------------------------------------------- */

/* Zeroes those frames of a free run in the caller's hands that are not known to hold zeroes; returns how many. */
static uint64_t frames_zero(const struct refcount_view *view, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint64_t zeroed = 0;
    for (uint64_t frame = run.first.value; frame < frame_run_end(run);) {
        uint64_t end = frame;
        while (end < frame_run_end(run) && !count_is_zero(view, pfn(end))) {
            end++;
        }
        if (POISONS && end > frame) {
            poison_check(NULL, frame_run(pfn(frame), end - frame));
        }
        if (end > frame) {
            memset(platform_phys_to_virt(frame_addr(pfn(frame))), 0, (end - frame) << FRAME_SHIFT);
        }
        zeroed += end - frame;
        frame = end + 1; /* the one that ended the stretch is known */
    }
    return zeroed;
}

/* A copy of the view of a frame that the caller owns: the frame pins its arena, so that the copy may be used after the
 * operation. */
static struct refcount_view view_copy(struct frame_allocator *fa, struct hart *hart, struct caller caller, pfn_t frame)
{
    struct refcount_view outside;
    const struct refcount_view *view = view_of(fa, hart, caller, frame, &outside);
    FRAME_ASSERT(view != NULL);
    return *view;
}

/* Takes a run, preferably one that is known to hold zeroes; its counts are still 0. */
static enum frame_status take_to_zero(struct frame_allocator *fa, struct hart *hart, struct frame_request request,
                                      pfn_t *first, struct refcount_view *view)
{
    struct caller caller = hart_begin(hart);
    bool taken =
        (caller.local && hart_zero_take(fa, hart, caller, request, first)) || take(fa, hart, caller, request, first);
    if (!taken) { /* not in a section: this drains the hart's own cache, too */
        hart_end(hart, caller);
        enum frame_status status = take_last_resort(fa, hart, request, first);
        if (status != FRAME_OK) {
            return status;
        }
        caller = hart_begin(hart);
    }
    *view = view_copy(fa, hart, caller, *first);
    hart_end(hart, caller);
    return FRAME_OK;
}

/* The zeroing, which may take long, stands in no section: nobody waits for it. */
static enum frame_status alloc_zeroed(struct frame_allocator *fa, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    struct hart *hart = hart_self(fa);
    enum frame_status refused = hart_refused(fa, hart);
    if (refused != FRAME_OK) {
        return refused;
    }
    struct refcount_view view;
    enum frame_status status = take_to_zero(fa, hart, request, first, &view);
    if (status == FRAME_OK) {
        struct frame_run run = frame_run(*first, request.count);
        uint64_t zeroed = frames_zero(&view, run); /* before the counts call them dirty */
        refcounts_take_run(&view, run);
        struct caller caller = hart_hold(hart);
        HART_COUNT(hart, caller, frames_zeroed, zeroed);
        HART_COUNT(hart, caller, frames_known_zero, run.count - zeroed);
        hart_let_go(hart, caller);
    }
    return status;
}

enum frame_status frame_alloc_one_zeroed(struct frame_allocator *fa, pfn_t *frame)
{
    return alloc_zeroed(fa, (struct frame_request){1, 0}, frame);
}

enum frame_status frame_alloc_contiguous_zeroed(struct frame_allocator *fa, struct frame_layout layout,
                                                struct frame_run *run)
{
    struct frame_request request;
    pfn_t first;
    enum frame_status status = request_of(layout, &request);
    if (status == FRAME_OK) {
        status = alloc_zeroed(fa, request, &first);
    }
    if (status == FRAME_OK) {
        *run = frame_run(first, request.count);
    }
    return status;
}

/* A free chunk out of the global allocator and where its counts are; false if there is none. */
static bool chunk_take(struct frame_allocator *fa, struct hart *hart, struct caller caller, pfn_t *first,
                       struct refcount_view *view)
{
    bypass_begin(hart, caller);
    bool taken = global_take(fa, hart, caller, (struct run_kind){CHUNK_ORDER, false}, first, 1) == 1;
    if (taken) {
        *view = view_copy(fa, hart, caller, *first);
    }
    bypass_end(hart, caller);
    return taken;
}

static void chunk_give_as_zero(struct frame_allocator *fa, struct hart *hart, struct caller caller, pfn_t first)
{
    FRAME_DEBUG_ASSERT(first.value % CHUNK_FRAMES == 0);
    bypass_begin(hart, caller);
    global_give(fa, hart, caller, (struct run_kind){CHUNK_ORDER, true}, &first, 1);
    bypass_end(hart, caller);
}

/* What the variant does not know as zero may be so all the same: then it is told, and the next one is tried. */
static uint64_t zero_some_chunk(struct frame_allocator *fa, struct hart *hart, struct caller caller)
{
    struct refcount_view view;
    pfn_t first;
    uint64_t zeroed = 0;
    /* Before the chunk is taken, and until it has been given back: an allocation that finds nothing meanwhile does not
     * believe it. The take's release fence orders the first store, release the second (partner: transfers_add). */
    bare_store_relaxed(&hart->chunk_out, 1);
    for (uint32_t turn = 0; turn < ZERO_IDLE_TURNS && zeroed == 0 && chunk_take(fa, hart, caller, &first, &view);
         turn++) {
        zeroed = frames_zero(&view, frame_run(first, CHUNK_FRAMES));
        refcounts_mark_zero(&view, first);
        chunk_give_as_zero(fa, hart, caller, first);
    }
    bare_store_release(&hart->chunk_out, 0);
    HART_COUNT(hart, caller, frames_zeroed, zeroed);
    return zeroed;
}

bool frame_zero_idle(struct frame_allocator *fa)
{
    struct hart *hart = hart_self(fa);
    if (hart_is_absent(fa, hart)) {
        return false;
    }
    struct caller caller = hart_hold(hart);
    uint64_t zeroed = caller.nested ? 0 : zero_some_chunk(fa, hart, caller);
    hart_let_go(hart, caller);
    return zeroed > 0;
}

/* ---- free --------------------------------------------------------------------------------------------------- */

/* The order of the magazines that may hold a run; CACHE_ORDERS: none. */
static inline uint32_t order_of_run(struct frame_run run)
{
    return (run.first.value & (run.count - 1)) == 0 ? order_of_count(run.count) : CACHE_ORDERS;
}

/* Frames with count 0 go to the hart's list, if it has one, or the magazines, else to the global allocator. */
static void give_back(struct frame_allocator *fa, struct hart *hart, struct caller caller, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    uint32_t order = order_of_run(run);
    if (POISONS) {
        poison_fill(run);
    }
    if (caller.local && hart->list != NULL) {
        frame_list_give(fa->variant, fa->global, hart->list, run);
    } else if (caller.local && order < CACHE_ORDERS && hart->caches[order].capacity > 0) {
        hart_cache_give(fa, hart, caller, order, run.first);
    } else if (run.count == 1) {
        global_give(fa, hart, caller, (struct run_kind){.order = 0}, &run.first, 1);
    } else {
        global_give_run(fa, hart, caller, run);
    }
}

static enum frame_status free_run(struct frame_allocator *fa, struct hart *hart, struct caller caller,
                                  struct frame_run run)
{
    struct refcount_view outside;
    const struct refcount_view *view = view_of(fa, hart, caller, run.first, &outside);
    if (run.count == 0 || view == NULL || run.count > view->count - (run.first.value - view->first)) {
        return FRAME_FOREIGN;
    }
    bool at_once = run.count == 1 && count_drop_one(view, run.first);
    enum frame_status status = at_once ? FRAME_OK : refcounts_drop_run(view, run);
    if (status == FRAME_NOT_ALLOCATED) {
        status = is_ours(fa, run) ? refcounts_drop_ours(view, run) : FRAME_FOREIGN;
    }
    if (status == FRAME_OK) {
        give_back(fa, hart, caller, run);
    }
    return status;
}

/* Not of a struct frame_run: see alloc_contiguous_slow. */
__attribute__((noinline)) static enum frame_status free_slow(struct frame_allocator *fa, pfn_t first, uint64_t count)
{
    struct hart *hart = hart_self(fa);
    enum frame_status refused = hart_refused(fa, hart);
    if (refused != FRAME_OK) {
        return refused;
    }
    struct caller caller = hart_begin(hart);
    enum frame_status status = free_run(fa, hart, caller, frame_run(first, count));
    hart_end(hart, caller);
    return status;
}

enum frame_status frame_free_one(struct frame_allocator *fa, pfn_t frame)
{
    return __builtin_expect(free_hit(fa, 0, frame), 1) ? FRAME_OK : free_slow(fa, frame, 1);
}

enum frame_status frame_free_run(struct frame_allocator *fa, struct frame_run run)
{
    if (run.count == 1) {
        return frame_free_one(fa, run.first);
    }
    if (run.count == CHUNK_FRAMES && run.first.value % CHUNK_FRAMES == 0 &&
        __builtin_expect(free_hit(fa, CHUNK_ORDER, run.first), 1)) {
        return FRAME_OK;
    }
    return free_run_hit(fa, order_of_run(run), run.first) ? FRAME_OK : free_slow(fa, run.first, run.count);
}

enum frame_status frame_free_contiguous(struct frame_allocator *fa, pfn_t first, struct frame_layout layout)
{
    struct frame_request request;
    enum frame_status status = request_of(layout, &request);
    if (status != FRAME_OK) {
        return status;
    }
    if ((first.value & ((UINT64_C(1) << request.align_order) - 1)) != 0) {
        return FRAME_MISALIGNED;
    }
    return frame_free_run(fa, frame_run(first, request.count));
}

/* ---- references --------------------------------------------------------------------------------------------- */

bool frame_counts_references(void)
{
    return COUNTS_REFERENCES;
}

enum frame_status frame_ref(struct frame_allocator *fa, pfn_t frame)
{
    struct hart *hart = hart_self(fa);
    enum frame_status refused = hart_refused(fa, hart);
    if (refused != FRAME_OK) {
        return refused;
    }
    struct refcount_view outside;
    struct caller caller = hart_begin(hart);
    enum frame_status status = FRAME_FOREIGN;
    const struct refcount_view *view = view_of(fa, hart, caller, frame, &outside);
    if (view != NULL) {
        status = count_add_ref(view, frame);
    }
    if (status != FRAME_OK && !is_ours(fa, frame_run(frame, 1))) {
        status = FRAME_FOREIGN;
    }
    hart_end(hart, caller);
    return status;
}

enum frame_status frame_unref(struct frame_allocator *fa, pfn_t frame)
{
    struct hart *hart = hart_self(fa);
    enum frame_status refused = hart_refused(fa, hart);
    if (refused != FRAME_OK) {
        return refused;
    }
    struct refcount_view outside;
    struct caller caller = hart_begin(hart);
    enum frame_status status = FRAME_FOREIGN;
    const struct refcount_view *view = view_of(fa, hart, caller, frame, &outside);
    if (view != NULL) {
        status = count_drop_ref(view, frame);
    }
    if (status == FRAME_SHARED) { /* the last reference: the frame goes */
        status = free_run(fa, hart, caller, frame_run(frame, 1));
    } else if (status == FRAME_NOT_ALLOCATED && !is_ours(fa, frame_run(frame, 1))) {
        status = FRAME_FOREIGN;
    }
    hart_end(hart, caller);
    return status;
}

uint32_t frame_ref_count(struct frame_allocator *fa, pfn_t frame)
{
    struct hart *hart = hart_self(fa);
    if (hart_refused(fa, hart) != FRAME_OK) {
        return 0;
    }
    struct refcount_view outside;
    struct caller caller = hart_begin(hart);
    const struct refcount_view *view = view_of(fa, hart, caller, frame, &outside);
    bool counted = view != NULL && (COUNTS_REFERENCES || is_ours(fa, frame_run(frame, 1)));
    uint32_t count = counted ? count_read(view, frame) : 0;
    hart_end(hart, caller);
    return count;
}

/* FRAME_FOREIGN only if no arena came or went meanwhile: one that is going may yet stay. */
static enum frame_status look_up(struct frame_allocator *fa, struct hart *hart, pfn_t frame)
{
    /* Acquire, partner of the release in arenas_transfer_end: the arenas are those of that moment, or newer. */
    uint64_t before = bare_load_acquire(&fa->arena_transfers);
    struct caller caller = hart_begin(hart);
    bool ours = is_ours(fa, frame_run(frame, 1));
    hart_end(hart, caller);
    fence_acquire(); /* partner: the release fence in arenas_transfer_begin */
    uint64_t after = bare_load_relaxed(&fa->arena_transfers);
    return ours ? FRAME_OK : before == after && before % 2 == 0 ? FRAME_FOREIGN : FRAME_CONTENDED;
}

enum frame_status frame_at_addr(struct frame_allocator *fa, phys_addr_t addr, pfn_t *frame)
{
    if ((addr.value & (FRAME_SIZE - 1)) != 0) {
        return FRAME_MISALIGNED;
    }
    struct hart *hart = hart_self(fa);
    enum frame_status refused = hart_refused(fa, hart);
    if (refused != FRAME_OK) {
        return refused;
    }
    pfn_t found = frame_containing(addr);
    enum frame_status status = look_up(fa, hart, found);
    /* Who interrupted the arena's coming or going does not wait for it. */
    uint32_t turns = arenas_are_locked_here(fa) ? 1 : hart_is_inside(hart) ? NESTED_TURNS : LOOKUP_TURNS;
    for (uint32_t turn = 1; turn < turns && status == FRAME_CONTENDED; turn++) {
        platform_relax();
        status = look_up(fa, hart, found);
    }
    if (status == FRAME_OK) {
        *frame = found;
    }
    return status;
}

bool frame_allocator_drain(struct frame_allocator *fa)
{
    struct hart *hart = hart_self(fa);
    if (hart_is_absent(fa, hart)) {
        return false;
    }
    struct caller caller = hart_hold(hart);
    bool complete = !caller.nested && harts_drain(fa, caller);
    hart_let_go(hart, caller);
    return complete;
}

uint64_t frame_max_alignment(const struct frame_allocator *fa)
{
    uint32_t order = ALIGN_ORDER_MAX;
    while (order > 0 && bare_load_relaxed(&fa->longest_run[order]) == 0) {
        order--;
    }
    return FRAME_SIZE << order;
}
