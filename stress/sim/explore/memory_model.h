/* SPDX-License-Identifier: MIT
 * Weakly ordered memory: which value a load returns, and when a store can be seen. See memory_model.c. */
#ifndef FRAMELAB_SIM_MEMORY_MODEL_H
#define FRAMELAB_SIM_MEMORY_MODEL_H

#include "explore_options.h"
#include "model.h"
#include "run.h"

struct memory_counts {
    uint64_t stale_loads, delayed_stores;
    uint64_t changes; /* stores and read-modify-writes that left another value behind */
};

/* What a load found, for traces. */
struct memory_found {
    uint32_t writer; /* RUN_NOBODY: it was there before */
    uint64_t step;   /* of that store */
    bool stale, forwarded;
};

/* `chosen`: what a weakly ordered machine may do is not drawn from the seed but a choice (choices.h). */
void memory_model_begin(uint32_t harts, enum explore_profile profile, uint64_t seed, bool chosen);
const struct memory_counts *memory_model_counts(void);

/* A plain access. */
void memory_model_plain(uint32_t hart, const struct event *event);
/* Loads, stores and read-modify-writes; `step` numbers the event. What a load or a read-modify-write
 * found is told in *found. */
value_t memory_model_access(uint32_t hart, const struct event *event, uint64_t step, struct memory_found *found);
void memory_model_fence(uint32_t hart, uint8_t order);
/* Every hart passes a full fence, but those in `silent`, a bit each. */
void memory_model_barrier(uint32_t silent);
/* All that the hart stored can be seen. */
void memory_model_drain(uint32_t hart);
/* Time passes: perhaps some store can be seen now. */
extern uint32_t memory_model_waiting; /* stores, in all buffers: written by memory_model.c only */
void memory_model_tick_waiting(void);
static inline void memory_model_tick(void)
{
    if (memory_model_waiting > 0) {
        memory_model_tick_waiting();
    }
}
/* What is chosen: before an access some stores that wait may become visible. */
void memory_model_choose_visible(void);
/* `hart` comes after all that `by` did. */
void memory_model_join(uint32_t hart, uint32_t by);

#endif
