/* SPDX-License-Identifier: MIT
 * A campaign: a measurement repeated by processes of its own, one after the other, because the repeats in one process
 * share what a process has by chance (where its memory lies, above all) and are no independent samples; and of two
 * binaries in turn, because what is measured at another time is measured on another machine.
 *
 * A block is what is measured in turn: a process of each side, in alternating order. The processes are the ordinary
 * command with `--repeat 1 --format json`, so that the other binary may be any version that has these. Each runs from
 * a copy of its binary made for it, because where a file's pages lie in memory is by chance too, and lasts as long as
 * they are cached: a binary as the linker wrote it and its copy differed by 8 % in the median of 64 blocks of one row.
 *
 * Their records are passed on, line by line, with the block and the side in their provenance (results/README.md).
 */
#ifndef FRAMELAB_STRESS_CAMPAIGN_H
#define FRAMELAB_STRESS_CAMPAIGN_H

#include <stdint.h>
#include <stdio.h>

struct campaign {
    const char *name; /* "framelab bench" */
    int argc;         /* the command's own options: of them those given here are not */
    char **argv;
    const char *other; /* the binary of side A, this one being B; NULL: this one alone, and no sides */
    uint32_t blocks;
    uint32_t latency_blocks; /* the others are told --no-latency */
    uint64_t seed;
};

/* The block that this process is of, by the environment variable FRAMELAB_TURN, which campaigns set and versions that
 * do not know it ignore; 0 if it is not set. */
uint32_t campaign_turn(void);

/* Measures; records go to `records` as they come. Returns an exit status, after a line on stderr if it is not
 * EXIT_STATUS_HOLDS: what of one of the processes failed, or EXIT_STATUS_INTERRUPTED. One at a time. */
int campaign_run(const struct campaign *campaign, FILE *records);

#endif
