/* SPDX-License-Identifier: MIT
 * JSON in the making, and what machines are told: flat objects, as JSON or CSV. */
#ifndef FRAMELAB_RESULTS_FLAT_H
#define FRAMELAB_RESULTS_FLAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* ---- making; one look at the end is enough: NULL if out of memory, or if an argument is NULL that failed before. The
 * first argument is returned, `value` is taken. ---- */

json_t *flat_append(json_t *array, json_t *value);
json_t *flat_set(json_t *object, const char *key, json_t *value);

/* JSON readers, ours too, keep integers in 64 bits with a sign: what is larger (a seed may be) goes as text. */
json_t *flat_count(uint64_t count);
/* The number, or null if it is not finite. */
json_t *flat_real(double value);

/* A text of an object, "" where there is no such key. */
const char *flat_text(const json_t *object, const char *key);

/* ---- printing; false if the stream failed ---- */

/* An array of objects with the same keys as CSV (RFC 4180, but lines end in a newline): the keys, then a line an
 * object; null is an empty field. */
bool flat_print_csv(const json_t *rows, FILE *out);
/* For whoever has one object after the other: a line, with `head` the keys before it. */
bool flat_print_csv_row(const json_t *row, bool head, FILE *out);
/* One value as a field of CSV: a text in quotes if it needs them, or if `quoted`. */
void csv_print_value(const json_t *value, bool quoted, FILE *out);
/* Any value as JSON, indented, numbers with six digits. */
bool flat_print_json(const json_t *value, FILE *out);

#endif
