/* SPDX-License-Identifier: MIT
 * The ownership oracle. See oracle.h for why it is sound. */
#include "oracle.h"

#include <string.h>

#include "platform.h"

/* Words of a frame that are dirtied before a free, besides the first: P6 must have something to find. */
#define DIRTY_WORDS 3u
#define FRAME_WORDS (FRAME_SIZE / sizeof(uint64_t))

#define REFERENCE_MASK UINT32_C(0xffff)

static uint64_t index_of(const struct oracle *oracle, uint64_t frame)
{
    uint64_t index = frame_index_of(&oracle->frames, frame);
    FRAME_ASSERT(index != FRAME_INDEX_NONE);
    return index;
}

static uint64_t *words_of(uint64_t frame)
{
    return platform_phys_to_virt(frame_addr(pfn(frame)));
}

static void set_kind(struct oracle *oracle, uint64_t frame, enum frame_kind kind)
{
    atomic_store_explicit(&oracle->kinds[index_of(oracle, frame)], (uint8_t)kind, memory_order_relaxed);
}

/* ---- which frames there are ---- */

uint64_t oracle_frames(const struct memory_map *map)
{
    uint64_t count = 0;
    for (uint32_t i = 0; i < map->free_count; i++) {
        count += frame_run_inside(map->free[i].range).count;
    }
    return count;
}

uint64_t oracle_bytes(const struct memory_map *map)
{
    uint64_t count = oracle_frames(map);
    uint64_t bytes = count * sizeof(uint64_t);
    bytes += align_up_u64(count * sizeof(uint32_t), sizeof(uint64_t));
    return align_up_u64(bytes + count, CACHE_LINE);
}

void oracle_init(struct oracle *oracle, struct verdict *verdict, const struct memory_map *map, void *memory)
{
    memset(oracle, 0, sizeof *oracle);
    oracle->verdict = verdict;
    oracle->extent = frame_run_inside(memory_map_extent(map));
    oracle->stamps = memory;
    frame_index_init(&oracle->frames, map->free, map->free_count, 0);
    uint64_t count = oracle->frames.total;
    oracle->shadows = (_Atomic uint32_t *)(oracle->stamps + count);
    oracle->kinds = (_Atomic uint8_t *)(oracle->shadows + align_up_u64(count, 2));
    for (uint64_t i = 0; i < count; i++) {
        atomic_store_explicit(&oracle->kinds[i], FRAME_KIND_UNSERVED, memory_order_relaxed);
    }
}

static void learn_region(struct oracle *oracle, struct frame_run region)
{
    for (uint64_t frame = region.first.value; frame < frame_run_end(region); frame++) {
        enum frame_kind kind = oracle_kind(oracle, frame);
        if (kind != FRAME_KIND_UNSERVED) {
            verdict_violate(oracle->verdict, PROPERTY_ONLY_RAM, HART_NONE, frame, "an arena claims a frame that %s",
                            kind == FRAME_KIND_OUTSIDE ? "is outside RAM, in a hole or reserved"
                                                       : "another arena has as well");
            return;
        }
        set_kind(oracle, frame, FRAME_KIND_SERVED);
    }
}

/* An arena that would hand out its own metadata. */
static void check_metadata(struct oracle *oracle, const struct arena *arena)
{
    struct frame_run metadata = frame_run_inside(arena->metadata);
    for (uint64_t frame = metadata.first.value; frame < frame_run_end(metadata); frame++) {
        if (oracle_kind(oracle, frame) != FRAME_KIND_UNSERVED) {
            verdict_violate(oracle->verdict, PROPERTY_ONLY_RAM, HART_NONE, frame,
                            "an arena has its metadata in a frame that it claims to serve, or outside RAM");
            return;
        }
    }
}

static void learn_arena(void *context, const struct arena *arena)
{
    struct oracle *oracle = context;
    FRAME_ASSERT(oracle->span_count < ARENA_MAX);
    oracle->spans[oracle->span_count++] = arena->span;
    for (uint32_t i = 0; i < arena->region_count; i++) {
        learn_region(oracle, arena->regions[i]);
    }
    check_metadata(oracle, arena);
}

/* What was served so far goes back to being RAM that nobody serves. */
static void forget_arenas(struct oracle *oracle)
{
    oracle->span_count = 0;
    for (uint64_t i = 0; i < oracle->frames.total; i++) {
        if (oracle->kinds[i] == FRAME_KIND_SERVED) {
            oracle->kinds[i] = FRAME_KIND_UNSERVED;
        }
    }
}

uint64_t oracle_learn_arenas(struct oracle *oracle, struct frame_allocator *allocator)
{
    forget_arenas(oracle);
    frame_allocator_arenas(allocator, learn_arena, oracle);
    return oracle_count_served(oracle);
}

