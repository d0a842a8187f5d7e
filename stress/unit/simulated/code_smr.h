/* SPDX-License-Identifier: MIT
 * A small program around the schemes of smr_scheme.h: one hart reads the node on top of a stack; two pop, retire,
 * and write to nodes that have passed before they push them again. Instrumented. explore_fail reports a node that
 * changes while a section reads it, and one that is popped though it has an owner. */
#ifndef FRAMELAB_UNIT_CODE_SMR_H
#define FRAMELAB_UNIT_CODE_SMR_H

#include <stdint.h>

#define CODE_SMR_HARTS 3u

/* Deliberate bugs, so that it is seen that they would be. */
enum code_smr_flaw {
    CODE_SMR_SOUND,
    CODE_SMR_AT_ONCE,     /* what is retired is pushed without waiting */
    CODE_SMR_UNPROTECTED, /* the reader reads outside of a section */
    CODE_SMR_FLAW_COUNT
};

struct code_smr {
    uint32_t scheme; /* enum smr_scheme */
    enum code_smr_flaw flaw;
};

/* What is asked for is a struct code_smr. The first is called outside of harts. */
void code_smr_begin(const void *asked);
void code_smr(void *asked, uint32_t hart);

#endif
