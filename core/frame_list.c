/* SPDX-License-Identifier: MIT
 * The cache of `baseline:origin`: the origin's, a list of free frames a hart.
 *
 * 1. Purpose. To show what the origin's design costs, made correct: a single frame comes from the front of the hart's
 *    list, else one from the global allocator, never a batch; what is freed goes to the end of the list, whatever
 *    its size, and stays; a run is first looked for in the list, in linear time. The list has no bound: words that the
 *    variant lends (arena->links, one a frame) hold it, so it costs no memory beyond a head.
 * 2. State of a frame: free in the global allocator, out, or in exactly one hart's list. For the variant the last two
 *    are the same. Of a frame in a list, its arena's links[frame] is the next frame's number + 1, or 0 at the end.
 * 3. Equations, between operations:
 *      length       =    frames that can be reached from head
 *      tail         =    the last of these
 *      sorted      =>    the list ascends.
 * 4. Runs. A list whose order is that of the frees is in no order of addresses, and a run is there all the same. So
 *    the list is sorted before it is searched: a merge sort that starts from the ascending and descending stretches
 *    that it finds, one pass if there is one stretch. Then the frames of a run are neighbours in the list, and one
 *    pass finds the lowest run, also one that ends where the list ends. Taking frames out leaves it sorted, and so
 *    does adding at the end what is higher than all.
 * 5. Which arena has a frame's word? Each list keeps a map of the arenas that its frames come from. It asks the variant
 *    (find) when it is given a frame of an arena that it does not know yet; the hart owns the frame, so the arena is in
 *    service. Frames in the list pin their arenas. A drain, which empties the list, empties the map too: an arena goes
 *    only while every hart's cache is emptied and still closed, so no map has one that has gone.
 * 6. Who may touch a list: its owner in a section, or a drainer in its place (core's handshake). `length` alone is
 *    read by others, as a hint.
 * 7. Costs. Single take and give: O(1), O(log arenas) for the word. A run: O(length) at best, O(length log length)
 *    when the order is bad; and so a drain.
 * 8. Progress: wait-free but for the first frame of an arena, which is as the variant's find is.
 *
 * Paper for the sort: Knuth, TAOCP 3, 5.2.4, natural list merge sort. */
#include "frame_list.h"

#include "atomic.h"

/* One arena of a list's map: two words, for a search of the list finds one at each frame. */
struct list_arena {
    uint64_t first; /* of its span */
    uint64_t *links;
};

/* A list, or a part of one; links as in next_of. */
struct chain {
    uint64_t head, tail;
};

struct frame_list {
    _Alignas(CACHE_PAIR) struct chain frames;
    _Atomic uint64_t length; /* frames */
    bool sorted;
    uint32_t map_count;
    struct list_arena map[ARENA_MAX]; /* ascending */
    uint64_t map_ends[ARENA_MAX];     /* the ends of their spans */
};

uint64_t frame_list_bytes(void)
{
    return sizeof(struct frame_list);
}

/* ---- the map ------------------------------------------------------------------------------------------------ */

/* The last arena of the map that begins at or before `frame`, else the first: the arena of a frame that is in the list.
 */
static inline const struct list_arena *map_find(const struct frame_list *list, uint64_t frame)
{
    uint32_t low = 0, high = list->map_count;
    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;
        if (list->map[middle].first <= frame) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &list->map[low];
}

/* After this, the map has the arena of a frame that the calling hart owns. */
static void map_learn(const struct variant *variant, struct global *global, struct frame_list *list, pfn_t frame)
{
    const struct list_arena *known = map_find(list, frame.value);
    if (list->map_count > 0 && known->first <= frame.value && frame.value < list->map_ends[known - list->map]) {
        return;
    }
    const struct arena *arena = variant->find(global, platform_hart_id(), frame);
    FRAME_ASSERT(arena != NULL && arena->links != NULL && list->map_count < ARENA_MAX);
    uint32_t at = list->map_count++;
    for (; at > 0 && list->map[at - 1].first > frame.value; at--) {
        list->map[at] = list->map[at - 1];
        list->map_ends[at] = list->map_ends[at - 1];
    }
    list->map[at] = (struct list_arena){arena->span.first.value, arena->links};
    list->map_ends[at] = frame_run_end(arena->span);
}

