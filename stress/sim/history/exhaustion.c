/* SPDX-License-Identifier: MIT
 * A program by all its executions. See exhaustion.h. A finding is made short: first by fewer preemptions, a search with
 * each bound below that of the execution found; then by fewer steps, one left out after the other as long as a search
 * within the same bounds finds the same. */
#include "exhaustion.h"

#include <stdio.h>
#include <string.h>

#include "choices.h"
#include "trace.h"

/* Of a search for something shorter. */
#define SHORTER_EXECUTIONS UINT64_C(100000)

static bool is_finding(const struct execution_result *result)
{
    return result->finding != FINDING_NONE && result->finding != FINDING_REDUNDANT;
}

static struct choices_limits limits_of(const struct sim_stress_plan *stress)
{
    bool faults = stress->freeze || stress->interrupt || stress->end;
    return (struct choices_limits){.preemptions = stress->bound == SIM_NO_BOUND ? CHOICES_NO_BOUND : stress->bound,
                                   .weak = stress->weak,
                                   .faults = faults,
                                   .reduce = !stress->unreduced && stress->weak == 0};
}

/* A set of so many is no longer told apart. */
static void note_outcome(struct exhaustion *exhaustion)
{
    struct sim_stress_report *report = exhaustion->report;
    uint64_t hash = history_outcome(&exhaustion->interpreter->history);
    uint32_t at = (uint32_t)(hash % EXHAUSTION_OUTCOMES);
    while (exhaustion->outcomes[at] != 0 && exhaustion->outcomes[at] != hash) {
        at = (at + 1) % EXHAUSTION_OUTCOMES;
    }
    if (exhaustion->outcomes[at] == 0 && report->outcomes < EXHAUSTION_OUTCOMES / 2) {
        exhaustion->outcomes[at] = hash;
        report->outcomes++;
        report->outcomes_hash += hash;
    }
}

/* Until something is found: true. */
static bool search(struct exhaustion *exhaustion, const struct choices_limits *limits, uint64_t executions_most,
                   struct execution_result *result)
{
    choices_search(limits);
    while (choices_next()) {
        execution_run(&exhaustion->plan, exhaustion->interpreter, result);
        if (result->finding == FINDING_NONE) {
            note_outcome(exhaustion);
        }
        if (!exhaustion->made(exhaustion->context, result) || is_finding(result)) {
            return is_finding(result);
        }
        if (choices_report()->executions >= executions_most) {
            return false;
        }
    }
    return false;
}

/* Whether a word stands in a text of words. */
static bool has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == text || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

/* "alloc_refill index_claim": each function of the places once. */
static void list_functions(const struct choices_report *choices, char *out, size_t bytes)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < choices->place_count && at < bytes; i++) {
        char place[256];
        if (choices->places[i] == 0) { /* a call or an answer: no code of anybody's */
            continue;
        }
        trace_place(choices->places[i], place, sizeof place);
        const char *comma = strstr(place, ", ");
        const char *name = comma != NULL ? comma + 2 : place;
        if (!has_word(out, name)) {
            at += (size_t)snprintf(out + at, bytes - at, "%s%s", at > 0 ? " " : "", name);
        }
    }
}

static void note(struct exhaustion *exhaustion)
{
    const struct choices_report *choices = choices_report();
    struct sim_stress_report *report = exhaustion->report;
    report->exhaustive = true;
    report->complete = choices->complete;
    report->done = choices->done;
    report->redundant = choices->redundant;
    report->classes = choices->classes;
    report->restarts = choices->restarts;
    report->conflicts = choices->conflicts;
    report->points = choices->points;
    list_functions(choices, report->functions, sizeof report->functions);
}

/* ---- shorter ---- */

static bool same_finding(const struct execution_result *a, const struct execution_result *b)
{
    return a->finding == b->finding && a->property == b->property;
}

static bool found_again(struct exhaustion *exhaustion, const struct choices_limits *limits,
                        const struct execution_result *wanted)
{
    struct execution_result result;
    return search(exhaustion, limits, SHORTER_EXECUTIONS, &result) && same_finding(&result, wanted);
}

static void fewer_preemptions(struct exhaustion *exhaustion, struct choices_limits *limits,
                              const struct execution_result *wanted)
{
    uint32_t spent = choices_spent(CHOICE_FREE);
    limits->preemptions = 0;
    while (limits->preemptions < spent && !found_again(exhaustion, limits, wanted)) {
        limits->preemptions++;
    }
}

static void leave_out(struct step_list *list, uint32_t at)
{
    memmove(&list->steps[at], &list->steps[at + 1], (list->count - at - 1) * sizeof list->steps[0]);
    list->count--;
}

static void fewer_steps_of(struct exhaustion *exhaustion, struct step_list *list, const struct choices_limits *limits,
                           const struct execution_result *wanted)
{
    for (uint32_t at = list->count; at-- > 0;) {
        const struct step_list before = *list;
        leave_out(list, at);
        if (!found_again(exhaustion, limits, wanted)) {
            *list = before;
        }
    }
}

static void fewer_steps(struct exhaustion *exhaustion, const struct choices_limits *limits,
                        const struct execution_result *wanted)
{
    struct program *program = &exhaustion->program;
    for (uint32_t hart = 0; hart < program->harts; hart++) {
        fewer_steps_of(exhaustion, &program->hart[hart], limits, wanted);
    }
    fewer_steps_of(exhaustion, &program->handler, limits, wanted);
    fewer_steps_of(exhaustion, &program->prelude, limits, wanted);
}

/* ---- all of it ---- */

/* The one execution that is asked for. */
static bool replay(struct exhaustion *exhaustion, struct execution_result *result)
{
    result->finding = FINDING_ERROR;
    (void)snprintf(result->text, sizeof result->text, "'%s' is no list of choices", exhaustion->stress->choices);
    if (choices_replay(exhaustion->stress->choices) && choices_next()) {
        execution_run(&exhaustion->plan, exhaustion->interpreter, result);
        (void)exhaustion->made(exhaustion->context, result);
    }
    return is_finding(result);
}

bool exhaustion_run(struct exhaustion *exhaustion, struct execution_result *result, char *choices, size_t bytes)
{
    struct choices_limits limits = limits_of(exhaustion->stress);
    exhaustion->plan.program = &exhaustion->program;
    bool found = exhaustion->stress->choices != NULL ? replay(exhaustion, result)
                                                     : search(exhaustion, &limits, UINT64_MAX, result);
    note(exhaustion);
    if (choices_report()->error != NULL && !found) {
        result->finding = FINDING_ERROR;
        (void)snprintf(result->text, sizeof result->text, "%s", choices_report()->error);
        return false;
    }
    if (found && exhaustion->stress->choices == NULL && result->finding != FINDING_ERROR) {
        const struct execution_result first = *result;
        fewer_preemptions(exhaustion, &limits, &first);
        fewer_steps(exhaustion, &limits, &first);
        (void)search(exhaustion, &limits, UINT64_MAX, result);
    }
    choices_format(choices, bytes);
    return !found;
}
