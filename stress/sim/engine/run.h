/* SPDX-License-Identifier: MIT
 * Harts as fibres: one thread, a stack with a guard page for each hart, and a switch that a model asks for. Who runs is
 * the model's decision alone (model.h). */
#ifndef FRAMELAB_SIM_RUN_H
#define FRAMELAB_SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

#define RUN_NOBODY UINT32_MAX /* also: outside of harts */
#define RUN_STACK_BYTES (UINT64_C(128) << 10)

enum run_state {
    RUN_READY,
    RUN_PARKED, /* at a barrier of the harness */
    RUN_FROZEN, /* stopped for good, by a fault that somebody asked for */
    RUN_DONE
};

enum run_end {
    RUN_FINISHED, /* every hart that was not frozen returned */
    RUN_STUCK,    /* harts are parked and nobody is left to wake them */
    RUN_ABANDONED /* somebody called run_abandon */
};

/* Runs body(context, hart) on harts 0 .. count - 1 under `model`; at most HART_MAX. Not from inside a body. Stacks are
 * kept for the next run. */
enum run_end run_harts(uint32_t count, void (*body)(void *context, uint32_t hart), void *context);

/* The hart that is running, or RUN_NOBODY outside of harts: asked at every access. */
extern uint32_t run_current; /* written by run.c only */
static inline uint32_t run_self(void)
{
    return run_current;
}
uint32_t run_count(void);
enum run_state run_state(uint32_t hart);

/* Goes on with `hart`, which is RUN_READY; returns when somebody switches back. Nothing to do if it is the caller. */
void run_switch(uint32_t hart);
/* For a look at memory by whoever judges, on a hart, with functions of the simulated code: in between no access is an
 * event. run_back gets what run_aside gave. */
uint32_t run_aside(void);
void run_back(uint32_t hart);
/* The calling hart waits until run_wake(its number). */
void run_park(void);
void run_wake(uint32_t hart);
/* The calling hart ends where it is, and begins anew: its stack forgotten, with body(context, hart). */
_Noreturn void run_again(void (*body)(void *context, uint32_t hart));
/* Takes any hart out of the run for good. If it is the caller, does not return. */
void run_freeze(uint32_t hart);
/* Ends the whole run from inside a hart, at once: no hart continues. */
_Noreturn void run_abandon(void);

/* Where the stack of the running hart begins; 0 outside of harts. */
extern uintptr_t run_own_stack; /* written by run.c only */

/* True if the address lies in the stack of the running hart. */
static inline bool run_on_own_stack(uintptr_t address)
{
    return address - run_own_stack < RUN_STACK_BYTES;
}

#endif
