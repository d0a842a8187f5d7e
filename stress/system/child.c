/* SPDX-License-Identifier: MIT
 * Starting a program and reading it. See child.h. */
#define _GNU_SOURCE /* pipe2 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the child: becomes the program, or tells the parent why not. */
static _Noreturn void become(char *const argv[], pid_t parent, int out, int why, bool with_stderr)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool good = null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
                dup2(with_stderr ? out : null, STDERR_FILENO) >= 0 && setpgid(0, 0) == 0 &&
                prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
    if (good && getppid() == parent) { /* else it has died before it could have been noticed */
        (void)execvp(argv[0], argv);
    }
    int error = errno;
    (void)!write(why, &error, sizeof error);
    _exit(127);
}

/* What the child says if it could not become the program; 0 if it did, for then the pipe closes. */
static int read_error(int fd)
{
    int error = 0;
    ssize_t got;
    do {
        got = read(fd, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static bool start(struct child *child, char *const argv[], bool with_stderr, const int out[2], const int why[2])
{
    pid_t parent = getpid();
    child->pid = fork();
    if (child->pid == 0) {
        become(argv, parent, out[1], why[1], with_stderr);
    }
    (void)close(out[1]);
    (void)close(why[1]);
    int error = child->pid < 0 ? errno : read_error(why[0]);
    (void)close(why[0]);
    child->fd = out[0];
    if (error == 0) {
        return true;
    }
    child->pid = child->pid < 0 ? 0 : child->pid;
    child_stop(child);
    errno = error;
    return false;
}

bool child_start(struct child *child, char *const argv[], bool with_stderr)
{
    int out[2], why[2];
    *child = (struct child){.fd = -1, .buffer = malloc(CHILD_LINE_BYTES + 1)};
    if (child->buffer == NULL || pipe2(out, O_CLOEXEC) != 0) {
        free(child->buffer);
        return false;
    }
    if (pipe2(why, O_CLOEXEC) != 0) {
        (void)close(out[0]);
        (void)close(out[1]);
        free(child->buffer);
        return false;
    }
    return start(child, argv, with_stderr, out, why);
}

/* The first whole line of what is read: its end is overwritten with NUL. NULL if there is none. */
static char *take_line(struct child *child)
{
    char *begin = child->buffer + child->begin;
    size_t bytes = child->end - child->begin;
    const char *newline = bytes > 0 ? memchr(begin, '\n', bytes) : NULL;
    bool full = bytes == CHILD_LINE_BYTES;
    if (newline == NULL && !full && !(child->closed && bytes > 0)) {
        return NULL;
    }
    size_t length = newline != NULL ? (size_t)(newline - begin) : bytes;
    child->begin += length + (newline != NULL);
    begin[length] = '\0';
    begin[strcspn(begin, "\r")] = '\0';
    return begin;
}

/* Reads what has come, after what there is. */
static void read_more(struct child *child)
{
    memmove(child->buffer, child->buffer + child->begin, child->end - child->begin);
    child->end -= child->begin;
    child->begin = 0;
    ssize_t got = read(child->fd, child->buffer + child->end, CHILD_LINE_BYTES - child->end);
    if (got > 0) {
        child->end += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
        child->closed = true;
    }
}

enum child_event child_read_line(struct child *child, char **line, int timeout_ms)
{
    while ((*line = take_line(child)) == NULL) {
        struct pollfd poll_fd = {.fd = child->fd, .events = POLLIN};
        if (child->closed) {
            return CHILD_CLOSED;
        }
        if (poll(&poll_fd, 1, timeout_ms) <= 0) {
            return CHILD_SILENT;
        }
        read_more(child);
    }
    return CHILD_LINE;
}

static void forget(struct child *child)
{
    if (child->fd >= 0) {
        (void)close(child->fd);
    }
    free(child->buffer);
    *child = (struct child){.fd = -1};
}

int child_wait(struct child *child)
{
    int status = 0;
    while (child->pid > 0 && waitpid(child->pid, &status, 0) < 0 && errno == EINTR) {
    }
    forget(child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void child_stop(struct child *child)
{
    if (child->pid > 0) {
        (void)kill(-child->pid, SIGKILL);
        (void)kill(child->pid, SIGKILL); /* it may not have made its group yet */
    }
    (void)child_wait(child);
}
