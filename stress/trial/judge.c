/* SPDX-License-Identifier: MIT
 * The judge. See judge.h. */
#include "judge.h"

#include <stdio.h>

#include "arena.h"
#include "platform.h"

/* ---- answers ---- */

bool judge_answer(struct judge *judge, const char *what, uint64_t frame, enum frame_status got, uint32_t right)
{
    if ((ANSWER(got) & right) != 0) {
        return true;
    }
    return verdict_violate(judge->verdict, PROPERTY_REFERENCES, judge->hart, frame, "%s: \"%s\" where \"%s\" is right",
                           what, got < FRAME_STATUS_COUNT ? frame_status_text(got) : "another frame",
                           frame_status_text((enum frame_status)__builtin_ctz(right)));
}

#define FOREIGN ANSWER(FRAME_FOREIGN)
#define FREE ANSWER(FRAME_NOT_ALLOCATED)
#define DONE ANSWER(FRAME_OK)
#define SHARED ANSWER(FRAME_SHARED)
#define MISALIGNED ANSWER(FRAME_MISALIGNED)
#define INVALID ANSWER(FRAME_LAYOUT_INVALID)
#define FOREIGN_OR_BUSY (FOREIGN | ANSWER(FRAME_CONTENDED)) /* while others add and remove arenas */
#define NEVER 0                                             /* nobody asks */

/* By standing: foreign, free, owned, shared, unknown. */
static const struct {
    const char *name;
    uint32_t right[STANDING_COUNT];
} CALLS[CALL_COUNT] = {
    [CALL_FREE_ONE] = {"frame_free_one", {FOREIGN, FREE, DONE, SHARED, NEVER}},
    [CALL_FREE_RUN] = {"frame_free_run", {FOREIGN, FREE, DONE, SHARED, NEVER}},
    [CALL_FREE_CONTIGUOUS] = {"frame_free_contiguous", {FOREIGN, FREE, DONE, SHARED, NEVER}},
    [CALL_FREE_MISALIGNED] = {"frame_free_contiguous, misaligned", {NEVER, NEVER, MISALIGNED, NEVER, NEVER}},
    [CALL_FREE_LAYOUT] = {"frame_free_contiguous, alignment 3", {INVALID, INVALID, INVALID, INVALID, INVALID}},
    [CALL_REF] = {"frame_ref", {FOREIGN, FREE, DONE, DONE, NEVER}},
    [CALL_UNREF] = {"frame_unref", {FOREIGN, FREE, DONE, DONE, NEVER}},
    [CALL_REF_COUNT] = {"frame_ref_count", {FREE, FREE, DONE, SHARED, FREE | DONE | SHARED}},
    [CALL_AT_ADDR] = {"frame_at_addr", {FOREIGN_OR_BUSY, DONE, DONE, DONE, DONE | FOREIGN_OR_BUSY}},
    [CALL_AT_MIDDLE] = {"frame_at_addr inside a frame", {MISALIGNED, MISALIGNED, MISALIGNED, MISALIGNED, MISALIGNED}},
    [CALL_ARENA_ADD] = {"frame_arena_add",
                        {NEVER, ANSWER(FRAME_OVERLAP), ANSWER(FRAME_OVERLAP), ANSWER(FRAME_OVERLAP), ANSWERS_ADD}},
    [CALL_ARENA_REMOVE] = {"frame_arena_remove",
                           {FOREIGN, NEVER, ANSWER(FRAME_BUSY), ANSWER(FRAME_BUSY), ANSWERS_REMOVE}},
};

static const char *const STANDINGS[STANDING_COUNT] = {"foreign", "free", "the caller's own", "shared",
                                                      "coming or going"};

static enum frame_status ref_count(struct frame_allocator *allocator, pfn_t frame)
{
    uint32_t count = frame_ref_count(allocator, frame);
    return count == 0 ? FRAME_NOT_ALLOCATED : count == 1 ? FRAME_OK : FRAME_SHARED;
}

/* FRAME_STATUS_COUNT if it finds another frame. */
static enum frame_status at_addr(struct frame_allocator *allocator, pfn_t frame)
{
    pfn_t found;
    enum frame_status status = frame_at_addr(allocator, frame_addr(frame), &found);
    return status == FRAME_OK && found.value != frame.value ? FRAME_STATUS_COUNT : status;
}

/* Any byte but the first, another one from frame to frame. */
static enum frame_status at_middle(struct frame_allocator *allocator, pfn_t frame)
{
    pfn_t found;
    phys_addr_t addr = {frame_addr(frame).value + 1 + frame.value % (FRAME_SIZE - 1)};
    return frame_at_addr(allocator, addr, &found);
}

