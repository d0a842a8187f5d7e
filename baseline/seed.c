/* SPDX-License-Identifier: MIT
 * The variant `baseline:seed`: the origin's cache, a list of free frames a hart, before the arena vector.
 *
 * 1. Purpose. To show what the origin's design costs, made correct: a single frame comes from the front of the hart's
 *    list, else one from the global allocator, never a batch; what is freed goes to the end of the list, whatever
 *    its size, and stays; a run is first looked for in the list, in linear time. The list has no bound: the owner
 *    words of buddy.h hold it, so it costs no memory beyond a head.
 * 2. State of a frame: free in a buddy, out, or in exactly one hart's list. For a buddy the last two are the same.
 *    Of a frame in a list, words[frame].owner is the next frame's number + 1, or 0 at the end.
 * 3. Equations, between operations:
 *      length       =    frames that can be reached from head
 *      tail         =    the last of these
 *      sorted      =>    the list ascends.
 * 4. Runs. A list whose order is that of the frees is in no order of addresses, and a run is there all the same. So
 *    the list is sorted before it is searched: a merge sort that starts from the ascending and descending stretches
 *    that it finds, one pass if there is one stretch. Then the frames of a run are neighbours in the list, and one
 *    pass finds the lowest run, also one that ends where the list ends. Taking frames out leaves it sorted, and so
 *    does adding at the end what is higher than all.
 * 5. Which arena has a frame's word? The vector knows, under the lock; so each hart keeps a map of it, and draws a
 *    new one when `generation` has moved. It looks only when it is given a frame, which it then owns: the arena was
 *    attached before the frame was taken, under the lock, hence the step of `generation` is visible. Frames in the
 *    list pin their arenas, so the map stays right for all of them; what is out of date in it belongs to nobody
 *    here and is not looked at.
 * 6. Who may touch a list: its owner in a section, or a drainer in its place (core's handshake). `length` alone is
 *    read by others, as a hint.
 * 7. Costs. Single take and give: O(1), O(log arenas) for the word. A run: O(length) at best, O(length log length)
 *    when the order is bad. Drain: the same, one acquisition.
 * 8. Progress: the list is wait-free but for a new map, which takes the lock; what stands behind it blocks.
 *
 * Paper for the sort: Knuth, TAOCP 3, 5.2.4, natural list merge sort. */
#include "baseline.h"

#include "vector.h"

/* One arena of a hart's map. */
struct seed_arena {
    uint64_t first; /* of its span */
    union buddy_word *words;
};

/* A list, or a part of one; links as in next_of. */
struct chain {
    uint64_t head, tail;
};

/* What a hart has. */
struct seed {
    _Alignas(CACHE_PAIR) struct chain list;
    _Atomic uint64_t length; /* frames */
    bool sorted;
    uint64_t generation; /* of the vector when the map was drawn; 0: never, as before the first attach */
    uint32_t map_count;
    struct seed_arena map[ARENA_MAX]; /* ascending */
};

static uint64_t global_bytes(uint32_t hart_count)
{
    return align_up_u64(vector_global_bytes(hart_count), CACHE_PAIR) + hart_count * sizeof(struct seed);
}

static struct seed *seed_of(struct global *global, uint32_t owner)
{
    FRAME_DEBUG_ASSERT(owner < vector_of(global)->hart_count);
    uint64_t offset = align_up_u64(vector_global_bytes(vector_of(global)->hart_count), CACHE_PAIR);
    return (struct seed *)(void *)((unsigned char *)global + offset) + owner;
}

/* ---- the map ------------------------------------------------------------------------------------------------ */

static void map_draw(struct seed *seed, struct vector *vector)
{
    uint32_t hart = platform_hart_id();
    vector_lock(vector, hart);
    seed->generation = bare_load_relaxed(&vector->generation);
    seed->map_count = vector->slot_count;
    for (uint32_t i = 0; i < vector->slot_count; i++) {
        seed->map[i].first = vector->slots[i].span.first.value;
        seed->map[i].words = vector->slots[i].buddy->words;
    }
    vector_unlock(vector, hart);
}

/* After this, the map has the arena of any frame that the calling hart owns now. Relaxed: point 5. */
static void map_renew(struct seed *seed, struct vector *vector)
{
    if (seed->generation != bare_load_relaxed(&vector->generation)) {
        map_draw(seed, vector);
    }
}

/* The arena of a frame that is in the list, or was when map_renew was called. */
static inline const struct seed_arena *map_find(const struct seed *seed, uint64_t frame)
{
    FRAME_DEBUG_ASSERT(seed->map_count > 0);
    uint32_t low = 0, high = seed->map_count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (seed->map[middle].first <= frame) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &seed->map[low];
}

/* True if an arena's span begins with this frame: a run goes no further, even if the arena below touches it. */
static bool arena_begins(const struct seed *seed, uint64_t frame)
{
    return map_find(seed, frame)->first == frame;
}