void oracle_plug(struct oracle *oracle, struct frame_run run)
{
    for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
        set_kind(oracle, frame, FRAME_KIND_SERVED);
    }
}

void oracle_unplug(struct oracle *oracle, struct frame_run run)
{
    for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
        set_kind(oracle, frame, FRAME_KIND_UNSERVED);
        if (oracle_references(oracle, pfn(frame)) != 0) {
            verdict_violate(oracle->verdict, PROPERTY_ONLY_RAM, HART_NONE, frame,
                            "its arena was removed while it was out");
            return;
        }
    }
}

/* ---- who owns them ---- */

uint32_t oracle_references(const struct oracle *oracle, pfn_t frame)
{
    uint64_t index = frame_index_of(&oracle->frames, frame.value);
    return index != FRAME_INDEX_NONE
               ? atomic_load_explicit(&oracle->shadows[index], memory_order_relaxed) & REFERENCE_MASK
               : 0;
}

/* One frame becomes the hart's; false on a violation. */
static bool claim_frame(struct oracle *oracle, uint32_t hart, uint64_t frame)
{
    enum frame_kind kind = oracle_kind(oracle, frame);
    if (kind != FRAME_KIND_SERVED) {
        verdict_violate(oracle->verdict, PROPERTY_ONLY_RAM, hart, frame, "handed out, but it %s",
                        kind == FRAME_KIND_OUTSIDE ? "is outside RAM, in a hole or reserved"
                                                   : "is metadata, unplugged, or of no arena");
        return false;
    }
    uint32_t mine = ((hart + 1) << 16) | 1;
    uint32_t before = atomic_exchange_explicit(&oracle->shadows[index_of(oracle, frame)], mine, memory_order_relaxed);
    if (before != 0) {
        verdict_violate(oracle->verdict, PROPERTY_OWNED_ONCE, hart, frame,
                        "handed out while it was out already: allocated by hart %u, references %u", (before >> 16) - 1,
                        before & REFERENCE_MASK);
        return false;
    }
    return true;
}

bool oracle_claim(struct oracle *oracle, uint32_t hart, struct frame_run run)
{
    bool right = true;
    for (uint64_t frame = run.first.value; frame < frame_run_end(run) && right; frame++) {
        right = claim_frame(oracle, hart, frame);
    }
    return right;
}

bool oracle_release(struct oracle *oracle, uint32_t hart, struct frame_run run)
{
    for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
        uint32_t before = atomic_exchange_explicit(&oracle->shadows[index_of(oracle, frame)], 0, memory_order_relaxed);
        if ((before & REFERENCE_MASK) != 1) {
            return verdict_violate(oracle->verdict, PROPERTY_OWNED_ONCE, hart, frame,
                                   "its only owner frees it, but the oracle counts %u references",
                                   before & REFERENCE_MASK);
        }
    }
    return true;
}

static bool check_zeroed(struct oracle *oracle, uint32_t hart, uint64_t frame)
{
    const uint64_t *words = words_of(frame);
    for (uint64_t i = 0; i < FRAME_WORDS; i++) {
        if (words[i] != 0) {
            verdict_violate(oracle->verdict, PROPERTY_ZEROED, hart, frame,
                            "asked for zeroed, but byte %llu holds 0x%llx", (unsigned long long)(i * sizeof words[0]),
                            (unsigned long long)words[i]);
            return false;
        }
    }
    return true;
}

bool oracle_alloc(struct oracle *oracle, uint32_t hart, struct frame_request request, struct frame_run run, bool zeroed,
                  struct random *random)
{
    if (!judge_shape(oracle->verdict, hart, request, run) || !oracle_claim(oracle, hart, run)) {
        return false;
    }
    for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
        if (zeroed && !check_zeroed(oracle, hart, frame)) {
            return false;
        }
        uint64_t stamp = random_next(random) | 1; /* never 0, so that a frame is never zero by chance */
        oracle->stamps[index_of(oracle, frame)] = stamp;
        words_of(frame)[0] = stamp;
    }
    return true;
}

/* The owner's mark is still there: nobody else, nor the allocator, wrote to the frame. */
static void check_stamp(struct oracle *oracle, uint32_t hart, uint64_t frame)
{
    if (words_of(frame)[0] != oracle->stamps[index_of(oracle, frame)]) {
        verdict_violate(oracle->verdict, PROPERTY_OWNED_ONCE, hart, frame,
                        "somebody else wrote to the frame while it was out");
    }
}

void oracle_free(struct oracle *oracle, uint32_t hart, struct frame_run run, struct random *random)
{
    for (uint64_t frame = run.first.value; frame < frame_run_end(run); frame++) {
        check_stamp(oracle, hart, frame);
        for (uint32_t i = 0; i < DIRTY_WORDS; i++) {
            words_of(frame)[random_below(random, FRAME_WORDS)] = ~UINT64_C(0);
        }
    }
    (void)oracle_release(oracle, hart, run);
}

