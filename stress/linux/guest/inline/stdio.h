/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 * What files of ours that Linux compiles need of the C library: Linux has these itself. */
#ifndef FRAMELAB_LINUX_STDIO_H
#define FRAMELAB_LINUX_STDIO_H

#include <stdarg.h>
#include <stddef.h>

__attribute__((format(printf, 3, 4))) int snprintf(char *text, size_t bytes, const char *format, ...);
__attribute__((format(printf, 3, 0))) int vsnprintf(char *text, size_t bytes, const char *format, va_list arguments);

#endif
