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

/* What memory does, in a word, for each enum sim_profile; ends with NULL. */
extern const char *const sim_profile_words[];

/* Of --interrupt, which other platforms have, too. "1.23.0": hart, access, and access of the handler, which may be left
 * out; NULL: all accesses in turn. */
void sim_set_interrupt(struct sim_stress_plan *plan, const char *text, const struct argp_state *state);

/* When all options are known: what goes with --strategy exhaust, and its defaults. */
void sim_check_exhaust(struct sim_stress_plan *plan, const struct argp_state *state);

#endif
