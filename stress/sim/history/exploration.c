/* SPDX-License-Identifier: MIT
 * Many executions. See exploration.h. */
#include "exploration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exhaustion.h"
#include "random.h"
#include "run.h"
#include "trace.h"

/* Seeds in a row that play one program. */
#define PROGRAM_SEEDS SIM_BLOCK
/* Executions between two looks at the clock. */
#define CLOCK_EVERY 64u
#define PLACES_MAX 65536u

_Static_assert((unsigned)STEP_KIND_COUNT == SIM_STEP_KINDS, "every kind of step is counted");

enum stream { STREAM_PROGRAM, STREAM_SCHEDULE, STREAM_AGAIN };

/* What the sweep stops harts in: every operation, beside others. */
static const char *const SWEPT[] = {
    "tiny.0; : a0 f0 | a1 f1",
    "chunks.1; a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 a10 a11 : f0 a12 f2 | f1 a13 f3",
    "chunks.2; a0 a1 a2 a3 a4 a5 a6 a7 : a8 f0 a9 f2 f4 | a10 f1 f3 f5 | a11",
    "tiny.2; a0 a1 a2 a3 : a4 a5 f4 | a6 f0 a7",
    "tiny.1; a0 a1 : z2 f2 z3 | z4 f4",
    "chunks.0; : r0.3.0 f0 r1.2.1 | r2.4.0 h2.1 t2.1 f2",
    "chunks.3; a0 a1 a2 : y3.2.0 f3 | y4.2.1 f4 | f0",
    "arenas.2; a0 a1 : +0 >0 -0 | <0 +1 f1 -1 <0 -0",
    "nodes.2; : a0 a1 >0 d | a2 <0 f0 d f2",
    "nodes.0; : A a0 R | A a1 R f1",
    "arenas.1; : A r0.4.0 f0 R | a1 d f1 | R",
    "tiny.3; a0 : s x0 x4 x6 | a1 s x1 f1",
    "whole.2; r0.512.0 r1.256.0 r3.256.0 : f0 r4.512.9 | f1 f3 a5",
    "whole.3; : z0 f0 | r1.2.0 f1 r2.4.0",
    "whole.5; r0.2.1 r1.2.1 r2.2.1 : f0 f1 f2 r3.2.1 | r4.2.1 d r5.512.9",
    "whole.4; : z0 y1.4.2 z2 | r3.8.3 f3 z4 d",
    "plug.2; A r0.512.9 r1.256.0 : f0 R r2.4.2 | f1 r3.512.9 R",
    "plug.5; A r0.2.1 : f0 R | r1.512.9 f1 A",
    "tiny.7; a0 a1 a2 a3 : a4 r5.2.1 f4 | f0 r6.2.0 a7",
    "many.9; a0a1a2a3a4a5a6a7a8a9a10a11a12a13a14a15a16a17a18a19a20 : f1 f3 f5 f7 f9 a21 | f11 f13 f15 f17 f19",
};
#define SWEPT_COUNT (sizeof SWEPT / sizeof SWEPT[0])
_Static_assert(SIM_SWEEP_BLOCK == 2 * SWEPT_COUNT,
               "a block has each program, with harts that answer and with silent ones");

/* What the other sweep interrupts: the same, and one hart alone that uses up what it has. */
static const char *const SWEPT_ALONE[] = {
    "tiny.3; a0 a1 a2 a3 : f0 f1 a4 a5 f2 d a6",
    "tiny.5; a0 a1 : f0 f1 a2 r3.2.1 a4 a5 f2",
    "chunks.3; : a0 a1 a2 a3 f0 f1 f2 f3 r4.4.0 f4",
    "plug.2; : A a0 r1.512.9 f0 R f1 R",
    "whole.3; r0.512.9 r1.512.9 r2.512.9 : a3 r4.2.1 z5 i f0 y6.4.2 f3",
};
/* What the third one ends harts in, besides: those that leave and join. */
static const char *const SWEPT_LIVES[] = {
    "tiny.3; a0 a1 a2 : f0 L J0 a3 f3 | f1 L d a4 J0 a4",
    "chunks.2; a0 a1 a2 a3 : L J0 a4 f0 L | f1 a5 L J0 f3 | d a6 a7",
    "plug.5; A r0.2.1 r1.512.9 : f0 L J0 R | f1 L J0 r2.512.9 R",
    "nodes.1; a0 a1 : L J1 a2 f2 L J0 | a3 L J0 f1 a4",
    "chunks.1; a0 a1 a2 a3 a4 a5 a6 a7 : f0 f2 f4 f6 a8 | f1 f3 f5 f7 L",
};
#define SWEPT_LIVES_COUNT (sizeof SWEPT_LIVES / sizeof SWEPT_LIVES[0])
#define ENDED_COUNT (SWEPT_COUNT + SWEPT_LIVES_COUNT)
#define SWEPT_ALONE_COUNT (sizeof SWEPT_ALONE / sizeof SWEPT_ALONE[0])
#define INTERRUPTED_COUNT (SWEPT_COUNT + SWEPT_ALONE_COUNT)

