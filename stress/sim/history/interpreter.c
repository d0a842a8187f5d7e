/* SPDX-License-Identifier: MIT
 * Plays small programs. See interpreter.h. What a step does to the history and to slots is no event; the calls are. */
#include "interpreter.h"

#include <string.h>

#include "code_touch.h"
#include "epoch_look.h"
#include "hart_cache.h"
#include "platform.h"

#define LAST_WORD (FRAME_SIZE / sizeof(uint64_t) - 1)

static struct frame_allocator *allocator_of(const struct interpreter *interpreter)
{
    return interpreter->machine->fa;
}

/* Something was told to the history: if that was a violation, the execution ends. */
static void look(struct interpreter *interpreter)
{
    if (!verdict_holds(&interpreter->history.verdict) && interpreter->history.concurrent &&
        interpreter->on_violation != NULL) {
        interpreter->on_violation(interpreter);
    }
}

/* ---- contents ---- */

static uint64_t *word_of(uint64_t frame, uint64_t index)
{
    return (uint64_t *)platform_phys_to_virt(frame_addr(pfn(frame))) + index;
}

static uint64_t stamp_of(const struct interpreter *interpreter, const struct slot *slot)
{
    return UINT64_C(0x5107000000000000) + (uint64_t)(slot - interpreter->slots);
}

/* The first word of a run and its last: the hart is its only owner. */
static void stamp_write(const struct interpreter *interpreter, const struct slot *slot)
{
    uint64_t stamp = stamp_of(interpreter, slot);
    uint64_t last = frame_run_end(slot->run) - 1;
    small_machine_dirty(slot->run.first.value);
    small_machine_dirty(last);
    frame_touch_write(word_of(slot->run.first.value, 0), stamp);
    frame_touch_write(word_of(last, LAST_WORD), stamp);
}

static void stamp_check(struct interpreter *interpreter, uint32_t hart, const struct slot *slot)
{
    uint64_t stamp = stamp_of(interpreter, slot);
    uint64_t first = frame_touch_read(word_of(slot->run.first.value, 0));
    uint64_t last = frame_touch_read(word_of(frame_run_end(slot->run) - 1, LAST_WORD));
    if (first != stamp || last != stamp) {
        (void)verdict_violate(&interpreter->history.verdict, PROPERTY_OWNED_ONCE, hart, UINT64_MAX,
                              "what its owner wrote to frame 0x%llx is no longer there",
                              (unsigned long long)slot->run.first.value);
        look(interpreter);
    }
}

/* ---- steps ---- */

static void do_alloc(struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    struct slot *slot = &interpreter->slots[step->slot];
    struct frame_allocator *fa = allocator_of(interpreter);
    bool zeroed = step->kind == STEP_ALLOC_ZEROED || step->kind == STEP_RUN_ZEROED;
    bool single = step->kind == STEP_ALLOC || step->kind == STEP_ALLOC_ZEROED;
    const struct frame_request request = {single ? 1 : step->count, single ? 0 : step->align_order};
    const struct frame_layout layout = {request.count << FRAME_SHIFT, FRAME_SIZE << request.align_order};
    const struct operation operation = {.kind = OPERATION_ALLOC, .hart = hart, .request = request, .zeroed = zeroed};
    struct frame_run run = {{0}, 1};
    uint32_t number = history_call(&interpreter->history, &operation);
    enum frame_status status = single
                                   ? (zeroed ? frame_alloc_one_zeroed(fa, &run.first) : frame_alloc_one(fa, &run.first))
                               : zeroed ? frame_alloc_contiguous_zeroed(fa, layout, &run)
                                        : frame_alloc_contiguous(fa, layout, &run);
    bool right = history_answer(&interpreter->history, number, status, run);
    if (right && status == FRAME_OK) {
        right = !zeroed || history_zeroed(&interpreter->history, hart, run);
        slot->run = run;
        slot->shared = false;
        slot->references[hart]++;
    }
    look(interpreter);
    if (right && status == FRAME_OK) {
        stamp_write(interpreter, slot);
    }
}

