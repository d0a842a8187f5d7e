/* SPDX-License-Identifier: MIT
 * The tree of choices of exhaustive exploration.
 *
 * 1. An execution is the sequence of its choices: the same choices give the same execution. A node is a choice. The
 *    nodes of the present execution form a stack; the next execution makes the same choices up to the last node that
 *    has an alternative left, takes that one, and then the defaults. When no node has one the search is complete.
 * 2. Nodes are of two kinds. A turn: which hart makes the next atomic access. It comes before each such access, and
 *    where a hart ended or waits. A value: one of some alternatives of which all are tried: a fault, a store that
 *    waits, a load of an old value. Plain accesses need no turn: they are ordered by atomic ones, or races.c reports
 *    them.
 * 3. Bounds (Musuvathi and Qadeer, PLDI 2007). A turn that takes the processor from a hart that could go on is a
 *    preemption. At most `preemptions` are made in an execution, and of values other than the default at most `weak`
 *    and `faults`. To run another where one ended or waits costs nothing.
 * 4. Waiting. A hart in a waiting loop is not enabled until another one has written something: more turns of its loop
 *    would find the same. If all wait, they take turns: so a loop that gives up after a number of turns does so.
 *    Patience that ends though others go on is not explored here, but where harts are stopped (a fault).
 * 5. Without reduction there are turns only at accesses in conflict: to a granule that two harts access, one of them
 *    to write it. Which these are is learnt: when an execution shows new ones the search begins anew. At each of these
 *    turns all enabled harts are tried.
 * 6. With reduction, and no bound on preemptions, by source sets and sleep sets (Abdulla, Aronis, Jonsson, Sagonas,
 *    POPL 2014, algorithm 1). Two accesses are dependent if they are of one hart, or in conflict. Happens-before is the
 *    transitive closure, kept as a vector of node numbers for each access. When an access e of hart p is made, each
 *    access j of another hart that is in conflict with it and does not happen before p's access before e, nor before
 *    another access that e is in conflict with, is in a race with e: the order may be turned round. Of what comes after
 *    j and does not depend on it, and e, the initials are those that depend on nothing of it; one of them must be tried
 *    at j's node. A hart whose turns at a node have all been tried sleeps in the other branches until something that is
 *    dependent with its next access is made; an execution in which all enabled harts sleep is redundant.
 * 7. With reduction and a bound (Coons, Musuvathi, McKinley, OOPSLA 2013): p is tried at j's node, or if it is not
 *    enabled there all are; and the same where the hart that made j began to run, since there the switch may cost
 *    nothing. No sleep sets: what an execution that is equivalent would have been allowed to cost is not known.
 * 8. Calls and answers are accesses too, of one pseudo address: a call reads it, an answer writes it. So the order of
 *    an answer and another hart's call, which is what the history is judged by, is a part of what makes executions
 *    differ. */
#include "choices.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

#define NODES_MOST (1u << 20)
#define TABLE_SIZE 65536u /* granules, a power of two */
#define GRANULE_SHIFT 3u
#define NONE UINT32_MAX

_Static_assert(EXPLORE_HARTS_MAX <= 8, "sets of harts are bytes");

struct access {
    uintptr_t first, last; /* granules */
    bool wrote;
};

struct node {
    uint32_t turn;    /* the execution's turns before it, with and without alternatives: what texts name */
    uint32_t ordinal; /* of a value: among those of its cost since that turn */
    bool is_value;
    bool has_access;                       /* of a turn: the hart chosen made it at once */
    uint8_t chosen;                        /* the hart, or the value */
    uint8_t running;                       /* of a turn: who could go on, if enabled has it */
    uint8_t count;                         /* of a value */
    uint8_t cost;                          /* of a value: enum choice_cost */
    uint8_t enabled, wanted, done, asleep; /* of a turn: sets of harts */
    uint8_t known;                         /* harts whose first access here, in `next`, is known */
    uint32_t spent[3];                     /* before it: preemptions (CHOICE_FREE), weak, faults */
    struct access access;
    struct access next[EXPLORE_HARTS_MAX];
    uint32_t before[EXPLORE_HARTS_MAX]; /* of each hart, the last node + 1 that happens before this access, or is it */
};

