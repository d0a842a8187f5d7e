/* SPDX-License-Identifier: MIT
 * Another program, started in order to be read line by line: QEMU, or a tool that is asked something.
 *
 * The child has an empty standard input and leads a process group of its own, so that a Ctrl-C at the terminal reaches
 * the parent alone. It does not outlive its parent, however that ends: the kernel kills it then. */
#ifndef FRAMELAB_STRESS_CHILD_H
#define FRAMELAB_STRESS_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes of a line; a longer one is read as several. */
#define CHILD_LINE_BYTES ((size_t)1 << 20)

struct child {
    pid_t pid; /* 0: none, or ended and waited for */
    int fd;    /* what it writes; -1: none */
    char *buffer;
    size_t begin, end; /* of what is read and not yet handed out */
    bool closed;       /* nothing more will come */
};

enum child_event {
    CHILD_LINE,
    CHILD_SILENT, /* no line within the time */
    CHILD_CLOSED, /* it has closed its output, or cannot be read */
};

/* Starts argv[0], sought in PATH; its standard error comes with its output if `with_stderr`, else it goes nowhere.
 * False with errno: ENOENT if there is no such program. */
bool child_start(struct child *child, char *const argv[], bool with_stderr);

/* Its next line, without its end, into *line: valid until the next call. Waits at most so long. A signal that is
 * caught does not cut the wait short by itself: call with short times and look. */
enum child_event child_read_line(struct child *child, char **line, int timeout_ms);

/* Waits for its end: its exit status, or 128 and the number of the signal that ended it. Then frees all. */
int child_wait(struct child *child);

/* Kills it and all of its group, and frees all. Nothing to do if it was waited for. */
void child_stop(struct child *child);

#endif
