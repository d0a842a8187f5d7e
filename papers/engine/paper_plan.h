/* SPDX-License-Identifier: MIT
 * What is to be run for figures at a level: command lines, and the key by which their records are kept.
 *
 * A run's key is a hash of its command line and of what it depends on: the command's own bytes (so commit, uncommitted
 * changes, compiler and flags), for QEMU the kernels too, for the host the processor. Two figures that ask for the same
 * run share it. */
#ifndef FRAMELAB_RESULTS_PAPER_PLAN_H
#define FRAMELAB_RESULTS_PAPER_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "paper_folder.h"

#define PAPER_RUN_KEY_BYTES 17u

struct paper_run {
    const struct paper_folder *folder;
    const char *id;
    json_t *command; /* words, from the sub-command's name on */
    double seconds;  /* about how long it takes */
    bool simulated;  /* so any number of them may run at once */
    char key[PAPER_RUN_KEY_BYTES];
};

struct paper_plan {
    struct paper_run *runs;
    size_t count;
};

/* What runs depend on beside their command line. Made once; hashes of files that are not there are 0. */
struct paper_identity {
    uint64_t command, kernels, processor;
};

bool paper_identify(struct paper_identity *identity);

/* What is changed of simulated runs, to see whether verdicts hang on it. */
struct paper_variation {
    unsigned seeds; /* added to the seed of each run */
    double costs;   /* of the machine, as `--costs` has it; 1: as they are */
};

/* The runs of a folder at a level, which may be none: a run without the level takes the one below that it has, but for
 * the tiny one. With a variation: only those on simulated harts, so varied; a run that has `varied` takes that in place
 * of the level, or is left out if that is false. NULL: none. False if out of memory. */
bool paper_plan_make(struct paper_plan *plan, const struct paper_folder *folder, enum paper_level level,
                     const struct paper_variation *variation, const struct paper_identity *identity);
void paper_plan_free(struct paper_plan *plan);

/* The command line as one would type it; the caller frees it. NULL if out of memory. */
char *paper_run_text(const struct paper_run *run);

#endif
