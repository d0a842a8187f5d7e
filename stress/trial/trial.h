/* SPDX-License-Identifier: MIT
 * A trial: one allocator, under random operations of many harts, judged by the ownership oracle (oracle.h).
 *
 * 1. Rounds. All harts go through the same phases, with a barrier between any two (trial.c):
 *      mixed      random operations of every kind, up to a budget of all memory but a frame for each hart (mixed.c)
 *      at rest    the account, reference counts, refused calls, runs that must be found (checks.c)
 *      exhaust      all harts allocate until nothing is left; then all is freed, across harts
 *      whole      all is free and drained: the largest runs of the fresh allocator must be back
 *      stranded   every hart fills its cache; then one hart alone must get every frame
 *      magazines  adversarial traces of single frames; global accesses are counted
 * 2. Budget. A hart reserves frames before it allocates and releases them after the free has returned. So at every
 *    moment at least one frame is free for each hart that allocates one, and its allocation may not fail (P5). The one
 *    frame for each hart that is not in the budget makes up for a shared frame that the oracle already counts as free
 *    and the allocator does not yet.
 * 3. Mailbox. Slots through which harts exchange what they hold: so frames are freed by other harts than those that
 *    allocated them, and references are shared. The exchange releases and acquires, as a program that hands memory on
 *    would.
 * 4. Hot-plug. Any hart, one at a time, at random, adds or removes an arena over a range that the map has and that the
 *    allocator was not given. While it is out of service it is filled with a pattern that nobody may change; where the
 *    platform can forbid reading, nobody may read it either (P10).
 *
 * 5. Interrupts (P12), if the config asks for them. In the mixed phase, and while caches are filled and emptied, each
 *    hart is interrupted at random (harness.h). Its handler allocates and frees, too: within the budget, so that nobody
 *    is refused for its sake, and its frames are the oracle's as all others are. It may itself be refused: then what
 *    there is lies in its own hart's cache or in the hands of what it interrupted (interrupts.c). What it holds is
 *    given back before the hart meets the others.
 *
 * Independent of the platform: memory comes from the caller, harts from harness.h. */
#ifndef FRAMELAB_STRESS_TRIAL_H
#define FRAMELAB_STRESS_TRIAL_H

#include "harness.h"
#include "judge.h"
#include "oracle.h"

struct trial_config {
    struct frame_allocator *allocator; /* fresh: nothing allocated */
    const struct memory_map *map;
    uint32_t harts;
    uint32_t magazine, batch; /* as the allocator has them; magazine 0: P11 does not apply */
    uint64_t seed;
    uint64_t operations;       /* mixed ones a hart; 0: no such limit */
    uint64_t deadline_ns;      /* on platform_time_ns; 0: none */
    struct phys_range hotplug; /* RAM of the map that the allocator was not given; size 0: no hot-plug */
    uint32_t hotplug_node;
    /* Makes memory fault when it is touched, or not any more; NULL: the platform cannot. */
    void (*forbid)(struct phys_range range, bool forbidden);
    bool interrupts;                 /* each hart is interrupted at random */
    const _Atomic bool *interrupted; /* may be set at any time: the trial then ends after the round */
    void (*note)(void *context);     /* by hart 0 before each round; NULL: nobody wants to know */
    void *context;
};

/* The last operations of a hart, for whoever is told of a violation: what it was about, and the frames that came of it
 * or went into it. */
#define TRIAL_NOTES 12u
struct trial_note {
    const char *_Atomic doing;
    _Atomic uint64_t first, count; /* count 0: none yet */
};

/* Something that a hart holds: a run of its own, or one reference to a shared frame. */
struct holding {
    struct frame_run run;
    bool shared;
};

/* What a hart's handlers of one level need for themselves: a level is never entered twice at one time. */
#define HANDLER_HOLDINGS 8u
struct trial_handler {
    struct random random;
    struct judge judge;
    uint32_t holding_count;
    struct frame_run holdings[HANDLER_HOLDINGS];
};

