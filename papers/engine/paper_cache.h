/* SPDX-License-Identifier: MIT
 * Where the records of runs are kept: DIR/cache/KEY.jsonl, and beside it KEY.json, which says what they are of.
 *
 * A run's records are written to KEY.part and renamed when it has ended well, so what is there under its own name is
 * whole, whenever the program was stopped. */
#ifndef FRAMELAB_RESULTS_PAPER_CACHE_H
#define FRAMELAB_RESULTS_PAPER_CACHE_H

#include <stdbool.h>
#include <stdio.h>

#include "paper_plan.h"

struct paper_cache {
    char directory[PAPER_PATH_BYTES];
};

/* The cache of the output directory `out`, made if need be. False with errno. */
bool paper_cache_open(struct paper_cache *cache, const char *out);

bool paper_cache_has(const struct paper_cache *cache, const struct paper_run *run);

/* Where a run writes. */
void paper_cache_part(const struct paper_cache *cache, const struct paper_run *run, char path[PAPER_PATH_BYTES]);

/* What it wrote is whole, and took so long. False with errno. */
bool paper_cache_keep(const struct paper_cache *cache, const struct paper_run *run, double seconds);
void paper_cache_drop(const struct paper_cache *cache, const struct paper_run *run);

/* How long it took when it was run; 0 if that is not known. */
double paper_cache_seconds(const struct paper_cache *cache, const struct paper_run *run);

/* Appends the run's records to `out`, each with a first key "run", the run's id. False with errno. */
bool paper_cache_copy(const struct paper_cache *cache, const struct paper_run *run, FILE *out);

/* Makes a directory with all that are above it. False with errno. */
bool paper_make_directory(const char *path);

#endif