/* What a text says. */
struct said {
    uint32_t turn, ordinal, choice;
    char kind; /* '=' for a turn, else of COSTS */
};

/* What values are called in texts, by enum choice_cost. */
static const char COSTS[] = "vwf";

/* A granule: who accessed it, in this execution. */
struct entry {
    uintptr_t granule;
    uint64_t execution; /* that what follows but `hot` is of */
    bool hot, becomes_hot;
    uint8_t readers, writers;
    uint32_t write; /* node, or NONE */
    uint32_t reads[EXPLORE_HARTS_MAX];
};

static struct {
    struct choices_limits limits;
    struct choices_report report;
    struct node *nodes;
    uint32_t length;   /* of the stack */
    uint32_t position; /* nodes of it that the present execution has passed */
    uint32_t last_turn;
    uint8_t waiting; /* harts */
    uint32_t newly_hot;
    uint64_t redundant_before; /* the present execution */
    uint32_t turns, values[3]; /* of the execution so far; values since the last turn, by cost */
    uint32_t fresh;            /* nodes from here on are new in this execution */
    bool begun, replays;
    struct said said[CHOICES_TEXT];
    uint32_t said_count;
    uint64_t classes[2 * CHOICES_CLASSES];                 /* hashes, open addressing; 0: nothing */
    uint32_t before[EXPLORE_HARTS_MAX][EXPLORE_HARTS_MAX]; /* of each hart's last access */
    struct entry table[TABLE_SIZE];
} tree;

const struct choices_report *choices_report(void)
{
    return &tree.report;
}

static void fail(const char *why)
{
    if (tree.report.error == NULL) {
        tree.report.error = why;
    }
}

/* ---- granules ---- */

static struct access access_of(const struct event *event, bool wrote)
{
    return (struct access){event->address >> GRANULE_SHIFT, (event->address + event->size - 1) >> GRANULE_SHIFT, wrote};
}

static bool in_conflict(const struct access *a, const struct access *b)
{
    return (a->wrote || b->wrote) && a->first <= b->last && b->first <= a->last;
}

static struct entry *entry_of(uintptr_t granule)
{
    uint32_t at = (uint32_t)((granule * UINT64_C(0x9e3779b97f4a7c15)) >> 48);
    uint32_t looks = 0;
    while (tree.table[at].granule != granule && tree.table[at].granule != 0 && looks++ < TABLE_SIZE) {
        at = (at + 1) % TABLE_SIZE;
    }
    struct entry *entry = &tree.table[at];
    if (looks > TABLE_SIZE / 2) {
        fail("more granules are accessed than there is room for");
    }
    if (entry->granule != granule || entry->execution != tree.report.executions) {
        entry->granule = granule;
        entry->execution = tree.report.executions;
        entry->readers = 0;
        entry->writers = 0;
        entry->write = NONE;
        memset(entry->reads, 0xff, sizeof entry->reads);
    }
    return entry;
}

bool choices_in_conflict(const struct event *event)
{
    struct access access = access_of(event, false);
    bool hot = false;
    for (uintptr_t granule = access.first; granule <= access.last; granule++) {
        hot = hot || entry_of(granule)->hot;
    }
    return hot || tree.limits.reduce || tree.replays;
}

static void note_place(uintptr_t place)
{
    struct choices_report *report = &tree.report;
    for (uint32_t i = 0; i < report->place_count; i++) {
        if (report->places[i] == place) {
            return;
        }
    }
    if (report->place_count < CHOICES_PLACES) {
        report->places[report->place_count++] = place;
    }
}

