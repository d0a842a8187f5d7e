/* SPDX-License-Identifier: MIT
 * Where the records of runs are kept: DIR/cache/KEY.jsonl, and beside it KEY.json, which says what they are of.
 *
 * A run's records are written to KEY.part and renamed when it has ended well and they are on the disk; KEY.json has
 * their length and a hash, which are checked before they are believed. So a program that was stopped, a full disk, lost
 * power or a file that was cut afterwards cost a run, never a wrong figure. */
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

/* Whether the run's records are there and whole. Records that are there and not whole are removed, which one line on
 * `log` tells. */
bool paper_cache_has(const struct paper_cache *cache, const struct paper_run *run, FILE *log);

/* Where a run writes. */
void paper_cache_part(const struct paper_cache *cache, const struct paper_run *run, char path[PAPER_PATH_BYTES]);

/* What it wrote is whole, and took so long: brings it to the disk under its name. False with errno. */
bool paper_cache_keep(const struct paper_cache *cache, const struct paper_run *run, double seconds);
void paper_cache_drop(const struct paper_cache *cache, const struct paper_run *run);

/* How long it took when it was run; 0 if that is not known. */
double paper_cache_seconds(const struct paper_cache *cache, const struct paper_run *run);

/* Appends the run's records to `out`, each with a first key "run", the run's id. False with errno. */
bool paper_cache_copy(const struct paper_cache *cache, const struct paper_run *run, FILE *out);

/* Writes a file whole or not at all, and to the disk: under another name first. False with errno. */
bool paper_write_json(const json_t *json, const char *path, size_t flags);

/* Makes a directory with all that are above it. False with errno. */
bool paper_make_directory(const char *path);

#endif