/* Interrupts that landed in a call, by its name. */
#define LANDINGS_MAX 32u
struct trial_landings {
    const char *doing;
    uint64_t interrupts, inside; /* inside: in the middle of an operation of the allocator */
};

struct trial_hart {
    _Alignas(CACHE_PAIR) struct random random;
    struct judge judge; /* counts this hart's calls of the allocator */
    uint32_t hart;
    uint32_t holding_count;
    uint32_t holding_max;
    uint32_t fill_percent; /* of its share of memory: the level that the hart fills up to for now */
    uint64_t held;         /* frames in holdings, shared ones too */
    struct holding *holdings;
    const char *_Atomic doing;            /* read by a watchdog */
    struct trial_note notes[TRIAL_NOTES]; /* a ring; written by the hart, read when it is over or may hang */
    _Atomic uint64_t note_count;
    struct trial *trial;
    volatile uint32_t level;   /* handlers that it is in */
    volatile uint64_t entries; /* into handlers, one or another lost: enough to see that there was one */
    struct trial_handler handlers[INTERRUPT_LEVELS];
    struct trial_landings landings[LANDINGS_MAX]; /* of the first level's handler */
    volatile bool gone;                           /* it has left, or is about to: its handlers do nothing */
    uint64_t lives;                               /* times that it left and joined */
    uint64_t nested_interrupts, nested_refused;   /* handlers interrupted; allocations refused inside of others */
};

#define MAILBOX_SLOTS 64u

/* What a trial saw: a property that had no chance to be violated was not tested. */
struct trial_tally {
    uint64_t rounds;
    uint64_t exhaustions; /* times that all memory was out, and counted */
    uint64_t run_checks;  /* runs asked for at rest, with the answer known */
    uint64_t plugged, unplugged, unplug_refused;
    uint64_t magazine_traces; /* rounds in which P11 was measured */
    uint64_t largest_run;     /* frames, of the fresh allocator */
    uint64_t chunks;          /* whole chunks of the fresh allocator */
};

struct trial {
    struct trial_config config;
    struct verdict verdict;
    struct oracle oracle;
    struct hart_barrier barrier;
    struct trial_hart *hart;
    struct trial_tally tally; /* hart 0's; what is plugged, of whoever has `plugging` */

    uint64_t budget;                 /* frames that may be out in the mixed phase */
    uint64_t share;                  /* of one hart */
    uint64_t base_frames;            /* served at the start */
    bool more;                       /* hart 0 decides, before a barrier */
    bool plugged;                    /* of whoever has `plugging` */
    uint64_t mixed_left;             /* operations a hart of this round; hart 0 decides */
    struct frame_stats stats_before; /* of the magazine traces; hart 0's */
    _Atomic uint64_t trace_operations;

    _Alignas(CACHE_PAIR) _Atomic uint64_t reserved; /* of the budget */
    _Alignas(CACHE_PAIR) _Atomic uint32_t
        plugging; /* 1: a hart is at the hot-plug arena (a word: RISC-V exchanges no byte) */
    _Alignas(CACHE_PAIR) _Atomic uint64_t exhaust_count;
    pfn_t *exhaust; /* room for every frame */
    _Alignas(CACHE_PAIR) _Atomic uint64_t mailbox[MAILBOX_SLOTS];
};

/* Bytes of memory that a trial over `map` with `harts` needs. */
uint64_t trial_bytes(const struct memory_map *map, uint32_t harts);

/* Sets up; `memory` is zeroed, trial_bytes() of it, aligned to CACHE_PAIR. May find a violation already. */
void trial_init(struct trial *trial, const struct trial_config *config, void *memory);

/* Runs rounds until a limit of the config, an interruption or a violation. The outcome is in trial->verdict and
 * trial->tally. False if the harts cannot be started. */
bool trial_run(struct trial *trial);

/* Whether the trial, once run, has given a property a chance to be violated. */
bool trial_tested(const struct trial *trial, enum property property);

