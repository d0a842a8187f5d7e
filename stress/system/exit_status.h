/* SPDX-License-Identifier: MIT
 * What framelab's exit status says, the same for every sub-command. */
#ifndef FRAMELAB_STRESS_EXIT_STATUS_H
#define FRAMELAB_STRESS_EXIT_STATUS_H

#include <stdio.h>

enum exit_status {
    EXIT_STATUS_HOLDS = 0,         /* what was asked was done, and everything held */
    EXIT_STATUS_VIOLATED = 1,      /* a property or a claim failed, or an input is broken */
    EXIT_STATUS_USAGE = 2,         /* an option or an argument that is invalid */
    EXIT_STATUS_UNDECIDED = 3,     /* compared, but nothing could be judged */
    EXIT_STATUS_SKIPPED = 77,      /* this build or machine cannot do it */
    EXIT_STATUS_WATCHDOG = 124,    /* it took longer than it was given */
    EXIT_STATUS_INTERRUPTED = 130, /* SIGINT or SIGTERM; what was measured is kept */
};

/* Ends the line of progress and prints another on stderr, `NAME: ...`; returns `status`. `name` is the sub-command's:
 * "framelab bench". */
__attribute__((format(printf, 3, 4))) int status_say(const char *name, int status, const char *format, ...);

/* What became of standard output is asked once, at exit, for all commands: if any of it was lost, one line on stderr
 * says so, and the status is EXIT_STATUS_VIOLATED whatever it was. To be called once, before anything is opened. `name`
 * is as for status_say, and must stay. */
void stdout_check_at_exit(const char *name);
/* The same under another name: the sub-command's, once it is known. */
void stdout_name(const char *name);

/* `stream` could not be written, errno says why. Returns the status, after a line on stderr; but of standard output
 * says nothing, for that is said at exit. So whoever cannot write need not go on. */
int status_lost(const char *name, FILE *stream);

#endif