static enum frame_status free_as_may_be(struct frame_allocator *fa, struct frame_run run)
{
    return run.count == 1 ? frame_free_one(fa, run.first) : frame_free_run(fa, run);
}

/* A free, or a reference less. */
static enum frame_status give(struct interpreter *interpreter, uint32_t hart, enum operation_kind kind,
                              struct frame_run run)
{
    const struct operation operation = {.kind = kind, .hart = hart, .run = run};
    uint32_t number = history_call(&interpreter->history, &operation);
    enum frame_status status = kind == OPERATION_FREE ? free_as_may_be(allocator_of(interpreter), run)
                                                      : frame_unref(allocator_of(interpreter), run.first);
    (void)history_answer(&interpreter->history, number, status, run);
    look(interpreter);
    return status;
}

static void do_free(struct interpreter *interpreter, uint32_t hart, struct slot *slot)
{
    stamp_check(interpreter, hart, slot);
    slot->references[hart]--;
    (void)give(interpreter, hart, slot->shared ? OPERATION_UNREF : OPERATION_FREE, slot->run);
}

static void do_free_part(struct interpreter *interpreter, uint32_t hart, struct slot *slot, const struct step *step)
{
    bool head = step->kind == STEP_FREE_HEAD;
    if (step->count >= slot->run.count) {
        do_free(interpreter, hart, slot);
        return;
    }
    uint64_t rest = slot->run.count - step->count;
    uint64_t first = slot->run.first.value;
    struct frame_run part = frame_run(pfn(head ? first : first + rest), step->count);
    stamp_check(interpreter, hart, slot);
    slot->run = frame_run(pfn(head ? first + step->count : first), rest);
    stamp_write(interpreter, slot);
    (void)give(interpreter, hart, OPERATION_FREE, part);
}

/* Two references are the hart's own: whatever others do, a free is refused. */
static void refuse_shared(struct interpreter *interpreter, uint32_t hart, const struct slot *slot)
{
    const struct operation operation = {.kind = OPERATION_OTHER, .hart = hart};
    struct judge judge = history_judge(&interpreter->history, hart);
    uint32_t number = history_call(&interpreter->history, &operation);
    (void)judge_call(&judge, CALL_FREE_ONE, slot->run, STANDING_SHARED);
    (void)history_answer(&interpreter->history, number, FRAME_OK, (struct frame_run){{0}, 0});
}

static void do_ref(struct interpreter *interpreter, uint32_t hart, struct slot *slot)
{
    const struct operation operation = {.kind = OPERATION_REF, .hart = hart, .run = slot->run};
    if (slot->run.count == 1) {
        uint32_t number = history_call(&interpreter->history, &operation);
        enum frame_status status = frame_ref(allocator_of(interpreter), slot->run.first);
        if (history_answer(&interpreter->history, number, status, slot->run)) {
            slot->references[hart]++;
            slot->shared = true;
            refuse_shared(interpreter, hart, slot);
        }
        look(interpreter);
    }
}

/* A step on frames that the hart holds. */
static void do_held(struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    struct slot *slot = &interpreter->slots[step->slot];
    switch (step->kind) {
    case STEP_FREE:
        do_free(interpreter, hart, slot);
        break;
    case STEP_FREE_HEAD:
    case STEP_FREE_TAIL:
        do_free_part(interpreter, hart, slot, step);
        break;
    case STEP_REF:
        do_ref(interpreter, hart, slot);
        break;
    case STEP_UNREF:
        if (slot->run.count > 1) {
            do_free(interpreter, hart, slot);
            break;
        }
        stamp_check(interpreter, hart, slot);
        slot->references[hart]--;
        (void)give(interpreter, hart, OPERATION_UNREF, slot->run);
        break;
    default: /* STEP_SEND */
        slot->references[hart]--;
        slot->left++;
        frame_mail_leave(&slot->mailbox);
        break;
    }
}

