/* SPDX-License-Identifier: MIT
 * The schema's version, and lines of older versions made lines of this one. */
#ifndef FRAMELAB_RESULTS_SCHEMA_H
#define FRAMELAB_RESULTS_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>

/* Stands in provenance lines as "schema"; one without it is of schema 1. Raised whenever a name changes its meaning or
 * a meaning its name. Schema 2: `baseline:origin` was `baseline:seed`, the knob `local` was `hand`, and the keys
 * `migrations` and `outcomes` of "bench" lines were `moves` and `paths`. */
#define RECORD_SCHEMA 2

/* That of a provenance line. */
json_int_t schema_of(const json_t *provenance);

/* Gives a "bench" line of schema `schema` the names of RECORD_SCHEMA; one of RECORD_SCHEMA stays as it is. False if
 * memory is out: then the line has both kinds of names. */
bool schema_update(json_t *line, json_int_t schema);

#endif
