/* SPDX-License-Identifier: MIT
 * Ctrl-C: the first one asks to stop, the second one stops. */
#ifndef FRAMELAB_STRESS_INTERRUPT_H
#define FRAMELAB_STRESS_INTERRUPT_H

#include <stdatomic.h>
#include <stdbool.h>

/* True once SIGINT or SIGTERM has come. Whoever works for long looks at it between two steps. */
extern _Atomic bool interrupted;

/* From now on the first SIGINT or SIGTERM sets `interrupted`; a second one ends the program at once. */
void interrupt_catch(void);

#endif