static void do_receive(struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    struct slot *slot = &interpreter->slots[step->slot];
    if (frame_mail_take(&slot->mailbox)) {
        slot->left--;
        slot->references[hart]++;
    }
}

static void do_arena(struct interpreter *interpreter, uint32_t hart, bool add)
{
    const struct small_machine *machine = interpreter->machine;
    const struct operation operation = {
        .kind = add ? OPERATION_ADD : OPERATION_REMOVE, .hart = hart, .run = machine->second_frames};
    uint32_t number = history_call(&interpreter->history, &operation);
    enum frame_status status = add ? frame_arena_add(machine->fa, machine->second, machine->second_node)
                                   : frame_arena_remove(machine->fa, machine->second_frames.first);
    (void)history_answer(&interpreter->history, number, status, machine->second_frames);
    look(interpreter);
}

/* Calls that are wrong, or have no answer worth a look, whatever other harts do. Three of the kinds are layouts. */
static void do_wrong(struct interpreter *interpreter, uint32_t hart, uint32_t kind)
{
    const struct frame_model *model = &interpreter->machine->model;
    const struct frame_run foreign = frame_run(pfn(1), 3);
    const struct frame_run metadata = frame_run(pfn(frame_run_end(model->runs[model->run_count - 2])), 1);
    const struct {
        enum judged_call call;
        struct frame_run run;
        enum standing standing;
    } calls[PROGRAM_WRONG_KINDS] = {[0] = {CALL_FREE_ONE, foreign, STANDING_FOREIGN},
                                    [1] = {CALL_FREE_ONE, metadata, STANDING_FOREIGN},
                                    [2] = {CALL_REF, foreign, STANDING_FOREIGN},
                                    [3] = {CALL_UNREF, metadata, STANDING_FOREIGN},
                                    [7] = {CALL_AT_MIDDLE, model->runs[0], STANDING_UNKNOWN},
                                    [8] = {CALL_FREE_RUN, foreign, STANDING_FOREIGN},
                                    [9] = {CALL_REF_COUNT, metadata, STANDING_FOREIGN},
                                    /* It must not look at an arena that is gone. */
                                    [10] = {CALL_REF_COUNT, interpreter->machine->second_frames, STANDING_UNKNOWN}};
    const uint32_t at = kind % PROGRAM_WRONG_KINDS, layout = at - 4;
    struct judge judge = history_judge(&interpreter->history, hart);
    if (layout < 3 ? !judge_layout(&judge, layout)
                   : !judge_call(&judge, calls[at].call, calls[at].run, calls[at].standing)) {
        look(interpreter);
    }
}

/* Drain, idle time, statistics, time that passes: they may answer what they like. */
static void do_other(struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    struct frame_allocator *fa = allocator_of(interpreter);
    const struct operation operation = {.kind = OPERATION_OTHER, .hart = hart};
    struct frame_stats stats;
    uint32_t number = history_call(&interpreter->history, &operation);
    switch (step->kind) {
    case STEP_DRAIN:
        (void)frame_allocator_drain(fa);
        break;
    case STEP_IDLE:
        (void)frame_zero_idle(fa);
        break;
    case STEP_STATS:
        frame_allocator_stats(fa, &stats);
        break;
    case STEP_JUMP:
        interpreter->reached.jumps += epoch_leap(fa, step->moves);
        break;
    default:
        do_wrong(interpreter, hart, step->slot);
        break;
    }
    (void)history_answer(&interpreter->history, number, FRAME_OK, (struct frame_run){{0}, 0});
}

static bool is_on_held(enum step_kind kind)
{
    return kind == STEP_FREE || kind == STEP_FREE_HEAD || kind == STEP_FREE_TAIL || kind == STEP_REF ||
           kind == STEP_UNREF || kind == STEP_SEND;
}

