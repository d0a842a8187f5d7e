/* SPDX-License-Identifier: MIT
 * The judge: what the allocator may answer, and what must hold at rest, said once for the host, the kernel for QEMU and
 * simulated harts. Who uses it (a trial, the simulator's ledger, a test that stops harts) knows what happens; the judge
 * knows what is right.
 *
 * 1. Answers. What a call may answer is a set of statuses. For a call on a frame it depends on what the caller knows of
 *    the frame (enum standing) and on nothing else: judge.c has a table with a row a call and a column a standing. A
 *    refusal is a call whose set does not have FRAME_OK.
 * 2. P5. Whoever knows that at every moment of a call a free frame met it asks judge_covered.
 * 3. At rest: the audit (P2), the largest run (P8), and how often the global allocator may have been reached (P11).
 *
 * A struct judge belongs to one hart; several write to one verdict, which keeps the first violation. The judge makes
 * the calls that it is named for, none besides, and is otherwise silent: it has no memory but what it is given. */
#ifndef FRAMELAB_TRIAL_JUDGE_H
#define FRAMELAB_TRIAL_JUDGE_H

#include "frame_allocator.h"
#include "property.h"

struct judge {
    struct frame_allocator *allocator;
    struct verdict *verdict;
    uint32_t hart;
    _Atomic uint64_t calls; /* of the allocator; only the judge's hart writes it, a watchdog reads */
};

static inline void judge_count_call(struct judge *judge)
{
    uint64_t calls = atomic_load_explicit(&judge->calls, memory_order_relaxed); /* its only writer */
    atomic_store_explicit(&judge->calls, calls + 1, memory_order_relaxed);
}

/* ---- answers ---- */

#define ANSWER(status) (UINT32_C(1) << (status))
#define ANSWERS_ALLOC                                                                                                  \
    (ANSWER(FRAME_OK) | ANSWER(FRAME_NO_MEMORY) | ANSWER(FRAME_LAYOUT_IMPOSSIBLE) | ANSWER(FRAME_CONTENDED))
#define ANSWERS_ADD (ANSWER(FRAME_OK) | ANSWER(FRAME_OVERLAP) | ANSWER(FRAME_CONTENDED))
#define ANSWERS_REMOVE_REFUSED (ANSWER(FRAME_BUSY) | ANSWER(FRAME_CONTENDED))
#define ANSWERS_REMOVE (ANSWERS_REMOVE_REFUSED | ANSWER(FRAME_OK) | ANSWER(FRAME_FOREIGN))

/* A call returned `got`: P7 and false unless that is one of `right`. Whoever is told false goes no further, for what
 * was wrongly accepted may have done harm. `what` names the call. */
bool judge_answer(struct judge *judge, const char *what, uint64_t frame, enum frame_status got, uint32_t right);

/* What the caller of a call on a frame, or on a run of such frames, knows of it. */
enum standing {
    STANDING_FOREIGN, /* no arena serves it, nor is one about to */
    STANDING_FREE,   /* it is free, and nobody allocates; of a run: one of its frames is, the others are the caller's */
    STANDING_OWNED,  /* the caller has its only reference */
    STANDING_SHARED, /* the caller has two references at least; of a run: to one of its frames */
    STANDING_UNKNOWN, /* its arena may be there or not, and others may have it: nobody may rely on any answer */
    STANDING_COUNT
};

enum judged_call {
    CALL_FREE_ONE,
    CALL_FREE_RUN,
    CALL_FREE_CONTIGUOUS,
    CALL_FREE_MISALIGNED, /* of a run aligned to four frames: from its second frame on */
    CALL_FREE_LAYOUT,     /* with an alignment that is not a power of two */
    CALL_REF,
    CALL_UNREF,
    CALL_REF_COUNT, /* answers as judged: FRAME_NOT_ALLOCATED for 0, FRAME_OK for 1, FRAME_SHARED for more */
    CALL_AT_ADDR,   /* of the first frame, and it must be that one */
    CALL_AT_MIDDLE, /* an address inside the first frame */
    CALL_ARENA_ADD, /* over the run */
    CALL_ARENA_REMOVE,
    CALL_COUNT
};

/* Makes the call, with the first frame of the run if it takes one frame: P7 and false if its answer is not right.
 * Calls that a build without reference counts cannot refuse, it does not make. */
bool judge_call(struct judge *judge, enum judged_call call, struct frame_run run, enum standing standing);

/* Allocations of layouts that are refused whatever is free, by number. */
#define JUDGE_LAYOUTS 7u
bool judge_layout(struct judge *judge, uint32_t number);

/* All calls that must be refused of a frame that is STANDING_FOREIGN or STANDING_FREE. */
bool judge_refusals(struct judge *judge, pfn_t frame, enum standing standing);
/* `frame`, one of a run of the caller's own, is shared for a moment: no free of it or of the run is accepted. */
bool judge_shared(struct judge *judge, struct frame_run run, pfn_t frame);

/* ---- what is handed out ---- */

/* P4 of a run that was handed out for `request`. */
bool judge_shape(struct verdict *verdict, uint32_t hart, struct frame_request request, struct frame_run run);

/* Allocations of one frame, one after the other, before giving up counts as failing for good. The allocator may give up
 * (FRAME_CONTENDED) when others move frames about faster than it can look; a hundred times in a row is another matter.
 * It may not say that there is no memory: there is, at every moment. */
#define JUDGE_COVERED_TRIES 100u

/* Allocates a frame while one at least is free at every moment: P5 and false unless it is had after `tries`. */
bool judge_covered(struct judge *judge, bool zeroed, uint32_t tries, pfn_t *frame);

/* ---- at rest ---- */

/* P2: validate() holds, and free + cached + allocated = total. */
bool judge_account(struct judge *judge, struct frame_account *account);
/* Nothing is out: all caches drain (P5), and all memory is free in the global allocator (P2). */
bool judge_all_free(struct judge *judge);

/* Frames of the longest run that an arena in service could hand out if all were free. */
uint64_t judge_longest(struct frame_allocator *allocator);
/* P8: nothing is out, and a run of `longest` frames is had. The caller has it then. */
bool judge_largest(struct judge *judge, uint64_t longest, struct frame_run *run);

/* Operations on single frames of `harts` harts while no cache was drained and memory was plenty. */
struct magazine_trace {
    const char *name;
    uint64_t operations, accesses; /* of them, those of the global allocator */
    uint32_t harts;
    bool fresh;               /* their caches were empty before */
    uint32_t magazine, batch; /* frames; batch 0: as magazine */
};

/* P11: one access in as many operations as a batch moves, and one a hart for the operations that do not fill a batch;
 * and one more a hart for the state that its caches were in, unless they were fresh. */
bool judge_magazines(struct judge *judge, const struct magazine_trace *trace);

#endif
