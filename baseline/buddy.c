/* SPDX-License-Identifier: MIT
 * Buddy free lists over one arena.
 *
 * 1. Words. Frames are numbered by index, absolute frame number minus `base`, and base is a multiple of 2^10: what is
 *    aligned by index is aligned in memory, wherever the arena starts. A block of order o is 2^o frames from an index
 *    that is a multiple of 2^o; its buddy is the block at index xor 2^o. Order 10 is the top: such blocks have none.
 * 2. States of a frame: inside a free block, or out. Out is also what was never given: holes, metadata, and the
 *    frames that rounding adds at both ends. Nothing is written for them: 0 says out.
 * 3. Equations, between calls:
 *      marks[i] = 1 + o      <=>  block (i, o) is in list o                       (o < 10)
 *      top_marks[t] = 1      <=>  block (1024 t, 10) is in list 10
 *      filled bit o          <=>  list o is not empty
 *      free_frames           =    sum over o of 2^o * length of list o
 *      blocks are disjoint, and no two buddies are both free: they would be one block.
 *    The last makes the free blocks a function of the free frames alone: when all is given back, all is as it was
 *    (P8), and every run of 2^o aligned free frames lies within one block (so that constant time finds it).
 *    buddy_walk checks them all.
 * 4. Splitting needs no look at buddies: a piece of a block that was cut has its buddy's frames in the same cut, so
 *    in part out or in another piece of a maximal decomposition. Giving back looks upwards from each piece.
 * 5. Top blocks have marks and words in arrays of their own, dense: a fresh arena of 64 GiB is 16384 links in 128 KiB
 *    instead of a page of metadata touched for each block.
 * 6. Runs that no block holds, because they straddle two, are longer than a top block, or are aligned to more than
 *    one: buddy_search_run walks the blocks in address order, first fit, and cuts. It skips eight frames that are
 *    out at a time.
 * 7. Costs. take_frames: O(10) a block taken, which yields up to 1024 frames. give_run: O(10) a maximal block of the
 *    run. take_run: O(10). search_run: O(span / 8). Metadata: 9 bytes a frame, 9 a top block, at most 2 KiB of
 *    rounding.
 * 8. Progress and order: the caller's lock.
 *
 * Papers: Knowlton, CACM 8(10), 1965; Knuth, TAOCP 1, 2.5 (tags that let a block find whether its buddy is free). */
#include "buddy.h"

#include <string.h>

#include "platform.h"

#define NONE UINT32_MAX

/* ---- layout ------------------------------------------------------------------------------------------------- */

static uint64_t span_base(struct frame_run span)
{
    return align_down_u64(span.first.value, BUDDY_TOP_FRAMES);
}

/* Frames of the span, rounded out to top blocks. */
static uint64_t span_rounded(struct frame_run span)
{
    return align_up_u64(frame_run_end(span), BUDDY_TOP_FRAMES) - span_base(span);
}

bool buddy_can_span(struct frame_run span)
{
    return span.count < NONE - 2 * BUDDY_TOP_FRAMES;
}

uint64_t buddy_bytes(struct frame_run span)
{
    uint64_t tops = span_rounded(span) / BUDDY_TOP_FRAMES;
    return align_up_u64(sizeof(struct buddy), CACHE_LINE) + (tops + span.count) * sizeof(union buddy_word) +
           span_rounded(span) + tops;
}

struct buddy *buddy_init(void *memory, struct frame_run span)
{
    uint64_t tops = span_rounded(span) / BUDDY_TOP_FRAMES;
    struct buddy *buddy = memory;
    FRAME_ASSERT(buddy_can_span(span));
    buddy->base = span_base(span);
    buddy->first = (uint32_t)(span.first.value - buddy->base);
    buddy->end = (uint32_t)span_rounded(span);
    buddy->free_frames = 0;
    buddy->filled = 0;
    for (uint32_t order = 0; order <= BUDDY_ORDER_MAX; order++) {
        buddy->heads[order] = NONE;
    }
    buddy->top_words = (void *)((unsigned char *)memory + align_up_u64(sizeof *buddy, CACHE_LINE));
    buddy->words = buddy->top_words + tops;
    buddy->marks = (void *)(buddy->words + span.count);
    buddy->top_marks = buddy->marks + buddy->end;
    return buddy;
}