/* ---- the list ----------------------------------------------------------------------------------------------- */

/* A link is a frame's number + 1; 0 is none. The link that follows: */
static inline uint64_t *next_of(const struct seed *seed, uint64_t link)
{
    const struct seed_arena *arena = map_find(seed, link - 1);
    return &arena->words[link - 1 - arena->first].owner;
}

static uint64_t length_read(const struct seed *seed)
{
    return bare_load_relaxed(&seed->length);
}

/* Relaxed: one writer at a time, by the handshake; others read a hint. */
static void length_write(struct seed *seed, uint64_t length)
{
    bare_store_relaxed(&seed->length, length);
}

static void list_append(struct seed *seed, uint64_t link)
{
    FRAME_DEBUG_ASSERT(link != 0);
    *next_of(seed, link) = 0;
    if (seed->list.tail == 0) {
        seed->list.head = link;
        seed->sorted = true;
    } else {
        *next_of(seed, seed->list.tail) = link;
        seed->sorted = seed->sorted && seed->list.tail < link;
    }
    seed->list.tail = link;
    length_write(seed, length_read(seed) + 1);
}

/* Takes the `count` frames between link `before` (0: from the head) and link `last`, inclusive, out of the list. */
static void list_cut(struct seed *seed, uint64_t before, uint64_t last, uint64_t count)
{
    FRAME_DEBUG_ASSERT(last != 0);
    FRAME_DEBUG_ASSERT(count <= length_read(seed));
    uint64_t after = *next_of(seed, last);
    if (before == 0) {
        seed->list.head = after;
    } else {
        *next_of(seed, before) = after;
    }
    if (after == 0) {
        seed->list.tail = before;
    }
    length_write(seed, length_read(seed) - count);
}

/* ---- the sort ----------------------------------------------------------------------------------------------- */

/* Takes the longest ascending stretch off the front of *rest; or the longest descending one, turned around. */
static struct chain stretch_take(const struct seed *seed, uint64_t *rest)
{
    FRAME_DEBUG_ASSERT(*rest != 0);
    struct chain stretch = {*rest, *rest};
    uint64_t link = *next_of(seed, *rest);
    if (link > stretch.tail) {
        for (; link > stretch.tail; link = *next_of(seed, link)) {
            stretch.tail = link;
        }
    } else {
        while (link != 0 && link < stretch.head) {
            uint64_t after = *next_of(seed, link);
            *next_of(seed, link) = stretch.head;
            stretch.head = link;
            link = after;
        }
    }
    *next_of(seed, stretch.tail) = 0;
    *rest = link;
    return stretch;
}

/* Puts the chain `more`, which may be empty, behind `chain`. */
static void chain_join(const struct seed *seed, struct chain *chain, struct chain more)
{
    if (chain->tail == 0) {
        *chain = more;
    } else if (more.tail != 0) {
        *next_of(seed, chain->tail) = more.head;
        chain->tail = more.tail;
    }
}

/* Puts the merger of two ascending chains behind `out`. */
static void chains_merge(const struct seed *seed, struct chain *out, struct chain a, struct chain b)
{
    while (a.head != 0 && b.head != 0) {
        struct chain *lower = a.head < b.head ? &a : &b;
        uint64_t link = lower->head;
        lower->head = *next_of(seed, link);
        chain_join(seed, out, (struct chain){link, link});
    }
    chain_join(seed, out, a.head != 0 ? a : b);
}

/* Passes that merge stretches in pairs, until one is left. */
static void list_sort(struct seed *seed)
{
    static const struct chain none = {0, 0};
    while (!seed->sorted) {
        uint64_t rest = seed->list.head;
        uint64_t pairs = 0;
        struct chain out = none;
        for (; rest != 0; pairs++) {
            struct chain a = stretch_take(seed, &rest);
            struct chain b = rest != 0 ? stretch_take(seed, &rest) : none;
            chains_merge(seed, &out, a, b);
        }
        seed->list = out;
        seed->sorted = pairs <= 1;
    }
}

/* ---- the hooks ---------------------------------------------------------------------------------------------- */

/* The lowest run in the list that meets the request. `count` frames up to link `previous` may become it: the first
 * of them is aligned, and link `before` stands in front of it. */
static bool list_take_run(struct seed *seed, struct frame_request request, pfn_t *first)
{
    uint64_t misaligned = (UINT64_C(1) << request.align_order) - 1;
    uint64_t count = 0, before = 0, previous = 0;
    list_sort(seed);
    for (uint64_t link = seed->list.head; link != 0; link = *next_of(seed, link)) {
        if (count > 0 && link == previous + 1 && !arena_begins(seed, link - 1)) {
            count++;
        } else if (((link - 1) & misaligned) == 0) {
            count = 1;
            before = previous;
        } else {
            count = 0;
        }
        if (count == request.count) {
            list_cut(seed, before, link, count);
            *first = pfn(link - count);
            return true;
        }
        previous = link;
    }
    return false;
}

