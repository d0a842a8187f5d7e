/* SPDX-License-Identifier: MIT
 * What framelab's exit status says, the same for every sub-command. */
#ifndef FRAMELAB_STRESS_EXIT_STATUS_H
#define FRAMELAB_STRESS_EXIT_STATUS_H

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

#endif
