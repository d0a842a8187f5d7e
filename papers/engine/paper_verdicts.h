/* SPDX-License-Identifier: MIT
 * A figure's claims with what its claims.jq says of them. */
#ifndef FRAMELAB_RESULTS_PAPER_VERDICTS_H
#define FRAMELAB_RESULTS_PAPER_VERDICTS_H

#include "paper_folder.h"

struct paper_tally {
    unsigned hold, fail, cannot;
    unsigned unexpected; /* of those that do not hold: without a deviation in figure.json */
};

/* The claims of the folder in their order, each with `verdict`, `measured`, `platform`, `why` from `judged`, which must
 * have each of them once, and `expected`: whether it holds, or the folder says why not. NULL with one line in `why`. */
json_t *paper_verdicts_merge(const json_t *judged, const struct paper_folder *folder, char *why, size_t why_bytes);

/* Adds up verdicts. */
void paper_verdicts_count(const json_t *verdicts, struct paper_tally *tally);

#endif