static bool local_take(struct global *global, uint32_t owner, struct frame_request request, pfn_t *first)
{
    struct seed *seed = seed_of(global, owner);
    if (length_read(seed) < request.count) {
        return false;
    }
    if (request.count > 1 || request.align_order > 0) {
        return list_take_run(seed, request, first);
    }
    *first = pfn(seed->list.head - 1);
    list_cut(seed, 0, seed->list.head, 1);
    return true;
}

static bool local_give(struct global *global, uint32_t owner, struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    struct seed *seed = seed_of(global, owner);
    map_renew(seed, vector_of(global));
    for (uint64_t i = 0; i < run.count; i++) {
        list_append(seed, run.first.value + i + 1);
    }
    return true;
}

/* Takes the longest run off the front of the list: an ascending one, inside one arena. */
static struct frame_run list_take_front(struct seed *seed)
{
    FRAME_DEBUG_ASSERT(seed->list.head != 0);
    uint64_t last = seed->list.head, count = 1;
    uint64_t next = *next_of(seed, last);
    while (next == last + 1 && !arena_begins(seed, next - 1)) {
        last = next;
        next = *next_of(seed, last);
        count++;
    }
    list_cut(seed, 0, last, count);
    return frame_run(pfn(last - count), count);
}

static bool local_drain(struct global *global, uint32_t owner)
{
    struct vector *vector = vector_of(global);
    struct seed *seed = seed_of(global, owner);
    uint32_t hart = platform_hart_id();
    if (length_read(seed) == 0) {
        return false;
    }
    list_sort(seed); /* before the lock is taken: what is given in long runs is given quickly */
    vector_lock(vector, hart);
    while (seed->list.head != 0) {
        struct frame_run run = list_take_front(seed);
        const struct vector_slot *slot = vector_slot_of(vector, run.first);
        FRAME_ASSERT(slot != NULL);
        buddy_give_run(slot->buddy, run);
    }
    vector_unlock(vector, hart);
    return true;
}

static void local_walk(struct global *global, uint32_t owner, void (*visit)(void *context, struct frame_run run),
                       void *context)
{
    const struct seed *seed = seed_of(global, owner);
    uint64_t link = seed->list.head;
    for (uint64_t left = length_read(seed); link != 0 && left > 0; left--) { /* a broken list may have no end */
        visit(context, frame_run(pfn(link - 1), 1));
        link = *next_of(seed, link);
    }
}

/* The lists' own equations; a list that does not end is found by its length. */
static bool lists_check(struct global *global)
{
    for (uint32_t owner = 0; owner < vector_of(global)->hart_count; owner++) {
        const struct seed *seed = seed_of(global, owner);
        uint64_t reached = 0, last = 0;
        bool ascends = true;
        for (uint64_t link = seed->list.head; link != 0 && reached <= length_read(seed); reached++) {
            ascends = ascends && link > last;
            last = link;
            link = *next_of(seed, link);
        }
        if (reached != length_read(seed) || last != seed->list.tail || (seed->sorted && !ascends)) {
            platform_log("baseline:seed: the list of hart %u: length, end or order is not what it should be", owner);
            return false;
        }
    }
    return true;
}

static bool walk_free(struct global *global, void (*visit)(void *context, struct frame_run run), void *context)
{
    return lists_check(global) && vector_walk_free(global, visit, context);
}

static void add_stats(const struct global *global, struct frame_stats *stats)
{
    uint32_t hart_count = ((const struct vector *)(const void *)global)->hart_count;
    for (uint32_t owner = 0; owner < hart_count; owner++) {
        stats->frames_in_caches += length_read(seed_of((struct global *)global, owner));
    }
    vector_add_stats(global, stats);
}

const struct variant baseline_seed_variant = {
    .name = "baseline:seed",
    .summary = "the same vector behind the origin's cache: one list a hart, refilled by one",
    .knobs = vector_knobs,
    .knob_count = VECTOR_KNOB_COUNT,
    .magazine_default = 0,
    .batch_default = 0,
    .global_bytes = global_bytes,
    .arena_bytes = vector_arena_bytes,
    .init = vector_init,
    .attach = vector_attach,
    .detach = vector_detach,
    .quiesce = vector_quiesce,
    .take = vector_take,
    .give = vector_give,
    .take_run = vector_take_run,
    .give_run = vector_give_run,
    .find = vector_find,
    .local_take = local_take,
    .local_give = local_give,
    .local_drain = local_drain,
    .local_walk = local_walk,
    .walk_free = walk_free,
    .add_stats = add_stats,
};
