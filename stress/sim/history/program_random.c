/* SPDX-License-Identifier: MIT
 * Random small programs. Each has a theme: a layout, what the prelude leaves free, and weights of the steps. Steps are
 * chosen so that, if every allocation succeeds, each finds its slot in the hart's hands. */
#include "program.h"

enum theme {
    THEME_EXHAUST,  /* the last frames of memory */
    THEME_INDEX,    /* chunks that are used up and come back: the stacks */
    THEME_RUNS,     /* runs, and parts of them */
    THEME_COALESCE, /* chunks that become whole, and chunks that are broken up */
    THEME_SHARE,    /* references, and frames that other harts free */
    THEME_PLUG,     /* an arena that comes and goes */
    THEME_ZERO,     /* what is known to hold zeroes */
    THEME_ALL,
    THEME_CACHED, /* runs in magazines: refilled, spilt, drained */
    THEME_LIMBO,  /* more in limbo than it holds before it is polled, and a clock that wraps */
    THEME_CHUNKS, /* an arena of whole chunks that comes and goes, in parts, in hands and in magazines */
    THEME_REFUSE, /* memory is used up but for an arena that is about to go, or would go if all of it were free */
    THEME_COUNT
};

/* Out of which a theme's steps are drawn, in the order of enum step_kind:
 * alloc, zeroed, run, run zeroed, free, head, tail, ref, unref, send, receive, drain, idle, add, remove, stats, wrong,
 * jump */