/* ---- blocks and lists --------------------------------------------------------------------------------------- */

static inline union buddy_word *block_word(const struct buddy *buddy, uint32_t index, uint32_t order)
{
    return order == BUDDY_ORDER_MAX ? &buddy->top_words[index >> BUDDY_ORDER_MAX] : &buddy->words[index - buddy->first];
}

static inline void block_mark(struct buddy *buddy, uint32_t index, uint32_t order, bool free)
{
    if (order == BUDDY_ORDER_MAX) {
        buddy->top_marks[index >> BUDDY_ORDER_MAX] = free;
    } else {
        buddy->marks[index] = (uint8_t)(free ? order + 1 : 0);
    }
}

static inline void list_push(struct buddy *buddy, uint32_t index, uint32_t order)
{
    FRAME_DEBUG_ASSERT(index % (1u << order) == 0);
    uint32_t next = buddy->heads[order];
    union buddy_word *word = block_word(buddy, index, order);
    word->link.next = next;
    word->link.prev = NONE;
    if (next != NONE) {
        block_word(buddy, next, order)->link.prev = index;
    }
    buddy->heads[order] = index;
    buddy->filled |= 1u << order;
    block_mark(buddy, index, order, true);
}

static inline void list_remove(struct buddy *buddy, uint32_t index, uint32_t order)
{
    union buddy_word word = *block_word(buddy, index, order);
    if (word.link.next != NONE) {
        block_word(buddy, word.link.next, order)->link.prev = word.link.prev;
    }
    if (word.link.prev != NONE) {
        block_word(buddy, word.link.prev, order)->link.next = word.link.next;
    } else {
        buddy->heads[order] = word.link.next;
        if (word.link.next == NONE) {
            buddy->filled &= ~(1u << order);
        }
    }
    block_mark(buddy, index, order, false);
}

static inline uint32_t list_pop(struct buddy *buddy, uint32_t order)
{
    FRAME_DEBUG_ASSERT(buddy->heads[order] != NONE);
    uint32_t index = buddy->heads[order];
    list_remove(buddy, index, order);
    return index;
}

/* Order of the largest block that starts at `index` and has at most `count` frames, count > 0. */
static inline uint32_t block_order_fitting(uint32_t index, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0);
    uint32_t aligned = (uint32_t)__builtin_ctz(index | BUDDY_TOP_FRAMES);
    uint32_t filling = 31u - (uint32_t)__builtin_clz(count);
    return aligned < filling ? aligned : filling;
}

/* Lists what is left of a block that was cut: pieces that have nothing to merge with. */
static void pieces_push(struct buddy *buddy, uint32_t index, uint32_t count)
{
    while (count > 0) {
        uint32_t order = block_order_fitting(index, count);
        list_push(buddy, index, order);
        index += 1u << order;
        count -= 1u << order;
    }
}

/* Makes a block free, merged with its buddy as often as that is free. */
static void block_give(struct buddy *buddy, uint32_t index, uint32_t order)
{
    FRAME_DEBUG_ASSERT(buddy->marks[index] == 0 && buddy->top_marks[index >> BUDDY_ORDER_MAX] == 0);
    while (order < BUDDY_ORDER_MAX && buddy->marks[index ^ (1u << order)] == order + 1) {
        list_remove(buddy, index ^ (1u << order), order);
        index &= ~(1u << order);
        order++;
    }
    list_push(buddy, index, order);
}

void buddy_clear(struct buddy *buddy)
{
    while (buddy->filled != 0) {
        list_pop(buddy, (uint32_t)__builtin_ctz(buddy->filled));
    }
    buddy->free_frames = 0;
}

void buddy_give_run(struct buddy *buddy, struct frame_run run)
{
    uint32_t index = (uint32_t)(run.first.value - buddy->base);
    uint32_t count = (uint32_t)run.count;
    FRAME_DEBUG_ASSERT(index >= buddy->first && index + run.count <= buddy->end);
    while (count > 0) {
        uint32_t order = block_order_fitting(index, count);
        block_give(buddy, index, order);
        index += 1u << order;
        count -= 1u << order;
    }
    buddy->free_frames += run.count;
}

