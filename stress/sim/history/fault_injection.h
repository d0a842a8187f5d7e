/* SPDX-License-Identifier: MIT
 * Stands in front of a model and looks at every event of an execution: for accesses to memory that is out of service
 * (P10), for the moment at which a hart is to be held, and for those at which one is to be interrupted (P12): before an
 * access of any kind, atomic or plain, shared or the hart's own, in an operation or between two. The handler runs then,
 * as a call on the hart's own stack.
 *
 * A hart is held inside a section of the epoch, so that no grace period can end; it goes on after a number of events of
 * the others, or when one of them has ended. Unlike a frozen hart it continues, and finds the memory that it was
 * working on changed: the case that reclamation must make safe. */
#ifndef FRAMELAB_SIM_FAULT_INJECTION_H
#define FRAMELAB_SIM_FAULT_INJECTION_H

#include "history.h"

struct injection_plan {
    uint32_t hold_hart;   /* RUN_NOBODY: none */
    uint32_t hold_at;     /* its event inside a section of the epoch, counted from 1 */
    uint32_t hold_events; /* of others, until it goes on */
};

struct interrupt_plan {
    uint32_t hart;   /* RUN_NOBODY: any that `one_in` says */
    uint64_t at;     /* before this event of the hart that is not in a handler, counted from 1; 0: none */
    uint64_t again;  /* before this event of the handler in turn; 0: none */
    uint32_t one_in; /* before one in so many events of any hart, at random; 0: none */
    uint64_t seed;
    bool chosen; /* before any event of any hart: a choice (choices.h) */
};

struct end_plan {
    uint32_t hart;
    uint64_t at; /* before this event of the hart, handlers' too, counted from 1; 0: none */
    bool chosen; /* before any event of any hart, likewise */
};

/* Puts itself before the model in charge. `on_violation` is called on the hart that did it, after the history was told.
 */
void injection_begin(struct history *history, const struct injection_plan *plan, void (*on_violation)(void));
/* After that: harts are interrupted, which is a call of handler(hart). */
void injection_interrupt(const struct interrupt_plan *plan, void (*handler)(uint32_t hart));
/* After injection_begin: a hart ends, what it stored is known, and it begins anew with body(context, hart). */
void injection_end_hart(const struct end_plan *plan, void (*body)(void *context, uint32_t hart));
/* Where it ended; 0: it did not. */
uintptr_t injection_ended_at(void);
/* Where a hart was first interrupted, a code address; 0: nowhere. */
uintptr_t injection_interrupted_at(void);
/* Puts the model back. Returns whether a hart was held up. */
bool injection_end(void);
/* A hart has ended: whoever is held up goes on, in case nobody else is left. */
void injection_hart_ended(void);

#endif
