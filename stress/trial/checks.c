/* SPDX-License-Identifier: MIT
 * What a trial checks while one hart acts and the others wait. See trial.h. At rest the oracle knows everything, so
 * here answers are judged exactly: how many frames there must be, whether a run must be found, which error a call
 * must give. */
#include "platform.h"
#include "trial.h"

/* Runs asked for in one check. */
#define RUN_CHECKS 12u

/* ---- P2, P3, P7: the audit ---- */

void check_account(struct trial *trial, struct trial_hart *me)
{
    struct frame_account account;
    uint64_t served = oracle_learn_arenas(&trial->oracle, trial->config.allocator);
    uint64_t held = oracle_count_held(&trial->oracle);
    if (judge_account(&me->judge, &account) && (account.total != served || account.allocated != held)) {
        verdict_violate(&trial->verdict, PROPERTY_ACCOUNT, HART_NONE, UINT64_MAX,
                        "the allocator counts %llu frames, %llu allocated; the oracle %llu and %llu",
                        (unsigned long long)account.total, (unsigned long long)account.allocated,
                        (unsigned long long)served, (unsigned long long)held);
    }
}

/* Without reference counts every frame that an arena serves has one, all others none. */
static uint32_t references_of(const struct oracle *oracle, pfn_t frame)
{
    return frame_counts_references() ? oracle_references(oracle, frame)
                                     : oracle_kind(oracle, frame.value) == FRAME_KIND_SERVED;
}

static void check_reference(struct trial *trial, uint64_t frame)
{
    uint32_t known = references_of(&trial->oracle, pfn(frame));
    uint32_t told = frame_ref_count(trial->config.allocator, pfn(frame));
    if (told != known) {
        verdict_violate(&trial->verdict, PROPERTY_REFERENCES, HART_NONE, frame,
                        "its reference count is %u, the oracle says %u", told, known);
    }
}

/* Of all frames that may ever be handed out, and of a chunk of others on either side. */
void check_references(struct trial *trial)
{
    const struct frame_index *frames = &trial->oracle.frames;
    for (uint32_t i = 0; i < frames->count; i++) {
        uint64_t first = frames->pieces[i].first, end = frames->pieces[i].end;
        first -= first < CHUNK_FRAMES ? first : CHUNK_FRAMES;
        for (uint64_t frame = first; frame < end + CHUNK_FRAMES && verdict_holds(&trial->verdict); frame++) {
            check_reference(trial, frame);
        }
    }
}

/* ---- P7: calls that must be refused, and change nothing ---- */

/* A frame, while others wait or have far less than there is. */
static bool take_covered(struct trial *trial, struct trial_hart *me, pfn_t *frame)
{
    static const struct frame_request one = {1, 0};
    return judge_covered(&me->judge, false, 1, frame) &&
           oracle_alloc(&trial->oracle, me->hart, one, frame_run(*frame, 1), false, &me->random);
}

/* A freed frame is free: nothing may be done with it, and it may be had again. */
static void refuse_double(struct trial *trial, struct trial_hart *me)
{
    pfn_t frame;
    if (take_covered(trial, me, &frame)) {
        give_run(trial, me, frame_run(frame, 1));
        (void)(verdict_holds(&trial->verdict) && judge_refusals(&me->judge, frame, STANDING_FREE));
    }
}

static bool take_run(struct trial *trial, struct trial_hart *me, struct frame_request request, struct frame_run *run)
{
    struct frame_layout layout = {request.count << FRAME_SHIFT, FRAME_SIZE << request.align_order};
    judge_count_call(&me->judge);
    return frame_alloc_contiguous(trial->config.allocator, layout, run) == FRAME_OK &&
           oracle_alloc(&trial->oracle, me->hart, request, *run, false, &me->random);
}