static enum frame_status make(struct frame_allocator *allocator, enum judged_call call, struct frame_run run)
{
    const uint64_t bytes = run.count << FRAME_SHIFT;
    switch (call) {
    case CALL_FREE_ONE:
        return frame_free_one(allocator, run.first);
    case CALL_FREE_RUN:
        return frame_free_run(allocator, run);
    case CALL_FREE_CONTIGUOUS:
        return frame_free_contiguous(allocator, run.first, (struct frame_layout){bytes, FRAME_SIZE});
    case CALL_FREE_MISALIGNED:
        return frame_free_contiguous(allocator, pfn(run.first.value + 1), (struct frame_layout){bytes, 4 * FRAME_SIZE});
    case CALL_FREE_LAYOUT:
        return frame_free_contiguous(allocator, run.first, (struct frame_layout){bytes, 3});
    case CALL_REF:
        return frame_ref(allocator, run.first);
    case CALL_UNREF:
        return frame_unref(allocator, run.first);
    case CALL_REF_COUNT:
        return ref_count(allocator, run.first);
    case CALL_AT_ADDR:
        return at_addr(allocator, run.first);
    case CALL_AT_MIDDLE:
        return at_middle(allocator, run.first);
    case CALL_ARENA_ADD:
        return frame_arena_add(allocator, (struct phys_range){frame_addr(run.first), bytes}, 0);
    default:
        return frame_arena_remove(allocator, run.first);
    }
}

/* Whether only reference counts tell what is right. */
static bool needs_counts(enum judged_call call, enum standing standing)
{
    bool by_count = standing == STANDING_FREE || standing == STANDING_SHARED;
    return call < CALL_AT_ADDR && (by_count || (call == CALL_REF && standing == STANDING_OWNED));
}

bool judge_call(struct judge *judge, enum judged_call call, struct frame_run run, enum standing standing)
{
    uint32_t right = CALLS[call].right[standing];
    FRAME_ASSERT(right != NEVER);
    if (needs_counts(call, standing) && !frame_counts_references()) {
        return true;
    }
    judge_count_call(judge);
    enum frame_status got = make(judge->allocator, call, run);
    if ((ANSWER(got) & right) != 0) {
        return true;
    }
    char what[64];
    (void)snprintf(what, sizeof what, "%s, %s", CALLS[call].name, STANDINGS[standing]);
    return judge_answer(judge, what, run.first.value, got, right);
}

bool judge_layout(struct judge *judge, uint32_t number)
{
    static const struct {
        struct frame_layout layout;
        enum frame_status right;
    } cases[JUDGE_LAYOUTS] = {
        {{0, FRAME_SIZE}, FRAME_LAYOUT_INVALID},
        {{FRAME_SIZE, 3 * FRAME_SIZE}, FRAME_LAYOUT_INVALID},
        {{UINT64_C(1) << 40, FRAME_SIZE}, FRAME_LAYOUT_IMPOSSIBLE},
        {{FRAME_SIZE, 0}, FRAME_LAYOUT_INVALID},
        {{UINT64_MAX, FRAME_SIZE}, FRAME_LAYOUT_INVALID},
        {{FRAME_SIZE, UINT64_C(1) << 63}, FRAME_LAYOUT_IMPOSSIBLE},
        {{UINT64_C(1) << 62, FRAME_SIZE}, FRAME_LAYOUT_IMPOSSIBLE},
    };
    struct frame_run run;
    judge_count_call(judge);
    return judge_answer(judge, "frame_alloc_contiguous of a layout that cannot be met", UINT64_MAX,
                        frame_alloc_contiguous(judge->allocator, cases[number].layout, &run),
                        ANSWER(cases[number].right));
}

bool judge_refusals(struct judge *judge, pfn_t frame, enum standing standing)
{
    static const enum judged_call calls[] = {CALL_FREE_ONE, CALL_FREE_RUN, CALL_REF, CALL_UNREF, CALL_REF_COUNT};
    const bool foreign = standing == STANDING_FOREIGN, has_address = frame.value <= UINT64_MAX >> FRAME_SHIFT;
    struct frame_run run = frame_run(frame, foreign ? 2 : 1);
    bool right = true;
    for (uint32_t i = 0; i < sizeof calls / sizeof calls[0] && right; i++) {
        right = judge_call(judge, calls[i], run, standing);
    }
    return right && (!foreign || !has_address || judge_call(judge, CALL_AT_ADDR, run, standing));
}

bool judge_shared(struct judge *judge, struct frame_run run, pfn_t frame)
{
    struct frame_run one = frame_run(frame, 1);
    return judge_call(judge, CALL_REF, one, STANDING_OWNED) && judge_call(judge, CALL_FREE_ONE, one, STANDING_SHARED) &&
           judge_call(judge, CALL_FREE_RUN, run, STANDING_SHARED) &&
           judge_call(judge, CALL_UNREF, one, STANDING_SHARED) &&
           judge_call(judge, CALL_REF_COUNT, one, STANDING_OWNED);
}