/* And what handlers do. */
static const char *const HANDLERS[] = {
    "a32 f32 a33",           "r32.2.1 a33 f32",         "a32 +32 -32 a33 f0 f32", "f0 f1 f2 a32",
    "a32 a33 a34 a35 d f32", "A R z32 i y33.2.0 x0 x9", "r32.512.9 a33 f32 f0",
};
_Static_assert(SIM_LIVES_BLOCK == ENDED_COUNT && SIM_LIVES_BLOCK == INTERRUPTED_COUNT, "a block has each program");
#define HANDLER_COUNT (sizeof HANDLERS / sizeof HANDLERS[0])

const char *sim_step_name(uint32_t kind)
{
    return step_kind_name((enum step_kind)kind);
}

bool sim_program_check(const char *text, char *why, size_t why_bytes)
{
    struct program program;
    return program_parse(&program, text, why, why_bytes);
}

static enum explore_profile profile_of(const struct sim_stress_plan *stress)
{
    static const enum explore_profile profiles[] = {[SIM_PROFILE_RMO] = EXPLORE_RMO,
                                                    [SIM_PROFILE_TSO] = EXPLORE_TSO,
                                                    [SIM_PROFILE_SC] = EXPLORE_SC,
                                                    [SIM_PROFILE_RCPC] = EXPLORE_RCPC};
    return profiles[stress->profile];
}

/* A hart that is stopped at each of its events is silent to the barrier, too, in every other round of the programs. */
static uint32_t silent_if_frozen(uint64_t seed, uint32_t hart)
{
    return hart != RUN_NOBODY && seed / SWEPT_COUNT % 2 == 1 ? UINT32_C(1) << hart : 0;
}

/* A hart that was stopped may cost the others nothing but what it had: not of every variant. */
static bool claims_lock_freedom(const char *spec)
{
    return strncmp(spec, "lockfree", strlen("lockfree")) == 0;
}

/* The same of interrupts. */
static bool claims_to_nest(const char *spec)
{
    return strncmp(spec, "lockfree", strlen("lockfree")) == 0 || strstr(spec, "-irq") != NULL;
}

/* What a sweep plays in its round `seed`. */
static void swept_program(const struct sim_stress_plan *stress, uint64_t seed, struct program *program)
{
    char text[PROGRAM_TEXT_MAX], why[128];
    if (stress->end || stress->end_at != 0) {
        uint64_t at = seed % ENDED_COUNT;
        (void)program_parse(program, at < SWEPT_COUNT ? SWEPT[at] : SWEPT_LIVES[at - SWEPT_COUNT], why, sizeof why);
        return;
    }
    if (stress->freeze || stress->freeze_at != 0) {
        (void)program_parse(program, SWEPT[seed % SWEPT_COUNT], why, sizeof why);
        return;
    }
    uint64_t at = seed % INTERRUPTED_COUNT;
    (void)snprintf(text, sizeof text, "%s ! %s", at < SWEPT_COUNT ? SWEPT[at] : SWEPT_ALONE[at - SWEPT_COUNT],
                   HANDLERS[(seed + seed / INTERRUPTED_COUNT) % HANDLER_COUNT]);
    (void)program_parse(program, text, why, sizeof why);
}

/* At how many events of a handler it is interrupted in its turn: some of the first. */
#define AGAIN_MOST 200u

static struct interrupt_plan interrupt_at(uint32_t hart, uint64_t at, uint64_t again)
{
    return (struct interrupt_plan){.hart = hart, .at = at, .again = again};
}

