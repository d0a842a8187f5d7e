/* SPDX-License-Identifier: MIT
 * Starting a program and reading it. See subprocess.h. */
#define _GNU_SOURCE /* pipe2 */
#include "subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the subprocess: becomes the program, or tells the parent why not. */
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

/* What the subprocess says if it could not become the program; 0 if it did, for then the pipe closes. */
static int read_error(int fd)
{
    int error = 0;
    ssize_t got;
    do {
        got = read(fd, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static bool start(struct subprocess *subprocess, char *const argv[], bool with_stderr, const int out[2],
                  const int why[2])
{
    pid_t parent = getpid();
    subprocess->pid = fork();
    if (subprocess->pid == 0) {
        become(argv, parent, out[1], why[1], with_stderr);
    }
    (void)close(out[1]);
    (void)close(why[1]);
    int error = subprocess->pid < 0 ? errno : read_error(why[0]);
    (void)close(why[0]);
    subprocess->fd = out[0];
    if (error == 0) {
        return true;
    }
    subprocess->pid = subprocess->pid < 0 ? 0 : subprocess->pid;
    subprocess_stop(subprocess);
    errno = error;
    return false;
}

bool subprocess_start(struct subprocess *subprocess, char *const argv[], bool with_stderr)
{
    int out[2], why[2];
    *subprocess = (struct subprocess){.fd = -1, .buffer = malloc(SUBPROCESS_LINE_BYTES + 1)};
    if (subprocess->buffer == NULL || pipe2(out, O_CLOEXEC) != 0) {
        free(subprocess->buffer);
        return false;
    }
    if (pipe2(why, O_CLOEXEC) != 0) {
        (void)close(out[0]);
        (void)close(out[1]);
        free(subprocess->buffer);
        return false;
    }
    return start(subprocess, argv, with_stderr, out, why);
}

/* The first whole line of what is read: its end is overwritten with NUL. NULL if there is none. */
static char *take_line(struct subprocess *subprocess)
{
    char *begin = subprocess->buffer + subprocess->begin;
    size_t bytes = subprocess->end - subprocess->begin;
    const char *newline = bytes > 0 ? memchr(begin, '\n', bytes) : NULL;
    bool full = bytes == SUBPROCESS_LINE_BYTES;
    if (newline == NULL && !full && !(subprocess->closed && bytes > 0)) {
        return NULL;
    }
    size_t length = newline != NULL ? (size_t)(newline - begin) : bytes;
    subprocess->begin += length + (newline != NULL);
    begin[length] = '\0';
    begin[strcspn(begin, "\r")] = '\0';
    return begin;
}

/* Reads what has come, after what there is. */
static void read_more(struct subprocess *subprocess)
{
    memmove(subprocess->buffer, subprocess->buffer + subprocess->begin, subprocess->end - subprocess->begin);
    subprocess->end -= subprocess->begin;
    subprocess->begin = 0;
    ssize_t got = read(subprocess->fd, subprocess->buffer + subprocess->end, SUBPROCESS_LINE_BYTES - subprocess->end);
    if (got > 0) {
        subprocess->end += (size_t)got;
    } else if (got == 0 || errno != EINTR) {
        subprocess->closed = true;
    }
}

enum subprocess_event subprocess_read_line(struct subprocess *subprocess, char **line, int timeout_ms)
{
    while ((*line = take_line(subprocess)) == NULL) {
        struct pollfd poll_fd = {.fd = subprocess->fd, .events = POLLIN};
        if (subprocess->closed) {
            return SUBPROCESS_CLOSED;
        }
        if (poll(&poll_fd, 1, timeout_ms) <= 0) {
            return SUBPROCESS_SILENT;
        }
        read_more(subprocess);
    }
    return SUBPROCESS_LINE;
}

static void forget(struct subprocess *subprocess)
{
    if (subprocess->fd >= 0) {
        (void)close(subprocess->fd);
    }
    free(subprocess->buffer);
    *subprocess = (struct subprocess){.fd = -1};
}

int subprocess_wait(struct subprocess *subprocess)
{
    int status = 0;
    while (subprocess->pid > 0 && waitpid(subprocess->pid, &status, 0) < 0 && errno == EINTR) {
    }
    forget(subprocess);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void subprocess_stop(struct subprocess *subprocess)
{
    if (subprocess->pid > 0) {
        (void)kill(-subprocess->pid, SIGKILL);
        (void)kill(subprocess->pid, SIGKILL); /* it may not have made its group yet */
    }
    (void)subprocess_wait(subprocess);
}
