/* SPDX-License-Identifier: MIT
 * The allocators that the framelab command knows, in the order in which it shows them. */
#ifndef FRAMELAB_STRESS_VARIANTS_H
#define FRAMELAB_STRESS_VARIANTS_H

#include "variant.h"

/* NULL-terminated. */
extern const struct variant *const framelab_variants[];

#endif
