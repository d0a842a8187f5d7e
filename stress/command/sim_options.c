/* SPDX-License-Identifier: MIT
 * Options for simulated harts. See sim_options.h. */
#include "sim_options.h"

#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "options.h"

#define DEPTH_MAX 16u

enum {
    OPTION_EXECUTIONS = 1280,
    OPTION_PROFILE,
    OPTION_STRATEGY,
    OPTION_DEPTH,
    OPTION_FREEZE,
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
    {"replay", OPTION_REPLAY, "SEED", 0, "Just this execution", 1},
    {"trace", OPTION_TRACE, NULL, 0, "Show every access of it", 1},
    {NULL, 0, NULL, 0, NULL, 0},
};

/* The number of a name in a list that NULL ends. */
static uint32_t choice(const char *option, const char *const *names, const char *text, const struct argp_state *state)
{
    for (uint32_t i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], text) == 0) {
            return i;
        }
    }
    usage_error(state, "--%s does not know '%s'", option, text);
}

static uint64_t number(const char *option, const char *text, uint64_t least, uint64_t most,
                       const struct argp_state *state)
{
    uint64_t value;
    if (!option_number(text, &value) || value < least || value > most) {
        usage_error(state, "--%s is %llu to %llu, not '%s'", option, (unsigned long long)least,
                    (unsigned long long)most, text);
    }
    return value;
}

/* "1.23": hart and access. */
static void set_freeze(struct sim_stress_plan *plan, const char *text, const struct argp_state *state)
{
    char *end = NULL;
    if (text == NULL) {
        plan->freeze = true;
        return;
    }
    plan->freeze_hart = (uint32_t)strtoul(text, &end, 10);
    if (end == text || *end != '.') {
        usage_error(state, "--freeze is a hart and one of its accesses, as in 1.23, not '%s'", text);
    }
    plan->freeze_at = number("freeze", end + 1, 1, UINT64_MAX, state);
}

static void set_program(struct sim_stress_plan *plan, const char *text, const struct argp_state *state)
{
    char why[128];
    if (!sim_program_check(text, why, sizeof why)) {
        usage_error(state, "%s", why);
    }
    plan->program = text;
}

static const char *name_of(int key)
{
    const struct argp_option *option = options;
    while (option->name != NULL && option->key != key) {
        option++;
    }
    return option->name;
}

static error_t parse_option(int key, char *text, struct argp_state *state)
{
    static const char *const profiles[] = {"rmo", "tso", "sc", "rcpc", NULL};
    static const char *const strategies[] = {"both", "random", "pct", NULL};
    struct sim_options *sim = state->input;
    switch (key) {
    case OPTION_EXECUTIONS:
        sim->plan.executions = number("executions", text, 1, UINT64_MAX, state);
        break;
    case OPTION_PROFILE:
        sim->plan.profile = (enum sim_profile)choice("profile", profiles, text, state);
        break;
    case OPTION_STRATEGY:
        sim->plan.strategy = (enum sim_strategy)choice("strategy", strategies, text, state);
        break;
    case OPTION_DEPTH:
        sim->plan.depth = (uint32_t)number("depth", text, 1, DEPTH_MAX, state);
        break;
    case OPTION_FREEZE:
        set_freeze(&sim->plan, text, state);
        break;
    case OPTION_PROGRAM:
        set_program(&sim->plan, text, state);
        break;
    case OPTION_REPLAY:
        sim->plan.seed = number("replay", text, 0, UINT64_MAX, state);
        sim->plan.replay = true;
        break;
    case OPTION_TRACE:
        sim->plan.trace = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    sim->first = sim->first != NULL ? sim->first : name_of(key);
    return 0;
}

const struct argp sim_argp = {.options = options, .parser = parse_option};

void sim_options_check(const struct argp_state *state, const struct sim_options *sim, bool chosen, const char *real)
{
    if (chosen && real != NULL) {
        usage_error(state, "--%s does not go with --platform sim", real);
    }
    if (!chosen && sim->first != NULL) {
        usage_error(state, "--%s goes with --platform sim only", sim->first);
    }
    if (sim->plan.trace && !sim->plan.replay) {
        usage_error(state, "--trace goes with --replay: it shows one execution");
    }
}