uint32_t buddy_take_frames(struct buddy *buddy, pfn_t *frames, uint32_t count)
{
    uint32_t taken = 0;
    while (taken < count && buddy->filled != 0) {
        uint32_t order = (uint32_t)__builtin_ctz(buddy->filled);
        uint32_t index = list_pop(buddy, order);
        uint32_t size = 1u << order;
        uint32_t used = size < count - taken ? size : count - taken;
        /* Descending: a magazine is emptied from its end, so its owner gets them ascending. */
        for (uint32_t i = used; i > 0; i--) {
            frames[taken++] = pfn(buddy->base + index + i - 1);
        }
        pieces_push(buddy, index + used, size - used);
    }
    buddy->free_frames -= taken;
    return taken;
}

bool buddy_take_run(struct buddy *buddy, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    if (request.count > BUDDY_TOP_FRAMES || request.align_order > BUDDY_ORDER_MAX) {
        return false;
    }
    uint32_t count = (uint32_t)request.count;
    uint32_t covering = count == 1 ? 0 : 32u - (uint32_t)__builtin_clz(count - 1);
    uint32_t wanted = covering > request.align_order ? covering : request.align_order;
    uint32_t lists = buddy->filled & ~((1u << wanted) - 1);
    if (lists == 0) {
        return false;
    }
    uint32_t order = (uint32_t)__builtin_ctz(lists);
    uint32_t index = list_pop(buddy, order);
    pieces_push(buddy, index + count, (1u << order) - count);
    buddy->free_frames -= count;
    *first = pfn(buddy->base + index);
    return true;
}

/* ---- the search --------------------------------------------------------------------------------------------- */

static bool eight_marks_empty(const struct buddy *buddy, uint32_t index)
{
    uint64_t marks;
    memcpy(&marks, &buddy->marks[index], sizeof marks);
    return marks == 0;
}

/* Moves *index to the first free block at or after it, below `end`, and tells its order; false if there is none. */
static bool block_find(const struct buddy *buddy, uint32_t *index, uint32_t end, uint32_t *order)
{
    FRAME_DEBUG_ASSERT(end <= buddy->end);
    uint32_t i = *index;
    while (i < end) {
        bool top = i % BUDDY_TOP_FRAMES == 0 && buddy->top_marks[i >> BUDDY_ORDER_MAX] != 0;
        if (top || buddy->marks[i] != 0) {
            *index = i;
            *order = top ? BUDDY_ORDER_MAX : buddy->marks[i] - 1u;
            return true;
        }
        i += i % 8 == 0 && eight_marks_empty(buddy, i) ? 8 : 1;
    }
    return false;
}

/* Takes `count` frames from `index`, where a block starts, out of the free blocks that hold them. */
static void frames_cut(struct buddy *buddy, uint32_t index, uint32_t count)
{
    FRAME_DEBUG_ASSERT(count > 0 && count <= buddy->free_frames);
    uint32_t end = index + count;
    uint32_t order;
    while (index < end && block_find(buddy, &index, end, &order)) {
        uint32_t block_end = index + (1u << order);
        list_remove(buddy, index, order);
        pieces_push(buddy, end, block_end > end ? block_end - end : 0);
        index = block_end;
    }
    buddy->free_frames -= count;
}

bool buddy_search_run(struct buddy *buddy, struct frame_request request, pfn_t *first)
{
    FRAME_DEBUG_ASSERT(request.count > 0);
    uint64_t align = UINT64_C(1) << request.align_order;
    uint64_t run_start = 0, run_end = 0; /* free blocks that touch one another: [run_start, run_end) */
    uint32_t index = 0, order;
    if (request.count > buddy->free_frames) {
        return false;
    }
    while (block_find(buddy, &index, buddy->end, &order)) {
        if (index != run_end) {
            run_start = index;
        }
        run_end = (uint64_t)index + (1u << order);
        uint64_t candidate = align_up_u64(buddy->base + run_start, align) - buddy->base;
        if (candidate + request.count <= run_end) {
            /* A block starts at the candidate: a multiple of `align` inside a larger block is not the first one at
             * or after run_start, for the block's start is one too. */
            frames_cut(buddy, (uint32_t)candidate, (uint32_t)request.count);
            *first = pfn(buddy->base + candidate);
            return true;
        }
        index = (uint32_t)run_end;
    }
    return false;
}

