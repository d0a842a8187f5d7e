/* SPDX-License-Identifier: MIT
 * The stacks. The theory stands in index.h. */
#include "index.h"

static void push(struct place *place)
{
    platform_hook();
    ck_stack_push_upmc(&place->stack->stack, &place->on_stack);
}

static void push_deferred(ck_epoch_entry_t *entry)
{
    push((struct place *)(void *)((unsigned char *)entry - offsetof(struct place, in_limbo)));
}

/* That a grace period has passed stays true, so a push at once needs no section. */
void index_put(struct place *place, struct index_stack *stack, struct reclaim *reclaim, ck_epoch_record_t *record)
{
    place->stack = stack;
    if (reclaim_passed(reclaim, atomic_load_explicit(&place->popped, memory_order_relaxed))) {
        push(place);
        return;
    }
    reclaim_enter(record);
    reclaim_defer(reclaim, &place->in_limbo, push_deferred);
    reclaim_exit(record);
}

struct place *index_pop(struct index_stack *stack, const struct reclaim *reclaim)
{
    platform_hook();
    struct place *place = (struct place *)(void *)ck_stack_pop_upmc(&stack->stack);
    if (place != NULL) {
        atomic_store_explicit(&place->popped, reclaim_stamp(reclaim), memory_order_relaxed);
    }
    return place;
}

struct place *index_top(struct index_stack *stack)
{
    platform_hook();
    return (struct place *)(void *)ck_pr_load_ptr(&stack->stack.head);
}

uint64_t index_length(const struct index_stack *stack)
{
    uint64_t length = 0;
    for (const ck_stack_entry_t *entry = stack->stack.head; entry != NULL; entry = entry->next) {
        length++;
    }
    return length;
}
