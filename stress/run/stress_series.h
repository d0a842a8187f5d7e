/* SPDX-License-Identifier: MIT
 * The trials of a stress run, one after the other, on any platform: which of them, by which seed, whether they go on,
 * and how far they came.
 *
 * 1. Trials are numbered. A pass has one of each kind that the platform knows (its variants, in its settings), so
 *    number n is of kind n mod `count`, in pass n / `count`. A run makes one pass, or with --until-failure pass after
 *    pass.
 * 2. Seeds. The trials of the first pass have the run's seed, so that `--seed` of a record gives the same trial again;
 *    those of later passes have seeds hashed from it and the pass. Seeds that are neighbours share nothing.
 * 3. Shards. Shard I of N has the numbers n with n mod N = I - 1, at least one of them; or, where what is inside a
 *    trial is shared out (executions of simulated harts), all trials, and its part of each.
 * 4. Going on. With a file for it, how far the run came is kept there, about once a second, whole or not at all. A run
 *    of the same command line and build that finds it goes on there: with the same seed for the run, and for the trial,
 *    which may have been stopped in the middle, another one. The file is gone when the run has ended by itself. */
#ifndef FRAMELAB_STRESS_STRESS_SERIES_H
#define FRAMELAB_STRESS_STRESS_SERIES_H

#include "stress_plan.h"
#include "stress_report.h"

struct stress_series;

/* One trial. */
struct stress_turn {
    struct stress_series *series;
    uint32_t kind; /* 0 .. count - 1 */
    uint64_t number;
    uint64_t seed;
    uint64_t inside;     /* how far it came before it was stopped; 0: nowhere */
    double seconds_left; /* of the pass */
    uint32_t kinds_left; /* trials of the pass that are to come, with this one */
};

/* What a platform brings. */
struct stress_work {
    uint32_t count; /* trials of a pass, at least 1 */
    bool is_shared; /* shards share out what is inside a trial */
    void *context;
    /* Of a kind, for reports: "lockfree, plain". */
    void (*name)(void *context, uint32_t kind, char *name, size_t bytes);
    /* Plays it and tells what came of it: an exit status; or STRESS_NO_TIME if it was left out. */
    int (*play)(void *context, struct stress_report *report, const struct stress_turn *turn);
    /* For the watchdog, while the trial may hang: says on stderr where it is. NULL: nothing is known. */
    void (*say_where)(void *context);
};

#define STRESS_NO_TIME (-1)

/* Runs the series up to the first trial that does not hold, and tells what was played. Returns an exit status. */
int stress_series_run(const struct stress_plan *plan, const struct stress_work *work);

/* From inside a trial, now and then: shows progress, and keeps how far it came; `inside` as in the turn, `share` the
 * part of the trial that is done, if it has an end. */
void stress_series_note(const struct stress_turn *turn, uint64_t inside, double share);

/* What a record of the turn's trial says of its number. */
struct stress_range stress_turn_range(const struct stress_turn *turn);

/* The seed of a pass. */
uint64_t stress_pass_seed(uint64_t seed, uint64_t pass);

#endif