/* Leaves or joins. */
static void do_life(struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    struct frame_allocator *fa = allocator_of(interpreter);
    const struct operation operation = {.kind = OPERATION_OTHER, .hart = hart};
    struct judge judge = history_judge(&interpreter->history, hart);
    uint32_t refused = ANSWER(FRAME_CONTENDED) | (interpreter->level[hart] > 0 ? ANSWER(FRAME_BUSY) : 0);
    bool leaves = step->kind == STEP_LEAVE;
    bool was_gone = interpreter->gone[hart];
    uint32_t number = history_call(&interpreter->history, &operation);
    enum frame_status status = leaves ? frame_hart_leave(fa) : frame_hart_join(fa, step->slot % fa->node_count);
    (void)history_answer(&interpreter->history, number, FRAME_OK, (struct frame_run){{0}, 0});
    enum frame_status right = leaves ? (was_gone ? FRAME_BAD_HART : FRAME_OK) : was_gone ? FRAME_OK : FRAME_BUSY;
    if (!judge_answer(&judge, leaves ? "frame_hart_leave" : "frame_hart_join", UINT64_MAX, status,
                      ANSWER(right) | (right == FRAME_OK ? refused : 0))) {
        look(interpreter);
    }
    if (status == FRAME_OK) {
        interpreter->gone[hart] = leaves;
    }
}

/* Who has left is refused. */
static void do_nothing(struct interpreter *interpreter, uint32_t hart)
{
    struct judge judge = history_judge(&interpreter->history, hart);
    const struct operation operation = {.kind = OPERATION_OTHER, .hart = hart};
    pfn_t frame = pfn(0);
    uint32_t number = history_call(&interpreter->history, &operation);
    enum frame_status status = frame_alloc_one(allocator_of(interpreter), &frame);
    (void)history_answer(&interpreter->history, number, FRAME_OK, (struct frame_run){{0}, 0});
    if (!judge_answer(&judge, "an allocation of a hart that has left", UINT64_MAX, status, ANSWER(FRAME_BAD_HART))) {
        look(interpreter);
    }
}

static void play(struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    const struct slot *slot = &interpreter->slots[step->slot];
    bool fills = step->kind <= STEP_RUN_ZEROED;
    uint32_t references = slot->left;
    for (uint32_t h = 0; h < interpreter->program->harts && fills; h++) {
        references += slot->references[h];
    }
    if (interpreter->level[hart] == 0) {
        interpreter->at_slot[hart] = step->slot;
        interpreter->at_kind[hart] = (enum step_kind)step->kind;
    }
    if ((fills && references > 0) || (is_on_held((enum step_kind)step->kind) && slot->references[hart] == 0)) {
        interpreter->skipped++;
        return;
    }
    interpreter->calls[step->kind]++;
    if (step->kind == STEP_LEAVE || step->kind == STEP_JOIN) {
        do_life(interpreter, hart, step);
    } else if (interpreter->gone[hart]) {
        do_nothing(interpreter, hart);
    } else if (fills) {
        do_alloc(interpreter, hart, step);
    } else if (is_on_held((enum step_kind)step->kind)) {
        do_held(interpreter, hart, step);
    } else if (step->kind == STEP_RECEIVE) {
        do_receive(interpreter, hart, step);
    } else if (step->kind == STEP_ADD || step->kind == STEP_REMOVE) {
        do_arena(interpreter, hart, step->kind == STEP_ADD);
    } else {
        do_other(interpreter, hart, step);
    }
}

/* ---- programs ---- */

void interpreter_begin(struct interpreter *interpreter, const struct program *program, struct small_machine *machine)
{
    interpreter->program = program;
    interpreter->machine = machine;
    memset(interpreter->slots, 0, sizeof interpreter->slots);
    memset(interpreter->level, 0, sizeof interpreter->level);
    memset(interpreter->gone, 0, sizeof interpreter->gone);
    memset(interpreter->at_kind, 0, sizeof interpreter->at_kind);
    memset(interpreter->next_step, 0, sizeof interpreter->next_step);
    interpreter->ended = false;
    interpreter->stranded = false;
    interpreter->lost = 0;
    history_begin(&interpreter->history, machine);
}

