/* SPDX-License-Identifier: MIT
 * The search for a sequential explanation. See linearize.h. */
#include "linearize.h"

#include <string.h>

struct search {
    struct frame_model *model;
    const struct operation *operations;
    uint32_t count;
    uint32_t furthest, stuck;
    uint64_t seen[(1u << LINEARIZE_MAX) / 64];
};

/* The first answer among the operations that are left. */
static uint32_t first_answer(const struct search *search, uint32_t taken)
{
    uint32_t first = UINT32_MAX;
    for (uint32_t i = 0; i < search->count; i++) {
        if ((taken >> i & 1) == 0 && search->operations[i].answer < first) {
            first = search->operations[i].answer;
        }
    }
    return first;
}

static bool seen_before(struct search *search, uint32_t taken)
{
    uint64_t bit = UINT64_C(1) << taken % 64;
    bool seen = (search->seen[taken / 64] & bit) != 0;
    search->seen[taken / 64] |= bit;
    return seen;
}

static bool go_on(struct search *search, uint32_t taken, uint32_t length)
{
    if (length == search->count) {
        return true;
    }
    if (seen_before(search, taken)) {
        return false;
    }
    uint32_t before = first_answer(search, taken);
    for (uint32_t i = 0; i < search->count; i++) {
        const struct operation *operation = &search->operations[i];
        if ((taken >> i & 1) != 0 || operation->call > before) {
            continue;
        }
        if (!frame_model_allows(search->model, operation)) {
            if (length >= search->furthest) {
                search->furthest = length;
                search->stuck = i;
            }
            continue;
        }
        frame_model_do(search->model, operation);
        bool found = go_on(search, taken | 1u << i, length + 1);
        frame_model_undo(search->model, operation);
        if (found) {
            return true;
        }
    }
    return false;
}

bool linearize(struct frame_model *model, const struct operation *operations, uint32_t count, uint32_t *stuck)
{
    struct search search;
    search.model = model;
    search.operations = operations;
    search.count = count;
    search.furthest = 0;
    search.stuck = 0;
    memset(search.seen, 0, ((UINT64_C(1) << count) + 63) / 64 * 8);
    bool found = go_on(&search, 0, 0);
    if (stuck != NULL) {
        *stuck = search.stuck;
    }
    return found;
}
