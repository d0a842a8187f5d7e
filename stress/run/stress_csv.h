/* SPDX-License-Identifier: MIT
 * What a stress run found as CSV: a row a trial, guest or search, the same columns on every platform; what a platform
 * does not know is empty. */
#ifndef FRAMELAB_STRESS_STRESS_CSV_H
#define FRAMELAB_STRESS_STRESS_CSV_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STRESS_UNKNOWN (-1)

struct stress_row {
    const char *variant, *platform;
    const char *setting; /* host: the layout of memory; qemu: architecture and mode; sim: what memory does */
    int64_t harts;       /* STRESS_UNKNOWN: it varies */
    uint64_t seed;
    int64_t rounds;         /* host: of the trial; sim: executions */
    int64_t operations;     /* calls of the allocator */
    int64_t accesses;       /* sim: to memory */
    int64_t added, removed; /* arenas */
    double seconds;         /* below 0: not known */
    const char *violated;   /* "P1" ..; "": all holds */
};

/* Writes the row, before the first one the names of the columns. False if the stream failed. */
bool stress_csv(const struct stress_row *row, bool first, FILE *out);

#endif
