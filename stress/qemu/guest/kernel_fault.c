/* SPDX-License-Identifier: MIT
 * P9 on real harts: one hart stops in the middle of an operation, before a shared access of a slow path; the others
 * must finish. Memory runs out again and again, so that they drain one another's caches. See kernel_options.h.
 *
 *   stop=leave    the firmware stops the hart for good; it has said before that it leaves
 *   stop=silent   the same, but it has told nobody: the asymmetric barrier (harts.c, 2) finds it silent
 *   stop=mute     it waits with interrupts off until the others have finished, then goes on
 *
 * In all three the others allocate and free to the end, and no frame has two owners (kernel_audit.h). At the end they
 * can allocate, twice in a row, all memory except what the stopped hart has: its frames, its cache, what it was moving.
 * Until then they may be refused. While a hart does not answer, an arena that was plugged in after it fell silent
 * cannot be removed and stays in service. When the hart has gone on, nothing is lost: all caches drain, all memory can
 * be allocated again, and the arena is removed. */
#include <string.h>

#include "harness.h"
#include "kernel_audit.h"
#include "kernel_options.h"
#include "platform.h"

/* Turns of waiting without progress that only a hart needs that waits for nothing. */
#define PATIENCE_SEEDED UINT64_C(200000)
#define PATIENCE_FREE UINT64_C(200000000)
#define FRAMES_PER_HART UINT64_C(256)
/* A run among single frames. */
#define RUN_FRAMES UINT64_C(8)
#define ALLOCATIONS_PER_RUN 8u
/* What a hart may have in neither its cache nor its local chunks: the chunk that it is moving. */
#define MOVING_MOST CHUNK_FRAMES
/* Operations of hart 0 from one attempt to remove the arena to the next. */
#define REMOVAL_EVERY 64u

enum stop { STOP_LEAVE, STOP_SILENT, STOP_MUTE, STOP_COUNT };

static struct fault {
    struct audit audit;
    uint64_t operations, hook;
    uint64_t room; /* frames that a hart holds at most: without the victim they want more than there are */
    uint32_t harts, victim;
    enum stop stop;
    _Atomic uint32_t stopped;  /* the victim has come to its hook */
    _Atomic uint32_t returned; /* or it never will */
    _Atomic uint32_t finished; /* others but hart 0 that have finished */
    _Atomic uint32_t go_on;
    _Atomic uint32_t failures; /* allocations that were refused */
    uint64_t refused;          /* removals, of this round */
    bool holds;
    struct frame_run *held[HART_MAX];
} fault;

static bool expect(bool good, const char *what)
{
    if (!good) {
        console_line("# hook %llu: not so: %s", (unsigned long long)fault.hook, what);
        fault.holds = false;
    }
    return good;
}

/* ---- how it stops ---- */

static void stop_leave(void)
{
    atomic_store_explicit(&fault.stopped, 1, memory_order_release);
    hart_leave();
    arch_hart_stop();
}

static void stop_silent(void)
{
    hart_fall_silent();
    atomic_store_explicit(&fault.stopped, 1, memory_order_release);
    arch_hart_stop();
}

static void stop_mute(void)
{
    bool enabled = arch_interrupts_off(); /* before it says that it has stopped: it answers nobody after that */
    atomic_store_explicit(&fault.stopped, 1, memory_order_release);
    hart_mute_while(&fault.go_on, 0);
    arch_interrupts_restore(enabled);
}

static const struct {
    const char *name, *told;
    void (*stop)(void);
} stops[STOP_COUNT] = {{"leave", "stopped for good", stop_leave},
                       {"silent", "stopped for good, which nobody was told,", stop_silent},
                       {"mute", "not answering until the others have finished", stop_mute}};

/* Acquire: the victim, so that what comes after this comes after its last answer. */
static bool is_stopped(void)
{
    return atomic_load_explicit(&fault.stopped, memory_order_acquire) != 0;
}

/* ---- work ---- */

struct holding {
    struct random random;
    struct judge judge;
    struct frame_run *runs;
    uint32_t count;
    uint64_t frames;
};

static void give(struct holding *holding)
{
    struct frame_run run = holding->runs[--holding->count];
    holding->frames -= run.count;
    (void)(oracle_release(&fault.audit.oracle, holding->judge.hart, run) &&
           judge_call(&holding->judge, CALL_FREE_RUN, run, STANDING_OWNED));
}

