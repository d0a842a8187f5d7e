/* SPDX-License-Identifier: MIT
 * Records (results/README.md) written to the console, by hart 0. Without `provenance`, which the host adds. */
#ifndef FRAMELAB_QEMU_RECORD_TEXT_H
#define FRAMELAB_QEMU_RECORD_TEXT_H

#include "kernel_options.h"

/* `{"type":...` up to and with the seed; then come the type's own keys, each with its comma before it. */
void record_begin(const char *type, const struct kernel_options *options, const struct frame_allocator_config *config,
                  uint32_t harts);
/* The counts since `before`, if that is not NULL, and the end of the line. */
void record_end(const struct frame_allocator *allocator, const struct frame_stats *before);

#endif