bool interpreter_prelude(struct interpreter *interpreter)
{
    const struct program *program = interpreter->program;
    for (uint32_t i = 0; i < program->prelude.count; i++) {
        play(interpreter, 0, &program->prelude.steps[i]);
    }
    for (uint32_t s = 0; s < PROGRAM_SLOTS; s++) { /* shared out among the harts */
        struct slot *slot = &interpreter->slots[s];
        uint8_t references = slot->references[0];
        slot->references[0] = 0;
        slot->references[s % program->harts] = references;
    }
    history_harts_begin(&interpreter->history);
    return verdict_holds(&interpreter->history.verdict);
}

void interpreter_hart(void *context, uint32_t hart)
{
    struct interpreter *interpreter = context;
    const struct step_list *list = &interpreter->program->hart[hart];
    while (interpreter->next_step[hart] < list->count) {
        play(interpreter, hart, &list->steps[interpreter->next_step[hart]++]);
    }
    if (interpreter->on_end != NULL) {
        interpreter->on_end(interpreter, hart);
    }
}

void interpreter_hart_again(void *context, uint32_t hart)
{
    struct interpreter *interpreter = context;
    struct judge judge = history_judge(&interpreter->history, hart);
    interpreter->ended = true;
    interpreter->level[hart] = 0;
    enum frame_status status = frame_hart_take_over(allocator_of(interpreter), interpreter->machine->second_node);
    for (uint32_t tries = 0; tries < 8 && status == FRAME_CONTENDED; tries++) {
        status = frame_hart_take_over(allocator_of(interpreter), interpreter->machine->second_node);
    }
    bool of_arenas = interpreter->at_kind[hart] == STEP_ADD || interpreter->at_kind[hart] == STEP_REMOVE;
    if (!judge_answer(&judge, "frame_hart_take_over", UINT64_MAX, status,
                      ANSWER(FRAME_OK) | (of_arenas ? ANSWER(FRAME_BUSY) : 0))) {
        look(interpreter);
    }
    const struct slot *slot = &interpreter->slots[interpreter->at_slot[hart]];
    if (slot->references[hart] > 0 && !slot->shared) { /* it may have ended while it wrote that */
        stamp_write(interpreter, slot);
    }
    interpreter->gone[hart] = false;
    if (status == FRAME_OK) {
        interpreter_hart(context, hart);
    } else if (interpreter->on_end != NULL) {
        interpreter->stranded = true;
        interpreter->on_end(interpreter, hart);
    }
}

/* What a handler may do: not what would free the frames that the interrupted step is about, or fill a slot of others.
 * A handler that interrupted another keeps to its own slots. */
static bool may_interrupt(const struct interpreter *interpreter, uint32_t hart, const struct step *step)
{
    bool own = step->slot >= PROGRAM_SLOTS;
    bool fills = step->kind <= STEP_RUN_ZEROED;
    bool at_slot = fills || is_on_held((enum step_kind)step->kind) || step->kind == STEP_RECEIVE;
    bool others = !fills && interpreter->level[hart] == 1 && step->slot != interpreter->at_slot[hart];
    return !at_slot || own || others;
}

void interpreter_interrupt(struct interpreter *interpreter, uint32_t hart)
{
    const struct step_list *list = &interpreter->program->handler;
    if (interpreter->at_kind[hart] == STEP_LEAVE || interpreter->at_kind[hart] == STEP_JOIN) {
        return; /* whether it is a hart there nobody can say who does not look into the call */
    }
    uint32_t above = interpreter->level[hart]++;
    interpreter->reached.interrupts[interpreter->at_kind[hart]] += above == 0;
    interpreter->reached.interrupts_nested += above > 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct step step = list->steps[i];
        if (may_interrupt(interpreter, hart, &step)) {
            uint32_t own = (hart * (PROGRAM_LEVELS - 1) + above) * PROGRAM_HANDLER_SLOTS;
            step.slot = (uint8_t)(step.slot + (step.slot >= PROGRAM_SLOTS ? own : 0));
            play(interpreter, hart, &step);
        }
    }
    interpreter->level[hart]--;
}

