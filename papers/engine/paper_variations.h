/* SPDX-License-Identifier: MIT
 * Whether verdicts hang on a seed, or on what a simulated machine costs: a figure's simulated runs once more over ten
 * seeds, and on machines whose harts pay 30 % less and 30 % more for one another. */
#ifndef FRAMELAB_RESULTS_PAPER_VARIATIONS_H
#define FRAMELAB_RESULTS_PAPER_VARIATIONS_H

#include "paper_cache.h"
#include "paper_make.h"

#define PAPER_VARIATIONS 12u

extern const struct paper_variation paper_variations[PAPER_VARIATIONS];

/* Says in `stable` of each verdict how often it comes out: of PAPER_VARIATIONS plans, whose runs are in the cache, with
 * those runs of `base` that are not simulated; or, if `plans` is NULL, that it came out this once. Where no simulated
 * harts may judge a claim, once is all there is. False with one line in `why`. */
bool paper_vary(const struct paper_making *making, const struct paper_cache *cache, const struct paper_plan *base,
                const struct paper_plan *plans, json_t *verdicts, char why[PAPER_WHY_BYTES]);

#endif