/* One of which a frame is free, or shared, or that is named wrongly, too. */
static void refuse_partial(struct trial *trial, struct trial_hart *me)
{
    static const uint64_t counts[] = {4, 64, CHUNK_FRAMES};
    struct frame_request request = {counts[random_below(&me->random, 3)], 2};
    struct frame_run run;
    if (!take_run(trial, me, request, &run)) {
        return; /* whether there is such a run is check_runs' question */
    }
    uint64_t at = run.first.value;
    pfn_t one = pfn(at + random_below(&me->random, run.count));
    if (!judge_call(&me->judge, CALL_FREE_MISALIGNED, run, STANDING_OWNED) ||
        !judge_call(&me->judge, CALL_FREE_LAYOUT, run, STANDING_OWNED) || !judge_shared(&me->judge, run, one)) {
        return;
    }
    give_run(trial, me, frame_run(one, 1));
    if (!judge_call(&me->judge, CALL_FREE_RUN, run, STANDING_FREE)) {
        return;
    }
    if (one.value > at) {
        give_run(trial, me, frame_run(run.first, one.value - at));
    }
    if (one.value + 1 < frame_run_end(run)) {
        give_run(trial, me, frame_run(pfn(one.value + 1), frame_run_end(run) - one.value - 1));
    }
}

/* An arena of which a frame is out stays; memory that an arena covers is not covered twice. */
static void refuse_arenas(struct trial *trial, struct trial_hart *me)
{
    pfn_t frame;
    if (take_covered(trial, me, &frame) &&
        judge_call(&me->judge, CALL_ARENA_REMOVE, frame_run(frame, 1), STANDING_OWNED) &&
        judge_call(&me->judge, CALL_ARENA_ADD, frame_run(frame, 1), STANDING_OWNED) &&
        judge_call(&me->judge, CALL_ARENA_REMOVE, frame_run(pfn(UINT64_MAX), 1), STANDING_FOREIGN)) {
        give_run(trial, me, frame_run(frame, 1));
    }
}

void check_refusals(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "making calls that must be refused");
    refuse_double(trial, me);
    if (verdict_holds(&trial->verdict)) {
        refuse_partial(trial, me);
    }
    if (verdict_holds(&trial->verdict)) {
        refuse_arenas(trial, me);
    }
}

/* ---- P4, P5: runs that must be found ---- */

static struct frame_request random_request(const struct trial *trial, struct random *random)
{
    struct frame_request request = {random_between(random, 1, 16), 0};
    switch (random_below(random, 4)) {
    case 0:
        request.align_order = (uint32_t)random_below(random, 11);
        request.count = UINT64_C(1) << request.align_order;
        break;
    case 1:
        request.count = random_between(random, 1, 3 * CHUNK_FRAMES);
        request.align_order = (uint32_t)random_below(random, 11);
        break;
    case 2:
        request.count = random_between(random, 1, trial->base_frames);
        break;
    default:
        break;
    }
    return request;
}

/* Asks for one run, knowing the answer. */
static void check_run(struct trial *trial, struct trial_hart *me, struct frame_request request)
{
    pfn_t there;
    bool found = oracle_find_run(&trial->oracle, request, false, &there);
    bool possible = found || oracle_find_run(&trial->oracle, request, true, &there);
    struct frame_layout layout = {request.count << FRAME_SHIFT, FRAME_SIZE << request.align_order};
    struct frame_run run;
    judge_count_call(&me->judge);
    enum frame_status status = frame_alloc_contiguous(trial->config.allocator, layout, &run);
    trial->tally.run_checks++;
    if (status == FRAME_OK) {
        if (oracle_alloc(&trial->oracle, me->hart, request, run, false, &me->random)) {
            give_run(trial, me, run);
        }
    } else if (found) {
        verdict_violate(&trial->verdict, PROPERTY_NOTHING_STRANDED, me->hart, there.value,
                        "%llu frames aligned to %llu are free here, but: %s", (unsigned long long)request.count,
                        1ULL << request.align_order, frame_status_text(status));
    } else {
        (void)judge_answer(&me->judge, "frame_alloc_contiguous of a run that is not free", UINT64_MAX, status,
                           ANSWER(possible ? FRAME_NO_MEMORY : FRAME_LAYOUT_IMPOSSIBLE));
    }
}

