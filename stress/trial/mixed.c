/* SPDX-License-Identifier: MIT
 * The mixed phase of a trial: every hart performs random operations of every kind. See trial.h.
 *
 * 1. What a hart does next is drawn by weight from one of three tables: operations that take memory, operations that
 *    give it back, and others. Each hart has a fill level of its own, which is drawn anew every TARGET_OPERATIONS and
 *    may be more than its share of memory; below that level it takes more often than it gives, above it gives more
 *    often. So at times memory is scarce, and harts run out of it together.
 * 2. Wrong calls made here are those that are wrong whatever other harts do. Calls that are wrong only while a frame
 *    stays free are made at rest (checks.c). */
#include <string.h>

#include "platform.h"
#include "trial.h"

/* Operations between two changes of target fill. */
#define TARGET_OPERATIONS 512u

/* Holdings before and after one among which its neighbour in memory is looked for. */
#define ADJACENT_REACH 32u

struct operation {
    const char *doing;
    uint32_t weight;
    void (*perform)(struct trial *trial, struct trial_hart *me);
};

static struct frame_allocator *allocator_of(const struct trial *trial)
{
    return trial->config.allocator;
}

/* ---- taking ---- */

static void take_one(struct trial *trial, struct trial_hart *me, bool zeroed)
{
    if (holdings_full(me) || !budget_reserve(trial, 1)) {
        return;
    }
    static const struct frame_request one = {1, 0};
    pfn_t frame;
    if (!judge_covered(&me->judge, zeroed, JUDGE_COVERED_TRIES, &frame)) {
        return;
    }
    hart_frames(me, frame_run(frame, 1));
    if (oracle_alloc(&trial->oracle, me->hart, one, frame_run(frame, 1), zeroed, &me->random)) {
        holding_push(me, frame_run(frame, 1), false);
    }
}

static void take_one_dirty(struct trial *trial, struct trial_hart *me)
{
    take_one(trial, me, false);
}

static void take_one_zeroed(struct trial *trial, struct trial_hart *me)
{
    take_one(trial, me, true);
}

/* Mostly small, every size in reach, across chunks now and then. */
static uint64_t random_count(struct random *random)
{
    switch (random_below(random, 8)) {
    case 0:
        return UINT64_C(1) << random_below(random, 11);
    case 1:
        return random_between(random, 1, 128);
    case 3:
        return random_one_in(random, 4) ? CHUNK_FRAMES : random_between(random, 1, 9);
    case 2:
        return random_one_in(random, 4) ? random_between(random, CHUNK_FRAMES - 3, 3 * CHUNK_FRAMES)
                                        : random_between(random, 60, 68);
    default:
        return random_between(random, 1, 9);
    }
}

/* Mostly below a frame, often up to a chunk, now and then the largest that there is. */
static uint64_t random_alignment(const struct trial *trial, struct random *random)
{
    if (random_one_in(random, 32)) {
        return frame_max_alignment(allocator_of(trial));
    }
    return random_one_in(random, 4) ? FRAME_SIZE << random_below(random, 11)
                                    : UINT64_C(1) << random_below(random, FRAME_SHIFT + 1);
}

/* `frames` in bytes, seldom a whole number of them, and an alignment. */
static struct frame_layout random_layout(const struct trial *trial, struct random *random, uint64_t frames,
                                         struct frame_request *request)
{
    uint64_t size = (frames << FRAME_SHIFT) - (random_one_in(random, 2) ? 0 : random_below(random, FRAME_SIZE));
    uint64_t align = random_alignment(trial, random);
    request->count = frames;
    request->align_order = align <= FRAME_SIZE ? 0 : (uint32_t)__builtin_ctzll(align >> FRAME_SHIFT);
    return (struct frame_layout){size, align};
}