/* True if an arena's span begins with this frame: a run goes no further, even if the arena below touches it. */
static bool arena_begins(const struct frame_list *list, uint64_t frame)
{
    return map_find(list, frame)->first == frame;
}

/* ---- the list ----------------------------------------------------------------------------------------------- */

/* A link is a frame's number + 1; 0 is none. The link that follows: */
static inline uint64_t *next_of(const struct frame_list *list, uint64_t link)
{
    FRAME_DEBUG_ASSERT(list->map_count > 0);
    const struct list_arena *arena = map_find(list, link - 1);
    return &arena->links[link - 1 - arena->first];
}

static uint64_t length_read(const struct frame_list *list)
{
    return bare_load_relaxed(&list->length);
}

/* Relaxed: one writer at a time, by the handshake; others read a hint. */
static void length_write(struct frame_list *list, uint64_t length)
{
    bare_store_relaxed(&list->length, length);
}

static void list_append(struct frame_list *list, uint64_t link)
{
    FRAME_DEBUG_ASSERT(link != 0);
    *next_of(list, link) = 0;
    if (list->frames.tail == 0) {
        list->frames.head = link;
        list->sorted = true;
    } else {
        *next_of(list, list->frames.tail) = link;
        list->sorted = list->sorted && list->frames.tail < link;
    }
    list->frames.tail = link;
    length_write(list, length_read(list) + 1);
}

/* Takes the `count` frames between link `before` (0: from the head) and link `last`, inclusive, out of the list. */
static void list_cut(struct frame_list *list, uint64_t before, uint64_t last, uint64_t count)
{
    FRAME_DEBUG_ASSERT(last != 0);
    FRAME_DEBUG_ASSERT(count <= length_read(list));
    uint64_t after = *next_of(list, last);
    if (before == 0) {
        list->frames.head = after;
    } else {
        *next_of(list, before) = after;
    }
    if (after == 0) {
        list->frames.tail = before;
    }
    length_write(list, length_read(list) - count);
}

/* ---- the sort ----------------------------------------------------------------------------------------------- */

/* Takes the longest ascending stretch off the front of *rest; or the longest descending one, turned around. */
static struct chain stretch_take(const struct frame_list *list, uint64_t *rest)
{
    FRAME_DEBUG_ASSERT(*rest != 0);
    struct chain stretch = {*rest, *rest};
    uint64_t link = *next_of(list, *rest);
    if (link > stretch.tail) {
        for (; link > stretch.tail; link = *next_of(list, link)) {
            stretch.tail = link;
        }
    } else {
        while (link != 0 && link < stretch.head) {
            uint64_t after = *next_of(list, link);
            *next_of(list, link) = stretch.head;
            stretch.head = link;
            link = after;
        }
    }
    *next_of(list, stretch.tail) = 0;
    *rest = link;
    return stretch;
}

/* Puts the chain `more`, which may be empty, behind `chain`. */
static void chain_join(const struct frame_list *list, struct chain *chain, struct chain more)
{
    if (chain->tail == 0) {
        *chain = more;
    } else if (more.tail != 0) {
        *next_of(list, chain->tail) = more.head;
        chain->tail = more.tail;
    }
}

/* Puts the merger of two ascending chains behind `out`. */
static void chains_merge(const struct frame_list *list, struct chain *out, struct chain a, struct chain b)
{
    while (a.head != 0 && b.head != 0) {
        struct chain *lower = a.head < b.head ? &a : &b;
        uint64_t link = lower->head;
        lower->head = *next_of(list, link);
        chain_join(list, out, (struct chain){link, link});
    }
    chain_join(list, out, a.head != 0 ? a : b);
}