void check_runs(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "asking for runs that must be found");
    for (uint32_t i = 0; i < RUN_CHECKS && verdict_holds(&trial->verdict); i++) {
        check_run(trial, me, random_request(trial, &me->random));
    }
}

/* ---- P5: every last frame ---- */

void check_exhausted(struct trial *trial, struct trial_hart *me)
{
    uint64_t served = oracle_learn_arenas(&trial->oracle, trial->config.allocator);
    uint64_t held = oracle_count_held(&trial->oracle);
    trial->tally.exhaustions++;
    if (held != served) {
        verdict_violate(&trial->verdict, PROPERTY_NOTHING_STRANDED, me->hart, UINT64_MAX,
                        "nothing is left, says the allocator, but only %llu of %llu frames are out",
                        (unsigned long long)held, (unsigned long long)served);
    }
}

/* ---- P8: whole again ---- */

/* Takes whole chunks until there are none; returns how many. */
static uint64_t take_chunks(struct trial *trial, struct trial_hart *me)
{
    static const struct frame_request chunk = {CHUNK_FRAMES, CHUNK_ORDER};
    uint64_t count = 0;
    struct frame_run run;
    while (count < trial->oracle.frames.total && take_run(trial, me, chunk, &run)) {
        trial->exhaust[count++] = run.first;
    }
    return count;
}

void check_whole(struct trial *trial, struct trial_hart *me)
{
    static const struct frame_request chunk = {CHUNK_FRAMES, CHUNK_ORDER};
    hart_doing(me, "taking the largest runs");
    (void)frame_allocator_drain(trial->config.allocator);
    struct frame_request longest = {judge_longest(trial->config.allocator), 0};
    struct frame_run run;
    if (!judge_largest(&me->judge, longest.count, &run) ||
        !oracle_alloc(&trial->oracle, me->hart, longest, run, false, &me->random)) {
        return;
    }
    give_run(trial, me, run);
    uint64_t chunks = take_chunks(trial, me);
    pfn_t left;
    if (oracle_find_run(&trial->oracle, chunk, false, &left)) {
        verdict_violate(&trial->verdict, PROPERTY_WHOLE_AGAIN, me->hart, left.value,
                        "all is free, but this chunk is not to be had after %llu others", (unsigned long long)chunks);
    }
    trial->tally.largest_run = longest.count;
    trial->tally.chunks = chunks;
    for (uint64_t i = 0; i < chunks && verdict_holds(&trial->verdict); i++) {
        give_run(trial, me, frame_run(trial->exhaust[i], CHUNK_FRAMES));
    }
}

/* ---- P11: magazines ---- */

/* How deep a trace goes: past both magazines, but never so that caches must be drained. 0: no room to see P11. */
static uint64_t trace_depth(const struct trial *trial)
{
    uint64_t depth = UINT64_C(2) * trial->config.magazine + 2;
    uint64_t needed = (depth + UINT64_C(2) * trial->config.magazine) * trial->config.harts;
    return trial->config.magazine > 0 && needed <= trial->budget ? depth : 0;
}

static void trace_take(struct trial *trial, struct trial_hart *me, uint64_t count)
{
    for (uint64_t i = 0; i < count && verdict_holds(&trial->verdict); i++) {
        pfn_t frame;
        if (take_covered(trial, me, &frame)) {
            holding_push(me, frame_run(frame, 1), false);
        }
    }
}

