/* SPDX-License-Identifier: MIT
 * Options for simulated harts. See sim_options.h. */
#include "sim_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "options.h"

#define DEPTH_MAX 16u
#define BOUND_UNSAID (SIM_NO_BOUND - 1) /* 2 */
#define WEAK_UNSAID UINT32_MAX          /* 1, of sequentially consistent memory 0 */

enum {
    OPTION_EXECUTIONS = 1280,
    OPTION_PROFILE,
    OPTION_STRATEGY,
    OPTION_DEPTH,
    OPTION_BOUND,
    OPTION_WEAK,
    OPTION_UNREDUCED,
    OPTION_CHOICES,
    OPTION_FREEZE,
    OPTION_END,
    OPTION_PROGRAM,
    OPTION_REPLAY,
    OPTION_TRACE
};

static const struct argp_option options[] = {
    {"executions", OPTION_EXECUTIONS, "N", 0, "In place of time", 1},
    {"profile", OPTION_PROFILE, "NAME", 0, "What memory does: rmo (default), rcpc, tso or sc: stress/sim/README.md", 1},
    {"strategy", OPTION_STRATEGY, "NAME", 0,
     "Who runs next: random, pct, both (default), or exhaust: every order of a program within bounds", 1},
    {"bound", OPTION_BOUND, "N", 0, "Of exhaust: preemptions in an execution; none: any number (default: 2)", 1},
    {"weak", OPTION_WEAK, "N", 0,
     "Of exhaust: stores that wait and loads of old values in an execution (default: 1, with --profile sc 0)", 1},
    {"unreduced", OPTION_UNREDUCED, NULL, 0, "Of exhaust: equivalent executions, too", 1},
    {"choices", OPTION_CHOICES, "TEXT", 0, "Of exhaust: just the execution that makes these", 1},
    {"depth", OPTION_DEPTH, "N", 0, "Of pct (default: 3 to 6)", 1},
    {"program", OPTION_PROGRAM, "TEXT", 0, "Play this by many schedules: stress/sim/history/program.h", 1},
    {"freeze", OPTION_FREEZE, "HART.ACCESS", OPTION_ARG_OPTIONAL,
     "P9: stop each hart at each of its accesses in turn; or just this hart at this one", 1},
    {"end", OPTION_END, "HART.ACCESS", OPTION_ARG_OPTIONAL,
     "P13: end each hart at each of its accesses in turn, and take its number over; or just this one at this one", 1},
    {"replay", OPTION_REPLAY, "SEED", 0, "Just this execution", 1},
    {"trace", OPTION_TRACE, NULL, 0, "Show every access of it", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

const char *const sim_profile_words[] = {
    [SIM_PROFILE_RMO] = "rmo", [SIM_PROFILE_TSO] = "tso", [SIM_PROFILE_SC] = "sc", [SIM_PROFILE_RCPC] = "rcpc", NULL};
static const char *const strategies[] = {[SIM_STRATEGY_BOTH] = "both",
                                         [SIM_STRATEGY_RANDOM] = "random",
                                         [SIM_STRATEGY_PCT] = "pct",
                                         [SIM_STRATEGY_EXHAUST] = "exhaust",
                                         NULL};

static const struct option_value values[] = {
    OPTION_NUMBER(OPTION_EXECUTIONS, struct sim_options, plan.executions, 1, UINT64_MAX),
    OPTION_WORD(OPTION_PROFILE, struct sim_options, plan.profile, sim_profile_words),
    OPTION_WORD(OPTION_STRATEGY, struct sim_options, plan.strategy, strategies),
    OPTION_NUMBER(OPTION_DEPTH, struct sim_options, plan.depth, 1, DEPTH_MAX),
    OPTION_NUMBER(OPTION_WEAK, struct sim_options, plan.weak, 0, 16),
    OPTION_PLAIN(OPTION_UNREDUCED, VALUE_FLAG, struct sim_options, plan.unreduced),
    OPTION_PLAIN(OPTION_CHOICES, VALUE_TEXT, struct sim_options, plan.choices),
    OPTION_NUMBER(OPTION_REPLAY, struct sim_options, plan.seed, 0, UINT64_MAX),
    OPTION_PLAIN(OPTION_TRACE, VALUE_FLAG, struct sim_options, plan.trace),
    {0},
};

/* "1.23": hart and access; without, all of them. */
static void set_place(const char *option, bool *all, uint32_t *hart, uint64_t *at, const char *text,
                      const struct argp_state *state)
{
    char *end = NULL;
    if (text == NULL) {
        *all = true;
        return;
    }
    *hart = (uint32_t)strtoul(text, &end, 10);
    if (end == text || *end != '.' || !option_number(end + 1, at) || *at == 0) {
        usage_error(state, "--%s is a hart and one of its accesses, as in 1.23, not '%s'", option, text);
    }
}

void sim_set_interrupt(struct sim_stress_plan *plan, const char *text, const struct argp_state *state)
{
    unsigned hart;
    unsigned long long at, again = 0;
    int end = 0, end_without = 0;
    if (text == NULL) {
        plan->interrupt = true;
        return;
    }
    int read = sscanf(text, "%u.%llu%n.%llu%n", &hart, &at, &end_without, &again, &end);
    if (read < 2 || at == 0 || text[read == 3 ? end : end_without] != '\0') {
        usage_error(
            state, "--interrupt is a hart, one of its accesses and one of its handler's, as in 1.23.0, not '%s'", text);
    }
    plan->interrupt_hart = hart;
    plan->interrupt_at = at;
    plan->interrupt_again = again;
}

static void set_bound(struct sim_stress_plan *plan, const char *text, const struct argp_state *state)
{
    uint64_t bound = 0;
    if (strcmp(text, "none") == 0) {
        plan->bound = SIM_NO_BOUND;
    } else if (option_number(text, &bound) && bound < BOUND_UNSAID) {
        plan->bound = (uint32_t)bound;
    } else {
        usage_error(state, "--bound is a number or none, not '%s'", text);
    }
}

static void set_program(struct sim_stress_plan *plan, const char *text, const struct argp_state *state)
{
    char why[128];
    if (!sim_program_check(text, why, sizeof why)) {
        usage_error(state, "%s", why);
    }
    plan->program = text;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    struct sim_options *sim = state->input;
    error_t status = 0;
    if (key == ARGP_KEY_INIT && sim != NULL) {
        sim->plan.bound = BOUND_UNSAID;
        sim->plan.weak = WEAK_UNSAID;
    }
    if (key == OPTION_FREEZE) {
        set_place("freeze", &sim->plan.freeze, &sim->plan.freeze_hart, &sim->plan.freeze_at, text, state);
    } else if (key == OPTION_END) {
        set_place("end", &sim->plan.end, &sim->plan.end_hart, &sim->plan.end_at, text, state);
    } else if (key == OPTION_BOUND) {
        set_bound(&sim->plan, text, state);
    } else if (key == OPTION_PROGRAM) {
        set_program(&sim->plan, text, state);
    } else {
        status = option_set(state, options, values, key, text);
    }
    if (status == 0) {
        option_note(&sim->first, options, NULL, key);
        sim->plan.replay |= key == OPTION_REPLAY;
    }
    return status;
}

const struct argp sim_argp = {.options = options, .parser = parse_option};

void sim_check_exhaust(struct sim_stress_plan *plan, const struct argp_state *state)
{
    bool exhausts = plan->strategy == SIM_STRATEGY_EXHAUST;
    const char *of_exhaust = plan->bound != BOUND_UNSAID ? "--bound"
                             : plan->weak != WEAK_UNSAID ? "--weak"
                             : plan->unreduced           ? "--unreduced"
                             : plan->choices != NULL     ? "--choices"
                                                         : NULL;
    if (!exhausts && of_exhaust != NULL) {
        usage_error(state, "%s is of --strategy exhaust", of_exhaust);
    }
    if (exhausts && plan->program == NULL) {
        usage_error(state, "--strategy exhaust needs a --program: it tries every order of one");
    }
    if (exhausts && (plan->freeze_at != 0 || plan->interrupt_at != 0 || plan->end_at != 0)) {
        usage_error(state, "with --strategy exhaust --freeze, --interrupt and --end have no value: they are anywhere");
    }
    if (exhausts && plan->freeze + plan->interrupt + plan->end > 1) {
        usage_error(state, "--strategy exhaust has one kind of fault: --freeze, --interrupt or --end");
    }
    if (exhausts && (plan->replay || plan->executions != 0)) {
        usage_error(state, "--strategy exhaust has no seeds: --choices, not --replay or --executions");
    }
    if (plan->weak == WEAK_UNSAID) {
        plan->weak = exhausts && plan->profile != SIM_PROFILE_SC;
    }
    if (exhausts && plan->profile == SIM_PROFILE_SC && plan->weak > 0) {
        usage_error(state, "--weak is of memory that is weakly ordered, not of --profile sc");
    }
    plan->bound = plan->choices != NULL ? SIM_NO_BOUND : plan->bound == BOUND_UNSAID ? 2 : plan->bound;
}