static void take_contiguous(struct trial *trial, struct trial_hart *me, bool zeroed)
{
    struct frame_request request;
    struct frame_layout layout = random_layout(trial, &me->random, random_count(&me->random), &request);
    if (holdings_full(me) || !budget_reserve(trial, request.count)) {
        return;
    }
    struct frame_run run;
    judge_count_call(&me->judge);
    enum frame_status status = zeroed ? frame_alloc_contiguous_zeroed(allocator_of(trial), layout, &run)
                                      : frame_alloc_contiguous(allocator_of(trial), layout, &run);
    /* Whether a run could have been found, nobody can know while others move: that is checked at rest. */
    if (!judge_answer(&me->judge, "frame_alloc_contiguous", UINT64_MAX, status, ANSWERS_ALLOC) || status != FRAME_OK) {
        budget_release(trial, request.count);
        return;
    }
    hart_frames(me, run);
    if (oracle_alloc(&trial->oracle, me->hart, request, run, zeroed, &me->random)) {
        holding_push(me, run, false);
    }
}

static void take_run_dirty(struct trial *trial, struct trial_hart *me)
{
    take_contiguous(trial, me, false);
}

static void take_run_zeroed(struct trial *trial, struct trial_hart *me)
{
    take_contiguous(trial, me, true);
}

static const struct operation TAKES[] = {
    {"frame_alloc_one", 50, take_one_dirty},
    {"frame_alloc_one_zeroed", 8, take_one_zeroed},
    {"frame_alloc_contiguous", 30, take_run_dirty},
    {"frame_alloc_contiguous_zeroed", 6, take_run_zeroed},
};

/* ---- giving ---- */

/* The newest or any other: last in, first out is what caches like. */
static uint32_t choose_holding(struct trial_hart *me)
{
    return random_one_in(&me->random, 2) ? me->holding_count - 1
                                         : (uint32_t)random_below(&me->random, me->holding_count);
}

static void give_any(struct trial *trial, struct trial_hart *me)
{
    if (me->holding_count > 0) {
        give_holding(trial, me, holding_remove(me, choose_holding(me)));
    }
}

/* Frees the middle, the head or the tail of a run and keeps the rest. */
static void give_part(struct trial *trial, struct trial_hart *me)
{
    if (me->holding_count == 0 || me->holding_count + 1 >= me->holding_max) {
        return;
    }
    struct holding holding = holding_remove(me, choose_holding(me));
    struct frame_run run = holding.run;
    uint64_t from = random_below(&me->random, run.count);
    uint64_t length = random_between(&me->random, 1, run.count - from);
    struct frame_run part = frame_run(pfn(run.first.value + from), length);
    if (from > 0) {
        holding_push(me, frame_run(run.first, from), false);
    }
    if (from + length < run.count) {
        holding_push(me, frame_run(pfn(frame_run_end(part)), run.count - from - length), false);
    }
    holding.run = part;
    give_holding(trial, me, holding);
}

/* Runs lie in one arena: a free may not go over its edge. */
static bool one_arena(const struct trial *trial, struct frame_run run)
{
    for (uint32_t i = 0; i < trial->oracle.span_count; i++) {
        struct frame_run span = trial->oracle.spans[i];
        if (frame_run_contains(span, run.first)) {
            return frame_run_end(run) <= frame_run_end(span);
        }
    }
    return false; /* of an arena that was plugged in since the oracle looked */
}

/* Two runs that lie side by side, freed as one: neighbours in memory are often neighbours among the holdings. */
static void give_adjacent(struct trial *trial, struct trial_hart *me)
{
    if (me->holding_count < 2) {
        return;
    }
    uint32_t index = choose_holding(me);
    struct holding one = me->holdings[index];
    uint32_t from = index > ADJACENT_REACH ? index - ADJACENT_REACH : 0;
    for (uint32_t i = from; i < me->holding_count && i <= index + ADJACENT_REACH && !one.shared; i++) {
        struct holding other = me->holdings[i];
        struct frame_run both = frame_run(one.run.first, one.run.count + other.run.count);
        if (!other.shared && other.run.first.value == frame_run_end(one.run) && one_arena(trial, both)) {
            (void)holding_remove(me, i > index ? i : index); /* the later one first: the last takes its place */
            (void)holding_remove(me, i > index ? index : i);
            give_run(trial, me, both);
            budget_release(trial, both.count);
            return;
        }
    }
}

