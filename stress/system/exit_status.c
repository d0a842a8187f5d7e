/* SPDX-License-Identifier: MIT
 * How a command says why it ends. See exit_status.h. */
#include "exit_status.h"

#include <stdarg.h>
#include <stdio.h>

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