static const uint8_t WEIGHTS[THEME_COUNT][STEP_KIND_COUNT] = {
    [THEME_EXHAUST] = {10, 1, 2, 0, 8, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    [THEME_INDEX] = {10, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
    [THEME_RUNS] = {3, 0, 8, 0, 6, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0},
    [THEME_COALESCE] = {2, 0, 6, 0, 9, 2, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0},
    [THEME_SHARE] = {6, 0, 1, 0, 5, 0, 0, 6, 5, 6, 6, 0, 0, 0, 0, 0, 1, 0},
    [THEME_PLUG] = {8, 0, 1, 0, 6, 0, 0, 0, 0, 1, 1, 1, 0, 3, 4, 0, 3, 1},
    [THEME_ZERO] = {2, 8, 1, 3, 7, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0},
    [THEME_ALL] = {8, 1, 4, 1, 8, 1, 1, 2, 2, 2, 2, 2, 0, 1, 1, 1, 1, 0},
    [THEME_CACHED] = {1, 0, 9, 0, 8, 1, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0},
    [THEME_LIMBO] = {4, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1},
    [THEME_CHUNKS] = {2, 0, 6, 0, 6, 2, 2, 0, 0, 0, 0, 2, 0, 2, 5, 0, 1, 1},
    [THEME_REFUSE] = {9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0},
};

/* How often each theme comes, in SHARES_ALL. */
#define SHARES_ALL 80u
static const uint8_t SHARES[THEME_COUNT] = {14, 15, 8, 2, 8, 8, 3, 5, 5, 3, 4, 5};

/* What a hart would hold, if every allocation succeeded. */
struct held {
    uint8_t slots[PROGRAM_SLOTS];
    uint16_t frames[PROGRAM_SLOTS]; /* by slot */
    uint32_t count;
};

struct draft {
    struct program *program;
    struct random *random;
    enum theme theme;
    const uint8_t *weights;
    uint32_t next_slot;
    uint32_t sent[PROGRAM_SLOTS], sent_count;
    struct held held[PROGRAM_HARTS_MAX];
};

static void push_step(struct step_list *list, struct step step)
{
    if (list->count < PROGRAM_STEPS_MAX) {
        list->steps[list->count++] = step;
    }
}

static void push(struct step_list *list, enum step_kind kind, uint32_t slot, uint32_t count, uint32_t align_order)
{
    push_step(list, (struct step){(uint8_t)kind, (uint8_t)slot, (uint8_t)align_order, (uint16_t)count, 0});
}

/* To just below a wrap of 32 bits, or of their sign, onto it or just above; or past a grace period. */
static void push_jump(struct step_list *list, struct random *random)
{
    static const uint64_t far[] = {UINT64_C(1) << 31, UINT64_C(1) << 32, UINT64_C(3) << 30, 4};
    uint64_t moves = far[random_below(random, sizeof far / sizeof far[0])];
    push_step(list, (struct step){.kind = STEP_JUMP, .moves = moves + 2 - random_below(random, 5)});
}

static enum theme random_theme(struct random *random)
{
    uint32_t at = (uint32_t)random_below(random, SHARES_ALL), theme = 0;
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
    if (draft->theme == THEME_CACHED && !random_one_in(random, 4)) { /* as magazines hold them */
        uint32_t most = small_layout_has_chunks(draft->program->layout) ? 10 : 2;
        uint32_t order = (uint32_t)random_between(random, 1, most);
        *align_order = (uint32_t)random_below(random, order + 1);
        return 1u << order;
    }
    if (small_layout_has_chunks(draft->program->layout) && draft->theme != THEME_ZERO && random_one_in(random, 2)) {
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
    case STEP_JUMP:
        push_jump(list, draft->random);
        break;
    case STEP_WRONG: /* where arenas come and go, mostly a look at one that may be gone */
        push(list, kind,
             draft->weights[STEP_REMOVE] > 3 && !random_one_in(draft->random, 4)
                 ? PROGRAM_WRONG_KINDS - 1
                 : (uint32_t)random_below(draft->random, PROGRAM_WRONG_KINDS),
             0, 0);
        break;
    default:
        push(list, kind, 0, 0, 0);
        break;
    }
}

/* ---- what comes before ---- */

/* Hart 0 allocates it, another one may have it. */
static void take_before(struct draft *draft, enum step_kind kind, uint32_t frames)
{
    struct program *program = draft->program;
    if (program->prelude.count < PROGRAM_STEPS_MAX && draft->next_slot < PROGRAM_SLOTS) {
        hold(&draft->held[draft->next_slot % program->harts], draft->next_slot, frames);
        push(&program->prelude, kind, draft->next_slot++, frames, 0);
    }
}

static void free_before(struct draft *draft, uint32_t slot)
{
    struct held *held = &draft->held[slot % draft->program->harts];
    for (uint32_t i = 0; i < held->count; i++) {
        if (held->slots[i] == slot) {
            push(&draft->program->prelude, STEP_FREE, slot, 0, 0);
            held->slots[i] = held->slots[--held->count];
        }
    }
}

/* Uses memory up but for a few frames; what is allocated goes to the harts. */
static void fill(struct draft *draft)
{
    struct program *program = draft->program;
    struct random *random = draft->random;
    uint32_t singles;
    if (small_layout_has_chunks(program->layout)) {
        uint32_t pieces = (uint32_t)random_between(random, 1, program->layout == SMALL_WHOLE ? 6 : 3);
        for (uint32_t i = 0; i < pieces; i++) {
            take_before(draft, STEP_RUN, random_one_in(random, 2) ? 256 : 512 - 64 * (i % 2));
        }
        singles = (uint32_t)random_below(random, 3);
    } else {
        uint32_t frames = small_layout_frames(program->layout);
        bool all = draft->theme == THEME_LIMBO || draft->theme == THEME_REFUSE;
        uint32_t most = draft->theme == THEME_EXHAUST ? program->harts : all ? 0 : 6;
        uint32_t left = (uint32_t)random_between(random, 0, most);
        singles = frames > left ? frames - left : 0;
    }
    for (uint32_t i = 0; i < singles; i++) {
        take_before(draft, STEP_ALLOC, 1);
    }
}

/* Puts the second arena into service and uses some of it. Either a part, so that a removal is refused after it has
 * taken the frames of a word; or all is freed again, and other arenas are seen since. */
static void plug(struct draft *draft)
{
    struct random *random = draft->random;
    uint32_t before = draft->next_slot;
    bool refused = draft->theme == THEME_REFUSE || random_one_in(random, 2);
    push(&draft->program->prelude, STEP_ADD, 0, 0, 0);
    uint32_t taken = (uint32_t)random_between(random, refused ? 3 : 1, 6);
    uint32_t freed = !refused ? taken : random_one_in(random, 2) ? 2 : (uint32_t)random_below(random, taken + 1);
    for (uint32_t i = 0; i < taken; i++) {
        take_before(draft, STEP_ALLOC, 1);
    }
    for (uint32_t i = 0; i < freed; i++) {
        free_before(draft, before + i);
    }
    if (!refused && before > 1) {
        free_before(draft, 0);
        free_before(draft, before - 1);
    }
}

static void write_prelude(struct draft *draft)
{
    struct random *random = draft->random;
    enum theme theme = draft->theme;
    bool jumps = theme == THEME_LIMBO || ((theme == THEME_PLUG || theme == THEME_CHUNKS) && random_one_in(random, 4));
    /* Either the clock begins there, or what was popped has been so for long. */
    bool first = theme == THEME_LIMBO || random_one_in(random, 2);
    if (jumps && first) {
        push_jump(&draft->program->prelude, random);
    }
    if (theme == THEME_CHUNKS && !random_one_in(random, 4)) {
        push(&draft->program->prelude, STEP_ADD, 0, 0, 0);
    }
    bool seldom = theme == THEME_ZERO || theme == THEME_CACHED;
    bool always = theme == THEME_INDEX || theme == THEME_COALESCE || theme == THEME_LIMBO || theme == THEME_REFUSE;
    if (always || random_one_in(random, 4) == seldom) {
        fill(draft);
    }
    if (theme == THEME_REFUSE || (theme == THEME_PLUG && random_one_in(random, 2))) {
        plug(draft);
    }
    if (jumps && !first) {
        push_jump(&draft->program->prelude, random);
    }
}

/* ---- programs ---- */

static enum small_layout random_layout(struct random *random, enum theme theme)
{
    const enum small_layout small = (enum small_layout)random_below(random, SMALL_WHOLE);
    switch (theme) {
    case THEME_COALESCE:
        return SMALL_WHOLE;
    case THEME_ZERO:
        return random_one_in(random, 2) ? SMALL_WHOLE : SMALL_TINY;
    case THEME_INDEX:
        return SMALL_CHUNKS;
    case THEME_LIMBO:
        return SMALL_MANY;
    case THEME_CHUNKS:
        return random_one_in(random, 4) ? SMALL_WHOLE : SMALL_PLUG;
    case THEME_RUNS:
        return random_one_in(random, 16) ? SMALL_WHOLE : small;
    case THEME_CACHED:
        return random_one_in(random, 3) ? SMALL_WHOLE : small;
    case THEME_ALL:
        return random_one_in(random, 8) ? SMALL_PLUG : small;
    default:
        return small;
    }
}

static uint32_t random_setting(struct random *random, enum theme theme)
{
    bool plain = random_one_in(random, 2);
    bool cached = theme == THEME_CACHED || theme == THEME_ZERO;
    if (theme == THEME_LIMBO && plain) {
        return random_one_in(random, 2) ? 0 : SMALL_SETTING_ONE_CLASS; /* every free reaches the index */
    }
    uint32_t setting;
    do {
        setting = (uint32_t)random_below(random, plain && !cached ? SMALL_SETTINGS_PLAIN : SMALL_SETTINGS);
    } while (cached && !small_setting_caches_runs(setting));
    return setting;
}

/* What harts do when they are interrupted. */
static void write_handler(struct draft *draft)
{
    struct step_list *list = &draft->program->handler;
    struct random *random = draft->random;
    static const enum step_kind kinds[] = {STEP_ALLOC, STEP_ALLOC,        STEP_ALLOC, STEP_RUN,
                                           STEP_FREE,  STEP_FREE,         STEP_FREE,  STEP_REF,
                                           STEP_UNREF, STEP_ALLOC_ZEROED, STEP_WRONG, STEP_DRAIN};
    for (uint32_t i = (uint32_t)random_between(random, 1, 4); i > 0; i--) {
        enum step_kind kind = kinds[random_below(random, sizeof kinds / sizeof kinds[0])];
        uint32_t own = PROGRAM_SLOTS + (uint32_t)random_below(random, PROGRAM_HANDLER_SLOTS), align_order = 0,
                 frames = 1;
        bool fills = kind <= STEP_RUN_ZEROED;
        if (kind == STEP_RUN) {
            frames = random_run(draft, &align_order);
        }
        uint32_t slot = kind == STEP_WRONG                  ? (uint32_t)random_below(random, PROGRAM_WRONG_KINDS)
                        : fills || random_one_in(random, 2) ? own
                                                            : (uint32_t)random_below(random, PROGRAM_SLOTS);
        push(list, kind, slot, frames, align_order);
    }
    if (draft->weights[STEP_REMOVE] > 0 && random_one_in(random, 2)) {
        push(list, random_one_in(random, 2) ? STEP_ADD : STEP_REMOVE, 0, 0, 0);
    }
}

/* In one program of four some harts leave, and mostly join again. */
static void write_life(struct draft *draft)
{
    struct program *program = draft->program;
    struct random *random = draft->random;
    for (uint32_t hart = 0; hart < program->harts && random_one_in(random, 4); hart++) {
        struct step_list *list = &program->hart[hart];
        uint32_t at = (uint32_t)random_below(random, list->count + 1u);
        bool joins = !random_one_in(random, 3);
        if (list->count + 2u > PROGRAM_STEPS_MAX) {
            continue;
        }
        for (uint32_t i = list->count; i > at; i--) {
            list->steps[i + joins] = list->steps[i - 1];
        }
        list->steps[at] = (struct step){.kind = STEP_LEAVE};
        if (joins) {
            list->steps[at + 1] = (struct step){.kind = STEP_JOIN, .slot = (uint8_t)random_below(random, 2)};
        }
        list->count += 1u + joins;
    }
}

void program_random(struct program *program, struct random *random, uint32_t harts)
{
    enum theme theme = random_theme(random);
    *program = (struct program){0};
    struct draft draft = {.program = program, .random = random, .theme = theme, .weights = WEIGHTS[theme]};
    program->harts = harts != 0 ? harts : 2 + (random_one_in(random, 3) ? (uint32_t)random_between(random, 1, 2) : 0);
    program->layout = random_layout(random, theme);
    program->setting = random_setting(random, theme);
    write_prelude(&draft);
    uint32_t most = program->harts == 2 ? 6 : program->harts == 3 ? 4 : 3;
    if (theme == THEME_LIMBO) { /* a place for each, at least */
        most = 2 * most;
    } else if (theme == THEME_REFUSE) { /* nothing but that */
        most = 2;
    }
    for (uint32_t h = 0; h < program->harts; h++) {
        uint32_t steps = (uint32_t)random_between(random, most > 6 ? most / 2 : 1, most);
        for (uint32_t i = 0; i < steps; i++) {
            add_step(&draft, h);
        }
    }
    write_handler(&draft);
    write_life(&draft);
}
