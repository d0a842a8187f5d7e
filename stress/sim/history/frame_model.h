/* SPDX-License-Identifier: MIT
 * The frame allocator as a sequential object: a reference count for each frame, and which frames an arena serves. It
 * says which answers a call may have in a state, and which state follows. It has no caches, bits or stacks, so that it
 * is short enough to be checked by reading.
 *
 * An operation is recorded with its answer, so the only question is whether that answer was allowed. What an operation
 * changes is a sum (counts that go up or down), so the state after a set of operations does not depend on their order.
 * linearize.h relies on that. */
#ifndef FRAMELAB_SIM_FRAME_MODEL_H
#define FRAMELAB_SIM_FRAME_MODEL_H

#include "frame.h"

/* Frames of a small machine, and runs in which they lie. */
#define FRAME_MODEL_FRAMES 4096u
#define FRAME_MODEL_RUNS 16u

enum operation_kind {
    OPERATION_ALLOC,
    OPERATION_FREE,
    OPERATION_REF,
    OPERATION_UNREF,
    OPERATION_ADD,    /* of the arena whose frames are `run` */
    OPERATION_REMOVE, /* the same */
    OPERATION_OTHER   /* changes nothing, may be answered anyhow */
};

struct operation {
    enum operation_kind kind;
    uint32_t hart;
    uint32_t call, answer; /* times; answer 0: none yet */
    enum frame_status status;
    struct frame_request request; /* of OPERATION_ALLOC */
    struct frame_run run;         /* what was got, or is freed, or the one frame of a reference */
    bool zeroed;
    /* The history's. */
    bool alone;          /* no call of another hart was under way meanwhile */
    bool nested;         /* it interrupted another of its hart */
    bool interrupted;    /* and was interrupted by one */
    uint32_t generation; /* when it was called */
};

struct frame_model {
    struct frame_run runs[FRAME_MODEL_RUNS]; /* ascending, disjoint; what may be handed out, arenas present or not */
    uint32_t base[FRAME_MODEL_RUNS];         /* index of each run's first frame */
    uint32_t run_count, frame_count;
    uint8_t count[FRAME_MODEL_FRAMES];  /* references */
    int8_t present[FRAME_MODEL_FRAMES]; /* above 0: an arena serves it */
};

void frame_model_clear(struct frame_model *model);
void frame_model_copy(struct frame_model *to, const struct frame_model *from);
/* Adds a run above all others; it is served or not. */
void frame_model_add(struct frame_model *model, struct frame_run run, bool present);

/* The index of a frame; UINT32_MAX if it may never be handed out. */
uint32_t frame_model_index(const struct frame_model *model, uint64_t frame);

/* Whether free frames meet `request`. */
bool frame_model_has_run(const struct frame_model *model, struct frame_request request);

/* Whether the operation may have been answered as it was. */
bool frame_model_allows(const struct frame_model *model, const struct operation *operation);
/* What it does then, and the same undone. */
void frame_model_do(struct frame_model *model, const struct operation *operation);
void frame_model_undo(struct frame_model *model, const struct operation *operation);

#endif
