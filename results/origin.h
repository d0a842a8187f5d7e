/* SPDX-License-Identifier: MIT
 * Where numbers come from: what a record file's provenance lines say, for titles and for comparisons. */
#ifndef FRAMELAB_RESULTS_ORIGIN_H
#define FRAMELAB_RESULTS_ORIGIN_H

#include "records.h"

#define ORIGIN_TEXT_BYTES 256u

struct origin {
    char machine[ORIGIN_TEXT_BYTES]; /* "AMD EPYC, 2 cores, virtual machine" or "unknown machine" */
    char version[ORIGIN_TEXT_BYTES]; /* "framelab 0.1.0 (1a2b3c4d5e6f, uncommitted changes)" */
    char date[ORIGIN_TEXT_BYTES];    /* "2026-11-23", empty if unknown */
};

/* Of the first provenance line; if others say something else of machine or version, that is said too. */
struct origin origin_describe(const struct record_file *file);

/* An array of objects {"what", "a", "b"}: all in which the provenance of two files differs and which bears on their
 * numbers. NULL if out of memory. */
json_t *origin_differences(const struct record_file *a, const struct record_file *b);

/* Whether all provenance lines of both are of one machine: processor, caches, cores, nodes, whether it is a virtual
 * one. Not where that is unknown of any. */
bool origin_same_machine(const struct record_file *a, const struct record_file *b);

#endif
