/* SPDX-License-Identifier: MIT
 * The oracle of an execution. See history.h. */
#include "history.h"

#include <stdio.h>
#include <string.h>

#include "code_touch.h"
#include "hart_cache.h"
#include "linearize.h"
#include "memory_model.h"
#include "platform.h"
#include "platform_sim.h"
#include "run.h"

struct judge history_judge(struct history *history, uint32_t hart)
{
    return (struct judge){.allocator = history->machine->fa, .verdict = &history->verdict, .hart = hart};
}

static const struct hart *hart_of(const struct history *history, uint32_t hart)
{
    return &history->machine->fa->harts[hart];
}

/* Nobody runs, or nobody minds: what memory says is so. */
static uint64_t count_of(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

void history_begin(struct history *history, struct small_machine *machine)
{
    history->machine = machine;
    verdict_init(&history->verdict);
    history->silence = false;
    history->concurrent = false;
    history->interrupts = false;
    history->nested_failures = 0;
    history->now = 0;
    history->under_way = 0;
    history->operation_count = 0;
    history->second_out = true;
    history->only_singles = true;
    history->failures = 0;
    history->contended = 0;
    history->linearized = 0;
    frame_model_copy(&history->before, &machine->model);
    memset(history->owners, 0, machine->model.frame_count);
    memset(history->generation, 0, machine->model.frame_count * sizeof history->generation[0]);
    for (uint32_t hart = 0; hart < machine->harts; hart++) {
        history->given_up[hart] = count_of(&hart_of(history, hart)->counts.contentions);
    }
    memset(history->singles, 0, sizeof history->singles);
}

void history_harts_begin(struct history *history)
{
    for (uint32_t i = 0; i < history->operation_count; i++) {
        frame_model_do(&history->before, &history->operations[i]);
    }
    history->operation_count = 0;
    history->concurrent = true;
}

/* ---- outcomes ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

uint64_t history_outcome(const struct history *history)
{
    uint64_t of_hart[PROGRAM_HARTS_MAX] = {0}, outcome = 0;
    for (uint32_t i = 0; i < history->operation_count; i++) {
        const struct operation *operation = &history->operations[i];
        uint64_t *hash = &of_hart[operation->hart];
        *hash = mix(*hash, operation->answer != 0 ? 1 + (uint64_t)operation->status : 0);
        *hash = mix(*hash, operation->answer != 0 ? operation->run.first.value : 0);
    }
    for (uint32_t hart = 0; hart < PROGRAM_HARTS_MAX; hart++) {
        outcome = mix(outcome, of_hart[hart]);
    }
    return outcome;
}

/* ---- while harts run ---- */

/* Owners of each frame of a run, one more or less. */
static void owners_change(struct history *history, struct frame_run run, int change)
{
    uint32_t at = frame_model_index(&history->machine->model, run.first.value);
    for (uint64_t i = 0; i < run.count && at != UINT32_MAX; i++) {
        history->owners[at + i] = (uint8_t)(history->owners[at + i] + change);
    }
}

static bool is_single(const struct operation *operation)
{
    return operation->kind == OPERATION_ALLOC
               ? operation->request.count == 1 && operation->request.align_order == 0 && !operation->zeroed
               : operation->kind == OPERATION_FREE && operation->run.count == 1;
}

static void mark(const struct history *history, bool answer)
{
    if (history->mark != NULL && history->concurrent) {
        history->mark(answer);
    }
}

uint32_t history_call(struct history *history, const struct operation *operation)
{
    mark(history, false);
    if (history->operation_count == HISTORY_OPERATIONS_MAX) {
        return HISTORY_OPERATIONS_MAX; /* not told of: more than any program has */
    }
    uint32_t number = history->operation_count++;
    struct operation *made = &history->operations[number];
    *made = *operation;
    made->call = ++history->now;
    made->answer = 0;
    made->alone = !history->silence;
    made->nested = false;
    made->interrupted = false;
    for (uint32_t i = 0; i < number && history->under_way > 0; i++) {
        struct operation *other = &history->operations[i];
        if (other->answer == 0 && other->hart != made->hart) {
            other->alone = false;
            made->alone = false;
        }
        if (other->answer == 0 && other->hart == made->hart) {
            other->interrupted = true;
            made->nested = true;
        }
    }
    history->under_way++;
    if (operation->kind == OPERATION_FREE || operation->kind == OPERATION_UNREF) {
        made->generation = history->generation[frame_model_index(&history->machine->model, operation->run.first.value)];
        owners_change(history, operation->run, -1);
    }
    if (operation->kind == OPERATION_ADD) {
        history->second_out = false;
    }
    history->only_singles = history->only_singles && is_single(operation);
    history->singles[operation->hart] += is_single(operation);
    return number;
}

static bool check_handed_out(struct history *history, const struct operation *operation)
{
    struct frame_run run = operation->run;
    const unsigned long long first = run.first.value;
    if (!judge_shape(&history->verdict, operation->hart, operation->request, run)) {
        return false;
    }
    uint32_t at = frame_model_index(&history->machine->model, run.first.value);
    uint32_t last = frame_model_index(&history->machine->model, frame_run_end(run) - 1);
    if (at == UINT32_MAX || last != at + run.count - 1) {
        return verdict_violate(&history->verdict, PROPERTY_ONLY_RAM, operation->hart, UINT64_MAX,
                               "%llu frames from 0x%llx are not all frames that may be handed out",
                               (unsigned long long)run.count, first);
    }
    bool of_second = frame_run_contains(history->machine->second_frames, run.first);
    if (of_second && history->second_out) {
        return verdict_violate(&history->verdict, PROPERTY_ONLY_RAM, operation->hart, UINT64_MAX,
                               "frame 0x%llx belongs to an arena that is not in service", first);
    }
    for (uint32_t i = 0; i < run.count; i++) {
        if (history->owners[at + i] != 0) {
            return verdict_violate(&history->verdict, PROPERTY_OWNED_ONCE, operation->hart, UINT64_MAX,
                                   "frame 0x%llx was handed out while it was owned", first + i);
        }
        history->generation[at + i]++;
    }
    owners_change(history, run, 1);
    return true;
}

/* An answer that a free or a reference may not have. */
static bool check_given(struct history *history, const struct operation *operation)
{
    const unsigned long long first = operation->run.first.value;
    uint32_t at = frame_model_index(&history->machine->model, operation->run.first.value);
    if (operation->status == FRAME_OK) {
        return true;
    }
    bool is_free = operation->kind == OPERATION_FREE && operation->status == FRAME_SHARED;
    if (!is_free) {
        return verdict_violate(&history->verdict, PROPERTY_REFERENCES, operation->hart, UINT64_MAX,
                               "an owner's call on frame 0x%llx: %s", first, frame_status_text(operation->status));
    }
    if (history->generation[at] != operation->generation) {
        return verdict_violate(&history->verdict, PROPERTY_OWNED_ONCE, operation->hart, UINT64_MAX,
                               "frame 0x%llx was handed out, and its free was then refused", first);
    }
    owners_change(history, operation->run, 1);
    return true;
}

/* How often a hart has given up since this was last asked. The hart itself asks: others may see its stores later. */
static uint64_t times_given_up(struct history *history, uint32_t hart)
{
    uint64_t before = history->given_up[hart];
    history->given_up[hart] = frame_counter_read(&hart_of(history, hart)->counts.contentions);
    return history->given_up[hart] - before;
}

/* What the allocator does not know it may not know for a reason only: it gave up, and somebody was in the way. */
static bool check_contended(struct history *history, const struct operation *operation)
{
    bool counted = operation->kind == OPERATION_ALLOC && !history->interrupts;
    uint64_t times = counted ? times_given_up(history, operation->hart) : 1;
    /* Calls that interrupt it may move frames at each of its looks, which are few where waits are short. */
    bool undisturbed = operation->alone && !operation->interrupted;
    history->contended++;
    if (undisturbed || times != 1) {
        return verdict_violate(&history->verdict, PROPERTY_NOTHING_STRANDED, operation->hart, UINT64_MAX,
                               "a call says that it gave up for contention: %s, and core has counted that %llu times",
                               undisturbed ? "alone" : "beside others", (unsigned long long)times);
    }
    return true;
}

/* Whether the second arena may have been added after it was removed, and before the removal's answer. */
static bool may_be_back(const struct history *history, const struct operation *removal)
{
    for (uint32_t i = 0; i < history->operation_count; i++) {
        const struct operation *operation = &history->operations[i];
        bool during = operation->answer == 0 || (operation->answer > removal->call && operation->status == FRAME_OK);
        if (operation->kind == OPERATION_ADD && during) {
            return true;
        }
    }
    return false;
}

/* ---- P12 ---- */

/* Frames that a nested allocation should have had. */
struct within_reach {
    struct frame_model state;
};

static void visit_free(void *context, struct frame_run run)
{
    struct within_reach *reach = context;
    uint32_t at = run.count > 0 ? frame_model_index(&reach->state, run.first.value) : UINT32_MAX;
    for (uint64_t i = 0; i < run.count && at != UINT32_MAX; i++) {
        reach->state.count[at + i] = 0;
        reach->state.present[at + i] = 1;
    }
}

static void visit_magazine(struct within_reach *reach, uint32_t order, const struct magazine *magazine)
{
    for (uint32_t i = 0; i < magazine_count(magazine); i++) {
        visit_free(reach, frame_run(magazine->firsts[i], UINT64_C(1) << order));
    }
}

static void visit_cache(struct within_reach *reach, const struct frame_allocator *fa, uint32_t hart)
{
    const struct hart *owner = &fa->harts[hart];
    for (uint32_t order = 0; order < CACHE_ORDERS; order++) {
        visit_magazine(reach, order, cache_loaded(&owner->caches[order]));
        visit_magazine(reach, order, cache_previous(&owner->caches[order]));
    }
    visit_free(reach, frame_run(owner->zero.next, zero_reserve_left(&owner->zero)));
    if (fa->variant->local_walk != NULL) {
        fa->variant->local_walk(fa->global, hart, visit_free, reach);
    }
}

/* A nested allocation failed, while no other hart was at work: nothing in the global allocator, or in a cache but its
 * own hart's, may meet it. All of its stores are looked at, those that wait too. The caches are settled by its drain:
 * only who interrupted an operation that was emptying one of them leaves that alone. */
static bool check_nested_failure(struct history *history, const struct operation *operation)
{
    static struct within_reach reach;
    const struct frame_allocator *fa = history->machine->fa;
    for (uint32_t h = 0; h < history->machine->harts; h++) {
        memory_model_drain(h);
    }
    frame_model_copy(&reach.state, &history->machine->model);
    memset(reach.state.count, 1, reach.state.frame_count);
    uint32_t self = run_aside();
    sim_log_is_quiet = true; /* its own equations do not hold in the middle of an operation */
    (void)fa->variant->walk_free(fa->global, visit_free, &reach);
    sim_log_is_quiet = false;
    for (uint32_t h = 0; h < history->machine->harts; h++) {
        bool being_emptied = atomic_load_explicit(&fa->harts[h].emptying, memory_order_relaxed) != 0;
        if (h != operation->hart && !being_emptied) {
            visit_cache(&reach, fa, h);
        }
    }
    run_back(self);
    if (frame_model_has_run(&reach.state, operation->request)) {
        return verdict_violate(
            &history->verdict, PROPERTY_NOTHING_STRANDED, operation->hart, UINT64_MAX,
            "in an interrupt, an allocation of %llu frames aligned to 2^%u failed, though memory was "
            "free that met it, and that neither the hart's cache nor the interrupted call had",
            (unsigned long long)operation->request.count, operation->request.align_order);
    }
    return true;
}

static bool check_failed(struct history *history, struct operation *operation)
{
    struct judge judge = history_judge(history, operation->hart);
    history->failures++;
    if (operation->status == FRAME_CONTENDED) {
        return check_contended(history, operation);
    }
    if (!judge_answer(&judge, "an allocation", UINT64_MAX, operation->status, ANSWERS_ALLOC)) {
        return false;
    }
    if (operation->nested) {
        operation->kind = OPERATION_OTHER; /* judged here, and never again */
        history->nested_failures++;
        return operation->status != FRAME_NO_MEMORY || !operation->alone || check_nested_failure(history, operation);
    }
    return true;
}

bool history_answer(struct history *history, uint32_t number, enum frame_status status, struct frame_run run)
{
    if (number == HISTORY_OPERATIONS_MAX) {
        return true;
    }
    mark(history, true);
    struct operation *operation = &history->operations[number];
    struct judge judge = history_judge(history, operation->hart);
    operation->answer = ++history->now;
    operation->status = status;
    history->under_way--;
    switch (operation->kind) {
    case OPERATION_ALLOC:
        operation->run = run;
        if (status == FRAME_OK) {
            return check_handed_out(history, operation);
        }
        return check_failed(history, operation);
    case OPERATION_FREE:
    case OPERATION_UNREF:
    case OPERATION_REF:
        if (operation->kind == OPERATION_REF && status == FRAME_OK) {
            owners_change(history, operation->run, 1);
        }
        return check_given(history, operation);
    case OPERATION_ADD:
    case OPERATION_REMOVE:
        if (operation->nested && status == FRAME_BUSY) {
            operation->kind = OPERATION_OTHER;
            return true;
        }
        if (status == FRAME_CONTENDED) {
            return check_contended(history, operation);
        }
        if (operation->kind == OPERATION_REMOVE && status == FRAME_OK) {
            history->second_out = !may_be_back(history, operation);
        }
        return judge_answer(&judge, "a call on the second arena", operation->run.first.value, status,
                            operation->kind == OPERATION_ADD ? ANSWERS_ADD : ANSWERS_REMOVE);
    case OPERATION_OTHER:
        break;
    }
    return true;
}

bool history_zeroed(struct history *history, uint32_t hart, struct frame_run run)
{
    static const uint32_t words[] = {0, 1, 255, FRAME_SIZE / 8 - 1};
    for (uint64_t i = 0; i < run.count; i++) {
        const uint64_t *frame = platform_phys_to_virt(frame_addr(pfn(run.first.value + i)));
        for (uint32_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            if (frame[words[w]] != 0) {
                return verdict_violate(&history->verdict, PROPERTY_ZEROED, hart, UINT64_MAX,
                                       "word %u of frame 0x%llx is not zero", words[w],
                                       (unsigned long long)(run.first.value + i));
            }
        }
    }
    return true;
}

/* ---- the history ---- */

/* The state at a moment in which as little is free as can be: what was called is taken, what was not answered is not
 * given back. */
static void state_at(const struct history *history, uint32_t moment, struct frame_model *state)
{
    frame_model_copy(state, &history->before);
    for (uint32_t i = 0; i < history->operation_count; i++) {
        const struct operation *operation = &history->operations[i];
        bool takes = operation->kind == OPERATION_ALLOC || operation->kind == OPERATION_REF ||
                     operation->kind == OPERATION_REMOVE;
        bool begun = operation->call <= moment;
        bool ended = operation->answer != 0 && operation->answer <= moment;
        if (takes ? begun : ended) {
            frame_model_do(state, operation);
        }
    }
}

/* Some moment of a failed allocation at which nothing that was surely free met it. */
static bool had_reason(const struct history *history, const struct operation *failed)
{
    static struct frame_model state;
    state_at(history, failed->call, &state);
    if (!frame_model_has_run(&state, failed->request)) {
        return true;
    }
    for (uint32_t i = 0; i < history->operation_count; i++) {
        uint32_t moment = history->operations[i].call;
        if (moment > failed->call && moment < failed->answer) {
            state_at(history, moment, &state);
            if (!frame_model_has_run(&state, failed->request)) {
                return true;
            }
        }
    }
    return false;
}

static bool check_failures(struct history *history)
{
    for (uint32_t i = 0; i < history->operation_count; i++) {
        const struct operation *operation = &history->operations[i];
        if (operation->kind == OPERATION_ALLOC && operation->answer != 0 && operation->status != FRAME_OK &&
            operation->status != FRAME_CONTENDED && !had_reason(history, operation)) {
            return verdict_violate(&history->verdict, PROPERTY_NOTHING_STRANDED, operation->hart, UINT64_MAX,
                                   "an allocation of %llu frames aligned to 2^%u failed, though at every moment of the "
                                   "call memory was free that met it",
                                   (unsigned long long)operation->request.count, operation->request.align_order);
        }
    }
    return true;
}

static const char *operation_name(const struct operation *operation)
{
    static const char *const names[] = {
        [OPERATION_ALLOC] = "allocation", [OPERATION_FREE] = "free",     [OPERATION_REF] = "ref",
        [OPERATION_UNREF] = "unref",      [OPERATION_ADD] = "arena_add", [OPERATION_REMOVE] = "arena_remove",
        [OPERATION_OTHER] = "call"};
    return names[operation->kind];
}

void history_format(const struct history *history, char *out, size_t bytes)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < history->operation_count && at < bytes; i++) {
        const struct operation *operation = &history->operations[i];
        bool unknown = operation->answer == 0 || (operation->kind == OPERATION_ALLOC && operation->status != FRAME_OK);
        at += (size_t)snprintf(out + at, bytes - at, "  %3u - %-3u hart %u %-12s 0x%llx %+lld: %s\n", operation->call,
                               operation->answer, operation->hart, operation_name(operation),
                               unknown ? 0 : (unsigned long long)operation->run.first.value,
                               (long long)(unknown ? operation->request.count : operation->run.count),
                               operation->answer == 0 ? "not answered" : frame_status_text(operation->status));
    }
}