static const struct operation GIVES[] = {
    {"freeing a run", 60, give_any},
    {"freeing a part of a run", 15, give_part},
    {"freeing two runs as one", 15, give_adjacent},
};

/* ---- handing on ---- */

/* A holding in one word: frame 0 .. 39, count 40 .. 61, shared 62, there 63. */
#define MESSAGE_COUNT_SHIFT 40u
#define MESSAGE_SHARED (UINT64_C(1) << 62)
#define MESSAGE_THERE (UINT64_C(1) << 63)

static uint64_t message_write(const struct holding *holding)
{
    return MESSAGE_THERE | (holding->shared ? MESSAGE_SHARED : 0) | holding->run.count << MESSAGE_COUNT_SHIFT |
           holding->run.first.value;
}

static struct holding message_read(uint64_t message)
{
    uint64_t count = (message & ~(MESSAGE_THERE | MESSAGE_SHARED)) >> MESSAGE_COUNT_SHIFT;
    uint64_t frame = message & ((UINT64_C(1) << MESSAGE_COUNT_SHIFT) - 1);
    return (struct holding){frame_run(pfn(frame), count), (message & MESSAGE_SHARED) != 0};
}

static bool fits_message(const struct holding *holding)
{
    return holding->run.first.value < UINT64_C(1) << MESSAGE_COUNT_SHIFT && holding->run.count < UINT64_C(1) << 22;
}

/* Puts a message (or none, 0) into a random slot and takes what was there. */
static void mailbox_exchange(struct trial *trial, struct trial_hart *me, uint64_t message)
{
    _Atomic uint64_t *slot = &trial->mailbox[random_below(&me->random, MAILBOX_SLOTS)];
    /* acq_rel: contents and stamps of what is handed on go with it, both ways. */
    uint64_t found = atomic_exchange_explicit(slot, message, memory_order_acq_rel);
    if (found != 0) {
        struct holding holding = message_read(found);
        holding_push(me, holding.run, holding.shared);
    }
}

static void hand_on(struct trial *trial, struct trial_hart *me)
{
    if (holdings_full(me)) {
        return;
    }
    if (me->holding_count == 0) {
        mailbox_exchange(trial, me, 0);
        return;
    }
    uint32_t index = choose_holding(me);
    if (fits_message(&me->holdings[index])) {
        struct holding holding = holding_remove(me, index);
        mailbox_exchange(trial, me, message_write(&holding));
    }
}

void mailbox_empty(struct trial *trial, struct trial_hart *me)
{
    for (uint32_t i = 0; i < MAILBOX_SLOTS && verdict_holds(&trial->verdict); i++) {
        uint64_t found = atomic_exchange_explicit(&trial->mailbox[i], 0, memory_order_acquire);
        if (found != 0) {
            give_holding(trial, me, message_read(found));
        }
    }
}

/* ---- references ---- */

/* One more reference to a single frame, for whoever finds it in the mailbox. */
static void share(struct trial *trial, struct trial_hart *me)
{
    if (me->holding_count == 0 || holdings_full(me)) {
        return;
    }
    struct holding *holding = &me->holdings[choose_holding(me)];
    pfn_t frame = holding->run.first;
    if (holding->run.count != 1 || !fits_message(holding)) {
        return;
    }
    oracle_ref(&trial->oracle, me->hart, frame);
    if (judge_call(&me->judge, CALL_REF, holding->run, STANDING_OWNED)) { /* by a holder, of one or of several */
        holding->shared = true;
        mailbox_exchange(trial, me, message_write(holding));
    }
}

/* A frame with two references, both ours, may not be freed; one reference less, and it has one. */
static void refuse_shared(struct trial *trial, struct trial_hart *me)
{
    (void)trial;
    if (me->holding_count == 0) {
        return;
    }
    const struct holding *holding = &me->holdings[choose_holding(me)];
    if (holding->shared) {
        return;
    }
    pfn_t frame = pfn(holding->run.first.value + random_below(&me->random, holding->run.count));
    (void)judge_shared(&me->judge, holding->run, frame);
}

/* ---- calls that must be refused ---- */

