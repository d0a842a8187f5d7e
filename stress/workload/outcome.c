/* SPDX-License-Identifier: MIT
 * Names of paths. See outcome.h. */
#include "outcome.h"

const char *outcome_text(enum outcome outcome)
{
    static const char *const names[OUTCOME_COUNT] = {
        [OUTCOME_HIT] = "hit",       [OUTCOME_REFILL] = "refill", [OUTCOME_SPILL] = "spill",
        [OUTCOME_BYPASS] = "bypass", [OUTCOME_DRAIN] = "drain",   [OUTCOME_FAIL] = "fail",
    };
    return names[outcome];
}
