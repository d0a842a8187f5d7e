/* SPDX-License-Identifier: MIT
 * papers/things.json: the things that pictures show, each with its one colour and one marker. */
#ifndef FRAMELAB_RESULTS_PAPER_THINGS_H
#define FRAMELAB_RESULTS_PAPER_THINGS_H

#include <jansson.h>
#include <stddef.h>

/* The table of the figures in `papers`: an array of {id, of, color, marker, name}, no two with one id, or with one
 * colour and one marker. NULL with one line in `why`, which names the file. */
json_t *paper_things_read(const char *papers, char *why, size_t why_bytes);

/* Those of them that `series` name, in the table's order: a new reference. */
json_t *paper_things_used(const json_t *things, const json_t *series);

#endif
