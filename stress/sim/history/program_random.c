/* SPDX-License-Identifier: MIT
 * Random small programs. Each has a theme: a layout, what the prelude leaves free, and weights of the steps. Steps are
 * chosen so that, if every allocation succeeds, each finds its slot in the hart's hands. */
#include "program.h"

enum theme {
    THEME_EXHAUST, /* the last frames of memory */
    THEME_INDEX,   /* chunks that are used up and come back: the stacks */
    THEME_RUNS,    /* runs, and parts of them */
    THEME_GATHER,  /* chunks that become whole, and chunks that are broken up */
    THEME_SHARE,   /* references, and frames that other harts free */
    THEME_PLUG,    /* an arena that comes and goes */
    THEME_ZERO,    /* what is known to hold zeroes */
    THEME_ALL,
    THEME_COUNT
};

/* Out of which a theme's steps are drawn, in the order of enum step_kind:
 * alloc, zeroed, run, run zeroed, free, head, tail, ref, unref, send, receive, drain, idle, add, remove, stats, wrong
 */
static const uint8_t WEIGHTS[THEME_COUNT][STEP_KIND_COUNT] = {
    [THEME_EXHAUST] = {10, 1, 2, 0, 8, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0},
    [THEME_INDEX] = {10, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    [THEME_RUNS] = {3, 0, 8, 0, 6, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0},
    [THEME_GATHER] = {2, 0, 6, 0, 9, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0},
    [THEME_SHARE] = {6, 0, 1, 0, 5, 0, 0, 6, 5, 6, 6, 0, 0, 0, 0, 0, 1},
    [THEME_PLUG] = {8, 0, 1, 0, 6, 0, 0, 0, 0, 1, 1, 1, 0, 3, 4, 0, 0},
    [THEME_ZERO] = {2, 8, 0, 2, 7, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0},
    [THEME_ALL] = {8, 1, 4, 1, 8, 1, 1, 2, 2, 2, 2, 2, 0, 1, 1, 1, 1},
};

/* How often each theme comes, in 32. */
static const uint8_t SHARES[THEME_COUNT] = {7, 8, 4, 1, 4, 4, 1, 3};

/* What a hart would hold, if every allocation succeeded. */
struct held {
    uint8_t slots[PROGRAM_SLOTS];
    uint16_t frames[PROGRAM_SLOTS]; /* by slot */
    uint32_t count;
};

struct draft {
    struct program *program;
    struct random *random;
    const uint8_t *weights;
    uint32_t next_slot;
    uint32_t sent[PROGRAM_SLOTS], sent_count;
    struct held held[PROGRAM_HARTS_MAX];
};

static void push(struct step_list *list, enum step_kind kind, uint32_t slot, uint32_t count, uint32_t align_order)
{
    if (list->count < PROGRAM_STEPS_MAX) {
        list->steps[list->count++] = (struct step){(uint8_t)kind, (uint8_t)slot, (uint8_t)align_order, (uint16_t)count};
    }
}

static enum theme random_theme(struct random *random)
{
    uint32_t at = (uint32_t)random_below(random, 32), theme = 0;
    while (at >= SHARES[theme]) {
        at -= SHARES[theme++];
    }
    return (enum theme)theme;
}

static enum step_kind random_kind(struct draft *draft)
{
    uint32_t sum = 0, kind = 0;
    for (uint32_t i = 0; i < STEP_KIND_COUNT; i++) {
        sum += draft->weights[i];
    }
    uint32_t at = (uint32_t)random_below(draft->random, sum);
    while (at >= draft->weights[kind]) {
        at -= draft->weights[kind++];
    }
    return (enum step_kind)kind;
}

static void hold(struct held *held, uint32_t slot, uint32_t frames)
{
    held->slots[held->count++] = (uint8_t)slot;
    held->frames[slot] = (uint16_t)frames;
}

/* A run that suits the layout. */
static uint32_t random_run(struct draft *draft, uint32_t *align_order)
{
    struct random *random = draft->random;
    if (draft->program->layout == SMALL_WHOLE && random_one_in(random, 2)) {
        static const uint16_t counts[] = {512, 512, 256, 64, 448, 512 + 64, 1024};
        *align_order = random_one_in(random, 3) ? 9 : 0;
        return counts[random_below(random, sizeof counts / sizeof counts[0])];
    }
    *align_order = (uint32_t)random_below(random, 3);
    return (uint32_t)random_between(random, 1, 4);
}

static void add_taking(struct draft *draft, struct step_list *list, struct held *held, enum step_kind kind)
{
    if (draft->next_slot == PROGRAM_SLOTS) {
        return;
    }
    uint32_t slot = draft->next_slot++, align_order = 0, frames = 1;
    if (kind == STEP_RUN || kind == STEP_RUN_ZEROED) {
        frames = random_run(draft, &align_order);
    }
    push(list, kind, slot, frames, align_order);
    hold(held, slot, frames);
}

static void add_giving(struct draft *draft, struct step_list *list, struct held *held, enum step_kind kind)
{
    if (held->count == 0) {
        add_taking(draft, list, held, STEP_ALLOC);
        return;
    }
    uint32_t at =
        random_one_in(draft->random, 2) ? held->count - 1 : (uint32_t)random_below(draft->random, held->count);
    uint32_t slot = held->slots[at];
    if (kind == STEP_FREE_HEAD || kind == STEP_FREE_TAIL) {
        if (held->frames[slot] > 1) {
            uint32_t count = (uint32_t)random_between(draft->random, 1, held->frames[slot] - 1u);
            push(list, kind, slot, count, 0);
            held->frames[slot] = (uint16_t)(held->frames[slot] - count);
            return;
        }
        kind = STEP_FREE;
    }
    if ((kind == STEP_REF || kind == STEP_UNREF) && held->frames[slot] > 1) {
        kind = STEP_FREE;
    }
    push(list, kind, slot, 0, 0);
    if (kind == STEP_REF) {
        push(list, STEP_SEND, slot, 0, 0);
    }
    if (kind == STEP_SEND || kind == STEP_REF) {
        draft->sent[draft->sent_count++ % PROGRAM_SLOTS] = slot;
    }
    if (kind != STEP_REF) {
        held->slots[at] = held->slots[--held->count];
    }
}

static void add_step(struct draft *draft, uint32_t hart)
{
    struct step_list *list = &draft->program->hart[hart];
    struct held *held = &draft->held[hart];
    enum step_kind kind = random_kind(draft);
    switch (kind) {
    case STEP_ALLOC:
    case STEP_ALLOC_ZEROED:
    case STEP_RUN:
    case STEP_RUN_ZEROED:
        add_taking(draft, list, held, kind);
        break;
    case STEP_RECEIVE:
        if (draft->sent_count > 0) {
            uint32_t most = draft->sent_count < PROGRAM_SLOTS ? draft->sent_count : PROGRAM_SLOTS;
            uint32_t slot = draft->sent[random_below(draft->random, most)];
            push(list, STEP_RECEIVE, slot, 0, 0);
            push(list, random_one_in(draft->random, 2) ? STEP_UNREF : STEP_FREE, slot, 0, 0);
        } else {
            add_giving(draft, list, held, STEP_SEND);
        }
        break;
    case STEP_FREE:
    case STEP_FREE_HEAD:
    case STEP_FREE_TAIL:
    case STEP_REF:
    case STEP_UNREF:
    case STEP_SEND:
        add_giving(draft, list, held, kind);
        break;
    default:
        push(list, kind, kind == STEP_WRONG ? (uint32_t)random_below(draft->random, 16) : 0, 0, 0);
        break;
    }
}

/* Uses memory up but for a few frames; what is allocated goes to the harts. */
static void fill(struct draft *draft, enum theme theme)
{
    struct program *program = draft->program;
    struct random *random = draft->random;
    uint32_t singles = 0;
    if (program->layout == SMALL_WHOLE) {
        uint32_t pieces = (uint32_t)random_between(random, 1, 6);
        for (uint32_t i = 0; i < pieces; i++) {
            uint32_t frames = random_one_in(random, 2) ? 256 : 512 - 64 * (i % 2);
            hold(&draft->held[draft->next_slot % program->harts], draft->next_slot, frames);
            push(&program->prelude, STEP_RUN, draft->next_slot++, frames, 0);
        }
        singles = (uint32_t)random_below(random, 3);
    } else {
        uint32_t frames = small_layout_frames(program->layout);
        uint32_t left = (uint32_t)random_between(random, 0, theme == THEME_EXHAUST ? program->harts : 6);
        singles = frames > left ? frames - left : 0;
    }
    for (uint32_t i = 0; i < singles && program->prelude.count < PROGRAM_STEPS_MAX; i++) {
        hold(&draft->held[draft->next_slot % program->harts], draft->next_slot, 1);
        push(&program->prelude, STEP_ALLOC, draft->next_slot++, 1, 0);
    }
}

static enum small_layout random_layout(struct random *random, enum theme theme)
{
    switch (theme) {
    case THEME_GATHER:
        return SMALL_WHOLE;
    case THEME_ZERO:
        return random_one_in(random, 4) ? SMALL_WHOLE : SMALL_TINY;
    case THEME_INDEX:
        return SMALL_CHUNKS;
    case THEME_RUNS:
        return random_one_in(random, 16) ? SMALL_WHOLE : (enum small_layout)random_below(random, SMALL_WHOLE);
    default:
        return (enum small_layout)random_below(random, SMALL_WHOLE);
    }
}

void program_random(struct program *program, struct random *random, uint32_t harts)
{
    enum theme theme = random_theme(random);
    *program = (struct program){0};
    struct draft draft = {.program = program, .random = random, .weights = WEIGHTS[theme]};
    program->harts = harts != 0 ? harts : 2 + (random_one_in(random, 3) ? (uint32_t)random_between(random, 1, 2) : 0);
    program->layout = random_layout(random, theme);
    program->setting = (uint32_t)random_below(random, SMALL_SETTINGS);
    if (theme == THEME_INDEX || theme == THEME_GATHER || !random_one_in(random, 4)) {
        fill(&draft, theme);
    }
    uint32_t most = program->harts == 2 ? 6 : program->harts == 3 ? 4 : 3;
    for (uint32_t h = 0; h < program->harts; h++) {
        uint32_t steps = (uint32_t)random_between(random, 1, most);
        for (uint32_t i = 0; i < steps; i++) {
            add_step(&draft, h);
        }
    }
}
