/* SPDX-License-Identifier: MIT
 * The stacks. The theory stands in index.h. */
#include "index.h"

static void push(struct place *place)
{
    platform_hook();
    ck_stack_push_upmc(&place->stack->stack, &place->on_stack);
}

void index_put_from_limbo(struct reclaim_entry *entry)
{
    push((struct place *)(void *)((unsigned char *)entry - offsetof(struct place, in_limbo)));
}

void index_put(struct place *place, struct index_stack *stack, struct reclaim_hart *hart)
{
    place->stack = stack;
    if (reclaim_passed(hart, place->in_limbo.stamp)) {
        push(place);
    } else {
        reclaim_defer(hart, &place->in_limbo);
    }
}

struct place *index_pop(struct index_stack *stack, const struct reclaim_hart *hart)
{
    struct place *place = (struct place *)(void *)reclaim_pop(hart, &stack->stack);
    if (place != NULL) {
        place->in_limbo.stamp = reclaim_stamp(hart);
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
