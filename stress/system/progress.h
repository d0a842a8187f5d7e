/* SPDX-License-Identifier: MIT
 * One line of progress on stderr, rewritten in place; only on a terminal, or when asked for. */
#ifndef FRAMELAB_STRESS_PROGRESS_H
#define FRAMELAB_STRESS_PROGRESS_H

#include <stdbool.h>

/* `wanted`: also where stderr is no terminal, as lines of their own; after a minute one a minute. */
void progress_begin(bool wanted);
/* Shows `done` of `total` steps, or with a total of 0 the time that has passed, and what is under way. Cheap enough for
 * ten calls a second and more. */
__attribute__((format(printf, 3, 4))) void progress_show(double done, double total, const char *format, ...);
/* What progress_show was last told, shown or not: for a watchdog. */
const char *progress_doing(void);
/* Wipes the line, for another to be printed; it may come again. And for good. */
void progress_wipe(void);
void progress_end(void);

#endif
