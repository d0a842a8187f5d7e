/* SPDX-License-Identifier: MIT
 * The oracle of an execution. See ledger.h. */
#include "ledger.h"

#include <stdio.h>
#include <string.h>

#include "code_touch.h"
#include "hart_cache.h"
#include "linearize.h"
#include "memory_model.h"
#include "platform.h"
#include "platform_sim.h"
#include "run.h"

struct judge ledger_judge(struct ledger *ledger, uint32_t hart)
{
    return (struct judge){.allocator = ledger->machine->fa, .verdict = &ledger->verdict, .hart = hart};
}

static const struct hart *hart_of(const struct ledger *ledger, uint32_t hart)
{
    return &ledger->machine->fa->harts[hart];
}

/* Nobody runs, or nobody minds: what memory says is so. */
static uint64_t count_of(const _Atomic uint64_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

void ledger_begin(struct ledger *ledger, struct small_machine *machine)
{
    ledger->machine = machine;
    verdict_init(&ledger->verdict);
    ledger->silence = false;
    ledger->concurrent = false;
    ledger->interrupts = false;
    ledger->nested_failures = 0;
    ledger->now = 0;
    ledger->under_way = 0;
    ledger->operation_count = 0;
    ledger->second_out = true;
    ledger->only_singles = true;
    ledger->failures = 0;
    ledger->contended = 0;
    ledger->linearized = 0;
    frame_model_copy(&ledger->before, &machine->model);
    memset(ledger->owners, 0, machine->model.frame_count);
    memset(ledger->generation, 0, machine->model.frame_count * sizeof ledger->generation[0]);
    for (uint32_t hart = 0; hart < machine->harts; hart++) {
        ledger->given_up[hart] = count_of(&hart_of(ledger, hart)->counts.contentions);
    }
    memset(ledger->singles, 0, sizeof ledger->singles);
}

void ledger_harts_begin(struct ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->operation_count; i++) {
        frame_model_do(&ledger->before, &ledger->operations[i]);
    }
    ledger->operation_count = 0;
    ledger->concurrent = true;
}

/* ---- while harts run ---- */

/* Owners of each frame of a run, one more or less. */
static void owners_change(struct ledger *ledger, struct frame_run run, int change)
{
    uint32_t at = frame_model_index(&ledger->machine->model, run.first.value);
    for (uint64_t i = 0; i < run.count && at != UINT32_MAX; i++) {
        ledger->owners[at + i] = (uint8_t)(ledger->owners[at + i] + change);
    }
}

static bool is_single(const struct operation *operation)
{
    return operation->kind == OPERATION_ALLOC
               ? operation->request.count == 1 && operation->request.align_order == 0 && !operation->zeroed
               : operation->kind == OPERATION_FREE && operation->run.count == 1;
}

uint32_t ledger_call(struct ledger *ledger, const struct operation *operation)
{
    if (ledger->operation_count == LEDGER_OPERATIONS_MAX) {
        return LEDGER_OPERATIONS_MAX; /* not told of: more than any program has */
    }
    uint32_t number = ledger->operation_count++;
    struct operation *made = &ledger->operations[number];
    *made = *operation;
    made->call = ++ledger->now;
    made->answer = 0;
    made->alone = !ledger->silence;
    made->nested = false;
    made->interrupted = false;
    for (uint32_t i = 0; i < number && ledger->under_way > 0; i++) {
        struct operation *other = &ledger->operations[i];
        if (other->answer == 0 && other->hart != made->hart) {
            other->alone = false;
            made->alone = false;
        }
        if (other->answer == 0 && other->hart == made->hart) {
            other->interrupted = true;
            made->nested = true;
        }
    }
    ledger->under_way++;
    if (operation->kind == OPERATION_FREE || operation->kind == OPERATION_UNREF) {
        made->generation = ledger->generation[frame_model_index(&ledger->machine->model, operation->run.first.value)];
        owners_change(ledger, operation->run, -1);
    }
    if (operation->kind == OPERATION_ADD) {
        ledger->second_out = false;
    }
    ledger->only_singles = ledger->only_singles && is_single(operation);
    ledger->singles[operation->hart] += is_single(operation);
    return number;
}