/* ---- what is handed out ---- */

bool judge_shape(struct verdict *verdict, uint32_t hart, struct frame_request request, struct frame_run run)
{
    uint64_t align = UINT64_C(1) << request.align_order;
    if (run.count == request.count && (run.first.value & (align - 1)) == 0) {
        return true;
    }
    return verdict_violate(verdict, PROPERTY_RUNS, hart, run.first.value,
                           "%llu frames aligned to %llu were asked for, %llu from 0x%llx given",
                           (unsigned long long)request.count, (unsigned long long)align, (unsigned long long)run.count,
                           (unsigned long long)run.first.value);
}

bool judge_covered(struct judge *judge, bool zeroed, uint32_t tries, pfn_t *frame)
{
    enum frame_status status = FRAME_CONTENDED;
    for (uint32_t i = 0; i < tries && status == FRAME_CONTENDED; i++) {
        judge_count_call(judge);
        status = zeroed ? frame_alloc_one_zeroed(judge->allocator, frame) : frame_alloc_one(judge->allocator, frame);
    }
    return status == FRAME_OK ||
           verdict_violate(judge->verdict, PROPERTY_NOTHING_STRANDED, judge->hart, UINT64_MAX,
                           "a single frame could not be had (\"%s\") though at every moment one was free",
                           frame_status_text(status));
}

/* ---- at rest ---- */

bool judge_account(struct judge *judge, struct frame_account *account)
{
    *account = (struct frame_account){0};
    bool valid = frame_allocator_validate(judge->allocator, account);
    bool equal = account->free + account->cached + account->allocated + account->lost == account->total;
    return (valid && equal) ||
           verdict_violate(judge->verdict, PROPERTY_ACCOUNT, HART_NONE, UINT64_MAX,
                           "%s: free %llu, cached %llu, allocated %llu, lost %llu, total %llu",
                           valid ? "the sum is not the total" : "validate() fails", (unsigned long long)account->free,
                           (unsigned long long)account->cached, (unsigned long long)account->allocated,
                           (unsigned long long)account->lost, (unsigned long long)account->total);
}

bool judge_all_free(struct judge *judge)
{
    struct frame_account account;
    if (!frame_allocator_drain(judge->allocator)) {
        return verdict_violate(judge->verdict, PROPERTY_NOTHING_STRANDED, HART_NONE, UINT64_MAX,
                               "at rest a hart does not answer a drain");
    }
    if (!judge_account(judge, &account)) {
        return false;
    }
    return account.free == account.total ||
           verdict_violate(judge->verdict, PROPERTY_ACCOUNT, HART_NONE, UINT64_MAX,
                           "all is freed and drained, but of %llu frames %llu are cached, %llu allocated",
                           (unsigned long long)account.total, (unsigned long long)account.cached,
                           (unsigned long long)account.allocated);
}

static void longer_region(void *context, const struct arena *arena)
{
    uint64_t *longest = context;
    for (uint32_t i = 0; i < arena->region_count; i++) {
        *longest = arena->regions[i].count > *longest ? arena->regions[i].count : *longest;
    }
}

uint64_t judge_longest(struct frame_allocator *allocator)
{
    uint64_t longest = 0;
    frame_allocator_arenas(allocator, longer_region, &longest);
    return longest;
}

bool judge_largest(struct judge *judge, uint64_t longest, struct frame_run *run)
{
    judge_count_call(judge);
    enum frame_status status =
        frame_alloc_contiguous(judge->allocator, (struct frame_layout){longest << FRAME_SHIFT, FRAME_SIZE}, run);
    return status == FRAME_OK || verdict_violate(judge->verdict, PROPERTY_WHOLE_AGAIN, judge->hart, UINT64_MAX,
                                                 "all is free, but a run of %llu frames is not to be had: \"%s\"",
                                                 (unsigned long long)longest, frame_status_text(status));
}

bool judge_magazines(struct judge *judge, const struct magazine_trace *trace)
{
    uint64_t batch = trace->batch != 0 ? trace->batch : trace->magazine;
    uint64_t allowed = trace->fresh ? (trace->operations + trace->harts * (batch - 1)) / batch
                                    : trace->operations / batch + UINT64_C(2) * trace->harts;
    return trace->accesses <= allowed ||
           verdict_violate(judge->verdict, PROPERTY_MAGAZINES, judge->hart, UINT64_MAX,
                           "%llu operations of %s made %llu global accesses; batches of %llu allow %llu",
                           (unsigned long long)trace->operations, trace->name, (unsigned long long)trace->accesses,
                           (unsigned long long)batch, (unsigned long long)allowed);
}
