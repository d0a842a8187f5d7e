/* SPDX-License-Identifier: MIT
 * Verdicts on a figure's claims: claims.jq says what was measured, figure.json what it must be.
 *
 * A quantity is a number that a claim is judged by. Where a number was published, the factor between the two must be
 * in the interval that figure.json states; where none was, the value itself. A quantity may have a direction, too:
 * what it must be above or below for the claim to be true at all. A claim
 *
 *     holds                if every quantity is in its interval;
 *     direction only       if factors are outside, but every direction is right;
 *     does not hold        if a direction is wrong, or a value with nothing published is outside;
 *     cannot be judged     if a quantity was not measured, and then nothing else is said of it. */
#ifndef FRAMELAB_RESULTS_PAPER_VERDICTS_H
#define FRAMELAB_RESULTS_PAPER_VERDICTS_H

#include <stdio.h>

#include "paper_folder.h"

enum paper_verdict { PAPER_HOLDS, PAPER_DIRECTION, PAPER_FAILS, PAPER_CANNOT, PAPER_VERDICTS };

/* What the evidence is. The kinds are never added up: what is counted is exact, what is fitted shows no more than that
 * the fit is good. Measured is what figure.json calls foretold, where the host itself was timed. */
enum paper_kind { PAPER_COUNTED, PAPER_MEASURED, PAPER_FORETOLD, PAPER_FITTED, PAPER_CONSTRUCTED, PAPER_KINDS };

struct paper_tally {
    unsigned count[PAPER_KINDS][PAPER_VERDICTS];
    unsigned unexpected; /* that do not hold, without a deviation in figure.json */
};

/* The claims of the folder in their order, each with `kind`, `quantities`, `verdict`, `measured`, `platform`, `why`,
 * `stable` (nothing yet) and `expected`: false if it does not hold and the folder does not say why. `judged` is what
 * claims.jq made, with each claim once. NULL with one line in `why` if that is not what it must be. */
json_t *paper_verdicts_merge(const json_t *judged, const struct paper_folder *folder, char *why, size_t why_bytes);

/* The same of a figure of which nothing was run, `why`: none can be judged. */
json_t *paper_verdicts_none(const struct paper_folder *folder, const char *why);

/* Adds to each claim's `stable` how many of `count` others, verdicts on the same claims, say the same; `over`: what
 * they differ by. */
void paper_verdicts_stable(json_t *verdicts, const json_t *const *others, size_t count, const char *over);

/* Adds up verdicts by kind. */
void paper_verdicts_count(const json_t *verdicts, struct paper_tally *tally);

/* Of each kind of which there are claims, how many hold, and so on, with `between` between kinds; then a newline. */
void paper_tally_print(const struct paper_tally *tally, const char *between, FILE *out);

#endif