void oracle_ref(struct oracle *oracle, uint32_t hart, pfn_t frame)
{
    uint32_t before =
        atomic_fetch_add_explicit(&oracle->shadows[index_of(oracle, frame.value)], 1, memory_order_relaxed);
    if ((before & REFERENCE_MASK) == 0) {
        verdict_violate(oracle->verdict, PROPERTY_OWNED_ONCE, hart, frame.value,
                        "a holder takes one more reference, but the oracle counts none");
    }
}

bool oracle_unref(struct oracle *oracle, uint32_t hart, pfn_t frame)
{
    check_stamp(oracle, hart, frame.value);
    _Atomic uint32_t *shadow = &oracle->shadows[index_of(oracle, frame.value)];
    uint32_t before = atomic_fetch_sub_explicit(shadow, 1, memory_order_relaxed);
    if ((before & REFERENCE_MASK) == 0) {
        verdict_violate(oracle->verdict, PROPERTY_OWNED_ONCE, hart, frame.value,
                        "a holder drops its reference, but the oracle counts none");
        return false;
    }
    if ((before & REFERENCE_MASK) > 1) {
        return false;
    }
    atomic_store_explicit(shadow, 0, memory_order_relaxed); /* nobody else has it, nor can get it yet */
    return true;
}

uint64_t oracle_collect(struct oracle *oracle, struct judge *judge, pfn_t *frames, void (*progress)(void))
{
    enum frame_status status = FRAME_OK;
    uint64_t count = 0;
    while (status == FRAME_OK && verdict_holds(oracle->verdict)) {
        pfn_t frame;
        judge_count_call(judge);
        status = frame_alloc_one(judge->allocator, &frame);
        if (judge_answer(judge, "frame_alloc_one", UINT64_MAX, status, ANSWERS_ALLOC) && status == FRAME_OK &&
            oracle_claim(oracle, judge->hart, frame_run(frame, 1))) {
            frames[count++] = frame;
        }
        progress();
    }
    for (uint64_t i = 0; i < count && verdict_holds(oracle->verdict); i++) {
        struct frame_run run = frame_run(frames[i], 1);
        (void)(oracle_release(oracle, judge->hart, run) && judge_call(judge, CALL_FREE_ONE, run, STANDING_OWNED));
        progress();
    }
    return count;
}

/* ---- at rest ---- */

uint64_t oracle_count_held(const struct oracle *oracle)
{
    uint64_t held = 0;
    for (uint64_t i = 0; i < oracle->frames.total; i++) {
        held += oracle->shadows[i] != 0;
    }
    return held;
}

uint64_t oracle_count_held_by(const struct oracle *oracle, uint32_t hart)
{
    uint64_t held = 0;
    for (uint64_t i = 0; i < oracle->frames.total; i++) {
        held += oracle->shadows[i] >> 16 == hart + 1;
    }
    return held;
}

uint64_t oracle_count_served(const struct oracle *oracle)
{
    uint64_t served = 0;
    for (uint64_t i = 0; i < oracle->frames.total; i++) {
        served += oracle->kinds[i] == FRAME_KIND_SERVED;
    }
    return served;
}

static bool may_be_given(const struct oracle *oracle, uint64_t frame, bool empty)
{
    return oracle_kind(oracle, frame) == FRAME_KIND_SERVED && (empty || oracle_references(oracle, pfn(frame)) == 0);
}

/* From `first` up to `end`. */
static bool find_run_between(const struct oracle *oracle, struct frame_request request, bool empty, uint64_t first,
                             uint64_t end, pfn_t *found)
{
    uint64_t align = UINT64_C(1) << request.align_order;
    uint64_t start = align_up_u64(first, align);
    for (uint64_t frame = start; frame < end; frame++) {
        if (!may_be_given(oracle, frame, empty)) {
            start = align_up_u64(frame + 1, align);
            frame = start - 1; /* start may lie past the end */
        } else if (frame - start + 1 == request.count) {
            *found = pfn(start);
            return true;
        }
    }
    return false;
}

/* Whatever an arena's span covers besides free memory is no part of any run. */
bool oracle_find_run(const struct oracle *oracle, struct frame_request request, bool empty, pfn_t *first)
{
    for (uint32_t i = 0; i < oracle->span_count; i++) {
        uint64_t begin = oracle->spans[i].first.value, end = frame_run_end(oracle->spans[i]);
        for (uint32_t j = 0; j < oracle->frames.count; j++) {
            uint64_t from = oracle->frames.pieces[j].first, to = oracle->frames.pieces[j].end;
            if (find_run_between(oracle, request, empty, from > begin ? from : begin, to < end ? to : end, first)) {
                return true;
            }
        }
    }
    return false;
}
