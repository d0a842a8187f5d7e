/* SPDX-License-Identifier: MIT
 * Code addresses as source lines, for reports. */
#ifndef FRAMELAB_SIM_PLACE_TEXT_H
#define FRAMELAB_SIM_PLACE_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* "function at lockfree/chunk.c:17", by addr2line; the address itself if there is none. */
void place_text(uintptr_t place, char *out, size_t bytes);

#endif
