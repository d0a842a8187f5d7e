/* SPDX-License-Identifier: MIT
 * Another program, started in order to be read line by line: QEMU, or a tool that is asked something.
 *
 * The subprocess has an empty standard input and leads a process group of its own, so that a Ctrl-C at the terminal
 * reaches the parent alone. It does not outlive its parent, however that ends: the kernel kills it then. */
#ifndef FRAMELAB_STRESS_SUBPROCESS_H
#define FRAMELAB_STRESS_SUBPROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Bytes of a line; a longer one is read as several. */
#define SUBPROCESS_LINE_BYTES ((size_t)1 << 20)

struct subprocess {
    pid_t pid; /* 0: none, or ended and waited for */
    int fd;    /* what it writes; -1: none */
    char *buffer;
    size_t begin, end; /* of what is read and not yet handed out */
    bool closed;       /* nothing more will come */
};

enum subprocess_event {
    SUBPROCESS_LINE,
    SUBPROCESS_SILENT, /* no line within the time */
    SUBPROCESS_CLOSED, /* it has closed its output, or cannot be read */
};

/* Starts argv[0], sought in PATH; its standard error comes with its output if `with_stderr`, else it goes nowhere.
 * False with errno: ENOENT if there is no such program. */
bool subprocess_start(struct subprocess *subprocess, char *const argv[], bool with_stderr);

/* Its next line, without its end, into *line: valid until the next call. Waits at most so long. A signal that is
 * caught does not cut the wait short by itself: call with short times and look. */
enum subprocess_event subprocess_read_line(struct subprocess *subprocess, char **line, int timeout_ms);

/* Waits for its end: its exit status, or 128 and the number of the signal that ended it. Then frees all. */
int subprocess_wait(struct subprocess *subprocess);

/* Kills it and all of its group, and frees all. Nothing to do if it was waited for. */
void subprocess_stop(struct subprocess *subprocess);

#endif
