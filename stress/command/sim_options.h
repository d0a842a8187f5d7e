/* SPDX-License-Identifier: MIT
 * The options of `framelab stress` that only simulated harts have: an argp parser for it to have as a child. */
#ifndef FRAMELAB_STRESS_SIM_OPTIONS_H
#define FRAMELAB_STRESS_SIM_OPTIONS_H

#include <argp.h>

#include "sim_stress.h"

struct sim_options {
    struct sim_stress_plan plan; /* what these options say of it */
    const char *first;           /* option that was given; NULL: none was */
};

/* Its input is a struct sim_options, all zero. */
extern const struct argp sim_argp;

/* When all options are known: these go with --platform sim only, and real, an option that means nothing there, or NULL,
 * does not. Returns, or ends the program with EXIT_STATUS_USAGE. */
void sim_options_check(const struct argp_state *state, const struct sim_options *sim, bool chosen, const char *real);

#endif
