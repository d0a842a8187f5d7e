/* SPDX-License-Identifier: MIT
 * A small program: what a few harts do with the allocator's public interface, as a text of one line.
 *
 * 1. Slots. A program's frames are in numbered slots that all harts share: an allocation fills a slot, a free empties
 *    it. A step does nothing if the hart has no reference in the step's slot (because its allocation failed, or nobody
 *    sent it one). So every text is a program, whatever the allocator answers.
 * 2. Text: LAYOUT.SETTING; PRELUDE : HART | HART ... ! HANDLER
 *      a3        allocate a frame into slot 3        z3         the same, zeroed
 *      r3.8.2    allocate 8 frames, aligned to 2^2   y3.8.2     the same, zeroed
 *      f3        free what is in slot 3              h3.2 t3.2  free the first, or the last, 2 frames of its run
 *      +3 -3     add, or drop, a reference           >3 <3      leave a reference to others, or take one that was left
 *      d         drain                               i          zero_idle
 *      A R       add, or remove, the second arena    s          statistics
 *      j99       move the clock of reclamation by 99, in place of many polls (epoch_look.h)
 *      L J1      leave, or join as a hart of node 1 (what else the hart is to do meanwhile is refused)
 *      x2        make a call that must be refused whatever the other harts do; the number is its kind (interpreter.c)
 *    Hart 0 alone plays the prelude before the others start; what it allocates it leaves to all.
 *    The handler, which may be left out, is what a hart plays each time it is interrupted (fault_injection.h), as that
 *    hart. Slots from PROGRAM_SLOTS on are the handler's own: each hart's at each level of interrupts. Of the harts'
 *    slots the first level may free, or add a reference to, what the hart has and the interrupted step is not about.
 * 3. Random programs (program_random.c) each have a theme. Programs drawn uniformly would show nothing, because mostly
 *    no two harts would touch the same chunk. */
#ifndef FRAMELAB_SIM_PROGRAM_H
#define FRAMELAB_SIM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "random.h"
#include "small_machine.h"

#define PROGRAM_HARTS_MAX 8u
#define PROGRAM_STEPS_MAX 24u
#define PROGRAM_SLOTS 32u
#define PROGRAM_HANDLER_SLOTS 4u
/* To which interrupts nest, the harts' own level too. */
#define PROGRAM_LEVELS 4u
#define PROGRAM_SLOTS_ALL (PROGRAM_SLOTS + PROGRAM_HARTS_MAX * (PROGRAM_LEVELS - 1) * PROGRAM_HANDLER_SLOTS)
#define PROGRAM_TEXT_MAX 2048u
#define PROGRAM_WRONG_KINDS 11u

enum step_kind {
    STEP_ALLOC,
    STEP_ALLOC_ZEROED,
    STEP_RUN,
    STEP_RUN_ZEROED,
    STEP_FREE,
    STEP_FREE_HEAD,
    STEP_FREE_TAIL,
    STEP_REF,
    STEP_UNREF,
    STEP_SEND,
    STEP_RECEIVE,
    STEP_DRAIN,
    STEP_IDLE,
    STEP_ADD,
    STEP_REMOVE,
    STEP_STATS,
    STEP_WRONG,
    STEP_JUMP,
    STEP_LEAVE,
    STEP_JOIN,
    STEP_KIND_COUNT
};

struct step {
    uint8_t kind;
    uint8_t slot;        /* of STEP_WRONG: which */
    uint8_t align_order; /* of a run */
    uint16_t count;      /* frames of a run, or of its part */
    uint64_t moves;      /* of STEP_JUMP */
};

struct step_list {
    uint32_t count;
    struct step steps[PROGRAM_STEPS_MAX];
};

struct program {
    enum small_layout layout;
    uint32_t setting; /* of the caches: small_machine.h */
    uint32_t harts;
    struct step_list prelude;
    struct step_list hart[PROGRAM_HARTS_MAX];
    struct step_list handler;
};

const char *step_kind_name(enum step_kind kind); /* "alloc", "free_head" ... */

/* The text's length, cut to `bytes`. */
size_t program_format(const struct program *program, char *out, size_t bytes);

/* False with one line in `why` if it is no program. */
bool program_parse(struct program *program, const char *text, char *why, size_t why_bytes);

/* `harts`: 2 .. PROGRAM_HARTS_MAX, or 0 for 2 to 4. */
void program_random(struct program *program, struct random *random, uint32_t harts);

#endif