/* A hart that is refused frees half of what it has. */
static void take(struct holding *holding)
{
    const struct frame_layout layout = {RUN_FRAMES << FRAME_SHIFT, RUN_FRAMES << FRAME_SHIFT};
    struct frame_run run = {{0}, 1};
    enum frame_status status = random_one_in(&holding->random, ALLOCATIONS_PER_RUN)
                                   ? frame_alloc_contiguous(fault.audit.allocator, layout, &run)
                                   : frame_alloc_one(fault.audit.allocator, &run.first);
    if (status == FRAME_OK) {
        (void)oracle_claim(&fault.audit.oracle, holding->judge.hart, run);
        holding->runs[holding->count++] = run;
        holding->frames += run.count;
        return;
    }
    (void)judge_answer(&holding->judge, "an allocation", UINT64_MAX, status, ANSWERS_ALLOC);
    atomic_fetch_add_explicit(&fault.failures, 1, memory_order_relaxed);
    for (uint32_t left = holding->count / 2; holding->count > left;) {
        give(holding);
    }
}

/* With a hart that does not answer nobody knows who looks at an arena: what was plugged in does not go out again. */
static void try_removal(void)
{
    struct frame_allocator *fa = fault.audit.allocator;
    enum frame_status added = frame_arena_add(fa, fault.audit.plugged, fault.audit.plugged_node);
    enum frame_status removed = frame_arena_remove(fa, frame_containing(fault.audit.plugged.start));
    (void)expect(added == FRAME_OK || added == FRAME_OVERLAP, "an arena can be added");
    if (expect(removed == FRAME_BUSY || removed == FRAME_CONTENDED, "its removal is refused")) {
        fault.refused++;
    }
}

/* Allocations and frees, more of the former, so that memory runs out; so many after the victim has stopped. */
static void work(uint32_t hart)
{
    struct holding holding = {
        .random = random_stream(fault.hook, hart), .judge = audit_judge(&fault.audit, hart), .runs = fault.held[hart]};
    bool removes = hart == 0 && fault.stop != STOP_LEAVE;
    for (uint64_t done = 0; done < fault.operations;) {
        if (hart == fault.victim && done == fault.operations / 2) { /* by then it has something of all kinds */
            schedule_stop_at(fault.hook, stops[fault.stop].stop);
        }
        bool full = holding.frames + RUN_FRAMES > fault.room;
        if (full || (holding.count > 0 && random_one_in(&holding.random, 3))) {
            give(&holding);
        } else {
            take(&holding);
        }
        bool stopped = is_stopped();
        done += hart == fault.victim || stopped || atomic_load_explicit(&fault.returned, memory_order_relaxed) != 0;
        if (removes && stopped && done % REMOVAL_EVERY == 0) {
            try_removal();
        }
        schedule_progress();
    }
    while (holding.count > 0) {
        give(&holding);
    }
}

/* ---- judgement ---- */

/* The others have finished, and hold nothing. */
static void judge_stopped(void)
{
    struct frame_stats stats;
    uint64_t got = audit_collect(&fault.audit);
    (void)expect(audit_collect(&fault.audit) == got, "all that was allocated can be allocated again");
    (void)frame_allocator_drain(fault.audit.allocator);
    frame_allocator_stats(fault.audit.allocator, &stats);
    uint64_t rest =
        stats.frames_total - oracle_count_held_by(&fault.audit.oracle, fault.victim) - stats.frames_in_caches;
    uint64_t moving = got < rest ? rest - got : got - rest; /* in no place, or still counted where it was */
    if (!expect(moving <= MOVING_MOST, "all is allocated but what the stopped hart holds")) {
        console_line("# of %llu: had %llu, held %llu, cached %llu", (unsigned long long)stats.frames_total,
                     (unsigned long long)got,
                     (unsigned long long)oracle_count_held_by(&fault.audit.oracle, fault.victim),
                     (unsigned long long)stats.frames_in_caches);
    }
    if (fault.stop != STOP_LEAVE) {
        try_removal();
        (void)expect(audit_collect(&fault.audit) >= got, "the arena that could not be removed is in service");
    }
}

/* The victim has gone on, and all have returned. */
static void judge_rest(void)
{
    struct frame_allocator *fa = fault.audit.allocator;
    struct judge judge = audit_judge(&fault.audit, 0);
    struct frame_stats stats;
    frame_allocator_stats(fa, &stats);
    (void)expect(judge_all_free(&judge) && audit_collect(&fault.audit) == stats.frames_total,
                 "all memory is allocated");
    if (fault.refused > 0) {
        (void)expect(frame_arena_remove(fa, frame_containing(fault.audit.plugged.start)) == FRAME_OK, "the arena goes");
    }
}

