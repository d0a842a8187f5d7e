/* SPDX-License-Identifier: MIT
 * Time mode: the model in which each hart has a clock. See time_mode.c. */
#ifndef FRAMELAB_SIM_TIME_MODE_H
#define FRAMELAB_SIM_TIME_MODE_H

#include "coherence.h"
#include "machine_model.h"
#include "model.h"
#include "run.h"

extern const struct model model_time;

struct time_counts {
    struct coherence_counts lines;
    uint64_t events;       /* accesses, fences, turns of waiting loops */
    uint64_t cas_failures; /* compare-and-swaps that found another value */
    uint64_t fences;       /* that the machine has to do something for: store-load */
    uint64_t waits;        /* turns of waiting loops, those slept through counted once */
    uint64_t wait_ps;      /* time in them, summed over harts */
};

/* A fresh machine, and this model in charge. `machine` is copied. The caches stay as they are from one run_harts to the
 * next, clocks begin at 0. */
void time_mode_use(const struct machine_model *machine, uint64_t seed);
void time_mode_clear_counts(void);
void time_mode_counts(struct time_counts *counts);

/* Stops `hart` right after its next access at which *in_section is above 0, until time_mode_let_go(hart), at whose
 * caller's time it goes on. One hart at a time; called on another, or at rest. Whether it had been stopped. */
void time_mode_hold(uint32_t hart, const unsigned *in_section);
bool time_mode_let_go(uint32_t hart);

#endif
