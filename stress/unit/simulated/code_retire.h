/* SPDX-License-Identifier: MIT
 * A small program around the schemes of retire_scheme.h: one hart reads the node on top of a stack; two pop, retire,
 * and write to nodes that have passed before they push them again. Instrumented. explore_fail reports a node that
 * changes while a section reads it, and one that is popped though it has an owner. */
#ifndef FRAMELAB_UNIT_CODE_RETIRE_H
#define FRAMELAB_UNIT_CODE_RETIRE_H

#include <stdint.h>

#define CODE_RETIRE_HARTS 3u

/* Deliberate bugs, so that it is seen that they would be. */
enum code_retire_flaw {
    CODE_RETIRE_SOUND,
    CODE_RETIRE_AT_ONCE,     /* what is retired is pushed without waiting */
    CODE_RETIRE_UNPROTECTED, /* the reader reads outside of a section */
    CODE_RETIRE_FLAW_COUNT
};

struct code_retire {
    uint32_t scheme; /* enum retire_scheme */
    enum code_retire_flaw flaw;
};

/* What is asked for is a struct code_retire. The first is called outside of harts. */
void code_retire_begin(const void *asked);
void code_retire(void *asked, uint32_t hart);

#endif
