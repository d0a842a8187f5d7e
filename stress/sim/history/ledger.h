/* SPDX-License-Identifier: MIT
 * The oracle of an execution: it is told of every call before it is made and of every answer, and knows who may own
 * what. What is right where no history is needed, the judge says (stress/trial/judge.h), as on the host and in QEMU.
 * Neither is instrumented: what they do is no event, and no hart sees it; the calls that the judge makes are events.
 *
 * 1. P1. A frame's owners are counted from the answer that gave it to the call that frees it: in between it is owned
 *    for sure, and may not be handed out.
 * 2. P3, P4 of each run handed out. P6: the words that programs write to are read, and a few others. P7 of each answer.
 * 3. P5. A failed allocation is right if at some moment of the call no free memory met it. Of frames whose call is
 *    under way at a moment, either may be said: so those are not free whose allocation has been called, or whose free
 *    has not been answered. That is exact, for all failures of a history at once: allocations take effect as early as
 *    they may, frees as late. Histories that are short enough are explained by linearize.h as well, which also judges
 *    references and arenas.
 *    Nothing is excused: FRAME_NO_MEMORY and FRAME_BUSY are always judged. FRAME_CONTENDED says that the allocator does
 *    not know; it is right where core says that it gave up (its counter of contentions moved by one), and another call
 *    was under way, or a hart stopped or silent. They are counted.
 * 4. At rest (ledger_rest, when all that was allocated has been freed): P2 by frame_allocator_validate, P8 by the
 *    largest run, P11 by the number of global accesses. */
#ifndef FRAMELAB_SIM_LEDGER_H
#define FRAMELAB_SIM_LEDGER_H

#include "frame_model.h"
#include "judge.h"
#include "program.h"
#include "small_machine.h"

#define LEDGER_OPERATIONS_MAX 256u

struct ledger {
    struct small_machine *machine;
    struct verdict verdict;
    bool silence;                                       /* some hart does not answer the asymmetric barrier */
    bool concurrent;                                    /* the prelude is over */
    uint32_t now;                                       /* counts calls and answers */
    uint32_t under_way;                                 /* calls without an answer */
    struct frame_model before;                          /* the state when the history began */
    uint8_t owners[FRAME_MODEL_FRAMES];                 /* at least so many */
    uint32_t generation[FRAME_MODEL_FRAMES];            /* how often it was handed out */
    struct operation operations[LEDGER_OPERATIONS_MAX]; /* the history */
    uint32_t operation_count;
    bool second_out;                     /* the second arena is not in service, for sure: nobody may touch it */
    uint64_t singles[PROGRAM_HARTS_MAX]; /* calls for single frames: P11 */
    bool only_singles;
    uint64_t given_up[PROGRAM_HARTS_MAX];     /* core's counters of contentions when last looked at */
    uint64_t failures, contended, linearized; /* of this execution */
};

void ledger_begin(struct ledger *ledger, struct small_machine *machine);
/* The prelude is over. */
void ledger_harts_begin(struct ledger *ledger);

/* A call is about to be made; gives the number to answer with. `operation`: kind, hart, request or run. */
uint32_t ledger_call(struct ledger *ledger, const struct operation *operation);
/* It returned. `run`: what was allocated. False if something is wrong. */
bool ledger_answer(struct ledger *ledger, uint32_t number, enum frame_status status, struct frame_run run);

/* A frame that should hold zeroes. */
bool ledger_zeroed(struct ledger *ledger, uint32_t hart, struct frame_run run);

/* The judge (stress/trial) of a call that a hart is about to make, or of the machine at rest. */
struct judge ledger_judge(struct ledger *ledger, uint32_t hart);

/* After the harts have returned: the history as a whole. */
bool ledger_history(struct ledger *ledger);
/* The history in lines, for people; cut to `bytes`. */
void ledger_format(const struct ledger *ledger, char *out, size_t bytes);
/* When all is freed again, at rest. */
bool ledger_rest(struct ledger *ledger);

#endif
