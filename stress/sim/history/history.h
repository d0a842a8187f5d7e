/* SPDX-License-Identifier: MIT
 * The oracle of an execution: it is told of every call before it is made and of every answer, and knows which harts may
 * own which frame. It is not instrumented: what it does is no event, and no hart sees it. What is right
 * where no history is needed, the judge says (stress/trial/judge.h), as on the host and in QEMU; the calls that the
 * judge makes are events.
 *
 * 1. P1. A frame counts as owned from the answer that handed it out to the call that frees it. In between it may not be
 *    handed out.
 * 2. P3 and P4 are checked for each run that is handed out, P7 for each answer. P6: the words that programs write to
 *    are read, and a few others.
 * 3. P5. An allocation may fail if there was a moment of its call at which no free memory met the request. A call takes
 *    effect at an unknown moment between call and answer. So at a given moment a frame is surely free only if no
 *    allocation of it has been called and every free of it has been answered. This is exact even for all failures of a
 *    history together: allocations take effect as early as possible, frees as late as possible. Histories that are
 *    short enough are also explained by linearize.h, which judges references and arenas, too.
 * 4. FRAME_NO_MEMORY and FRAME_BUSY are judged always. FRAME_CONTENDED says that the allocator does not know; it is
 *    right if core's counter of contentions has moved by one and another hart's call was under way, or a hart was
 *    stopped or silent. Such answers are counted. (Where harts are interrupted, an answer and the counter do not change
 *    in one step, and the counter is left alone.)
 *    P12: a call that interrupted another of its hart is judged like any other, beside what it interrupted, but for one
 *    thing: an allocation may fail though memory is free that lies in its own hart's cache, or that the interrupted
 *    call has in hand. If no other hart is at work, that is judged exactly: what is then free in the global allocator
 *    and in the others' caches does not meet the request.
 * 5. At rest (history_rest, when all that was allocated has been freed): P2 by frame_allocator_validate, P8 by the
 *    largest run, P11 by the number of global accesses. */
#ifndef FRAMELAB_SIM_HISTORY_H
#define FRAMELAB_SIM_HISTORY_H

#include "frame_model.h"
#include "judge.h"
#include "program.h"
#include "small_machine.h"

#define HISTORY_OPERATIONS_MAX 256u

struct history {
    /* Called before a call or an answer is told, once the prelude is over: so that others may come first. NULL. */
    void (*mark)(bool answer);
    struct small_machine *machine;
    struct verdict verdict;
    bool silence;                                        /* some hart does not answer the asymmetric barrier */
    bool concurrent;                                     /* the prelude is over */
    bool interrupts;                                     /* harts may be interrupted */
    uint32_t now;                                        /* counts calls and answers */
    uint32_t under_way;                                  /* calls without an answer */
    struct frame_model before;                           /* the state when the history began */
    uint8_t owners[FRAME_MODEL_FRAMES];                  /* at least so many */
    uint32_t generation[FRAME_MODEL_FRAMES];             /* how often it was handed out */
    struct operation operations[HISTORY_OPERATIONS_MAX]; /* the history */
    uint32_t operation_count;
    bool second_out;                     /* the second arena is not in service, for sure: nobody may touch it */
    uint64_t singles[PROGRAM_HARTS_MAX]; /* calls for single frames: P11 */
    bool only_singles;
    uint64_t given_up[PROGRAM_HARTS_MAX];     /* core's counters of contentions when last looked at */
    uint64_t failures, contended, linearized; /* of this execution */
    uint64_t nested_failures;                 /* P5's exception */
};

void history_begin(struct history *history, struct small_machine *machine);
/* The prelude is over. */
void history_harts_begin(struct history *history);

/* A call is about to be made; gives the number to answer with. `operation`: kind, hart, request or run. */
uint32_t history_call(struct history *history, const struct operation *operation);
/* It returned. `run`: what was allocated. False if something is wrong. */
bool history_answer(struct history *history, uint32_t number, enum frame_status status, struct frame_run run);

/* A frame that should hold zeroes. */
bool history_zeroed(struct history *history, uint32_t hart, struct frame_run run);

/* The judge (stress/trial) of a call that a hart is about to make, or of the machine at rest. */
struct judge history_judge(struct history *history, uint32_t hart);

/* After the harts have returned: the history as a whole. */
bool history_record(struct history *history);
/* A hash of what each call of each hart was answered, whatever the order of calls by different harts. */
uint64_t history_outcome(const struct history *history);
/* The history in lines, for people; cut to `bytes`. */
void history_format(const struct history *history, char *out, size_t bytes);
/* When all is freed again, at rest. */
bool history_rest(struct history *history);

#endif
