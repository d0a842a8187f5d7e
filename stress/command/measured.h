/* SPDX-License-Identifier: MIT
 * What the commands that measure have in common: where, how often, by which seed, and what becomes of the records; and
 * the run around what each measures. Of these run_argp is for `framelab stress` too. */
#ifndef FRAMELAB_STRESS_MEASURED_H
#define FRAMELAB_STRESS_MEASURED_H

#include <argp.h>
#include <stdio.h>

#include "options.h"
#include "platforms.h"

#define RUN_OWN_MAX 16u

struct run_options {
    const struct platform *platform;
    uint64_t seed;
    bool seed_given;
    bool progress;
    /* Of the command line, what processes of a campaign are not told. */
    const char *own[RUN_OWN_MAX];
    uint32_t own_count;
};

/* --platform, --seed, --progress. Its input is a struct run_options. */
extern const struct argp run_argp;

struct measured {
    struct run_options run;
    enum output_format format;
    struct option_list harts; /* count 0: as the platform has it */
    uint32_t repeats;         /* 0: as many as can be judged by default, see measured_complete() */
    const char *machine;      /* NULL: as the platform has it */
    double costs;             /* between its harts, of what the machine has; 0: as it has them */
    const char *out_path;     /* NULL: stdout, or nowhere but for the table */
    double seconds;           /* 0: as the platform has it */
    const char *against;      /* a binary to be measured in turn with this one; NULL: none */
    double threshold;         /* of the comparison with it, in percent; 0: its own */
    bool bisect;              /* its status is for `git bisect run` */
    uint32_t latency_blocks;  /* see campaign.h */
    int argc;
    char **argv;
};

/* The element of argv that is being parsed, and its text if that is one of its own, are not for a campaign's
 * processes. By address: argp changes the order. */
void measured_keep_own(struct run_options *run, const struct argp_state *state, const char *text);

/* Those and --against, --bisect, --costs, --format, --harts, --machine, --out, --repeat, --threshold, --time-limit. Its
 * input is a struct measured. */
extern const struct argp measured_argp;

/* Before options are read: the host, the seed by the clock. And, once they are: the platform's own choice where nothing
 * was asked for. */
struct run_options run_options_default(void);
struct measured measured_default(int argc, char **argv);
void measured_complete(struct measured *measured);

/* A command's view of what it measures: writes records and returns an exit status. */
typedef int measured_body(const void *plan, FILE *records);

/* Has `body` measure on the machine that was asked for: into the file that was asked for, until it is interrupted or
 * has taken too long; then shows the table. On the host more repeats than one are a campaign (campaign.h); against
 * another binary it shows the comparison in place of the table, and has its status. Messages begin with `name`.
 * Returns the exit status. One at a time. */
int measured_run(const struct measured *measured, const char *name, measured_body *body, const void *plan);

#endif