/* Whether two harts access the granule, one of them to write it. */
static void learn(struct entry *entry, uint32_t hart, bool wrote, uintptr_t place)
{
    uint8_t *set = wrote ? &entry->writers : &entry->readers;
    *set |= (uint8_t)(1u << hart);
    uint8_t both = entry->readers | entry->writers;
    if (entry->writers == 0 || (both & (both - 1)) == 0) {
        return;
    }
    note_place(place);
    if (!entry->becomes_hot) {
        entry->becomes_hot = true;
        tree.report.conflicts++;
        tree.newly_hot++;
    }
}

/* ---- nodes ---- */

static uint8_t set_of(uint32_t hart)
{
    return (uint8_t)(1u << hart);
}

static uint32_t first_of(uint8_t set)
{
    return (uint32_t)__builtin_ctz(set);
}

static uint8_t ready_harts(void)
{
    uint8_t set = 0;
    for (uint32_t hart = 0; hart < run_count(); hart++) {
        set |= run_state(hart) == RUN_READY ? set_of(hart) : 0;
    }
    return set;
}

/* What the choice of `hart` at a turn costs. */
static uint32_t preemption(const struct node *node, uint32_t hart)
{
    return node->running != hart && node->running < EXPLORE_HARTS_MAX && (node->enabled & set_of(node->running)) != 0;
}

static bool may_try(const struct node *node, uint32_t hart)
{
    return (tree.limits.preemptions == CHOICES_NO_BOUND ||
            node->spent[0] + preemption(node, hart) <= tree.limits.preemptions);
}

/* What is left at a turn. */
static uint8_t left(const struct node *node)
{
    uint8_t set = node->wanted & (uint8_t) ~(node->done | node->asleep), may = 0;
    for (uint8_t rest = set; rest != 0; rest &= (uint8_t)(rest - 1)) {
        may |= may_try(node, first_of(rest)) ? set_of(first_of(rest)) : 0;
    }
    return may;
}

static uint32_t value_limit(uint8_t cost)
{
    return cost == CHOICE_WEAK ? tree.limits.weak : cost == CHOICE_FAULT ? tree.limits.faults : UINT32_MAX;
}

/* A node after those there are, with what has been spent before it. */
static struct node *push(void)
{
    if (tree.length == NODES_MOST) {
        fail("an execution has more choices than there is room for");
        tree.length--;
        tree.position--;
    }
    struct node *node = &tree.nodes[tree.length++];
    uint32_t spent[3] = {0, 0, 0};
    if (tree.length > 1) {
        const struct node *above = node - 1;
        memcpy(spent, above->spent, sizeof spent);
        spent[0] += !above->is_value && preemption(above, above->chosen);
        spent[above->cost] += above->is_value && above->cost != CHOICE_FREE && above->chosen != 0;
    }
    memset(node, 0, sizeof *node);
    memcpy(node->spent, spent, sizeof spent);
    return node;
}

/* Sleepers of the turn before, those that were tried there too, whose next access the one made there leaves alone. */
static void fall_asleep(struct node *node)
{
    if (tree.last_turn == NONE || tree.limits.preemptions != CHOICES_NO_BOUND || !tree.limits.reduce) {
        return;
    }
    const struct node *above = &tree.nodes[tree.last_turn];
    uint8_t set = (above->asleep | above->done) & (uint8_t)~set_of(above->chosen) & above->known;
    for (; set != 0; set &= (uint8_t)(set - 1)) {
        uint32_t hart = first_of(set);
        if (!above->has_access || !in_conflict(&above->next[hart], &above->access)) {
            node->asleep |= set_of(hart);
            node->known |= set_of(hart);
            node->next[hart] = above->next[hart];
        }
    }
}

/* The next node of the execution: one that is there already, or NULL. */
static struct node *replayed(bool is_value)
{
    if (tree.position == tree.length) {
        return NULL;
    }
    struct node *node = &tree.nodes[tree.position];
    if (node->is_value != is_value) {
        fail("the same choices gave another execution");
    }
    return node;
}