static void refuse_layouts(struct trial *trial, struct trial_hart *me)
{
    (void)trial;
    (void)judge_layout(&me->judge, (uint32_t)random_below(&me->random, JUDGE_LAYOUTS));
}

/* Anywhere between the first frame of RAM and the last; as often just outside of free memory. */
static pfn_t random_between_frames(const struct oracle *oracle, struct random *random)
{
    uint64_t i = random_below(random, UINT64_C(2) * oracle->frames.count);
    if (i < oracle->frames.count) {
        return pfn(oracle->extent.first.value + random_below(random, oracle->extent.count));
    }
    i -= oracle->frames.count;
    return random_one_in(random, 2) ? pfn(oracle->frames.pieces[i].end) : pfn(oracle->frames.pieces[i].first - 1);
}

/* A frame number that no arena serves and none is about to: outside RAM or of the reserved part of it. */
static pfn_t random_foreign(const struct trial *trial, struct trial_hart *me)
{
    struct frame_run extent = trial->oracle.extent;
    struct frame_run hotplug = frame_run_inside(trial->config.hotplug);
    for (uint32_t tries = 0; tries < 16; tries++) {
        pfn_t frame = random_between_frames(&trial->oracle, &me->random);
        if (oracle_kind(&trial->oracle, frame.value) != FRAME_KIND_SERVED && !frame_run_contains(hotplug, frame)) {
            return frame;
        }
    }
    /* Just before RAM, just after, and so far out that arithmetic wraps. */
    static const uint64_t far[] = {UINT64_MAX, UINT64_MAX >> FRAME_SHIFT, UINT64_C(1) << 51};
    uint64_t i = random_below(&me->random, 5);
    return pfn(i == 0 ? frame_run_end(extent) : i == 1 ? extent.first.value - 1 : far[i - 2]);
}

static void refuse_foreign(struct trial *trial, struct trial_hart *me)
{
    (void)judge_refusals(&me->judge, random_foreign(trial, me), STANDING_FOREIGN);
}

/* A frame of the arena that comes and goes, while others add and remove it. Whatever the answers: nothing may be read
 * that is no longer the allocator's. */
static void look_at_hotplug(struct trial *trial, struct trial_hart *me)
{
    struct frame_run hotplug = frame_run_inside(trial->config.hotplug);
    if (hotplug.count > 0) {
        struct frame_run one = frame_run(pfn(hotplug.first.value + random_below(&me->random, hotplug.count)), 1);
        (void)judge_call(&me->judge, CALL_REF_COUNT, one, STANDING_UNKNOWN);
        (void)judge_call(&me->judge, CALL_AT_ADDR, one, STANDING_UNKNOWN);
    }
}

static void look_up(struct trial *trial, struct trial_hart *me)
{
    (void)trial;
    if (me->holding_count > 0) {
        struct frame_run run = me->holdings[choose_holding(me)].run;
        (void)judge_call(&me->judge, CALL_AT_ADDR, run, STANDING_OWNED);
        (void)judge_call(&me->judge, CALL_AT_MIDDLE, run, STANDING_OWNED);
    }
}

/* ---- the rest of the interface ---- */

static void drain(struct trial *trial, struct trial_hart *me)
{
    judge_count_call(&me->judge);
    (void)frame_allocator_drain(allocator_of(trial)); /* false: a hart waits for its core; allowed */
}

static void zero_idle(struct trial *trial, struct trial_hart *me)
{
    judge_count_call(&me->judge);
    (void)frame_zero_idle(allocator_of(trial)); /* false: nothing to do */
}

static void read_stats(struct trial *trial, struct trial_hart *me)
{
    struct frame_stats stats;
    judge_count_call(&me->judge);
    frame_allocator_stats(allocator_of(trial), &stats);
}

/* ---- hot-plug: any hart, one at a time ---- */

static uint64_t pattern_of(uint64_t index)
{
    return index * UINT64_C(0x9e3779b97f4a7c15) + 1;
}

static void hotplug_forbid(const struct trial *trial, bool forbidden)
{
    if (trial->config.forbid != NULL && trial->config.hotplug.size > 0) {
        trial->config.forbid(trial->config.hotplug, forbidden);
    }
}

