/* SPDX-License-Identifier: MIT
 * Knobs: named run-time options of a variant, for ablation, and the text that sets them.
 *
 * A variant is named in text as `name[:preset][,knob=value]...`, for example `baseline,lock=ticket,magazine=0`.
 * A knob's value is a number within bounds or one of a list of words. Freestanding: no library is needed. */
#ifndef FRAMELAB_CORE_KNOB_H
#define FRAMELAB_CORE_KNOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct knob {
    const char *name;
    const char *summary;        /* one line, with the unit */
    const char *const *choices; /* NULL-terminated words, or NULL for a number */
    uint64_t min, max;          /* of a number */
    uint64_t initial;           /* a number, or an index into choices */
};

/* Sets values[i] to each knob's initial value. */
void knobs_reset(const struct knob *knobs, uint32_t count, uint64_t *values);

/* Applies `text` ("knob=value,knob=value", may be empty) to `values`. On failure returns false with one line in
 * `why`, and values are as before. */
bool knobs_parse(const struct knob *knobs, uint32_t count, uint64_t *values, const char *text, char *why,
                 size_t why_bytes);

/* Writes "knob=value,..." for all knobs; returns the length that was needed, like snprintf. */
size_t knobs_format(const struct knob *knobs, uint32_t count, const uint64_t *values, char *out, size_t out_bytes);

#endif