/* Release: for stop_mute. Acquire: the others. */
static void hart_0(void)
{
    uint32_t finished;
    work(0);
    while ((finished = atomic_load_explicit(&fault.finished, memory_order_acquire)) < fault.harts - 2) {
        hart_sleep_while(&fault.finished, finished);
    }
    if (is_stopped()) {
        judge_stopped();
    }
    atomic_store_explicit(&fault.go_on, 1, memory_order_release);
}

static void fault_hart(void *context, uint32_t hart)
{
    (void)context;
    if (hart == 0) {
        hart_0();
    } else if (hart == fault.victim) {
        work(hart);
        schedule_stop_at(0, NULL);
        atomic_store_explicit(&fault.returned, 1, memory_order_relaxed);
    } else {
        work(hart);
        atomic_fetch_add_explicit(&fault.finished, 1, memory_order_release);
        arch_poke(&kernel_harts[0]);
    }
}

/* One stop; false if the victim does not come by so many hooks. */
static bool run_once(void)
{
    atomic_store_explicit(&fault.stopped, 0, memory_order_relaxed);
    atomic_store_explicit(&fault.returned, 0, memory_order_relaxed);
    atomic_store_explicit(&fault.finished, 0, memory_order_relaxed);
    atomic_store_explicit(&fault.go_on, 0, memory_order_relaxed);
    fault.refused = 0;
    schedule_expect_progress(schedule_is_seeded() ? PATIENCE_SEEDED : PATIENCE_FREE);
    (void)harts_run(fault.harts, fault_hart, NULL);
    schedule_expect_progress(0);
    if (fault.stop == STOP_MUTE) {
        judge_rest();
    }
    (void)expect(verdict_holds(&fault.audit.verdict), fault.audit.verdict.text);
    return is_stopped();
}

static bool fault_begin(const struct kernel_options *options)
{
    while (fault.stop < STOP_COUNT && strcmp(options->stop, stops[fault.stop].name) != 0) {
        fault.stop++;
    }
    fault.harts = (uint32_t)options->harts.values[0];
    fault.operations = options->operations;
    fault.hook = options->hook != 0 ? options->hook : 1;
    fault.victim = fault.harts - 1;
    if (fault.stop == STOP_COUNT || fault.harts < 2 || (options->repeats > 1 && fault.stop != STOP_MUTE)) {
        console_line("Bail out! a fault needs two harts, and stop=leave, silent or mute; with repeat=, mute");
        return false;
    }
    uint64_t frames = options->frames != 0 ? options->frames : fault.harts * FRAMES_PER_HART;
    if (!audit_begin(&fault.audit, frames)) {
        return false;
    }
    fault.room = (frames + (fault.audit.plugged.size >> FRAME_SHIFT)) * 5 / 4 / (fault.harts - 1);
    for (uint32_t i = 0; i < fault.harts; i++) {
        fault.held[i] = boot_alloc_zeroed(&kernel_boot, fault.room * sizeof *fault.held[i], CACHE_PAIR);
        if (fault.held[i] == NULL) {
            console_line("Bail out! no memory for what harts hold");
            return false;
        }
    }
    return audit_open(&fault.audit, options, fault.harts, frames / kernel_map.node_count);
}

int kernel_fault(const struct kernel_options *options)
{
    if (!fault_begin(options)) {
        return KERNEL_USAGE;
    }
    console_line("KTAP version 1");
    console_line("1..1");
    console_line("# fault: %s, %lu harts, hart %lu stops at hook %llu", options->variant, (unsigned long)fault.harts,
                 (unsigned long)fault.victim, (unsigned long long)fault.hook);
    uint64_t stopped = 0;
    fault.holds = true;
    for (uint64_t i = 0; i < options->repeats && fault.holds; i++, fault.hook++) {
        stopped += run_once();
    }
    console_line("# refused: %lu allocations",
                 (unsigned long)atomic_load_explicit(&fault.failures, memory_order_relaxed));
    /* Harts that are threads may come one after the other, so that none is in another's way. */
    (void)expect(stopped == 0 || !schedule_is_seeded() ||
                     atomic_load_explicit(&fault.failures, memory_order_relaxed) > 0,
                 "memory ran out");
    if (stopped == 0 && fault.holds) {
        console_line("ok 1 P9 # SKIP hart %lu came by fewer than %llu hooks", (unsigned long)fault.victim,
                     (unsigned long long)fault.hook - 1);
        return KERNEL_HOLDS;
    }
    console_line("%s 1 P9 with one hart %s at %llu of %llu hooks the others finish", fault.holds ? "ok" : "not ok",
                 stops[fault.stop].told, (unsigned long long)stopped, (unsigned long long)options->repeats);
    return fault.holds ? KERNEL_HOLDS : KERNEL_VIOLATED;
}
