/* SPDX-License-Identifier: MIT
 * A fibre: a stack of its own and the registers that a function call preserves. A switch is a function call that
 * returns on another stack; no system call, no signal mask, a few nanoseconds. */
#ifndef FRAMELAB_SIM_FIBRE_H
#define FRAMELAB_SIM_FIBRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fibre {
    void *stack_pointer;  /* while it does not run */
    unsigned char *stack; /* lowest usable byte; below it lies a guard page */
    size_t stack_bytes;
};

/* A stack, with a page below it that faults. False if there is no memory. */
bool fibre_make(struct fibre *fibre, size_t stack_bytes);
/* The next switch to it calls entry(), which must not return. What it did before is forgotten. */
void fibre_start(struct fibre *fibre, void (*entry)(void));
/* Leaves `from` where it is and goes on with `to`. */
void fibre_switch(struct fibre *from, struct fibre *to);

#endif
