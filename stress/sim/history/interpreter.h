/* SPDX-License-Identifier: MIT
 * Plays a small program on the harts of a small machine, under whatever model is in charge, and tells the history. */
#ifndef FRAMELAB_SIM_INTERPRETER_H
#define FRAMELAB_SIM_INTERPRETER_H

#include <stdatomic.h>

#include "history.h"
#include "program.h"

/* Frames that a program has, and who holds how many references to them. */
struct slot {
    struct frame_run run;
    uint8_t references[PROGRAM_HARTS_MAX];
    uint8_t left; /* references in the mailbox */
    bool shared;  /* it has had more than one: nobody knows that it is the last owner, so none may call free */
    _Atomic uint32_t mailbox;
};

/* What is rare, over all executions: so that one sees that it comes about. */
struct interpreter_reached {
    uint64_t jumps;      /* of the clock of reclamation */
    uint64_t runs;       /* executions that ended with runs in magazines */
    uint64_t reserves;   /* with a zero reserve */
    uint64_t limbo_most; /* places in limbo */
    /* Interrupts, by what was interrupted: enum step_kind; and those in handlers. */
    uint64_t interrupts[STEP_KIND_COUNT], interrupts_nested;
};

struct interpreter {
    const struct program *program;
    struct small_machine *machine;
    struct history history;
    struct slot slots[PROGRAM_SLOTS_ALL];
    bool gone[PROGRAM_HARTS_MAX]; /* it has left */
    bool ended;                   /* a hart ended in the middle, and its number was taken over */
    bool stranded;                /* and could not be: it ended while it changed arenas */
    uint32_t next_step[PROGRAM_HARTS_MAX];
    uint64_t lost;                       /* frames, of this execution */
    uint32_t level[PROGRAM_HARTS_MAX];   /* of interrupts; 0: none */
    uint32_t at_slot[PROGRAM_HARTS_MAX]; /* of the step that each plays, not counting handlers */
    enum step_kind at_kind[PROGRAM_HARTS_MAX];
    uint64_t calls[STEP_KIND_COUNT]; /* made, over all executions */
    uint64_t skipped;                /* steps that found nothing to do */
    struct interpreter_reached reached;
    /* When a violation is found while harts run: ends the execution, need not return. */
    void (*on_violation)(struct interpreter *interpreter);
    /* A hart has played all of its part. */
    void (*on_end)(struct interpreter *interpreter, uint32_t hart);
};

void interpreter_begin(struct interpreter *interpreter, const struct program *program, struct small_machine *machine);
/* The prelude, outside of harts. False if it found a violation. */
bool interpreter_prelude(struct interpreter *interpreter);
/* What a hart does; `context` is the interpreter. For run_harts. */
void interpreter_hart(void *context, uint32_t hart);
/* The running hart is interrupted: it plays the program's handler. At most PROGRAM_LEVELS - 1 levels deep. */
void interpreter_interrupt(struct interpreter *interpreter, uint32_t hart);
/* The same of a hart that ended in the middle and begins anew: takes its number over, and plays what is left. For
 * run_again. */
void interpreter_hart_again(void *context, uint32_t hart);
/* When all harts have returned: judges the history, frees what is left, and judges what is then. */
bool interpreter_finish(struct interpreter *interpreter);

#endif
