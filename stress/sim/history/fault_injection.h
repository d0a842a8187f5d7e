/* SPDX-License-Identifier: MIT
 * Stands in front of a model and looks at every event of an execution: for accesses to memory that is out of service
 * (P10), and for the moment at which a hart is to be held.
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

/* Puts itself before the model in charge. `on_violation` is called on the hart that did it, after the history was told.
 */
void injection_begin(struct history *history, const struct injection_plan *plan, void (*on_violation)(void));
/* Puts the model back. Returns whether a hart was held up. */
bool injection_end(void);
/* A hart has ended: whoever is held up goes on, in case nobody else is left. */
void injection_hart_ended(void);

#endif