void exploration_plan(const struct sim_stress_plan *stress, uint64_t seed, struct program *program,
                      struct execution_plan *plan)
{
    struct random random = random_stream(seed / PROGRAM_SEEDS, STREAM_PROGRAM);
    bool freezes = stress->freeze || stress->freeze_at != 0;
    bool ends = stress->end || stress->end_at != 0;
    bool sweep = freezes || ends || stress->interrupt || stress->interrupt_at != 0;
    if (stress->program == NULL && sweep) {
        swept_program(stress, seed, program);
    } else if (stress->program == NULL) {
        program_random(program, &random, stress->harts);
    }
    random = random_stream(seed, STREAM_SCHEDULE);
    bool pct = stress->strategy == SIM_STRATEGY_BOTH ? seed % 2 == 1 : stress->strategy == SIM_STRATEGY_PCT;
    *plan = (struct execution_plan){.spec = stress->variant,
                                    .program = program,
                                    .schedule_seed = random_next(&random),
                                    .strategy = pct ? EXPLORE_PCT : EXPLORE_RANDOM,
                                    .depth = stress->depth,
                                    .profile = profile_of(stress),
                                    .freeze_hart = RUN_NOBODY,
                                    .injection = {.hold_hart = RUN_NOBODY},
                                    .trace = stress->trace};
    /* Drawn in any case, for what is drawn later: a replay names the depth. */
    uint32_t depth = (uint32_t)random_between(&random, 3, 6);
    plan->depth = plan->depth != 0 ? plan->depth : depth;
    if (ends) {
        plan->end = (struct end_plan){.hart = stress->end_hart, .at = stress->end_at};
    } else if (sweep && !freezes) {
        plan->interrupt = interrupt_at(stress->interrupt_hart, stress->interrupt_at, stress->interrupt_again);
    } else if (sweep) {
        plan->freeze_hart = stress->freeze_at != 0 ? stress->freeze_hart : RUN_NOBODY;
        plan->freeze_at = stress->freeze_at;
        plan->silent = silent_if_frozen(seed, plan->freeze_hart);
    } else if (seed % 16 == 4 && claims_lock_freedom(stress->variant)) {
        plan->freeze_hart = (uint32_t)random_below(&random, program->harts);
        plan->freeze_at = UINT64_C(1) << random_below(&random, 9);
        plan->freeze_at += random_below(&random, plan->freeze_at);
    } else if (seed % 16 / 2 == 6 && claims_to_nest(stress->variant)) {
        plan->interrupt = (struct interrupt_plan){
            .hart = RUN_NOBODY, .one_in = UINT32_C(1) << random_between(&random, 2, 9), .seed = random_next(&random)};
    } else if (seed % 16 / 2 == 4) {
        plan->silent = UINT32_C(1) << random_below(&random, program->harts);
    } else if (seed % 4 >= 2) {
        plan->injection.hold_hart = (uint32_t)random_below(&random, program->harts);
        plan->injection.hold_at = (uint32_t)random_between(&random, 1, 24);
        /* Now and then for longer than others have patience. */
        plan->injection.hold_events = (uint32_t)(random_one_in(&random, 8) ? random_between(&random, 400, 16000)
                                                                           : random_between(&random, 8, 400));
    }
}

/* ---- numbers of executions ---- */

uint64_t exploration_seed(const struct sim_stress_plan *stress, uint64_t number)
{
    const uint64_t block = sim_block(stress);
    struct random random = random_stream(stress->seed, number / block);
    const uint64_t begin = random_next(&random) >> 1; /* 63 bits: what readers of JSON keep */
    return begin - begin % block + number % block;
}

uint64_t exploration_number(const struct sim_stress_plan *stress, uint64_t number)
{
    const uint64_t block = sim_block(stress);
    const uint64_t ahead = (stress->shard + stress->shards - 1 - number / block % stress->shards) % stress->shards;
    return ahead == 0 ? number : (number / block + ahead) * block;
}

/* ---- a campaign ---- */

struct campaign {
    const struct sim_stress_plan *plan;
    struct sim_stress_report *report;
    struct interpreter interpreter;
    struct program program;
    char choices[SIM_STRESS_TEXT_MAX - 128]; /* of an exhaustive search's finding */
    double begun;
    uint32_t place_count;
    uintptr_t places[PLACES_MAX]; /* open addressing; 0: nothing */
};

