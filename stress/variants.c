/* SPDX-License-Identifier: MIT
 * The allocators of this library, in the order in which they are shown; then a user's own (make OWN=FOLDER), which the
 * Makefile adds by a header before this file. */
#include "variants.h"

#include "baseline.h"
#include "lockfree.h"

#ifndef OWN_VARIANTS
#define OWN_VARIANTS
#endif

const struct variant *const framelab_variants[] = {
    &baseline_origin_variant,
    &baseline_variant,
    &lockfree_variant,
    OWN_VARIANTS NULL,
};
