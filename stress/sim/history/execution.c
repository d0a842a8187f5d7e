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
    struct player *player;
    char panic[EXECUTION_TEXT_MAX];
} now;

/* On a hart: the ledger has been told. */
static void end_at_once(void)
{
    explore_fail("%s", now.player->ledger.verdict.text);
}

static void end_for_player(struct player *player)
{
    (void)player;
    end_at_once();
}

static void hart_ended(struct player *player, uint32_t hart)
{
    (void)player;
    (void)hart;
    guard_hart_ended();
}

static void handler(uint32_t hart)
{
    player_interrupt(now.player, hart);
}

static bool is_interrupted(const struct execution_plan *plan)
{
    return plan->interrupt.at != 0 || plan->interrupt.one_in != 0;
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
    } else if (!verdict_holds(&now.player->ledger.verdict)) {
        return; /* told below */
    } else if (report->verdict == EXPLORE_RACE) {
        set_finding(result, FINDING_RACE, PROPERTY_OWNED_ONCE, report->text);
    } else if (report->verdict == EXPLORE_LIVELOCK) {
        set_finding(result, FINDING_LIVELOCK, PROPERTY_LOCK_FREE, report->text);
    } else if (report->verdict == EXPLORE_DEADLOCK || end == RUN_STUCK) {
        set_finding(result, FINDING_DEADLOCK, PROPERTY_LOCK_FREE, report->text);
    }
}

static void judge_ledger(struct execution_result *result)
{
    const struct ledger *ledger = &now.player->ledger;
    if (result->finding == FINDING_NONE && !verdict_holds(&ledger->verdict)) {
        set_finding(result, FINDING_PROPERTY, ledger->verdict.property, ledger->verdict.text);
        result->hart = ledger->verdict.hart;
    }
    result->failures = ledger->failures;
    result->contended = ledger->contended;
    result->linearized = ledger->linearized;
    result->nested_failures = ledger->nested_failures;
}

static void run_under_model(const struct execution_plan *plan, struct execution_result *result)
{
    struct player *player = now.player;
    const struct explore_options options = {.seed = plan->schedule_seed,
                                            .strategy = plan->strategy,
                                            .depth = plan->depth,
                                            .profile = plan->profile,
                                            .steps_most = STEPS_MOST * (is_interrupted(plan) ? STEPS_INTERRUPTED : 1),
                                            .freeze_hart = plan->freeze_hart,
                                            .freeze_at = plan->freeze_at,
                                            .silent = plan->silent,
                                            .trace = plan->trace};
    sim_impatient = true;
    explore_use(&options);
    guard_begin(&player->ledger, &plan->guard, end_at_once);
    if (is_interrupted(plan)) {
        player->ledger.interrupts = true;
        guard_interrupt(&plan->interrupt, handler);
    }
    if (plan->end.at != 0) {
        guard_end_hart(&plan->end, player_hart_again);
    }
    enum run_end end = run_harts(plan->program->harts, player_hart, player);
    result->interrupted_at = guard_interrupted_at();
    result->ended_at = guard_ended_at();
    result->held = guard_end();
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

void execution_run(const struct execution_plan *plan, struct player *player, struct execution_result *result)
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
    now.player = player;
    now.panic[0] = '\0';
    sim_on_panic = panicked;
    player->on_violation = end_for_player;
    player->on_end = hart_ended;
    player_begin(player, program, machine);
    player->ledger.silence = plan->silent != 0;
    if (player_prelude(player)) {
        run_under_model(plan, result);
        if (result->finding == FINDING_NONE && verdict_holds(&player->ledger.verdict) && !result->frozen) {
            (void)player_finish(player);
            result->lost = player->lost;
        }
    }
    judge_ledger(result);
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
        return "holds";
    default:
        return property_name(result->property);
    }
}
