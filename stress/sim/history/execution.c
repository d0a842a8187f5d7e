/* SPDX-License-Identifier: MIT
 * One execution. See execution.h. */
#include "execution.h"

#include <stdio.h>
#include <string.h>

#include "platform_sim.h"
#include "run.h"

/* Events of a small program are thousands, of one that zeroes a chunk a hundred thousand; of four harts that all ask
 * for what is not there, and look as often as they have patience, half a million. */
#define STEPS_MOST (UINT64_C(1) << 21)
/* And so many times that, if each of them may be interrupted by handlers that ask for it, too. */
#define STEPS_INTERRUPTED 8u

static struct {
    struct interpreter *interpreter;
    char panic[EXECUTION_TEXT_MAX];
} now;

/* On a hart: the history has been told. */
static void end_at_once(void)
{
    explore_fail("%s", now.interpreter->history.verdict.text);
}

static void end_for_interpreter(struct interpreter *interpreter)
{
    (void)interpreter;
    end_at_once();
}

static void hart_ended(struct interpreter *interpreter, uint32_t hart)
{
    (void)interpreter;
    (void)hart;
    injection_hart_ended();
}

static void handler(uint32_t hart)
{
    interpreter_interrupt(now.interpreter, hart);
}

static bool is_interrupted(const struct execution_plan *plan)
{
    return plan->interrupt.at != 0 || plan->interrupt.one_in != 0 || plan->interrupt.chosen;
}

static void panicked(const char *line)
{
    (void)snprintf(now.panic, sizeof now.panic, "%s", line);
    explore_fail("%s", line);
}

static void set_finding(struct execution_result *result, enum finding finding, enum property property, const char *text)
{
    result->finding = finding;
    result->property = property;
    (void)snprintf(result->text, sizeof result->text, "%s", text);
}

/* What the run itself says. */
static void judge_run(struct execution_result *result, const struct explore_report *report, enum run_end end)
{
    if (now.panic[0] != '\0') {
        set_finding(result, FINDING_PANIC, PROPERTY_ACCOUNT, now.panic);
    } else if (!verdict_holds(&now.interpreter->history.verdict)) {
        return; /* told below */
    } else if (report->verdict == EXPLORE_REDUNDANT) {
        set_finding(result, FINDING_REDUNDANT, PROPERTY_NONE, "");
    } else if (report->verdict == EXPLORE_RACE) {
        set_finding(result, FINDING_RACE, PROPERTY_OWNED_ONCE, report->text);
    } else if (report->verdict == EXPLORE_LIVELOCK) {
        set_finding(result, FINDING_LIVELOCK, PROPERTY_LOCK_FREE, report->text);
    } else if (report->verdict == EXPLORE_DEADLOCK || end == RUN_STUCK) {
        set_finding(result, FINDING_DEADLOCK, PROPERTY_LOCK_FREE, report->text);
    }
}

static void judge_history(struct execution_result *result)
{
    const struct history *history = &now.interpreter->history;
    if (result->finding == FINDING_NONE && !verdict_holds(&history->verdict)) {
        set_finding(result, FINDING_PROPERTY, history->verdict.property, history->verdict.text);
        result->hart = history->verdict.hart;
    }
    result->failures = history->failures;
    result->contended = history->contended;
    result->linearized = history->linearized;
    result->nested_failures = history->nested_failures;
}

static void run_under_model(const struct execution_plan *plan, struct execution_result *result)
{
    struct interpreter *interpreter = now.interpreter;
    const struct explore_options options = {.seed = plan->schedule_seed,
                                            .strategy = plan->strategy,
                                            .depth = plan->depth,
                                            .profile = plan->profile,
                                            .steps_most = STEPS_MOST * (is_interrupted(plan) ? STEPS_INTERRUPTED : 1),
                                            .freeze_hart = plan->freeze_hart,
                                            .freeze_at = plan->freeze_at,
                                            .silent = plan->silent,
                                            .stops = plan->stops,
                                            .trace = plan->trace};
    sim_impatient = true;
    explore_use(&options);
    injection_begin(&interpreter->history, &plan->injection, end_at_once);
    if (is_interrupted(plan)) {
        interpreter->history.interrupts = true;
        injection_interrupt(&plan->interrupt, handler);
    }
    if (plan->end.at != 0 || plan->end.chosen) {
        injection_end_hart(&plan->end, interpreter_hart_again);
    }
    enum run_end end = run_harts(plan->program->harts, interpreter_hart, interpreter);
    result->interrupted_at = injection_interrupted_at();
    result->ended_at = injection_ended_at();
    result->held = injection_end();
    sim_impatient = false;
    const struct explore_report *report = explore_report();
    result->steps = report->steps;
    result->frozen = report->frozen;
    result->frozen_place = report->frozen_place;
    result->silences = report->silences;
    memcpy(result->places, report->places, sizeof result->places);
    memcpy(result->events, report->events, plan->program->harts * sizeof result->events[0]);
    judge_run(result, report, end);
}

void execution_run(const struct execution_plan *plan, struct interpreter *interpreter, struct execution_result *result)
{
    char why[EXECUTION_TEXT_MAX];
    const struct program *program = plan->program;
    result->finding = FINDING_NONE;
    result->property = PROPERTY_NONE;
    result->hart = HART_NONE;
    result->text[0] = '\0';
    result->steps = 0;
    result->places[0] = 0;
    result->places[1] = 0;
    result->harts = program->harts;
    result->frozen = false;
    result->held = false;
    result->silences = 0;
    result->interrupted_at = 0;
    result->ended_at = 0;
    result->lost = 0;
    result->nested_failures = 0;
    struct small_machine *machine =
        small_machine_get(plan->spec, program->layout, program->setting, program->harts, why, sizeof why);
    if (machine == NULL) {
        set_finding(result, FINDING_ERROR, PROPERTY_NONE, why);
        return;
    }
    now.interpreter = interpreter;
    now.panic[0] = '\0';
    sim_on_panic = panicked;
    interpreter->on_violation = end_for_interpreter;
    interpreter->on_end = hart_ended;
    interpreter_begin(interpreter, program, machine);
    interpreter->history.silence = plan->silent != 0;
    interpreter->history.mark = plan->strategy == EXPLORE_EXHAUST ? explore_mark : NULL;
    if (interpreter_prelude(interpreter)) {
        run_under_model(plan, result);
        if (result->finding == FINDING_NONE && verdict_holds(&interpreter->history.verdict) && !result->frozen) {
            (void)interpreter_finish(interpreter);
            result->lost = interpreter->lost;
        }
    }
    judge_history(result);
}

const char *finding_name(const struct execution_result *result)
{
    switch (result->finding) {
    case FINDING_RACE:
        return "race";
    case FINDING_PANIC:
        return "panic";
    case FINDING_ERROR:
        return "error";
    case FINDING_NONE:
    case FINDING_REDUNDANT:
        return "holds";
    default:
        return property_name(result->property);
    }
}
