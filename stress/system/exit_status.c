/* SPDX-License-Identifier: MIT
 * How a command says why it ends. See exit_status.h. */
#include "exit_status.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "progress.h"

int status_say(const char *name, int status, const char *format, ...)
{
    va_list arguments;
    progress_end();
    (void)fprintf(stderr, "%s: ", name);
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
    return status;
}

/* ---- standard output ---- */

static const char *output_name;
static int output_errno; /* of the first write that failed, if whoever made it said so */

static void close_stdout(void)
{
    bool pending = __fpending(stdout) != 0, lost = ferror(stdout) != 0;
    if (lost && output_errno == 0) {
        (void)fputc('\n', stdout); /* what failed once will say once more why */
    }
    errno = 0;
    /* Nobody misses an output that was closed, and to which nothing was written. */
    if (fclose(stdout) != 0) {
        lost = lost || pending || errno != EBADF;
    }
    if (lost) {
        int why = output_errno != 0 ? output_errno : errno;
        _exit(status_say(output_name, EXIT_STATUS_VIOLATED, "standard output: %s",
                         why != 0 ? strerror(why) : "it could not be written"));
    }
}

void stdout_check_at_exit(const char *name)
{
    output_name = name;
    /* A file that is opened must not be taken for an output that was closed: what stands in its place cannot be
     * written. */
    if (fcntl(STDOUT_FILENO, F_GETFD) == -1) {
        (void)open("/dev/null", O_RDONLY); /* NOLINT(android-cloexec-open): a child's output is no better */
    }
    (void)atexit(close_stdout);
}

void stdout_name(const char *name)
{
    output_name = name;
}

int status_lost(const char *name, FILE *stream)
{
    if (stream == stdout && ferror(stdout) != 0) {
        output_errno = output_errno != 0 ? output_errno : errno;
        return EXIT_STATUS_VIOLATED;
    }
    return status_say(name, EXIT_STATUS_VIOLATED, "the records: %s", strerror(errno));
}
