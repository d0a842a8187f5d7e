/* SPDX-License-Identifier: MIT
 * Whether a simulated hart may be interrupted. Who interrupts (history/fault_injection.c) asks before it does; code
 * that runs on harts turns interrupts off and on through platform.h. Neither is an event. */
#ifndef FRAMELAB_SIM_INTERRUPTS_H
#define FRAMELAB_SIM_INTERRUPTS_H

#include <stdbool.h>
#include <stdint.h>

/* Of the running hart; true if they were on before. Outside of harts nobody is interrupted: false. */
bool interrupts_off(void);
void interrupts_on(void);
bool interrupts_are_on(uint32_t hart);
/* On, for all harts: a run begins. */
void interrupts_reset(void);

#endif
