/* SPDX-License-Identifier: MIT
 * The lock-free global allocator, as core sees it. */
#ifndef FRAMELAB_LOCKFREE_LOCKFREE_H
#define FRAMELAB_LOCKFREE_LOCKFREE_H

#include "variant.h"

extern const struct variant lockfree_variant;

#endif