static double seconds_now(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void note_place(struct campaign *campaign, uintptr_t place)
{
    uint32_t at = (uint32_t)((place * UINT64_C(0x9e3779b97f4a7c15)) >> 48);
    while (campaign->places[at] != 0 && campaign->places[at] != place) {
        at = (at + 1) % PLACES_MAX;
    }
    if (campaign->places[at] == 0 && campaign->place_count < PLACES_MAX / 2) {
        campaign->places[at] = place;
        campaign->place_count++;
    }
}

static void note_result(struct campaign *campaign, const struct execution_result *result)
{
    struct sim_stress_report *report = campaign->report;
    report->executions += result->finding != FINDING_REDUNDANT;
    report->steps += result->steps;
    report->frozen += result->frozen;
    report->held += result->held;
    report->failures += result->failures;
    report->contended += result->contended;
    report->linearized += result->linearized;
    report->interrupted += result->interrupted_at != 0;
    report->nested_failures += result->nested_failures;
    if (result->frozen) {
        note_place(campaign, result->frozen_place);
    }
    report->ended += result->ended_at != 0;
    report->lost += result->lost;
    if (result->ended_at != 0) {
        note_place(campaign, result->ended_at);
    }
    if (result->interrupted_at != 0) {
        note_place(campaign, result->interrupted_at);
    }
}

static const char *strategy_word(const struct execution_plan *plan)
{
    static const char *const words[] = {
        [EXPLORE_RANDOM] = "random", [EXPLORE_PCT] = "pct", [EXPLORE_EXHAUST] = "exhaust"};
    return words[plan->strategy];
}

/* The options that give this very execution, in a word of the command's. The variant is named with the setting's knobs:
 * a spec that has them keeps them. */
static void write_options(const struct campaign *campaign, const struct execution_plan *plan, uint64_t seed)
{
    static const char *const profiles[] = {"rmo", "tso", "sc", "rcpc"};
    const struct sim_stress_plan *stress = campaign->plan;
    const struct small_machine *machine = campaign->interpreter.machine;
    char *out = campaign->report->options;
    size_t bytes = sizeof campaign->report->options;
    int length =
        snprintf(out, bytes, "--variant %s --profile %s --strategy %s",
                 machine != NULL ? machine->spec : stress->variant, profiles[stress->profile], strategy_word(plan));
    size_t at = length < (int)bytes ? (size_t)length : bytes - 1;
    if (plan->strategy == EXPLORE_PCT) {
        at += (size_t)snprintf(out + at, bytes - at, " --depth %u", plan->depth);
    }
    if (stress->harts != 0 && at < bytes) {
        at += (size_t)snprintf(out + at, bytes - at, " --harts %u", stress->harts);
    }
    if (stress->program != NULL && at < bytes) {
        char program[PROGRAM_TEXT_MAX]; /* an exhaustive search has made it shorter */
        (void)program_format(&campaign->program, program, sizeof program);
        at += (size_t)snprintf(out + at, bytes - at, " --program '%s'", program);
    }
    if ((stress->freeze || stress->freeze_at != 0) && plan->freeze_hart != RUN_NOBODY && at < bytes) {
        at += (size_t)snprintf(out + at, bytes - at, " --freeze=%u.%llu", plan->freeze_hart,
                               (unsigned long long)plan->freeze_at);
    }
    if ((stress->end || stress->end_at != 0) && plan->end.at != 0 && at < bytes) {
        at +=
            (size_t)snprintf(out + at, bytes - at, " --end=%u.%llu", plan->end.hart, (unsigned long long)plan->end.at);
    }
    if ((stress->interrupt || stress->interrupt_at != 0) && plan->interrupt.at != 0 && at < bytes) {
        at += (size_t)snprintf(out + at, bytes - at, " --interrupt=%u.%llu.%llu", plan->interrupt.hart,
                               (unsigned long long)plan->interrupt.at, (unsigned long long)plan->interrupt.again);
    }
    if (at < bytes && plan->strategy == EXPLORE_EXHAUST) {
        const char *fault = plan->stops ? " --freeze" : plan->end.chosen ? " --end" : "";
        (void)snprintf(out + at, bytes - at, "%s%s --choices '%s'", fault, plan->interrupt.chosen ? " --interrupt" : "",
                       campaign->choices);
    } else if (at < bytes) {
        (void)snprintf(out + at, bytes - at, " --replay %llu", (unsigned long long)seed);
    }
}

/* Where: of a race both accesses, of a wait two that wait, of a stopped hart where it stands. */
static void write_places(struct sim_stress_report *report, const struct execution_plan *plan,
                         const struct execution_result *result)
{
    char line[SIM_STRESS_TEXT_MAX / 4];
    size_t at = 0, bytes = sizeof report->where;
    report->where[0] = '\0';
    if (result->frozen && plan->stops) {
        trace_place(result->frozen_place, line, sizeof line);
        at += (size_t)snprintf(report->where, bytes, "a hart was stopped: %s", line);
    } else if (result->frozen) {
        trace_place(result->frozen_place, line, sizeof line);
        at += (size_t)snprintf(report->where, bytes, "hart %u was stopped before its access %llu: %s",
                               plan->freeze_hart, (unsigned long long)plan->freeze_at, line);
    }
    if (result->ended_at != 0 && at < bytes) {
        trace_place(result->ended_at, line, sizeof line);
        at += (size_t)snprintf(report->where + at, bytes - at, "%sa hart ended: %s", at > 0 ? "; " : "", line);
    }
    if (result->interrupted_at != 0 && at < bytes) {
        trace_place(result->interrupted_at, line, sizeof line);
        at += (size_t)snprintf(report->where + at, bytes - at, "%sinterrupted at %s", at > 0 ? "; " : "", line);
    }
    if (result->silences > 0 && at < bytes) {
        at += (size_t)snprintf(report->where + at, bytes - at, "%shart %d did not answer the barrier",
                               at > 0 ? "; " : "", __builtin_ctz(plan->silent));
    }
    for (uint32_t i = 0; i < 2 && result->places[i] != 0 && at < bytes; i++) {
        trace_place(result->places[i], line, sizeof line);
        at += (size_t)snprintf(report->where + at, bytes - at, "%s%s", at > 0 ? "; " : "", line);
    }
}

static void report_finding(struct campaign *campaign, const struct execution_plan *plan, uint64_t seed,
                           const struct execution_result *result)
{
    struct sim_stress_report *report = campaign->report;
    report->holds = false;
    report->seed = seed;
    report->hart = result->hart;
    (void)snprintf(report->property, sizeof report->property, "%s", finding_name(result));
    (void)snprintf(report->what, sizeof report->what, "%s", result->text);
    (void)program_format(&campaign->program, report->program, sizeof report->program);
    history_format(&campaign->interpreter.history, report->history, sizeof report->history);
    write_options(campaign, plan, seed);
    write_places(report, plan, result);
}

/* False if it found something. */
static bool run_one(struct campaign *campaign, const struct execution_plan *plan, uint64_t seed,
                    struct execution_result *result)
{
    execution_run(plan, &campaign->interpreter, result);
    note_result(campaign, result);
    if (result->finding != FINDING_NONE) {
        report_finding(campaign, plan, seed, result);
        return false;
    }
    return true;
}

/* Each hart stopped, or interrupted, at each of its events; others by the same schedule as far as it goes. */
static bool sweep(struct campaign *campaign, struct execution_plan *plan, uint64_t seed)
{
    struct execution_result whole, result;
    struct random random = random_stream(seed, STREAM_AGAIN);
    if (!run_one(campaign, plan, seed, &whole)) {
        return false;
    }
    for (uint32_t hart = 0; hart < campaign->program.harts; hart++) {
        for (uint64_t at = 1; at <= whole.events[hart]; at++) {
            if (campaign->plan->end) {
                plan->end = (struct end_plan){.hart = hart, .at = at};
            } else if (campaign->plan->freeze) {
                plan->freeze_hart = hart;
                plan->freeze_at = at;
                plan->silent = silent_if_frozen(seed, hart);
            } else {
                uint64_t again = random_one_in(&random, 4) ? random_between(&random, 1, AGAIN_MOST) : 0;
                plan->interrupt = interrupt_at(hart, at, again);
            }
            if (!run_one(campaign, plan, seed, &result)) {
                return false;
            }
        }
    }
    return true;
}

static bool out_of_time(const struct campaign *campaign, uint64_t next)
{
    const struct sim_stress_plan *plan = campaign->plan;
    return (plan->seconds > 0 && seconds_now() - campaign->begun >= plan->seconds) ||
           (plan->look != NULL && plan->look(plan->context, next));
}

/* After an execution of an exhaustive search. */
static bool made(void *context, const struct execution_result *result)
{
    struct campaign *campaign = context;
    note_result(campaign, result);
    return campaign->report->executions % CLOCK_EVERY != 0 || !out_of_time(campaign, 0);
}

static void run_exhaustively(struct campaign *campaign)
{
    static struct exhaustion exhaustion; /* half a megabyte */
    const struct sim_stress_plan *stress = campaign->plan;
    struct execution_result result = {.finding = FINDING_NONE};
    memset(exhaustion.outcomes, 0, sizeof exhaustion.outcomes);
    exhaustion.stress = stress;
    exhaustion.program = campaign->program;
    exhaustion.interpreter = &campaign->interpreter;
    exhaustion.report = campaign->report;
    exhaustion.made = made;
    exhaustion.context = campaign;
    exhaustion.plan = (struct execution_plan){.spec = stress->variant,
                                              .strategy = EXPLORE_EXHAUST,
                                              .profile = profile_of(stress),
                                              .freeze_hart = RUN_NOBODY,
                                              .injection = {.hold_hart = RUN_NOBODY},
                                              .stops = stress->freeze,
                                              .interrupt = {.hart = RUN_NOBODY, .chosen = stress->interrupt},
                                              .end = {.hart = RUN_NOBODY, .chosen = stress->end},
                                              .trace = stress->trace};
    if (!exhaustion_run(&exhaustion, &result, campaign->choices, sizeof campaign->choices)) {
        campaign->program = exhaustion.program;
        report_finding(campaign, &exhaustion.plan, 0, &result);
    }
}

static void run_all(struct campaign *campaign)
{
    const struct sim_stress_plan *stress = campaign->plan;
    struct sim_stress_report *report = campaign->report;
    const uint64_t end = stress->replay ? 1 : stress->executions != 0 ? stress->executions : UINT64_MAX;
    const uint64_t first = stress->replay ? 0 : exploration_number(stress, stress->first);
    bool holds = true;
    report->first = first;
    for (uint64_t at = first, i = 0; at < end && holds;
         at = stress->replay ? end : exploration_number(stress, at + 1), i++) {
        struct execution_plan plan;
        struct execution_result result;
        const uint64_t seed = stress->replay ? stress->seed : exploration_seed(stress, at);
        if ((i % CLOCK_EVERY == 0 || stress->freeze || stress->interrupt || stress->end) && out_of_time(campaign, at)) {
            break;
        }
        report->last = at;
        exploration_plan(stress, seed, &campaign->program, &plan);
        holds = stress->freeze || stress->interrupt || stress->end ? sweep(campaign, &plan, seed)
                                                                   : run_one(campaign, &plan, seed, &result);
    }
}

static void sum_up(struct campaign *campaign)
{
    struct sim_stress_report *report = campaign->report;
    const uint64_t *calls = campaign->interpreter.calls;
    report->seconds = seconds_now() - campaign->begun;
    report->places = campaign->place_count;
    memcpy(report->calls, calls, sizeof report->calls);
    report->added = calls[STEP_ADD];
    report->removed = calls[STEP_REMOVE];
    report->drains = calls[STEP_DRAIN];
    report->jumps = campaign->interpreter.reached.jumps;
    report->runs = campaign->interpreter.reached.runs;
    report->reserves = campaign->interpreter.reached.reserves;
    report->limbo_most = campaign->interpreter.reached.limbo_most;
    report->interrupts_nested = campaign->interpreter.reached.interrupts_nested;
    memcpy(report->interrupts, campaign->interpreter.reached.interrupts, sizeof report->interrupts);
}

bool sim_stress_explore(const struct sim_stress_plan *plan, struct sim_stress_report *report, FILE *out)
{
    struct campaign *campaign = calloc(1, sizeof *campaign);
    *report = (struct sim_stress_report){.holds = true, .hart = UINT32_MAX};
    if (campaign == NULL || (plan->program != NULL &&
                             !program_parse(&campaign->program, plan->program, report->what, sizeof report->what))) {
        free(campaign);
        return false;
    }
    campaign->plan = plan;
    campaign->report = report;
    campaign->begun = seconds_now();
    if (plan->strategy == SIM_STRATEGY_EXHAUST) {
        run_exhaustively(campaign);
    } else {
        run_all(campaign);
    }
    sum_up(campaign);
    if (plan->trace) {
        trace_print(out, campaign->program.harts, 0);
    }
    free(campaign);
    return strcmp(report->property, "error") != 0;
}