/* Passes that merge stretches in pairs, until one is left. */
static void list_sort(struct frame_list *list)
{
    static const struct chain none = {0, 0};
    while (!list->sorted) {
        uint64_t rest = list->frames.head;
        uint64_t pairs = 0;
        struct chain out = none;
        for (; rest != 0; pairs++) {
            struct chain a = stretch_take(list, &rest);
            struct chain b = rest != 0 ? stretch_take(list, &rest) : none;
            chains_merge(list, &out, a, b);
        }
        list->frames = out;
        list->sorted = pairs <= 1;
    }
}

/* ---- take and give ---------------------------------------------------------------------------------------------- */

/* The lowest run in the list that meets the request. `count` frames up to link `previous` may become it: the first
 * of them is aligned, and link `before` stands in front of it. */
static bool list_take_run(struct frame_list *list, struct frame_request request, pfn_t *first)
{
    uint64_t misaligned = (UINT64_C(1) << request.align_order) - 1;
    uint64_t count = 0, before = 0, previous = 0;
    list_sort(list);
    for (uint64_t link = list->frames.head; link != 0; link = *next_of(list, link)) {
        if (count > 0 && link == previous + 1 && !arena_begins(list, link - 1)) {
            count++;
        } else if (((link - 1) & misaligned) == 0) {
            count = 1;
            before = previous;
        } else {
            count = 0;
        }
        if (count == request.count) {
            list_cut(list, before, link, count);
            *first = pfn(link - count);
            return true;
        }
        previous = link;
    }
    return false;
}

bool frame_list_take(struct frame_list *list, struct frame_request request, pfn_t *first)
{
    if (length_read(list) < request.count) {
        return false;
    }
    if (request.count > 1 || request.align_order > 0) {
        return list_take_run(list, request, first);
    }
    *first = pfn(list->frames.head - 1);
    list_cut(list, 0, list->frames.head, 1);
    return true;
}

void frame_list_give(const struct variant *variant, struct global *global, struct frame_list *list,
                     struct frame_run run)
{
    FRAME_DEBUG_ASSERT(run.count > 0);
    map_learn(variant, global, list, run.first);
    for (uint64_t i = 0; i < run.count; i++) {
        list_append(list, run.first.value + i + 1);
    }
}

/* Takes the longest run off the front of the list: an ascending one, inside one arena. */
static struct frame_run list_take_front(struct frame_list *list)
{
    FRAME_DEBUG_ASSERT(list->frames.head != 0);
    uint64_t last = list->frames.head, count = 1;
    uint64_t next = *next_of(list, last);
    while (next == last + 1 && !arena_begins(list, next - 1)) {
        last = next;
        next = *next_of(list, last);
        count++;
    }
    list_cut(list, 0, last, count);
    return frame_run(pfn(last - count), count);
}

bool frame_list_drain(struct frame_list *list, struct frame_run *run)
{
    if (list->frames.head == 0) {
        list->map_count = 0;
        return false;
    }
    list_sort(list); /* what is given in long runs is given quickly */
    *run = list_take_front(list);
    return true;
}

uint64_t frame_list_length(const struct frame_list *list)
{
    return length_read(list);
}

/* A list that does not end is found by its length. */
bool frame_list_walk(const struct frame_list *list, void (*visit)(void *context, struct frame_run run), void *context)
{
    uint64_t reached = 0, last = 0;
    bool ascends = true;
    for (uint64_t link = list->frames.head; link != 0 && reached <= length_read(list); reached++) {
        visit(context, frame_run(pfn(link - 1), 1));
        ascends = ascends && link > last;
        last = link;
        link = *next_of(list, link);
    }
    return reached == length_read(list) && last == list->frames.tail && (!list->sorted || ascends);
}
