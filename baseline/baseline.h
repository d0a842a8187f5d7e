/* SPDX-License-Identifier: MIT
 * The global allocator under one lock, and its two variants. What they are: baseline/README.md. */
#ifndef FRAMELAB_BASELINE_BASELINE_H
#define FRAMELAB_BASELINE_BASELINE_H

#include "variant.h"

/* "baseline": core's magazines before the arena vector. */
extern const struct variant baseline_variant;
/* "baseline:origin": the origin's list a hart (core/frame_list.c) before the same arena vector. */
extern const struct variant baseline_origin_variant;

#endif
