/* SPDX-License-Identifier: MIT
 * Text of functions that take what printf takes. */
#ifndef FRAMELAB_CORE_FORMAT_INTO_H
#define FRAMELAB_CORE_FORMAT_INTO_H

#include <stdarg.h>
#include <stdio.h>

/* In a function whose last named parameter is `format`: what that and the arguments after it say, in the array `text`,
 * cut to its size. */
#define format_into(text, format)                                                                                      \
    do {                                                                                                               \
        va_list arguments;                                                                                             \
        va_start(arguments, format);                                                                                   \
        (void)vsnprintf(text, sizeof(text), format, arguments);                                                        \
        va_end(arguments);                                                                                             \
    } while (0)

#endif
