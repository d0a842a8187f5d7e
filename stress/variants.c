/* SPDX-License-Identifier: MIT
 * The allocators of this library, in the order in which they are shown. A user's own is added here. */
#include "variants.h"

#include "baseline.h"
#include "lockfree.h"

const struct variant *const framelab_variants[] = {
    &baseline_seed_variant,
    &baseline_variant,
    &lockfree_variant,
    NULL,
};