/* Every reference that is left goes. */
static bool slot_empty(struct interpreter *interpreter, struct judge *judge, const struct slot *slot)
{
    /* Who ended may have added a reference and not said so. */
    enum judged_call last = slot->run.count > 1 ? CALL_FREE_RUN : interpreter->ended ? CALL_UNREF : CALL_FREE_ONE;
    bool right = true;
    uint32_t references = slot->left;
    for (uint32_t h = 0; h < interpreter->program->harts; h++) {
        references += slot->references[h];
    }
    for (; references > 0 && right; references--) {
        right = judge_call(judge, references > 1 ? CALL_UNREF : last, slot->run, STANDING_OWNED);
    }
    return right;
}

/* All is free: the second arena, if it is in service, can go; and what is freed again is refused. */
static bool check_at_rest(struct interpreter *interpreter, struct judge *judge)
{
    const struct small_machine *machine = interpreter->machine;
    if (!interpreter->history.second_out) {
        enum frame_status status = frame_arena_remove(machine->fa, machine->second_frames.first);
        if (status != FRAME_OK && status != FRAME_FOREIGN) {
            return verdict_violate(&interpreter->history.verdict, PROPERTY_NOTHING_STRANDED, 0, UINT64_MAX,
                                   "all is free, but the second arena cannot be removed: %s",
                                   frame_status_text(status));
        }
    }
    uint32_t left = epoch_limbo_left(machine->fa);
    if (left > 0) {
        return verdict_violate(&interpreter->history.verdict, PROPERTY_ACCOUNT, 0, UINT64_MAX,
                               "at rest, %u places do not leave limbo, whatever is polled", left);
    }
    return judge_call(judge, CALL_FREE_ONE, machine->model.runs[0], STANDING_FREE);
}

static void note_reached(struct interpreter *interpreter)
{
    const struct frame_allocator *fa = allocator_of(interpreter);
    struct interpreter_reached *reached = &interpreter->reached;
    uint64_t runs = 0, zero = 0, limbo = epoch_limbo_most(fa);
    for (uint32_t h = 0; h < fa->hart_count; h++) {
        zero += zero_reserve_left(&fa->harts[h].zero);
        for (uint32_t order = 1; order < CACHE_ORDERS; order++) {
            const struct cache *cache = &fa->harts[h].caches[order];
            runs += magazine_count(cache_loaded(cache)) + magazine_count(cache_previous(cache));
        }
    }
    reached->runs += runs > 0;
    reached->reserves += zero > 0;
    reached->limbo_most = limbo > reached->limbo_most ? limbo : reached->limbo_most;
}

/* What the calls that never ended were about, and what may have been on its way besides: a batch, and a chunk that was
 * being broken up, or one in hand. */
static uint64_t most_lost(const struct interpreter *interpreter)
{
    const struct frame_allocator *fa = allocator_of(interpreter);
    uint64_t most = 2 * CHUNK_FRAMES, batch = 0;
    for (uint32_t i = 0; i < interpreter->history.operation_count; i++) {
        const struct operation *operation = &interpreter->history.operations[i];
        if (operation->answer == 0 && operation->kind != OPERATION_ADD && operation->kind != OPERATION_REMOVE) {
            most += operation->kind == OPERATION_ALLOC ? operation->request.count : operation->run.count;
        }
    }
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        uint64_t frames = (uint64_t)fa->harts[0].caches[order].capacity << order;
        batch = frames > batch ? frames : batch;
    }
    return most + batch;
}

