/* SPDX-License-Identifier: MIT OR GPL-2.0-only
 * What files of ours that Linux compiles need of the C library: Linux has these itself. */
#ifndef FRAMELAB_LINUX_STRING_H
#define FRAMELAB_LINUX_STRING_H

#include <stddef.h>

void *memset(void *to, int byte, size_t bytes);
void *memcpy(void *to, const void *from, size_t bytes);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t bytes);
size_t strlen(const char *text);
size_t strcspn(const char *text, const char *ends);
char *strchr(const char *text, int c);
char *strsep(char **rest, const char *ends);

#endif