void hotplug_fill(struct trial *trial)
{
    struct phys_range range = trial->config.hotplug;
    uint64_t *words = range.size > 0 ? platform_phys_to_virt(range.start) : NULL;
    for (uint64_t i = 0; i < range.size / sizeof words[0]; i++) {
        words[i] = pattern_of(i);
    }
    hotplug_forbid(trial, true);
}

static bool hotplug_intact(struct trial *trial, struct trial_hart *me)
{
    struct phys_range range = trial->config.hotplug;
    const uint64_t *words = platform_phys_to_virt(range.start);
    for (uint64_t i = 0; i < range.size / sizeof words[0]; i++) {
        if (words[i] != pattern_of(i)) {
            verdict_violate(&trial->verdict, PROPERTY_RECLAMATION, me->hart, frame_containing(range.start).value,
                            "byte %llu of a removed arena was written to", (unsigned long long)(i * sizeof words[0]));
            return false;
        }
    }
    return true;
}

static void hotplug_add(struct trial *trial, struct trial_hart *me)
{
    struct phys_range range = trial->config.hotplug;
    hotplug_forbid(trial, false);
    if (!hotplug_intact(trial, me)) {
        return;
    }
    oracle_plug(&trial->oracle, frame_run_inside(range));
    judge_count_call(&me->judge);
    trial->plugged =
        judge_answer(&me->judge, "frame_arena_add", frame_containing(range.start).value,
                     frame_arena_add(allocator_of(trial), range, trial->config.hotplug_node), ANSWER(FRAME_OK));
    trial->tally.plugged++;
}

static enum frame_status hotplug_remove(struct trial *trial, struct trial_hart *me)
{
    struct phys_range range = trial->config.hotplug;
    pfn_t frame = frame_containing(range.start);
    if (!judge_call(&me->judge, CALL_ARENA_ADD, frame_run_inside(range), STANDING_FREE)) {
        return FRAME_OVERLAP;
    }
    judge_count_call(&me->judge);
    enum frame_status status = frame_arena_remove(allocator_of(trial), frame);
    bool right =
        judge_answer(&me->judge, "frame_arena_remove", frame.value, status, ANSWERS_REMOVE_REFUSED | ANSWER(FRAME_OK));
    if (!right || status != FRAME_OK) {
        trial->tally.unplug_refused++;
        return status;
    }
    oracle_unplug(&trial->oracle, frame_run_inside(range));
    hotplug_fill(trial);
    trial->plugged = false;
    trial->tally.unplugged++;
    return status;
}

static void hotplug(struct trial *trial, struct trial_hart *me)
{
    /* Acquire, partner of the release below: what the last one found and left. */
    if (trial->config.hotplug.size == 0 || atomic_exchange_explicit(&trial->plugging, 1, memory_order_acquire) != 0) {
        return;
    }
    if (trial->plugged) {
        (void)hotplug_remove(trial, me);
    } else {
        hotplug_add(trial, me);
    }
    atomic_store_explicit(&trial->plugging, 0, memory_order_release);
}

void hotplug_settle(struct trial *trial, struct trial_hart *me)
{
    hart_doing(me, "removing an arena of which nothing is out");
    enum frame_status status = trial->plugged ? hotplug_remove(trial, me) : FRAME_OK;
    if (status == FRAME_BUSY || status == FRAME_CONTENDED) {
        verdict_violate(&trial->verdict, PROPERTY_REFERENCES, me->hart,
                        frame_containing(trial->config.hotplug.start).value,
                        "frame_arena_remove is refused, though no frame of the arena is out");
    }
}

/* ---- harts come and go ---- */

static bool wrong_life(struct trial *trial, struct trial_hart *me, const char *what, enum frame_status status)
{
    return verdict_violate(&trial->verdict, PROPERTY_HARTS, me->hart, UINT64_MAX, "%s: '%s'", what,
                           frame_status_text(status));
}