/* Sums over the harts: interrupts, those of them inside an operation, in handlers, and allocations refused there. */
struct trial_interrupts {
    uint64_t all, inside, nested, refused;
    struct trial_landings landings[LANDINGS_MAX]; /* by call; ends with one that has no name */
};
void trial_sum_interrupts(const struct trial *trial, struct trial_interrupts *sum);
/* Times that harts left and joined again. */
uint64_t trial_lives(const struct trial *trial);

/* Calls of the allocator so far, of all harts. A hint while it runs. */
uint64_t trial_operations(const struct trial *trial);

/* ---- shared by the trial's own files ---- */

/* For people; relaxed, as the oracle is: it lends the allocator no ordering. */
static inline void hart_doing(struct trial_hart *me, const char *what)
{
    uint64_t at = atomic_load_explicit(&me->note_count, memory_order_relaxed);
    struct trial_note *note = &me->notes[at % TRIAL_NOTES];
    atomic_store_explicit(&me->doing, what, memory_order_relaxed);
    atomic_store_explicit(&note->doing, what, memory_order_relaxed);
    atomic_store_explicit(&note->count, 0, memory_order_relaxed);
    atomic_store_explicit(&me->note_count, at + 1, memory_order_relaxed);
}

/* The frames of what the hart is doing; the last ones, if it is several. */
static inline void hart_frames(struct trial_hart *me, struct frame_run run)
{
    uint64_t at = atomic_load_explicit(&me->note_count, memory_order_relaxed);
    struct trial_note *note = &me->notes[(at - 1) % TRIAL_NOTES];
    atomic_store_explicit(&note->first, run.first.value, memory_order_relaxed);
    atomic_store_explicit(&note->count, run.count, memory_order_relaxed);
}

/* Frames of the budget; false if it has no more. */
bool budget_reserve(struct trial *trial, uint64_t frames);
void budget_release(struct trial *trial, uint64_t frames);

bool holdings_full(const struct trial_hart *me);
void holding_push(struct trial_hart *me, struct frame_run run, bool shared);
struct holding holding_remove(struct trial_hart *me, uint32_t index);

/* One frame by frame_alloc_one, known to the oracle. */
enum frame_status take_frame(struct trial *trial, struct trial_hart *me, pfn_t *frame);
/* Gives back a run of the hart's own, by a random one of the calls that fit; it must be accepted. */
void give_run(struct trial *trial, struct trial_hart *me, struct frame_run run);
/* Gives back a holding of either kind, and its budget. */
void give_holding(struct trial *trial, struct trial_hart *me, struct holding holding);

/* mixed.c */
void mixed_phase(struct trial *trial, struct trial_hart *me);
/* Takes everything out of the mailbox and gives it back. One hart. */
void mailbox_empty(struct trial *trial, struct trial_hart *me);
/* With nothing allocated, the others at a barrier: removes the arena that was added; it may not be refused. */
void hotplug_settle(struct trial *trial, struct trial_hart *me);
/* Fills the range with the pattern that must still be there when it is plugged in next. */
void hotplug_fill(struct trial *trial);

/* interrupts.c. The hart is interrupted from here on, if the config says so; and no more, and its handlers hold
 * nothing. */
void interrupts_open(struct trial *trial, struct trial_hart *me);
void interrupts_close(struct trial *trial, struct trial_hart *me);

/* checks.c; all by one hart, the others at a barrier */
void check_account(struct trial *trial, struct trial_hart *me);
void check_references(struct trial *trial);
void check_refusals(struct trial *trial, struct trial_hart *me);
void check_runs(struct trial *trial, struct trial_hart *me);
void check_exhausted(struct trial *trial, struct trial_hart *me);
void check_whole(struct trial *trial, struct trial_hart *me);
void check_magazines_begin(struct trial *trial);
void check_magazines_end(struct trial *trial, struct trial_hart *me);
void check_magazines_adversary(struct trial *trial, struct trial_hart *me);
/* By all harts: an adversarial trace of single frames. */
void magazines_trace(struct trial *trial, struct trial_hart *me);

#endif