static void trace_give(struct trial *trial, struct trial_hart *me, uint64_t count)
{
    for (uint64_t i = 0; i < count && verdict_holds(&trial->verdict); i++) {
        struct holding holding = holding_remove(me, me->holding_count - 1);
        oracle_free(&trial->oracle, me->hart, holding.run, &me->random);
        (void)judge_call(&me->judge, CALL_FREE_ONE, holding.run, STANDING_OWNED);
    }
}

/* Bursts whose lengths lie around the sizes that hurt: one, a batch, a magazine, two. */
void magazines_trace(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "tracing its magazines");
    uint64_t depth = trace_depth(trial);
    uint64_t m = trial->config.magazine, b = trial->config.batch;
    const uint64_t lengths[] = {1, 2, b - 1, b, b + 1, m - 1, m, m + 1, 2 * m, 2 * m + 1};
    uint64_t operations = 0;
    while (depth > 0 && operations < 32 * m && verdict_holds(&trial->verdict)) {
        uint64_t length = lengths[random_below(&me->random, sizeof lengths / sizeof lengths[0])];
        bool take = random_one_in(&me->random, 2);
        uint64_t room = take ? depth - me->holding_count : me->holding_count;
        uint64_t count = length < room ? length : room;
        if (take) {
            trace_take(trial, me, count);
        } else {
            trace_give(trial, me, count);
        }
        operations += count;
    }
    operations += me->holding_count;
    trace_give(trial, me, me->holding_count);
    atomic_fetch_add_explicit(&trial->trace_operations, operations, memory_order_relaxed);
}

/* Calls of the global allocator so far; exact while the other harts wait. */
static uint64_t global_accesses(const struct trial *trial)
{
    struct frame_stats stats;
    frame_allocator_stats(trial->config.allocator, &stats);
    return stats.global_takes + stats.global_gives;
}

static void check_accesses(struct trial *trial, struct trial_hart *me, struct magazine_trace trace)
{
    trace.magazine = trial->config.magazine;
    trace.batch = trial->config.batch;
    trial->tally.magazine_traces++;
    (void)judge_magazines(&me->judge, &trace);
}

/* The worst trace there is for caches: whenever an operation reached the global allocator, the next ones go the
 * other way. By one hart, the others wait. */
void check_magazines_adversary(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "turning round at each global access");
    uint64_t depth = trace_depth(trial);
    uint64_t operations = 0, begun = global_accesses(trial), before = begun;
    bool take = true;
    while (depth > 0 && operations < UINT64_C(16) * trial->config.magazine && verdict_holds(&trial->verdict)) {
        if (take) {
            trace_take(trial, me, 1);
        } else {
            trace_give(trial, me, 1);
        }
        operations++;
        uint64_t now = global_accesses(trial);
        bool turn = now != before || me->holding_count == (take ? depth : 0);
        take = turn ? !take : take;
        before = now;
    }
    if (depth > 0 && verdict_holds(&trial->verdict)) {
        const struct magazine_trace trace = {"the worst trace", operations, before - begun, .harts = 1};
        check_accesses(trial, me, trace);
    }
    trace_give(trial, me, me->holding_count);
}

void check_magazines_begin(struct trial *trial)
{
    atomic_store_explicit(&trial->trace_operations, 0, memory_order_relaxed);
    frame_allocator_stats(trial->config.allocator, &trial->stats_before);
}

void check_magazines_end(struct trial *trial, struct trial_hart *me)
{
    const struct frame_stats *before = &trial->stats_before;
    struct frame_stats after;
    frame_allocator_stats(trial->config.allocator, &after);
    if (trace_depth(trial) == 0 || after.drains != before->drains) {
        return; /* not seen in this round; the tally says in how many it was */
    }
    const struct magazine_trace trace = {
        .name = "random bursts",
        .operations = atomic_load_explicit(&trial->trace_operations, memory_order_relaxed),
        .accesses = after.global_takes - before->global_takes + after.global_gives - before->global_gives,
        .harts = trial->config.harts};
    check_accesses(trial, me, trace);
}