/* As often as it takes: others may be in the way. */
static void join(struct trial *trial, struct trial_hart *me)
{
    struct frame_allocator *fa = allocator_of(trial);
    uint32_t node = (uint32_t)random_below(&me->random, frame_allocator_nodes(fa));
    enum frame_status status = FRAME_CONTENDED;
    while (status == FRAME_CONTENDED && verdict_holds(&trial->verdict)) {
        judge_count_call(&me->judge);
        status = frame_hart_join(fa, node);
    }
    if (status != FRAME_OK) {
        (void)wrong_life(trial, me, "a hart that left does not get in again", status);
    } else if ((status = frame_hart_join(fa, node)) != FRAME_BUSY) {
        (void)wrong_life(trial, me, "a hart that is in joins", status);
    }
}

static void leave_and_join(struct trial *trial, struct trial_hart *me)
{
    struct frame_allocator *fa = allocator_of(trial);
    pfn_t frame;
    me->gone = true;
    judge_count_call(&me->judge);
    enum frame_status status = frame_hart_leave(fa);
    if (status == FRAME_OK) {
        enum frame_status refused = frame_alloc_one(fa, &frame);
        if (refused != FRAME_BAD_HART || frame_hart_leave(fa) != FRAME_BAD_HART || frame_allocator_drain(fa)) {
            (void)wrong_life(trial, me, "a hart that has left is not refused", refused);
        }
        join(trial, me);
        me->lives++;
    } else if (status != FRAME_CONTENDED) {
        (void)wrong_life(trial, me, "a hart may not leave", status);
    }
    me->gone = false;
}

static const struct operation OTHERS[] = {
    {"handing on through the mailbox", 40, hand_on},
    {"frame_ref", 20, share},
    {"freeing a shared frame", 8, refuse_shared},
    {"asking for a layout that cannot be met", 4, refuse_layouts},
    {"freeing a foreign frame", 8, refuse_foreign},
    {"frame_at_addr", 8, look_up},
    {"looking at memory that comes and goes", 16, look_at_hotplug},
    {"frame_allocator_drain", 2, drain},
    {"frame_zero_idle", 2, zero_idle},
    {"frame_allocator_stats", 2, read_stats},
    {"adding or removing an arena", 6, hotplug},
    {"leaving and joining", 3, leave_and_join},
};

/* ---- the phase ---- */

/* What shares frames is left out of a build without reference counts; the run says so (stress_run.c). */
static uint32_t weight_of(const struct operation *operation)
{
    bool counted = operation->perform == share || operation->perform == refuse_shared;
    return counted && !frame_counts_references() ? 0 : operation->weight;
}

static void perform_one_of(struct trial *trial, struct trial_hart *me, const struct operation *operations,
                           uint32_t count)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        sum += weight_of(&operations[i]);
    }
    uint32_t at = (uint32_t)random_below(&me->random, sum);
    uint32_t i = 0;
    while (at >= weight_of(&operations[i])) {
        at -= weight_of(&operations[i]);
        i++;
    }
    hart_doing(me, operations[i].doing);
    operations[i].perform(trial, me);
}

#define PERFORM_ONE_OF(trial, me, table) perform_one_of(trial, me, table, sizeof(table) / sizeof((table)[0]))

static void change_target_fill(struct trial_hart *me)
{
    static const uint32_t levels[] = {2, 25, 50, 75, 95, 100, 150};
    me->fill_percent = levels[random_below(&me->random, sizeof levels / sizeof levels[0])];
}

/* Three times in four while the hart holds less than its level, else once in four. */
static bool wants_more(const struct trial *trial, struct trial_hart *me)
{
    uint64_t level = trial->share * me->fill_percent / 100;
    return random_below(&me->random, 100) < (me->held < level ? 75 : 25);
}

void mixed_phase(struct trial *trial, struct trial_hart *me)
{
    for (uint64_t i = 0; i < trial->mixed_left && verdict_holds(&trial->verdict); i++) {
        if (i % TARGET_OPERATIONS == 0) {
            change_target_fill(me);
        }
        if (random_one_in(&me->random, 6)) {
            PERFORM_ONE_OF(trial, me, OTHERS);
        } else if (wants_more(trial, me)) {
            PERFORM_ONE_OF(trial, me, TAKES);
        } else {
            PERFORM_ONE_OF(trial, me, GIVES);
        }
    }
}