static enum property property_of(const struct operation *operation)
{
    if (operation->kind == OPERATION_ALLOC) {
        return operation->status == FRAME_OK ? PROPERTY_OWNED_ONCE : PROPERTY_NOTHING_STRANDED;
    }
    return operation->kind == OPERATION_ADD || operation->kind == OPERATION_REMOVE ? PROPERTY_RECLAMATION
                                                                                   : PROPERTY_REFERENCES;
}

static bool check_linearizable(struct history *history)
{
    struct operation left[LINEARIZE_MAX];
    uint32_t count = 0, stuck;
    for (uint32_t i = 0; i < history->operation_count; i++) {
        if (history->operations[i].answer == 0 || count == LINEARIZE_MAX) {
            return true; /* too long, or not ended */
        }
        if (history->operations[i].kind != OPERATION_OTHER) {
            left[count++] = history->operations[i];
        }
    }
    history->linearized++;
    if (linearize(&history->before, left, count, &stuck)) {
        return true;
    }
    return verdict_violate(&history->verdict, property_of(&left[stuck]), left[stuck].hart, UINT64_MAX,
                           "no sequential order explains the answers: a%s %s answered '%s'",
                           left[stuck].kind == OPERATION_ALLOC ? "n" : "", operation_name(&left[stuck]),
                           frame_status_text(left[stuck].status));
}

