/* SPDX-License-Identifier: MIT
 * What `framelab fdt` found out, and its three ways of saying it: a table for people, JSON with everything exact
 * (addresses as "0x..." strings, sizes as integers), and the JSON's leaves as two columns of CSV, path and value. */
#ifndef FRAMELAB_STRESS_FDT_REPORT_H
#define FRAMELAB_STRESS_FDT_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "memory_map.h"

/* One line of reason for a region that became no arena. */
#define SKIPPED_WHY_BYTES 128u

struct skipped_region {
    struct ram_region region;
    char why[SKIPPED_WHY_BYTES];
};

struct fdt_report {
    const char *file;
    const char *variant; /* whose metadata was reckoned with */
    uint64_t hole_metadata_limit_bytes;
    const struct memory_map *map; /* as booted: the tree itself still reserved */
    struct arena_plan *arenas;    /* once the tree was given back */
    uint32_t arena_count;
    struct skipped_region *skipped;
    uint32_t skipped_count;
};

/* Each writes the whole report; false if the stream failed or memory ran out. */
bool fdt_report_text(const struct fdt_report *report, FILE *out);
bool fdt_report_json(const struct fdt_report *report, FILE *out);
bool fdt_report_csv(const struct fdt_report *report, FILE *out);

#endif