/* P13: all but what the hart that ended had on its way is there, and every hart can have it. */
static bool finish_ended(struct interpreter *interpreter, struct judge *judge)
{
    struct frame_allocator *fa = allocator_of(interpreter);
    struct verdict *verdict = &interpreter->history.verdict;
    struct frame_account account;
    bool right = judge_account(judge, &account);
    for (uint32_t s = 0; s < PROGRAM_SLOTS_ALL && right; s++) {
        right = slot_empty(interpreter, judge, &interpreter->slots[s]);
    }
    if (!right || !judge_account(judge, &account)) {
        return false;
    }
    interpreter->lost = account.lost + account.allocated;
    if (interpreter->lost > most_lost(interpreter)) {
        return verdict_violate(verdict, PROPERTY_HARTS, 0, UINT64_MAX, "a hart ended, and %llu frames are lost",
                               (unsigned long long)interpreter->lost);
    }
    uint64_t had = 0;
    pfn_t frame;
    enum frame_status status;
    while ((status = frame_alloc_one(fa, &frame)) == FRAME_OK) {
        had++;
    }
    if (status != FRAME_NO_MEMORY) {
        return verdict_violate(verdict, PROPERTY_HARTS, 0, UINT64_MAX,
                               "a hart ended and was taken over, and still something is thought to be under way: %s",
                               frame_status_text(status));
    }
    if (had != account.total - interpreter->lost) {
        return verdict_violate(verdict, PROPERTY_HARTS, 0, UINT64_MAX,
                               "a hart ended with %llu frames on their way; of the other %llu, %llu are to be had",
                               (unsigned long long)interpreter->lost,
                               (unsigned long long)(account.total - interpreter->lost), (unsigned long long)had);
    }
    return true;
}

/* Whoever has left has nothing. */
static bool check_gone(struct interpreter *interpreter)
{
    const struct frame_allocator *fa = allocator_of(interpreter);
    for (uint32_t h = 0; h < interpreter->program->harts; h++) {
        uint64_t cached = zero_reserve_left(&fa->harts[h].zero);
        for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
            cached += magazine_count(cache_loaded(&fa->harts[h].caches[order]));
            cached += magazine_count(cache_previous(&fa->harts[h].caches[order]));
        }
        if (atomic_load_explicit(&fa->harts[h].drain, memory_order_relaxed) != interpreter->gone[h] ||
            atomic_load_explicit(&fa->harts[h].emptying, memory_order_relaxed) != 0) {
            return verdict_violate(&interpreter->history.verdict, PROPERTY_HARTS, h, UINT64_MAX,
                                   "at rest, a hart's cache is shut though it has not left, or open though it has");
        }
        if (interpreter->gone[h] && cached > 0) {
            return verdict_violate(&interpreter->history.verdict, PROPERTY_HARTS, h, UINT64_MAX,
                                   "a hart has left, and its cache is not empty");
        }
    }
    if (interpreter->gone[0] && frame_hart_join(allocator_of(interpreter), 0) != FRAME_OK) {
        return verdict_violate(&interpreter->history.verdict, PROPERTY_HARTS, 0, UINT64_MAX,
                               "a hart that left cannot join");
    }
    interpreter->gone[0] = false;
    return true;
}

bool interpreter_finish(struct interpreter *interpreter)
{
    note_reached(interpreter);
    struct judge judge = history_judge(&interpreter->history, 0);
    struct frame_account account;
    if (interpreter->stranded) {
        return true; /* as after a hart that is stopped for good: it may be the one that would ask */
    }
    if (!check_gone(interpreter)) {
        return false;
    }
    if (interpreter->ended) {
        return finish_ended(interpreter, &judge);
    }
    /* The account is right with all that the harts still have: what frees undo that come now, was wrong. */
    bool right = history_record(&interpreter->history) && judge_account(&judge, &account);
    for (uint32_t s = 0; s < PROGRAM_SLOTS_ALL && right; s++) {
        right = slot_empty(interpreter, &judge, &interpreter->slots[s]);
    }
    return right && check_at_rest(interpreter, &judge) && history_rest(&interpreter->history);
}