static bool check_handed_out(struct ledger *ledger, const struct operation *operation)
{
    struct frame_run run = operation->run;
    const unsigned long long first = run.first.value;
    if (!judge_shape(&ledger->verdict, operation->hart, operation->request, run)) {
        return false;
    }
    uint32_t at = frame_model_index(&ledger->machine->model, run.first.value);
    uint32_t last = frame_model_index(&ledger->machine->model, frame_run_end(run) - 1);
    if (at == UINT32_MAX || last != at + run.count - 1) {
        return verdict_violate(&ledger->verdict, PROPERTY_ONLY_RAM, operation->hart, UINT64_MAX,
                               "%llu frames from 0x%llx are not all frames that may be handed out",
                               (unsigned long long)run.count, first);
    }
    bool of_second = frame_run_contains(ledger->machine->second_frames, run.first);
    if (of_second && ledger->second_out) {
        return verdict_violate(&ledger->verdict, PROPERTY_ONLY_RAM, operation->hart, UINT64_MAX,
                               "frame 0x%llx belongs to an arena that is not in service", first);
    }
    for (uint32_t i = 0; i < run.count; i++) {
        if (ledger->owners[at + i] != 0) {
            return verdict_violate(&ledger->verdict, PROPERTY_OWNED_ONCE, operation->hart, UINT64_MAX,
                                   "frame 0x%llx was handed out while it was owned", first + i);
        }
        ledger->generation[at + i]++;
    }
    owners_change(ledger, run, 1);
    return true;
}

/* An answer that a free or a reference may not have. */
static bool check_given(struct ledger *ledger, const struct operation *operation)
{
    const unsigned long long first = operation->run.first.value;
    uint32_t at = frame_model_index(&ledger->machine->model, operation->run.first.value);
    if (operation->status == FRAME_OK) {
        return true;
    }
    bool is_free = operation->kind == OPERATION_FREE && operation->status == FRAME_SHARED;
    if (!is_free) {
        return verdict_violate(&ledger->verdict, PROPERTY_REFERENCES, operation->hart, UINT64_MAX,
                               "an owner's call on frame 0x%llx: %s", first, frame_status_text(operation->status));
    }
    if (ledger->generation[at] != operation->generation) {
        return verdict_violate(&ledger->verdict, PROPERTY_OWNED_ONCE, operation->hart, UINT64_MAX,
                               "frame 0x%llx was handed out, and its free was then refused", first);
    }
    owners_change(ledger, operation->run, 1);
    return true;
}

/* How often a hart has given up since this was last asked. The hart itself asks: others may see its stores later. */
static uint64_t times_given_up(struct ledger *ledger, uint32_t hart)
{
    uint64_t before = ledger->given_up[hart];
    ledger->given_up[hart] = frame_counter_read(&hart_of(ledger, hart)->counts.contentions);
    return ledger->given_up[hart] - before;
}

/* What the allocator does not know it may not know for a reason only: it gave up, and somebody was in the way. */
static bool check_contended(struct ledger *ledger, const struct operation *operation)
{
    bool counted = operation->kind == OPERATION_ALLOC && !ledger->interrupts;
    uint64_t times = counted ? times_given_up(ledger, operation->hart) : 1;
    /* A nested one looks a few times only: those that interrupt it in turn may be in its way each time. */
    bool undisturbed = operation->alone && !(operation->nested && operation->interrupted);
    ledger->contended++;
    if (undisturbed || times != 1) {
        return verdict_violate(&ledger->verdict, PROPERTY_NOTHING_STRANDED, operation->hart, UINT64_MAX,
                               "a call says that it gave up for contention: %s, and core has counted that %llu times",
                               undisturbed ? "alone" : "beside others", (unsigned long long)times);
    }
    return true;
}