/* By default the hart that runs goes on, else the first of the set. */
static uint32_t usual(uint32_t running, uint8_t set)
{
    return running < EXPLORE_HARTS_MAX && (set & set_of(running)) != 0 ? running : first_of(set);
}

/* What the text says of it; `usually` if it says nothing. */
static uint32_t as_said(char kind, uint32_t ordinal, uint32_t usually)
{
    for (uint32_t i = 0; i < tree.said_count; i++) {
        const struct said *said = &tree.said[i];
        if (said->kind == kind && said->turn == tree.turns && said->ordinal == ordinal) {
            return said->choice;
        }
    }
    return usually;
}

/* A turn that nobody has been at; false if the execution is redundant. */
static bool new_turn(struct node *node, uint32_t running, uint8_t enabled)
{
    node->turn = tree.turns;
    node->running = (uint8_t)(running == RUN_NOBODY ? UINT8_MAX : running);
    node->enabled = enabled;
    fall_asleep(node);
    uint8_t open = enabled & (uint8_t)~node->asleep;
    if (open == 0) {
        tree.report.redundant++;
        return false;
    }
    uint32_t chosen = as_said('=', 0, usual(running, open));
    if (chosen >= EXPLORE_HARTS_MAX || (open & set_of(chosen)) == 0) {
        fail("the text chooses a hart that cannot run");
        chosen = first_of(open);
    }
    node->chosen = (uint8_t)chosen;
    node->wanted = tree.limits.reduce ? set_of(chosen) : enabled;
    return true;
}

static uint32_t take_turn(uint32_t running, uint8_t enabled)
{
    struct node *node = replayed(false);
    memset(tree.values, 0, sizeof tree.values);
    if (node == NULL) {
        node = push();
        if (!new_turn(node, running, enabled)) {
            tree.length--;
            return RUN_NOBODY;
        }
    } else if (node->enabled != enabled) {
        fail("the same choices gave another execution");
    }
    node->has_access = false;
    tree.last_turn = tree.position++;
    return node->chosen;
}

uint32_t choices_turn(uint32_t hart, const struct event *event)
{
    tree.waiting &= (uint8_t)~set_of(hart);
    tree.turns++;
    if (!choices_in_conflict(event)) {
        tree.last_turn = NONE;
        memset(tree.values, 0, sizeof tree.values);
        return hart;
    }
    return take_turn(hart, ready_harts() & (uint8_t)~tree.waiting);
}

uint32_t choices_other(uint32_t waiting)
{
    uint8_t ready = ready_harts();
    if (ready == 0) {
        return RUN_NOBODY;
    }
    if (waiting != RUN_NOBODY) {
        tree.waiting |= set_of(waiting);
    }
    uint8_t enabled = ready & (uint8_t)~tree.waiting;
    if (enabled == 0) { /* all wait: one after the other */
        uint32_t next = waiting != RUN_NOBODY ? waiting : 0;
        do {
            next = (next + 1) % run_count();
        } while ((ready & set_of(next)) == 0);
        enabled = set_of(next);
        tree.waiting &= (uint8_t)~enabled;
    }
    tree.turns++;
    return take_turn(RUN_NOBODY, enabled);
}

uint32_t choices_value(uint32_t count, enum choice_cost cost)
{
    struct node *node = replayed(true);
    if (node == NULL) {
        uint32_t last_turn = tree.last_turn;
        node = push();
        tree.last_turn = last_turn;
        node->is_value = true;
        node->cost = (uint8_t)cost;
        node->count = (uint8_t)(cost != CHOICE_FREE && node->spent[cost] >= value_limit((uint8_t)cost) ? 1 : count);
        node->turn = tree.turns;
        node->ordinal = tree.values[cost];
        node->chosen = (uint8_t)as_said(COSTS[cost], node->ordinal, 0);
        if (node->chosen >= count) {
            fail("the text chooses what is no alternative");
            node->chosen = 0;
        }
    }
    tree.values[cost]++;
    tree.position++;
    return node->chosen;
}

