/* SPDX-License-Identifier: MIT
 * Options for simulated harts. See sim_options.h. */
#include "sim_options.h"

#include <stdio.h>
#include <stdlib.h>

#include "commands.h"
#include "options.h"

#define DEPTH_MAX 16u

enum {
    OPTION_EXECUTIONS = 1280,
    OPTION_PROFILE,
    OPTION_STRATEGY,
    OPTION_DEPTH,
    OPTION_FREEZE,
    OPTION_END,
    OPTION_PROGRAM,
    OPTION_REPLAY,
    OPTION_TRACE
};

static const struct argp_option options[] = {
    {"executions", OPTION_EXECUTIONS, "N", 0, "In place of time", 1},
    {"profile", OPTION_PROFILE, "NAME", 0, "What memory does: rmo (default), rcpc, tso or sc: stress/sim/README.md", 1},
    {"strategy", OPTION_STRATEGY, "NAME", 0, "Who runs next: random, pct or both (default)", 1},
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
static const char *const strategies[] = {
    [SIM_STRATEGY_BOTH] = "both", [SIM_STRATEGY_RANDOM] = "random", [SIM_STRATEGY_PCT] = "pct", NULL};

static const struct option_value values[] = {
    OPTION_NUMBER(OPTION_EXECUTIONS, struct sim_options, plan.executions, 1, UINT64_MAX),
    OPTION_WORD(OPTION_PROFILE, struct sim_options, plan.profile, sim_profile_words),
    OPTION_WORD(OPTION_STRATEGY, struct sim_options, plan.strategy, strategies),
    OPTION_NUMBER(OPTION_DEPTH, struct sim_options, plan.depth, 1, DEPTH_MAX),
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
    if (key == OPTION_FREEZE) {
        set_place("freeze", &sim->plan.freeze, &sim->plan.freeze_hart, &sim->plan.freeze_at, text, state);
    } else if (key == OPTION_END) {
        set_place("end", &sim->plan.end, &sim->plan.end_hart, &sim->plan.end_at, text, state);
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