/* ---- the audit --------------------------------------------------------------------------------------------- */

static bool broken(const struct buddy *buddy, const char *equation, uint32_t index, uint32_t order)
{
    unsigned long long frame = buddy->base + index;
    platform_log("buddy: %s: block of order %u at frame 0x%llx", equation, order, frame);
    return false;
}

/* One list: its blocks are where their order allows, marked, linked both ways, and have no free buddy. */
static bool list_check(const struct buddy *buddy, uint32_t order, uint64_t *frames)
{
    uint32_t prev = NONE;
    uint64_t length = 0;
    for (uint32_t index = buddy->heads[order]; index != NONE; index = block_word(buddy, index, order)->link.next) {
        if (index % (1u << order) != 0 || index < buddy->first || index >= buddy->end) {
            return broken(buddy, "a listed block lies where none can", index, order);
        }
        if (order == BUDDY_ORDER_MAX ? buddy->top_marks[index >> order] != 1 : buddy->marks[index] != order + 1) {
            return broken(buddy, "a listed block is not marked", index, order);
        }
        if (block_word(buddy, index, order)->link.prev != prev || ++length > buddy->end >> order) {
            return broken(buddy, "a list's links disagree", index, order);
        }
        if (order < BUDDY_ORDER_MAX && buddy->marks[index ^ (1u << order)] == order + 1) {
            return broken(buddy, "two free buddies were not merged", index, order);
        }
        prev = index;
    }
    if ((length > 0) != ((buddy->filled >> order & 1) != 0)) {
        platform_log("buddy: the filled bit of list %u is wrong", order);
        return false;
    }
    *frames += length << order;
    return true;
}

/* All marked blocks of the span, in address order, lie apart; *frames is their sum. */
static bool marks_check(const struct buddy *buddy, uint64_t *frames)
{
    uint32_t order, end = 0;
    for (uint32_t index = 0; block_find(buddy, &index, buddy->end, &order); index++) {
        if (index < end) {
            return broken(buddy, "two free blocks overlap", index, order);
        }
        end = index + (1u << order);
        *frames += UINT64_C(1) << order;
    }
    return true;
}

/* Visits the free blocks that lie wholly between two indices; returns the sum of their frames. */
static uint64_t range_walk(const struct buddy *buddy, uint32_t start, uint32_t end,
                           void (*visit)(void *context, struct frame_run run), void *context)
{
    uint64_t frames = 0;
    uint32_t order;
    for (uint32_t index = start; block_find(buddy, &index, end, &order); index += 1u << order) {
        if ((uint64_t)index + (1u << order) <= end) {
            visit(context, frame_run(pfn(buddy->base + index), UINT64_C(1) << order));
            frames += UINT64_C(1) << order;
        }
    }
    return frames;
}

bool buddy_walk(const struct buddy *buddy, const struct frame_run *regions, uint32_t region_count,
                void (*visit)(void *context, struct frame_run run), void *context)
{
    uint64_t listed = 0, marked = 0, visited = 0;
    for (uint32_t order = 0; order <= BUDDY_ORDER_MAX; order++) {
        if (!list_check(buddy, order, &listed)) {
            return false;
        }
    }
    if (!marks_check(buddy, &marked)) {
        return false;
    }
    for (uint32_t i = 0; i < region_count; i++) {
        struct frame_run area = regions[i]; /* with the regions that touch it, since blocks may span them */
        while (i + 1 < region_count && regions[i + 1].first.value == frame_run_end(area)) {
            area.count += regions[++i].count;
        }
        visited += range_walk(buddy, (uint32_t)(area.first.value - buddy->base),
                              (uint32_t)(frame_run_end(area) - buddy->base), visit, context);
    }
    if (listed != buddy->free_frames || marked != buddy->free_frames || visited != buddy->free_frames) {
        platform_log("buddy: %llu frames free, but %llu listed, %llu marked, %llu of them usable",
                     (unsigned long long)buddy->free_frames, (unsigned long long)listed, (unsigned long long)marked,
                     (unsigned long long)visited);
        return false;
    }
    return true;
}