/* ---- races ---- */

/* `hart` is to be tried at a node, or if it is not enabled there all are. */
static void want(struct node *node, uint32_t hart)
{
    node->wanted |= (node->enabled & set_of(hart)) != 0 ? set_of(hart) : node->enabled;
}

/* Where the hart that is chosen at node j began to run. */
static uint32_t began_to_run(uint32_t j)
{
    uint32_t hart = tree.nodes[j].chosen, began = j;
    for (uint32_t k = j; k-- > 0;) {
        if (!tree.nodes[k].is_value) {
            if (tree.nodes[k].chosen != hart) {
                break;
            }
            began = k;
        }
    }
    return began;
}

/* Harts whose first access, of those after j that do not depend on it and of the one made now, depends on none of
 * these. `now`: what happens before the latter, j left out. */
static uint8_t initials(uint32_t j, uint32_t i, const uint32_t *now)
{
    uint32_t first[EXPLORE_HARTS_MAX], of_j = tree.nodes[j].chosen;
    uint8_t set = 0, there = 0;
    for (uint32_t k = j + 1; k <= i; k++) {
        const struct node *node = &tree.nodes[k];
        const uint32_t *before = k == i ? now : node->before;
        uint8_t self = set_of(node->chosen);
        if (node->is_value || !node->has_access || (k != i && before[of_j] > j) || (there & self) != 0) {
            continue;
        }
        bool depends = false;
        for (uint8_t others = there; others != 0; others &= (uint8_t)(others - 1)) {
            depends = depends || before[first_of(others)] > first[first_of(others)];
        }
        set |= depends ? 0 : self;
        there |= self;
        first[node->chosen] = k;
    }
    return set;
}

static void turn_round(uint32_t j, uint32_t i, const uint32_t *now)
{
    struct node *node = &tree.nodes[j];
    uint32_t hart = tree.nodes[i].chosen;
    if (tree.limits.preemptions != CHOICES_NO_BOUND) {
        want(node, hart);
        want(&tree.nodes[began_to_run(j)], hart);
        return;
    }
    uint8_t set = initials(j, i, now);
    if ((set & (node->wanted | node->done)) != 0) {
        return;
    }
    uint8_t open = set & node->enabled;
    want(node, (open & set_of(hart)) != 0 || open == 0 ? hart : first_of(open));
}

static void join(uint32_t *into, const uint32_t *from)
{
    for (uint32_t h = 0; h < EXPLORE_HARTS_MAX; h++) {
        into[h] = from[h] > into[h] ? from[h] : into[h];
    }
}

/* The latest node before `below` that the access is in conflict with; NONE. */
static uint32_t latest_conflict(const struct access *access, uint32_t hart, uint32_t below)
{
    uint32_t latest = NONE;
    for (uintptr_t granule = access->first; granule <= access->last; granule++) {
        const struct entry *entry = entry_of(granule);
        for (uint32_t h = 0; h <= EXPLORE_HARTS_MAX; h++) { /* the last: the write */
            bool is_write = h == EXPLORE_HARTS_MAX;
            uint32_t node = is_write ? entry->write : access->wrote ? entry->reads[h] : NONE;
            if (node != NONE && node < below && tree.nodes[node].chosen != hart && (latest == NONE || node > latest)) {
                latest = node;
            }
        }
    }
    return latest;
}

static void order(uint32_t i, uint32_t hart)
{
    struct node *node = &tree.nodes[i];
    uint32_t now[EXPLORE_HARTS_MAX];
    memcpy(now, tree.before[hart], sizeof now);
    for (uint32_t j = latest_conflict(&node->access, hart, i); j != NONE; j = latest_conflict(&node->access, hart, j)) {
        if (now[tree.nodes[j].chosen] <= j && i >= tree.fresh) { /* of the others that was done before */
            turn_round(j, i, now);
        }
        join(now, tree.nodes[j].before);
    }
    now[hart] = i + 1;
    memcpy(node->before, now, sizeof now);
    memcpy(tree.before[hart], now, sizeof now);
    for (uintptr_t granule = node->access.first; granule <= node->access.last; granule++) {
        struct entry *entry = entry_of(granule);
        if (node->access.wrote) {
            entry->write = i;
            memset(entry->reads, 0xff, sizeof entry->reads);
        } else {
            entry->reads[hart] = i;
        }
    }
}

