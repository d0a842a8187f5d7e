/* SPDX-License-Identifier: MIT
 * The watchdog: ends a run that does not end by itself, after it has said where it hangs. */
#ifndef FRAMELAB_STRESS_WATCHDOG_H
#define FRAMELAB_STRESS_WATCHDOG_H

#include <stdbool.h>

/* In `seconds`, unless watchdog_stop comes first: calls report(context), which writes to stderr and must not wait
 * for anything that the run may hold, and ends the program with EXIT_STATUS_WATCHDOG. One at a time. False if it
 * cannot be set. */
bool watchdog_start(double seconds, void (*report)(void *context), void *context);
/* After this the report is not called. Does nothing if none was started. */
void watchdog_stop(void);

#endif