/* P11, hart by hart; unless somebody drained. */
static bool check_magazines(struct history *history)
{
    const struct small_machine *machine = history->machine;
    uint64_t drains = 0, singles = 0;
    for (uint32_t h = 0; h < machine->harts; h++) {
        singles += history->singles[h];
        drains += count_of(&hart_of(history, h)->counts.drains);
    }
    /* Who finds nothing in one place looks in another: no promise when memory runs out. */
    uint64_t frames = machine->model.frame_count - machine->second_frames.count; /* who adds an arena is not counted */
    bool plenty = singles + UINT64_C(2) * machine->harts * machine->config.magazine <= frames / 2;
    bool right = true;
    for (uint32_t h = 0; h < machine->harts && drains == 0 && plenty && right; h++) {
        struct judge judge = history_judge(history, h);
        const struct magazine_trace trace = {.name = "a program",
                                             .operations = history->singles[h],
                                             .accesses = count_of(&hart_of(history, h)->counts.global_takes) +
                                                         count_of(&hart_of(history, h)->counts.global_gives),
                                             .harts = 1,
                                             .fresh = true,
                                             .magazine = machine->config.magazine,
                                             .batch = machine->config.batch};
        right = judge_magazines(&judge, &trace);
    }
    return right;
}

bool history_record(struct history *history)
{
    const struct frame_allocator_config *config = &history->machine->config;
    bool counted = history->only_singles && !history->interrupts && config->magazine > 0 && config->magazines > 1;
    return verdict_holds(&history->verdict) && check_failures(history) && check_linearizable(history) &&
           (!counted || check_magazines(history));
}

/* ---- at rest ---- */

bool history_rest(struct history *history)
{
    struct judge judge = history_judge(history, 0);
    struct frame_run run;
    return judge_all_free(&judge) && judge_largest(&judge, history->machine->largest_run, &run);
}