/* Whether the second arena may have been added after it was removed, and before the removal's answer. */
static bool may_be_back(const struct ledger *ledger, const struct operation *removal)
{
    for (uint32_t i = 0; i < ledger->operation_count; i++) {
        const struct operation *operation = &ledger->operations[i];
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
static bool check_nested_failure(struct ledger *ledger, const struct operation *operation)
{
    static struct within_reach reach;
    const struct frame_allocator *fa = ledger->machine->fa;
    for (uint32_t h = 0; h < ledger->machine->harts; h++) {
        memory_model_drain(h);
    }
    frame_model_copy(&reach.state, &ledger->machine->model);
    memset(reach.state.count, 1, reach.state.frame_count);
    uint32_t self = run_aside();
    sim_log_is_quiet = true; /* its own equations do not hold in the middle of an operation */
    (void)fa->variant->walk_free(fa->global, visit_free, &reach);
    sim_log_is_quiet = false;
    for (uint32_t h = 0; h < ledger->machine->harts; h++) {
        bool being_emptied = atomic_load_explicit(&fa->harts[h].emptying, memory_order_relaxed) != 0;
        if (h != operation->hart && !being_emptied) {
            visit_cache(&reach, fa, h);
        }
    }
    run_back(self);
    if (frame_model_has_run(&reach.state, operation->request)) {
        return verdict_violate(
            &ledger->verdict, PROPERTY_NOTHING_STRANDED, operation->hart, UINT64_MAX,
            "in an interrupt, an allocation of %llu frames aligned to 2^%u failed, though memory was "
            "free that met it, and that neither the hart's cache nor the interrupted call had",
            (unsigned long long)operation->request.count, operation->request.align_order);
    }
    return true;
}

static bool check_failed(struct ledger *ledger, struct operation *operation)
{
    struct judge judge = ledger_judge(ledger, operation->hart);
    ledger->failures++;
    if (operation->status == FRAME_CONTENDED) {
        return check_contended(ledger, operation);
    }
    if (!judge_answer(&judge, "an allocation", UINT64_MAX, operation->status, ANSWERS_ALLOC)) {
        return false;
    }
    if (operation->nested) {
        operation->kind = OPERATION_OTHER; /* judged here, and never again */
        ledger->nested_failures++;
        return operation->status != FRAME_NO_MEMORY || !operation->alone || check_nested_failure(ledger, operation);
    }
    return true;
}

bool ledger_answer(struct ledger *ledger, uint32_t number, enum frame_status status, struct frame_run run)
{
    if (number == LEDGER_OPERATIONS_MAX) {
        return true;
    }
    struct operation *operation = &ledger->operations[number];
    struct judge judge = ledger_judge(ledger, operation->hart);
    operation->answer = ++ledger->now;
    operation->status = status;
    ledger->under_way--;
    switch (operation->kind) {
    case OPERATION_ALLOC:
        operation->run = run;
        if (status == FRAME_OK) {
            return check_handed_out(ledger, operation);
        }
        return check_failed(ledger, operation);
    case OPERATION_FREE:
    case OPERATION_UNREF:
    case OPERATION_REF:
        if (operation->kind == OPERATION_REF && status == FRAME_OK) {
            owners_change(ledger, operation->run, 1);
        }
        return check_given(ledger, operation);
    case OPERATION_ADD:
    case OPERATION_REMOVE:
        if (operation->nested && status == FRAME_BUSY) {
            operation->kind = OPERATION_OTHER;
            return true;
        }
        if (status == FRAME_CONTENDED) {
            return check_contended(ledger, operation);
        }
        if (operation->kind == OPERATION_REMOVE && status == FRAME_OK) {
            ledger->second_out = !may_be_back(ledger, operation);
        }
        return judge_answer(&judge, "a call on the second arena", operation->run.first.value, status,
                            operation->kind == OPERATION_ADD ? ANSWERS_ADD : ANSWERS_REMOVE);
    case OPERATION_OTHER:
        break;
    }
    return true;
}

bool ledger_zeroed(struct ledger *ledger, uint32_t hart, struct frame_run run)
{
    static const uint32_t words[] = {0, 1, 255, FRAME_SIZE / 8 - 1};
    for (uint64_t i = 0; i < run.count; i++) {
        const uint64_t *frame = platform_phys_to_virt(frame_addr(pfn(run.first.value + i)));
        for (uint32_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            if (frame[words[w]] != 0) {
                return verdict_violate(&ledger->verdict, PROPERTY_ZEROED, hart, UINT64_MAX,
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
static void state_at(const struct ledger *ledger, uint32_t moment, struct frame_model *state)
{
    frame_model_copy(state, &ledger->before);
    for (uint32_t i = 0; i < ledger->operation_count; i++) {
        const struct operation *operation = &ledger->operations[i];
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
static bool had_reason(const struct ledger *ledger, const struct operation *failed)
{
    static struct frame_model state;
    state_at(ledger, failed->call, &state);
    if (!frame_model_has_run(&state, failed->request)) {
        return true;
    }
    for (uint32_t i = 0; i < ledger->operation_count; i++) {
        uint32_t moment = ledger->operations[i].call;
        if (moment > failed->call && moment < failed->answer) {
            state_at(ledger, moment, &state);
            if (!frame_model_has_run(&state, failed->request)) {
                return true;
            }
        }
    }
    return false;
}

static bool check_failures(struct ledger *ledger)
{
    for (uint32_t i = 0; i < ledger->operation_count; i++) {
        const struct operation *operation = &ledger->operations[i];
        if (operation->kind == OPERATION_ALLOC && operation->answer != 0 && operation->status != FRAME_OK &&
            operation->status != FRAME_CONTENDED && !had_reason(ledger, operation)) {
            return verdict_violate(&ledger->verdict, PROPERTY_NOTHING_STRANDED, operation->hart, UINT64_MAX,
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

void ledger_format(const struct ledger *ledger, char *out, size_t bytes)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < ledger->operation_count && at < bytes; i++) {
        const struct operation *operation = &ledger->operations[i];
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

static bool check_linearizable(struct ledger *ledger)
{
    struct operation left[LINEARIZE_MAX];
    uint32_t count = 0, stuck;
    for (uint32_t i = 0; i < ledger->operation_count; i++) {
        if (ledger->operations[i].answer == 0 || count == LINEARIZE_MAX) {
            return true; /* too long, or not ended */
        }
        if (ledger->operations[i].kind != OPERATION_OTHER) {
            left[count++] = ledger->operations[i];
        }
    }
    ledger->linearized++;
    if (linearize(&ledger->before, left, count, &stuck)) {
        return true;
    }
    return verdict_violate(&ledger->verdict, property_of(&left[stuck]), left[stuck].hart, UINT64_MAX,
                           "no sequential order explains the answers: a%s %s answered '%s'",
                           left[stuck].kind == OPERATION_ALLOC ? "n" : "", operation_name(&left[stuck]),
                           frame_status_text(left[stuck].status));
}

/* P11, hart by hart; unless somebody drained. */
static bool check_magazines(struct ledger *ledger)
{
    const struct small_machine *machine = ledger->machine;
    uint64_t drains = 0, singles = 0;
    for (uint32_t h = 0; h < machine->harts; h++) {
        singles += ledger->singles[h];
        drains += count_of(&hart_of(ledger, h)->counts.drains);
    }
    /* Who finds nothing in one place looks in another: no promise when memory runs out. */
    uint64_t frames = machine->model.frame_count - machine->second_frames.count; /* who adds an arena is not counted */
    bool plenty = singles + UINT64_C(2) * machine->harts * machine->config.magazine <= frames / 2;
    bool right = true;
    for (uint32_t h = 0; h < machine->harts && drains == 0 && plenty && right; h++) {
        struct judge judge = ledger_judge(ledger, h);
        const struct magazine_trace trace = {.name = "a program",
                                             .operations = ledger->singles[h],
                                             .accesses = count_of(&hart_of(ledger, h)->counts.global_takes) +
                                                         count_of(&hart_of(ledger, h)->counts.global_gives),
                                             .harts = 1,
                                             .fresh = true,
                                             .magazine = machine->config.magazine,
                                             .batch = machine->config.batch};
        right = judge_magazines(&judge, &trace);
    }
    return right;
}

bool ledger_history(struct ledger *ledger)
{
    const struct frame_allocator_config *config = &ledger->machine->config;
    bool counted = ledger->only_singles && !ledger->interrupts && config->magazine > 0 && config->magazines > 1;
    return verdict_holds(&ledger->verdict) && check_failures(ledger) && check_linearizable(ledger) &&
           (!counted || check_magazines(ledger));
}

/* ---- at rest ---- */

bool ledger_rest(struct ledger *ledger)
{
    struct judge judge = ledger_judge(ledger, 0);
    struct frame_run run;
    return judge_all_free(&judge) && judge_largest(&judge, ledger->machine->largest_run, &run);
}