void choices_made(uint32_t hart, const struct event *event, bool wrote)
{
    struct access access = access_of(event, wrote);
    for (uintptr_t granule = access.first; granule <= access.last; granule++) {
        learn(entry_of(granule), hart, wrote, event->place);
    }
    if (wrote) {
        tree.waiting &= set_of(hart); /* the others may find something else now */
    }
    if (tree.limits.reduce && tree.last_turn != NONE) {
        struct node *node = &tree.nodes[tree.last_turn];
        node->has_access = true;
        node->access = access;
        order(tree.last_turn, hart);
    }
}

/* ---- from one execution to the next ---- */

/* How much of the tree lies behind: each node's alternatives are taken to be alike. */
static double estimate(void)
{
    double share = 1, done = 0;
    for (uint32_t i = 0; i < tree.length; i++) {
        const struct node *node = &tree.nodes[i];
        double behind = node->is_value ? node->chosen : __builtin_popcount(node->done);
        double all = node->is_value ? node->count : behind + 1 + __builtin_popcount(left(node) & ~set_of(node->chosen));
        done += share * behind / all;
        share /= all;
    }
    return done;
}

/* The next alternative of a node; false if there is none. */
static bool next_of(struct node *node)
{
    if (node->is_value) {
        node->chosen++;
        return node->chosen < node->count;
    }
    node->done |= set_of(node->chosen);
    if (node->has_access) {
        node->known |= set_of(node->chosen);
        node->next[node->chosen] = node->access;
    }
    uint8_t set = left(node);
    node->chosen = (uint8_t)(set != 0 ? first_of(set) : node->chosen);
    return set != 0;
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* Accesses are named by hart and number; equivalent executions have the same, each after the same others. */
static uint64_t class_of_execution(void)
{
    uint32_t numbers[EXPLORE_HARTS_MAX] = {0};
    static uint32_t number[NODES_MOST]; /* of each node's access among its hart's */
    uint64_t sum = 0;
    for (uint32_t i = 0; i < tree.position; i++) {
        const struct node *node = &tree.nodes[i];
        uint64_t hash = node->chosen;
        if (node->is_value) {
            sum += mix(mix(node->cost, node->chosen), node->chosen != 0 ? tree.position : 0);
            continue;
        }
        if (!node->has_access) {
            continue;
        }
        number[i] = ++numbers[node->chosen];
        for (uint32_t h = 0; h < EXPLORE_HARTS_MAX; h++) {
            hash = mix(hash, node->before[h] > 0 ? number[node->before[h] - 1] : 0);
        }
        sum += hash;
    }
    return sum;
}

static void note_class(void)
{
    uint64_t hash = class_of_execution();
    uint32_t at = (uint32_t)(hash % (2 * CHOICES_CLASSES));
    while (tree.classes[at] != 0 && tree.classes[at] != hash) {
        at = (at + 1) % (2 * CHOICES_CLASSES);
    }
    if (tree.classes[at] == 0 && tree.report.classes < CHOICES_CLASSES) {
        tree.classes[at] = hash;
        tree.report.classes++;
    }
}

static void count_points(void)
{
    uint32_t points = 0;
    for (uint32_t i = 0; i < tree.length; i++) {
        const struct node *node = &tree.nodes[i];
        points += node->is_value ? node->count > 1 : __builtin_popcount(node->wanted | node->done) > 1;
    }
    tree.report.points = points > tree.report.points ? points : tree.report.points;
}

/* What is learnt without reduction changes where turns are. */
static bool begin_anew(void)
{
    if (tree.limits.reduce || tree.newly_hot == 0) {
        return false;
    }
    for (uint32_t i = 0; i < TABLE_SIZE; i++) {
        tree.table[i].hot = tree.table[i].becomes_hot;
    }
    tree.newly_hot = 0;
    tree.length = 0;
    tree.report.restarts++;
    return true;
}

static void begin_execution(void)
{
    tree.report.executions++;
    tree.position = 0;
    tree.turns = 0;
    memset(tree.values, 0, sizeof tree.values);
    tree.last_turn = NONE;
    tree.waiting = 0;
    memset(tree.before, 0, sizeof tree.before);
}

void choices_search(const struct choices_limits *limits)
{
    struct node *nodes = tree.nodes;
    memset(&tree, 0, sizeof tree);
    tree.nodes =
        nodes != NULL ? nodes : calloc(NODES_MOST, sizeof *nodes); /* pages that are never touched cost nothing */
    tree.limits = *limits;
    if (tree.nodes == NULL) {
        fail("no memory for the tree");
    }
}

bool choices_next(void)
{
    if (tree.report.error != NULL || (tree.replays && tree.begun)) {
        return false;
    }
    count_points();
    if (tree.begun && tree.limits.reduce && tree.report.redundant == tree.redundant_before) {
        note_class();
    }
    tree.redundant_before = tree.report.redundant;
    if (tree.begun && !begin_anew()) {
        while (tree.length > 0 && !next_of(&tree.nodes[tree.length - 1])) {
            tree.length--;
        }
        if (tree.length == 0) {
            tree.report.complete = true;
            tree.report.done = 1;
            return false;
        }
        tree.report.done = estimate();
    }
    tree.fresh = tree.length > 0 ? tree.length - 1 : 0;
    tree.begun = true;
    begin_execution();
    return true;
}

/* ---- texts ---- */

uint32_t choices_spent(enum choice_cost cost)
{
    uint32_t spent = 0;
    for (uint32_t i = 0; i < tree.position; i++) {
        const struct node *node = &tree.nodes[i];
        spent += node->is_value ? node->chosen != 0 && cost != CHOICE_FREE && node->cost == cost
                                : cost == CHOICE_FREE && preemption(node, node->chosen);
    }
    return spent;
}

void choices_format(char *out, size_t bytes)
{
    size_t at = 0;
    out[0] = '\0';
    for (uint32_t i = 0; i < tree.position && at < bytes; i++) {
        const struct node *node = &tree.nodes[i];
        const char *comma = at > 0 ? "," : "";
        if (node->is_value && node->chosen != 0) {
            at += (size_t)snprintf(out + at, bytes - at, "%s%u%c%u=%u", comma, node->turn, COSTS[node->cost],
                                   node->ordinal, node->chosen);
        } else if (!node->is_value && node->chosen != usual(node->running, node->enabled)) {
            at += (size_t)snprintf(out + at, bytes - at, "%s%u=%u", comma, node->turn, node->chosen);
        }
    }
}

bool choices_replay(const char *text)
{
    const struct choices_limits limits = {CHOICES_NO_BOUND, UINT32_MAX, UINT32_MAX, false};
    choices_search(&limits);
    tree.replays = true;
    while (*text != '\0' && tree.said_count < CHOICES_TEXT) {
        struct said *said = &tree.said[tree.said_count++];
        int end = 0;
        *said = (struct said){.kind = '='};
        bool is_turn = sscanf(text, "%u=%u%n", &said->turn, &said->choice, &end) == 2 && end > 0;
        if (!is_turn &&
            (sscanf(text, "%u%c%u=%u%n", &said->turn, &said->kind, &said->ordinal, &said->choice, &end) != 4 ||
             end == 0 || strchr(COSTS, said->kind) == NULL)) {
            return false;
        }
        text += end;
        if (*text != '\0' && *text++ != ',') {
            return false;
        }
    }
    return *text == '\0';
}
