/* SPDX-License-Identifier: MIT
 * The frame allocator as a sequential object. See frame_model.h. */
#include "frame_model.h"

#include <stddef.h>
#include <string.h>

void frame_model_clear(struct frame_model *model)
{
    model->run_count = 0;
    model->frame_count = 0;
}

/* Only as much of the arrays as is in use. */
void frame_model_copy(struct frame_model *to, const struct frame_model *from)
{
    memcpy(to, from, offsetof(struct frame_model, count));
    memcpy(to->count, from->count, from->frame_count);
    memcpy(to->present, from->present, from->frame_count);
}

void frame_model_add(struct frame_model *model, struct frame_run run, bool present)
{
    uint32_t at = model->run_count++;
    model->runs[at] = run;
    model->base[at] = model->frame_count;
    memset(&model->count[model->frame_count], 0, run.count);
    memset(&model->present[model->frame_count], present, run.count);
    model->frame_count += (uint32_t)run.count;
}

uint32_t frame_model_index(const struct frame_model *model, uint64_t frame)
{
    for (uint32_t r = 0; r < model->run_count; r++) {
        if (frame - model->runs[r].first.value < model->runs[r].count) {
            return model->base[r] + (uint32_t)(frame - model->runs[r].first.value);
        }
    }
    return UINT32_MAX;
}

/* In one run of the model. */
static bool has_run_in(const struct frame_model *model, uint32_t r, struct frame_request request)
{
    uint64_t aligned = (UINT64_C(1) << request.align_order) - 1;
    uint64_t in_a_row = 0; /* free ones, from an aligned one on */
    for (uint64_t i = 0; i < model->runs[r].count; i++) {
        uint32_t at = model->base[r] + (uint32_t)i;
        bool is_free = model->present[at] > 0 && model->count[at] == 0;
        bool is_aligned = ((model->runs[r].first.value + i) & aligned) == 0;
        in_a_row = is_free && (in_a_row > 0 || is_aligned) ? in_a_row + 1 : 0;
        if (in_a_row >= request.count) {
            return true;
        }
    }
    return false;
}

bool frame_model_has_run(const struct frame_model *model, struct frame_request request)
{
    for (uint32_t r = 0; r < model->run_count; r++) {
        if (model->runs[r].count >= request.count && has_run_in(model, r, request)) {
            return true;
        }
    }
    return false;
}

/* Whether every frame of a run is served and has a count in [least, most]. */
static bool counts_within(const struct frame_model *model, struct frame_run run, uint32_t least, uint32_t most)
{
    uint32_t at = frame_model_index(model, run.first.value);
    if (at == UINT32_MAX || frame_model_index(model, frame_run_end(run) - 1) != at + run.count - 1) {
        return false;
    }
    for (uint64_t i = 0; i < run.count; i++) {
        if (model->present[at + i] <= 0 || model->count[at + i] < least || model->count[at + i] > most) {
            return false;
        }
    }
    return true;
}

static bool is_present(const struct frame_model *model, struct frame_run run)
{
    uint32_t at = frame_model_index(model, run.first.value);
    return at != UINT32_MAX && model->present[at] > 0;
}

bool frame_model_allows(const struct frame_model *model, const struct operation *operation)
{
    struct frame_run run = operation->run;
    bool done = operation->status == FRAME_OK;
    if (operation->status == FRAME_CONTENDED) {
        return true; /* it does not know, and has changed nothing */
    }
    switch (operation->kind) {
    case OPERATION_ALLOC:
        return done ? counts_within(model, run, 0, 0) : !frame_model_has_run(model, operation->request);
    case OPERATION_FREE:
        return done ? counts_within(model, run, 1, 1)
                    : operation->status == FRAME_SHARED && !counts_within(model, run, 1, 1);
    case OPERATION_REF:
    case OPERATION_UNREF:
        return done && counts_within(model, run, 1, UINT8_MAX - 1);
    case OPERATION_ADD:
        return done ? !is_present(model, run) : operation->status == FRAME_OVERLAP && is_present(model, run);
    case OPERATION_REMOVE:
        return done                                 ? counts_within(model, run, 0, 0)
               : operation->status == FRAME_FOREIGN ? !is_present(model, run)
                                                    : !counts_within(model, run, 0, 0);
    case OPERATION_OTHER:
        break;
    }
    return true;
}

static void add_to_counts(struct frame_model *model, struct frame_run run, int change)
{
    uint32_t at = frame_model_index(model, run.first.value);
    for (uint64_t i = 0; i < run.count; i++) {
        model->count[at + i] = (uint8_t)(model->count[at + i] + change);
    }
}

static void add_to_present(struct frame_model *model, struct frame_run run, int change)
{
    uint32_t at = frame_model_index(model, run.first.value);
    for (uint64_t i = 0; i < run.count; i++) {
        model->present[at + i] = (int8_t)(model->present[at + i] + change);
    }
}

static void change(struct frame_model *model, const struct operation *operation, int sign)
{
    if (operation->status != FRAME_OK) {
        return;
    }
    switch (operation->kind) {
    case OPERATION_ALLOC:
    case OPERATION_REF:
        add_to_counts(model, operation->run, sign);
        break;
    case OPERATION_FREE:
    case OPERATION_UNREF:
        add_to_counts(model, operation->run, -sign);
        break;
    case OPERATION_ADD:
        add_to_present(model, operation->run, sign);
        break;
    case OPERATION_REMOVE:
        add_to_present(model, operation->run, -sign);
        break;
    case OPERATION_OTHER:
        break;
    }
}

void frame_model_do(struct frame_model *model, const struct operation *operation)
{
    change(model, operation, 1);
}

void frame_model_undo(struct frame_model *model, const struct operation *operation)
{
    change(model, operation, -1);
}
